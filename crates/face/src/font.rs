//! A font file with the characters of one face, for documents that carry their font.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use boyin_picture::Font;
use subsetter::GlyphRemapper;

use crate::FaceError;

/// Tables that readers on some systems ask for and that say nothing of single glyphs.
const COPIED: [&[u8; 4]; 1] = [b"OS/2"];
/// What the sum of a font file is (OpenType, table `head`).
const WHOLE_SUM: u32 = 0xB1B0_AFBA;
/// Where in `head` the difference stands.
const ADJUSTMENT: std::ops::Range<usize> = 8..12;

/// An OpenType file with some characters of a font, its outlines unchanged, and a `cmap` that finds them.
pub struct FontSubset {
    bytes: Vec<u8>,
    glyphs: BTreeMap<char, u16>,
}

impl fmt::Debug for FontSubset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FontSubset({} bytes, {} characters)", self.bytes.len(), self.glyphs.len())
    }
}

impl FontSubset {
    /// The part of `font` for these characters. The same font file and characters give the same bytes.
    ///
    /// # Errors
    /// [`FaceError::Font`] if the font lacks one of them or has outlines of a kind that cannot be taken out.
    pub fn new(font: &Font, characters: &BTreeSet<char>) -> Result<Self, FaceError> {
        let source = font.glyphs();
        let mut mapper = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        for character in characters {
            let old = source.id(*character).ok_or(FaceError::Font)?;
            glyphs.insert(*character, mapper.remap(old));
        }
        let subset = subsetter::subset(font.bytes(), font.index(), &mapper).map_err(|_| FaceError::Font)?;
        let mut tables = read_tables(&subset).ok_or(FaceError::Font)?;
        for tag in COPIED {
            if let Some(table) = source.table(tag) {
                tables.insert(*tag, table.to_vec());
            }
        }
        tables.insert(*b"cmap", cmap(&glyphs));
        let bytes = write_tables(subset.get(..4).ok_or(FaceError::Font)?, tables).ok_or(FaceError::Font)?;
        Ok(Self { bytes, glyphs })
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of the character's glyph in this file.
    #[must_use]
    pub fn glyph(&self, character: char) -> Option<u16> {
        self.glyphs.get(&character).copied()
    }
}

type Tables = BTreeMap<[u8; 4], Vec<u8>>;

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

fn read_tables(file: &[u8]) -> Option<Tables> {
    let count = u16::from_be_bytes(file.get(4..6)?.try_into().ok()?);
    let mut tables = Tables::new();
    for index in 0..usize::from(count) {
        let record = 12 + 16 * index;
        let tag: [u8; 4] = file.get(record..record + 4)?.try_into().ok()?;
        let (offset, length) = (number(file, record + 8)?, number(file, record + 12)?);
        tables.insert(tag, file.get(offset..offset.checked_add(length)?)?.to_vec());
    }
    Some(tables)
}

/// The file of these tables (OpenType, "Organization of an OpenType font").
fn write_tables(version: &[u8], mut tables: Tables) -> Option<Vec<u8>> {
    tables.get_mut(b"head")?.get_mut(ADJUSTMENT)?.fill(0);
    let count = u16::try_from(tables.len()).ok()?;
    let selector = u16::try_from(count.checked_ilog2()?).ok()?;
    let range = 16_u16 << selector;
    let mut file = version.to_vec();
    for part in [count, range, selector, 16 * count - range] {
        file.extend(part.to_be_bytes());
    }
    let mut offset = 12 + 16 * tables.len();
    let mut adjustment = None;
    for (tag, table) in &tables {
        if tag == b"head" {
            adjustment = Some(offset + ADJUSTMENT.start);
        }
        file.extend(tag);
        file.extend(sum(table).to_be_bytes());
        for part in [offset, table.len()] {
            file.extend(u32::try_from(part).ok()?.to_be_bytes());
        }
        offset += table.len().next_multiple_of(4);
    }
    for table in tables.values() {
        file.extend(table);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    let difference = WHOLE_SUM.wrapping_sub(sum(&file));
    let adjustment = adjustment?;
    file.get_mut(adjustment..adjustment + 4)?.copy_from_slice(&difference.to_be_bytes());
    Some(file)
}

/// The sum of big-endian words, zeros added at the end.
fn sum(bytes: &[u8]) -> u32 {
    bytes.chunks(4).fold(0, |sum, chunk| {
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

/// Characters that follow one another and whose glyphs do so, too: first, last, glyph of the first.
fn runs(glyphs: impl Iterator<Item = (u32, u16)>) -> Vec<(u32, u32, u16)> {
    let mut runs: Vec<(u32, u32, u16)> = Vec::new();
    for (character, glyph) in glyphs {
        match runs.last_mut() {
            Some((first, last, start))
                if *last + 1 == character && u32::from(*start) + (character - *first) == u32::from(glyph) =>
            {
                *last = character;
            }
            Some(_) | None => runs.push((character, character, glyph)),
        }
    }
    runs
}

/// The table `cmap`: format 4 for the basic plane, format 12 for all.
fn cmap(glyphs: &BTreeMap<char, u16>) -> Vec<u8> {
    let all = || glyphs.iter().map(|(character, glyph)| (u32::from(*character), *glyph));
    let basic = runs(all().filter(|(character, _)| *character < 0xFFFF));
    let (short, long) = (format_4(&basic), format_12(&runs(all())));
    let mut table = Vec::new();
    // Version 0, two subtables: Windows, basic plane (3, 1) and all planes (3, 10).
    for part in [0_u16, 2, 3, 1, 0, 20, 3, 10] {
        table.extend(part.to_be_bytes());
    }
    let second = u32::try_from(20 + short.len()).unwrap_or(u32::MAX);
    table.extend(second.to_be_bytes());
    table.extend(short);
    table.extend(long);
    table
}

/// Segments, the last one being the one for 0xFFFF that must be there.
fn format_4(runs: &[(u32, u32, u16)]) -> Vec<u8> {
    let word = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
    let mut segments: Vec<(u16, u16, u16)> = runs
        .iter()
        .map(|(first, last, glyph)| (word(*first), word(*last), glyph.wrapping_sub(word(*first))))
        .collect();
    segments.push((u16::MAX, u16::MAX, 1));
    let count = u16::try_from(segments.len()).unwrap_or(u16::MAX / 8);
    let selector = count.ilog2();
    let range = 2_u16 << selector;
    let mut words = vec![4, 16 + 8 * count, 0, 2 * count, range, word(selector), 2 * count - range];
    words.extend(segments.iter().map(|(_, last, _)| *last));
    words.push(0);
    words.extend(segments.iter().map(|(first, ..)| *first));
    words.extend(segments.iter().map(|(.., delta)| *delta));
    words.extend(segments.iter().map(|_| 0));
    words.into_iter().flat_map(u16::to_be_bytes).collect()
}

fn format_12(runs: &[(u32, u32, u16)]) -> Vec<u8> {
    let count = u32::try_from(runs.len()).unwrap_or(0);
    let mut table: Vec<u8> = [12_u16, 0].into_iter().flat_map(u16::to_be_bytes).collect();
    let groups = runs.iter().flat_map(|(first, last, glyph)| [*first, *last, u32::from(*glyph)]);
    for part in [16 + 12 * count, 0, count].into_iter().chain(groups) {
        table.extend(part.to_be_bytes());
    }
    table
}
