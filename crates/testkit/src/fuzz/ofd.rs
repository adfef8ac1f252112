//! OFD documents.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::LazyLock;

use boyin_model::json::{self, Reader};
use boyin_ofd::limits::{
    MAX_ALL_XML_BYTES, MAX_DOCUMENTS, MAX_ENTRIES, MAX_HELD_BLOCKS, MAX_LISTED, MAX_SIGNATURES,
    SOURCE_BLOCK_BYTES,
};
use boyin_ofd::package::{Container, Package, Source};
use boyin_ofd::{ExtractFault, OfdReport, OfdVerifier, UnverifiedContents, extract, extract_from};
use boyin_suite::Algorithm;
use boyin_verify::chain::CertificateStore;

use crate::ofd::{Counting, Draft, EntryByHand, Signing, container};
use crate::prefecture::now;
use crate::seals::{SealWorld, context};

/// Names and contents of a document that is sealed as a whole, its container, and what it is verified with.
pub(super) struct Known {
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) bytes: Vec<u8>,
    pub(super) store: CertificateStore,
}

pub(super) static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.sign(&Signing { whole: true, ..Signing::default() });
    Known { files: draft.files.clone(), bytes: draft.write(), store: world.store() }
});

/// The signature value can be written in two ways (DER and `r ‖ s`); nothing else of the document can.
const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";

/// Bytes that deflate makes of one, at most: 258 of two bits, and what a block begins with.
const MOST_INFLATED: u64 = 1032;
/// Bytes of the shortest element.
const LEAST_ELEMENT: u64 = 4;
/// Bytes of the shortest element that names a file: `<File/>`.
const LEAST_NAMING: u64 = 7;
/// Times that a location is looked for: behind the folder of its list and without it, each with case and without. A reference is three
/// times.
const LOOKS: u64 = 4;
/// SM3, SHA-256, SHA-1 and MD5.
const DIGESTS: u64 = 4;
/// Bytes of the two headers of an entry with the shortest name.
pub(super) const LEAST_ENTRY: usize = 78;

/// Any bytes as a container; the container of a sealed document of which bytes 0 to 3 say where and how much is replaced by the
/// rest; and one of its files, by byte 0, changed in the same way. What is read has distinct and safe names, reports repeat and
/// are canonical, no changed document passes, what is taken out is the same in each way,
/// and the work is bounded by a multiple of the bytes.
///
/// # Panics
/// If a promise is broken.
pub fn ofd(data: &[u8]) {
    let _ = judged(data);
    if let Some(changed) = super::patched(&KNOWN.bytes, data) {
        let _ = judged(&changed);
    }
    let Some((which, rest)) = data.split_first() else { return };
    let (name, original) = &KNOWN.files[usize::from(*which) % KNOWN.files.len()];
    let Some(changed) = super::patched(original, rest) else { return };
    let passed = judged(&with(&KNOWN.files, name, &changed));
    assert!(passed || changed != *original, "the document itself passes");
}

/// The container of these files, one of which says something else.
pub(super) fn with(files: &[(String, Vec<u8>)], changed: &str, bytes: &[u8]) -> Vec<u8> {
    let entry = |(name, original): &(String, Vec<u8>)| {
        let bytes = if name == changed { bytes } else { original };
        EntryByHand { method: Some(0), ..EntryByHand::new(name, bytes) }
    };
    container(&files.iter().map(entry).collect::<Vec<_>>())
}

/// Whether it passes; it is then the document itself.
pub(super) fn judged(bytes: &[u8]) -> bool {
    let report = check(bytes);
    assert!(report.documents().len() <= MAX_DOCUMENTS && report.signatures().count() <= MAX_SIGNATURES);
    assert!(report.signatures().all(|signature| signature.stamps().len() <= MAX_LISTED));
    let once = report.to_json();
    assert!(json::parse(&once, Reader::Ours).is_ok(), "a report is canonical");
    assert_eq!(check(bytes).to_json(), once, "a report repeats");
    let (verifier, context) = (OfdVerifier::new(Reader::Field), context(&KNOWN.store, now()));
    let streamed = bounded(bytes, Reader::Field, &KNOWN.store);
    assert_eq!(streamed.to_json(), once, "a report is the same from a source");
    let beside = verifier.check_many(&[&KNOWN.bytes[..], bytes, &KNOWN.bytes], &context);
    assert_eq!(beside[1].to_json(), once, "a report is the same among others");
    let works = [streamed.work(), beside[1].work()];
    assert_eq!(works, [report.work(); 2], "the work is the same in each way");
    let passed = report.into_verified().is_ok();
    let Ok(package) = Package::read(bytes) else {
        assert!(!passed, "what is no container passed");
        return false;
    };
    let names: HashSet<_> = package.entries().iter().map(|entry| entry.name().to_lowercase()).collect();
    assert_eq!(names.len(), package.entries().len(), "two entries of one name");
    let unsafe_step = |step: &str| matches!(step, "" | "." | "..") || step.contains(['\\', ':']);
    assert!(!names.iter().any(|name| name.split('/').any(unsafe_step)), "a name that leads elsewhere");
    let is_taken_out = taken_out(&package, bytes);
    if passed {
        assert!(is_taken_out, "of a document that passed nothing is taken out");
        assert_eq!(package.entries().len(), KNOWN.files.len(), "a file more or less passed");
        let same = |(name, content): &(String, Vec<u8>)| {
            package.get(name).is_some_and(|entry| name == VALUE || entry.bytes() == content)
        };
        assert!(KNOWN.files.iter().all(same), "a changed document passed");
    }
    passed
}

/// Whether something is taken out: of what is held and of what is read file by file the same, and no more than is read of XML.
pub(super) fn taken_out(package: &Package, bytes: &[u8]) -> bool {
    let mut container = Container::open(bytes).expect("what is held can be read file by file");
    let read = extract_from(&mut container).map_err(|fault| match fault {
        ExtractFault::Odd(error) => error,
        ExtractFault::Read(error) => panic!("what is held cannot be read file by file: {error}"),
    });
    assert_eq!(extract(package), read, "what is taken out is the same in each way");
    let Ok(documents) = read else { return false };
    assert!(documents.len() <= MAX_DOCUMENTS);
    assert!(documents.iter().map(said).sum::<usize>() <= MAX_ALL_XML_BYTES, "more is said than is read");
    for attachment in documents.iter().flat_map(|document| &document.attachments) {
        let entry = &package.entries()[attachment.place];
        assert_eq!((entry.name(), entry.bytes().size()), (attachment.entry.as_str(), attachment.size));
    }
    true
}

/// Bytes of what a document says.
fn said(document: &UnverifiedContents) -> usize {
    let custom = document.custom.iter().map(|(name, value)| name.len() + value.len());
    let tags = document.tags.iter().map(|tag| {
        let objects = tag.objects.iter();
        let objects = objects.map(|of| of.page.as_ref().map_or(0, String::len) + of.object.len());
        tag.name.len() + objects.sum::<usize>()
    });
    custom.sum::<usize>() + tags.sum::<usize>()
}

/// The report on any bytes from a source, and the work in proportion to them.
pub(super) fn bounded(bytes: &[u8], reader: Reader, store: &CertificateStore) -> OfdReport {
    let count = Cell::new(0);
    let source = Counting { bytes, count: &count };
    let report = OfdVerifier::new(reader).check_source(source, &context(store, now()));
    let report = report.expect("bytes in memory can be read");
    assert_bounded(bytes, &report, count.get());
    report
}

/// From a source each byte is read twice, and of what is larger than is held two blocks more for each entry. Entries are inflated
/// once and digested once for each digest, files of contents read once, those of signatures once for each document, and found again at
/// most once. Of a document each value is verified once, over its description, and each file held against each signature.
fn assert_bounded(bytes: &[u8], report: &OfdReport, read: u64) {
    let (size, work) = (bytes.size(), report.work());
    let is_held = bytes.len() <= MAX_HELD_BLOCKS * SOURCE_BLOCK_BYTES;
    let again = if is_held { 0 } else { 2 * MAX_ENTRIES * SOURCE_BLOCK_BYTES };
    assert!(read <= 2 * size + u64::try_from(again).expect("short"), "{read} bytes of {size} were read");
    assert!(work.inflated <= MOST_INFLATED * size, "{work:?} of {size}");
    if let Ok(package) = Package::read(bytes) {
        let all: u64 = package.entries().iter().map(|entry| entry.bytes().size()).sum();
        assert!(work.inflated <= all, "{work:?}: an entry was inflated twice");
    }
    let documents = if report.documents().is_empty() { MAX_DOCUMENTS } else { report.documents().len() };
    let times = u64::try_from(documents + 1).expect("few");
    assert!(work.xml <= times * work.inflated, "{work:?}: files were read more than {times} times");
    assert!(work.elements <= work.xml / LEAST_ELEMENT, "{work:?}");
    assert!(work.digested <= DIGESTS * work.inflated, "{work:?}: a file was digested twice");
    assert!(work.paths <= LOOKS * work.xml / LEAST_NAMING, "{work:?}");
    assert!(
        work.verified <= 2 * times * work.inflated,
        "{work:?}: a value was verified more than {times} times"
    );
    let files = report.signatures().count() * (bytes.len() / LEAST_ENTRY);
    assert!(work.files <= u64::try_from(files).expect("few"), "{work:?} of {size}");
}

fn check(bytes: &[u8]) -> OfdReport {
    OfdVerifier::new(Reader::Field).check(bytes, &context(&KNOWN.store, now()))
}

#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let odd = [EntryByHand::new("OFD.xml", b"<OFD/>"), EntryByHand::new("a/", b"")];
    vec![
        ("sealed".to_owned(), KNOWN.bytes.clone()),
        ("empty".to_owned(), container(&[])),
        ("odd".to_owned(), container(&odd)),
        ("same".to_owned(), vec![0; 5]),
        ("root".to_owned(), b"\0\0\x40\0\x02x".to_vec()),
        ("list".to_owned(), b"\x0d\0\x50\0\x08 Type='".to_vec()),
        ("cut".to_owned(), vec![0x10, 0, 0, 255, 255]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right_and_holds_under_changes() {
        for (_, seed) in seeds() {
            ofd(&seed);
        }
        assert!(judged(&KNOWN.bytes));
        for which in 0..u8::try_from(KNOWN.files.len()).unwrap() {
            for place in [0, 40, 200, 1000] {
                let [high, low] = u16::to_be_bytes(place);
                ofd(&[which, high, low, 0, 1, b'x']);
                ofd(&[which, high, low, 0, 9]);
            }
        }
    }
}
