//! Bulk calls of every length around the sizes of lanes and batches.

use boyin_curve::{InvalidSignature, Job, P256, PublicKey, Sm2, Window, verify_bulk};
use boyin_testkit::arithmetic::{Group, Signed};
use boyin_testkit::random::FixedRandom;
use num_bigint::BigUint;

use crate::support::scalar;

#[test]
fn no_jobs() {
    assert_eq!(verify_bulk::<P256>(&[]), []);
    assert_eq!(verify_bulk::<Sm2>(&[]), []);
}

/// Good ones, wrong ones, some out of range and some that take another way (infinity), in no regular order.
fn some<C: Group>(count: usize) -> (BigUint, Vec<(Signed, bool)>) {
    let mut random = FixedRandom::new(51);
    let d = scalar::<C>(&mut random);
    let key = C::multiple(&d).unwrap();
    let make = |_| {
        let [u, v, x] = [0; 3].map(|_| scalar::<C>(&mut random));
        let signed = match random.next_u64() % 8 {
            0 => C::claim(&u, &v, &x),
            1 => C::claim(&C::minus(&BigUint::ZERO, &(&v * &d)), &v, &x),
            2 => C::sign(&(&v * &d % C::order()), &v, &key),
            3 => Some(Signed { digest: [1; 32], signature: [0xff; 64] }),
            _ => C::sign(&u, &v, &key),
        };
        let signed = signed.unwrap();
        (signed, C::verify(&key, &signed))
    };
    let made = (0..count).map(make).collect();
    (d, made)
}

fn every_length<C: Group>() {
    let (d, list) = some::<C>(140);
    let public = PublicKey::<C>::from_sec1(&C::multiple(&d).unwrap()).unwrap();
    let keys = [4, 8, 11].map(|window| public.prepare(Window::new(window).unwrap()));
    let jobs: Vec<_> = list
        .iter()
        .zip(keys.iter().cycle())
        .map(|((Signed { digest, signature }, _), key)| Job { key, digest, signature })
        .collect();
    let wanted: Vec<_> = list.iter().map(|(_, valid)| valid.then_some(()).ok_or(InvalidSignature)).collect();
    let good = list.iter().filter(|(_, valid)| *valid).count();
    assert!((60..110).contains(&good), "{good} are good");
    for length in 0..=jobs.len() {
        assert_eq!(verify_bulk(&jobs[..length]), wanted[..length], "the first {length}");
        let start = jobs.len() - length;
        assert_eq!(verify_bulk(&jobs[start..]), wanted[start..], "the last {length}");
    }
}

#[test]
fn p256_every_length() {
    every_length::<P256>();
}

#[test]
fn sm2_every_length() {
    every_length::<Sm2>();
}

/// One bad signature among good ones, and one good among bad, at every place.
fn one_unlike_the_others<C: Group>() {
    let d = scalar::<C>(&mut FixedRandom::new(52));
    let point = C::multiple(&d).unwrap();
    let key = PublicKey::<C>::from_sec1(&point).unwrap().prepare(Window::DEFAULT);
    let [u, v, x] = [7u32, 11, 13].map(BigUint::from);
    let good = C::sign(&u, &v, &point).unwrap();
    let bad = [
        C::claim(&u, &v, &x).unwrap(),
        C::claim(&C::minus(&BigUint::ZERO, &(&v * &d)), &v, &x).unwrap(),
        Signed { digest: [1; 32], signature: [0; 64] },
    ];
    let job = |signed| {
        let Signed { digest, signature }: &Signed = signed;
        Job { key: &key, digest, signature }
    };
    for bad in &bad {
        assert!(C::verify(&point, &good) && !C::verify(&point, bad));
        for (one, other) in [(&good, bad), (bad, &good)] {
            for length in [2, 7, 8, 9, 16, 33, 40] {
                for place in 0..length {
                    let mut jobs = vec![job(other); length];
                    jobs[place] = job(one);
                    let verdicts = verify_bulk(&jobs);
                    for (at, verdict) in verdicts.iter().enumerate() {
                        let signed = if at == place { one } else { other };
                        assert_eq!(
                            verdict.is_ok(),
                            std::ptr::eq(signed, &raw const good),
                            "{place} of {length}, {at}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn one_unlike_the_others_at_every_place() {
    one_unlike_the_others::<P256>();
    one_unlike_the_others::<Sm2>();
}
