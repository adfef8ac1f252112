//! The lists by which everybody verifies and every desk acts, and the clock that they are held against.

use std::sync::Arc;

use boyin_archive::Archive;
use boyin_exempt::ItemCatalog;
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use boyin_verify::{CLOCK_TOLERANCE_SECONDS, TrustSnapshot};

use super::{
    CATALOG, CLOCK, Dated, Findings, ITEMS, Opened, SHARING, STATUS_LISTS, TRUST_DAYS_LEFT, TRUST_LIST,
};
use crate::error::HomeError;
use crate::home::Home;
use crate::in_force::logged;
use crate::lists::{Held, ListKind};
use crate::lookup::lists_of;
use crate::registry::{Published, Registry};

/// A desk renews status lists at half of their time; of one that has less than this part left nobody took care.
const STATUS_PART_LEFT: u64 = 4;
const RENEW_TRUST: &str = "boyin trust renew --who NAME --purpose TEXT";
const NAME_STATUS_LISTS: &str = "boyin trust add status-lists, and boyin trust sign";
const RENEW_STATUS: &str = "boyin status renew, or keep `boyin serve --desk` running";
const RESTORE_LIST: &str = "put the newest list of its history/ in its place, or restore a backup";

/// The trust list in its place, verified, with its bytes.
pub(super) fn trust(
    home: &Home,
    now: UnixTime,
    dated: &mut Dated,
    found: &mut Findings,
) -> Option<(Vec<u8>, TrustSnapshot)> {
    let (token, trust) = match home.trust_in_place() {
        Ok(read) => read,
        Err(error) => {
            found.fail(TRUST_LIST, error.to_string(), RESTORE_LIST);
            return None;
        }
    };
    let list = trust.list();
    dated.saw("the trust list", list.issued_at);
    let left = list.next_update.seconds().saturating_sub(now.seconds());
    let lasts = list.next_update.seconds().saturating_sub(list.issued_at.seconds());
    let warning = (TRUST_DAYS_LEFT * SECONDS_PER_DAY).min(lasts / 4);
    let detail = format!("list {}, fresh until {}", list.sequence, list.next_update);
    let unnamed = list.issuers.iter().filter(|issuer| issuer.status_lists.is_empty());
    let unnamed: Vec<_> = unnamed.map(|issuer| issuer.code.as_str()).collect();
    match home.trust_history().map(|numbers| numbers.last().copied()) {
        Err(error) => found.fail(TRUST_LIST, error.to_string(), RESTORE_LIST),
        Ok(Some(newest)) if list.sequence < newest => {
            let detail = format!("list {} is in its place, and list {newest} was published", list.sequence);
            found.fail(TRUST_LIST, detail, RESTORE_LIST);
        }
        Ok(_) if left == 0 => found.fail(TRUST_LIST, format!("{detail}: it is stale"), RENEW_TRUST),
        Ok(_) if left < warning => {
            found.warn(TRUST_LIST, format!("{detail}: {} days left", left / SECONDS_PER_DAY), RENEW_TRUST);
        }
        Ok(_) if !unnamed.is_empty() => {
            let detail = format!("{detail}: it names no status lists of {}", unnamed.join(", "));
            found.warn(TRUST_LIST, detail, NAME_STATUS_LISTS);
        }
        Ok(_) => found.ok(TRUST_LIST, detail),
    }
    Some((token, trust))
}

/// The catalog or the sharing list.
pub(super) fn signed<E: ListKind>(
    home: &Home,
    archive: Opened<'_>,
    now: UnixTime,
    dated: &mut Dated,
    found: &mut Findings,
) {
    let is_catalog = E::NAME == CATALOG;
    let (check, what, renew) = if is_catalog {
        (CATALOG, "the catalog", "boyin catalog renew --who NAME --purpose TEXT")
    } else {
        (SHARING, "the sharing list", "boyin sharing renew --who NAME --purpose TEXT")
    };
    let Held { token, list, instead_of } = match home.list::<E>() {
        Ok(held) => held,
        Err(HomeError::NoList(_)) if is_catalog => {
            return found.fail(check, "none is signed, so that nothing can be issued", renew);
        }
        Err(HomeError::NoList(_)) => {
            return found.warn(check, "none is signed, so that nothing is shared", renew);
        }
        Err(error) => return found.fail(check, error.to_string(), RESTORE_LIST),
    };
    dated.saw(what, list.issued_at);
    if let Some(fault) = instead_of {
        return found.fail(check, fault.to_string(), RESTORE_LIST);
    }
    let detail =
        format!("list {}, {} entries, fresh until {}", list.sequence, list.entries.len(), list.next_update);
    if list.next_update <= now {
        return found.fail(check, format!("{detail}: it is stale, and nothing rests on it"), renew);
    }
    let office = home.config().authority_code;
    let known = archive.map(|archive| {
        let later = logged::<E>(archive, office, list.sequence + 1, &[])?.is_some();
        Ok::<_, boyin_archive::ArchiveError>((later, logged::<E>(archive, office, list.sequence, &token)?))
    });
    match known {
        Some(Err(error)) => found.fail(check, error.to_string(), "boyin archive check"),
        Some(Ok((true, _))) => {
            found.fail(
                check,
                format!("list {} is in its place, and the log knows a later one", list.sequence),
                RESTORE_LIST,
            );
        }
        Some(Ok((false, Some(false)))) => {
            found.fail(
                check,
                format!("list {} is another one than the log has", list.sequence),
                RESTORE_LIST,
            );
        }
        Some(Ok((false, None))) if !is_catalog && !list.entries.is_empty() => {
            let detail = format!("{detail}: not in the log yet, so that nothing is shared by it");
            found.warn(check, detail, "boyin sharing check, or `boyin serve --desk`");
        }
        Some(Ok((false, Some(true) | None))) | None => found.ok(check, detail),
    }
}

/// The item catalog: an own one has to be good, the built-in one may not fit license types of one's own.
pub(super) fn items(home: &Home, found: &mut Findings) {
    if home.catalog_fault().is_some() {
        return found.warn(ITEMS, "not looked at: there is no catalog of license types", super::MEND_FIRST);
    }
    let own = home.dir().join("items.toml").exists();
    let read = home.item_catalog(home.catalog());
    let next = "boyin window items says what is wrong with it; put items.toml back, or mend it";
    match read.as_ref().map(ItemCatalog::digest) {
        Ok(digest) => {
            let whose = if own { "items.toml" } else { "the built-in one" };
            found.ok(ITEMS, format!("{whose}, {digest}"));
        }
        Err(error) if !own && matches!(error, HomeError::Items { .. }) => {
            let detail = format!("no items.toml, and the built-in one does not fit: {error}");
            found.warn(ITEMS, detail, "write an items.toml before a window decides: see docs/exemption.md");
        }
        Err(error) => found.fail(ITEMS, error.to_string(), next),
    }
}

/// Each office's status lists.
pub(super) fn status(
    home: &Home,
    archive: &Archive,
    (token, trust): (Vec<u8>, TrustSnapshot),
    now: UnixTime,
    dated: &mut Dated,
    found: &mut Findings,
) {
    let lists = match lists_of(home, |uri| archive.status_list(uri)) {
        Ok(lists) => lists,
        Err(error) => return found.fail(STATUS_LISTS, error.to_string(), "boyin archive check"),
    };
    let registry = Registry::new(token, Arc::new(trust), lists);
    let warning = u64::from(home.config().status_list_hours) * 3600 / STATUS_PART_LEFT;
    let before = found.count();
    let mut earliest: Option<UnixTime> = None;
    for Published { office, uri, token } in &registry.status_lists {
        let fresh = registry.status.fresh_until(*office, uri);
        if let Some(made) = registry.status.made_at(*office, uri) {
            dated.saw("a status list", made);
        }
        let of = format!("office {office}");
        match (token, fresh, archive.unpublished(uri)) {
            (None, _, _) => found.fail(STATUS_LISTS, format!("{of}: none is published"), RENEW_STATUS),
            (Some(_), None, _) => {
                let detail = format!("{of}: its list does not verify with the trust list");
                found.fail(STATUS_LISTS, detail, RENEW_STATUS);
            }
            (Some(_), Some(end), _) if end <= now => {
                found.fail(STATUS_LISTS, format!("{of}: stale since {end}"), RENEW_STATUS);
            }
            (Some(_), Some(_), Ok(Some(_))) => {
                let detail = format!("{of}: a change is filed that no list shows yet");
                found.fail(STATUS_LISTS, detail, RENEW_STATUS);
            }
            (Some(_), Some(_), Err(error)) => {
                found.fail(STATUS_LISTS, format!("{of}: {error}"), "boyin archive check");
            }
            (Some(_), Some(end), Ok(None)) if end <= now.plus(warning) => {
                found.warn(STATUS_LISTS, format!("{of}: fresh until {end} only"), RENEW_STATUS);
            }
            (Some(_), Some(end), Ok(None)) => {
                earliest = Some(earliest.map_or(end, |earliest| earliest.min(end)));
            }
        }
    }
    if found.count() == before {
        let until = earliest.map_or_else(String::new, |end| format!(", fresh until {end} or later"));
        found.ok(STATUS_LISTS, format!("{} lists{until}", registry.status_lists.len()));
    }
}

/// Nothing that was made bears a later instant than now.
pub(super) fn clock(dated: &Dated, now: UnixTime, found: &mut Findings) {
    match dated.latest() {
        Some((what, at)) if at > now.plus(CLOCK_TOLERANCE_SECONDS) => {
            let detail = format!("now {now}, and {what} is of {at}");
            found.fail(CLOCK, detail, "set the clock of this machine, and keep it set (NTP)");
        }
        Some((what, at)) => {
            found.ok(CLOCK, format!("now {now}; the latest of what is on file, {what}, is of {at}"));
        }
        None => found.warn(CLOCK, format!("now {now}, and nothing to hold it against"), super::MEND_FIRST),
    }
}
