//! The primitives of the compact form: numbers, texts, raw bytes.

use boyin_model::time::{Date, SECONDS_PER_DAY, UnixTime};

use crate::dictionary;
use crate::error::{Fault, PresentError};

/// Bits of a number in one of its bytes.
const SEVEN_BITS: u32 = 7;
/// Marks every byte of a number but the last, and the first of the two bytes of a packed character.
const MORE: u8 = 0x80;
/// The first character that is packed into two bytes; the last is U+9FFF, the end of the common Han characters.
const PACKED_FROM: u32 = 0x2000;
const PACKED_COUNT: u32 = 0x8000;
/// Midnight in China is so long before midnight of the same date in UTC.
const CHINA_OFFSET_SECONDS: u64 = 8 * 3600;

const UTF8: u64 = 0;
const PACKED: u64 = 1;
const ENTRY: u64 = 2;
const DATE: u64 = 3;

/// Days from 1970-01-01 to a date; wrong for earlier ones, which is found out when it is read back.
pub(crate) fn days(date: Date) -> u64 {
    (date.begins().seconds() + CHINA_OFFSET_SECONDS) / SECONDS_PER_DAY
}

/// The date so many days after 1970-01-01.
pub(crate) fn date_of(days: u64) -> Option<Date> {
    days.checked_mul(SECONDS_PER_DAY).and_then(UnixTime::new).map(UnixTime::date)
}

fn pack(text: &str) -> Option<Vec<u8>> {
    let mut packed = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u32::from(character) {
            ascii @ 0..0x80 => packed.push(u8::try_from(ascii).ok()?),
            other => {
                let place = other.checked_sub(PACKED_FROM).filter(|place| *place < PACKED_COUNT)?;
                let [_, _, high, low] = place.to_be_bytes();
                packed.extend([high | MORE, low]);
            }
        }
    }
    (packed.len() < text.len()).then_some(packed)
}

fn unpack(packed: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(packed.len());
    let mut rest = packed.iter();
    while let Some(byte) = rest.next() {
        if byte & MORE == 0 {
            text.push(char::from(*byte));
        } else {
            let place = u32::from(byte & !MORE) << 8 | u32::from(*rest.next()?);
            text.push(char::from_u32(PACKED_FROM + place)?);
        }
    }
    Some(text)
}

#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Seven bits in each byte, least significant first.
    pub(crate) fn number(&mut self, mut number: u64) {
        loop {
            let [low, ..] = number.to_le_bytes();
            number >>= SEVEN_BITS;
            if number == 0 {
                return self.byte(low & !MORE);
            }
            self.byte(low | MORE);
        }
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// A number of which the two lowest bits say how the text is written.
    pub(crate) fn text(&mut self, text: &str) {
        let date = || {
            let date: Date = text.parse().ok()?;
            date_of(days(date)).filter(|read| read.to_string() == text).map(days)
        };
        if let Some(number) = dictionary::number_of(text) {
            return self.number(number << 2 | ENTRY);
        }
        if let Some(days) = date() {
            return self.number(days << 2 | DATE);
        }
        let packed = pack(text);
        let (bytes, mode) = packed.as_deref().map_or((text.as_bytes(), UTF8), |packed| (packed, PACKED));
        self.number(u64::try_from(bytes.len()).unwrap_or(u64::MAX >> 2) << 2 | mode);
        self.raw(bytes);
    }
}

/// Takes bytes from the front. Every length is held against what is left before anything is taken.
pub(crate) struct Reader<'b> {
    rest: &'b [u8],
    length: usize,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, length: bytes.len() }
    }

    pub(crate) fn fault(&self, fault: Fault) -> PresentError {
        PresentError::Malformed { fault, offset: self.length - self.rest.len() }
    }

    pub(crate) fn end(&self) -> Result<(), PresentError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault(Fault::Trailing)) }
    }

    pub(crate) fn raw(&mut self, length: usize) -> Result<&'b [u8], PresentError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(self.fault(Fault::Truncated))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], PresentError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.fault(Fault::Truncated))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, PresentError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Result<u64, PresentError> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & !MORE);
            let shifted = bits << shift;
            if shifted >> shift != bits {
                return Err(self.fault(Fault::Number));
            }
            number |= shifted;
            if byte & MORE == 0 {
                return Ok(number);
            }
        }
        Err(self.fault(Fault::Number))
    }

    pub(crate) fn small<T: TryFrom<u64>>(&mut self) -> Result<T, PresentError> {
        let number = self.number()?;
        T::try_from(number).map_err(|_| self.fault(Fault::Number))
    }

    pub(crate) fn text(&mut self) -> Result<String, PresentError> {
        let head = self.number()?;
        self.text_after(head)
    }

    /// The text of which the first number was read.
    pub(crate) fn text_after(&mut self, head: u64) -> Result<String, PresentError> {
        let value = head >> 2;
        let text = match head & 3 {
            ENTRY => dictionary::entry(value).map(str::to_owned),
            DATE => date_of(value).map(|date| date.to_string()),
            mode => {
                let length = usize::try_from(value).map_err(|_| self.fault(Fault::Number))?;
                let bytes = self.raw(length)?;
                if mode == PACKED {
                    unpack(bytes)
                } else {
                    std::str::from_utf8(bytes).ok().map(str::to_owned)
                }
            }
        };
        text.ok_or(self.fault(Fault::Text))
    }

    pub(crate) fn date(&mut self) -> Result<Date, PresentError> {
        let days = self.number()?;
        date_of(days).ok_or(self.fault(Fault::Number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.text(text);
        writer.into_bytes()
    }

    #[test]
    fn texts_are_written_in_the_shortest_of_four_ways() {
        for (text, bytes) in [
            ("", vec![0]),
            ("ab", vec![2 << 2, b'a', b'b']),
            ("license_number", vec![1 << 2 | 2]),
            ("1970-01-02", vec![1 << 2 | 3]),
            // U+535A is 0x335A after U+2000.
            ("博", vec![2 << 2 | 1, 0xB3, 0x5A]),
            ("a博", vec![3 << 2 | 1, b'a', 0xB3, 0x5A]),
            // Outside of what is packed: the middle dot of names, full-width letters.
            ("·", vec![2 << 2, 0xC2, 0xB7]),
            ("博（", vec![6 << 2, 0xE5, 0x8D, 0x9A, 0xEF, 0xBC, 0x88]),
            ("1969-12-31", [&[10 << 2][..], b"1969-12-31"].concat()),
        ] {
            assert_eq!(written(text), bytes, "{text}");
            assert_eq!(Reader::new(&bytes).text().unwrap(), text);
        }
    }

    #[test]
    fn numbers_have_bounds() {
        for number in [0, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut writer = Writer::default();
            writer.number(number);
            assert_eq!(Reader::new(&writer.into_bytes()).number().unwrap(), number);
        }
        for bad in [&[0x80; 10][..], &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2]] {
            let fault = Reader::new(bad).number().unwrap_err();
            assert!(matches!(fault, PresentError::Malformed { .. }), "{fault}");
        }
    }
}
