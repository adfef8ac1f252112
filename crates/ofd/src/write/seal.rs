//! The seal over a document (GB/T 33190 §18): where it is seen and what it covers.

use std::fmt;
use std::fmt::Write as _;

use boyin_model::alg::{Digest32, VerifyAlg};
use boyin_model::b64::encode_padded;
use boyin_model::json::Reader;
use boyin_model::seal::{Seal, SealSignature};
use boyin_model::time::UnixTime;

use super::check;
use super::container::{self, Piece};
use super::error::{Place, WriteError, WriteFault};
use super::files::page_number;
use super::geometry::Area;
use super::text::{Escaped, Mm, XMLNS, file};
use crate::limits::MAX_STAMPS;

const LIST: &str = "Doc_0/Signs/Signatures.xml";
const SEAL: &str = "Doc_0/Signs/Sign_0/Seal.esl";
/// From the root, as a seal signature says what it is over (`propertyInfo`).
const DESCRIPTION: &str = "/Doc_0/Signs/Sign_0/Signature.xml";
const VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";
/// The end of `OFD.xml`.
const SEALED_END: &str =
    "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>";
const UNSEALED_END: &str = "</ofd:DocBody></ofd:OFD>";

/// Where the seal is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StampPlace {
    /// The page, from 0.
    pub page: usize,
    /// What the seal's picture fills; it has to be on the page.
    pub boundary: Area,
}

/// The program that seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider<'p> {
    /// Its name.
    pub name: &'p str,
    /// Its version.
    pub version: &'p str,
    /// Who made it.
    pub company: &'p str,
}

/// A document whose files are fixed and that has no seal.
#[derive(Clone)]
pub struct Unsealed {
    /// `OFD.xml` up to where it names the signatures.
    pub(super) entry: String,
    /// All other files.
    pub(super) pieces: Vec<Piece>,
    /// Width and height of each page.
    pub(super) pages: Vec<(i32, i32)>,
}

/// Counts only: what a document says can be a person's.
impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsealed({} pages)", self.pages.len())
    }
}

impl Unsealed {
    /// Bytes that `OFD.xml` has beside `entry`, at most.
    pub(super) const ROOT_END_BYTES: usize = SEALED_END.len() + 64;

    /// The container of the document as it is, without a seal: a draft, which proves nothing.
    ///
    /// # Errors
    /// [`WriteFault::Size`].
    pub fn finish_without_seal(self) -> Result<Vec<u8>, WriteError> {
        let pieces = self.with_root(UNSEALED_END);
        container::write(&pieces).map_err(|fault| Place::Document.is(fault))
    }

    /// Says where the seal is seen, and fixes what it covers: every file, `OFD.xml`, the list of signatures and the seal
    /// itself among them, but neither `Signature.xml` nor the signature value.
    ///
    /// `seal` is the seal (`SESeal`, DER); `alg` the algorithm of the signer's key, whose digest is also that of the files:
    /// SM3 for SM2. `at` is only what the document says about when it was sealed.
    ///
    /// # Errors
    /// [`WriteError`]: a stamp that is not on a page, no stamp, no seal, an algorithm that is not for this.
    pub fn prepare(
        self,
        stamps: &[StampPlace],
        seal: &[u8],
        alg: &dyn VerifyAlg,
        provider: &Provider<'_>,
        at: UnixTime,
    ) -> Result<PreparedOfd, WriteError> {
        self.check(stamps, seal, provider)?;
        let unknown = Place::Seal.is(WriteFault::Algorithm);
        let check_method = match alg.id().digest {
            "sm3" => "1.2.156.10197.1.401",
            "sha-256" => "2.16.840.1.101.3.4.2.1",
            _ => return Err(unknown),
        };
        let method = alg.id().oid.ok_or(unknown)?;
        let mut pieces = self.with_root(SEALED_END);
        pieces.push(Piece { name: LIST.into(), bytes: list(stamps.len()) });
        pieces.push(Piece { name: SEAL.into(), bytes: seal.to_vec() });
        let Provider { name, version, company } = provider;
        let (name, version, company) = (Escaped(name), Escaped(version), Escaped(company));
        let (references, stamps) = (references(&pieces, alg), annotations(stamps));
        // Below what is read: no draft has so many files and stamps that this had more than half of it.
        let description = file(&format!(
            r#"<ofd:Signature {XMLNS}><ofd:SignedInfo><ofd:Provider ProviderName="{name}" Version="{version}" Company="{company}"/><ofd:SignatureMethod>{method}</ofd:SignatureMethod><ofd:SignatureDateTime>{at}</ofd:SignatureDateTime><ofd:References CheckMethod="{check_method}">{references}</ofd:References>{stamps}<ofd:Seal><ofd:BaseLoc>/{SEAL}</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo><ofd:SignedValue>/{VALUE}</ofd:SignedValue></ofd:Signature>"#
        ));
        let digest = alg.digest(&[&description]);
        Ok(PreparedOfd { pieces, description, digest, seal: seal.to_vec() })
    }

    fn check(&self, stamps: &[StampPlace], seal: &[u8], provider: &Provider<'_>) -> Result<(), WriteError> {
        Place::Seal.needs(!stamps.is_empty(), WriteFault::NoStamp)?;
        Place::Seal.needs(stamps.len() <= MAX_STAMPS, WriteFault::TooMany)?;
        for (nth, stamp) in stamps.iter().enumerate() {
            let place = Place::Stamp(nth);
            let (width, height) = *self.pages.get(stamp.page).ok_or(place.is(WriteFault::Index))?;
            check::stamp(place, stamp.boundary, width, height)?;
        }
        for said in [provider.name, provider.version, provider.company] {
            check::text(Place::Seal, said)?;
        }
        Place::Seal.needs(Seal::read(seal, Reader::Field).is_ok(), WriteFault::Seal)
    }

    /// All files, `OFD.xml` first.
    fn with_root(self, end: &str) -> Vec<Piece> {
        let root = Piece { name: "OFD.xml".into(), bytes: file(&(self.entry + end)) };
        [root].into_iter().chain(self.pieces).collect()
    }
}

/// Every file with its digest.
fn references(pieces: &[Piece], alg: &dyn VerifyAlg) -> String {
    let contents: Vec<_> = pieces.iter().map(|piece| piece.bytes.as_slice()).collect();
    let mut all = String::new();
    for (piece, digest) in pieces.iter().zip(alg.digest_many(&contents)) {
        let (name, digest) = (Escaped(&piece.name), encode_padded(&digest));
        let _ = write!(
            all,
            r#"<ofd:Reference FileRef="/{name}"><ofd:CheckValue>{digest}</ofd:CheckValue></ofd:Reference>"#
        );
    }
    all
}

/// Where the seal is seen.
fn annotations(stamps: &[StampPlace]) -> String {
    let mut all = String::new();
    for (nth, stamp) in stamps.iter().enumerate() {
        let (id, page) = (stamp_number(nth), page_number(stamp.page));
        let Area { x, y, width, height } = stamp.boundary;
        let [left, top, width, height] = [x, y, width, height].map(|value| Mm(value.into()));
        let _ = write!(
            all,
            r#"<ofd:StampAnnot ID="{id}" PageRef="{page}" Boundary="{left} {top} {width} {height}"/>"#
        );
    }
    all
}

/// `Signatures.xml`: the one signature. Its number and those of the stamps are one series, as the standard has it.
fn list(stamps: usize) -> Vec<u8> {
    let (id, last) = (number(1), stamp_number(stamps - 1));
    file(&format!(
        r#"<ofd:Signatures {XMLNS}><ofd:MaxSignId>{last}</ofd:MaxSignId><ofd:Signature ID="{id}" Type="Seal" BaseLoc="{DESCRIPTION}"/></ofd:Signatures>"#
    ))
}

fn stamp_number(nth: usize) -> String {
    number(nth + 2)
}

/// The standard advises `sNNN`; a digit cannot begin it (`xs:ID`).
fn number(nth: usize) -> String {
    format!("s{nth:03}")
}

/// A document that lacks its seal signature only.
#[derive(Clone)]
pub struct PreparedOfd {
    pieces: Vec<Piece>,
    description: Vec<u8>,
    digest: Digest32,
    seal: Vec<u8>,
}

/// Counts only: what a document says can be a person's.
impl fmt::Debug for PreparedOfd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreparedOfd({} files)", self.pieces.len())
    }
}

impl PreparedOfd {
    /// What the seal signature is over: `Signature.xml`, which names every other file with its digest.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.description
    }

    /// Its digest under the algorithm of the signer's key (`dataHash`).
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        self.digest
    }

    /// What the seal signature says that it is over (`propertyInfo`): the path of `Signature.xml`.
    #[must_use]
    pub fn property(&self) -> &'static str {
        DESCRIPTION
    }

    /// Joins the seal signature (`SES_Signature`, DER). Whether it holds, the verifier says; here it has to be one of this
    /// seal over this document.
    ///
    /// # Errors
    /// [`WriteError`]: no seal signature, one of another seal or document, or a container that is too large.
    pub fn complete(self, signed_value: &[u8]) -> Result<Vec<u8>, WriteError> {
        let read = SealSignature::read(signed_value, Reader::Field);
        let signature = read.map_err(|_| Place::Value.is(WriteFault::Value))?;
        let is_ours = signature.seal.bytes == self.seal
            && signature.document_digest == self.digest
            && signature.property == DESCRIPTION;
        Place::Value.needs(is_ours, WriteFault::ValueOfOther)?;
        let mut pieces = self.pieces;
        let name = DESCRIPTION.trim_start_matches('/').to_owned();
        pieces.push(Piece { name, bytes: self.description });
        pieces.push(Piece { name: VALUE.into(), bytes: signed_value.to_vec() });
        container::write(&pieces).map_err(|fault| Place::Document.is(fault))
    }
}
