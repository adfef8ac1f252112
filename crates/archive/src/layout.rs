//! Bytes of every key and every value. `docs/archive-format.md` is their specification; the tests freeze them.
//!
//! Integers are big-endian. A field is its length in four bytes and then its bytes.

use boyin_model::status::LicenseStatus;
use std::borrow::Cow;

use boyin_model::alg::Digest32;
use boyin_model::hex;
use boyin_model::id::{CreditCode, DivisionCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin_model::register::SealId;
use boyin_model::time::{Date, UnixTime};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::act::{Event, EventKind, Outcome};
use crate::chain::ChainStart;
use crate::collected::{CollectedId, CollectedRecord, ImportId, ImportJob};
use crate::mass::MassRecord;
use crate::record::{Grade, LicenseRecord, StatusSlot};
use crate::seal::SealRecord;
use crate::spool::SpoolPlace;
use crate::store::Table;
use crate::vault::{HolderKey, KeyId, Opened};
use crate::version::Links;
use boyin_model::collected::CollectedLicense;

/// Version of the disk format. An archive of a newer version is refused.
///
/// | version | what changed |
/// |---|---|
/// | 1 | first |
/// | 2 | the seal register: tables `seal`, `seal_version`, `event_by_seal`; members `seal` and `second` of events; status lists of every instant; status 3; members `basis`, `retroactive`, `successor` of events |
/// | 3 | keys of their own for data and records: tables `data_key`, `record_key`; each event holds the hash of the one before it and a subject; tables `event_by_holder`, `read_spool` |
/// | 4 | versions of licenses: table `version`; changes of many licenses: table `mass_change`; addresses: tables `license_address`, `license_by_address`; events of these, and of cancellation |
/// | 5 | decisions on papers: tables `decision`, `decision_input`, `decision_by_holder`; events of these |
/// | 6 | events of delegations |
/// | 7 | events of signing keys |
pub const FORMAT_VERSION: u32 = 7;

/// The first version with a seal register.
pub(crate) const FORMAT_WITH_SEALS: u32 = 2;
/// The first version with wrapped keys and linked events.
pub(crate) const FORMAT_WITH_KEYS: u32 = 3;
/// The first version that links the versions of a license.
pub(crate) const FORMAT_WITH_VERSIONS: u32 = 4;
/// The first version that keeps decisions on papers.
pub(crate) const FORMAT_WITH_DECISIONS: u32 = 5;

/// The first version that knows events of delegations.
pub(crate) const FORMAT_WITH_DELEGATIONS: u32 = 6;

/// Meta: the format version, four bytes, not sealed.
pub(crate) const META_FORMAT: &[u8] = b"format";
/// Meta: digest that tells the root secret apart, 32 bytes, not sealed.
pub(crate) const META_CHECK: &[u8] = b"check";
/// Meta: when the archive was made, eight bytes, sealed.
pub(crate) const META_CREATED: &[u8] = b"created";
/// Meta: where the links of the log begin, sealed; see [`chain_value`].
pub(crate) const META_CHAIN: &[u8] = b"chain";
/// Meta: how far values are sealed anew, not sealed; see [`reseal_value`].
pub(crate) const META_RESEAL: &[u8] = b"reseal";
/// Meta: what the health probe writes, not sealed.
pub(crate) const META_HEARTBEAT: &[u8] = b"heartbeat";

/// Meta: how far a copy into this store is, not sealed. There instead of the format version until the copy is whole.
pub(crate) const META_COPY: &[u8] = b"copy";

/// Begins the marks of [`meta_unpublished`].
pub(crate) const META_UNPUBLISHED: &[u8] = b"unpublished\0";
/// Begins the counters of [`meta_seal_number`].
pub(crate) const META_SEAL_NUMBER: &[u8] = b"seal_number\0";

/// Meta: `unpublished ‖ 00 ‖ list`. There while a status on the list was changed and no newer list is published.
pub(crate) fn meta_unpublished(list: &str) -> Vec<u8> {
    [META_UNPUBLISHED, list.as_bytes()].concat()
}

/// Meta: `seal_number ‖ 00 ‖ division`. The last number that the division has given to a seal, four bytes, sealed.
pub(crate) fn meta_seal_number(division: DivisionCode) -> Vec<u8> {
    [META_SEAL_NUMBER, division.as_str().as_bytes()].concat()
}

/// Stored bytes that the format does not allow.
#[derive(Debug)]
pub(crate) struct Malformed;

// Keys.

/// License: the identifier.
pub(crate) fn license(id: &LicenseId) -> Vec<u8> {
    id.as_str().as_bytes().to_vec()
}

/// All keys of licenses of one type begin with this.
pub(crate) fn licenses_of_type(license_type: &LicenseTypeCode) -> Vec<u8> {
    [LicenseId::OID_PREFIX, license_type.as_str(), "."].concat().into_bytes()
}

/// By holder: `holder key (32) ‖ FFFFFFFFFFFFFFFF − time of filing (8) ‖ identifier`, so that the newest comes first.
pub(crate) fn by_holder(holder: &HolderKey, filed_at: UnixTime, id: &LicenseId) -> Vec<u8> {
    [holder.0.as_slice(), &(u64::MAX - filed_at.seconds()).to_be_bytes(), id.as_str().as_bytes()].concat()
}

/// The identifier at the end of a by-holder key.
pub(crate) fn license_of_holder_key(key: &[u8]) -> Result<LicenseId, Malformed> {
    parse_license(key.get(40..).ok_or(Malformed)?)
}

/// Status: `list ‖ 00 ‖ index (4)`.
pub(crate) fn status(slot: &StatusSlot) -> Vec<u8> {
    [slots_of(&slot.list).as_slice(), &slot.index.to_be_bytes()].concat()
}

/// All status keys of one list begin with this.
pub(crate) fn slots_of(list: &str) -> Vec<u8> {
    [list.as_bytes(), &[0]].concat()
}

/// The index at the end of a status key.
pub(crate) fn index_of_status_key(key: &[u8]) -> Result<u32, Malformed> {
    key.last_chunk().map(|bytes| u32::from_be_bytes(*bytes)).ok_or(Malformed)
}

/// Status list: the list.
pub(crate) fn status_list(list: &str) -> Vec<u8> {
    list.as_bytes().to_vec()
}

/// Status list of an instant: `list ‖ 00 ‖ FFFFFFFFFFFFFFFF − instant (8)`, so that the newest comes first.
pub(crate) fn status_list_of(list: &str, at: UnixTime) -> Vec<u8> {
    [slots_of(list).as_slice(), &(u64::MAX - at.seconds()).to_be_bytes()].concat()
}

/// Event: the number (8).
pub(crate) fn event(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// The number at the end of an event key or an event-by-license key.
pub(crate) fn number_of_key(key: &[u8]) -> Result<u64, Malformed> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)).ok_or(Malformed)
}

/// Event by license: `identifier ‖ 00 ‖ number (8)`.
pub(crate) fn event_by_license(id: &LicenseId, number: u64) -> Vec<u8> {
    [events_of(id).as_slice(), &number.to_be_bytes()].concat()
}

/// All event-by-license keys of one license begin with this.
pub(crate) fn events_of(id: &LicenseId) -> Vec<u8> {
    [id.as_str().as_bytes(), &[0]].concat()
}

/// Seal: the number in 14 digits.
pub(crate) fn seal(id: SealId) -> Vec<u8> {
    id.to_string().into_bytes()
}

/// Bytes of a made seal: `seal ‖ version (4)`, from 0.
pub(crate) fn seal_version(id: SealId, version: u32) -> Vec<u8> {
    [seal(id).as_slice(), &version.to_be_bytes()].concat()
}

/// Event by seal: `seal ‖ number (8)`.
pub(crate) fn event_by_seal(id: SealId, number: u64) -> Vec<u8> {
    [seal(id).as_slice(), &number.to_be_bytes()].concat()
}

/// Data key: the id (4).
pub(crate) fn data_key(id: KeyId) -> Vec<u8> {
    id.to_be_bytes().to_vec()
}

/// The id of a data key.
pub(crate) fn id_of_data_key(key: &[u8]) -> Result<KeyId, Malformed> {
    <[u8; 4]>::try_from(key).map(KeyId::from_be_bytes).map_err(|_| Malformed)
}

/// Event by holder: `holder key (32) ‖ number (8)`.
pub(crate) fn event_by_holder(holder: &HolderKey, number: u64) -> Vec<u8> {
    [holder.0.as_slice(), &number.to_be_bytes()].concat()
}

/// Decision by holder: `holder key (32) ‖ number (8)`.
pub(crate) fn decision_by_holder(holder: &HolderKey, number: u64) -> Vec<u8> {
    event_by_holder(holder, number)
}

/// Whether an entry of meta is sealed.
pub(crate) fn meta_is_sealed(key: &[u8]) -> bool {
    [META_CREATED, META_CHAIN].contains(&key) || key.starts_with(META_SEAL_NUMBER)
}

/// Version: the identifier.
pub(crate) fn version(id: &LicenseId) -> Vec<u8> {
    license(id)
}

/// Head of a chain of versions: `identifier of the first version ‖ 00`.
pub(crate) fn version_head(first: &LicenseId) -> Vec<u8> {
    events_of(first)
}

/// Address of a license: `identifier ‖ 00 ‖ digest of the address (32)`.
pub(crate) fn license_address(id: &LicenseId, address: &Digest32) -> Vec<u8> {
    [addresses_of(id).as_slice(), address].concat()
}

/// All keys of addresses of one license begin with this.
pub(crate) fn addresses_of(id: &LicenseId) -> Vec<u8> {
    events_of(id)
}

/// The digest at the end of a key of an address.
pub(crate) fn address_at_end(key: &[u8]) -> Result<Digest32, Malformed> {
    key.last_chunk().copied().ok_or(Malformed)
}

/// License by address: `digest of the address (32) ‖ identifier`.
pub(crate) fn license_by_address(address: &Digest32, id: &LicenseId) -> Vec<u8> {
    [address.as_slice(), id.as_str().as_bytes()].concat()
}

/// The identifier at the end of such a key.
pub(crate) fn license_of_address_key(key: &[u8]) -> Result<LicenseId, Malformed> {
    parse_license(key.get(32..).ok_or(Malformed)?)
}

/// Import: its name (16).
pub(crate) fn import_job(id: ImportId) -> Vec<u8> {
    id.0.to_vec()
}

/// Collected by import: `import (16) ‖ row (8) ‖ record (32)`.
pub(crate) fn collected_by_import(import: ImportId, row: u64, id: CollectedId) -> Vec<u8> {
    [import.0.as_slice(), &row.to_be_bytes(), &id.0].concat()
}

/// All that begins with a row of an import in collected by import.
pub(crate) fn collected_by_row(import: ImportId, row: u64) -> Vec<u8> {
    [import.0.as_slice(), &row.to_be_bytes()].concat()
}

/// Row and record of a key of collected by import.
pub(crate) fn read_collected_by_import(key: &[u8]) -> Result<(u64, CollectedId), Malformed> {
    let mut rest = key;
    take::<16>(&mut rest)?;
    let row = u64::from_be_bytes(take(&mut rest)?);
    let id = <[u8; 32]>::try_from(rest).map_err(|_| Malformed)?;
    Ok((row, CollectedId(id)))
}

/// The record at the end of a key of its indexes.
pub(crate) fn collected_at_end(key: &[u8]) -> Result<CollectedId, Malformed> {
    key.last_chunk().map(|id| CollectedId(*id)).ok_or(Malformed)
}

// Values, before they are sealed.

/// Where the links begin: `number of the last event without one (8) ‖ hash of it (32)`.
pub(crate) fn chain_value(start: &ChainStart) -> Vec<u8> {
    [start.number.to_be_bytes().as_slice(), &start.hash].concat()
}

/// Reads [`chain_value`].
pub(crate) fn read_chain(value: &[u8]) -> Result<ChainStart, Malformed> {
    let mut rest = value;
    let start = ChainStart { number: u64::from_be_bytes(take(&mut rest)?), hash: take(&mut rest)? };
    if rest.is_empty() { Ok(start) } else { Err(Malformed) }
}

/// How far a pass that seals values anew has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Whether this pass has sealed anything anew.
    pub(crate) changed: bool,
    /// The table it is in; `None` once a whole pass has found nothing to do.
    pub(crate) table: Option<Table>,
    /// The last key it has looked at there; empty at the beginning.
    pub(crate) after: Vec<u8>,
}

impl Position {
    pub(crate) const START: Self = Self { changed: false, table: Some(Table::Meta), after: Vec::new() };
    pub(crate) const DONE: Self = Self { changed: false, table: None, after: Vec::new() };
}

/// How far values are sealed anew: `changed (1) ‖ field: name of the table, or empty ‖ field: key`.
pub(crate) fn reseal_value(position: &Position) -> Vec<u8> {
    let mut out = vec![u8::from(position.changed)];
    put_field(&mut out, position.table.map(Table::name).unwrap_or_default().as_bytes());
    put_field(&mut out, &position.after);
    out
}

/// Reads [`reseal_value`].
pub(crate) fn read_reseal(value: &[u8]) -> Result<Position, Malformed> {
    let mut rest = value;
    let [changed] = take(&mut rest)?;
    let name = take_text(&mut rest)?;
    let table = Table::ALL.into_iter().find(|table| table.name() == name);
    let after = take_field(&mut rest)?.to_vec();
    if changed > 1 || table.is_none() != name.is_empty() || !rest.is_empty() {
        return Err(Malformed);
    }
    Ok(Position { changed: changed == 1, table, after })
}

/// How much of a spool is in the log: `bytes (8) ‖ frames (8) ‖ hash of the last one (32) ‖ ended (1)`.
pub(crate) fn spool_place_value(place: &SpoolPlace) -> Vec<u8> {
    let numbers = [place.offset.to_be_bytes(), place.frames.to_be_bytes()].concat();
    [numbers.as_slice(), &place.hash, &[u8::from(place.ended)]].concat()
}

/// Reads [`spool_place_value`].
pub(crate) fn read_spool_place(value: &[u8]) -> Result<SpoolPlace, Malformed> {
    let mut rest = value;
    let offset = u64::from_be_bytes(take(&mut rest)?);
    let frames = u64::from_be_bytes(take(&mut rest)?);
    let hash = take(&mut rest)?;
    match rest {
        [ended @ (0 | 1)] => Ok(SpoolPlace { offset, frames, hash, ended: *ended == 1 }),
        _ => Err(Malformed),
    }
}

/// What is left of an erased license: `number of the event (8) ‖ time (8)`.
pub(crate) fn erased_value(event: u64, at: UnixTime) -> Vec<u8> {
    [event.to_be_bytes(), at.seconds().to_be_bytes()].concat()
}

/// Reads [`erased_value`].
pub(crate) fn read_erased(value: &[u8]) -> Result<(u64, UnixTime), Malformed> {
    let mut rest = value;
    let erased = (u64::from_be_bytes(take(&mut rest)?), take_time(&mut rest)?);
    if rest.is_empty() { Ok(erased) } else { Err(Malformed) }
}

/// The key of a record, where it stands.
pub(crate) fn record_key_in(value: &[u8]) -> Result<&[u8; 32], Malformed> {
    value.try_into().map_err(|_| Malformed)
}

/// `holder key (32) ‖ time of filing (8) ‖ grade (1)`, then the fields holder code type, holder name, title, number,
/// valid until (`YYYYMMDD` or empty), status list (empty: none), then `index (4)`, then the field credential.
pub(crate) fn license_value(record: &LicenseRecord, holder: &HolderKey) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(record.credential.len() + 512));
    out.extend_from_slice(&holder.0);
    out.extend_from_slice(&record.filed_at.seconds().to_be_bytes());
    out.extend_from_slice(record.grade.letter().to_string().as_bytes());
    put_field(&mut out, record.holder_code_type.code().as_bytes());
    put_field(&mut out, record.holder_name.as_bytes());
    put_field(&mut out, record.title.as_bytes());
    put_field(&mut out, record.number.as_bytes());
    put_field(&mut out, record.valid_until.map(Date::compact).unwrap_or_default().as_bytes());
    let (list, index) = record.slot.as_ref().map_or(("", 0), |slot| (slot.list.as_str(), slot.index));
    put_field(&mut out, list.as_bytes());
    out.extend_from_slice(&index.to_be_bytes());
    put_field(&mut out, &record.credential);
    out
}

/// Reads [`license_value`].
pub(crate) fn read_license(id: LicenseId, value: Opened) -> Result<(LicenseRecord, HolderKey), Malformed> {
    let mut rest: &[u8] = &value;
    let holder = HolderKey(take(&mut rest)?);
    let filed_at = take_time(&mut rest)?;
    let [grade] = take(&mut rest)?;
    let mut record = LicenseRecord {
        id,
        filed_at,
        grade: Grade::from_letter(char::from(grade)).ok_or(Malformed)?,
        holder_code_type: HolderCodeType::from_code(&take_text(&mut rest)?).ok_or(Malformed)?,
        holder_name: take_text(&mut rest)?,
        title: take_text(&mut rest)?,
        number: take_text(&mut rest)?,
        valid_until: match take_text(&mut rest)?.as_str() {
            "" => None,
            day => Some(Date::from_compact(day).map_err(|_| Malformed)?),
        },
        slot: take_slot(&mut rest)?,
        credential: Vec::new(),
    };
    let credential = take_field(&mut rest)?.len();
    if !rest.is_empty() {
        return Err(Malformed);
    }
    // It comes last, and by far the most bytes are its own.
    let place = value.len() - credential;
    record.credential = value.into_rest(place);
    Ok((record, holder))
}

/// `status (1) ‖ identifier`.
pub(crate) fn status_value(status: LicenseStatus, id: &LicenseId) -> Vec<u8> {
    [&[status.value()], id.as_str().as_bytes()].concat()
}

/// Reads [`status_value`].
pub(crate) fn read_status(value: &[u8]) -> Result<(LicenseStatus, LicenseId), Malformed> {
    let (status, id) = value.split_first().ok_or(Malformed)?;
    Ok((LicenseStatus::from_value(*status).ok_or(Malformed)?, parse_license(id)?))
}

/// The fields first version, version before and version after; the latter two are empty where there is none.
pub(crate) fn version_value(links: &Links) -> Vec<u8> {
    let mut out = Vec::new();
    for id in [Some(&links.first), links.before.as_ref(), links.after.as_ref()] {
        put_field(&mut out, id.map_or("", LicenseId::as_str).as_bytes());
    }
    out
}

/// Reads [`version_value`].
pub(crate) fn read_version(value: &[u8]) -> Result<Links, Malformed> {
    let mut rest = value;
    let first = parse_license(take_field(&mut rest)?)?;
    let links = Links { first, before: take_license(&mut rest)?, after: take_license(&mut rest)? };
    if rest.is_empty() { Ok(links) } else { Err(Malformed) }
}

/// `request (32) ‖ event number (8) ‖ time (8)`, then the fields event code and identifier (empty: none), and
/// for acts on seals the field seal.
pub(crate) fn outcome_value(request: &Digest32, outcome: &Outcome) -> Vec<u8> {
    let mut out = request.to_vec();
    out.extend_from_slice(&outcome.event.to_be_bytes());
    out.extend_from_slice(&outcome.at.seconds().to_be_bytes());
    put_field(&mut out, outcome.what.code().as_bytes());
    put_field(&mut out, outcome.license.as_ref().map_or("", LicenseId::as_str).as_bytes());
    if let Some(seal) = outcome.seal {
        put_field(&mut out, seal.to_string().as_bytes());
    }
    out
}

/// Reads [`outcome_value`]; the outcome is a replay.
pub(crate) fn read_outcome(value: &[u8]) -> Result<(Digest32, Outcome), Malformed> {
    let mut rest = value;
    let request = take(&mut rest)?;
    let event = u64::from_be_bytes(take(&mut rest)?);
    let at = take_time(&mut rest)?;
    let what = EventKind::from_code(&take_text(&mut rest)?).ok_or(Malformed)?;
    let license = take_license(&mut rest)?;
    let seal = match rest {
        [] => None,
        _ => Some(SealId::parse(&take_text(&mut rest)?).map_err(|_| Malformed)?),
    };
    let outcome = Outcome { event, what, at, license, seal, replayed: true };
    if rest.is_empty() { Ok((request, outcome)) } else { Err(Malformed) }
}

/// An event as JSON; the number is in the key. Member order is fixed, absent members are left out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventJson<'e> {
    at: UnixTime,
    #[serde(borrow)]
    who: Cow<'e, str>,
    office: Cow<'e, str>,
    what: Cow<'e, str>,
    why: Cow<'e, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    license: Option<Cow<'e, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    seal: Option<SealId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    second: Option<Cow<'e, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    basis: Option<Cow<'e, str>>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    retroactive: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    successor: Option<Cow<'e, str>>,
    #[serde(skip_serializing_if = "str::is_empty", default)]
    detail: Cow<'e, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    subject: Option<Cow<'e, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    prev: Option<Cow<'e, str>>,
}

/// `{"at":…,"who":…,"office":…,"what":…,"why":…,"license":…,"seal":…,"second":…,"basis":…,"retroactive":true,
/// "successor":…,"detail":…,"subject":…,"prev":…}` without white space.
pub(crate) fn event_value(event: &Event) -> Vec<u8> {
    let json = EventJson {
        at: event.at,
        who: event.who.as_str().into(),
        office: event.office.as_str().into(),
        what: event.what.code().into(),
        why: event.why.as_str().into(),
        license: event.license.as_ref().map(|id| id.as_str().into()),
        seal: event.seal,
        second: event.second.as_deref().map(Into::into),
        basis: event.basis.as_deref().map(Into::into),
        retroactive: event.retroactive,
        successor: event.successor.as_ref().map(|id| id.as_str().into()),
        detail: event.detail.as_str().into(),
        subject: event.subject.as_ref().map(|digest| hex::encode(digest).into()),
        prev: event.previous.as_ref().map(|digest| hex::encode(digest).into()),
    };
    serde_json::to_vec(&json).expect("text and numbers can always be written as JSON")
}

/// Reads [`event_value`].
pub(crate) fn read_event(number: u64, value: &[u8]) -> Result<Event, Malformed> {
    let json: EventJson<'_> = serde_json::from_slice(value).map_err(|_| Malformed)?;
    Ok(Event {
        number,
        at: json.at,
        who: json.who.into_owned(),
        office: CreditCode::parse(&json.office).map_err(|_| Malformed)?,
        what: EventKind::from_code(&json.what).ok_or(Malformed)?,
        why: json.why.into_owned(),
        license: json.license.map(|id| LicenseId::parse(&id)).transpose().map_err(|_| Malformed)?,
        seal: json.seal,
        second: json.second.map(Cow::into_owned),
        basis: json.basis.map(Cow::into_owned),
        retroactive: json.retroactive,
        successor: json.successor.map(|id| LicenseId::parse(&id)).transpose().map_err(|_| Malformed)?,
        detail: json.detail.into_owned(),
        subject: json.subject.map(|digest| read_hex(&digest)).transpose()?,
        previous: json.prev.map(|digest| read_hex(&digest)).transpose()?,
    })
}

/// The hash of the event before it, in the bytes of an event: it comes last.
pub(crate) fn previous_in(value: &[u8]) -> Result<Digest32, Malformed> {
    let (rest, digits) =
        value.strip_suffix(b"\"}").and_then(|rest| rest.split_last_chunk::<64>()).ok_or(Malformed)?;
    if !rest.ends_with(b",\"prev\":\"") {
        return Err(Malformed);
    }
    read_hex(std::str::from_utf8(digits).map_err(|_| Malformed)?)
}

/// Reads [`hex::encode`] of 32 bytes, in its one spelling.
pub(crate) fn read_hex(text: &str) -> Result<Digest32, Malformed> {
    read_hex_of(text)
}

/// Reads [`hex::encode`] of `N` bytes, in its one spelling.
pub(crate) fn read_hex_of<const N: usize>(text: &str) -> Result<[u8; N], Malformed> {
    hex::decode(text).and_then(|bytes| bytes.try_into().ok()).ok_or(Malformed)
}

/// The record as JSON without white space, members in the order of the type, absent ones left out.
pub(crate) fn seal_value(record: &SealRecord) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(record).expect("text and numbers can always be written as JSON"))
}

/// Reads [`seal_value`].
pub(crate) fn read_seal(id: SealId, value: &[u8]) -> Result<SealRecord, Malformed> {
    let record: SealRecord = serde_json::from_slice(value).map_err(|_| Malformed)?;
    if record.id == id { Ok(record) } else { Err(Malformed) }
}

pub(crate) fn parse_seal(key: &[u8]) -> Result<SealId, Malformed> {
    let text = std::str::from_utf8(key).map_err(|_| Malformed)?;
    SealId::parse(text).map_err(|_| Malformed)
}

/// The record as JSON without white space, members in the order of the type, absent ones left out.
pub(crate) fn collected_value(record: &CollectedRecord) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(record).expect("text and numbers can always be written as JSON"))
}

/// Reads [`collected_value`].
pub(crate) fn read_collected(value: &[u8]) -> Result<CollectedRecord, Malformed> {
    serde_json::from_slice(value).map_err(|_| Malformed)
}

/// What a record says, as it stands in [`collected_value`]: part of its name.
pub(crate) fn collected_content(license: &CollectedLicense) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(license).expect("text and numbers can always be written as JSON"))
}

/// The job as JSON without white space, members in the order of the type, absent ones left out.
pub(crate) fn import_job_value(job: &ImportJob) -> Vec<u8> {
    serde_json::to_vec(job).expect("text and numbers can always be written as JSON")
}

/// Reads [`import_job_value`].
pub(crate) fn read_import_job(value: &[u8]) -> Result<ImportJob, Malformed> {
    serde_json::from_slice(value).map_err(|_| Malformed)
}

/// The record as JSON without white space, members in the order of the type, absent ones left out.
pub(crate) fn mass_value(record: &MassRecord) -> Vec<u8> {
    serde_json::to_vec(record).expect("text and numbers can always be written as JSON")
}

/// Reads [`mass_value`].
pub(crate) fn read_mass(value: &[u8]) -> Result<MassRecord, Malformed> {
    serde_json::from_slice(value).map_err(|_| Malformed)
}

/// Reads four bytes of a number.
pub(crate) fn read_number(value: &[u8]) -> Result<u32, Malformed> {
    <[u8; 4]>::try_from(value).map(u32::from_be_bytes).map_err(|_| Malformed)
}

/// Reads eight bytes of seconds.
pub(crate) fn read_time(value: &[u8]) -> Result<UnixTime, Malformed> {
    let bytes = <[u8; 8]>::try_from(value).map_err(|_| Malformed)?;
    UnixTime::new(u64::from_be_bytes(bytes)).ok_or(Malformed)
}

pub(crate) fn parse_license(bytes: &[u8]) -> Result<LicenseId, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
    LicenseId::parse(text).map_err(|_| Malformed)
}

fn put_field(out: &mut Vec<u8>, field: &[u8]) {
    let length = u32::try_from(field.len()).expect("fields are bounded far below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(field);
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (head, tail) = rest.split_first_chunk().ok_or(Malformed)?;
    *rest = tail;
    Ok(*head)
}

fn take_time(rest: &mut &[u8]) -> Result<UnixTime, Malformed> {
    read_time(&take::<8>(rest)?)
}

fn take_slot(rest: &mut &[u8]) -> Result<Option<StatusSlot>, Malformed> {
    let list = take_text(rest)?;
    let index = u32::from_be_bytes(take(rest)?);
    match (list.is_empty(), index) {
        (false, _) => Ok(Some(StatusSlot { list, index })),
        (true, 0) => Ok(None),
        (true, 1..) => Err(Malformed),
    }
}

fn take_field<'v>(rest: &mut &'v [u8]) -> Result<&'v [u8], Malformed> {
    let length = usize::try_from(u32::from_be_bytes(take(rest)?)).map_err(|_| Malformed)?;
    let (head, tail) = rest.split_at_checked(length).ok_or(Malformed)?;
    *rest = tail;
    Ok(head)
}

/// An identifier, or none if the field is empty.
fn take_license(rest: &mut &[u8]) -> Result<Option<LicenseId>, Malformed> {
    match take_field(rest)? {
        [] => Ok(None),
        id => parse_license(id).map(Some),
    }
}

fn take_text(rest: &mut &[u8]) -> Result<String, Malformed> {
    String::from_utf8(take_field(rest)?.to_vec()).map_err(|_| Malformed)
}
