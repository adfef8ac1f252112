//! The face as PDF: for those who have no reader of OFD.

use boyin_model::time::UnixTime;
use boyin_ofd::write::{Area, Color, PathMark, Point, Step, Turn};
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point as PdfPoint, Size, Transform};
use krilla::image::Image as PdfImage;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font as PdfFont, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

use crate::face::SealImage;
use crate::font::FontSubset;
use crate::mark::{Mark, Text};
use crate::{Face, FaceError};

/// The name of the attached credential, and its kind.
const ATTACHMENT: &str = "license.txt";
const ATTACHMENT_TYPE: &str = "application/dc+sd-jwt";

impl Face<'_> {
    /// The face as PDF/A-3b: text that can be searched, the credential attached, and on every page a line that says that the
    /// credential is the proof. The same face, credential and seal give the same bytes; the dates in it are those of the license or
    /// the copy.
    ///
    /// # Errors
    /// [`FaceError::SealTooLarge`], [`FaceError::Font`], [`FaceError::Pdf`].
    pub fn pdf(&self, credential: &[u8], seal: Option<&SealImage>) -> Result<Vec<u8>, FaceError> {
        let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
        let configuration = configuration.map_err(|_| FaceError::Pdf)?;
        let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
        let mut document = Document::new_with(settings);
        document.set_metadata(self.pdf_metadata());
        let subset = FontSubset::new(self.font, &self.characters())?;
        let font = PdfFont::new(subset.bytes().to_vec().into(), 0).ok_or(FaceError::Font)?;
        let (width, height) = (points(self.size.0), points(self.size.1));
        for (index, page) in self.pages.iter().enumerate() {
            let settings = PageSettings::from_wh(width, height).ok_or(FaceError::Pdf)?;
            let mut sheet = document.start_page_with(settings);
            let mut surface = sheet.surface();
            for mark in page.marks.iter().chain(&self.copy_line) {
                match mark {
                    Mark::Text(text) => draw_text(&mut surface, text, &font, &subset),
                    Mark::Path(path) => draw_path(&mut surface, &path.shape),
                    Mark::Emblem(area) => {
                        if let Some(emblem) = &self.emblem {
                            draw_image(&mut surface, &emblem.image, *area)?;
                        }
                    }
                }
            }
            if let Some(seal) = seal.filter(|_| index == 0) {
                draw_image(&mut surface, &seal.image, self.place_of(seal.size)?)?;
            }
            surface.finish();
            sheet.finish();
        }
        document.embed_file(self.attachment(credential)?).ok_or(FaceError::Pdf)?;
        document.finish().map_err(|_| FaceError::Pdf)
    }

    fn pdf_metadata(&self) -> Metadata {
        Metadata::new()
            .title(self.title.clone())
            .authors(vec![self.issuer.clone()])
            .keywords(vec![self.license_id.clone()])
            .language("zh-CN".to_owned())
            .creator("Boyin".to_owned())
            .document_id(self.license_id.clone())
            .creation_date(date_time(self.made_at))
    }

    fn attachment(&self, credential: &[u8]) -> Result<EmbeddedFile, FaceError> {
        Ok(EmbeddedFile {
            path: ATTACHMENT.to_owned(),
            mime_type: Some(MimeType::new(ATTACHMENT_TYPE).ok_or(FaceError::Pdf)?),
            description: Some(format!("电子证照凭证 {}", self.license_id)),
            association_kind: AssociationKind::Source,
            data: credential.to_vec().into(),
            modification_date: Some(date_time(self.made_at)),
            compress: Some(true),
            location: None,
        })
    }
}

/// Points of 1/72 inch.
#[allow(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "micrometers of a page are exact in f32"
)]
fn points(um: i32) -> f32 {
    um as f32 * 72.0 / 25_400.0
}

/// In China's time, as it is printed.
fn date_time(instant: UnixTime) -> DateTime {
    let written = instant.to_string();
    let part = |from: usize, to: usize| written.get(from..to).and_then(|digits| digits.parse::<u16>().ok());
    let small = |from: usize| part(from, from + 2).and_then(|number| u8::try_from(number).ok()).unwrap_or(0);
    DateTime::new(part(0, 4).unwrap_or(0))
        .month(small(5))
        .day(small(8))
        .hour(small(11))
        .minute(small(14))
        .second(small(17))
        .utc_offset_hour(8)
        .utc_offset_minute(0)
}

fn fill(Color { red, green, blue, alpha }: Color) -> Fill {
    let opacity = NormalizedF32::new(f32::from(alpha) / 255.0).unwrap_or(NormalizedF32::ONE);
    Fill { paint: rgb::Color::new(red, green, blue).into(), opacity, ..Fill::default() }
}

fn draw_text(surface: &mut Surface<'_>, text: &Text, font: &PdfFont, subset: &FontSubset) {
    let (whole, size) = (text.text(), points(text.size));
    let mut glyphs = Vec::with_capacity(text.characters.len());
    let mut byte = 0;
    for (index, character) in text.characters.iter().enumerate() {
        let next = byte + character.len_utf8();
        let at = |index: usize| text.offsets.get(index).copied().unwrap_or(0);
        let advance = points(at(index + 1) - at(index)) / size;
        let glyph_id = GlyphId::new(u32::from(subset.glyph(*character).unwrap_or(0)));
        glyphs.push(KrillaGlyph::new(glyph_id, advance, 0.0, 0.0, 0.0, byte..next, None));
        byte = next;
    }
    surface.set_stroke(None);
    surface.set_fill(Some(fill(text.color)));
    let origin = (points(text.origin.x), points(text.origin.y));
    if text.turn == Turn::NONE {
        let start = PdfPoint::from_xy(origin.0, origin.1);
        surface.draw_glyphs(start, &glyphs, font.clone(), &whole, size, false);
        return;
    }
    let (cos, sin) = text.turn.cosine_and_sine();
    #[allow(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a sine needs no more digits")]
    let (sin, cos) = (sin as f32, cos as f32);
    surface.push_transform(&Transform::from_row(cos, -sin, sin, cos, origin.0, origin.1));
    surface.draw_glyphs(PdfPoint::from_xy(0.0, 0.0), &glyphs, font.clone(), &whole, size, false);
    surface.pop();
}

fn draw_path(surface: &mut Surface<'_>, path: &PathMark) {
    let mut builder = PathBuilder::new();
    let at = |point: Point| (points(point.x), points(point.y));
    for step in &path.steps {
        match *step {
            Step::Move(to) => {
                let (x, y) = at(to);
                builder.move_to(x, y);
            }
            Step::Line(to) => {
                let (x, y) = at(to);
                builder.line_to(x, y);
            }
            Step::Curve(first, second, to) => {
                let ((x1, y1), (x2, y2), (x, y)) = (at(first), at(second), at(to));
                builder.cubic_to(x1, y1, x2, y2, x, y);
            }
            Step::Close => builder.close(),
        }
    }
    let Some(shape) = builder.finish() else { return };
    surface.set_fill(path.fill.map(fill));
    surface.set_stroke(path.stroke.map(|stroke| {
        let Fill { paint, opacity, .. } = fill(stroke.color);
        Stroke { paint, opacity, width: points(stroke.width), ..Stroke::default() }
    }));
    surface.draw_path(&shape);
}

fn draw_image(surface: &mut Surface<'_>, image: &boyin_picture::Image, place: Area) -> Result<(), FaceError> {
    let (width, height) = image.size();
    let size = Size::from_wh(points(place.width), points(place.height)).ok_or(FaceError::Pdf)?;
    surface.push_transform(&Transform::from_translate(points(place.x), points(place.y)));
    surface.draw_image(PdfImage::from_rgba8(image.rgba(), width, height), size);
    surface.pop();
    Ok(())
}
