use super::*;

/// The length of the content of the first element.
fn first(bytes: &[u8]) -> Result<usize, TlvFault> {
    Cursor::new(bytes).any("field").map(|element| element.content.len()).map_err(|error| error.fault)
}

#[test]
fn headers_have_one_form() {
    let filled = |header: &[u8], many: usize| [header, &vec![7; many]].concat();
    for (bytes, expected) in [
        (vec![], Err(TlvFault::Truncated)),
        (vec![0x30], Err(TlvFault::Truncated)),
        (vec![0x30, 0], Ok(0)),
        (vec![0, 0], Ok(0)),
        (vec![0x1e, 0], Ok(0)),
        // Tags of more than one byte.
        (vec![0x1f, 0], Err(TlvFault::Tag)),
        (vec![0xff, 0], Err(TlvFault::Tag)),
        (filled(&[4, 0x7f], 0x7f), Ok(0x7f)),
        (filled(&[4, 0x7f], 0x7e), Err(TlvFault::Truncated)),
        (filled(&[4, 0x80], 2), Err(TlvFault::Length)),
        (vec![4, 0x81], Err(TlvFault::Truncated)),
        (filled(&[4, 0x81, 0x7f], 0x7f), Err(TlvFault::Length)),
        (filled(&[4, 0x81, 0x80], 0x80), Ok(0x80)),
        (vec![4, 0x82, 1], Err(TlvFault::Truncated)),
        (filled(&[4, 0x82, 0, 0x80], 0x80), Err(TlvFault::Length)),
        (filled(&[4, 0x82, 1, 3], 0x103), Ok(0x103)),
        (filled(&[4, 0x83, 1, 2, 3], 0x1_0203), Ok(0x1_0203)),
        (filled(&[4, 0x84, 1, 2, 3, 4], 9), Err(TlvFault::Truncated)),
        (filled(&[4, 0x84, 0xff, 0xff, 0xff, 0xff], 9), Err(TlvFault::Truncated)),
        (filled(&[4, 0x85, 1, 0, 0, 0, 0], 9), Err(TlvFault::Length)),
        (filled(&[4, 0xff], 0x7f), Err(TlvFault::Length)),
    ] {
        assert_eq!(first(&bytes), expected, "{:x?}", &bytes[..bytes.len().min(8)]);
    }
}

/// Faults are told with their place in the document, however deep.
#[test]
fn places_are_those_in_the_document() {
    let bytes = [0x30, 9, 2, 1, 5, 0xa0, 4, 4, 0, 5, 0];
    let mut outer = Cursor::new(&bytes);
    let whole = outer.expect(SEQUENCE, "whole").unwrap();
    outer.end("whole").unwrap();
    let mut parts = whole.inside();
    assert_eq!(parts.peek(), Some(INTEGER));
    assert_eq!(parts.maybe(OCTET_STRING, "none").unwrap().map(|found| found.at), None);
    let number = parts.expect(INTEGER, "number").unwrap();
    assert_eq!((number.at, number.whole, number.content), (2, &bytes[2..5], &bytes[4..5]));
    let tagged = parts.maybe(CONTEXT_0, "tagged").unwrap().unwrap();
    assert_eq!(tagged.at, 5);
    assert!(parts.is_empty() && parts.peek().is_none());
    let mut inner = tagged.inside();
    assert_eq!(inner.any("first").unwrap().at, 7);
    let trailing = TlvError { field: "tagged", offset: 9, fault: TlvFault::Trailing };
    assert_eq!(inner.end("tagged"), Err(trailing));
    let wrong = TlvError { field: "text", offset: 9, fault: TlvFault::Tag };
    assert_eq!(inner.expect(UTF8_STRING, "text").map(|_| ()), Err(wrong));
    let cut = TlvError { field: "more", offset: 11, fault: TlvFault::Truncated };
    assert_eq!(inner.any("more").map(|_| ()), Err(cut));
}

#[test]
fn what_follows_a_header_need_not_be_whole() {
    assert_eq!(sequence(&[0x30, 3, 2]), Some(&[2][..]));
    assert_eq!(sequence(&[0x30, 0x81, 0x90, 2, 1]), Some(&[2, 1][..]));
    assert_eq!(sequence(&[0x30, 0]), Some(&[][..]));
    for bytes in [&[][..], &[0x30], &[0x31, 0], &[0x30, 0x80]] {
        assert_eq!(sequence(bytes), None, "{bytes:x?}");
    }
}

#[test]
fn each_kind_of_text_has_its_characters() {
    let read = |tag, content: &str| {
        let length = u8::try_from(content.len()).unwrap();
        let bytes = [&[tag, length], content.as_bytes()].concat();
        Cursor::new(&bytes).any("text").unwrap().text("text").is_ok()
    };
    for (content, utf8, ascii, printable) in [
        ("", true, true, true),
        ("aZ09 '()+,-./:=?", true, true, true),
        ("a*b", true, true, false),
        ("a@b", true, true, false),
        ("章", true, false, false),
        ("a\tb", false, false, false),
        ("\u{7f}", false, false, false),
        ("\u{85}", false, false, false),
    ] {
        assert_eq!(read(UTF8_STRING, content), utf8, "{content:?}");
        assert_eq!(read(IA5_STRING, content), ascii, "{content:?}");
        assert_eq!(read(PRINTABLE_STRING, content), printable, "{content:?}");
    }
    let broken = [UTF8_STRING, 1, 0xff];
    assert!(Cursor::new(&broken).any("text").unwrap().text("text").is_err());
}

/// What the readers of seals and tokens ask for is tested with them; here the turn of the centuries in UTCTime.
#[test]
fn years_of_two_digits_are_of_two_centuries() {
    let read = |text: &str| {
        let bytes = [&[UTC_TIME, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let time = Cursor::new(&bytes).any("time").unwrap().time("time");
        time.map(|time| time.at.seconds()).map_err(|error| error.fault)
    };
    assert_eq!(read("000101000000Z"), Ok(946_684_800));
    assert_eq!(read("491231235959Z"), Ok(2_524_607_999));
    assert_eq!(read("500101000000Z"), Err(TlvFault::Time));
    assert_eq!(read("700101000001Z"), Ok(1));
    assert_eq!(read("991231235959Z"), Ok(946_684_799));
}
