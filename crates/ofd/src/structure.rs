//! The files that say what a container consists of: `OFD.xml`, `Signatures.xml`, `Signature.xml` (GB/T 33190 §7.4, §18).

use boyin_model::b64;
use boyin_model::seal::CertificateDigest;

use crate::held::of_entries;
use crate::limits::{MAX_DOCUMENTS, MAX_ENTRIES, MAX_SIGNATURES, MAX_STAMPS};
use crate::xml::{Element, XmlFault};

/// Why a file does not say what it has to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StructureFault {
    /// It is no XML that is read.
    #[error("{0}")]
    Xml(#[from] XmlFault),
    /// Its root is another element.
    #[error("the root is not {0}")]
    Root(&'static str),
    /// An element or attribute is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An element or a number occurs twice where readers take either.
    #[error("{0} occurs twice")]
    Repeated(&'static str),
    /// A value that the standard does not allow.
    #[error("{0} has a value that is not allowed")]
    Value(&'static str),
    /// More than a limit.
    #[error("there are more {0} than are read")]
    TooMany(&'static str),
}

impl StructureFault {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Xml(fault) => fault.code(),
            Self::Root(_) => "root",
            Self::Missing(_) => "missing",
            Self::Repeated(_) => "repeated",
            Self::Value(_) => "value",
            Self::TooMany(_) => "too_many",
        }
    }
}

/// One document of a container (`DocBody`).
#[derive(Debug)]
pub(crate) struct Body {
    /// Where its root is.
    pub(crate) root: String,
    /// Its versions: where each is described, and whether it is the one that is shown.
    pub(crate) versions: Vec<(String, bool)>,
    pub(crate) cover: Option<String>,
    /// Where its signatures are listed.
    pub(crate) signatures: Option<String>,
    /// Its metadata by name, every one that there is.
    pub(crate) custom: Vec<(String, String)>,
}

/// Reads `OFD.xml`.
pub(crate) fn bodies(bytes: &[u8]) -> Result<Vec<Body>, StructureFault> {
    let root = Element::root(bytes, "OFD")?;
    let mut found = Vec::new();
    for body in root.all("DocBody") {
        if found.len() == MAX_DOCUMENTS {
            return Err(StructureFault::TooMany("DocBody"));
        }
        found.push(Body::of(body)?);
    }
    if found.is_empty() { Err(StructureFault::Missing("DocBody")) } else { Ok(found) }
}

impl Body {
    fn of(body: &Element) -> Result<Self, StructureFault> {
        let mut versions = Vec::new();
        if let Some(list) = body.maybe("Versions")? {
            for version in list.all("Version") {
                if versions.len() == MAX_DOCUMENTS {
                    return Err(StructureFault::TooMany("Version"));
                }
                let current = match version.attribute("Current") {
                    Some("true" | "1") => true,
                    None | Some("false" | "0") => false,
                    Some(_) => return Err(StructureFault::Value("Current")),
                };
                versions.push((version.needed("BaseLoc")?.to_owned(), current));
            }
        }
        if versions.iter().filter(|(_, current)| *current).count() > 1 {
            return Err(StructureFault::Repeated("Current"));
        }
        let cover = match body.maybe("DocInfo")? {
            Some(info) => info.maybe("Cover")?.map(|cover| cover.text().to_owned()),
            None => None,
        };
        let signatures = body.maybe("Signatures")?.map(|place| place.text().to_owned());
        let (root, custom) = (body.one("DocRoot")?.text().to_owned(), custom(body));
        Ok(Self { root, versions, cover, signatures, custom })
    }
}

/// The metadata of a document. What has no name says nothing; what is said twice is here twice.
fn custom(body: &Element) -> Vec<(String, String)> {
    let lists = body.all("DocInfo").flat_map(|info| info.all("CustomDatas"));
    let pairs = lists.flat_map(|list| list.all("CustomData"));
    pairs.filter_map(|pair| Some((pair.attribute("Name")?.to_owned(), pair.text().to_owned()))).collect()
}

/// What a signature says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureKind {
    /// With a seal (`Seal`).
    Seal,
    /// Without one (`Sign`).
    Sign,
}

impl SignatureKind {
    /// `seal` or `sign`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Sign => "sign",
        }
    }
}

/// An entry of `Signatures.xml`.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: String,
    /// `None` if it does not say: then the standard takes it for a seal.
    pub(crate) kind: Option<SignatureKind>,
    pub(crate) location: String,
}

/// Reads `Signatures.xml`.
pub(crate) fn signatures(bytes: &[u8]) -> Result<Vec<Listed>, StructureFault> {
    let root = Element::root(bytes, "Signatures")?;
    let mut found: Vec<Listed> = Vec::new();
    for signature in root.all("Signature") {
        if found.len() == MAX_SIGNATURES {
            return Err(StructureFault::TooMany("Signature"));
        }
        let kind = match signature.attribute("Type") {
            None => None,
            Some("Seal") => Some(SignatureKind::Seal),
            Some("Sign") => Some(SignatureKind::Sign),
            Some(_) => return Err(StructureFault::Value("Type")),
        };
        let (id, location) = (signature.needed("ID")?, signature.needed("BaseLoc")?);
        if found.iter().any(|known| known.id == id) {
            return Err(StructureFault::Repeated("ID"));
        }
        found.push(Listed { id: id.to_owned(), kind, location: location.to_owned() });
    }
    Ok(found)
}

/// Which digest the references of a signature have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckMethod {
    /// One that is accepted: `sm3` or `sha-256`.
    Accepted(&'static str),
    /// One for which other files of the same digest can be made: `md5` (also where nothing is said, GB/T 33190 §18.2.1) or
    /// `sha-1`.
    Weak(&'static str),
    /// One that is not known.
    Unknown,
}

impl CheckMethod {
    fn of(name: Option<&str>) -> Self {
        let Some(name) = name.map(str::trim) else { return Self::Weak("md5") };
        if let Some(digest) = (CertificateDigest { algorithm: name, value: &[] }).digest() {
            return Self::Accepted(digest);
        }
        let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if is(&["MD5", "1.2.840.113549.2.5"]) {
            Self::Weak("md5")
        } else if is(&["SHA1", "SHA-1", "1.3.14.3.2.26"]) {
            Self::Weak("sha-1")
        } else {
            Self::Unknown
        }
    }

    /// `sm3`, `sha-256`, `md5`, `sha-1` or `unknown`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted(name) | Self::Weak(name) => name,
            Self::Unknown => "unknown",
        }
    }
}

/// A file and its digest.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) location: String,
    pub(crate) digest: Vec<u8>,
}

/// Where a signature is shown (`StampAnnot`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Number of the page in its document.
    pub page: String,
    /// Left, top, width and height in thousandths of a millimeter.
    pub boundary: [i64; 4],
    /// The part of it that is shown, in the same way; `None` is all of it.
    pub clip: Option<[i64; 4]>,
}

/// `Signature.xml`.
#[derive(Debug)]
pub(crate) struct SignatureFile {
    pub(crate) method: CheckMethod,
    pub(crate) references: Vec<Reference>,
    pub(crate) stamps: Vec<Stamp>,
    /// Where the seal stands beside the signature.
    pub(crate) seal: Option<String>,
    /// Where the signature value is.
    pub(crate) value: String,
}

impl SignatureFile {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, StructureFault> {
        let root = Element::root(bytes, "Signature")?;
        let info = root.one("SignedInfo")?;
        let list = info.one("References")?;
        let mut references = Vec::new();
        for reference in list.all("Reference") {
            if references.len() == MAX_ENTRIES {
                return Err(StructureFault::TooMany("Reference"));
            }
            let digest = b64::decode_of_others(reference.one("CheckValue")?.text().as_bytes());
            references.push(Reference {
                location: reference.needed("FileRef")?.to_owned(),
                digest: digest.map_err(|_| StructureFault::Value("CheckValue"))?,
            });
        }
        let mut stamps = Vec::new();
        for stamp in info.all("StampAnnot") {
            if stamps.len() == MAX_STAMPS {
                return Err(StructureFault::TooMany("StampAnnot"));
            }
            stamps.push(Stamp::of(stamp)?);
        }
        let seal = match info.maybe("Seal")? {
            Some(seal) => Some(seal.one("BaseLoc")?.text().to_owned()),
            None => None,
        };
        let method = CheckMethod::of(list.attribute("CheckMethod"));
        Ok(Self { method, references, stamps, seal, value: root.one("SignedValue")?.text().to_owned() })
    }

    /// Bytes that are held, about.
    pub(crate) fn held(&self) -> usize {
        let references = self.references.iter();
        let references: usize = references.map(|one| one.location.len() + one.digest.len()).sum();
        let stamps: usize = self.stamps.iter().map(|stamp| stamp.page.len()).sum();
        let entries = of_entries::<Reference>(self.references.len()) + of_entries::<Stamp>(self.stamps.len());
        references + stamps + entries
    }
}

impl Stamp {
    fn of(stamp: &Element) -> Result<Self, StructureFault> {
        let boundary = rectangle(stamp.needed("Boundary")?).ok_or(StructureFault::Value("Boundary"))?;
        let clip = match stamp.attribute("Clip") {
            Some(clip) => Some(rectangle(clip).ok_or(StructureFault::Value("Clip"))?),
            None => None,
        };
        Ok(Self { page: stamp.needed("PageRef")?.to_owned(), boundary, clip })
    }
}

/// Four numbers of millimeters; the last two are not negative.
pub(crate) fn rectangle(text: &str) -> Option<[i64; 4]> {
    let mut numbers = text.split_ascii_whitespace().map(thousandths);
    let all = [numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??];
    (numbers.next().is_none() && all[2] >= 0 && all[3] >= 0).then_some(all)
}

/// Thousandths of a millimeter as a number of millimeters: `8500` is `8.5`.
#[must_use]
pub fn millimeters(thousandths: i64) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let value = thousandths.unsigned_abs();
    let text = format!("{sign}{}.{:03}", value / 1000, value % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A decimal number below a million, in thousandths; further digits are dropped.
fn thousandths(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.len() > 6 || fraction.len() > 20 || whole.len() + fraction.len() == 0 {
        return None;
    }
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let places = [whole, &fraction[..fraction.len().min(3)], &"000"[fraction.len().min(3)..]].concat();
    let value: i64 = places.parse().ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests;
