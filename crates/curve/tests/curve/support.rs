//! Vector files, DER and digests by crates that are not ours.

use boyin_testkit::arithmetic::{Group, Point, to_bytes};
use boyin_testkit::random::FixedRandom;
use boyin_testkit::vectors::hex;
pub(crate) use boyin_testkit::vectors::{bytes, json, list, text};
use num_bigint::BigUint;
use p256::pkcs8::der::asn1::UintRef;
use p256::pkcs8::der::{Decode as _, Error, Reader as _, SliceReader};
use sha2::Digest as _;

/// `r ‖ s` of a DER signature as the crate `der` reads it; numbers above 32 bytes have no such form.
pub(crate) fn der_to_raw<'d>(signature: &'d [u8]) -> Option<[u8; 64]> {
    let mut reader = SliceReader::new(signature).ok()?;
    let two = |inner: &mut SliceReader<'d>| -> Result<_, Error> {
        Ok([UintRef::decode(inner)?, UintRef::decode(inner)?])
    };
    let numbers = reader.sequence(two).ok()?;
    reader.finish().ok()?;
    let mut raw = [0; 64];
    for (half, number) in raw.as_chunks_mut::<32>().0.iter_mut().zip(numbers) {
        let bytes = number.as_bytes();
        half[32usize.checked_sub(bytes.len())?..].copy_from_slice(bytes);
    }
    Some(raw)
}

pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(message).into()
}

/// `e = SM3(Z ‖ M)` (GB/T 32918.2 §5.5, §6.1); `None` if the user ID's bits do not fit ENTL.
pub(crate) fn sm2_digest(user_id: &[u8], key: &[u8], message: &[u8]) -> Option<[u8; 32]> {
    let bits = u16::try_from(user_id.len() * 8).ok()?;
    let a = boyin_curve::Sm2::prime() - 3u32;
    let b = hex("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93");
    let g = boyin_curve::Sm2::multiple(&1u32.into()).unwrap();
    let z = [&bits.to_be_bytes(), user_id, &to_bytes(&a), &b, &g[1..], &key[1..]].concat();
    let message = [&sm3::Sm3::digest(z)[..], message].concat();
    Some(sm3::Sm3::digest(message).into())
}

/// A scalar that is not zero.
pub(crate) fn scalar<C: Group>(random: &mut FixedRandom) -> BigUint {
    let limbs: Vec<_> = (0..4).flat_map(|_| random.next_u64().to_be_bytes()).collect();
    BigUint::from_bytes_be(&limbs) % (C::order() - 1u32) + 1u32
}

/// The key for which `u·G + v·Q` is `sum`.
pub(crate) fn key_for<C: Group>(u: &BigUint, v: &BigUint, sum: &Point) -> Option<Point> {
    let inverse = C::inverse(v);
    let key = C::combination(&C::minus(&BigUint::ZERO, &(u * &inverse)), &inverse, sum)?;
    assert_eq!(C::combination(u, v, &key).as_ref(), Some(sum));
    Some(key)
}
