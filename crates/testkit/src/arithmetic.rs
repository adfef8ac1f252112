//! The two curves by other people's arithmetic: `p256`, `sm2` and `num-bigint`, to check `boyin-curve` from outside.

use boyin_curve::{Curve, P256, POINT_BYTES, Sm2};
use num_bigint::BigUint;

/// `04 ‖ X ‖ Y`.
pub type Point = [u8; POINT_BYTES];

/// A digest and a signature over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The finished digest.
    pub digest: [u8; 32],
    /// `r ‖ s`.
    pub signature: [u8; 64],
}

/// The group of a curve and its signatures.
pub trait Group: Curve {
    /// For messages of tests.
    const NAME: &'static str;
    /// The group's order in hexadecimal.
    const ORDER: &'static str;
    /// The field's prime in hexadecimal.
    const PRIME: &'static str;

    /// The group's order.
    #[must_use]
    fn order() -> BigUint {
        from_hex(Self::ORDER)
    }

    /// The field's prime.
    #[must_use]
    fn prime() -> BigUint {
        from_hex(Self::PRIME)
    }

    /// `k·G`; `None` for infinity.
    #[must_use]
    fn multiple(k: &BigUint) -> Option<Point>;

    /// `u·G + v·Q`; `None` for infinity.
    ///
    /// # Panics
    /// If `q` is no point of the curve.
    #[must_use]
    fn combination(u: &BigUint, v: &BigUint, q: &Point) -> Option<Point>;

    /// A point with this x-coordinate, if there is one.
    #[must_use]
    fn lift(x: &BigUint) -> Option<Point>;

    /// Whether the bytes are an uncompressed point of the curve.
    #[must_use]
    fn is_key(bytes: &[u8]) -> bool;

    /// The verdict on a signature.
    ///
    /// # Panics
    /// If `key` is no point of the curve.
    #[must_use]
    fn verify(key: &Point, signed: &Signed) -> bool;

    /// The signature that claims `(u·G + v·Q).x = x`, whatever Q is; `None` if its numbers would be out of range.
    #[must_use]
    fn claim(u: &BigUint, v: &BigUint, x: &BigUint) -> Option<Signed>;

    /// The valid signature whose equation is `u·G + v·Q`, for a key `q`; `None` if there is none.
    #[must_use]
    fn sign(u: &BigUint, v: &BigUint, q: &Point) -> Option<Signed> {
        Self::claim(u, v, &x_of(&Self::combination(u, v, q)?))
    }

    /// `1 / k` modulo the order, zero for zero.
    #[must_use]
    fn inverse(k: &BigUint) -> BigUint {
        let n = Self::order();
        k.modpow(&(&n - 2u32), &n)
    }

    /// `a − b` modulo the order.
    #[must_use]
    fn minus(a: &BigUint, b: &BigUint) -> BigUint {
        let n = Self::order();
        (a % &n + &n - b % &n) % &n
    }
}

/// The number of a hexadecimal string.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn from_hex(digits: &str) -> BigUint {
    BigUint::parse_bytes(digits.as_bytes(), 16).expect("hexadecimal digits")
}

/// 32 bytes, big-endian.
///
/// # Panics
/// If the number is not below 2^256.
#[must_use]
pub fn to_bytes(number: &BigUint) -> [u8; 32] {
    let bytes = number.to_bytes_be();
    let mut padded = [0; 32];
    padded[32 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

/// The x-coordinate.
#[must_use]
pub fn x_of(point: &Point) -> BigUint {
    BigUint::from_bytes_be(&point[1..33])
}

/// The point with the opposite y-coordinate.
#[must_use]
pub fn opposite<C: Group>(point: &Point) -> Point {
    let mut turned = *point;
    let y = C::prime() - BigUint::from_bytes_be(&point[33..]);
    turned[33..].copy_from_slice(&to_bytes(&y));
    turned
}

/// `r ‖ s` and a digest from numbers below 2^256.
#[must_use]
pub fn signed(digest: &BigUint, r: &BigUint, s: &BigUint) -> Signed {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&to_bytes(r));
    signature[32..].copy_from_slice(&to_bytes(s));
    Signed { digest: to_bytes(digest), signature }
}

/// [`signed`] if `r` and `s` are not zero.
fn in_range(digest: &BigUint, r: &BigUint, s: &BigUint) -> Option<Signed> {
    let zero = BigUint::ZERO;
    (*r != zero && *s != zero).then(|| signed(digest, r, s))
}

/// What both crates spell alike.
macro_rules! group_by {
    ($krate:ident) => {
        fn multiple(k: &BigUint) -> Option<Point> {
            group_by!(@bytes $krate, $krate::ProjectivePoint::GENERATOR * group_by!(@scalar $krate, k))
        }

        fn combination(u: &BigUint, v: &BigUint, q: &Point) -> Option<Point> {
            let q = $krate::PublicKey::from_sec1_bytes(q).expect("a point of the curve").to_projective();
            let (u, v) = (group_by!(@scalar $krate, u), group_by!(@scalar $krate, v));
            group_by!(@bytes $krate, $krate::ProjectivePoint::GENERATOR * u + q * v)
        }

        fn lift(x: &BigUint) -> Option<Point> {
            let bytes = [&[2][..], &to_bytes(x)].concat();
            let point = $krate::PublicKey::from_sec1_bytes(&bytes).ok()?.to_projective();
            group_by!(@bytes $krate, point)
        }

        fn is_key(bytes: &[u8]) -> bool {
            bytes.len() == POINT_BYTES && bytes[0] == 4 && $krate::PublicKey::from_sec1_bytes(bytes).is_ok()
        }
    };
    (@scalar $krate:ident, $number:expr) => {{
        let bytes = to_bytes(&($number % Self::order()));
        <$krate::Scalar as $krate::elliptic_curve::ops::Reduce<$krate::FieldBytes>>::reduce(&bytes.into())
    }};
    (@bytes $krate:ident, $point:expr) => {{
        let key = $krate::PublicKey::from_affine(($point).to_affine()).ok()?;
        Some(key.to_sec1_bytes().as_ref().try_into().expect("an uncompressed point"))
    }};
}

impl Group for P256 {
    const NAME: &'static str = "P-256";
    const ORDER: &'static str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    const PRIME: &'static str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

    group_by!(p256);

    fn verify(key: &Point, signed: &Signed) -> bool {
        use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).expect("a point of the curve");
        p256::ecdsa::Signature::from_slice(&signed.signature)
            .is_ok_and(|signature| key.verify_prehash(&signed.digest, &signature).is_ok())
    }

    fn claim(u: &BigUint, v: &BigUint, x: &BigUint) -> Option<Signed> {
        let n = Self::order();
        let r = x % &n;
        let s = &r * Self::inverse(v) % &n;
        in_range(&(u * &s % &n), &r, &s)
    }
}

impl Group for Sm2 {
    const NAME: &'static str = "SM2";
    const ORDER: &'static str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    const PRIME: &'static str = "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff";

    group_by!(sm2);

    fn verify(key: &Point, signed: &Signed) -> bool {
        use sm2::dsa::signature::hazmat::PrehashVerifier as _;

        let key = sm2::PublicKey::from_sec1_bytes(key).expect("a point of the curve");
        let key = sm2::dsa::VerifyingKey::new("", key).expect("the user ID is short");
        sm2::dsa::Signature::from_slice(&signed.signature)
            .is_ok_and(|signature| key.verify_prehash(&signed.digest, &signature).is_ok())
    }

    fn claim(u: &BigUint, v: &BigUint, x: &BigUint) -> Option<Signed> {
        let r = Self::minus(v, u);
        in_range(&Self::minus(&r, x), &r, &(u % Self::order()))
    }
}
