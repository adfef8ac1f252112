use super::*;
use crate::register::Period;

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(1_767_196_800 + seconds).unwrap()
}

fn list() -> TrustList {
    TrustList {
        authority: "测试州".to_owned(),
        division: DivisionCode::parse("652700").unwrap(),
        format: TRUST_LIST_FORMAT,
        sequence: 1,
        issued_at: at(0),
        next_update: at(60),
        issuers: Vec::new(),
        seals: Vec::new(),
        certificates: Vec::new(),
        makers: Vec::new(),
        timestamp_authorities: Vec::new(),
        algorithms: Vec::new(),
    }
}

fn seal() -> TrustedSeal {
    let version = |digest: &str, from, until| SealVersion { digest: digest.to_owned(), from, until };
    TrustedSeal {
        id: SealId::parse("65270100000001").unwrap(),
        issuer: CreditCode::parse("11100000000013338W").unwrap(),
        versions: vec![version("sha-256:aa", at(1), Some(at(6))), version("sha-256:bb", at(6), None)],
        in_force: vec![
            Period { from: at(2), until: Some(at(4)) },
            Period { from: at(5), until: Some(at(8)) },
            Period { from: at(9), until: None },
        ],
    }
}

#[test]
fn a_list_without_seals_has_the_bytes_it_had_before_there_were_any() {
    let bytes = concat!(
        r#"{"authority":"测试州","division":"652700","format":1,"issued_at":1767196800,"issuers":[],"#,
        r#""next_update":1767196860,"sequence":1}"#
    );
    assert_eq!(String::from_utf8(list().write()).unwrap(), bytes);
    assert_eq!(TrustList::read(bytes.as_bytes(), Reader::Ours), Ok(list()));
}

#[test]
fn seals_and_certificates_are_read_as_written() {
    let list = TrustList { seals: vec![seal()], certificates: vec!["AAEC".to_owned()], ..list() };
    let bytes = String::from_utf8(list.write()).unwrap();
    assert_eq!(TrustList::read(bytes.as_bytes(), Reader::Ours), Ok(list));
    let expected = concat!(
        r#"{"id":"65270100000001","in_force":[{"from":1767196802,"until":1767196804},"#,
        r#"{"from":1767196805,"until":1767196808},{"from":1767196809}],"issuer":"11100000000013338W","#,
        r#""versions":[{"digest":"sha-256:aa","from":1767196801,"until":1767196806},"#,
        r#"{"digest":"sha-256:bb","from":1767196806}]}"#
    );
    assert!(bytes.contains(expected), "{bytes}");
    for (good, bad) in [
        (r#""certificates":["AAEC"]"#, r#""certificates":[]"#),
        (r#"{"from":1767196809}"#, r#"{"from":1767196809,"until":null}"#),
        (r#"{"from":1767196809}"#, r#"{"also":1,"from":1767196809}"#),
        (r#""id":"65270100000001""#, r#""id":"65270100000000""#),
    ] {
        let changed = bytes.replacen(good, bad, 1);
        assert_ne!(changed, bytes);
        assert!(TrustList::read(changed.as_bytes(), Reader::Ours).is_err(), "{bad}");
    }
}

#[test]
fn a_seal_is_in_force_in_its_periods_and_has_one_version_at_a_time() {
    let seal = seal();
    let seen: Vec<_> = (0..11).map(|t| seal.version_at(at(t)).map(|v| &v.digest[8..])).collect();
    let (a, b) = (Some("aa"), Some("bb"));
    assert_eq!(seen, [None, None, a, a, None, a, b, b, None, b, b]);
    for t in 0..11 {
        assert_eq!(seal.in_force_at(at(t)), seal.version_at(at(t)).is_some(), "{t}");
    }
}
