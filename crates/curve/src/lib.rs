//! Verification arithmetic for ECDSA over P-256 and for SM2.

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
