//! These need the instructions. Without them, `.ci/emulate` runs the test binary on an emulated processor.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::field::{Element, LANES, Raw};
use super::{available, check, check_bulk};
use crate::bulk::Job;
use crate::curve::{Curve, P256, Sm2};
use crate::equation::Equation;
use crate::limbs::{self, Limbs};
use crate::modulus::{Field, Modulus, P256Field, Sm2Field};
use crate::point::{Affine, Jacobian, to_affine};
use crate::residue::Residue;
use crate::table::Window;
use crate::{PreparedKey, PublicKey};

/// Numbers that are not random, only various (SplitMix64).
struct Various(u64);

impl Various {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Any 256-bit number; half of them near 0, p or 2^256, or with limbs of all zeros and ones.
    fn limbs<M: Modulus>(&mut self) -> Limbs {
        let small = [self.next() % 4, 0, 0, 0];
        match self.next() % 8 {
            0 => small,
            1 => limbs::sub(&M::M, &small).0,
            2 => limbs::add(&M::M, &small).0,
            3 => limbs::sub(&[0; 4], &small).0,
            4 => std::array::from_fn(|_| if self.next() & 1 == 0 { 0 } else { u64::MAX }),
            _ => std::array::from_fn(|_| self.next()),
        }
    }

    fn scalar<N: Modulus>(&mut self) -> Limbs {
        Residue::<N>::new(&std::array::from_fn(|_| self.next())).value()
    }
}

/// Lanes as residues: [`Element::scatter`] gives 16 times each.
fn lanes<M: Field>(element: &Element<M>) -> [Residue<M>; LANES] {
    let sixteenth = Residue::new(&[16, 0, 0, 0]).invert();
    // SAFETY: every caller has asked for the features.
    unsafe { element.scatter() }.map(|lane| lane * sixteenth)
}

fn field<M: Field>() {
    assert!(available(), "this processor has no AVX512-IFMA");
    let mut various = Various(1);
    for _ in 0..200 {
        let mut operand = || std::array::from_fn(|_| Residue::<M>::from_montgomery(various.limbs::<M>()));
        let [a, b, c]: [[Residue<M>; LANES]; 3] = [operand(), operand(), operand()];
        let all = |f: &dyn Fn(usize) -> Residue<M>| std::array::from_fn::<_, LANES, _>(f);
        // SAFETY: `available` was asked.
        unsafe {
            let [x, y, z] = [&a, &b, &c].map(|lanes| Element::gather(lanes));
            assert_eq!(lanes(&x), a);
            assert_eq!(lanes(&x.times(y)), all(&|i| a[i] * b[i]));
            assert_eq!(lanes(&x.square()), all(&|i| a[i].square()));
            let sum = x.raw().plus(y.raw()).minus(z.raw()).minus(z.raw());
            assert_eq!(lanes(&sum.fold()), all(&|i| a[i] + b[i] - c[i] - c[i]));
            // The deepest sum of the tree: coordinates of six levels, none of them folded.
            let deep = (0..64).fold(Raw::zero(), |sum: Raw<M>, _| sum.minus(x.raw()));
            let sixty_four = Residue::new(&[64, 0, 0, 0]);
            assert_eq!(lanes(&deep.fold().times(y)), all(&|i| -(a[i] * sixty_four) * b[i]));
            assert_eq!(
                lanes(&x.replaced_in(0b1010_0110, y)),
                all(&|i| if 0b1010_0110 >> i & 1 == 1 { b[i] } else { a[i] })
            );
            assert_eq!(lanes(&x.rotated::<2>()), all(&|i| a[(i + 2) % LANES]));
            assert_eq!(lanes(&x.rotated::<1>()), all(&|i| a[(i + 1) % LANES]));
            assert_eq!(lanes(&x.rotated::<4>()), all(&|i| a[(i + 4) % LANES]));
            assert_eq!(lanes(&Element::<M>::one()), [Residue::ONE; LANES]);
        }
    }
}

#[test]
#[ignore = "needs AVX512-IFMA"]
fn field_p256() {
    field::<P256Field>();
}

#[test]
#[ignore = "needs AVX512-IFMA"]
fn field_sm2() {
    field::<Sm2Field>();
}

/// A key that is a multiple of the generator.
fn key<C: Curve>(multiple: &Limbs, window: Window) -> PreparedKey<C> {
    PublicKey::from_point(times_generator(multiple)).prepare(window)
}

fn times_generator<C: Curve>(multiple: &Limbs) -> Affine<C> {
    let generator = Affine::generator();
    let mut sum = Jacobian::<C>::INFINITY;
    for bit in (0..256).rev() {
        sum = sum.double();
        if multiple[bit / 64] >> (bit % 64) & 1 == 1 {
            sum = sum.add(&generator);
        }
    }
    to_affine(&[sum])[0]
}

/// Equations that hold, that do not, and those with terms that meet their equals and opposites.
fn equations<C: Curve>(various: &mut Various, secret: &Limbs, place: usize) -> Equation {
    let u = various.scalar::<C::Order>();
    let (mut u, mut v) = (u, various.scalar::<C::Order>());
    match place % 11 {
        3 => u = v,
        5 => u = (-(Residue::<C::Order>::new(&v) * Residue::new(secret))).value(),
        7 => (u, v) = ([1, 0, 0, 0], [1, 0, 0, 0]),
        9 => u = [0; 4],
        _ => {}
    }
    let sum = Residue::<C::Order>::new(&v) * Residue::new(secret) + Residue::new(&u);
    let x = key_x::<C>(&sum.value());
    Equation { u, v, x: if place % 3 == 1 { various.scalar::<C::Order>() } else { x } }
}

/// The x-coordinate of a multiple of the generator, modulo n; 0 for infinity.
fn key_x<C: Curve>(multiple: &Limbs) -> Limbs {
    if limbs::is_zero(multiple) {
        return [0; 4];
    }
    let x = times_generator::<C>(multiple).x.value();
    Residue::<C::Order>::new(&x).value()
}

fn against_scalar<C: Curve>() {
    assert!(available(), "this processor has no AVX512-IFMA");
    let mut various = Various(2);
    let mut decided = 0;
    for bits in [4, 8, 9] {
        let window = Window::new(bits).unwrap();
        let secrets =
            [[1, 0, 0, 0], [2, 0, 0, 0], various.scalar::<C::Order>(), various.scalar::<C::Order>()];
        let keys = secrets.map(|secret| key::<C>(&secret, window));
        for size in [1, 2, 7, 8, 9, 25, 64] {
            let chosen: Vec<_> = (0..size).map(|place| (place + size) % secrets.len()).collect();
            let all: Vec<_> = chosen
                .iter()
                .enumerate()
                .map(|(place, key)| equations::<C>(&mut various, &secrets[*key], place + size))
                .collect();
            let (digest, signature) = ([0; 32], [0; 64]);
            let jobs: Vec<_> = chosen
                .iter()
                .map(|key| Job { key: &keys[*key], digest: &digest, signature: &signature })
                .collect();
            let batch: Vec<_> = jobs.iter().zip(&all).collect();
            let bulk = check_bulk(&batch);
            for ((job, equation), bulk) in batch.iter().zip(bulk) {
                let right = job.key.check(equation).is_ok();
                let single = if limbs::is_zero(&equation.u) { None } else { check(job.key, equation) };
                for found in [single, bulk] {
                    assert!(
                        found.is_none_or(|found| found == right),
                        "window {bits}, {size} jobs, {equation:?}"
                    );
                    decided += usize::from(found.is_some());
                }
            }
        }
    }
    // Most equations are not exceptional: the vector code must have answered these itself.
    assert!(decided > 550, "only {decided} of 696 were decided");
}

#[test]
#[ignore = "needs AVX512-IFMA"]
fn sums_p256() {
    against_scalar::<P256>();
}

#[test]
#[ignore = "needs AVX512-IFMA"]
fn sums_sm2() {
    against_scalar::<Sm2>();
}

/// One exceptional signature leaves the other seven of its group, and those of other groups, to the vector code.
fn isolated<C: Curve>() {
    assert!(available(), "this processor has no AVX512-IFMA");
    let mut various = Various(3);
    let secret = various.scalar::<C::Order>();
    let (honest, generator) = (key::<C>(&secret, Window::DEFAULT), key::<C>(&[1, 0, 0, 0], Window::DEFAULT));
    let (digest, signature) = ([0; 32], [0; 64]);
    for lane in 0..2 * LANES {
        let all: Vec<_> = (0..2 * LANES).map(|_| equations::<C>(&mut various, &secret, 0)).collect();
        // Under the key G, equal scalars have equal terms.
        let doubled = Equation { u: all[lane].u, v: all[lane].u, x: all[lane].x };
        let jobs: Vec<_> = (0..2 * LANES)
            .map(|place| Job {
                key: if place == lane { &generator } else { &honest },
                digest: &digest,
                signature: &signature,
            })
            .collect();
        let batch: Vec<_> = jobs
            .iter()
            .zip(&all)
            .enumerate()
            .map(|(place, (job, equation))| (job, if place == lane { &doubled } else { equation }))
            .collect();
        let found = check_bulk(&batch);
        for (place, found) in found.iter().enumerate() {
            if place != lane {
                assert_eq!(*found, Some(true), "lane {place} beside {lane}");
            }
        }
    }
}

#[test]
#[ignore = "needs AVX512-IFMA"]
fn isolated_p256() {
    isolated::<P256>();
}

#[test]
#[ignore = "needs AVX512-IFMA"]
fn isolated_sm2() {
    isolated::<Sm2>();
}
