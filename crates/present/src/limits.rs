//! Every bound on what is presented, with its reason.

/// Bytes of the compact form. The largest QR code at the lowest level of correction carries 2860 of them.
pub const MAX_COMPACT_BYTES: usize = 2860;
/// Bytes of the compact form that one code is to carry: a QR code of version 25 at level M (1451 characters).
pub const QR_BUDGET_BYTES: usize = 964;
/// Characters of the text form: two for each byte would be too many, three for two are what base45 has.
pub const MAX_TEXT_CHARS: usize = super::text::PREFIX.len() + MAX_COMPACT_BYTES / 2 * 3;
/// Version of the largest QR code that is drawn: 117 modules on a side.
pub const QR_MAX_VERSION: u8 = 25;
/// Bytes of a bundle: a trust list of some thousand offices and a status list for each.
pub const MAX_BUNDLE_BYTES: usize = 64 << 20;
/// Status lists in a bundle.
pub const MAX_BUNDLE_STATUS_LISTS: usize = 4096;
/// Bytes of the inflated entries of all status lists in a bundle: so many lists of 2²⁰ entries of two bits.
pub const MAX_BUNDLE_ENTRY_BYTES: usize = MAX_BUNDLE_STATUS_LISTS << 18;
/// Nonces that are remembered at once. Each is kept for some minutes: ten a second need 3600.
pub const MAX_SEEN_NONCES: usize = 65_536;
/// Bytes of the file form of a memory of codes: its first line, and for each nonce 22 characters, a space, at most 12 digits of an
/// instant and the end of the line.
pub const MAX_SEEN_BYTES: usize = 20 + MAX_SEEN_NONCES * 36;
