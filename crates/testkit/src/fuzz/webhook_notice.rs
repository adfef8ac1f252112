//! Notices to systems of agencies.

use std::sync::LazyLock;

use boyin_issue::webhook;
use boyin_model::b64;
use boyin_model::id::LicenseId;
use boyin_model::status::LicenseStatus;
use boyin_model::webhook::{WEBHOOK_ID_BYTES, WEBHOOK_SECONDS, WebhookChange, WebhookNotice};
use boyin_suite::Algorithm;
use boyin_verify::{Arrival, CLOCK_TOLERANCE_SECONDS, TrustSnapshot, WebhookLine, verify_webhook};

use crate::prefecture::{Prefecture, now};

const CLIENT: &str = "market-1";

/// A notice, its claims and its token, and what it is verified with.
struct Known {
    prefecture: Prefecture,
    trust: TrustSnapshot,
    claims: Vec<u8>,
    token: Vec<u8>,
}

static KNOWN: LazyLock<[Known; 2]> = LazyLock::new(|| Algorithm::ALL.map(Known::new));

impl Known {
    fn new(algorithm: Algorithm) -> Self {
        let prefecture = Prefecture::new(algorithm);
        let license_type = prefecture.catalog.types().next().expect("a type").code;
        let license_id = LicenseId::new(license_type, prefecture.office.code, "20260000001", 1);
        let notice = WebhookNotice {
            audience: CLIENT.to_owned(),
            issuer: prefecture.office.code,
            issued_at: now(),
            id: [3; WEBHOOK_ID_BYTES],
            sequence: 7,
            at: now().minus(60),
            change: WebhookChange::Status {
                license_id: license_id.expect("an identifier"),
                status: LicenseStatus::Revoked,
                status_list: Some(prefecture.office.status_uri()),
            },
        };
        let key = prefecture.key();
        let token = key.sign_jws(&webhook(&notice, key.reference())).expect("keys of the kit sign");
        let trust = prefecture.trust(&prefecture.trust_list());
        Self { claims: notice.write(), token, trust, prefecture }
    }

    fn taken(&self, token: &[u8]) -> Option<WebhookNotice> {
        verify_webhook(token, &self.trust, CLIENT, now()).ok()
    }

    /// Claims under the header of the notice, signed by the office.
    fn signed(&self, claims: &[u8]) -> Vec<u8> {
        let dot = self.token.iter().position(|byte| *byte == b'.').expect("a header");
        let input = [&self.token[..=dot], b64::encode(claims).as_bytes()].concat();
        let signature = self.prefecture.key().sign(&input).expect("keys of the kit sign");
        [&input[..], b".", b64::encode(&signature).as_bytes()].concat()
    }
}

/// Claims: what is read has one spelling.
fn one_spelling(claims: &[u8]) {
    let Ok(notice) = WebhookNotice::read(claims) else { return };
    assert_eq!(notice.write(), claims, "accepted bytes are the only spelling");
    let mut line = WebhookLine { sequence: notice.sequence - 1, id: [0; WEBHOOK_ID_BYTES] };
    assert_eq!(line.take(&notice), Arrival::Next);
    assert_eq!(line.take(&notice), Arrival::Repeated, "a notice is the next one once");
}

/// Any bytes as claims and, after byte 0, which says by which algorithm, as a notice; a notice, and claims that the office signs
/// again, of which bytes 1 to 4 say where and how much is replaced by the rest. No notice is taken but those that the office signed
/// for this client and this time.
///
/// # Panics
/// If a promise is broken.
pub fn webhook_notice(data: &[u8]) {
    one_spelling(data);
    let Some((which, rest)) = data.split_first() else { return };
    let known = &KNOWN[usize::from(which & 1)];
    let changed = super::patched(&known.token, rest);
    for token in [Some(rest.to_vec()), changed].iter().flatten() {
        assert_eq!(known.taken(token).is_some(), *token == known.token, "only the notice itself is taken");
    }
    let Some(claims) = super::patched(&known.claims, rest) else { return };
    one_spelling(&claims);
    let Some(notice) = known.taken(&known.signed(&claims)) else {
        assert!(claims != known.claims, "the notice itself is taken");
        return;
    };
    assert_eq!(notice.write(), claims, "a notice says what was signed");
    assert_eq!((notice.issuer, notice.audience.as_str()), (known.prefecture.office.code, CLIENT));
    let (first, last) = (now().minus(WEBHOOK_SECONDS), now().plus(CLOCK_TOLERANCE_SECONDS));
    assert!(first < notice.issued_at && notice.issued_at <= last, "a notice of another time");
}

#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = vec![("claims".to_owned(), KNOWN[0].claims.clone())];
    for (number, known) in (0_u8..).zip(&*KNOWN) {
        seeds.push((format!("token-{number}"), [&[number], known.token.as_slice()].concat()));
        seeds.push((format!("same-{number}"), vec![number, 0, 0, 0, 0]));
    }
    let lists = [WebhookChange::TrustList(1), WebhookChange::Catalog(2), WebhookChange::SharingList(3)];
    for (number, change) in lists.into_iter().enumerate() {
        let notice = WebhookNotice::read(&KNOWN[0].claims).unwrap();
        seeds.push((format!("list-{number}"), WebhookNotice { change, ..notice }.write()));
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right_and_holds_under_changes() {
        for (_, seed) in seeds() {
            webhook_notice(&seed);
        }
        for (number, known) in (0_u8..).zip(&*KNOWN) {
            assert!(known.taken(&known.token).is_some());
            for place in (0..u16::try_from(known.token.len()).unwrap()).step_by(13) {
                let [high, low] = place.to_be_bytes();
                webhook_notice(&[number, high, low, 0, 1, b'1']);
                webhook_notice(&[number, high, low, 0, 9]);
            }
        }
    }
}
