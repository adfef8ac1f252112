use boyin::verify::Policy;
use boyin::verify::seal::Document;
use boyin_present::Demand;

use crate::error::ApiError;

/// Digest of the document that a seal signature is over: 64 hexadecimal digits.
pub(crate) const DOCUMENT_DIGEST: &str = "document_digest";
/// Name of a built-in policy.
pub(crate) const POLICY: &str = "policy";
/// That a static code is not enough: `required`.
pub(crate) const DYNAMIC: &str = "dynamic";

/// What stands in the query of a call: names that the call knows, each once. No value needs an escape.
#[derive(Debug)]
pub(crate) struct Query<'q>(Vec<(&'q str, &'q str)>);

impl<'q> Query<'q> {
    /// # Errors
    /// [`ApiError::BadRequest`] for a name that is not one of `known`, or is there twice.
    pub(crate) fn read(query: Option<&'q str>, known: &[&str]) -> Result<Self, ApiError> {
        let mut found: Vec<(&str, &str)> = Vec::new();
        for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if !known.contains(&name) || found.iter().any(|(other, _)| *other == name) {
                // What stands there is not repeated: it may hold a number.
                return Err(ApiError::BadRequest(format!(
                    "the query may hold once each: {}",
                    known.join(", ")
                )));
            }
            found.push((name, value));
        }
        Ok(Self(found))
    }

    fn value(&self, name: &str) -> Option<&'q str> {
        self.0.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// The policy of that name, the strictest if none is named.
    pub(crate) fn policy(&self) -> Result<Policy, ApiError> {
        policy_of(self.value(POLICY))
    }

    /// A seal is verified under the profile of its version.
    pub(crate) fn no_policy(&self) -> Result<(), ApiError> {
        match self.value(POLICY) {
            Some(_) => Err(ApiError::BadRequest("policy: there are none for seals".to_owned())),
            None => Ok(()),
        }
    }

    /// An OFD document holds what its seals are over.
    pub(crate) fn nothing_for_ofd(&self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(ApiError::BadRequest("the query: there is nothing to say of an OFD document".to_owned()))
    }

    /// Which codes are enough.
    pub(crate) fn demand(&self) -> Result<Demand, ApiError> {
        match self.value(DYNAMIC) {
            None => Ok(Demand::Any),
            Some("required") => Ok(Demand::Dynamic),
            Some(_) => Err(ApiError::BadRequest("dynamic: required, or not at all".to_owned())),
        }
    }

    pub(crate) fn document(&self) -> Result<Document<'static>, ApiError> {
        let Some(digits) = self.value(DOCUMENT_DIGEST) else { return Ok(Document::NotGiven) };
        let wrong = || ApiError::BadRequest("document_digest: 64 hexadecimal digits".to_owned());
        if digits.len() != 64 {
            return Err(wrong());
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair =
                std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|c| c.is_ascii_hexdigit()));
            *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(wrong)?;
        }
        Ok(Document::Digest(digest))
    }
}

/// The built-in policy of that name, the strictest without one.
pub(crate) fn policy_of(name: Option<&str>) -> Result<Policy, ApiError> {
    let Some(name) = name else { return Ok(Policy::default()) };
    Policy::named(name).ok_or_else(|| {
        let names = Policy::built_in().map(|policy| policy.name().to_owned()).join(", ");
        ApiError::BadRequest(format!("policy: one of {names}"))
    })
}
