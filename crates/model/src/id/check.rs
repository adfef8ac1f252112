//! The check characters. Pure arithmetic: the callers have checked the alphabet.

const ALPHABET_36: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Without I, O, S, V, Z. GB 32100-2015.
const ALPHABET_31: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The letters that [`ALPHABET_31`] leaves out.
pub(super) const fn is_confusable(byte: u8) -> bool {
    matches!(byte, b'I' | b'O' | b'S' | b'V' | b'Z')
}

/// `0..=9` for digits, `10..=35` for letters.
fn value_36(byte: u8) -> usize {
    if byte.is_ascii_digit() { usize::from(byte - b'0') } else { usize::from(byte.wrapping_sub(b'A')) + 10 }
}

/// The place in [`ALPHABET_31`].
fn value_31(byte: u8) -> usize {
    usize::from(VALUES_31[usize::from(byte)])
}

/// For each byte, how many characters of [`ALPHABET_31`] come before it.
static VALUES_31: [u8; 256] = {
    let mut values = [0; 256];
    let (mut byte, mut before): (u8, u8) = (0, 0);
    let mut rest = values.as_mut_slice();
    while let [value, others @ ..] = rest {
        *value = before;
        if matches!(byte, b'0'..=b'9' | b'A'..=b'Z') && !is_confusable(byte) {
            before += 1;
        }
        byte = byte.wrapping_add(1);
        rest = others;
    }
    values
};

/// `(31 − Σ cᵢ·3^(i−1) mod 31) mod 31` over the first 17 characters of a credit code. GB 32100-2015.
pub(super) fn credit_code(first: [u8; 17]) -> u8 {
    let (sum, _) =
        first.iter().fold((0, 1), |(sum, weight), &byte| (sum + value_31(byte) * weight, weight * 3 % 31));
    ALPHABET_31[(31 - sum % 31) % 31]
}

/// `11 − Σ cᵢ·wᵢ mod 11` over the first 8 characters of an organization code, 10 written X and 11 written 0. GB 11714.
pub(super) fn organization_code(first: [u8; 8]) -> u8 {
    const WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = first.iter().zip(WEIGHTS).map(|(&byte, weight)| value_36(byte) * weight).sum();
    b"0X987654321"[sum % 11]
}

/// ISO 7064 MOD 11-2 over the first 17 digits of a citizen's number: with the weights `2^(18−i) mod 11` for
/// i = 1…18, the sum of all 18 places (X counts 10) is 1 mod 11. GB 11643-1999.
pub(super) fn citizen(first: [u8; 17]) -> u8 {
    let sum = first.iter().fold(0, |sum, &digit| (sum + value_36(digit)) * 2 % 11);
    b"10X98765432"[sum]
}

/// ISO 7064 MOD 37,36 over all characters but dots, begun at `p = 36`. GB/T 17710, as GB/T 36904 uses it.
///
/// For each character `p ← 2·(p + c mod 36, where 0 counts as 36) mod 37`; the check character is `(37 − p) mod 36`.
pub(super) fn license(covered: &str) -> u8 {
    let p = characters(covered).fold(36, |p, byte| double(p + value_36(byte)));
    ALPHABET_36[(37 - p) % 36]
}

/// What a widely copied helper, seen in Shandong, computes instead of [`license`].
///
/// Letters count from A = 11, a sum above 37 is reduced by 37, and the result is looked up one place too early.
pub(super) fn license_shandong(covered: &str) -> u8 {
    let p = characters(covered).fold(36, |p, byte| {
        if byte.is_ascii_digit() {
            return double(p + value_36(byte));
        }
        let sum = p + value_36(byte) + 1;
        double(if sum > 37 { sum - 37 } else { sum })
    });
    ALPHABET_36[(36 - p) % 36]
}

fn characters(covered: &str) -> impl Iterator<Item = u8> {
    covered.bytes().filter(|&byte| byte != b'.')
}

/// The step of MOD 37,36: from the sum, which is at most 72, to the next `p`, which is never 0.
fn double(sum: usize) -> usize {
    let rest = if sum > 36 { sum - 36 } else { sum };
    let twice = rest * 2;
    if twice > 36 { twice - 37 } else { twice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_the_standards_give_the_same_as_the_recurrences() {
        let weights_31 = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
        let weights_11 = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        for place in 0..17 {
            let mut first = [b'0'; 17];
            first[place] = b'1';
            assert_eq!(credit_code(first), ALPHABET_31[31 - weights_31[place]]);
            assert_eq!(citizen(first), b"10X98765432"[weights_11[place]]);
        }
    }

    #[test]
    fn the_shandong_helper_reduces_only_above_37() {
        // 1 gives p = 2, then Y counts 35: the sum of exactly 37 stays, and 37 mod 36 = 1 gives p = 2 again.
        assert_eq!(license_shandong("1Y"), b'Y');
        assert_eq!(license("1Y"), b'2');
        // 2 gives p = 4, then Y makes 39, reduced to 2, and p = 4.
        assert_eq!(license_shandong("2Y"), b'W');
    }

    #[test]
    fn alphabet_31_is_numbered_without_gaps() {
        for (value, &byte) in ALPHABET_31.iter().enumerate() {
            assert_eq!(value_31(byte), value);
        }
    }

    /// The state of MOD 37,36 decides which swaps are missed: exactly those of [`crate::id::LicenseId`]'s documentation.
    #[test]
    fn swaps_missed_by_mod_37_36_are_neighbors_whose_smaller_sum_is_18() {
        let mut missed = 0;
        for p in 1..=36 {
            for (a, b) in (0..36).flat_map(|b| (0..b).map(move |a| (a, b))) {
                let same = double(double(p + a) + b) == double(double(p + b) + a);
                let rule = (b == a + 1 && (p + a) % 36 == 18) || (a == 0 && b == 35 && (p + b) % 36 == 18);
                assert_eq!(same, rule, "p = {p}, {a} and {b}");
                missed += u32::from(same);
            }
        }
        assert_eq!(missed, 36, "of 36 states times 630 pairs");
    }
}
