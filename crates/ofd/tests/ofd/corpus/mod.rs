//! The corpus of changed documents: what is changed, where, and for which reason it is refused.
//!
//! Each change is made to the files, and a sound container is written of them again: no case is refused because its container is
//! broken, unless the container is what was changed.

mod additions;
mod entries;
mod exchanged;
mod moved;
mod references;
mod signatures;
mod vectors;

use boyin_ofd::{Cause, OfdOutcome, OfdReason, OfdReport, OfdVerdict, OfdVerifier, SignatureReport};
use boyin_suite::Algorithm;
use boyin_testkit::ofd::{Draft, Form, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::SealReason;
use boyin_verify::signed_data::SignedDataReason;

use crate::shown;

const ROOT: &str = "OFD.xml";
const DOCUMENT: &str = "Doc_0/Document.xml";
const LIST: &str = "Doc_0/Signs/Signatures.xml";
const DESCRIPTION: &str = "Doc_0/Signs/Sign_0/Signature.xml";
const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";
const SEAL: &str = "Doc_0/Signs/Sign_0/Seal.esl";
const SECOND_DESCRIPTION: &str = "Doc_0/Signs/Sign_1/Signature.xml";
const SECOND_VALUE: &str = "Doc_0/Signs/Sign_1/SignedValue.dat";
const SECOND_SEAL: &str = "Doc_0/Signs/Sign_1/Seal.esl";
/// A picture that a page shows.
const PICTURE: &str = "Doc_0/Res/qr.png";

/// What changes a document.
type Make<'f> = &'f dyn Fn(&mut Draft<'_>);

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// One seal, which leaves the list of signatures open.
    One,
    /// One seal, which covers the list.
    OneWhole,
    /// Two seals: the second covers the first, and both leave the list open.
    Two,
    /// Two seals: the second covers the first, and the list.
    TwoWhole,
    /// A digital signature of GB/T 35275 without a seal.
    Signed,
}

impl Base {
    const ALL: [Self; 5] = [Self::One, Self::OneWhole, Self::Two, Self::TwoWhole, Self::Signed];

    fn signings(self) -> Vec<Signing> {
        let plain = Signing::default();
        // Another seal than the first, so that they can be told apart.
        let second = Signing {
            form: Form::SealV5,
            over_others: true,
            stamps: r#"<ofd:StampAnnot ID="1" PageRef="2" Boundary="10 10 30 20"/>"#.into(),
            ..plain.clone()
        };
        match self {
            Self::One => vec![plain],
            Self::OneWhole => vec![Signing { whole: true, ..plain }],
            Self::Two => vec![plain, second],
            Self::TwoWhole => vec![plain, Signing { whole: true, ..second }],
            Self::Signed => {
                vec![Signing { form: Form::Detached, kind: "Sign", with_seal_file: false, ..plain }]
            }
        }
    }

    /// A signature covers the list.
    fn is_whole(self) -> bool {
        matches!(self, Self::OneWhole | Self::TwoWhole)
    }

    fn document_mismatch(self) -> Cause {
        match self {
            Self::Signed => Cause::SignedData(SignedDataReason::DocumentMismatch),
            Self::One | Self::OneWhole | Self::Two | Self::TwoWhole => {
                Cause::Seal(SealReason::DocumentMismatch)
            }
        }
    }

    fn signature_mismatch(self) -> Cause {
        match self {
            Self::Signed => Cause::SignedData(SignedDataReason::SignatureMismatch),
            Self::One | Self::OneWhole | Self::Two | Self::TwoWhole => {
                Cause::Seal(SealReason::SignatureMismatch)
            }
        }
    }

    fn value_malformed(self) -> Cause {
        match self {
            Self::Signed => Cause::SignedData(SignedDataReason::Malformed),
            Self::One | Self::OneWhole | Self::Two | Self::TwoWhole => Cause::Seal(SealReason::Malformed),
        }
    }
}

/// What an entry is to the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Root,
    Document,
    /// A file of the content that is read.
    Part,
    /// A file of the content that is not.
    Leaf,
    List,
    Description,
    Value,
    Seal,
}

impl Role {
    fn of(name: &str) -> Self {
        match name {
            ROOT => Self::Root,
            DOCUMENT => Self::Document,
            LIST => Self::List,
            _ if name.starts_with("Doc_0/Signs/") => match name.rsplit('/').next() {
                Some("Signature.xml") => Self::Description,
                Some("SignedValue.dat") => Self::Value,
                Some("Seal.esl") => Self::Seal,
                other => panic!("{other:?}"),
            },
            _ if name.ends_with("data.xml") || !name.ends_with(".xml") => Self::Leaf,
            _ => Self::Part,
        }
    }
}

/// Which signature a file makes up, with others.
fn nth_of(name: &str) -> Option<usize> {
    let number = name.strip_prefix("Doc_0/Signs/Sign_")?.split('/').next()?;
    number.parse().ok()
}

/// Where everything is known that the documents rest on.
struct Lab {
    world: SealWorld,
    store: CertificateStore,
}

impl Lab {
    fn new() -> Self {
        let world = SealWorld::new(Algorithm::Sm2);
        let store = world.store();
        Self { world, store }
    }

    fn check(&self, bytes: &[u8]) -> OfdReport {
        OfdVerifier::new(Reader::Field).check(bytes, &context(&self.store, now()))
    }

    /// A document that passes.
    fn base(&self, base: Base) -> Draft<'_> {
        let draft = self.signed(Draft::new(&self.world), base);
        assert_eq!(self.check(&draft.write()).verdict(), OfdVerdict::Passed, "{base:?}");
        draft
    }

    fn signed<'w>(&self, mut draft: Draft<'w>, base: Base) -> Draft<'w> {
        for signing in base.signings() {
            draft.sign(&signing);
        }
        draft
    }

    /// A document with one seal that leaves these files open.
    fn omitting(&self, omit: &[&str]) -> Draft<'_> {
        let mut draft = Draft::new(&self.world);
        let omit = omit.iter().map(|name| (*name).to_owned()).collect();
        draft.sign(&Signing { omit, ..Signing::default() });
        draft
    }

    /// That a changed document is refused, or left open, for this reason before any other.
    fn refused(&self, what: &str, draft: &Draft<'_>, cause: impl Into<Cause>) -> OfdReport {
        let (report, cause) = (self.check(&draft.write()), cause.into());
        assert_eq!(report.verdict().reason(), Some(cause), "{what}: {}", shown(&report));
        report
    }

    fn passing(&self, what: &str, draft: &Draft<'_>) -> OfdReport {
        let report = self.check(&draft.write());
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{what}: {}", shown(&report));
        report
    }

    fn assert_refused(&self, what: &str, draft: &Draft<'_>, cause: impl Into<Cause>) {
        let _ = self.refused(what, draft, cause);
    }

    fn assert_passes(&self, what: &str, draft: &Draft<'_>) {
        let _ = self.passing(what, draft);
    }
}

fn names(draft: &Draft<'_>) -> Vec<String> {
    draft.files.iter().map(|(name, _)| name.clone()).collect()
}

fn rename(draft: &mut Draft<'_>, old: &str, new: &str) {
    let (name, _) = draft.files.iter_mut().find(|(name, _)| name == old).unwrap();
    new.clone_into(name);
}

fn remove(draft: &mut Draft<'_>, name: &str) {
    let before = draft.files.len();
    draft.files.retain(|(known, _)| known != name);
    assert_eq!(draft.files.len() + 1, before, "{name}");
}

fn exchange(draft: &mut Draft<'_>, first: &str, second: &str) {
    let (one, other) = (draft.get(first).to_vec(), draft.get(second).to_vec());
    assert_ne!(one, other, "{first} and {second} are the same");
    draft.put(first, other);
    draft.put(second, one);
}

/// The names in a list of a report.
fn listed(list: &boyin_ofd::EntryList) -> Vec<&str> {
    list.entries().iter().map(|entry| entry.name.as_deref().unwrap()).collect()
}

/// What a check of a signature found against it.
fn found(signature: &SignatureReport, check: boyin_ofd::OfdCheck) -> Option<Cause> {
    match signature.outcome(check) {
        Some(OfdOutcome::NotPassed(cause, _)) => Some(*cause),
        _ => None,
    }
}

fn ofd(reason: OfdReason) -> Cause {
    Cause::Ofd(reason)
}
