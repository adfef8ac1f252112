//! DER (X.690), read from the front and never beyond its end.

/// One element: its tag, what stands in it, and the whole of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'b> {
    pub(crate) tag: u8,
    pub(crate) content: &'b [u8],
    pub(crate) raw: &'b [u8],
}

/// Elements that stand one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'b>(&'b [u8]);

pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[n]` around a primitive or a string.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 + number
    }

    /// `[n]` around other elements.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 + number
    }
}

impl<'b> Cursor<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    /// Bytes that are left.
    pub(crate) fn rest(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element. Tags above 30, lengths that are not the shortest, and indefinite ones are none.
    pub(crate) fn next(&mut self) -> Option<Element<'b>> {
        let (&tag, rest) = self.0.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.is_empty() || digits.len() > 4 || digits[0] == 0 {
                return None;
            }
            let length = digits.iter().fold(0, |length, digit| length * 256 + usize::from(*digit));
            (Some(length).filter(|length| *length >= 0x80)?, rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let (raw, _) = self.0.split_at(self.0.len() - rest.len());
        self.0 = rest;
        Some(Element { tag, content, raw })
    }

    /// The next element, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<Element<'b>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// The next element if it has this tag; the outer `None` is a malformed one.
    pub(crate) fn option(&mut self, tag: u8) -> Option<Option<Element<'b>>> {
        if self.peek() == Some(tag) { self.take(tag).map(Some) } else { Some(None) }
    }

    /// What stands in the next element, which must have this tag.
    pub(crate) fn inside(&mut self, tag: u8) -> Option<Cursor<'b>> {
        Some(Cursor(self.take(tag)?.content))
    }
}

/// What stands in the one element that `bytes` is.
pub(crate) fn only(bytes: &[u8], tag: u8) -> Option<Cursor<'_>> {
    let mut outer = Cursor::new(bytes);
    let inside = outer.inside(tag)?;
    outer.end()?;
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_and_oddities_are_none() {
        let mut cursor = Cursor::new(&[0x30, 3, 2, 1, 5, 4, 0]);
        assert_eq!(cursor.take(tag::SEQUENCE).unwrap().raw, [0x30, 3, 2, 1, 5]);
        assert_eq!(cursor.option(tag::BOOLEAN), Some(None));
        assert!(cursor.end().is_none());
        assert!(cursor.next().unwrap().content.is_empty());
        assert!(cursor.end().is_some());
        let oddities: [&[u8]; 8] = [
            &[],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 1, 0],
            &[0x30, 0x82, 0, 0x80],
            &[0x1f, 1, 0],
            &[0x30, 0x85, 1, 0, 0, 0, 0],
        ];
        for odd in oddities {
            assert!(Cursor::new(odd).next().is_none(), "{odd:?}");
        }
        for (header, length, expected) in [
            (&[4, 0x7f][..], 0x7f, true),
            (&[4, 0x80], 0x80, false),
            (&[4, 0x81, 0x7f], 0x7f, false),
            (&[4, 0x81, 0x80], 0x80, true),
            (&[4, 0x82, 0, 0x80], 0x80, false),
            (&[4, 0x82, 1, 2], 0x102, true),
            (&[4, 0x84, 1, 2, 3, 4], 0x102_0304, true),
            (&[4, 0x85, 0, 0, 0, 1, 0], 0x100, false),
        ] {
            let bytes = [header, &vec![7; length]].concat();
            let read = Cursor::new(&bytes).next().map(|element| element.content.len());
            assert_eq!(read, expected.then_some(length), "{header:x?}");
        }
    }
}
