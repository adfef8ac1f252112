use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Header, ReadError, RowVisitor, SourceError, next_number};
use crate::encoding::{Decision, Encoding, Grounds};
use crate::limits::MAX_ROW_BYTES;
use crate::mapping::{Delimiter, Format, Mapping};
use crate::reason::Reason;
use crate::row::Row;

/// The largest integer up to which a 64-bit floating point number keeps every digit.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(super) fn read<R: Read, V: RowVisitor>(
    input: R,
    mapping: &Mapping,
    visitor: &mut V,
) -> Result<(), ReadError<V::Error>> {
    let mut input = BufReader::new(input);
    let columns: Vec<_> = mapping.column_names().into_iter().map(str::to_owned).collect();
    let places: HashMap<_, _> =
        columns.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect();
    let marked = input.fill_buf().map_err(SourceError::from)?.starts_with(b"\xEF\xBB\xBF");
    if marked {
        input.consume(3);
    }
    let grounds = if marked { Grounds::ByteOrderMark } else { Grounds::Declared };
    let encoding = Some(Decision { encoding: Encoding::Utf8, grounds, skip: 0 });
    let header = Header { format: Format::Jsonl, columns, encoding, delimiter: Delimiter::Comma };
    visitor.header(&header).map_err(ReadError::Visitor)?;
    let mut row = Row::default();
    let mut line = Vec::new();
    loop {
        let number = row.number;
        let whole = match next_line(&mut input, &mut line).map_err(SourceError::from)? {
            None => return Ok(()),
            Some(_) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Some(whole) => whole,
        };
        row.begin(number, Encoding::Utf8);
        row.number = next_number(&row)?;
        if whole {
            row.line.extend_from_slice(line.trim_ascii());
            object(&mut row, &places);
        } else {
            row.refuse(Reason::RowTooLong);
        }
        visitor.row(&row).map_err(ReadError::Visitor)?;
    }
}

/// Reads a line without its end; `None` at the end of the file, `false` if the line is longer than a row may be.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let (mut whole, mut any) = (true, false);
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any.then_some(whole));
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        if line.len() + part.len() > MAX_ROW_BYTES {
            whole = false;
        } else {
            line.extend_from_slice(part);
        }
        let taken = part.len() + usize::from(end.is_some());
        input.consume(taken);
        if end.is_some() {
            return Ok(Some(whole));
        }
    }
}

fn object(row: &mut Row, places: &HashMap<String, usize>) {
    let line = std::mem::take(&mut row.line);
    if std::str::from_utf8(&line).is_err() {
        row.fault = Some(Reason::NotDecodable);
    } else {
        let mut cells = vec![None; places.len()];
        let mut twice = false;
        let mut json = serde_json::Deserializer::from_slice(&line);
        let read = json.deserialize_map(Members { places, cells: &mut cells, twice: &mut twice });
        if read.is_err() || json.end().is_err() {
            row.fault = Some(Reason::NotJsonObject);
        } else if twice {
            row.fault = Some(Reason::MemberTwice);
        } else {
            for (place, cell) in cells.into_iter().enumerate() {
                match cell.unwrap_or_else(|| Ok(String::new())) {
                    Ok(text) => row.push(text.as_bytes()),
                    Err(fault) => {
                        row.push(&[]);
                        row.cell_faults.push((place, fault));
                    }
                }
            }
        }
    }
    row.line = line;
}

type Cell = Result<String, Reason>;

struct Members<'m> {
    places: &'m HashMap<String, usize>,
    cells: &'m mut [Option<Cell>],
    twice: &'m mut bool,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let cell = self.places.get(&name).and_then(|place| self.cells.get_mut(*place));
            match cell {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(cell) => {
                    let value = map.next_value_seed(Scalar)?;
                    *self.twice |= cell.replace(value).is_some();
                }
            }
        }
        Ok(())
    }
}

/// One value as text. Numbers keep their digits or are refused.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(Ok(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Cell, E> {
        Ok(Ok(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
        Ok(Ok(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cell, E> {
        Ok(if number.abs() < EXACT { Ok(number.to_string()) } else { Err(Reason::Imprecise) })
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Cell, E> {
        Ok(Ok(truth.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Ok(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(Reason::Nested))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Err(Reason::Nested))
    }
}
