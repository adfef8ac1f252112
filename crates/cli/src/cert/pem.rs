//! PEM (RFC 7468), read: what stands in a file of certificates or lists.

use std::path::Path;

use anyhow::bail;

use crate::files;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
/// Certificates or lists in one file.
const MAX_BLOCKS: usize = 100_000;

/// Every DER structure of a file: of each PEM block whose label is one of `labels`, or the file itself.
pub(super) fn read(path: &Path, labels: &[&str]) -> anyhow::Result<Vec<Vec<u8>>> {
    let bytes = files::read(path)?;
    let Some(blocks) = blocks(&bytes, labels) else {
        bail!("{}: a PEM block is damaged", files::name(path));
    };
    match blocks {
        Blocks::None => Ok(vec![bytes]),
        Blocks::Some(found) if found.is_empty() => {
            bail!("{} holds no {}", files::name(path), labels.join(", no "))
        }
        Blocks::Some(found) => Ok(found),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Blocks {
    /// It is no PEM.
    None,
    Some(Vec<Vec<u8>>),
}

fn blocks(bytes: &[u8], labels: &[&str]) -> Option<Blocks> {
    // DER begins with a SEQUENCE.
    if bytes.first() == Some(&0x30) || find(bytes, BEGIN).is_none() {
        return Some(Blocks::None);
    }
    let (mut rest, mut found) = (bytes, Vec::new());
    while let Some(start) = find(rest, BEGIN) {
        rest = &rest[start + BEGIN.len()..];
        let label = &rest[..find(rest, b"-----")?];
        let body = &rest[label.len() + 5..];
        let end = find(body, END)?;
        if labels.iter().any(|known| known.as_bytes() == label) {
            found.push(base64(&body[..end])?);
        }
        rest = &body[end + END.len()..];
        if found.len() > MAX_BLOCKS {
            return None;
        }
    }
    Some(Blocks::Some(found))
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::with_capacity(text.len() / 4 * 3));
    let mut padded = false;
    for byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padded = true;
                continue;
            }
            _ => return None,
        };
        if padded {
            return None;
        }
        (bits, count) = ((bits << 6 | u32::from(sextet)) & 0xffff, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("eight bits"));
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_and_others_left_out() {
        let text = b"x\n-----BEGIN A-----\nMAA=\n-----END A-----\n-----BEGIN B-----\nMAE\n-----END B-----\n";
        assert_eq!(blocks(text, &["A"]), Some(Blocks::Some(vec![vec![0x30, 0]])));
        assert_eq!(blocks(text, &["A", "B"]), Some(Blocks::Some(vec![vec![0x30, 0], vec![0x30, 1]])));
        assert_eq!(blocks(text, &["C"]), Some(Blocks::Some(vec![])));
        assert_eq!(blocks(&[0x30, 0], &["A"]), Some(Blocks::None));
        assert_eq!(blocks(b"-----BEGIN A-----\nM*==\n-----END A-----", &["A"]), None);
        assert_eq!(blocks(b"-----BEGIN A-----\nMAA=", &["A"]), None);
    }
}
