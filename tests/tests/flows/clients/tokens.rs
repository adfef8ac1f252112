//! What an access token is good for: it ends when it should, and is bound to a certificate where it was given over one.

use boyin::access::{
    ACCESS_TOKEN_SECONDS, AssertionRefusal, CertificateDigest, CertificateUse, ClientError, ClientFault,
    ClientScope, Gate, TokenAsk, TokenRefusal,
};
use boyin::model::b64;
use boyin::model::sharing::SharingScope;
use boyin::suite::Algorithm;
use serde_json::{Value, json};

use super::{DAY, Site, claims, client, gate, signed, timed, token, words};
use crate::office::{market, now};
use crate::signer::client_key;

#[test]
fn a_token_ends_with_its_time_its_client_its_key_and_its_service() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let mine = token(&site.gate, "market-1", &site.key, now());
    let last = now().plus(ACCESS_TOKEN_SECONDS - 1);
    site.gate.caller(&mine, None, last).unwrap();
    let refused = |gate: &Gate, token: &str, at| gate.caller(token, None, at).unwrap_err();
    assert_eq!(refused(&site.gate, &mine, last.plus(1)), TokenRefusal::Expired);
    assert_eq!(refused(&site.gate, &mine, now().minus(1)), TokenRefusal::Expired);
    // Of another process of the same service, and signed by others: a client, for itself.
    assert_eq!(refused(&gate(home), &mine, now()), TokenRefusal::NotOurs);
    let (header, rest) = mine.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&b64::decode(header.as_bytes()).unwrap()).unwrap();
    let payload = rest.split_once('.').unwrap().0;
    let payload: Value = serde_json::from_slice(&b64::decode(payload.as_bytes()).unwrap()).unwrap();
    for (key, header) in [
        (&site.key, Some(header.clone())),
        (&site.key, None),
        (&site.key, Some(json!({ "alg": "none", "kid": header["kid"], "typ": "at+jwt" }))),
    ] {
        let forged = String::from_utf8(signed(key, header, &payload)).unwrap();
        assert_eq!(refused(&site.gate, &forged, now()), TokenRefusal::NotOurs);
    }
    for change in
        ["", ".", "a.b.c", &mine[1..], &mine[..mine.len() - 1], &format!("{mine}A"), &"A".repeat(4096)]
    {
        assert_eq!(refused(&site.gate, change, now()), TokenRefusal::NotOurs, "{change}");
    }
    // The life of a token is bounded by that of its key, and scopes that are taken away are gone at once.
    let second = client_key(Algorithm::Es256);
    let next = timed(&second, now(), now().plus(30 * DAY));
    home.rotate_client("market-1", next, now().plus(60), &words(now())).unwrap();
    site.gate.caller(&mine, None, now().plus(59)).unwrap();
    assert_eq!(refused(&site.gate, &mine, now().plus(60)), TokenRefusal::Withdrawn);
    let of_second = token(&site.gate, "market-1", &second, now());
    let path = home.dir().join("clients.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let narrower = text.replacen("\"share:license\", ", "", 1);
    assert_ne!(text, narrower);
    std::fs::write(&path, narrower).unwrap();
    assert!(!site.gate.caller(&of_second, None, now()).unwrap().scopes.contains(&ClientScope::License));
    home.remove_client("market-1", &words(now())).unwrap();
    assert_eq!(refused(&site.gate, &of_second, now()), TokenRefusal::Withdrawn);
    // Nor does the key open another client.
    home.add_client(client("market-2", market(), &[SharingScope::Levels], &second), &words(now())).unwrap();
    assert_eq!(refused(&site.gate, &of_second, now()), TokenRefusal::Withdrawn);
    std::fs::write(&path, "no toml").unwrap();
    assert_eq!(refused(&site.gate, &of_second, now()), TokenRefusal::ClientsUnreadable);
    let unread =
        site.gate.token(&signed(&site.other, None, &claims(&site.gate, "police-1", now())), None, now());
    assert_eq!(unread.unwrap_err(), AssertionRefusal::ClientsUnreadable);
}

/// What a gate says of a new assertion over a connection with this certificate.
fn over(
    site: &Site,
    gate: &Gate,
    certificate: Option<CertificateDigest>,
) -> Result<String, AssertionRefusal> {
    let assertion = signed(&site.key, None, &claims(gate, "market-1", now()));
    let ask = TokenAsk { assertion: &assertion, client_id: None, scope: None, certificate };
    gate.token_within(&ask, now(), |_| Ok(())).map(|granted| granted.token)
}

#[test]
fn a_token_is_good_with_the_certificate_that_it_was_given_over() {
    let site = Site::new();
    let [mine, other] = [b"mine ", b"other"].map(|der| CertificateDigest::of(der));
    let bound = over(&site, &site.gate, Some(mine)).unwrap();
    let free = over(&site, &site.gate, None).unwrap();
    let taken = |token: &str, certificate| site.gate.caller(token, certificate, now()).map(drop);
    assert_eq!(taken(&bound, Some(mine)), Ok(()));
    assert_eq!(taken(&bound, Some(other)), Err(TokenRefusal::OtherCertificate));
    assert_eq!(taken(&bound, None), Err(TokenRefusal::OtherCertificate));
    for any in [None, Some(mine), Some(other)] {
        assert_eq!(taken(&free, any), Ok(()));
    }
    // What it says is what RFC 8705 asks for.
    let payload = bound.split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&b64::decode(payload.as_bytes()).unwrap()).unwrap();
    assert_eq!(payload["cnf"], json!({ "x5t#S256": mine.to_string() }));
}

#[test]
fn where_certificates_are_required_nothing_is_given_or_taken_without() {
    let site = Site::new();
    let mine = CertificateDigest::of(b"mine");
    let gate = gate(&site.prefecture.home).with_certificates(CertificateUse::Required);
    assert_eq!(over(&site, &gate, None), Err(AssertionRefusal::CertificateMissing));
    let bound = over(&site, &gate, Some(mine)).unwrap();
    gate.caller(&bound, Some(mine), now()).unwrap();
    assert_eq!(gate.caller(&bound, None, now()), Err(TokenRefusal::OtherCertificate));
    // One that the same gate gave before it asked for them.
    let free = over(&site, &site.gate, None).unwrap();
    let Site { prefecture: _prefecture, gate, .. } = site;
    let gate = gate.with_certificates(CertificateUse::Required);
    assert_eq!(gate.caller(&free, Some(mine), now()), Err(TokenRefusal::CertificateMissing));
    assert_eq!(gate.caller(&free, None, now()), Err(TokenRefusal::CertificateMissing));
}

#[test]
fn a_client_with_a_certificate_is_given_nothing_over_other_connections() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let [mine, next, other] = [b"mine ", b"next ", b"other"].map(|der| CertificateDigest::of(der));
    let before = over(&site, &site.gate, None).unwrap();
    home.certify_client("market-1", vec![mine, next], &words(now())).unwrap();
    for wrong in [None, Some(other)] {
        assert_eq!(over(&site, &site.gate, wrong), Err(AssertionRefusal::OtherCertificate));
    }
    let withdrawn = |token: &str, certificate| {
        site.gate.caller(token, certificate, now()).unwrap_err() == TokenRefusal::Withdrawn
    };
    assert!(withdrawn(&before, None) && withdrawn(&before, Some(mine)), "it is bound to none");
    let [of_mine, of_next] =
        [mine, next].map(|certificate| over(&site, &site.gate, Some(certificate)).unwrap());
    site.gate.caller(&of_mine, Some(mine), now()).unwrap();
    // Another certificate of the same client is another one still.
    assert_eq!(site.gate.caller(&of_mine, Some(next), now()), Err(TokenRefusal::OtherCertificate));
    home.certify_client("market-1", vec![next], &words(now())).unwrap();
    assert!(withdrawn(&of_mine, Some(mine)), "it was taken away");
    site.gate.caller(&of_next, Some(next), now()).unwrap();
    let fault = home.certify_client("nobody", vec![mine], &words(now()));
    assert!(matches!(fault, Err(ClientError::Client { fault: ClientFault::Unknown, .. })), "{fault:?}");
    let journal = home.client_journal().unwrap();
    assert_eq!(journal.lines().filter(|line| line.contains("\"deed\":\"certify\"")).count(), 2);
}
