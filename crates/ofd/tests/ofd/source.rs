//! Sources that fail, and sources that change while they are read.

use std::cell::Cell;
use std::io;

use boyin_ofd::limits::{
    MAX_ENTRY_BYTES, MAX_HELD_BLOCKS, MAX_PACKAGE_BYTES, MAX_STREAMED_PACKAGE_BYTES, SOURCE_BLOCK_BYTES,
};
use boyin_ofd::package::{Container, Package, PackageFault, Pinned, ReadError, Source};
use boyin_ofd::{ExtractFault, OfdReason, OfdVerdict, OfdVerifier, extract_from};
use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::ofd::{Counting, Draft, EntryByHand, Signing, container};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;

use crate::{failed, shown};

/// Gives the bytes, up to a number of calls; from then on others, or an error.
struct Fickle<'b> {
    bytes: &'b [u8],
    then: Option<&'b [u8]>,
    calls: usize,
}

impl Source for Fickle<'_> {
    fn size(&self) -> u64 {
        self.bytes.size()
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let Some(left) = self.calls.checked_sub(1) else {
            let mut then = self.then.ok_or(io::ErrorKind::ConnectionReset)?;
            return then.read_at(at, into);
        };
        self.calls = left;
        let mut bytes = self.bytes;
        bytes.read_at(at, into)
    }
}

fn sealed(world: &SealWorld) -> Draft<'_> {
    let mut draft = Draft::new(world);
    draft.sign(&Signing { whole: true, ..Signing::default() });
    draft
}

/// A document of several blocks, stored, so that each of its bytes stands in the container as it is.
pub(super) fn stored(draft: &Draft<'_>) -> Vec<u8> {
    let entry =
        |(name, bytes): &(String, Vec<u8>)| EntryByHand { method: Some(0), ..EntryByHand::new(name, bytes) };
    container(&draft.files.iter().map(entry).collect::<Vec<_>>())
}

#[test]
fn what_cannot_be_read_is_no_verdict() {
    let world = SealWorld::new(Algorithm::Sm2);
    let (bytes, store) = (sealed(&world).write(), world.store());
    let verifier = OfdVerifier::new(Reader::Field);
    let check = |calls| {
        let source = Fickle { bytes: &bytes, then: None, calls };
        verifier.check_source(source, &context(&store, now()))
    };
    let mut calls = 0;
    let report = loop {
        match check(calls) {
            Ok(report) => break report,
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        }
        calls += 1;
        assert!(calls < 1000, "it is read at last");
    };
    assert!(calls > 0);
    assert_eq!(report.verdict(), OfdVerdict::Passed);
    // A source that says that it has more bytes than it has.
    struct Short<'b>(&'b [u8]);
    impl Source for Short<'_> {
        fn size(&self) -> u64 {
            self.0.size() + 1
        }
        fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
            self.0.read_at(at, into)
        }
    }
    let error = verifier.check_source(Short(&bytes), &context(&store, now())).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

/// Whoever writes to the file between two reads gets an error, or a report on the bytes before: nothing is passed that was not
/// digested, and the fingerprint is that of what was.
#[test]
fn what_changes_while_it_is_read_is_found() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.put("Doc_0/Res/qr.png", vec![7; 600 << 10]);
    draft.sign(&Signing { whole: true, ..Signing::default() });
    let bytes = stored(&draft);
    let store = world.store();
    let verifier = OfdVerifier::new(Reader::Field);
    let expected = shown(&verifier.check(&bytes, &context(&store, now())));
    // The same length, other pages.
    let mut other = draft.clone();
    other.replace("Doc_0/Pages/Page_0/Content.xml", "../../PublicRes.xml", "../../publicRes.xml");
    let mut picture = draft.get("Doc_0/Res/qr.png").to_vec();
    picture[500 << 10] = 8;
    other.put("Doc_0/Res/qr.png", picture);
    let other = stored(&other);
    assert_eq!(other.len(), bytes.len());
    let (mut errors, mut same) = (0, 0);
    for calls in 0..40 {
        let source = Fickle { bytes: &bytes, then: Some(&other), calls };
        match verifier.check_source(source, &context(&store, now())) {
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::Other, "{error}");
                errors += 1;
            }
            Ok(report) if shown(&report) == expected => same += 1,
            // Changed from the first read on, or before the first block that differs: a document that does not pass.
            Ok(report) => assert_eq!(report.verdict(), failed(OfdReason::ReferenceMismatch), "{calls}"),
        }
    }
    assert!(errors > 0 && same > 0, "{errors} {same}");
}

/// Gives the bytes, and others from when that is said.
struct Swapped<'b> {
    bytes: &'b [u8],
    other: &'b [u8],
    is_swapped: &'b Cell<bool>,
}

impl Source for Swapped<'_> {
    fn size(&self) -> u64 {
        self.bytes.size()
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let mut bytes = if self.is_swapped.get() { self.other } else { self.bytes };
        bytes.read_at(at, into)
    }
}

/// What is taken out of a document that was verified are the bytes that were, or nothing.
#[test]
fn what_is_taken_out_later_is_what_was_verified() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    draft.put("Doc_0/Res/qr.png", vec![7; 2 * MAX_HELD_BLOCKS * SOURCE_BLOCK_BYTES]);
    draft.sign(&Signing::default());
    let bytes = stored(&draft);
    draft.replace("Doc_0/Attachs/data.xml", "<any/>", "<and/>");
    let other = stored(&draft);
    assert_eq!(other.len(), bytes.len());
    let (store, verifier) = (world.store(), OfdVerifier::new(Reader::Field));
    let taken = |swap| {
        let is_swapped = Cell::new(false);
        let source = Swapped { bytes: &bytes, other: &other, is_swapped: &is_swapped };
        let (mut pinned, _) = Pinned::new(source, &all_x509()).unwrap();
        let report = verifier.check_source(&mut pinned, &context(&store, now())).unwrap();
        assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
        is_swapped.set(swap);
        // Of the picture, which is the same: no other block is held then.
        let mut part = vec![0; MAX_HELD_BLOCKS * SOURCE_BLOCK_BYTES];
        pinned.read_at(u64::try_from(SOURCE_BLOCK_BYTES).unwrap(), &mut part).unwrap();
        extract_from(&mut Container::open(&mut pinned)?)
    };
    assert_eq!(taken(false).unwrap()[0].attachments.len(), 1);
    let error = taken(true).unwrap_err();
    assert!(matches!(error, ExtractFault::Read(ReadError::Source(_))), "{error}");
}

/// What is larger than is held as a whole is verified alone, from a source and among others alike: a container, and an entry of a
/// small one. So is what is larger than is verified.
#[test]
fn each_way_has_the_same_bounds() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let context = context(&store, now());
    let verifier = OfdVerifier::new(Reader::Field);
    let mut draft = Draft::new(&world);
    draft.put("Doc_0/Res/qr.png", vec![0; MAX_PACKAGE_BYTES / 2]);
    draft.put("Doc_0/Res/a.ttf", vec![0; MAX_PACKAGE_BYTES / 2]);
    draft.sign(&Signing::default());
    let bytes = stored(&draft);
    assert_eq!(Package::read(&bytes).unwrap_err().fault, PackageFault::PackageSize);
    let report = crate::judged(verifier, &bytes, &context);
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    assert!(report.fingerprint().is_some());
    // What is verified can be listed and taken out.
    let mut all = Container::open(&bytes[..]).unwrap();
    let place = draft.files.iter().position(|(name, _)| name == "Doc_0/Res/qr.png").unwrap();
    let large = u64::try_from(MAX_PACKAGE_BYTES / 2).unwrap();
    assert_eq!(all.files().nth(place), Some(("Doc_0/Res/qr.png", large)));
    assert_eq!(extract_from(&mut all).unwrap()[0].attachments[0].entry, "Doc_0/Attachs/data.xml");
    // A mebibyte of noise keeps the rest within the ratio.
    let noise = (0..1_u32 << 20).map(|place| (place.wrapping_mul(place) >> 13).to_le_bytes()[0]);
    draft.put("Doc_0/Res/qr.png", noise.chain(vec![0; MAX_ENTRY_BYTES]).collect::<Vec<_>>());
    draft.put("Doc_0/Res/a.ttf", "font");
    let mut small = Draft::new(&world);
    small.files = draft.files.iter().filter(|(name, _)| !name.contains("/Signs/")).cloned().collect();
    small.sign(&Signing::default());
    let bytes = small.write();
    assert!(bytes.len() < 4 << 20, "{}", bytes.len());
    assert_eq!(Package::read(&bytes).unwrap_err().fault, PackageFault::EntrySize);
    let report = crate::judged(verifier, &bytes, &context);
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    // Nothing of it is read but its length.
    let bytes = vec![0; MAX_STREAMED_PACKAGE_BYTES + 1];
    for report in [vec![verifier.check(&bytes, &context)], verifier.check_many(&[&bytes], &context)].concat()
    {
        assert_eq!((report.verdict(), report.fingerprint()), (failed(OfdReason::TooLarge), None));
    }

    /// Nothing of it is read.
    struct Huge;
    impl Source for Huge {
        fn size(&self) -> u64 {
            u64::try_from(MAX_STREAMED_PACKAGE_BYTES).unwrap() + 1
        }
        fn read_at(&mut self, _: u64, _: &mut [u8]) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
    let report = verifier.check_source(Huge, &context).unwrap();
    assert_eq!((report.verdict(), report.fingerprint()), (failed(OfdReason::TooLarge), None));
}

/// Of two damaged entries the first is named, though the other one is looked at earlier.
#[test]
fn the_first_damaged_entry_is_named() {
    let world = SealWorld::new(Algorithm::Sm2);
    let draft = sealed(&world);
    let place = |name: &str| draft.files.iter().position(|(known, _)| known == name).unwrap();
    let damaged = |names: &[&str]| {
        let entry = |(name, bytes): &(String, Vec<u8>)| {
            let packed = names.contains(&name.as_str()).then(|| vec![0xff; 8]);
            EntryByHand { packed, ..EntryByHand::new(name, bytes) }
        };
        container(&draft.files.iter().map(entry).collect::<Vec<_>>())
    };
    let (page, list, font) =
        ("Doc_0/Pages/Page_0/Content.xml", "Doc_0/Signs/Signatures.xml", "Doc_0/Res/a.ttf");
    for (names, first) in [
        (&["OFD.xml", font][..], "OFD.xml"),
        (&[font, list], font),
        (&[list, page], page),
        (&[page, font], font),
        (&[list], list),
    ] {
        let report = crate::check(&world, &damaged(names));
        assert_eq!(report.verdict(), failed(OfdReason::EntryDamaged));
        let shown = shown(&report);
        let named = format!(r#"{{"fault":"inflate","place":{}}}"#, place(first));
        assert!(shown.contains(&named), "{names:?}: {shown}");
        assert!(report.documents().is_empty());
    }
}

/// Entries of which each is far from the one before it in the directory have no block read for each of them.
#[test]
fn what_stands_in_any_order_is_read_twice() {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let mut draft = Draft::new(&world);
    for number in 0..200 {
        draft.put(&format!("{number}"), vec![7; 4 << 10]);
    }
    draft.sign(&Signing::default());
    let bytes = stored(&draft);
    assert!(bytes.len() > 8 * SOURCE_BLOCK_BYTES && bytes.len() < MAX_HELD_BLOCKS * SOURCE_BLOCK_BYTES);
    let bytes = dealt(&bytes, draft.files.len());
    let count = Cell::new(0);
    let source = Counting { bytes: &bytes, count: &count };
    let report = OfdVerifier::new(Reader::Field).check_source(source, &context(&store, now())).unwrap();
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", shown(&report));
    assert_eq!(count.get(), 2 * (&bytes[..]).size());
}

/// The container with the headers of its directory dealt out: from the first half and the second by turns.
fn dealt(bytes: &[u8], count: usize) -> Vec<u8> {
    let end = bytes.len() - 22;
    let number = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let mut at = number(end + 16) | number(end + 18) << 16;
    let mut headers = Vec::new();
    let directory = at;
    while at < end {
        let length = 46 + number(at + 28);
        headers.push(&bytes[at..at + length]);
        at += length;
    }
    assert_eq!(headers.len(), count);
    let (first, second) = headers.split_at(count / 2);
    let mut dealt = bytes[..directory].to_vec();
    for (nth, header) in second.iter().enumerate() {
        dealt.extend_from_slice(first.get(nth).copied().unwrap_or_default());
        dealt.extend_from_slice(header);
    }
    dealt.extend_from_slice(&bytes[end..]);
    dealt
}
