use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;
use crate::limbs::tests::{big, number, respell};
use crate::modulus::{P256Field, P256Order, Sm2Field, Sm2Order};

fn to_bytes(limbs: &Limbs) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.as_chunks_mut().0.iter_mut().zip(limbs.iter().rev()) {
        *chunk = limb.to_be_bytes();
    }
    bytes
}

fn signature(r: &Limbs, s: &Limbs) -> [u8; 64] {
    [to_bytes(r), to_bytes(s)].concat().try_into().unwrap()
}

fn as_numbers(equation: &Equation) -> [BigUint; 3] {
    [&equation.u, &equation.v, &equation.x].map(|limbs| big(limbs))
}

/// FIPS 186-5 §6.4.2 with big integers.
fn wanted_ecdsa(e: &Limbs, r: &Limbs, s: &Limbs) -> Option<[BigUint; 3]> {
    let n = big(&P256Order::M);
    let [e, r, s] = [e, r, s].map(|limbs| big(limbs));
    let inverse = s.modpow(&(&n - 2u32), &n);
    (in_range(&r, &n) && in_range(&s, &n)).then(|| [e * &inverse % &n, &r * inverse % n, r])
}

/// GB/T 32918.2 §7.1 with big integers.
fn wanted_sm2(e: &Limbs, r: &Limbs, s: &Limbs) -> Option<[BigUint; 3]> {
    let n = big(&Sm2Order::M);
    let [e, r, s] = [e, r, s].map(|limbs| big(limbs));
    let t = (&r + &s) % &n;
    let fine = in_range(&r, &n) && in_range(&s, &n) && t != BigUint::ZERO;
    fine.then(|| [s, t, (r + &n - e % &n) % &n])
}

fn in_range(x: &BigUint, n: &BigUint) -> bool {
    *x != BigUint::ZERO && x < n
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ecdsa_batches(triples in prop::collection::vec([(); 3].map(|()| number::<P256Order>()), 0..12)) {
        let bytes: Vec<_> = triples.iter().map(|[e, r, s]| (to_bytes(e), signature(r, s))).collect();
        let batch = ecdsa::<P256Order>(bytes.iter().map(|(e, signature)| (e, signature)));
        prop_assert_eq!(batch.len(), triples.len());
        for ((equation, [e, r, s]), (digest, signature)) in batch.iter().zip(&triples).zip(&bytes) {
            let wanted = wanted_ecdsa(e, r, s);
            prop_assert_eq!(equation.as_ref().map(as_numbers), wanted.clone());
            prop_assert_eq!(ecdsa_one::<P256Order>(digest, signature).as_ref().map(as_numbers), wanted);
        }
    }

    #[test]
    fn sm2_equation([e, r, s] in [(); 3].map(|()| number::<Sm2Order>()), opposite: bool) {
        let s = if opposite && !limbs::is_zero(&r) { limbs::sub(&Sm2Order::M, &r).0 } else { s };
        let equation = sm2::<Sm2Order>(&to_bytes(&e), &signature(&r, &s));
        prop_assert_eq!(equation.as_ref().map(as_numbers), wanted_sm2(&e, &r, &s));
    }

    #[test]
    fn all_inverses(values in prop::collection::vec(number::<P256Field>(), 0..9)) {
        invert_like_one_by_one::<P256Field>(&values)?;
        invert_like_one_by_one::<P256Order>(&values)?;
        invert_like_one_by_one::<Sm2Field>(&values)?;
        invert_like_one_by_one::<Sm2Order>(&values)?;
    }
}

fn invert_like_one_by_one<M: Modulus>(values: &[Limbs]) -> Result<(), TestCaseError> {
    let (m, none_zero) = (big(&M::M), |residue: &Residue<M>| !residue.is_zero());
    let values: Vec<_> =
        values.iter().map(|limbs| Residue::<M>::from_montgomery(*limbs)).filter(none_zero).collect();
    for mut inverses in [values.clone(), values.iter().map(|value| respell(*value)).collect()] {
        invert_all(&mut inverses);
        for (value, inverse) in values.iter().zip(inverses) {
            prop_assert_eq!(big(&inverse.value()), big(&value.value()).modpow(&(&m - 2u32), &m));
        }
    }
    Ok(())
}
