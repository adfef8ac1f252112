//! Faces of licenses (照面): what is drawn, and how many at a time.

use std::sync::Arc;

use boyin::face::Templates;
use boyin::{CopyMaking, DocumentMaking, FaceForm, Font};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Faces that are drawn at a time; further ones wait for their turn.
pub const MAX_DRAWINGS: usize = 2;
/// Dots to the inch of the pictures on pages.
pub const PICTURE_DPI: u16 = 110;
/// Dots to the inch of pictures that are given to clients.
pub const COPY_DPI: u16 = 150;

/// What faces are drawn with.
#[derive(Clone)]
pub(crate) struct Faces {
    font: Arc<Font>,
    templates: Arc<Templates>,
    turns: Arc<Semaphore>,
}

impl Faces {
    pub(crate) fn new(font: Font) -> Self {
        Self {
            font: Arc::new(font),
            templates: Arc::new(Templates::built_in()),
            turns: Arc::new(Semaphore::new(MAX_DRAWINGS)),
        }
    }

    pub(crate) fn making(&self) -> DocumentMaking<'_> {
        DocumentMaking { font: &self.font, templates: &self.templates, emblem: None }
    }

    pub(crate) fn copy(&self, form: FaceForm) -> CopyMaking<'_> {
        CopyMaking { form, dpi: COPY_DPI, making: self.making() }
    }

    /// The turn of one face to be drawn.
    pub(crate) async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.turns).acquire_owned().await.expect("nobody closes the semaphore")
    }

    /// All of them.
    pub(crate) async fn all_turns(&self) -> Vec<OwnedSemaphorePermit> {
        let mut held = Vec::new();
        for _ in 0..MAX_DRAWINGS {
            held.push(self.turn().await);
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use boyin::Font;
    use boyin_testkit::needed::needed;
    use tokio::time::timeout;

    use super::{Faces, MAX_DRAWINGS};

    #[tokio::test]
    async fn no_more_faces_are_drawn_at_a_time_than_there_are_turns() {
        let Some(font) = needed(Font::find_for_pages()) else { return };
        let faces = Faces::new(font);
        let mut held = Vec::new();
        for _ in 0..MAX_DRAWINGS {
            held.push(faces.turn().await);
        }
        let brief = Duration::from_millis(20);
        assert!(timeout(brief, faces.turn()).await.is_err(), "a turn too many");
        held.pop();
        assert!(timeout(brief, faces.turn()).await.is_ok());
    }
}
