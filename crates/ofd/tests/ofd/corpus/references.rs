//! References of a signature: led elsewhere, left out, added, doubled, their digests exchanged. Each once as the signer signed it,
//! so that only the reference is at fault, and once as nobody did.

use boyin_ofd::OfdReason::{
    ContentUncovered, DigestUnknown, ReferenceMismatch, ReferenceMissing, ReferenceRepeated, ReferenceUnsafe,
    RootUncovered, SignatureMalformed,
};
use boyin_ofd::{OfdCheck, OfdReason, OfdVerdict};
use boyin_testkit::ofd::{Draft, Signing};

use super::{Base, DESCRIPTION, DOCUMENT, LIST, Lab, PICTURE, ROOT, SEAL, found, listed};
use crate::shown;

const PAGE: &str = "Doc_0/Pages/Page_0/Content.xml";

/// The reference to a file, as it stands in the description.
fn reference(draft: &Draft<'_>, name: &str) -> String {
    let text = draft.text(DESCRIPTION);
    let from = text.find(&format!(r#"<ofd:Reference FileRef="/{name}""#)).unwrap();
    let until = from + text[from..].find("</ofd:Reference>").unwrap() + "</ofd:Reference>".len();
    text[from..until].to_owned()
}

fn digest(draft: &Draft<'_>, name: &str) -> String {
    let reference = reference(draft, name);
    let from = reference.find("<ofd:CheckValue>").unwrap() + "<ofd:CheckValue>".len();
    reference[from..reference.find("</ofd:CheckValue>").unwrap()].to_owned()
}

/// Checks a changed description: signed again it is refused for `signed`, or passes; as it is, for that too, or because nobody
/// signed it.
fn assert_both(lab: &Lab, base: Base, what: &str, changed: &Draft<'_>, signed: Option<OfdReason>) {
    let mut again = changed.clone();
    again.sign_again(0, &base.signings()[0]);
    let report = lab.check(&again.write());
    assert_eq!(report.verdict().reason(), signed.map(Into::into), "{what}: {}", shown(&report));
    // An open question is not asked where something failed.
    let told = signed.filter(|reason| !reason.is_indeterminate());
    let report = lab.check(&changed.write());
    let expected = told.map_or(base.document_mismatch(), Into::into);
    assert_eq!(report.verdict(), OfdVerdict::Failed(expected), "{what}: {}", shown(&report));
    if signed != Some(SignatureMalformed) {
        let value = found(report.signatures().next().unwrap(), OfdCheck::Value);
        assert_eq!(value, Some(base.document_mismatch()), "{what}");
    }
}

#[test]
fn references_are_led_elsewhere() {
    let lab = Lab::new();
    for base in [Base::One, Base::OneWhole, Base::Signed] {
        let draft = lab.base(base);
        for (to, reason) in [
            // The same file, said in another way.
            ("Doc_0/Document.xml", None),
            ("/Doc_0/./Document.xml", None),
            ("/Doc_0/Res/../Document.xml", None),
            ("../../Document.xml", None),
            // Another one.
            ("/Doc_0/PublicRes.xml", Some(ReferenceRepeated)),
            ("/Doc_0/./PublicRes.xml", Some(ReferenceRepeated)),
            ("Doc_0/PublicRes.xml", Some(ReferenceRepeated)),
            // The signature itself.
            ("/Doc_0/Signs/Sign_0/Signature.xml", Some(ReferenceMismatch)),
            ("Signature.xml", Some(ReferenceMismatch)),
            ("/Doc_0/Signs/Sign_0/SignedValue.dat", Some(ReferenceMismatch)),
            // None.
            ("/Doc_0/None.xml", Some(ReferenceMissing)),
            ("/Doc_0", Some(ReferenceMissing)),
            ("/doc_0/Document.xml", Some(ReferenceMissing)),
            ("/Doc_0/document.xml", Some(ReferenceMissing)),
            ("/Doc_0/Document%2Exml", Some(ReferenceMissing)),
            ("Document.xml", Some(ReferenceMissing)),
            // Where no name leads.
            ("/Doc_0/", Some(ReferenceUnsafe)),
            ("/", Some(ReferenceUnsafe)),
            ("", Some(ReferenceUnsafe)),
            ("/../Document.xml", Some(ReferenceUnsafe)),
            ("../../../../Document.xml", Some(ReferenceUnsafe)),
            ("/Doc_0//Document.xml", Some(ReferenceUnsafe)),
            (r"/Doc_0\Document.xml", Some(ReferenceUnsafe)),
            ("/Doc_0/Document.xml&#10;x", Some(ReferenceUnsafe)),
            ("https://licenses.example/Document.xml", Some(ReferenceUnsafe)),
        ] {
            let mut changed = draft.clone();
            changed.replace(DESCRIPTION, r#""/Doc_0/Document.xml""#, &format!(r#""{to}""#));
            assert_both(&lab, base, &format!("{base:?} {to}"), &changed, reason);
        }
    }
}

/// To a file that says the same: the digest is right, and the file that is shown is not covered.
#[test]
fn a_reference_is_led_to_a_copy() {
    let lab = Lab::new();
    let mut changed = lab.base(Base::One);
    changed.put("Doc_0/copy.xml", changed.get(DOCUMENT).to_vec());
    changed.replace(DESCRIPTION, r#""/Doc_0/Document.xml""#, r#""/Doc_0/copy.xml""#);
    assert_both(&lab, Base::One, "a copy", &changed, Some(ContentUncovered));
    // To the other page, which is covered too.
    let mut changed = lab.base(Base::One);
    changed.replace(DESCRIPTION, "Pages/Page_0", "Pages/Page_1");
    assert_both(&lab, Base::One, "the other page", &changed, Some(ReferenceRepeated));
}

/// From the folder of the signature one file, from the root another.
#[test]
fn a_reference_leads_to_two_files() {
    let lab = Lab::new();
    let mut draft = Draft::new(&lab.world);
    draft.put("Doc_0/Signs/Sign_0/OFD.xml", "x");
    draft.sign(&Signing { relative: true, ..Signing::default() });
    lab.assert_refused("two files", &draft, ReferenceUnsafe);
}

#[test]
fn references_are_left_out_added_and_doubled() {
    let lab = Lab::new();
    for base in [Base::One, Base::Signed] {
        let draft = lab.base(base);
        for name in [ROOT, DOCUMENT, PAGE, PICTURE, "Doc_0/Attachs/data.xml"] {
            let reason = if name == ROOT { RootUncovered } else { ContentUncovered };
            let one = reference(&draft, name);
            let mut changed = draft.clone();
            changed.replace(DESCRIPTION, &one, "");
            assert_both(&lab, base, &format!("{base:?} without {name}"), &changed, Some(reason));
            for again in [one.clone(), one.replace(r#"="/"#, r#"="/./"#), one.replace(r#"="/"#, r#"=""#)] {
                let mut changed = draft.clone();
                changed.replace(DESCRIPTION, &one, &format!("{one}{again}"));
                assert_both(&lab, base, &format!("{base:?} {again}"), &changed, Some(ReferenceRepeated));
            }
        }
        // None is left.
        let mut changed = draft.clone();
        let text = changed.text(DESCRIPTION);
        let (from, until) = (text.find("<ofd:Reference ").unwrap(), text.find("</ofd:References>").unwrap());
        let all = text[from..until].to_owned();
        changed.replace(DESCRIPTION, &all, "");
        assert_both(&lab, base, "none", &changed, Some(ContentUncovered));
        let mut changed = draft.clone();
        let text = changed.text(DESCRIPTION);
        let list = text[text.find("<ofd:References").unwrap()..until + "</ofd:References>".len()].to_owned();
        changed.replace(DESCRIPTION, &list, "");
        assert_both(&lab, base, "no list", &changed, Some(SignatureMalformed));
        // One more: to a file that is not there, with a digest that is not of the file, and with that of the list, which closes it.
        let one = reference(&draft, ROOT);
        for (more, reason) in [
            (one.replace(ROOT, "none"), Some(ReferenceMissing)),
            (one.replace(ROOT, LIST), Some(ReferenceMismatch)),
            (with_digest(&one, draft.get(LIST)).replace(ROOT, LIST), None),
        ] {
            let mut changed = draft.clone();
            changed.replace(DESCRIPTION, &one, &format!("{one}{more}"));
            assert_both(&lab, base, &format!("{base:?} and {more}"), &changed, reason);
        }
    }
    // The seal is bound by comparison as well.
    let mut changed = lab.base(Base::One);
    let one = reference(&changed, SEAL);
    changed.replace(DESCRIPTION, &one, "");
    assert_both(&lab, Base::One, "without the seal", &changed, None);
}

fn with_digest(reference: &str, bytes: &[u8]) -> String {
    let digest = boyin_model::alg::VerifyAlg::digest(&boyin_suite::SM2_SM3, &[bytes]);
    let (from, until) = (reference.find("Value>").unwrap() + 6, reference.find("</ofd:CheckValue>").unwrap());
    [&reference[..from], &boyin_model::b64::encode_padded(&digest), &reference[until..]].concat()
}

#[test]
fn digests_are_exchanged_and_changed() {
    let lab = Lab::new();
    for base in [Base::One, Base::Signed] {
        let draft = lab.base(base);
        for (first, second) in [(ROOT, DOCUMENT), (DOCUMENT, PICTURE), (PAGE, "Doc_0/Res/a.ttf")] {
            // One of them has the digest of the other.
            let [one, other] = [first, second].map(|name| reference(&draft, name));
            let [of_one, of_other] = [first, second].map(|name| digest(&draft, name));
            let mut changed = draft.clone();
            changed.replace(DESCRIPTION, &one, &one.replace(&of_one, &of_other));
            assert_both(&lab, base, first, &changed, Some(ReferenceMismatch));
            let told = lab.check(&changed.write());
            assert_eq!(listed(told.signatures().next().unwrap().changed()), [first]);
            // Each has that of the other.
            changed.replace(DESCRIPTION, &other, &other.replace(&of_other, &of_one));
            assert_both(&lab, base, second, &changed, Some(ReferenceMismatch));
            let told = lab.check(&changed.write());
            assert_eq!(told.signatures().next().unwrap().changed().count(), 2);
        }
        let value = digest(&draft, ROOT);
        let element = format!("<ofd:CheckValue>{value}</ofd:CheckValue>");
        for (new, reason) in [
            ("<ofd:CheckValue/>".to_owned(), ReferenceMismatch),
            (element.replace(&value, &value[..40]), ReferenceMismatch),
            (element.replace(&value, "*"), SignatureMalformed),
            (element.repeat(2), SignatureMalformed),
            (String::new(), SignatureMalformed),
        ] {
            let mut changed = draft.clone();
            changed.replace(DESCRIPTION, &element, &new);
            assert_both(&lab, base, &new, &changed, Some(reason));
        }
    }
}

/// Digests of one algorithm said to be of another; `digests.rs` has those of weak ones as such.
#[test]
fn the_digest_is_named_as_another() {
    let lab = Lab::new();
    for base in [Base::One, Base::Signed] {
        let draft = lab.base(base);
        for (to, reason) in [
            (r#" CheckMethod="SM3""#, None),
            (r#" CheckMethod="SHA-256""#, Some(ReferenceMismatch)),
            (r#" CheckMethod="2.16.840.1.101.3.4.2.1""#, Some(ReferenceMismatch)),
            (r#" CheckMethod="MD5""#, Some(ReferenceMismatch)),
            (r#" CheckMethod="SHA1""#, Some(ReferenceMismatch)),
            ("", Some(ReferenceMismatch)),
            (r#" CheckMethod="SM4""#, Some(DigestUnknown)),
            (r#" CheckMethod="""#, Some(DigestUnknown)),
        ] {
            let mut changed = draft.clone();
            changed.replace(DESCRIPTION, r#" CheckMethod="1.2.156.10197.1.401""#, to);
            assert_both(&lab, base, &format!("{base:?} {to}"), &changed, reason);
        }
    }
}
