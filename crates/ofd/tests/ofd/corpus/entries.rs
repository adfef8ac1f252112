//! Every entry: its bytes changed, emptied, taken away, renamed, doubled; and one more.

use boyin_ofd::Cause;
use boyin_ofd::OfdReason::{
    ContentMalformed, EntryUnreferenced, NameRepeated, PartMissing, ReferenceMismatch, ReferenceMissing,
    SealFileDiffers, SignatureMalformed, SignaturePartMissing, StructureMalformed, ValueUnknown,
};
use boyin_testkit::ofd::{Draft, EntryByHand, container};
use boyin_verify::signed_data::SignedDataReason;

use super::{
    Base, DESCRIPTION, DOCUMENT, LIST, Lab, ROOT, Role, SEAL, VALUE, listed, names, nth_of, ofd, remove,
    rename,
};
use crate::shown;

/// What is done to an entry, apart from what the others are.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// A byte more at the end: XML says the same.
    Grown,
    First,
    Last,
    Emptied,
    Removed,
    /// A letter more in its name.
    Renamed,
    /// The first letter of the file in the other case.
    CaseOfName,
}

const CHANGES: [Change; 7] = [
    Change::Grown,
    Change::First,
    Change::Last,
    Change::Emptied,
    Change::Removed,
    Change::Renamed,
    Change::CaseOfName,
];

impl Change {
    fn make(self, draft: &mut Draft<'_>, name: &str) {
        let mut bytes = draft.get(name).to_vec();
        match self {
            Self::Grown => bytes.push(b'\n'),
            Self::First => *bytes.first_mut().unwrap() ^= 1,
            Self::Last => *bytes.last_mut().unwrap() ^= 1,
            Self::Emptied => bytes.clear(),
            Self::Removed => return remove(draft, name),
            Self::Renamed => return rename(draft, name, &format!("{name}x")),
            Self::CaseOfName => {
                let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
                let (first, rest) = file.split_at(1);
                let other = if first.chars().all(char::is_uppercase) {
                    first.to_lowercase()
                } else {
                    first.to_uppercase()
                };
                let path = [folder, &(other + rest)].join("/");
                return rename(draft, name, path.trim_start_matches('/'));
            }
        }
        draft.put(name, bytes);
    }
}

/// For each role the reasons of [`CHANGES`]; `None` where the document still says what it said, and nothing covers the entry.
fn reasons(base: Base, role: Role) -> [Option<Cause>; 7] {
    let missing = |reason| [ofd(reason); 3];
    let (bytes, missing): ([Cause; 4], [Cause; 3]) = match role {
        Role::Root => {
            let malformed = ofd(StructureMalformed);
            ([ofd(ReferenceMismatch), malformed, malformed, malformed], missing(PartMissing))
        }
        Role::Document | Role::Part => {
            let malformed = ofd(ContentMalformed);
            let gone = if role == Role::Document { PartMissing } else { ReferenceMissing };
            ([ofd(ReferenceMismatch), malformed, malformed, malformed], missing(gone))
        }
        Role::Leaf => ([ofd(ReferenceMismatch); 4], missing(ReferenceMissing)),
        Role::List => {
            let malformed = ofd(StructureMalformed);
            ([ofd(ReferenceMismatch), malformed, malformed, malformed], missing(PartMissing))
        }
        Role::Description => {
            let malformed = ofd(SignatureMalformed);
            ([base.document_mismatch(), malformed, malformed, malformed], missing(SignaturePartMissing))
        }
        Role::Value => {
            let unknown = ofd(ValueUnknown);
            let bytes = [base.value_malformed(), unknown, base.signature_mismatch(), unknown];
            (bytes, missing(SignaturePartMissing))
        }
        Role::Seal => ([ofd(ReferenceMismatch); 4], missing(SignaturePartMissing)),
    };
    let mut all = [bytes.as_slice(), &missing].concat().into_iter().map(Some).collect::<Vec<_>>();
    if role == Role::List && !base.is_whole() {
        all[0] = None;
    }
    all.try_into().unwrap()
}

#[test]
fn every_entry_is_changed() {
    let lab = Lab::new();
    for base in Base::ALL {
        let draft = lab.base(base);
        for name in names(&draft) {
            for (change, reason) in CHANGES.into_iter().zip(reasons(base, Role::of(&name))) {
                let what = format!("{base:?} {name} {change:?}");
                let mut changed = draft.clone();
                change.make(&mut changed, &name);
                let Some(cause) = reason else {
                    lab.assert_passes(&what, &changed);
                    continue;
                };
                let report = lab.refused(&what, &changed, cause);
                // What is no more than changed is listed as that, and nothing else is.
                if cause == ofd(ReferenceMismatch) {
                    for signature in
                        report.signatures().filter(|signature| signature.verdict().reason() == Some(cause))
                    {
                        assert_eq!(listed(signature.changed()), [name.as_str()], "{what}");
                    }
                }
                // A part of a signature that is at fault is told of that signature.
                if let Some(nth) = nth_of(&name) {
                    let own = report.signatures().nth(nth).unwrap();
                    assert_eq!(own.verdict().reason(), Some(cause), "{what}: {}", shown(&report));
                }
            }
        }
    }
}

/// What is said in the middle of an entry, with one bit changed.
fn reason_in_the_middle(base: Base, name: &str) -> Option<Cause> {
    Some(match (Role::of(name), base) {
        // Names of elements that end otherwise than they began.
        (Role::Root, _) => ofd(StructureMalformed),
        (Role::Document, _) => ofd(ContentMalformed),
        (Role::Part, _) => match name {
            "Doc_0/DocumentRes.xml" | "Doc_0/Annots/Annotations.xml" | "Doc_0/Attachs/Attachments.xml" => {
                ofd(ContentMalformed)
            }
            _ => ofd(ReferenceMismatch),
        },
        (Role::Leaf | Role::Seal, _) => ofd(ReferenceMismatch),
        // The name of an attribute that may be left out.
        (Role::List, Base::Two) => return None,
        (Role::List, Base::TwoWhole) => ofd(ReferenceMismatch),
        (Role::List, _) => ofd(StructureMalformed),
        // A location; a digest; names of elements, and a letter that no digest has.
        (Role::Description, Base::Signed) => ofd(ReferenceMissing),
        (Role::Description, Base::Two) if nth_of(name) == Some(1) => ofd(ReferenceMismatch),
        (Role::Description, _) => ofd(SignatureMalformed),
        // The certificate; the seal, which is no longer the one beside it.
        (Role::Value, Base::Signed) => Cause::SignedData(SignedDataReason::ChainInvalid),
        (Role::Value, _) => ofd(SealFileDiffers),
    })
}

#[test]
fn every_entry_is_changed_in_the_middle() {
    let lab = Lab::new();
    for base in Base::ALL {
        let draft = lab.base(base);
        for name in names(&draft) {
            let mut changed = draft.clone();
            let mut bytes = changed.get(&name).to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            changed.put(&name, bytes);
            match reason_in_the_middle(base, &name) {
                Some(cause) => lab.assert_refused(&format!("{base:?} {name}"), &changed, cause),
                None => lab.assert_passes(&name, &changed),
            }
        }
    }
}

/// The entry has another name, and what names it follows.
#[test]
fn every_entry_is_renamed_with_what_names_it() {
    let lab = Lab::new();
    let rows = [
        (DOCUMENT, ROOT, "Document.xml", "Root.xml", ReferenceMissing),
        (LIST, ROOT, "Signatures.xml", "List.xml", ReferenceMismatch),
        ("Doc_0/PublicRes.xml", DOCUMENT, "PublicRes.xml", "Res.xml", ReferenceMissing),
        ("Doc_0/DocumentRes.xml", DOCUMENT, "DocumentRes.xml", "Res.xml", ReferenceMissing),
        (
            "Doc_0/Tpls/Tpl_0/Content.xml",
            DOCUMENT,
            "Tpls/Tpl_0/Content.xml",
            "Tpls/Tpl_0/C.xml",
            ReferenceMissing,
        ),
        ("Doc_0/Pages/Page_0/Content.xml", DOCUMENT, "Page_0/Content.xml", "Page_0/C.xml", ReferenceMissing),
        ("Doc_0/Pages/Page_1/Content.xml", DOCUMENT, "Page_1/Content.xml", "Page_1/C.xml", ReferenceMissing),
        ("Doc_0/Annots/Annotations.xml", DOCUMENT, "Annotations.xml", "A.xml", ReferenceMissing),
        (
            "Doc_0/Annots/Page_0/Annotation.xml",
            "Doc_0/Annots/Annotations.xml",
            "Annotation.xml",
            "A.xml",
            ReferenceMissing,
        ),
        ("Doc_0/Attachs/Attachments.xml", DOCUMENT, "Attachments.xml", "A.xml", ReferenceMissing),
        ("Doc_0/Attachs/data.xml", "Doc_0/Attachs/Attachments.xml", "data.xml", "d.xml", ReferenceMissing),
        ("Doc_0/Res/a.ttf", "Doc_0/PublicRes.xml", "a.ttf", "b.ttf", ReferenceMissing),
        ("Doc_0/Res/qr.png", "Doc_0/DocumentRes.xml", "qr.png", "q.png", ReferenceMissing),
        (SEAL, DESCRIPTION, "Seal.esl</ofd:BaseLoc>", "S.esl</ofd:BaseLoc>", ReferenceMissing),
    ];
    let draft = lab.base(Base::One);
    for (name, within, old, new, reason) in rows {
        let mut changed = draft.clone();
        changed.replace(within, old, new);
        let old = old.trim_end_matches("</ofd:BaseLoc>");
        let new = new.trim_end_matches("</ofd:BaseLoc>");
        let file = name.replace(old, new);
        assert_ne!(file, name);
        rename(&mut changed, name, &file);
        lab.assert_refused(&format!("{name} is {file}"), &changed, reason);
    }
    // The value is named by what it signs.
    let mut changed = draft.clone();
    changed.replace(DESCRIPTION, "SignedValue.dat", "Value.dat");
    rename(&mut changed, VALUE, "Doc_0/Signs/Sign_0/Value.dat");
    lab.assert_refused("the value", &changed, Base::One.document_mismatch());
    // What the list names is nobody's word unless the list is covered; `passing.rs` has the note on that.
    let mut changed = lab.base(Base::OneWhole);
    changed.replace(LIST, "Sign_0", "Sign_7");
    rename(&mut changed, DESCRIPTION, "Doc_0/Signs/Sign_7/Signature.xml");
    lab.assert_refused("the description", &changed, ReferenceMismatch);
    // Where nothing covers `OFD.xml`, the file that was signed is missing still.
    let mut changed = lab.omitting(&[ROOT]);
    changed.replace(ROOT, "Document.xml", "Root.xml");
    rename(&mut changed, DOCUMENT, "Doc_0/Root.xml");
    lab.assert_refused("an open root", &changed, ReferenceMissing);
}

/// Under the same name or one that differs in case, before or behind, with other bytes or the same.
#[test]
fn every_entry_is_there_twice() {
    let lab = Lab::new();
    for base in [Base::Two, Base::Signed] {
        let draft = lab.base(base);
        let entries: Vec<_> = draft.files.iter().map(|(name, bytes)| EntryByHand::new(name, bytes)).collect();
        for entry in &entries {
            let upper = entry.name.to_ascii_uppercase();
            for (name, bytes) in [
                (&entry.name, &entry.bytes),
                (&entry.name, &b"other".to_vec()),
                (&upper, &entry.bytes),
                (&upper, &b"other".to_vec()),
            ] {
                for place in [0, entries.len()] {
                    let mut all = entries.clone();
                    all.insert(
                        place,
                        EntryByHand { name: name.clone(), bytes: bytes.clone(), ..entry.clone() },
                    );
                    let report = lab.check(&container(&all));
                    assert_eq!(report.verdict().reason(), Some(ofd(NameRepeated)), "{}", shown(&report));
                }
            }
        }
    }
}

/// Nothing names it, and nothing covers it.
#[test]
fn an_entry_is_added() {
    let lab = Lab::new();
    for base in Base::ALL {
        let draft = lab.base(base);
        for name in [
            "smuggled.exe",
            "Doc_1/Document.xml",
            "Doc_0/more.xml",
            "Doc_0/Pages/Page_2/Content.xml",
            "Doc_0/Signs/Sign_9/Signature.xml",
            "Doc_0/Signs/Sign_0/more.esl",
            "META-INF/manifest.xml",
            // From the folder of the signature one file, from the root another.
            "Doc_0/Signs/Sign_0/Doc_0/Document.xml",
        ] {
            let mut changed = draft.clone();
            changed.put(name, "added");
            let report = lab.refused(&format!("{base:?} {name}"), &changed, EntryUnreferenced);
            for signature in report.signatures() {
                assert_eq!(listed(signature.unreferenced()), [name], "{base:?}");
            }
        }
    }
}
