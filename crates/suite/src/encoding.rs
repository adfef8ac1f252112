//! The two spellings of an elliptic-curve signature, and the one spelling of a public key.

use boyin_model::alg::{BadKey, BadSignature, PublicKey, SignatureEncoding};
use pkcs8::der::asn1::UintRef;
use pkcs8::der::{Decode, Encode, Reader, SliceReader};

/// Bytes of one scalar or coordinate on both curves.
pub(crate) const FIELD_BYTES: usize = 32;

/// An uncompressed point `04 ‖ X ‖ Y` (SEC 1 §2.3.3).
pub(crate) type Point = [u8; 65];

/// SEC 1 §2.3.3: the first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;

/// Longest DER form: two INTEGERs of 33 content bytes, each with a 2-byte header, in one SEQUENCE.
const MAX_DER_BYTES: usize = 2 + 2 * (2 + 33);

/// Reads `SEQUENCE { r INTEGER, s INTEGER }` into `r ‖ s`, 32 bytes each, big-endian.
///
/// Strict DER: one spelling for each pair. Values above 32 bytes do not fit and are refused; whether `r` and `s` are in
/// range for a curve is the verifier's question.
///
/// # Errors
/// [`BadSignature`] for negative or padded integers, long-form lengths, trailing bytes and everything else that is not
/// DER.
///
/// X.690 §10; RFC 3279 §2.2.3; GM/T 0009-2012.
pub fn der_to_raw(der: &[u8]) -> Result<[u8; 64], BadSignature> {
    if der.len() > MAX_DER_BYTES {
        return Err(BadSignature);
    }
    read_two_integers(der).map_err(|_| BadSignature).and_then(|(r, s)| {
        let mut raw = [0; 64];
        let (left, right) = raw.split_at_mut(FIELD_BYTES);
        write_right_aligned(left, r.as_bytes())?;
        write_right_aligned(right, s.as_bytes())?;
        Ok(raw)
    })
}

/// Reads `SEQUENCE { INTEGER, INTEGER }` in strict DER, both not negative, nothing behind.
pub(crate) fn read_two_integers(der: &[u8]) -> Result<(UintRef<'_>, UintRef<'_>), pkcs8::der::Error> {
    let mut reader = SliceReader::new(der)?;
    let pair = reader
        .sequence(|inner| Ok::<_, pkcs8::der::Error>((UintRef::decode(inner)?, UintRef::decode(inner)?)))?;
    reader.finish()?;
    Ok(pair)
}

fn write_right_aligned(field: &mut [u8], value: &[u8]) -> Result<(), BadSignature> {
    let start = field.len().checked_sub(value.len()).ok_or(BadSignature)?;
    field.get_mut(start..).ok_or(BadSignature)?.copy_from_slice(value);
    Ok(())
}

/// Writes `r ‖ s` as `SEQUENCE { r INTEGER, s INTEGER }` in DER, at most 72 bytes.
///
/// ```
/// let raw = [0x80; 64];
/// let der = boyin_suite::raw_to_der(&raw);
/// assert_eq!(der[..5], [0x30, 70, 0x02, 33, 0x00]);
/// assert_eq!(boyin_suite::der_to_raw(&der), Ok(raw));
/// ```
#[must_use]
pub fn raw_to_der(raw: &[u8; 64]) -> Vec<u8> {
    let (r, s) = raw.split_at(FIELD_BYTES);
    let integer = |value| UintRef::new(value).and_then(|integer| integer.to_der());
    let content =
        [integer(r).expect("32 bytes are an INTEGER"), integer(s).expect("32 bytes are an INTEGER")].concat();
    let length = u8::try_from(content.len()).expect("two INTEGERs of 33 bytes are 70 bytes");
    [&[0x30, length], content.as_slice()].concat()
}

/// The `r ‖ s` of a signature that arrived in `encoding`.
pub(crate) fn to_raw(encoding: SignatureEncoding, signature: &[u8]) -> Result<[u8; 64], BadSignature> {
    match encoding {
        SignatureEncoding::Raw => signature.try_into().map_err(|_| BadSignature),
        SignatureEncoding::Der => der_to_raw(signature),
        SignatureEncoding::Pkcs1 => Err(BadSignature),
    }
}

/// The bytes of `key` if they have the form `04 ‖ X ‖ Y`. Compressed and hybrid points are refused: one key, one
/// spelling (RFC 5480 §2.2 forbids hybrid, GM/T 0009 knows only this form).
pub(crate) fn uncompressed(key: PublicKey<'_>) -> Result<Point, BadKey> {
    let point = Point::try_from(key.0).map_err(|_| BadKey)?;
    if point[0] == UNCOMPRESSED { Ok(point) } else { Err(BadKey) }
}
