//! The SM2 signature equation (GB/T 32918.2 §6.1).

use ::sm2::elliptic_curve::Group;
use ::sm2::elliptic_curve::ff::PrimeField;
use ::sm2::elliptic_curve::ops::Reduce;
use ::sm2::elliptic_curve::point::AffineCoordinates;
use ::sm2::{FieldBytes, NonZeroScalar, ProjectivePoint, Scalar, SecretKey};
use boyin_model::alg::{Digest32, Randomness, SignError};
use zeroize::Zeroizing;

use super::sm3;

/// Nonces to try: one is unfit with probability 2⁻³², so that a second try means a broken source.
const NONCE_TRIES: usize = 8;

/// Signs the digest `e`, giving `r ‖ s`.
///
/// The nonce is SM3 over the private key, 32 random bytes and `e`: a weak random source alone gives no key away.
pub(crate) fn sign(
    key: &SecretKey,
    e: &Digest32,
    random: &mut dyn Randomness,
) -> Result<[u8; 64], SignError> {
    let d = Zeroizing::new(key.to_nonzero_scalar());
    let d_bytes = Zeroizing::new(FieldBytes::from(*d));
    for _ in 0..NONCE_TRIES {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(seed.as_mut()).map_err(|_| SignError::NoRandomness)?;
        let candidate = Zeroizing::new(FieldBytes::from(sm3(&[d_bytes.as_slice(), seed.as_slice(), e])));
        let nonce = NonZeroScalar::from_repr(*candidate).into_option().map(Zeroizing::new);
        if let Some(signature) = nonce.and_then(|k| sign_with_nonce(&d, &k, e)) {
            return Ok(signature);
        }
    }
    Err(SignError::NoRandomness)
}

/// Steps A4 to A7; `None` where the standard says to take another nonce.
fn sign_with_nonce(d: &NonZeroScalar, k: &NonZeroScalar, e: &Digest32) -> Option<[u8; 64]> {
    let (d, k): (&Scalar, &Scalar) = (d, k);
    let e = <Scalar as Reduce<FieldBytes>>::reduce(&FieldBytes::from(*e));
    let x1 = ProjectivePoint::mul_by_generator(k).to_affine().x();
    let r = e + <Scalar as Reduce<FieldBytes>>::reduce(&x1);
    if bool::from(r.is_zero()) || bool::from((r + *k).is_zero()) {
        return None;
    }
    let inverse = Zeroizing::new((Scalar::ONE + *d).invert().into_option()?);
    let s = *inverse * (*k - r * *d);
    if bool::from(s.is_zero()) {
        return None;
    }
    let mut raw = [0; 64];
    raw[..32].copy_from_slice(&r.to_repr());
    raw[32..].copy_from_slice(&s.to_repr());
    Some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(hex: &str) -> NonZeroScalar {
        hex.parse().unwrap()
    }

    /// GB/T 32918.5 annex A.2: private key, nonce and signature of "message digest" under the default user ID.
    #[test]
    fn the_sample_of_the_standard_comes_out_with_its_nonce() {
        let d = scalar("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8");
        let k = scalar("59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21");
        let z = scalar("B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3");
        let e = sm3(&[&FieldBytes::from(z), b"message digest"]);
        let raw = sign_with_nonce(&d, &k, &e).unwrap();
        let r = scalar("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3");
        let s = scalar("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA");
        assert_eq!(raw[..32], *FieldBytes::from(r));
        assert_eq!(raw[32..], *FieldBytes::from(s));
    }

    /// The digests for which this nonce gives r = 0, r + k = n and s = 0.
    #[test]
    fn unfit_nonces_are_dropped() {
        let d = scalar("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8");
        let k = scalar("59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21");
        let point = ProjectivePoint::mul_by_generator(&k).to_affine();
        let x1 = <Scalar as Reduce<FieldBytes>>::reduce(&point.x());
        let e_for = |r: Scalar| Digest32::from((r - x1).to_repr());
        for r in [Scalar::ZERO, -*k, *k * d.invert().unwrap()] {
            assert_eq!(sign_with_nonce(&d, &k, &e_for(r)), None);
        }
        assert!(sign_with_nonce(&d, &k, &e_for(Scalar::ONE)).is_some());
    }

    #[test]
    fn no_randomness_means_no_signature() {
        struct Broken;
        impl Randomness for Broken {
            fn fill(&mut self, _: &mut [u8]) -> Result<(), boyin_model::alg::RandomnessUnavailable> {
                Err(boyin_model::alg::RandomnessUnavailable)
            }
        }
        let key = SecretKey::from_slice(&[7; 32]).unwrap();
        assert_eq!(sign(&key, &[1; 32], &mut Broken), Err(SignError::NoRandomness));
    }
}
