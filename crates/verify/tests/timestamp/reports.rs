//! What a report tells: names, codes, and the whole of its canonical form.

use boyin_model::limits::MAX_TOKEN_BYTES;
use boyin_suite::{Algorithm, ES256};
use boyin_testkit::prefecture::now;
use boyin_testkit::timestamp::{INFO, STAMPED, TimestampWorld};
use boyin_verify::VerifyAlg as _;
use boyin_verify::timestamp::{TimestampCheck, TimestampNote, TimestampReason, TimestampReport};
use serde_json::{Value, json};

use crate::{check, stamped_at};

fn told(report: &TimestampReport) -> Value {
    serde_json::from_slice(&report.to_json()).unwrap()
}

fn fingerprint(bytes: &[u8]) -> String {
    let digits: String = ES256.digest(&[bytes]).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha-256:{digits}")
}

#[test]
fn checks_and_notes_have_their_codes_and_names() {
    assert_eq!(
        TimestampCheck::ALL.map(|check| (check.code(), check.name_zh())),
        [
            ("format", "数据格式"),
            ("imprint", "被盖时间戳数据的摘要"),
            ("attributes", "签名属性"),
            ("certificate_bound", "证书绑定"),
            ("signature", "时间戳签名值"),
            ("chain", "时间戳机构证书"),
            ("usage", "证书用途"),
            ("policy", "时间戳策略"),
            ("time", "时间"),
            ("accuracy", "精度"),
            ("nonce", "随机数"),
        ]
    );
    for (note, code) in [
        (TimestampNote::NoAccuracy, "no_accuracy"),
        (TimestampNote::AuthorityEndedSince, "authority_ended_since"),
        (TimestampNote::AuthorityRevokedSince, "authority_revoked_since"),
        (TimestampNote::RevocationNotAsked, "revocation_not_asked"),
    ] {
        assert_eq!(note.code(), code);
    }
}

#[test]
fn the_whole_report_is_told() {
    let world = TimestampWorld::new(Algorithm::Es256);
    let stamped = |at| {
        let mut stamp = world.stamp(STAMPED, at);
        // No accuracy, and a serial number of two bytes.
        stamp.info.remove(5);
        stamp.info[3] = vec![2, 2, 1, 0x0a];
        world.token(&stamp)
    };
    let outcome = |check: TimestampCheck| json!({ "check": check.code(), "outcome": "passed" });
    let expected = |token: &[u8], at: boyin_verify::UnixTime| {
        json!({
            "at": now().seconds(),
            "checks": TimestampCheck::ALL.map(outcome),
            "document": fingerprint(token),
            "format": 1,
            "notes": ["no_accuracy"],
            "timestamp": {
                "latest": at.seconds(),
                "policy": "1.2.156.10197.9.1",
                "serial": "010a",
                "time": at.seconds(),
            },
            "verdict": "passed",
        })
    };
    let token = stamped(stamped_at());
    assert_eq!(told(&check(&token, &world.store())), expected(&token, stamped_at()));
    // From the future: with the reason, the instant and the limit it missed.
    let at = now().plus(301);
    let token = stamped(at);
    let mut late = expected(&token, at);
    let info = TimestampReason::FromFuture.info();
    late["verdict"] = json!("failed");
    late["checks"][8] = json!({
        "check": "time",
        "detail": { "at": at.seconds(), "limit": now().seconds() + 300 },
        "outcome": "failed",
        "reason": info.code,
    });
    late["reason"] = json!({
        "clause": info.clause,
        "code": info.code,
        "en": info.en,
        "next_step_en": info.next_step_en,
        "next_step_zh": info.next_step_zh,
        "owner": info.owner.code(),
        "zh": info.zh,
    });
    assert_eq!(told(&check(&token, &world.store())), late);
}

/// What is no token says nothing that could be told, but where it is at fault.
#[test]
fn what_is_no_token_has_no_subject() {
    let world = TimestampWorld::new(Algorithm::Es256);
    let token = world.stamped(STAMPED, stamped_at());
    let broken = boyin_testkit::tlv::replaced(&token, &[&INFO[..], &[0]].concat(), &[2, 1, 2]);
    let report = told(&check(&broken, &world.store()));
    assert_eq!(report.get("timestamp"), None);
    let detail = &report["checks"][0]["detail"];
    assert!(detail["field"].is_string() && detail["fault"].is_string() && detail["offset"].is_u64());
    assert_eq!(report["checks"][1], json!({ "check": "imprint", "outcome": "skipped" }));
}

#[test]
fn what_is_too_large_is_not_hashed() {
    let world = TimestampWorld::new(Algorithm::Es256);
    for (length, reason) in
        [(MAX_TOKEN_BYTES, TimestampReason::Malformed), (MAX_TOKEN_BYTES + 1, TimestampReason::TooLarge)]
    {
        let bytes = vec![0x30; length];
        let report = check(&bytes, &world.store());
        assert_eq!(report.verdict().reason(), Some(reason));
        let hashed = (reason == TimestampReason::Malformed).then(|| json!(fingerprint(&bytes)));
        assert_eq!(told(&report).get("document"), hashed.as_ref());
    }
}
