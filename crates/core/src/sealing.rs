//! The private side of seals: an authority, a maker, and a key for each seal; all SM2, as GB/T 38540 has it.
//!
//! The authority certifies the maker and the signers, and nothing else; its certificate stands in the trust list. Where a
//! licensed authority certifies them, the parts are used one by one: `boyin_issue::seal` and [`Desk::change_seal`].

use std::path::PathBuf;
use std::sync::PoisonError;

use boyin_archive::{ArchiveError, Outcome, SealChange, SealRecord};
use boyin_issue::SigningKey;
use boyin_issue::certificate::{Authority, CertificateDraft, KeyRole, Subject};
use boyin_issue::seal::{Sealing, make_seal, seal};
use boyin_model::alg::{Randomness, VerifyAlg as _};
use boyin_model::hex;
use boyin_model::json::Reader;
use boyin_model::register::{Power, SealAct, SealId, SealKind};
use boyin_model::seal::{PERSONAL_SEAL, Picture, Seal, SealInfo, Signers, UNIT_SEAL};
use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, SM2_SM3};

use crate::desk::{Desk, Order};
use crate::error::{DeskError, HomeError};
use crate::keyring::replace;

const AUTHORITY: &str = "seal-authority";
const MAKER: &str = "seal-maker";
/// Who wrote the seal (Vid).
const VENDOR: &str = "boyin";
/// Years for which the authority and the maker are certified.
const AUTHORITY_YEARS: u16 = 30;
const MAKER_YEARS: u16 = 20;

/// What a seal is made from, beside what the register knows.
#[derive(Clone, Copy, Debug)]
pub struct SealMaking<'p> {
    /// The picture.
    pub picture: Picture<'p>,
    /// Last instant at which it can be used.
    pub valid_until: UnixTime,
    /// 4 (GB/T 38540-2020) or 5 (GM/T 0031-2025).
    pub version: u32,
    /// The second person.
    pub second: &'p str,
}

/// A sealed document.
#[derive(Clone)]
pub struct Sealed {
    /// Number of the event in the log.
    pub event: u64,
    /// The signing time.
    pub at: UnixTime,
    /// Whether the use had been counted before.
    pub replayed: bool,
    /// `SES_Signature`, DER.
    pub signature: Vec<u8>,
}

/// Prints the event only.
impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed").field("event", &self.event).finish_non_exhaustive()
    }
}

impl Desk {
    /// Makes an approved seal: a key for it, a certificate for the key, the seal with the maker's signature, the entry in
    /// the register. A seal that is in use or suspended is made anew, with a new certificate for its key.
    ///
    /// # Errors
    /// As [`Desk::change_seal`]; [`DeskError::Sealing`] if the seal would break the standard or outlive its maker.
    pub fn make_seal(
        &self,
        id: SealId,
        making: &SealMaking<'_>,
        order: &Order,
        random: &mut dyn Randomness,
    ) -> Result<Outcome, DeskError> {
        self.officer(&order.who, Some(order.office), Power::Manage)?;
        let record = self.seal(id, &order.who)?;
        let anew = !record.versions.is_empty();
        let act = if anew { SealAct::Remake } else { SealAct::Make };
        // Asked before any key is made.
        act.next(Some(record.state)).ok_or(ArchiveError::SealTransition { from: record.state, act })?;
        let bytes = self.made(&record, making, order.at, random)?;
        let (second, bytes) = (making.second, bytes.as_slice());
        let change =
            if anew { SealChange::Remake { second, bytes } } else { SealChange::Make { second, bytes } };
        self.change_seal(id, &change, order)
    }

    /// Seals a document: counts the use, then signs. `property` says what is sealed: in OFD the path of `Signature.xml`.
    ///
    /// # Errors
    /// As [`Desk::use_seal`]; [`DeskError::Sealing`].
    pub fn seal_document(
        &self,
        id: SealId,
        document: &[u8],
        property: &str,
        order: &Order,
    ) -> Result<Sealed, DeskError> {
        let digest = SM2_SM3.digest(&[document]);
        // Opened first: a use must not be counted for a key that is not there.
        let key = self.opened(&key_name(id))?;
        let used = self.use_seal(id, &format!("sm3:{}", hex::encode(&digest)), order)?;
        let read = Seal::read(&used.seal, Reader::Ours).map_err(boyin_issue::seal::SealingError::from)?;
        let Signers::Certificates(signers) = &read.info.signers else {
            return Err(boyin_issue::seal::SealingError::NotListed.into());
        };
        let certificate = signers.first().copied().unwrap_or_default();
        let sealing = Sealing { seal: &used.seal, at: used.at, document: digest, property, certificate };
        let signature = seal(&sealing, &key)?;
        Ok(Sealed { event: used.event, at: used.at, replayed: used.replayed, signature })
    }

    /// The seal under which an office issues at an instant: of its seals in use, personal ones aside, the one with the
    /// lowest number.
    pub(crate) fn issuing_seal(
        &self,
        office: boyin_model::id::CreditCode,
        at: UnixTime,
    ) -> Result<Option<SealId>, DeskError> {
        let trust = self.trust();
        let of_office = trust.list().seals.iter().filter(|seal| seal.issuer == office);
        for seal in of_office.filter(|seal| seal.in_force_at(at)) {
            let record = self.archive.seal_record(seal.id)?;
            if record.is_some_and(|record| record.kind != SealKind::Personal) {
                return Ok(Some(seal.id));
            }
        }
        Ok(None)
    }

    fn made(
        &self,
        record: &SealRecord,
        making: &SealMaking<'_>,
        at: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<Vec<u8>, DeskError> {
        let authority = self.seal_authority(at, random)?;
        let maker = self.seal_key(MAKER, random)?;
        let maker_certificate = self.maker_certificate(&authority, &maker, at, random)?;
        let id = record.id.to_string();
        let key = self.seal_key(&key_name(record.id), random)?;
        let organization = [record.owner.as_str(), &record.name].concat();
        let draft = CertificateDraft {
            serial: serial(random)?,
            subject: Subject { organization: &organization, common_name: &id },
            key: key.reference(),
            role: KeyRole::Signing,
            not_before: at,
            not_after: making.valid_until,
        };
        let certificate = authority.certify(&draft)?;
        let info = SealInfo {
            number: making.version,
            vendor: VENDOR,
            id: &id,
            kind: if record.kind == SealKind::Personal { PERSONAL_SEAL } else { UNIT_SEAL },
            name: &record.name,
            signers: Signers::Certificates(vec![&certificate]),
            created: at,
            valid_from: at,
            valid_until: making.valid_until,
            picture: making.picture,
            extensions: Vec::new(),
        };
        let ends = boyin_verify::chain::Certificate::read(&maker_certificate)
            .map_err(|_| boyin_issue::seal::SealingError::NotOfKey)?
            .not_after();
        if ends < making.valid_until || making.valid_until <= at {
            return Err(boyin_issue::seal::SealingError::NotInTime.into());
        }
        Ok(make_seal(&info, &maker_certificate, &maker)?)
    }

    /// The authority of this data directory, founded when it is first needed.
    fn seal_authority(&self, at: UnixTime, random: &mut dyn Randomness) -> Result<Authority, DeskError> {
        let key = self.seal_key(AUTHORITY, random)?;
        if let Some(certificate) = self.home.seal_authority_certificate()? {
            return Ok(Authority::of(key, certificate)?);
        }
        let subject = Subject { organization: &self.config.authority, common_name: "电子印章证书" };
        let until = at.date().plus_years(AUTHORITY_YEARS).begins();
        let authority = Authority::found(key, serial(random)?, subject, at, until)?;
        replace(&self.home.certificate_path(AUTHORITY), authority.certificate())?;
        Ok(authority)
    }

    fn maker_certificate(
        &self,
        authority: &Authority,
        maker: &SigningKey,
        at: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<Vec<u8>, DeskError> {
        let path = self.home.certificate_path(MAKER);
        if let Some(certificate) = read_if_there(&path)? {
            return Ok(certificate);
        }
        let draft = CertificateDraft {
            serial: serial(random)?,
            subject: Subject { organization: &self.config.authority, common_name: "电子印章制章人" },
            key: maker.reference(),
            role: KeyRole::Signing,
            not_before: at,
            not_after: at.date().plus_years(MAKER_YEARS).begins(),
        };
        let certificate = authority.certify(&draft)?;
        replace(&path, &certificate)?;
        Ok(certificate)
    }

    fn seal_key(&self, name: &str, random: &mut dyn Randomness) -> Result<SigningKey, DeskError> {
        if self.keyring.has(name) {
            return self.opened(name);
        }
        let key = self.keyring.make(name, Algorithm::Sm2, &self.passphrase, random)?;
        self.keep(name, &key);
        Ok(key)
    }

    /// Opening a key takes a deliberately slow derivation, so each is opened once.
    fn opened(&self, name: &str) -> Result<SigningKey, DeskError> {
        let known = self.seal_keys.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let key = self.keyring.open(name, Algorithm::Sm2, &self.passphrase)?;
        self.keep(name, &key);
        Ok(key)
    }

    fn keep(&self, name: &str, key: &SigningKey) {
        self.seal_keys.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), key.clone());
    }
}

impl crate::home::Home {
    /// The certificate of the authority that certifies seal makers and signers, DER; `None` before the first seal.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn seal_authority_certificate(&self) -> Result<Option<Vec<u8>>, HomeError> {
        read_if_there(&self.certificate_path(AUTHORITY))
    }

    fn certificate_path(&self, name: &str) -> PathBuf {
        self.dir().join(format!("trust/{name}.der"))
    }
}

fn read_if_there(path: &std::path::Path) -> Result<Option<Vec<u8>>, HomeError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(HomeError::File { path: path.to_owned(), source }),
    }
}

fn key_name(id: SealId) -> String {
    format!("seal-{id}")
}

fn serial(random: &mut dyn Randomness) -> Result<[u8; 16], DeskError> {
    let mut serial = [0; 16];
    random.fill(&mut serial)?;
    Ok(serial)
}
