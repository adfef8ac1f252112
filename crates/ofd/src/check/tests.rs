use boyin_model::alg::{Digest32, VerifyAlg};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};

use super::*;
use crate::held::of_entries;
use crate::intake::Ticket;
use crate::structure::Reference;

const MORE: usize = 1000;

/// Not the files alone that a document keeps: what was read in them, and in others, waits for its report too.
#[test]
fn all_that_is_held_counts() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let held = |draft: &Draft<'_>| {
        let mut batch = Batch::default();
        OfdVerifier::new(Reader::Field).open(&draft.write(), &context(&store, now()), &mut batch).held()
    };
    let many = |one: &dyn Fn(usize) -> String| (0..MORE).map(one).collect::<String>();
    let plain = Draft::new(&world);
    let before = held(&plain);
    assert!(before > plain.get("OFD.xml").len());

    let mut names = plain.clone();
    (0..MORE).for_each(|nth| names.put(&format!("{nth:0100}"), ""));
    assert!(held(&names) >= before + 2 * 100 * MORE);

    let with = |name: &str, end: &str, more: &str| {
        let mut draft = plain.clone();
        draft.replace(name, end, &[more, end].concat());
        draft
    };
    let pages = many(&|nth| format!(r#"<ofd:Page ID="{nth:0100}"/>"#));
    assert!(held(&with("Doc_0/Document.xml", "</ofd:Pages>", &pages)) >= before + 100 * MORE);

    let absent =
        many(&|nth| format!(r#"<ofd:Attachment ID="7"><ofd:FileLoc>{nth}</ofd:FileLoc></ofd:Attachment>"#));
    let absent = with("Doc_0/Attachs/Attachments.xml", "</ofd:Attachments>", &absent);
    // From the folder and from the root, with case and without.
    assert!(held(&absent) >= before + of_entries::<u64>(2 * 2 * MORE));

    let custom = many(&|_| r#"<ofd:CustomData Name="a">b</ofd:CustomData>"#.to_owned());
    let kept = before + custom.len();
    assert!(
        held(&with("OFD.xml", "</ofd:CustomDatas>", &custom)) >= kept + size_of::<(String, String)>() * MORE
    );

    let mut signed = plain.clone();
    signed.sign(&Signing::default());
    let before = held(&signed);
    let end = "</ofd:References>";
    let references = many(&|_| {
        r#"<ofd:Reference FileRef="/a"><ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>"#.to_owned()
    });
    signed.replace("Doc_0/Signs/Sign_0/Signature.xml", end, &[&references, end].concat());
    assert!(held(&signed) >= before + references.len() + size_of::<Reference>() * MORE);

    // Files that wait for their digests, which are empty.
    let mut waiting = plain;
    (0..MORE).for_each(|nth| waiting.put(&format!("{nth}"), ""));
    let before = held(&waiting);
    waiting.sign(&Signing::default());
    let kept = waiting.files.iter().filter(|(name, _)| name.contains("/Signs/"));
    let kept: usize = kept.map(|(_, bytes)| bytes.len()).sum();
    let references = of_entries::<Reference>(MORE) + MORE * size_of::<Digest32>();
    // Each is named with where its digest will be, and waits by itself with the one digest that is asked for, which has a place.
    let named = of_entries::<((&str, usize), Ticket)>(MORE);
    let waits = size_of::<[Vec<u8>; 2]>() + size_of::<(&dyn VerifyAlg, Ticket)>();
    let digests = named + MORE * (waits + size_of::<Option<Digest32>>());
    assert!(held(&waiting) >= before + kept + references + digests);
}
