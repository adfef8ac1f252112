use std::borrow::Cow;

use super::{JsonError, JsonErrorKind, Object, Parsed, Reader, Value};
use crate::limits::{MAX_JSON_DEPTH, MAX_JSON_MEMBERS};

const MAX_INTEGER: i64 = (1 << 53) - 1;
/// What a license of ours holds: the list of its claims need not grow while it is read.
const USUAL_MEMBERS: usize = 24;
const USUAL_MEMBER_BYTES: usize = 48;

/// Reads one JSON value that fills `bytes`.
///
/// # Errors
/// [`JsonError`] with the place of the first fault.
///
/// ```
/// use boyin_model::json::{parse, JsonErrorKind, Reader};
/// assert!(parse(br#"{"a":1,"b":[]}"#, Reader::Ours).is_ok());
/// let fault = parse(br#"{"b":1,"a":2}"#, Reader::Ours).unwrap_err();
/// assert_eq!((fault.kind, fault.offset), (JsonErrorKind::NotCanonical, 7));
/// ```
pub fn parse(bytes: &[u8], reader: Reader) -> Result<Parsed<Value<'_>>, JsonError> {
    whole(bytes, reader, |cursor| cursor.value(0))
}

/// As [`parse`] for an array of `N` elements, without making a list of them; `None` for every other value.
///
/// # Errors
/// As [`parse`].
pub fn parse_array<const N: usize>(
    bytes: &[u8],
    reader: Reader,
) -> Result<Parsed<Option<[Value<'_>; N]>>, JsonError> {
    whole(bytes, reader, |cursor| {
        if cursor.peek() != Some(b'[') {
            return cursor.value(0).map(|_| None);
        }
        let mut items = [const { Value::Null }; N];
        let mut count = 0;
        cursor.elements(1, |item| {
            if let Some(slot) = items.get_mut(count) {
                *slot = item;
            }
            count += 1;
        })?;
        Ok((count == N).then_some(items))
    })
}

/// Reads what fills `bytes`.
fn whole<'b, T>(
    bytes: &'b [u8],
    reader: Reader,
    read: impl FnOnce(&mut Cursor<'b>) -> Result<T, JsonError>,
) -> Result<Parsed<T>, JsonError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|fault| JsonError { kind: JsonErrorKind::NotUtf8, offset: fault.valid_up_to() })?;
    let mut cursor = Cursor { text, at: 0, reader, canonical: true };
    cursor.skip_space()?;
    let value = read(&mut cursor)?;
    cursor.skip_space()?;
    if cursor.at < bytes.len() {
        return Err(cursor.fault(JsonErrorKind::Trailing));
    }
    Ok(Parsed { value, canonical: cursor.canonical })
}

struct Cursor<'b> {
    text: &'b str,
    at: usize,
    reader: Reader,
    canonical: bool,
}

impl<'b> Cursor<'b> {
    fn fault(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { kind, offset: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, wanted: u8) -> Result<(), JsonError> {
        match self.peek() {
            Some(byte) if byte == wanted => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.fault(JsonErrorKind::Unexpected)),
            None => Err(self.fault(JsonErrorKind::Truncated)),
        }
    }

    /// Notes a spelling that is not canonical: an error for ours, a flag for others.
    fn deviate(&mut self, at: usize) -> Result<(), JsonError> {
        self.canonical = false;
        match self.reader {
            Reader::Ours => Err(JsonError { kind: JsonErrorKind::NotCanonical, offset: at }),
            Reader::Field => Ok(()),
        }
    }

    fn skip_space(&mut self) -> Result<(), JsonError> {
        if let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() { self.skip_some_space() } else { Ok(()) }
    }

    #[cold]
    fn skip_some_space(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.deviate(start)
    }

    /// As [`Cursor::value`], without the detour for the most frequent kind.
    #[inline]
    fn text_or_value(&mut self, depth: usize) -> Result<Value<'b>, JsonError> {
        if self.peek() == Some(b'"') { self.string().map(Value::Text) } else { self.value(depth) }
    }

    fn value(&mut self, depth: usize) -> Result<Value<'b>, JsonError> {
        match self.peek() {
            None => Err(self.fault(JsonErrorKind::Truncated)),
            Some(b'{' | b'[') if depth == MAX_JSON_DEPTH => Err(self.fault(JsonErrorKind::TooDeep)),
            Some(b'{') => self.object(depth + 1).map(Value::Object),
            Some(b'[') => self.array(depth + 1).map(Value::Array),
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.integer().map(Value::Int),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.fault(JsonErrorKind::Unexpected)),
        }
    }

    fn word(&mut self, word: &str, value: Value<'b>) -> Result<Value<'b>, JsonError> {
        for byte in word.bytes() {
            self.expect(byte)?;
        }
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Value<'b>>, JsonError> {
        let mut items = Vec::new();
        self.elements(depth, |item| items.push(item))?;
        Ok(items)
    }

    fn elements(&mut self, depth: usize, mut take: impl FnMut(Value<'b>)) -> Result<(), JsonError> {
        self.expect(b'[')?;
        self.skip_space()?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.skip_space()?;
            take(self.text_or_value(depth)?);
            self.skip_space()?;
            if self.peek() != Some(b',') {
                return self.expect(b']');
            }
            self.at += 1;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Object<'b>, JsonError> {
        self.expect(b'{')?;
        let mut members: Vec<(Cow<'b, str>, Value<'b>)> = Vec::new();
        self.skip_space()?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Object(members));
        }
        if depth == 1 {
            members.reserve((self.text.len() / USUAL_MEMBER_BYTES).min(USUAL_MEMBERS));
        }
        loop {
            self.skip_space()?;
            let start = self.at;
            if members.len() == MAX_JSON_MEMBERS {
                return Err(self.fault(JsonErrorKind::TooManyMembers));
            }
            let name = self.string()?;
            let place = self.member_place(&members, &name, start)?;
            self.skip_space()?;
            self.expect(b':')?;
            self.skip_space()?;
            let value = self.text_or_value(depth)?;
            if place == members.len() {
                members.push((name, value));
            } else {
                members.insert(place, (name, value));
            }
            self.skip_space()?;
            if self.peek() != Some(b',') {
                self.expect(b'}')?;
                return Ok(Object(members));
            }
            self.at += 1;
        }
    }

    /// Where the member belongs; canonical text always adds at the end.
    fn member_place(
        &mut self,
        members: &[(Cow<'b, str>, Value<'b>)],
        name: &str,
        start: usize,
    ) -> Result<usize, JsonError> {
        if members.last().is_none_or(|(last, _)| last.as_ref() < name) {
            return Ok(members.len());
        }
        match members.binary_search_by(|(key, _)| key.as_ref().cmp(name)) {
            Ok(_) => Err(JsonError { kind: JsonErrorKind::DuplicateMember, offset: start }),
            Err(place) => self.deviate(start).map(|()| place),
        }
    }

    fn integer(&mut self) -> Result<i64, JsonError> {
        let start = self.at;
        let bad = JsonError { kind: JsonErrorKind::BadNumber, offset: start };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        let digits = &self.text.as_bytes()[first..self.at];
        let leading_zero = digits.len() > 1 && digits[0] == b'0';
        let minus_zero = first > start && digits == b"0";
        if digits.is_empty() || leading_zero || minus_zero || matches!(self.peek(), Some(b'.' | b'e' | b'E'))
        {
            return Err(bad);
        }
        let number: i64 = self.text[start..self.at].parse().map_err(|_| bad)?;
        if (-MAX_INTEGER..=MAX_INTEGER).contains(&number) { Ok(number) } else { Err(bad) }
    }

    fn string(&mut self) -> Result<Cow<'b, str>, JsonError> {
        self.expect(b'"')?;
        let rest = &self.text[self.at..];
        let length = plain_length(rest.as_bytes());
        if rest.as_bytes().get(length) == Some(&b'"') {
            self.at += length + 1;
            return Ok(Cow::Borrowed(&rest[..length]));
        }
        self.string_with_escapes().map(Cow::Owned)
    }

    #[cold]
    fn string_with_escapes(&mut self) -> Result<String, JsonError> {
        let mut owned = String::new();
        loop {
            let from = self.at;
            self.at += plain_length(&self.text.as_bytes()[from..]);
            owned.push_str(&self.text[from..self.at]);
            match self.peek() {
                None => return Err(self.fault(JsonErrorKind::Truncated)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(owned);
                }
                Some(b'\\') => owned.push(self.escape()?),
                Some(_) => return Err(self.fault(JsonErrorKind::Unexpected)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let kind = self.peek().ok_or(self.fault(JsonErrorKind::Truncated))?;
        self.at += 1;
        match kind {
            b'"' => Ok('"'),
            b'\\' => Ok('\\'),
            b'b' => Ok('\u{8}'),
            b'f' => Ok('\u{c}'),
            b'n' => Ok('\n'),
            b'r' => Ok('\r'),
            b't' => Ok('\t'),
            b'/' => self.deviate(start).map(|()| '/'),
            b'u' => self.unicode_escape(start),
            _ => Err(JsonError { kind: JsonErrorKind::BadEscape, offset: start }),
        }
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, JsonError> {
        let bad = JsonError { kind: JsonErrorKind::BadEscape, offset: start };
        let high = self.hex4(start)?;
        let code = match high {
            0xD800..=0xDBFF => {
                if self.text.as_bytes().get(self.at..self.at + 2) != Some(b"\\u") {
                    return Err(bad);
                }
                self.at += 2;
                let low = self.hex4(start)?;
                if !(0xDC00..=0xDFFF).contains(&low) {
                    return Err(bad);
                }
                0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
            }
            other => other,
        };
        let character = char::from_u32(code).ok_or(bad)?;
        let lower_case = !self.text.as_bytes()[start..self.at].iter().any(u8::is_ascii_uppercase);
        let has_short_form = matches!(character, '\u{8}' | '\t' | '\n' | '\u{c}' | '\r');
        if character >= ' ' || has_short_form || !lower_case {
            self.deviate(start)?;
        }
        Ok(character)
    }

    fn hex4(&mut self, start: usize) -> Result<u32, JsonError> {
        let bad = JsonError { kind: JsonErrorKind::BadEscape, offset: start };
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(bad)?;
        let mut code = 0;
        for &digit in digits {
            code = code * 16 + char::from(digit).to_digit(16).ok_or(bad)?;
        }
        self.at += 4;
        Ok(code)
    }
}

/// How many bytes stand before the first quotation mark, backslash or control character.
fn plain_length(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks();
    for (index, chunk) in chunks.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*chunk));
        if special != 0 {
            let place = usize::try_from(special.trailing_zeros() / 8).expect("below 8");
            return index * 8 + place;
        }
    }
    let plain = rest.iter().take_while(|byte| **byte >= 0x20 && !matches!(byte, b'"' | b'\\'));
    chunks.len() * 8 + plain.count()
}

/// Eight bytes at once, the first one lowest: the highest bit of the first special byte is the lowest bit that is set.
fn special_bytes(bytes: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    // A byte borrows from the one above it only if it is below the limit itself.
    let below = |bytes: u64, limit: u64| bytes.wrapping_sub(ONES * limit) & !bytes;
    let equal = |byte: u8| below(bytes ^ (ONES * u64::from(byte)), 1);
    (below(bytes, 0x20) | equal(b'"') | equal(b'\\')) & (ONES << 7)
}
