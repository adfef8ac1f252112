use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;
use crate::limbs::tests::{big, end, number};
use crate::limbs::{is_zero, less};

/// As the standards print them.
fn prime_or_order(digits: &str) -> BigUint {
    BigUint::parse_bytes(digits.replace(' ', "").as_bytes(), 16).unwrap()
}

fn constants<M: Modulus>(digits: &str) {
    let m = big(&M::M);
    assert_eq!(m, prime_or_order(digits));
    let two = BigUint::from(2u32);
    assert_eq!(big(&M::ONE), two.modpow(&256u32.into(), &m));
    assert_eq!(big(&M::R2), two.modpow(&512u32.into(), &m));
    assert_eq!(big(&M::R3), two.modpow(&768u32.into(), &m));
    assert_eq!(M::INVERSE.wrapping_mul(M::M[0]), 1);
    // Fermat, to several bases: a mistyped digit would hardly pass.
    for base in [2u32, 3, 5, 7, 11] {
        assert_eq!(BigUint::from(base).modpow(&(&m - 1u32), &m), 1u32.into());
    }
    assert!(less(&M::ONE, &M::M) && !is_zero(&M::ONE));
}

#[test]
fn the_four_moduli() {
    constants::<P256Field>("ffffffff 00000001 00000000 00000000 00000000 ffffffff ffffffff ffffffff");
    constants::<P256Order>("ffffffff 00000000 ffffffff ffffffff bce6faad a7179e84 f3b9cac2 fc632551");
    constants::<Sm2Field>("fffffffe ffffffff ffffffff ffffffff ffffffff 00000000 ffffffff ffffffff");
    constants::<Sm2Order>("fffffffe ffffffff ffffffff ffffffff 7203df6b 21c6052b 53bbf409 39d54123");
}

/// `reduce(t) · 2^256 ≡ t`, which is below 2^256 by its type.
fn reduces<M: Modulus>(t: [u64; 8]) -> Result<(), TestCaseError> {
    let m = big(&M::M);
    prop_assert_eq!(big(&M::reduce(t)) * end() % &m, big(&t) % &m);
    Ok(())
}

fn wide<M: Modulus>() -> impl Strategy<Value = [u64; 8]> {
    let halves = (number::<M>(), number::<M>());
    halves.prop_map(|([a, b, c, d], [e, f, g, h])| [a, b, c, d, e, f, g, h])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p256_field(t in wide::<P256Field>()) { reduces::<P256Field>(t)?; }

    #[test]
    fn p256_order(t in wide::<P256Order>()) { reduces::<P256Order>(t)?; }

    #[test]
    fn sm2_field(t in wide::<Sm2Field>()) { reduces::<Sm2Field>(t)?; }

    #[test]
    fn sm2_order(t in wide::<Sm2Order>()) { reduces::<Sm2Order>(t)?; }
}

#[test]
fn any_512_bits() {
    for t in [[0; 8], [u64::MAX; 8], [u64::MAX, u64::MAX, u64::MAX, u64::MAX, 0, 0, 0, 0]] {
        reduces::<P256Field>(t).unwrap();
        reduces::<P256Order>(t).unwrap();
        reduces::<Sm2Field>(t).unwrap();
        reduces::<Sm2Order>(t).unwrap();
    }
}
