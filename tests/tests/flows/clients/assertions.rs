//! What an assertion must be: each check has an assertion that only it refuses.

use std::sync::Barrier;
use std::thread;

use boyin::access::{AHEAD_SECONDS, AssertionRefusal, Client, ClientScope, Gate, MAX_SEEN_OF_CLIENT};
use boyin::model::b64;
use boyin::model::sharing::SharingScope;
use boyin::model::time::UnixTime;
use boyin::suite::{Algorithm, SystemRandom};
use serde_json::json;

use super::{DAY, Site, claims, client, signed, token, words};
use crate::office::{market, now};
use crate::signer::client_key;

#[test]
fn a_signed_assertion_gives_a_token_under_either_suite() {
    let site = Site::new();
    for (id, key) in [("market-1", &site.key), ("police-1", &site.other)] {
        let granted =
            site.gate.token(&signed(key, None, &claims(&site.gate, id, now())), None, now()).unwrap();
        assert_eq!((granted.client.as_str(), granted.scopes.as_slice()), (id, &ClientScope::ALL[..]));
        let caller = site.gate.caller(&granted.token, None, now()).unwrap();
        assert_eq!((caller.client.id.as_str(), caller.scopes.as_slice()), (id, &ClientScope::ALL[..]));
    }
    let some =
        site.gate.token(&signed(&site.key, None, &site.claims()), Some("share:check share:check"), now());
    assert_eq!(some.unwrap().scopes, [ClientScope::Check]);
    assert_eq!(
        Gate::new(&site.prefecture.home, now(), &mut SystemRandom).unwrap().audience(),
        site.gate.audience()
    );
}

/// The order of the group of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn libraries_that_do_not_choose_the_smaller_s_are_let_in() {
    let site = Site::new();
    let assertion = String::from_utf8(signed(&site.key, None, &site.claims())).unwrap();
    let (input, signature) = assertion.rsplit_once('.').unwrap();
    let mut signature = b64::decode(signature.as_bytes()).unwrap();
    let mut borrow = 0;
    for place in (0..32).rev() {
        let difference = i16::from(ORDER[place]) - i16::from(signature[32 + place]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + place] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let other = format!("{input}.{}", b64::encode(&signature));
    assert_ne!(other, assertion);
    site.gate.token(other.as_bytes(), None, now()).unwrap();
    // The same assertion, however it is signed.
    assert_eq!(site.refused(assertion.as_bytes()), AssertionRefusal::Replayed);
}

#[test]
fn an_assertion_is_used_once() {
    let site = Site::new();
    let claims = site.claims();
    let assertion = signed(&site.key, None, &claims);
    site.gate.token(&assertion, None, now()).unwrap();
    assert_eq!(site.refused(&assertion), AssertionRefusal::Replayed);
    let late = site.gate.token(&assertion, None, now().plus(299));
    assert_eq!(late.unwrap_err(), AssertionRefusal::Replayed);
    // Another one with the same ID, too.
    assert_eq!(site.refusal(|other| other["jti"] = claims["jti"].clone()), AssertionRefusal::Replayed);
    // The ID of another client is another one.
    let mut of_other = self::claims(&site.gate, "police-1", now());
    of_other["jti"] = claims["jti"].clone();
    site.gate.token(&signed(&site.other, None, &of_other), None, now()).unwrap();
}

#[test]
fn of_many_at_once_one_uses_an_assertion() {
    const THREADS: usize = 8;
    let site = Site::new();
    let assertion = signed(&site.key, None, &site.claims());
    let begin = Barrier::new(THREADS);
    let found: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    begin.wait();
                    site.gate.token(&assertion, None, now()).map(drop)
                })
            })
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(found.iter().filter(|one| one.is_ok()).count(), 1);
    assert!(found.into_iter().filter_map(Result::err).all(|refusal| refusal == AssertionRefusal::Replayed));
}

#[test]
fn an_assertion_that_has_ended_is_refused() {
    let site = Site::new();
    let ended = |seconds| {
        site.refusal(|claims| {
            claims["iat"] = json!(now().seconds() - 300);
            claims["exp"] = json!(now().seconds() - seconds);
        })
    };
    assert_eq!((ended(0), ended(1)), (AssertionRefusal::Expired, AssertionRefusal::Expired));
}

#[test]
fn an_assertion_lasts_five_minutes_at_most() {
    let site = Site::new();
    let longer = site.refusal(|claims| claims["exp"] = json!(now().seconds() + 301));
    assert_eq!(longer, AssertionRefusal::LastsTooLong);
}

#[test]
fn an_assertion_for_somebody_else_is_refused() {
    let site = Site::new();
    for aud in ["http://127.0.0.1:8650", "http://127.0.0.1:8650/v1/token/", "https://elsewhere/v1/token"] {
        assert_eq!(
            site.refusal(|claims| claims["aud"] = json!(aud)),
            AssertionRefusal::OtherAudience,
            "{aud}"
        );
    }
    let several = site.refusal(|claims| claims["aud"] = json!([site.gate.audience(), "https://elsewhere"]));
    assert_eq!(several, AssertionRefusal::Malformed);
}

#[test]
fn another_key_under_the_name_of_the_clients_is_refused() {
    let site = Site::new();
    let stranger = client_key(Algorithm::Es256);
    let swapped = signed(&stranger, Some(site.header("ES256")), &site.claims());
    assert_eq!(site.refused(&swapped), AssertionRefusal::BadSignature);
    assert_eq!(site.refused(&signed(&stranger, None, &site.claims())), AssertionRefusal::UnknownKey);
    let mut changed = signed(&site.key, None, &site.claims());
    let place = changed.iter().position(|byte| *byte == b'.').unwrap() + 20;
    changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
    assert_eq!(site.refused(&changed), AssertionRefusal::BadSignature);
}

#[test]
fn the_key_of_another_client_is_refused() {
    let site = Site::new();
    assert_eq!(site.refused(&signed(&site.other, None, &site.claims())), AssertionRefusal::OtherClient);
    for member in ["iss", "sub"] {
        let mixed = site.refusal(|claims| claims[member] = json!("police-1"));
        assert_eq!(mixed, AssertionRefusal::OtherClient, "{member}");
    }
}

#[test]
fn another_algorithm_than_that_of_the_key_is_refused() {
    let site = Site::new();
    let sm2 = site.other.reference().jwk().alg.clone();
    // HS256: the public key as a shared secret; none: nothing at all.
    for alg in [sm2.as_str(), "HS256", "RS256", "ES384", "es256", "none", "None", ""] {
        let assertion = signed(&site.key, Some(site.header(alg)), &site.claims());
        assert_eq!(site.refused(&assertion), AssertionRefusal::OtherAlgorithm, "{alg}");
    }
    let assertion = signed(&site.key, Some(site.header("none")), &site.claims());
    let unsigned = [assertion.rsplitn(2, |byte| *byte == b'.').last().unwrap(), b"."].concat();
    assert_eq!(site.refused(&unsigned), AssertionRefusal::OtherAlgorithm);
    let nothing = signed(&site.key, Some(site.header("ES256")), &site.claims());
    let nothing = [nothing.rsplitn(2, |byte| *byte == b'.').last().unwrap(), b"."].concat();
    assert_eq!(site.refused(&nothing), AssertionRefusal::BadSignature);
}

#[test]
fn a_key_counts_in_its_time_only() {
    let site = Site::new();
    let at = |at: UnixTime| {
        site.gate.token(&signed(&site.key, None, &claims(&site.gate, "market-1", at)), None, at)
    };
    assert_eq!(at(now().minus(1)).unwrap_err(), AssertionRefusal::KeyOutOfTime);
    at(now().plus(365 * DAY - 1)).unwrap();
    assert_eq!(at(now().plus(365 * DAY)).unwrap_err(), AssertionRefusal::KeyOutOfTime);
}

#[test]
fn an_assertion_from_the_future_is_refused() {
    let site = Site::new();
    let ahead = |name: &'static str, seconds| {
        site.refusal(move |claims| {
            claims[name] = json!(now().seconds() + AHEAD_SECONDS + seconds);
            claims["exp"] = json!(now().seconds() + 200);
        })
    };
    assert_eq!(ahead("iat", 1), AssertionRefusal::FromFuture);
    assert_eq!(ahead("nbf", 1), AssertionRefusal::FromFuture);
    let mut near = site.claims();
    near["iat"] = json!(now().seconds() + AHEAD_SECONDS);
    site.gate.token(&signed(&site.key, None, &near), None, now()).unwrap();
}

#[test]
fn what_may_have_been_used_before_a_restart_is_refused_after_it() {
    let site = Site::new();
    // The last one that the process before can have taken, a moment before it ended.
    let mut claims = site.claims();
    claims["iat"] = json!(now().seconds() + AHEAD_SECONDS);
    let assertion = signed(&site.key, None, &claims);
    site.gate.token(&assertion, None, now()).unwrap();
    let restarted = Gate::new(&site.prefecture.home, now(), &mut SystemRandom).unwrap();
    for seconds in [0, 1, AHEAD_SECONDS, 200] {
        let again = restarted.token(&assertion, None, now().plus(seconds));
        assert_eq!(again.unwrap_err(), AssertionRefusal::BeforeStart, "{seconds}");
    }
    let fresh = now().plus(AHEAD_SECONDS + 1);
    token(&restarted, "market-1", &site.key, fresh);
}

#[test]
fn what_is_no_assertion_is_refused() {
    let site = Site::new();
    let right = signed(&site.key, None, &site.claims());
    let mut jwk = site.header("ES256");
    jwk["jwk"] = json!({ "kty": "EC" });
    let embedded = signed(&site.key, Some(jwk), &site.claims());
    for bytes in [
        &b""[..],
        b"a.b.c",
        &right[..right.len() / 2],
        &embedded,
        &[right.clone(), vec![b'A'; 4096]].concat(),
    ] {
        assert_eq!(site.refused(bytes), AssertionRefusal::Malformed);
    }
    for claim in ["iss", "sub", "aud", "exp", "iat", "jti"] {
        let missing = site.refusal(|claims| drop(claims.as_object_mut().unwrap().remove(claim)));
        assert_eq!(missing, AssertionRefusal::Malformed, "{claim}");
    }
}

#[test]
fn a_client_has_no_other_scopes_than_its_own() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let key = client_key(Algorithm::Es256);
    let narrow = Client {
        scopes: vec![ClientScope::Check],
        ..client("narrow", market(), &[SharingScope::Departments], &key)
    };
    home.add_client(narrow, &words(now())).unwrap();
    let ask = |scope| {
        site.gate.token(&signed(&key, None, &claims(&site.gate, "narrow", now())), Some(scope), now())
    };
    assert_eq!(ask("").unwrap().scopes, [ClientScope::Check]);
    for scope in ["share:license", "share:check share:holder", "license:read", "*", " "] {
        assert_eq!(ask(scope).unwrap_err(), AssertionRefusal::OtherScope, "{scope}");
    }
}

#[test]
fn one_client_cannot_fill_the_memory() {
    let site = Site::new();
    let ask = |at: UnixTime| {
        site.gate.token(&signed(&site.key, None, &claims(&site.gate, "market-1", at)), None, at)
    };
    for _ in 0..MAX_SEEN_OF_CLIENT {
        ask(now()).unwrap();
    }
    assert_eq!(ask(now()).unwrap_err(), AssertionRefusal::TooMany(300));
    token(&site.gate, "police-1", &site.other, now());
    ask(now().plus(300)).unwrap();
}
