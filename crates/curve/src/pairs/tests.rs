use num_bigint::BigUint;

use super::*;
use crate::limbs::tests::{Other, affine, big, coordinates, respell};
use crate::modulus::Modulus;
use crate::{P256, Sm2};

/// One level by the two passes: the sums and whether a pair was left out.
fn level<C: Parameters>(points: &[Affine<C>]) -> (Vec<Affine<C>>, bool) {
    let mut points = points.to_vec();
    let mut before = vec![Residue::ONE; points.len()];
    let mut product = Residue::ONE;
    collect(&points, &mut before, &mut product);
    let mut inverse = product.invert();
    let exceptional = add_pairs(&mut points, &before, &mut inverse);
    assert!(inverse == Residue::ONE, "every denominator was taken out again");
    points.truncate(points.len().div_ceil(2));
    (points, exceptional)
}

fn of_all_lengths<C: Other>() {
    let n = big(&C::Order::M);
    for length in 0..24usize {
        let scalars: Vec<_> = (0..length).map(|place| &n / (place + 3)).collect();
        let points: Vec<_> = scalars.iter().map(affine::<C>).collect();
        let (sums, exceptional) = level(&points);
        assert!(!exceptional);
        let wanted = scalars.chunks(2).map(|pair| C::multiple(&pair.iter().sum()).unwrap());
        assert!(sums.iter().map(coordinates).eq(wanted), "{length} points");
    }
}

#[test]
fn sums_of_all_lengths() {
    of_all_lengths::<P256>();
    of_all_lengths::<Sm2>();
}

/// A pair of equal or opposite points at each place, also in the other spelling: reported, and no other pair suffers.
fn with_an_exception<C: Other>() {
    let n = big(&C::Order::M);
    for length in [2usize, 3, 8, 9] {
        for place in 0..length / 2 {
            for turned in [false, true] {
                let mut scalars: Vec<BigUint> = (0..length).map(|place| &n / (place + 3)).collect();
                let first = scalars[2 * place].clone();
                scalars[2 * place + 1] = if turned { &n - first } else { first };
                let mut points: Vec<_> = scalars.iter().map(affine::<C>).collect();
                for _ in 0..2 {
                    let (sums, exceptional) = level(&points);
                    assert!(exceptional);
                    for (at, pair) in scalars.chunks(2).enumerate().filter(|(at, _)| *at != place) {
                        assert_eq!(Some(coordinates(&sums[at])), C::multiple(&pair.iter().sum()));
                    }
                    points[2 * place].x = respell(points[2 * place].x);
                }
            }
        }
    }
}

#[test]
fn exceptions_are_reported_and_disturb_nothing() {
    with_an_exception::<P256>();
    with_an_exception::<Sm2>();
}

fn last_pair<C: Other>() {
    let n = big(&C::Order::M);
    let [a, b] = [&n / 5u32, &n / 9u32];
    let pair = [affine::<C>(&a), affine::<C>(&b)];
    let [x, _] = C::multiple(&(&a + &b)).unwrap();
    let equation =
        |x: &BigUint| Equation { u: [1, 0, 0, 0], v: [1, 0, 0, 0], x: crate::limbs::tests::small(&(x % &n)) };
    assert_eq!(pair_satisfies(&pair, &equation(&x)), Some(true));
    assert_eq!(pair_satisfies(&pair, &equation(&(&x + 1u32))), Some(false));
    let minus = affine::<C>(&(&n - &a));
    for exceptional in [[pair[0], pair[0]], [pair[0], minus]] {
        assert_eq!(pair_satisfies(&exceptional, &equation(&x)), None);
    }
    let respelled = Affine { x: respell(pair[0].x), y: respell(pair[0].y) };
    assert_eq!(pair_satisfies(&[respelled, pair[1]], &equation(&x)), Some(true));
}

#[test]
fn the_last_pair() {
    last_pair::<P256>();
    last_pair::<Sm2>();
}
