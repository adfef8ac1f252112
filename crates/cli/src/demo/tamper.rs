use boyin::model::b64;

/// Members of the payload that hold a date of issue.
const DATE: &[u8] = b"\"issue_date\":\"";
/// Characters of a date.
const DATE_CHARS: usize = 10;

/// The license with its date of issue changed by one day, as somebody with an editor could do it.
pub(super) fn change_issue_date(credential: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(credential).ok()?;
    let (jws, disclosures) = text.split_once('~')?;
    let [header, payload, signature] = <[&str; 3]>::try_from(jws.split('.').collect::<Vec<_>>()).ok()?;
    let mut payload = b64::decode(payload.as_bytes()).ok()?;
    let start = payload.windows(DATE.len()).position(|window| window == DATE)? + DATE.len();
    let date = payload.get_mut(start..start + DATE_CHARS)?;
    let last = date.last_mut()?;
    // 0 ↔ 1, 2 ↔ 3, …: the neighboring day, but for the end of a month.
    *last ^= 1;
    Some(format!("{header}.{}.{signature}~{disclosures}", b64::encode(&payload)).into_bytes())
}
