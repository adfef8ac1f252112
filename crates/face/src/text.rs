//! Widths of characters, where lines break, and at which size a text fits.

use std::cell::RefCell;
use std::collections::HashMap;

use boyin_picture::{Font, Glyphs};

use crate::FaceError;
use crate::template::{Align, Style};

/// A text becomes smaller in steps of a tenth of a millimeter.
const STEP_UM: i32 = 100;

/// So few characters do not stand alone in a last line, if a size of this percentage helps.
const ORPHAN_CHARACTERS: usize = 2;
const ORPHAN_PERCENT: i32 = 82;

/// May not begin a line (避头).
const CLOSING: &str = "、。，．；：？！）〕】》〉」』”’％…—·,.;:?!)]}%";
/// May not end a line (避尾).
const OPENING: &str = "（〔【《〈「『“‘([{";

/// Measures with one font.
pub(crate) struct Metrics<'f> {
    glyphs: Glyphs<'f>,
    em: i32,
    /// Advances of characters that were asked for: each is asked for at many sizes.
    advances: RefCell<HashMap<char, i64>>,
}

/// How far characters reach, in units of the font.
#[derive(Clone, Copy, Default)]
struct Extent {
    units: i64,
    characters: i32,
    /// The same without the spaces at the end.
    inner: (i64, i32),
}

/// A text as lines of one size.
pub(crate) struct Laid {
    pub(crate) size: i32,
    pub(crate) lines: Vec<Vec<char>>,
}

/// From one baseline to the next.
pub(crate) fn leading(size: i32) -> i32 {
    size * 3 / 2
}

impl<'f> Metrics<'f> {
    pub(crate) fn new(font: &'f Font) -> Self {
        let glyphs = font.glyphs();
        let em = i32::from(glyphs.units_per_em()).max(1);
        Self { glyphs, em, advances: RefCell::default() }
    }

    /// The characters of a text, if the font has all of them and they stand one by one.
    pub(crate) fn characters(&self, name: &str, text: &str) -> Result<Vec<char>, FaceError> {
        let characters: Vec<char> = text.chars().collect();
        let cannot = |character: &char| !stands_alone(*character) || self.glyphs.id(*character).is_none();
        match characters.iter().position(cannot) {
            Some(place) => Err(FaceError::Character { name: name.to_owned(), place: place + 1 }),
            None => Ok(characters),
        }
    }

    /// Where each character begins and the last one ends.
    pub(crate) fn offsets(&self, characters: &[char], size: i32, spacing: i32) -> Vec<i32> {
        let (mut units, mut spaces) = (0_i64, 0);
        let mut offsets = Vec::with_capacity(characters.len() + 1);
        for character in characters {
            offsets.push(self.um(units, size) + spaces);
            units += self.advance(*character);
            spaces += spacing;
        }
        offsets.push(self.um(units, size) + (spaces - spacing).max(0));
        offsets
    }

    fn um(&self, units: i64, size: i32) -> i32 {
        i32::try_from(units * i64::from(size) / i64::from(self.em)).unwrap_or(i32::MAX / 4)
    }

    fn advance(&self, character: char) -> i64 {
        let mut known = self.advances.borrow_mut();
        *known.entry(character).or_insert_with(|| i64::from(self.glyphs.advance(character).unwrap_or(0)))
    }

    /// With these characters behind.
    fn extended(&self, extent: Extent, characters: &[char]) -> Extent {
        characters.iter().fold(extent, |before, character| {
            let (units, characters) = (before.units + self.advance(*character), before.characters + 1);
            let inner = if *character == ' ' { before.inner } else { (units, characters) };
            Extent { units, characters, inner }
        })
    }

    fn reach(&self, Extent { inner: (units, characters), .. }: Extent, size: i32, spacing: i32) -> i32 {
        self.um(units, size).saturating_add(spacing.saturating_mul((characters - 1).max(0)))
    }

    /// The width of a line; spaces at its end do not count.
    pub(crate) fn width(&self, characters: &[char], size: i32, spacing: i32) -> i32 {
        self.reach(self.extended(Extent::default(), characters), size, spacing)
    }

    /// The largest size at which the text fits, and its lines. A little smaller, if otherwise a character or two stood alone
    /// in the last line.
    pub(crate) fn fit(&self, characters: &[char], room: (i32, i32), style: &Style) -> Option<Laid> {
        let laid = self.fit_in(characters, room, style, style.least())?;
        let last = laid.lines.last().map_or(0, Vec::len);
        if laid.lines.len() < 2 || last > ORPHAN_CHARACTERS {
            return Some(laid);
        }
        let fewer = Style { lines: laid.lines.len() - 1, ..*style };
        let least = style.least().max(laid.size * ORPHAN_PERCENT / 100);
        Some(self.fit_in(characters, room, &fewer, least).unwrap_or(laid))
    }

    fn fit_in(
        &self,
        characters: &[char],
        (width, height): (i32, i32),
        style: &Style,
        least: i32,
    ) -> Option<Laid> {
        let mut size = style.size.0;
        loop {
            let spacing = style.spacing_at(size);
            let lines = self.broken(characters, width, size, spacing);
            let count = i32::try_from(lines.len()).unwrap_or(i32::MAX);
            // The last line needs no space below.
            let needed = count.saturating_sub(1).saturating_mul(leading(size)).saturating_add(size);
            let fits = lines.len() <= style.lines
                && needed <= height
                && lines.iter().all(|line| self.width(line, size, spacing) <= width);
            if fits {
                return Some(Laid { size, lines });
            }
            if size <= least {
                return None;
            }
            size = (size - STEP_UM).max(least);
        }
    }

    /// The text in lines of at most this width, if a character is not wider.
    pub(crate) fn broken(&self, characters: &[char], width: i32, size: i32, spacing: i32) -> Vec<Vec<char>> {
        let exceeds = |extent| self.reach(extent, size, spacing) > width;
        let (mut lines, mut extent) = (vec![Vec::new()], Extent::default());
        for unit in units(characters) {
            if extent.characters > 0 && exceeds(self.extended(extent, unit)) {
                lines.push(Vec::new());
                extent = Extent::default();
            }
            let is_long = exceeds(self.extended(Extent::default(), unit));
            for character in unit {
                let longer = self.extended(extent, &[*character]);
                if is_long && extent.characters > 0 && *character != ' ' && exceeds(longer) {
                    lines.push(Vec::new());
                    extent = Extent::default();
                }
                extent = self.extended(extent, &[*character]);
                if let Some(line) = lines.last_mut() {
                    line.push(*character);
                }
            }
        }
        lines
    }

    /// Where the characters begin in a line of this width, and where the line begins.
    pub(crate) fn placed(&self, line: &[char], size: i32, width: i32, style: &Style) -> (i32, Vec<i32>) {
        let spacing = style.spacing_at(size);
        let natural = self.width(line, size, spacing);
        let rest = (width - natural).max(0);
        let gaps = i32::try_from(line.len()).unwrap_or(i32::MAX) - 1;
        match style.align {
            Align::Left => (0, self.offsets(line, size, spacing)),
            Align::Center => (rest / 2, self.offsets(line, size, spacing)),
            Align::Right => (rest, self.offsets(line, size, spacing)),
            Align::Spread if gaps > 0 => (0, self.offsets(line, size, spacing + rest / gaps)),
            Align::Spread => (rest / 2, self.offsets(line, size, spacing)),
        }
    }
}

/// What stays together: words of Latin letters and digits, characters with the punctuation that belongs to them.
fn units(characters: &[char]) -> Vec<&[char]> {
    let mut units = Vec::new();
    let mut start = 0;
    for index in 1..=characters.len() {
        let (before, after) = (characters[index - 1], characters.get(index));
        let Some(after) = after else {
            units.push(&characters[start..index]);
            break;
        };
        let joins = (is_latin(before) && is_latin(*after))
            || CLOSING.contains(*after)
            || *after == ' '
            || OPENING.contains(before);
        if !joins {
            units.push(&characters[start..index]);
            start = index;
        }
    }
    units
}

fn is_latin(character: char) -> bool {
    character.is_ascii_alphanumeric() || ('\u{C0}'..'\u{250}').contains(&character)
}

/// No script that needs shaping, nothing invisible, no control characters.
fn stands_alone(character: char) -> bool {
    matches!(character,
        ' '..='~' | '\u{A1}'..='\u{AC}' | '\u{AE}'..='\u{24F}' | '\u{370}'..='\u{482}'
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{2070}'..='\u{209C}' | '\u{20A0}'..='\u{20BF}'
        | '\u{2100}'..='\u{22FF}' | '\u{2460}'..='\u{26FF}' | '\u{2E80}'..='\u{2FD5}'
        | '\u{3000}'..='\u{3029}' | '\u{3030}'..='\u{303F}' | '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{312F}'
        | '\u{3200}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAD9}' | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF01}'..='\u{FF5E}' | '\u{FFE0}'..='\u{FFE6}' | '\u{20000}'..='\u{323AF}')
}

#[cfg(test)]
mod tests {
    use super::{stands_alone, units};

    fn broken(text: &str) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        units(&characters).into_iter().map(|unit| unit.iter().collect()).collect()
    }

    #[test]
    fn punctuation_stays_with_what_it_belongs_to() {
        assert_eq!(broken("食品（含酒）、ABC 12件。"), ["食", "品", "（含", "酒）、", "ABC ", "12", "件。"]);
        assert_eq!(broken(""), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_stand_alone_is_refused() {
        for bad in [
            '\n', '\0', '\u{7F}', '\u{AD}', '\u{200B}', '\u{202E}', '\u{2066}', '\u{FE0F}', '\u{301}', 'ئ',
            'ᠮ', 'क',
        ] {
            assert!(!stands_alone(bad), "{bad:?}");
        }
        for good in ['王', ' ', '㎡', '²', '℃', '·', '①', '，', '㐱', '\u{20000}', 'é', '…'] {
            assert!(stands_alone(good), "{good:?}");
        }
    }
}
