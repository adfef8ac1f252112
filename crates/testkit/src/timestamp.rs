//! A timestamp authority with fixed keys, whose tokens are built element by element, and taken apart again.

pub mod openssl;

use boyin_issue::SigningKey;
use boyin_model::time::UnixTime;
pub use boyin_suite::Algorithm;
use boyin_suite::all_x509;
use boyin_verify::chain::CertificateStore;

use crate::key::FixedKey;
use crate::prefecture::now;
use crate::seals::{
    CertificateByHand, ISSUES, ListByHand, SIGNS, basic_constraints, der_signature, extension,
    generalized_time, key_usage, name,
};
use crate::tlv::{content, elements, part, replaced, sequence, tlv};

/// What is stamped.
pub const STAMPED: &[u8] = b"a signature value";
/// 1.2.156.10197.9.1: a policy of nobody.
pub const POLICY: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 9, 1];
/// id-ct-TSTInfo.
pub const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
/// `signedData` of CMS.
pub const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// `signedData` of GB/T 35275.
pub const SIGNED_DATA_GM: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2, 2];
/// content-type, message-digest, signing-certificate, signing-certificate-v2.
pub const ATTRIBUTES: [&[u8]; 4] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 12],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47],
];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const SM3: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
/// id-kp-timeStamping.
pub const TIMESTAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
const DAY: u64 = 86_400;

/// Where TSTInfo stands in a token.
pub const INFO: [usize; 6] = [1, 0, 2, 1, 0, 0];
/// Where the certificates stand in a token.
pub const CERTIFICATES: [usize; 3] = [1, 0, 3];
/// Where SignerInfo stands in a token with certificates.
pub const SIGNER: [usize; 4] = [1, 0, 4, 0];

/// A root, and the authority that it certifies.
#[derive(Debug)]
pub struct TimestampWorld {
    /// Algorithm of both keys.
    pub algorithm: Algorithm,
    /// The root's key and certificate.
    pub root: (SigningKey, Vec<u8>),
    /// The authority's key and certificate.
    pub authority: (SigningKey, Vec<u8>),
}

/// What a token says.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// Tag, length and content of each element of TSTInfo, in their order.
    pub info: Vec<Vec<u8>>,
    /// Content of the outer content type.
    pub syntax: &'static [u8],
    /// Certificates to put in.
    pub certificates: Vec<Vec<u8>>,
}

/// Extended key usage.
#[must_use]
pub fn extended_key_usage(critical: bool, usages: &[&[u8]]) -> Vec<u8> {
    let usages: Vec<u8> = usages.iter().flat_map(|usage| tlv(6, &[usage])).collect();
    extension(EXTENDED_KEY_USAGE, critical, &sequence(&[&usages]))
}

impl TimestampWorld {
    /// A world whose certificates are valid from a year before [`now`] to a year after.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let (from, until) = (now().minus(365 * DAY), now().plus(365 * DAY));
        let (root, authority) = (FixedKey::signing(algorithm, 950), FixedKey::signing(algorithm, 951));
        let by_hand = CertificateByHand {
            issuer_key: &root,
            issuer: &name("时间戳根"),
            key: &root,
            name: "时间戳根",
            serial: 0x51,
            from,
            until,
        };
        let root_certificate = by_hand.write(&[basic_constraints(true, None), key_usage(ISSUES)]);
        let mut world =
            Self { algorithm, root: (root, root_certificate), authority: (authority, Vec::new()) };
        world.authority.1 = world.certificate(&[key_usage(SIGNS), extended_key_usage(true, &[TIMESTAMPING])]);
        world
    }

    /// A certificate of the authority's key with these extensions.
    #[must_use]
    pub fn certificate(&self, extensions: &[Vec<u8>]) -> Vec<u8> {
        self.certificate_of(now().minus(365 * DAY), now().plus(365 * DAY), extensions)
    }

    /// As [`TimestampWorld::certificate`], valid from and until.
    #[must_use]
    pub fn certificate_of(&self, from: UnixTime, until: UnixTime, extensions: &[Vec<u8>]) -> Vec<u8> {
        let by_hand = CertificateByHand {
            issuer_key: &self.root.0,
            issuer: &name("时间戳根"),
            key: &self.authority.0,
            name: "时间戳机构",
            serial: 0x52,
            from,
            until,
        };
        by_hand.write(extensions)
    }

    /// The same world with another certificate of the authority's key.
    #[must_use]
    pub fn certified(self, certificate: Vec<u8>) -> Self {
        Self { authority: (self.authority.0, certificate), ..self }
    }

    /// A store that trusts the root for timestamps, and knows that nothing is revoked.
    #[must_use]
    pub fn store(&self) -> CertificateStore {
        let mut store = CertificateStore::new(&all_x509());
        self.add_to(&mut store);
        store
    }

    /// Makes a store trust the root for timestamps, and know that nothing is revoked.
    ///
    /// # Panics
    /// Never.
    pub fn add_to(&self, store: &mut CertificateStore) {
        store.add_timestamp_authority(&self.root.1).expect("a certificate");
        store.add_revocation_list(&self.revocation_list(&[])).expect("a list");
    }

    /// The root's list of what is revoked.
    #[must_use]
    pub fn revocation_list(&self, revoked: &[(u8, UnixTime)]) -> Vec<u8> {
        let made = now().minus(60);
        let list = ListByHand {
            key: &self.root.0,
            name: &name("时间戳根"),
            revoked,
            made,
            until: Some(made.plus(DAY)),
        };
        list.write(&[])
    }

    fn digest_id(&self) -> Vec<u8> {
        let id = if self.algorithm == Algorithm::Sm2 { SM3 } else { SHA256 };
        sequence(&[&tlv(6, &[id]), &[5, 0]])
    }

    fn digest(&self, bytes: &[u8]) -> Vec<u8> {
        self.algorithm.verifier().digest(&[bytes]).to_vec()
    }

    /// What a token over `bytes` says: at `at`, exact to a second, with serial number 7 and nonce 9.
    #[must_use]
    pub fn stamp(&self, bytes: &[u8], at: UnixTime) -> Stamp {
        let imprint = sequence(&[&self.digest_id(), &tlv(4, &[&self.digest(bytes)])]);
        let info = vec![
            vec![2, 1, 1],
            tlv(6, &[POLICY]),
            imprint,
            vec![2, 1, 7],
            generalized_time(at),
            sequence(&[&[2, 1, 1]]),
            vec![2, 1, 9],
        ];
        Stamp { info, syntax: SIGNED_DATA, certificates: vec![self.authority.1.clone()] }
    }

    /// The token of a stamp.
    #[must_use]
    pub fn token(&self, stamp: &Stamp) -> Vec<u8> {
        let info = sequence(&[&stamp.info.concat()]);
        let is_gm = stamp.syntax == SIGNED_DATA_GM;
        let certificates = match stamp.certificates.as_slice() {
            [] => Vec::new(),
            some => tlv(0xa0, &[&some.concat()]),
        };
        let signed_data = sequence(&[
            &[2, 1, if is_gm { 1 } else { 3 }],
            &tlv(0x31, &[&self.digest_id()]),
            &sequence(&[&tlv(6, &[TST_INFO]), &tlv(0xa0, &[&tlv(4, &[&info])])]),
            &certificates,
            &tlv(0x31, &[&self.signer_info(&self.attributes(&info))]),
        ]);
        sequence(&[&tlv(6, &[stamp.syntax]), &tlv(0xa0, &[&signed_data])])
    }

    /// A token over `bytes`.
    #[must_use]
    pub fn stamped(&self, bytes: &[u8], at: UnixTime) -> Vec<u8> {
        self.token(&self.stamp(bytes, at))
    }

    /// What the authority answers to a request at an instant.
    ///
    /// # Panics
    /// If `request` is none.
    #[must_use]
    pub fn answer(&self, request: &[u8], at: UnixTime) -> Vec<u8> {
        let parts = elements(content(request));
        let nonce = parts[2..].iter().find(|part| part[0] == 2);
        let policy = parts[2..].iter().find(|part| part[0] == 6);
        let mut stamp = self.stamp(&[], at);
        stamp.info[1] = policy.map_or(stamp.info[1].clone(), |policy| policy.to_vec());
        stamp.info[2] = parts[1].to_vec();
        stamp.info[6] = nonce.map(|nonce| nonce.to_vec()).unwrap_or_default();
        granted(&self.token(&stamp))
    }

    /// The signed attributes over TSTInfo, not in order.
    #[must_use]
    pub fn attributes(&self, info: &[u8]) -> Vec<Vec<u8>> {
        let certificate = &self.authority.1;
        let digest = tlv(4, &[&self.digest(certificate)]);
        // SHA-256 is the default and not written.
        let algorithm = if self.algorithm == Algorithm::Sm2 { self.digest_id() } else { Vec::new() };
        let names = tlv(0xa4, &[part(certificate, &[0, 3])]);
        let issued = sequence(&[&sequence(&[&names]), part(certificate, &[0, 1])]);
        let binding = sequence(&[&sequence(&[&sequence(&[&algorithm, &digest, &issued])])]);
        vec![
            attribute(ATTRIBUTES[0], &tlv(6, &[TST_INFO])),
            attribute(ATTRIBUTES[1], &tlv(4, &[&self.digest(info)])),
            attribute(ATTRIBUTES[3], &binding),
        ]
    }

    /// SignerInfo over signed attributes, which are put in order.
    #[must_use]
    pub fn signer_info(&self, attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut attributes = attributes.to_vec();
        attributes.sort();
        self.signer_info_as_given(&attributes)
    }

    /// SignerInfo over signed attributes in the order given.
    #[must_use]
    pub fn signer_info_as_given(&self, attributes: &[Vec<u8>]) -> Vec<u8> {
        let (key, certificate) = &self.authority;
        let attributes = attributes.concat();
        let signature = der_signature(key, &tlv(0x31, &[&attributes]));
        sequence(&[
            &[2, 1, 1],
            &sequence(&[part(certificate, &[0, 3]), part(certificate, &[0, 1])]),
            &self.digest_id(),
            &tlv(0xa0, &[&attributes]),
            &sequence(&[&crate::seals::algorithm_oid(key)]),
            &tlv(4, &[&signature]),
        ])
    }

    /// A token with its part at `path` replaced, and everything that depends on it made anew.
    ///
    /// # Panics
    /// If there is no such part.
    #[must_use]
    pub fn resigned(&self, token: &[u8], path: &[usize], new: &[u8]) -> Vec<u8> {
        let changed = replaced(token, path, new);
        let info = part(&changed, &INFO).to_vec();
        self.resigned_info(&changed, &info)
    }

    /// A token with this TSTInfo, which need not be one, and everything that depends on it made anew.
    ///
    /// # Panics
    /// If it is no token with certificates.
    #[must_use]
    pub fn resigned_info(&self, token: &[u8], info: &[u8]) -> Vec<u8> {
        let changed = replaced(token, &INFO, info);
        let digest = attribute(ATTRIBUTES[1], &tlv(4, &[&self.digest(info)]));
        let attributes: Vec<_> = elements(content(part(&changed, &[1, 0, 4, 0, 3])))
            .into_iter()
            .map(|one| if has_id(one, ATTRIBUTES[1]) { digest.clone() } else { one.to_vec() })
            .collect();
        self.with_attributes(&changed, &attributes)
    }

    /// A token with other signed attributes, signed.
    ///
    /// # Panics
    /// If it has no certificates.
    #[must_use]
    pub fn with_attributes(&self, token: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
        let signer = self.signer_info(attributes);
        let changed = replaced(token, &[1, 0, 4, 0, 3], part(&signer, &[3]));
        replaced(&changed, &[1, 0, 4, 0, 5], part(&signer, &[5]))
    }
}

/// A signed attribute with one value.
#[must_use]
pub fn attribute(id: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(6, &[id]), &tlv(0x31, &[value])])
}

/// Whether an attribute is of this kind.
#[must_use]
pub fn has_id(attribute: &[u8], id: &[u8]) -> bool {
    content(part(attribute, &[0])) == id
}

/// An answer that grants a token.
#[must_use]
pub fn granted(token: &[u8]) -> Vec<u8> {
    sequence(&[&sequence(&[&[2, 1, 0]]), token])
}
