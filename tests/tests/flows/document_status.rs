//! Documents with the license that they carry: what happened to it since it was sealed counts, on every surface alike.

use std::io::Cursor;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use boyin::archive::{Change, SealApplication, SealChange, StatusChange};
use boyin::face::Templates;
use boyin::model::b64;
use boyin::model::id::{CreditCode, DivisionCode};
use boyin::model::limits::MAX_CREDENTIAL_BYTES;
use boyin::model::register::{SealId, SealKind, UseLimits};
use boyin::model::seal::Picture;
use boyin::model::time::{Date, SECONDS_PER_DAY, UnixTime};
use boyin::model::trust::{self, CertificateRole};
use boyin::suite::SystemRandom;
use boyin::{
    CheckedDocument, DeskError, DocumentCause, DocumentKind, DocumentMaking, DocumentReason, DocumentTrust,
    DocumentVerdict, DocumentVerifier, Font, MAX_COPY_DAYS, Order, Receipt, SealMaking, show_fields,
};
use boyin_ofd::package::{Package, Seekable};
use boyin_ofd::{OfdVerdict, extract};
use boyin_service::router;
use boyin_testkit::ofd::{Draft, Form, Signing};
use boyin_testkit::prefecture::now as kit_now;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::faces::font;
use crate::ofd_http::{Site, png};
use crate::office::{identity_card, market, order, passphrase, police};
use crate::seals::{at, authority, by, refusal};

const ATTACHED: &str = "Doc_0/Attachs/license.txt";
const LIST: &str = "Doc_0/Attachs/Attachments.xml";
const SECOND_LIST: &str = "Doc_1/Signatures.xml";
const XMLNS: &str = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;
const PURPOSE: &str = "仅供办理住房补贴使用";

/// An identity card of the police, and their seal.
struct World {
    site: Site,
    card: Receipt,
    seal: SealId,
}

/// What a document carries, and says of it.
struct Carried<'c> {
    license: &'c [u8],
    custom: Vec<(&'c str, &'c str)>,
}

impl World {
    fn new() -> Self {
        Self::of_card_until("2040-05-06")
    }

    fn of_card_until(until: &str) -> Self {
        let site = Site::new();
        let mut card = identity_card();
        card.valid_until = Some(until.to_owned());
        // Twenty years, which is one of the terms of cards.
        let (year, day) = until.split_at(4);
        let from = format!("{}{day}", year.parse::<u16>().unwrap() - 20);
        (card.valid_from, card.issue_date) = (Some(from.clone()), from);
        let card = site.desk.issue(&card, &order(police(), "card-1"), &mut SystemRandom).unwrap();
        let seal = site.seal(&png());
        Self { site, card, seal }
    }

    fn carried(&self) -> Carried<'_> {
        Carried { license: &self.card.credential, custom: vec![("ZZBS", self.card.license_id.as_str())] }
    }

    /// Sealed by the police.
    fn document(&self, carried: &Carried<'_>) -> Vec<u8> {
        self.document_of(&self.draft(carried), &Signing::default())
    }

    fn draft(&self, carried: &Carried<'_>) -> Draft<'_> {
        let mut draft = self.saying(&carried.custom);
        attach(&mut draft, "license.txt", carried.license);
        draft
    }

    /// A document without a license, and with this metadata.
    fn saying(&self, custom: &[(&str, &str)]) -> Draft<'_> {
        let mut draft = Draft::new(&self.site.world);
        draft.replace("OFD.xml", "</ofd:CustomDatas>", &(metadata(custom) + "</ofd:CustomDatas>"));
        draft
    }

    /// The seal of the market office.
    fn seal_of_the_market(&self) -> SealId {
        self.seal_of(market(), SealKind::SpecialPurpose, "测试市市场监督管理局证照专用章")
    }

    fn seal_of(&self, owner: CreditCode, kind: SealKind, name: &str) -> SealId {
        let desk = &self.site.desk;
        let keeper = |who, minutes| by(who, authority(), minutes);
        let application = SealApplication {
            owner,
            division: DivisionCode::parse("652701").unwrap(),
            kind,
            name: name.to_owned(),
            limits: UseLimits::default(),
        };
        let id = desk.apply_seal(&application, &keeper("庚", 0)).unwrap().seal.unwrap();
        desk.change_seal(id, &SealChange::Approve, &keeper("辛", 1)).unwrap();
        let making = SealMaking {
            picture: Picture { format: "PNG", data: &png(), width_mm: 30, height_mm: 20 },
            valid_until: at(2).plus(365 * SECONDS_PER_DAY),
            version: 4,
            second: "辛",
        };
        desk.make_seal(id, &making, &keeper("庚", 2), &mut SystemRandom).unwrap();
        desk.change_seal(id, &SealChange::TakeIntoUse, &keeper("庚", 3)).unwrap();
        self.site.lookup.refresh(at(5)).unwrap();
        id
    }

    /// Trusts the certificate with which drafts are signed.
    fn trust_the_signer(&self) {
        let certificate = b64::encode(&self.site.world.signer.1);
        let change = trust::Change::AddCertificate { role: CertificateRole::Anchor, certificate };
        let (home, order) = (&self.site.prefecture.home, by("丙", police(), 4));
        home.change_trust(&[change], &passphrase(), &order).unwrap();
        self.site.lookup.refresh(at(5)).unwrap();
    }

    fn document_of(&self, draft: &Draft<'_>, signing: &Signing) -> Vec<u8> {
        self.site.sign(draft.clone(), self.seal, signing).write()
    }

    /// The card as a document of the police, drawn with the font.
    fn made(&self, font: &Font, kind: DocumentKind) -> Result<Vec<u8>, DeskError> {
        let templates = Templates::built_in();
        let making = DocumentMaking { font, templates: &templates, emblem: None };
        let order = by("丁", police(), 5);
        let made = self.site.desk.license_document(&self.card.license_id, kind, &making, None, &order)?;
        Ok(made.bytes)
    }

    fn change(&self, minutes: u64, what: Change) {
        let changing = Order { at: at(minutes), ..order(police(), &format!("change at {minutes}")) };
        let change = StatusChange::new(what, "测试");
        self.site.desk.change_status(&self.card.license_id, &change, &changing).unwrap();
        self.site.lookup.refresh(at(minutes)).unwrap();
    }

    /// What every way to read says.
    fn checked(&self, document: &[u8], now: UnixTime) -> CheckedDocument {
        let registry = self.site.lookup.registry();
        let (verifier, trust) = (DocumentVerifier::default(), DocumentTrust::Registry(&registry));
        let checked = verifier.check(document, trust, now).unwrap();
        let source = Seekable::new(Cursor::new(document)).unwrap();
        assert_eq!(verifier.check(source, trust, now).unwrap().to_json(), checked.to_json());
        for bulk in verifier.check_many(&[document, document], trust, now) {
            assert_eq!(bulk.to_json(), checked.to_json());
        }
        checked
    }

    async fn sent(&self, path: &str, document: &[u8], now: UnixTime) -> Vec<u8> {
        let state = self.site.state.clone().with_clock(Arc::new(move || now));
        let request = Request::post(path).body(Body::from(document.to_vec())).unwrap();
        let answer = router(state).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    /// The report, which the call gives with the same bytes, and whose verdict the page shows. Seals and signatures alone pass: no other
    /// check would have caught it.
    async fn found(&self, document: &[u8], now: UnixTime, reason: Option<&str>) -> Value {
        let checked = self.checked(document, now);
        let report = checked.to_json();
        assert_eq!(self.sent("/v1/verify", document, now).await, report);
        let shown: Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(shown["reason"]["code"].as_str(), reason, "{shown}");
        assert_eq!(checked.verdict().reason().map(DocumentCause::code), reason);
        assert_eq!(checked.ofd().verdict(), OfdVerdict::Passed, "{shown}");
        let page = String::from_utf8(self.sent("/verify", document, now).await).unwrap();
        let expected = if reason.is_none() { "card passed" } else { "card failed" };
        assert!(page.contains(expected) && reason.is_none_or(|code| page.contains(code)), "{page}");
        assert_eq!(page.contains("所附证照："), checked.license().is_some(), "{page}");
        shown
    }
}

fn metadata(custom: &[(&str, &str)]) -> String {
    let said =
        |(name, value): &(&str, &str)| format!(r#"<ofd:CustomData Name="{name}">{value}</ofd:CustomData>"#);
    custom.iter().map(said).collect()
}

/// Adds a document to the container, with its list of signatures, this metadata and perhaps a license.
fn add(draft: &mut Draft<'_>, signatures: &str, custom: &[(&str, &str)], license: Option<&[u8]>) {
    let custom = metadata(custom);
    let body = format!(
        "<ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID><ofd:CustomDatas>{custom}</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot><ofd:Signatures>{signatures}</ofd:Signatures></ofd:DocBody></ofd:OFD>"
    );
    draft.replace("OFD.xml", "</ofd:OFD>", &body);
    let Some(license) = license else {
        draft.put("Doc_1/Document.xml", format!("<ofd:Document {XMLNS}/>"));
        return;
    };
    let list = "<ofd:Attachments>Attachments.xml</ofd:Attachments>";
    draft.put("Doc_1/Document.xml", format!("<ofd:Document {XMLNS}>{list}</ofd:Document>"));
    let attachment =
        r#"<ofd:Attachment ID="2" Name="license"><ofd:FileLoc>license.txt</ofd:FileLoc></ofd:Attachment>"#;
    draft.put("Doc_1/Attachments.xml", format!("<ofd:Attachments {XMLNS}>{attachment}</ofd:Attachments>"));
    draft.put("Doc_1/license.txt", license);
}

fn attach(draft: &mut Draft<'_>, name: &str, bytes: &[u8]) {
    let attachment = format!(
        r#"<ofd:Attachment ID="6" Name="license"><ofd:FileLoc>{name}</ofd:FileLoc></ofd:Attachment>"#
    );
    draft.replace(LIST, "</ofd:Attachments>", &(attachment + "</ofd:Attachments>"));
    draft.put(&format!("Doc_0/Attachs/{name}"), bytes);
}

#[tokio::test]
async fn what_happened_to_the_license_since_counts() {
    let world = World::new();
    let document = world.document(&world.carried());
    let report = world.found(&document, at(5), None).await;
    assert_eq!((&report["license"]["verdict"], &report["copy"]), (&json!("passed"), &Value::Null));
    assert_eq!(report["license"]["license"]["license_id"], world.card.license_id.as_str());
    // The report on the license is the one that it has alone.
    let alone = world.site.lookup.verify(&world.card.credential, at(5)).to_json();
    assert_eq!(report["license"], serde_json::from_slice::<Value>(&alone).unwrap());
    for (minutes, what, reason) in [
        (6, Change::Suspend, Some("suspended")),
        (7, Change::Restore, None),
        (8, Change::Revoke, Some("revoked")),
    ] {
        world.change(minutes, what);
        let report = world.found(&document, at(minutes), reason).await;
        assert_eq!(report["license"]["reason"]["code"].as_str(), reason);
    }
}

#[tokio::test]
async fn an_expired_license_does_not_pass() {
    let world = World::of_card_until("2026-06-01");
    let document = world.document(&world.carried());
    let ends = "2026-06-01".parse::<Date>().unwrap().ends();
    assert_eq!(world.checked(&document, at(5)).verdict(), DocumentVerdict::Passed);
    world.found(&document, ends, Some("expired")).await;
}

#[tokio::test]
async fn a_copy_counts_until_its_end() {
    let world = World::new();
    let (hidden, ends) = (show_fields(&world.card.credential, &[]).unwrap(), at(10).to_string());
    let copy = |ends: &[&'static str]| -> Vec<(&'static str, &'static str)> {
        ends.iter().map(|end| ("JZJYXQJZSJ", *end)).collect()
    };
    let with = |more: &[(&str, &str)]| {
        let mut carried = Carried { license: &hidden, ..world.carried() };
        carried.custom.extend_from_slice(more);
        world.document(&carried)
    };
    let document = with(&[("JZJZZSY", PURPOSE), ("JZJYXQJZSJ", &ends)]);
    let report = world.found(&document, at(10), None).await;
    assert_eq!(report["copy"], json!({ "until": at(10).seconds() }));
    let page = String::from_utf8(world.sent("/verify", &document, at(10)).await).unwrap();
    for words in [PURPOSE, "加注件用途", "加注件有效期至", "2026-06-01 09:10:00"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(!String::from_utf8(world.checked(&document, at(10)).to_json()).unwrap().contains(PURPOSE));
    assert!(!format!("{:?}", world.checked(&document, at(10))).contains(PURPOSE));
    let report = world.found(&document, at(10).plus(1), Some("document_copy_ended")).await;
    assert_eq!(report["license"]["verdict"], "passed");
    // What is no instant, or two, ends nobody knows when.
    for ends in [&["2027-01-01"][..], &["20270101"], &[""], &["2027-01-01T00:00:00+08:00"; 2]] {
        world.found(&with(&copy(ends)), at(5), Some("document_copy_end_unclear")).await;
    }
    // The status of the license counts for a copy, too.
    world.change(6, Change::Revoke);
    world.found(&document, at(7), Some("revoked")).await;
}

/// It counts in whichever document of a container it stands, with a license or without one.
#[tokio::test]
async fn of_several_ends_of_copies_the_earliest_counts() {
    let world = World::new();
    let ends = [at(10), at(20)].map(|end| end.to_string());
    let end = |place: Option<usize>| -> Vec<(&str, &str)> {
        place.iter().map(|place| ("JZJYXQJZSJ", ends[*place].as_str())).collect()
    };
    let until = json!({ "until": at(10).seconds() });
    // A copy that carries no license.
    let plain = Signing::default();
    let none = world.document_of(&world.saying(&[end(Some(0))[0], ("JZJZZSY", PURPOSE)]), &plain);
    let report = world.found(&none, at(10), None).await;
    assert_eq!((&report["copy"], &report["license"]), (&until, &Value::Null));
    world.found(&none, at(10).plus(1), Some("document_copy_ended")).await;
    let unclear = world.document_of(&world.saying(&[("JZJYXQJZSJ", "soon")]), &plain);
    world.found(&unclear, at(5), Some("document_copy_end_unclear")).await;
    let list = "Doc_0/Signs/Signatures.xml";
    let licenses = [None, Some(&world.card.credential[..])];
    for (first, second) in [(Some(0), None), (None, Some(0)), (Some(0), Some(1)), (Some(1), Some(0))] {
        for license in licenses {
            let mut carried = world.carried();
            carried.custom.extend(end(first));
            let mut draft = world.draft(&carried);
            add(&mut draft, list, &end(second), license);
            let document = world.document_of(&draft, &plain);
            // Which of two licenses it stands for is not certain; until when is.
            let reason = license.map(|_| "document_license_unclear");
            let report = world.found(&document, at(10), reason).await;
            assert_eq!(report["copy"], until, "{first:?} {second:?}");
            world.found(&document, at(10).plus(1), Some("document_copy_ended")).await;
        }
    }
}

/// Another office's says nothing of the license. A copy is sealed by whichever office made it, but by one.
#[tokio::test]
async fn the_seal_is_that_of_the_office_that_issued_the_license() {
    let world = World::new();
    let (seal, missing) = (world.seal_of_the_market(), Some("document_seal_missing"));
    let personal = world.seal_of(police(), SealKind::Personal, "测试人员印");
    let plain = Signing::default();
    let by_market = |draft| world.site.sign_by(&by("癸", market(), 4), draft, seal, &Signing::default());
    let ends = at(10).to_string();
    let mut copied = world.carried();
    copied.custom.push(("JZJYXQJZSJ", &ends));
    let [original, copy] = [world.carried(), copied].map(|carried| world.draft(&carried));
    let alone = world.saying(&[("JZJYXQJZSJ", &ends)]);

    let report = world.found(&by_market(original.clone()).write(), at(5), missing).await;
    assert_eq!((&report["license"]["verdict"], &report["copy"]), (&json!("passed"), &Value::Null));
    let both = world.site.sign(by_market(original.clone()), world.seal, &plain);
    world.found(&both.write(), at(5), None).await;
    for copy in [&copy, &alone] {
        world.found(&by_market(copy.clone()).write(), at(5), None).await;
    }
    // A person's seal does not stand for the office for which it is registered.
    for draft in [&original, &copy, &alone] {
        let signed = world.site.sign(draft.clone(), personal, &plain);
        world.found(&signed.write(), at(5), missing).await;
        let both = world.site.sign(signed, world.seal, &plain);
        world.found(&both.write(), at(5), None).await;
    }
    // Of a digital signature nobody asks whose it is. What is neither a license nor a copy may have that alone.
    world.trust_the_signer();
    let digital = Signing { form: Form::Detached, kind: "Sign", with_seal_file: false, at: at(4), ..plain };
    for (mut draft, reason) in
        [(original, missing), (copy, missing), (alone, missing), (world.saying(&[]), None)]
    {
        draft.sign(&digital);
        let report = world.found(&draft.write(), at(5), reason).await;
        assert_eq!(report["documents"][0]["notes"], json!(["no_seal"]));
    }
}

/// The seal on another document of the container says nothing of the license.
#[tokio::test]
async fn the_seal_is_on_the_document_that_carries_the_license() {
    let world = World::new();
    let seal = world.seal_of_the_market();
    let mut draft = world.draft(&world.carried());
    add(&mut draft, SECOND_LIST, &[], None);
    let list = |number| {
        let place = Draft::path(number);
        format!(
            r#"<ofd:Signatures {XMLNS}><ofd:Signature ID="{number}" Type="Seal" BaseLoc="{place}"/></ofd:Signatures>"#
        )
    };
    draft.put(SECOND_LIST, list(1));
    // Each seal covers its own document.
    let of = |folder: &str| {
        let names = draft.files.iter().map(|(name, _)| name.clone());
        let omit = names.filter(|name| !name.starts_with(folder) && name != "OFD.xml").collect();
        Signing { omit, ..Signing::default() }
    };
    let folders = [of("Doc_0/"), of("Doc_1/")];
    let (issuer, other) = (("丁", police(), world.seal), ("癸", market(), seal));
    for (signers, reason) in [([issuer, other], None), ([other, issuer], Some("document_seal_missing"))] {
        let mut signed = draft.clone();
        for ((who, office, seal), signing) in signers.into_iter().zip(&folders) {
            signed = world.site.sign_by(&by(who, office, 4), signed, seal, signing);
        }
        signed.put("Doc_0/Signs/Signatures.xml", list(0));
        let report = world.found(&signed.write(), at(5), reason).await;
        assert_eq!(report["license"]["verdict"], "passed");
    }
}

#[tokio::test]
async fn the_license_is_the_one_that_the_document_names() {
    let world = World::new();
    let other = world.card.license_id.next_version().unwrap();
    let own = world.card.license_id.as_str();
    for custom in [vec![("ZZBS", other.as_str())], vec![], vec![("ZZBS", own); 2], vec![("ZZBS", "")]] {
        let document = world.document(&Carried { custom, ..world.carried() });
        let report = world.found(&document, at(5), Some("document_license_differs")).await;
        assert_eq!(report["license"]["verdict"], "passed");
    }
}

#[tokio::test]
async fn what_is_attached_in_the_place_of_a_license_has_to_be_one() {
    let world = World::new();
    let garbage = world.document(&Carried { license: b"no license", ..world.carried() });
    let report = world.found(&garbage, at(5), Some("malformed")).await;
    assert_eq!(report["license"]["reason"]["code"], "malformed");
    let mut changed = world.card.credential.clone();
    let place = changed.iter().position(|byte| *byte == b'.').unwrap() + 5;
    changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
    let changed = world.checked(&world.document(&Carried { license: &changed, ..world.carried() }), at(5));
    assert!(matches!(changed.verdict(), DocumentVerdict::Failed(DocumentCause::License(_))));
    // Which one it is has to be certain.
    let mut two = world.draft(&world.carried());
    two.replace(LIST, "</ofd:Attachments>", "<ofd:Attachment ID=\"7\" Name=\"b\"><ofd:FileLoc>b/LICENSE.txt</ofd:FileLoc></ofd:Attachment></ofd:Attachments>");
    two.put("Doc_0/Attachs/b/LICENSE.txt", world.card.credential.clone());
    // Bytes that are no bomb when they are packed.
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let large: Vec<u8> = (0..=MAX_CREDENTIAL_BYTES).map(|_| next()).collect();
    let large = world.draft(&Carried { license: &large, ..world.carried() });
    for draft in [two, large] {
        let document = world.document_of(&draft, &Signing::default());
        let report = world.found(&document, at(5), Some("document_license_unclear")).await;
        assert!(report["license"].is_null());
    }
}

#[tokio::test]
async fn what_no_signature_covers_is_not_looked_at() {
    let world = World::new();
    let open = Signing { omit: vec![ATTACHED.to_owned()], ..Signing::default() };
    let document = world.document_of(&world.draft(&world.carried()), &open);
    let checked = world.checked(&document, at(5));
    assert_eq!(checked.verdict().reason().map(DocumentCause::code), Some("ofd_content_uncovered"));
    assert!(checked.license().is_none() && checked.copy().is_none());
    assert_eq!(world.sent("/v1/verify", &document, at(5)).await, checked.to_json());
    // A document without a license is judged as ever.
    let none = world.document_of(&Draft::new(&world.site.world), &Signing::default());
    let report = world.found(&none, at(5), None).await;
    assert!(report["license"].is_null() && report["copy"].is_null());
}

/// Each table of checks has a name of its own: who hears the page tells them apart by it.
#[tokio::test]
async fn no_two_tables_of_a_page_have_one_name() {
    let world = World::new();
    let mut draft = world.site.sign(world.draft(&world.carried()), world.seal, &Signing::default());
    let sealed = draft.write();
    draft.sign(&Signing::default());
    for (document, of) in [
        (sealed, ["", "：所附证照", "：文档 1", "：文档 1 签名 1"]),
        (draft.write(), ["", "：文档 1", "：文档 1 签名 1", "：文档 1 签名 2"]),
    ] {
        let page = String::from_utf8(world.sent("/verify", &document, at(5)).await).unwrap();
        let names = page.split("role=\"region\" tabindex=\"0\" aria-label=\"").skip(1);
        let names: Vec<_> = names.map(|rest| rest.split_once('"').unwrap().0).collect();
        assert_eq!(names, of.map(|of| format!("逐项检查{of}")));
    }
}

/// Of many documents each has the verdict on its own license.
#[test]
fn many_documents_have_each_its_license() {
    let world = World::new();
    let sound = world.document(&world.carried());
    let none = world.document_of(&Draft::new(&world.site.world), &Signing::default());
    let garbage = world.document(&Carried { license: b"no license", ..world.carried() });
    let other = world.card.license_id.next_version().unwrap();
    let differs = world.document(&Carried { custom: vec![("ZZBS", other.as_str())], ..world.carried() });
    let documents = [&none, &garbage, &sound, &none, &differs, &sound, &b"no document".to_vec()];
    let documents: Vec<&[u8]> = documents.into_iter().map(Vec::as_slice).collect();
    let registry = world.site.lookup.registry();
    let (verifier, trust) = (DocumentVerifier::default(), DocumentTrust::Registry(&registry));
    let checked = verifier.check_many(&documents, trust, at(5));
    let codes: Vec<_> =
        checked.iter().map(|checked| checked.verdict().reason().map(DocumentCause::code)).collect();
    let expected = [
        None,
        Some("malformed"),
        None,
        None,
        Some("document_license_differs"),
        None,
        Some("ofd_not_container"),
    ];
    assert_eq!(codes, expected);
    for (document, checked) in documents.iter().zip(&checked) {
        assert_eq!(world.checked(document, at(5)).to_json(), checked.to_json());
    }
}

/// Without trust list nobody knows what became of the license, and whether the seal on a copy is a registered one: the verdict says so.
#[test]
fn without_a_trust_list_the_license_stays_open() {
    let world = World::new();
    let store = world.site.world.store();
    let (verifier, trust) = (DocumentVerifier::default(), DocumentTrust::Certificates(&store));
    let verdict = |draft: &Draft<'_>| {
        let bytes = draft.write();
        let checked = verifier.check(&bytes[..], trust, kit_now()).unwrap();
        assert!(checked.license().is_none());
        assert_eq!(checked.ofd().verdict(), OfdVerdict::Passed);
        let many = verifier.check_many(&[&bytes], trust, kit_now());
        assert_eq!(many[0].to_json(), checked.to_json());
        checked.verdict()
    };
    let mut plain = Draft::new(&world.site.world);
    plain.sign(&Signing::default());
    assert_eq!(verdict(&plain), DocumentVerdict::Passed);
    let end = kit_now().minus(1).to_string();
    let with = |custom| {
        let mut draft = world.draft(&Carried { custom, ..world.carried() });
        draft.sign(&Signing::default());
        verdict(&draft)
    };
    let not_checked = DocumentCause::Document(DocumentReason::LicenseNotChecked);
    assert_eq!(with(Vec::new()), DocumentVerdict::Indeterminate(not_checked));
    // A copy that has ended is known to have.
    let ended = DocumentCause::Document(DocumentReason::CopyEnded);
    assert_eq!(with(vec![("JZJYXQJZSJ", end.as_str())]), DocumentVerdict::Failed(ended));
    let alone = |end: &str| {
        let mut draft = world.saying(&[("JZJYXQJZSJ", end)]);
        draft.sign(&Signing::default());
        verdict(&draft)
    };
    assert_eq!(alone(&kit_now().to_string()), DocumentVerdict::Indeterminate(not_checked));
    assert_eq!(alone(&end), DocumentVerdict::Failed(ended));
}

/// The attachments of a document, as they can be taken out.
fn attachments(document: &[u8]) -> Vec<Vec<u8>> {
    let package = Package::read(document).unwrap();
    let documents = extract(&package).unwrap();
    let all = documents.iter().flat_map(|document| &document.attachments);
    all.map(|attachment| package.entries()[attachment.place].bytes().to_vec()).collect()
}

#[tokio::test]
async fn a_copy_carries_the_license_with_nothing_disclosed() {
    let Some(font) = font() else { return };
    let world = World::new();
    let original = world.made(&font, DocumentKind::Original).unwrap();
    let copy = world.made(&font, DocumentKind::Copy { until: at(60) }).unwrap();
    let hidden = show_fields(&world.card.credential, &[]).unwrap();
    assert!(hidden.len() < world.card.credential.len());
    assert_eq!(attachments(&original), std::slice::from_ref(&world.card.credential));
    assert_eq!(attachments(&copy), [hidden]);
    let report = world.found(&copy, at(60), None).await;
    assert_eq!(report["copy"]["until"], at(60).seconds());
    world.found(&copy, at(60).plus(1), Some("document_copy_ended")).await;
    world.change(6, Change::Revoke);
    for document in [&original, &copy] {
        world.found(document, at(7), Some("revoked")).await;
    }
}

#[test]
fn a_copy_has_a_bound_and_ends_with_the_license() {
    let Some(font) = font() else { return };
    let until = |world: &World, until| refusal(world.made(&font, DocumentKind::Copy { until }));
    let long = World::new();
    let last = at(5).plus(MAX_COPY_DAYS * SECONDS_PER_DAY);
    assert_eq!(until(&long, last), "ok");
    assert_eq!(until(&long, last.plus(1)), "document_copy_too_long");
    let short = World::of_card_until("2026-06-30");
    let ends = "2026-06-30".parse::<Date>().unwrap().ends();
    assert_eq!(until(&short, ends.minus(1)), "ok");
    assert_eq!(until(&short, ends), "document_copy_beyond_license");
}
