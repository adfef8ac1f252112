//! OFD documents: a small writer of containers, sound and odd, and of documents that are sealed with the kit's seals.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io;

use boyin_model::alg::{Digest32, VerifyAlg as _};
use boyin_model::b64::encode_padded;
use boyin_model::seal::SealInfo;
use boyin_model::time::UnixTime;
use boyin_ofd::package::Source;
use boyin_suite::{Algorithm, ES256, SM2_SM3};
use sha1_smol::Sha1;

use crate::prefecture::now;
use crate::seals::{SealWorld, algorithm_oid, der_signature, utc_time};
use crate::tlv::{bits, content, elements, part, sequence, tlv};

/// Namespace of OFD.
const XMLNS: &str = r#"xmlns:ofd="http://www.ofdspec.org/2016""#;

/// Gives bytes and counts them.
#[derive(Debug)]
pub struct Counting<'b> {
    /// What it gives.
    pub bytes: &'b [u8],
    /// How many were read.
    pub count: &'b Cell<u64>,
}

impl Source for Counting<'_> {
    fn size(&self) -> u64 {
        self.bytes.size()
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.count.set(self.count.get() + (&*into).size());
        self.bytes.read_at(at, into)
    }
}

/// How an entry is followed by its sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Descriptor {
    /// Not at all.
    #[default]
    None,
    /// By a record with its signature.
    Signed,
    /// By a record without one.
    Plain,
}

/// An entry of a container as it is to be written. What is `None` is what is right.
#[derive(Clone, Debug, Default)]
pub struct EntryByHand {
    /// Name in the directory.
    pub name: Vec<u8>,
    /// Name in the local header.
    pub local_name: Option<Vec<u8>>,
    /// Content.
    pub bytes: Vec<u8>,
    /// Packed content.
    pub packed: Option<Vec<u8>>,
    /// How it is packed: 0 is stored, 8 deflated, others are not read.
    pub method: Option<u16>,
    /// Flags beside that of a descriptor and that of UTF-8.
    pub flags: u16,
    /// Without the flag that says that the name is UTF-8.
    pub no_utf8: bool,
    /// Checksum in the directory.
    pub checksum: Option<u32>,
    /// Inflated size in both headers.
    pub size: Option<u32>,
    /// Extra field of the directory.
    pub extra: Vec<u8>,
    /// Comment in the directory.
    pub comment: Vec<u8>,
    /// Extra field of the local header.
    pub local_extra: Vec<u8>,
    /// Whose attributes they are.
    pub made_by: u16,
    /// Attributes.
    pub external: u32,
    /// The record after it.
    pub descriptor: Descriptor,
    /// Bytes between it and the next entry.
    pub gap: Vec<u8>,
}

impl EntryByHand {
    /// A sound entry.
    #[must_use]
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.as_bytes().to_vec(), bytes: bytes.to_vec(), ..Self::default() }
    }
}

/// A container of these entries, in this order.
///
/// # Panics
/// If it is larger than 4 GiB.
#[must_use]
pub fn container(entries: &[EntryByHand]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let long = |value: usize| u32::try_from(value).expect("below 4 GiB").to_le_bytes();
    let short = |value: usize| u16::try_from(value).expect("below 64 KiB").to_le_bytes();
    for entry in entries {
        let at = long(out.len());
        let deflated = || miniz_oxide::deflate::compress_to_vec(&entry.bytes, 6);
        let is_folder = entry.name.ends_with(b"/");
        let method = entry.method.unwrap_or(if is_folder { 0 } else { 8 });
        let packed = entry
            .packed
            .clone()
            .unwrap_or_else(|| if method == 0 { entry.bytes.clone() } else { deflated() });
        let described = entry.descriptor != Descriptor::None;
        let utf8 = if entry.no_utf8 { 0 } else { 1 << 11 };
        let flags = (entry.flags | utf8 | if described { 8 } else { 0 }).to_le_bytes();
        let checksum = crc32fast::hash(&entry.bytes);
        let size = entry.size.map_or_else(|| long(entry.bytes.len()), u32::to_le_bytes);
        let sizes = [checksum.to_le_bytes(), long(packed.len()), size].concat();
        let stated = entry.checksum.map_or(checksum.to_le_bytes(), u32::to_le_bytes);
        let in_directory = [stated, long(packed.len()), size].concat();
        let local = entry.local_name.as_ref().unwrap_or(&entry.name);
        let kind = [&[20, 0], flags.as_slice(), &method.to_le_bytes(), &[0; 4]].concat();
        out.extend_from_slice(&[b"PK\x03\x04", kind.as_slice()].concat());
        out.extend_from_slice(if described { &[0; 12] } else { &sizes });
        out.extend_from_slice(&[short(local.len()), short(entry.local_extra.len())].concat());
        out.extend_from_slice(&[local.as_slice(), &entry.local_extra, &packed].concat());
        match entry.descriptor {
            Descriptor::None => {}
            Descriptor::Signed => out.extend_from_slice(&[b"PK\x07\x08", sizes.as_slice()].concat()),
            Descriptor::Plain => out.extend_from_slice(&sizes),
        }
        out.extend_from_slice(&entry.gap);
        directory.extend_from_slice(&[b"PK\x01\x02", entry.made_by.to_le_bytes().as_slice(), &kind].concat());
        directory.extend_from_slice(&in_directory);
        let lengths = [entry.name.len(), entry.extra.len(), entry.comment.len()].map(short);
        directory.extend_from_slice(&lengths.concat());
        directory.extend_from_slice(&[&[0; 4], entry.external.to_le_bytes().as_slice(), &at].concat());
        directory.extend_from_slice(&[entry.name.as_slice(), &entry.extra, &entry.comment].concat());
    }
    let (count, at, size) = (short(entries.len()), long(out.len()), long(directory.len()));
    out.extend_from_slice(&directory);
    out.extend_from_slice(&[b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size, &at, &[0, 0]].concat());
    out
}

/// What a signature value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A seal signature of GB/T 38540-2020.
    Seal,
    /// A seal signature of GM/T 0031-2014.
    SealV1,
    /// A seal signature of GM/T 0031-2025.
    SealV5,
    /// SignedData whose content is the digest, without attributes.
    Attached,
    /// SignedData without content, the digest in its attributes.
    Detached,
    /// The signature and nothing more.
    Bare,
}

/// How a document is signed.
#[derive(Clone, Debug)]
pub struct Signing {
    /// What the value is.
    pub form: Form,
    /// `Type` in the list; left out if empty.
    pub kind: &'static str,
    /// `CheckMethod`; left out if empty.
    pub check_method: &'static str,
    /// The list of signatures is covered too.
    pub whole: bool,
    /// Earlier signatures are covered too.
    pub over_others: bool,
    /// Files that are not covered.
    pub omit: Vec<String>,
    /// Locations of references are without `/`.
    pub relative: bool,
    /// The seal stands beside the signature.
    pub with_seal_file: bool,
    /// `StampAnnot` elements.
    pub stamps: String,
    /// When.
    pub at: UnixTime,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            form: Form::Seal,
            kind: "Seal",
            check_method: "1.2.156.10197.1.401",
            whole: false,
            over_others: false,
            omit: Vec::new(),
            relative: false,
            with_seal_file: true,
            stamps: r#"<ofd:StampAnnot ID="1" PageRef="1" Boundary="90.00 8.5 30 20"/>"#.into(),
            at: now().minus(60),
        }
    }
}

/// A document while it is made.
#[derive(Clone, Debug)]
pub struct Draft<'w> {
    world: &'w SealWorld,
    /// Names and contents, in the order of the container.
    pub files: Vec<(String, Vec<u8>)>,
    /// Numbers and kinds of the signatures.
    signatures: Vec<(usize, &'static str)>,
}

fn xml(body: &str) -> Vec<u8> {
    format!(r#"<?xml version="1.0" encoding="UTF-8"?>{body}"#).into_bytes()
}

impl<'w> Draft<'w> {
    /// A document of two pages with a template, resources, an annotation and an attachment, not signed.
    #[must_use]
    pub fn new(world: &'w SealWorld) -> Self {
        let page = format!(r#"<ofd:Page {XMLNS}><ofd:PageRes>../../PublicRes.xml</ofd:PageRes></ofd:Page>"#);
        let files = [
            (
                "OFD.xml",
                format!(
                    r#"<ofd:OFD {XMLNS} DocType="OFD" Version="1.1"><ofd:DocBody><ofd:DocInfo><ofd:DocID>0</ofd:DocID><ofd:CustomDatas><ofd:CustomData Name="ZZBH">1</ofd:CustomData></ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>"#
                ),
            ),
            (
                "Doc_0/Document.xml",
                format!(
                    r#"<ofd:Document {XMLNS}><ofd:CommonData><ofd:PublicRes>PublicRes.xml</ofd:PublicRes><ofd:DocumentRes>/Doc_0/DocumentRes.xml</ofd:DocumentRes><ofd:TemplatePage ID="9" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/><ofd:Page ID="2" BaseLoc="Pages/Page_1/Content.xml"/></ofd:Pages><ofd:Annotations>Annots/Annotations.xml</ofd:Annotations><ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments></ofd:Document>"#
                ),
            ),
            (
                "Doc_0/PublicRes.xml",
                format!(
                    r#"<ofd:Res {XMLNS} BaseLoc="Res"><ofd:Fonts><ofd:Font ID="3"><ofd:FontFile>a.ttf</ofd:FontFile></ofd:Font></ofd:Fonts></ofd:Res>"#
                ),
            ),
            (
                "Doc_0/DocumentRes.xml",
                format!(
                    r#"<ofd:Res {XMLNS} BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="4"><ofd:MediaFile>qr.png</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>"#
                ),
            ),
            ("Doc_0/Res/a.ttf", "font".into()),
            ("Doc_0/Res/qr.png", "picture".into()),
            ("Doc_0/Tpls/Tpl_0/Content.xml", page.clone()),
            ("Doc_0/Pages/Page_0/Content.xml", page.clone()),
            ("Doc_0/Pages/Page_1/Content.xml", page),
            (
                "Doc_0/Annots/Annotations.xml",
                format!(
                    r#"<ofd:Annotations {XMLNS}><ofd:Page PageID="1"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>"#
                ),
            ),
            ("Doc_0/Annots/Page_0/Annotation.xml", format!("<ofd:PageAnnot {XMLNS}/>")),
            (
                "Doc_0/Attachs/Attachments.xml",
                format!(
                    r#"<ofd:Attachments {XMLNS}><ofd:Attachment ID="5" Name="data"><ofd:FileLoc>data.xml</ofd:FileLoc></ofd:Attachment></ofd:Attachments>"#
                ),
            ),
            ("Doc_0/Attachs/data.xml", "<!DOCTYPE any><any/>".into()),
        ];
        let files = files.map(|(name, body)| {
            let is_part = name.ends_with(".xml") && !name.ends_with("data.xml");
            (name.to_owned(), if is_part { xml(&body) } else { body.into_bytes() })
        });
        Self { world, files: files.to_vec(), signatures: Vec::new() }
    }

    /// Writes over a file, or adds one.
    pub fn put(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        match self.files.iter_mut().find(|(known, _)| known == name) {
            Some((_, content)) => *content = bytes.into(),
            None => self.files.push((name.to_owned(), bytes.into())),
        }
    }

    /// The text of a file.
    ///
    /// # Panics
    /// If there is no such file, or it is no text.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        std::str::from_utf8(self.get(name)).expect("text")
    }

    /// The bytes of a file.
    ///
    /// # Panics
    /// If there is no such file.
    #[must_use]
    pub fn get(&self, name: &str) -> &[u8] {
        self.files
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, bytes)| bytes)
            .expect("a file of that name")
    }

    /// Replaces text in a file, which must be there.
    ///
    /// # Panics
    /// If it is not.
    pub fn replace(&mut self, name: &str, old: &str, new: &str) {
        let text = self.text(name);
        assert!(text.contains(old), "{name} lacks {old}");
        let changed = text.replace(old, new);
        self.put(name, changed);
    }

    /// The container.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let entries: Vec<_> = self.files.iter().map(|(name, bytes)| EntryByHand::new(name, bytes)).collect();
        container(&entries)
    }

    /// The container of a document that names no list of signatures.
    ///
    /// # Panics
    /// If it is signed.
    #[must_use]
    pub fn write_without_list(&self) -> Vec<u8> {
        let mut draft = self.clone();
        draft.replace("OFD.xml", "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>", "");
        draft.write()
    }

    /// Path of `Signature.xml` of a signature.
    #[must_use]
    pub fn path(number: usize) -> String {
        format!("/Doc_0/Signs/Sign_{number}/Signature.xml")
    }

    /// Adds a signature over what is there; its number.
    ///
    /// # Panics
    /// If the seal cannot be used then.
    pub fn sign(&mut self, signing: &Signing) -> usize {
        let number = self.signatures.len();
        self.signatures.push((number, signing.kind));
        self.put("Doc_0/Signs/Signatures.xml", self.list());
        let folder = format!("Doc_0/Signs/Sign_{number}");
        let seal_bytes = self.seal(signing.form);
        if signing.with_seal_file {
            self.put(&format!("{folder}/Seal.esl"), seal_bytes.clone());
        }
        let description = self.description(number, signing);
        let value = self.value(signing, &seal_bytes, &description, &Self::path(number));
        self.put(&format!("{folder}/Signature.xml"), description);
        self.put(&format!("{folder}/SignedValue.dat"), value);
        number
    }

    /// Signs a changed `Signature.xml` again.
    ///
    /// # Panics
    /// If there is none.
    pub fn sign_again(&mut self, number: usize, signing: &Signing) {
        let folder = format!("Doc_0/Signs/Sign_{number}");
        let description = self.get(&format!("{folder}/Signature.xml")).to_vec();
        let value = self.value(signing, &self.seal(signing.form), &description, &Self::path(number));
        self.put(&format!("{folder}/SignedValue.dat"), value);
    }

    fn list(&self) -> Vec<u8> {
        let mut body =
            format!("<ofd:Signatures {XMLNS}><ofd:MaxSignId>{}</ofd:MaxSignId>", self.signatures.len());
        for (number, kind) in &self.signatures {
            let kind = if kind.is_empty() { String::new() } else { format!(r#" Type="{kind}""#) };
            let path = Self::path(*number);
            let _ = write!(body, r#"<ofd:Signature ID="{number}"{kind} BaseLoc="{path}"/>"#);
        }
        xml(&(body + "</ofd:Signatures>"))
    }

    fn description(&self, number: usize, signing: &Signing) -> Vec<u8> {
        let own = format!("Doc_0/Signs/Sign_{number}/");
        let is_covered = |name: &str| {
            let signs = name.starts_with("Doc_0/Signs/Sign_");
            let list = name == "Doc_0/Signs/Signatures.xml";
            let of_signature = !signs || name.starts_with(&own) || signing.over_others;
            of_signature && (!list || signing.whole) && !signing.omit.iter().any(|omitted| omitted == name)
        };
        let mut references = String::new();
        for (name, bytes) in self.files.iter().filter(|(name, _)| is_covered(name)) {
            let digest = encode_padded(&digest(signing.check_method, bytes));
            let slash = if signing.relative { "" } else { "/" };
            let _ = write!(
                references,
                r#"<ofd:Reference FileRef="{slash}{name}"><ofd:CheckValue>{digest}</ofd:CheckValue></ofd:Reference>"#
            );
        }
        let method = match signing.check_method {
            "" => String::new(),
            name => format!(r#" CheckMethod="{name}""#),
        };
        let seal = match signing.with_seal_file {
            true => format!("<ofd:Seal><ofd:BaseLoc>/{own}Seal.esl</ofd:BaseLoc></ofd:Seal>"),
            false => String::new(),
        };
        let stamps = &signing.stamps;
        xml(&format!(
            r#"<ofd:Signature {XMLNS}><ofd:SignedInfo><ofd:Provider ProviderName="kit"/><ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod><ofd:SignatureDateTime>20260701120000Z</ofd:SignatureDateTime><ofd:References{method}>{references}</ofd:References>{stamps}{seal}</ofd:SignedInfo><ofd:SignedValue>/{own}SignedValue.dat</ofd:SignedValue></ofd:Signature>"#
        ))
    }

    fn seal(&self, form: Form) -> Vec<u8> {
        let world = self.world;
        match form {
            Form::SealV1 => first_seal(world),
            Form::SealV5 => world.seal(&SealInfo { number: 5, ..world.info() }),
            Form::Seal | Form::Attached | Form::Detached | Form::Bare => world.seal(&world.info()),
        }
    }

    fn value(&self, signing: &Signing, seal_bytes: &[u8], document: &[u8], property: &str) -> Vec<u8> {
        let world = self.world;
        let (key, _) = &world.signer;
        let document_digest = key.reference().alg().digest(&[document]);
        match signing.form {
            Form::Seal | Form::SealV5 => {
                world.signature_over(seal_bytes, signing.at, document_digest, property)
            }
            Form::SealV1 => first_signature(world, seal_bytes, signing.at, &document_digest, property),
            Form::Attached => signed_data(world, Some(&document_digest), None),
            Form::Detached => signed_data(world, None, Some((&document_digest, signing.at))),
            Form::Bare => der_signature(key, document),
        }
    }
}

/// The digest of that name in `CheckMethod`; of one that nobody knows, that of SM3.
fn digest(check_method: &str, bytes: &[u8]) -> Vec<u8> {
    match check_method {
        "" | "MD5" => md5::compute(bytes).0.to_vec(),
        "SHA1" | "1.3.14.3.2.26" => Sha1::from(bytes).digest().bytes().to_vec(),
        name if name.starts_with("SHA") || name.starts_with("2.16") => ES256.digest(&[bytes]).to_vec(),
        _ => SM2_SM3.digest(&[bytes]).to_vec(),
    }
}

/// A seal of version 1: no type of list, UTCTime, the maker's part in one.
fn first_seal(world: &SealWorld) -> Vec<u8> {
    let SealInfo { created, valid_from, valid_until, .. } = world.info();
    let later = world.info().write().expect("a seal by the rules");
    let property = elements(content(part(&later, &[2])));
    let times = [created, valid_from, valid_until].map(utc_time);
    let header = sequence(&[part(&later, &[0, 0]), &[2, 1, 1], part(&later, &[0, 2])]);
    let property = sequence(&[property[0], property[1], property[3], &times[0], &times[1], &times[2]]);
    let info = sequence(&[&header, part(&later, &[1]), &property, part(&later, &[3])]);
    let (key, certificate) = (&world.maker.0, tlv(4, &[&world.maker.1]));
    let oid = algorithm_oid(key);
    let value = der_signature(key, &sequence(&[&info, &certificate, &oid]));
    sequence(&[&info, &sequence(&[&certificate, &oid, &bits(&value)])])
}

fn first_signature(
    world: &SealWorld,
    seal_bytes: &[u8],
    at: UnixTime,
    document: &Digest32,
    property: &str,
) -> Vec<u8> {
    let key = &world.signer.0;
    let to_sign = sequence(&[
        &[2, 1, 1],
        seal_bytes,
        &bits(&utc_time(at)),
        &bits(document),
        &tlv(0x16, &[property.as_bytes()]),
        &tlv(4, &[&world.signer.1]),
        &algorithm_oid(key),
    ]);
    sequence(&[&to_sign, &bits(&der_signature(key, &to_sign))])
}

/// Object identifiers of SignedData.
const SIGNED_DATA: &[u8] = &[6, 10, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2, 2];
const DATA: &[u8] = &[6, 10, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2, 1];
const SM3: &[u8] = &[6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11];
const SHA256: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
/// PKCS #9: content type 3, message digest 4, signing time 5.
const ATTRIBUTE: [u8; 10] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9];

/// SignedData of GB/T 35275 by the signer: over a content, or over attributes with a digest and a signing time.
///
/// # Panics
/// If it is over neither.
#[must_use]
pub fn signed_data(
    world: &SealWorld,
    content: Option<&[u8]>,
    attributes: Option<(&[u8], UnixTime)>,
) -> Vec<u8> {
    let (key, certificate) = &world.signer;
    let digest = sequence(&[if world.algorithm == Algorithm::Sm2 { SM3 } else { SHA256 }]);
    let attribute =
        |number: u8, value: &[u8]| sequence(&[&[&ATTRIBUTE[..], &[number]].concat(), &tlv(0x31, &[value])]);
    let attributes = attributes.map(|(digest, at)| {
        let (kind, time) = (attribute(3, DATA), attribute(5, &utc_time(at)));
        let mut all = [kind, time, attribute(4, &tlv(4, &[digest]))];
        all.sort();
        all.concat()
    });
    let message = attributes.as_ref().map(|attributes| tlv(0x31, &[attributes]));
    let message = message.as_deref().or(content).expect("something to sign");
    let signature = der_signature(key, message);
    let issuer = sequence(&[part(certificate, &[0, 3]), part(certificate, &[0, 1])]);
    let signer = sequence(&[
        &[2, 1, 1],
        &issuer,
        &digest,
        &attributes.map(|attributes| tlv(0xa0, &[&attributes])).unwrap_or_default(),
        &sequence(&[&algorithm_oid(key)]),
        &tlv(4, &[&signature]),
    ]);
    let content = content.map(|content| tlv(0xa0, &[&tlv(4, &[content])])).unwrap_or_default();
    let body = sequence(&[
        &[2, 1, 1],
        &tlv(0x31, &[&digest]),
        &sequence(&[DATA, &content]),
        &tlv(0xa0, &[certificate]),
        &tlv(0x31, &[&signer]),
    ]);
    sequence(&[SIGNED_DATA, &tlv(0xa0, &[&body])])
}
