use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{FormatError, FormatFault, Part};
use crate::alg::Digest32;
use crate::b64;
use crate::json::{self, Object, Reader, Value};
use crate::limits::MAX_DIGESTS;

/// Random bytes in a salt.
pub const SALT_BYTES: usize = 16;
/// Characters of a salt in base64url.
pub const SALT_CHARS: usize = 22;
/// An `_sd` array is filled with decoys up to a multiple of this.
pub const DECOY_MULTIPLE: usize = 4;

/// Names that mean something in SD-JWT or in the payload: no field and no disclosure has them.
pub const RESERVED_NAMES: [&str; 4] = ["_sd", "_sd_alg", "...", "fields"];
/// Characters of a digest in base64url.
const DIGEST_CHARS: usize = 43;

/// One revealed claim: `[<salt>,<claim>,<value>]` in canonical JSON, base64url (`docs/format.md` §4.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure<'e> {
    /// The base64url text; its ASCII is what the digest covers.
    pub encoded: &'e str,
    /// Name of the claim.
    pub name: Cow<'e, str>,
    /// Its value.
    pub value: Value<'e>,
}

/// Shows the name of the claim only: the value is personal.
impl std::fmt::Debug for Disclosure<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Disclosure({}, ..)", self.name)
    }
}

impl<'e> Disclosure<'e> {
    pub(super) fn read(
        encoded: &'e str,
        text: &'e [u8],
        reader: Reader,
    ) -> Result<(Self, bool), FormatError> {
        // The caller puts the index in.
        let part = Part::Disclosure(0);
        let malformed = FormatError::new(part, FormatFault::Malformed);
        let parsed = json::parse(text, reader).map_err(|fault| FormatError::json(part, fault))?;
        let Value::Array(items) = parsed.value else {
            return Err(malformed);
        };
        let [Value::Text(salt), Value::Text(name), value] =
            <[Value<'e>; 3]>::try_from(items).map_err(|_| malformed)?
        else {
            return Err(malformed);
        };
        let usual_salt = salt.len() == SALT_CHARS && b64::decode(salt.as_bytes()).is_ok();
        if reader == Reader::Ours && !usual_salt {
            return Err(malformed);
        }
        Ok((Self { encoded, name, value }, parsed.canonical && usual_salt))
    }

    /// Writes a disclosure and returns its base64url text.
    #[must_use]
    pub fn write(salt: &[u8; SALT_BYTES], name: &str, value: Value<'_>) -> String {
        let salt = b64::encode(salt);
        let parts = vec![Value::Text(salt.into()), Value::Text(name.into()), value];
        let mut text = Vec::new();
        json::write(&Value::Array(parts), &mut text);
        b64::encode(&text)
    }
}

/// The claims of a credential with the disclosed ones in their places and the digests taken out.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed<'e> {
    /// Top-level claims, without `_sd`, `_sd_alg` and `fields`.
    pub claims: Object<'e>,
    /// The members of `fields`, without `_sd`; `None` if the payload has no `fields`.
    pub fields: Option<Object<'e>>,
    /// Names of the top-level claims that came from disclosures.
    pub disclosed: Vec<String>,
    /// Names of the fields that came from disclosures.
    pub disclosed_fields: Vec<String>,
}

/// Shows nothing: values are personal.
impl std::fmt::Debug for Revealed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Revealed(..)")
    }
}

/// Why a set of disclosures was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureFault {
    /// `_sd` is too long or not an array of digests, each 32 bytes in base64url; `fields` is not an object.
    #[error("`_sd` is not an array of digests, or `fields` is not an object")]
    Malformed,
    /// The same digest occurs twice.
    #[error("the same digest occurs twice")]
    DigestRepeated,
    /// A disclosure that matches no digest.
    #[error("disclosure {index} matches no digest")]
    Unmatched {
        /// Which, from 0.
        index: usize,
    },
    /// The same disclosure occurs twice.
    #[error("disclosure {index} repeats an earlier one")]
    Repeated {
        /// Which, from 0.
        index: usize,
    },
    /// A disclosure of a claim that is there already, or of a reserved name.
    #[error("disclosure {index} names a claim that is there already or is reserved")]
    Collides {
        /// Which, from 0.
        index: usize,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Claims,
    Fields,
}

/// Puts every disclosure in the place of its digest.
///
/// `digest` is the digest of the suite of the *key* (not the one that the message names).
///
/// # Errors
/// [`DisclosureFault`] for the first disclosure that has no place, or a digest list that is no list.
pub fn reveal<'e>(
    payload: &Object<'e>,
    disclosures: &[Disclosure<'e>],
    digest: impl Fn(&[u8]) -> Digest32,
) -> Result<Revealed<'e>, DisclosureFault> {
    let fields = match payload.get("fields") {
        None => None,
        Some(value) => Some(value.as_object().ok_or(DisclosureFault::Malformed)?),
    };
    let mut places: BTreeMap<&str, (Place, bool)> = BTreeMap::new();
    let both = [(Some(payload), Place::Claims), (fields, Place::Fields)];
    for (object, place) in both.into_iter().filter_map(|(object, place)| Some((object?, place))) {
        for text in digests(object)? {
            if places.insert(text, (place, false)).is_some() {
                return Err(DisclosureFault::DigestRepeated);
            }
        }
    }
    let mut revealed = Revealed {
        claims: payload.without(&["_sd", "_sd_alg", "fields"]),
        fields: fields.map(|fields| fields.without(&["_sd"])),
        disclosed: Vec::new(),
        disclosed_fields: Vec::new(),
    };
    for (index, disclosure) in disclosures.iter().enumerate() {
        let text = b64::encode(&digest(disclosure.encoded.as_bytes()));
        let (place, used) = places.get_mut(text.as_str()).ok_or(DisclosureFault::Unmatched { index })?;
        if std::mem::replace(used, true) {
            return Err(DisclosureFault::Repeated { index });
        }
        let (target, names) = match place {
            Place::Claims => (&mut revealed.claims, &mut revealed.disclosed),
            Place::Fields => (revealed.fields.get_or_insert_default(), &mut revealed.disclosed_fields),
        };
        let reserved = RESERVED_NAMES.contains(&disclosure.name.as_ref());
        if reserved || !target.insert(disclosure.name.clone(), disclosure.value.clone()) {
            return Err(DisclosureFault::Collides { index });
        }
        names.push(disclosure.name.clone().into_owned());
    }
    Ok(revealed)
}

fn digests<'o>(object: &'o Object<'_>) -> Result<Vec<&'o str>, DisclosureFault> {
    let Some(list) = object.get("_sd") else {
        return Ok(Vec::new());
    };
    let list = list.as_array().filter(|list| list.len() <= MAX_DIGESTS).ok_or(DisclosureFault::Malformed)?;
    let is_digest = |text: &&str| text.len() == DIGEST_CHARS && b64::decode(text.as_bytes()).is_ok();
    list.iter().map(|item| item.as_text().filter(is_digest).ok_or(DisclosureFault::Malformed)).collect()
}
