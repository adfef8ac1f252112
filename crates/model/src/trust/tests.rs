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

fn code(text: &str) -> CreditCode {
    CreditCode::parse(text).unwrap()
}

fn key(kid: &str) -> Jwk {
    let text = |text: &str| text.to_owned();
    Jwk {
        alg: text("ES256"),
        crv: text("P-256"),
        kid: text(kid),
        kty: text("EC"),
        x: text("x"),
        y: text("y"),
    }
}

fn issuer() -> CreditCode {
    code("11100000000013338W")
}

fn license_type() -> LicenseTypeCode {
    LicenseTypeCode::parse("11100000000013338W001").unwrap()
}

fn add_issuer() -> Change {
    issuer_named("测试局")
}

fn issuer_named(name: &str) -> Change {
    let division = DivisionCode::parse("652701").unwrap();
    Change::AddIssuer { code: issuer(), name: name.to_owned(), division, key: key("k1"), from: at(10) }
}

fn entitle(divisions: &[&str], from: u64, until: Option<u64>) -> Change {
    let divisions = divisions.iter().map(|code| DivisionCode::parse(code).unwrap()).collect();
    let until = until.map(at);
    Change::Entitle { issuer: issuer(), license_type: license_type(), divisions, from: at(from), until }
}

fn end_right(seconds: u64) -> Change {
    Change::EndEntitlement { issuer: issuer(), license_type: license_type(), at: at(seconds) }
}

fn end_key(kid: &str, seconds: u64) -> Change {
    Change::EndKey { issuer: issuer(), kid: kid.to_owned(), at: at(seconds) }
}

fn end_algorithm(sign_until: u64, verify_until: Option<u64>) -> Change {
    let alg = "ES256".to_owned();
    Change::EndAlgorithm(Sunset { alg, sign_until: at(sign_until), verify_until: verify_until.map(at) })
}

fn status_lists(prefix: &str, from: u64) -> Change {
    Change::AddStatusLists { issuer: issuer(), prefix: prefix.to_owned(), from: at(from) }
}

fn end_status_lists(prefix: &str, seconds: u64) -> Change {
    Change::EndStatusLists { issuer: issuer(), prefix: prefix.to_owned(), at: at(seconds) }
}

const LISTS: &str = "https://lists.example/v1/a-";

#[test]
fn uris_of_status_lists_begin_with_a_whole_host_and_end_in_a_name() {
    let longest = format!("http://h/{}", "a".repeat(MAX_STATUS_PREFIX_CHARS - 9));
    for prefix in [LISTS, "http://127.0.0.1:8650/", longest.as_str()] {
        assert!(StatusLists::is_prefix(prefix), "{prefix}");
    }
    let too_long = format!("{longest}a");
    for prefix in [
        "",
        "https://lists.example",
        "https:///a",
        "ftp://lists.example/",
        "lists.example/",
        "https://lists.example/a b",
        "https://lists.example/状态/",
        "https://lists.example/?",
        "https://lists.example/#",
        "https://lists.example\\@elsewhere.example/",
        too_long.as_str(),
    ] {
        assert!(!StatusLists::is_prefix(prefix), "{prefix}");
    }
    let lists = StatusLists { prefix: LISTS.to_owned(), from: at(10), until: Some(at(20)) };
    for (rest, expected) in [
        ("1", true),
        ("Az-09_", true),
        ("", false),
        ("1/2", false),
        ("..", false),
        ("1?", false),
        ("1%2e", false),
        ("1 ", false),
    ] {
        assert_eq!(lists.contain(&format!("{LISTS}{rest}")), expected, "{rest}");
    }
    assert!(!lists.contain("https://lists.example/v1/b-1"));
    assert_eq!([9, 10, 19, 20].map(|t| lists.in_force(at(t))), [false, true, true, false]);
}

/// What each change does to the list of those before it; a refused one changes nothing.
#[test]
fn changes_are_made_one_after_another_or_refused() {
    let mut list = list();
    let certificate = |role, text: &str| Change::AddCertificate { role, certificate: text.to_owned() };
    let without = |role, text: &str| Change::RemoveCertificate { role, certificate: text.to_owned() };
    let (maker, anchor) = (CertificateRole::Maker, CertificateRole::Anchor);
    for (place, (change, expected)) in [
        (end_right(20), Err(ChangeError::NoSuchIssuer)),
        (issuer_named(" "), Err(ChangeError::NoName)),
        (add_issuer(), Ok(())),
        (add_issuer(), Err(ChangeError::IssuerTwice)),
        (end_right(20), Err(ChangeError::NoSuchRight)),
        (entitle(&[], 10, None), Err(ChangeError::EmptyRight)),
        (entitle(&["652701"], 10, Some(10)), Err(ChangeError::EmptyRight)),
        (entitle(&["652700"], 10, Some(30)), Ok(())),
        (entitle(&["652701"], 29, None), Err(ChangeError::RightTwice)),
        (entitle(&["652701"], 30, None), Ok(())),
        (end_right(9), Err(ChangeError::NoSuchRight)),
        (end_right(40), Ok(())),
        (end_right(40), Err(ChangeError::NoSuchRight)),
        (end_key("k2", 20), Err(ChangeError::NoSuchKey)),
        (end_key("k1", 9), Err(ChangeError::NoSuchKey)),
        (end_key("k1", 20), Ok(())),
        (end_key("k1", 20), Err(ChangeError::NoSuchKey)),
        (status_lists("https://lists.example", 10), Err(ChangeError::StatusPrefix)),
        (end_status_lists(LISTS, 20), Err(ChangeError::NoSuchStatusLists)),
        (status_lists(LISTS, 11), Err(ChangeError::FirstStatusLists(at(10)))),
        (status_lists(LISTS, 10), Ok(())),
        (status_lists(LISTS, 11), Err(ChangeError::StatusListsTwice)),
        (status_lists("https://other.example/", 11), Ok(())),
        (end_status_lists(LISTS, 9), Err(ChangeError::NoSuchStatusLists)),
        (end_status_lists(LISTS, 20), Ok(())),
        (status_lists(LISTS, 19), Err(ChangeError::StatusListsTwice)),
        (status_lists(LISTS, 20), Ok(())),
        (certificate(maker, "AAEC"), Err(ChangeError::Certificate)),
        (certificate(maker, "MAA"), Ok(())),
        (certificate(maker, "MAA"), Err(ChangeError::CertificateTwice)),
        (certificate(anchor, "MAA"), Ok(())),
        (without(maker, "MAAx"), Err(ChangeError::NoSuchCertificate)),
        (without(maker, "MAA"), Ok(())),
        (without(maker, "MAA"), Err(ChangeError::NoSuchCertificate)),
        (end_algorithm(20, Some(19)), Err(ChangeError::Sunset)),
        (end_algorithm(20, Some(20)), Ok(())),
        (end_algorithm(30, None), Ok(())),
    ]
    .into_iter()
    .enumerate()
    {
        let before = list.clone();
        assert_eq!(list.apply(&change), expected, "{place}");
        assert_eq!(expected.is_err(), list == before, "{place}");
        // What is drafted is what is read again.
        let written = json::canonical(&change);
        assert_eq!(serde_json::from_slice::<Change>(&written).unwrap(), change, "{place}");
    }
    let untils = |list: &TrustList| -> Vec<_> {
        list.issuers[0].entitlements.iter().map(|right| (right.from, right.until)).collect()
    };
    assert_eq!(untils(&list), [(at(10), Some(at(30))), (at(30), Some(at(40)))]);
    assert_eq!(list.issuers[0].keys[0].until, Some(at(20)));
    assert_eq!((list.certificates.len(), list.makers.len(), list.algorithms.len()), (1, 0, 1));
    assert_eq!(list.algorithms[0].verify_until, None);
    let named: Vec<_> = list.issuers[0].status_lists.iter().map(|lists| (lists.from, lists.until)).collect();
    assert_eq!(named, [(at(10), Some(at(20))), (at(11), None), (at(20), None)]);
    let read = TrustList::read(&list.write(), Reader::Ours);
    assert_eq!(read, Ok(list));
}

#[test]
fn a_difference_is_told_once_with_what_was_and_what_is() {
    let before = list();
    assert!(
        before.diff(&TrustList { sequence: 2, issued_at: at(5), next_update: at(99), ..list() }).is_empty()
    );
    let mut after = before.clone();
    for change in
        [add_issuer(), entitle(&["652701"], 10, None), status_lists(LISTS, 10), end_algorithm(20, None)]
    {
        after.apply(&change).unwrap();
    }
    after.certificates.push(format!("MIIB{}", "A".repeat(40)));
    after.seals.push(seal());
    after.authority = "另一局".to_owned();
    let told: Vec<_> = before.diff(&after).iter().map(ToString::to_string).collect();
    let begins = [
        "~ list authority: 测试州 -> 另一局",
        "+ issuer 11100000000013338W: 测试局 (652701)",
        "+ key 11100000000013338W k1: ES256 from ",
        "+ entitlement 11100000000013338W 11100000000013338W001 in 652701: from ",
        "+ status_lists 11100000000013338W https://lists.example/v1/a-: from ",
        "+ seal 65270100000001: of 11100000000013338W; made sha-256:aa from ",
        "+ anchor …AAAAAAAAAAAAAAAA: trusted",
        "+ algorithm ES256: signs until ",
    ];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for (told, begin) in told.iter().zip(begins) {
        assert!(told.starts_with(begin), "{told}");
    }
    let back = after.diff(&before);
    assert_eq!(back.len(), told.len());
    assert!(back[1].to_string().starts_with("- issuer"), "{}", back[1]);
    let mut ended = after.clone();
    ended.apply(&end_key("k1", 30)).unwrap();
    let told = after.diff(&ended);
    assert_eq!((told.len(), told[0].what), (1, What::Key));
    assert!(told[0].to_string().starts_with("~ key") && told[0].to_string().contains("until"));
}
