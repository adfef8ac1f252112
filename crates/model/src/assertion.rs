//! How an agency's system proves at a token endpoint who it is: a JWS by its own key (RFC 7523 §3, `private_key_jwt`).
//!
//! Others make these with libraries of theirs, so JSON is read as [`Reader::Field`] does and further claims are passed over; of the
//! header nothing is: whoever sends `jwk`, `x5c` or `crit` asks for what nobody here does.

use crate::json::{self, Object, Reader, Value};
use crate::jws::{JwsError, Received, ReceivedClaims, instant_claim};
use crate::time::UnixTime;

/// Bytes of an assertion: a few claims and a signature have some 600.
pub const MAX_ASSERTION_BYTES: usize = 4096;
/// Seconds from its making to its end that an assertion may have.
pub const MAX_ASSERTION_SECONDS: u64 = 300;
/// Bytes of a claim of text: an address, the ID of a client.
pub const MAX_ASSERTION_CLAIM: usize = 256;
/// What `typ` may say: what libraries write, and what RFC 7523bis asks for.
pub const TYPS_ASSERTION: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// The claims that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionClaims {
    /// For whom it is made: the address of the token endpoint. One only.
    pub aud: String,
    /// First instant at which it no longer counts.
    pub exp: UnixTime,
    /// When it was made.
    pub iat: UnixTime,
    /// Who made it.
    pub iss: String,
    /// Its ID, used once.
    pub jti: String,
    /// First instant at which it counts, if that is said.
    pub nbf: Option<UnixTime>,
    /// Whom it is about.
    pub sub: String,
}

/// An assertion as it came in.
pub type ReceivedAssertion<'b> = Received<'b, AssertionClaims>;

impl ReceivedClaims for AssertionClaims {
    const MAX_BYTES: usize = MAX_ASSERTION_BYTES;
    const TYPS: &'static [&'static str] = &TYPS_ASSERTION;
    const READER: Reader = Reader::Field;

    /// Of another form are: several audiences, times with fractions, text without characters, with control characters or above
    /// [`MAX_ASSERTION_CLAIM`].
    fn read(payload: &[u8]) -> Result<Self, JwsError> {
        let parsed = json::parse(payload, Self::READER).map_err(JwsError::Payload)?;
        let claims = parsed.value.as_object().ok_or(JwsError::Claim("iss"))?;
        Ok(Self {
            aud: audience(claims)?,
            exp: instant_claim(claims, "exp")?,
            iat: instant_claim(claims, "iat")?,
            iss: text(claims.get("iss"), "iss")?,
            jti: text(claims.get("jti"), "jti")?,
            nbf: claims.get("nbf").map(|_| instant_claim(claims, "nbf")).transpose()?,
            sub: text(claims.get("sub"), "sub")?,
        })
    }
}

/// RFC 7519 §4.1.3: text, or a list. A list of several would be good at another endpoint too.
fn audience(claims: &Object<'_>) -> Result<String, JwsError> {
    let found = claims.get("aud");
    match found.and_then(Value::as_array) {
        Some([one]) => text(Some(one), "aud"),
        Some(_) => Err(JwsError::Claim("aud")),
        None => text(found, "aud"),
    }
}

fn text(value: Option<&Value<'_>>, name: &'static str) -> Result<String, JwsError> {
    let found = value.and_then(Value::as_text);
    let good =
        |text: &&str| (1..=MAX_ASSERTION_CLAIM).contains(&text.len()) && !text.chars().any(char::is_control);
    found.filter(good).map(str::to_owned).ok_or(JwsError::Claim(name))
}

#[cfg(test)]
mod tests;
