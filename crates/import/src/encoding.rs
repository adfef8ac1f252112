//! In which encoding a text file is, and the decoding of cells. No character is ever replaced silently.

use std::borrow::Cow;

use encoding_rs::GB18030;
use serde::Deserialize;

/// An encoding of text files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// GB 18030, of which GBK and GB 2312 are parts.
    #[serde(rename = "gb18030", alias = "gbk", alias = "gb2312")]
    Gb18030,
}

impl Encoding {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
        }
    }

    /// The text of `bytes`, if they are in this encoding from the first to the last.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Gb18030 => GB18030.decode_without_bom_handling_and_without_replacement(bytes),
        }
    }

    /// `text` in this encoding; both have every character.
    #[must_use]
    pub fn encode(self, text: &str) -> Cow<'_, [u8]> {
        match self {
            Self::Utf8 => Cow::Borrowed(text.as_bytes()),
            Self::Gb18030 => GB18030.encode(text).0,
        }
    }
}

/// Why an encoding was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// The mapping says so.
    Declared,
    /// The file begins with the byte order mark of UTF-8.
    ByteOrderMark,
    /// The beginning of the file has nothing but ASCII, which is the same in both.
    AsciiOnly,
    /// The lines at the beginning are right in this encoding and not in the other.
    Lines {
        /// Lines with more than ASCII.
        looked_at: usize,
        /// Those of them that are right in this encoding.
        right: usize,
    },
}

/// The encoding of a file and how it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The encoding.
    pub encoding: Encoding,
    /// Why.
    pub grounds: Grounds,
    /// Bytes of the byte order mark to skip: 0 or 3.
    pub(crate) skip: usize,
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.encoding.name();
        match self.grounds {
            Grounds::Declared => write!(f, "{name} (declared in the mapping)"),
            Grounds::ByteOrderMark => write!(f, "{name} (byte order mark)"),
            Grounds::AsciiOnly => write!(f, "{name} (nothing but ASCII at the beginning)"),
            Grounds::Lines { looked_at, right } => {
                write!(
                    f,
                    "{name} (detected: {right} of {looked_at} lines with more than ASCII are right in it)"
                )
            }
        }
    }
}

/// Why no encoding was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undecided {
    Utf16,
    Contradicts,
    Neither,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Decides by the beginning of a file. `whole` says that there is nothing after it.
pub(crate) fn decide(start: &[u8], whole: bool, declared: Option<Encoding>) -> Result<Decision, Undecided> {
    if start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") {
        return Err(Undecided::Utf16);
    }
    let marked = start.starts_with(BOM);
    match declared {
        Some(Encoding::Gb18030) if marked => return Err(Undecided::Contradicts),
        Some(encoding) => {
            let skip = if marked { BOM.len() } else { 0 };
            return Ok(Decision { encoding, grounds: Grounds::Declared, skip });
        }
        None if marked => {
            let grounds = Grounds::ByteOrderMark;
            return Ok(Decision { encoding: Encoding::Utf8, grounds, skip: BOM.len() });
        }
        None => {}
    }
    by_lines(start, whole)
}

/// A tenth of the lines may be damaged: they are rejected one by one later.
fn by_lines(start: &[u8], whole: bool) -> Result<Decision, Undecided> {
    // The last line may be cut in the middle of a character.
    let end = if whole { start.len() } else { start.iter().rposition(|byte| *byte == b'\n').unwrap_or(0) };
    let lines = start[..end].split(|byte| *byte == b'\n').filter(|line| !line.is_ascii());
    let (mut looked_at, mut utf8, mut gb18030) = (0_usize, 0_usize, 0_usize);
    for line in lines {
        looked_at += 1;
        utf8 += usize::from(Encoding::Utf8.decode(line).is_some());
        gb18030 += usize::from(Encoding::Gb18030.decode(line).is_some());
    }
    let most = |right: usize| right * 10 >= looked_at * 9;
    let decision =
        |encoding, right| Ok(Decision { encoding, grounds: Grounds::Lines { looked_at, right }, skip: 0 });
    if looked_at == 0 {
        return Ok(Decision { encoding: Encoding::Utf8, grounds: Grounds::AsciiOnly, skip: 0 });
    }
    if most(utf8) {
        return decision(Encoding::Utf8, utf8);
    }
    if most(gb18030) && utf8 * 10 <= looked_at {
        return decision(Encoding::Gb18030, gb18030);
    }
    Err(Undecided::Neither)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(start: &[u8]) -> Result<(Encoding, usize), Undecided> {
        decide(start, true, None).map(|decision| (decision.encoding, decision.skip))
    }

    #[test]
    fn each_encoding_is_told_by_its_own_lines() {
        let text = "编号,姓名\n1,某人\n";
        assert_eq!(encoding(text.as_bytes()), Ok((Encoding::Utf8, 0)));
        assert_eq!(encoding(&Encoding::Gb18030.encode(text)), Ok((Encoding::Gb18030, 0)));
        assert_eq!(encoding(&[BOM, text.as_bytes()].concat()), Ok((Encoding::Utf8, 3)));
        assert_eq!(encoding(b"a,b\n"), Ok((Encoding::Utf8, 0)));
    }

    #[test]
    fn what_is_undecided_is_an_error_and_not_a_guess() {
        let gb = Encoding::Gb18030.encode("编号,姓名\n").into_owned();
        assert_eq!(encoding(&[gb.as_slice(), "编号,姓名\n".as_bytes()].concat()), Err(Undecided::Neither));
        assert_eq!(encoding(b"\xFF\xFE1\0"), Err(Undecided::Utf16));
        assert_eq!(encoding(b"\xFF\xFF\n"), Err(Undecided::Neither));
        let marked = [BOM, b"a"].concat();
        assert_eq!(decide(&marked, true, Some(Encoding::Gb18030)), Err(Undecided::Contradicts));
    }

    #[test]
    fn a_character_cut_at_the_end_of_what_was_looked_at_decides_nothing() {
        let text = "编号\n姓名".as_bytes();
        let cut = &text[..text.len() - 1];
        assert_eq!(decide(cut, false, None).map(|decision| decision.encoding), Ok(Encoding::Utf8));
    }

    #[test]
    fn a_damaged_character_is_not_replaced() {
        assert_eq!(Encoding::Utf8.decode(b"a\xFF"), None);
        assert_eq!(Encoding::Gb18030.decode(b"\xB1"), None);
        let rare = "\u{20087}䶮🀄";
        for encoding in [Encoding::Utf8, Encoding::Gb18030] {
            assert_eq!(encoding.decode(&encoding.encode(rare)).as_deref(), Some(rare));
        }
    }
}
