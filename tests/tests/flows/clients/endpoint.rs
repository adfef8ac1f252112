//! The token endpoint over HTTP.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use boyin::access::{Client, ClientScope};
use boyin::model::sharing::SharingScope;
use boyin::model::time::UnixTime;
use boyin::suite::Algorithm;
use boyin_service::{ASSERTIONS, MAX_TOKEN_BODY_BYTES};
use serde_json::json;

use super::{Served, Site, claims, client, form, signed, words};
use crate::office::{market, now};
use crate::signer::client_key;

#[tokio::test]
async fn the_token_endpoint_speaks_oauth() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let assertion = || signed(&site.key, None, &claims(&served.gate, "market-1", now()));
    let good = served.ask(&form(&assertion())).await;
    assert_eq!(
        (good.status, &good.headers[header::CACHE_CONTROL]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    let body = good.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(body["scope"], "share:license share:holder share:check share:file");
    served.gate.caller(body["access_token"].as_str().unwrap(), None, now()).unwrap();
    let narrow =
        served.ask(&format!("{}&scope=share%3Acheck&client_id=market-1&more=1", form(&assertion()))).await;
    assert_eq!(narrow.json()["scope"], "share:check");
    let right = form(&assertion());
    for (form, status, error) in [
        (right.replace("client_credentials", "password"), 400, "unsupported_grant_type"),
        (right.replace("grant_type=client_credentials&", ""), 400, "invalid_request"),
        (right.replace("jwt-bearer", "saml2-bearer"), 400, "invalid_request"),
        (right.split("&client_assertion=").next().unwrap().to_owned(), 400, "invalid_request"),
        (format!("{right}&client_assertion=x"), 400, "invalid_request"),
        (format!("{right}&scope=share%3Aall"), 400, "invalid_scope"),
        (
            "client_id=market-1&client_secret=x&grant_type=client_credentials".to_owned(),
            400,
            "invalid_request",
        ),
    ] {
        let answer = served.ask(&form).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (status, &json!(error)), "{form}");
    }
    let large = served.ask(&format!("{right}{}", "x".repeat(MAX_TOKEN_BODY_BYTES))).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let json = Request::post("/v1/token").header(header::CONTENT_TYPE, "application/json");
    assert_eq!(served.send(json.body(Body::from("{}")).unwrap()).await.status, StatusCode::BAD_REQUEST);
}

/// What the request says beside the assertion is looked at once the assertion is used up: with another request it is not good again.
#[tokio::test]
async fn a_wrong_request_uses_the_assertion_up_and_gets_no_token() {
    let site = Site::new();
    let narrow = client_key(Algorithm::Es256);
    let of_check = Client {
        scopes: vec![ClientScope::Check],
        ..client("narrow", market(), &[SharingScope::Departments], &narrow)
    };
    site.prefecture.home.add_client(of_check, &words(now())).unwrap();
    let served = Served::new(&site.prefecture);
    for (wrong, status, error) in [
        ("client_id=police-1", StatusCode::UNAUTHORIZED, "invalid_client"),
        ("client_id=", StatusCode::UNAUTHORIZED, "invalid_client"),
        ("scope=share%3Aholder", StatusCode::BAD_REQUEST, "invalid_scope"),
    ] {
        let right = form(&signed(&narrow, None, &claims(&served.gate, "narrow", now())));
        let refused = served.ask(&format!("{right}&{wrong}")).await;
        assert_eq!((refused.status, &refused.json()["error"]), (status, &json!(error)), "{wrong}");
        assert!(refused.json().get("access_token").is_none());
        let again = served.ask(&format!("{right}&client_id=narrow&scope=share%3Acheck")).await;
        assert_eq!(again.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert!(again.json()["error_description"].as_str().unwrap().contains("jti"), "{wrong}");
    }
    let counted = served.metrics().await;
    for line in [
        r#"boyin_tokens_total{code="other_client_id"} 2"#,
        r#"boyin_tokens_total{code="other_scope"} 1"#,
        r#"boyin_tokens_total{code="replayed"} 3"#,
    ] {
        assert!(counted.lines().any(|found| found == line), "{line} in:\n{counted}");
    }
    assert!(!counted.contains(r#"code="given""#), "no token was made");
}

#[tokio::test]
async fn strangers_learn_nothing_of_clients_and_clients_what_is_wrong() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let stranger = client_key(Algorithm::Es256);
    let right = claims(&served.gate, "market-1", now());
    let answers = [
        served.ask(&form(&signed(&stranger, None, &right))).await,
        served.ask(&form(&signed(&stranger, Some(site.header("ES256")), &right))).await,
        served.ask(&form(&signed(&stranger, Some(site.header("none")), &right))).await,
        served.ask(&form(b"nonsense")).await,
    ];
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (StatusCode::UNAUTHORIZED, &answers[0].body));
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    served.ask(&form(&signed(&site.key, None, &right))).await;
    let replayed = served.ask(&form(&signed(&site.key, None, &right))).await;
    assert_eq!(replayed.status, StatusCode::UNAUTHORIZED);
    assert!(replayed.json()["error_description"].as_str().unwrap().contains("jti"));
}

#[tokio::test]
async fn tokens_are_not_given_without_end() {
    let site = Site::new();
    let served = Served::new(&site.prefecture);
    let ask = |at: UnixTime| {
        let assertion = signed(&site.key, None, &claims(&served.gate, "market-1", at));
        let served = &served;
        async move { served.ask(&form(&assertion)).await }
    };
    for _ in 0..ASSERTIONS.burst {
        assert_eq!(ask(now()).await.status, StatusCode::OK);
    }
    let refused = ask(now()).await;
    assert_eq!(
        (refused.status, &refused.headers[header::RETRY_AFTER]),
        (StatusCode::TOO_MANY_REQUESTS, &"2".parse().unwrap())
    );
    assert_eq!(refused.json()["error"], "slow_down");
    served.wait(2);
    assert_eq!(ask(now().plus(2)).await.status, StatusCode::OK);
}
