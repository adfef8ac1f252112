//! Multiples of a point, so that a multiplication is a sum of table entries without a doubling.
//!
//! An odd scalar is written with odd digits only: `k = Σ dᵢ · 2^(w i)` with `|dᵢ| < 2^w`. For each window `i` the table
//! holds `1, 3, …, 2^w − 1` times `2^(w i) · Q`; a negative digit takes the negative of an entry. No digit is zero, so
//! every sum has the same number of terms. An even scalar `k` is replaced by `n − k`, which is odd, and all signs turn.

use crate::curve::Parameters;
use crate::equation::invert_all;
use crate::limbs::{self, Limbs};
use crate::modulus::Modulus;
use crate::point::{Affine, Jacobian, to_affine};

/// Bits of a scalar.
const SCALAR_BITS: usize = 256;

/// Most additions that share an inversion while a table is built: their denominators stay in the first-level cache.
const SHARED: usize = 512;

/// The width of the digits of a [`PreparedKey`](crate::PreparedKey): more memory, fewer additions.
///
/// | bits | table | additions |
/// |---|---|---|
/// | 4 | 32 KiB | 64 |
/// | 5 | 51 KiB | 52 |
/// | 6 | 84.5 KiB | 43 |
/// | 7 | 144.5 KiB | 37 |
/// | 8 | 256 KiB | 32 |
/// | 10 | 802 KiB | 26 |
/// | 12 | 2.6 MiB | 22 |
/// | 16 | 32 MiB | 16 |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window(u8);

impl Window {
    /// The narrowest: 32 KiB.
    pub const MIN: Self = Self(4);
    /// What most systems should use: 256 KiB.
    pub const DEFAULT: Self = Self(8);
    /// The widest: 32 MiB.
    pub const MAX: Self = Self(16);

    /// Digits of so many bits; `None` outside `4 ..= 16`.
    #[must_use]
    pub const fn new(bits: u8) -> Option<Self> {
        if bits >= Self::MIN.0 && bits <= Self::MAX.0 { Some(Self(bits)) } else { None }
    }

    /// The widest window whose table fits the budget; `None` if none does.
    ///
    /// ```
    /// use boyin_curve::Window;
    ///
    /// assert_eq!(Window::within(300 << 10), Window::new(8));
    /// assert_eq!(Window::within(10 << 10), None);
    /// ```
    #[must_use]
    pub fn within(budget_bytes: usize) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).rev().map(Self).find(|window| window.table_bytes() <= budget_bytes)
    }

    /// Bits of a digit.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Bytes of one key's table.
    #[must_use]
    pub fn table_bytes(self) -> usize {
        let entries: usize = (0..self.digits()).map(|digit| self.entries(digit)).sum();
        entries * size_of::<[Limbs; 2]>()
    }

    fn width(self) -> usize {
        usize::from(self.0)
    }

    /// Digits of a scalar, which is also the number of additions.
    pub(crate) fn digits(self) -> usize {
        SCALAR_BITS.div_ceil(self.width())
    }

    /// Table entries of one window. The highest may be narrower, and its digits are positive.
    fn entries(self, digit: usize) -> usize {
        1 << (self.width().min(SCALAR_BITS - self.width() * digit) - 1)
    }
}

/// The table of one point.
#[derive(Debug)]
pub(crate) struct Table<C: Parameters> {
    window: Window,
    entries: Box<[Affine<C>]>,
}

impl<C: Parameters> Table<C> {
    /// Doubles the point 256 times, then builds each window's odd multiples by adding `2^k` times its point to the
    /// first `2^(k−1)` of them: 6 multiplications an entry. The group has prime order and no multiple comes near it,
    /// so no addition is exceptional.
    pub(crate) fn new(point: &Affine<C>, window: Window) -> Self {
        let chain: Vec<_> = std::iter::successors(Some(Jacobian::from_affine(point)), |p| Some(p.double()))
            .take(SCALAR_BITS)
            .collect();
        let chain = to_affine(&chain);
        let stride = window.entries(0);
        let mut entries = vec![*point; window.table_bytes() / size_of::<Affine<C>>()];
        for digit in 0..window.digits() {
            entries[digit * stride] = chain[digit * window.width()];
        }
        for level in 1..window.width() {
            let half = 1 << (level - 1);
            let digits = (0..window.digits()).filter(|digit| window.entries(*digit) > half);
            let sums: Vec<_> = digits
                .flat_map(|digit| {
                    let addend = digit * window.width() + level;
                    (0..half).map(move |entry| (digit * stride + entry, addend))
                })
                .collect();
            for shared in sums.chunks(SHARED) {
                add_shared(&mut entries, half, shared, &chain);
            }
        }
        Self { window, entries: entries.into() }
    }

    pub(crate) fn window(&self) -> Window {
        self.window
    }

    /// The terms whose sum is `scalar` times the point, for `0 < scalar < n`; [`Window::digits`] of them.
    pub(crate) fn terms(&self, scalar: &Limbs) -> impl Iterator<Item = Affine<C>> {
        let (scalar, turned) = odd::<C>(scalar);
        let width = self.window.width();
        let stride = self.window.entries(0);
        let top = self.window.digits() - 1;
        (0..top + 1).map(move |digit| {
            // Digit i is 2·(bits wi+1 ..= wi+w of k) + 1 − 2^w.
            let bits = bits(&scalar, digit * width + 1, width);
            let negative = digit != top && bits < stride;
            let entry = if digit == top {
                bits
            } else if negative {
                stride - 1 - bits
            } else {
                bits - stride
            };
            self.entries[digit * stride + entry].negated_if(negative != turned)
        })
    }
}

/// `entries[source + half] = entries[source] + chain[addend]` for each pair, with one inversion.
fn add_shared<C: Parameters>(
    entries: &mut [Affine<C>],
    half: usize,
    sums: &[(usize, usize)],
    chain: &[Affine<C>],
) {
    let mut inverses: Vec<_> =
        sums.iter().map(|(source, addend)| chain[*addend].x - entries[*source].x).collect();
    invert_all(&mut inverses);
    for ((source, addend), inverse) in sums.iter().zip(inverses) {
        let (left, right) = (entries[*source], chain[*addend]);
        let sum = left.follow((right.y - left.y) * inverse, right.x);
        entries[source + half] = Affine { x: sum.x.tidy(), y: sum.y.tidy() };
    }
}

/// The odd one of `k` and `n − k`, and whether it is the second.
fn odd<C: Parameters>(k: &Limbs) -> (Limbs, bool) {
    if k[0] & 1 == 1 { (*k, false) } else { (limbs::sub(&C::Order::M, k).0, true) }
}

/// `width ≤ 16` bits from bit `start`; zeros above bit 255.
#[inline(always)]
fn bits(k: &Limbs, start: usize, width: usize) -> usize {
    let (limb, shift) = (start / 64, start % 64);
    let low = k.get(limb).map_or(0, |low| low >> shift);
    let high = if shift == 0 { 0 } else { k.get(limb + 1).map_or(0, |high| high << (64 - shift)) };
    usize::try_from((low | high) & ((1 << width) - 1)).expect("16 bits")
}

/// The tables of a generator, each built when it is first used.
#[derive(Debug)]
pub struct Generator<C: Parameters> {
    table: Table<C>,
    wide: std::sync::OnceLock<Table<C>>,
}

impl<C: Parameters> Generator<C> {
    /// Shared by all keys, so that more memory than a key's is well spent: 2.6 MiB.
    const WINDOW: Window = Window(12);

    pub(crate) fn new() -> Self {
        Self { table: Table::new(&Affine::generator(), Self::WINDOW), wide: std::sync::OnceLock::new() }
    }

    /// The table to use beside that of a key: whoever spends [`Window::MAX`] on a key gets as much here.
    pub(crate) fn beside(&self, key: Window) -> &Table<C> {
        if key <= Self::WINDOW {
            return &self.table;
        }
        self.wide.get_or_init(|| Table::new(&Affine::generator(), Window::MAX))
    }
}

/// Odd multiples `1, 3, …, 15` of a point, for a key that is used once: too few to be worth more.
#[derive(Debug)]
pub(crate) struct OddMultiples<C: Parameters>([Affine<C>; 8]);

/// Bits of a digit of the non-adjacent form.
const NAF_WIDTH: usize = 5;

impl<C: Parameters> OddMultiples<C> {
    pub(crate) fn new(point: &Affine<C>) -> Self {
        let twice = to_affine(&[Jacobian::from_affine(point).double()])[0];
        let all: Vec<_> = std::iter::successors(Some(Jacobian::from_affine(point)), |p| Some(p.add(&twice)))
            .take(8)
            .collect();
        let all = to_affine(&all);
        Self(std::array::from_fn(|i| all[i]))
    }

    /// `scalar` times the point, over the width-5 non-adjacent form: 256 doublings and about 43 additions.
    pub(crate) fn times(&self, scalar: &Limbs) -> Jacobian<C> {
        let digits = non_adjacent(scalar);
        let mut sum = Jacobian::INFINITY;
        for digit in digits.iter().rev() {
            sum = sum.double();
            if *digit != 0 {
                let entry = usize::from(digit.unsigned_abs() / 2);
                sum = sum.add(&self.0[entry].negated_if(*digit < 0));
            }
        }
        sum
    }
}

/// The non-adjacent form: odd digits below 2^4 in absolute value, at least four zeros between two of them.
fn non_adjacent(k: &Limbs) -> [i8; SCALAR_BITS + 1] {
    let mut digits = [0; SCALAR_BITS + 1];
    let mut carry = 0;
    let mut place = 0;
    while place <= SCALAR_BITS {
        if bits(k, place, 1) == carry {
            place += 1;
            continue;
        }
        let value = bits(k, place, NAF_WIDTH) + carry;
        carry = value >> (NAF_WIDTH - 1);
        let digit =
            i8::try_from(value).expect("5 bits and a carry") - if carry == 1 { 1 << NAF_WIDTH } else { 0 };
        digits[place] = digit;
        place += NAF_WIDTH;
    }
    digits
}

#[cfg(test)]
mod tests;
