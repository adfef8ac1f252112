use std::collections::BTreeSet;
use std::fmt;

use boyin_model::time::UnixTime;
use boyin_ofd::write::{Area, Point};
use boyin_picture::{Font, Image};

use crate::draw;
use crate::mark::{Mark, Source};
use crate::{Annotation, FaceError, FaceInput, Template};

/// What a caller adds to a face.
#[derive(Clone, Debug, Default)]
pub struct Additions {
    /// The emblem for the template's place; without one the place stays empty.
    pub emblem: Option<Emblem>,
    /// What makes it an annotated copy.
    pub annotation: Option<Annotation>,
}

/// An emblem that the caller may use, as PNG.
#[derive(Clone)]
pub struct Emblem {
    pub(crate) png: Vec<u8>,
    pub(crate) image: Image,
}

impl fmt::Debug for Emblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Emblem({:?})", self.image)
    }
}

impl Emblem {
    /// Takes a PNG of at most 1 MiB and 2048 pixels on a side.
    ///
    /// # Errors
    /// [`FaceError::Image`].
    pub fn new(png: impl Into<Vec<u8>>) -> Result<Self, FaceError> {
        let png = png.into();
        let image = Image::read(&png)?;
        Ok(Self { png, image })
    }
}

/// The picture of the seal, shown in PDF and PNG; in OFD a reader shows it from the signature.
#[derive(Clone)]
pub struct SealImage {
    pub(crate) image: Image,
    pub(crate) size: (i32, i32),
}

impl fmt::Debug for SealImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealImage({} x {} um)", self.size.0, self.size.1)
    }
}

impl SealImage {
    /// Takes a PNG with transparent ground and its size in millimeters, as the seal states them.
    ///
    /// # Errors
    /// [`FaceError::Image`].
    pub fn new(png: &[u8], width_mm: u8, height_mm: u8) -> Result<Self, FaceError> {
        let image = Image::read(png)?;
        Ok(Self { image, size: (i32::from(width_mm) * 1000, i32::from(height_mm) * 1000) })
    }
}

/// One page: its marks, the lowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub(crate) marks: Vec<Mark>,
}

impl Page {
    /// What is on it, the lowest first.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }
}

/// The face of a license: its pages in no format yet.
///
/// The same template, license, additions and font file give the same face, and the same bytes in each format.
#[derive(Clone)]
pub struct Face<'f> {
    pub(crate) font: &'f Font,
    pub(crate) size: (i32, i32),
    pub(crate) pages: Vec<Page>,
    /// What PDF has on each page beside.
    pub(crate) copy_line: Vec<Mark>,
    pub(crate) emblem: Option<Emblem>,
    pub(crate) seal: Area,
    pub(crate) title: String,
    pub(crate) license_id: String,
    pub(crate) issuer: String,
    pub(crate) made_at: UnixTime,
    pub(crate) metadata: Vec<(String, String)>,
    /// Names of the metadata with the source of the marks that show them.
    pub(crate) shown: Vec<(String, Source)>,
}

/// Shows how many pages there are: what they say may be personal.
impl fmt::Debug for Face<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Face({} pages, ..)", self.pages.len())
    }
}

impl<'f> Face<'f> {
    /// Lays a license out.
    ///
    /// # Errors
    /// [`FaceError`]: the license is not of the template's types, a value does not fit or cannot be drawn.
    pub fn draw(
        template: &Template,
        input: &FaceInput<'_>,
        additions: &Additions,
        font: &'f Font,
    ) -> Result<Self, FaceError> {
        let drawn = draw::draw(template, input, additions, font)?;
        let claims = input.claims();
        let annotation = additions.annotation.as_ref();
        let mut metadata = input.metadata();
        let mut shown = input.shown();
        for (name, value) in annotation.into_iter().flat_map(Annotation::metadata) {
            shown.push((name.clone(), Source::Annotation));
            metadata.push((name, value));
        }
        Ok(Self {
            font,
            size: template.page_size(),
            pages: drawn.pages,
            copy_line: drawn.copy_line,
            emblem: additions.emblem.clone().filter(|_| template.emblem.is_some()),
            seal: template.seal.area(),
            title: claims.license_name.clone(),
            license_id: claims.license_id.as_str().to_owned(),
            issuer: claims.issuer_name.clone(),
            made_at: annotation.map_or(claims.issued_at, Annotation::made_at),
            metadata,
            shown,
        })
    }

    /// Width and height of each page in micrometers.
    #[must_use]
    pub fn page_size(&self) -> (i32, i32) {
        self.size
    }

    /// The pages; at least one.
    #[must_use]
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The metadata of GB/T 36903 by pinyin short name (`CustomDatas` of OFD), those of the fields and, in an annotated
    /// copy, those of the copy. Dates are written `YYYY-MM-DD`; a license for the long term has no `ZZYXQJZRQ`.
    #[must_use]
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// Where a seal of this size stands on the first page: the boundary of its `StampAnnot`.
    ///
    /// # Errors
    /// [`FaceError::SealTooLarge`].
    pub fn seal_place(&self, width_mm: u8, height_mm: u8) -> Result<Area, FaceError> {
        let (width, height) = (i32::from(width_mm) * 1000, i32::from(height_mm) * 1000);
        self.place_of((width, height))
    }

    pub(crate) fn place_of(&self, (width, height): (i32, i32)) -> Result<Area, FaceError> {
        if width > self.seal.width || height > self.seal.height {
            return Err(FaceError::SealTooLarge(self.seal.width / 1000));
        }
        let center = Point { x: self.seal.x + self.seal.width / 2, y: self.seal.y + self.seal.height / 2 };
        Ok(Area { x: center.x - width / 2, y: center.y - height / 2, width, height })
    }

    /// The characters of all texts, in ascending order.
    pub(crate) fn characters(&self) -> BTreeSet<char> {
        let marks = self.pages.iter().flat_map(|page| &page.marks).chain(&self.copy_line);
        let texts = marks.filter_map(|mark| if let Mark::Text(text) = mark { Some(text) } else { None });
        texts.flat_map(|text| text.characters.iter().copied()).collect()
    }
}
