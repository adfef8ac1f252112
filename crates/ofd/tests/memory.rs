//! How much memory a verification takes: the bytes at the same time, whatever size the document has.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io;

use allocation_counter::measure;
use boyin_issue::seal::{Sealing, seal};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::b64::encode_padded;
use boyin_model::limits::MAX_CREDENTIAL_BYTES;
use boyin_model::seal::{Picture, SealInfo};
use boyin_ofd::limits::{
    MAX_DOCUMENTS, MAX_FACE_PICTURE_BYTES, MAX_FACE_PICTURES_BYTES, MAX_KEPT_BYTES, MAX_LOCATION_BYTES,
    MAX_WAITING_BYTES, MAX_XML_BYTES,
};
use boyin_ofd::package::Source;
use boyin_ofd::{OfdReport, OfdVerdict, OfdVerifier, SignatureReport};
use boyin_suite::{Algorithm, SM2_SM3};
use boyin_testkit::ofd::{Draft, EntryByHand, Signing, container};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use boyin_verify::Reader;

const MIB: u64 = 1 << 20;

/// Bytes again and again: more than anybody holds.
#[derive(Clone)]
struct Piece {
    unit: Vec<u8>,
    count: u64,
}

impl Piece {
    fn new(unit: Vec<u8>, count: u64) -> Self {
        Self { unit, count }
    }

    fn size(&self) -> u64 {
        u64::try_from(self.unit.len()).unwrap() * self.count
    }
}

/// A container that is in no memory and on no disk.
#[derive(Default)]
struct Made {
    pieces: Vec<Piece>,
    size: u64,
}

impl Made {
    fn add(&mut self, piece: Piece) {
        self.size += piece.size();
        self.pieces.push(piece);
    }
}

impl Source for &Made {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&mut self, mut at: u64, mut into: &mut [u8]) -> io::Result<()> {
        for piece in &self.pieces {
            while at < piece.size() && !into.is_empty() {
                let from = usize::try_from(at % u64::try_from(piece.unit.len()).unwrap()).unwrap();
                let part = &piece.unit[from..];
                let (now, rest) = into.split_at_mut(part.len().min(into.len()));
                now.copy_from_slice(&part[..now.len()]);
                at += u64::try_from(now.len()).unwrap();
                into = rest;
            }
            at = at.saturating_sub(piece.size());
        }
        if into.is_empty() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// A large file: how it is packed, its packed bytes, and its bytes.
struct Large {
    name: &'static str,
    method: u16,
    packed: Vec<Piece>,
    whole: Piece,
}

fn picture(seed: u8) -> Vec<u8> {
    (0..65_535_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0] ^ seed).collect()
}

/// Stored as it is.
fn stored(name: &'static str, count: u64) -> Large {
    let whole = Piece::new(picture(1), count);
    Large { name, method: 0, packed: vec![whole.clone()], whole }
}

/// In blocks of deflate that are not compressed.
fn deflated(name: &'static str, count: u64) -> Large {
    let whole = Piece::new(picture(2), count);
    let block = [&[0, 0xff, 0xff, 0, 0][..], &whole.unit].concat();
    let last = Piece::new(vec![1, 0, 0, 0xff, 0xff], 1);
    Large { name, method: 8, packed: vec![Piece::new(block, count), last], whole }
}

/// A sealed document with these pictures in place of its own.
fn document(world: &SealWorld, large: &[Large]) -> Made {
    let mut draft = Draft::new(world);
    let media: String =
        large.iter().map(|large| format!("</ofd:MediaFile><ofd:MediaFile>{}", &large.name[10..])).collect();
    draft.replace("Doc_0/DocumentRes.xml", "</ofd:MediaFile>", &(media + "</ofd:MediaFile>"));
    for large in large {
        draft.put(large.name, large.name);
    }
    let signing = Signing { whole: true, ..Signing::default() };
    draft.sign(&signing);
    let description = "Doc_0/Signs/Sign_0/Signature.xml";
    let mut checksums = Vec::new();
    for Large { name, whole, .. } in large {
        let (mut digest, mut checksum) = (SM2_SM3.hasher(), crc32fast::Hasher::new());
        for _ in 0..whole.count {
            digest.update(&whole.unit);
            checksum.update(&whole.unit);
        }
        checksums.push(checksum.finalize());
        let before = encode_padded(&SM2_SM3.digest(&[name.as_bytes()]));
        draft.replace(description, &before, &encode_padded(&digest.finish()));
    }
    draft.sign_again(0, &signing);
    written(&draft, large, &checksums)
}

fn written(draft: &Draft<'_>, large: &[Large], checksums: &[u32]) -> Made {
    let (mut made, mut directory) = (Made::default(), Vec::new());
    let long = |value: u64| u32::try_from(value).unwrap().to_le_bytes();
    for (name, bytes) in &draft.files {
        let small = || {
            (0, vec![Piece::new(bytes.clone(), 1)], bytes.len().try_into().unwrap(), crc32fast::hash(bytes))
        };
        let found = large.iter().position(|large| large.name == name);
        let (method, packed, size, checksum) = found.map_or_else(small, |place| {
            let Large { method, packed, whole, .. } = &large[place];
            (*method, packed.clone(), whole.size(), checksums[place])
        });
        let sizes = [checksum.to_le_bytes(), long(packed.iter().map(Piece::size).sum()), long(size)].concat();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let kind = [&[20, 0, 0, 8], &method.to_le_bytes()[..], &[0; 4], &sizes, &length].concat();
        let head =
            [b"PK\x01\x02\x14\0".as_slice(), &kind, &[0; 12], &long(made.size), name.as_bytes()].concat();
        directory.extend_from_slice(&head);
        let head = [b"PK\x03\x04".as_slice(), &kind, &[0; 2], name.as_bytes()].concat();
        made.add(Piece::new(head, 1));
        for piece in packed.into_iter().filter(|piece| piece.size() > 0) {
            made.add(piece);
        }
    }
    let count = u16::try_from(draft.files.len()).unwrap().to_le_bytes();
    let (at, size) = (long(made.size), long(directory.len().try_into().unwrap()));
    let end = [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size, &at, &[0; 2]].concat();
    made.add(Piece::new([directory, end].concat(), 1));
    made
}

/// The report, and the most bytes that were held for it.
fn checked(world: &SealWorld, source: impl Source) -> (OfdReport, u64) {
    let store = world.store();
    let (mut report, mut source) = (None, Some(source));
    let used = measure(|| {
        let source = source.take().unwrap();
        let verifier = OfdVerifier::new(Reader::Field);
        report = Some(verifier.check_source(source, &context(&store, now())).unwrap());
    });
    (report.unwrap(), used.bytes_max)
}

/// 500 MB of pictures, stored and deflated, take no more memory than 5 MB of them.
#[test]
fn a_document_of_500_mb_is_verified_in_16_mib() {
    let world = SealWorld::new(Algorithm::Sm2);
    let document = |count: u64| {
        let large = [
            stored("Doc_0/Res/a.jpg", 2 * count),
            deflated("Doc_0/Res/b.png", 3 * count),
            stored("Doc_0/Res/c.jpg", 3 * count),
        ];
        document(&world, &large)
    };
    let (small, large) = (document(10), document(1000));
    assert!(large.size > 500_000_000, "{}", large.size);
    // What is made once in a process is not counted.
    let _ = checked(&world, &small);
    let (report, used) = checked(&world, &small);
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", String::from_utf8(report.to_json()).unwrap());
    let (report, of_large) = checked(&world, &large);
    assert_eq!(report.verdict(), OfdVerdict::Passed, "{}", String::from_utf8(report.to_json()).unwrap());
    assert!(of_large < 16 * MIB, "{of_large}");
    assert!(of_large < used + MIB, "{of_large} after {used}");
    // One byte in the midst of a picture.
    let mut changed = small;
    let piece = changed.pieces.iter_mut().find(|piece| piece.count == 30).unwrap();
    piece.unit[40_000] ^= 1;
    let (report, _) = checked(&world, &changed);
    assert_ne!(report.verdict(), OfdVerdict::Passed);
}

/// Pages as large as they may be, with as many locations as there may be, seals as large as they may be.
#[test]
fn what_is_made_to_take_memory_stays_within_the_bounds() {
    let world = SealWorld::new(Algorithm::Sm2);
    let bound = 2 * MAX_KEPT_BYTES + 4 * MAX_XML_BYTES + 2 * MAX_LOCATION_BYTES + 2 * MAX_WAITING_BYTES;
    let mut draft = Draft::new(&world);
    let text = "a&amp;".repeat(MAX_XML_BYTES / 6 - 200);
    // All together they have their bound too.
    let less = &text[6 << 20..];
    draft.put("Doc_0/Pages/Page_0/Content.xml", format!("<a><b>{less}</b></a>"));
    draft.put("Doc_0/Pages/Page_1/Content.xml", format!("<a b=\"{text}\"/>"));
    let page =
        format!("<a>{}</a>", "<FileLoc>0123456789012345678901234567890123456789</FileLoc>".repeat(60_000));
    draft.put("Doc_0/Tpls/Tpl_0/Content.xml", page);
    for _ in 0..16 {
        draft.sign(&Signing::default());
    }
    for number in 0..16 {
        draft.put(&format!("Doc_0/Signs/Sign_{number}/SignedValue.dat"), vec![0x30; 4 << 20]);
    }
    let entry =
        |(name, bytes): &(String, Vec<u8>)| EntryByHand { method: Some(0), ..EntryByHand::new(name, bytes) };
    let bytes = container(&draft.files.iter().map(entry).collect::<Vec<_>>());
    let (report, used) = checked(&world, &bytes[..]);
    assert_ne!(report.verdict(), OfdVerdict::Passed);
    assert!(used < u64::try_from(bound).unwrap(), "{used} of {bound}");
    assert!(used > 32 * MIB, "{used}: it was not made to take memory");
}

/// What is made of the reports on these documents in bulk, and the most bytes that were held for it. Bytes are counted of one thread:
/// so there is one.
fn in_bulk<T: Send>(
    world: &SealWorld,
    documents: &[&[u8]],
    finish: impl Fn(Vec<OfdReport>) -> Vec<T> + Sync,
) -> (Vec<T>, u64) {
    let store = world.store();
    let (verifier, context) = (OfdVerifier::new(Reader::Field), context(&store, now()));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        // What is made once in a process is not counted.
        let _ = verifier.check_many_with(&documents[..1], &context, &finish);
        let mut found = Vec::new();
        let used = measure(|| found = verifier.check_many_with(documents, &context, &finish));
        (found, used.bytes_max)
    })
}

/// Signatures with as many pictures, as large as they may be, as a report keeps of a document alone.
#[test]
fn reports_in_bulk_have_no_pictures() {
    const SIGNATURES: usize = MAX_FACE_PICTURES_BYTES / MAX_FACE_PICTURE_BYTES;
    const DOCUMENTS: usize = 32;
    let world = SealWorld::new(Algorithm::Sm2);
    let (mut draft, signing) = (Draft::new(&world), Signing { with_seal_file: false, ..Signing::default() });
    for _ in 0..SIGNATURES {
        draft.sign(&signing);
    }
    let picture = vec![0; MAX_FACE_PICTURE_BYTES];
    let info = SealInfo { picture: Picture { data: &picture, ..world.info().picture }, ..world.info() };
    let sealed = world.seal(&info);
    for number in 0..SIGNATURES {
        let name = |file: &str| format!("Doc_0/Signs/Sign_{number}/{file}");
        let description = draft.get(&name("Signature.xml")).to_vec();
        let sealing = Sealing {
            seal: &sealed,
            at: signing.at,
            document: world.signer.0.reference().alg().digest(&[&description]),
            property: &Draft::path(number),
            certificate: &world.signer.1,
        };
        draft.put(&name("SignedValue.dat"), seal(&sealing, &world.signer.0).unwrap());
    }
    let bytes = draft.write();
    assert!(bytes.len() < 128 << 10, "{}", bytes.len());
    let pictures = |report: &OfdReport| {
        let faces = report.signatures().filter_map(SignatureReport::face);
        faces.map(|face| face.picture.as_ref().map_or(0, Vec::len)).collect::<Vec<_>>()
    };
    let (alone, _) = checked(&world, &bytes[..]);
    assert_eq!(alone.verdict(), OfdVerdict::Passed, "{}", String::from_utf8(alone.to_json()).unwrap());
    assert_eq!(pictures(&alone), [MAX_FACE_PICTURE_BYTES; SIGNATURES]);
    let (reports, used) = in_bulk(&world, &[&bytes[..]; DOCUMENTS], std::convert::identity);
    // The values of some documents wait for each other, with the pictures in them.
    let (bound, pictures_of_all) =
        (2 * MAX_KEPT_BYTES + 2 * MAX_WAITING_BYTES, DOCUMENTS * MAX_FACE_PICTURES_BYTES);
    assert!(used < u64::try_from(bound).unwrap(), "{used} of {bound}; pictures are {pictures_of_all}");
    for report in &reports {
        assert_eq!(pictures(report), [0; SIGNATURES]);
        assert_eq!(report.to_json(), alone.to_json());
    }
}

/// Documents of few files whose bodies have the same many pages do not wait for each other.
#[test]
fn documents_that_hold_much_beside_their_files_do_not_wait() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let pages: String = (3..30_003).map(|number| format!(r#"<ofd:Page ID="{number}"/>"#)).collect();
    draft.replace("Doc_0/Document.xml", "</ofd:Pages>", &(pages + "</ofd:Pages>"));
    let body = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>";
    draft.replace("OFD.xml", "</ofd:OFD>", &(body.repeat(MAX_DOCUMENTS - 1) + "</ofd:OFD>"));
    let bytes = draft.write();
    assert!(bytes.len() < 256 << 10, "{}", bytes.len());
    let pages = |reports: Vec<OfdReport>| {
        let of_all = |report: &OfdReport| report.documents().iter().map(|one| one.pages()).sum::<usize>();
        reports.iter().map(of_all).collect::<Vec<_>>()
    };
    let (found, one) = in_bulk(&world, &[&bytes], pages);
    assert_eq!(found, [30_002 * MAX_DOCUMENTS]);
    let (found, many) = in_bulk(&world, &[&bytes[..]; 8], pages);
    assert_eq!(found, [30_002 * MAX_DOCUMENTS; 8]);
    assert!(one > 16 * MIB, "{one}: it was not made to take memory");
    assert!(many < 2 * one, "{many} of eight, {one} of one");
}

/// What is made of reports is held, and not the reports with what the documents carry.
#[test]
fn what_is_finished_in_bulk_is_let_go() {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let names = ["a", "b", "c"];
    let list = names
        .map(|name| format!(r#"<ofd:Attachment ID="7"><ofd:FileLoc>{name}</ofd:FileLoc></ofd:Attachment>"#));
    draft.replace(
        "Doc_0/Attachs/Attachments.xml",
        "</ofd:Attachments>",
        &(list.concat() + "</ofd:Attachments>"),
    );
    names.iter().for_each(|name| draft.put(&format!("Doc_0/Attachs/{name}"), vec![0; MAX_CREDENTIAL_BYTES]));
    draft.sign(&Signing::default());
    let bytes = draft.write();
    assert!(bytes.len() < 64 << 10, "{}", bytes.len());
    let documents = [&bytes[..]; 64];
    let (reports, all) = in_bulk(&world, &documents, std::convert::identity);
    assert!(reports.iter().all(|report| report.verdict() == OfdVerdict::Passed));
    assert!(all > 192 * MIB, "{all}: it was not made to take memory");
    let verdicts = |reports: Vec<OfdReport>| reports.iter().map(OfdReport::verdict).collect::<Vec<_>>();
    let (verdicts, used) = in_bulk(&world, &documents, verdicts);
    assert_eq!(verdicts, [OfdVerdict::Passed; 64]);
    let bound = 2 * MAX_KEPT_BYTES + 2 * MAX_WAITING_BYTES;
    assert!(used < u64::try_from(bound).unwrap(), "{used} of {bound}");
}
