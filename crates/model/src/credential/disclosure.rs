use std::borrow::Cow;

use super::{Credential, FormatError, FormatFault, Part};
use crate::alg::{Digest32, VerifyAlg};
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
        let parsed = json::parse_array(text, reader).map_err(|fault| FormatError::json(part, fault))?;
        let Some([Value::Text(salt), Value::Text(name), value]) = parsed.value else {
            return Err(malformed);
        };
        let usual_salt = salt.len() == SALT_CHARS && b64::decode_exact::<SALT_BYTES>(salt.as_bytes()).is_ok();
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
    pub disclosed: Vec<Cow<'e, str>>,
    /// Names of the fields that came from disclosures.
    pub disclosed_fields: Vec<Cow<'e, str>>,
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
    let digests: Vec<_> = disclosures.iter().map(|one| digest(one.encoded.as_bytes())).collect();
    put_in_places(payload.clone(), disclosures.to_vec(), &digests)
}

impl<'e> Credential<'e> {
    /// As [`reveal`], with the digest of the suite `alg`, which must be that of the key.
    ///
    /// # Errors
    /// As [`reveal`].
    pub fn reveal(self, alg: &dyn VerifyAlg) -> Result<Revealed<'e>, DisclosureFault> {
        let texts: Vec<_> = self.disclosures.iter().map(|one| one.encoded.as_bytes()).collect();
        let digests = alg.digest_many(&texts);
        put_in_places(self.payload, self.disclosures, &digests)
    }
}

fn put_in_places<'e>(
    mut claims: Object<'e>,
    disclosures: Vec<Disclosure<'e>>,
    digests: &[Digest32],
) -> Result<Revealed<'e>, DisclosureFault> {
    let mut fields = match claims.remove("fields") {
        None => None,
        Some(Value::Object(fields)) => Some(fields),
        Some(_) => return Err(DisclosureFault::Malformed),
    };
    let mut claim_places = Places::take(&mut claims)?;
    let mut field_places = fields.as_mut().map_or(Ok(Places::default()), Places::take)?;
    if field_places.0.iter().any(|place| claim_places.of(&place.digest).is_some()) {
        return Err(DisclosureFault::DigestRepeated);
    }
    claims.remove("_sd_alg");
    let mut revealed = Revealed { claims, fields, disclosed: Vec::new(), disclosed_fields: Vec::new() };
    for (index, (disclosure, digest)) in disclosures.into_iter().zip(digests).enumerate() {
        let Disclosure { name, value, .. } = disclosure;
        let (place, target, names) = if let Some(place) = claim_places.of(digest) {
            (place, &mut revealed.claims, &mut revealed.disclosed)
        } else if let Some(place) = field_places.of(digest) {
            (place, revealed.fields.get_or_insert_default(), &mut revealed.disclosed_fields)
        } else {
            return Err(DisclosureFault::Unmatched { index });
        };
        if std::mem::replace(&mut place.used, true) {
            return Err(DisclosureFault::Repeated { index });
        }
        names.push(name.clone());
        if RESERVED_NAMES.contains(&name.as_ref()) || !target.insert(name, value) {
            return Err(DisclosureFault::Collides { index });
        }
    }
    Ok(revealed)
}

struct Place {
    digest: Digest32,
    used: bool,
}

/// The digests of one `_sd`, in ascending order.
#[derive(Default)]
struct Places(Vec<Place>);

impl Places {
    fn take(object: &mut Object<'_>) -> Result<Self, DisclosureFault> {
        let Some(list) = object.remove("_sd") else {
            return Ok(Self::default());
        };
        let list =
            list.as_array().filter(|list| list.len() <= MAX_DIGESTS).ok_or(DisclosureFault::Malformed)?;
        let mut places = Vec::with_capacity(list.len());
        for item in list {
            let text = item.as_text().ok_or(DisclosureFault::Malformed)?;
            let digest = b64::decode_exact(text.as_bytes()).map_err(|_| DisclosureFault::Malformed)?;
            places.push(Place { digest, used: false });
        }
        places.sort_unstable_by_key(|place| place.digest);
        if places.windows(2).any(|pair| pair[0].digest == pair[1].digest) {
            return Err(DisclosureFault::DigestRepeated);
        }
        Ok(Self(places))
    }

    fn of(&mut self, digest: &Digest32) -> Option<&mut Place> {
        let at = self.0.binary_search_by_key(digest, |place| place.digest).ok()?;
        self.0.get_mut(at)
    }
}
