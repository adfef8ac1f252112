//! Parts of OFD documents: containers, the files of XML that say what they consist of, and signatures.

use std::io::{Cursor, Read as _};
use std::sync::LazyLock;

use boyin_model::json::Reader;
use boyin_model::seal::SealSignature;
use boyin_ofd::limits::{MAX_ENTRIES, MAX_INFLATED_BYTES, MAX_RATIO, MAX_RATIO_FREE_BYTES};
use boyin_ofd::package::Package;
use boyin_ofd::{OfdReport, OfdVerdict, ValueReport};
use boyin_suite::Algorithm;
use boyin_verify::chain::CertificateStore;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::ofd::{KNOWN, LEAST_ENTRY, bounded, judged, taken_out, with};
use crate::ofd::{Descriptor, Draft, EntryByHand, Form, Signing, container};
use crate::seals::SealWorld;

/// Names and contents.
type Files = Vec<(String, Vec<u8>)>;

/// Entries that the bytes of one input describe.
const MAX_DESCRIBED: usize = 64;
/// Bytes that a described entry inflates to.
const MAX_DESCRIBED_BYTES: usize = 1 << 16;

/// Any bytes as a container; the container of a sealed document of which bytes 0 to 3 say where and how much is replaced by the
/// rest; and a container whose entries the bytes describe. What is read, and the work on it, is bounded by a multiple of the bytes,
/// and another reader sees the same names and bytes.
///
/// # Panics
/// If a promise is broken.
pub fn ofd_container(data: &[u8]) {
    agreed(data, true);
    if let Some(changed) = super::patched(&KNOWN.bytes, data) {
        agreed(&changed, true);
    }
    let entries = described(data);
    let has_extra = entries.iter().any(|entry| !(entry.extra.is_empty() && entry.local_extra.is_empty()));
    agreed(&container(&entries), has_extra);
}

/// Bits of byte 0: stored; the content is packed as it is; two of the record after it; the extra field is the local one; the name
/// is not said to be UTF-8; attributes of Unix; another size. Then the lengths of name, extra field and content, and these.
fn described(mut data: &[u8]) -> Vec<EntryByHand> {
    let mut entries = Vec::new();
    while let Some(([kind, name, extra, long, short], rest)) = data.split_first_chunk() {
        if entries.len() == MAX_DESCRIBED {
            break;
        }
        data = rest;
        let mut take = |count: usize| {
            let (taken, rest) = data.split_at(count.min(data.len()));
            data = rest;
            taken.to_vec()
        };
        let (name, external) = (take(usize::from(*name)), u32::from(*extra) << 24);
        let (extra, content) =
            (take(usize::from(*extra)), take(usize::from(u16::from_be_bytes([*long, *short]))));
        let is = |bit: u8| kind >> bit & 1 == 1;
        let inflated = || decompress_to_vec_with_limit(&content, MAX_DESCRIBED_BYTES).unwrap_or_default();
        let (bytes, packed) = if is(1) { (inflated(), Some(content)) } else { (content, None) };
        let (extra, local_extra) = if is(4) { (Vec::new(), extra) } else { (extra, Vec::new()) };
        let lies = u32::try_from(bytes.len()).ok().filter(|_| is(7)).map(|size| size.wrapping_add(1));
        entries.push(EntryByHand {
            name,
            bytes,
            packed,
            method: is(0).then_some(0),
            descriptor: match kind >> 2 & 3 {
                1 => Descriptor::Signed,
                2 => Descriptor::Plain,
                _ => Descriptor::None,
            },
            gap: if kind >> 2 & 3 == 3 { b"PK".to_vec() } else { Vec::new() },
            extra,
            local_extra,
            no_utf8: is(5),
            made_by: if is(6) { 3 << 8 } else { 0 },
            external: if is(6) { external } else { 0 },
            size: lies,
            ..EntryByHand::default()
        });
    }
    entries
}

/// Another reader may refuse what is read here only for extra fields, which it reads and which say nothing of the content.
fn agreed(bytes: &[u8], has_extra: bool) {
    let _ = bounded(bytes, Reader::Field, &KNOWN.store);
    let Ok(package) = Package::read(bytes) else { return };
    let entries = package.entries();
    assert!(entries.len() <= bytes.len() / LEAST_ENTRY, "more entries than so many bytes can hold");
    let all: usize = entries.iter().map(|entry| entry.bytes().len()).sum();
    assert!(entries.len() <= MAX_ENTRIES && all <= MAX_INFLATED_BYTES, "more than is read");
    let room = entries.len() * (MAX_RATIO_FREE_BYTES + MAX_RATIO) + MAX_RATIO * bytes.len();
    assert!(all <= room, "more than so many bytes can hold");
    match as_another(bytes) {
        Ok(files) => {
            let ours: Vec<_> = entries.iter().map(|entry| (entry.name(), entry.bytes())).collect();
            let others: Vec<_> =
                files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
            assert_eq!(ours, others, "another reader sees something else");
        }
        Err(error) => assert!(has_extra, "what is read here, another one reads: {error}"),
    }
}

/// Names and contents of the files as `zip` reads them.
fn as_another(bytes: &[u8]) -> zip::result::ZipResult<Files> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut files = Vec::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place)?;
        if file.is_dir() {
            continue;
        }
        let (name, mut content) = (file.name()?.to_string(), Vec::new());
        file.read_to_end(&mut content)?;
        files.push((name, content));
    }
    Ok(files)
}

const LIST: &str = "Doc_0/Signs/Signatures.xml";
const DESCRIPTION: &str = "Doc_0/Signs/Sign_0/Signature.xml";
const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";
const SEAL: &str = "Doc_0/Signs/Sign_0/Seal.esl";
/// Files of XML that are read, each with its own reader or by what it names.
const XML: [&str; 8] = [
    "OFD.xml",
    LIST,
    DESCRIPTION,
    "Doc_0/Document.xml",
    "Doc_0/PublicRes.xml",
    "Doc_0/Pages/Page_0/Content.xml",
    "Doc_0/Annots/Annotations.xml",
    "Doc_0/Attachs/Attachments.xml",
];

fn file<'f>(files: &'f [(String, Vec<u8>)], name: &str) -> &'f [u8] {
    files.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes).expect("a file of the document")
}

/// A list of tags, and a file of them.
const TAGS: [&str; 2] = ["Doc_0/Tags.xml", "Doc_0/tags.txt"];

/// A document whose list of tags names a file twice, not sealed.
static TAGGED: LazyLock<Files> = LazyLock::new(|| {
    let world = SealWorld::new(Algorithm::Sm2);
    let mut draft = Draft::new(&world);
    let end = "</ofd:Document>";
    draft.replace("Doc_0/Document.xml", end, &["<ofd:CustomTags>Tags.xml</ofd:CustomTags>", end].concat());
    let twice = "<CustomTag><FileLoc>tags.txt</FileLoc></CustomTag>".repeat(2);
    draft.put(TAGS[0], format!("<CustomTags xmlns='http://www.ofdspec.org/2016'>{twice}</CustomTags>"));
    draft.put(TAGS[1], "<of><ZZMC><ObjectRef PageRef='1'>7</ObjectRef></ZZMC></of>");
    draft.files
});

/// Whether something is taken out of the document with tags, one of whose files is changed.
fn tagged(name: &str, xml: &[u8]) -> bool {
    let bytes = with(&TAGGED, name, xml);
    taken_out(&Package::read(&bytes).expect("a sound container"), &bytes)
}

/// Any XML in place of one of the files of a sealed document: byte 0 says which. No other one than what was there passes. And in place
/// of the tags of another document: what is taken out is the same in each way.
///
/// # Panics
/// If a promise is broken.
pub fn ofd_xml(data: &[u8]) {
    let Some((which, xml)) = data.split_first() else { return };
    let name = XML[usize::from(*which) % XML.len()];
    let passed = judged(&with(&KNOWN.files, name, xml));
    assert_eq!(
        passed,
        file(&KNOWN.files, name) == xml,
        "{name}: another file passed, or the same one did not"
    );
    for name in TAGS {
        let _ = tagged(name, xml);
    }
}

/// A sealed document and one with a digital signature; both leave the files of the signature open.
static SIGNED: LazyLock<([Files; 2], CertificateStore)> = LazyLock::new(|| {
    let world = SealWorld::new(Algorithm::Sm2);
    let signed = |form| {
        let is_seal = form == Form::Seal;
        let mut draft = Draft::new(&world);
        draft.sign(&Signing {
            form,
            kind: if is_seal { "Seal" } else { "Sign" },
            with_seal_file: is_seal,
            omit: vec![SEAL.to_owned()],
            ..Signing::default()
        });
        draft.files
    };
    ([signed(Form::Seal), signed(Form::Detached)], world.store())
});

/// Any bytes as the value of a seal (byte 0: 0), of a digital signature (1), or as the seal beside (2); with 4 more, what was there
/// with a part replaced, as the bytes 1 to 4 say. Nothing passes that says something else than what was there, and the work is bounded
/// by a multiple of the container.
///
/// # Panics
/// If a promise is broken.
pub fn ofd_signature(data: &[u8]) {
    let Some((which, rest)) = data.split_first() else { return };
    let (documents, store) = &*SIGNED;
    let (files, name) = match which & 3 {
        1 => (&documents[1], VALUE),
        2 => (&documents[0], SEAL),
        _ => (&documents[0], VALUE),
    };
    let original = file(files, name);
    let bytes = if which & 4 == 0 { Some(rest.to_vec()) } else { super::patched(original, rest) };
    let Some(bytes) = bytes else { return };
    for reader in [Reader::Ours, Reader::Field] {
        let check = |bytes: &[u8]| bounded(&with(files, name, bytes), reader, store);
        let report = check(&bytes);
        assert_eq!(report.to_json(), check(&bytes).to_json(), "a report repeats");
        let passed = report.verdict() == OfdVerdict::Passed;
        assert!(passed || bytes != original, "the signature itself passes");
        let same = match which & 3 {
            1 => said(&report) == said(&check(original)),
            2 => bytes == original,
            _ => signed(&bytes, reader) == signed(original, reader),
        };
        assert!(!passed || same, "a signature that says something else passed");
    }
}

/// What a seal signature is over, and whose it is. The signature itself can be written in two ways.
fn signed(value: &[u8], reader: Reader) -> Option<(Vec<u8>, Vec<u8>)> {
    let read = SealSignature::read(value, reader).ok()?;
    Some((read.signed.to_vec(), read.signer.to_vec()))
}

/// Whose a digital signature is, and of when. Around that it can be written in several ways.
fn said(report: &OfdReport) -> Option<(Vec<u8>, Option<boyin_model::time::UnixTime>)> {
    match report.signatures().next()?.value()? {
        ValueReport::SignedData(signed) => Some((signed.signer()?.to_vec(), signed.signed_at())),
        ValueReport::Seal(_) => None,
    }
}

#[cfg(test)]
pub(super) fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let entry = |kind: u8, name: &str, extra: &[u8], content: &[u8]| {
        let byte = |length: usize| u8::try_from(length).unwrap();
        let [long, short] = u16::try_from(content.len()).unwrap().to_be_bytes();
        let head = [kind, byte(name.len()), byte(extra.len()), long, short];
        [&head[..], name.as_bytes(), extra, content].concat()
    };
    let packed = miniz_oxide::deflate::compress_to_vec(b"packed packed packed", 6);
    let time = [0x55, 0x54, 5, 0, 1, 0, 0, 0, 0];
    let mut seeds = vec![
        ("ofd_container", "sealed".to_owned(), KNOWN.bytes.clone()),
        ("ofd_container", "same".to_owned(), vec![0; 4]),
        (
            "ofd_container",
            "described".to_owned(),
            [
                entry(0, "OFD.xml", &[], b"<OFD/>"),
                entry(1, "Doc_0/", &time, &[]),
                entry(2, "Doc_0/a.xml", &[], &packed),
                entry(4, "b", &[], b"signed descriptor"),
                entry(8, "c", &[], b"plain descriptor"),
                entry(0x11, "d", &time, b"stored"),
                entry(0x40, "文", &[], b"of Unix"),
            ]
            .concat(),
        ),
        (
            "ofd_container",
            "refused".to_owned(),
            [entry(0x80, "a", &[], b"1"), entry(0x0c, "b", &[], b"2")].concat(),
        ),
        (
            "ofd_xml",
            "bodies".to_owned(),
            b"\0<OFD xmlns='http://www.ofdspec.org/2016'><DocBody><DocRoot>a</DocRoot></DocBody></OFD>"
                .to_vec(),
        ),
        ("ofd_xml", "deep".to_owned(), [b"\x05", "<a>".repeat(70).as_bytes()].concat()),
        ("ofd_xml", "entity".to_owned(), b"\x03<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_vec()),
        ("ofd_xml", "tags".to_owned(), [b"\x05", file(&TAGGED, TAGS[1])].concat()),
        ("ofd_xml", "tag-list".to_owned(), [b"\x05", file(&TAGGED, TAGS[0])].concat()),
    ];
    for (number, name) in (0_u8..).zip(XML) {
        let text = [&[number], file(&KNOWN.files, name)].concat();
        seeds.push(("ofd_xml", format!("file-{number}"), text));
    }
    let ([sealed, digital], _) = &*SIGNED;
    for (number, files, name) in [(0, sealed, VALUE), (1, digital, VALUE), (2, sealed, SEAL)] {
        seeds.push(("ofd_signature", format!("whole-{number}"), [&[number], file(files, name)].concat()));
        seeds.push(("ofd_signature", format!("patched-{number}"), vec![number | 4, 0, 40, 0, 1, b'x']));
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracles_accept_what_is_right_and_hold_under_changes() {
        for (target, _, seed) in seeds() {
            match target {
                "ofd_container" => ofd_container(&seed),
                "ofd_xml" => ofd_xml(&seed),
                other => {
                    assert_eq!(other, "ofd_signature");
                    ofd_signature(&seed);
                }
            }
        }
        for place in (0..u16::try_from(KNOWN.bytes.len()).unwrap()).step_by(11) {
            let [high, low] = place.to_be_bytes();
            ofd_container(&[high, low, 0, 1, b'x']);
            ofd_container(&[high, low, 0, 9]);
        }
        for number in 4..7 {
            for place in (0_u16..1600).step_by(149) {
                let [high, low] = place.to_be_bytes();
                ofd_signature(&[number, high, low, 0, 1, b'x']);
                ofd_signature(&[number, high, low, 0, 9]);
                ofd_signature(&[number, high, low, 0, 0]);
            }
        }
    }

    /// Otherwise nothing would be compared.
    #[test]
    fn tags_are_taken_out() {
        for name in TAGS {
            assert!(tagged(name, file(&TAGGED, name)) && !tagged(name, b"<a>"), "{name}");
        }
        assert!(tagged(TAGS[1], b"<of><CZZT><ObjectRef>8</ObjectRef></CZZT></of>"));
    }

    /// Otherwise nothing would be compared.
    #[test]
    fn containers_that_are_described_are_read() {
        let read = |name: &str| {
            let seeds = seeds();
            let (_, _, seed) = seeds.iter().find(|(_, known, _)| known == name).unwrap();
            Package::read(&container(&described(seed))).map(|package| package.entries().len()).ok()
        };
        assert_eq!((read("described"), read("refused")), (Some(6), None));
        assert_eq!(as_another(&KNOWN.bytes).unwrap(), KNOWN.files);
    }
}
