//! The envelope of GB/T 36906: the same answers as the other calls, under the names and numbers of the standard.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use boyin::archive::{Change, StatusChange};
use boyin::model::b64;
use boyin::model::catalog::{Catalog, CatalogChange, CatalogEntry};
use boyin::model::sharing::SharingScope;
use boyin::suite::{Algorithm, SystemRandom};
use boyin_service::{MISSES, REQUESTS};
use serde_json::{Value, json};

use crate::catalog::{card_of, published_before};
use crate::clients::{Answer, Served, client, token, words};
use crate::life::business;
use crate::office::{HOLDER, citizen, market, now, order, passphrase, police};
use crate::shared::{PURPOSE, Site, body_of, share, type_of};
use crate::signer::client_key;

pub(crate) struct Asking {
    pub(crate) site: Site,
    pub(crate) served: Served,
    pub(crate) token: String,
}

impl Asking {
    pub(crate) fn new() -> Self {
        let site = Site::new();
        let (served, token) = site.serve();
        Self { site, served, token }
    }

    pub(crate) async fn send(&self, operation: &str, body: &Value) -> Answer {
        let request = Request::post(format!("/gbt36906/{operation}"));
        self.served.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Status and data.
    pub(crate) async fn ask(&self, operation: &str, data: Value) -> (String, Value) {
        let body = json!({ "accessId": "market-1", "accessToken": self.token, "data": data });
        let answer = self.send(operation, &body).await;
        assert_eq!(answer.status, StatusCode::OK);
        let answer = answer.json();
        assert!(answer["head"]["message"].as_str().is_some_and(|message| !message.is_empty()));
        (answer["head"]["status"].as_str().unwrap().to_owned(), answer["data"].clone())
    }

    pub(crate) fn one(&self) -> Value {
        json!({ "certificateIdentifier": self.site.card.license_id.as_str(), "useCause": PURPOSE, "itemCode": "item-1" })
    }

    pub(crate) fn card() -> Value {
        json!({
            "certTypeCode": type_of("identity-card").as_str(), "holderCode": citizen().as_str(),
            "holderTypeCode": "111", "useCause": PURPOSE, "itemCode": "item-1",
        })
    }
}

pub(crate) fn without(data: &Value, member: &str) -> Value {
    let mut data = data.clone();
    data.as_object_mut().unwrap().remove(member).unwrap();
    data
}

pub(crate) fn with(data: &Value, member: &str, value: impl Into<Value>) -> Value {
    let mut data = data.clone();
    data[member] = value.into();
    data
}

pub(crate) fn status(status: &str) -> (String, Value) {
    (status.to_owned(), Value::Null)
}

#[tokio::test]
async fn metadata_have_the_names_of_the_standard() {
    let asking = Asking::new();
    let expected = json!({
        "kz_none": null, "certificateHolderName": HOLDER, "certificateHolderCode": citizen().as_str(),
        "certificateExpiringDate": "2040-05-06", "verdict": "passed",
    });
    let (done, one) = asking.ask("queryCertInfo", asking.one()).await;
    assert_eq!(done, "0");
    for (name, value) in without(&expected, "kz_none").as_object().unwrap() {
        assert_eq!(&one[name], value, "{name}");
    }
    // Four fields that are given, the address under its own name, and the verdict.
    assert_eq!(one.as_object().unwrap().len(), 5);
    assert!(
        one.as_object()
            .unwrap()
            .iter()
            .any(|(name, value)| name.starts_with("KZ_") && value == "新疆博乐市青得里大街1号")
    );
    let (_, several) = asking.ask("queryCertInfoByHolderCode", Asking::card()).await;
    assert_eq!(several, json!([one]));
    // The kind of number may be left out; a number of the license that is not given is compared with nothing.
    let (_, several) =
        asking.ask("queryCertInfoByHolderCode", without(&Asking::card(), "holderTypeCode")).await;
    assert_eq!(several, json!([one]));
    let numbered = with(&Asking::card(), "certNo", citizen().as_str());
    assert_eq!(asking.ask("queryCertInfoByHolderCode", numbered).await, status("10"));
}

#[tokio::test]
async fn each_fault_has_its_number() {
    let asking = Asking::new();
    let (one, card) = (asking.one(), Asking::card());
    let unknown = asking.site.card.license_id.next_version().unwrap();
    for (operation, data, expected) in [
        ("queryCertInfo", with(&one, "certificateIdentifier", unknown.as_str()), "10"),
        ("queryCertInfo", with(&one, "certificateIdentifier", "none"), "102"),
        ("queryCertInfo", without(&one, "certificateIdentifier"), "12"),
        ("queryCertInfo", without(&one, "useCause"), "12"),
        ("queryCertInfo", with(&one, "useCause", " "), "12"),
        ("queryCertInfo", without(&one, "itemCode"), "12"),
        ("queryCertInfo", with(&one, "itemCode", "item-2"), "100"),
        ("queryCertInfoByHolderCode", with(&card, "holderCode", "11010519491231002X"), "10"),
        ("queryCertInfoByHolderCode", with(&card, "holderCode", "110105194912310020"), "102"),
        ("queryCertInfoByHolderCode", with(&card, "holderTypeCode", "112"), "103"),
        ("queryCertInfoByHolderCode", with(&card, "certTypeCode", "x"), "113"),
        ("queryCertInfoByHolderCode", without(&card, "holderCode"), "12"),
        ("downloadUrl", one.clone(), "12"),
        ("queryCertInfoByQRcode", one.clone(), "12"),
        ("getCertRemarkInfo", with(&one, "certificateIdentifier", unknown.as_str()), "10"),
        ("getCertRemarkInfo", with(&one, "certificateIdentifier", "none"), "102"),
        ("getCertRemarkInfo", with(&one, "itemCode", "item-2"), "100"),
        ("getCertRemarkInfo", without(&one, "useCause"), "12"),
        ("queryCertInfo", with(&one, "useCause", "长".repeat(201)), "102"),
        ("downloadFile", with(&with(&one, "certificateCopyCause", PURPOSE), "fileType", "ofd"), "2"),
        ("downloadFile", with(&one, "certificateCopyCause", PURPOSE), "12"),
        ("downloadFile", with(&one, "fileType", "sd-jwt"), "12"),
    ] {
        assert_eq!(asking.ask(operation, data.clone()).await, status(expected), "{operation} {data}");
    }
    let nowhere = asking.send("dropEverything", &json!({})).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    for body in [
        json!({ "accessId": "market-1", "accessToken": "x", "data": one }),
        json!({ "accessId": "bank-1", "accessToken": asking.token, "data": one }),
        json!({ "accessToken": asking.token, "data": one }),
        json!({ "data": one }),
    ] {
        for operation in ["queryCertInfo", "downloadUrl", "getCertRemarkInfo"] {
            assert_eq!(asking.send(operation, &body).await.json()["head"]["status"], "11");
        }
    }
    assert_eq!(asking.send("queryCertInfo", &json!("x")).await.json()["head"]["status"], "102");
}

#[tokio::test]
async fn members_of_another_kind_are_not_passed_over() {
    let asking = Asking::new();
    let (one, card) = (asking.one(), Asking::card());
    let file = with(&with(&one, "certificateCopyCause", PURPOSE), "fileType", "sd-jwt");
    let said = |said: Value| with(&without(&card, "holderCode"), "certData", said);
    let number = citizen().as_str().to_owned();
    for (operation, data) in [
        ("queryCertInfoByHolderCode", with(&card, "certNo", 1)),
        ("queryCertInfoByHolderCode", with(&card, "certNo", json!(["1"]))),
        ("queryCertInfoByHolderCode", with(&card, "holderTypeCode", 111)),
        ("queryCertInfo", with(&one, "authCode", 1234)),
        ("queryCertInfo", with(&one, "useCause", true)),
        ("downloadFile", with(&file, "authCode", json!({}))),
        ("verifyCertInfo", said(json!({ "holderCode": number, "holder": HOLDER, "certNo": 1 }))),
        ("verifyCertInfo", said(json!({ "holderCode": number, "holder": 1, "certNo": "1" }))),
        ("verifyCertInfo", said(json!("x"))),
        (
            "verifyFile",
            json!({ "certTypeCode": 1, "useCause": PURPOSE, "contentType": "base64", "content": "AAAA" }),
        ),
        ("verifyFile", json!([])),
    ] {
        assert_eq!(asking.ask(operation, data.clone()).await, status("102"), "{operation} {data}");
    }
    // What is null or empty is not there.
    for empty in [Value::Null, json!("")] {
        let data = with(&card, "certNo", empty);
        assert_eq!(asking.ask("queryCertInfoByHolderCode", data).await.0, "0");
    }
}

#[tokio::test]
async fn what_is_in_a_body_is_looked_at_after_whose_it_is() {
    let asking = Asking::new();
    for data in [json!([1]), json!("x"), Value::Null] {
        for operation in ["queryCertInfo", "verifyFile"] {
            let body = json!({ "accessId": "market-1", "accessToken": "x", "data": data });
            assert_eq!(
                asking.send(operation, &body).await.json()["head"]["status"],
                "11",
                "{operation} {data}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_is_told_as_given_that_is_not() {
    let asking = Asking::new();
    let (site, home) = (&asking.site, &asking.site.prefecture.home);
    let departments = (market(), SharingScope::Departments);
    share(home, departments, ("item-3", "identity-card", &["holder_code", "license_number"]), now(), None);
    site.log_lists(&asking.served);
    let numbered = with(&with(&Asking::card(), "itemCode", "item-3"), "certNo", citizen().as_str());
    let (done, found) = asking.ask("queryCertInfoByHolderCode", numbered.clone()).await;
    assert_eq!((done.as_str(), found.as_array().map(Vec::len)), ("0", Some(1)));
    let other = with(&numbered, "certNo", "1");
    assert_eq!(asking.ask("queryCertInfoByHolderCode", other).await, status("10"));
    let file = with(&with(&asking.one(), "certificateCopyCause", PURPOSE), "fileType", "sd-jwt");
    assert_eq!(asking.ask("downloadFile", file).await.0, "0");
    drop(asking.served);
    let details = asking.site.told();
    assert_eq!(
        details,
        [
            "item-3 given; holder_code,license_number".to_owned(),
            format!("item-3 nothing given, {}; holder_code,license_number", type_of("identity-card")),
            "item-1 given with file; address,holder_code,holder_name,valid_until".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_file_that_may_not_be_given_is_not_told_as_given() {
    let site = Site::new();
    let home = &site.prefecture.home;
    let form = business(body_of("91", "652701"), "2040-05-06");
    let shop = site.prefecture.desk().issue(&form, &order(market(), "shop"), &mut SystemRandom).unwrap();
    let key = client_key(Algorithm::Es256);
    home.add_client(client("police-1", police(), &[SharingScope::Departments], &key), &words(now())).unwrap();
    let departments = (police(), SharingScope::Departments);
    share(home, departments, ("item-1", "business-license", &["holder_name"]), now(), None);
    let served = Served::new(&site.prefecture);
    site.log_lists(&served);
    let body = json!({
        "accessId": "police-1", "accessToken": token(&served.gate, "police-1", &key, now()),
        "data": {
            "certificateIdentifier": shop.license_id.as_str(), "certificateCopyCause": PURPOSE, "itemCode": "item-1",
            "fileType": "sd-jwt",
        },
    });
    let request = Request::post("/gbt36906/downloadFile").body(Body::from(body.to_string())).unwrap();
    assert_eq!(served.send(request).await.json()["head"]["status"], "100");
    drop(served);
    let desk = site.prefecture.desk();
    let events = desk.archive().events_of(&shop.license_id, None, 100).unwrap();
    let shared: Vec<_> = events.iter().filter(|event| event.what.code() == "license_shared").collect();
    assert_eq!(shared.len(), 1);
    assert_eq!(shared[0].detail, "item-1 file withheld; holder_name");
}

#[tokio::test]
async fn statements_are_compared() {
    let asking = Asking::new();
    let said = |holder: &str, number: &str| {
        let data = json!({ "holderCode": number, "holder": holder, "holderTypeCode": "111" });
        with(&without(&without(&Asking::card(), "holderCode"), "holderTypeCode"), "certData", data)
    };
    let right = said(HOLDER, citizen().as_str());
    let result = |status: &str| ("0".to_owned(), json!({ "verifyStatus": status }));
    assert_eq!(asking.ask("verifyCertInfo", right.clone()).await, result("0"));
    assert_eq!(asking.ask("verifyCertInfo", said("某某", citizen().as_str())).await, result("7"));
    assert_eq!(asking.ask("verifyCertInfo", said(HOLDER, "11010519491231002X")).await, result("5"));
    assert_eq!(asking.ask("verifyCertInfo", said("", citizen().as_str())).await, result("4"));
    assert_eq!(asking.ask("verifyCertInfo", without(&right, "certData")).await, status("12"));
    let numbered = with(&right, "certData", json!({ "holderCode": citizen().as_str(), "certNo": "1" }));
    assert_eq!(asking.ask("verifyCertInfo", numbered).await, status("100"));
    let desk = asking.site.prefecture.desk();
    for (change, expected) in [(Change::Suspend, "2"), (Change::Restore, "0"), (Change::Revoke, "3")] {
        let id = &asking.site.card.license_id;
        desk.change_status(id, &StatusChange::new(change, "测试"), &order(police(), expected)).unwrap();
        asking.served.lookup.refresh(now()).unwrap();
        assert_eq!(asking.ask("verifyCertInfo", right.clone()).await, result(expected));
    }
}

#[tokio::test]
async fn a_license_of_later_days_is_not_in_force_yet_and_what_cannot_be_said_is_not_said() {
    let site = Site::new();
    let [issued, from, until] = ["2026-06-01", "2026-06-03", "2046-06-03"].map(str::to_owned);
    let holder = body_of("91", "652701");
    let mut later = business(holder, &until);
    (later.issue_date, later.valid_from) = (issued, Some(from));
    let later = site.prefecture.desk().issue(&later, &order(market(), "later"), &mut SystemRandom).unwrap();
    let home = &site.prefecture.home;
    let key = client_key(Algorithm::Es256);
    home.add_client(client("police-1", police(), &[SharingScope::Departments], &key), &words(now())).unwrap();
    let departments = (police(), SharingScope::Departments);
    let fields = ["holder_code", "holder_name"];
    share(home, departments, ("item-1", "business-license", &fields), now(), None);
    let served = Served::new(&site.prefecture);
    site.log_lists(&served);
    let said = |at| {
        let data = json!({
            "certTypeCode": type_of("business-license").as_str(), "useCause": PURPOSE, "itemCode": "item-1",
            "certData": { "holderCode": holder.as_str(), "holder": "测试市赛湖餐饮店" },
        });
        json!({ "accessId": "police-1", "accessToken": token(&served.gate, "police-1", &key, at), "data": data })
    };
    let ask = async |operation: &str, body: Value| {
        let request = Request::post(format!("/gbt36906/{operation}"));
        let answer = served.send(request.body(Body::from(body.to_string())).unwrap()).await;
        (answer.status, answer.json())
    };
    let (_, early) = ask("verifyCertInfo", said(now())).await;
    assert_eq!(early["data"], json!({ "verifyStatus": "1" }));
    let mut file = said(now());
    file["data"]["contentType"] = json!("base64");
    file["data"]["content"] = json!(b64::encode_padded(&later.credential));
    assert_eq!(ask("verifyFile", file.clone()).await.1["data"], json!({ "verifyStatus": "1" }));
    // The status lists have ended: whether it is in force cannot be said, and that is no fault of the client's.
    served.wait(3 * 86_400);
    let at = now().plus(3 * 86_400);
    file["accessToken"] = said(at)["accessToken"].clone();
    for (operation, body) in [("verifyCertInfo", said(at)), ("verifyFile", file)] {
        let (code, answer) = ask(operation, body).await;
        assert_eq!((code, &answer["head"]["status"]), (StatusCode::OK, &json!("99")), "{operation}");
        assert_eq!(answer["data"], Value::Null);
    }
}

#[tokio::test]
async fn what_the_service_cannot_answer_has_a_number_too() {
    let asking = Asking::new();
    let reads = asking.site.prefecture.home.dir().join("reads");
    let _ = std::fs::remove_dir_all(&reads);
    std::fs::write(&reads, "").unwrap();
    let file = with(&with(&asking.one(), "certificateCopyCause", PURPOSE), "fileType", "sd-jwt");
    let verify = json!({
        "certTypeCode": type_of("identity-card").as_str(), "contentType": "base64", "useCause": PURPOSE,
        "content": b64::encode_padded(&asking.site.card.credential),
    });
    for (operation, data) in [
        ("queryCertInfo", asking.one()),
        ("queryCertInfoByHolderCode", Asking::card()),
        ("getCertRemarkInfo", asking.one()),
        ("downloadFile", file.clone()),
        ("downloadUrl", file),
        ("downloadUrlsByHolderCode", Asking::card()),
        // Of a license on file whose holder would not see it.
        ("verifyFile", verify),
    ] {
        assert_eq!(asking.ask(operation, data).await, status("99"), "{operation}");
    }
}

#[tokio::test]
async fn files_are_verified_and_given() {
    let asking = Asking::new();
    let ask = with(&with(&asking.one(), "certificateCopyCause", PURPOSE), "fileType", "sd-jwt");
    let (done, file) = asking.ask("downloadFile", ask).await;
    assert_eq!((done.as_str(), &file["fileType"]), ("0", &json!("sd-jwt")));
    let content = file["content"].as_str().unwrap();
    let credential = b64::decode_of_others(content.as_bytes()).unwrap();
    let report = asking.site.prefecture.lookup().verify(&credential, now());
    assert_eq!(report.verdict().code(), "passed");
    let verify = |content: &str, key: &str| {
        json!({
            "certTypeCode": type_of(key).as_str(), "content": content, "contentType": "base64", "useCause": PURPOSE,
        })
    };
    let result = |status: &str| ("0".to_owned(), json!({ "verifyStatus": status }));
    let right = verify(content, "identity-card");
    assert_eq!(asking.ask("verifyFile", right.clone()).await, result("0"));
    assert_eq!(asking.ask("verifyFile", verify(content, "business-license")).await, result("7"));
    // Of another type it is wrong before it is suspended.
    let (desk, id) = (asking.site.prefecture.desk(), &asking.site.card.license_id);
    desk.change_status(id, &StatusChange::new(Change::Suspend, "测试"), &order(police(), "s")).unwrap();
    asking.served.lookup.refresh(now()).unwrap();
    assert_eq!(asking.ask("verifyFile", right.clone()).await, result("2"));
    assert_eq!(asking.ask("verifyFile", verify(content, "business-license")).await, result("7"));
    assert_eq!(asking.ask("verifyFile", verify("AAAA", "identity-card")).await, result("7"));
    assert_eq!(asking.ask("verifyFile", verify("!", "identity-card")).await, status("102"));
    assert_eq!(asking.ask("verifyFile", with(&right, "contentType", "hex")).await, status("102"));
    assert_eq!(asking.ask("verifyFile", with(&right, "useCause", "x".repeat(201))).await, status("102"));
    assert_eq!(asking.ask("verifyFile", with(&right, "useCause", "a\u{7}b")).await, status("102"));
    assert_eq!(asking.ask("verifyFile", without(&right, "useCause")).await, status("12"));
    // Whose license was verified sees it, each time that an answer was given: of another type, and suspended too.
    drop(asking.served);
    drop(desk);
    let told = asking.site.told();
    let verified = |result: &str| {
        let verified = format!("file verified, {result}");
        told.iter().filter(|told| **told == verified).count()
    };
    let counts = ["in_force", "partly_wrong", "suspended"].map(verified);
    assert_eq!(counts, [1, 2, 1], "{told:?}");
}

#[tokio::test]
async fn files_that_are_verified_are_counted_as_elsewhere() {
    let asking = Asking::new();
    let verify = |content: &[u8]| {
        json!({
            "certTypeCode": type_of("identity-card").as_str(), "content": b64::encode_padded(content),
            "contentType": "base64", "useCause": PURPOSE,
        })
    };
    assert_eq!(asking.ask("verifyFile", verify(&asking.site.card.credential)).await.1["verifyStatus"], "0");
    assert_eq!(asking.ask("verifyFile", verify(b"x")).await.1["verifyStatus"], "7");
    let counted = asking.served.metrics().await;
    for line in [r#"boyin_verdicts_total{code="passed"} 1"#, r#"boyin_verdicts_total{code="failed"} 1"#] {
        assert!(counted.lines().any(|found| found == line), "{line} in:\n{counted}");
    }
    // And among the calls that one client may make.
    for _ in 2..REQUESTS.burst {
        assert_eq!(asking.ask("verifyFile", json!({})).await, status("12"));
    }
    let body = json!({ "accessId": "market-1", "accessToken": asking.token, "data": {} });
    assert_eq!(asking.send("verifyFile", &body).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn fields_have_the_names_of_the_catalog_in_force() {
    let asking = Asking::new();
    let home = &asking.site.prefecture.home;
    let (_, before) = asking.ask("queryCertInfo", asking.one()).await;
    assert_eq!(before["KZ_ZZ"], "新疆博乐市青得里大街1号");
    let mut renamed = Catalog::embedded().find("identity-card").unwrap().clone();
    renamed.fields.iter_mut().find(|field| field.name == "address").unwrap().pinyin = "KZ_DZ".to_owned();
    let change = CatalogChange::Put { from: now(), license_type: Box::new(renamed), until: None };
    home.draft_list::<CatalogEntry>(&change, &words(now())).unwrap();
    home.sign_list::<CatalogEntry>(None, None, &passphrase(), &words(now())).unwrap();
    asking.site.log_lists(&asking.served);
    let (_, one) = asking.ask("queryCertInfo", asking.one()).await;
    assert_eq!((&one["KZ_DZ"], one.get("KZ_ZZ")), (&before["KZ_ZZ"], None));
    let (_, several) = asking.ask("queryCertInfoByHolderCode", Asking::card()).await;
    assert_eq!(several, json!([one]));
}

/// Catalogs that were signed before short names had rules have such types.
#[tokio::test]
async fn a_field_does_not_pose_as_metadata() {
    let asking = Asking::new();
    let (_, before) = asking.ask("queryCertInfo", asking.one()).await;
    published_before(&asking.site.prefecture.home, |list| {
        let mut fields = card_of(list).fields.iter_mut();
        fields.find(|field| field.name == "address").unwrap().pinyin = "ZZMC".to_owned();
    });
    asking.site.log_lists(&asking.served);
    let (_, one) = asking.ask("queryCertInfo", asking.one()).await;
    assert_eq!((&one["address"], one.get("ZZMC")), (&before["KZ_ZZ"], None));
}

#[tokio::test]
async fn whoever_tries_numbers_here_has_to_wait_too() {
    let asking = Asking::new();
    let absent = with(&Asking::card(), "holderCode", "11010519491231002X");
    for _ in 0..MISSES.burst {
        assert_eq!(asking.ask("queryCertInfoByHolderCode", absent.clone()).await, status("10"));
    }
    let body = json!({ "accessId": "market-1", "accessToken": asking.token, "data": Asking::card() });
    let answer = asking.send("queryCertInfoByHolderCode", &body).await;
    assert_eq!(
        (answer.status, &answer.json()["head"]["status"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("99"))
    );
    assert_eq!(answer.headers[header::RETRY_AFTER], MISSES.seconds.to_string());
}
