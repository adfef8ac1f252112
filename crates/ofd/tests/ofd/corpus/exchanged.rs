//! Entries exchanged for each other, and for those of another document.

use boyin_model::seal::SealInfo;
use boyin_ofd::OfdReason::{
    ContentMalformed, LocationUnsafe, ReferenceMismatch, SealFileDiffers, SignatureMalformed,
    StructureMalformed,
};
use boyin_ofd::{Cause, OfdCheck};
use boyin_testkit::ofd::{Draft, Signing};

use super::{Base, DESCRIPTION, Lab, Role, SEAL, VALUE, exchange, found, names, nth_of, ofd};

/// The first of these rules that two exchanged entries meet.
fn exchanged(draft: &Draft<'_>, names: [&str; 2]) -> Cause {
    let roles = names.map(Role::of);
    let any = |role| roles.contains(&role);
    if any(Role::Root) {
        return ofd(StructureMalformed);
    }
    let is_xml = |role| !matches!(role, Role::Leaf | Role::Value | Role::Seal);
    let is_read = |role| matches!(role, Role::Document | Role::Part);
    if roles.iter().any(|role| is_read(*role)) && !roles.iter().all(|role| is_xml(*role)) {
        return ofd(ContentMalformed);
    }
    // Resources of a page, looked for from the folder of the document, would be outside of the container.
    let climbs = |name: &str| is_read(Role::of(name)) && draft.text(name).contains("../../");
    let shallow = |name: &str| is_read(Role::of(name)) && name.matches('/').count() == 1;
    let [first, second] = names;
    if (climbs(first) && shallow(second)) || (climbs(second) && shallow(first)) {
        return ofd(LocationUnsafe);
    }
    if any(Role::List) {
        return ofd(StructureMalformed);
    }
    if any(Role::Description) {
        return ofd(SignatureMalformed);
    }
    ofd(ReferenceMismatch)
}

#[test]
fn two_entries_are_exchanged() {
    let lab = Lab::new();
    for base in [Base::OneWhole, Base::Signed] {
        let draft = lab.base(base);
        let names = names(&draft);
        let mut count = 0;
        for (place, first) in names.iter().enumerate() {
            for second in names[place + 1..].iter().filter(|second| draft.get(second) != draft.get(first)) {
                let mut changed = draft.clone();
                exchange(&mut changed, first, second);
                let cause = exchanged(&draft, [first, second]);
                lab.assert_refused(&format!("{base:?} {first} {second}"), &changed, cause);
                count += 1;
            }
        }
        // All pairs but those of the two pages and the template, which say the same.
        assert_eq!(count, names.len() * (names.len() - 1) / 2 - 3);
    }
}

/// Another document of the same maker, which says other things in every file.
fn another(lab: &Lab, base: Base) -> Draft<'_> {
    let mut other = Draft::new(&lab.world);
    for (name, bytes) in &mut other.files {
        if name == "Doc_0/Attachs/data.xml" || !name.ends_with(".xml") {
            bytes.extend_from_slice(b"2");
        } else {
            bytes.extend_from_slice(b"<!--2-->");
        }
    }
    lab.signed(other, base)
}

#[test]
fn every_entry_is_replaced_by_that_of_another_document() {
    let lab = Lab::new();
    for base in Base::ALL {
        let (draft, other) = (lab.base(base), another(&lab, base));
        for name in names(&draft) {
            let mut changed = draft.clone();
            changed.put(&name, other.get(&name).to_vec());
            let what = format!("{base:?} {name}");
            let cause = match Role::of(&name) {
                // The same list, and the same seal.
                Role::List | Role::Seal => {
                    assert_eq!(draft.get(&name), other.get(&name), "{what}");
                    continue;
                }
                // The other description names other digests; that nobody here signed it comes behind.
                Role::Description => ofd(ReferenceMismatch),
                Role::Value => base.document_mismatch(),
                Role::Root | Role::Document | Role::Part | Role::Leaf => ofd(ReferenceMismatch),
            };
            let report = lab.refused(&what, &changed, cause);
            if Role::of(&name) == Role::Description {
                let own = report.signatures().nth(nth_of(&name).unwrap()).unwrap();
                assert_eq!(found(own, OfdCheck::Value), Some(base.document_mismatch()), "{what}");
            }
        }
    }
}

/// The same document, sealed once more at another place of the page, or with another seal.
#[test]
fn parts_of_the_signature_are_those_of_another_seal() {
    let lab = Lab::new();
    let info = SealInfo { name: "另一枚印章", ..lab.world.info() };
    let draft = lab.base(Base::One);
    let mut elsewhere = Draft::new(&lab.world);
    elsewhere.sign(&Signing { stamps: String::new(), ..Signing::default() });
    let mismatch = Base::One.document_mismatch();
    for name in [DESCRIPTION, VALUE] {
        let mut changed = draft.clone();
        changed.put(name, elsewhere.get(name).to_vec());
        let report = lab.refused(name, &changed, mismatch);
        // Only that: every file is the one that was signed.
        let own = report.signatures().next().unwrap();
        assert_eq!(found(own, OfdCheck::References), None);
    }
    // Both of them are a seal of this document.
    let mut both = draft.clone();
    for name in [DESCRIPTION, VALUE] {
        both.put(name, elsewhere.get(name).to_vec());
    }
    lab.assert_passes("the seal as a whole", &both);
    // All of a seal of another document.
    let other = another(&lab, Base::One);
    let mut all = draft.clone();
    for name in [DESCRIPTION, VALUE, SEAL] {
        all.put(name, other.get(name).to_vec());
    }
    let report = lab.refused("the seal of another document", &all, ReferenceMismatch);
    assert_eq!(found(report.signatures().next().unwrap(), OfdCheck::Value), None);
    // Another picture is shown: by the digest where the seal is covered, else by comparison.
    let mut changed = draft.clone();
    changed.put(SEAL, lab.world.seal(&info));
    lab.assert_refused("another seal", &changed, ReferenceMismatch);
    let mut changed = lab.omitting(&[SEAL]);
    lab.assert_passes("an open seal", &changed);
    changed.put(SEAL, lab.world.seal(&info));
    lab.assert_refused("another open seal", &changed, SealFileDiffers);
}
