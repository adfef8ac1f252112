//! What systems of agencies are given of licenses: nothing but what the sharing list names, for the item and purpose that they
//! say, and on the disk as a read of the holder's before it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use boyin_archive::{ActError, Cursor, HolderKey, LicenseRecord, MAX_PAGE, Read, ReadOf, Reader};
use boyin_model::credential::{FieldValue, METADATA};
use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::sharing::{ShareRefusal, ShareRequest, Shared, SharingScope, sharing_decision};
use boyin_model::time::UnixTime;
use boyin_verify::{Report, Verdict};

use crate::access::{Asked, Authorization, Authorizations, Client, Used};
use crate::error::LookupError;
use crate::lookup::{Lookup, read_of};
use crate::webhook::IDENTIFIER;

mod check;
mod disclose;
mod faces;
mod lists;
mod look;
mod marks;
mod promise;
mod relation;
mod until;

pub use self::check::{CertCheck, Compared, SharedStatement};
use self::disclose::{Disclosed, disclose};
pub use self::faces::{CopyMaking, FaceForm, SHARED_COPY_DAYS};
pub(crate) use self::lists::SharedBy;
use self::lists::SharingLists;
use self::look::OfType;
pub use self::marks::{LicenseMarks, StatusMark};
pub use self::promise::FilePromise;
use self::relation::related;
use self::until::copy_ends;

/// Licenses of one type of one holder that are given in one answer; of more, the newest.
pub const MAX_SHARED_LICENSES: usize = 100;

/// Who asks, for which service item, what for, and for how much.
#[derive(Clone, Copy, Debug)]
pub struct ShareQuery<'q> {
    /// Who asks.
    pub client: &'q Client,
    /// Code of the service item.
    pub item: &'q str,
    /// What for.
    pub purpose: &'q str,
    /// Names of fields; all that are given, if `None`.
    pub fields: Option<&'q [&'q str]>,
    /// A code of the holder, and the codes that are open.
    pub authorization: Option<(&'q Authorizations, &'q str)>,
    /// Whether the signed license is asked for.
    pub file: FileWish,
    /// Of a holder's licenses those with this number only; none, if numbers are not given.
    pub number: Option<&'q str>,
    /// The first instant at which the copy that is asked for is not used any more, if the client says one. It is not used for longer than
    /// [`MAX_COPY_DAYS`](crate::MAX_COPY_DAYS) from now, nor than its license lasts, whatever is said.
    pub copy_until: Option<UnixTime>,
}

/// Whether the signed license is asked for with its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileWish {
    /// It is not.
    No,
    /// It is, as far as it may be given.
    Beside,
    /// It is, and nothing else: without it nothing is given, nor of a license that does not pass, for no verdict stands beside it.
    Alone,
    /// It is, alone, at another time: whether it may be given is said now.
    Later,
}

/// A license as it is given.
#[derive(Clone, Debug)]
pub struct SharedLicense {
    /// The fields that it has of those that are given.
    pub fields: BTreeMap<String, FieldValue>,
    /// Names of GB/T 36903 (`KZ_…`) of those fields that the type has beside the metadata, as the catalog in force has them; none that
    /// [documents have for something else](boyin_model::catalog::LicenseType::pinyin_clash).
    pub pinyin: BTreeMap<String, String>,
    /// Its verification, over the bytes of [`Self::file`] where they are given.
    pub report: Report,
    /// The signed license that discloses these fields and no others.
    pub file: SharedFile,
    /// The first instant at which its copy is not used any more, if the client says one.
    pub copy_until: Option<UnixTime>,
}

/// The signed license, as far as it was asked for and may be given.
#[derive(Clone, PartialEq, Eq)]
pub enum SharedFile {
    /// It was not asked for.
    NotAsked,
    /// The compact serialization.
    Given(Vec<u8>),
    /// More stands in it in the open than is given: these fields.
    Withheld(Vec<String>),
    /// It was asked for alone, and does not pass now.
    NotPassed,
}

/// Shows which one only.
impl std::fmt::Debug for SharedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotAsked => "NotAsked",
            Self::Given(_) => "Given(..)",
            Self::Withheld(_) => "Withheld(..)",
            Self::NotPassed => "NotPassed",
        })
    }
}

/// Why nothing is given. Each but [`Self::NotFound`] and those after it, which are told to those only who would be given it, is the same
/// whether or not there is such a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareFault {
    /// The lists say no.
    #[error(transparent)]
    Refused(ShareRefusal),
    /// The client is not registered for this kind of sharing.
    #[error("the client is not registered for the kind of sharing of this entry")]
    KindNotGranted,
    /// Agency and issuer do not stand to each other as the kind of sharing says.
    #[error("agency and issuer are not those of this kind of sharing")]
    OtherRelation,
    /// A code of the holder is needed, or the one that came is not good for this.
    #[error(
        "a code of the holder is needed that was made for this agency, type, item and purpose, and not used"
    )]
    NotAuthorized,
    /// There is no such license.
    #[error("there is no such license")]
    NotFound,
    /// There is one, of which only the signed form was asked for, and that shows more.
    #[error("more stands in the license in the open than is given")]
    FileWithheld,
    /// There is one, of which only its face was asked for, and that shows more.
    #[error("a face shows every field of a license, and fewer are given: ask for the fields")]
    FaceWithheld,
    /// There is one, of which only the signed form or its face was asked for, and it does not pass now.
    #[error("the license does not pass now: no copy is made of it")]
    NotPassed,
    /// A picture of its face was asked for, which has several pages.
    #[error("the face has several pages: ask for pdf")]
    FacePages,
    /// Its face cannot be drawn with these words, this font and these templates.
    #[error(
        "the face cannot be drawn: the font lacks a character of the license or of what was said, or something has no room"
    )]
    FaceUndrawn,
}

impl ShareFault {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::KindNotGranted => "kind_not_granted",
            Self::OtherRelation => "other_relation",
            Self::NotAuthorized => "not_authorized",
            Self::NotFound => "not_found",
            Self::FileWithheld => "file_withheld",
            Self::FaceWithheld => "face_withheld",
            Self::NotPassed => "license_not_passed",
            Self::FacePages => "face_pages",
            Self::FaceUndrawn => "face_undrawn",
        }
    }
}

/// What may be given to whom, before it is known whether there is anything.
struct Given<'q> {
    reader: Reader,
    fields: Vec<String>,
    scope: SharingScope,
    query: &'q ShareQuery<'q>,
    license_type: LicenseTypeCode,
    /// By which it is given.
    lists: Arc<SharingLists>,
}

type Answer<T> = Result<Result<T, ShareFault>, LookupError>;

impl Lookup {
    /// What stands for a holder in indexes and [authorizations](crate::access::Authorization).
    #[must_use]
    pub fn holder_key(&self, holder: &HolderCode) -> HolderKey {
        self.archive.holder_key(holder)
    }

    /// Fields of one license.
    ///
    /// # Errors
    /// [`ShareFault`] within if nothing is given; [`LookupError`]; [`LookupError::Spool`] if the read could not be recorded.
    pub fn share_license(
        &self,
        id: &LicenseId,
        query: &ShareQuery<'_>,
        now: UnixTime,
    ) -> Answer<SharedLicense> {
        self.of_license(id, query, now, |given, code| self.share_one(id, given, code, now))
    }

    /// Decides what may be given of one license, uses up the code that came with the question, and does the rest.
    fn of_license<T>(
        &self,
        id: &LicenseId,
        query: &ShareQuery<'_>,
        now: UnixTime,
        rest: impl FnOnce(&Given<'_>, Option<&Used>) -> Answer<T>,
    ) -> Answer<T> {
        let given = match self.given(id.license_type(), query, now)? {
            Ok(given) => given,
            Err(fault) => return Ok(Err(fault)),
        };
        if !related(given.scope, query.client.agency, id.issuer()) {
            return Ok(Err(ShareFault::OtherRelation));
        }
        self.with_code(&given, now, |code| rest(&given, code))
    }

    /// A license and whose it is, for somebody who may be given something of it.
    fn found(
        &self,
        id: &LicenseId,
        given: &Given<'_>,
        code: Option<&Used>,
        now: UnixTime,
    ) -> Answer<(LicenseRecord, HolderKey)> {
        let found = match self.archive.get_with_holder(id) {
            // Of what was erased strangers are not told that it has been.
            Err(boyin_archive::ArchiveError::Erased { .. }) => None,
            found => found?,
        };
        // The answer to a code of somebody else is the same where there is nothing.
        let holder = found.as_ref().map(|(_, holder)| *holder);
        if let Some(used) = code.filter(|used| Some(used.holder()) != holder) {
            return self.code_wasted(given, used, now);
        }
        Ok(found.ok_or(ShareFault::NotFound))
    }

    fn share_one(
        &self,
        id: &LicenseId,
        given: &Given<'_>,
        code: Option<&Used>,
        now: UnixTime,
    ) -> Answer<SharedLicense> {
        let (record, holder) = match self.found(id, given, code, now)? {
            Ok(found) => found,
            Err(fault) => return Ok(Err(fault)),
        };
        let shown = self.show(&record, given, now);
        self.keep(&[given.read(&record, holder, shown.deed(given.query.file), code, now)])?;
        Ok(shown.fault(given.query.file).map_or(Ok(shown), Err))
    }

    /// Fields of the licenses of one type of one holder, newest filing first; empty if there are none.
    ///
    /// # Errors
    /// As [`share_license`](Self::share_license); [`LookupError::HolderTooLarge`], once it is recorded who asked.
    pub fn share_holder(
        &self,
        holder: &HolderCode,
        license_type: LicenseTypeCode,
        query: &ShareQuery<'_>,
        now: UnixTime,
    ) -> Answer<Vec<SharedLicense>> {
        self.of_holder(holder, license_type, query, now, |given, code| {
            let shown = self.share_file(holder, given, code, now)?;
            Ok(Ok(shown.into_iter().map(|(_, shown)| shown).collect()))
        })
    }

    /// [`of_license`](Self::of_license) for the licenses of one type of a holder.
    fn of_holder<T>(
        &self,
        holder: &HolderCode,
        license_type: LicenseTypeCode,
        query: &ShareQuery<'_>,
        now: UnixTime,
        rest: impl FnOnce(&Given<'_>, Option<&Used>) -> Answer<T>,
    ) -> Answer<T> {
        let given = match self.given(license_type, query, now)? {
            Ok(given) => given,
            Err(fault) => return Ok(Err(fault)),
        };
        self.with_code_of(&given, self.holder_key(holder), now, |code| rest(&given, code))
    }

    /// Each license with its identifier.
    fn share_file(
        &self,
        holder: &HolderCode,
        given: &Given<'_>,
        code: Option<&Used>,
        now: UnixTime,
    ) -> Result<Vec<(LicenseId, SharedLicense)>, LookupError> {
        let (query, key) = (given.query, self.holder_key(holder));
        // A number that is not given is not compared either: nothing is right then.
        let blind = query.number.is_some() && !given.fields.iter().any(|name| name == "license_number");
        let right =
            |record: &LicenseRecord| !blind && query.number.is_none_or(|number| number == record.number);
        let OfType { records, whole, .. } = self.of_type(holder, given, right)?;
        if !whole && records.len() < MAX_SHARED_LICENSES {
            self.keep(&[given.read_of_nothing(key, "too many to look through, nothing given", code, now)])?;
            return Err(LookupError::HolderTooLarge);
        }
        let shown: Vec<_> = records.iter().map(|record| self.show(record, given, now)).collect();
        let deeds = shown.iter().map(|shown| shown.deed(query.file));
        self.keep_all(given, records.iter().zip(deeds), key, "nothing given", code, now)?;
        Ok(records.into_iter().map(|record| record.id).zip(shown).collect())
    }

    /// Uses up the code that came with the question, if one did, and does the rest. Asked before anything of anybody's is read: how
    /// long the answer takes tells those who have none nothing.
    ///
    /// Where the rest fails, nothing was told and maybe nothing recorded: the code is then open again, so that none is used up without
    /// its holder seeing it.
    fn with_code<T>(
        &self,
        given: &Given<'_>,
        now: UnixTime,
        rest: impl FnOnce(Option<&Used>) -> Answer<T>,
    ) -> Answer<T> {
        let Some((open, code)) = given.query.authorization else {
            // Whoever serves the public serves by law; everybody else by the holder's leave.
            let needed = given.scope == SharingScope::ThirdParty;
            return if needed { Ok(Err(ShareFault::NotAuthorized)) } else { rest(None) };
        };
        let asked = Asked {
            agency: given.query.client.agency,
            license_type: given.license_type,
            item: given.query.item,
            purpose: given.query.purpose.trim(),
        };
        let Some(used) = open.take(code, &asked, now) else { return Ok(Err(ShareFault::NotAuthorized)) };
        let done = if used.right { rest(Some(&used)) } else { self.code_wasted(given, &used, now) };
        if done.is_err() {
            open.put_back(&used);
        } else {
            open.used_up(&used);
        }
        done
    }

    /// [`with_code`](Self::with_code) where it is known whose licenses are asked for.
    fn with_code_of<T>(
        &self,
        given: &Given<'_>,
        holder: HolderKey,
        now: UnixTime,
        rest: impl FnOnce(Option<&Used>) -> Answer<T>,
    ) -> Answer<T> {
        self.with_code(given, now, |code| match code {
            Some(used) if used.holder() != holder => self.code_wasted(given, used, now),
            code => rest(code),
        })
    }

    /// Whose code it was sees that it was used up for something else.
    fn code_wasted<T>(&self, given: &Given<'_>, used: &Used, now: UnixTime) -> Answer<T> {
        let deed = "code used up, nothing given";
        self.keep(&[given.read_of_nothing(used.holder(), deed, Some(used), now)])?;
        Ok(Err(ShareFault::NotAuthorized))
    }

    /// Records that a clerk, `reader`, makes a code of a holder: the holder sees for which agency, type and item, before it is told.
    ///
    /// # Errors
    /// [`LookupError::Spool`]: make none.
    pub fn code_made(&self, of: &Authorization, reader: &Reader, now: UnixTime) -> Result<(), LookupError> {
        let told = format!("{} code made for {}, {}", of.item, of.agency, of.license_type);
        self.keep(&[read_of(reader, now, ReadOf::NothingShared { told }, of.holder)])
    }

    fn given<'q>(
        &self,
        license_type: LicenseTypeCode,
        query: &'q ShareQuery<'q>,
        now: UnixTime,
    ) -> Answer<Given<'q>> {
        let client = query.client;
        let reader = match Reader::new(client.who(), client.agency, query.purpose.trim()) {
            Ok(reader) => reader,
            Err(ActError::Who | ActError::Purpose | ActError::IdempotencyKey | _) => {
                return Ok(Err(ShareFault::Refused(ShareRefusal::Purpose)));
            }
        };
        let lists = self.sharing_lists(now)?;
        let known = lists.catalog.entry(license_type).map(|entry| &entry.license_type);
        let of_type = known.iter().flat_map(|known| known.fields.iter().map(|field| field.name.as_str()));
        let all: Vec<_> = METADATA.iter().map(|term| term.claim).chain(of_type).collect();
        let request = ShareRequest {
            agency: client.agency,
            item: query.item,
            license_type,
            fields: query.fields.unwrap_or(&all),
            at: now,
            purpose: query.purpose,
        };
        let Shared { fields, scope, .. } = match sharing_decision(&lists.sharing, &lists.catalog, &request) {
            Ok(shared) => shared,
            Err(refusal) => return Ok(Err(ShareFault::Refused(refusal))),
        };
        if !client.sharing.contains(&scope) {
            return Ok(Err(ShareFault::KindNotGranted));
        }
        Ok(Ok(Given { reader, fields, scope, query, license_type, lists }))
    }

    /// The holder's licenses of the type whose issuers share with the agency in this way, and that are `right`.
    fn of_type(
        &self,
        holder: &HolderCode,
        given: &Given<'_>,
        right: impl Fn(&LicenseRecord) -> bool,
    ) -> Result<OfType<LicenseRecord>, LookupError> {
        let part = |cursor: Option<&Cursor>| {
            let page = self.archive.list_by_holder(holder, cursor, MAX_PAGE)?;
            Ok::<_, LookupError>((page.items, page.next))
        };
        let of_type = |record: &LicenseRecord| {
            record.id.license_type() == given.license_type
                && related(given.scope, given.query.client.agency, record.id.issuer())
        };
        OfType::look(part, of_type, right)
    }

    /// Keeps what was done with each license; if there is none, what `none` says.
    fn keep_all<'r>(
        &self,
        given: &Given<'_>,
        records: impl Iterator<Item = (&'r LicenseRecord, &'static str)>,
        holder: HolderKey,
        none: &str,
        code: Option<&Used>,
        now: UnixTime,
    ) -> Result<(), LookupError> {
        let mut reads: Vec<_> =
            records.map(|(record, deed)| given.read(record, holder, deed, code, now)).collect();
        if reads.is_empty() {
            // That there is nothing is an answer about the holder too.
            reads.push(given.read_of_nothing(holder, none, code, now));
        }
        self.keep(&reads)
    }

    fn show(&self, record: &LicenseRecord, given: &Given<'_>, now: UnixTime) -> SharedLicense {
        let Disclosed { fields, file, open, .. } = disclose(&record.credential, &given.fields);
        let report = self.verify(file.as_ref().unwrap_or(&record.credential), now);
        let passed = report.verdict() == Verdict::Passed;
        let file = match (given.query.file, file) {
            (FileWish::No, _) => SharedFile::NotAsked,
            (FileWish::Beside | FileWish::Alone | FileWish::Later, None) => SharedFile::Withheld(open),
            (FileWish::Alone | FileWish::Later, Some(_)) if !passed => SharedFile::NotPassed,
            (FileWish::Beside | FileWish::Alone | FileWish::Later, Some(file)) => SharedFile::Given(file),
        };
        let known = given.lists.catalog.entry(given.license_type).map(|entry| &entry.license_type);
        let pinyin = |name: &String| {
            let known = known.filter(|known| known.pinyin_clash(name).is_none())?;
            Some((name.clone(), known.field(name)?.pinyin.clone()))
        };
        let pinyin = fields.keys().filter_map(pinyin).collect();
        SharedLicense { fields, pinyin, report, file, copy_until: given.copy_until(record, now) }
    }
}

impl SharedLicense {
    /// What is done with it, as events say it.
    fn deed(&self, wish: FileWish) -> &'static str {
        match (&self.file, wish) {
            (SharedFile::Withheld(_), FileWish::Alone | FileWish::Later) | (SharedFile::NotPassed, _) => {
                "file withheld"
            }
            (SharedFile::Given(_), FileWish::Later) => "file promised",
            (SharedFile::Given(_), FileWish::No | FileWish::Beside | FileWish::Alone) => "given with file",
            (SharedFile::NotAsked | SharedFile::Withheld(_), _) => "given",
        }
    }

    /// Why it is not given, where its file was asked for alone.
    fn fault(&self, wish: FileWish) -> Option<ShareFault> {
        match (&self.file, wish) {
            (SharedFile::Withheld(_), FileWish::Alone | FileWish::Later) => Some(ShareFault::FileWithheld),
            (SharedFile::NotPassed, _) => Some(ShareFault::NotPassed),
            (SharedFile::NotAsked | SharedFile::Given(_) | SharedFile::Withheld(_), _) => None,
        }
    }
}

impl Given<'_> {
    fn read(
        &self,
        record: &LicenseRecord,
        holder: HolderKey,
        deed: &str,
        code: Option<&Used>,
        now: UnixTime,
    ) -> Read {
        let told = format!("{} {deed}; {}", self.query.item, self.told(self.copy_until(record, now), code));
        read_of(&self.reader, now, ReadOf::Shared { license: record.id.clone(), told }, holder)
    }

    /// That a holder was asked about of whom nothing is given.
    fn read_of_nothing(&self, holder: HolderKey, deed: &str, code: Option<&Used>, now: UnixTime) -> Read {
        let told = self.told(self.query.copy_until, code);
        let told = format!("{} {deed}, {}; {told}", self.query.item, self.license_type);
        read_of(&self.reader, now, ReadOf::NothingShared { told }, holder)
    }

    /// The first instant at which a copy of this license is not used any more, if the client says one.
    fn copy_until(&self, record: &LicenseRecord, now: UnixTime) -> Option<UnixTime> {
        self.query.copy_until.map(|asked| copy_ends(asked, record.valid_until, now))
    }

    fn told(&self, until: Option<UnixTime>, code: Option<&Used>) -> String {
        let mut fields: Vec<_> = self.fields.iter().map(String::as_str).collect();
        // First: by it a webhook knows who is told of the license.
        fields.sort_by_key(|name| *name != IDENTIFIER);
        terms(until, code) + &fields.join(",")
    }
}

/// Until when and by whose leave. It stands before the fields: what is cut off is names.
fn terms(until: Option<UnixTime>, code: Option<&Used>) -> String {
    let until = until.map(|until| format!("copy until {until}; ")).unwrap_or_default();
    let by = code.map(|used| format!("authorized by {}; ", used.by())).unwrap_or_default();
    until + &by
}
