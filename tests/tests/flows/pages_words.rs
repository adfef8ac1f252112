//! In which language the pages say what: English names where the catalogs have them, a Chinese sentence for what a clerk filled in wrongly.

use axum::http::StatusCode;
use boyin::Scope;
use boyin::exempt::ItemCatalog;
use boyin::model::catalog::Catalog;
use serde_json::{Value, json};

use crate::clients::Answer;
use crate::office::citizen;
use crate::window_http::{Beside, PURPOSE};

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

fn asked(item: &str) -> Value {
    json!({
        "item": item, "division": "652701", "purpose": PURPOSE, "channel": "window", "type.applicant": "111",
        "number.applicant": citizen().as_str(),
    })
}

#[tokio::test]
async fn english_pages_have_the_english_names_of_the_catalogs() {
    let site = Beside::new();
    let licenses = Catalog::embedded();
    let items = ItemCatalog::embedded(&licenses).unwrap();
    let card = licenses.find("identity-card").unwrap();
    let item = items.items().iter().find(|item| item.key == "senior-benefit").unwrap();
    let question = asked("senior-benefit");
    let chinese = text(&site.act("/window", Scope::WindowDecide, "k", &question).await);
    let english = text(&site.act("/window?lang=en", Scope::WindowDecide, "k", &question).await);
    for (zh, en) in [(&card.name, &card.name_en), (&item.name, &item.name_en)] {
        assert!(chinese.contains(zh.as_str()), "{zh}: {chinese}");
        assert!(english.contains(en.as_str()) && !english.contains(&format!(">{zh}")), "{en}: {english}");
    }
    // What there is in Chinese only says so.
    let department = format!("<span lang=\"zh-CN\">{}</span>", item.department);
    assert!(english.contains(&department) && !chinese.contains("lang=\"zh-CN\""), "{english}");
    let number = english.split("data-print").next().unwrap().split("Decision <strong>").nth(1).unwrap();
    let number = number.split('<').next().unwrap();
    let kept = json!({ "number": number, "purpose": PURPOSE });
    let kept = text(&site.act("/decision?lang=en", Scope::WindowDecide, "", &kept).await);
    assert!(kept.contains(&card.name_en) && kept.contains(&item.name_en), "{kept}");

    site.served.lookup.refresh(crate::office::now()).unwrap();
    let by_item = json!({ "by": "item" });
    let meter = text(&site.act("/meter?lang=en", Scope::MeterRead, "", &by_item).await);
    assert!(meter.contains(&item.name_en) && meter.contains(&card.name_en), "{meter}");
    // A selector keeps the Chinese name, encoded; nothing else does.
    assert!(!meter.contains(&card.name) && !meter.contains(&item.name), "{meter}");
    let meter = text(&site.act("/meter", Scope::MeterRead, "", &by_item).await);
    assert!(meter.contains(&item.name) && meter.contains(&card.name), "{meter}");
}

#[tokio::test]
async fn what_is_filled_in_wrongly_is_told_in_chinese_first() {
    let site = Beside::new();
    for (member, value, words) in [
        ("division", json!("65270"), "办理地区划代码"),
        ("purpose", json!(" "), "事由"),
        ("channel", json!("post"), "渠道"),
        ("delegation", json!("x"), "委托编号"),
    ] {
        let mut wrong = asked("senior-benefit");
        wrong[member] = value;
        if member == "delegation" {
            wrong["agent_code_type"] = json!("111");
            wrong["agent_code"] = json!(citizen().as_str());
        }
        let answer = site.act("/window", Scope::WindowDecide, "k", &wrong).await;
        let shown = text(&answer);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}: {shown}");
        let (before, detail) = shown.split_once("<p lang=\"en\">").unwrap();
        assert!(before.contains(words) && detail.contains(member), "{member}: {shown}");
    }
}
