//! Takes a credential apart, changes it, and signs it again or does not.

use boyin_issue::SigningKey;
use boyin_model::alg::VerifyAlg;
use boyin_model::b64;
use boyin_model::credential::{Disclosure, Envelope, SALT_BYTES};
use boyin_model::json::{self, Reader, Value};
use serde_json::Map;

/// The claims where a digest can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The top.
    Claims,
    /// Inside `fields`.
    Fields,
}

/// A credential in pieces.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Protected header.
    pub header: Map<String, serde_json::Value>,
    /// Signed claims.
    pub payload: Map<String, serde_json::Value>,
    /// Raw signature.
    pub signature: Vec<u8>,
    /// Disclosures in base64url.
    pub disclosures: Vec<String>,
}

impl Parts {
    /// Takes a compact credential apart.
    ///
    /// # Panics
    /// If it is not one.
    #[must_use]
    pub fn open(compact: &[u8]) -> Self {
        let text = std::str::from_utf8(compact).expect("ASCII");
        let (jws, disclosures) = text.split_once('~').expect("a tilde");
        let parts: Vec<_> =
            jws.split('.').map(|part| b64::decode(part.as_bytes()).expect("base64url")).collect();
        let object = |bytes: &[u8]| serde_json::from_slice(bytes).expect("a JSON object");
        let [header, payload, signature] = parts.as_slice() else { panic!("three parts") };
        Self {
            header: object(header),
            payload: object(payload),
            signature: signature.clone(),
            disclosures: disclosures.split('~').filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// Sets a header member.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.header.insert(name.to_owned(), value.into());
    }

    /// Sets a top-level claim.
    pub fn set(&mut self, claim: &str, value: impl Into<serde_json::Value>) {
        self.payload.insert(claim.to_owned(), value.into());
    }

    /// Takes a top-level claim out.
    pub fn remove(&mut self, claim: &str) -> Option<serde_json::Value> {
        self.payload.remove(claim)
    }

    /// The members of one level.
    ///
    /// # Panics
    /// If `fields` is not an object.
    pub fn level(&mut self, level: Level) -> &mut Map<String, serde_json::Value> {
        match level {
            Level::Claims => &mut self.payload,
            Level::Fields => self.payload["fields"].as_object_mut().expect("fields is an object"),
        }
    }

    /// The digests of one level.
    ///
    /// # Panics
    /// If `_sd` is not an array.
    pub fn digests(&mut self, level: Level) -> &mut Vec<serde_json::Value> {
        let list = self.level(level).entry("_sd").or_insert_with(|| serde_json::Value::Array(Vec::new()));
        list.as_array_mut().expect("_sd is an array")
    }

    /// Adds a disclosure together with its digest.
    pub fn hide(&mut self, level: Level, claim: &str, value: Value<'_>, alg: &dyn VerifyAlg) {
        let disclosure = Disclosure::write(&[7; SALT_BYTES], claim, value);
        let digest = b64::encode(&alg.digest(&[disclosure.as_bytes()]));
        self.digests(level).push(digest.into());
        self.disclosures.push(disclosure);
    }

    /// Takes all digests and disclosures out.
    pub fn reveal_nothing(&mut self) {
        self.level(Level::Claims).remove("_sd");
        self.level(Level::Fields).remove("_sd");
        self.disclosures.clear();
    }

    /// The canonical header and payload.
    #[must_use]
    pub fn texts(&self) -> (Vec<u8>, Vec<u8>) {
        (json::canonical(&self.header), json::canonical(&self.payload))
    }

    /// The compact serialization with the signature as it is.
    #[must_use]
    pub fn compact(&self) -> Vec<u8> {
        let (header, payload) = self.texts();
        let input = format!("{}.{}", b64::encode(&header), b64::encode(&payload));
        assemble(&input, &self.signature, &self.disclosures)
    }

    /// The compact serialization with a fresh signature.
    #[must_use]
    pub fn signed(&self, key: &SigningKey) -> Vec<u8> {
        let (header, payload) = self.texts();
        sign(&header, &payload, &self.disclosures, key)
    }
}

/// Signs any header and payload, canonical or not.
///
/// # Panics
/// If the key gives no signature.
#[must_use]
pub fn sign(header: &[u8], payload: &[u8], disclosures: &[String], key: &SigningKey) -> Vec<u8> {
    let input = format!("{}.{}", b64::encode(header), b64::encode(payload));
    let signature = key.sign(input.as_bytes()).expect("a fixed key signs");
    assemble(&input, &signature, disclosures)
}

fn assemble(input: &str, signature: &[u8], disclosures: &[String]) -> Vec<u8> {
    let mut out = format!("{input}.{}~", b64::encode(signature));
    for disclosure in disclosures {
        out.push_str(disclosure);
        out.push('~');
    }
    out.into_bytes()
}

/// The same credential in the JSON serialization, or `None` if it cannot be split.
#[must_use]
pub fn to_json(compact: &[u8]) -> Option<Vec<u8>> {
    Envelope::open(compact, Reader::Field).ok().map(|envelope| envelope.to_json(|_| true))
}
