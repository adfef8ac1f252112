//! An authority, a seal maker, a signer and their seals.

pub use boyin_issue::SigningKey;
use boyin_issue::certificate::{Authority, CertificateDraft, KeyRole, Subject};
use boyin_issue::seal::{Sealing, make_seal, seal};
use boyin_model::alg::{Digest32, PublicKey, VerifyAlg as _};
use boyin_model::register::{Period, SealId};
use boyin_model::seal::{Picture, SealInfo, Signers};
use boyin_model::time::UnixTime;
use boyin_model::trust::{SealVersion, TrustList, TrustedSeal};
use boyin_suite::{Algorithm, all_x509};
use boyin_verify::TrustSnapshot;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::SealContext;

use crate::key::FixedKey;
use crate::prefecture::{Prefecture, now, since};
use crate::tlv::{bits, part, sequence, tlv};

/// Identifier of the seal.
pub const SEAL_ID: &str = "65270000000001";
/// What stands in `propertyInfo`.
pub const PROPERTY: &str = "/Doc_0/Signs/Sign_0/Signature.xml";
/// What is sealed.
pub const DOCUMENT: &[u8] = b"a document";
const DAY: u64 = 86_400;

/// Everything that a seal needs, with keys that anyone can compute.
#[derive(Debug)]
pub struct SealWorld {
    /// Algorithm of all keys.
    pub algorithm: Algorithm,
    /// The authority that certifies all others.
    pub authority: Authority,
    /// The maker's key and certificate.
    pub maker: (SigningKey, Vec<u8>),
    /// The signer's key and certificate.
    pub signer: (SigningKey, Vec<u8>),
}

impl SealWorld {
    /// A world whose certificates are valid from a year before [`now`] to a year after.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self::from(algorithm, now().minus(365 * DAY))
    }

    /// A world whose certificates are valid from an instant to a year after [`now`].
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn from(algorithm: Algorithm, from: UnixTime) -> Self {
        let until = now().plus(365 * DAY);
        let key = |seed| FixedKey::signing(algorithm, seed);
        let subject = Subject { organization: "博尔塔拉蒙古自治州", common_name: "印章根" };
        let authority = Authority::found(key(900), [0x41; 16], subject, from, until).expect("a certificate");
        let certify = |key: SigningKey, serial: u8, name| {
            let certificate = certificate(&authority, &key, serial, name, from, until);
            (key, certificate)
        };
        let (maker, signer) = (certify(key(901), 1, "制章人"), certify(key(902), 2, SEAL_ID));
        Self { algorithm, authority, maker, signer }
    }

    /// The authority's key.
    #[must_use]
    pub fn authority_key(&self) -> SigningKey {
        FixedKey::signing(self.algorithm, 900)
    }

    /// The authority's name, DER.
    #[must_use]
    pub fn authority_name(&self) -> &[u8] {
        part(self.authority.certificate(), &[0, 5])
    }

    /// A seal of any information, DER: what [`SealWorld::seal`] refuses to make too.
    #[must_use]
    pub fn seal_by_hand(&self, info: &[u8]) -> Vec<u8> {
        let (key, certificate) = &self.maker;
        let signature = bits(&der_signature(key, info));
        sequence(&[info, &tlv(4, &[certificate]), &algorithm_oid(key), &signature])
    }

    /// A seal signature over [`DOCUMENT`] with any seal at any instant.
    #[must_use]
    pub fn signature_by_hand(&self, seal: &[u8], at: UnixTime) -> Vec<u8> {
        let (key, certificate) = &self.signer;
        let to_sign = sequence(&[
            part(seal, &[0, 0, 1]),
            seal,
            &generalized_time(at),
            &bits(&self.digest()),
            &tlv(0x16, &[PROPERTY.as_bytes()]),
        ]);
        let signature = bits(&der_signature(key, &to_sign));
        sequence(&[&to_sign, &tlv(4, &[certificate]), &algorithm_oid(key), &signature])
    }

    /// A store that trusts the authority, names the maker, and knows that nothing is revoked.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn store(&self) -> CertificateStore {
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(self.authority.certificate()).expect("a certificate");
        store.add_maker(&self.maker.1).expect("a certificate");
        store.add_revocation_list(&revocation_list(self, &[], now().minus(60))).expect("a list");
        store
    }

    /// What a seal of the signer says: made ten days ago, valid for a year from then.
    #[must_use]
    pub fn info(&self) -> SealInfo<'_> {
        let created = now().minus(10 * DAY);
        SealInfo {
            number: 4,
            vendor: "boyin",
            id: SEAL_ID,
            kind: 1,
            name: "博尔塔拉蒙古自治州人民政府",
            signers: Signers::Certificates(vec![&self.signer.1]),
            created,
            valid_from: created,
            valid_until: created.plus(300 * DAY),
            picture: Picture { format: "PNG", data: b"\x89PNG", width_mm: 45, height_mm: 45 },
            extensions: Vec::new(),
        }
    }

    /// The seal.
    ///
    /// # Panics
    /// If the information breaks a rule.
    #[must_use]
    pub fn seal(&self, info: &SealInfo<'_>) -> Vec<u8> {
        make_seal(info, &self.maker.1, &self.maker.0).expect("a seal by the rules")
    }

    /// Digest of [`DOCUMENT`].
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        self.signer.0.reference().alg().digest(&[DOCUMENT])
    }

    /// A seal signature over [`DOCUMENT`] at an instant.
    ///
    /// # Panics
    /// If the seal cannot be used then.
    #[must_use]
    pub fn signature(&self, seal_bytes: &[u8], at: UnixTime) -> Vec<u8> {
        self.signature_over(seal_bytes, at, self.digest(), PROPERTY)
    }

    /// A seal signature over a digest, with what it says that it is over.
    ///
    /// # Panics
    /// If the seal cannot be used then.
    #[must_use]
    pub fn signature_over(
        &self,
        seal_bytes: &[u8],
        at: UnixTime,
        document: Digest32,
        property: &str,
    ) -> Vec<u8> {
        let certificate = &self.signer.1;
        let sealing = Sealing { seal: seal_bytes, at, document, property, certificate };
        seal(&sealing, &self.signer.0).expect("a seal in its time")
    }
}

/// A certificate for signing.
///
/// # Panics
/// Never.
#[must_use]
pub fn certificate(
    authority: &Authority,
    key: &SigningKey,
    serial: u8,
    common_name: &str,
    not_before: UnixTime,
    not_after: UnixTime,
) -> Vec<u8> {
    let subject = Subject { organization: "博尔塔拉蒙古自治州", common_name };
    let draft = CertificateDraft {
        serial: [serial; 16],
        subject,
        key: key.reference(),
        role: KeyRole::Signing,
        not_before,
        not_after,
    };
    authority.certify(&draft).expect("a certificate")
}

/// A context without a register.
#[must_use]
pub fn context(store: &CertificateStore, at: UnixTime) -> SealContext<'_> {
    SealContext { now: at, certificates: store, register: None }
}

/// Revocation list of an authority: serial numbers and since when; fresh from `made` until a day later.
///
/// # Panics
/// Never.
#[must_use]
pub fn revocation_list(authority: &SealWorld, revoked: &[(u8, UnixTime)], made: UnixTime) -> Vec<u8> {
    let name = authority.authority_name();
    ListByHand { key: &authority.authority_key(), name, revoked, made, until: Some(made.plus(DAY)) }
        .write(&[])
}

/// A revocation list of any issuer.
#[derive(Clone, Copy, Debug)]
pub struct ListByHand<'p> {
    /// Signs it.
    pub key: &'p SigningKey,
    /// The issuer's name, DER.
    pub name: &'p [u8],
    /// Serial numbers and since when.
    pub revoked: &'p [(u8, UnixTime)],
    /// First instant.
    pub made: UnixTime,
    /// `nextUpdate`.
    pub until: Option<UnixTime>,
}

impl ListByHand<'_> {
    /// The list with these extensions, each an element of its own.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn write(&self, extensions: &[Vec<u8>]) -> Vec<u8> {
        self.write_for(None, extensions)
    }

    /// As [`Self::write`], with this reason in every entry.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn write_for(&self, reason_of_all: Option<u8>, extensions: &[Vec<u8>]) -> Vec<u8> {
        let reason = |reason: u8| sequence(&[&extension(&[0x55, 0x1d, 21], false, &tlv(0x0a, &[&[reason]]))]);
        let reason = reason_of_all.map(reason).unwrap_or_default();
        let entry =
            |(serial, at): &(u8, UnixTime)| sequence(&[&tlv(2, &[&[*serial; 16]]), &utc_time(*at), &reason]);
        let entries: Vec<u8> = self.revoked.iter().flat_map(entry).collect();
        let entries = if entries.is_empty() { Vec::new() } else { sequence(&[&entries]) };
        let until = self.until.map(utc_time).unwrap_or_default();
        let extensions = match extensions {
            [] => Vec::new(),
            some => tlv(0xa0, &[&sequence(&[&some.concat()])]),
        };
        let algorithm = algorithm_identifier(self.key);
        let to_be_signed = sequence(&[
            &tlv(2, &[&[1]]),
            &algorithm,
            self.name,
            &utc_time(self.made),
            &until,
            &entries,
            &extensions,
        ]);
        signed(&to_be_signed, &algorithm, self.key)
    }
}

/// A certificate such as [`Authority`] does not issue.
#[derive(Clone, Copy, Debug)]
pub struct CertificateByHand<'p> {
    /// Signs it.
    pub issuer_key: &'p SigningKey,
    /// The issuer's name, DER.
    pub issuer: &'p [u8],
    /// The key in it.
    pub key: &'p SigningKey,
    /// The common name, and the only one.
    pub name: &'p str,
    /// Each of the 16 bytes of the serial number.
    pub serial: u8,
    /// First instant.
    pub from: UnixTime,
    /// Last instant.
    pub until: UnixTime,
}

impl CertificateByHand<'_> {
    /// The certificate with these extensions, each an element of its own.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn write(&self, extensions: &[Vec<u8>]) -> Vec<u8> {
        let algorithm = algorithm_identifier(self.issuer_key);
        let key = self.key.reference();
        let kind = if key.alg().id().curve == Some("SM2") { Algorithm::Sm2 } else { Algorithm::Es256 };
        let key = boyin_suite::public_key_to_spki(kind, PublicKey(&key.point())).expect("a point");
        let extensions = match extensions {
            [] => Vec::new(),
            some => tlv(0xa3, &[&sequence(&[&some.concat()])]),
        };
        let to_be_signed = sequence(&[
            &tlv(0xa0, &[&tlv(2, &[&[2]])]),
            &tlv(2, &[&[self.serial; 16]]),
            &algorithm,
            self.issuer,
            &sequence(&[&utc_time(self.from), &utc_time(self.until)]),
            &name(self.name),
            &key,
            &extensions,
        ]);
        signed(&to_be_signed, &algorithm, self.issuer_key)
    }
}

/// A name that is one common name, DER.
#[must_use]
pub fn name(common_name: &str) -> Vec<u8> {
    let attribute = sequence(&[&tlv(6, &[&[0x55, 4, 3]]), &tlv(0x0c, &[common_name.as_bytes()])]);
    sequence(&[&tlv(0x31, &[&attribute])])
}

/// An extension of a certificate, a revocation list or a seal.
#[must_use]
pub fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { vec![1, 1, 0xff] } else { Vec::new() };
    sequence(&[&tlv(6, &[id]), &critical, &tlv(4, &[value])])
}

/// Basic constraints, critical.
#[must_use]
pub fn basic_constraints(ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let ca: &[u8] = if ca { &[1, 1, 0xff] } else { &[] };
    let length = path_length.map(|length| vec![2, 1, length]).unwrap_or_default();
    extension(&[0x55, 0x1d, 19], true, &sequence(&[ca, &length]))
}

/// Key usage, critical: the first eight bits, `digitalSignature` the highest.
#[must_use]
pub fn key_usage(usage: u8) -> Vec<u8> {
    let unused = u8::try_from(usage.trailing_zeros()).expect("at most 32");
    extension(&[0x55, 0x1d, 15], true, &tlv(3, &[&[unused.min(7)], &[usage]]))
}

/// `keyCertSign` and `cRLSign`.
pub const ISSUES: u8 = 0b0000_0110;
/// `digitalSignature`.
pub const SIGNS: u8 = 0b1000_0000;

fn signed(to_be_signed: &[u8], algorithm: &[u8], key: &SigningKey) -> Vec<u8> {
    sequence(&[to_be_signed, algorithm, &bits(&der_signature(key, to_be_signed))])
}

/// The object identifier of the key's signatures, as an element.
///
/// # Panics
/// Never.
#[must_use]
pub fn algorithm_oid(key: &SigningKey) -> Vec<u8> {
    tlv(6, &[key.reference().alg().id().oid.expect("it signs certificates").as_bytes()])
}

fn algorithm_identifier(key: &SigningKey) -> Vec<u8> {
    sequence(&[&algorithm_oid(key)])
}

/// `YYYYMMDDHHMMSS` in UTC.
fn digits(at: UnixTime) -> String {
    let text = at.minus(8 * 3600).to_string(); // 2026-07-01T12:00:00+08:00
    text[..19].chars().filter(char::is_ascii_digit).collect()
}

/// UTCTime.
#[must_use]
pub fn utc_time(at: UnixTime) -> Vec<u8> {
    tlv(0x17, &[&digits(at).as_bytes()[2..], b"Z"])
}

/// GeneralizedTime.
#[must_use]
pub fn generalized_time(at: UnixTime) -> Vec<u8> {
    tlv(0x18, &[digits(at).as_bytes(), b"Z"])
}

/// The register of a trust list that is fresh for six days from [`now`]: these seals, in force in these periods.
///
/// # Panics
/// If the list is refused.
#[must_use]
pub fn register(algorithm: Algorithm, seals: &[(&[u8], &[Period])]) -> TrustSnapshot {
    register_between(algorithm, seals, since(), now().plus(6 * DAY))
}

/// As [`register`], made at `issued_at` and stale from `next_update` on.
///
/// # Panics
/// If the list is refused.
#[must_use]
pub fn register_between(
    algorithm: Algorithm,
    seals: &[(&[u8], &[Period])],
    issued_at: UnixTime,
    next_update: UnixTime,
) -> TrustSnapshot {
    let list = TrustList { issued_at, next_update, ..register_list(algorithm, seals) };
    Prefecture::new(algorithm).trust(&list)
}

/// The list of [`register`], to be changed before [`Prefecture::trust`] signs it.
///
/// # Panics
/// Never.
#[must_use]
pub fn register_list(algorithm: Algorithm, seals: &[(&[u8], &[Period])]) -> TrustList {
    let prefecture = Prefecture::new(algorithm);
    let entry = |(seal, periods): &(&[u8], &[Period])| {
        let digest = boyin_suite::ES256.digest(&[seal]);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let versions = vec![SealVersion { digest: format!("sha-256:{hex}"), from: since(), until: None }];
        let (id, issuer) = (SealId::parse(SEAL_ID).expect("a number"), prefecture.office.code);
        TrustedSeal { id, issuer, versions, in_force: periods.to_vec() }
    };
    let seals = seals.iter().map(entry).collect();
    let (issued_at, next_update) = (since(), now().plus(6 * DAY));
    TrustList { seals, issued_at, next_update, ..prefecture.trust_list() }
}

/// A signature in DER.
///
/// # Panics
/// Never.
#[must_use]
pub fn der_signature(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let raw = key.sign(message).expect("keys of the kit sign");
    boyin_suite::raw_to_der(&raw.try_into().expect("r and s"))
}

/// What enters the digest of a message under this key before the message: Z for SM2.
///
/// # Panics
/// Never.
#[must_use]
pub fn digest_prefix(key: &SigningKey) -> Vec<u8> {
    let reference = key.reference();
    let prepared = reference.alg().key(PublicKey(&reference.point())).expect("a point");
    prepared.digest_prefix().to_vec()
}

/// A seal with its part at `path` replaced and signed again by the maker; versions 4 and 5.
///
/// # Panics
/// If there is no such part.
#[must_use]
pub fn resigned_seal(world: &SealWorld, seal: &[u8], path: &[usize], new: &[u8]) -> Vec<u8> {
    let changed = crate::tlv::replaced(seal, path, new);
    let signature = der_signature(&world.maker.0, part(&changed, &[0]));
    crate::tlv::replaced(&changed, &[3], &bits(&signature))
}

/// A seal signature with its part at `path` replaced and signed again by the signer; versions 4 and 5.
///
/// # Panics
/// If there is no such part.
#[must_use]
pub fn resigned_signature(world: &SealWorld, signature: &[u8], path: &[usize], new: &[u8]) -> Vec<u8> {
    let changed = crate::tlv::replaced(signature, path, new);
    let value = der_signature(&world.signer.0, part(&changed, &[0]));
    crate::tlv::replaced(&changed, &[3], &bits(&value))
}
