//! Additions of equal points, of opposite points, and sums that are infinity, at every place where they can happen.

use std::collections::BTreeMap;

use boyin_curve::{P256, Sm2};
use boyin_testkit::arithmetic::{Group, Point, signed, x_of};
use boyin_testkit::random::FixedRandom;
use num_bigint::BigUint;

use crate::layout::{self, Meeting};
use crate::paths::{Cases, Counts, Path, narrow, wide};
use crate::support::scalar;

/// The valid signature over this equation, if there is one, and claims of other x-coordinates: 0 and 1, which a faulty
/// addition may give, and `others`. The verdicts are other people's. Returns how many are valid.
fn push<C: Group>(
    cases: &mut Cases<C>,
    point: &Point,
    [u, v]: [&BigUint; 2],
    others: &[Option<Point>],
    name: &str,
) -> usize {
    let right = C::sign(u, v, point);
    let zero_and_one = [0u32, 1].map(BigUint::from);
    let others = others.iter().flatten().map(x_of);
    let claims = zero_and_one.into_iter().chain(others).filter_map(|x| C::claim(u, v, &x));
    let mut valid = 0;
    for signed in right.into_iter().chain(claims) {
        valid += usize::from(cases.push_judged(point, signed, name));
    }
    if let Some(right) = right {
        assert!(C::verify(point, &right), "{name}: the signature that was made to fit");
    }
    valid
}

/// One window's cases for each place, through the paths of that window.
fn meetings<C: Group>(window: u8, seed: u64) {
    let mut random = FixedRandom::new(seed);
    let [u, v] = [0; 2].map(|_| scalar::<C>(&mut random));
    let mut all = layout::prepared::<C>(&u, &v, window);
    if window <= 9 {
        all.extend(layout::lanes::<C>(&u, &v, window));
    }
    let mixed: Vec<_> = all.iter().filter(|meeting| meeting.level > 0 || window <= 12).collect();
    let mut paths = vec![
        Path::Unknown,
        Path::Prepared(window),
        Path::BulkOfOne(window),
        Path::BetweenBad(window),
        Path::Duplicates(window),
        Path::Sorted(window),
    ];
    paths.extend((0..8).map(|turn| Path::Bulk(window, turn)));
    let (mut by_level, mut counts, mut total) = (BTreeMap::<_, usize>::new(), Counts::default(), 0);
    for some in mixed.chunks(if window <= 12 { 400 } else { 3 }) {
        let mut cases = Cases::<C>::new();
        for meeting in some {
            for opposite in [false, true] {
                if push_meeting(&mut cases, meeting, opposite, &u, &v) {
                    *by_level.entry(meeting.level).or_default() += 1;
                }
            }
        }
        cases.run(&paths, &mut counts);
        total += cases.cases.len();
    }
    assert_every_level(window, &by_level);
    println!("{} window {window}: {total} signatures; meetings by level {by_level:?}", C::NAME);
}

/// From the level on at which a pair of key and generator first exists, each has one or more; the last has two.
fn assert_every_level(window: u8, by_level: &BTreeMap<usize, usize>) {
    let key = 256usize.div_ceil(window.into());
    let all = key + if window > 12 { 16 } else { 22 };
    let last = usize::try_from(all.next_power_of_two().ilog2()).unwrap();
    let first = usize::try_from(key.trailing_zeros()).unwrap() + 1;
    for level in first..=last {
        // The mixed sum stands alone where it is the odd last.
        assert!(
            by_level.contains_key(&level) || level < last,
            "window {window}, level {level}: {by_level:?}"
        );
    }
    assert!(by_level.contains_key(&first), "window {window}, first level {first}: {by_level:?}");
    assert!(by_level[&last] >= 2, "window {window}: {by_level:?}");
}

fn push_meeting<C: Group>(
    cases: &mut Cases<C>,
    meeting: &Meeting,
    opposite: bool,
    u: &BigUint,
    v: &BigUint,
) -> bool {
    let Some(d) = meeting.solve::<C>(opposite) else { return false };
    let point = C::multiple(&d).unwrap();
    let left = C::multiple(&meeting.left().at::<C>(&d));
    let name = format!("{}, {}", meeting.place, if opposite { "opposite" } else { "equal" });
    push(cases, &point, [u, v], &[left], &name);
    true
}

#[test]
fn p256_pairs_of_every_window() {
    (4..=16).for_each(|window| meetings::<P256>(window, 100 + u64::from(window)));
}

#[test]
fn sm2_pairs_of_every_window() {
    (4..=16).for_each(|window| meetings::<Sm2>(window, 200 + u64::from(window)));
}

/// Terms of the generator added to `v·Q` one by one.
fn unknown_key<C: Group>() {
    let mut random = FixedRandom::new(300);
    let [u, v] = [0; 2].map(|_| scalar::<C>(&mut random));
    let mut cases = Cases::<C>::new();
    let mut met = 0;
    for meeting in layout::unknown::<C>(&u, &v) {
        for opposite in [false, true] {
            met += usize::from(push_meeting(&mut cases, &meeting, opposite, &u, &v));
        }
    }
    assert!(met >= 2 * 22 - 1, "{met} meetings");
    cases.run(&narrow(), &mut Counts::default());
}

#[test]
fn unknown_key_meets_each_term() {
    unknown_key::<P256>();
    unknown_key::<Sm2>();
}

/// Terms of one point only: the two parts of the scalar around a digit are equal points.
fn parts_are_equal<C: Group>() {
    let mut random = FixedRandom::new(400);
    let mut cases = Cases::<C>::new();
    let point = C::multiple(&scalar::<C>(&mut random)).unwrap();
    let splits = (4..=16).flat_map(|width| (1..256usize.div_ceil(width)).map(move |digit| digit * width));
    let splits: std::collections::BTreeSet<_> = splits.collect();
    for split in &splits {
        let special = layout::parts_are_equal::<C>(*split);
        let other = scalar::<C>(&mut random);
        let turned = C::minus(&BigUint::ZERO, &special);
        for pair in [[&special, &other], [&other, &special], [&special, &special], [&turned, &special]] {
            push(&mut cases, &point, pair, &[], &format!("parts around bit {split}"));
        }
    }
    assert!(splits.len() > 100);
    let each = (4..=16).flat_map(|window| [Path::Prepared(window), Path::Bulk(window, 1)]);
    let paths: Vec<_> = std::iter::once(Path::Unknown).chain(each).collect();
    cases.run(&paths, &mut Counts::default());
}

#[test]
fn parts_of_a_scalar_are_equal_points() {
    parts_are_equal::<P256>();
    parts_are_equal::<Sm2>();
}

/// Keys and factors next to zero: `±G`, `±2G` … with `0`, `±1`, `±2` … of each; many of the sums are infinity.
fn small<C: Group>() -> usize {
    let n = C::order();
    let mut cases = Cases::<C>::new();
    let near = |reach: u32| (1..=reach).flat_map(|k| [k.into(), C::order() - k]).collect::<Vec<BigUint>>();
    let (mut infinite, mut valid, mut no_generator) = (0, 0, 0);
    for d in near(4) {
        let point = C::multiple(&d).unwrap();
        for v in near(3) {
            for u in near(4).into_iter().chain([BigUint::ZERO]) {
                let end = (&u + &v * &d) % &n;
                infinite += usize::from(end == BigUint::ZERO);
                let part = C::multiple(&(&v * &d));
                valid += push(&mut cases, &point, [&u, &v], &[part], &format!("d {d:x}, v {v:x}, u {u:x}"));
                no_generator += usize::from(u == BigUint::ZERO && C::sign(&u, &v, &point).is_some());
            }
        }
    }
    assert!(infinite == 28 && valid > 300, "{infinite} sums are infinity, {valid} signatures valid");
    spell_digests_above_the_order(&mut cases);
    let mut counts = Counts::default();
    cases.run(&narrow(), &mut counts);
    for window in [13, 16] {
        cases.run(&wide(window), &mut counts);
    }
    println!("{}: {} signatures near zero, {infinite} equations with infinity", C::NAME, cases.cases.len());
    no_generator
}

/// Each digest that has one again in its second spelling: the verdict is the same.
fn spell_digests_above_the_order<C: Group>(cases: &mut Cases<C>) {
    let end = BigUint::from(1u32) << 256;
    let before = cases.cases.len();
    for mut case in cases.cases.clone() {
        let second = BigUint::from_bytes_be(&case.signed.digest) + C::order();
        if second < end {
            let (r, s) = case.signed.signature.split_at(32);
            let [r, s] = [r, s].map(BigUint::from_bytes_be);
            case.signed = signed(&second, &r, &s);
            cases.cases.push(case);
        }
    }
    // u = 0 for ECDSA: the digests 0 and n.
    assert!(C::NAME == Sm2::NAME || cases.cases.len() > before + 40);
}

#[test]
fn p256_near_zero() {
    assert_eq!(small::<P256>(), 48, "e ≡ 0 (mod n) is possible for ECDSA");
}

#[test]
fn sm2_near_zero() {
    assert_eq!(small::<Sm2>(), 0, "u = s is never zero for SM2");
}
