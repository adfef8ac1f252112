//! DER by hand: to write what the product's writer refuses to write, and to take apart what it wrote.

/// Tag, length and the content of the parts.
#[must_use]
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        short @ ..=0x7f => out.push(u8::try_from(short).expect("below 128")),
        long => {
            let digits = long.to_be_bytes();
            let digits = &digits[digits.iter().take_while(|digit| **digit == 0).count()..];
            out.push(0x80 | u8::try_from(digits.len()).expect("at most eight"));
            out.extend_from_slice(digits);
        }
    }
    [out, content].concat()
}

/// A SEQUENCE of the parts.
#[must_use]
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

/// A BIT STRING of whole bytes.
#[must_use]
pub fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes])
}

/// The elements that stand one after another in `bytes`, each whole.
///
/// # Panics
/// If `bytes` is not a row of elements.
#[must_use]
pub fn elements(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (element, rest) = bytes.split_at(header(bytes) + length(bytes));
        found.push(element);
        bytes = rest;
    }
    found
}

/// What stands in an element.
///
/// # Panics
/// If `element` is none.
#[must_use]
pub fn content(element: &[u8]) -> &[u8] {
    &element[header(element)..]
}

fn header(element: &[u8]) -> usize {
    if element[1] < 0x80 { 2 } else { 2 + usize::from(element[1] & 0x7f) }
}

fn length(element: &[u8]) -> usize {
    if element[1] < 0x80 {
        return usize::from(element[1]);
    }
    element[2..header(element)].iter().fold(0, |length, digit| (length << 8) | usize::from(*digit))
}

/// An element with its part at `path` replaced, all lengths made right.
///
/// # Panics
/// If there is no such part.
#[must_use]
pub fn replaced(element: &[u8], path: &[usize], new: &[u8]) -> Vec<u8> {
    let Some((first, rest)) = path.split_first() else {
        return new.to_vec();
    };
    let parts = elements(content(element));
    let changed = replaced(parts[*first], rest, new);
    let parts: Vec<&[u8]> =
        parts.iter().enumerate().map(|(at, part)| if at == *first { &changed } else { *part }).collect();
    tlv(element[0], &parts)
}

/// The part of an element at `path`.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn part<'e>(element: &'e [u8], path: &[usize]) -> &'e [u8] {
    path.iter().fold(element, |element, at| elements(content(element))[*at])
}

/// The paths of all parts of an element at any depth, parents first.
///
/// # Panics
/// If `element` is none.
#[must_use]
pub fn paths(element: &[u8]) -> Vec<Vec<usize>> {
    if element[0] & 0x20 == 0 {
        return Vec::new();
    }
    let below = |(at, part): (usize, &&[u8])| {
        let deeper = paths(part).into_iter().map(move |path| [vec![at], path].concat());
        std::iter::once(vec![at]).chain(deeper).collect::<Vec<_>>()
    };
    elements(content(element)).iter().enumerate().flat_map(below).collect()
}
