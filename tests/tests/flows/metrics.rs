//! What Prometheus is told: counts by words of ours, and nothing of anybody's.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use boyin_service::metrics_router;
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::office::{HOLDER, citizen};
use crate::shared::{PURPOSE, Site, type_of};

#[tokio::test]
async fn metrics_count_and_name_nobody() {
    let site = Site::new();
    let (served, token) = site.serve();
    let body = json!({
        "holder_code_type": "111", "holder_code": citizen().as_str(), "license_type": type_of("identity-card").as_str(),
        "item": "item-1", "purpose": PURPOSE,
    });
    for _ in 0..2 {
        assert_eq!(served.post("/v1/shared/holders", &token, &body).await.status, StatusCode::OK);
    }
    let mut other = body.clone();
    other["item"] = json!("item-2");
    served.post("/v1/shared/holders", &token, &other).await;
    let send = |request: Request<Body>| served.send(request);
    let credential = site.card.credential.clone();
    send(Request::post("/v1/verify").body(Body::from(credential)).unwrap()).await;
    send(Request::get(format!("/v1/{}", citizen().as_str())).body(Body::empty()).unwrap()).await;
    send(Request::builder().method("WICKED").uri("/v1/health").body(Body::empty()).unwrap()).await;
    let form = "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=x";
    let ask = Request::post("/v1/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    send(ask.body(Body::from(form)).unwrap()).await;
    // Not on the listener of callers.
    assert_eq!(
        send(Request::get("/metrics").body(Body::empty()).unwrap()).await.status,
        StatusCode::NOT_FOUND
    );

    let answer =
        metrics_router(served.state.clone()).oneshot(Request::get("/metrics").body(Body::empty()).unwrap());
    let answer = answer.await.unwrap();
    assert!(
        answer.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("application/openmetrics-text")
    );
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    let text = std::str::from_utf8(&text).unwrap();
    for line in [
        r#"boyin_http_requests_total{method="POST",route="/v1/shared/holders",status="200"} 2"#,
        r#"boyin_http_requests_total{method="POST",route="/v1/shared/holders",status="403"} 1"#,
        r#"boyin_http_requests_total{method="GET",route="none",status="404"} 2"#,
        r#"boyin_http_requests_total{method="other",route="/v1/health",status="405"} 1"#,
        r#"boyin_http_duration_seconds_count{route="/v1/shared/holders"} 3"#,
        r#"boyin_shared_total{code="found"} 2"#,
        r#"boyin_shared_total{code="not_shared"} 1"#,
        r#"boyin_verdicts_total{code="passed"} 1"#,
        r#"boyin_tokens_total{code="malformed"} 1"#,
        r#"boyin_health{check="trust_list"} 1"#,
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in:\n{text}");
    }
    let number = citizen();
    let id = site.card.license_id.as_str();
    for personal in [number.as_str(), HOLDER, PURPOSE, id, "market-1", "item-1", "WICKED", token.as_str()] {
        assert!(!text.contains(personal), "{personal}");
    }
}
