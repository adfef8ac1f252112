//! What systems of agencies are given of licenses: nothing but what the sharing list names, for the item and purpose that they
//! say, and on the disk as a read of the holder's before it is shown.

use std::collections::BTreeMap;

use boyin_archive::{ActError, Cursor, HolderKey, LicenseRecord, MAX_PAGE, Read, ReadOf, Reader};
use boyin_model::credential::{Envelope, FieldValue, Hidden, METADATA, Revealed, Term};
use boyin_model::id::{CreditCode, HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::json::{self, Value};
use boyin_model::sharing::{ShareRefusal, ShareRequest, Shared, SharingScope, sharing_decision};
use boyin_model::time::UnixTime;
use boyin_suite::all_jws;
use boyin_verify::{Reason, Report, Verdict};

use crate::access::{Asked, Authorizations, Client, Used};
use crate::error::LookupError;
use crate::lookup::{Lookup, read_of};

mod lists;
mod look;

pub(crate) use self::lists::SharingLists;
use self::look::OfType;

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
}

/// Whether the signed license is asked for with its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileWish {
    /// It is not.
    No,
    /// It is, as far as it may be given.
    Beside,
    /// It is, and nothing else: without it nothing is given.
    Alone,
}

/// A license as it is given.
#[derive(Clone, Debug)]
pub struct SharedLicense {
    /// The fields that it has of those that are given.
    pub fields: BTreeMap<String, FieldValue>,
    /// Its verification, over the bytes of [`Self::file`].
    pub report: Report,
    /// The signed license that discloses these fields and no others.
    pub file: SharedFile,
}

/// The signed license, as far as it may be given.
#[derive(Clone, PartialEq, Eq)]
pub enum SharedFile {
    /// The compact serialization.
    Given(Vec<u8>),
    /// More stands in it in the open than is given: these fields.
    Withheld(Vec<String>),
}

/// Shows which one only.
impl std::fmt::Debug for SharedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Given(_)) { "Given(..)" } else { "Withheld(..)" })
    }
}

/// What somebody says of a license of a holder, to be compared.
#[derive(Clone, Copy)]
pub struct SharedStatement<'s> {
    /// Whose it is.
    pub holder: &'s HolderCode,
    /// Of which type.
    pub license_type: LicenseTypeCode,
    /// Its number.
    pub number: Option<&'s str>,
    /// The holder's name.
    pub name: Option<&'s str>,
}

/// Prints nothing: it names a person.
impl std::fmt::Debug for SharedStatement<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedStatement(..)")
    }
}

/// What comparing found (GB/T 36906, verifyCertInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertCheck {
    /// Right, and in force.
    InForce,
    /// Right, and not in force yet.
    NotYet,
    /// Right, and suspended.
    Suspended,
    /// Right, and no longer in force.
    NoLonger,
    /// The holder has none of this type.
    NotFound,
    /// Something is not as it was said, or the license itself is not good.
    PartlyWrong,
    /// Right, but whether it is in force cannot be said now.
    Undecided,
}

impl CertCheck {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::NotYet => "not_yet",
            Self::Suspended => "suspended",
            Self::NoLonger => "no_longer",
            Self::NotFound => "not_found",
            Self::PartlyWrong => "partly_wrong",
            Self::Undecided => "undecided",
        }
    }

    /// What a verdict on a license says whose content is as it was said.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::InForce,
            Verdict::Failed(Reason::NotYetValid) => Self::NotYet,
            Verdict::Failed(Reason::Suspended) => Self::Suspended,
            Verdict::Failed(Reason::Revoked | Reason::Expired | Reason::Superseded) => Self::NoLonger,
            Verdict::Failed(_) => Self::PartlyWrong,
            Verdict::Indeterminate(_) => Self::Undecided,
        }
    }
}

/// Why nothing is given. Each but [`Self::NotFound`] and [`Self::FileWithheld`], which are told to those only who would be given it, is
/// the same whether or not there is such a license.
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
        let given = match self.given(id.license_type(), query, now)? {
            Ok(given) => given,
            Err(fault) => return Ok(Err(fault)),
        };
        if !related(given.scope, query.client.agency, id.issuer()) {
            return Ok(Err(ShareFault::OtherRelation));
        }
        let code = match self.code_used(&given, now)? {
            Ok(code) => code,
            Err(fault) => return Ok(Err(fault)),
        };
        let found = match self.archive.get_with_holder(id) {
            // Of what was erased strangers are not told that it has been.
            Err(boyin_archive::ArchiveError::Erased { .. }) => None,
            found => found?,
        };
        // The answer to a code of somebody else is the same where there is nothing.
        let holder = found.as_ref().map(|(_, holder)| *holder);
        let by = match self.by_code(&given, code, holder, now)? {
            Ok(by) => by,
            Err(fault) => return Ok(Err(fault)),
        };
        let Some((record, holder)) = found else { return Ok(Err(ShareFault::NotFound)) };
        let shown = self.show(&record, &given.fields, now);
        let withheld = query.file == FileWish::Alone && matches!(shown.file, SharedFile::Withheld(_));
        let deed = if withheld { "file withheld" } else { shown.deed(query.file) };
        self.keep(&[given.read(&record, holder, deed, by.as_deref(), now)])?;
        Ok(if withheld { Err(ShareFault::FileWithheld) } else { Ok(shown) })
    }

    /// Fields of the licenses of one type of one holder, newest filing first; empty if there are none.
    ///
    /// # Errors
    /// As [`share_license`](Self::share_license).
    pub fn share_holder(
        &self,
        holder: &HolderCode,
        license_type: LicenseTypeCode,
        query: &ShareQuery<'_>,
        now: UnixTime,
    ) -> Answer<Vec<SharedLicense>> {
        let given = match self.given(license_type, query, now)? {
            Ok(given) => given,
            Err(fault) => return Ok(Err(fault)),
        };
        let key = self.holder_key(holder);
        let by = match self.authorized(&given, key, now)? {
            Ok(by) => by,
            Err(fault) => return Ok(Err(fault)),
        };
        // A number that is not given is not compared either: nothing is right then.
        let blind = query.number.is_some() && !given.fields.iter().any(|name| name == "license_number");
        let right =
            |record: &LicenseRecord| !blind && query.number.is_none_or(|number| number == record.number);
        let OfType { records, whole, .. } = self.of_type(holder, &given, right)?;
        if !whole && records.len() < MAX_SHARED_LICENSES {
            return Err(LookupError::HolderTooLarge);
        }
        let shown: Vec<_> = records.iter().map(|record| self.show(record, &given.fields, now)).collect();
        let deeds: Vec<_> = shown.iter().map(|shown| shown.deed(query.file)).collect();
        self.keep_all(&given, records.iter().zip(deeds), key, "nothing given", by.as_deref(), now)?;
        Ok(Ok(shown))
    }

    /// Compares what somebody says of a license with what is on file. Comparing tells: it is given to nobody who is not given the
    /// holder's number and every field that is compared.
    ///
    /// # Errors
    /// As [`share_license`](Self::share_license).
    pub fn share_check(
        &self,
        said: &SharedStatement<'_>,
        query: &ShareQuery<'_>,
        now: UnixTime,
    ) -> Answer<CertCheck> {
        let mut asked = vec!["holder_code"];
        asked.extend(said.number.map(|_| "license_number"));
        asked.extend(said.name.map(|_| "holder_name"));
        let query = ShareQuery { fields: Some(&asked), ..*query };
        let given = match self.given(said.license_type, &query, now)? {
            Ok(given) if given.fields.len() == asked.len() => given,
            Ok(_) => return Ok(Err(ShareFault::Refused(ShareRefusal::FieldsNotShared))),
            Err(fault) => return Ok(Err(fault)),
        };
        let key = self.holder_key(said.holder);
        let by = match self.authorized(&given, key, now)? {
            Ok(by) => by,
            Err(fault) => return Ok(Err(fault)),
        };
        let right = |record: &LicenseRecord| {
            said.number.is_none_or(|number| number == record.number)
                && said.name.is_none_or(|name| name == record.holder_name)
        };
        let looked = self.of_type(said.holder, &given, right)?;
        let found = self.compare(&looked, now);
        let deeds = looked.records.iter().map(|record| (record, "compared"));
        self.keep_all(&given, deeds, key, "compared, none right", by.as_deref(), now)?;
        Ok(Ok(found))
    }

    /// What is said of the licenses that are as it was said.
    fn compare(&self, looked: &OfType<LicenseRecord>, now: UnixTime) -> CertCheck {
        let checks =
            looked.records.iter().map(|record| CertCheck::of(self.verify(&record.credential, now).verdict()));
        // One that is in force is what was asked for; of others the newest.
        let best = checks.reduce(|first, next| if next == CertCheck::InForce { next } else { first });
        looked.answer(best)
    }

    /// Who let the agency see what is the holder's, if a code came.
    fn authorized(&self, given: &Given<'_>, holder: HolderKey, now: UnixTime) -> Answer<Option<String>> {
        match self.code_used(given, now)? {
            Ok(code) => self.by_code(given, code, Some(holder), now),
            Err(fault) => Ok(Err(fault)),
        }
    }

    /// Uses up the code that came with the question. Asked before anything of anybody's is read: how long the answer takes tells those
    /// who have none nothing.
    fn code_used(&self, given: &Given<'_>, now: UnixTime) -> Answer<Option<Used>> {
        let Some((open, code)) = given.query.authorization else {
            // Whoever serves the public serves by law; everybody else by the holder's leave.
            let needed = given.scope == SharingScope::ThirdParty;
            return Ok(if needed { Err(ShareFault::NotAuthorized) } else { Ok(None) });
        };
        let asked = Asked {
            agency: given.query.client.agency,
            license_type: given.license_type,
            item: given.query.item,
            purpose: given.query.purpose.trim(),
        };
        match open.take(code, &asked, now) {
            Some(used) if used.right => Ok(Ok(Some(used))),
            Some(used) => self.code_wasted(given, &used, now),
            None => Ok(Err(ShareFault::NotAuthorized)),
        }
    }

    /// Who let the agency see what is `holder`'s, if a code came.
    fn by_code(
        &self,
        given: &Given<'_>,
        code: Option<Used>,
        holder: Option<HolderKey>,
        now: UnixTime,
    ) -> Answer<Option<String>> {
        match code {
            Some(used) if Some(used.holder) == holder => Ok(Ok(Some(used.by))),
            Some(used) => self.code_wasted(given, &used, now),
            None => Ok(Ok(None)),
        }
    }

    /// Whose code it was sees that it was used up for something else.
    fn code_wasted<T>(&self, given: &Given<'_>, used: &Used, now: UnixTime) -> Answer<T> {
        let deed = "code used up, nothing given";
        self.keep(&[given.read_of_nothing(used.holder, deed, Some(used.by.as_str()), now)])?;
        Ok(Err(ShareFault::NotAuthorized))
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
        Ok(Ok(Given { reader, fields, scope, query, license_type }))
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
        by: Option<&str>,
        now: UnixTime,
    ) -> Result<(), LookupError> {
        let mut reads: Vec<_> =
            records.map(|(record, deed)| given.read(record, holder, deed, by, now)).collect();
        if reads.is_empty() {
            // That there is nothing is an answer about the holder too.
            reads.push(given.read_of_nothing(holder, none, by, now));
        }
        self.keep(&reads)
    }

    fn show(&self, record: &LicenseRecord, fields: &[String], now: UnixTime) -> SharedLicense {
        let (fields, file) = disclose(&record.credential, fields);
        let checked = match &file {
            SharedFile::Given(file) => file,
            SharedFile::Withheld(_) => &record.credential,
        };
        SharedLicense { report: self.verify(checked, now), fields, file }
    }
}

impl SharedLicense {
    /// What is done with it, as events say it.
    fn deed(&self, wish: FileWish) -> &'static str {
        match (wish, &self.file) {
            (FileWish::No, _) | (_, SharedFile::Withheld(_)) => "given",
            (FileWish::Beside | FileWish::Alone, SharedFile::Given(_)) => "given with file",
        }
    }
}

impl Given<'_> {
    fn read(
        &self,
        record: &LicenseRecord,
        holder: HolderKey,
        deed: &str,
        by: Option<&str>,
        now: UnixTime,
    ) -> Read {
        let told = format!("{} {deed}; {}", self.query.item, self.told(by));
        read_of(&self.reader, now, ReadOf::Shared { license: record.id.clone(), told }, holder)
    }

    /// That a holder was asked about of whom nothing is given.
    fn read_of_nothing(&self, holder: HolderKey, deed: &str, by: Option<&str>, now: UnixTime) -> Read {
        let told = format!("{} {deed}, {}; {}", self.query.item, self.license_type, self.told(by));
        read_of(&self.reader, now, ReadOf::NothingShared { told }, holder)
    }

    fn told(&self, by: Option<&str>) -> String {
        // Before the fields: what is cut off is names.
        let by = by.map(|by| format!("authorized by {by}; ")).unwrap_or_default();
        format!("{by}{}", self.fields.join(","))
    }
}

/// Division in the credit codes of national bodies.
const NATIONAL: &str = "100000";

/// Whether agency and issuer stand to each other as this kind of sharing says.
fn related(scope: SharingScope, agency: CreditCode, issuer: CreditCode) -> bool {
    let (ours, theirs) = (agency.division(), issuer.division());
    // The zeros at the end of a division code stand for all that is below.
    let stem = |division: &str| if division == NATIONAL { 0 } else { division.trim_end_matches("00").len() };
    let below = |high: &str, low: &str| stem(high) < stem(low) && low.starts_with(&high[..stem(high)]);
    match scope {
        SharingScope::Internal => agency == issuer,
        SharingScope::Departments => agency != issuer && is_public_body(agency),
        SharingScope::Levels => {
            agency != issuer && is_public_body(agency) && (below(ours, theirs) || below(theirs, ours))
        }
        SharingScope::ThirdParty => agency != issuer,
    }
}

/// GB 32100: the first character `1` is for bodies under the office of public sector reform (机构编制).
fn is_public_body(agency: CreditCode) -> bool {
    agency.as_str().starts_with('1')
}

/// Of a license these fields, and the license that discloses no others.
fn disclose(license: &[u8], fields: &[String]) -> (BTreeMap<String, FieldValue>, SharedFile) {
    let given = |name: &str| fields.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
    let unreadable = || (BTreeMap::new(), SharedFile::Withheld(Vec::new()));
    let Ok(envelope) = Envelope::open(license, json::Reader::Ours) else { return unreadable() };
    let Ok(credential) = envelope.read() else { return unreadable() };
    let Some(alg) = all_jws().into_iter().find(|alg| alg.id().jws == Some(credential.header.alg.as_ref()))
    else {
        return unreadable();
    };
    let disclosed: Vec<_> = credential.disclosures.iter().map(|one| given(&one.name)).collect();
    let file = envelope.to_compact(|index| disclosed[index]);
    let Ok(revealed) = credential.reveal(alg) else { return unreadable() };
    let mut values = BTreeMap::new();
    for name in fields {
        let value = revealed.claims.get(name).filter(|_| Term::of_claim(name).is_some());
        let value = value.or_else(|| revealed.fields.as_ref()?.get(name));
        values.extend(value.and_then(field_value).map(|value| (name.clone(), value)));
    }
    let open: Vec<_> = in_the_open(&revealed).into_iter().filter(|name| !given(name)).collect();
    let file = if open.is_empty() { SharedFile::Given(file) } else { SharedFile::Withheld(open) };
    (values, file)
}

/// What tells of the holder or of the matter and stands in the license in the open: without it there is no signature. The frame
/// of a license (type, issuer, dates, identifier) is not among it: it tells nothing of a person, and verifying needs it.
fn in_the_open(revealed: &Revealed<'_>) -> Vec<String> {
    let of_holder = METADATA.iter().filter(|term| term.hidden == Hidden::ForNaturalPersons);
    let claims = of_holder.map(|term| term.claim).filter(|claim| {
        revealed.claims.get(claim).is_some() && !revealed.disclosed.iter().any(|hidden| hidden == claim)
    });
    let fields = revealed.fields.iter().flat_map(|fields| fields.members().map(|(name, _)| name));
    let fields = fields.filter(|name| !revealed.disclosed_fields.iter().any(|hidden| hidden == name));
    claims.chain(fields).map(str::to_owned).collect()
}

fn field_value(value: &Value<'_>) -> Option<FieldValue> {
    value
        .as_text()
        .map(|text| FieldValue::Text(text.to_owned()))
        .or_else(|| value.as_int().map(FieldValue::Integer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(first: &str, division: &str) -> CreditCode {
        let eight = "MBTEXT07";
        let check = CreditCode::organization_check(eight).unwrap();
        CreditCode::compute(&format!("{first}{division}{eight}{check}")).unwrap()
    }

    #[test]
    fn each_kind_of_sharing_has_its_relation() {
        let [state, county, other, prefecture, region] =
            ["100000", "652701", "652722", "652700", "650000"].map(|division| body("11", division));
        let (bank, institution) = (body("91", "652701"), body("12", "652701"));
        let kinds = |agency, issuer| SharingScope::ALL.map(|scope| related(scope, agency, issuer));
        // Internal, Departments, Levels, ThirdParty.
        for (agency, issuer, expected) in [
            (county, county, [true, false, false, false]),
            (county, other, [false, true, false, true]),
            (county, institution, [false, true, false, true]),
            (prefecture, county, [false, true, true, true]),
            (county, prefecture, [false, true, true, true]),
            (county, region, [false, true, true, true]),
            (prefecture, region, [false, true, true, true]),
            (other, county, [false, true, false, true]),
            (county, state, [false, true, true, true]),
            (state, region, [false, true, true, true]),
            (bank, county, [false, false, false, true]),
            (bank, prefecture, [false, false, false, true]),
        ] {
            assert_eq!(kinds(agency, issuer), expected, "{agency} {issuer}");
        }
    }
}
