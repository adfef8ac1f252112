//! x-coordinates at and above the group's order: the points are chosen first, the keys to fit.

use boyin_curve::{P256, Sm2};
use boyin_testkit::arithmetic::{Group, Point, x_of};
use boyin_testkit::random::FixedRandom;
use num_bigint::BigUint;

use crate::paths::{Cases, Counts, narrow, wide};
use crate::support::{key_for, scalar};

/// The first few points with x-coordinates from `x` upwards.
fn points_from<C: Group>(x: &BigUint, count: usize) -> Vec<Point> {
    (0u32..200).filter_map(|step| C::lift(&(x + step))).take(count).collect()
}

fn run<C: Group>(cases: &Cases<C>) {
    cases.run(&narrow(), &mut Counts::default());
    cases.run(&wide(14)[..2], &mut Counts::default());
}

/// x in `n .. p`: `r` is `x − n`, and the second candidate is the right one.
fn above_the_order<C: Group>() {
    let (n, p, mut random) = (C::order(), C::prime(), FixedRandom::new(1));
    let mut cases = Cases::<C>::new();
    let mut starts = vec![n.clone(), &n + 1u32, &n + 1000u32, (&n + &p) / 2u32];
    starts.push(&p - 200u32);
    let mut made = 0;
    for sum in starts.iter().flat_map(|start| points_from::<C>(start, 3)) {
        let x = x_of(&sum);
        assert!(x >= n && x < p);
        let [u, v] = [0; 2].map(|_| scalar::<C>(&mut random));
        let Some(key) = key_for::<C>(&u, &v, &sum) else { continue };
        if let Some(signed) = C::sign(&u, &v, &key) {
            assert!(cases.push_judged(&key, signed, format!("x = {x:x}")));
            made += 1;
        }
        for wrong in [&x + 1u32, &x - 1u32, &p - 1u32] {
            let valid = C::claim(&u, &v, &wrong).map(|signed| cases.push_judged(&key, signed, "beside x"));
            assert_ne!(valid, Some(true));
        }
    }
    assert!(made >= 12, "{made}");
    run(&cases);
}

#[test]
fn p256_above_the_order() {
    above_the_order::<P256>();
}

#[test]
fn sm2_above_the_order() {
    above_the_order::<Sm2>();
}

/// `r + n` is above p, and the point's x-coordinate is `r + n − p` or `r + n − 2^256`: nothing to accept.
fn second_candidate_above_the_prime<C: Group>() {
    let (n, p, mut random) = (C::order(), C::prime(), FixedRandom::new(2));
    let end = BigUint::from(1u32) << 256;
    let mut cases = Cases::<C>::new();
    let small = BigUint::from(1u64 << 60);
    for modulus in [&p, &end] {
        for start in [1u32.into(), 77u32.into(), small.clone(), BigUint::from(1u32) << 200] {
            for sum in points_from::<C>(&start, 2) {
                let [u, v] = [0; 2].map(|_| scalar::<C>(&mut random));
                let wrong = x_of(&sum) + modulus - &n;
                assert!(wrong < n && &wrong + &n >= p);
                let Some(key) = key_for::<C>(&u, &v, &sum) else { continue };
                let signed = C::claim(&u, &v, &wrong).unwrap();
                assert!(!cases.push_judged(&key, signed, "x from a candidate that is too large"));
                let signed = C::sign(&u, &v, &key).unwrap();
                assert!(cases.push_judged(&key, signed, "small x"));
            }
        }
    }
    assert!(cases.cases.len() >= 28);
    run(&cases);
}

#[test]
fn p256_second_candidate_above_the_prime() {
    second_candidate_above_the_prime::<P256>();
}

#[test]
fn sm2_second_candidate_above_the_prime() {
    second_candidate_above_the_prime::<Sm2>();
}

/// Keys with coordinates at both ends of the field.
fn extreme_keys<C: Group>() {
    let (p, mut random) = (C::prime(), FixedRandom::new(3));
    let mut cases = Cases::<C>::new();
    let starts =
        [BigUint::ZERO, BigUint::from(1u32) << 64, BigUint::from(1u32) << 224, C::order(), &p - 60u32];
    for key in starts.iter().flat_map(|start| points_from::<C>(start, 3)) {
        for key in [key, boyin_testkit::arithmetic::opposite::<C>(&key)] {
            let [u, v] = [0; 2].map(|_| scalar::<C>(&mut random));
            let signed = C::sign(&u, &v, &key).unwrap();
            assert!(cases.push_judged(&key, signed, "a key at the end of the field"));
            let other = C::claim(&v, &u, &u).unwrap();
            assert!(!cases.push_judged(&key, other, "nonsense"));
        }
    }
    assert!(cases.cases.len() >= 50, "{}", cases.cases.len());
    run(&cases);
}

#[test]
fn keys_at_the_ends_of_the_field() {
    extreme_keys::<P256>();
    extreme_keys::<Sm2>();
}
