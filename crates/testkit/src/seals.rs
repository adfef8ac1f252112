//! An authority, a seal maker, a signer and their seals.

use boyin_issue::SigningKey;
use boyin_issue::certificate::{Authority, CertificateDraft, KeyRole, Subject};
use boyin_issue::seal::{Sealing, make_seal, seal};
use boyin_model::alg::Digest32;
use boyin_model::seal::{Picture, SealInfo, Signers};
use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, all_x509};
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::SealContext;

use crate::key::FixedKey;
use crate::prefecture::now;
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
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let (from, until) = (now().minus(365 * DAY), now().plus(365 * DAY));
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
        let sealing = Sealing {
            seal: seal_bytes,
            at,
            document: self.digest(),
            property: PROPERTY,
            certificate: &self.signer.1,
        };
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
    let own = authority.authority.certificate();
    let (algorithm, name) = (part(own, &[1]), part(own, &[0, 5]));
    let time = |at: UnixTime| {
        let text = at.minus(8 * 3600).to_string(); // 2026-07-01T12:00:00+08:00
        let digits: String = text[2..19].chars().filter(char::is_ascii_digit).collect();
        tlv(0x17, &[digits.as_bytes(), b"Z"])
    };
    let entry = |(serial, at): &(u8, UnixTime)| sequence(&[&tlv(2, &[&[*serial; 16]]), &time(*at)]);
    let entries: Vec<u8> = revoked.iter().flat_map(entry).collect();
    let entries = if entries.is_empty() { Vec::new() } else { sequence(&[&entries]) };
    let to_be_signed =
        sequence(&[&tlv(2, &[&[1]]), algorithm, name, &time(made), &time(made.plus(DAY)), &entries]);
    let key = FixedKey::signing(authority.algorithm, 900);
    sequence(&[&to_be_signed, algorithm, &bits(&der_signature(&key, &to_be_signed))])
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
