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
