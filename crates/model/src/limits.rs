//! Every bound on hostile input, with its reason. Beyond a bound the input is refused before work is done on it.

/// Bytes of a credential in either serialization. A license with 256 fields is about 60 KiB.
pub const MAX_CREDENTIAL_BYTES: usize = 1 << 20;
/// Nesting of arrays and objects. The deepest structure of ours has six levels.
pub const MAX_JSON_DEPTH: usize = 16;
/// Members of one JSON object. Bounds the work of sorting members that another writer left unsorted.
pub const MAX_JSON_MEMBERS: usize = 512;
/// Disclosures in one credential.
pub const MAX_DISCLOSURES: usize = 256;
/// Digests in one `_sd` array: fields and decoys.
pub const MAX_DIGESTS: usize = 512;
/// Characters in the text of one claim.
pub const MAX_TEXT_CHARS: usize = 4096;
/// Bytes of a trust list; about ten thousand issuers.
pub const MAX_TRUST_LIST_BYTES: usize = 16 << 20;
/// Bytes of a status list token.
pub const MAX_STATUS_TOKEN_BYTES: usize = 8 << 20;
/// Bytes of an inflated status list: 2²⁶ entries of two bits.
pub const MAX_STATUS_LIST_BYTES: usize = 16 << 20;
/// Bytes of an electronic seal or a seal signature. Pictures in the field have 10 to 300 KiB.
pub const MAX_SEAL_BYTES: usize = 4 << 20;
/// Certificates or digests in the list of a seal. In the field there are one or two.
pub const MAX_SEAL_CERTIFICATES: usize = 64;
/// Extensions of a seal or of a seal signature. In the field there are at most four.
pub const MAX_SEAL_EXTENSIONS: usize = 64;
/// Bytes of one certificate.
pub const MAX_CERTIFICATE_BYTES: usize = 64 << 10;
/// Bytes of a timestamp token or response: one with a path of certificates has 5 to 15 KiB.
pub const MAX_TOKEN_BYTES: usize = 256 << 10;
/// Certificates in a timestamp token. In the field there are at most four.
pub const MAX_TOKEN_CERTIFICATES: usize = 16;
/// Attributes, digest algorithms and extensions in a timestamp token, each.
pub const MAX_TOKEN_ITEMS: usize = 32;
/// Bytes of a serial number or a nonce in a timestamp token: RFC 3161 asks for 160 bits and a sign; some use more.
pub const MAX_TOKEN_INTEGER_BYTES: usize = 64;
/// Digests in one timestamped batch: proofs then have at most 24 steps.
pub const MAX_BATCH: usize = 1 << 24;
/// Bytes of a signed list of license types. A type with its fields has about 2 KiB.
pub const MAX_CATALOG_LIST_BYTES: usize = 8 << 20;
/// License types in one list. The national catalog has some hundred.
pub const MAX_CATALOG_TYPES: usize = 2048;
/// Fields, terms and choices of one license type, each. One credential reveals at most [`MAX_DISCLOSURES`].
pub const MAX_TYPE_FIELDS: usize = 128;
/// Characters of a name, a label or a choice in a list.
pub const MAX_SPEC_CHARS: usize = 200;
/// Bytes of a signed sharing list. An entry has about 500 bytes.
pub const MAX_SHARING_LIST_BYTES: usize = 32 << 20;
/// Entries of a sharing list: two hundred agencies with two hundred each.
pub const MAX_SHARING_ENTRIES: usize = 40_000;
/// Fields that one entry of the sharing list gives, or that one request asks for: metadata and those of a type.
pub const MAX_SHARED_FIELDS: usize = 160;
/// Characters of the code of a service item (事项编码); the national ones have 12 to 31.
pub const MAX_ITEM_CHARS: usize = 64;
