//! Verification arithmetic for ECDSA over P-256 (FIPS 186-5) and for SM2 (GB/T 32918.2). Public data only: everything
//! here takes time that depends on its input, and nothing here ever sees a secret.
//!
//! An issuing authority has few keys and signs very many documents, so a key can be *prepared*: a table of its multiples
//! turns a verification into a sum of table entries, without a doubling. Many signatures at once share the inversions
//! of their additions. Keys that are seen once need no table ([`PublicKey::verify`]).
//!
//! What is verified is a finished digest of 32 bytes: SHA-256 of the message for ECDSA, `e = SM3(Z ‖ M)` for SM2. A
//! signature is `r ‖ s`, 32 bytes each, big-endian; both must lie in `1 .. n`. Whether only one of `s` and `n − s` is
//! accepted is the caller's rule.
//!
//! ```
//! use boyin_curve::{Job, P256, PublicKey, Window, verify_bulk};
//!
//! # fn hex<const N: usize>(digits: &str) -> [u8; N] {
//! #     std::array::from_fn(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).expect("hexadecimal"))
//! # }
//! // RFC 6979 §A.2.5, message "sample".
//! let point: [u8; 65] = hex(concat!(
//!     "04",
//!     "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
//!     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
//! ));
//! let digest = hex("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
//! let signature = hex(concat!(
//!     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
//!     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
//! ));
//! let key = PublicKey::<P256>::from_sec1(&point)?;
//! assert!(key.verify(&digest, &signature).is_ok());
//!
//! let prepared = key.prepare(Window::DEFAULT);
//! assert!(prepared.verify(&digest, &signature).is_ok());
//!
//! let good = Job { key: &prepared, digest: &digest, signature: &signature };
//! let bad = Job { digest: &[0; 32], ..good };
//! let results = verify_bulk(&[good, bad, good]);
//! assert_eq!(results.into_iter().map(|result| result.is_ok()).collect::<Vec<_>>(), [true, false, true]);
//! # Ok::<(), boyin_curve::InvalidKey>(())
//! ```
//!
//! | module | what |
//! |---|---|
//! | `limbs`, `modulus`, `residue`, `inverse` | 256-bit integers; two fields and two group orders in Montgomery form |
//! | `curve`, `point` | the two curves; affine, xyzz and Jacobian coordinates, every addition complete |
//! | `equation` | from a signature to `(u·G + v·Q).x ≡ x` |
//! | `table` | digits and tables |
//! | `pairs`, `key`, `bulk` | sums of terms: of one signature, of many |
//! | `ifma` | the same sums, eight lanes at a time |

mod backend;
mod bulk;
mod curve;
mod equation;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod inverse;
mod key;
mod limbs;
mod modulus;
mod pairs;
mod point;
mod residue;
mod table;

pub use backend::Backend;
pub use bulk::{Job, verify_bulk, verify_bulk_on};
pub use curve::{Curve, P256, Sm2};
pub use key::{InvalidKey, InvalidSignature, POINT_BYTES, PreparedKey, PublicKey};
pub use table::Window;
