//! GB/T 36906: files at URLs that are good once, codes that are shown, marks of a license.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use boyin::access::AUTHORIZATION_SECONDS;
use boyin::archive::{Change, Reader, StatusChange};
use boyin::model::sharing::SharingScope;
use boyin::suite::{Algorithm, SystemRandom};
use boyin::{NextVersion, NextVersionOrder, show_fields};
use boyin_present::limits::QR_BUDGET_BYTES;
use boyin_present::{Presented, to_text};
use boyin_service::FILE_URL_SECONDS;
use serde_json::{Value, json};

use crate::clients::{Answer, Served, client, token, words};
use crate::gbt36906::{Asking, status, with, without};
use crate::life::business;
use crate::log::Log;
use crate::office::{HOLDER, citizen, market, now, order, police};
use crate::shared::{PURPOSE, body_of, code, disclosed, refused, share, type_of};
use crate::signer::client_key;

const PUBLIC_URL: &str = "http://127.0.0.1:8650";
pub(crate) const COPY_UNTIL: &str = "certificateCopyCauseExpiringTime";

/// The text of a static code that shows nothing of what is hidden.
pub(crate) fn fixed_code(credential: &[u8]) -> String {
    let license = show_fields(credential, &[]).unwrap();
    to_text(&Presented { license, statement: None }.encode(QR_BUDGET_BYTES).unwrap())
}

pub(crate) fn path_of(url: &Value) -> String {
    url.as_str().unwrap().strip_prefix(PUBLIC_URL).unwrap().to_owned()
}

pub(crate) async fn fetch(served: &Served, path: &str, token: &str) -> Answer {
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    served.send(request.body(Body::empty()).unwrap()).await
}

impl Asking {
    pub(crate) fn file(&self) -> Value {
        with(&with(&without(&self.one(), "useCause"), "certificateCopyCause", PURPOSE), "fileType", "sd-jwt")
    }

    /// What is given for the file of the card.
    pub(crate) async fn url(&self, data: Value) -> Value {
        let (done, data) = self.ask("downloadUrl", data).await;
        assert_eq!(done, "0");
        data
    }

    pub(crate) async fn fetch(&self, path: &str) -> Answer {
        fetch(&self.served, path, &self.token).await
    }
}

pub(crate) const GIVEN: &str = "address,holder_code,holder_name,valid_until";

#[tokio::test]
async fn a_file_is_fetched_once_by_whom_it_was_promised() {
    let asking = Asking::new();
    let promised = asking.url(asking.file()).await;
    assert_eq!((&promised["expiresIn"], &promised["fileType"]), (&json!(FILE_URL_SECONDS), &json!("sd-jwt")));
    let path = path_of(&promised["url"]);
    let (route, ticket) = path.rsplit_once('/').unwrap();
    assert_eq!((route, ticket.len()), ("/v1/shared/files", 43));
    // Nobody else fetches it, nor uses it up.
    let bank = token(&asking.served.gate, "bank-1", &asking.site.keys[1], now());
    assert_eq!(fetch(&asking.served, &path, &bank).await.status, StatusCode::NOT_FOUND);
    assert_eq!(fetch(&asking.served, &path, "x.y.z").await.status, StatusCode::UNAUTHORIZED);
    let silent = Request::get(&path).body(Body::empty()).unwrap();
    assert_eq!(asking.served.send(silent).await.status, StatusCode::UNAUTHORIZED);
    let file = asking.fetch(&path).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.headers[header::CONTENT_TYPE], "application/dc+sd-jwt");
    assert_eq!(file.headers[header::CACHE_CONTROL], "no-store");
    let verified = asking.site.prefecture.lookup().verify(&file.body, now());
    assert_eq!(verified.verdict().code(), "passed");
    // The same bytes as at once.
    let (_, at_once) = asking.ask("downloadFile", asking.file()).await;
    assert_eq!(at_once["content"], boyin::model::b64::encode_padded(&file.body));
    for used_up in [path.as_str(), "/v1/shared/files/none"] {
        assert_eq!(asking.fetch(used_up).await.status, StatusCode::NOT_FOUND);
    }
    // Each URL is another one.
    assert_ne!(asking.url(asking.file()).await["url"], promised["url"]);
    drop(asking.served);
    let [promised, given] =
        ["file promised", "given with file"].map(|deed| format!("item-1 {deed}; {GIVEN}"));
    assert_eq!(asking.site.told(), [promised.clone(), given.clone(), given, promised]);
}

#[tokio::test]
async fn a_url_is_in_no_log_and_no_metric() {
    let asking = Asking::new();
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let path = path_of(&asking.url(asking.file()).await["url"]);
    assert_eq!(asking.fetch(&path).await.status, StatusCode::OK);
    drop(guard);
    let ticket = path.rsplit_once('/').unwrap().1;
    let counted = asking.served.metrics().await;
    let log = log.text();
    let route = "/v1/shared/files/{ticket}";
    assert!(log.contains(route) && counted.contains(route), "{log}\n{counted}");
    assert!(!log.contains(ticket) && !counted.contains(ticket));
}

#[tokio::test]
async fn a_url_ends_after_ten_minutes_or_with_the_copy() {
    let asking = Asking::new();
    let [early, late] = [asking.url(asking.file()).await, asking.url(asking.file()).await];
    let copy = with(&asking.file(), COPY_UNTIL, "2026-06-01 09:01:00");
    let copies = [asking.url(copy.clone()).await, asking.url(copy.clone()).await];
    assert_eq!(copies[0]["expiresIn"], 60);
    // A copy for longer makes the URL no better.
    let long = asking.url(with(&asking.file(), COPY_UNTIL, "2026-06-30")).await;
    assert_eq!(long["expiresIn"], FILE_URL_SECONDS);
    asking.served.wait(59);
    assert_eq!(asking.fetch(&path_of(&copies[0]["url"])).await.status, StatusCode::OK);
    asking.served.wait(1);
    assert_eq!(asking.fetch(&path_of(&copies[1]["url"])).await.status, StatusCode::NOT_FOUND);
    asking.served.wait(FILE_URL_SECONDS - 61);
    assert_eq!(asking.fetch(&path_of(&early["url"])).await.status, StatusCode::OK);
    asking.served.wait(1);
    let token = token(&asking.served.gate, "market-1", &asking.site.keys[0], now().plus(FILE_URL_SECONDS));
    let ended = fetch(&asking.served, &path_of(&late["url"]), &token).await;
    assert_eq!(ended.status, StatusCode::NOT_FOUND);
    drop(asking.served);
    let told = asking.site.told();
    let until = format!("item-1 file promised; copy until 2026-06-01T09:01:00+08:00; {GIVEN}");
    assert_eq!(told.iter().filter(|told| **told == until).count(), 2, "{told:?}");
    let given = format!("item-1 given with file; copy until 2026-06-01T09:01:00+08:00; {GIVEN}");
    assert_eq!(told.iter().filter(|told| **told == given).count(), 1, "{told:?}");
}

#[tokio::test]
async fn what_a_copy_is_for_and_until_when_has_a_form() {
    let asking = Asking::new();
    let file = asking.file();
    for operation in ["downloadFile", "downloadUrl"] {
        for (data, expected) in [
            (with(&file, "certificateCopyCause", "长".repeat(201)), "102"),
            (with(&file, "certificateCopyCause", " "), "12"),
            (without(&file, "certificateCopyCause"), "12"),
            (without(&file, "fileType"), "12"),
            (with(&file, "fileType", "ofd"), "2"),
            (with(&file, "itemCode", "item-2"), "100"),
            (with(&file, COPY_UNTIL, "tomorrow"), "102"),
            (with(&file, COPY_UNTIL, 20_260_630), "102"),
            // Over: now, and yesterday.
            (with(&file, COPY_UNTIL, "2026-06-01 09:00:00"), "102"),
            (with(&file, COPY_UNTIL, "2026-05-31"), "102"),
        ] {
            assert_eq!(asking.ask(operation, data.clone()).await, status(expected), "{operation} {data}");
        }
        for until in ["2026-06-01", "20260601", "20260601090001", "2026-06-01T09:00:01"] {
            let (done, _) = asking.ask(operation, with(&file, COPY_UNTIL, until)).await;
            assert_eq!(done, "0", "{operation} {until}");
        }
        let words = with(&file, "certificateCopyCause", "长".repeat(200));
        assert_eq!(asking.ask(operation, words).await.0, "0");
    }
}

#[tokio::test]
async fn a_url_of_a_client_that_is_no_more_is_good_for_nobody() {
    let asking = Asking::new();
    let path = path_of(&asking.url(asking.file()).await["url"]);
    let home = &asking.site.prefecture.home;
    home.remove_client("market-1", &words(now())).unwrap();
    assert_eq!(asking.fetch(&path).await.status, StatusCode::UNAUTHORIZED);
    // Another agency under the ID does not get it.
    let key = client_key(Algorithm::Es256);
    home.add_client(client("market-1", police(), &[SharingScope::Departments], &key), &words(now())).unwrap();
    let other = token(&asking.served.gate, "market-1", &key, now());
    assert_eq!(fetch(&asking.served, &path, &other).await.status, StatusCode::NOT_FOUND);
    drop(asking.served);
    assert_eq!(asking.site.told(), [format!("item-1 file promised; {GIVEN}")]);
}

#[tokio::test]
async fn a_file_that_cannot_be_given_now_stays() {
    let asking = Asking::new();
    let path = path_of(&asking.url(asking.file()).await["url"]);
    // By a list that the log does not have yet nothing is given, and nobody is told anything.
    let more = ("item-2", "identity-card", &["sex"][..]);
    share(&asking.site.prefecture.home, (market(), SharingScope::Departments), more, now(), None);
    assert_eq!(asking.fetch(&path).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    asking.site.log_lists(&asking.served);
    assert_eq!(asking.fetch(&path).await.status, StatusCode::OK);
    assert_eq!(asking.fetch(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_not_shared_any_more_is_not_given() {
    let asking = Asking::new();
    let (departments, end) = ((market(), SharingScope::Departments), now().plus(60));
    let fields = ["address", "holder_name"];
    share(&asking.site.prefecture.home, departments, ("item-5", "identity-card", &fields), now(), Some(end));
    asking.site.log_lists(&asking.served);
    let data = with(&asking.file(), "itemCode", "item-5");
    let path = path_of(&asking.url(data).await["url"]);
    asking.served.wait(60);
    assert_eq!(asking.fetch(&path).await.status, StatusCode::FORBIDDEN);
    drop(asking.served);
    assert_eq!(asking.site.told(), ["item-5 file promised; address,holder_name"]);
}

/// Suspends, restores or revokes the card, as the service then knows.
fn change(asking: &Asking, what: Change, key: &str) {
    let desk = asking.site.prefecture.desk();
    let id = &asking.site.card.license_id;
    desk.change_status(id, &StatusChange::new(what, "测试"), &order(police(), key)).unwrap();
    drop(desk);
    asking.served.lookup.refresh(now()).unwrap();
}

/// What was promised while the lists gave it and the license passed is given by the lists and the license of then, or not at all.
#[tokio::test]
async fn a_promise_is_decided_anew() {
    let asking = Asking::new();
    let (served, home) = (&asking.served, &asking.site.prefecture.home);
    // A client that is registered for every kind of sharing: what is refused is refused by the entry.
    let key = client_key(Algorithm::Es256);
    home.add_client(client("market-2", market(), &SharingScope::ALL, &key), &words(now())).unwrap();
    let of_all = token(&served.gate, "market-2", &key, now());
    let promised = async || {
        let body = json!({ "accessId": "market-2", "accessToken": of_all, "data": asking.file() });
        let answer = asking.send("downloadUrl", &body).await.json();
        assert_eq!(answer["head"]["status"], "0", "{answer}");
        path_of(&answer["data"]["url"])
    };
    let list = |scope: SharingScope, fields: &[&str]| {
        share(home, (market(), scope), ("item-1", "identity-card", fields), now(), None);
        asking.site.log_lists(served);
    };
    let given: Vec<_> = GIVEN.split(',').collect();
    for (scope, fields, code) in [
        (SharingScope::Internal, &given[..], "other_relation"),
        (SharingScope::Levels, &given[..], "other_relation"),
        // Without the holder's leave, for none was needed when it was promised.
        (SharingScope::ThirdParty, &given[..], "not_authorized"),
        (SharingScope::Departments, &["sex"][..], "fields_not_shared"),
    ] {
        let path = promised().await;
        list(scope, fields);
        assert_eq!(refused(&fetch(served, &path, &of_all).await), (403, code.to_owned()), "{scope:?}");
        assert_eq!(fetch(served, &path, &of_all).await.status, StatusCode::NOT_FOUND, "{scope:?}: used up");
        list(SharingScope::Departments, &given);
    }
    // A client that is not registered for the kind of then.
    let path = path_of(&asking.url(asking.file()).await["url"]);
    list(SharingScope::Internal, &given);
    assert_eq!(refused(&asking.fetch(&path).await), (403, "kind_not_granted".to_owned()));
    list(SharingScope::Departments, &given);
    for (what, restored) in [(Change::Suspend, true), (Change::Revoke, false)] {
        let path = promised().await;
        change(&asking, what, &format!("{what:?}"));
        let refusal = (403, "license_not_passed".to_owned());
        assert_eq!(refused(&fetch(served, &path, &of_all).await), refusal, "{what:?}");
        assert_eq!(fetch(served, &path, &of_all).await.status, StatusCode::NOT_FOUND, "{what:?}: used up");
        // Nor is it given at once, or promised.
        for operation in ["downloadFile", "downloadUrl"] {
            assert_eq!(asking.ask(operation, asking.file()).await, status("99"), "{what:?} {operation}");
        }
        assert_eq!(asking.ask("downloadUrlsByHolderCode", Asking::card()).await, status("99"), "{what:?}");
        if restored {
            change(&asking, Change::Restore, "restored");
        }
    }
    drop(asking.served);
    let told = asking.site.told();
    let withheld = format!("item-1 file withheld; {GIVEN}");
    assert_eq!(told.iter().filter(|told| **told == withheld).count(), 8, "{told:?}");
    assert!(told.iter().all(|told| !told.contains("given with file")), "{told:?}");
}

#[tokio::test]
async fn no_more_is_given_than_was_promised_and_no_more_than_is_shared() {
    let asking = Asking::new();
    for (fields, expected) in [
        (&["address", "holder_code", "holder_name", "sex", "valid_until"][..], GIVEN),
        (&["holder_name", "sex"][..], "holder_name"),
    ] {
        let path = path_of(&asking.url(asking.file()).await["url"]);
        let home = &asking.site.prefecture.home;
        let departments = (market(), SharingScope::Departments);
        share(home, departments, ("item-1", "identity-card", fields), now(), None);
        asking.site.log_lists(&asking.served);
        let file = asking.fetch(&path).await;
        assert_eq!(file.status, StatusCode::OK);
        let text = String::from_utf8(file.body).unwrap();
        let hidden = expected.split(',').filter(|name| *name != "valid_until").count();
        assert_eq!(disclosed(&text).len(), hidden, "{expected}");
        let given: Vec<_> = GIVEN.split(',').collect();
        share(home, departments, ("item-1", "identity-card", &given), now(), None);
        asking.site.log_lists(&asking.served);
    }
    drop(asking.served);
    let told = asking.site.told();
    let given = told.iter().filter(|told| told.contains("given with file"));
    let expected = [GIVEN, "holder_name"].map(|fields| format!("item-1 given with file; {fields}"));
    assert!(given.eq(&expected), "{told:?}");
}

#[tokio::test]
async fn a_third_partys_code_is_used_up_by_the_promise() {
    let asking = Asking::new();
    let (site, served) = (&asking.site, &asking.served);
    let bank = token(&served.gate, "bank-1", &site.keys[1], now());
    let ask = async |data: &Value| {
        let body = json!({ "accessId": "bank-1", "accessToken": bank, "data": data });
        asking.send("downloadUrl", &body).await.json()
    };
    let data = with(&with(&asking.file(), "itemCode", "loan"), "certificateCopyCause", "贷款");
    assert_eq!(ask(&data).await["head"]["status"], "100", "without the holder's leave");
    let made = code(site, served, |_| {}).await.json();
    assert_eq!(made["expires_in"], AUTHORIZATION_SECONDS);
    let data = with(&data, "authCode", made["code"].clone());
    let promised = ask(&data).await;
    assert_eq!(promised["head"]["status"], "0", "{promised}");
    assert_eq!(ask(&data).await["head"]["status"], "100", "used up");
    let path = path_of(&promised["data"]["url"]);
    assert_eq!(fetch(served, &path, &bank).await.status, StatusCode::OK);
    drop(asking.served);
    let told = asking.site.told();
    for deed in ["file promised", "given with file"] {
        let by = format!("loan {deed}; authorized by 窗口; holder_code,holder_name");
        assert_eq!(told.iter().filter(|told| **told == by).count(), 1, "{told:?}");
    }
}

#[tokio::test]
async fn files_of_a_holder_have_a_url_each() {
    let asking = Asking::new();
    let (done, urls) = asking.ask("downloadUrlsByHolderCode", Asking::card()).await;
    let urls = urls.as_array().unwrap();
    assert_eq!((done.as_str(), urls.len()), ("0", 1));
    let file = asking.fetch(&path_of(&urls[0]["url"])).await;
    assert_eq!(file.status, StatusCode::OK);
    for (data, expected) in [
        (with(&Asking::card(), "holderCode", "11010519491231002X"), "10"),
        // The number of the license is not among what is given: compared with nothing.
        (with(&Asking::card(), "certNo", citizen().as_str()), "10"),
        (with(&Asking::card(), "certTypeCode", "x"), "113"),
        (with(&Asking::card(), "itemCode", "item-2"), "100"),
        (with(&Asking::card(), "fileType", "png"), "2"),
        (without(&Asking::card(), "useCause"), "12"),
        (with(&Asking::card(), "useCause", "长".repeat(201)), "102"),
        (with(&Asking::card(), COPY_UNTIL, "x"), "102"),
    ] {
        assert_eq!(asking.ask("downloadUrlsByHolderCode", data.clone()).await, status(expected), "{data}");
    }
    drop(asking.served);
    let [promised, given] =
        ["file promised", "given with file"].map(|deed| format!("item-1 {deed}; {GIVEN}"));
    let nothing = format!("item-1 nothing given, {}; {GIVEN}", type_of("identity-card"));
    assert_eq!(asking.site.told(), [promised, given, nothing]);
}

#[tokio::test]
async fn files_that_show_more_than_is_given_have_no_url() {
    let asking = Asking::new();
    let (site, home) = (&asking.site, &asking.site.prefecture.home);
    let enterprise = body_of("91", "652701");
    let form = business(enterprise, "2040-05-06");
    let shop = site.prefecture.desk().issue(&form, &order(market(), "shop"), &mut SystemRandom).unwrap();
    let key = client_key(Algorithm::Es256);
    home.add_client(client("police-1", police(), &[SharingScope::Departments], &key), &words(now())).unwrap();
    let departments = (police(), SharingScope::Departments);
    share(home, departments, ("item-1", "business-license", &["holder_name"]), now(), None);
    site.log_lists(&asking.served);
    let token = token(&asking.served.gate, "police-1", &key, now());
    let license = json!({
        "certificateIdentifier": shop.license_id.as_str(), "certificateCopyCause": PURPOSE, "itemCode": "item-1",
        "fileType": "sd-jwt",
    });
    let holder = json!({
        "certTypeCode": type_of("business-license").as_str(), "holderCode": enterprise.as_str(),
        "useCause": PURPOSE, "itemCode": "item-1",
    });
    for (operation, data) in [("downloadUrl", license), ("downloadUrlsByHolderCode", holder)] {
        let body = json!({ "accessId": "police-1", "accessToken": token, "data": data });
        let answer = asking.send(operation, &body).await.json();
        assert_eq!(answer["head"]["status"], "100", "{operation}");
    }
    drop(asking.served);
    let desk = asking.site.prefecture.desk();
    let events = desk.archive().events_of(&shop.license_id, None, 100).unwrap();
    let shared = events.iter().filter(|event| event.what.code() == "license_shared");
    let told: Vec<_> = shared.map(|event| event.detail.as_str()).collect();
    assert_eq!(told, ["item-1 file withheld; holder_name"; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_fetches_a_file() {
    let asking = Asking::new();
    let path = path_of(&asking.url(asking.file()).await["url"]);
    let fetch = || {
        let request = Request::get(&path).header(header::AUTHORIZATION, format!("Bearer {}", asking.token));
        request.body(Body::empty()).unwrap()
    };
    let mut statuses: Vec<_> =
        asking.served.at_once(fetch).await.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses.iter().filter(|status| **status == 404).count()), (200, 7));
}

#[tokio::test]
async fn a_code_that_is_shown_is_as_good_as_the_identifier() {
    let asking = Asking::new();
    let data = |text: &str| with(&without(&asking.one(), "certificateIdentifier"), "qrcode", text);
    let fixed = fixed_code(&asking.site.card.credential);
    let known = asking.ask("queryCertInfo", asking.one()).await;
    assert_eq!(asking.ask("queryCertInfoByQRcode", data(&fixed)).await, known);
    // The agency is given what the list gives it, whatever is shown and not.
    assert_eq!(known.1["certificateHolderName"], HOLDER);
    asking.served.wait(1);
    let desk = asking.site.prefecture.desk();
    let asker = Reader::new("窗口", police(), "亮证").unwrap();
    let (card, at) = (&asking.site.card.license_id, now().plus(1));
    let shown = desk.present(card, &[], "登记", &asker, at, &mut SystemRandom).unwrap();
    let shown = Presented { license: shown.license, statement: Some(shown.statement) };
    let dynamic = to_text(&shown.encode(QR_BUDGET_BYTES).unwrap());
    // A question that is none uses nothing up.
    let silent = without(&data(&dynamic), "useCause");
    assert_eq!(asking.ask("queryCertInfoByQRcode", silent).await, status("12"));
    assert_eq!(asking.ask("queryCertInfoByQRcode", data(&dynamic)).await, known);
    assert_eq!(asking.ask("queryCertInfoByQRcode", data(&dynamic)).await, status("102"), "once");
    for (wrong, expected) in [
        (data("BY1:BB8"), "102"),
        (data(card.as_str()), "102"),
        (data(" "), "12"),
        (without(&data(&fixed), "qrcode"), "12"),
        (with(&data(&fixed), "itemCode", "item-2"), "100"),
        (with(&data(&fixed), "qrcode", 1), "102"),
    ] {
        assert_eq!(asking.ask("queryCertInfoByQRcode", wrong.clone()).await, status(expected), "{wrong}");
    }
    // What does not pass opens nothing.
    desk.change_status(card, &StatusChange::new(Change::Suspend, "测试"), &order(police(), "s")).unwrap();
    asking.served.lookup.refresh(now()).unwrap();
    assert_eq!(asking.ask("queryCertInfoByQRcode", data(&fixed)).await, status("102"));
    drop(desk);
    drop(asking.served);
    let given = format!("item-1 given; {GIVEN}");
    assert_eq!(asking.site.told(), [given.clone(), given.clone(), given], "each read and no other");
}

#[tokio::test]
async fn marks_tell_what_does_not_stand_in_a_license() {
    let asking = Asking::new();
    let marks = async || {
        let (done, marks) = asking.ask("getCertRemarkInfo", asking.one()).await;
        assert_eq!(done, "0");
        marks
    };
    let card = asking.site.card.license_id.clone();
    let expected = json!({
        "certificateIdentifier": card.as_str(), "certificateStatus": "valid",
        "certificateStatusEvent": "license_issued", "certificateStatusSince": now().seconds(), "grade": "A",
        "reason": null, "replaced": false, "retroactive": false, "successor": null, "verdict": "passed",
    });
    assert_eq!(marks().await, expected);
    let desk = asking.site.prefecture.desk();
    let suspended = boyin::Order { at: now().plus(5), ..order(police(), "suspend") };
    desk.change_status(&card, &StatusChange::new(Change::Suspend, "某人的话"), &suspended).unwrap();
    asking.served.wait(5);
    asking.served.lookup.refresh(now()).unwrap();
    let told = marks().await;
    for (name, value) in [
        ("certificateStatus", json!("suspended")),
        ("certificateStatusEvent", json!("license_suspended")),
        ("certificateStatusSince", json!(now().seconds() + 5)),
        ("reason", json!("suspended")),
        ("verdict", json!("failed")),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    assert!(!told.to_string().contains("某人的话"), "a reason is somebody's words");
    let restored = boyin::Order { at: now().plus(5), ..order(police(), "restore") };
    desk.change_status(&card, &StatusChange::new(Change::Restore, "测试"), &restored).unwrap();
    let asked = NextVersionOrder { of: &card, next: &NextVersion::Reissue, reason: "补证", basis: None };
    let again = boyin::Order { at: now().plus(5), ..order(police(), "again") };
    let next = desk.issue_next(&asked, &again, &mut SystemRandom).unwrap().license_id;
    asking.served.lookup.refresh(now()).unwrap();
    let told = marks().await;
    // That there is another one is told, and which to whoever is given identifiers.
    assert_eq!((&told["replaced"], &told["successor"]), (&json!(true), &Value::Null));
    assert_eq!(told["certificateStatusEvent"], "license_reissued");
    drop(desk);
    let home = &asking.site.prefecture.home;
    let departments = (market(), SharingScope::Departments);
    share(home, departments, ("item-4", "identity-card", &["license_id"]), now(), None);
    asking.site.log_lists(&asking.served);
    let named = with(&asking.one(), "itemCode", "item-4");
    let (_, told) = asking.ask("getCertRemarkInfo", named).await;
    assert_eq!(told["successor"], next.as_str());
    assert!(!told.to_string().contains(citizen().as_str()) && !told.to_string().contains(HOLDER));
    drop(asking.served);
    let told = asking.site.told();
    let given = "item-1 marks given; grade,status,successor".to_owned();
    assert_eq!(told[..3], [given.clone(), given.clone(), given]);
    assert_eq!(told[3], "item-4 marks given; grade,status,successor");
}
