//! What costs much waits for its turn: while all turns are taken nothing of it is done, and the request ends with its time.

use axum::body::Body;
use axum::http::{Request, header};
use boyin::Scope;
use boyin::model::id::LicenseId;
use boyin::suite::SystemRandom;
use boyin_service::{CLERK_MISSES, MAX_BODY_BYTES};
use serde_json::json;

use crate::clients::Served;
use crate::gbt36906_faces::{drawing, face};
use crate::gbt36906_files::path_of;
use crate::ofd_http::{ENTRY, head};
use crate::office::{Prefecture, citizen, police};
use crate::shared::PURPOSE;

/// What a request is answered while all turns are taken, and afterwards. Time passes at once where nothing is done.
async fn held_up(served: &Served, request: impl Fn() -> Request<Body>) -> [u16; 2] {
    let turns = served.state.all_turns().await;
    let before = served.send(request()).await.status.as_u16();
    drop(turns);
    [before, served.send(request()).await.status.as_u16()]
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_is_opened_in_its_turn() {
    let prefecture = Prefecture::new();
    let served = Served::new(&prefecture);
    let (small, mut large) = (b"no container".to_vec(), ENTRY.to_vec());
    large.resize(MAX_BODY_BYTES + 1, 0);
    for (path, content_type, body, then) in [
        ("/v1/verify", "application/ofd", &small, 200),
        ("/v1/verify", "application/ofd", &large, 200),
        ("/verify", "application/ofd", &small, 200),
        ("/verify", "application/ofd", &large, 200),
        // A picture in which no code is found.
        ("/verify", "image/png", &head(90, 90), 400),
    ] {
        let request = || {
            let request = Request::post(path).header(header::CONTENT_TYPE, content_type);
            request.body(Body::from(body.clone())).unwrap()
        };
        assert_eq!(held_up(&served, request).await, [504, then], "{path} {content_type} {}", body.len());
    }
    // What is neither waits for none.
    let turns = served.state.all_turns().await;
    for path in ["/v1/verify", "/verify"] {
        let license = Request::post(path).body(Body::from("no license")).unwrap();
        assert_eq!(served.send(license).await.status.as_u16(), 200, "{path}");
    }
    drop(turns);
}

#[tokio::test(start_paused = true)]
async fn a_face_is_drawn_in_its_turn() {
    let Some(asking) = drawing() else { return };
    let home = &asking.site.prefecture.home;
    let clerk = home.grant_token("窗口", police(), &[Scope::HolderRead], &mut SystemRandom).unwrap();
    let served = asking.served.with_tokens(home.tokens().unwrap());
    let png = face(&asking, "png");
    let promised = path_of(&asking.url(png.clone()).await["url"]);
    let license = path_of(&asking.url(asking.file()).await["url"]);
    let fetch = |path: &str| {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {}", asking.token));
        request.body(Body::empty()).unwrap()
    };
    let page = |license: &LicenseId| {
        let body = json!({
            "holder_code_type": "111", "holder_code": citizen().as_str(), "purpose": PURPOSE,
            "face": license.as_str(),
        });
        let request =
            Request::post("/file").header(header::AUTHORIZATION, format!("Bearer {}", clerk.reveal()));
        request.body(Body::from(body.to_string())).unwrap()
    };
    let copy = || {
        let body = json!({ "accessId": "market-1", "accessToken": asking.token, "data": png });
        Request::post("/gbt36906/downloadFile").body(Body::from(body.to_string())).unwrap()
    };
    let card = &asking.site.card.license_id;
    let none = card.next_version().unwrap();
    for _ in 1..CLERK_MISSES.burst {
        assert_eq!(served.send(page(&none)).await.status.as_u16(), 404);
    }
    // A clerk who waits in vain has not used up their last look.
    assert_eq!(held_up(&served, || page(card)).await, [504, 200], "the page of a file");
    assert_eq!(held_up(&served, copy).await, [504, 200], "an annotated copy");
    // Nothing of a URL is used up meanwhile.
    assert_eq!(held_up(&served, || fetch(&promised)).await, [504, 200], "at a URL");
    // Of a signed license nothing is drawn.
    let turns = served.state.all_turns().await;
    assert_eq!(served.send(fetch(&license)).await.status.as_u16(), 200);
    drop(turns);
}
