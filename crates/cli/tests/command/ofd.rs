//! `boyin ofd`.

use boyin::suite::Algorithm;
use boyin_testkit::ofd::{Draft, Form, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, revocation_list};

use crate::support::Place;

#[test]
fn a_document_is_verified_and_shown_without_data_directory() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing::default());
    let file = place.write("license.ofd", &draft.write());
    let anchor = place.write("anchor.der", world.authority.certificate());
    let maker = place.write("maker.der", &world.maker.1);
    let crl = place.write("list.crl", &revocation_list(&world, &[], now().minus(60)));
    let at = now().seconds().to_string();
    let trusted: [&str; 8] = ["--anchor", &anchor, "--maker", &maker, "--crl", &crl, "--at", &at];
    let verify = |file: &str, more: &[&str]| place.boyin(&[&["ofd", "verify", file], more].concat());
    let ran = verify(&file, &trusted).ends(0);
    assert!(ran.out.contains("passed") && ran.out.contains("2 pages"), "{}", ran.out);
    verify(&file, &["--anchor", &anchor, "--at", &at]).ends(2);

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
    place.boyin(&["ofd", "inspect", &none]).complains(&["no OFD document"]);
    verify(&none, &trusted).ends(1);
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
    let anchor = place.write("anchor.der", world.authority.certificate());
    let maker = place.write("maker.der", &world.maker.1);
    let crl = place.write("list.crl", &revocation_list(&world, &[], now().minus(60)));
    let at = now().seconds().to_string();
    let trusted: [&str; 8] = ["--anchor", &anchor, "--maker", &maker, "--crl", &crl, "--at", &at];
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
    let unknown = place.boyin(&["ofd", "verify", &one, &other, "--anchor", &anchor, "--at", &at]);
    assert!(unknown.ends(2).out.contains("2 indeterminate"));
    std::fs::create_dir(place.path("empty")).unwrap();
    verify(&[&place.path("empty")], &[]).complains(&["no document"]);
    let ran = verify(&[&place.path("none.ofd"), &one], &[]).ends(2);
    assert!(ran.out.contains("none.ofd") && ran.out.contains("1 passed"), "{}", ran.out);
}
