//! What a container consists of: documents, what each reaches, and its signatures with their files.

use std::collections::BTreeSet;

use boyin_model::limits::{MAX_CREDENTIAL_BYTES, MAX_SEAL_BYTES};

use crate::held::of_entries;
use crate::intake::Intake;
use crate::limits::{MAX_KEPT_ATTACHMENTS, MAX_SIGNATURES, MAX_STRUCTURE_BYTES, long};
use crate::location::{LocationFault, resolve};
use crate::package::{Names, Source};
use crate::reach::{Absent, ReachFault, Reached, Scans, hash, reach};
use crate::reason::{Cause, OfdReason};
use crate::report::{EntryName, OfdDetail};
use crate::structure::{self, Body, CheckMethod, Listed, SignatureFile, StructureFault};
use crate::xml::{RootIs, XmlFault, root_is};

/// Where every reading begins.
const ROOT: &str = "OFD.xml";

/// The usual name of the description of a signature, in small letters.
const DESCRIPTION: &str = "signature.xml";

pub(super) type Fault = (Cause, Option<OfdDetail>);

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) names: Names,
    pub(super) root: usize,
    pub(super) bodies: Vec<SignedBody>,
    /// Files that make up signatures: lists, descriptions, values, seals. They are bound in other ways than by references.
    pub(super) signing: BTreeSet<usize>,
    /// Files that documents reach.
    pub(super) shown: BTreeSet<usize>,
    /// Files that describe a signature, or may, that one covers, and that no list names and no document reaches.
    pub(super) detached: BTreeSet<usize>,
    /// Where the documents look for files in vain.
    pub(super) absent: Absent,
}

#[derive(Debug)]
pub(super) struct SignedBody {
    pub(super) reached: Result<Reached, Fault>,
    /// Place of the list of signatures.
    pub(super) list: Option<usize>,
    pub(super) signatures: Result<Vec<Signed>, Fault>,
    pub(super) versions: usize,
    /// Its metadata by name.
    pub(super) custom: Vec<(String, String)>,
}

/// A signature with the places of its files.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) listed: Listed,
    pub(super) parts: Result<Parts, Fault>,
}

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) file: SignatureFile,
    /// Place of `Signature.xml`.
    pub(super) place: usize,
    /// Place of the signature value.
    pub(super) value: usize,
    /// Place of the seal beside it.
    pub(super) seal: Option<usize>,
}

impl Layout {
    /// First the signatures, which say what is digested and kept; then what the documents consist of.
    pub(super) fn read<S: Source>(names: Names, intake: &mut Intake<'_, S>) -> Result<Self, Fault> {
        let root = names.place(ROOT).ok_or((OfdReason::PartMissing.into(), None))?;
        let bodies = structure_of(intake, root, structure::bodies);
        let bodies = bodies.map_err(|fault| malformed(OfdReason::StructureMalformed, &names, root, fault))?;
        let mut left = MAX_SIGNATURES;
        let listed: Vec<_> =
            bodies.iter().map(|body| Signatures::read(&names, intake, root, body, &mut left)).collect();
        let mut covered = BTreeSet::new();
        for signatures in &listed {
            signatures.ask(&names, intake, &mut covered);
        }
        let mut scans = Scans::default();
        let read = |(body, signatures): (&Body, Signatures)| {
            let reached = reach(&names, intake, root, body, &mut scans);
            let reached = reached.map_err(|fault| of_reach(&names, &fault));
            if let Ok(reached) = &reached {
                keep_attachments(reached, intake);
            }
            SignedBody {
                reached,
                list: signatures.list,
                signatures: signatures.all,
                versions: body.versions.len(),
                custom: body.custom.clone(),
            }
        };
        let bodies: Vec<_> = bodies.iter().zip(listed).map(read).collect();
        let (xml, elements) = scans.read();
        intake.work.xml += xml;
        intake.work.elements += elements;
        intake.work.paths += scans.paths();
        let reached = bodies.iter().flat_map(|body| &body.reached);
        let shown = reached.flat_map(|reached| &reached.places).copied().collect();
        let signing: BTreeSet<_> = bodies.iter().flat_map(SignedBody::signing).collect();
        covered.retain(|place| !signing.contains(place));
        let detached = detached(&names, intake, &bodies, covered);
        Ok(Self { names, root, bodies, signing, shown, detached, absent: scans.into_absent() })
    }

    pub(super) fn name(&self, place: usize) -> EntryName {
        name(&self.names, place)
    }

    /// Bytes that are held, about.
    pub(super) fn held(&self) -> usize {
        let bodies: usize = self.bodies.iter().map(SignedBody::held).sum();
        let places = of_entries::<usize>(self.signing.len() + self.shown.len() + self.detached.len());
        bodies + places + self.names.held() + self.absent.held()
    }

    /// Why a document without signatures has none.
    pub(super) fn unsigned(&self) -> OfdReason {
        let is_signing = |name: &str| {
            [DESCRIPTION, "signedvalue.dat", "signvalue.dat", "seal.esl"].contains(&file_name(name).as_str())
        };
        // The files of another document's signatures are not this one's.
        let mut files = self.names.all().iter().enumerate();
        let left = files.any(|(place, name)| is_signing(name) && !self.signing.contains(&place));
        if left { OfdReason::SignaturesDetached } else { OfdReason::NotSigned }
    }
}

/// The signatures of a document.
struct Signatures {
    list: Option<usize>,
    all: Result<Vec<Signed>, Fault>,
}

impl Signatures {
    /// `left` signatures may still be read.
    fn read<S: Source>(
        names: &Names,
        intake: &mut Intake<'_, S>,
        root: usize,
        body: &Body,
        left: &mut usize,
    ) -> Self {
        let Some(location) = &body.signatures else { return Self { list: None, all: Ok(Vec::new()) } };
        match locate(names, intake, root, location, OfdReason::PartMissing) {
            Ok(place) => Self { list: Some(place), all: signatures(names, intake, place, left) },
            Err(fault) => Self { list: None, all: Err(fault) },
        }
    }

    /// Asks for the digests that the references are compared with, and takes up what is covered.
    fn ask<S: Source>(&self, names: &Names, intake: &mut Intake<'_, S>, covered: &mut BTreeSet<usize>) {
        for parts in self.all.iter().flatten().filter_map(|signed| signed.parts.as_ref().ok()) {
            for reference in &parts.file.references {
                intake.work.paths += 1;
                let Ok(place) = resolve(names, names.of(parts.place), &reference.location) else { continue };
                covered.insert(place);
                match parts.file.method {
                    CheckMethod::Accepted(method) | CheckMethod::Weak(method) => intake.want(place, method),
                    CheckMethod::Unknown => {}
                }
            }
        }
    }
}

impl SignedBody {
    fn held(&self) -> usize {
        let custom: usize = self.custom.iter().map(|(name, value)| name.len() + value.len()).sum();
        let signed = self.signatures.iter().flatten();
        let signed = signed.map(|signed| {
            let listed = signed.listed.id.len() + signed.listed.location.len();
            listed + signed.parts.as_ref().map_or(0, |parts| parts.file.held())
        });
        let custom = of_entries::<(String, String)>(self.custom.len()) + custom;
        custom + signed.sum::<usize>() + self.reached.as_ref().map_or(0, Reached::held)
    }

    fn signing(&self) -> impl Iterator<Item = usize> {
        let parts = self.signatures.iter().flatten().filter_map(|signed| signed.parts.as_ref().ok());
        let of_signatures = parts.flat_map(|parts| [Some(parts.place), Some(parts.value), parts.seal]);
        of_signatures.chain([self.list]).flatten()
    }
}

/// Those of the covered files that describe signatures and are no content, whatever their names are; and those of which it cannot be told
/// that they are none. Where a document cannot be followed nothing passes, and what was read is not known.
fn detached<S: Source>(
    names: &Names,
    intake: &mut Intake<'_, S>,
    bodies: &[SignedBody],
    mut covered: BTreeSet<usize>,
) -> BTreeSet<usize> {
    for body in bodies {
        let Ok(reached) = &body.reached else { return BTreeSet::new() };
        covered.retain(|place| !reached.places.contains(place));
    }
    covered.retain(|place| {
        let is_named_one = file_name(names.of(*place)) == DESCRIPTION;
        // What is larger than a description was none.
        if intake.size(*place) > long(MAX_STRUCTURE_BYTES) {
            return is_named_one;
        }
        match intake.with(*place, |file| root_is(file, "Signature")) {
            Some(RootIs::Other) => false,
            Some(RootIs::NoXml) => is_named_one,
            // If it cannot be read, the container has a fault, which comes before.
            Some(RootIs::Asked | RootIs::Unknown) | None => true,
        }
    });
    covered
}

fn signatures<S: Source>(
    names: &Names,
    intake: &mut Intake<'_, S>,
    list: usize,
    left: &mut usize,
) -> Result<Vec<Signed>, Fault> {
    let fault = |fault| malformed(OfdReason::StructureMalformed, names, list, fault);
    let listed = structure_of(intake, list, structure::signatures).map_err(fault)?;
    *left = left.checked_sub(listed.len()).ok_or(fault(StructureFault::TooMany("Signature")))?;
    let (mut signed, mut distinct) = (Vec::with_capacity(listed.len()), Distinct::default());
    for listed in listed {
        let parts = Parts::read(names, intake, list, &listed.location);
        if let Ok(parts) = &parts {
            distinct.add(parts, intake).map_err(fault)?;
        }
        signed.push(Signed { listed, parts });
    }
    Ok(signed)
}

/// What tells the signatures of a list apart: one that is listed in two ways would count as two.
#[derive(Default)]
struct Distinct {
    descriptions: BTreeSet<usize>,
    values: BTreeSet<usize>,
    /// Hashes of the descriptions. A copy of one is over the same files, and one value holds for both.
    contents: BTreeSet<u64>,
}

impl Distinct {
    fn add<S: Source>(&mut self, parts: &Parts, intake: &mut Intake<'_, S>) -> Result<(), StructureFault> {
        if !self.descriptions.insert(parts.place) {
            return Err(StructureFault::Repeated("BaseLoc"));
        }
        if !self.values.insert(parts.value) {
            return Err(StructureFault::Repeated("SignedValue"));
        }
        let content = intake.with(parts.place, hash);
        if content.is_some_and(|content| !self.contents.insert(content)) {
            return Err(StructureFault::Repeated("Signature"));
        }
        Ok(())
    }
}

impl Parts {
    fn read<S: Source>(
        names: &Names,
        intake: &mut Intake<'_, S>,
        list: usize,
        location: &str,
    ) -> Result<Self, Fault> {
        let locate = |intake: &mut Intake<'_, S>, within, location: &str| {
            locate(names, intake, within, location, OfdReason::SignaturePartMissing)
        };
        let malformed = |place, fault| malformed(OfdReason::SignatureMalformed, names, place, fault);
        let place = locate(intake, list, location)?;
        let file = structure_of(intake, place, SignatureFile::read);
        let file = file.map_err(|fault| malformed(place, fault))?;
        let value = locate(intake, place, &file.value)?;
        let seal = match &file.seal {
            Some(location) => Some(locate(intake, place, location)?),
            None => None,
        };
        for part in [Some(value), seal].into_iter().flatten() {
            if intake.size(part) > long(MAX_SEAL_BYTES) || !intake.keep(part) {
                return Err(malformed(part, TOO_MANY_BYTES));
            }
        }
        Ok(Self { file, place, value, seal })
    }
}

/// Those that are too large, too many or without room are read like every other file.
fn keep_attachments<S: Source>(reached: &Reached, intake: &mut Intake<'_, S>) {
    for place in reached.attachments.iter().take(MAX_KEPT_ATTACHMENTS) {
        if intake.size(*place) <= long(MAX_CREDENTIAL_BYTES) {
            intake.keep(*place);
        }
    }
}

/// Beyond [`MAX_SEAL_BYTES`] for one file, or [`MAX_KEPT_BYTES`](crate::limits::MAX_KEPT_BYTES) for all.
const TOO_MANY_BYTES: StructureFault = StructureFault::TooMany("bytes of signatures");

/// What a file says that makes up signatures, or leads to them. It is kept.
fn structure_of<S: Source, T>(
    intake: &mut Intake<'_, S>,
    place: usize,
    read: impl FnOnce(&[u8]) -> Result<T, StructureFault>,
) -> Result<T, StructureFault> {
    if intake.size(place) > long(MAX_STRUCTURE_BYTES) {
        return Err(XmlFault::Size.into());
    }
    if !intake.keep(place) {
        return Err(TOO_MANY_BYTES);
    }
    // If it cannot be read, the container has a fault, which comes before.
    let found = intake.with(place, read).ok_or(StructureFault::Missing("content"))?;
    intake.work.xml += intake.size(place);
    found
}

fn locate<S: Source>(
    names: &Names,
    intake: &mut Intake<'_, S>,
    within: usize,
    location: &str,
    missing: OfdReason,
) -> Result<usize, Fault> {
    intake.work.paths += 1;
    let detail = || Some(OfdDetail::Entry(name(names, within)));
    resolve(names, names.of(within), location).map_err(|fault| match fault {
        LocationFault::Missing => (missing.into(), detail()),
        LocationFault::Unsafe | LocationFault::Ambiguous => (OfdReason::LocationUnsafe.into(), detail()),
    })
}

fn malformed(reason: OfdReason, names: &Names, place: usize, fault: StructureFault) -> Fault {
    (reason.into(), Some(OfdDetail::Structure(name(names, place), fault)))
}

fn of_reach(names: &Names, fault: &ReachFault) -> Fault {
    match *fault {
        ReachFault::Xml(place, fault) => malformed(OfdReason::ContentMalformed, names, place, fault.into()),
        ReachFault::Unsafe(place) => {
            (OfdReason::LocationUnsafe.into(), Some(OfdDetail::Entry(name(names, place))))
        }
        ReachFault::Missing => (OfdReason::PartMissing.into(), None),
        ReachFault::Unread(place) => {
            (OfdReason::EntryDamaged.into(), Some(OfdDetail::Entry(name(names, place))))
        }
    }
}

/// The last step of a name, in small letters.
fn file_name(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase()
}

fn name(names: &Names, place: usize) -> EntryName {
    EntryName::new(place, names.of(place))
}
