use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, all_jws};
use boyin_testkit::prefecture::{Prefecture, now, status_token};
use boyin_verify::chain::{MAX_CRL_BYTES, MAX_OCSP_BYTES};
use boyin_verify::{MAX_RECORD_BYTES, Policy, Reason, Record, RecordError, StatusError, TrustError, Verdict};

/// A record whose report is that of the replay, for this instant.
fn record(prefecture: &Prefecture, at: UnixTime) -> Record {
    let mut record = Record {
        document: prefecture.issue(&prefecture.draft("identity-card")),
        at,
        policy: Policy::default(),
        anchor: prefecture.anchor_jwk().clone(),
        trust_list: prefecture.trust_token(&prefecture.trust_list()),
        status_lists: vec![status_token(&prefecture.status_list(), &prefecture.office.lists)],
        report: Vec::new(),
    };
    record.report = record.replay(&all_jws()).unwrap().to_json();
    record
}

#[test]
fn recorded_inputs_give_the_recorded_report() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let record = record(&prefecture, now());
        let read = Record::read(&record.write()).unwrap();
        assert_eq!(read, record);
        assert_eq!(read.replay(&all_jws()).unwrap().verdict(), Verdict::Passed);
        assert_eq!(read.holds(&all_jws()), Ok(true));
        // The verifier at that time came to the same bytes.
        let direct = Prefecture::verifier().check(&record.document, &prefecture.world().context());
        assert_eq!(direct.to_json(), record.report);
    }
}

/// Each part of a record at its largest, in base64url and with room to spare.
#[test]
fn records_and_lists_have_their_limits() {
    const MIB: usize = 1 << 20;
    assert_eq!(MAX_RECORD_BYTES, 2 * (1 + 16 + 4 * 8) * MIB);
    assert_eq!((MAX_CRL_BYTES, MAX_OCSP_BYTES), (64 * MIB, MIB));
}

#[test]
fn every_input_counts() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let record = record(&prefecture, now());
    let verdict = |record: &Record| {
        assert_eq!(record.holds(&all_jws()), Ok(false));
        record.replay(&all_jws()).unwrap().verdict()
    };
    let mut later = record.clone();
    later.at = now().plus(40 * 366 * 86_400);
    assert_ne!(verdict(&later), Verdict::Passed);
    let mut unlisted = record.clone();
    unlisted.status_lists.clear();
    assert_eq!(verdict(&unlisted), Verdict::Indeterminate(Reason::StatusListUnavailable));
    let mut otherwise = record.clone();
    otherwise.policy = Policy::named("file").unwrap();
    assert_eq!(verdict(&otherwise), Verdict::Passed);
    let mut other = record.clone();
    other.document = prefecture.issue(&prefecture.draft("business-license"));
    assert_eq!(verdict(&other), Verdict::Passed);
    let mut wrong = record.clone();
    wrong.report.push(b' ');
    assert_eq!(verdict(&wrong), Verdict::Passed);
    let mut foreign = record.clone();
    foreign.anchor = Prefecture::new(Algorithm::Sm2).anchor_jwk().clone();
    assert_eq!(foreign.holds(&all_jws()), Err(RecordError::Trust(TrustError::NotByAnchor)));
    let mut tampered = record;
    tampered.status_lists[0].pop();
    assert!(matches!(tampered.holds(&all_jws()), Err(RecordError::Status(StatusError::Format(_)))));
}

#[test]
fn what_is_no_record_is_refused_with_its_member() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let written = String::from_utf8(record(&prefecture, now()).write()).unwrap();
    let read = |from: &str, to: &str| {
        assert!(written.contains(from), "{from}");
        Record::read(written.replacen(from, to, 1).as_bytes())
    };
    for (from, to, member) in [
        ("{\"anchor\"", " {\"anchor\"", "JSON"),
        ("\"format\":1,", "\"format\":2,", "format"),
        ("\"at\":", "\"at\":-", "at"),
        ("\"document\":\"", "\"document\":\"*", "document"),
        ("\"kty\":\"EC\"", "\"kty\":1", "anchor"),
        ("\"anchor\":{", "\"anchor\":{\"a\":1,", "anchor"),
        ("\"report\":\"", "\"report\":\"=", "report"),
        ("\"status_lists\":[", "\"status_lists\":[1,", "status_lists"),
        ("\"status_lists\":[", "\"status_lists\":[\"\",\"\",\"\",\"\",", "status_lists"),
        ("\"format\":1", "\"extra\":1,\"format\":1", "an additional member"),
    ] {
        assert_eq!(read(from, to), Err(RecordError::Format(member)), "{to}");
    }
    let spaced = boyin_model::b64::encode(&[&Policy::default().write()[..], b" "].concat());
    let canonical = boyin_model::b64::encode(&Policy::default().write());
    assert_eq!(read(&canonical, &spaced), Err(RecordError::Format("policy")));
    assert!(matches!(read(&canonical, "e30"), Err(RecordError::Policy(_))));
}
