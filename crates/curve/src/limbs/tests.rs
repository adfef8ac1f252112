//! Against `num-bigint`. The rest of the crate's unit tests takes numbers and points from here.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;
use crate::curve::Parameters;
use crate::modulus::Modulus;
use crate::point::Affine;
use crate::residue::Residue;
use crate::{P256, Sm2};

pub(crate) fn big(limbs: &[u64]) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |sum, limb| (sum << 64) + limb)
}

pub(crate) fn end() -> BigUint {
    BigUint::from(1u32) << 256
}

pub(crate) fn small(number: &BigUint) -> Limbs {
    let mut limbs = [0; 4];
    let digits = number.to_u64_digits();
    limbs[..digits.len()].copy_from_slice(&digits);
    limbs
}

/// Limbs as they are at random and at the limits.
fn limb() -> impl Strategy<Value = u64> {
    prop_oneof![4 => any::<u64>(), 2 => Just(0), 2 => Just(u64::MAX), 1 => Just(1), 1 => Just(u64::MAX << 32)]
}

/// Numbers below 2^256: random, of extreme limbs, and near 0, M, 2^256 − M, 2^256.
pub(crate) fn number<M: Modulus>() -> impl Strategy<Value = Limbs> {
    let near = |center: BigUint| {
        (any::<bool>(), prop_oneof![Just(0u64), 0..4u64, any::<u64>()]).prop_map(move |(above, distance)| {
            let number = if above { &center + distance } else { &center + end() - distance };
            small(&(number % end()))
        })
    };
    prop_oneof![
        4 => any::<Limbs>(),
        3 => [limb(), limb(), limb(), limb()],
        1 => near(BigUint::ZERO),
        2 => near(big(&M::M)),
        1 => near(big(&M::ONE)),
        1 => near(big(&M::M) << 1),
    ]
}

/// The point `k·G` by `p256` or `sm2`.
pub(crate) trait Other: Parameters {
    fn multiple(k: &BigUint) -> Option<[BigUint; 2]>;
}

macro_rules! other {
    ($curve:ty, $krate:ident) => {
        impl Other for $curve {
            fn multiple(k: &BigUint) -> Option<[BigUint; 2]> {
                use $krate::elliptic_curve::ops::Reduce;

                let mut bytes = [0; 32];
                for (byte, value) in
                    bytes.iter_mut().rev().zip((k % big(&<$curve as Parameters>::Order::M)).to_bytes_le())
                {
                    *byte = value;
                }
                let k = <$krate::Scalar as Reduce<$krate::FieldBytes>>::reduce(&bytes.into());
                let point = ($krate::ProjectivePoint::GENERATOR * k).to_affine();
                let key = $krate::PublicKey::from_affine(point).ok()?.to_sec1_bytes();
                Some([&key[1..33], &key[33..]].map(BigUint::from_bytes_be))
            }
        }
    };
}

other!(P256, p256);
other!(Sm2, sm2);

/// `k·G` by others, for `k` that is not zero modulo the order.
pub(crate) fn affine<C: Other>(k: &BigUint) -> Affine<C> {
    let [x, y] = C::multiple(k).unwrap();
    Affine::new(&small(&x), &small(&y)).unwrap()
}

/// The two coordinates as integers.
pub(crate) fn coordinates<C: Parameters>(point: &Affine<C>) -> [BigUint; 2] {
    [big(&point.x.value()), big(&point.y.value())]
}

/// The same residue in its other spelling, if it has one.
pub(crate) fn respell<M: Modulus>(residue: Residue<M>) -> Residue<M> {
    let (sum, carry) = add(&residue.canonical(), &M::M);
    if carry { residue } else { Residue::from_montgomery(sum) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn like_num_bigint(a in number::<crate::modulus::P256Field>(), b in number::<crate::modulus::Sm2Order>(), bit: bool) {
        let (x, y, carry) = (big(&a), big(&b), u64::from(bit));
        let (sum, over) = add(&a, &b);
        prop_assert_eq!((big(&sum), over), ((&x + &y) % end(), &x + &y >= end()));
        let (difference, under) = sub(&a, &b);
        prop_assert_eq!((big(&difference), under), ((&x + end() - &y) % end(), x < y));
        let (difference, under) = sub_with(&a, &b, bit);
        prop_assert_eq!((big(&difference), under), ((&x + end() - &y - carry + end()) % end(), x < &y + carry));
        prop_assert_eq!(less(&a, &b), x < y);
        prop_assert_eq!(is_zero(&a), x == BigUint::ZERO);
        prop_assert_eq!(big(&mul_wide(&a, &b)), &x * &y);
        prop_assert_eq!(big(&square_wide(&a)), &x * &x);
        prop_assert_eq!(mask(&a, bit), if bit { a } else { [0; 4] });
        let mut bytes = [0; 32];
        bytes[32 - x.to_bytes_be().len()..].copy_from_slice(&x.to_bytes_be());
        prop_assert_eq!(from_be_bytes(&bytes), a);
    }
}
