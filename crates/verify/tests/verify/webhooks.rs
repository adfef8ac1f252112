//! Notices to systems of agencies: each check has one that only it refuses.

use boyin_issue::{SigningKey, webhook};
use boyin_model::id::LicenseId;
use boyin_model::jws::{Header, JwsError, TYP_STATUS_LIST, Unsigned};
use boyin_model::status::LicenseStatus;
use boyin_model::trust::{Sunset, TrustList};
use boyin_model::webhook::{
    MAX_WEBHOOK_BYTES, TYP_WEBHOOK, WEBHOOK_ID_BYTES, WEBHOOK_SECONDS, WebhookChange, WebhookNotice,
};
use boyin_suite::Algorithm;
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::{Prefecture, now, since};
use boyin_verify::{
    Arrival, CLOCK_TOLERANCE_SECONDS, SignedByIssuerError, WebhookFault, WebhookLine, verify_webhook,
};

const CLIENT: &str = "market-1";

fn license(prefecture: &Prefecture) -> LicenseId {
    let license_type = prefecture.catalog.types().next().unwrap().code;
    LicenseId::new(license_type, prefecture.office.code, "20260000001", 1).unwrap()
}

fn notice(prefecture: &Prefecture) -> WebhookNotice {
    WebhookNotice {
        audience: CLIENT.to_owned(),
        issuer: prefecture.office.code,
        issued_at: now(),
        id: [3; WEBHOOK_ID_BYTES],
        sequence: 1,
        at: now().minus(60),
        change: WebhookChange::Status {
            license_id: license(prefecture),
            status: LicenseStatus::Revoked,
            status_list: Some(prefecture.office.status_uri()),
        },
    }
}

fn token(notice: &WebhookNotice, key: &SigningKey) -> Vec<u8> {
    key.sign_jws(&webhook(notice, key.reference())).unwrap()
}

fn with_header(header: &Header<'_>, payload: &[u8], key: &SigningKey) -> Vec<u8> {
    let unsigned = Unsigned::new(header, payload);
    unsigned.with_signature(&key.sign(unsigned.to_be_signed()).unwrap()).into_bytes()
}

/// What is made of a notice that is changed before it is signed.
fn judged(change: impl FnOnce(&mut WebhookNotice)) -> Result<(), WebhookFault> {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let mut notice = notice(&prefecture);
    change(&mut notice);
    let trust = prefecture.trust(&prefecture.trust_list());
    verify_webhook(&token(&notice, prefecture.key()), &trust, CLIENT, now()).map(|_| ())
}

/// What is made of a good notice under another trust list.
fn under(change: impl FnOnce(&mut TrustList)) -> Result<(), WebhookFault> {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let mut list = prefecture.trust_list();
    change(&mut list);
    let token = token(&notice(&prefecture), prefecture.key());
    verify_webhook(&token, &prefecture.trust(&list), CLIENT, now()).map(|_| ())
}

#[test]
fn a_notice_is_what_an_office_signed_for_this_client() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let trust = prefecture.trust(&prefecture.trust_list());
        let notice = notice(&prefecture);
        let token = token(&notice, prefecture.key());
        assert_eq!(verify_webhook(&token, &trust, CLIENT, now()), Ok(notice));
        let last = now().plus(WEBHOOK_SECONDS - 1);
        assert!(verify_webhook(&token, &trust, CLIENT, last).is_ok());
        assert_eq!(verify_webhook(&token, &trust, "market-2", now()), Err(WebhookFault::OtherAudience));
        let late = now().plus(WEBHOOK_SECONDS);
        assert_eq!(verify_webhook(&token, &trust, CLIENT, late), Err(WebhookFault::TooOld));
    }
}

#[test]
fn no_changed_bit_passes() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let trust = prefecture.trust(&prefecture.trust_list());
    let good = token(&notice(&prefecture), prefecture.key());
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[place] ^= 1 << bit;
            assert!(verify_webhook(&bad, &trust, CLIENT, now()).is_err(), "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn each_fault_of_the_signature_has_its_error() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let trust = prefecture.trust(&prefecture.trust_list());
    let (notice, key) = (notice(&prefecture), prefecture.key());
    let fault = |token: &[u8]| verify_webhook(token, &trust, CLIENT, now()).unwrap_err();
    let stranger = FixedKey::signing(Algorithm::Es256, 99);
    assert_eq!(fault(&token(&notice, &stranger)), SignedByIssuerError::KeyUnknown.into());
    let jwk = key.reference().jwk();
    let header = |alg: &'static str, typ: &'static str| Header {
        alg: alg.into(),
        kid: jwk.kid.as_str().into(),
        typ: typ.into(),
    };
    let payload = notice.write();
    // Another one's signature under the name of this key.
    let forged = with_header(&header("ES256", TYP_WEBHOOK), &payload, &stranger);
    assert_eq!(fault(&forged), SignedByIssuerError::Signature.into());
    let other = with_header(&header("none", TYP_WEBHOOK), &payload, key);
    assert_eq!(fault(&other), SignedByIssuerError::OtherAlgorithm.into());
    let another = with_header(&header("ES256", TYP_STATUS_LIST), &payload, key);
    assert_eq!(fault(&another), SignedByIssuerError::Format(JwsError::WrongType).into());
    let more = String::from_utf8(payload).unwrap().replacen('{', "{\"a\":1,", 1);
    let more = with_header(&header("ES256", TYP_WEBHOOK), more.as_bytes(), key);
    assert_eq!(fault(&more), WebhookFault::Claims(JwsError::Claim("change")));
    let long = vec![b'.'; MAX_WEBHOOK_BYTES + 1];
    let limit = MAX_WEBHOOK_BYTES;
    assert_eq!(fault(&long), SignedByIssuerError::Format(JwsError::TooLarge { limit }).into());
}

#[test]
fn each_check_of_a_notice_has_one_that_only_it_refuses() {
    let other = Prefecture::new(Algorithm::Sm2).other.code;
    assert_eq!(judged(|_| {}), Ok(()));
    assert_eq!(judged(|notice| notice.issuer = other), Err(WebhookFault::OtherIssuer));
    assert_eq!(judged(|notice| notice.audience = "market-2".to_owned()), Err(WebhookFault::OtherAudience));
    let ahead = now().plus(CLOCK_TOLERANCE_SECONDS);
    assert_eq!(judged(|notice| notice.issued_at = ahead), Ok(()));
    assert_eq!(judged(|notice| notice.issued_at = ahead.plus(1)), Err(WebhookFault::FromFuture));
    let early = now().minus(WEBHOOK_SECONDS);
    assert_eq!(judged(|notice| notice.issued_at = early), Err(WebhookFault::TooOld));

    assert_eq!(under(|_| {}), Ok(()));
    assert_eq!(under(|list| list.next_update = now()), Err(WebhookFault::TrustList));
    assert_eq!(under(|list| list.issued_at = ahead), Ok(()));
    assert_eq!(under(|list| list.issued_at = ahead.plus(1)), Err(WebhookFault::TrustList));
    let ended = |list: &mut TrustList| {
        for key in list.issuers.iter_mut().flat_map(|issuer| &mut issuer.keys) {
            key.until = Some(now());
        }
    };
    assert_eq!(under(ended), Err(WebhookFault::KeyNotInForce));
    let algorithm = Prefecture::new(Algorithm::Sm2).key().reference().jwk().alg.clone();
    let sunset = |list: &mut TrustList| {
        list.algorithms = vec![Sunset { alg: algorithm, sign_until: since(), verify_until: None }];
    };
    assert_eq!(under(sunset), Err(WebhookFault::AlgorithmEnded));
}

#[test]
fn a_receiver_tells_gaps_and_what_comes_again() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let numbered =
        |sequence, id| WebhookNotice { sequence, id: [id; WEBHOOK_ID_BYTES], ..notice(&prefecture) };
    let mut line = WebhookLine::default();
    assert_eq!(line.take(&numbered(2, 2)), Arrival::Gap(1));
    assert_eq!(line.take(&numbered(1, 1)), Arrival::Next);
    assert_eq!(line.take(&numbered(1, 1)), Arrival::Repeated);
    assert_eq!(line.take(&numbered(1, 9)), Arrival::Earlier, "another one under its number");
    assert_eq!(line.take(&numbered(2, 2)), Arrival::Next);
    assert_eq!(line.take(&numbered(1, 1)), Arrival::Earlier, "a replay");
    assert_eq!(line.take(&numbered(4, 4)), Arrival::Gap(3));
    assert_eq!(line.sequence, 2);
}
