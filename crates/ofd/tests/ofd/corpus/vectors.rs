//! The same changes to files of other makers: none of them passes, and each is refused for one of the reasons that its entry has.

use boyin_ofd::package::Package;
use boyin_ofd::{Cause, OfdReason, OfdVerdict, ValueReport};
use boyin_testkit::ofd::{EntryByHand, container};
use boyin_verify::seal::{SealCheck, SealOutcome, SealReason};

use super::{Role, ofd};
use crate::shown;
use crate::vectors::{check_with, trust, vector};

/// With what they say when nothing is changed and their certificates are trusted.
const FILES: [(&str, Option<Cause>); 5] = [
    ("tax_invoice_v4_valid", None),
    ("v4_all_protected", None),
    ("v4_signed_doc", Some(Cause::Seal(SealReason::MakerNotInTime))),
    ("tax_invoice_v4_document_modified", Some(Cause::Ofd(OfdReason::ReferenceMismatch))),
    ("unsigned_helloworld", Some(Cause::Ofd(OfdReason::NotSigned))),
];

type Files = Vec<(String, Vec<u8>)>;

fn write(files: &Files) -> Vec<u8> {
    let entries: Vec<_> = files.iter().map(|(name, bytes)| EntryByHand::new(name, bytes)).collect();
    container(&entries)
}

/// The files of a vector as they stand in a container that is written anew; `None` where the vectors are absent.
fn files(name: &str) -> Option<Files> {
    let bytes = vector(name)?;
    let package = Package::read(&bytes).unwrap();
    Some(package.entries().iter().map(|entry| (entry.name().to_owned(), entry.bytes().to_vec())).collect())
}

fn role(name: &str) -> Role {
    if name.starts_with("Doc_0/Attachs/original") || name.starts_with("Doc_0/Tags/Tag_") {
        return Role::Leaf;
    }
    Role::of(name)
}

/// What a change of the bytes of an entry is refused for.
fn reasons(role: Role) -> Vec<Cause> {
    let seal = |reasons: &[SealReason]| reasons.iter().map(|reason| Cause::Seal(*reason)).collect::<Vec<_>>();
    let mut all = match role {
        Role::Root => vec![ofd(OfdReason::StructureMalformed), ofd(OfdReason::ReferenceMismatch)],
        Role::Document | Role::Part => {
            vec![ofd(OfdReason::ContentMalformed), ofd(OfdReason::ReferenceMismatch)]
        }
        Role::Leaf | Role::Seal => vec![ofd(OfdReason::ReferenceMismatch)],
        Role::List => vec![ofd(OfdReason::StructureMalformed), ofd(OfdReason::ReferenceMismatch)],
        // The middle is within a location or a digest.
        Role::Description => vec![
            ofd(OfdReason::SignatureMalformed),
            ofd(OfdReason::ReferenceMissing),
            ofd(OfdReason::ReferenceMismatch),
        ],
        // The middle is within the seal: its maker signed it, and it stands beside.
        Role::Value => vec![ofd(OfdReason::ValueUnknown), ofd(OfdReason::SealFileDiffers)],
    };
    match role {
        Role::Description => all.extend(seal(&[SealReason::DocumentMismatch])),
        Role::Value => all.extend(seal(&[
            SealReason::Malformed,
            SealReason::SignatureMismatch,
            SealReason::MakerSignatureMismatch,
        ])),
        Role::Root | Role::Document | Role::Part | Role::Leaf | Role::List | Role::Seal => {}
    }
    all
}

/// What a file that is gone, or has another name, is refused for.
fn gone(role: Role) -> Cause {
    ofd(match role {
        Role::Root | Role::Document | Role::List => OfdReason::PartMissing,
        Role::Part | Role::Leaf => OfdReason::ReferenceMissing,
        Role::Description | Role::Value | Role::Seal => OfdReason::SignaturePartMissing,
    })
}

#[test]
fn they_say_the_same_in_a_container_that_is_written_anew() {
    for (name, expected) in FILES {
        let (Some(bytes), Some(files)) = (vector(name), files(name)) else { return };
        let report = check_with(&write(&files), &trust(&bytes, true), None);
        assert_eq!(report.verdict().reason(), expected, "{name}: {}", shown(&report));
    }
}

#[test]
fn no_changed_entry_of_theirs_passes() {
    for (vector_name, before) in FILES {
        let (Some(bytes), Some(files)) = (vector(vector_name), files(vector_name)) else { return };
        let trust = trust(&bytes, true);
        for (place, (name, content)) in files.iter().enumerate() {
            let flipped = |at: usize| {
                let mut content = content.clone();
                content[at] ^= 1;
                content
            };
            let grown = [content, &b"\n"[..]].concat();
            let last = content.len() - 1;
            let all = [grown, flipped(0), flipped(content.len() / 2), flipped(last), Vec::new()];
            for (nth, changed) in all.into_iter().enumerate() {
                let mut files = files.clone();
                files[place].1 = changed;
                let report = check_with(&write(&files), &trust, None);
                let what = format!("{vector_name} {name} {nth}: {}", shown(&report));
                // What nothing covers says what it said, if it can be read.
                let open = role(name) == Role::List && vector_name != "v4_all_protected" || before.is_some();
                let told = report.verdict().reason();
                assert!(
                    open && told == before || told.is_some_and(|cause| reasons(role(name)).contains(&cause)),
                    "{what}"
                );
                assert!(role(name) == Role::List || report.verdict() != OfdVerdict::Passed, "{what}");
            }
        }
    }
}

#[test]
fn no_entry_of_theirs_is_missed() {
    for (vector_name, before) in FILES {
        let (Some(bytes), Some(files)) = (vector(vector_name), files(vector_name)) else { return };
        let trust = trust(&bytes, true);
        let is_signed = before != Some(ofd(OfdReason::NotSigned));
        let assert_told = |files: &Files, what: &str, expected: Cause| {
            let report = check_with(&write(files), &trust, None);
            assert_eq!(report.verdict().reason(), Some(expected), "{vector_name} {what}: {}", shown(&report));
        };
        for (place, (name, _)) in files.iter().enumerate() {
            // What is not signed, and only not shown any more, changes nothing.
            let unnoticed = !is_signed && matches!(role(name), Role::Part | Role::Leaf);
            let expected = if unnoticed { ofd(OfdReason::NotSigned) } else { gone(role(name)) };
            let mut without = files.clone();
            without.remove(place);
            assert_told(&without, name, expected);
            let other_case = name.to_ascii_lowercase();
            for new in [format!("{name}x"), other_case].into_iter().filter(|new| new != name) {
                let mut renamed = files.clone();
                renamed[place].0.clone_from(&new);
                assert_told(&renamed, &new, expected);
            }
            for (name, bytes) in
                [(name.clone(), b"x".to_vec()), (name.to_ascii_uppercase(), files[place].1.clone())]
            {
                let mut twice = files.clone();
                twice.push((name, bytes));
                assert_told(&twice, "twice", ofd(OfdReason::NameRepeated));
            }
        }
        for name in ["smuggled.exe", "Doc_0/Pages/Page_1/Content.xml", "Doc_0/Signs/Sign_1/Signature.xml"] {
            let mut more = files.clone();
            more.push((name.to_owned(), b"added".to_vec()));
            let expected = match (is_signed, before) {
                (false, _) if name.ends_with("Signature.xml") => ofd(OfdReason::SignaturesDetached),
                (false, _) => ofd(OfdReason::NotSigned),
                (true, Some(Cause::Ofd(reason))) => ofd(reason),
                (true, _) => ofd(OfdReason::EntryUnreferenced),
            };
            assert_told(&more, name, expected);
        }
    }
}

/// Each entry of one file put into another one that has it as well, and says something else there.
#[test]
fn their_entries_are_exchanged() {
    for (to, _) in &FILES[..3] {
        for (from, _) in FILES {
            let (Some(bytes), Some(files), Some(others)) = (vector(to), files(to), files(from)) else {
                return;
            };
            let trust = trust(&bytes, true);
            for (name, other) in others {
                let Some(place) = files.iter().position(|(known, _)| *known == name) else { continue };
                if files[place].1 == other {
                    continue;
                }
                let mut changed = files.clone();
                changed[place].1 = other;
                let report = check_with(&write(&changed), &trust, None);
                let told = report.verdict().reason();
                let mut expected = reasons(role(&name));
                match role(&name) {
                    // The other root names no signatures.
                    Role::Root => expected.push(ofd(OfdReason::SignaturesDetached)),
                    // The other description names a seal that is not here.
                    Role::Description => expected.push(ofd(OfdReason::SignaturePartMissing)),
                    // It can be of another time as well; what it signs is another description.
                    Role::Value => {
                        expected.extend(
                            [
                                SealReason::DocumentMismatch,
                                SealReason::SignedInFuture,
                                SealReason::MakerNotInTime,
                            ]
                            .map(Cause::Seal),
                        );
                        let Some(ValueReport::Seal(seal)) = report.signatures().next().unwrap().value()
                        else {
                            panic!("{}", shown(&report))
                        };
                        let document = seal.outcome(SealCheck::Document);
                        assert!(matches!(document, SealOutcome::NotPassed(SealReason::DocumentMismatch, _)));
                    }
                    Role::Document | Role::Part | Role::Leaf | Role::List | Role::Seal => {}
                }
                // A list that nothing covers names the same signature.
                let open = role(&name) == Role::List && *to != "v4_all_protected";
                let is_expected = told.is_some_and(|cause| expected.contains(&cause));
                assert!(open || is_expected, "{from} {to} {name}: {}", shown(&report));
                assert!(open || report.verdict() != OfdVerdict::Passed);
            }
        }
    }
}
