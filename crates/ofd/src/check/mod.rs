mod layout;
mod signature;

use boyin_model::json::Reader;
use boyin_verify::fingerprint;
use boyin_verify::seal::{Profile, SealContext, SealVerifier};

use crate::limits::MAX_PACKAGE_BYTES;
use crate::package::{Package, PackageError, PackageFault};
use crate::reason::OfdReason;
use crate::report::{DocumentReport, OfdCheck, OfdDetail, OfdNote, OfdReport, Outcomes, SignatureReport};
use layout::{Layout, SignedBody};
use signature::Digests;

/// Verifies OFD documents.
#[derive(Clone, Copy, Debug)]
pub struct OfdVerifier {
    reader: Reader,
    seals: SealVerifier,
}

impl OfdVerifier {
    /// A verifier that reads seals and signatures strictly or tolerantly. The container is read in one way only.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        Self { reader, seals: SealVerifier::new(reader) }
    }

    /// The same verifier with one profile for all seals.
    #[must_use]
    pub fn with_profile(self, profile: &'static Profile) -> Self {
        Self { seals: self.seals.with_profile(profile), ..self }
    }

    /// Verifies a document with all its signatures.
    pub fn check(&self, bytes: &[u8], context: &SealContext<'_>) -> OfdReport {
        let mut outcomes = Outcomes::new(&OfdCheck::OF_PACKAGE);
        let readable = bytes.len() <= MAX_PACKAGE_BYTES;
        let algs = context.certificates.algs();
        let mut documents = Vec::new();
        match Package::read(bytes) {
            Err(error) => outcomes.set(OfdCheck::Container, Err(of_package(error))),
            Ok(package) => {
                outcomes.set(OfdCheck::Container, Ok(()));
                match Layout::read(&package) {
                    Err(fault) => outcomes.set(OfdCheck::Structure, Err(fault)),
                    Ok(layout) => {
                        outcomes.set(OfdCheck::Structure, Ok(()));
                        let mut digests = Digests::new(&package, algs);
                        let all = 0..layout.bodies.len();
                        documents
                            .extend(all.map(|place| self.document(&layout, place, &mut digests, context)));
                    }
                }
            }
        }
        let fingerprint = readable.then(|| fingerprint(algs, bytes));
        OfdReport { at: context.now, fingerprint, outcomes, documents }
    }

    fn document(
        &self,
        layout: &Layout<'_, '_>,
        place: usize,
        digests: &mut Digests<'_, '_>,
        context: &SealContext<'_>,
    ) -> DocumentReport {
        let SignedBody { reached, signatures, versions, .. } = &layout.bodies[place];
        let mut outcomes = Outcomes::new(&OfdCheck::OF_DOCUMENT);
        outcomes.set(OfdCheck::Content, reached.as_ref().map(|_| ()).map_err(Clone::clone));
        let found = match signatures {
            Err(fault) => Err(fault.clone()),
            Ok(all) if all.is_empty() => Err((layout.unsigned().into(), None)),
            Ok(_) => Ok(()),
        };
        outcomes.set(OfdCheck::Signatures, found);
        let count = signatures.as_ref().map_or(0, Vec::len);
        let run = |nth| signature::check(self, layout, (place, nth), digests, context);
        let signatures: Vec<_> = (0..count).map(run).collect();
        let reached = reached.as_ref().ok();
        let stamped = signatures.iter().flat_map(SignatureReport::stamps).map(|stamp| &stamp.page);
        let size = |page: &String| Some((page.clone(), (*reached?.pages.get(page)?)?));
        let page_sizes = stamped.filter_map(size).collect();
        let mut report = DocumentReport {
            outcomes,
            signatures,
            versions: *versions,
            pages: reached.map_or(0, |reached| reached.pages.len()),
            page_sizes,
            notes: Vec::new(),
        };
        if reached.is_some_and(|reached| reached.is_missing) {
            report.notes.push(OfdNote::MissingPart);
        }
        if report.seals().next().is_none() {
            report.notes.push(OfdNote::NoSeal);
        }
        report
    }
}

/// The reason that a fault of the container stands for.
fn of_package(error: PackageError) -> (crate::Cause, Option<OfdDetail>) {
    use PackageFault as Fault;
    let reason = match error.fault {
        Fault::PackageSize
        | Fault::Entries
        | Fault::EntrySize
        | Fault::InflatedSize
        | Fault::Ratio
        | Fault::NameLength
        | Fault::Depth => OfdReason::TooLarge,
        Fault::EndRecord => OfdReason::NotContainer,
        Fault::Comment
        | Fault::Disks
        | Fault::Zip64
        | Fault::Directory
        | Fault::LocalHeader
        | Fault::HeadersDisagree
        | Fault::Descriptor
        | Fault::Gap
        | Fault::Method
        | Fault::NotAFile
        | Fault::FolderContent
        | Fault::NameTwice => OfdReason::ContainerAmbiguous,
        Fault::Encrypted => OfdReason::Encrypted,
        Fault::NameText | Fault::Absolute | Fault::Steps | Fault::Backslash | Fault::NameCharacter => {
            OfdReason::NameUnsafe
        }
        Fault::NameRepeated => OfdReason::NameRepeated,
        Fault::Inflate | Fault::Checksum => OfdReason::EntryDamaged,
    };
    (reason.into(), Some(OfdDetail::Package(error)))
}
