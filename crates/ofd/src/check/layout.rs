//! What a container consists of: documents, what each reaches, and its signatures with their files.

use std::collections::BTreeSet;

use crate::limits::MAX_SIGNATURES;
use crate::location::{LocationFault, resolve};
use crate::package::Package;
use crate::reach::{ReachFault, Reached, Scans, reach};
use crate::reason::{Cause, OfdReason};
use crate::report::{EntryName, OfdDetail};
use crate::structure::{self, Body, Listed, SignatureFile, StructureFault};

/// Where every reading begins.
const ROOT: &str = "OFD.xml";

/// The usual name of the description of a signature, in small letters.
const DESCRIPTION: &str = "signature.xml";

pub(super) type Fault = (Cause, Option<OfdDetail>);

#[derive(Debug)]
pub(super) struct Layout<'p, 'b> {
    pub(super) package: &'p Package<'b>,
    pub(super) root: usize,
    pub(super) bodies: Vec<SignedBody>,
    /// Files that make up signatures: lists, descriptions, values, seals. They are bound in other ways than by references.
    pub(super) signing: BTreeSet<usize>,
}

#[derive(Debug)]
pub(super) struct SignedBody {
    pub(super) reached: Result<Reached, Fault>,
    /// Place of the list of signatures.
    pub(super) list: Option<usize>,
    pub(super) signatures: Result<Vec<Signed>, Fault>,
    pub(super) versions: usize,
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

impl<'p, 'b> Layout<'p, 'b> {
    pub(super) fn read(package: &'p Package<'b>) -> Result<Self, Fault> {
        let root = package.place(ROOT).ok_or((OfdReason::PartMissing.into(), None))?;
        let bodies = structure::bodies(package.entries()[root].bytes());
        let bodies =
            bodies.map_err(|fault| malformed(OfdReason::StructureMalformed, package, root, fault))?;
        let (mut scans, mut left) = (Scans::default(), MAX_SIGNATURES);
        let read = |body| SignedBody::read(package, root, body, &mut scans, &mut left);
        let bodies: Vec<_> = bodies.iter().map(read).collect();
        let signing = bodies.iter().flat_map(SignedBody::signing).collect();
        Ok(Self { package, root, bodies, signing })
    }

    pub(super) fn name(&self, place: usize) -> EntryName {
        name(self.package, place)
    }

    /// Whether a file describes a signature that no list names, and is no content either.
    pub(super) fn is_detached(&self, place: usize) -> bool {
        let reached = self.bodies.iter().flat_map(|body| &body.reached);
        file_name(self.package.entries()[place].name()) == DESCRIPTION
            && !self.signing.contains(&place)
            && !reached.into_iter().any(|reached| reached.places.contains(&place))
    }

    /// Why a document without signatures has none.
    pub(super) fn unsigned(&self) -> OfdReason {
        let is_signing = |name: &str| {
            [DESCRIPTION, "signedvalue.dat", "signvalue.dat", "seal.esl"].contains(&file_name(name).as_str())
        };
        // The files of another document's signatures are not this one's.
        let mut files = self.package.entries().iter().enumerate();
        let left = files.any(|(place, file)| is_signing(file.name()) && !self.signing.contains(&place));
        if left { OfdReason::SignaturesDetached } else { OfdReason::NotSigned }
    }
}

impl SignedBody {
    /// `left` signatures may still be read.
    fn read(package: &Package<'_>, root: usize, body: &Body, scans: &mut Scans, left: &mut usize) -> Self {
        let reached = reach(package, root, body, scans).map_err(|fault| of_reach(package, &fault));
        let mut signed =
            Self { reached, list: None, signatures: Ok(Vec::new()), versions: body.versions.len() };
        if let Some(location) = &body.signatures {
            match locate(package, root, location, OfdReason::PartMissing) {
                Ok(place) => {
                    signed.list = Some(place);
                    signed.signatures = signatures(package, place, left);
                }
                Err(fault) => signed.signatures = Err(fault),
            }
        }
        signed
    }

    fn signing(&self) -> impl Iterator<Item = usize> {
        let parts = self.signatures.iter().flatten().filter_map(|signed| signed.parts.as_ref().ok());
        let of_signatures = parts.flat_map(|parts| [Some(parts.place), Some(parts.value), parts.seal]);
        of_signatures.chain([self.list]).flatten()
    }
}

fn signatures(package: &Package<'_>, list: usize, left: &mut usize) -> Result<Vec<Signed>, Fault> {
    let fault = |fault| malformed(OfdReason::StructureMalformed, package, list, fault);
    let listed = structure::signatures(package.entries()[list].bytes()).map_err(fault)?;
    *left = left.checked_sub(listed.len()).ok_or(fault(StructureFault::TooMany("Signature")))?;
    let mut signed: Vec<Signed> = Vec::with_capacity(listed.len());
    for listed in listed {
        let parts = Parts::read(package, list, &listed.location);
        let place = |signed: &Signed| signed.parts.as_ref().ok().map(|parts| parts.place);
        let own = parts.as_ref().ok().map(|parts| parts.place);
        if own.is_some() && signed.iter().any(|other| place(other) == own) {
            return Err(fault(StructureFault::Repeated("BaseLoc")));
        }
        signed.push(Signed { listed, parts });
    }
    Ok(signed)
}

impl Parts {
    fn read(package: &Package<'_>, list: usize, location: &str) -> Result<Self, Fault> {
        let locate =
            |within, location: &str| locate(package, within, location, OfdReason::SignaturePartMissing);
        let place = locate(list, location)?;
        let file = SignatureFile::read(package.entries()[place].bytes());
        let file = file.map_err(|fault| malformed(OfdReason::SignatureMalformed, package, place, fault))?;
        let value = locate(place, &file.value)?;
        let seal = match &file.seal {
            Some(location) => Some(locate(place, location)?),
            None => None,
        };
        Ok(Self { file, place, value, seal })
    }
}

fn locate(package: &Package<'_>, within: usize, location: &str, missing: OfdReason) -> Result<usize, Fault> {
    let detail = || Some(OfdDetail::Entry(name(package, within)));
    resolve(package, package.entries()[within].name(), location).map_err(|fault| match fault {
        LocationFault::Missing => (missing.into(), detail()),
        LocationFault::Unsafe | LocationFault::Ambiguous => (OfdReason::LocationUnsafe.into(), detail()),
    })
}

fn malformed(reason: OfdReason, package: &Package<'_>, place: usize, fault: StructureFault) -> Fault {
    (reason.into(), Some(OfdDetail::Structure(name(package, place), fault)))
}

fn of_reach(package: &Package<'_>, fault: &ReachFault) -> Fault {
    match *fault {
        ReachFault::Xml(place, fault) => malformed(OfdReason::ContentMalformed, package, place, fault.into()),
        ReachFault::Unsafe(place) => {
            (OfdReason::LocationUnsafe.into(), Some(OfdDetail::Entry(name(package, place))))
        }
        ReachFault::Missing => (OfdReason::PartMissing.into(), None),
    }
}

/// The last step of a name, in small letters.
fn file_name(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase()
}

fn name(package: &Package<'_>, place: usize) -> EntryName {
    EntryName::new(place, package.entries()[place].name())
}
