//! Annotated copies (加注件) of faces of licenses. They are not sealed: no private key is here.

use boyin_archive::LicenseRecord;
use boyin_face::{Annotation, Face, SealImage};
use boyin_model::credential::LicenseClaims;
use boyin_model::id::LicenseId;
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use boyin_verify::Verified;

use super::disclose::{Disclosed, disclose};
use super::{Answer, FilePromise, Given, ShareFault, ShareQuery};
use crate::access::{Client, Used};
use crate::document::DocumentMaking;
use crate::faces::face_of;
use crate::lookup::Lookup;

/// Days for which an annotated copy may be used, unless the client says until when.
pub const SHARED_COPY_DAYS: u64 = 7;

/// In which form the face of a license is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaceForm {
    /// A picture (PNG) of its one page.
    Png,
    /// PDF/A-3b, with the signed license in it.
    Pdf,
}

/// How an annotated copy is made.
#[derive(Clone, Copy, Debug)]
pub struct CopyMaking<'m> {
    /// The form.
    pub form: FaceForm,
    /// Dots to the inch of a picture, 72 to 300.
    pub dpi: u16,
    /// Font, templates and emblem.
    pub making: DocumentMaking<'m>,
}

impl CopyMaking<'_> {
    fn written(
        &self,
        face: &Face<'_>,
        credential: &[u8],
        seal: Option<&SealImage>,
    ) -> Result<Vec<u8>, ShareFault> {
        let written = match self.form {
            FaceForm::Png if face.pages().len() > 1 => return Err(ShareFault::FacePages),
            FaceForm::Png => face.png(0, self.dpi, seal),
            FaceForm::Pdf => face.pdf(credential, seal),
        };
        written.map_err(|_| ShareFault::FaceUndrawn)
    }
}

impl Lookup {
    /// The face of one license, annotated with what for, for which agency and until when: [`ShareQuery::copy_until`], or
    /// [`SHARED_COPY_DAYS`] from now on, but not longer than the license lasts. A face shows every field: it is given where every field is.
    ///
    /// # Errors
    /// As [`share_license`](Self::share_license); [`ShareFault::FaceWithheld`], [`ShareFault::NotPassed`],
    /// [`ShareFault::FacePages`], [`ShareFault::FaceUndrawn`] within.
    pub fn share_face(
        &self,
        id: &LicenseId,
        query: &ShareQuery<'_>,
        copy: &CopyMaking<'_>,
        now: UnixTime,
    ) -> Answer<Vec<u8>> {
        self.of_license(id, &ending(query, now), now, |given, code| self.face_one(id, given, code, copy, now))
    }

    /// Promises the face of one license, if it may be given now. It is drawn when it is fetched.
    ///
    /// # Errors
    /// As [`share_face`](Self::share_face).
    pub fn promise_face(
        &self,
        id: &LicenseId,
        query: &ShareQuery<'_>,
        form: FaceForm,
        now: UnixTime,
    ) -> Answer<FilePromise> {
        self.of_license(id, &ending(query, now), now, |given, code| {
            let (record, holder) = match self.found(id, given, code, now)? {
                Ok(found) => found,
                Err(fault) => return Ok(Err(fault)),
            };
            let may = self.whole_and_passed(&record, given, now);
            let deed = if may.is_ok() { "copy promised" } else { "copy withheld" };
            self.keep(&[given.read(&record, holder, deed, code, now)])?;
            let until = given.copy_until(&record, now);
            Ok(may.map(|_| FilePromise::new(id, given, code, (Some(form), until))))
        })
    }

    /// The face that was promised to this client; see [`share_promised`](Self::share_promised).
    ///
    /// # Errors
    /// As [`share_face`](Self::share_face); [`ShareFault::NotFound`] within for any other client, and for another form than the promised.
    pub fn share_promised_face(
        &self,
        promise: &FilePromise,
        client: &Client,
        copy: &CopyMaking<'_>,
        now: UnixTime,
    ) -> Answer<Vec<u8>> {
        if promise.form() != Some(copy.form) {
            return Ok(Err(ShareFault::NotFound));
        }
        self.of_promise(promise, client, now, |id, given, code| self.face_one(id, given, code, copy, now))
    }

    fn face_one(
        &self,
        id: &LicenseId,
        given: &Given<'_>,
        code: Option<&Used>,
        copy: &CopyMaking<'_>,
        now: UnixTime,
    ) -> Answer<Vec<u8>> {
        let (record, holder) = match self.found(id, given, code, now)? {
            Ok(found) => found,
            Err(fault) => return Ok(Err(fault)),
        };
        let drawn = self.copied(&record, given, copy, now)?;
        let deed = if drawn.is_ok() { "copy given" } else { "copy withheld" };
        self.keep(&[given.read(&record, holder, deed, code, now)])?;
        Ok(drawn)
    }

    fn copied(
        &self,
        record: &LicenseRecord,
        given: &Given<'_>,
        copy: &CopyMaking<'_>,
        now: UnixTime,
    ) -> Answer<Vec<u8>> {
        let (verified, file) = match self.whole_and_passed(record, given, now) {
            Ok(found) => found,
            Err(fault) => return Ok(Err(fault)),
        };
        let (claims, until) = (verified.claims(), given.copy_until(record, now));
        let face = match annotated(claims, given, copy, (now, until)) {
            Ok(face) => face,
            Err(fault) => return Ok(Err(fault)),
        };
        let seal = self.seal_image(&face, claims)?;
        Ok(copy.written(&face, &file, seal.as_ref()))
    }

    /// The license, if everything in it is given and it passes now.
    fn whole_and_passed(
        &self,
        record: &LicenseRecord,
        given: &Given<'_>,
        now: UnixTime,
    ) -> Result<(Verified, Vec<u8>), ShareFault> {
        let Disclosed { file, whole, .. } = disclose(&record.credential, &given.fields);
        let file = file.filter(|_| whole).ok_or(ShareFault::FaceWithheld)?;
        let verified = self.verify(&file, now).into_verified().map_err(|_| ShareFault::NotPassed)?;
        Ok((verified, file))
    }
}

/// The question, with the instant until which the copy may be used.
fn ending<'q>(query: &ShareQuery<'q>, now: UnixTime) -> ShareQuery<'q> {
    let until = query.copy_until.unwrap_or_else(|| now.plus(SHARED_COPY_DAYS * SECONDS_PER_DAY));
    ShareQuery { copy_until: Some(until), ..*query }
}

fn annotated<'m>(
    claims: &LicenseClaims,
    given: &Given<'_>,
    copy: &CopyMaking<'m>,
    (now, until): (UnixTime, Option<UnixTime>),
) -> Result<Face<'m>, ShareFault> {
    let undrawn = ShareFault::FaceUndrawn;
    let query = given.query;
    let entry = given.lists.catalog.entry(given.license_type).ok_or(undrawn)?;
    let mut shared = given.lists.sharing.entries.iter();
    let agency = shared.find(|entry| {
        (entry.agency, entry.item.as_str(), entry.license_type)
            == (query.client.agency, query.item, given.license_type)
    });
    let agency = agency.map(|entry| entry.agency_name.as_str()).ok_or(undrawn)?;
    let until = until.ok_or(undrawn)?;
    let annotation = Annotation::new(query.purpose.trim(), agency, now, until).map_err(|_| undrawn)?;
    face_of((&entry.license_type, claims), Some(annotation), &copy.making).map_err(|_| undrawn)
}
