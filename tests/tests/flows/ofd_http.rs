//! OFD documents and pictures of codes over HTTP and on the page.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use boyin::archive::SealChange;
use boyin::model::b64;
use boyin::model::register::SealId;
use boyin::model::seal::Picture;
use boyin::suite::{Algorithm, SystemRandom};
use boyin::{Desk, DocumentTrust, DocumentVerifier, Lookup, Order, SealMaking};
use boyin_ofd::limits::MAX_FACE_PICTURE_BYTES;
use boyin_picture::Code;
use boyin_present::limits::QR_MAX_VERSION;
use boyin_service::{AppState, BUSY_SECONDS, MAX_BODY_BYTES, MAX_LARGE_BODIES, metrics_router, router};
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::seals::SealWorld;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use tower::ServiceExt as _;

use crate::clients::Answer;
use crate::office::{Prefecture, police};
use crate::seals::{apply, at, by, change, staffed};
use crate::window_http::{Beside, codes};

/// One pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
pub(crate) const ENTRY: &[u8] = b"PK\x03\x04";

pub(crate) fn png() -> Vec<u8> {
    b64::decode_of_others(PNG.as_bytes()).unwrap()
}

/// A PNG that ends where its pixels would begin, of these sides.
pub(crate) fn head(width: u32, height: u32) -> Vec<u8> {
    let mut picture = png();
    picture[16..20].copy_from_slice(&width.to_be_bytes());
    picture[20..24].copy_from_slice(&height.to_be_bytes());
    picture.truncate(41);
    picture
}

/// A service that knows the seals of the police, five minutes after it began.
pub(crate) struct Site {
    pub(crate) prefecture: Prefecture,
    pub(crate) desk: Desk,
    pub(crate) lookup: Arc<Lookup>,
    pub(crate) state: AppState,
    pub(crate) world: SealWorld,
}

impl Site {
    pub(crate) fn new() -> Self {
        let prefecture = staffed();
        let (desk, lookup) = (prefecture.desk(), Arc::new(prefecture.lookup()));
        let state = AppState::new(Arc::clone(&lookup), prefecture.home.tokens().unwrap());
        let state = state.with_clock(Arc::new(|| at(5)));
        Self { prefecture, desk, lookup, state, world: SealWorld::new(Algorithm::Sm2) }
    }

    /// A seal in use with this picture.
    pub(crate) fn seal(&self, picture: &[u8]) -> SealId {
        let id = apply(&self.desk);
        change(&self.desk, id, 1, &SealChange::Approve);
        let making = SealMaking {
            picture: Picture { format: "PNG", data: picture, width_mm: 30, height_mm: 20 },
            valid_until: at(2).plus(365 * 86_400),
            version: 4,
            second: "乙",
        };
        self.desk.make_seal(id, &making, &by("丙", police(), 2), &mut SystemRandom).unwrap();
        change(&self.desk, id, 3, &SealChange::TakeIntoUse);
        self.lookup.refresh(at(5)).unwrap();
        id
    }

    /// A document of two sheets of A4 that the police have sealed.
    fn sealed(&self, id: SealId, signing: &Signing) -> Draft<'_> {
        let mut draft = Draft::new(&self.world);
        let area =
            "<ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>";
        draft.replace("Doc_0/Document.xml", "<ofd:CommonData>", area);
        self.sign(draft, id, signing)
    }

    pub(crate) fn sign<'w>(&self, draft: Draft<'w>, id: SealId, signing: &Signing) -> Draft<'w> {
        self.sign_by(&by("丁", police(), 4), draft, id, signing)
    }

    /// The same for somebody else.
    pub(crate) fn sign_by<'w>(
        &self,
        order: &Order,
        mut draft: Draft<'w>,
        id: SealId,
        signing: &Signing,
    ) -> Draft<'w> {
        let number = draft.sign(&Signing { with_seal_file: false, ..signing.clone() });
        let folder = format!("Doc_0/Signs/Sign_{number}");
        let description = draft.get(&format!("{folder}/Signature.xml")).to_vec();
        let sealed = self.desk.seal_document(id, &description, &Draft::path(number), order).unwrap();
        draft.put(&format!("{folder}/SignedValue.dat"), sealed.signature);
        draft
    }

    /// What the command says, too.
    fn report(&self, bytes: &[u8]) -> Vec<u8> {
        let registry = self.lookup.registry();
        let trust = DocumentTrust::Registry(&registry);
        DocumentVerifier::default().check(bytes, trust, at(5)).unwrap().to_json()
    }

    fn router(&self) -> Router {
        router(self.state.clone())
    }

    async fn post(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, content_type);
        let response = self.router().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn page(&self, body: impl Into<Body>) -> String {
        let answer = self.post("/verify", "application/octet-stream", body).await;
        assert_eq!(answer.status, StatusCode::OK);
        text(&answer)
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

#[tokio::test]
async fn a_document_is_answered_with_the_report_of_every_other_surface() {
    let site = Site::new();
    let id = site.seal(&png());
    let passed = site.sealed(id, &Signing::default());
    let mut changed = passed.clone();
    changed.put("Doc_0/Res/qr.png", "another picture");
    let open = site.sealed(id, &Signing { omit: vec!["OFD.xml".to_owned()], ..Signing::default() });
    for (draft, verdict, reason) in [
        (&passed, "passed", None),
        (&changed, "failed", Some("ofd_reference_mismatch")),
        (&open, "indeterminate", Some("ofd_root_uncovered")),
    ] {
        let bytes = draft.write();
        // The bytes say what it is, whatever the type says.
        for content_type in ["application/ofd", "application/octet-stream", "text/plain"] {
            let answer = site.post("/v1/verify", content_type, bytes.clone()).await;
            assert_eq!(answer.status, StatusCode::OK, "{verdict}");
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
            assert_eq!(answer.body, site.report(&bytes), "{verdict}");
            let report = answer.json();
            assert_eq!((&report["verdict"], report["reason"]["code"].as_str()), (&json!(verdict), reason));
        }
    }
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let told = metrics_router(site.state.clone()).oneshot(request).await.unwrap().into_body();
    let told = String::from_utf8(told.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    for verdict in ["passed", "failed", "indeterminate"] {
        let line = format!("boyin_verdicts_total{{code=\"{verdict}\"}} 3");
        assert!(told.lines().any(|found| found == line), "{line} in {told}");
    }
}

#[tokio::test]
async fn what_is_said_to_be_a_document_is_verified_as_one() {
    let site = Site::new();
    let said = site.post("/v1/verify", "application/ofd; version=1.0", "no container").await;
    assert_eq!((said.status, &said.json()["reason"]["code"]), (StatusCode::OK, &json!("ofd_not_container")));
    // Of another type it is a license that cannot be read.
    let other = site.post("/v1/verify", "application/zip", "no container").await;
    assert!(other.json()["documents"].is_null());
    assert_eq!(other.json()["reason"]["code"], "malformed");
    // There is nothing to say of one.
    let document = format!("?document_digest={}", "0".repeat(64));
    for query in ["?policy=file", document.as_str(), "?surprise=1"] {
        let answer = site.post(&format!("/v1/verify{query}"), "application/ofd", ENTRY).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn sizes_are_bounded_by_what_it_is() {
    let site = Site::new();
    let of = |first: &[u8], size: usize| {
        let mut body = first.to_vec();
        body.resize(size, 0);
        body
    };
    for path in ["/v1/verify", "/verify"] {
        let large = site.post(path, "application/octet-stream", of(ENTRY, MAX_BODY_BYTES + 1)).await;
        assert_eq!(large.status, StatusCode::OK, "{path}");
        let license = site.post(path, "application/octet-stream", of(b"ey", MAX_BODY_BYTES + 1)).await;
        assert_eq!(license.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

/// From a file, with the same report as from memory.
#[tokio::test]
async fn a_large_document_is_verified_too() {
    let site = Site::new();
    let mut draft = Draft::new(&site.world);
    // Bytes that pack to no fewer.
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    let picture: Vec<u8> = (0..MAX_BODY_BYTES + 1).map(|_| next()).collect();
    draft.put("Doc_0/Res/qr.png", picture);
    let id = site.seal(&png());
    let draft = site.sign(draft, id, &Signing::default());
    let bytes = draft.write();
    assert!(bytes.len() > MAX_BODY_BYTES);
    let answer = site.post("/v1/verify", "application/ofd", bytes.clone()).await;
    assert_eq!((answer.status, &answer.json()["verdict"]), (StatusCode::OK, &json!("passed")));
    assert_eq!(answer.body, site.report(&bytes));
    let mut changed = draft.clone();
    changed.put("Doc_0/Res/a.ttf", "another font");
    let answer = site.post("/v1/verify", "application/ofd", changed.write()).await;
    assert_eq!(answer.json()["reason"]["code"], "ofd_reference_mismatch");
    assert!(site.page(bytes).await.contains("card passed"));
}

/// A body that gives these bytes and never ends.
fn stalled(bytes: Vec<u8>) -> Body {
    Body::new(Full::new(Bytes::from(bytes)).with_trailers(std::future::pending()))
}

#[tokio::test]
async fn as_many_large_bodies_are_held_as_there_are_places() {
    let site = Site::new();
    let mut large = ENTRY.to_vec();
    large.resize(MAX_BODY_BYTES + 1, 0);
    let mut held = Vec::new();
    for _ in 0..MAX_LARGE_BODIES {
        let request = Request::post("/v1/verify").body(stalled(large.clone())).unwrap();
        held.push(tokio::spawn(site.router().oneshot(request)));
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let refused = site.post("/v1/verify", "application/ofd", large.clone()).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("busy")));
    assert_eq!(refused.headers[header::RETRY_AFTER], BUSY_SECONDS.to_string().as_str());
    let page = site.post("/verify", "application/ofd", large.clone()).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(&page).contains("正在核验的文件过多"), "{}", text(&page));
    // Whoever sends little is not kept waiting.
    assert_eq!(site.post("/v1/verify", "application/ofd", ENTRY).await.status, StatusCode::OK);
    for task in held {
        task.abort();
        let _ = task.await;
    }
    // A place is free when what was begun to be written of it is.
    let mut again = site.post("/v1/verify", "application/ofd", large.clone()).await;
    for _ in 0..500 {
        if again.status != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        again = site.post("/v1/verify", "application/ofd", large.clone()).await;
    }
    assert_eq!(again.status, StatusCode::OK);
}

/// Whoever sends nothing for a while is told so, and keeps nothing from others.
#[tokio::test]
async fn a_body_of_which_there_comes_no_more_is_given_up_before_its_request() {
    let site = Site::new();
    let mut large = ENTRY.to_vec();
    large.resize(MAX_BODY_BYTES + 1, 0);
    let [small, large] = [ENTRY.to_vec(), large].map(|sent| {
        let request = Request::post("/v1/verify").body(stalled(sent)).unwrap();
        tokio::spawn(site.router().oneshot(request))
    });
    let page = site.post("/verify", "application/ofd", stalled(ENTRY.to_vec())).await;
    assert_eq!(page.status, StatusCode::REQUEST_TIMEOUT);
    assert!(text(&page).contains("传得太慢"), "{}", text(&page));
    for task in [small, large] {
        let response = task.await.unwrap().unwrap();
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told["code"], "too_slow");
    }
}

#[tokio::test]
async fn the_page_shows_each_signature_and_where_its_seal_stands() {
    let site = Site::new();
    let id = site.seal(&png());
    let draft = site.sealed(id, &Signing::default());
    let shown = site.page(draft.write()).await;
    let (number, picture) = (id.to_string(), format!("data:image/png;base64,{PNG}"));
    for words in [
        "card passed",
        "测试市公安局证照专用章",
        number.as_str(),
        picture.as_str(),
        "<use href=\"#seal-0-0\"",
        "viewBox=\"0 0 210000 297000\"",
        "x=\"90000\" y=\"8500\" width=\"30000\" height=\"20000\"",
        "距左 90 毫米，距上 8.5 毫米，30 × 20 毫米",
        "可续签",
        "sm3",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let english = text(&site.post("/verify?lang=en", "application/ofd", draft.write()).await);
    assert!(
        english.contains("90 mm from the left") && english.contains("no picture of the page"),
        "{english}"
    );

    // A seal whose signature did not pass is not shown as if it had.
    let mut changed = draft.clone();
    changed.put("Doc_0/Res/qr.png", "another picture");
    changed.put("smuggled.exe", "MZ");
    let shown = site.page(changed.write()).await;
    for words in [
        "card failed",
        "下一步：",
        "签名后被改动的文件",
        "Doc_0/Res/qr.png",
        "夹带的文件",
        "smuggled.exe",
        "未经证实",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!shown.contains("data:"), "{shown}");
}

/// Only the page that shows pictures may, and only such as stand in it.
#[tokio::test]
async fn two_pages_alone_may_show_pictures() {
    let site = Site::new();
    for (path, may) in [
        ("/verify", true),
        ("/file", true),
        ("/", false),
        ("/window", false),
        ("/meter", false),
        ("/follow-ups", false),
        ("/seals", false),
        ("/openapi.json", false),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = site.router().oneshot(request).await.unwrap();
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{path}: {policy}");
        assert_eq!(policy.contains("img-src data:;"), may, "{path}: {policy}");
    }
}

/// What browsers draw, whatever the seal calls it, up to the size that a report keeps.
#[tokio::test]
async fn a_picture_of_a_seal_is_shown_under_the_type_of_its_bytes() {
    let site = Site::new();
    let mut long = png();
    long.resize(MAX_FACE_PICTURE_BYTES, 0);
    let gif =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;".to_vec();
    let jpg = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\xff\xd9".to_vec();
    let bmp = b"BM\x1e\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0\x01\0\x01\0\x01\0\x18\0\0\0\xff\0".to_vec();
    for (picture, media_type) in
        [(long, "image/png"), (gif, "image/gif"), (jpg, "image/jpeg"), (bmp, "image/bmp")]
    {
        let draft = site.sealed(site.seal(&picture), &Signing::default());
        let shown = site.page(draft.write()).await;
        let expected = format!("href=\"data:{media_type};base64,{}\"", b64::encode_padded(&picture));
        assert!(shown.contains(&expected) && !shown.contains("印章图样不显示"), "{media_type}");
        assert_eq!(shown.matches("data:").count(), 1, "{media_type}");
        let mut changed = draft.clone();
        changed.put("Doc_0/Res/qr.png", "another picture");
        let shown = site.page(changed.write()).await;
        assert!(!shown.contains("data:") && shown.contains("印章图样不显示"), "{media_type}");
    }
    // What is in the picture of a tax seal is a document, which takes more than a browser.
    let draft = site.sealed(site.seal(ENTRY), &Signing::default());
    let shown = site.page(draft.write()).await;
    assert!(shown.contains("card passed") && shown.contains("它本身是一份 OFD 文件"), "{shown}");
    assert!(!shown.contains("data:"), "{shown}");
    let mut changed = draft.clone();
    changed.put("Doc_0/Res/qr.png", "another picture");
    assert!(!site.page(changed.write()).await.contains("它本身是一份 OFD 文件"));
}

/// What a maker signed as a picture is shown as one only if browsers draw it as nothing else, and it is of a moderate size.
#[tokio::test]
async fn a_hostile_picture_in_a_seal_is_not_shown() {
    let site = Site::new();
    let mut long = png();
    long.resize(MAX_FACE_PICTURE_BYTES + 1, 0);
    let hostile = [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
        head(4096, 1),
        head(0, 9),
        long,
    ];
    for picture in hostile {
        let draft = site.sealed(site.seal(&picture), &Signing::default());
        let shown = site.page(draft.write()).await;
        assert!(shown.contains("card passed") && shown.contains("印章图样不显示"), "{shown}");
        assert!(!shown.contains("data:") && !shown.contains("onload") && !shown.contains("<use"), "{shown}");
    }
    // Names that the document gives are text, and none that could be anything is shown.
    let stamps = r#"<ofd:StampAnnot ID="1" PageRef="&quot;&gt;&lt;script&gt;" Boundary="1 2 3 4"/>"#;
    let signing = Signing { stamps: stamps.to_owned(), ..Signing::default() };
    let shown = site.page(site.sealed(site.seal(&png()), &signing).write()).await;
    assert!(shown.contains("stamp_off_page") && !shown.contains("script"), "{shown}");
}

#[tokio::test]
async fn the_code_in_a_picture_is_verified_as_its_text_is() {
    let site = Beside::new();
    let [fixed, dynamic] = codes(&site);
    let picture = |text: &str| Code::draw(text, QR_MAX_VERSION).unwrap().png(4).unwrap();
    let pasted = text(&site.post("/verify", fixed.clone()).await);
    let shown = text(&site.post("/verify", picture(&fixed)).await);
    assert!(shown.contains("card passed") && shown.contains("静态码") && shown == pasted, "{shown}");
    assert!(text(&site.post("/verify", picture(&dynamic)).await).contains("动态码"));
    let hostile = text(&site.post("/verify", picture("<script>alert(1)</script>")).await);
    assert!(hostile.contains("card failed") && !hostile.contains("<script>"), "{hostile}");
}

#[tokio::test]
async fn a_picture_that_cannot_be_searched_is_no_answer() {
    let site = Beside::new();
    let code = Code::draw("BY1:", QR_MAX_VERSION).unwrap().png(4).unwrap();
    let cut = code[..code.len() / 2].to_vec();
    for (picture, status) in [
        (png(), StatusCode::BAD_REQUEST),
        (cut, StatusCode::BAD_REQUEST),
        (head(100, 100), StatusCode::BAD_REQUEST),
        (png()[..12].to_vec(), StatusCode::BAD_REQUEST),
        (head(60_000, 60_000), StatusCode::PAYLOAD_TOO_LARGE),
        (head(4001, 1000), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = site.post("/verify", picture).await;
        assert_eq!(answer.status, status);
        let shown = text(&answer);
        assert!(shown.contains("role=\"alert\"") && !shown.contains("answered"), "{shown}");
    }
    // To the calls a picture is nothing that is known.
    let answer = site.post("/v1/verify", code).await;
    assert_eq!((answer.status, &answer.json()["verdict"]), (StatusCode::OK, &json!("failed")));
}
