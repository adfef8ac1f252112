//! PEM (RFC 7468), read: what stands in a file of certificates or lists.

use std::path::Path;

use anyhow::{Context as _, bail};
use x509_parser::pem::Pem;

use crate::files;

/// Certificates or lists in one file.
const MAX_BLOCKS: usize = 100_000;
const BEGIN: &[u8] = b"-----BEGIN ";

/// Every DER structure of a file: of each PEM block whose label is one of `labels`, or the file itself.
pub(super) fn read(path: &Path, labels: &[&str]) -> anyhow::Result<Vec<Vec<u8>>> {
    let bytes = files::read(path)?;
    blocks(bytes, labels).with_context(|| files::name(path))
}

fn blocks(bytes: Vec<u8>, labels: &[&str]) -> anyhow::Result<Vec<Vec<u8>>> {
    // DER begins with a SEQUENCE.
    if bytes.first() == Some(&0x30) || !bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
        return Ok(vec![bytes]);
    }
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(&bytes) {
        let block = block.context("a PEM block is damaged")?;
        if labels.contains(&block.label.as_str()) {
            found.push(block.contents);
        }
        if found.len() > MAX_BLOCKS {
            bail!("more than {MAX_BLOCKS} PEM blocks: split it");
        }
    }
    if found.is_empty() {
        bail!("it holds no {}", labels.join(", no "));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_and_others_left_out() {
        let text = "x\n-----BEGIN A-----\nMAA=\n-----END A-----\n-----BEGIN B-----\r\nMA\r\nEA\r\n-----END B-----\r\n";
        let read =
            |labels: &[&str]| blocks(text.as_bytes().to_vec(), labels).map_err(|error| error.to_string());
        assert_eq!(read(&["A"]), Ok(vec![vec![0x30, 0]]));
        assert_eq!(read(&["A", "B"]), Ok(vec![vec![0x30, 0], vec![0x30, 1, 0]]));
        assert_eq!(read(&["C"]), Err("it holds no C".to_owned()));
        assert_eq!(blocks(vec![0x30, 0], &["A"]).unwrap(), [[0x30, 0]]);
        for damaged in ["-----BEGIN A-----\nM*==\n-----END A-----", "-----BEGIN A-----\nMAA="] {
            let error = blocks(damaged.as_bytes().to_vec(), &["A"]).unwrap_err();
            assert_eq!(error.to_string(), "a PEM block is damaged", "{damaged}");
        }
    }
}
