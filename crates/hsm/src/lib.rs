//! Signers whose private keys never leave their hardware, behind [`boyin_model::alg::Signer`].
//!
//! [`TokenKey`] is a P-256 key in a PKCS#11 token: a smart card, a UKey, a hardware security module. It is made inside,
//! cannot be exported, and signs ES256. Whether a key is of that kind is asked of the token whenever the key is opened.
//!
//! PKCS#11 has no SM2: a token that offers a key on the SM2 curve signs plain ECDSA with it, which is another algorithm.
//! Such keys are refused. Devices that speak GM/T 0018 (SDF) are not supported yet.
//!
//! [`WrappingKey`] is an AES-256 key of that kind. It keeps a secret wrapped, such as the root secret of an archive.
//!
//! Nothing here retries a PIN: devices lock after few wrong ones.

mod error;
mod key;
mod module;
mod pin;
mod session;
mod wrap;

pub use crate::error::HsmError;
pub use crate::key::{KeyName, TokenKey};
pub use crate::pin::Pin;
pub use crate::session::{Token, TokenIdentity};
pub use crate::wrap::{WRAP_NONCE_BYTES, WrappingKey};
