//! How licenses look (照面), drawn on the reading side. It seals nothing: what it draws proves nothing.

use boyin_archive::{ArchiveError, Reader, seal_digest};
use boyin_face::{Additions, Annotation, Face, FaceError, FaceInput, SealImage};
use boyin_model::catalog::LicenseType;
use boyin_model::credential::LicenseClaims;
use boyin_model::id::{HolderCode, LicenseId};
use boyin_model::json;
use boyin_model::register::SealId;
use boyin_model::seal::Seal;
use boyin_model::time::UnixTime;
use boyin_model::trust::SealVersion;
use boyin_verify::{Report, TrustSnapshot};

use crate::document::DocumentMaking;
use crate::error::LookupError;
use crate::lookup::{Found, Lookup};

/// What a license on file looks like, with what verifying it says now.
#[derive(Clone)]
pub struct LicensePictures {
    /// Its verification at the instant of the request.
    pub report: Report,
    /// Each page as PNG, at least one; none of a license that does not pass.
    pub pages: Result<Vec<Vec<u8>>, PictureFault>,
}

/// Shows whether there are pictures: what stands on them is personal.
impl std::fmt::Debug for LicensePictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LicensePictures({:?}, ..)", self.pages.as_ref().map(Vec::len))
    }
}

/// Why there is no picture of a license.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureFault {
    /// It does not pass now.
    #[error("the license does not pass: there is no picture of what is not to be relied on")]
    NotPassed,
    /// The catalog in force does not have its type.
    #[error("the catalog in force does not have the type of the license: nothing says what its fields are")]
    NoType,
    /// The face cannot be drawn.
    #[error(transparent)]
    Face(#[from] FaceError),
}

impl PictureFault {
    /// Stable machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPassed => "picture_not_passed",
            Self::NoType => "picture_type",
            Self::Face(_) => "picture_face",
        }
    }
}

/// Lays a license out by the template of its type.
///
/// # Errors
/// [`FaceError`].
pub(crate) fn face_of<'f>(
    (license_type, claims): (&LicenseType, &LicenseClaims),
    annotation: Option<Annotation>,
    making: &DocumentMaking<'f>,
) -> Result<Face<'f>, FaceError> {
    let input = FaceInput::new(license_type, claims)?;
    let additions = Additions { emblem: making.emblem.cloned(), annotation };
    Face::draw(making.templates.of(license_type), &input, &additions, making.font)
}

impl Lookup {
    /// What one license of a holder looks like, for somebody who says what for; `None` if the holder has no such license on file, and
    /// then nothing is read. Dots to the inch are 72 to 300.
    ///
    /// # Errors
    /// As [`license`](Self::license).
    pub fn license_pictures(
        &self,
        (holder, id): (&HolderCode, &LicenseId),
        reader: &Reader,
        (making, dpi): (&DocumentMaking<'_>, u16),
        now: UnixTime,
    ) -> Result<Option<LicensePictures>, LookupError> {
        // Who may read files of holders may not read licenses of whomever by their identifiers.
        match self.archive.get_with_holder(id) {
            Ok(Some((_, of))) if of == self.archive.holder_key(holder) => {}
            Ok(_) | Err(ArchiveError::Erased { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let Some(Found { report, .. }) = self.license(id, reader, now)? else { return Ok(None) };
        let pages = match report.clone().into_verified() {
            Ok(verified) => self.drawn(verified.claims(), (making, dpi), now)?,
            Err(_) => Err(PictureFault::NotPassed),
        };
        Ok(Some(LicensePictures { report, pages }))
    }

    fn drawn(
        &self,
        claims: &LicenseClaims,
        (making, dpi): (&DocumentMaking<'_>, u16),
        now: UnixTime,
    ) -> Result<Result<Vec<Vec<u8>>, PictureFault>, LookupError> {
        let Some(license_type) = self.license_type_at(claims.license_type(), now)? else {
            return Ok(Err(PictureFault::NoType));
        };
        let face = match face_of((&license_type, claims), None, making) {
            Ok(face) => face,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let seal = self.seal_image(&face, claims)?;
        let pages = (0..face.pages().len()).map(|page| face.png(page, dpi, seal.as_ref()));
        Ok(pages.collect::<Result<_, _>>().map_err(PictureFault::Face))
    }

    /// The picture of the seal that a license names, as it was when the license was issued: of the bytes whose digest stands in the
    /// trust list, if they are here and fit the place.
    pub(crate) fn seal_image(
        &self,
        face: &Face<'_>,
        claims: &LicenseClaims,
    ) -> Result<Option<SealImage>, LookupError> {
        let registry = self.registry();
        let Some((id, version)) = version_at_issue(registry.trust(), claims) else { return Ok(None) };
        let Some(record) = self.archive.seal_record(id)? else { return Ok(None) };
        let place = record.versions.iter().position(|kept| kept.digest == version.digest);
        let Some(place) = place else { return Ok(None) };
        let bytes = self.archive.seal_bytes(id, place)?.filter(|bytes| seal_digest(bytes) == version.digest);
        Ok(bytes.and_then(|bytes| image(face, &bytes)))
    }
}

/// The seal that a license names, if it is one of its issuer, as it was when the license was issued.
fn version_at_issue<'t>(
    trust: &'t TrustSnapshot,
    claims: &LicenseClaims,
) -> Option<(SealId, &'t SealVersion)> {
    let seal = trust.seal(claims.seal?).filter(|seal| seal.issuer == claims.issuer())?;
    Some((seal.id, seal.version_at(claims.issued_at)?))
}

fn image(face: &Face<'_>, seal: &[u8]) -> Option<SealImage> {
    let picture = Seal::read(seal, json::Reader::Ours).ok()?.info.picture;
    let side = |mm: u32| u8::try_from(mm).ok();
    let (width, height) = (side(picture.width_mm)?, side(picture.height_mm)?);
    // Without room for it the license is shown without it.
    face.seal_place(width, height).ok()?;
    SealImage::new(picture.data, width, height).ok()
}

#[cfg(test)]
mod tests {
    use boyin_model::register::Period;
    use boyin_model::trust::{TrustList, TrustedSeal};
    use boyin_suite::Algorithm;
    use boyin_testkit::prefecture::{Prefecture, since};

    use super::*;

    /// What the list says of the seal of a license; verification asks the same, and pictures do not rest on that.
    #[test]
    fn the_seal_is_one_of_the_issuer_as_it_was_at_the_issue() {
        let kit = Prefecture::new(Algorithm::Sm2);
        let license = kit.issue(&kit.draft("identity-card"));
        let verified =
            Prefecture::verifier().check(&license, &kit.world().context()).into_verified().unwrap();
        let mut claims = verified.claims().clone();
        let issued = claims.issued_at;
        let version = |digest: &str, from, until| SealVersion { digest: digest.to_owned(), from, until };
        let versions = vec![version("first", since(), Some(issued)), version("second", issued, None)];
        let seal = TrustedSeal { versions, ..kit.seal_entry() };
        let found = |claims: &LicenseClaims, seal: &TrustedSeal| {
            let trust = kit.trust(&TrustList { seals: vec![seal.clone()], ..kit.trust_list() });
            version_at_issue(&trust, claims).map(|(id, version)| (id, version.digest.clone()))
        };
        assert_eq!(found(&claims, &seal), None, "it names none");
        claims.seal = Some(seal.id);
        assert_eq!(found(&claims, &seal), Some((seal.id, "second".to_owned())));
        let of_another = TrustedSeal { issuer: kit.other.code, ..seal.clone() };
        assert_eq!(found(&claims, &of_another), None);
        let suspended = Period { from: since(), until: Some(issued) };
        let suspended = TrustedSeal { in_force: vec![suspended], ..seal.clone() };
        assert_eq!(found(&claims, &suspended), None);
        claims.issued_at = issued.minus(1);
        for seal in [&seal, &suspended] {
            assert_eq!(found(&claims, seal), Some((seal.id, "first".to_owned())));
        }
    }
}
