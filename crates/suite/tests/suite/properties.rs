//! Sign, then verify; change one bit, and nothing verifies.

use std::sync::LazyLock;

use boyin_model::alg::{PublicKey, Signer, VerifyAlg};
use boyin_suite::{
    Algorithm, ES256, ES256_ANY_S, ES256_P256, SoftwareKey, SystemRandom, der_to_raw, raw_to_der,
};
use proptest::prelude::*;

static ES256_KEY: LazyLock<SoftwareKey> =
    LazyLock::new(|| SoftwareKey::generate(Algorithm::Es256, &mut SystemRandom).unwrap());
static SM2_KEY: LazyLock<SoftwareKey> =
    LazyLock::new(|| SoftwareKey::generate(Algorithm::Sm2, &mut SystemRandom).unwrap());

fn check(signer: &SoftwareKey, message: &[u8], flip: prop::sample::Index) -> Result<(), TestCaseError> {
    let signature = signer.sign(message).unwrap();
    let key = signer.alg().key(signer.public_key()).unwrap();
    prop_assert_eq!(signature.len(), 64);
    prop_assert!(key.verify(message, &signature).is_ok());
    let raw: [u8; 64] = signature.clone().try_into().unwrap();
    prop_assert_eq!(der_to_raw(&raw_to_der(&raw)), Ok(raw));

    let mut both = [message, &signature].concat();
    let bit = flip.index(both.len() * 8);
    both[bit / 8] ^= 1 << (bit % 8);
    let (message, signature) = both.split_at(message.len());
    prop_assert!(key.verify(message, signature).is_err());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn es256(message in prop::collection::vec(any::<u8>(), 0..200), flip: prop::sample::Index) {
        check(&ES256_KEY, &message, flip)?;
    }

    #[test]
    fn sm2(message in prop::collection::vec(any::<u8>(), 0..200), flip: prop::sample::Index) {
        check(&SM2_KEY, &message, flip)?;
    }

    #[test]
    fn the_other_s_is_refused_where_we_issue(message in prop::collection::vec(any::<u8>(), 0..64)) {
        let signature = ES256_KEY.sign(&message).unwrap();
        let parsed = p256::ecdsa::Signature::from_slice(&signature).unwrap();
        let (r, s) = parsed.split_scalars();
        let high = p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes();
        let verify = |alg: &dyn VerifyAlg| alg.key(ES256_KEY.public_key()).unwrap().verify(&message, &high);
        prop_assert!(verify(ES256_KEY.alg()).is_err());
        prop_assert!(verify(&ES256_P256).is_err());
        prop_assert!(verify(&ES256_ANY_S).is_ok());
    }

    #[test]
    fn der_reader_takes_anything(bytes in prop::collection::vec(any::<u8>(), 0..90)) {
        if let Ok(raw) = der_to_raw(&bytes) {
            prop_assert_eq!(raw_to_der(&raw), bytes);
        }
    }
}

/// Every single bit of one signature, not only sampled ones.
#[test]
fn no_bit_of_a_signature_is_free() {
    for signer in [&*ES256_KEY, &*SM2_KEY] {
        let signature = signer.sign(b"one message").unwrap();
        let key = signer.alg().key(signer.public_key()).unwrap();
        for bit in 0..512 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.verify(b"one message", &changed).is_err(), "{signer:?}: bit {bit}");
        }
        for length in [0, 63, 65] {
            let mut changed = signature.clone();
            changed.resize(length, 0);
            assert!(key.verify(b"one message", &changed).is_err(), "{signer:?}: {length} bytes");
        }
    }
}

/// s = ⌊n / 2⌋ is the largest that is low; its partner is the next number.
#[test]
fn the_limit_of_low_s() {
    use p256::elliptic_curve::ops::Reduce;
    use p256::elliptic_curve::point::AffineCoordinates;
    use p256::{FieldBytes, NonZeroScalar, ProjectivePoint, Scalar, SecretKey};
    let half: NonZeroScalar =
        "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8".parse().unwrap();
    let reduce = |bytes: &FieldBytes| <Scalar as Reduce<FieldBytes>>::reduce(bytes);
    let k = Scalar::from(7u64);
    let r = reduce(&(ProjectivePoint::GENERATOR * k).to_affine().x());
    let e = reduce(&FieldBytes::from(ES256_P256.digest(&[b"limit"])));
    // s = (e + r d) / k, so this key signs "limit" with s = half.
    let d = (*half * k - e) * r.invert().unwrap();
    let public = SecretKey::from_slice(&d.to_bytes()).unwrap().public_key().to_sec1_bytes();
    let raw = |s: Scalar| [r.to_bytes(), s.to_bytes()].concat();
    let algs: [&dyn VerifyAlg; 3] = [&ES256, &ES256_P256, &ES256_ANY_S];
    for (alg, high_too) in algs.into_iter().zip([false, false, true]) {
        let key = alg.key(PublicKey(&public)).unwrap();
        assert!(key.verify(b"limit", &raw(*half)).is_ok(), "{alg:?}");
        assert_eq!(key.verify(b"limit", &raw(*half + Scalar::ONE)).is_ok(), high_too, "{alg:?}");
    }
}

#[test]
fn der_is_strict() {
    let one = [0x30, 6, 2, 1, 1, 2, 1, 1];
    let raw = der_to_raw(&one).unwrap();
    assert_eq!((raw[31], raw[63], raw.iter().filter(|byte| **byte != 0).count()), (1, 1, 2));
    let refused: [&[u8]; 12] = [
        &[],
        &[0x30, 0],
        &[0x30, 3, 2, 1, 1],
        &[0x30, 6, 2, 1, 1, 2, 1, 1, 0],
        &[0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1],
        &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1],
        &[0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0],
        &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
        &[0x30, 6, 2, 1, 0xff, 2, 1, 1],
        &[0x30, 5, 2, 0, 2, 1, 1],
        &[0x31, 6, 2, 1, 1, 2, 1, 1],
        &[0x30, 7, 2, 0x81, 1, 1, 2, 1, 1],
    ];
    for der in refused {
        assert!(der_to_raw(der).is_err(), "{der:02x?}");
    }
    let too_long = [&[0x30, 38, 2, 33, 1][..], &[0; 32], &[2, 1, 1]].concat();
    assert!(der_to_raw(&too_long).is_err(), "r of 257 bits");
}
