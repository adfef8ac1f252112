use proptest::prelude::*;

use super::*;

fn fault(text: &str, reader: Reader) -> (JsonErrorKind, usize) {
    let fault = parse(text.as_bytes(), reader).expect_err(text);
    (fault.kind, fault.offset)
}

#[test]
fn names_the_fault_and_its_place() {
    use JsonErrorKind as K;
    for (text, kind, offset) in [
        ("", K::Truncated, 0),
        ("{\"a\":1", K::Truncated, 6),
        ("\"ab", K::Truncated, 3),
        ("[1,2]x", K::Trailing, 5),
        ("{\"a\":1,\"a\":2}", K::DuplicateMember, 7),
        ("{\"b\":1,\"c\":1,\"b\":2}", K::DuplicateMember, 13),
        ("[1.5]", K::BadNumber, 1),
        ("[1e2]", K::BadNumber, 1),
        ("[01]", K::BadNumber, 1),
        ("[-0]", K::BadNumber, 1),
        ("[-]", K::BadNumber, 1),
        ("[9007199254740992]", K::BadNumber, 1),
        ("[99999999999999999999]", K::BadNumber, 1),
        ("\"\\ud800\"", K::BadEscape, 1),
        ("\"\\udc00\"", K::BadEscape, 1),
        ("\"\\ud800\\u0041\"", K::BadEscape, 1),
        ("\"\\x\"", K::BadEscape, 1),
        ("\"a\tb\"", K::Unexpected, 2),
        ("[1,]", K::Unexpected, 3),
        ("{1:2}", K::Unexpected, 1),
        ("tru", K::Truncated, 3),
        ("nul1", K::Unexpected, 3),
    ] {
        assert_eq!(fault(text, Reader::Ours), (kind, offset), "{text}");
        assert_eq!(fault(text, Reader::Field), (kind, offset), "{text}");
    }
    assert_eq!(parse(b"\"\xff\"", Reader::Ours).unwrap_err(), JsonError { kind: K::NotUtf8, offset: 1 });
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(nested(16).as_bytes(), Reader::Ours).is_ok());
    assert_eq!(fault(&nested(17), Reader::Ours), (JsonErrorKind::TooDeep, 16));
    assert_eq!(fault(&nested(100_000), Reader::Field), (JsonErrorKind::TooDeep, 16));
}

#[test]
fn other_spellings_are_refused_as_ours_and_marked_from_the_field() {
    for (text, offset) in [
        (" 1", 0),
        ("1\n", 1),
        ("[1, 2]", 3),
        ("[ ]", 1),
        ("{\"b\":1,\"a\":2}", 7),
        ("\"\\/\"", 1),
        ("\"\\u0041\"", 1),
        ("\"\\u000a\"", 1),
        ("\"\\u001F\"", 1),
        ("\"\\ud83d\\ude00\"", 1),
    ] {
        assert_eq!(fault(text, Reader::Ours), (JsonErrorKind::NotCanonical, offset), "{text}");
        let read = parse(text.as_bytes(), Reader::Field).expect(text);
        assert!(!read.canonical, "{text}");
        let mut out = Vec::new();
        write(&read.value, &mut out);
        assert!(parse(&out, Reader::Ours).unwrap().canonical);
    }
}

#[test]
fn integers_that_no_reader_takes_are_written_nevertheless() {
    for (value, text) in [
        (serde_json::json!(9_007_199_254_740_992_i64), "9007199254740992"),
        (serde_json::json!(i64::MIN), "-9223372036854775808"),
        (serde_json::json!(i64::MAX), "9223372036854775807"),
        (serde_json::json!(u64::MAX), "9223372036854775807"),
    ] {
        assert_eq!(canonical(&value), text.as_bytes());
        for reader in [Reader::Ours, Reader::Field] {
            assert_eq!(fault(text, reader).0, JsonErrorKind::BadNumber, "{text}");
        }
    }
}

#[test]
#[should_panic(expected = "numbers of ours are integers")]
fn fractions_have_no_spelling() {
    let _ = canonical(&1.5);
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (-(1i64 << 53) + 1..(1i64 << 53)).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_the_one_spelling(value in any_value()) {
        let bytes = canonical(&value);
        let read = parse(&bytes, Reader::Ours).unwrap();
        let mut again = Vec::new();
        write(&read.value, &mut again);
        prop_assert_eq!(&again, &bytes);
        prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(), value);
    }

    #[test]
    fn agrees_with_another_reader(text in r#"[\[\]{}":,0-9a-c\\untrlfse -]{0,24}"#) {
        let ours = parse(text.as_bytes(), Reader::Field);
        let other = serde_json::from_str::<serde_json::Value>(&text);
        // What we accept, the other accepts too, with the same value; we refuse more (fractions, repeated names, depth).
        if let Ok(read) = ours {
            let mut out = Vec::new();
            write(&read.value, &mut out);
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), other.unwrap());
        }
    }
}
