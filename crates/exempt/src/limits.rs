//! Bounds on what an item catalog and a request may hold. Each is far above honest data and keeps the work bounded.

/// Bytes of an item catalog. A prefecture has about 2,000 items of about 1 KiB.
pub const MAX_CATALOG_BYTES: usize = 8 << 20;
/// Items of a catalog, all versions, and likewise packages.
pub const MAX_ITEMS: usize = 8192;
/// Materials, questions or form fields that a catalog defines, each.
pub const MAX_DEFINITIONS: usize = 8192;
/// Materials of one item. Guides in the field list at most thirty.
pub const MAX_MATERIALS: usize = 64;
/// Questions of one item.
pub const MAX_QUESTIONS: usize = 16;
/// Answers of one question.
pub const MAX_ANSWERS: usize = 32;
/// Alternatives of a material, and requirements of an alternative.
pub const MAX_ALTERNATIVES: usize = 8;
/// Fields that one requirement compares.
pub const MAX_EQUALS: usize = 8;
/// Items of one package. The largest packages in the field have about fifteen.
pub const MAX_PACKAGE_ITEMS: usize = 32;
/// Divisions of one item.
pub const MAX_DIVISIONS: usize = 64;
/// Characters of a name, a question or an answer.
pub const MAX_NAME_CHARS: usize = 200;
/// Characters of a sentence: a legal basis, what follows from a false commitment.
pub const MAX_SENTENCE_CHARS: usize = 1000;
/// Characters of a key.
pub const MAX_KEY_CHARS: usize = 64;
/// Copies of a paper that an item may ask for.
pub const MAX_COPIES: u8 = 9;
/// Days of remaining validity that a requirement may ask for, and within which a commitment is followed up.
pub const MAX_DAYS: u16 = 3660;
/// Faults of a catalog that are reported at once.
pub const MAX_FAULTS: usize = 64;
/// Entries of one party's file in a request.
pub const MAX_FILE_ENTRIES: usize = 4096;
/// Characters of the name of a collected record.
pub const MAX_RECORD_ID_CHARS: usize = 64;
/// Days before its last valid day from which on a license that is relied on is said to expire soon.
pub const EXPIRES_SOON_DAYS: u32 = 30;
/// Bytes of a signed receipt. A package of fifteen items with every finding has some 100 KiB.
pub const MAX_RECEIPT_BYTES: usize = 1 << 20;
