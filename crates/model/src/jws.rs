//! JSON Web Signatures (RFC 7515) as far as the formats of ours use them: three header members, raw signatures.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::b64;
use crate::json::{self, JsonError, Object, Reader, Value};
use crate::time::UnixTime;

/// `typ` of a license credential (SD-JWT VC).
pub const TYP_LICENSE: &str = "dc+sd-jwt";
/// `typ` of a status list token.
pub const TYP_STATUS_LIST: &str = "statuslist+jwt";
/// `typ` of a trust list.
pub const TYP_TRUST_LIST: &str = "trust-list+jwt";
/// `typ` of a signed list of license types.
pub const TYP_CATALOG_LIST: &str = "catalog-list+jwt";
/// `typ` of a signed sharing list.
pub const TYP_SHARING_LIST: &str = "sharing-list+jwt";
/// `typ` of the end of a transcript of a key ceremony.
pub const TYP_CEREMONY: &str = "key-ceremony+jwt";
/// `typ` of the receipt of a decision on papers (免证办).
pub const TYP_DECISION: &str = "exemption-decision+jwt";

/// The protected header: exactly `alg`, `kid` and `typ`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header<'b> {
    /// Name of the suite. A claim of the message: the key decides, this must agree.
    pub alg: Cow<'b, str>,
    /// Key ID: RFC 7638 thumbprint of the key.
    pub kid: Cow<'b, str>,
    /// Media type of the payload.
    pub typ: Cow<'b, str>,
}

impl<'b> Header<'b> {
    /// Reads a header from its JSON text. The flag says whether the text was canonical.
    ///
    /// # Errors
    /// [`JwsError::Header`] for JSON faults, [`JwsError::HeaderMember`] for a missing, unknown or mistyped member.
    pub fn read(text: &'b [u8], reader: Reader) -> Result<(Self, bool), JwsError> {
        let parsed = json::parse(text, reader).map_err(JwsError::Header)?;
        let Value::Object(mut object) = parsed.value else {
            return Err(JwsError::HeaderMember("alg"));
        };
        for (name, _) in object.members() {
            if !matches!(name, "alg" | "kid" | "typ") {
                return Err(JwsError::HeaderMember("unknown"));
            }
        }
        let mut text = |name: &'static str| match object.remove(name) {
            Some(Value::Text(text)) => Ok(text),
            Some(_) | None => Err(JwsError::HeaderMember(name)),
        };
        Ok((Self { alg: text("alg")?, kid: text("kid")?, typ: text("typ")? }, parsed.canonical))
    }

    /// The canonical header text.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut object = Object::default();
        for (name, value) in [("alg", &self.alg), ("kid", &self.kid), ("typ", &self.typ)] {
            let fresh = object.insert(Cow::Borrowed(name), Value::Text(value.clone()));
            debug_assert!(fresh, "three different names");
        }
        let mut out = Vec::new();
        json::write(&Value::Object(object), &mut out);
        out
    }
}

/// The parts of `<header>.<payload>.<signature>`, decoded.
#[derive(Clone)]
pub struct Compact<'b> {
    /// Header text.
    pub header: Vec<u8>,
    /// Payload text.
    pub payload: Vec<u8>,
    /// The ASCII of `<header>.<payload>`: what was signed.
    pub signing_input: &'b [u8],
    /// Raw signature.
    pub signature: Vec<u8>,
}

/// Shows nothing: the payload may be personal.
impl std::fmt::Debug for Compact<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compact(..)")
    }
}

impl<'b> Compact<'b> {
    /// Splits and decodes.
    ///
    /// # Errors
    /// [`JwsError::TooLarge`] beyond `limit` bytes, [`JwsError::Parts`] unless there are three parts,
    /// [`JwsError::Base64`] if one is not base64url.
    pub fn open(text: &'b [u8], limit: usize) -> Result<Self, JwsError> {
        if text.len() > limit {
            return Err(JwsError::TooLarge { limit });
        }
        let [header, payload, signature] = split(text)?;
        let decode = |part: Encoded<'_>| b64::decode(part.text).map_err(|_| part.fault(text));
        Ok(Self {
            header: decode(header)?,
            payload: decode(payload)?,
            signing_input: &text[..signature.start - 1],
            signature: decode(signature)?,
        })
    }
}

/// What somebody who signs by a key of their own says, and in what kind of JWS.
pub trait ReceivedClaims: Sized {
    /// Bytes of the whole.
    const MAX_BYTES: usize;
    /// What `typ` may say.
    const TYPS: &'static [&'static str];
    /// How strictly its JSON is read.
    const READER: Reader;

    /// Reads the payload.
    ///
    /// # Errors
    /// [`JwsError::Payload`] for JSON faults, [`JwsError::Claim`] for a claim that is missing or of another form.
    fn read(payload: &[u8]) -> Result<Self, JwsError>;
}

/// A JWS with the claims `C` as it came in: split and decoded, not verified.
#[derive(Clone, Debug)]
pub struct Received<'b, C> {
    compact: Compact<'b>,
    alg: String,
    kid: String,
    claims: PhantomData<fn() -> C>,
}

impl<'b, C: ReceivedClaims> Received<'b, C> {
    /// Splits it and reads its header.
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn open(bytes: &'b [u8]) -> Result<Self, JwsError> {
        let compact = Compact::open(bytes, C::MAX_BYTES)?;
        let (header, _) = Header::read(&compact.header, C::READER)?;
        if !C::TYPS.contains(&header.typ.as_ref()) {
            return Err(JwsError::WrongType);
        }
        let (alg, kid) = (header.alg.into_owned(), header.kid.into_owned());
        Ok(Self { compact, alg, kid, claims: PhantomData })
    }

    /// `alg` that the header claims.
    #[must_use]
    pub fn alg(&self) -> &str {
        &self.alg
    }

    /// ID of the key that the header claims.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What was signed.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.compact.signing_input
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.compact.signature
    }

    /// Reads the claims. Verify the signature first.
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn claims(&self) -> Result<C, JwsError> {
        C::read(&self.compact.payload)
    }
}

/// A claim that is text.
pub(crate) fn text_claim<'o>(claims: &'o Object<'_>, name: &'static str) -> Result<&'o str, JwsError> {
    claims.get(name).and_then(Value::as_text).ok_or(JwsError::Claim(name))
}

/// A claim of so many bytes.
pub(crate) fn bytes_claim<const N: usize>(
    claims: &Object<'_>,
    name: &'static str,
) -> Result<[u8; N], JwsError> {
    b64::decode_exact(text_claim(claims, name)?.as_bytes()).map_err(|_| JwsError::Claim(name))
}

/// A claim that is a number, not below zero.
pub(crate) fn number_claim(claims: &Object<'_>, name: &'static str) -> Result<u64, JwsError> {
    let found = claims.get(name).and_then(Value::as_int).and_then(|found| u64::try_from(found).ok());
    found.ok_or(JwsError::Claim(name))
}

/// A claim that is an instant.
pub(crate) fn instant_claim(claims: &Object<'_>, name: &'static str) -> Result<UnixTime, JwsError> {
    UnixTime::new(number_claim(claims, name)?).ok_or(JwsError::Claim(name))
}

/// A part of a compact serialization.
#[derive(Clone, Copy)]
pub(crate) struct Encoded<'b> {
    pub(crate) text: &'b [u8],
    pub(crate) start: usize,
}

impl Encoded<'_> {
    /// What is wrong with a part of `whole` that is not base64url: the middle one may hold further dots.
    pub(crate) fn fault(self, whole: &[u8]) -> JwsError {
        match whole.iter().filter(|byte| **byte == b'.').count() {
            2 => JwsError::Base64 { offset: self.start },
            _ => JwsError::Parts,
        }
    }
}

/// Splits at the first and the last dot.
pub(crate) fn split(text: &[u8]) -> Result<[Encoded<'_>; 3], JwsError> {
    let first = memchr::memchr(b'.', text).ok_or(JwsError::Parts)?;
    let last = memchr::memrchr(b'.', text).filter(|last| *last > first).ok_or(JwsError::Parts)?;
    let part = |start, end| Encoded { text: &text[start..end], start };
    Ok([part(0, first), part(first + 1, last), part(last + 1, text.len())])
}

/// Header and payload, fixed and encoded, waiting for a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsigned {
    /// The ASCII of `<header>.<payload>`.
    signing_input: String,
}

/// Shows nothing: the payload may be personal.
impl std::fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unsigned(..)")
    }
}

impl Unsigned {
    /// Fixes the bytes.
    #[must_use]
    pub fn new(header: &Header<'_>, payload: &[u8]) -> Self {
        Self { signing_input: format!("{}.{}", b64::encode(&header.write()), b64::encode(payload)) }
    }

    /// What a signer signs.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    /// The compact serialization with `signature`, which is not checked here.
    #[must_use]
    pub fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.signing_input, b64::encode(signature))
    }
}

/// Why bytes are no JWS of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Larger than the limit, in bytes.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// Not three parts with two dots between.
    #[error("not three parts separated by dots")]
    Parts,
    /// A part is not base64url.
    #[error("not base64url in the part that begins at byte {offset}")]
    Base64 {
        /// Where the part begins.
        offset: usize,
    },
    /// The header is not JSON as required.
    #[error("header: {0}")]
    Header(#[source] JsonError),
    /// A header member is missing, mistyped or unknown.
    #[error("header member `{0}` is missing, unknown or not text")]
    HeaderMember(&'static str),
    /// The payload is not JSON as required.
    #[error("payload: {0}")]
    Payload(#[source] JsonError),
    /// `typ` names another kind of document.
    #[error("the document is of another type than expected")]
    WrongType,
    /// A claim is missing, mistyped or unknown.
    #[error("claim `{0}` is missing, unknown or invalid")]
    Claim(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_exactly_three_members() {
        let good = br#"{"alg":"ES256","kid":"k","typ":"t"}"#;
        let (header, _) = Header::read(good, Reader::Ours).unwrap();
        assert_eq!(header.write(), good);
        for (text, member) in [
            (&br#"{"alg":"ES256","kid":"k"}"#[..], "typ"),
            (br#"{"alg":1,"kid":"k","typ":"t"}"#, "alg"),
            (br#"{"alg":"ES256","crit":["b64"],"kid":"k","typ":"t"}"#, "unknown"),
            (br#"[]"#, "alg"),
        ] {
            assert_eq!(Header::read(text, Reader::Field), Err(JwsError::HeaderMember(member)));
        }
    }

    #[test]
    fn splits_three_parts_only() {
        assert_eq!(Compact::open(b"YQ.Yg.Yw", 100).unwrap().payload, b"b");
        assert_eq!(Compact::open(b"YQ.Yg", 100).unwrap_err(), JwsError::Parts);
        assert_eq!(Compact::open(b"YQ.Yg.Yw.ZA", 100).unwrap_err(), JwsError::Parts);
        assert_eq!(Compact::open(b"YQ.Y$.Yw", 100).unwrap_err(), JwsError::Base64 { offset: 3 });
        assert_eq!(Compact::open(b"YQ.Yg.Yw", 7).unwrap_err(), JwsError::TooLarge { limit: 7 });
    }
}
