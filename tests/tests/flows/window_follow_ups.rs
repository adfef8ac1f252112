//! What was declared at a window in place of a paper and is to be checked afterwards, over HTTP.

use axum::http::StatusCode;
use boyin::Scope;
use boyin_service::MAX_LISTED_DECISIONS;
use serde_json::{Value, json};

use crate::office::{market, now, order, police};
use crate::window::{question, stranger};
use crate::window_http::Beside;

/// Asks for a paper that can be declared.
const ITEM: &str = "unemployment-registration";

/// Has it declared so often; gives the events.
fn declare(site: &Beside, times: usize) -> Vec<u64> {
    let mut asked = question(stranger(1), Some("某人"));
    asked.matter = ITEM.to_owned();
    let event = |n| {
        let order = order(police(), &format!("declared {n}"));
        site.desk.decide_exemption(&asked, &order).unwrap().event
    };
    (0..times).map(event).collect()
}

async fn list(site: &Beside, query: &str) -> (Vec<u64>, Value) {
    let path = format!("/v1/decisions/follow-ups{query}");
    let answer = site.get(&path, Some(Scope::WindowDecide)).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}");
    let answer = answer.json();
    let rows = answer["follow_ups"].as_array().unwrap();
    (rows.iter().map(|row| row["event"].as_u64().unwrap()).collect(), answer["next"].clone())
}

#[tokio::test]
async fn what_was_declared_is_listed_with_who_checks_it_until_when() {
    let site = Beside::new();
    let declared = declare(&site, 1);
    // Nothing is declared there.
    site.decide_often(2);
    let all = site.get("/v1/decisions/follow-ups", Some(Scope::WindowDecide)).await.json();
    let (row, kept) = (&all["follow_ups"][0], now().date().plus_days(30));
    let receipt = format!("/v1/decisions/{}?purpose=x", declared[0]);
    let decision = site.get(&receipt, Some(Scope::WindowDecide)).await.json()["decision"].clone();
    let follow_up = &decision["materials"][1]["follow_up"];
    for member in ["checked_by", "en", "if_false_en", "if_false_zh", "until", "zh"] {
        assert!(follow_up[member].is_string() && row[member] == follow_up[member], "{member}: {row}");
    }
    assert_eq!(
        (&row["event"], &row["material"], &row["items"], &row["until"]),
        (&json!(declared[0]), &json!("unemployment"), &json!([ITEM]), &json!(kept.to_string()))
    );
    assert_eq!(row["office"]["code"], police().as_str());
    assert_eq!((all["follow_ups"].as_array().unwrap().len(), &all["next"]), (1, &Value::Null));

    let (before, after) = (kept.previous(), kept.plus_days(1));
    let [police, market] = [police(), market()];
    for (query, found) in [
        (format!("?until={kept}"), true),
        (format!("?until={before}"), false),
        (format!("?from={kept}"), true),
        (format!("?from={after}"), false),
        (format!("?from={before}&until={after}&office={police}"), true),
        (format!("?office={market}"), false),
        (format!("?after={}", declared[0]), false),
    ] {
        let expected = if found { declared.clone() } else { Vec::new() };
        assert_eq!(list(&site, &query).await, (expected, Value::Null), "{query}");
    }
    for query in
        ["?until=soon", "?from=2026-02-30", "?of=x", "?until=2026-07-01&until=2026-07-02", "?after=x"]
    {
        let path = format!("/v1/decisions/follow-ups{query}");
        let answer = site.get(&path, Some(Scope::WindowDecide)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn a_page_ends_and_the_next_one_goes_on() {
    let site = Beside::new();
    let declared = declare(&site, MAX_LISTED_DECISIONS + 1);
    site.served.lookup.refresh(now()).unwrap();
    let (first, next) = list(&site, "").await;
    let (page, rest) = declared.split_at(MAX_LISTED_DECISIONS);
    assert_eq!((first.as_slice(), next.as_u64()), (page, page.last().copied()));
    let (second, end) = list(&site, &format!("?after={}", next.as_u64().unwrap())).await;
    assert_eq!((second.as_slice(), end), (rest, Value::Null));
}

#[tokio::test]
async fn the_page_lists_what_is_to_be_checked() {
    let site = Beside::new();
    let declared = declare(&site, 1);
    site.served.lookup.refresh(now()).unwrap();
    let kept = now().date().plus_days(30);
    let show = async |lang: &str, scope: Scope, body: Value| {
        let answer = site.act(&format!("/follow-ups{lang}"), scope, "", &body).await;
        (answer.status, String::from_utf8(answer.body).unwrap())
    };
    let (status, shown) =
        show("", Scope::WindowDecide, json!({ "from": "", "until": "", "office": " " })).await;
    assert_eq!(status, StatusCode::OK);
    let link = format!("<a href=\"/decision?number={}\">", declared[0]);
    for words in [link.as_str(), "data-count=\"1\"", "unemployment", ITEM, &kept.to_string()] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let (_, english) = show("?lang=en", Scope::WindowDecide, json!({})).await;
    assert!(
        english.contains("number=") && english.contains("&amp;lang=en") && english.contains("If it is false"),
        "{english}"
    );
    for limit in [json!({ "until": kept.previous().to_string() }), json!({ "office": market().as_str() })] {
        let (_, none) = show("", Scope::WindowDecide, limit).await;
        assert!(none.contains("data-count=\"0\""), "{none}");
    }
    let (status, wrong) = show("", Scope::WindowDecide, json!({ "until": "soon" })).await;
    assert!(status == StatusCode::BAD_REQUEST && wrong.contains("到期日：应为日期"), "{wrong}");
    assert_eq!(show("", Scope::WindowDecide, json!({ "after": "x" })).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(show("", Scope::MeterRead, json!({})).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_long_list_on_the_page_goes_on() {
    let site = Beside::new();
    let declared = declare(&site, MAX_LISTED_DECISIONS + 1);
    site.served.lookup.refresh(now()).unwrap();
    let show = async |body: Value| {
        let answer = site.act("/follow-ups", Scope::WindowDecide, "", &body).await;
        String::from_utf8(answer.body).unwrap()
    };
    let first = show(json!({})).await;
    let after = declared[MAX_LISTED_DECISIONS - 1].to_string();
    assert!(first.contains(&format!("name=\"after\" value=\"{after}\"")), "{first}");
    let rest = show(json!({ "after": after })).await;
    assert!(rest.contains("data-count=\"1\"") && !rest.contains("name=\"after\""), "{rest}");
}
