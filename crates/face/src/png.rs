//! Pages as PNG.

use boyin_ofd::write::Area;
use boyin_picture::{Image, Placed, Sheet};

use crate::face::SealImage;
use crate::mark::Mark;
use crate::{Face, FaceError};

impl Face<'_> {
    /// One page as PNG on white, at 72 to 300 dots per inch; on the first page with the picture of the seal, if there is one.
    ///
    /// # Errors
    /// [`FaceError::NoSuchPage`], [`FaceError::SealTooLarge`], [`FaceError::Picture`].
    pub fn png(&self, page: usize, dpi: u16, seal: Option<&SealImage>) -> Result<Vec<u8>, FaceError> {
        let svg = self.svg(page)?;
        let mut images = Vec::new();
        let placed = |image, at: Area| Placed { image, x: at.x, y: at.y, width: at.width, height: at.height };
        if let Some((image, at)) = self.emblem_on(page) {
            images.push(placed(image, at));
        }
        if let Some(seal) = seal.filter(|_| page == 0) {
            images.push(placed(&seal.image, self.place_of(seal.size)?));
        }
        let side = |um: i32| u32::try_from(um).unwrap_or(0);
        let (width, height) = (side(self.size.0), side(self.size.1));
        Ok(Sheet { svg: &svg, width, height, images: &images }.png(dpi)?)
    }

    /// The emblem and its place on a page.
    pub(crate) fn emblem_on(&self, page: usize) -> Option<(&Image, Area)> {
        let place = |mark: &Mark| match mark {
            Mark::Emblem(area) => Some(*area),
            Mark::Text(_) | Mark::Path(_) => None,
        };
        let area = self.pages.get(page)?.marks.iter().find_map(place)?;
        Some((&self.emblem.as_ref()?.image, area))
    }
}
