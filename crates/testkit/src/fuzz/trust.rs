//! Trust lists and status lists.

use std::sync::LazyLock;

use boyin_model::json::Reader;
use boyin_model::status::StatusListClaims;
use boyin_model::trust::TrustList;
use boyin_suite::{Algorithm, all_jws};
use boyin_verify::{StatusSnapshot, TrustSnapshot};

use crate::prefecture::{Prefecture, status_token};

struct Known {
    prefecture: Prefecture,
    trust: TrustSnapshot,
    trust_token: Vec<u8>,
    status_token: Vec<u8>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let mut list = prefecture.trust_list();
    // Short, so that changes reach all of it.
    for issuer in &mut list.issuers {
        issuer.entitlements.truncate(2);
    }
    let (trust_token, trust) = (prefecture.trust_token(&list), prefecture.trust(&list));
    let status_token = status_token(&prefecture.status_list(), &prefecture.office.lists);
    Known { prefecture, trust, trust_token, status_token }
});

/// Trust lists: what is accepted as ours has one spelling, differs from itself in nothing, and is tolerable. Bytes 0 to 3 say where and
/// how much of a signed list is replaced by the rest: only the list itself loads.
///
/// # Panics
/// If a promise is broken.
pub fn trust_list(data: &[u8]) {
    if let Ok(list) = TrustList::read(data, Reader::Ours) {
        assert_eq!(list.write(), data, "accepted bytes are the only spelling");
        assert_eq!(TrustList::read(data, Reader::Field).as_ref(), Ok(&list), "strict is tolerable");
    }
    let load = |bytes: &[u8]| TrustSnapshot::load(bytes, KNOWN.prefecture.anchor_jwk(), &all_jws());
    assert!(load(data).is_err() || data == KNOWN.trust_token);
    let Some(changed) = super::patched(&KNOWN.trust_token, data) else { return };
    assert_eq!(load(&changed).is_ok(), changed == KNOWN.trust_token, "a changed list");
}

/// Status lists: what is read is written so that it is read as the same, and knows no entry beyond its end. Bytes 0 to 3 as in
/// [`trust_list`]: only the list itself counts.
///
/// # Panics
/// If a promise is broken.
pub fn status_list(data: &[u8]) {
    if let Ok(claims) = StatusListClaims::read(data, Reader::Ours) {
        let again = StatusListClaims::read(&claims.write(), Reader::Ours);
        assert_eq!(again.as_ref(), Ok(&claims), "what is written is read");
        let end = u32::try_from(claims.list.len()).unwrap_or(u32::MAX);
        assert_eq!(claims.list.get(end), None);
        assert_eq!(end.checked_sub(1).is_some_and(|last| claims.list.get(last).is_some()), end > 0);
    }
    let counts = |bytes: &[u8]| StatusSnapshot::default().add(bytes, &KNOWN.trust).is_ok();
    assert!(!counts(data) || data == KNOWN.status_token);
    let Some(changed) = super::patched(&KNOWN.status_token, data) else { return };
    assert_eq!(counts(&changed), changed == KNOWN.status_token, "a changed list");
}

#[cfg(test)]
fn payload(token: &[u8]) -> Vec<u8> {
    boyin_model::jws::Compact::open(token, token.len()).expect("a token").payload
}

#[cfg(test)]
pub(super) fn trust_seeds() -> Vec<(String, Vec<u8>)> {
    vec![("same".to_owned(), vec![0; 4]), ("payload".to_owned(), payload(&KNOWN.trust_token))]
}

#[cfg(test)]
pub(super) fn status_seeds() -> Vec<(String, Vec<u8>)> {
    vec![("same".to_owned(), vec![0; 4]), ("payload".to_owned(), payload(&KNOWN.status_token))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracles_accept_what_is_right_and_hold_under_changes() {
        let (list, claims) = (payload(&KNOWN.trust_token), payload(&KNOWN.status_token));
        assert!(TrustList::read(&list, Reader::Ours).is_ok());
        assert!(StatusListClaims::read(&claims, Reader::Ours).is_ok());
        type Oracle = fn(&[u8]);
        let oracles: [(Oracle, &[u8], Vec<u8>); 2] =
            [(trust_list, &KNOWN.trust_token, list), (status_list, &KNOWN.status_token, claims)];
        for (oracle, token, payload) in oracles {
            oracle(token);
            oracle(&[0; 4]);
            for place in (0..payload.len()).step_by(7) {
                let mut changed = payload.clone();
                changed[place] = b'1';
                oracle(&changed);
            }
            for place in (0..token.len()).step_by(101) {
                let [high, low] = u16::try_from(place).unwrap().to_be_bytes();
                oracle(&[high, low, 0, 1, b'x']);
                oracle(&[high, low, 0, 9]);
            }
        }
    }
}
