use num_bigint::BigUint;

use super::*;
use crate::limbs::tests::{Other, affine, big, coordinates, end, respell, small};
use crate::{P256, Sm2};

impl<C: Parameters> Xyzz<C> {
    /// Affine coordinates; `None` for infinity.
    pub(crate) fn coordinates(&self) -> Option<[BigUint; 2]> {
        assert!(self.zz * self.zz.square() == self.zzz.square(), "ZZ³ = ZZZ²");
        (!self.is_infinity()).then(|| {
            [self.x * self.zz.invert(), self.y * self.zzz.invert()].map(|residue| big(&residue.value()))
        })
    }

    /// The same point with another denominator, and spelled otherwise.
    fn scaled(&self, z: Residue<C::Field>) -> Self {
        let (zz, zzz) = (z.square(), z.square() * z);
        Self {
            x: respell(self.x * zz),
            y: respell(self.y * zzz),
            zz: respell(self.zz * zz),
            zzz: respell(self.zzz * zzz),
        }
    }
}

impl<C: Parameters> Jacobian<C> {
    fn coordinates(&self) -> Option<[BigUint; 2]> {
        self.to_xyzz().coordinates()
    }

    fn scaled(&self, z: Residue<C::Field>) -> Self {
        Self { x: respell(self.x * z.square()), y: respell(self.y * z.square() * z), z: respell(self.z * z) }
    }
}

/// Denominators: one, one spelled otherwise, and others.
fn denominators<C: Parameters>() -> [Residue<C::Field>; 4] {
    [Residue::ONE, respell(Residue::ONE), Residue::new(&[2, 0, 0, 0]), -Residue::new(&[3, 5, 7, 11])]
}

fn scalars<C: Parameters>() -> Vec<BigUint> {
    let n = big(&C::Order::M);
    vec![1u32.into(), 2u32.into(), 3u32.into(), &n - 1u32, &n - 2u32, &n >> 1, (&n >> 1) + 1u32, &n / 3u32]
}

/// Every sum of `P` in {infinity, some points, their opposites} with every affine point, in every spelling.
fn additions<C: Other>() {
    let n = big(&C::Order::M);
    let mut exceptional = [0; 3];
    for right in scalars::<C>() {
        let addend = affine::<C>(&right);
        let respelled = Affine { x: respell(addend.x), y: respell(addend.y) };
        for left in std::iter::once(BigUint::ZERO).chain(scalars::<C>()) {
            let end = (&left + &right) % &n;
            let wanted = C::multiple(&end);
            exceptional[0] += usize::from(left == right);
            exceptional[1] += usize::from(end == BigUint::ZERO);
            exceptional[2] += usize::from(left == BigUint::ZERO);
            let start = (left != BigUint::ZERO).then(|| affine::<C>(&left));
            for z in denominators::<C>() {
                for addend in [addend, respelled] {
                    let xyzz = start.map_or(Xyzz::INFINITY, |point| Xyzz::from_affine(&point)).scaled(z);
                    assert_eq!(xyzz.add(&addend).coordinates(), wanted, "{left:x} + {right:x}");
                    let jacobian =
                        start.map_or(Jacobian::INFINITY, |point| Jacobian::from_affine(&point)).scaled(z);
                    assert_eq!(jacobian.add(&addend).coordinates(), wanted, "{left:x} + {right:x}");
                    assert_eq!(jacobian.double().coordinates(), C::multiple(&(&left * 2u32)), "2 · {left:x}");
                }
            }
        }
    }
    assert_eq!(exceptional, [8, 6, 8], "equal, opposite, infinity");
}

#[test]
fn additions_are_complete() {
    additions::<P256>();
    additions::<Sm2>();
}

/// Infinity that came about by adding is infinity like the constant.
fn after_infinity<C: Other>() {
    let [p, minus] = [5u32.into(), big(&C::Order::M) - 5u32].map(|k: BigUint| affine::<C>(&k));
    let other = affine::<C>(&7u32.into());
    let wanted = C::multiple(&7u32.into());
    let xyzz = Xyzz::from_affine(&p).add(&minus);
    assert!(xyzz.is_infinity());
    assert_eq!(xyzz.add(&other).coordinates(), wanted);
    let jacobian = Jacobian::from_affine(&p).add(&minus);
    assert_eq!(jacobian.coordinates(), None);
    assert_eq!(jacobian.double().double().add(&other).coordinates(), wanted);
}

#[test]
fn additions_after_infinity() {
    after_infinity::<P256>();
    after_infinity::<Sm2>();
}

fn affine_reading<C: Other>() {
    let points: Vec<_> = scalars::<C>().iter().map(affine::<C>).collect();
    let jacobian: Vec<_> = points
        .iter()
        .zip(denominators::<C>().iter().cycle())
        .map(|(point, z)| Jacobian::from_affine(point).scaled(*z))
        .collect();
    for (point, again) in points.iter().zip(to_affine(&jacobian)) {
        assert_eq!(coordinates(point), coordinates(&again));
        assert_eq!([again.x, again.y].map(|c| c.as_it_stands()), [again.x, again.y].map(|c| c.canonical()));
        let [x, y] = coordinates(point).map(|c| small(&c));
        assert!(Affine::<C>::new(&x, &y).is_some());
        assert!(Affine::<C>::new(&y, &x).is_none());
        let p = big(&C::Field::M);
        assert_eq!(coordinates(&point.negated_if(true)), [big(&x), &p - big(&y)]);
    }
    assert!(Affine::<C>::new(&[0; 4], &[0; 4]).is_none());
    assert!(to_affine::<C>(&[]).is_empty());
}

#[test]
fn from_and_to_affine() {
    affine_reading::<P256>();
    affine_reading::<Sm2>();
}

/// `x / z` against integers: equal to `wanted`, to `wanted + n` below p, and to no other number.
fn matches<C: Parameters>() {
    let (n, p) = (big(&C::Order::M), big(&C::Field::M));
    let all = [
        BigUint::ZERO,
        1u32.into(),
        &p - &n - 1u32,
        &p - &n,
        &p - &n + 1u32,
        end() - &n - 1u32,
        end() - &n,
        end() - &n + 1u32,
        &n - 1u32,
        n.clone(),
        &n + 1u32,
        &p - 1u32,
    ];
    for x in &all {
        for wanted in all.iter().filter(|wanted| **wanted < n) {
            for z in denominators::<C>() {
                let numerator = Residue::new(&small(x)) * z;
                let found = x_matches::<C>(&respell(numerator), &z, &small(wanted));
                assert_eq!(found, &(x % &n) == wanted, "{x:x} {wanted:x}");
            }
        }
    }
}

#[test]
fn x_modulo_the_order() {
    matches::<P256>();
    matches::<Sm2>();
}
