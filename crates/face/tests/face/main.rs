//! Faces of licenses: laws of the layout, errors, and what other readers find in the files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod layout;
mod pdf;
mod refusals;
mod sample;

use boyin_face::{Additions, Annotation, Emblem, Face, FaceInput, SealImage, Templates};
use boyin_model::catalog::LicenseType;
use boyin_model::time::UnixTime;
use boyin_picture::{Font, NameSeal, Rank, RoundSeal, SealPicture};
use boyin_testkit::needed::needed;

/// The font, which CI must have; elsewhere its absence is said.
fn font() -> Option<Font> {
    needed(Font::find_for_pages())
}

fn annotation() -> Annotation {
    let (made, expires) = (UnixTime::new(1_795_654_800).unwrap(), UnixTime::new(1_798_246_800).unwrap());
    Annotation::new("办理住房公积金贷款", "博乐市政务服务中心", made, expires).unwrap()
}

fn copy() -> Additions {
    Additions { annotation: Some(annotation()), emblem: None }
}

/// A picture in the emblem's place: any will do.
fn emblem(font: &Font) -> Emblem {
    let picture = SealPicture::draw(NameSeal::new(20, "样例"), font).unwrap();
    Emblem::new(picture.png(150).unwrap()).unwrap()
}

fn seal(font: &Font) -> SealImage {
    let seal = RoundSeal::new(Rank::Unit.diameter_mm(), "博乐市市场监督管理局").line("电子证照专用章");
    let picture = SealPicture::draw(seal, font).unwrap();
    SealImage::new(&picture.png(300).unwrap(), picture.width_mm(), picture.height_mm()).unwrap()
}

fn draw<'f>(license_type: &LicenseType, additions: &Additions, font: &'f Font) -> Face<'f> {
    let claims = sample::claims(license_type);
    let input = FaceInput::new(license_type, &claims).unwrap();
    let templates = Templates::built_in();
    Face::draw(templates.of(license_type), &input, additions, font)
        .unwrap_or_else(|error| panic!("{}: {error}", license_type.key))
}
