//! Numbers out of range, and signatures that nothing but the check of the range refuses.

use boyin_curve::{P256, Sm2};
use boyin_testkit::arithmetic::{Group, Signed, signed, x_of};
use boyin_testkit::random::FixedRandom;
use num_bigint::BigUint;

use crate::paths::{Cases, Counts, narrow, wide};
use crate::support::{key_for, scalar};

fn limits<C: Group>() -> Vec<BigUint> {
    let (n, p, one) = (C::order(), C::prime(), BigUint::from(1u32));
    let end = &one << 256;
    vec![
        BigUint::ZERO,
        one.clone(),
        2u32.into(),
        &one << 128,
        &n >> 1,
        &n - 2u32,
        &n - 1u32,
        n.clone(),
        &n + 1u32,
        &p - 1u32,
        p.clone(),
        &end - 1u32,
    ]
}

/// Every combination of limits as r, s and digest.
fn combinations<C: Group>() {
    let mut random = FixedRandom::new(11);
    let keys = [1u32.into(), C::order() - 1u32, scalar::<C>(&mut random)];
    let mut cases = Cases::<C>::new();
    for key in keys.iter().map(|d| C::multiple(d).unwrap()) {
        for r in limits::<C>() {
            for s in limits::<C>() {
                for digest in [BigUint::ZERO, 1u32.into(), C::order(), (BigUint::from(1u32) << 256) - 1u32] {
                    cases.push_judged(&key, signed(&digest, &r, &s), "limits");
                }
            }
        }
    }
    assert_eq!(cases.cases.len(), 3 * 12 * 12 * 4);
    cases.run(&narrow(), &mut Counts::default());
}

#[test]
fn p256_combinations_of_limits() {
    combinations::<P256>();
}

#[test]
fn sm2_combinations_of_limits() {
    combinations::<Sm2>();
}

/// A valid signature with small numbers, which leave room for the order to be added: these spellings are refused.
fn p256_small(x: &BigUint, s: &BigUint, cases: &mut Cases<P256>) -> Option<()> {
    let n = P256::order();
    let sum = P256::lift(x)?;
    let (r, e) = (x_of(&sum), BigUint::from(99u32));
    let inverse = P256::inverse(s);
    let key = key_for::<P256>(&(&e * &inverse % &n), &(&r * &inverse % &n), &sum)?;
    assert!(cases.push_judged(&key, signed(&e, &r, s), "small r and s"));
    assert!(cases.push_judged(&key, signed(&(&e + &n), &r, s), "digest above the order"));
    assert!(cases.push_judged(&key, signed(&e, &r, &(&n - s)), "the other s"));
    for (r, s) in [(&r + &n, s.clone()), (r.clone(), s + &n), (&r + &n, s + &n)] {
        assert!(!cases.push_judged(&key, signed(&e, &r, &s), "n was added"));
    }
    Some(())
}

#[test]
fn p256_only_the_range_is_wrong() {
    let mut cases = Cases::<P256>::new();
    let small = (1u32..40).filter_map(|x| p256_small(&x.into(), &(x + 1).into(), &mut cases)).count();
    assert!(small > 10);
    cases.run(&narrow(), &mut Counts::default());
    cases.run(&wide(13), &mut Counts::default());
}

/// As for P-256; and r = 0, s = 0, r + s = n, each with everything else in order.
fn sm2_cases(seed: u64, cases: &mut Cases<Sm2>) {
    let (n, mut random) = (Sm2::order(), FixedRandom::new(seed));
    let d = scalar::<Sm2>(&mut random);
    let key = Sm2::multiple(&d).unwrap();
    let small = [3u32 + u32::from(key[64]), 5 + u32::from(key[63])].map(BigUint::from);
    let fit = |r: &BigUint, s: &BigUint, equation_s: &BigUint, t: &BigUint| {
        let sum = Sm2::combination(equation_s, t, &key).unwrap();
        signed(&Sm2::minus(r, &x_of(&sum)), r, s)
    };
    let [r, s] = &small;
    let good = fit(r, s, s, &(r + s));
    assert!(cases.push_judged(&key, good, "small r and s"));
    let e = BigUint::from_bytes_be(&good.digest);
    let mut bad: Vec<Signed> =
        vec![signed(&e, &(r + &n), s), signed(&e, r, &(s + &n)), signed(&e, &(r + &n), &(s + &n))];
    let zero = BigUint::ZERO;
    for none in [&zero, &n] {
        bad.push(fit(none, s, s, s));
        bad.push(fit(r, none, &zero, r));
    }
    // t = 0: the sum is s·G, whatever the key.
    bad.push(fit(&(&n - s), s, s, &zero));
    bad.push(fit(r, &(&n - r), &(&n - r), &zero));
    for signed in bad {
        assert!(!cases.push_judged(&key, signed, "only the range is wrong"));
    }
    // r + s = n ± 1 is in order.
    for r in [&n - s - 1u32, &n - s + 1u32] {
        assert!(cases.push_judged(&key, fit(&r, s, s, &((&r + s) % &n)), "beside r + s = n"));
    }
}

#[test]
fn sm2_only_the_range_is_wrong() {
    let mut cases = Cases::<Sm2>::new();
    (20..30).for_each(|seed| sm2_cases(seed, &mut cases));
    assert_eq!(cases.cases.len(), 10 * 12);
    cases.run(&narrow(), &mut Counts::default());
    cases.run(&wide(13), &mut Counts::default());
}

/// Digests at the limits under valid signatures of honest size.
fn digests<C: Group>(make: impl Fn(&BigUint, &BigUint, &BigUint) -> Signed) {
    let mut random = FixedRandom::new(31);
    let mut cases = Cases::<C>::new();
    for digest in limits::<C>() {
        let [d, k] = [0; 2].map(|_| scalar::<C>(&mut random));
        let key = C::multiple(&d).unwrap();
        assert!(cases.push_judged(&key, make(&digest, &d, &k), format!("digest {digest:x}")));
    }
    cases.run(&narrow(), &mut Counts::default());
    cases.run(&wide(16)[..2], &mut Counts::default());
}

/// FIPS 186-5 §6.4.1: `s = (e + r·d) / k`.
#[test]
fn p256_digests_at_the_limits() {
    digests::<P256>(|digest, d, k| {
        let r = x_of(&P256::multiple(k).unwrap()) % P256::order();
        let s = (digest + &r * d) * P256::inverse(k) % P256::order();
        signed(digest, &r, &s)
    });
}

/// GB/T 32918.2 §6.1: `r = e + x`, `s = (k − r·d) / (1 + d)`.
#[test]
fn sm2_digests_at_the_limits() {
    digests::<Sm2>(|digest, d, k| {
        let r = (x_of(&Sm2::multiple(k).unwrap()) + digest) % Sm2::order();
        let s = Sm2::minus(k, &(&r * d)) * Sm2::inverse(&(d + 1u32)) % Sm2::order();
        signed(digest, &r, &s)
    });
}
