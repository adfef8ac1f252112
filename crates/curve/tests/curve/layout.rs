//! Which sums a verification forms on its way, as multiples of Q and of G: written down a second time, with big
//! integers, to find keys for which two points that are to be added are equal or opposite.

use boyin_testkit::arithmetic::Group;
use num_bigint::{BigInt, BigUint};

/// `key·Q + generator·G`, modulo the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) key: BigUint,
    pub(crate) generator: BigUint,
}

impl Sum {
    /// The scalar of the sum if Q is `d·G`.
    pub(crate) fn at<C: Group>(&self, d: &BigUint) -> BigUint {
        (&self.key * d + &self.generator) % C::order()
    }

    fn plus<C: Group>(&self, other: &Self) -> Self {
        let n = C::order();
        Self { key: (&self.key + &other.key) % &n, generator: (&self.generator + &other.generator) % &n }
    }
}

/// Two points that are added, and where.
#[derive(Clone, Debug)]
pub(crate) struct Meeting {
    pub(crate) place: String,
    pub(crate) level: usize,
    left: Sum,
    right: Sum,
}

impl Meeting {
    /// The `d` for which `left = right` (or `left = −right`) if Q is `d·G`; `None` if that does not depend on Q.
    pub(crate) fn solve<C: Group>(&self, opposite: bool) -> Option<BigUint> {
        let zero = BigUint::ZERO;
        let turned = |x: &BigUint| if opposite { C::minus(&zero, x) } else { x.clone() };
        let factor = C::minus(&self.left.key, &turned(&self.right.key));
        let constant = C::minus(&turned(&self.right.generator), &self.left.generator);
        let d = constant * C::inverse(&factor) % C::order();
        if d == zero {
            return None;
        }
        let [left, right] = [&self.left, &self.right].map(|sum| C::multiple(&sum.at::<C>(&d)));
        let right = right
            .map(|point| if opposite { boyin_testkit::arithmetic::opposite::<C>(&point) } else { point });
        assert!(left.is_some() && left == right, "{self:?}");
        Some(d)
    }

    pub(crate) fn left(&self) -> &Sum {
        &self.left
    }
}

/// Odd digits of `scalar` times their places, lowest first; those of `n − scalar`, negated, if it is even.
fn digits<C: Group>(scalar: &BigUint, width: usize) -> Vec<BigUint> {
    let n = BigInt::from(C::order());
    let turned = !scalar.bit(0);
    let mut rest = BigInt::from(scalar.clone());
    if turned {
        rest = &n - rest;
    }
    let count = 256usize.div_ceil(width);
    let base = BigInt::from(1) << width;
    let mut digits = Vec::new();
    for place in 0..count {
        let digit = if place + 1 == count { rest.clone() } else { &rest % (&base * 2) - &base };
        rest = (rest - &digit) / &base;
        let signed: BigInt = (digit << (width * place)) * if turned { -1 } else { 1 };
        digits.push(((signed % &n + &n) % &n).to_biguint().unwrap());
    }
    digits
}

fn of_generator<C: Group>(u: &BigUint, width: usize) -> Vec<Sum> {
    digits::<C>(u, width).into_iter().map(|generator| Sum { key: BigUint::ZERO, generator }).collect()
}

/// Those of the key, then those of the generator beside it.
fn terms<C: Group>(u: &BigUint, v: &BigUint, window: u8) -> Vec<Sum> {
    let key = digits::<C>(v, window.into()).into_iter().map(|key| Sum { key, generator: BigUint::ZERO });
    key.chain(of_generator::<C>(u, if window > 12 { 16 } else { 12 })).collect()
}

/// Each sum so far with what is added to it next.
fn in_turn<C: Group>(terms: &[Sum], name: &str) -> Vec<Meeting> {
    let (mut left, rest) = (terms[0].clone(), &terms[1..]);
    let mut meetings = Vec::new();
    for (place, right) in rest.iter().enumerate() {
        let next = left.plus::<C>(right);
        meetings.push(Meeting { place: format!("{name}, {place}"), level: 0, left, right: right.clone() });
        left = next;
    }
    meetings
}

/// An unknown key: `v·Q`, then the terms of the generator one by one.
pub(crate) fn unknown<C: Group>(u: &BigUint, v: &BigUint) -> Vec<Meeting> {
    let part = Sum { key: v.clone(), generator: BigUint::ZERO };
    let terms: Vec<_> = std::iter::once(part).chain(of_generator::<C>(u, 12)).collect();
    in_turn::<C>(&terms, "unknown key, term")
}

/// A prepared key: in pairs to the end, and from each level on one by one.
pub(crate) fn prepared<C: Group>(u: &BigUint, v: &BigUint, window: u8) -> Vec<Meeting> {
    let mut sums = terms::<C>(u, v, window);
    let mut meetings = Vec::new();
    let mut level = 0;
    while sums.len() > 1 {
        if sums.len() < 40 {
            meetings.extend(in_turn::<C>(&sums, &format!("window {window}, after level {level}, term")));
        }
        level += 1;
        let pairs = sums.chunks_exact(2).enumerate().map(|(place, pair)| Meeting {
            place: format!("window {window}, level {level}, pair {place}"),
            level,
            left: pair[0].clone(),
            right: pair[1].clone(),
        });
        meetings.extend(pairs);
        sums = sums
            .chunks(2)
            .map(|pair| pair[1..].iter().fold(pair[0].clone(), |a, b| a.plus::<C>(b)))
            .collect();
    }
    meetings
}

/// A prepared key in eight lanes: each eighth term is added to the lane's sum, then the lanes' sums to each other.
pub(crate) fn lanes<C: Group>(u: &BigUint, v: &BigUint, window: u8) -> Vec<Meeting> {
    let terms = terms::<C>(u, v, window);
    let mut sums = terms[..8].to_vec();
    let mut meetings = Vec::new();
    let mut add = |sums: &mut [Sum], to: usize, right: &Sum, place: String| {
        let left = sums[to].clone();
        sums[to] = left.plus::<C>(right);
        meetings.push(Meeting {
            place: format!("window {window}, {place}"),
            level: 0,
            left,
            right: right.clone(),
        });
    };
    for (place, term) in terms.iter().enumerate().skip(8) {
        add(&mut sums, place % 8, term, format!("term {place} in its lane"));
    }
    for distance in [4, 2, 1] {
        for lane in 0..distance {
            let right = sums[lane + distance].clone();
            add(&mut sums, lane, &right, format!("lanes {lane} and {}", lane + distance));
        }
    }
    meetings
}

/// Scalars whose two parts around bit `split`, both odd multiples, are equal points: they differ by n.
pub(crate) fn parts_are_equal<C: Group>(split: usize) -> BigUint {
    let n = C::order();
    let low = &n % (BigUint::from(1u32) << split);
    n - low * 2u32
}
