//! The license credential: a signed set of claims of which the personal ones are hidden behind salted digests.
//!
//! `docs/format.md` §4. Reading goes in steps, and each step keeps the received bytes: [`Envelope::open`] splits and
//! decodes, [`Envelope::read`] reads the JSON, [`reveal`] puts the disclosed claims in their places, and
//! [`LicenseClaims::read`] gives them their types. None of these steps proves anything: only the verifier does.

mod claims;
mod disclosure;
mod metadata;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

pub use claims::{ClaimError, ClaimFault, FieldValue, ISSUER_URN, LICENSE_TYPE_URN, LicenseClaims};
pub use disclosure::{
    DECOY_MULTIPLE, Disclosure, DisclosureFault, RESERVED_NAMES, Revealed, SALT_BYTES, SALT_CHARS, reveal,
};
pub(crate) use metadata::is_pinyin_of_documents;
pub use metadata::{HOLDER_KIND_PINYIN, Hidden, METADATA, TYPE_CODE_PINYIN, Term};

use crate::b64::{self, Decoder};
use crate::json::{self, JsonError, JsonErrorKind, Object, Reader, Value};
use crate::jws::{self, Encoded, Header, JwsError, TYP_LICENSE};
use crate::limits::{MAX_CREDENTIAL_BYTES, MAX_DISCLOSURES};

/// Which of the two serializations the bytes use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serialization {
    /// `<header>.<payload>.<signature>~<disclosure>~…~`
    Compact,
    /// Flattened JSON (RFC 9901 §8).
    Json,
}

/// A credential, split and decoded but not understood.
#[derive(Clone)]
pub struct Envelope<'b> {
    serialization: Serialization,
    reader: Reader,
    canonical: bool,
    signing_input: Cow<'b, [u8]>,
    /// What the base64url texts stand for, one after the other.
    decoded: Vec<u8>,
    header: Range<usize>,
    payload: Range<usize>,
    signature: Range<usize>,
    disclosures: Vec<EncodedDisclosure<'b>>,
}

/// Shows the serialization only: the content is personal.
impl std::fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({:?}, ..)", self.serialization)
    }
}

#[derive(Clone)]
struct EncodedDisclosure<'b> {
    text: Cow<'b, str>,
    /// Where in the decoded bytes its JSON is.
    json: Range<usize>,
}

/// The JSON of a credential, understood as far as its shape goes.
#[derive(Clone)]
pub struct Credential<'e> {
    /// Protected header.
    pub header: Header<'e>,
    /// All signed claims, digests included.
    pub payload: Object<'e>,
    /// What the presenter reveals, in the order received.
    pub disclosures: Vec<Disclosure<'e>>,
    /// Whether every part was canonical; always true for [`Reader::Ours`].
    pub canonical: bool,
}

/// Shows nothing: the content is personal.
impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(..)")
    }
}

impl<'b> Envelope<'b> {
    /// Splits and decodes either serialization; the first byte decides which.
    ///
    /// # Errors
    /// [`FormatError`] if the bytes are neither, are larger than [`MAX_CREDENTIAL_BYTES`], hold more than
    /// [`MAX_DISCLOSURES`] disclosures, or end in a key-binding token.
    pub fn open(bytes: &'b [u8], reader: Reader) -> Result<Self, FormatError> {
        if bytes.len() > MAX_CREDENTIAL_BYTES {
            return Err(FormatError::new(Part::Envelope, FormatFault::TooLarge));
        }
        if bytes.first() == Some(&b'{') {
            Self::open_json(bytes, reader)
        } else {
            Self::open_compact(bytes, reader)
        }
    }

    fn open_compact(bytes: &'b [u8], reader: Reader) -> Result<Self, FormatError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|fault| FormatError::at(Part::Envelope, FormatFault::Malformed, fault.valid_up_to()))?;
        let malformed = FormatError::new(Part::Envelope, FormatFault::Malformed);
        let (jws, rest) = text.split_at(memchr::memchr(b'~', bytes).ok_or(malformed)?);
        if !rest.ends_with('~') {
            // Otherwise the text ends inside a disclosure: a download that was cut off.
            let last = rest.rsplit('~').next().unwrap_or(rest);
            let is_token = last.split('.').count() == 3 && last.split('.').all(|part| !part.is_empty());
            let fault = if is_token { FormatFault::KeyBinding } else { FormatFault::Malformed };
            return Err(FormatError::new(Part::Envelope, fault));
        }
        let jws = jws.as_bytes();
        let [header, payload, signature] = jws::split(jws).map_err(envelope_fault)?;
        let mut decoder = Decoder::new(bytes.len());
        let mut decode =
            |part: Encoded<'_>| decoder.push(part.text).map_err(|_| envelope_fault(part.fault(jws)));
        let [header_at, payload_at, signature_at] = [decode(header)?, decode(payload)?, decode(signature)?];
        // Every tilde but the first ends a disclosure.
        let tildes = memchr::memchr_iter(b'~', rest.as_bytes());
        let count = tildes.clone().count() - 1;
        let texts =
            tildes.clone().zip(tildes.skip(1)).map(|(before, after)| Cow::Borrowed(&rest[before + 1..after]));
        Ok(Self {
            serialization: Serialization::Compact,
            reader,
            canonical: true,
            signing_input: Cow::Borrowed(&jws[..signature.start - 1]),
            header: header_at,
            payload: payload_at,
            signature: signature_at,
            disclosures: decode_disclosures(&mut decoder, count, texts)?,
            decoded: decoder.into_bytes(),
        })
    }

    fn open_json(bytes: &'b [u8], reader: Reader) -> Result<Self, FormatError> {
        let parsed = json::parse(bytes, reader).map_err(|fault| FormatError::json(Part::Envelope, fault))?;
        let malformed = FormatError::new(Part::Envelope, FormatFault::Malformed);
        let object = parsed.value.as_object().ok_or(malformed)?;
        let text = |name| object.get(name).and_then(Value::as_text).ok_or(malformed);
        let (protected, payload) = (text("protected")?, text("payload")?);
        let unprotected = object.get("header").and_then(Value::as_object).ok_or(malformed)?;
        if unprotected.get("kb_jwt").is_some() {
            return Err(FormatError::new(Part::Envelope, FormatFault::KeyBinding));
        }
        if object.len() != 4 || unprotected.len() != 1 {
            return Err(malformed);
        }
        let listed = unprotected.get("disclosures").and_then(Value::as_array).ok_or(malformed)?;
        if listed.iter().any(|item| item.as_text().is_none()) {
            return Err(malformed);
        }
        let texts = listed.iter().filter_map(|item| match item {
            Value::Text(text) => Some(text.clone()),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Array(_) | Value::Object(_) => None,
        });
        let mut decoder = Decoder::new(bytes.len());
        let mut decode = |part: &str| decoder.push(part.as_bytes()).map_err(|_| malformed);
        let [header_at, payload_at] = [decode(protected)?, decode(payload)?];
        let signature_at = decode(text("signature")?)?;
        Ok(Self {
            serialization: Serialization::Json,
            reader,
            canonical: parsed.canonical,
            signing_input: Cow::Owned([protected, payload].join(".").into_bytes()),
            header: header_at,
            payload: payload_at,
            signature: signature_at,
            disclosures: decode_disclosures(&mut decoder, listed.len(), texts)?,
            decoded: decoder.into_bytes(),
        })
    }

    /// Which serialization the bytes used.
    #[must_use]
    pub fn serialization(&self) -> Serialization {
        self.serialization
    }

    /// What was signed: the ASCII of `<header>.<payload>` as received.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }

    /// The raw signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.decoded[self.signature.clone()]
    }

    /// Reads header, payload and disclosures.
    ///
    /// # Errors
    /// [`FormatError`] for JSON faults, a header of another shape or type, a disclosure that is none.
    pub fn read(&self) -> Result<Credential<'_>, FormatError> {
        let (header, canonical_header) = Header::read(&self.decoded[self.header.clone()], self.reader)
            .map_err(|fault| match fault {
                JwsError::Header(fault) => FormatError::json(Part::Header, fault),
                JwsError::TooLarge { .. }
                | JwsError::Parts
                | JwsError::Base64 { .. }
                | JwsError::HeaderMember(_)
                | JwsError::Payload(_)
                | JwsError::WrongType
                | JwsError::Claim(_) => FormatError::new(Part::Header, FormatFault::Malformed),
            })?;
        if header.typ != TYP_LICENSE {
            return Err(FormatError::new(Part::Header, FormatFault::WrongType));
        }
        let parsed = json::parse(&self.decoded[self.payload.clone()], self.reader)
            .map_err(|fault| FormatError::json(Part::Payload, fault))?;
        let Value::Object(payload) = parsed.value else {
            return Err(FormatError::new(Part::Payload, FormatFault::Malformed));
        };
        let mut canonical = self.canonical && canonical_header && parsed.canonical;
        let mut disclosures = Vec::with_capacity(self.disclosures.len());
        for (index, encoded) in self.disclosures.iter().enumerate() {
            let json = &self.decoded[encoded.json.clone()];
            let (disclosure, spelled_well) = Disclosure::read(&encoded.text, json, self.reader)
                .map_err(|fault| FormatError { part: Part::Disclosure(index), ..fault })?;
            canonical &= spelled_well;
            disclosures.push(disclosure);
        }
        Ok(Credential { header, payload, disclosures, canonical })
    }

    /// The compact serialization of the same signed bytes with the disclosures for which `keep` says yes.
    #[must_use]
    pub fn to_compact(&self, mut keep: impl FnMut(usize) -> bool) -> Vec<u8> {
        let mut out = self.signing_input.to_vec();
        out.push(b'.');
        out.extend_from_slice(b64::encode(self.signature()).as_bytes());
        out.push(b'~');
        for (index, disclosure) in self.disclosures.iter().enumerate() {
            if keep(index) {
                out.extend_from_slice(disclosure.text.as_bytes());
                out.push(b'~');
            }
        }
        out
    }

    /// The JSON serialization of the same signed bytes with the disclosures for which `keep` says yes.
    #[must_use]
    pub fn to_json(&self, mut keep: impl FnMut(usize) -> bool) -> Vec<u8> {
        let disclosures: Vec<&str> = self
            .disclosures
            .iter()
            .enumerate()
            .filter(|(index, _)| keep(*index))
            .map(|(_, disclosure)| disclosure.text.as_ref())
            .collect();
        json::canonical(&serde_json::json!({
            "header": { "disclosures": disclosures },
            "payload": b64::encode(&self.decoded[self.payload.clone()]),
            "protected": b64::encode(&self.decoded[self.header.clone()]),
            "signature": b64::encode(self.signature()),
        }))
    }
}

fn decode_disclosures<'b>(
    decoder: &mut Decoder,
    count: usize,
    texts: impl Iterator<Item = Cow<'b, str>>,
) -> Result<Vec<EncodedDisclosure<'b>>, FormatError> {
    if count > MAX_DISCLOSURES {
        return Err(FormatError::new(Part::Envelope, FormatFault::TooLarge));
    }
    let mut disclosures = Vec::with_capacity(count);
    for text in texts {
        let json = decoder
            .push(text.as_bytes())
            .map_err(|_| FormatError::new(Part::Disclosure(disclosures.len()), FormatFault::Malformed))?;
        disclosures.push(EncodedDisclosure { text, json });
    }
    Ok(disclosures)
}

fn envelope_fault(fault: JwsError) -> FormatError {
    let offset = if let JwsError::Base64 { offset } = fault { offset } else { 0 };
    FormatError::at(Part::Envelope, FormatFault::Malformed, offset)
}

/// Which part of a credential is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The serialization itself.
    Envelope,
    /// The protected header.
    Header,
    /// The signed claims.
    Payload,
    /// The disclosure with this index, from 0.
    Disclosure(usize),
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Envelope => f.write_str("envelope"),
            Self::Header => f.write_str("header"),
            Self::Payload => f.write_str("payload"),
            Self::Disclosure(index) => write!(f, "disclosure {index}"),
        }
    }
}

/// Why bytes are not a credential, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {fault} (byte {offset})")]
pub struct FormatError {
    /// The part at fault.
    pub part: Part,
    /// What is wrong.
    pub fault: FormatFault,
    /// Byte position in that part, after base64url is undone.
    pub offset: usize,
}

impl FormatError {
    pub(crate) fn new(part: Part, fault: FormatFault) -> Self {
        Self::at(part, fault, 0)
    }

    fn at(part: Part, fault: FormatFault, offset: usize) -> Self {
        Self { part, fault, offset }
    }

    pub(crate) fn json(part: Part, error: JsonError) -> Self {
        let fault = match error.kind {
            JsonErrorKind::NotCanonical => FormatFault::NotCanonical,
            JsonErrorKind::DuplicateMember => FormatFault::DuplicateMember,
            JsonErrorKind::TooDeep => FormatFault::TooDeep,
            JsonErrorKind::TooManyMembers => FormatFault::TooLarge,
            JsonErrorKind::Truncated
            | JsonErrorKind::Trailing
            | JsonErrorKind::Unexpected
            | JsonErrorKind::NotUtf8
            | JsonErrorKind::BadEscape
            | JsonErrorKind::BadNumber => FormatFault::Malformed,
        };
        Self::at(part, fault, error.offset)
    }
}

/// See [`FormatError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatFault {
    /// Beyond a limit of [`crate::limits`].
    #[error("larger than the limit")]
    TooLarge,
    /// Not the structure of a credential.
    #[error("not the structure of a credential")]
    Malformed,
    /// Correct, but not the one canonical spelling.
    #[error("not the canonical spelling")]
    NotCanonical,
    /// A member name occurs twice.
    #[error("a member name occurs twice")]
    DuplicateMember,
    /// Nested too deeply.
    #[error("nested too deeply")]
    TooDeep,
    /// A key-binding token follows; it is not supported and must not be ignored.
    #[error("a key-binding token, which is not supported")]
    KeyBinding,
    /// A signed document, but not a license.
    #[error("a signed document of another type")]
    WrongType,
}
