//! Names, and when two of them are one (RFC 5280 §7.1).

use super::der::{Cursor, Element, only, tag};

const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

/// A distinguished name: as it was read, and in the form in which names are compared.
///
/// PrintableString and UTF8String are one, letters have no case, white space is folded. Strings of other kinds compare
/// with their own kind only.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    raw: Vec<u8>,
    /// One entry for each RDN; `None` if the name cannot be taken apart, which then equals its own bytes only.
    folded: Option<Vec<Vec<u8>>>,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        match (&self.folded, &other.folded) {
            (Some(own), Some(other)) => own == other,
            (None, _) | (_, None) => self.raw == other.raw,
        }
    }
}

impl Eq for Name {}

impl Name {
    pub(crate) fn read(raw: &[u8]) -> Self {
        Self { raw: raw.to_vec(), folded: fold(raw) }
    }

    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Equal for equal names.
    pub(crate) fn key(&self) -> Vec<u8> {
        match &self.folded {
            Some(parts) => parts.iter().flat_map(|part| framed(part)).collect(),
            None => self.raw.clone(),
        }
    }

    /// Whether it has no parts at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.folded.as_ref().is_some_and(Vec::is_empty)
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.folded.is_some()
    }

    /// Whether it stands in the tree under `base`; `None` if one of them cannot be taken apart.
    pub(crate) fn is_within(&self, base: &Self) -> Option<bool> {
        Some(self.folded.as_ref()?.starts_with(base.folded.as_ref()?))
    }

    /// This name, with one RDN (the content of a `[1]`) behind it.
    pub(crate) fn with(&self, rdn: &[u8]) -> Option<Self> {
        let mut folded = self.folded.clone()?;
        folded.push(fold_rdn(Cursor::new(rdn))?);
        Some(Self { raw: Vec::new(), folded: Some(folded) })
    }

    /// The e-mail addresses among its attributes; `None` if it cannot be taken apart to its end, and there may be more.
    pub(crate) fn emails(&self) -> Option<Vec<&[u8]>> {
        let mut found = Vec::new();
        let mut rdns = only(&self.raw, tag::SEQUENCE)?;
        while !rdns.is_empty() {
            let mut set = rdns.inside(tag::SET)?;
            while !set.is_empty() {
                let mut pair = set.inside(tag::SEQUENCE)?;
                let kind = pair.take(tag::OID)?.content;
                let value = pair.next()?;
                pair.end()?;
                if kind == EMAIL_ADDRESS {
                    found.push(value.content);
                }
            }
        }
        Some(found)
    }

    /// Kind (content of the OID) and value of each attribute, in order; ends where it cannot be taken apart.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&[u8], Element<'_>)> {
        let mut rdns = only(&self.raw, tag::SEQUENCE).unwrap_or(Cursor::new(&[]));
        let mut set = Cursor::new(&[]);
        std::iter::from_fn(move || {
            while set.is_empty() {
                if rdns.is_empty() {
                    return None;
                }
                set = rdns.inside(tag::SET)?;
            }
            let mut pair = set.inside(tag::SEQUENCE)?;
            Some((pair.take(tag::OID)?.content, pair.next()?))
        })
    }
}

fn framed(part: &[u8]) -> Vec<u8> {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], part].concat()
}

fn fold(raw: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rdns = only(raw, tag::SEQUENCE)?;
    let mut folded = Vec::new();
    while !rdns.is_empty() {
        folded.push(fold_rdn(rdns.inside(tag::SET)?)?);
    }
    Some(folded)
}

fn fold_rdn(mut set: Cursor<'_>) -> Option<Vec<u8>> {
    let mut attributes = Vec::new();
    while !set.is_empty() {
        let mut pair = set.inside(tag::SEQUENCE)?;
        let kind = pair.take(tag::OID)?.content;
        let value = pair.next()?;
        pair.end()?;
        attributes.push([framed(kind), framed(&fold_value(value)?)].concat());
    }
    // A SET has no order.
    attributes.sort();
    (!attributes.is_empty()).then(|| attributes.concat())
}

fn fold_value(value: Element<'_>) -> Option<Vec<u8>> {
    match value.tag {
        PRINTABLE_STRING | UTF8_STRING => Some(
            [&[UTF8_STRING][..], fold_text(std::str::from_utf8(value.content).ok()?).as_bytes()].concat(),
        ),
        IA5_STRING => {
            Some([&[IA5_STRING][..], fold_text(std::str::from_utf8(value.content).ok()?).as_bytes()].concat())
        }
        _ => Some(value.raw.to_vec()),
    }
}

fn fold_text(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(parts: &[(u8, &str)]) -> Name {
        let mut rdns = Vec::new();
        for (tag, text) in parts {
            let length = u8::try_from(text.len()).unwrap();
            rdns.extend([0x31, length + 9, 0x30, length + 7, 6, 3, 0x55, 4, 3, *tag, length]);
            rdns.extend(text.bytes());
        }
        Name::read(&[&[0x30, u8::try_from(rdns.len()).unwrap()], &rdns[..]].concat())
    }

    #[test]
    fn case_and_space_make_no_difference_and_order_does() {
        let base = name(&[(0x13, "Good CA"), (0x0c, "x")]);
        assert_eq!(base, name(&[(0x0c, "  good   ca "), (0x13, "X")]));
        assert_eq!(base.key(), name(&[(0x0c, "GOOD CA"), (0x13, "X")]).key());
        assert_eq!(name(&[(0x16, "Good CA")]), name(&[(0x16, " good  ca")]));
        for other in [
            name(&[(0x0c, "x"), (0x13, "Good CA")]),
            name(&[(0x13, "GoodCA"), (0x0c, "x")]),
            name(&[(0x13, "Good CA")]),
            name(&[(0x16, "Good CA"), (0x0c, "x")]),
            name(&[(0x14, "Good CA"), (0x0c, "x")]),
        ] {
            assert_ne!(base, other);
            assert_ne!(base.key(), other.key());
        }
        assert_eq!(base.is_within(&name(&[(0x0c, "good ca")])), Some(true));
        assert_eq!(name(&[(0x0c, "good ca")]).is_within(&base), Some(false));
    }

    #[test]
    fn addresses_are_found_or_it_is_said_that_there_may_be_more() {
        let email = [&[0x31, 0x10, 0x30, 0x0e, 6, 9][..], EMAIL_ADDRESS, &[IA5_STRING, 1, b'a']].concat();
        let named = |rdns: &[&[u8]]| {
            let rdns = rdns.concat();
            Name::read(&[&[0x30, u8::try_from(rdns.len()).unwrap()], &rdns[..]].concat())
        };
        assert_eq!(named(&[&email]).emails(), Some(vec![&b"a"[..]]));
        assert_eq!(name(&[(0x0c, "x")]).emails(), Some(Vec::new()));
        // A set, a pair, a value that end elsewhere than they say, and something after a pair.
        for odd in [
            &[0x31, 9, 0x30, 3][..],
            &[0x31, 4, 0x30, 9, 6, 0],
            &[0x31, 6, 0x30, 4, 6, 1, 0x2a, 0x0c],
            &[0x31, 9, 0x30, 7, 6, 1, 0x2a, 5, 0, 5, 0],
            &[0x30, 0],
        ] {
            for rdns in [[odd, &email], [&email, odd]] {
                assert_eq!(named(&rdns).emails(), None, "{odd:?}");
            }
        }
        assert_eq!(Name::read(&[]).emails(), None);
    }

    #[test]
    fn what_cannot_be_taken_apart_is_itself_only() {
        let odd = Name::read(&[0x30, 2, 0x31, 0]);
        assert!(!odd.is_readable() && !odd.is_empty());
        assert_eq!(odd, odd.clone());
        assert_ne!(odd, Name::read(&[0x30, 3, 0x31, 0]));
        assert!(Name::read(&[0x30, 0]).is_empty());
    }
}
