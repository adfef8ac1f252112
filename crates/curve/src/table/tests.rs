use num_bigint::{BigInt, BigUint};
use proptest::prelude::*;

use super::*;
use crate::limbs::tests::{Other, affine, big, coordinates, number, small};
use crate::modulus::{P256Order, Sm2Order};
use crate::point::Xyzz;
use crate::{P256, Sm2};

fn windows() -> impl Iterator<Item = Window> {
    (4..=16).map(|bits| Window::new(bits).unwrap())
}

fn multiple<C: Other>(k: &BigUint) -> [BigUint; 2] {
    C::multiple(k).unwrap()
}

/// Entry `j` of window `i` is `(2j + 1) · 2^(w i) · Q`: all of narrow tables; the ends and a sample of wide ones.
fn entries_are_multiples<C: Other>(window: Window, step: usize) {
    let n = big(&C::Order::M);
    let d = &n / 7u32;
    let table = Table::<C>::new(&affine(&d), window);
    let stride = window.entries(0);
    assert_eq!(table.entries.len() * 64, window.table_bytes());
    let mut checked = 0;
    for digit in 0..window.digits() {
        let count = window.entries(digit);
        for entry in (0..count).filter(|entry| entry % step == 0 || *entry + 1 == count) {
            let factor = (BigUint::from(2 * entry + 1) << (window.width() * digit)) * &d % &n;
            let found = &table.entries[digit * stride + entry];
            assert_eq!(
                coordinates(found),
                multiple::<C>(&factor),
                "{window:?}, digit {digit}, entry {entry}"
            );
            // Turned without a comparison: they must be spelled below p.
            assert_eq!(
                [found.x, found.y].map(|c| c.canonical()),
                [found.x, found.y].map(|c| c.as_it_stands())
            );
            checked += 1;
        }
    }
    assert!(checked >= window.digits());
}

#[test]
fn entries_by_other_arithmetic() {
    for window in windows() {
        let step = 1 << window.width().saturating_sub(5);
        entries_are_multiples::<P256>(window, step);
        entries_are_multiples::<Sm2>(window, step);
    }
}

fn sum<C: Parameters>(terms: impl Iterator<Item = Affine<C>>) -> Option<[BigUint; 2]> {
    let sum = terms.fold(Xyzz::INFINITY, |sum, term| sum.add(&term));
    sum.coordinates()
}

/// The digits, read back from which entries are taken, make up the scalar.
fn digits_reconstruct<C: Parameters>(window: Window, scalar: &Limbs) -> Result<(), TestCaseError> {
    let n = BigInt::from(big(&C::Order::M));
    let (odd, turned) = odd::<C>(scalar);
    prop_assert!(odd[0] & 1 == 1 && limbs::less(&odd, &C::Order::M));
    let (width, stride, top) = (window.width(), window.entries(0), window.digits() - 1);
    let mut value = BigInt::ZERO;
    for digit in 0..=top {
        let bits = bits(&odd, digit * width + 1, width);
        let odd_digit = if digit == top {
            2 * BigInt::from(bits) + 1
        } else {
            2 * BigInt::from(bits) + 1 - 2 * BigInt::from(stride)
        };
        prop_assert!(digit != top || bits < window.entries(digit), "the top entry exists");
        value += odd_digit << (width * digit);
    }
    let value = if turned { &n - value } else { value };
    prop_assert_eq!(value, BigInt::from(big(scalar)));
    Ok(())
}

fn in_order<M: Modulus>() -> impl Strategy<Value = Limbs> {
    number::<M>().prop_map(|limbs| small(&(big(&limbs) % (big(&M::M) - 1u32) + 1u32)))
}

fn naf_is_right(k: &Limbs) -> Result<(), TestCaseError> {
    let digits = non_adjacent(k);
    let mut value = BigInt::ZERO;
    let mut last: Option<usize> = None;
    for (place, digit) in digits.iter().enumerate().filter(|(_, digit)| **digit != 0) {
        prop_assert!(digit % 2 != 0 && digit.unsigned_abs() < 16);
        prop_assert!(last.is_none_or(|last| place >= last + NAF_WIDTH), "adjacent");
        last = Some(place);
        value += BigInt::from(*digit) << place;
    }
    prop_assert_eq!(value, BigInt::from(big(k)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn digits_make_up_the_scalar(p256 in in_order::<P256Order>(), sm2 in in_order::<Sm2Order>()) {
        for window in windows() {
            digits_reconstruct::<P256>(window, &p256)?;
            digits_reconstruct::<Sm2>(window, &sm2)?;
        }
    }

    #[test]
    fn non_adjacent_form(k in number::<P256Order>()) {
        naf_is_right(&k)?;
    }
}

fn special<C: Parameters>() -> Vec<BigUint> {
    let n = big(&C::Order::M);
    let small = (1u32..70).flat_map(|k| [k.into(), &n - k]);
    let powers = (0..256).flat_map(|shift| {
        let power = BigUint::from(1u32) << shift;
        [&power % &n, (&power - 1u32) % &n, &n - (&power % &n), &n >> shift]
    });
    let all = small.chain(powers).chain([&n >> 1, (&n >> 1) + 1u32, &n / 3u32]);
    all.filter(|k| *k != BigUint::ZERO).collect()
}

/// Sums of terms are multiples, for special scalars and all windows but the widest.
fn terms_sum_up<C: Other>() {
    let d = big(&C::Order::M) / 5u32;
    let point = affine::<C>(&d);
    let scalars = special::<C>();
    let wanted: Vec<_> = scalars.iter().map(|k| C::multiple(&(k * &d))).collect();
    assert!(scalars.len() > 1000);
    let odd = OddMultiples::new(&point);
    for (k, wanted) in scalars.iter().zip(&wanted) {
        assert_eq!(&odd.times(&small(k)).to_xyzz().coordinates(), wanted, "{k:x}");
    }
    for window in windows().filter(|window| window.bits() <= 13) {
        let table = Table::<C>::new(&point, window);
        for (k, wanted) in scalars.iter().zip(&wanted) {
            assert_eq!(table.terms(&small(k)).count(), window.digits());
            assert_eq!(&sum(table.terms(&small(k))), wanted, "{window:?} {k:x}");
        }
    }
}

#[test]
fn p256_terms_sum_up() {
    terms_sum_up::<P256>();
}

#[test]
fn sm2_terms_sum_up() {
    terms_sum_up::<Sm2>();
}

#[test]
fn special_scalars_in_non_adjacent_form() {
    for k in special::<P256>().iter().chain(&special::<Sm2>()) {
        naf_is_right(&small(k)).unwrap();
    }
    naf_is_right(&[u64::MAX; 4]).unwrap();
    naf_is_right(&[0; 4]).unwrap();
}

#[test]
fn odd_multiples() {
    let d = BigUint::from(12_345u32);
    let multiples = OddMultiples::<P256>::new(&affine(&d));
    for (place, entry) in multiples.0.iter().enumerate() {
        assert_eq!(coordinates(entry), multiple::<P256>(&(&d * (2 * place + 1))));
    }
}

#[test]
fn the_generators_table_beside_a_key() {
    for window in windows() {
        let bits = P256::generator().beside(window).window().bits();
        assert_eq!(bits, if window.bits() > 12 { 16 } else { 12 });
    }
    assert_eq!(coordinates(&Affine::<P256>::generator()), multiple::<P256>(&1u32.into()));
    assert_eq!(coordinates(&Affine::<Sm2>::generator()), multiple::<Sm2>(&1u32.into()));
}
