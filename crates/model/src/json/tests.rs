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

/// Wherever in a text something special stands, and whatever stands about it.
#[test]
fn no_byte_hides_among_others() {
    for length in 0..20_usize {
        for place in 0..=length {
            let around = |special: &str| {
                let (before, after) = ("\u{7f}".repeat(place), "é".repeat(length - place));
                format!("\"{before}{special}{after}\"")
            };
            let text = around("");
            assert_eq!(
                parse(text.as_bytes(), Reader::Ours).unwrap().value.as_text(),
                text.get(1..text.len() - 1)
            );
            for control in 0..0x20_u8 {
                let text = around(&char::from(control).to_string());
                assert_eq!(fault(&text, Reader::Field), (JsonErrorKind::Unexpected, place + 1));
            }
            assert_eq!(fault(&around("\\x"), Reader::Ours), (JsonErrorKind::BadEscape, place + 1));
            let text = around("\\\"\\\\!");
            let read = parse(text.as_bytes(), Reader::Ours).unwrap();
            assert_eq!(read.value, Value::Text(serde_json::from_str::<String>(&text).unwrap().into()));
            let fault = fault(&around("\"!"), Reader::Ours);
            assert_eq!(fault, (JsonErrorKind::Trailing, place + 2));
        }
    }
}

/// [`parse_array`] accepts what [`parse`] accepts, with the same value and the same fault.
fn compare_arrays(text: &str) {
    for reader in [Reader::Ours, Reader::Field] {
        let expected = parse(text.as_bytes(), reader).map(|parsed| {
            let items = match parsed.value {
                Value::Array(items) => <[Value<'_>; 3]>::try_from(items).ok(),
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Object(_) => None,
            };
            Parsed { value: items, canonical: parsed.canonical }
        });
        assert_eq!(parse_array(text.as_bytes(), reader), expected, "{text}");
    }
}

#[test]
fn arrays_are_read_as_values_are() {
    for text in [
        "[]",
        "[1,2]",
        "[1,2,3]",
        "[1,2,3,4]",
        "[1,\"a\",[{}]]",
        " [1 , 2, 3] ",
        "[1,2,3]x",
        "[1,2",
        "{}",
        "\"a\"",
        "",
    ] {
        compare_arrays(text);
    }
    for depth in [15, 16, 17] {
        compare_arrays(&format!("[1,2,{}{}]", "[".repeat(depth), "]".repeat(depth)));
    }
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
    fn any_array_is_read_as_a_value_is(text in r#"\[[\[\]{}":,0-9a-c\\ ]{0,12}\]?"#) {
        compare_arrays(&text);
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
