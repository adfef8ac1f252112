//! The operations that give a license as it is signed, or an annotated copy of its face: at once, or at a URL that is good once.

use boyin::access::{Caller, ClientScope};
use boyin::model::b64;
use boyin::model::time::{Date, SECONDS_PER_DAY, UnixTime};
use boyin::suite::SystemRandom;
use boyin::{
    FaceForm, FilePromise, FileWish, Lookup, MAX_COPY_DAYS, MAX_SHARED_LICENSES, ShareFault, ShareQuery,
};
use serde_json::{Map, Value, json};

use super::{Fault, Status, ask, holder, license_type, optional, text};
use crate::error::ApiError;
use crate::faces::Faces;
use crate::file_urls::{FILE_URL_SECONDS, FILES_PATH, ReservedUrls};
use crate::shared::{Ask, one, read_id, search};
use crate::state::AppState;

/// The license as it is signed.
const SIGNED: &str = "sd-jwt";
/// The face as a picture, or as PDF with the signed license in it. The standard knows `ofd` and `png`.
const FORMS: [(&str, FaceForm); 2] = [("png", FaceForm::Png), ("pdf", FaceForm::Pdf)];
/// What is sealed, which takes a key that no service has.
const SEALED: &str = "ofd";
const COPY_CAUSE: &str = "certificateCopyCause";
const COPY_UNTIL: &str = "certificateCopyCauseExpiringTime";

/// `downloadFile`
pub(super) async fn file(
    state: &AppState,
    caller: Caller,
    data: &Map<String, Value>,
) -> Result<Value, Fault> {
    let id = text(data, "certificateIdentifier")?;
    let kind = offered(state, text(data, "fileType")?)?;
    let ask = Ask { file: FileWish::Alone, ..asked(state, data, COPY_CAUSE)? };
    if let Kind::Face(form, faces) = kind {
        let face = face(state, caller, id, (form, faces), ask).await?;
        return Ok(json!({ "fileType": name_of(Some(form)), "content": b64::encode_padded(&face) }));
    }
    let view = one(state, caller, id, ask).await.map_err(no_copy)?;
    // What is asked for alone is there, or nothing is.
    let file = view.credential.ok_or(ApiError::Internal)?;
    Ok(json!({ "fileType": SIGNED, "content": b64::encode_padded(file.as_bytes()) }))
}

/// The face of one license, annotated.
async fn face(
    state: &AppState,
    caller: Caller,
    id: &str,
    (form, faces): (FaceForm, Faces),
    ask: Ask,
) -> Result<Vec<u8>, Fault> {
    let id = read_id(id)?;
    let turn = faces.turn().await;
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| {
        let drawn = lookup.share_face(&id, query, &faces.copy(form), now);
        // Held until the work is done, also if nobody waits for it any more.
        drop(turn);
        drawn
    };
    search(state, caller, ask, work, |_| true).await.map_err(no_copy)
}

/// Why neither the signed license nor its face is given: that it cannot be, or not now, is no lack of a right.
fn no_copy(error: ApiError) -> Fault {
    let ApiError::Refused(code, message) = error else { return error.into() };
    if code == ShareFault::NotPassed.code() {
        return Fault::new(Status::Other, format!("证照未通过核验，不提供文件或加注件 {code}: {message}"));
    }
    if [ShareFault::FacePages, ShareFault::FaceUndrawn].iter().any(|fault| fault.code() == code) {
        return Fault::new(Status::NotOffered, format!("数据源不能以此格式提供 {code}: {message}"));
    }
    if code == ShareFault::FaceWithheld.code() {
        let zh = "无权限：证照照面载有全部字段，共享目录所列字段少于照面";
        return Fault::new(Status::NoPermission, format!("{zh} {code}: {message}"));
    }
    ApiError::Refused(code, message).into()
}

/// `downloadUrl`
pub(super) async fn url(state: &AppState, caller: Caller, data: &Map<String, Value>) -> Result<Value, Fault> {
    let id = read_id(text(data, "certificateIdentifier")?)?;
    let kind = offered(state, text(data, "fileType")?)?;
    let ask = asked(state, data, COPY_CAUSE)?;
    // Where there is no room nothing is decided, recorded or used up.
    let mut urls = state.file_urls.reserve(&caller.client.id, 1, state.now())?;
    let form = kind.form();
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| match form {
        Some(form) => lookup.promise_face(&id, query, form, now),
        None => lookup.promise_file(&id, query, now),
    };
    let promise = search(state, caller, ask, work, |_| true).await.map_err(no_copy)?;
    opened(state, &mut urls, promise)
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
    if let Some(kind) = optional(data, "fileType")?
        && kind != SIGNED
    {
        // Faces are asked for one by one.
        return Err(not_offered(&format!("{SIGNED} only")));
    }
    let number = optional(data, "certNo")?.map(str::to_owned);
    let ask = Ask { number, ..asked(state, data, "useCause")? };
    let mut urls = state.file_urls.reserve(&caller.client.id, MAX_SHARED_LICENSES, state.now())?;
    let work = move |lookup: &Lookup, query: &ShareQuery<'_>, now| {
        lookup.promise_files(&holder, license_type, query, now)
    };
    let promised =
        search(state, caller, ask, work, |promised| !promised.is_empty()).await.map_err(no_copy)?;
    if promised.is_empty() {
        return Err(ApiError::NotFound.into());
    }
    promised.into_iter().map(|promise| opened(state, &mut urls, promise)).collect()
}

/// What is asked for.
enum Kind {
    Signed,
    Face(FaceForm, Faces),
}

impl Kind {
    fn form(&self) -> Option<FaceForm> {
        match self {
            Self::Signed => None,
            Self::Face(form, _) => Some(*form),
        }
    }
}

/// What `fileType` calls it.
fn name_of(form: Option<FaceForm>) -> &'static str {
    FORMS.into_iter().find(|(_, known)| form == Some(*known)).map_or(SIGNED, |(name, _)| name)
}

fn not_offered(why: &str) -> Fault {
    Fault::new(Status::NotOffered, format!("数据源不提供此格式 fileType: {why}"))
}

fn offered(state: &AppState, kind: &str) -> Result<Kind, Fault> {
    if kind == SIGNED {
        return Ok(Kind::Signed);
    }
    if kind == SEALED {
        let why =
            "the service has no key that seals; the office makes one with `boyin ofd make … --copy-until`";
        return Err(not_offered(why));
    }
    let Some((_, form)) = FORMS.into_iter().find(|(name, _)| *name == kind) else {
        return Err(not_offered(&format!("one of {SIGNED}, png, pdf")));
    };
    let faces = state.faces.clone().ok_or_else(|| not_offered(&format!("no font is here, {SIGNED} only")))?;
    Ok(Kind::Face(form, faces))
}

/// What is asked, and until when the copy is used.
fn asked(state: &AppState, data: &Map<String, Value>, cause: &str) -> Result<Ask, Fault> {
    let copy_until = match optional(data, COPY_UNTIL)? {
        None => None,
        Some(text) => {
            let now = state.now();
            let latest = now.plus(MAX_COPY_DAYS * SECONDS_PER_DAY);
            let until = instant(text).filter(|until| now < *until && *until <= latest);
            let bad = || format!("参数错误 {COPY_UNTIL}: an instant to come, within {MAX_COPY_DAYS} days");
            Some(until.ok_or_else(|| Fault::new(Status::BadParameter, bad()))?)
        }
    };
    Ok(Ask { copy_until, ..ask(data, cause)? })
}

/// Opens a URL for what was promised. It is not good for longer than the copy.
fn opened(state: &AppState, urls: &mut ReservedUrls, promise: FilePromise) -> Result<Value, Fault> {
    let (now, kind) = (state.now(), name_of(promise.form()));
    let latest = now.plus(FILE_URL_SECONDS);
    let until = promise.copy_until().map_or(latest, |until| until.min(latest));
    let ticket = urls.open(promise, until, &mut SystemRandom)?;
    let url = format!("{}{FILES_PATH}{ticket}", state.lookup.home().config().public_url);
    let seconds = until.seconds().saturating_sub(now.seconds());
    Ok(json!({ "expiresIn": seconds, "fileType": kind, "url": url }))
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
