//! GB/T 36906: faces of licenses as annotated copies (加注件), where every field is given.

use axum::http::{StatusCode, header};
use boyin::archive::{Change, StatusChange};
use boyin::face::Templates;
use boyin::model::b64;
use boyin::model::credential::FieldValue;
use boyin::model::sharing::SharingScope;
use boyin::model::time::SECONDS_PER_DAY;
use boyin::suite::{Algorithm, SystemRandom};
use boyin::{CopyMaking, DocumentMaking, FaceForm, FileWish, SHARED_COPY_DAYS, ShareFault, ShareQuery};
use boyin_service::FILE_URL_SECONDS;
use serde_json::{Value, json};

use crate::clients::{client, token, words};
use crate::faces::{PNG, font};
use crate::gbt36906::{Asking, status, with};
use crate::gbt36906_copies::short_card;
use crate::gbt36906_files::{COPY_UNTIL, GIVEN, fetch, path_of};
use crate::life::business;
use crate::office::{market, now, order, police};
use crate::shared::{PURPOSE, body_of, refused, share};
use crate::signer::client_key;

/// An item for which every field of the card is given.
const WHOLE: &str = "item-9";
const FIELDS: [&str; 7] =
    ["address", "birth_date", "ethnicity", "holder_code", "holder_name", "license_number", "sex"];

/// A service with a font, if there is one here, and [`WHOLE`].
pub(crate) fn drawing() -> Option<Asking> {
    let font = font()?;
    let mut asking = Asking::new();
    asking.served.state = asking.served.state.clone().with_font(font);
    let departments = (market(), SharingScope::Departments);
    share(&asking.site.prefecture.home, departments, (WHOLE, "identity-card", &FIELDS), now(), None);
    asking.site.log_lists(&asking.served);
    Some(asking)
}

pub(crate) fn face(asking: &Asking, form: &str) -> Value {
    with(&with(&asking.file(), "fileType", form), "itemCode", WHOLE)
}

async fn given(asking: &Asking, data: Value) -> Vec<u8> {
    let form = data["fileType"].clone();
    let (done, answer) = asking.ask("downloadFile", data).await;
    assert_eq!((done.as_str(), &answer["fileType"]), ("0", &form));
    b64::decode_of_others(answer["content"].as_str().unwrap().as_bytes()).unwrap()
}

fn suspend(asking: &Asking) {
    let suspended = StatusChange::new(Change::Suspend, "测试");
    let desk = asking.site.prefecture.desk();
    desk.change_status(&asking.site.card.license_id, &suspended, &order(police(), "suspend")).unwrap();
    drop(desk);
    asking.served.lookup.refresh(now()).unwrap();
}

/// What the events say of a deed, with the end that a copy has unless the client says one.
fn told(item: &str, deed: &str, fields: &str) -> String {
    let until = now().plus(SHARED_COPY_DAYS * SECONDS_PER_DAY);
    format!("{item} {deed}; copy until {until}; {fields}")
}

#[tokio::test]
async fn a_face_says_what_for_and_until_when() {
    let Some(asking) = drawing() else { return };
    let png = given(&asking, face(&asking, "png")).await;
    assert!(png.starts_with(PNG));
    let pdf = given(&asking, face(&asking, "pdf")).await;
    assert!(pdf.starts_with(b"%PDF"));
    // The same words and the same instant give the same picture, others another one.
    assert!(given(&asking, face(&asking, "png")).await == png);
    let other = with(&face(&asking, "png"), "certificateCopyCause", "另一用途");
    assert!(given(&asking, other).await != png);
    let until = now().plus(SHARED_COPY_DAYS * SECONDS_PER_DAY).to_string();
    let until = until.split('+').next().unwrap().to_owned();
    assert!(
        given(&asking, with(&face(&asking, "png"), COPY_UNTIL, until)).await == png,
        "the end unless said"
    );
    assert!(given(&asking, with(&face(&asking, "png"), COPY_UNTIL, "2026-06-02")).await != png);
    drop(asking.served);
    let fields = FIELDS.join(",");
    let found = asking.site.told();
    assert_eq!(found.len(), 6);
    assert_eq!(found[0], told(WHOLE, "copy given", &fields));
    assert_eq!(found[5], format!("{WHOLE} copy given; copy until 2026-06-03T00:00:00+08:00; {fields}"));
}

#[tokio::test]
async fn a_face_is_not_used_for_longer_than_its_license() {
    let Some(asking) = drawing() else { return };
    let short = with(&face(&asking, "png"), "certificateIdentifier", short_card(&asking).license_id.as_str());
    let to_its_end = given(&asking, with(&short, COPY_UNTIL, "2026-06-02")).await;
    // Seven days, as nobody says until when, are more than it lasts.
    assert!(given(&asking, short.clone()).await == to_its_end);
    assert!(given(&asking, with(&short, COPY_UNTIL, "2027-06-01")).await == to_its_end);
    assert!(given(&asking, with(&short, COPY_UNTIL, "2026-06-02 12:00:00")).await != to_its_end);
    let promised = asking.url(short).await;
    assert!(asking.fetch(&path_of(&promised["url"])).await.body == to_its_end);
    drop(asking.served);
    let [end, noon] = ["2026-06-03T00:00:00", "2026-06-02T12:00:00"];
    let said =
        |deed: &str, until: &str| format!("{WHOLE} {deed}; copy until {until}+08:00; {}", FIELDS.join(","));
    let mut expected = [end, end, end, noon].map(|until| said("copy given", until)).to_vec();
    expected.extend(["copy promised", "copy given"].map(|deed| said(deed, end)));
    assert_eq!(asking.site.told(), expected);
}

#[tokio::test]
async fn a_face_is_given_where_every_field_is() {
    let Some(asking) = drawing() else { return };
    let fewer = with(&face(&asking, "png"), "itemCode", "item-1");
    for operation in ["downloadFile", "downloadUrl"] {
        assert_eq!(asking.ask(operation, fewer.clone()).await, status("100"), "{operation}");
        let body = json!({ "accessId": "market-1", "accessToken": asking.token, "data": fewer });
        let message = asking.send(operation, &body).await.json()["head"]["message"].clone();
        let message = message.as_str().unwrap();
        assert!(message.contains("全部字段") && message.contains("face_withheld"), "{message}");
    }
    // The signed license with these fields is given.
    let signed = with(&fewer, "fileType", "sd-jwt");
    assert_eq!(asking.ask("downloadFile", signed).await.0, "0");
    drop(asking.served);
    let mut expected = vec![told("item-1", "copy withheld", GIVEN); 4];
    expected.push(format!("item-1 given with file; {GIVEN}"));
    assert_eq!(asking.site.told(), expected);
}

#[tokio::test]
async fn of_a_license_that_does_not_pass_no_copy_is_made() {
    let Some(asking) = drawing() else { return };
    let promised = asking.url(face(&asking, "png")).await;
    suspend(&asking);
    for operation in ["downloadFile", "downloadUrl"] {
        for form in ["png", "pdf"] {
            assert_eq!(asking.ask(operation, face(&asking, form)).await, status("99"), "{operation} {form}");
        }
    }
    // What was promised before is not given either.
    let refused = asking.fetch(&path_of(&promised["url"])).await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (StatusCode::FORBIDDEN, Some("license_not_passed"))
    );
    assert_eq!(asking.fetch(&path_of(&promised["url"])).await.status, StatusCode::NOT_FOUND);
}

/// A picture of the first page alone would leave out what stands on the others.
#[tokio::test]
async fn a_face_of_several_pages_is_given_whole_or_not_at_all() {
    let Some(mut asking) = drawing() else { return };
    let mut form = business(body_of("91", "652701"), "2040-05-06");
    // As long as the catalog allows it, and longer than its place.
    form.fields.insert("business_scope".to_owned(), FieldValue::Text("食品销售".repeat(500)));
    let shop =
        asking.site.prefecture.desk().issue(&form, &order(market(), "shop"), &mut SystemRandom).unwrap();
    let fields = [
        "address",
        "business_scope",
        "enterprise_type",
        "established_on",
        "holder_code",
        "holder_name",
        "legal_representative",
        "license_number",
    ];
    // The issuer is the market's office: another one asks.
    let (home, key) = (&asking.site.prefecture.home, client_key(Algorithm::Es256));
    home.remove_client("market-1", &words(now())).unwrap();
    home.add_client(client("market-1", police(), &[SharingScope::Departments], &key), &words(now())).unwrap();
    asking.token = token(&asking.served.gate, "market-1", &key, now());
    let departments = (police(), SharingScope::Departments);
    share(home, departments, (WHOLE, "business-license", &fields), now(), None);
    asking.site.log_lists(&asking.served);
    let png = with(&face(&asking, "png"), "certificateIdentifier", shop.license_id.as_str());
    let body = json!({ "accessId": "market-1", "accessToken": asking.token, "data": png });
    let head = asking.send("downloadFile", &body).await.json()["head"].clone();
    let told = head["message"].as_str().unwrap().contains("face_pages");
    assert_eq!((&head["status"], told), (&json!("2"), true), "{head}");
    let promised = asking.url(png.clone()).await;
    let fetched = asking.fetch(&path_of(&promised["url"])).await;
    assert_eq!(refused(&fetched), (403, "face_pages".to_owned()));
    let pdf = given(&asking, with(&png, "fileType", "pdf")).await;
    assert!(pdf.starts_with(b"%PDF"));
}

#[tokio::test]
async fn a_promised_face_is_drawn_when_it_is_fetched_once() {
    let Some(asking) = drawing() else { return };
    for (form, kind, first) in [("png", "image/png", PNG), ("pdf", "application/pdf", &b"%PDF"[..])] {
        let promised = asking.url(face(&asking, form)).await;
        assert_eq!((&promised["expiresIn"], &promised["fileType"]), (&json!(FILE_URL_SECONDS), &json!(form)));
        let path = path_of(&promised["url"]);
        let fetched = asking.fetch(&path).await;
        assert_eq!(fetched.status, StatusCode::OK);
        assert_eq!(fetched.headers[header::CONTENT_TYPE], kind);
        assert!(fetched.body.starts_with(first), "{form}");
        assert_eq!(asking.fetch(&path).await.status, StatusCode::NOT_FOUND);
    }
    drop(asking.served);
    let fields = FIELDS.join(",");
    let deeds = ["copy promised", "copy given"].map(|deed| told(WHOLE, deed, &fields));
    assert_eq!(asking.site.told(), [deeds.clone(), deeds].concat());
}

#[tokio::test]
async fn what_was_promised_is_given_in_its_form_to_its_client() {
    let Some(asking) = drawing() else { return };
    let (served, keys) = (&asking.served, &asking.site.keys);
    // Of another agency, and of the same one.
    let beside = client_key(Algorithm::Es256);
    let departments = [SharingScope::Departments];
    let twin = client("market-2", market(), &departments, &beside);
    asking.site.prefecture.home.add_client(twin, &words(now())).unwrap();
    let others = [("bank-1", &keys[1]), ("market-2", &beside)];
    let others = others.map(|(id, key)| token(&served.gate, id, key, now()));
    for (form, kind, first) in [("png", "image/png", PNG), ("pdf", "application/pdf", &b"%PDF"[..])] {
        let path = path_of(&asking.url(face(&asking, form)).await["url"]);
        for other in &others {
            assert_eq!(fetch(served, &path, other).await.status, StatusCode::NOT_FOUND, "{form}");
        }
        let fetched = asking.fetch(&path).await;
        assert_eq!(fetched.status, StatusCode::OK, "{form}: the others did not use it up");
        assert_eq!(fetched.headers[header::CONTENT_TYPE], kind);
        assert!(fetched.body.starts_with(first), "{form}");
    }
}

/// Whoever keeps promises gets them no other way.
#[test]
fn a_promise_is_of_one_form_and_for_one_client() {
    let (Some(asking), Some(font)) = (drawing(), font()) else { return };
    let (lookup, card) = (&asking.served.lookup, &asking.site.card.license_id);
    let registered =
        |id: &str, agency| client(id, agency, &[SharingScope::Departments], &asking.site.keys[0]);
    let own = registered("market-1", market());
    let others = [registered("market-2", market()), registered("market-1", police())];
    let query = ShareQuery {
        client: &own,
        item: WHOLE,
        purpose: PURPOSE,
        fields: None,
        authorization: None,
        file: FileWish::No,
        number: None,
        copy_until: None,
    };
    let templates = Templates::built_in();
    let making = DocumentMaking { font: &font, templates: &templates, emblem: None };
    let copy = |form| CopyMaking { form, dpi: 72, making };
    let [png, pdf] = [FaceForm::Png, FaceForm::Pdf];
    let promised = [png, pdf].map(|form| lookup.promise_face(card, &query, form, now()).unwrap().unwrap());
    let signed = lookup.promise_file(card, &query, now()).unwrap().unwrap();
    let face = |promise, client, form| {
        lookup.share_promised_face(promise, client, &copy(form), now()).unwrap().map(drop)
    };
    let file = |promise, client| lookup.share_promised(promise, client, now()).unwrap().map(drop);
    let none: Result<(), ShareFault> = Err(ShareFault::NotFound);
    for (promise, form, other_form) in [(&promised[0], png, pdf), (&promised[1], pdf, png)] {
        assert_eq!(face(promise, &own, other_form), none, "{form:?} in another form");
        assert_eq!(file(promise, &own), none, "{form:?} as the signed license");
        for other in &others {
            assert_eq!(face(promise, other, form), none, "{form:?} to {} of {}", other.id, other.agency);
        }
        assert_eq!(face(promise, &own, form), Ok(()));
    }
    for form in [png, pdf] {
        assert_eq!(face(&signed, &own, form), none, "the signed license as {form:?}");
    }
    for other in &others {
        assert_eq!(file(&signed, other), none, "the signed license to {} of {}", other.id, other.agency);
    }
    assert_eq!(file(&signed, &own), Ok(()));
}

#[tokio::test]
async fn what_cannot_be_made_here_is_not_offered() {
    let plain = Asking::new();
    let message = async |asking: &Asking, data: &Value| {
        let body = json!({ "accessId": "market-1", "accessToken": asking.token, "data": data });
        let head = asking.send("downloadFile", &body).await.json()["head"].clone();
        assert_eq!(head["status"], "2", "{head}");
        head["message"].as_str().unwrap().to_owned()
    };
    let png = with(&plain.file(), "fileType", "png");
    assert!(message(&plain, &png).await.contains("no font"));
    let ofd = message(&plain, &with(&png, "fileType", "ofd")).await;
    assert!(ofd.contains("boyin ofd make") && ofd.contains("--copy-until"), "{ofd}");
    assert!(message(&plain, &with(&png, "fileType", "jpeg")).await.contains("sd-jwt, png, pdf"));
    let Some(asking) = drawing() else { return };
    // Letters that join cannot stand one by one.
    let joined = with(&face(&asking, "png"), "certificateCopyCause", "ئۇيغۇر");
    assert!(message(&asking, &joined).await.contains("face_undrawn"));
    let holder = with(&Asking::card(), "fileType", "png");
    assert_eq!(asking.ask("downloadUrlsByHolderCode", holder).await, status("2"));
    drop(asking.served);
    assert_eq!(asking.site.told(), [told(WHOLE, "copy withheld", &FIELDS.join(","))]);
}
