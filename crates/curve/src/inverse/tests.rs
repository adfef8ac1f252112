use num_bigint::BigUint;

use super::invert;
use crate::limbs::tests::{big, small};
use crate::modulus::{Modulus, P256Field, P256Order, Sm2Field, Sm2Order};

fn check<M: Modulus>(x: &BigUint) {
    let m = big(&M::M);
    let x = x % &m;
    assert_eq!(big(&invert(&small(&x), &M::M, M::INVERSE)), x.modpow(&(&m - 2u32), &m), "{x:x}");
}

/// Numbers for which division steps take unusual ways: powers of two and their neighbors, quotients, short ones.
fn check_all<M: Modulus>() {
    let m = big(&M::M);
    for shift in 0..256 {
        let power: BigUint = BigUint::from(1u32) << shift;
        for x in [power.clone(), &power - 1u32, &power + 1u32, &m - (&power % &m), &m / &power, &m >> shift] {
            check::<M>(&x);
        }
    }
    for divisor in 1u32..400 {
        check::<M>(&divisor.into());
        check::<M>(&(&m / divisor));
        check::<M>(&(&m / divisor + 1u32));
        check::<M>(&(&m - divisor));
    }
    assert_eq!(invert(&[0; 4], &M::M, M::INVERSE), [0; 4]);
}

#[test]
fn unusual_numbers() {
    check_all::<P256Field>();
    check_all::<P256Order>();
    check_all::<Sm2Field>();
    check_all::<Sm2Order>();
}
