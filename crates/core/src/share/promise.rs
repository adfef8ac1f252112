//! Signed licenses that a client may fetch later, once.

use boyin_model::id::{CreditCode, HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::sharing::SharingScope;
use boyin_model::time::UnixTime;

use super::relation::related;
use super::{Answer, FaceForm, FileWish, Given, ShareFault, ShareQuery, SharedFile, SharedLicense};
use crate::access::{Client, Used};
use crate::lookup::Lookup;

/// A signed license, or its face, that was promised to a client. That it was is on the disk as a read of the holder's. Whether it is given is decided
/// anew, by the lists of then, when it is fetched, and no more than was promised.
#[derive(Clone)]
pub struct FilePromise {
    license: LicenseId,
    client: String,
    agency: CreditCode,
    item: String,
    purpose: String,
    fields: Vec<String>,
    copy_until: Option<UnixTime>,
    /// By whose leave: the code was used up when it was promised.
    code: Option<Used>,
    /// Of a face.
    form: Option<FaceForm>,
}

/// Prints nothing: it says whose license is fetched, and what for.
impl std::fmt::Debug for FilePromise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FilePromise(..)")
    }
}

impl FilePromise {
    pub(super) fn new(
        license: &LicenseId,
        given: &Given<'_>,
        code: Option<&Used>,
        (form, copy_until): (Option<FaceForm>, Option<UnixTime>),
    ) -> Self {
        let query = given.query;
        Self {
            license: license.clone(),
            client: query.client.id.clone(),
            agency: query.client.agency,
            item: query.item.to_owned(),
            purpose: query.purpose.to_owned(),
            fields: given.fields.clone(),
            copy_until,
            code: code.cloned(),
            form,
        }
    }

    /// In which form the face was promised; `None` if it is the signed license.
    #[must_use]
    pub fn form(&self) -> Option<FaceForm> {
        self.form
    }

    /// The first instant at which the copy is not used any more; `None` if nobody said one. Of a face there is always one.
    #[must_use]
    pub fn copy_until(&self) -> Option<UnixTime> {
        self.copy_until
    }
}

impl Lookup {
    /// Promises the signed form of one license, if it may be given now.
    ///
    /// # Errors
    /// As [`share_license`](Self::share_license); [`ShareFault::FileWithheld`], [`ShareFault::NotPassed`] within.
    pub fn promise_file(&self, id: &LicenseId, query: &ShareQuery<'_>, now: UnixTime) -> Answer<FilePromise> {
        let query = ShareQuery { file: FileWish::Later, ..*query };
        self.of_license(id, &query, now, |given, code| {
            let shown = self.share_one(id, given, code, now)?;
            Ok(shown.map(|shown| FilePromise::new(id, given, code, (None, shown.copy_until))))
        })
    }

    /// Promises the signed form of each license of one type of a holder of which it may be given, newest filing first; empty if there
    /// are no licenses of the type.
    ///
    /// # Errors
    /// As [`share_holder`](Self::share_holder); if there are some, and it may be given of none, [`ShareFault::FileWithheld`] or
    /// [`ShareFault::NotPassed`] within, as of the newest.
    pub fn promise_files(
        &self,
        holder: &HolderCode,
        license_type: LicenseTypeCode,
        query: &ShareQuery<'_>,
        now: UnixTime,
    ) -> Answer<Vec<FilePromise>> {
        let query = ShareQuery { file: FileWish::Later, ..*query };
        self.of_holder(holder, license_type, &query, now, |given, code| {
            let shown = self.share_file(holder, given, code, now)?;
            let may = shown.iter().filter(|(_, shown)| matches!(shown.file, SharedFile::Given(_)));
            let promised = may.map(|(id, shown)| FilePromise::new(id, given, code, (None, shown.copy_until)));
            let promised: Vec<_> = promised.collect();
            let fault = shown.iter().find_map(|(_, shown)| shown.fault(query.file));
            Ok(fault.filter(|_| promised.is_empty()).map_or(Ok(promised), Err))
        })
    }

    /// What was promised to this client. Each call is a read: that a promise is kept once is up to whoever keeps promises.
    ///
    /// # Errors
    /// As [`share_license`](Self::share_license); [`ShareFault::NotFound`] within for any other client, and for what was promised as a
    /// face.
    pub fn share_promised(
        &self,
        promise: &FilePromise,
        client: &Client,
        now: UnixTime,
    ) -> Answer<SharedLicense> {
        if promise.form.is_some() {
            return Ok(Err(ShareFault::NotFound));
        }
        self.of_promise(promise, client, now, |id, given, code| self.share_one(id, given, code, now))
    }

    /// Decides anew whether what was promised to this client may be given, and does the rest.
    pub(super) fn of_promise<T>(
        &self,
        promise: &FilePromise,
        client: &Client,
        now: UnixTime,
        rest: impl FnOnce(&LicenseId, &Given<'_>, Option<&Used>) -> Answer<T>,
    ) -> Answer<T> {
        if client.id != promise.client || client.agency != promise.agency {
            return Ok(Err(ShareFault::NotFound));
        }
        let fields: Vec<_> = promise.fields.iter().map(String::as_str).collect();
        let query = ShareQuery {
            client,
            item: &promise.item,
            purpose: &promise.purpose,
            fields: Some(&fields),
            authorization: None,
            file: FileWish::Alone,
            number: None,
            copy_until: promise.copy_until,
        };
        let id = &promise.license;
        let given = match self.given(id.license_type(), &query, now)? {
            Ok(given) => given,
            Err(fault) => return Ok(Err(fault)),
        };
        if !related(given.scope, client.agency, id.issuer()) {
            return Ok(Err(ShareFault::OtherRelation));
        }
        if given.scope == SharingScope::ThirdParty && promise.code.is_none() {
            return Ok(Err(ShareFault::NotAuthorized));
        }
        rest(id, &given, promise.code.as_ref())
    }
}
