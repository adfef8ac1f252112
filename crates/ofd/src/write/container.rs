//! The container (PKWARE APPNOTE 6.3): the same entries give the same bytes.
//!
//! No extra fields, no descriptors, no comments, no ZIP64, one fixed time stamp; entries follow each other in their order.

use miniz_oxide::deflate::compress_to_vec;

use super::error::WriteFault;
use crate::limits::{
    MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_INFLATED_BYTES, MAX_PACKAGE_BYTES, MAX_RATIO, MAX_RATIO_FREE_BYTES,
};

/// How well entries are deflated: in half the time of 6, which most programs take, and to 2 % more bytes.
const LEVEL: u8 = 2;
/// 1980-01-01 00:00, where the time of ZIP files begins.
const MOMENT: [u8; 4] = [0, 0, 0x21, 0];
/// Version 2.0: deflated, folders.
const NEEDED: [u8; 2] = [20, 0];
const NAME_IS_UTF8: u16 = 1 << 11;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// A file of the container. Its name is one that the reader takes.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// The container of these files.
pub(super) fn write(pieces: &[Piece]) -> Result<Vec<u8>, WriteFault> {
    let inflated: usize = pieces.iter().map(|piece| piece.bytes.len()).sum();
    let sized = pieces.iter().all(|piece| piece.bytes.len() <= MAX_ENTRY_BYTES);
    if pieces.len() > MAX_ENTRIES || !sized || inflated > MAX_INFLATED_BYTES {
        return Err(WriteFault::Size);
    }
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for piece in pieces {
        let at = long(out.len())?;
        let (method, packed) = pack(&piece.bytes);
        let data = packed.as_deref().unwrap_or(&piece.bytes);
        let flags = if piece.name.is_ascii() { 0 } else { NAME_IS_UTF8 };
        let header = [
            &NEEDED[..],
            &flags.to_le_bytes(),
            &method.to_le_bytes(),
            &MOMENT,
            &crc32fast::hash(&piece.bytes).to_le_bytes(),
            &long(data.len())?,
            &long(piece.bytes.len())?,
            &short(piece.name.len())?,
            &[0; 2],
        ]
        .concat();
        out.extend_from_slice(&[b"PK\x03\x04", &header[..], piece.name.as_bytes(), data].concat());
        let rest = [&[0; 10][..], &at, piece.name.as_bytes()].concat();
        directory.extend_from_slice(&[b"PK\x01\x02", &NEEDED[..], &header, &rest].concat());
        if out.len() > MAX_PACKAGE_BYTES {
            return Err(WriteFault::Size);
        }
    }
    let (count, at, size) = (short(pieces.len())?, long(out.len())?, long(directory.len())?);
    out.extend_from_slice(&directory);
    out.extend_from_slice(&[b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &at, &[0; 2]].concat());
    if out.len() > MAX_PACKAGE_BYTES { Err(WriteFault::Size) } else { Ok(out) }
}

/// Deflated where that is smaller and not so much smaller that the reader takes it for an attack.
fn pack(bytes: &[u8]) -> (u16, Option<Vec<u8>>) {
    let packed = compress_to_vec(bytes, LEVEL);
    let suspicious = bytes.len() > MAX_RATIO_FREE_BYTES && bytes.len() / MAX_RATIO > packed.len();
    if packed.len() < bytes.len() && !suspicious { (DEFLATED, Some(packed)) } else { (STORED, None) }
}

fn long(value: usize) -> Result<[u8; 4], WriteFault> {
    u32::try_from(value).map(u32::to_le_bytes).map_err(|_| WriteFault::Size)
}

fn short(value: usize) -> Result<[u8; 2], WriteFault> {
    u16::try_from(value).map(u16::to_le_bytes).map_err(|_| WriteFault::Size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Package;

    fn piece(name: &str, bytes: Vec<u8>) -> Piece {
        Piece { name: name.into(), bytes }
    }

    #[test]
    fn what_is_written_is_read() {
        let noise: Vec<u8> = (0..300_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
        let pieces = [
            piece("OFD.xml", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_vec()),
            piece("Doc_0/附件.txt", noise),
            piece("empty", Vec::new()),
            // So long and even that it is stored: deflated, the reader would refuse it.
            piece("even", vec![0; MAX_RATIO_FREE_BYTES + 1]),
        ];
        let bytes = write(&pieces).unwrap();
        assert_eq!(bytes, write(&pieces).unwrap());
        let package = Package::read(&bytes).unwrap();
        let read = package.entries().iter().map(|entry| (entry.name(), entry.bytes()));
        assert!(read.eq(pieces.iter().map(|piece| (piece.name.as_str(), piece.bytes.as_slice()))));
        // The flags of the first two entries.
        assert_eq!(bytes[6..8], [0, 0]);
        let second = bytes.windows(4).skip(1).position(|four| four == b"PK\x03\x04").unwrap() + 1;
        assert_eq!(bytes[second + 6..second + 8], [0, 8]);
        // The first is deflated, the others are stored.
        let methods: Vec<_> = [8, second + 8].iter().map(|at| bytes[*at]).collect();
        assert_eq!(methods, [8, 0]);
        assert!(bytes.len() > MAX_RATIO_FREE_BYTES);
    }

    #[test]
    fn the_bounds_of_the_reader_hold() {
        let small =
            |count: usize| (0..count).map(|nth| piece(&nth.to_string(), Vec::new())).collect::<Vec<_>>();
        assert!(write(&small(MAX_ENTRIES)).is_ok());
        assert_eq!(write(&small(MAX_ENTRIES + 1)).unwrap_err(), WriteFault::Size);
        let large = vec![0; MAX_ENTRY_BYTES + 1];
        assert_eq!(write(&[piece("a", large)]).unwrap_err(), WriteFault::Size);
        // Each of them is within its bound, and even enough to be stored.
        let half = vec![0; MAX_PACKAGE_BYTES / 2];
        let halves = [piece("a", half.clone()), piece("b", half)];
        assert_eq!(write(&halves).unwrap_err(), WriteFault::Size);
        // Together they inflate to more.
        let many: Vec<_> = (0..4).map(|nth| piece(&nth.to_string(), vec![0; MAX_ENTRY_BYTES])).collect();
        assert_eq!(write(&many).unwrap_err(), WriteFault::Size);
    }
}
