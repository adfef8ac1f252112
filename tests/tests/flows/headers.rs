//! What browsers are told in each answer, also where there is none.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use boyin::Scope;
use boyin_service::{MAX_BODY_BYTES, metrics_router, router, signer_router};
use tower::ServiceExt as _;

use crate::town::{Town, Who};

/// All of them, for an answer that came to this call.
pub(crate) fn is_told(headers: &HeaderMap, method: &str, path: &str) {
    let place = format!("{method} {path}");
    let told = |name: &str| -> Vec<&str> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    };
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(told(name), [value], "{place}: {name}");
    }
    let [policy] = told("content-security-policy")[..] else { panic!("{place}") };
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|found| found == rule), "{place}: {rule} in {policy}");
    }
    let [devices] = told("permissions-policy")[..] else { panic!("{place}") };
    // The page that scans codes, and it alone.
    let scans = path == "/verify" && (method == "GET" || method == "HEAD");
    for device in devices.split(", ") {
        let camera = device.starts_with("camera=");
        let allowed =
            if camera && scans { "camera=(self)".to_owned() } else { device.replace("(self)", "()") };
        assert!(device == allowed && device.ends_with(')'), "{place}: {device}");
    }
    for device in ["camera", "microphone", "geolocation", "display-capture", "payment", "usb"] {
        assert!(devices.split(", ").any(|one| one.starts_with(&format!("{device}=("))), "{place}: {device}");
    }
    // Where TLS is not spoken nobody is told to speak it.
    assert!(told("strict-transport-security").is_empty(), "{place}");
}

async fn answers(calls: &Router, request: Request<Body>, status: StatusCode) {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let answer = calls.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), status, "{method} {path}");
    is_told(answer.headers(), &method, &path);
}

#[tokio::test]
async fn each_refusal_tells_browsers_the_same_as_an_answer() {
    let town = Town::new(false);
    let (_dir, signer) = crate::signer::opened();
    let service = router(town.served.state.clone());
    let nobody = town.role(Who::Nobody);
    let clerk = town.role(Who::Clerk(Scope::HolderRead));
    let ask = |method: &str, path: &str, body: &[u8]| town.request(method, path, nobody, body.to_vec());
    for (request, status) in [
        (ask("GET", "/none", b""), StatusCode::NOT_FOUND),
        (ask("GET", "/window?item=none", b""), StatusCode::NOT_FOUND),
        (ask("DELETE", "/verify", b""), StatusCode::METHOD_NOT_ALLOWED),
        (ask("POST", "/file", b"{}"), StatusCode::UNAUTHORIZED),
        (ask("POST", "/v1/shared/holders", b"{}"), StatusCode::UNAUTHORIZED),
        (town.request("POST", "/file", clerk, b"{}".to_vec()), StatusCode::BAD_REQUEST),
        (town.request("POST", "/meter", clerk, b"{}".to_vec()), StatusCode::FORBIDDEN),
        (ask("POST", "/v1/verify?x=1", b"{}"), StatusCode::BAD_REQUEST),
        (ask("POST", "/v1/verify", &vec![0_u8; MAX_BODY_BYTES + 1]), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        answers(&service, request, status).await;
    }
    for calls in [&service, &signer_router(signer), &metrics_router(town.served.state.clone())] {
        answers(calls, ask("GET", "/none", b""), StatusCode::NOT_FOUND).await;
    }
    for path in ["/v1/verify", "/verify", "/none"] {
        let request = Request::post(path).header(header::TRANSFER_ENCODING, "chunked");
        answers(&service, request.body(Body::from("0")).unwrap(), StatusCode::LENGTH_REQUIRED).await;
    }
}
