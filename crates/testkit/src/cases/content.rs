//! Faults of the claims, signed again by the right key.

use boyin_model::alg::VerifyAlg;
use boyin_model::credential::METADATA;
use boyin_model::json::{Object, Value};
use boyin_model::limits::MAX_TEXT_CHARS;
use boyin_verify::Reason;
use serde_json::json;

use super::{Book, PERSONAL, Scene, instant};
use crate::mutate::Level;
use crate::samples;

pub(super) fn add(book: &mut Book) {
    let alg = book.prefecture.alg();
    missing(book);
    invalid(book);
    invalid_disclosed(book, alg);
    unknown(book, alg);
    hiding(book, alg);
    identifiers(book);
    dates(book);
}

fn missing(book: &mut Book) {
    for term in METADATA.iter().filter(|term| term.required) {
        let id = format!("content/without-{}", term.claim.replace('_', "-"));
        book.fail_public(id.leak(), Reason::ClaimMissing, |s| {
            let _ = s.parts.remove(term.claim);
        });
    }
    for claim in ["fields", "iat", "status", "vct"] {
        let id = format!("content/without-{claim}");
        book.fail_public(id.leak(), Reason::ClaimMissing, |s| {
            let _ = s.parts.remove(claim);
        });
    }
}

fn invalid(book: &mut Book) {
    let long = "长".repeat(MAX_TEXT_CHARS + 1);
    let long_uri = "u".repeat(MAX_TEXT_CHARS + 1);
    for (id, claim, value) in [
        ("content/name-is-a-number", "license_name", json!(1)),
        ("content/name-is-empty", "license_name", json!("")),
        ("content/name-is-too-long", "license_name", json!(long)),
        ("content/no-such-division", "division_code", json!("000000")),
        ("content/no-such-day", "issue_date", json!("2026-02-30")),
        ("content/date-without-hyphens", "valid_from", json!("20260630")),
        ("content/no-such-holder-type", "holder_code_type", json!("002")),
        ("content/holder-code-of-another-type", "holder_code_type", json!("111")),
        ("content/wrong-check-of-holder", "holder_code", json!("916527010000002100")),
        ("content/iat-is-text", "iat", json!("1782878400")),
        ("content/iat-is-negative", "iat", json!(-1)),
        ("content/iat-after-the-year-9999", "iat", json!(253_402_272_000_u64)),
        ("content/status-without-index", "status", json!({"status_list": {"uri": "https://x.example"}})),
        (
            "content/status-index-negative",
            "status",
            json!({"status_list": {"idx": -1, "uri": "https://x.example"}}),
        ),
        ("content/status-with-more", "status", json!({"more": 1, "status_list": {"idx": 1, "uri": "u"}})),
        ("content/status-uri-too-long", "status", json!({"status_list": {"idx": 1, "uri": long_uri}})),
        ("content/vct-without-prefix", "vct", json!("11100000MB0143028R005")),
        ("content/field-is-an-object", "fields", json!({"items": {"_sd": []}})),
        ("content/field-is-a-list", "fields", json!({"items": ["热食"]})),
        ("content/field-is-null", "fields", json!({"items": null})),
        ("content/field-named-sd-alg", "fields", json!({"_sd_alg": "sha-256", "items": "x"})),
        ("content/field-named-dots", "fields", json!({"...": "x", "items": "x"})),
        ("content/field-named-fields", "fields", json!({"fields": "x", "items": "x"})),
    ] {
        book.fail_public(id, Reason::ClaimInvalid, |s| s.parts.set(claim, value));
    }
}

/// A claim that must be open could be left away if it were hidden.
fn invalid_disclosed(book: &mut Book, alg: &'static dyn VerifyAlg) {
    for (id, claim) in [
        ("content/hidden-end-of-validity", "valid_until"),
        ("content/hidden-exp", "exp"),
        ("content/hidden-instant-of-issue", "iat"),
        ("content/hidden-division", "division_code"),
        ("content/hidden-identifier", "license_id"),
    ] {
        book.fail(id, Reason::ClaimInvalid, |s| hide_open(s, claim, alg));
    }
    for (id, claim) in [
        ("content/hidden-holder-of-a-company", "holder_name"),
        ("content/hidden-number-of-a-company", "license_number"),
    ] {
        book.fail_public(id, Reason::ClaimInvalid, |s| hide_open(s, claim, alg));
    }
    book.fail("content/digests-inside-a-disclosure", Reason::ClaimInvalid, |s| {
        let mut nested = Object::default();
        let fresh = nested.insert("_sd".into(), Value::Array(Vec::new()));
        assert!(fresh, "an empty object has every name free");
        s.parts.hide(Level::Fields, "remark", Value::Object(nested), alg);
    });
    book.fail("content/holder-code-in-full-width", Reason::ClaimInvalid, |s| {
        s.parts.reveal_nothing();
        let wide = samples::citizen(1).as_str().replace('6', "６");
        s.parts.hide(Level::Claims, "holder_code", Value::Text(wide.into()), alg);
    });
}

fn hide_open(scene: &mut Scene, claim: &str, alg: &dyn VerifyAlg) {
    let value = match scene.parts.remove(claim) {
        Some(serde_json::Value::Number(number)) => Value::Int(number.as_i64().expect("an instant")),
        Some(serde_json::Value::String(text)) => Value::Text(text.into()),
        other => panic!("{claim} is {other:?}"),
    };
    scene.parts.hide(Level::Claims, claim, value, alg);
}

fn unknown(book: &mut Book, alg: &'static dyn VerifyAlg) {
    book.fail("content/unknown-claim", Reason::ClaimUnknown, |s| {
        s.parts.set("remark", "x");
    });
    book.fail("content/unknown-registered-claim", Reason::ClaimUnknown, |s| {
        s.parts.set("sub", "x");
    });
    book.fail("content/unknown-disclosed-claim", Reason::ClaimUnknown, |s| {
        s.parts.hide(Level::Claims, "remark", Value::Text("x".into()), alg);
    });
}

fn hiding(book: &mut Book, alg: &'static dyn VerifyAlg) {
    for (id, claim) in [
        ("content/open-holder-name", "holder_name"),
        ("content/open-license-number", "license_number"),
        ("content/open-holder-code", "holder_code"),
    ] {
        book.fail(id, Reason::ClaimNotHidden, |s| {
            s.parts.reveal_nothing();
            s.parts.set(claim, samples::citizen(1).as_str());
        });
    }
    // A hidden field of the same name hides nothing.
    book.fail("content/open-holder-name-and-hidden-field", Reason::ClaimNotHidden, |s| {
        s.parts.reveal_nothing();
        s.parts.set("holder_name", samples::PERSON);
        s.parts.hide(Level::Fields, "holder_name", Value::Text(samples::PERSON.into()), alg);
    });
}

fn identifiers(book: &mut Book) {
    use Reason::{IdentifierInvalid, IdentifierMismatch};
    book.fail("content/wrong-check-of-identifier", IdentifierInvalid, |s| {
        let mut id = s.parts.payload["license_id"].as_str().expect("text").to_owned();
        let last = id.pop().expect("a check character");
        id.push(if last == 'A' { 'B' } else { 'A' });
        s.parts.set("license_id", id);
    });
    book.fail("content/identifier-without-prefix", IdentifierInvalid, |s| {
        let id = s.parts.payload["license_id"].as_str().expect("text").replace("1.2.156.3005.2.", "");
        s.parts.set("license_id", id);
    });
    let other = book.prefecture.other.code;
    book.fail("content/type-of-another-license", IdentifierMismatch, |s| {
        s.parts.set("vct", "urn:cn:license-type:11100000MB0143028R005");
    });
    book.fail("content/issuer-code-of-another", IdentifierMismatch, |s| {
        s.parts.set("issuer_code", other.as_str());
    });
    // Signed by the office that `iss` names, under an identifier of the other office.
    let key = book.prefecture.other.key(book.prefecture.algorithm).clone();
    book.fail("content/issuer-of-another", IdentifierMismatch, |s| {
        s.parts.set("iss", format!("urn:cn:uscc:{other}"));
        s.parts.set_header("kid", &key.reference().jwk().kid);
        s.key = key;
    });
}

fn dates(book: &mut Book) {
    use Reason::DatesInconsistent;
    book.fail("content/nbf-a-second-late", DatesInconsistent, |s| {
        let nbf = instant(s, "nbf").plus(1).seconds();
        s.parts.set("nbf", nbf);
    });
    book.fail("content/exp-a-second-late", DatesInconsistent, |s| {
        let exp = instant(s, "exp").plus(1).seconds();
        s.parts.set("exp", exp);
    });
    for claim in ["nbf", "exp", "valid_from", "valid_until"] {
        let id = format!("content/without-{}", claim.replace('_', "-"));
        book.add(id.leak(), PERSONAL, Some(DatesInconsistent), |s| {
            let _ = s.parts.remove(claim);
        });
    }
    book.fail("content/no-first-day", DatesInconsistent, |s| {
        let _ = (s.parts.remove("nbf"), s.parts.remove("valid_from"));
    });
    book.fail("content/last-day-before-first", DatesInconsistent, |s| {
        s.parts.set("valid_until", "2026-06-29");
        let exp = instant(s, "nbf").seconds();
        s.parts.set("exp", exp);
    });
}
