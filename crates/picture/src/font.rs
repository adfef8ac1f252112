use std::fmt;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ttf_parser::{Face, OutlineBuilder, name_id};

use crate::{FontError, PictureError};

/// Where Debian's `fonts-noto-cjk` puts its Song-style faces, the bold one first: it keeps its thin strokes when small.
const DEBIAN: [&str; 2] = [
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
];

/// The same for pages of text, the regular one first.
const DEBIAN_PAGES: [&str; 2] = [DEBIAN[1], DEBIAN[0]];

/// More faces than any collection has; the reader trusts the count that a file claims.
const FACES: u32 = 64;

/// A font file, read and checked. Of a collection it is the face for simplified Chinese (`… SC`), else the first.
///
/// The file is the operator's, not a stranger's: its tables are not checked against malice. It decides the bytes of the picture: keep its version with the seals drawn from it.
///
/// ```
/// use boyin_picture::{Font, FontError};
/// match Font::find() {
///     Ok(font) => assert!(font.covers('印')),
///     Err(error) => assert!(error.to_string().contains("fonts-noto-cjk")),
/// }
/// ```
pub struct Font {
    bytes: Vec<u8>,
    index: u32,
}

impl Font {
    /// The environment variable that names the font file, before all other places.
    pub const VARIABLE: &str = "BOYIN_SEAL_FONT";

    /// Reads the font file at `path`.
    ///
    /// ```
    /// assert!(boyin_picture::Font::open("/nonexistent.ttc").is_err());
    /// ```
    ///
    /// # Errors
    /// [`FontError::Read`] and [`FontError::NotAFont`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FontError> {
        let path = path.as_ref();
        let bytes =
            std::fs::read(path).map_err(|source| FontError::Read { path: path.to_owned(), source })?;
        let not_a_font = || FontError::NotAFont { path: path.to_owned() };
        let index = simplified_chinese(&bytes).ok_or_else(not_a_font)?;
        Face::parse(&bytes, index).map_err(|_| not_a_font())?;
        Ok(Self { bytes, index })
    }

    /// The font that [`Font::VARIABLE`] names; if it names none, that of Debian's package `fonts-noto-cjk`.
    ///
    /// ```
    /// let Ok(font) = boyin_picture::Font::find() else { return };
    /// assert!(font.covers('章'));
    /// ```
    ///
    /// # Errors
    /// [`FontError::NotFound`] names the package; else as [`Font::open`].
    pub fn find() -> Result<Self, FontError> {
        match std::env::var_os(Self::VARIABLE) {
            Some(path) if !path.is_empty() => Self::open(PathBuf::from(path)),
            _ => Self::find_in(DEBIAN),
        }
    }

    /// The environment variable that names the font file of pages.
    pub const PAGE_VARIABLE: &str = "BOYIN_PAGE_FONT";

    /// As [`Font::find`], for pages of text: [`Font::PAGE_VARIABLE`] names it, else it is the regular face of the same package.
    ///
    /// ```
    /// let Ok(font) = boyin_picture::Font::find_for_pages() else { return };
    /// assert!(font.covers('照'));
    /// ```
    ///
    /// # Errors
    /// As [`Font::find`].
    pub fn find_for_pages() -> Result<Self, FontError> {
        match std::env::var_os(Self::PAGE_VARIABLE) {
            Some(path) if !path.is_empty() => Self::open(PathBuf::from(path)),
            _ => Self::find_in(DEBIAN_PAGES),
        }
    }

    /// The first of `places` that exists.
    ///
    /// ```
    /// use boyin_picture::{Font, FontError};
    /// assert!(matches!(Font::find_in(["/nonexistent.ttc"]), Err(FontError::NotFound { .. })));
    /// ```
    ///
    /// # Errors
    /// [`FontError::NotFound`] if none exists; else as [`Font::open`].
    pub fn find_in<P: Into<PathBuf>>(places: impl IntoIterator<Item = P>) -> Result<Self, FontError> {
        let tried: Vec<PathBuf> = places.into_iter().map(Into::into).collect();
        match tried.iter().find(|path| path.exists()) {
            Some(path) => Self::open(path),
            None => Err(FontError::NotFound { tried }),
        }
    }

    /// Whether the font can draw `character`.
    ///
    /// ```
    /// let Ok(font) = boyin_picture::Font::find() else { return };
    /// assert!(!font.covers('\u{10FFFF}'));
    /// ```
    pub fn covers(&self, character: char) -> bool {
        self.face().glyph_index(character).is_some()
    }

    /// The whole file, as it was read.
    ///
    /// ```
    /// let Ok(font) = boyin_picture::Font::find() else { return };
    /// assert!(font.bytes().len() > 12);
    /// ```
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which face of the file it is, if that is a collection; else 0.
    ///
    /// ```
    /// let Ok(font) = boyin_picture::Font::find() else { return };
    /// assert!(font.index() < 64);
    /// ```
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The name of its family, as the font says it in English.
    ///
    /// ```
    /// let Ok(font) = boyin_picture::Font::find() else { return };
    /// assert!(!font.family().is_empty());
    /// ```
    pub fn family(&self) -> String {
        let names = self.face().names();
        let families = names.into_iter().filter(|name| name.name_id == name_id::FAMILY);
        families.filter_map(|name| name.to_string()).next().unwrap_or_else(|| "Song".to_owned())
    }

    /// What the font says of single characters, opened once for many.
    ///
    /// ```
    /// let Ok(font) = boyin_picture::Font::find() else { return };
    /// let glyphs = font.glyphs();
    /// assert_eq!(glyphs.advance('照'), Some(glyphs.units_per_em()));
    /// assert!(glyphs.outline('照').is_some_and(|path| path.starts_with('M')));
    /// assert_eq!(glyphs.outline(' ').as_deref(), Some(""));
    /// ```
    pub fn glyphs(&self) -> Glyphs<'_> {
        Glyphs { face: self.face() }
    }

    pub(crate) fn face(&self) -> Face<'_> {
        Face::parse(&self.bytes, self.index).expect("parsed in `open`")
    }
}

impl fmt::Debug for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Font({} bytes, face {})", self.bytes.len(), self.index)
    }
}

/// Widths and outlines of characters, in units of which [`Glyphs::units_per_em`] make an em.
pub struct Glyphs<'f> {
    face: Face<'f>,
}

impl fmt::Debug for Glyphs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Glyphs(..)")
    }
}

impl Glyphs<'_> {
    /// Units of an em: 1000 or 2048, as a rule.
    pub fn units_per_em(&self) -> u16 {
        self.face.units_per_em()
    }

    /// The number of the character's glyph.
    pub fn id(&self, character: char) -> Option<u16> {
        self.face.glyph_index(character).map(|glyph| glyph.0)
    }

    /// A table of the font as it stands in the file.
    pub fn table(&self, tag: &[u8; 4]) -> Option<&[u8]> {
        self.face.raw_face().table(ttf_parser::Tag::from_bytes(tag))
    }

    /// How far the next character stands from this one.
    pub fn advance(&self, character: char) -> Option<u16> {
        self.face.glyph_hor_advance(self.face.glyph_index(character)?)
    }

    /// The `d` of an SVG path with y upward; empty for a space.
    pub fn outline(&self, character: char) -> Option<String> {
        let mut outline = Outline::default();
        self.face.outline_glyph(self.face.glyph_index(character)?, &mut outline);
        Some(outline.path)
    }
}

fn simplified_chinese(bytes: &[u8]) -> Option<u32> {
    let faces = ttf_parser::fonts_in_collection(bytes).unwrap_or(1);
    let is_simplified = |index: &u32| {
        let Ok(face) = Face::parse(bytes, *index) else { return false };
        face.names()
            .into_iter()
            .filter(|name| name.name_id == name_id::FAMILY)
            .any(|name| name.to_string().is_some_and(|family| family.contains(" SC")))
    };
    (faces <= FACES).then(|| (0..faces).find(is_simplified).unwrap_or(0))
}

/// One character as an outline, in font units with y upward.
#[derive(Debug)]
pub(crate) struct Glyph {
    /// The `d` of an SVG path.
    pub(crate) path: String,
    pub(crate) advance: f64,
}

/// How characters fill their cells: the part of the font's box that is scaled to the cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) width: f64,
    pub(crate) bottom: f64,
    pub(crate) top: f64,
}

impl Frame {
    /// The em square of Chinese characters.
    pub(crate) fn em(face: &Face<'_>) -> Self {
        let em = f64::from(face.units_per_em());
        // Without typographic metrics: the usual place of the em square, 12 % under the baseline.
        let bottom = face.typographic_descender().map_or(-0.12 * em, f64::from).clamp(-0.3 * em, 0.0);
        Self { width: em, bottom, top: bottom + em }
    }

    /// From the baseline to the height of capitals, as wide as a zero.
    pub(crate) fn digits(face: &Face<'_>) -> Self {
        let em = f64::from(face.units_per_em());
        let zero = face.glyph_index('0').and_then(|glyph| face.glyph_hor_advance(glyph));
        let top = face.capital_height().map_or(0.73 * em, f64::from).clamp(0.5 * em, em);
        Self { width: zero.map_or(0.55 * em, f64::from).clamp(0.3 * em, em), bottom: 0.0, top }
    }
}

pub(crate) fn glyph(face: &Face<'_>, character: char) -> Result<Glyph, PictureError> {
    let missing = PictureError::MissingGlyph { character };
    let id = face.glyph_index(character).ok_or(missing)?;
    let mut outline = Outline::default();
    face.outline_glyph(id, &mut outline).ok_or(missing)?;
    let advance = face.glyph_hor_advance(id).map_or_else(|| f64::from(face.units_per_em()), f64::from);
    Ok(Glyph { path: outline.path, advance })
}

#[derive(Default)]
struct Outline {
    path: String,
}

impl Outline {
    fn push(&mut self, command: char, coordinates: &[f32]) {
        self.path.push(command);
        for (index, coordinate) in coordinates.iter().enumerate() {
            if index > 0 && !coordinate.is_sign_negative() {
                self.path.push(' ');
            }
            let number = format!("{coordinate:.2}");
            let number = number.trim_end_matches('0').trim_end_matches('.');
            write!(self.path, "{number}").expect("a string takes everything");
        }
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.push('M', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push('L', &[x, y]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.push('Q', &[x1, y1, x, y]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.push('C', &[x1, y1, x2, y2, x, y]);
    }

    fn close(&mut self) {
        self.push('Z', &[]);
    }
}
