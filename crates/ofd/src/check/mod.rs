mod layout;
mod signature;
mod value;

use std::io;

use boyin_model::json::Reader;
use boyin_verify::fingerprint;
use boyin_verify::seal::{Profile, SealContext, SealVerifier};
use rayon::iter::ParallelIterator as _;
use rayon::slice::ParallelSlice as _;

use crate::intake::{Batch, Intake, Taken};
use crate::limits::{Limits, MAX_FACE_PICTURES_BYTES, MAX_KEPT_BYTES, long};
use crate::package::{Contents, PackageError, PackageFault, Pinned, ReadError, Source};
use crate::reach::Reached;
use crate::reason::OfdReason;
use crate::report::{
    DocumentReport, Finding, OfdCheck, OfdDetail, OfdNote, OfdReport, OfdVerdict, Outcomes, SignatureReport,
    VerifiedAttachment, VerifiedContents, bound_pictures,
};
use crate::work::Work;
use layout::{Fault, Layout, SignedBody};
use value::Value;

/// Documents that one core takes at a time: enough for their signatures and digests to be made together, and few enough for
/// the cores to end together.
const SHARE: usize = 32;
/// Bytes of the pictures of seals in a report on one of many documents: nobody looks at each of them, and those of all reports would
/// fill the memory.
const NO_PICTURES: usize = 0;

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

    /// Verifies a document with all its signatures; at most
    /// [`MAX_STREAMED_PACKAGE_BYTES`](crate::limits::MAX_STREAMED_PACKAGE_BYTES).
    pub fn check(&self, bytes: &[u8], context: &SealContext<'_>) -> OfdReport {
        let mut batch = Batch::default();
        let opened = self.open(bytes, context, &mut batch);
        self.report_on(opened, batch, context)
    }

    /// Verifies a document that is not in memory, in bounded memory ([`limits`](crate::limits)): what need not be looked at goes
    /// piece by piece into its digests.
    ///
    /// The report is that of [`Self::check`] over the same bytes. It is about the bytes as they were read first: if the source gives
    /// others later, that is an error.
    ///
    /// # Errors
    /// Whatever the source says, and that its bytes changed meanwhile. Neither says anything of the document.
    pub fn check_source(&self, source: impl Source, context: &SealContext<'_>) -> io::Result<OfdReport> {
        let (limits, algs) = (Limits::verified(), context.certificates.algs());
        let mut batch = Batch::default();
        let opened = if source.size() > limits.package {
            Opened::read(source, None, &limits, context, &mut batch)?
        } else {
            let (source, fingerprint) = Pinned::new(source, algs)?;
            Opened::read(source, Some(fingerprint), &limits, context, &mut batch)?
        };
        Ok(self.report_on(opened, batch, context))
    }

    /// Verifies many documents with all cores; the reports are in the order of the documents.
    ///
    /// Each report is the same as that of [`Self::check`], without the pictures of seals. The documents of a share have their digests
    /// made and their signatures verified together, and the certificates and seals that come again are known
    /// ([`CertificateStore::remember`](boyin_verify::chain::CertificateStore::remember)). All reports are held: for very many
    /// documents there is [`Self::check_many_with`].
    pub fn check_many<B: AsRef<[u8]> + Sync>(
        &self,
        documents: &[B],
        context: &SealContext<'_>,
    ) -> Vec<OfdReport> {
        self.check_many_with(documents, context, std::convert::identity)
    }

    /// As [`Self::check_many`], without holding all reports: those on a few documents in a row are given to `finish` as soon as they
    /// are made, on the thread that made them, and what it makes of each, one for one, is what is held. It may be called with none.
    pub fn check_many_with<B: AsRef<[u8]> + Sync, T: Send>(
        &self,
        documents: &[B],
        context: &SealContext<'_>,
        finish: impl Fn(Vec<OfdReport>) -> Vec<T> + Sync,
    ) -> Vec<T> {
        let _remembered = context.certificates.remember();
        let finish = |opened: Vec<Opened>, batch| {
            finish(self.report(opened, batch, context, NO_PICTURES).collect::<Vec<_>>())
        };
        let share = |share: &[B]| {
            let (mut batch, mut opened, mut held) = (Batch::default(), Vec::new(), 0);
            let mut found = Vec::with_capacity(share.len());
            for bytes in share {
                let next = self.open(bytes.as_ref(), context, &mut batch);
                held += next.held();
                opened.push(next);
                // Documents that are made to take memory do not wait for each other.
                if held >= MAX_KEPT_BYTES {
                    held = 0;
                    found.extend(finish(std::mem::take(&mut opened), std::mem::take(&mut batch)));
                }
            }
            found.extend(finish(opened, batch));
            found
        };
        documents.par_chunks(SHARE).flat_map_iter(share).collect()
    }

    fn open(&self, bytes: &[u8], context: &SealContext<'_>, batch: &mut Batch) -> Opened {
        let limits = Limits::verified();
        let readable = bytes.size() <= limits.package;
        let fingerprint = readable.then(|| fingerprint(context.certificates.algs(), bytes));
        let opened = Opened::read(bytes, fingerprint, &limits, context, batch);
        opened.expect("bytes in memory can be read")
    }

    /// What is said of one document alone.
    fn report_on(&self, opened: Opened, batch: Batch, context: &SealContext<'_>) -> OfdReport {
        let mut reports = self.report([opened], batch, context, MAX_FACE_PICTURES_BYTES);
        reports.next().expect("a report for each document")
    }

    /// What is said of documents whose digests are in `batch`, each with so many bytes of pictures.
    fn report(
        &self,
        opened: impl AsRef<[Opened]> + IntoIterator<Item = Opened>,
        mut batch: Batch,
        context: &SealContext<'_>,
        pictures: usize,
    ) -> impl Iterator<Item = OfdReport> {
        batch.flush();
        let values: Vec<_> = opened.as_ref().iter().flat_map(Opened::values).collect();
        let values = value::check_all(&values, self.reader, self.seals, context);
        let (verifier, now) = (*self, context.now);
        let mut values = values.into_iter();
        opened.into_iter().map(move |opened| {
            let count = opened.values().count();
            let size = |(value, document): (&[u8], &[u8])| long(value.len()) + long(document.len());
            let verified: u64 = opened.values().map(size).sum();
            let Opened { fingerprint, work, read } = opened;
            let mut work = Work { verified, ..work };
            let mut values = values.by_ref().take(count);
            let mut outcomes = Outcomes::new(&OfdCheck::OF_PACKAGE);
            let mut documents = Vec::new();
            match read {
                Err(fault) => outcomes.set(OfdCheck::Container, Err(fault)),
                Ok(Read { layout: Err(fault), .. }) => {
                    outcomes.set(OfdCheck::Container, Ok(()));
                    outcomes.set(OfdCheck::Structure, Err(fault));
                }
                Ok(Read { layout: Ok(layout), taken }) => {
                    outcomes.set(OfdCheck::Container, Ok(()));
                    outcomes.set(OfdCheck::Structure, Ok(()));
                    let all = 0..layout.bodies.len();
                    let read = (&layout, &taken, &batch);
                    documents.extend(all.map(|place| verifier.document(read, place, &mut values, &mut work)));
                }
            }
            bound_pictures(&mut documents, pictures);
            OfdReport { at: now, fingerprint, outcomes, documents, work }
        })
    }

    fn document(
        &self,
        read: (&Layout, &Taken, &Batch),
        place: usize,
        values: &mut impl Iterator<Item = Option<Value>>,
        work: &mut Work,
    ) -> DocumentReport {
        let layout = read.0;
        let SignedBody { reached, signatures, versions, .. } = &layout.bodies[place];
        let mut outcomes = Outcomes::new(&OfdCheck::OF_DOCUMENT);
        outcomes.set(OfdCheck::Content, content(layout, reached));
        let found = match signatures {
            Err(fault) => Err(fault.clone()),
            Ok(all) if all.is_empty() => Err((layout.unsigned().into(), None)),
            Ok(_) => Ok(()),
        };
        outcomes.set(OfdCheck::Signatures, found);
        let count = signatures.as_ref().map_or(0, Vec::len);
        let run = |nth| {
            let value = values.next().flatten();
            signature::check(self, read, (place, nth), value, work)
        };
        let signatures: Vec<_> = (0..count).map(run).collect();
        let reached = reached.as_ref().ok();
        let stamped = signatures.iter().flat_map(SignatureReport::stamps).map(|stamp| &stamp.page);
        let size = |page: &String| Some((page.clone(), (*reached?.pages.get(page.as_str())?)?));
        let page_sizes = stamped.filter_map(size).collect();
        let mut report = DocumentReport {
            outcomes,
            signatures,
            versions: *versions,
            pages: reached.map_or(0, |reached| reached.pages.len()),
            page_sizes,
            notes: Vec::new(),
            contents: None,
        };
        if reached.is_some_and(|reached| reached.is_in_other_case) {
            report.notes.push(OfdNote::NameCase);
        }
        if report.seals().next().is_none() {
            report.notes.push(OfdNote::NoSeal);
        }
        // What was not signed is not kept: nobody can take it for what was.
        if report.verdict() == OfdVerdict::Passed {
            report.contents = Some(contents(read.1, layout, place));
        }
        report
    }
}

/// Whether all that a document names is there. What no signature covers can have been taken out since, and nothing else tells.
fn content(layout: &Layout, reached: &Result<Reached, Fault>) -> Finding {
    match reached.as_ref().map_err(Clone::clone)?.missing_in {
        Some(within) => Err((OfdReason::ContentMissing.into(), Some(OfdDetail::Entry(layout.name(within))))),
        None => Ok(()),
    }
}

/// What a document says and carries.
fn contents(taken: &Taken, layout: &Layout, place: usize) -> VerifiedContents {
    let body = &layout.bodies[place];
    let places = body.reached.iter().flat_map(|reached| &reached.attachments);
    let attachment = |place: &usize| VerifiedAttachment {
        entry: layout.names.of(*place).to_owned(),
        bytes: taken.whole(*place).map(<[u8]>::to_vec),
    };
    VerifiedContents { custom: body.custom.clone(), attachments: places.map(attachment).collect() }
}

/// A container that was read to its end.
struct Opened {
    fingerprint: Option<String>,
    work: Work,
    read: Result<Read, Fault>,
}

struct Read {
    layout: Result<Layout, Fault>,
    taken: Taken,
}

impl Opened {
    /// Its digests are asked for in `batch`.
    fn read(
        source: impl Source,
        fingerprint: Option<String>,
        limits: &Limits,
        context: &SealContext<'_>,
        batch: &mut Batch,
    ) -> io::Result<Self> {
        let mut work = Work::default();
        let read = || {
            let (names, contents) = Contents::open(source, limits)?;
            let mut intake = Intake::new(contents, context.certificates.algs(), batch, &mut work);
            let layout = Layout::read(names, &mut intake);
            Ok(Read { layout, taken: intake.finish()? })
        };
        let read = match read() {
            Ok(read) => Ok(read),
            Err(ReadError::Package(error)) => Err(of_package(error)),
            Err(ReadError::Source(error)) => return Err(error),
        };
        Ok(Self { fingerprint, work, read })
    }

    /// Bytes that are held of it, about.
    fn held(&self) -> usize {
        let Ok(Read { layout, taken }) = &self.read else { return 0 };
        taken.held() + layout.as_ref().map_or(0, Layout::held)
    }

    /// The value of each signature and the description that it is over; nothing of those whose description cannot be read.
    fn values(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let read = self.read.as_ref().ok();
        let layout = read.and_then(|read| read.layout.as_ref().ok());
        let bodies = layout.into_iter().flat_map(|layout| &layout.bodies);
        let signatures = bodies.flat_map(|body| body.signatures.iter().flatten());
        signatures.zip(std::iter::repeat(read)).map(|(signed, read)| match (&signed.parts, read) {
            (Ok(parts), Some(Read { taken, .. })) => (taken.bytes(parts.value), taken.bytes(parts.place)),
            (Err(_), _) | (_, None) => (&[][..], &[][..]),
        })
    }
}

/// The reason that a fault of the container stands for.
fn of_package(error: PackageError) -> Fault {
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

#[cfg(test)]
mod tests;
