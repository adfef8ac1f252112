use std::borrow::Cow;

use super::{JsonError, JsonErrorKind, Object, Parsed, Reader, Value};
use crate::limits::{MAX_JSON_DEPTH, MAX_JSON_MEMBERS};

const MAX_INTEGER: i64 = (1 << 53) - 1;

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
pub fn parse(bytes: &[u8], reader: Reader) -> Result<Parsed<'_>, JsonError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|fault| JsonError { kind: JsonErrorKind::NotUtf8, offset: fault.valid_up_to() })?;
    let mut cursor = Cursor { text, at: 0, reader, canonical: true };
    cursor.skip_space()?;
    let value = cursor.value(0)?;
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
        let start = self.at;
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        if self.at > start { self.deviate(start) } else { Ok(()) }
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
        self.expect(b'[')?;
        let mut items = Vec::new();
        self.skip_space()?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items);
        }
        loop {
            self.skip_space()?;
            items.push(self.value(depth)?);
            self.skip_space()?;
            if self.peek() != Some(b',') {
                self.expect(b']')?;
                return Ok(items);
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
            let value = self.value(depth)?;
            members.insert(place, (name, value));
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
        let start = self.at;
        let end = self.plain_run()?;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        let mut owned = self.text[start..end].to_owned();
        loop {
            match self.peek() {
                None => return Err(self.fault(JsonErrorKind::Truncated)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(owned));
                }
                Some(b'\\') => owned.push(self.escape()?),
                Some(_) => {
                    let from = self.at;
                    let to = self.plain_run()?;
                    owned.push_str(&self.text[from..to]);
                }
            }
        }
    }

    /// Steps over text that needs no escape and returns where it ends.
    fn plain_run(&mut self) -> Result<usize, JsonError> {
        loop {
            match self.peek() {
                None => return Err(self.fault(JsonErrorKind::Truncated)),
                Some(b'"' | b'\\') => return Ok(self.at),
                Some(0..0x20) => return Err(self.fault(JsonErrorKind::Unexpected)),
                Some(_) => self.at += 1,
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
