//! `boyin ofd`.

use std::path::Path;

use boyin::model::time::UnixTime;
use boyin::suite::Algorithm;
use boyin_ofd::limits::MAX_PACKAGE_BYTES;
use boyin_ofd::package::Package;
use boyin_picture::{Font, NameSeal, SealPicture};
use boyin_testkit::needed::needed;
use boyin_testkit::ofd::{Draft, EntryByHand, Form, Signing, container};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, revocation_list};

use crate::seals::Sealing;
use crate::support::{POLICE, Place, Ran};

const GENERAL: &str = include_str!("../../../face/templates/general.toml");

/// An identity card, in the file `license` too, and the seal of its office.
struct Documents {
    sealing: Sealing,
    license: String,
    seal: String,
    font: Font,
}

/// The font, which CI must have; elsewhere its absence is said.
pub(crate) fn font() -> Option<Font> {
    needed(Font::find_for_pages())
}

impl Documents {
    fn new() -> Option<Self> {
        let font = font()?;
        let sealing = Sealing::new();
        let seal = sealing.in_use();
        let license = sealing.place.issue_one(POLICE, "identity-card");
        Some(Self { sealing, license, seal, font })
    }

    fn place(&self) -> &Place {
        &self.sealing.place
    }

    fn make_as(&self, who: &str, name: &str, more: &[&str]) -> Ran {
        let (out, office) = (self.place().path(name), &self.sealing.office);
        let made = ["ofd", "make", &self.license, "--out", &out];
        let actor = ["--who", who, "--office", office, "--purpose", "办理落户"];
        self.place().boyin(&[&made[..], &actor, more].concat())
    }

    fn make(&self, name: &str, more: &[&str]) -> Ran {
        self.make_as("丙", name, more)
    }

    fn package(&self, name: &str) -> Package {
        Package::read(&self.place().read(name)).unwrap()
    }

    /// What the document says under this name of its metadata.
    fn said(&self, name: &str, metadata: &str) -> Option<String> {
        let (file, taken) = (self.place().path(name), self.place().path(&format!("{name} {metadata}")));
        let told = self.place().boyin(&["ofd", "extract", &file, "--out", &taken, "--json"]).ends(0).json();
        let all = told["documents"][0]["metadata"].as_array().unwrap();
        let one = all.iter().find(|one| one["name"] == metadata)?;
        one["value"].as_str().map(str::to_owned)
    }
}

/// Options to verify documents of `world` with, at the instant of the kit.
pub(crate) fn trusting(place: &Place, world: &SealWorld) -> [String; 8] {
    let anchor = place.write("anchor.der", world.authority.certificate());
    let maker = place.write("maker.der", &world.maker.1);
    let crl = place.write("list.crl", &revocation_list(world, &[], now().minus(60)));
    let at = now().seconds().to_string();
    let options: [&str; 8] = ["--anchor", &anchor, "--maker", &maker, "--crl", &crl, "--at", &at];
    options.map(str::to_owned)
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

#[test]
fn a_document_is_verified_and_shown_without_data_directory() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let file = place.write("license.ofd", &draft.write());
    let trusted = trusting(&place, &world);
    let trusted = trusted.each_ref().map(String::as_str);
    let [_, anchor, .., at] = trusted;
    let verify = |file: &str, more: &[&str]| place.boyin(&[&["ofd", "verify", file], more].concat());
    let ran = verify(&file, &trusted).ends(0);
    assert!(ran.out.contains("passed") && ran.out.contains("2 pages"), "{}", ran.out);
    verify(&file, &["--anchor", anchor, "--at", at]).ends(2);

    draft.put("smuggled.exe", "MZ");
    let changed = place.write("changed.ofd", &draft.write());
    let ran = verify(&changed, &trusted).ends(1);
    assert!(ran.out.contains("ofd_entry_unreferenced") && ran.out.contains("smuggled.exe"), "{}", ran.out);
    let json = verify(&changed, &[&trusted[..], &["--json"]].concat()).ends(1).json();
    assert_eq!(json["reason"]["code"], "ofd_entry_unreferenced");

    let ran = place.boyin(&["ofd", "inspect", &file]).ends(0);
    assert!(ran.out.contains("Doc_0/Document.xml") && ran.out.contains("30 × 20 mm"), "{}", ran.out);
    let json = place.boyin(&["ofd", "inspect", &file, "--json"]).ends(0).json();
    assert_eq!(json["signatures"][0]["protection"], "continued");
    let none = place.write("none", b"no document");
    assert!(place.boyin(&["ofd", "inspect", &none]).ends(1).out.contains("ofd_not_container"));
    verify(&none, &trusted).ends(1);
}

/// What a signature does not cover is shown by name, whether or not a report would name it; whose the signature is was not asked.
#[test]
fn what_a_signature_does_not_cover_is_shown() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let omit = vec!["Doc_0/Res/a.ttf".to_owned()];
    draft.sign(&Signing { omit, kind: "Sign", ..Signing::default() });
    draft.put("Doc_0/Res/qr.png", "another picture");
    draft.put("夹带.exe", "MZ");
    let file = place.write("changed.ofd", &draft.write());
    let ran = place.boyin(&["ofd", "inspect", &file]).ends(0);
    for words in ["changed 被改动: 1", "uncovered 未保护: 1", "unreferenced 夹带: 1", "kind_differs"]
    {
        assert!(ran.out.contains(words), "no `{words}` in:\n{}", ran.out);
    }
    let shown = |name: &str| ran.out.lines().filter(|line| line.trim() == name).count();
    assert_eq!(["Doc_0/Res/qr.png", "Doc_0/Res/a.ttf", "夹带.exe"].map(shown), [1; 3], "{}", ran.out);
    for words in ["ofd_reference_mismatch", "ofd_content_uncovered"] {
        assert!(ran.out.contains(words), "no `{words}` in:\n{}", ran.out);
    }
    assert!(!ran.out.contains("no_seal") && !ran.out.contains("maker"), "nobody was asked:\n{}", ran.out);
    let told = place.boyin(&["ofd", "inspect", &file, "--json"]).ends(0).json();
    let signature = &told["signatures"][0];
    for (list, name) in
        [("changed", "Doc_0/Res/qr.png"), ("uncovered", "Doc_0/Res/a.ttf"), ("unreferenced", "夹带.exe")]
    {
        assert_eq!(signature[list], serde_json::json!({ "count": 1, "entries": [name] }));
    }
    assert_eq!(signature["notes"], serde_json::json!(["kind_differs"]));
    let reasons = signature["checks"].as_array().unwrap().iter().map(|check| check["reason"].as_str());
    let reasons: Vec<_> = reasons.flatten().collect();
    assert_eq!(reasons, ["ofd_reference_mismatch", "ofd_content_uncovered"]);
    let entry = serde_json::json!({ "name": "夹带.exe", "size": 2 });
    assert!(told["entries"].as_array().unwrap().contains(&entry), "{told}");
}

/// What cannot be read is said, and is how it ends; that nobody signed or a file is missing is no fault of the reading.
#[test]
fn what_cannot_be_read_of_a_document_is_shown() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut sound = Draft::new(&world);
    sound.sign(&Signing::default());
    for (name, content, check, reason) in [
        ("OFD.xml", "<a/>", "structure", "ofd_structure_malformed"),
        ("Doc_0/PublicRes.xml", "<a>", "content", "ofd_content_malformed"),
        ("Doc_0/Signs/Signatures.xml", "<a/>", "signatures", "ofd_structure_malformed"),
        ("Doc_0/Signs/Sign_0/Signature.xml", "<a/>", "format", "ofd_signature_malformed"),
    ] {
        let mut draft = sound.clone();
        draft.put(name, content);
        let file = place.write("odd.ofd", &draft.write());
        let ran = place.boyin(&["ofd", "inspect", &file]).ends(1);
        let said = |line: &str| line.contains(&format!("✗ {check} ")) && line.contains(reason);
        assert!(ran.out.lines().any(said), "{name}:\n{}", ran.out);
        assert!(ran.out.contains("Doc_0/Document.xml"), "{name}:\n{}", ran.out);
        let told = place.boyin(&["ofd", "inspect", &file, "--json"]).ends(1).json();
        let fault = |one: &serde_json::Value| one["check"] == check && one["reason"] == reason;
        let of = |part: &serde_json::Value| part["checks"].as_array().unwrap().iter().any(fault);
        let parts = ["documents", "signatures"].map(|list| told[list].as_array().unwrap());
        assert!(of(&told) || parts.into_iter().flatten().any(of), "{name}: {told}");
    }
    let unsigned = place.write("unsigned.ofd", &Draft::new(&world).write_without_list());
    let ran = place.boyin(&["ofd", "inspect", &unsigned]).ends(0);
    assert!(ran.out.contains("ofd_not_signed"), "{}", ran.out);
    let mut lacking = Draft::new(&world);
    lacking.files.retain(|(name, _)| name != "Doc_0/Res/a.ttf");
    lacking.sign(&Signing::default());
    let ran = place.boyin(&["ofd", "inspect", &place.write("lacking.ofd", &lacking.write())]).ends(0);
    assert!(ran.out.contains("ofd_content_missing"), "{}", ran.out);
}

/// Whatever is verified can be looked at and taken out, also what is larger than is held as a whole.
#[test]
fn a_large_document_is_shown_and_taken_out() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let large: Vec<u8> = (0..MAX_PACKAGE_BYTES).map(|at| (at >> 12).to_le_bytes()[0]).collect();
    draft.put("Doc_0/Attachs/data.xml", large.as_slice());
    draft.sign(&Signing::default());
    let entry =
        |(name, bytes): &(String, Vec<u8>)| EntryByHand { method: Some(0), ..EntryByHand::new(name, bytes) };
    let bytes = container(&draft.files.iter().map(entry).collect::<Vec<_>>());
    assert!(Package::read(&bytes).is_err());
    let file = place.write("large.ofd", &bytes);
    let trusted = trusting(&place, &world);
    let trusted = trusted.each_ref().map(String::as_str);
    let told = place.boyin(&["ofd", "inspect", &file, "--json"]).ends(0).json();
    let entry = serde_json::json!({ "name": "Doc_0/Attachs/data.xml", "size": large.len() });
    assert!(told["entries"].as_array().unwrap().contains(&entry), "{told}");
    assert_eq!(told["signatures"][0]["changed"]["count"], 0);
    for (dir, how) in [("verified", &trusted[..]), ("unverified", &["--unverified"])] {
        let out = place.path(dir);
        place.boyin(&[&["ofd", "extract", &file, "--out", &out], how].concat()).ends(0);
        assert!(place.read(&format!("{dir}/1-1-data.xml")) == large, "{dir}");
    }
}

/// Every certificate under a trusted one passes: people are told which it is, and that it was not asked whose.
#[test]
fn a_digital_signature_shows_its_certificate() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let form = Signing { form: Form::Detached, kind: "Sign", with_seal_file: false, ..Signing::default() };
    draft.sign(&form);
    let file = place.write("license.ofd", &draft.write());
    let anchor = place.write("anchor.der", world.authority.certificate());
    let crl = place.write("list.crl", &revocation_list(&world, &[], now().minus(60)));
    let at = now().seconds().to_string();
    let verify: [&str; 9] = ["ofd", "verify", &file, "--anchor", &anchor, "--crl", &crl, "--at", &at];
    let json = place.boyin(&[&verify[..], &["--json"]].concat()).ends(0).json();
    let digest = json["documents"][0]["signatures"][0]["signed_data"]["certificate"].as_str().unwrap();
    let ran = place.boyin(&verify).ends(0);
    assert!(ran.out.contains(digest) && ran.out.contains("not asked whose certificate"), "{}", ran.out);
}

#[test]
fn a_license_becomes_a_document_that_passes_and_is_taken_out_of_it_again() {
    let Some(documents) = Documents::new() else { return };
    let place = documents.place();
    let (card, pdf, png) = (place.path("card.ofd"), place.path("card.pdf"), place.path("card.png"));
    let made = documents.make("card.ofd", &["--pdf", &pdf, "--png", &png]).ends(0);
    assert!(made.out.contains("已用印") && made.out.contains(&documents.seal), "{}", made.out);
    assert!(place.read("card.ofd").starts_with(b"PK\x03\x04"));
    assert!(place.read("card.pdf").starts_with(b"%PDF-"));
    assert!(place.read("card.png").starts_with(b"\x89PNG"));
    let told = documents.make("more.ofd", &["--json"]).ends(0).json();
    assert_eq!(told["seal"], documents.seal.as_str());
    assert_eq!(told["bytes"], place.read("more.ofd").len());
    assert!(told["event"].is_u64() && told["at"].is_u64(), "{told}");
    assert_eq!(told["replayed"], false);
    let again = |name: &str| documents.make(name, &["--json", "--idempotency-key", "发证 1"]).ends(0).json();
    let (one, same) = (again("one.ofd"), again("same.ofd"));
    assert_eq!((&one["event"], &one["at"]), (&same["event"], &same["at"]));
    assert_eq!((one["replayed"].as_bool(), same["replayed"].as_bool()), (Some(false), Some(true)));
    place.boyin(&["ofd", "verify", &place.path("same.ofd")]).ends(0);

    let passed = place.boyin(&["ofd", "verify", &card]).ends(0);
    assert!(passed.out.starts_with("✓ passed") && passed.out.contains(&documents.seal), "{}", passed.out);
    let taken = place.path("taken");
    let extract = ["ofd", "extract", &card, "--out", &taken];
    let ran = place.boyin(&extract).ends(0);
    assert!(!ran.out.contains("NOT verified") && !ran.out.contains("no seal"), "{}", ran.out);
    for words in ["verified 已核验", "1-1-license.txt", documents.seal.as_str()] {
        assert!(ran.out.contains(words), "no `{words}` in:\n{}", ran.out);
    }
    assert_eq!(place.read("taken/1-1-license.txt"), place.read("license"));
    place.boyin(&["verify", &place.path("taken/1-1-license.txt")]).ends(0);
    let said: serde_json::Value = serde_json::from_slice(&place.read("taken/metadata.json")).unwrap();
    assert_eq!(said["verified"], true);
    assert_eq!(said["seals"], serde_json::json!([documents.seal]));
    assert_eq!(said["attachments"], serde_json::json!(["1-1-license.txt"]));
    assert_eq!(said["documents"][0]["id"].as_str().map(str::len), Some(32));
    assert_eq!(documents.said("card.ofd", "ZZBS").as_deref(), Some(documents.license.as_str()));
    assert_eq!(documents.said("card.ofd", "JZJZZSY"), None, "it is no copy");
    assert_eq!(std::fs::read_dir(&taken).unwrap().count(), 2);
    place.boyin(&extract).complains(&["exists already"]);
    #[cfg(unix)]
    for name in ["card.ofd", "card.pdf", "card.png", "taken/1-1-license.txt", "taken/metadata.json"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name} is personal");
    }
}

#[test]
fn an_annotated_copy_says_what_for_and_until_when() {
    let Some(documents) = Documents::new() else { return };
    let place = documents.place();
    let issued = std::fs::metadata(place.path("license")).and_then(|file| file.modified()).unwrap();
    let since = issued.duration_since(std::time::UNIX_EPOCH).unwrap();
    let until = UnixTime::new(since.as_secs()).unwrap().date().plus_days(30).to_string();
    let made = documents.make("copy.ofd", &["--copy-until", &until]).ends(0);
    assert!(made.out.contains("加注件"), "{}", made.out);
    place.boyin(&["ofd", "verify", &place.path("copy.ofd")]).ends(0);
    for (name, value) in
        [("JZJZZSY", "办理落户"), ("JZJZZZ", POLICE), ("JZJYXQJZSJ", &format!("{until}T23:59:59+08:00"))]
    {
        assert_eq!(documents.said("copy.ofd", name).as_deref(), Some(value), "{name}");
    }
    documents.make("late.ofd", &["--copy-until", "2099-12-31"]).complains(&["366 days"]);
    documents.make("early.ofd", &["--copy-until", "2020-01-01"]).complains(&["too early"]);
    documents.make("soon.ofd", &["--copy-until", "soon"]).complains(&["--copy-until soon"]);
    assert!(!exists(&place.path("early.ofd")) && !exists(&place.path("soon.ofd")));
}

#[test]
fn the_office_chooses_the_seal() {
    let Some(documents) = Documents::new() else { return };
    let place = documents.place();
    let (first, second) = (documents.seal.as_str(), documents.sealing.in_use());
    let second = second.as_str();
    assert!(first < second);
    for (name, more, seal) in [
        ("default.ofd", vec!["--json"], first),
        ("first.ofd", vec!["--json", "--seal", first], first),
        ("second.ofd", vec!["--json", "--seal", second], second),
    ] {
        let told = documents.make(name, &more).ends(0).json();
        assert_eq!(told["seal"], seal);
        let passed = place.boyin(&["ofd", "verify", &place.path(name)]).ends(0);
        let other = if seal == first { second } else { first };
        assert!(passed.out.contains(seal) && !passed.out.contains(other), "{}", passed.out);
    }
    let refused = |seal: &str, words: &[&str]| {
        documents.make("refused.ofd", &["--seal", seal]).complains(words);
        assert!(!exists(&place.path("refused.ofd")));
    };
    refused("65270000009999", &["no seal has this number"]);
    refused("7", &["14 digits"]);
    documents.sealing.run("甲", &["suspend", second, "--reason", "保管人变更"]).ends(0);
    refused(second, &[second, "is not in use"]);
    documents.make("more.ofd", &[]).ends(0);
}

/// What would be overwritten, or be one file, is found out before the seal is used, whichever way the paths lead there.
#[test]
fn no_output_is_an_input_or_another_output() {
    let Some(documents) = Documents::new() else { return };
    let place = documents.place();
    let own = GENERAL.replace("name = \"general\"", "name = \"own\"");
    let template = place.write("own.toml", own.as_bytes());
    let emblem = place.write("emblem.png", b"\x89PNG");
    std::fs::create_dir(place.path("folder")).unwrap();
    std::fs::hard_link(&template, place.path("hard.toml")).unwrap();
    let detour = |name: &str| place.path(&format!("folder/../{name}"));
    let is_read = ["is read, too", "nothing was done"];
    for out in ["own.toml", "folder/../own.toml", "hard.toml"] {
        documents.make(out, &["--template", &template]).complains(&is_read);
    }
    documents.make("card.ofd", &["--emblem", &emblem, "--pdf", &detour("emblem.png")]).complains(&is_read);
    let twice = ["named twice", "nothing was done"];
    documents.make("card.ofd", &["--pdf", &detour("card.ofd")]).complains(&twice);
    documents.make("card.ofd", &["--pdf", &place.path("one"), "--png", &detour("one")]).complains(&twice);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(&template, place.path("link.toml")).unwrap();
        symlink(place.path("folder"), place.path("same")).unwrap();
        symlink(place.path("nowhere"), place.path("dangling")).unwrap();
        documents.make("link.toml", &["--template", &template]).complains(&is_read);
        documents.make("own.toml", &["--template", &place.path("link.toml")]).complains(&is_read);
        documents.make("folder/card.ofd", &["--pdf", &place.path("same/card.ofd")]).complains(&twice);
        documents.make("dangling", &[]).complains(&["exists already"]);
        assert!(!exists(&place.path("nowhere")));
    }
    assert_eq!((place.read("own.toml"), place.read("emblem.png")), (own.into_bytes(), b"\x89PNG".to_vec()));
    assert!(!exists(&place.path("card.ofd")) && !exists(&place.path("folder/card.ofd")));
    let history = ["seal", "show", &documents.seal, "--who", "丁"];
    assert!(!place.boyin(&history).ends(0).out.contains("seal_used"), "no seal was used");
    documents.make("card.ofd", &["--template", &template]).ends(0);
}

#[test]
fn what_is_refused_uses_no_seal_and_writes_nothing() {
    let Some(documents) = Documents::new() else { return };
    let place = documents.place();
    let there = place.write("there.ofd", b"something");
    let bad = place.write("bad.toml", b"name = \"own\"");
    let no_text = place.write("no-text.toml", b"\xff");
    let out = place.path("card.ofd");
    documents.make("there.ofd", &[]).complains(&["exists already"]);
    documents.make("card.ofd", &["--pdf", &there]).complains(&["exists already"]);
    documents.make("card.ofd", &["--pdf", &out]).complains(&["named twice"]);
    let (one, png) = (place.path("one"), ["--pdf", "--png"]);
    documents.make("card.ofd", &[png[0], &one, png[1], &one]).complains(&["named twice"]);
    documents.make("card.ofd", &["--template", &bad]).complains(&["bad.toml is refused"]);
    documents.make("card.ofd", &["--template", &no_text]).complains(&["no-text.toml is refused"]);
    documents.make("card.ofd", &["--emblem", &bad]).complains(&["the emblem", "is refused"]);
    documents.make_as("甲", "card.ofd", &[]).complains(&["use", "manage"]);
    documents.make_as("路人", "card.ofd", &[]).complains(&["no power over seals"]);
    let office = &documents.sealing.office;
    let mut made = place.command(&["ofd", "make", &documents.license, "--out", &out, "--who", "丙"]);
    made.args(["--office", office, "--purpose", "办理落户"]).env("BOYIN_PAGE_FONT", place.path("no-font"));
    Ran::of(made.output().unwrap()).complains(&["drawn with a font", "no-font"]);
    assert_eq!(place.read("there.ofd"), b"something");
    assert!(!exists(&out) && !exists(&one));
    let history = ["seal", "show", &documents.seal, "--who", "丁"];
    assert!(!place.boyin(&history).ends(0).out.contains("seal_used"), "no seal was used");
    documents.sealing.run("甲", &["suspend", &documents.seal, "--reason", "保管人变更"]).ends(0);
    documents.make("card.ofd", &[]).complains(&["no seal in use"]);
    documents.sealing.run("甲", &["restore", &documents.seal, "--reason", "交接完成"]).ends(0);
    documents.make("card.ofd", &[]).ends(0);
    assert!(place.boyin(&history).ends(0).out.contains("seal_used"));
}

#[test]
fn an_office_has_its_own_template_and_an_emblem() {
    let Some(documents) = Documents::new() else { return };
    let place = documents.place();
    let (old, new) = ("扫码读取证照标识", "本局自定样式");
    assert!(GENERAL.contains(old));
    let own = GENERAL.replace("name = \"general\"", "name = \"own\"").replace(old, new);
    let own = place.write("own.toml", own.as_bytes());
    let emblem = SealPicture::draw(NameSeal::new(20, "样例"), &documents.font).unwrap();
    let emblem = place.write("emblem.png", &emblem.png(150).unwrap());
    documents.make("plain.ofd", &[]).ends(0);
    documents.make("own.ofd", &["--template", &own, "--emblem", &emblem]).ends(0);
    for (name, is_own) in [("plain.ofd", false), ("own.ofd", true)] {
        place.boyin(&["ofd", "verify", &place.path(name)]).ends(0);
        let package = documents.package(name);
        let page = package.get("Doc_0/Pages/Page_0/Content.xml").unwrap().bytes();
        let page = std::str::from_utf8(page).unwrap();
        assert_eq!((page.contains(new), page.contains(old)), (is_own, !is_own), "{name}");
        let pictures = package.entries().iter().filter(|entry| entry.name().contains("/Res/image_"));
        assert_eq!(pictures.count(), usize::from(is_own), "{name}");
    }
}

#[test]
fn nothing_is_taken_out_of_what_does_not_pass_unless_that_is_asked_for() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let sound = place.write("sound.ofd", &draft.write());
    draft.put("smuggled.exe", "MZ");
    let changed = place.write("changed.ofd", &draft.write());
    let trusted = trusting(&place, &world);
    let trusted = trusted.each_ref().map(String::as_str);
    let [_, anchor, .., at] = trusted;
    let dir = place.path("taken");
    let extract =
        |file: &str, more: &[&str]| place.boyin(&[&["ofd", "extract", file, "--out", &dir], more].concat());
    let refused = extract(&changed, &trusted).ends(1);
    for words in ["ofd_entry_unreferenced", "Nothing was taken out"] {
        assert!(refused.out.contains(words), "no `{words}` in:\n{}", refused.out);
    }
    let json = extract(&changed, &[&trusted[..], &["--json"]].concat()).ends(1).json();
    assert_eq!(json["reason"]["code"], "ofd_entry_unreferenced");
    extract(&sound, &["--anchor", anchor, "--at", at]).ends(2);
    extract(&changed, &["--unverified", "--at", at]).complains(&["cannot be used with"]);
    extract(&changed, &["--unverified", "--anchor", anchor]).complains(&["cannot be used with"]);
    let none = place.write("none", b"no document");
    extract(&none, &["--unverified"]).complains(&["no OFD document"]);
    assert!(!exists(&dir), "nothing was written");

    let open = extract(&changed, &["--unverified"]).ends(0);
    assert!(open.out.contains("NOT verified 未核验") && !open.out.contains("已核验"), "{}", open.out);
    let said: serde_json::Value = serde_json::from_slice(&place.read("taken/metadata.json")).unwrap();
    assert_eq!(said["verified"], false);
    assert_eq!(said["seals"], serde_json::json!([]));
    std::fs::remove_dir_all(&dir).unwrap();
    let passed = extract(&sound, &trusted).ends(0);
    assert!(passed.out.contains("verified 已核验") && passed.out.contains("1-1-data.xml"), "{}", passed.out);
    assert_eq!(place.read("taken/1-1-data.xml"), b"<!DOCTYPE any><any/>");
}

/// What is half taken out is taken away: the same order again says what is wrong, not that something is in its way.
#[test]
fn a_folder_that_cannot_be_filled_is_taken_away() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let more = r#"<ofd:Attachment ID="6" Name="more"><ofd:FileLoc>more.txt</ofd:FileLoc></ofd:Attachment></ofd:Attachments>"#;
    draft.replace("Doc_0/Attachs/Attachments.xml", "</ofd:Attachments>", more);
    draft.put("Doc_0/Attachs/more.txt", "more");
    let written = |of_more: &[u8]| {
        let entry = |(name, bytes): &(String, Vec<u8>)| {
            let packed = name.ends_with("/more.txt").then(|| of_more.to_vec());
            EntryByHand { method: Some(0), packed, ..EntryByHand::new(name, bytes) }
        };
        container(&draft.files.iter().map(entry).collect::<Vec<_>>())
    };
    let dir = place.path("taken");
    let extract = |file: &str| place.boyin(&["ofd", "extract", file, "--out", &dir, "--unverified"]);
    let damaged = place.write("damaged.ofd", &written(b"less"));
    for _ in 0..2 {
        extract(&damaged).complains(&["1-2-more.txt cannot be written", "another checksum"]);
        assert!(!exists(&dir), "half of it was left");
    }
    extract(&place.write("sound.ofd", &written(b"more"))).ends(0);
    assert_eq!(place.read("taken/1-2-more.txt"), b"more");
    // What was there before is nobody's to take away.
    extract(&damaged).complains(&["exists already"]);
    assert!(exists(&place.path("taken/1-1-data.xml")));
}

/// From standard input, too, a document is verified, shown and taken out.
#[test]
fn a_document_comes_over_standard_input() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let bytes = draft.write();
    let file = place.write("license.ofd", &bytes);
    let trusted = trusting(&place, &world);
    let trusted = trusted.each_ref().map(String::as_str);
    let [one, other] = ["one", "other"].map(|dir| place.path(dir));
    let taken_out = |dir| ["--unverified", "--json", "--out", dir];
    let (to_one, to_other) = (taken_out(one.as_str()), taken_out(other.as_str()));
    let acts: [(&str, [&[&str]; 2]); 3] = [
        ("verify", [&trusted, &trusted]),
        ("inspect", [&["--json"], &["--json"]]),
        ("extract", [&to_one, &to_other]),
    ];
    for (act, [more, other]) in acts {
        let piped = place.boyin_with_input(&[&["ofd", act, "-"], more].concat(), &bytes).ends(0);
        let named = place.boyin(&[&["ofd", act, file.as_str()], other].concat()).ends(0);
        assert_eq!(piped.out, named.out, "{act}");
    }
    assert_eq!(place.read("one/1-1-data.xml"), place.read("other/1-1-data.xml"));
}

/// Many are verified at once, each with a line, and the worst of them is how it ends.
#[test]
fn many_documents_are_verified_at_once() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let right = draft.write();
    draft.put("smuggled.exe", "MZ");
    let wrong = draft.write();
    std::fs::create_dir(place.path("folder")).unwrap();
    for (name, bytes) in [("b.ofd", &right), ("a.OFD", &wrong), ("c.ofd", &right), ("d.txt", &wrong)] {
        place.write(&format!("folder/{name}"), bytes);
    }
    let trusted = trusting(&place, &world);
    let trusted = trusted.each_ref().map(String::as_str);
    let [_, anchor, .., at] = trusted;
    let verify =
        |files: &[&str], more: &[&str]| place.boyin(&[&["ofd", "verify"], files, &trusted, more].concat());
    let (folder, one, other) = (place.path("folder"), place.path("folder/b.ofd"), place.path("folder/c.ofd"));

    let ran = verify(&[&folder], &[]).ends(1);
    let lines: Vec<_> = ran.out.lines().collect();
    assert!(lines[0].starts_with("✗") && lines[0].ends_with("ofd_entry_unreferenced"), "{}", ran.out);
    assert!(lines[1].starts_with("✓") && lines[2].starts_with("✓"), "{}", ran.out);
    assert!(ran.out.contains("2 passed 通过, 1 failed"), "{}", ran.out);
    verify(&[&one, &other], &[]).ends(0);
    let ran = verify(&[&folder], &["--json"]).ends(1);
    let told: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let alone = verify(&[&one], &["--json"]).ends(0).json();
    assert_eq!((told.len(), &told[1]["report"]), (3, &alone));
    // One that is not decided is worse than one that passed.
    let unknown = place.boyin(&["ofd", "verify", &one, &other, "--anchor", anchor, "--at", at]);
    assert!(unknown.ends(2).out.contains("2 indeterminate"));
    std::fs::create_dir(place.path("empty")).unwrap();
    verify(&[&place.path("empty")], &[]).complains(&["no document"]);
    let ran = verify(&[&place.path("none.ofd"), &one], &[]).ends(2);
    assert!(ran.out.contains("none.ofd") && ran.out.contains("1 passed"), "{}", ran.out);
}
