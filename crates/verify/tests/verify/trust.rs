use boyin_model::jws::JwsError;
use boyin_model::trust::{StatusLists, Sunset, TrustList};
use boyin_suite::{Algorithm, ES256, all_jws};
use boyin_testkit::mutate::Parts;
use boyin_testkit::prefecture::{Prefecture, issuer_key, status_token};
use boyin_verify::{TrustError, TrustSnapshot};

fn load(prefecture: &Prefecture, edit: impl FnOnce(&mut TrustList)) -> Result<(), TrustError> {
    let mut list = prefecture.trust_list();
    edit(&mut list);
    load_token(prefecture, &prefecture.trust_token(&list))
}

fn load_token(prefecture: &Prefecture, token: &[u8]) -> Result<(), TrustError> {
    TrustSnapshot::load(token, prefecture.anchor_jwk(), &all_jws()).map(|_| ())
}

/// Signs the token's header and payload again after `edit`.
fn resigned(prefecture: &Prefecture, edit: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let mut token = prefecture.trust_token(&prefecture.trust_list());
    token.push(b'~');
    let mut parts = Parts::open(&token);
    edit(&mut parts);
    let mut token = parts.signed(&prefecture.anchor);
    token.pop();
    token
}

#[test]
fn a_right_list_is_loaded() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        assert_eq!(load(&prefecture, |_| {}), Ok(()));
        assert_eq!(prefecture.trust(&prefecture.trust_list()).list(), &prefecture.trust_list());
    }
}

#[test]
fn every_fault_of_a_list_has_its_error() {
    let prefecture = &Prefecture::new(Algorithm::Sm2);
    let key = |issuer, key| Err(TrustError::Key { issuer, key });
    assert_eq!(load(prefecture, |list| list.next_update = list.issued_at), Err(TrustError::Times));
    assert_eq!(
        load(prefecture, |list| list.issuers[1].code = list.issuers[0].code),
        Err(TrustError::Duplicate { issuer: 1 })
    );
    assert_eq!(
        load(prefecture, |list| list.issuers[1].keys.push(issuer_key(&prefecture.office.sm2))),
        Err(TrustError::Duplicate { issuer: 1 })
    );
    // The ID of another key, another curve, another algorithm, a point that is not on the curve.
    assert_eq!(
        load(prefecture, |list| list.issuers[0].keys[1].kid = list.issuers[1].keys[1].kid.clone()),
        key(0, 1)
    );
    assert_eq!(load(prefecture, |list| list.issuers[1].keys[0].crv = "SM2".into()), key(1, 0));
    assert_eq!(load(prefecture, |list| list.issuers[0].keys[0].alg = "SM2-SM3".into()), key(0, 0));
    assert_eq!(load(prefecture, |list| list.issuers[0].keys[0].alg = "RS256".into()), key(0, 0));
    assert_eq!(load(prefecture, |list| list.issuers[0].keys[2].kty = "RSA".into()), key(0, 2));
    let off_curve = load(prefecture, |list| {
        let entry = &mut list.issuers[0].keys[0];
        std::mem::swap(&mut entry.x, &mut entry.y);
        entry.kid = entry.jwk().thumbprint(&ES256);
    });
    assert_eq!(off_curve, key(0, 0));
    let named = |prefix: &str| {
        load(prefecture, |list| {
            let from = list.issued_at;
            list.issuers[1].status_lists = vec![StatusLists { prefix: prefix.to_owned(), from, until: None }];
        })
    };
    assert_eq!(named("https://lists.example/"), Ok(()));
    assert_eq!(named("https://lists.example"), Err(TrustError::StatusLists { issuer: 1 }));
    let ended = |sign_until, verify_until| Sunset { alg: "ES256".into(), sign_until, verify_until };
    let at = prefecture.trust_list().issued_at;
    let algorithm = |algorithm| Err(TrustError::Algorithm { algorithm });
    assert_eq!(load(prefecture, |list| list.algorithms = vec![ended(at, Some(at))]), Ok(()));
    assert_eq!(load(prefecture, |list| list.algorithms = vec![ended(at, Some(at.minus(1)))]), algorithm(0));
    assert_eq!(load(prefecture, |list| list.algorithms = vec![ended(at, None); 2]), algorithm(1));
    assert_eq!(load(prefecture, |list| list.format = 2), Err(TrustError::Format(JwsError::Claim("format"))));
}

#[test]
fn only_the_anchor_counts() {
    for algorithm in Algorithm::ALL {
        let prefecture = &Prefecture::new(algorithm);
        let list = prefecture.trust_list();
        let token = prefecture.trust_token(&list);
        let mut imposter = prefecture.clone();
        imposter.anchor = prefecture.office.key(algorithm).clone();
        assert_eq!(load_token(prefecture, &imposter.trust_token(&list)), Err(TrustError::NotByAnchor));
        let renamed = resigned(&imposter, |parts| {
            parts.set_header("kid", &prefecture.anchor_jwk().kid);
        });
        assert_eq!(load_token(prefecture, &renamed), Err(TrustError::Signature));
        for name in ["none", "HS256", "ES256", "SM2-SM3"] {
            let result = load_token(prefecture, &resigned(prefecture, |parts| parts.set_header("alg", name)));
            let right = name == prefecture.anchor_jwk().alg;
            assert_eq!(result, if right { Ok(()) } else { Err(TrustError::NotByAnchor) }, "{name}");
        }
        let mut anchor = prefecture.anchor_jwk().clone();
        anchor.kid = prefecture.office.lists.reference().jwk().kid.clone();
        assert_eq!(TrustSnapshot::load(&token, &anchor, &all_jws()).map(|_| ()), Err(TrustError::Anchor));
        let other: &[&'static dyn boyin_model::alg::VerifyAlg] =
            if algorithm == Algorithm::Es256 { &[&boyin_suite::SM2_SM3] } else { &[&ES256] };
        let refused = TrustSnapshot::load(&token, prefecture.anchor_jwk(), other).map(|_| ());
        assert_eq!(refused, Err(TrustError::Anchor));
    }
}

#[test]
fn another_document_is_no_trust_list() {
    let prefecture = &Prefecture::new(Algorithm::Es256);
    let format = |result: Result<(), TrustError>| match result {
        Err(TrustError::Format(fault)) => fault,
        other => panic!("{other:?}"),
    };
    let status = status_token(&prefecture.status_list(), &prefecture.anchor);
    assert_eq!(format(load_token(prefecture, &status)), JwsError::WrongType);
    assert_eq!(format(load_token(prefecture, b"e30.e30")), JwsError::Parts);
    assert!(matches!(format(load_token(prefecture, b"e30.e30.$")), JwsError::Base64 { .. }));
    let oversized = vec![b'A'; boyin_model::limits::MAX_TRUST_LIST_BYTES + 1];
    assert!(matches!(format(load_token(prefecture, &oversized)), JwsError::TooLarge { .. }));
    let more = resigned(prefecture, |parts| parts.set_header("crit", "x"));
    assert_eq!(format(load_token(prefecture, &more)), JwsError::HeaderMember("unknown"));
    let more = resigned(prefecture, |parts| parts.set("remark", 1));
    assert!(matches!(format(load_token(prefecture, &more)), JwsError::Claim(_)));
    let less = resigned(prefecture, |parts| {
        let _ = parts.remove("sequence");
    });
    assert!(matches!(format(load_token(prefecture, &less)), JwsError::Claim(_)));
}

#[test]
fn no_flipped_bit_of_a_list_is_loaded() {
    let prefecture = &Prefecture::new(Algorithm::Es256);
    let mut list = prefecture.trust_list();
    list.issuers.truncate(1);
    list.issuers[0].entitlements.truncate(1);
    let good = prefecture.trust_token(&list);
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 1;
        assert!(load_token(prefecture, &bad).is_err(), "byte {place}");
    }
}

#[test]
fn only_a_later_list_or_the_same_takes_the_place_of_a_list() {
    let prefecture = &Prefecture::new(Algorithm::Es256);
    let snapshot = |edit: &dyn Fn(&mut TrustList)| {
        let mut list = prefecture.trust_list();
        edit(&mut list);
        prefecture.trust(&list)
    };
    let old = snapshot(&|_| {});
    assert!(snapshot(&|_| {}).may_replace(&old));
    assert!(snapshot(&|list| list.sequence += 1).may_replace(&old));
    assert!(!old.may_replace(&snapshot(&|list| list.sequence += 1)));
    assert!(!snapshot(&|list| list.next_update = list.next_update.plus(1)).may_replace(&old));
    assert!(!snapshot(&|list| drop(list.issuers.pop())).may_replace(&old));
}

/// `null` would be a second spelling of "absent".
#[test]
fn an_end_is_an_instant_or_absent() {
    let prefecture = &Prefecture::new(Algorithm::Sm2);
    for place in ["keys", "entitlements"] {
        let with = |value: serde_json::Value| {
            let edit = |parts: &mut Parts| parts.payload["issuers"][0][place][0]["until"] = value;
            load_token(prefecture, &resigned(prefecture, edit))
        };
        assert_eq!(with(253_402_271_999_u64.into()), Ok(()), "{place}");
        let refused = Err(TrustError::Format(JwsError::Claim("issuers")));
        assert_eq!(with(serde_json::Value::Null), refused, "{place}");
    }
}
