use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;
use crate::limbs::tests::{big, end, number, respell, small};
use crate::modulus::{P256Field, P256Order, Sm2Field, Sm2Order};

impl<M: Modulus> Residue<M> {
    /// The limbs, in whatever spelling.
    pub(crate) fn as_it_stands(&self) -> Limbs {
        self.0
    }
}

/// A modulus, and `1 / 2^256` modulo it.
struct Reference {
    m: BigUint,
    inverse: BigUint,
}

impl Reference {
    fn new<M: Modulus>() -> Self {
        let m = big(&M::M);
        Self { inverse: (end() % &m).modpow(&(&m - 2u32), &m), m }
    }

    /// The integer that the limbs stand for: `limbs / 2^256`.
    fn meaning<M: Modulus>(&self, residue: &Residue<M>) -> BigUint {
        big(&residue.0) * &self.inverse % &self.m
    }
}

/// The operations on residues in whatever spelling.
fn operations<M: Modulus>(
    reference: &Reference,
    [a, b, c, d]: [Limbs; 4],
    bit: bool,
) -> Result<(), TestCaseError> {
    let m = &reference.m;
    let meaning = |residue: &Residue<M>| reference.meaning(residue);
    let residues = [a, b, c, d].map(Residue::<M>::from_montgomery);
    let [ra, rb, rc, rd] = residues;
    let [x, y, z, w] = residues.map(|residue| meaning(&residue));
    prop_assert_eq!(meaning(&(ra * rb)), &x * &y % m);
    prop_assert_eq!(meaning(&ra.square()), &x * &x % m);
    prop_assert_eq!(meaning(&(ra + rb)), (&x + &y) % m);
    prop_assert_eq!(meaning(&(ra - rb)), (&x + m - &y) % m);
    prop_assert_eq!(meaning(&-ra), (m - &x) % m);
    prop_assert_eq!(meaning(&ra.double()), (&x + &x) % m);
    let difference = Residue::difference_of_products([ra, rb], [rc, rd]);
    prop_assert_eq!(meaning(&difference), (&x * &y + m * m - &z * &w) % m);
    prop_assert_eq!(big(&ra.times_integer(&b)), &x * big(&b) % m);
    prop_assert_eq!(big(&ra.value()), x.clone());
    prop_assert_eq!(big(&ra.canonical()), big(&a) % m);
    prop_assert_eq!(big(&ra.tidy().0), big(&a) % m);
    prop_assert_eq!(big(&Residue::<M>::new(&a).value()), big(&a) % m);
    prop_assert_eq!(ra.is_zero(), x == BigUint::ZERO);
    prop_assert_eq!(ra == rb, x == y);
    prop_assert!(ra == respell(ra) && respell(ra) == ra);
    let negated = ra.tidy().negated_if(bit);
    prop_assert_eq!(meaning(&negated), if bit { (m - &x) % m } else { x.clone() });
    Ok(())
}

fn inverts<M: Modulus>(reference: &Reference, a: Limbs) -> Result<(), TestCaseError> {
    let m = &reference.m;
    let residue = Residue::<M>::from_montgomery(a);
    let wanted = reference.meaning(&residue).modpow(&(m - 2u32), m);
    prop_assert_eq!(reference.meaning(&residue.invert()), wanted);
    Ok(())
}

macro_rules! for_each_modulus {
    ($($name:ident: $modulus:ty),*) => { $(
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig {
                    cases: 1500, failure_persistence: None, ..ProptestConfig::default()
                })]

                #[test]
                fn like_num_bigint(
                    operands in [(); 4].map(|()| number::<$modulus>()), bit: bool
                ) {
                    operations::<$modulus>(&Reference::new::<$modulus>(), operands, bit)?;
                }

                #[test]
                fn inverse(a in number::<$modulus>()) {
                    inverts::<$modulus>(&Reference::new::<$modulus>(), a)?;
                }
            }

            #[test]
            fn limits() {
                limits_of::<$modulus>();
            }
        }
    )* };
}

for_each_modulus!(p256_field: P256Field, p256_order: P256Order, sm2_field: Sm2Field, sm2_order: Sm2Order);

/// Every combination of the numbers at which an operation could correct once too often or not often enough.
fn limits_of<M: Modulus>() {
    let reference = Reference::new::<M>();
    let (m, one) = (&reference.m, big(&M::ONE));
    let all = [
        BigUint::ZERO,
        1u32.into(),
        one.clone(),
        &one - 1u32,
        m - 1u32,
        m.clone(),
        m + 1u32,
        end() - &one,
        end() - 2u32,
        end() - 1u32,
        m >> 1,
    ];
    let all: Vec<_> = all.iter().map(small).collect();
    for a in &all {
        inverts::<M>(&reference, *a).unwrap();
        for b in &all {
            for c in &all {
                for d in &all {
                    operations::<M>(&reference, [*a, *b, *c, *d], true).unwrap();
                }
            }
        }
    }
    assert!(Residue::<M>::ZERO.is_zero() && Residue::<M>::from_montgomery(M::M).is_zero());
    assert!(!Residue::<M>::ONE.is_zero());
    assert_eq!(Residue::<M>::ONE.value(), [1, 0, 0, 0]);
    // Zero has no inverse, however it is spelled; zero is the answer.
    assert!(Residue::<M>::ZERO.invert().is_zero());
    assert!(Residue::<M>::from_montgomery(M::M).invert().is_zero());
}
