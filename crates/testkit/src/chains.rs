//! Paths of certificates of any shape, revocation lists and responders' answers, with keys that anyone can compute.

use boyin_issue::SigningKey;
use boyin_model::alg::{PublicKey, VerifyAlg};
use boyin_model::time::UnixTime;
use boyin_suite::Algorithm;

use crate::key::FixedKey;
use crate::prefecture::now;
use crate::seals::{
    ISSUES, SIGNS, algorithm_oid, basic_constraints, der_signature, extension, generalized_time, key_usage,
    name, utc_time,
};
use crate::tlv::{bits, sequence, tlv};

const DAY: u64 = 86_400;
/// A host that the leaf of [`Chain::new`] bears.
pub const HOST: &str = "a.example.com";

/// An extension under `id-ce`, 2.5.29.
#[must_use]
pub fn standard(kind: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, kind], critical, value)
}

/// Alternative names, each as the tag and content of its GeneralName.
#[must_use]
pub fn alternatives(critical: bool, names: &[(u8, &[u8])]) -> Vec<u8> {
    let names: Vec<u8> = names.iter().flat_map(|(tag, content)| tlv(*tag, &[content])).collect();
    standard(17, critical, &sequence(&[&names]))
}

/// Name constraints, critical; each base as tag and content of its GeneralName.
#[must_use]
pub fn constraints(permitted: &[(u8, &[u8])], excluded: &[(u8, &[u8])]) -> Vec<u8> {
    let trees = |tag: u8, bases: &[(u8, &[u8])]| match bases {
        [] => Vec::new(),
        bases => {
            let trees: Vec<u8> =
                bases.iter().flat_map(|(tag, content)| sequence(&[&tlv(*tag, &[content])])).collect();
            tlv(tag, &[&trees])
        }
    };
    standard(30, true, &sequence(&[&trees(0xa0, permitted), &trees(0xa1, excluded)]))
}

/// Certificate policies, each as the content of its OID.
#[must_use]
pub fn policies(oids: &[&[u8]]) -> Vec<u8> {
    let each: Vec<u8> = oids.iter().flat_map(|oid| sequence(&[&tlv(6, &[oid])])).collect();
    standard(32, false, &sequence(&[&each]))
}

/// Policy mappings, critical.
#[must_use]
pub fn mappings(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let each: Vec<u8> =
        pairs.iter().flat_map(|(from, to)| sequence(&[&tlv(6, &[from]), &tlv(6, &[to])])).collect();
    standard(33, true, &sequence(&[&each]))
}

/// Extended key usage for purposes under `id-kp`, by their last arcs.
#[must_use]
pub fn purposes(critical: bool, arcs: &[u8]) -> Vec<u8> {
    let each: Vec<u8> = arcs.iter().flat_map(|arc| tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 3, *arc]])).collect();
    standard(37, critical, &sequence(&[&each]))
}

/// One certificate, before it is signed. Keys are seeds of [`FixedKey`].
#[derive(Clone, Debug)]
pub struct Parts {
    /// Its key.
    pub key: u64,
    /// The key that signs it.
    pub issuer_key: u64,
    /// Name, DER.
    pub subject: Vec<u8>,
    /// Name, DER.
    pub issuer: Vec<u8>,
    /// Content of the INTEGER.
    pub serial: Vec<u8>,
    /// An element, or nothing.
    pub version: Vec<u8>,
    /// First instant, an element.
    pub from: Vec<u8>,
    /// Last instant, an element.
    pub until: Vec<u8>,
    /// Each an element.
    pub extensions: Vec<Vec<u8>>,
    /// Behind the OID of the outer algorithm identifier.
    pub outer_parameters: Vec<u8>,
}

fn identifier(key: u64) -> [u8; 8] {
    key.to_be_bytes()
}

impl Parts {
    /// Of an authority, as RFC 5280 has it.
    #[must_use]
    pub fn authority(subject: &str, key: u64, issuer: &str, issuer_key: u64) -> Self {
        let mut parts = Self::leaf(subject, key, issuer, issuer_key);
        parts.extensions = vec![
            basic_constraints(true, None),
            key_usage(ISSUES),
            standard(14, false, &tlv(4, &[&identifier(key)])),
            parts.extensions.remove(0),
        ];
        parts
    }

    /// Of somebody who signs.
    #[must_use]
    pub fn leaf(subject: &str, key: u64, issuer: &str, issuer_key: u64) -> Self {
        Self {
            key,
            issuer_key,
            subject: name(subject),
            issuer: name(issuer),
            serial: key.to_be_bytes()[6..].to_vec(),
            version: tlv(0xa0, &[&tlv(2, &[&[2]])]),
            from: utc_time(now().minus(365 * DAY)),
            until: utc_time(now().plus(365 * DAY)),
            extensions: vec![
                standard(35, false, &sequence(&[&tlv(0x80, &[&identifier(issuer_key)])])),
                key_usage(SIGNS),
                alternatives(false, &[(0x82, HOST.as_bytes())]),
            ],
            outer_parameters: Vec::new(),
        }
    }

    /// The certificate, DER.
    ///
    /// # Panics
    /// If a seed gives no key.
    #[must_use]
    pub fn write(&self, algorithm: Algorithm) -> Vec<u8> {
        let issuer = FixedKey::signing(algorithm, self.issuer_key);
        let key = FixedKey::signing(algorithm, self.key).reference().point();
        let key = boyin_suite::public_key_to_spki(algorithm, PublicKey(&key)).expect("a point");
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            some => tlv(0xa3, &[&sequence(&[&some.concat()])]),
        };
        let to_be_signed = sequence(&[
            &self.version,
            &tlv(2, &[&self.serial]),
            &sequence(&[&algorithm_oid(&issuer)]),
            &self.issuer,
            &sequence(&[&self.from, &self.until]),
            &self.subject,
            &key,
            &extensions,
        ]);
        signed(&to_be_signed, &issuer, &self.outer_parameters)
    }
}

fn signed(to_be_signed: &[u8], key: &SigningKey, parameters: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&algorithm_oid(key), parameters]);
    sequence(&[to_be_signed, &algorithm, &bits(&der_signature(key, to_be_signed))])
}

/// One revocation list, before it is signed.
#[derive(Clone, Debug)]
pub struct ListParts {
    /// The key that signs it.
    pub key: u64,
    /// Name, DER.
    pub issuer: Vec<u8>,
    /// First instant.
    pub made: UnixTime,
    /// `nextUpdate`.
    pub until: Option<UnixTime>,
    /// Serial number (content), since when, extensions of the entry.
    pub revoked: Vec<(Vec<u8>, UnixTime, Vec<Vec<u8>>)>,
    /// Each an element.
    pub extensions: Vec<Vec<u8>>,
}

impl ListParts {
    /// Of an authority, fresh, with this number, and empty.
    #[must_use]
    pub fn of(issuer: &str, key: u64, number: u8) -> Self {
        Self {
            key,
            issuer: name(issuer),
            made: now().minus(DAY),
            until: Some(now().plus(DAY)),
            revoked: Vec::new(),
            extensions: vec![
                standard(35, false, &sequence(&[&tlv(0x80, &[&identifier(key)])])),
                standard(20, false, &tlv(2, &[&[number]])),
            ],
        }
    }

    /// With an entry of an hour ago, for this reason.
    #[must_use]
    pub fn revoking(mut self, serial: &[u8], reason: u8) -> Self {
        let reason = standard(21, false, &tlv(0x0a, &[&[reason]]));
        self.revoked.push((serial.to_vec(), now().minus(3600), vec![reason]));
        self
    }

    /// With so many entries of an hour ago, of serial numbers of 16 bytes, in no order.
    #[must_use]
    pub fn of_many(mut self, entries: u64) -> Self {
        let serial = |at: u64| {
            let mixed = at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            [&[1][..], &mixed.to_be_bytes(), &mixed.rotate_left(7).to_be_bytes()[..7]].concat()
        };
        self.revoked = (0..entries).map(|at| (serial(at), now().minus(3600), Vec::new())).collect();
        self
    }

    /// With an extension.
    #[must_use]
    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// The list, DER.
    ///
    /// # Panics
    /// If a seed gives no key.
    #[must_use]
    pub fn write(&self, algorithm: Algorithm) -> Vec<u8> {
        let key = FixedKey::signing(algorithm, self.key);
        let entry = |(serial, since, extensions): &(Vec<u8>, UnixTime, Vec<Vec<u8>>)| {
            let extensions =
                if extensions.is_empty() { Vec::new() } else { sequence(&[&extensions.concat()]) };
            sequence(&[&tlv(2, &[serial]), &utc_time(*since), &extensions])
        };
        let entries: Vec<u8> = self.revoked.iter().flat_map(entry).collect();
        let entries = if entries.is_empty() { entries } else { sequence(&[&entries]) };
        let to_be_signed = sequence(&[
            &tlv(2, &[&[1]]),
            &sequence(&[&algorithm_oid(&key)]),
            &self.issuer,
            &utc_time(self.made),
            &self.until.map(utc_time).unwrap_or_default(),
            &entries,
            &tlv(0xa0, &[&sequence(&[&self.extensions.concat()])]),
        ]);
        signed(&to_be_signed, &key, &[])
    }
}

/// One responder's answer about one certificate, before it is signed.
#[derive(Clone, Debug)]
pub struct AnswerParts {
    /// The key that signs it.
    pub key: u64,
    /// `ResponderID` of who signs it, an element.
    pub responder: Vec<u8>,
    /// Name of the certificate's issuer, DER.
    pub issuer: Vec<u8>,
    /// The issuer's key.
    pub issuer_key: u64,
    /// Serial number, content.
    pub serial: Vec<u8>,
    /// `CertStatus`, an element.
    pub status: Vec<u8>,
    /// First instant.
    pub made: UnixTime,
    /// `nextUpdate`.
    pub until: Option<UnixTime>,
    /// Extensions of the answer, each an element.
    pub extensions: Vec<Vec<u8>>,
    /// Certificates that come with it.
    pub certificates: Vec<Vec<u8>>,
}

impl AnswerParts {
    /// `good`.
    pub const GOOD: [u8; 2] = [0x80, 0];
    /// `unknown`.
    pub const UNKNOWN: [u8; 2] = [0x82, 0];

    /// An issuer's fresh answer that its certificate is good.
    #[must_use]
    pub fn of(certificate: &Parts) -> Self {
        Self {
            key: certificate.issuer_key,
            responder: tlv(0xa1, &[&certificate.issuer]),
            issuer: certificate.issuer.clone(),
            issuer_key: certificate.issuer_key,
            serial: certificate.serial.clone(),
            status: Self::GOOD.to_vec(),
            made: now().minus(DAY),
            until: Some(now().plus(DAY)),
            extensions: Vec::new(),
            certificates: Vec::new(),
        }
    }

    /// `revoked` an hour ago, for this reason.
    #[must_use]
    pub fn revoked(reason: u8) -> Vec<u8> {
        tlv(0xa1, &[&generalized_time(now().minus(3600)), &tlv(0xa0, &[&tlv(0x0a, &[&[reason]])])])
    }

    /// The response, DER, with the issuer named by the digest of the suite.
    ///
    /// # Panics
    /// If a seed gives no key.
    #[must_use]
    pub fn write(&self, algorithm: Algorithm) -> Vec<u8> {
        let key = FixedKey::signing(algorithm, self.key);
        let of_issuer = FixedKey::signing(algorithm, self.issuer_key).reference().point();
        let (digest, oid): (&dyn VerifyAlg, &[u8]) = match algorithm {
            Algorithm::Sm2 => (&boyin_suite::SM2_SM3, &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11]),
            Algorithm::Es256 => (&boyin_suite::ES256, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]),
        };
        let id = sequence(&[
            &sequence(&[&tlv(6, &[oid])]),
            &tlv(4, &[&digest.digest(&[&self.issuer])]),
            &tlv(4, &[&digest.digest(&[&of_issuer])]),
            &tlv(2, &[&self.serial]),
        ]);
        let until = self.until.map(|until| tlv(0xa0, &[&generalized_time(until)])).unwrap_or_default();
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            some => tlv(0xa1, &[&sequence(&[&some.concat()])]),
        };
        let single = sequence(&[&id, &self.status, &generalized_time(self.made), &until, &extensions]);
        let data = sequence(&[&self.responder, &generalized_time(self.made), &sequence(&[&single])]);
        let certificates = match self.certificates.as_slice() {
            [] => Vec::new(),
            some => tlv(0xa0, &[&sequence(&[&some.concat()])]),
        };
        let basic = sequence(&[
            &data,
            &sequence(&[&algorithm_oid(&key)]),
            &bits(&der_signature(&key, &data)),
            &certificates,
        ]);
        let typed = sequence(&[&tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]]), &tlv(4, &[&basic])]);
        sequence(&[&tlv(0x0a, &[&[0]]), &tlv(0xa0, &[&typed])])
    }
}

/// A root, authorities below it, and a leaf.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Of all keys.
    pub algorithm: Algorithm,
    /// The anchor.
    pub root: Parts,
    /// From the one below the root to the one above the leaf.
    pub middle: Vec<Parts>,
    /// The certificate in question.
    pub leaf: Parts,
    /// Revocation lists.
    pub lists: Vec<ListParts>,
    /// Answers.
    pub answers: Vec<AnswerParts>,
}

impl Chain {
    /// A root, an authority and a leaf without fault; nothing is said of revocation.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            root: Parts::authority("root", 900, "root", 900),
            middle: vec![Parts::authority("middle", 901, "root", 900)],
            leaf: Parts::leaf("leaf", 902, "middle", 901),
            lists: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// With another authority between the last one and the leaf.
    #[must_use]
    pub fn deeper(mut self) -> Self {
        let above = self.middle.last().unwrap_or(&self.root);
        let name_above = if self.middle.is_empty() { "root" } else { "middle" };
        self.middle.push(Parts::authority("lower", 903, name_above, above.key));
        let extensions = std::mem::take(&mut self.leaf.extensions);
        self.leaf = Parts::leaf("leaf", 902, "lower", 903);
        let own = self.leaf.extensions.remove(0);
        self.leaf.extensions = std::iter::once(own).chain(extensions.into_iter().skip(1)).collect();
        self
    }
}
