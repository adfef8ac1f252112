use boyin_model::jws::JwsError;
use boyin_model::limits::MAX_STATUS_TOKEN_BYTES;
use boyin_model::status::StatusListClaims;
use boyin_model::trust::{Sunset, TrustList};
use boyin_suite::Algorithm;
use boyin_testkit::key::FixedKey;
use boyin_testkit::mutate::Parts;
use boyin_testkit::prefecture::{Prefecture, now, since, status_token};
use boyin_verify::{Context, Reason, StatusError, StatusSnapshot, TrustSnapshot, TrustedList, Verdict};

struct Setup {
    prefecture: Prefecture,
    trust: TrustSnapshot,
}

impl Setup {
    fn new(algorithm: Algorithm) -> Self {
        let prefecture = Prefecture::new(algorithm);
        let trust = prefecture.trust(&prefecture.trust_list());
        Self { prefecture, trust }
    }

    fn token(&self, edit: impl FnOnce(&mut StatusListClaims)) -> Vec<u8> {
        let mut claims = self.prefecture.status_list();
        edit(&mut claims);
        status_token(&claims, &self.prefecture.office.lists)
    }

    fn add(&self, token: &[u8]) -> Result<(), StatusError> {
        StatusSnapshot::default().add(token, &self.trust)
    }

    /// Signs the token's header and payload again after `edit`.
    fn resigned(&self, edit: impl FnOnce(&mut Parts)) -> Vec<u8> {
        let mut token = self.token(|_| {});
        token.push(b'~');
        let mut parts = Parts::open(&token);
        edit(&mut parts);
        let mut token = parts.signed(&self.prefecture.office.lists);
        token.pop();
        token
    }
}

#[test]
fn a_right_list_is_added() {
    for algorithm in Algorithm::ALL {
        let setup = Setup::new(algorithm);
        let mut status = StatusSnapshot::default();
        status.add(&setup.token(|_| {}), &setup.trust).unwrap();
        let uri = setup.prefecture.office.status_uri();
        assert_eq!(
            status.fresh_until(setup.prefecture.office.code, &uri),
            Some(setup.prefecture.status_list().exp)
        );
        assert_eq!(status.fresh_until(setup.prefecture.office.code, "https://status.example/none"), None);
    }
}

#[test]
fn every_fault_of_a_list_has_its_error() {
    for algorithm in Algorithm::ALL {
        let setup = Setup::new(algorithm);
        let stranger = FixedKey::signing(algorithm, 999);
        let claims = setup.prefecture.status_list();
        assert_eq!(setup.add(&status_token(&claims, &stranger)), Err(StatusError::KeyUnknown));
        let other_suite = if algorithm == Algorithm::Es256 { "SM2-SM3" } else { "ES256" };
        for name in [other_suite, "none"] {
            let token = setup.resigned(|parts| parts.set_header("alg", name));
            assert_eq!(setup.add(&token), Err(StatusError::KeyUnknown), "{name}");
        }
        assert_eq!(setup.add(&setup.token(|c| c.iat = since().minus(1))), Err(StatusError::KeyNotInForce));
        assert_eq!(setup.add(&setup.token(|c| c.iat = since())), Ok(()));
        assert_eq!(setup.add(&setup.token(|c| c.exp = c.iat)), Err(StatusError::Times));
        let mut parts = Parts::open(&[setup.token(|_| {}), b"~".to_vec()].concat());
        parts.set("ttl", 60);
        let mut changed = parts.compact();
        changed.pop();
        assert_eq!(setup.add(&changed), Err(StatusError::Signature));
    }
}

#[test]
fn another_document_is_no_status_list() {
    let setup = Setup::new(Algorithm::Es256);
    let format = |token: &[u8]| match setup.add(token) {
        Err(StatusError::Format(fault)) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(format(&setup.prefecture.trust_token(&setup.prefecture.trust_list())), JwsError::WrongType);
    let mut license = setup.prefecture.issue(&setup.prefecture.draft("food-business-permit"));
    license.pop();
    assert_eq!(format(&license), JwsError::WrongType);
    assert_eq!(format(b"e30"), JwsError::Parts);
    assert!(matches!(format(&vec![b'A'; MAX_STATUS_TOKEN_BYTES + 1]), JwsError::TooLarge { .. }));
    for (claim, value) in [("remark", 1), ("ttl", -1), ("sub", 1), ("exp", -5)] {
        let token = setup.resigned(|parts| parts.set(claim, value));
        assert!(matches!(format(&token), JwsError::Claim(_)), "{claim}");
    }
    let bits = setup.resigned(|parts| parts.payload["status_list"]["bits"] = 3.into());
    assert!(matches!(format(&bits), JwsError::Claim(_)));
    let broken = setup.resigned(|parts| parts.payload["status_list"]["lst"] = "AAAA".into());
    assert_eq!(format(&broken), JwsError::Claim("lst"));
}

#[test]
fn an_older_list_never_takes_the_place_of_a_newer_one() {
    let setup = Setup::new(Algorithm::Sm2);
    let mut status = StatusSnapshot::default();
    let index = 10;
    let revoked = setup.token(|claims| {
        claims.list.set(index, 1).unwrap();
        claims.exp = now().plus(500);
    });
    let older = setup.token(|claims| claims.iat = claims.iat.minus(1));
    status.add(&older, &setup.trust).unwrap();
    status.add(&revoked, &setup.trust).unwrap();
    assert_eq!(status.add(&older, &setup.trust), Err(StatusError::Superseded));
    let uri = setup.prefecture.office.status_uri();
    assert_eq!(
        status.fresh_until(setup.prefecture.office.code, &uri),
        Some(now().plus(500)),
        "the snapshot is unchanged"
    );
    assert_eq!(status.add(&revoked, &setup.trust), Ok(()), "the same list again changes nothing");
    let of_the_same_second = setup.token(|claims| claims.exp = now().plus(500));
    assert_eq!(status.add(&of_the_same_second, &setup.trust), Err(StatusError::Superseded));
    let longer = setup.token(|claims| {
        claims.list.set(index, 1).unwrap();
        claims.exp = now().plus(501);
    });
    assert_eq!(status.add(&longer, &setup.trust), Err(StatusError::Superseded));
    let list = status.fresh_until(setup.prefecture.office.code, &uri);
    assert_eq!(list, Some(now().plus(500)), "the snapshot is unchanged");
}

#[test]
fn another_office_cannot_take_the_place_of_a_list() {
    let setup = Setup::new(Algorithm::Es256);
    let prefecture = &setup.prefecture;
    let mut claims = prefecture.status_list();
    claims.iat = now();
    let foreign = status_token(&claims, &prefecture.other.lists);
    let mut world = prefecture.world();
    world.status.add(&foreign, &setup.trust).unwrap();
    let document = prefecture.issue(&prefecture.draft("identity-card"));
    let verifier = Prefecture::verifier();
    assert_eq!(verifier.check(&document, &world.context()).verdict(), Verdict::Passed);
    world.status = StatusSnapshot::default();
    world.status.add(&foreign, &setup.trust).unwrap();
    let report = verifier.check(&document, &world.context());
    assert_eq!(report.verdict(), Verdict::Indeterminate(Reason::StatusListForeign));
}

#[test]
fn a_list_from_the_future_keeps_others_out_until_it_is_dropped() {
    let setup = Setup::new(Algorithm::Es256);
    let (office, other) = (setup.prefecture.office.code, setup.prefecture.other.code);
    let uri = setup.prefecture.office.status_uri();
    let ahead = now().plus(90 * 86_400);
    let future = setup.token(|claims| (claims.iat, claims.exp) = (ahead, ahead.plus(1)));
    let mut status = StatusSnapshot::default();
    status.add(&future, &setup.trust).unwrap();
    assert_eq!(status.made_at(office, &uri), Some(ahead));
    assert_eq!(status.made_at(other, &uri), None);
    assert_eq!(status.add(&setup.token(|_| {}), &setup.trust), Err(StatusError::Superseded));
    status.forget(other, &uri);
    status.forget(office, "https://status.example/none");
    assert_eq!(status.made_at(office, &uri), Some(ahead), "only the list that is named is dropped");
    status.forget(office, &uri);
    assert_eq!(status.made_at(office, &uri), None);
    status.add(&setup.token(|_| {}), &setup.trust).unwrap();
    assert_eq!(status.made_at(office, &uri), Some(setup.prefecture.status_list().iat));
}

/// The snapshot outlives the trust list under which it was filled.
#[test]
fn a_list_is_no_better_than_its_key_is_today() {
    for algorithm in Algorithm::ALL {
        let setup = Setup::new(algorithm);
        let prefecture = &setup.prefecture;
        let mut status = StatusSnapshot::default();
        status.add(&setup.token(|_| {}), &setup.trust).unwrap();
        let document = prefecture.issue(&prefecture.draft("identity-card"));
        let made = prefecture.status_list().iat;
        let verdict = |edit: &dyn Fn(&mut TrustList)| {
            let mut list = prefecture.trust_list();
            edit(&mut list);
            let trust = prefecture.trust(&list);
            let context = Context { now: now(), trust: &trust, status: &status };
            Prefecture::verifier().check(&document, &context).verdict()
        };
        let foreign = Verdict::Indeterminate(Reason::StatusListForeign);
        let key = 2; // The key that signs lists.
        assert_eq!(verdict(&|_| {}), Verdict::Passed);
        assert_eq!(verdict(&|list| list.issuers[0].keys[key].until = Some(made.plus(1))), Verdict::Passed);
        assert_eq!(verdict(&|list| list.issuers[0].keys[key].until = Some(made)), foreign);
        assert_eq!(verdict(&|list| list.issuers[0].keys[key].from = made.plus(1)), foreign);
        assert_eq!(verdict(&|list| drop(list.issuers[0].keys.remove(key))), foreign);
        let moved = |list: &mut TrustList| {
            let moved = list.issuers[0].keys.remove(key);
            list.issuers[1].keys.push(moved);
        };
        assert_eq!(verdict(&moved), foreign);
    }
}

/// What a verification asks of its lists is asked of a list alone too.
#[test]
fn a_list_counts_in_its_time_and_with_its_key() {
    for algorithm in Algorithm::ALL {
        let setup = Setup::new(algorithm);
        let listed = setup.prefecture.trust_list();
        let (made, ends) = (listed.issued_at, listed.next_update);
        assert_eq!(setup.trust.counts_at(made.minus(300)), Ok(()));
        assert_eq!(setup.trust.counts_at(made.minus(301)), Err(Reason::TrustListFromFuture));
        assert_eq!(setup.trust.counts_at(ends.minus(1)), Ok(()));
        assert_eq!(setup.trust.counts_at(ends), Err(Reason::TrustListStale));

        let list = TrustedList::open(&setup.token(|_| {}), &setup.trust).unwrap();
        let (made, ends) = (list.made_at(), list.fresh_until());
        assert_eq!(list.issuer(), setup.prefecture.office.code);
        assert_eq!(list.uri(), setup.prefecture.office.status_uri());
        assert_eq!(list.size_bytes(), setup.prefecture.status_list().list.size_bytes());
        assert_eq!(list.counts_at(&setup.trust, made.minus(300)), Ok(()));
        assert_eq!(list.counts_at(&setup.trust, made.minus(301)), Err(Reason::StatusListFromFuture));
        assert_eq!(list.counts_at(&setup.trust, ends.minus(1)), Ok(()));
        assert_eq!(list.counts_at(&setup.trust, ends), Err(Reason::StatusListStale));

        let ended = |sign_until, verify_until| {
            let mut listed = listed.clone();
            let alg = setup.prefecture.office.lists.reference().jwk().alg.clone();
            listed.algorithms.push(Sunset { alg, sign_until, verify_until });
            list.counts_at(&setup.prefecture.trust(&listed), now())
        };
        assert_eq!(ended(made.plus(1), None), Ok(()));
        assert_eq!(ended(made, None), Err(Reason::StatusListForeign));
        assert_eq!(ended(made.plus(1), Some(now())), Err(Reason::StatusListForeign));
        let mut moved = listed.clone();
        moved.issuers[0].keys.retain(|key| key.kid != setup.prefecture.office.lists.reference().jwk().kid);
        assert_eq!(list.counts_at(&setup.prefecture.trust(&moved), now()), Err(Reason::StatusListForeign));
    }
}
