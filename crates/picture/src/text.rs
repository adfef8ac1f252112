use std::ops::RangeInclusive;

use crate::{Part, PictureError};

pub(crate) const NAME: RangeInclusive<usize> = 2..=40;
pub(crate) const PERSON: RangeInclusive<usize> = 2..=16;
pub(crate) const LINE: RangeInclusive<usize> = 1..=20;
pub(crate) const CODE: RangeInclusive<usize> = 1..=24;

/// The characters of a text, if they are as many as `count` allows and all may stand on a seal.
pub(crate) fn characters(
    part: Part,
    text: &str,
    count: &RangeInclusive<usize>,
) -> Result<Vec<char>, PictureError> {
    // Counts no further than it must: the text may be of any length.
    let characters: Vec<char> = text.chars().take(count.end() + 1).collect();
    if !count.contains(&characters.len()) {
        let all = text.chars().count();
        return Err(PictureError::Length { part, count: all, min: *count.start(), max: *count.end() });
    }
    let allowed = if part == Part::Code { is_code } else { is_seal_character };
    match characters.iter().find(|character| !allowed(**character)) {
        Some(character) => Err(PictureError::Character { part, character: *character }),
        None => Ok(characters),
    }
}

fn is_code(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '-'
}

/// Characters that stand alone in a cell of their own; no script that needs shaping, nothing invisible.
fn is_seal_character(character: char) -> bool {
    is_code(character)
        || matches!(character,
            '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}' | '〇'
            | '·' | '（' | '）' | '〔' | '〕' | '《' | '》' | '“' | '”' | '、' | '—' | '(' | ')' | '&' | '.' | '/')
}

/// `text` as it may stand between tags of XML and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{LINE, characters, escape};
    use crate::{Part, PictureError};

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("<a b='c' d=\"e\">&"), "&lt;a b=&apos;c&apos; d=&quot;e&quot;&gt;&amp;");
    }

    #[test]
    fn what_cannot_stand_alone_is_refused() {
        for bad in ['\0', '\n', '\u{7F}', ' ', '\u{200B}', '\u{202E}', '\u{FE0F}', '\u{301}', '<', 'ئ', 'ᠮ']
        {
            let refused = characters(Part::Line, &format!("章{bad}"), &LINE);
            assert_eq!(refused, Err(PictureError::Character { part: Part::Line, character: bad }));
        }
    }
}
