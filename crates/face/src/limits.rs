//! Bounds on templates and faces, with their reasons.

/// Bytes of a template; the built-in ones have 3 KiB.
pub const MAX_TEMPLATE_BYTES: usize = 64 << 10;
/// Items of one kind in a template.
pub const MAX_ITEMS: usize = 128;
/// Characters of a fixed text, a label or a name in a template.
pub const MAX_FIXED_CHARS: usize = 200;
/// The shortest and the longest side of a page, in micrometers: from a card to A3.
pub const SIDE_UM: (i32, i32) = (50_000, 420_000);
/// The smallest and the largest size of letters, in micrometers of the em: 4 and 113 points.
pub const SIZE_UM: (i32, i32) = (1_400, 40_000);
/// Lines of one box.
pub const MAX_LINES: usize = 200;
/// Pages of one face. A field has at most 4096 characters, a license type at most 128 fields.
pub const MAX_PAGES: usize = 16;
/// Characters of the purpose of a copy (GB/T 36906: 200) and of its maker.
pub const MAX_ANNOTATION_CHARS: usize = 200;
/// The smallest module of a code, in micrometers; at 150 dpi that is two pixels.
pub const MIN_MODULE_UM: i32 = 340;
/// Modules of white around a code (ISO/IEC 18004).
pub const QUIET_MODULES: i32 = 4;
