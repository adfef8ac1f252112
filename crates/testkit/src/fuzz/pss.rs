//! Parameters of RSASSA-PSS, in a certificate that names them.

use std::sync::LazyLock;

use boyin_suite::{Algorithm, all_x509};
use boyin_verify::chain::{
    Certificate, CertificateQuery, CertificateReason, CertificateStore, CertificateVerdict,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::AlgorithmIdentifier;

use crate::chains::Parts;
use crate::prefecture::now;
use crate::tlv::{bits, part, replaced, sequence, tlv};

const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// Bytes of the modulus.
const MODULUS: usize = 256;

/// A root with an RSA key, and a leaf under it: what is signed, before its algorithm is named.
static CHAIN: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    // Nobody has to have the private half: no signature is expected to match.
    let modulus: Vec<u8> = (0..MODULUS).map(|at| u8::try_from(at * 37 % 251).unwrap_or(0) | 1).collect();
    let key = sequence(&[&tlv(2, &[&[0], &[0xc5], &modulus[1..]]), &tlv(2, &[&[1, 0, 1]])]);
    let key = sequence(&[&sequence(&[&tlv(6, &[RSA]), &[5, 0]]), &bits(&key)]);
    let root = Parts::authority("root", 900, "root", 900).write(Algorithm::Es256);
    let leaf = Parts::leaf("leaf", 902, "root", 900).write(Algorithm::Es256);
    (replaced(&root, &[0, 6], &key), leaf)
});

/// A certificate whose signature names these parameters.
fn naming(parameters: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&tlv(6, &[RSASSA_PSS]), parameters]);
    let signed = replaced(&CHAIN.1, &[0, 2], &algorithm);
    sequence(&[part(&signed, &[0]), &algorithm, &bits(&[1; MODULUS])])
}

/// What is accepted another reader takes for the same: one digest for message and mask, a salt of its length, the one
/// trailer.
///
/// # Panics
/// If a promise is broken.
pub fn pss(data: &[u8]) {
    if data.len() > u8::MAX.into() {
        return;
    }
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(&CHAIN.0).expect("a certificate");
    let Ok(leaf) = Certificate::read(&naming(data)) else { return };
    let query = CertificateQuery { require_revocation: false, ..CertificateQuery::new(now()) };
    let verdict = store.verify(&leaf, &query).verdict();
    assert_ne!(verdict, CertificateVerdict::Passed, "nobody signed it");
    if verdict != CertificateVerdict::Failed(CertificateReason::Signature) {
        return;
    }
    let identifier = sequence(&[&tlv(6, &[RSASSA_PSS]), data]);
    let (_, read) = AlgorithmIdentifier::from_der(&identifier).expect("another reader reads it");
    let parameters = read.parameters.as_ref().expect("parameters");
    let parameters = RsaSsaPssParams::try_from(parameters).expect("another reader reads them");
    let digest = parameters.hash_algorithm_oid().to_id_string();
    let length = match digest.as_str() {
        "2.16.840.1.101.3.4.2.1" => 32,
        "2.16.840.1.101.3.4.2.2" => 48,
        "2.16.840.1.101.3.4.2.3" => 64,
        other => panic!("accepted {other}"),
    };
    let mask = parameters.mask_gen_algorithm().expect("a mask");
    assert_eq!(mask.hash.to_id_string(), digest);
    assert_eq!(mask.mgf.to_id_string(), "1.2.840.113549.1.1.8");
    assert_eq!((parameters.salt_length(), parameters.trailer_field()), (length, 1));
}

/// Parameters of SHA-256, SHA-384 and SHA-512, as they are accepted.
#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let seed = |(digest, salt): (u8, u8)| {
        let digest_id = sequence(&[&tlv(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, digest]]), &[5, 0]]);
        let mgf1 = tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8]]);
        let mask = sequence(&[&mgf1, &digest_id]);
        let salt = tlv(2, &[&[salt]]);
        let all = sequence(&[&tlv(0xa0, &[&digest_id]), &tlv(0xa1, &[&mask]), &tlv(0xa2, &[&salt])]);
        (format!("digest-{digest}"), all)
    };
    [(1, 32), (2, 48), (3, 64)].map(seed).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_reaches_the_signature_with_what_is_accepted_and_holds_under_each_changed_byte() {
        for (name, seed) in seeds() {
            let mut store = CertificateStore::new(&all_x509());
            store.add_anchor(&CHAIN.0).unwrap();
            let query = CertificateQuery { require_revocation: false, ..CertificateQuery::new(now()) };
            let verdict = |parameters: &[u8]| {
                store.verify(&Certificate::read(&naming(parameters)).unwrap(), &query).verdict()
            };
            assert_eq!(verdict(&seed), CertificateVerdict::Failed(CertificateReason::Signature), "{name}");
            assert_eq!(verdict(&[5, 0]), CertificateVerdict::Failed(CertificateReason::Algorithm));
            pss(&seed);
            for at in 0..seed.len() {
                for bit in 0..8 {
                    let mut seed = seed.clone();
                    seed[at] ^= 1 << bit;
                    pss(&seed);
                }
            }
        }
    }
}
