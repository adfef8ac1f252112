use std::collections::BTreeMap;

use boyin_model::alg::{BadSignature, Digest32, Randomness, RandomnessUnavailable, VerifyAlg};
use boyin_model::b64;
use boyin_model::credential::{
    DECOY_MULTIPLE, Disclosure, Envelope, FieldValue, Hidden, ISSUER_URN, LICENSE_TYPE_URN, LicenseClaims,
    METADATA, SALT_BYTES, Term, reveal,
};
use boyin_model::id::LicenseId;
use boyin_model::json::{self, Reader, Value};
use boyin_model::jws::{Compact, Header, TYP_LICENSE, Unsigned};
use boyin_model::limits::MAX_CREDENTIAL_BYTES;
use boyin_model::register::SealId;
use boyin_model::status::StatusReference;
use boyin_model::time::{Date, UnixTime};
use serde::{Deserialize, Serialize};

use crate::draft::License;
use crate::signing::{KeyRef, SigningKey, SigningKeyError};

/// What the issuing office assigns to a license: identifier, place in a status list, instant.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Identifier; its type and issuer must be those of the license.
    pub license_id: LicenseId,
    /// Where its status will stand.
    pub status: StatusReference,
    /// When the claims are fixed.
    pub issued_at: UnixTime,
    /// The seal under which it is issued: one of the issuer, in use then.
    pub seal: Option<SealId>,
}

/// Why a license could not be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The identifier is for another license type or issuer.
    #[error("the identifier is for another license type or issuer")]
    Identifier,
    /// No salts without randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
}

/// A license of which every byte is fixed, waiting for a signature (`docs/format.md` §5).
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared {
    unsigned: Unsigned,
    disclosures: Vec<String>,
}

/// Shows nothing: the content is personal.
impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prepared(..)")
    }
}

/// The file does not hold a prepared license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file does not hold a prepared license")]
pub struct PreparedError;

/// Why a prepared license was not completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompleteError {
    /// It was prepared for another key or suite than the one given.
    #[error("the license was prepared for another key")]
    OtherKey,
    /// The signature does not match.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// The signature matches, but claims or disclosures are not those of one license: the file was altered.
    #[error("the prepared license was altered: its disclosures do not belong to its claims")]
    Altered,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreparedWire {
    disclosures: Vec<String>,
    payload: String,
    protected: String,
}

impl License {
    /// Fixes every byte of the license for the key that will sign it.
    ///
    /// # Errors
    /// [`PrepareError`].
    pub fn prepare(
        &self,
        assignment: &Assignment,
        key: &KeyRef,
        randomness: &mut dyn Randomness,
    ) -> Result<Prepared, PrepareError> {
        let id = &assignment.license_id;
        if id.license_type() != self.license_type.code || id.issuer() != self.issuer {
            return Err(PrepareError::Identifier);
        }
        let mut hide = Hider { key, randomness, disclosures: Vec::new() };
        let mut claims = Claims::default();
        for term in METADATA {
            let Some(value) = self.metadata(&term, assignment) else {
                continue;
            };
            let personal =
                term.hidden == Hidden::ForNaturalPersons && self.holder.code_type().is_natural_person();
            hide.put(&mut claims, term.claim, FieldValue::Text(value), personal)?;
        }
        let mut fields = Claims::default();
        for spec in &self.license_type.fields {
            let Some(value) = self.fields.get(&spec.name) else {
                continue;
            };
            hide.put(&mut fields, &spec.name, value.clone(), spec.personal)?;
        }
        hide.close(&mut claims)?;
        hide.close(&mut fields)?;
        self.add_registered_claims(&mut claims.open, assignment, key);
        claims.open.insert("fields".into(), serde_json::to_value(fields.open).unwrap_or_default());
        let disclosures = hide.disclosures;
        let payload = json::canonical(&claims.open);
        Ok(Prepared { unsigned: Unsigned::new(&key.header(TYP_LICENSE), &payload), disclosures })
    }

    fn metadata(&self, term: &Term, assignment: &Assignment) -> Option<String> {
        let date = |date: Date| date.to_string();
        match term.claim {
            "license_name" | "license_type_name" => Some(self.license_type.name.clone()),
            "license_number" => Some(self.license_number.clone()),
            "license_id" => Some(assignment.license_id.as_str().to_owned()),
            "issuer_name" => Some(self.issuer_name.clone()),
            "issuer_code" => Some(self.issuer.as_str().to_owned()),
            "issue_date" => Some(date(self.issue_date)),
            "division_code" => Some(self.division.as_str().to_owned()),
            "holder_name" => Some(self.holder_name.clone()),
            "holder_code" => Some(self.holder.as_str().to_owned()),
            "holder_code_type" => Some(self.holder.code_type().code().to_owned()),
            "valid_from" => self.valid_from.map(date),
            "valid_until" => self.valid_until.map(date),
            other => unreachable!("METADATA names {other}, which a license does not have"),
        }
    }

    fn add_registered_claims(
        &self,
        claims: &mut BTreeMap<String, serde_json::Value>,
        assignment: &Assignment,
        key: &KeyRef,
    ) {
        let Assignment { license_id, status, issued_at, seal } = assignment;
        let mut add = |name: &str, value: serde_json::Value| claims.insert(name.to_owned(), value);
        add("_sd_alg", key.alg().id().digest.into());
        add("iss", format!("{ISSUER_URN}{}", self.issuer.as_str()).into());
        add("vct", format!("{LICENSE_TYPE_URN}{}", license_id.license_type().as_str()).into());
        add("iat", issued_at.seconds().into());
        if let Some(from) = self.valid_from {
            add("nbf", from.begins().seconds().into());
        }
        if let Some(until) = self.valid_until {
            add("exp", until.ends().seconds().into());
        }
        if let Some(seal) = seal {
            add("seal_id", seal.to_string().into());
        }
        add("status", serde_json::json!({ "status_list": { "idx": status.index, "uri": status.uri } }));
    }
}

#[derive(Default)]
struct Claims {
    open: BTreeMap<String, serde_json::Value>,
    digests: Vec<String>,
}

struct Hider<'p> {
    key: &'p KeyRef,
    randomness: &'p mut dyn Randomness,
    disclosures: Vec<String>,
}

impl Hider<'_> {
    fn put(
        &mut self,
        claims: &mut Claims,
        name: &str,
        value: FieldValue,
        personal: bool,
    ) -> Result<(), PrepareError> {
        if !personal {
            let value = match value {
                FieldValue::Text(text) => text.into(),
                FieldValue::Integer(number) => number.into(),
            };
            claims.open.insert(name.to_owned(), value);
            return Ok(());
        }
        let mut salt = [0; SALT_BYTES];
        self.randomness.fill(&mut salt)?;
        let value = match value {
            FieldValue::Text(text) => Value::Text(text.into()),
            FieldValue::Integer(number) => Value::Int(number),
        };
        let disclosure = Disclosure::write(&salt, name, value);
        claims.digests.push(b64::encode(&self.key.alg().digest(&[disclosure.as_bytes()])));
        self.disclosures.push(disclosure);
        Ok(())
    }

    /// Fills up with decoys and sorts, so that number and order tell little.
    fn close(&mut self, claims: &mut Claims) -> Result<(), PrepareError> {
        if claims.digests.is_empty() {
            return Ok(());
        }
        while !claims.digests.len().is_multiple_of(DECOY_MULTIPLE) {
            let mut decoy: Digest32 = [0; 32];
            self.randomness.fill(&mut decoy)?;
            claims.digests.push(b64::encode(&decoy));
        }
        claims.digests.sort_unstable();
        claims.open.insert("_sd".to_owned(), std::mem::take(&mut claims.digests).into());
        Ok(())
    }
}

impl Prepared {
    /// The bytes that a signer signs: raw signature, whole message, hashing included.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.unsigned.to_be_signed()
    }

    /// The canonical file form, to be carried to another machine.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let text = String::from_utf8_lossy(self.to_be_signed());
        let (protected, payload) = text.split_once('.').unwrap_or((&text, ""));
        json::canonical(&PreparedWire {
            disclosures: self.disclosures.clone(),
            payload: payload.to_owned(),
            protected: protected.to_owned(),
        })
    }

    /// Reads the file form.
    ///
    /// # Errors
    /// [`PreparedError`] for everything that [`Prepared::to_json`] does not write.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PreparedError> {
        if bytes.len() > MAX_CREDENTIAL_BYTES || json::parse(bytes, Reader::Ours).is_err() {
            return Err(PreparedError);
        }
        let wire: PreparedWire = serde_json::from_slice(bytes).map_err(|_| PreparedError)?;
        let decode = |text: &str| b64::decode(text.as_bytes()).map_err(|_| PreparedError);
        let (protected, payload) = (decode(&wire.protected)?, decode(&wire.payload)?);
        json::parse(&payload, Reader::Ours).map_err(|_| PreparedError)?;
        let (header, _) = Header::read(&protected, Reader::Ours).map_err(|_| PreparedError)?;
        for disclosure in &wire.disclosures {
            decode(disclosure)?;
        }
        if header.typ != TYP_LICENSE {
            return Err(PreparedError);
        }
        Ok(Self { unsigned: Unsigned::new(&header, &payload), disclosures: wire.disclosures })
    }

    /// Verifies the signature with the key that the header names and returns the license in the compact serialization,
    /// with all disclosures.
    ///
    /// # Errors
    /// [`CompleteError`]: nothing is issued.
    pub fn complete(&self, signature: &[u8], key: &KeyRef) -> Result<Vec<u8>, CompleteError> {
        if !self.is_for(key) {
            return Err(CompleteError::OtherKey);
        }
        key.verify_key().verify(self.to_be_signed(), signature)?;
        let mut out = self.unsigned.with_signature(signature);
        out.push('~');
        for disclosure in &self.disclosures {
            out.push_str(disclosure);
            out.push('~');
        }
        Self::check_content(out.as_bytes(), key.alg())?;
        Ok(out.into_bytes())
    }

    /// Signs and [completes](Prepared::complete) with one key: its signature is verified once.
    ///
    /// # Errors
    /// [`SigningKeyError`]: nothing is issued.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SigningKeyError> {
        let signature = key.sign_unverified(self.to_be_signed())?;
        self.complete(&signature, key.reference()).map_err(|_| SigningKeyError::SelfCheck)
    }

    /// Whether header and `_sd_alg` name this key and its suite: a verifier would refuse the license otherwise.
    fn is_for(&self, key: &KeyRef) -> bool {
        let unsigned = self.unsigned.with_signature(&[]);
        let Ok(parts) = Compact::open(unsigned.as_bytes(), usize::MAX) else {
            return false;
        };
        let payload = json::parse(&parts.payload, Reader::Ours).map(|parsed| parsed.value);
        let digest = payload.as_ref().ok().and_then(|value| value.as_object()?.get("_sd_alg")?.as_text());
        Header::read(&parts.header, Reader::Ours).is_ok_and(|(header, _)| header == key.header(TYP_LICENSE))
            && digest == Some(key.alg().id().digest)
    }

    /// The signature does not cover the disclosures themselves, and the file may have been on another machine.
    fn check_content(license: &[u8], alg: &dyn VerifyAlg) -> Result<(), CompleteError> {
        let envelope = Envelope::open(license, Reader::Ours).map_err(|_| CompleteError::Altered)?;
        let credential = envelope.read().map_err(|_| CompleteError::Altered)?;
        let revealed = reveal(&credential.payload, &credential.disclosures, |text| alg.digest(&[text]));
        let claims = revealed.ok().map(|revealed| LicenseClaims::read(&revealed));
        if matches!(claims, Some(Ok(_))) { Ok(()) } else { Err(CompleteError::Altered) }
    }
}
