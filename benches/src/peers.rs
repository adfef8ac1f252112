//! Other implementations, each with its key ready and told of nothing that it cannot use.

use boyin::suite::Algorithm;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use crate::candidate::{Candidate, single};
use crate::samples::{Samples, Scheme};

/// The peers that know the curve. All signatures must be by one key.
#[must_use]
pub fn peers<C: Scheme>(samples: &Samples<C>) -> Vec<Candidate<'_>> {
    let mut peers = match C::ALGORITHM {
        Algorithm::Es256 => vec![ring(samples), p256(samples)],
        Algorithm::Sm2 => vec![sm2(samples)],
    };
    peers.extend(foreign::all(samples));
    peers
}

/// *ring* takes messages only, and reads the key each time.
fn ring<C: Scheme>(samples: &Samples<C>) -> Candidate<'_> {
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, samples.points[0]);
    single("ring 0.17 (hashes 32 bytes)", &samples.signed, move |one| {
        key.verify(&one.message, &one.raw).is_ok()
    })
}

fn p256<C: Scheme>(samples: &Samples<C>) -> Candidate<'_> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&samples.points[0]).expect("a P-256 key");
    single("crate p256 0.14", &samples.signed, move |one| {
        p256::ecdsa::Signature::from_slice(&one.raw)
            .is_ok_and(|signature| key.verify_prehash(&one.digest, &signature).is_ok())
    })
}

fn sm2<C: Scheme>(samples: &Samples<C>) -> Candidate<'_> {
    let key = sm2::PublicKey::from_sec1_bytes(&samples.points[0]).expect("an SM2 key");
    let key = sm2::dsa::VerifyingKey::new("1234567812345678", key).expect("the user ID is short");
    single("crate sm2 0.14", &samples.signed, move |one| {
        sm2::dsa::Signature::from_slice(&one.raw)
            .is_ok_and(|signature| key.verify_prehash(&one.digest, &signature).is_ok())
    })
}

#[cfg(not(feature = "peers"))]
mod foreign {
    use crate::candidate::Candidate;
    use crate::samples::{Samples, Scheme};

    pub(super) fn all<C: Scheme>(_: &Samples<C>) -> Vec<Candidate<'_>> {
        Vec::new()
    }
}

#[cfg(feature = "peers")]
mod foreign {
    use aws_lc_rs::digest::{Digest, SHA256};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
    use boyin::suite::Algorithm;
    use graviola::hashing::Sha256;
    use graviola::signing::ecdsa;
    use openssl::bn::BigNumContext;
    use openssl::ec::{EcGroup, EcKey, EcPoint};
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    use openssl::pkey_ctx::PkeyCtx;

    use crate::candidate::{Candidate, single};
    use crate::samples::{Samples, Scheme};

    pub(super) fn all<C: Scheme>(samples: &Samples<C>) -> Vec<Candidate<'_>> {
        match C::ALGORITHM {
            Algorithm::Es256 => vec![aws_lc(samples), graviola(samples), openssl(samples)],
            Algorithm::Sm2 => vec![openssl(samples)],
        }
    }

    fn aws_lc<C: Scheme>(samples: &Samples<C>) -> Candidate<'_> {
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, samples.points[0]).expect("a P-256 key");
        single("aws-lc-rs 1", &samples.signed, move |one| {
            let digest = Digest::import_less_safe(&one.digest, &SHA256).expect("32 bytes");
            key.verify_digest_sig(&digest, &one.raw).is_ok()
        })
    }

    /// Takes messages only.
    fn graviola<C: Scheme>(samples: &Samples<C>) -> Candidate<'_> {
        let key = ecdsa::VerifyingKey::<ecdsa::P256>::from_x962_uncompressed(&samples.points[0]);
        let key = key.expect("a P-256 key");
        single("graviola 0.4 (hashes 32 bytes)", &samples.signed, move |one| {
            key.verify::<Sha256>(&[&one.message], &one.raw).is_ok()
        })
    }

    /// The library of the system, through EVP with one context.
    fn openssl<C: Scheme>(samples: &Samples<C>) -> Candidate<'_> {
        let curve = match C::ALGORITHM {
            Algorithm::Es256 => Nid::X9_62_PRIME256V1,
            Algorithm::Sm2 => Nid::SM2,
        };
        let group = EcGroup::from_curve_name(curve).expect("a curve of OpenSSL 3");
        let mut numbers = BigNumContext::new().expect("memory");
        let point = EcPoint::from_bytes(&group, &samples.points[0], &mut numbers).expect("on the curve");
        let key = EcKey::from_public_key(&group, &point).expect("on the curve");
        let key = PKey::from_ec_key(key).expect("a key");
        let mut context = PkeyCtx::new(&key).expect("memory");
        context.verify_init().expect("a key that verifies");
        let version = openssl::version::version().split(' ').nth(1).unwrap_or("");
        single(&format!("OpenSSL {version} (reads DER)"), &samples.signed, move |one| {
            context.verify(&one.digest, &one.der).is_ok_and(|valid| valid)
        })
    }
}
