//! `boyin ofd` of documents that carry a license, where there is no trust list to verify it with.

use boyin::suite::Algorithm;
use boyin_testkit::ofd::{Draft, Form, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::SealWorld;
use serde_json::json;

use crate::ofd::trusting;
use crate::support::Place;

const LIST: &str = "Doc_0/Attachs/Attachments.xml";
const LICENSE: &[u8] = b"eyJ.eyJ.c2ln~";

/// A document with a file in the place of a license, and with this metadata.
fn carrying<'w>(world: &'w SealWorld, custom: &str, signing: &Signing) -> Draft<'w> {
    let mut draft = Draft::new(world);
    draft.replace(LIST, "data.xml", "license.txt");
    draft.files.retain(|(name, _)| name != "Doc_0/Attachs/data.xml");
    draft.put("Doc_0/Attachs/license.txt", LICENSE);
    draft.replace("OFD.xml", "</ofd:CustomDatas>", &format!("{custom}</ofd:CustomDatas>"));
    draft.sign(signing);
    draft
}

#[test]
fn the_license_is_said_not_to_be_verified() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let file = place.write("license.ofd", &carrying(&world, "", &Signing::default()).write());
    let end = now().minus(1).to_string();
    let custom = format!(r#"<ofd:CustomData Name="JZJYXQJZSJ">{end}</ofd:CustomData>"#);
    let ended = place.write("ended.ofd", &carrying(&world, &custom, &Signing::default()).write());
    let trusted = trusting(&place, &world);
    let trusted = trusted.each_ref().map(String::as_str);
    let verify =
        |files: &[&str], more: &[&str]| place.boyin(&[&["ofd", "verify"], files, &trusted, more].concat());
    let ran = verify(&[&file], &[]).ends(2);
    assert!(ran.out.contains("document_license_not_checked"), "{}", ran.out);
    let report = verify(&[&file], &["--json"]).ends(2).json();
    assert_eq!((&report["verdict"], &report["license"]), (&json!("indeterminate"), &json!(null)));
    assert_eq!((&report["documents"][0]["verdict"], &report["copy"]), (&json!("passed"), &json!(null)));
    // A copy after its end needs no trust list to be refused.
    let report = verify(&[&ended], &["--json"]).ends(1).json();
    assert_eq!(report["reason"]["code"], "document_copy_ended");
    assert_eq!(report["copy"]["until"], now().minus(1).seconds());
    let many = verify(&[&file, &ended], &[]).ends(1);
    for words in ["document_license_not_checked", "document_copy_ended", "1 failed", "1 indeterminate"] {
        assert!(many.out.contains(words), "no `{words}` in:\n{}", many.out);
    }

    // Nothing is taken out of what is not decided, unless that is asked for.
    let dir = place.path("taken");
    let extract =
        |file: &str, more: &[&str]| place.boyin(&[&["ofd", "extract", file, "--out", &dir], more].concat());
    for (file, code, reason) in
        [(&file, 2, "document_license_not_checked"), (&ended, 1, "document_copy_ended")]
    {
        let refused = extract(file, &trusted).ends(code);
        for words in [reason, "Nothing was taken out"] {
            assert!(refused.out.contains(words), "no `{words}` in:\n{}", refused.out);
        }
        let told = extract(file, &[&trusted[..], &["--json"]].concat()).ends(code).json();
        assert_eq!(told["reason"]["code"], reason);
        assert!(!std::path::Path::new(&dir).exists(), "nothing was written");
    }
    let told = extract(&file, &["--unverified", "--json"]).ends(0).json();
    assert_eq!((&told["verified"], &told["seals"]), (&json!(false), &json!([])));
    let written: serde_json::Value = serde_json::from_slice(&place.read("taken/metadata.json")).unwrap();
    assert_eq!((written, place.read("taken/1-1-license.txt").as_slice()), (told, LICENSE));
}

/// Who vouches for what is taken out is said: a seal by its name, or no seal.
#[test]
fn what_vouches_for_what_is_taken_out_is_said() {
    let place = Place::empty();
    let world = SealWorld::new(Algorithm::Sm2);
    let form = Signing { form: Form::Detached, kind: "Sign", with_seal_file: false, ..Signing::default() };
    let [sealed, signed] = [Signing::default(), form].map(|signing| {
        let mut draft = Draft::new(&world);
        draft.sign(&signing);
        place.write(&format!("{}.ofd", signing.kind), &draft.write())
    });
    let trusted = trusting(&place, &world);
    let trusted = trusted.each_ref().map(String::as_str);
    let extract = |file: &str, dir: &str, more: &[&str]| {
        place.boyin(&[&["ofd", "extract", file, "--out", dir], &trusted[..], more].concat())
    };
    let [sealed_dir, signed_dir] = ["sealed", "signed"].map(|name| place.path(name));
    let told = extract(&sealed, &sealed_dir, &["--json"]).ends(0).json();
    assert_eq!((&told["no_seal"], &told["verified"]), (&json!(false), &json!(true)));
    assert_eq!(["seals", "seal_names"].map(|name| told[name].as_array().unwrap().len()), [1, 1]);
    let ran = extract(&signed, &signed_dir, &[]).ends(0);
    for words in ["no seal", "not asked whose certificate"] {
        assert!(ran.out.contains(words), "no `{words}` in:\n{}", ran.out);
    }
    let written: serde_json::Value = serde_json::from_slice(&place.read("signed/metadata.json")).unwrap();
    assert_eq!((&written["seals"], &written["no_seal"]), (&json!([]), &json!(true)));
}
