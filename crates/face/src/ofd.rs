//! The face as an OFD document (GB/T 33190), before it is sealed.

use std::borrow::Cow;
use std::fmt;

use boyin_ofd::write::{
    Area as OfdArea, AttachmentDraft, Color as OfdColor, DocumentDraft, FontDraft, ImageMark,
    Mark as OfdMark, PageDraft, PathMark, Point as OfdPoint, Step, Stroke, TextMark, Turn,
};

use crate::font::FontSubset;
use crate::geometry::{Color, Point};
use crate::mark::{Mark, Path, Source, Text};
use crate::{Face, FaceError};

/// The name of the attached credential and its ending.
const ATTACHMENT: (&str, &str) = ("license", "txt");

/// What an OFD document of a face consists of; [`OfdFace::draft`] lends it to the writer.
pub struct OfdFace<'f> {
    face: &'f Face<'f>,
    credential: &'f [u8],
    family: String,
    subset: FontSubset,
}

/// Counts only.
impl fmt::Debug for OfdFace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfdFace({:?}, {:?})", self.face, self.subset)
    }
}

impl<'f> Face<'f> {
    /// The pages, the metadata, the font with the characters that are used, and the credential as attachment.
    ///
    /// # Errors
    /// [`FaceError::Font`].
    pub fn ofd(&'f self, credential: &'f [u8]) -> Result<OfdFace<'f>, FaceError> {
        let characters = self.pages.iter().flat_map(|page| characters(&page.marks)).collect();
        let subset = FontSubset::new(self.font, &characters)?;
        Ok(OfdFace { face: self, credential, family: self.font.family(), subset })
    }
}

fn characters(marks: &[Mark]) -> impl Iterator<Item = char> {
    let texts = marks.iter().filter_map(|mark| if let Mark::Text(text) = mark { Some(text) } else { None });
    texts.flat_map(|text| text.characters.iter().copied())
}

impl OfdFace<'_> {
    /// The draft of the document. `id` is its number: 32 hexadecimal digits in small letters, another one for each document.
    /// Its date is that of the license or of the copy. The seal is not on it: a reader shows it from the signature, at
    /// [`Face::seal_place`].
    #[must_use]
    pub fn draft<'d>(&'d self, id: &'d str) -> DocumentDraft<'d> {
        let face = self.face;
        let pages = face.pages.iter().map(|page| self.page(&page.marks)).collect();
        DocumentDraft {
            id,
            created: face.made_at,
            title: Some(&face.title),
            author: Some(&face.issuer),
            creator: "Boyin",
            custom: face.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            pages,
            fonts: vec![FontDraft { family: &self.family, bytes: self.subset.bytes() }],
            images: face.emblem.iter().map(|emblem| emblem.png.as_slice()).collect(),
            attachments: vec![AttachmentDraft {
                name: ATTACHMENT.0,
                format: ATTACHMENT.1,
                bytes: self.credential,
            }],
        }
    }

    fn page(&self, marks: &[Mark]) -> PageDraft<'static> {
        let (width, height) = self.face.size;
        let is_watermark = |mark: &&Mark| *mark.source() == Source::Watermark;
        let (watermarks, marks): (Vec<&Mark>, Vec<&Mark>) = marks.iter().partition(is_watermark);
        let written = |marks: Vec<&Mark>| marks.into_iter().map(mark).collect();
        PageDraft { width, height, marks: written(marks), watermarks: written(watermarks) }
    }
}

fn mark(mark: &Mark) -> OfdMark<'static> {
    match mark {
        Mark::Text(text) => OfdMark::Text(line(text)),
        Mark::Path(path) => OfdMark::Path(shape(path)),
        Mark::Emblem(area) => OfdMark::Image(ImageMark {
            image: 0,
            boundary: OfdArea { left: area.x, top: area.y, width: area.width, height: area.height },
            alpha: u8::MAX,
        }),
    }
}

fn color(color: Color, alpha: u8) -> OfdColor {
    let [red, green, blue] = color.rgb;
    OfdColor { red, green, blue, alpha }
}

fn point(point: Point) -> OfdPoint {
    OfdPoint { x: point.x, y: point.y }
}

fn line(text: &Text) -> TextMark<'static> {
    let between = text.offsets.len().saturating_sub(2);
    TextMark {
        font: 0,
        size: text.size,
        origin: point(text.origin),
        text: Cow::Owned(text.text()),
        advances: text.offsets.windows(2).take(between).map(|pair| pair[1] - pair[0]).collect(),
        glyphs: Vec::new(),
        color: color(text.color, text.alpha),
        turn: if text.angle == 0 { Turn::NONE } else { Turn::RISING_30 },
    }
}

fn shape(path: &Path) -> PathMark {
    let mut steps = Vec::new();
    for piece in &path.pieces {
        let first = piece.first().map(|at| Step::Move(point(*at)));
        steps.extend(first.into_iter().chain(piece.iter().skip(1).map(|at| Step::Line(point(*at)))));
        if path.closed {
            steps.push(Step::Close);
        }
    }
    let stroke = path.stroke.map(|(width, of)| Stroke { width, color: color(of, u8::MAX) });
    PathMark { steps, stroke, fill: path.fill.map(|of| color(of, u8::MAX)) }
}
