//! Places in a list that a caller can carry away and bring back.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::vault::{CURSOR_TAG, Vault};

/// Longest text of a cursor that is looked at. An identifier has at most 127 characters.
const MAX_TEXT: usize = 512;

/// Where the next page of a list begins: opaque text in base64url.
///
/// It is bound to its list (one holder's, or one type's) by a keyed authenticator, so a cursor cannot be made up and
/// does not open another list. It holds neither the holder's number nor its digest.
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Takes back the text of a cursor. Whether it is one shows when it is used.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to carry.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn seal(vault: &Vault, scope: &[u8], position: &[u8]) -> Self {
        let tag = vault.cursor_tag(scope, position);
        Self(URL_SAFE_NO_PAD.encode([position, &tag].concat()))
    }

    /// The position, if this cursor was made for `scope`.
    pub(crate) fn open(&self, vault: &Vault, scope: &[u8]) -> Option<Vec<u8>> {
        if self.0.len() > MAX_TEXT {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        let (position, tag) = bytes.split_last_chunk::<CURSOR_TAG>()?;
        vault.is_cursor_tag(scope, position, tag).then(|| position.to_vec())
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(..)")
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; `None` if this is the last one.
    pub next: Option<Cursor>,
}
