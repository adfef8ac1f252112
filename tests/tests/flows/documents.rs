//! Licenses as documents: sealed by whoever may, made of what is in force, and seen in the log.

use boyin::archive::{Change, Event, EventKind, SealApplication, SealChange, StatusChange};
use boyin::face::Templates;
use boyin::model::alg::VerifyAlg as _;
use boyin::model::hex;
use boyin::model::id::{CreditCode, DivisionCode, LicenseId};
use boyin::model::json::Reader;
use boyin::model::register::{SealId, SealKind, UseLimits};
use boyin::model::seal::Picture;
use boyin::ofd::package::Package;
use boyin::ofd::{OfdVerdict, OfdVerifier, extract};
use boyin::suite::{SM2_SM3, SystemRandom};
use boyin::verify::{Reason, Verdict};
use boyin::{Desk, DeskError, DocumentKind, DocumentMaking, Font, LicenseDocument, Order, SealMaking};
use boyin_picture::{Rank, RoundSeal, SealPicture};

use crate::faces::font;
use crate::office::{HOLDER, Prefecture, citizen, identity_card, market, order, police};
use crate::seals::{at, authority, by, change, refusal, staffed};

const PURPOSE: &str = "办理住房公积金贷款";
/// What the seal signature is over, and its value, which is another one each time.
const DESCRIPTION: &str = "Doc_0/Signs/Sign_0/Signature.xml";
const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";

/// The sample prefecture with its officers, no seal yet, and an identity card of the police.
struct World {
    desk: Desk,
    license: LicenseId,
    font: Font,
    templates: Templates,
    prefecture: Prefecture,
}

impl World {
    fn new() -> Option<Self> {
        let font = font()?;
        let prefecture = staffed();
        let desk = prefecture.desk();
        let issued = desk.issue(&identity_card(), &order(police(), "card-1"), &mut SystemRandom).unwrap();
        let (license, templates) = (issued.license_id, Templates::built_in());
        Some(Self { desk, license, font, templates, prefecture })
    }

    /// A seal of the office, in use since minute 3.
    fn seal(&self, owner: CreditCode) -> SealId {
        self.seal_like(owner, UseLimits::default(), None)
    }

    /// The same under limits, or with a picture said to be so wide.
    fn seal_like(&self, owner: CreditCode, limits: UseLimits, width_mm: Option<u32>) -> SealId {
        self.seal_of(SealKind::SpecialPurpose, owner, limits, width_mm)
    }

    fn seal_of(&self, kind: SealKind, owner: CreditCode, limits: UseLimits, width_mm: Option<u32>) -> SealId {
        let application = SealApplication {
            owner,
            division: DivisionCode::parse("652701").unwrap(),
            kind,
            name: "测试市证照专用章".to_owned(),
            limits,
        };
        let keeper = |who, minutes| by(who, authority(), minutes);
        let id = self.desk.apply_seal(&application, &keeper("庚", 0)).unwrap().seal.unwrap();
        let done = |who, minutes, change: &SealChange<'_>| {
            self.desk.change_seal(id, change, &keeper(who, minutes)).unwrap();
        };
        done("辛", 1, &SealChange::Approve);
        self.make_seal(id, width_mm, 2);
        done("庚", 3, &SealChange::TakeIntoUse);
        id
    }

    fn make_seal(&self, id: SealId, width_mm: Option<u32>, minutes: u64) {
        let shape = RoundSeal::new(Rank::Unit.diameter_mm(), "测试市公安局").line("证照专用章");
        let picture = SealPicture::draw(shape, &self.font).unwrap();
        let (data, height_mm) = (picture.png(150).unwrap(), u32::from(picture.height_mm()));
        let making = SealMaking {
            picture: Picture {
                format: "PNG",
                data: &data,
                width_mm: width_mm.unwrap_or(height_mm),
                height_mm,
            },
            valid_until: at(minutes).plus(365 * 86_400),
            version: 4,
            second: "辛",
        };
        let by = by("庚", authority(), minutes);
        self.desk.make_seal(id, &making, &by, &mut SystemRandom).unwrap();
    }

    fn make(&self, kind: DocumentKind, order: &Order) -> Result<LicenseDocument<'_>, DeskError> {
        self.make_of(&self.license, kind, None, order)
    }

    fn make_of(
        &self,
        license: &LicenseId,
        kind: DocumentKind,
        chosen: Option<SealId>,
        order: &Order,
    ) -> Result<LicenseDocument<'_>, DeskError> {
        let making = DocumentMaking { font: &self.font, templates: &self.templates, emblem: None };
        self.desk.license_document(license, kind, &making, chosen, order)
    }

    fn used(&self, id: SealId) -> u32 {
        self.desk.seal(id, "壬").unwrap().used
    }

    /// The number of the last event.
    fn last(&self) -> u64 {
        self.desk.archive().events(None, 1000).unwrap().last().unwrap().number
    }

    fn told(&self, after: u64) -> Vec<Event> {
        self.desk.archive().events(Some(after), 1000).unwrap()
    }

    /// The seals of a document that passes where everybody else verifies it.
    fn sealed_by(&self, bytes: &[u8], minutes: u64) -> Vec<String> {
        let lookup = self.prefecture.lookup();
        lookup.refresh(at(minutes)).unwrap();
        let registry = lookup.registry();
        let report = OfdVerifier::new(Reader::Ours).check(bytes, &registry.seal_context(at(minutes)));
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{report:?}");
        let seals = report.documents().iter().flat_map(|document| document.seals());
        seals.filter_map(|seal| seal.subject().id.clone()).collect()
    }

    fn on_file(&self) -> Vec<u8> {
        self.desk.archive().get(&self.license).unwrap().unwrap().credential
    }
}

/// What a document says about itself, for comparing.
struct Said {
    id: String,
    metadata: Vec<(String, String)>,
    attachments: Vec<Vec<u8>>,
}

impl Said {
    fn of(bytes: &[u8]) -> Self {
        let package = Package::read(bytes).unwrap();
        let mut contents = extract(&package).unwrap();
        assert_eq!(contents.len(), 1);
        let contents = contents.remove(0);
        let attached = contents.attachments.iter().map(|attached| &package.entries()[attached.place]);
        let attachments = attached.map(|entry| entry.bytes().to_vec()).collect();
        Self { id: contents.id.unwrap(), metadata: contents.custom, attachments }
    }

    #[track_caller]
    fn says(&self, pairs: &[(&str, &str)]) {
        for (name, value) in pairs {
            let said = self.metadata.iter().find(|(said, _)| said == name).map(|(_, value)| value.as_str());
            assert_eq!(said, Some(*value), "{name}");
        }
    }
}

/// Reads and uses among the events: what was done, by whom, for which office and what for.
fn told_as(events: &[Event]) -> Vec<(EventKind, &str, CreditCode, &str)> {
    let kinds = [EventKind::LicenseRead, EventKind::SealUsed];
    let told = events.iter().filter(|event| kinds.contains(&event.what));
    told.map(|event| (event.what, event.who.as_str(), event.office, event.why.as_str())).collect()
}

#[test]
fn a_license_is_sealed_by_its_issuer_and_stands_whole_in_the_document() {
    let Some(world) = World::new() else { return };
    let seal = world.seal(police());
    let before = world.last();
    let made = world.make(DocumentKind::Original, &by("丁", police(), 5)).unwrap();
    assert_eq!((made.seal, made.at), (seal, at(5)));
    assert_eq!(world.sealed_by(&made.bytes, 6), [seal.to_string()]);

    let said = Said::of(&made.bytes);
    let (citizen, police_code) = (citizen(), police());
    said.says(&[
        ("ZZMC", "居民身份证"),
        ("ZZBS", world.license.as_str()),
        ("ZZBH", citizen.as_str()),
        ("ZZBFJG", "测试市公安局"),
        ("ZZBFJGDM", police_code.as_str()),
        ("ZZBFRQ", "2020-05-06"),
        ("XZQHDM", "652701"),
        ("CZZT", HOLDER),
        ("CZZTDM", citizen.as_str()),
        ("CZZTDMLXDM", "111"),
        ("ZZYXQQSRQ", "2020-05-06"),
        ("ZZYXQJZRQ", "2040-05-06"),
        ("KZ_XB", "女"),
        ("KZ_MZ", "维吾尔族"),
    ]);
    assert!(said.metadata.iter().all(|(name, _)| !name.starts_with("JZJ")), "it is no copy");
    let credential = world.on_file();
    assert_eq!(said.attachments, [credential.as_slice()]);
    let lookup = world.prefecture.lookup();
    assert_eq!(lookup.verify(&said.attachments[0], at(6)).verdict(), Verdict::Passed);

    // The read stands before the use, and the use names what was signed.
    let told = world.told(before);
    assert_eq!(
        told_as(&told),
        [(EventKind::LicenseRead, "丁", police(), "发证"), (EventKind::SealUsed, "丁", police(), "发证")]
    );
    let used = told.iter().find(|event| event.number == made.event).unwrap();
    let package = Package::read(&made.bytes).unwrap();
    let signed = package.get(DESCRIPTION).unwrap().bytes();
    assert_eq!(used.detail, format!("sm3:{}", hex::encode(&SM2_SM3.digest(&[signed]))));
    assert_eq!((used.what, used.seal, world.used(seal)), (EventKind::SealUsed, Some(seal), 1));

    assert!(made.pdf().unwrap().starts_with(b"%PDF-"));
    assert!(made.png(0, 150).unwrap().starts_with(b"\x89PNG"));
    assert!(made.png(99, 150).is_err());
    assert!(!format!("{made:?}").contains(HOLDER));

    // Made once more it is another document of the same number.
    let more = world.make(DocumentKind::Original, &by("丁", police(), 7)).unwrap();
    assert_eq!((Said::of(&more.bytes).id, world.used(seal)), (said.id, 2));
    assert_ne!(more.event, made.event);
}

#[test]
fn an_annotated_copy_is_sealed_by_the_office_that_makes_it() {
    let Some(world) = World::new() else { return };
    world.seal(police());
    let seal = world.seal(market());
    let original = world.make(DocumentKind::Original, &by("丁", police(), 5)).unwrap();
    let until = at(60);
    let copying = |minutes| Order { purpose: PURPOSE.to_owned(), ..by("癸", market(), minutes) };
    let before = world.last();
    let copy = world.make(DocumentKind::Copy { until }, &copying(5)).unwrap();
    assert_eq!(world.sealed_by(&copy.bytes, 6), [seal.to_string()]);
    let told = world.told(before);
    let expected = [EventKind::LicenseRead, EventKind::SealUsed].map(|what| (what, "癸", market(), PURPOSE));
    assert_eq!(told_as(&told), expected);
    let (said, made, ends) = (Said::of(&copy.bytes), at(5).to_string(), until.to_string());
    said.says(&[
        ("ZZBS", world.license.as_str()),
        ("ZZBFJG", "测试市公安局"),
        ("JZJZZSY", PURPOSE),
        ("JZJZZZ", "测试市市场监督管理局"),
        ("JZJZZSJ", made.as_str()),
        ("JZJYXQJZSJ", ends.as_str()),
    ]);
    assert_eq!(said.attachments, [boyin::show_fields(&world.on_file(), &[]).unwrap()]);
    // Another purpose, another end: each is a document of its own.
    let other_end = world.make(DocumentKind::Copy { until: at(61) }, &copying(5)).unwrap();
    let other_purpose = Order { purpose: "办理落户".to_owned(), ..copying(5) };
    let other_purpose = world.make(DocumentKind::Copy { until }, &other_purpose).unwrap();
    let ids = [&original, &copy, &other_end, &other_purpose].map(|made| Said::of(&made.bytes).id);
    let different: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len());
}

#[test]
fn who_may_not_seal_reads_nothing() {
    let Some(world) = World::new() else { return };
    let original = DocumentKind::Original;
    let copy = DocumentKind::Copy { until: at(60) };
    let before = world.last();
    let none = world.make(original, &by("丁", police(), 0));
    assert_eq!(refusal(none), "document_no_seal", "the office has none");
    assert!(told_as(&world.told(before)).is_empty());
    let seals = [world.seal(police()), world.seal(market())];
    let before = world.last();
    let unknown = world.license.next_version().unwrap();
    for (kind, who, office, expected) in [
        (original, "癸", market(), "document_foreign"),
        (original, "甲", police(), "power"),
        (original, "戊", police(), "power"),
        (original, "路人", police(), "not_appointed"),
        (original, "癸", police(), "other_office"),
        (copy, "丁", market(), "other_office"),
        (copy, "己", market(), "power"),
    ] {
        let [known, absent] = [&world.license, &unknown].map(|id| {
            let refused = world.make_of(id, kind, None, &by(who, office, 5)).unwrap_err();
            (refused.code(), refused.to_string())
        });
        assert_eq!(known.0, expected, "{who}");
        assert_eq!(known, absent, "{who} learns whether there is such a license");
    }
    let long = Order { purpose: "用".repeat(201), ..by("丁", police(), 5) };
    assert_eq!(refusal(world.make(original, &long)), "act_purpose");
    assert_eq!(refusal(world.make(copy, &long)), "act_purpose");
    let missing = world.make_of(&unknown, original, None, &by("丁", police(), 5));
    assert_eq!(refusal(missing), "license_not_found");
    change(&world.desk, seals[0], 6, &SealChange::Suspend { reason: "查" });
    assert_eq!(refusal(world.make(original, &by("丁", police(), 7))), "document_no_seal", "suspended");
    assert!(told_as(&world.told(before)).is_empty(), "nothing was read, nothing sealed");
    change(&world.desk, seals[0], 8, &SealChange::Restore { reason: "查" });
    assert_eq!(refusal(world.make(original, &by("丁", police(), 9))), "ok");
    assert_eq!(seals.map(|seal| world.used(seal)), [1, 0]);
}

/// Of its seals in use; not of those of another office, of persons, or out of use.
#[test]
fn the_office_chooses_which_of_its_seals_seals_the_document() {
    let Some(world) = World::new() else { return };
    let personal = world.seal_of(SealKind::Personal, police(), UseLimits::default(), None);
    let (first, second, other) = (world.seal(police()), world.seal(police()), world.seal(market()));
    assert!(personal < first && first < second);
    let (original, copy) = (DocumentKind::Original, DocumentKind::Copy { until: at(60) });
    let make = |chosen, kind, order: &Order| world.make_of(&world.license, kind, chosen, order);
    for (chosen, kind, seal) in [
        (None, original, first),
        (Some(first), original, first),
        (Some(second), original, second),
        (Some(second), copy, second),
    ] {
        let made = make(chosen, kind, &by("丁", police(), 5)).unwrap();
        assert_eq!((made.seal, world.sealed_by(&made.bytes, 6)), (seal, vec![seal.to_string()]));
    }
    let used = || [personal, first, second, other].map(|seal| world.used(seal));
    assert_eq!(used(), [0, 2, 2, 0]);
    // The same order with another seal is another one.
    let order = by("丁", police(), 5);
    let once = make(Some(second), original, &order).unwrap();
    let again = make(Some(second), original, &order).unwrap();
    assert_eq!((again.event, again.replayed), (once.event, true));
    for chosen in [None, Some(first)] {
        assert_eq!(refusal(make(chosen, original, &order)), "idempotency_conflict");
    }
    assert_eq!(used(), [0, 2, 3, 0]);

    change(&world.desk, second, 6, &SealChange::Suspend { reason: "查" });
    let before = world.last();
    let unknown = SealId::new(second.division(), 9999).unwrap();
    for (chosen, kind, (who, office), expected) in [
        (unknown, original, ("丁", police()), "seal_not_found"),
        (other, original, ("丁", police()), "document_seal_foreign"),
        (first, copy, ("癸", market()), "document_seal_foreign"),
        (personal, original, ("丁", police()), "document_seal_personal"),
        (second, original, ("丁", police()), "document_seal_not_in_use"),
    ] {
        assert_eq!(refusal(make(Some(chosen), kind, &by(who, office, 7))), expected, "{who} {chosen}");
    }
    assert!(told_as(&world.told(before)).is_empty(), "nothing was read, nothing sealed");
    change(&world.desk, second, 8, &SealChange::Restore { reason: "查" });
    assert_eq!(refusal(make(Some(second), original, &by("丁", police(), 9))), "ok");
}

#[test]
fn a_license_that_is_not_in_force_is_not_sealed_and_its_read_is_told() {
    let Some(world) = World::new() else { return };
    let seal = world.seal(police());
    let copy = DocumentKind::Copy { until: at(60) };
    for (minutes, what, expected, used) in [
        (10, Change::Suspend, "self_check", 0),
        (12, Change::Restore, "ok", 2),
        (14, Change::Revoke, "self_check", 2),
    ] {
        let changing = Order { at: at(minutes), ..order(police(), &format!("change at {minutes}")) };
        world.desk.change_status(&world.license, &StatusChange::new(what, "测试"), &changing).unwrap();
        for kind in [DocumentKind::Original, copy] {
            let before = world.last();
            assert_eq!(refusal(world.make(kind, &by("丁", police(), minutes + 1))), expected, "{what:?}");
            let told = world.told(before);
            let read = (EventKind::LicenseRead, "丁", police(), "发证");
            assert_eq!(told_as(&told).first(), Some(&read), "{what:?}");
        }
        assert_eq!(world.used(seal), used, "{what:?}");
    }
}

#[test]
fn the_limits_of_the_seal_hold_and_what_cannot_be_made_uses_no_seal() {
    let Some(world) = World::new() else { return };
    let limits = UseLimits { count: Some(1), purposes: vec!["发证".to_owned()], ..UseLimits::default() };
    let seal = world.seal_like(police(), limits, None);
    let before = world.last();
    let other = Order { purpose: PURPOSE.to_owned(), ..by("丁", police(), 5) };
    assert_eq!(refusal(world.make(DocumentKind::Original, &other)), "seal_purpose");
    let told = world.told(before);
    assert_eq!(told_as(&told), [(EventKind::LicenseRead, "丁", police(), PURPOSE)]);
    // A copy has to end after it begins.
    for until in [at(4), at(5)] {
        let copy = DocumentKind::Copy { until };
        assert_eq!(refusal(world.make(copy, &by("丁", police(), 5))), "document_face");
    }
    assert_eq!(world.used(seal), 0);
    let copy = DocumentKind::Copy { until: at(5).plus(1) };
    assert_eq!(refusal(world.make(copy, &by("丁", police(), 5))), "ok");
    assert_eq!(refusal(world.make(DocumentKind::Original, &by("丁", police(), 6))), "seal_count");
    assert_eq!(world.used(seal), 1);
    // Nor has a seal that is larger than its place been used.
    for (minutes, width, expected) in [(7, 47, "document_face"), (9, 256, "document_write")] {
        let Some(world) = World::new() else { return };
        let seal = world.seal_like(police(), UseLimits::default(), Some(width));
        assert_eq!(refusal(world.make(DocumentKind::Original, &by("丁", police(), minutes))), expected);
        assert_eq!(world.used(seal), 0);
    }
}

#[test]
fn the_same_order_again_is_the_same_document() {
    let Some(world) = World::new() else { return };
    let seal = world.seal(police());
    let copy = DocumentKind::Copy { until: at(60) };
    let order = by("丁", police(), 5);
    let first = world.make(copy, &order).unwrap();
    let later = |minutes| Order { at: at(minutes), ..order.clone() };
    let same = |again: &LicenseDocument<'_>| {
        assert_eq!((again.event, again.at, world.used(seal)), (first.event, at(5), 1));
        assert!(again.replayed && !first.replayed);
        let [old, new] = [&first, again].map(|made| Package::read(&made.bytes).unwrap());
        assert_eq!(old.entries().len(), new.entries().len());
        for entry in old.entries().iter().filter(|entry| entry.name() != VALUE) {
            let other = new.get(entry.name()).unwrap();
            assert!(entry.bytes() == other.bytes(), "{}", entry.name());
        }
    };
    same(&world.make(copy, &later(6)).unwrap());
    // A clock that was put back changes nothing.
    same(&world.make(copy, &later(4)).unwrap());
    // Also where the seal was made anew since.
    world.make_seal(seal, None, 7);
    let again = world.make(copy, &later(8)).unwrap();
    same(&again);
    assert_eq!(world.sealed_by(&again.bytes, 8), [seal.to_string()]);

    // Another document under the key, and a key that was used for something else.
    assert_eq!(refusal(world.make(DocumentKind::Original, &later(9))), "idempotency_conflict");
    let longer = DocumentKind::Copy { until: at(61) };
    assert_eq!(refusal(world.make(longer, &later(9))), "idempotency_conflict");
    let taken = Order { idempotency_key: "card-1".to_owned(), ..later(9) };
    assert_eq!(refusal(world.make(copy, &taken)), "idempotency_conflict");
    // A repetition is no way around what happened since.
    change(&world.desk, seal, 10, &SealChange::Suspend { reason: "查" });
    assert_eq!(refusal(world.make(copy, &later(11))), "seal_transition");
    change(&world.desk, seal, 12, &SealChange::Restore { reason: "查" });
    assert_eq!(refusal(world.make(copy, &later(13))), "ok");
    let revoking = Order { at: at(14), ..crate::office::order(police(), "revoke") };
    let revoke = StatusChange::new(Change::Revoke, "测试");
    world.desk.change_status(&world.license, &revoke, &revoking).unwrap();
    assert_eq!(refusal(world.make(copy, &later(15))), "self_check");
    assert_eq!(world.used(seal), 1);
    // What was handed out stays what it was; the license in it says how it stands.
    assert_eq!(world.sealed_by(&again.bytes, 15), [seal.to_string()]);
    let lookup = world.prefecture.lookup();
    let attached = Said::of(&again.bytes).attachments.remove(0);
    assert_eq!(lookup.verify(&attached, at(15)).verdict(), Verdict::Failed(Reason::Revoked));
}

/// The maker of this seal is certified by an authority that is not in the trust list.
#[test]
fn what_would_not_pass_elsewhere_is_not_handed_out() {
    let (Some(world), Some(other)) = (World::new(), World::new()) else { return };
    other.seal(police());
    for file in ["keys/seal-maker.pem", "trust/seal-maker.der"] {
        let [from, to] = [&other, &world].map(|world| world.prefecture.home.dir().join(file));
        std::fs::copy(from, to).unwrap();
    }
    let seal = world.seal(police());
    let refused = world.make(DocumentKind::Original, &by("丁", police(), 5));
    assert_eq!(refusal(refused), "document_self_check");
    assert_eq!(world.used(seal), 1, "it was signed");
}

/// Seal and signature of a copy hold after its end; whoever verifies it with its license refuses it.
#[test]
fn a_copy_that_has_ended_is_not_handed_out_again() {
    let Some(world) = World::new() else { return };
    let seal = world.seal(police());
    let (copy, order) = (DocumentKind::Copy { until: at(10) }, by("丁", police(), 5));
    for (instant, expected) in
        [(at(5), "ok"), (at(10), "ok"), (at(10).plus(1), "document_self_check"), (at(10), "ok")]
    {
        let order = Order { at: instant, ..order.clone() };
        let made = world.make(copy, &order);
        if let Err(error) = &made {
            assert!(error.to_string().contains("document_copy_ended"), "{error}");
        }
        assert_eq!(refusal(made), expected);
    }
    assert_eq!(world.used(seal), 1);
}
