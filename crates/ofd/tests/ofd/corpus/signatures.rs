//! Parts of signatures: exchanged, led elsewhere, listed in another order, dropped, doubled; and where they are shown.

use boyin_ofd::OfdReason::{
    BrokenByLater, EntryUnreferenced, LocationUnsafe, PartMissing, ReferenceMismatch, RootUncovered,
    SealFileDiffers, SignatureMalformed, SignaturePartMissing, SignaturesDetached, StructureMalformed,
};
use boyin_ofd::{OfdCheck, OfdNote, OfdReason, OfdVerdict};
use boyin_testkit::ofd::{Draft, Signing};

use super::{
    Base, DESCRIPTION, LIST, Lab, Make, ROOT, SEAL, SECOND_DESCRIPTION, SECOND_SEAL, SECOND_VALUE, VALUE,
    exchange, found, ofd, rename,
};

/// The entry of a signature in the list.
fn listed_as(draft: &Draft<'_>, nth: usize) -> String {
    let text = draft.text(LIST);
    let from = text.find(&format!(r#"<ofd:Signature ID="{nth}""#)).unwrap();
    text[from..from + text[from..].find("/>").unwrap() + 2].to_owned()
}

/// Two seals, neither of which covers the other.
fn beside(lab: &Lab) -> Draft<'_> {
    let mut draft = Draft::new(&lab.world);
    for signing in Base::Two.signings() {
        draft.sign(&Signing { over_others: false, ..signing });
    }
    lab.assert_passes("two seals beside each other", &draft);
    draft
}

#[test]
fn parts_of_two_signatures_are_exchanged() {
    let lab = Lab::new();
    for base in [Base::Two, Base::TwoWhole] {
        for (first, second, cause) in [
            // The other seal stands beside it; that it signs another description comes behind.
            (VALUE, SECOND_VALUE, ofd(SealFileDiffers)),
            // Each names the other's seal, which it covers, and which is the other's within.
            (SEAL, SECOND_SEAL, ofd(ReferenceMismatch)),
            // The one that covers the other stands where the other was.
            (DESCRIPTION, SECOND_DESCRIPTION, ofd(ReferenceMismatch)),
        ] {
            let mut changed = lab.base(base);
            exchange(&mut changed, first, second);
            let report = lab.refused(&format!("{base:?} {first}"), &changed, cause);
            if first == VALUE {
                let value = |signature| found(signature, OfdCheck::Value);
                assert_eq!(value(report.signatures().next().unwrap()), Some(base.document_mismatch()));
            }
        }
    }
    let draft = beside(&lab);
    let mut changed = draft.clone();
    exchange(&mut changed, VALUE, SECOND_VALUE);
    lab.assert_refused("values", &changed, SealFileDiffers);
    let mut changed = draft.clone();
    exchange(&mut changed, SEAL, SECOND_SEAL);
    lab.assert_refused("seals", &changed, ReferenceMismatch);
    // A description says where its value is, so that it moves with it: the same two seals, of which the places are told by a note.
    let mut changed = draft;
    exchange(&mut changed, DESCRIPTION, SECOND_DESCRIPTION);
    let report = lab.passing("descriptions", &changed);
    assert!(report.signatures().all(|signature| signature.notes() == [OfdNote::PropertyDiffers]));
    // With no seal beside them only the values tell.
    let mut plain = Draft::new(&lab.world);
    for signing in Base::Two.signings() {
        plain.sign(&Signing { with_seal_file: false, ..signing });
    }
    lab.assert_passes("no seals beside", &plain);
    exchange(&mut plain, VALUE, SECOND_VALUE);
    lab.assert_refused("no seals beside", &plain, Base::One.document_mismatch());
    // Of seals that nothing covers the comparison tells.
    let mut open = Draft::new(&lab.world);
    let seals = [SEAL, SECOND_SEAL].map(str::to_owned);
    for signing in Base::Two.signings() {
        open.sign(&Signing { omit: seals.to_vec(), ..signing });
    }
    lab.assert_passes("open seals", &open);
    exchange(&mut open, SEAL, SECOND_SEAL);
    lab.assert_refused("open seals", &open, SealFileDiffers);
}

/// The description of one names a part of the other, and nobody signed that.
#[test]
fn a_signature_names_parts_of_another() {
    let lab = Lab::new();
    for (old, new) in [
        ("/Doc_0/Signs/Sign_0/SignedValue.dat", SECOND_VALUE),
        ("<ofd:BaseLoc>/Doc_0/Signs/Sign_0/Seal.esl", "<ofd:BaseLoc>/Doc_0/Signs/Sign_1/Seal.esl"),
    ] {
        let mut changed = lab.base(Base::Two);
        changed.replace(DESCRIPTION, old, new);
        // One value is of one signature; a seal can be of several.
        let is_value = new == SECOND_VALUE;
        lab.assert_refused(new, &changed, if is_value { StructureMalformed } else { SealFileDiffers });
    }
}

#[test]
fn the_list_of_signatures_is_changed() {
    let lab = Lab::new();
    let reordered = |draft: &mut Draft<'_>| {
        let (first, second) = (listed_as(draft, 0), listed_as(draft, 1));
        draft.replace(LIST, &format!("{first}{second}"), &format!("{second}{first}"));
    };
    let without = |nth| move |draft: &mut Draft<'_>| draft.replace(LIST, &listed_as(draft, nth), "");
    let doubled = |nth| {
        move |draft: &mut Draft<'_>| {
            let one = listed_as(draft, nth);
            draft.replace(LIST, &one, &one.repeat(2));
        }
    };
    let again = |draft: &mut Draft<'_>| {
        let one = listed_as(draft, 0);
        let other = one.replace(r#"ID="0""#, r#"ID="7""#).replace("Sign_0/", "Sign_0/./");
        draft.replace(LIST, &one, &format!("{one}{other}"));
    };
    let same_id = |draft: &mut Draft<'_>| draft.replace(LIST, r#"ID="1""#, r#"ID="0""#);
    let other_id = |draft: &mut Draft<'_>| draft.replace(LIST, r#"ID="1""#, r#"ID="5""#);
    let other_kind = |draft: &mut Draft<'_>| draft.replace(LIST, r#"Type="Seal""#, r#"Type="Sign""#);
    let no_kind = |draft: &mut Draft<'_>| draft.replace(LIST, r#"Type="Seal""#, r#"Type="Stamp""#);
    let more = |to: &str| {
        let entry = format!(r#"<ofd:Signature ID="7" BaseLoc="{to}"/></ofd:Signatures>"#);
        move |draft: &mut Draft<'_>| draft.replace(LIST, "</ofd:Signatures>", &entry)
    };
    let document_type = |draft: &mut Draft<'_>| {
        let text = draft.text(LIST).replace("<ofd:Signatures", "<!DOCTYPE x><ofd:Signatures");
        draft.put(LIST, text);
    };
    let moved = |to: &str| {
        let to = to.to_owned();
        move |draft: &mut Draft<'_>| draft.replace(LIST, "/Doc_0/Signs/Sign_0/Signature.xml", &to)
    };
    let (content, missing, outside) = (more("/Doc_0/Document.xml"), more("/Doc_0/none"), more("/../a"));
    let copied = |draft: &mut Draft<'_>| {
        draft.put("Doc_0/Signs/Sign_7/Signature.xml", draft.get(DESCRIPTION).to_vec());
        more("/Doc_0/Signs/Sign_7/Signature.xml")(draft);
    };
    let (none, root) = (moved("Sign_9/Signature.xml"), moved("/../Signature.xml"));
    let page = moved("/Doc_0/Pages/Page_0/Content.xml");
    // Where the list is open, and where the second covers it.
    let rows: [(&str, Make<'_>, Option<OfdReason>, OfdReason); 18] = [
        ("reordered", &reordered, None, ReferenceMismatch),
        ("without the first", &without(0), Some(SignaturesDetached), ReferenceMismatch),
        ("without the second", &without(1), Some(EntryUnreferenced), EntryUnreferenced),
        ("the first twice", &doubled(0), Some(StructureMalformed), StructureMalformed),
        ("the second twice", &doubled(1), Some(StructureMalformed), StructureMalformed),
        ("the first again", &again, Some(StructureMalformed), StructureMalformed),
        ("a copy of the first", &copied, Some(StructureMalformed), StructureMalformed),
        ("one number for both", &same_id, Some(StructureMalformed), StructureMalformed),
        ("another number", &other_id, None, ReferenceMismatch),
        ("another kind", &other_kind, None, ReferenceMismatch),
        ("no kind", &no_kind, Some(StructureMalformed), StructureMalformed),
        ("a page is one", &content, Some(SignatureMalformed), SignatureMalformed),
        ("a missing one", &missing, Some(SignaturePartMissing), SignaturePartMissing),
        ("one outside", &outside, Some(LocationUnsafe), LocationUnsafe),
        ("the first is missing", &none, Some(SignaturePartMissing), SignaturePartMissing),
        ("the first is outside", &root, Some(LocationUnsafe), LocationUnsafe),
        ("the first is a page", &page, Some(SignatureMalformed), SignatureMalformed),
        ("a document type", &document_type, Some(StructureMalformed), StructureMalformed),
    ];
    let [open_list, covered_list] = [Base::Two, Base::TwoWhole].map(|base| lab.base(base));
    for (what, change, open, covered) in rows {
        let mut changed = open_list.clone();
        change(&mut changed);
        match open {
            Some(reason) => lab.assert_refused(what, &changed, reason),
            None => lab.assert_passes(what, &changed),
        }
        let mut changed = covered_list.clone();
        change(&mut changed);
        lab.assert_refused(what, &changed, covered);
    }
}

/// All files of a signature are copied, and name each other from their folder: that is no second seal.
#[test]
fn a_signature_does_not_count_twice() {
    let lab = Lab::new();
    let signings = Base::One.signings();
    let mut draft = lab.base(Base::One);
    draft.replace(DESCRIPTION, "/Doc_0/Signs/Sign_0/SignedValue.dat", "SignedValue.dat");
    draft.replace(DESCRIPTION, "<ofd:BaseLoc>/Doc_0/Signs/Sign_0/", "<ofd:BaseLoc>");
    draft.sign_again(0, &signings[0]);
    lab.assert_passes("named from the folder", &draft);
    for name in [DESCRIPTION, VALUE, SEAL] {
        draft.put(&name.replace("Sign_0", "Sign_7"), draft.get(name).to_vec());
    }
    let entry = r#"<ofd:Signature ID="7" BaseLoc="/Doc_0/Signs/Sign_7/Signature.xml"/></ofd:Signatures>"#;
    draft.replace(LIST, "</ofd:Signatures>", entry);
    lab.assert_refused("a copy of all its files", &draft, StructureMalformed);
}

/// A seal that allowed none after it, and one that came after it.
#[test]
fn a_signature_follows_one_that_closed_the_document() {
    let lab = Lab::new();
    for base in [Base::OneWhole, Base::TwoWhole] {
        for over_others in [false, true] {
            let mut draft = lab.base(base);
            draft.sign(&Signing { over_others, ..Signing::default() });
            let report = lab.refused("a later one", &draft, BrokenByLater);
            assert_eq!(report.signatures().last().unwrap().verdict(), OfdVerdict::Passed);
            // With something else changed as well it is a change.
            draft.put(super::PICTURE, "other");
            lab.assert_refused("a later one and a change", &draft, ReferenceMismatch);
        }
        // The last one cannot have been broken by a later one.
        let mut last = lab.base(base);
        last.replace(LIST, "<ofd:MaxSignId>", "<ofd:MaxSignId>1");
        lab.assert_refused("the last", &last, ReferenceMismatch);
    }
}

/// `OFD.xml` leads to another list.
#[test]
fn the_list_is_led_elsewhere() {
    let lab = Lab::new();
    for (to, reason) in [
        ("/../Signatures.xml", LocationUnsafe),
        ("", LocationUnsafe),
        ("/Doc_0/None.xml", PartMissing),
        ("/Doc_0/Signs", PartMissing),
        ("/Doc_0/Document.xml", StructureMalformed),
        ("/Doc_0/Signs/Sign_0/Signature.xml", StructureMalformed),
        // A copy of it: the list itself is then what nothing refers to.
        ("/Doc_0/Signs/Copy.xml", EntryUnreferenced),
    ] {
        for is_open in [true, false] {
            let mut changed = if is_open { lab.omitting(&[ROOT]) } else { lab.base(Base::One) };
            changed.replace(
                ROOT,
                "<ofd:Signatures>/Doc_0/Signs/Signatures.xml",
                &format!("<ofd:Signatures>{to}"),
            );
            if to.ends_with("Copy.xml") {
                changed.put("Doc_0/Signs/Copy.xml", changed.get(LIST).to_vec());
            }
            let covered = !is_open && reason == EntryUnreferenced;
            let expected = if covered { ReferenceMismatch } else { reason };
            lab.assert_refused(&format!("{to:?} {is_open}"), &changed, expected);
        }
    }
    // The list itself has moved.
    let mut changed = lab.omitting(&[ROOT]);
    changed.replace(ROOT, "Signs/Signatures.xml", "Signatures.xml");
    rename(&mut changed, LIST, "Doc_0/Signatures.xml");
    lab.assert_refused("moved", &changed, RootUncovered);
}

/// Where the value and the seal are, by what nobody signed.
#[test]
fn locations_in_a_description_lead_astray() {
    let lab = Lab::new();
    for (old, new, cause) in [
        ("/Doc_0/Signs/Sign_0/SignedValue.dat", "/../v", ofd(LocationUnsafe)),
        ("/Doc_0/Signs/Sign_0/SignedValue.dat", "", ofd(LocationUnsafe)),
        ("/Doc_0/Signs/Sign_0/SignedValue.dat", "v", ofd(SignaturePartMissing)),
        ("/Doc_0/Signs/Sign_0/SignedValue.dat", "SignedValue.dat", Base::One.document_mismatch()),
        ("<ofd:BaseLoc>/Doc_0/Signs/Sign_0/", "<ofd:BaseLoc>/../", ofd(LocationUnsafe)),
        ("<ofd:BaseLoc>/Doc_0/Signs/Sign_0/", "<ofd:BaseLoc>/none/", ofd(SignaturePartMissing)),
        ("<ofd:BaseLoc>/Doc_0/Signs/Sign_0/", "<ofd:BaseLoc>", Base::One.document_mismatch()),
        (
            "<ofd:SignedValue>",
            "<ofd:SignedValue>a</ofd:SignedValue><ofd:SignedValue>",
            ofd(SignatureMalformed),
        ),
        ("<ofd:SignedValue>", "<ofd:Other>a</ofd:Other><ofd:SignedValue>", Base::One.document_mismatch()),
    ] {
        let mut changed = lab.base(Base::One);
        changed.replace(DESCRIPTION, old, new);
        lab.assert_refused(new, &changed, cause);
    }
}

/// Where a seal is shown is signed: moved to another page or place, clipped, taken out or added, it is not what was signed.
#[test]
fn a_stamp_is_moved() {
    let lab = Lab::new();
    for base in Base::ALL {
        let draft = lab.base(base);
        for nth in 0..base.signings().len() {
            let stamp = base.signings()[nth].stamps.clone();
            let name = format!("Doc_0/Signs/Sign_{nth}/Signature.xml");
            let other_page = if nth == 0 { r#"PageRef="2""# } else { r#"PageRef="1""# };
            let page = if nth == 0 { r#"PageRef="1""# } else { r#"PageRef="2""# };
            let (place, farther) = if nth == 0 { ("90.00 8.5", "90.00 8.6") } else { ("10 10", "10 11") };
            for (old, new) in [
                (stamp.as_str(), stamp.replace(page, other_page)),
                (&stamp, stamp.replace(place, farther)),
                (&stamp, stamp.replace("30 20", "60 40")),
                (&stamp, stamp.replace("/>", r#" Clip="0 0 1 1"/>"#)),
                (&stamp, stamp.repeat(2)),
                (&stamp, String::new()),
            ] {
                let mut changed = draft.clone();
                assert_ne!(old, new);
                changed.replace(&name, old, &new);
                let report = lab.check(&changed.write());
                let own = report.signatures().nth(nth).unwrap();
                assert_eq!(own.verdict(), OfdVerdict::Failed(base.document_mismatch()), "{base:?} {new}");
                assert_eq!(report.verdict(), own.verdict(), "{base:?} {new}");
            }
            // Such as no page has.
            let mut changed = draft.clone();
            changed.replace(&name, &stamp, &stamp.replace("30 20", "-30 20"));
            lab.assert_refused("a width below nothing", &changed, SignatureMalformed);
        }
    }
}

/// The list says where a description is, under any name: the first of two seals, the file of which the second covers, cannot be
/// taken out of the list unseen, whatever the first says.
#[test]
fn a_description_under_another_name_is_taken_out() {
    let lab = Lab::new();
    let named = "Doc_0/Signs/Sign_0/Sign.xml";
    let [first, second] = [0, 1].map(|nth| Base::Two.signings()[nth].clone());
    let mut draft = Draft::new(&lab.world);
    draft.sign(&first);
    rename(&mut draft, DESCRIPTION, named);
    draft.sign(&second);
    draft.replace(LIST, DESCRIPTION, named);
    let report = lab.passing("another name", &draft);
    assert_eq!(report.signatures().nth(1).unwrap().covers(), ["0".to_owned()]);
    let entry = listed_as(&draft, 0);
    draft.replace(LIST, &entry, "");
    lab.assert_refused("taken out", &draft, SignaturesDetached);
    // One that does not hold, and which the second covers as it is.
    let mut failing = Draft::new(&lab.world);
    failing.sign(&first);
    failing.put(VALUE, "nothing");
    rename(&mut failing, DESCRIPTION, named);
    failing.sign(&second);
    failing.replace(LIST, DESCRIPTION, named);
    let entry = listed_as(&failing, 0);
    failing.replace(LIST, &entry, "");
    lab.assert_refused("a failing one taken out", &failing, SignaturesDetached);
}
