use std::io::{BufRead, BufReader, Cursor, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{Header, ReadError, RowVisitor, SourceError, next_number};
use crate::encoding::{Decision, Encoding, decide};
use crate::limits::{DETECT_BYTES, MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROW_BYTES};
use crate::mapping::{Format, Mapping};
use crate::reason::Reason;
use crate::row::Row;

/// Room for one record, made once: the parser writes into it and never beyond.
struct Room {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

pub(super) fn read<R: Read, V: RowVisitor>(
    input: R,
    mapping: &Mapping,
    visitor: &mut V,
) -> Result<(), ReadError<V::Error>> {
    let (mut input, decision) = open(input, mapping.encoding)?;
    let mut parser = ReaderBuilder::new().delimiter(mapping.delimiter.byte()).build();
    let mut room = Room { bytes: vec![0; MAX_ROW_BYTES], ends: vec![0; MAX_COLUMNS + 1] };
    let mut row = Row::default();
    let columns = header(&mut input, &mut parser, &mut room, &mut row, decision.encoding)?;
    let count = columns.len();
    let delimiter = mapping.delimiter;
    let header = Header { format: Format::Csv, columns, encoding: Some(decision), delimiter };
    visitor.header(&header).map_err(ReadError::Visitor)?;
    row.number = 0;
    loop {
        let number = row.number;
        row.begin(number, decision.encoding);
        if !record(&mut input, &mut parser, &mut room, &mut row)? {
            return Ok(());
        }
        row.number = next_number(&row)?;
        row.check_shape(count);
        visitor.row(&row).map_err(ReadError::Visitor)?;
    }
}

type Input<R> = BufReader<std::io::Chain<Cursor<Vec<u8>>, R>>;

/// Decides the encoding by the beginning and gives it back in front of the rest, without a byte order mark.
fn open<R: Read>(mut input: R, declared: Option<Encoding>) -> Result<(Input<R>, Decision), SourceError> {
    let mut start = Vec::new();
    let limit = u64::try_from(DETECT_BYTES).unwrap_or(u64::MAX);
    input.by_ref().take(limit).read_to_end(&mut start)?;
    let decision = decide(&start, start.len() < DETECT_BYTES, declared)?;
    let mut start = Cursor::new(start);
    start.set_position(u64::try_from(decision.skip).unwrap_or(0));
    Ok((BufReader::new(start.chain(input)), decision))
}

fn header(
    input: &mut impl BufRead,
    parser: &mut Reader,
    room: &mut Room,
    row: &mut Row,
    encoding: Encoding,
) -> Result<Vec<String>, SourceError> {
    row.begin(0, encoding);
    if !record(input, parser, room, row)? {
        return Err(SourceError::Empty);
    }
    match row.fault {
        None => {}
        Some(Reason::TooManyColumns) => return Err(SourceError::HeaderColumns),
        Some(_) => return Err(SourceError::HeaderLength),
    }
    let name = |column| {
        let bytes = row.cell(column).unwrap_or_default();
        if bytes.len() > MAX_CELL_BYTES {
            return Err(SourceError::HeaderLength);
        }
        let text = encoding.decode(bytes).ok_or(SourceError::HeaderText)?;
        Ok(text.trim().to_owned())
    };
    (0..row.len()).map(name).collect()
}

/// Reads one record into `row`; `false` at the end. What does not fit is read over and refused as a whole.
fn record(
    input: &mut impl BufRead,
    parser: &mut Reader,
    room: &mut Room,
    row: &mut Row,
) -> Result<bool, SourceError> {
    let (mut filled, mut cells) = (0, 0);
    let mut fault = None;
    loop {
        let buffer = input.fill_buf()?;
        let (result, taken, written, ended) =
            parser.read_record(buffer, &mut room.bytes[filled..], &mut room.ends[cells..]);
        input.consume(taken);
        filled += written;
        cells += ended;
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => {
                fault.get_or_insert(Reason::RowTooLong);
                (filled, cells) = (0, 0);
            }
            ReadRecordResult::OutputEndsFull => {
                fault.get_or_insert(Reason::TooManyColumns);
                (filled, cells) = (0, 0);
            }
            ReadRecordResult::Record => break,
            ReadRecordResult::End => return Ok(false),
        }
    }
    let fault = fault.or((cells > MAX_COLUMNS).then_some(Reason::TooManyColumns));
    if let Some(fault) = fault {
        row.refuse(fault);
    } else {
        row.bytes.extend_from_slice(&room.bytes[..filled]);
        row.ends.extend_from_slice(&room.ends[..cells]);
    }
    Ok(true)
}
