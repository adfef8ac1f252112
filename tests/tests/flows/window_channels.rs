//! One question on six channels and on every surface: one decision, byte by byte. What differs by design is told beside it: channel, number
//! of the event, receipt.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use boyin::archive::Reader;
use boyin::exempt::Channel;
use boyin::model::id::HolderCode;
use boyin::window::{ReplayOutcome, WindowQuestion, receipt_payload};
use boyin::{Order, Scope};
use serde_json::{Value, json};

use crate::office::{citizen, now, order, police};
use crate::window::{person, question, stranger};
use crate::window_http::{Beside, PURPOSE};

/// A question as the service takes it, and as the desk does.
struct Question {
    item: &'static str,
    holder: HolderCode,
    name: Option<&'static str>,
}

impl Question {
    fn body(&self, channel: Channel) -> Value {
        let mut party = json!({ "holder_code_type": "111", "holder_code": self.holder.as_str() });
        if let Some(name) = self.name {
            party["holder_name"] = json!(name);
        }
        json!({
            "channel": channel.code(), "division": "652701", "item": self.item, "parties": { "applicant": party },
            "purpose": PURPOSE,
        })
    }

    fn asked(&self, channel: Channel) -> WindowQuestion {
        let asked = question(self.holder.clone(), self.name);
        WindowQuestion { matter: self.item.to_owned(), channel, ..asked }
    }
}

/// Shared; shared and declared; missing and declared.
fn questions() -> [Question; 3] {
    let own = || person(&citizen());
    [
        Question { item: "senior-benefit", holder: own(), name: None },
        Question { item: "unemployment-registration", holder: own(), name: None },
        Question { item: "unemployment-registration", holder: stranger(1), name: Some("某人") },
    ]
}

/// The bytes of the member `decision` as they stand in an answer, before the member `next`.
fn decision_in(answer: &[u8], next: &str) -> Vec<u8> {
    let text = std::str::from_utf8(answer).unwrap();
    let (_, rest) = text.split_once("\"decision\":").unwrap();
    let (decision, _) = rest.rsplit_once(&format!(",\"{next}\":")).unwrap();
    decision.as_bytes().to_vec()
}

/// By the service: as it is answered, as it is shown again, and as whoever is given the receipt verifies it.
async fn over_http(site: &Beside, number: usize, question: &Question, channel: Channel) -> [Vec<u8>; 3] {
    let key = format!("http {number} {channel}");
    let answer = site.act("/v1/decisions", Scope::WindowDecide, &key, &question.body(channel)).await;
    assert_eq!(answer.status, StatusCode::OK, "{channel}");
    let told = answer.json();
    assert_eq!(told["channel"], channel.code());
    let shown =
        site.get(&format!("/v1/decisions/{}?purpose=x", told["event"]), Some(Scope::WindowDecide)).await;
    assert_eq!(shown.json()["channel"], channel.code());
    let receipt = told["receipt"].as_str().unwrap().to_owned();
    let verified = site.post("/v1/decisions/verify", receipt).await;
    assert_eq!(verified.json()["verdict"], "passed");
    [(&answer, "event"), (&shown, "event"), (&verified, "reason")]
        .map(|(answer, next)| decision_in(&answer.body, next))
}

/// By the desk itself, as the receipt signs it; what is kept leads to these bytes again.
fn in_core(site: &Beside, number: usize, question: &Question, channel: Channel) -> Vec<u8> {
    let order = Order { purpose: PURPOSE.to_owned(), ..order(police(), &format!("core {number} {channel}")) };
    let answer = site.desk.decide_exemption(&question.asked(channel), &order).unwrap();
    let payload = receipt_payload(&answer.receipt).unwrap();
    let named = format!("{{\"channel\":\"{channel}\",");
    assert!(payload.starts_with(named.as_bytes()), "{channel}");
    site.served.lookup.refresh(now()).unwrap();
    let reader = Reader::new("督查", police(), "复核").unwrap();
    let again = site.served.lookup.replay_decision(answer.event, &reader, now()).unwrap().unwrap();
    assert_eq!(again.outcome, ReplayOutcome::Holds, "{channel}");
    decision_in(&payload, "format")
}

#[tokio::test]
async fn six_channels_and_every_surface_give_the_same_bytes() {
    let site = Beside::new();
    let mut decisions = BTreeSet::new();
    for (number, question) in questions().iter().enumerate() {
        let mut found = BTreeSet::new();
        for channel in Channel::ALL {
            found.extend(over_http(&site, number, question, channel).await);
            found.insert(in_core(&site, number, question, channel));
        }
        assert_eq!(found.len(), 1, "{}", question.item);
        decisions.extend(found);
    }
    assert_eq!(decisions.len(), questions().len(), "another question has another answer");
}
