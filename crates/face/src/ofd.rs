//! The face as an OFD document (GB/T 33190), before it is sealed.

use std::borrow::Cow;
use std::fmt;

use boyin_ofd::write::{
    AttachmentDraft, DocumentDraft, FontDraft, ImageMark, Mark as OfdMark, MarkPlace, PageDraft, TagDraft,
    TextMark, is_tag_name,
};

use crate::font::FontSubset;
use crate::mark::{Mark, Source, Text};
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
            tags: self.tags(),
            attachments: vec![AttachmentDraft {
                name: ATTACHMENT.0,
                format: ATTACHMENT.1,
                bytes: self.credential,
            }],
        }
    }

    fn page(&self, marks: &[Mark]) -> PageDraft<'static> {
        let (width, height) = self.face.size;
        let watermarks = marks.iter().filter(|mark| is_watermark(mark)).map(mark).collect();
        PageDraft { width, height, marks: others(marks).map(mark).collect(), watermarks }
    }

    /// The index from metadata to the marks that show them (数据索引, GB/T 36905). What the face does not show has no tag, nor
    /// has a field of the catalog whose short name cannot be that of an element.
    fn tags(&self) -> Vec<TagDraft<'_>> {
        let mut tags = Vec::new();
        for (name, _) in self.face.metadata.iter().filter(|(name, _)| is_tag_name(name)) {
            let Some((_, source)) = self.face.shown.iter().find(|(known, _)| known == name) else { continue };
            let places = self.face.pages.iter().enumerate().flat_map(|(page, drawn)| {
                let shows = others(&drawn.marks).enumerate().filter(|(_, mark)| mark.source() == source);
                shows.map(move |(mark, _)| MarkPlace { page, mark })
            });
            let marks: Vec<_> = places.collect();
            if !marks.is_empty() {
                tags.push(TagDraft { name, marks });
            }
        }
        tags
    }
}

fn is_watermark(mark: &Mark) -> bool {
    *mark.source() == Source::Watermark
}

fn others(marks: &[Mark]) -> impl Iterator<Item = &Mark> {
    marks.iter().filter(|mark| !is_watermark(mark))
}

fn mark(mark: &Mark) -> OfdMark<'static> {
    match mark {
        Mark::Text(text) => OfdMark::Text(line(text)),
        Mark::Path(path) => OfdMark::Path(path.shape.clone()),
        Mark::Emblem(area) => OfdMark::Image(ImageMark { image: 0, boundary: *area, alpha: u8::MAX }),
    }
}

fn line(text: &Text) -> TextMark<'static> {
    TextMark {
        font: 0,
        size: text.size,
        origin: text.origin,
        text: Cow::Owned(text.text()),
        advances: text.offsets.windows(2).map(|pair| pair[1] - pair[0]).collect(),
        glyphs: Vec::new(),
        color: text.color,
        turn: text.turn,
    }
}
