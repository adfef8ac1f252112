//! Names of keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boyin_model::alg::{BadKey, PublicKey, VerifyAlg};

use crate::encoding::{FIELD_BYTES, uncompressed};

/// The `kid` of a curve key: its JWK thumbprint (RFC 7638) under the suite's own digest, base64url without padding.
///
/// The digest runs over `{"crv":…,"kty":"EC","x":…,"y":…}`, members in this order, without white space. Always 43
/// characters.
///
/// # Errors
/// [`BadKey`] if `alg` is not a curve algorithm or `key` has not the form `04 ‖ X ‖ Y`. Whether the point is on the
/// curve is not asked again.
pub fn key_id(alg: &dyn VerifyAlg, key: PublicKey<'_>) -> Result<String, BadKey> {
    let curve = alg.id().curve.ok_or(BadKey)?;
    let point = uncompressed(key)?;
    let (x, y) = point[1..].split_at(FIELD_BYTES);
    let jwk = format!(
        r#"{{"crv":"{curve}","kty":"EC","x":"{}","y":"{}"}}"#,
        URL_SAFE_NO_PAD.encode(x),
        URL_SAFE_NO_PAD.encode(y),
    );
    Ok(URL_SAFE_NO_PAD.encode(alg.digest(&[jwk.as_bytes()])))
}
