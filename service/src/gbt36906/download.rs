//! The operations that give a license as it is signed: at once, or at a URL that is good once.

use boyin::access::{Caller, ClientScope};
use boyin::model::b64;
use boyin::model::time::{Date, UnixTime};
use boyin::suite::SystemRandom;
use boyin::{FilePromise, FileWish, Lookup, MAX_SHARED_LICENSES, ShareQuery};
use serde_json::{Map, Value, json};

use super::{Fault, Status, ask, holder, license_type, optional, text};
use crate::error::ApiError;
use crate::file_urls::{FILE_URL_SECONDS, FILES_PATH, ReservedUrls};
use crate::shared::{Ask, one, read_id, search};
use crate::state::AppState;

/// What `fileType` names here: the license as it is signed. The standard knows `ofd` and `png`.
const FILE_TYPE: &str = "sd-jwt";
const COPY_CAUSE: &str = "certificateCopyCause";
const COPY_UNTIL: &str = "certificateCopyCauseExpiringTime";

/// `downloadFile`
pub(super) async fn file(
    state: &AppState,
    caller: Caller,
    data: &Map<String, Value>,
) -> Result<Value, Fault> {
    let id = text(data, "certificateIdentifier")?;
    offered(text(data, "fileType")?)?;
    let ask = Ask { file: FileWish::Alone, ..asked(state, data, COPY_CAUSE)? };
    let view = one(state, caller, id, ask).await?;
    // What is asked for alone is there, or nothing is.
    let file = view.credential.ok_or(ApiError::Internal)?;
    Ok(json!({ "fileType": FILE_TYPE, "content": b64::encode_padded(file.as_bytes()) }))
}

/// `downloadUrl`
pub(super) async fn url(state: &AppState, caller: Caller, data: &Map<String, Value>) -> Result<Value, Fault> {
    let id = read_id(text(data, "certificateIdentifier")?)?;
    offered(text(data, "fileType")?)?;
    let ask = asked(state, data, COPY_CAUSE)?;
    let until = ask.copy_until;
    // Where there is no room nothing is decided, recorded or used up.
    let mut urls = state.file_urls.reserve(&caller.client.id, 1, state.now())?;
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| lookup.promise_file(&id, query, now);
    let promise = search(state, caller, ask, work, |_| true).await?;
    opened(state, &mut urls, promise, until)
}

/// `downloadUrlsByHolderCode`
pub(super) async fn urls_of_holder(
    state: &AppState,
    caller: Caller,
    data: &Map<String, Value>,
) -> Result<Value, Fault> {
    if !caller.scopes.contains(&ClientScope::File) {
        return Err(ApiError::Forbidden.into());
    }
    let (holder, license_type) = (holder(data)?, license_type(data)?);
    if let Some(kind) = optional(data, "fileType")? {
        offered(kind)?;
    }
    let number = optional(data, "certNo")?.map(str::to_owned);
    let ask = Ask { number, ..asked(state, data, "useCause")? };
    let until = ask.copy_until;
    let mut urls = state.file_urls.reserve(&caller.client.id, MAX_SHARED_LICENSES, state.now())?;
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| {
        lookup.promise_files(&holder, license_type, query, now)
    };
    let promised = search(state, caller, ask, work, |promised| !promised.is_empty()).await?;
    if promised.is_empty() {
        return Err(ApiError::NotFound.into());
    }
    promised.into_iter().map(|promise| opened(state, &mut urls, promise, until)).collect()
}

fn offered(kind: &str) -> Result<(), Fault> {
    if kind == FILE_TYPE {
        return Ok(());
    }
    Err(Fault::new(Status::NotOffered, format!("数据源不提供此格式 fileType: {FILE_TYPE} only")))
}

/// What is asked, and until when the copy is used.
fn asked(state: &AppState, data: &Map<String, Value>, cause: &str) -> Result<Ask, Fault> {
    let copy_until = match optional(data, COPY_UNTIL)? {
        None => None,
        Some(text) => {
            let until = instant(text).filter(|until| *until > state.now());
            let bad = || format!("参数错误 {COPY_UNTIL}: an instant to come");
            Some(until.ok_or_else(|| Fault::new(Status::BadParameter, bad()))?)
        }
    };
    Ok(Ask { copy_until, ..ask(data, cause)? })
}

/// Opens a URL for what was promised. It is not good for longer than the copy.
fn opened(
    state: &AppState,
    urls: &mut ReservedUrls,
    promise: FilePromise,
    copy_until: Option<UnixTime>,
) -> Result<Value, Fault> {
    let now = state.now();
    let latest = now.plus(FILE_URL_SECONDS);
    let until = copy_until.map_or(latest, |until| until.min(latest));
    let ticket = urls.open(promise, until, &mut SystemRandom)?;
    let url = format!("{}{FILES_PATH}{ticket}", state.lookup.home().config().public_url);
    let seconds = until.seconds().saturating_sub(now.seconds());
    Ok(json!({ "expiresIn": seconds, "fileType": FILE_TYPE, "url": url }))
}

/// An instant in China standard time: `YYYY-MM-DD HH:MM:SS`, also with `T` between, or `YYYYMMDDHHMMSS`; or a day, to its end.
fn instant(text: &str) -> Option<UnixTime> {
    let compact = !text.contains('-');
    let (day, time) = text.split_at_checked(if compact { 8 } else { 10 })?;
    let day: Date = if compact { Date::from_compact(day).ok()? } else { day.parse().ok()? };
    if time.is_empty() {
        return Some(day.ends());
    }
    let digits = match (compact, time.as_bytes()) {
        (true, _) => time.to_owned(),
        (false, [b' ' | b'T', _, _, b':', _, _, b':', _, _]) => time[1..].replace(':', ""),
        (false, _) => return None,
    };
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part = |place: usize| digits[place..place + 2].parse::<u64>().ok();
    let (hour, minute, second) = (part(0)?, part(2)?, part(4)?);
    let real = hour < 24 && minute < 60 && second < 60;
    real.then(|| day.begins().plus(hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_one_of_a_few_forms() {
        let day: Date = "2026-06-01".parse().unwrap();
        let at = day.begins().plus(9 * 3600 + 30 * 60 + 5);
        for (text, expected) in [
            ("2026-06-01", Some(day.ends())),
            ("20260601", Some(day.ends())),
            ("2026-06-01 09:30:05", Some(at)),
            ("2026-06-01T09:30:05", Some(at)),
            ("20260601093005", Some(at)),
            ("2026-06-31", None),
            ("2026-06-01 24:00:00", None),
            ("2026-06-01 09:60:00", None),
            ("2026-06-01 09:30:60", None),
            ("2026-06-01 9:30:05", None),
            ("2026-06-01 09:30", None),
            ("2026-06-01 09-30-05", None),
            ("2026-06-01 +9:30:05", None),
            ("2026-06-01Z", None),
            ("202606010930", None),
            ("2026060109300a", None),
            ("20260601 93005", None),
            ("1780277405", None),
            ("二〇二六年六月一日", None),
            ("2026年06月01日-", None),
            ("", None),
        ] {
            assert_eq!(instant(text), expected, "{text}");
        }
    }
}
