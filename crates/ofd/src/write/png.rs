//! Whether a picture is a sound PNG (ISO/IEC 15948): its chunks, from the first to the last byte.

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Pixels on a side. A page of A3 at 600 dpi has 9921 on its longer side.
const MAX_SIDE: u32 = 16_384;

/// Pictures that readers take for something else, or of which they show different parts, are none.
pub(super) fn is_png(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(SIGNATURE) else { return false };
    chunks(rest).is_some()
}

/// The header first, then pixels, the end last and nothing after it; each chunk with its checksum.
fn chunks(mut rest: &[u8]) -> Option<()> {
    let (kind, data) = chunk(&mut rest)?;
    let side = |at: usize| data.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let sound = |side: u32| (1..=MAX_SIDE).contains(&side);
    if kind != b"IHDR" || data.len() != 13 || !sound(side(0)?) || !sound(side(4)?) {
        return None;
    }
    let mut has_pixels = false;
    loop {
        match chunk(&mut rest)? {
            (b"IEND", []) if has_pixels && rest.is_empty() => return Some(()),
            (b"IEND" | b"IHDR", _) => return None,
            (b"IDAT", _) => has_pixels = true,
            _ => {}
        }
    }
}

/// The next chunk: its kind and its data.
fn chunk<'p>(rest: &mut &'p [u8]) -> Option<(&'p [u8], &'p [u8])> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (covered, after) = after.split_at_checked(length.checked_add(4)?)?;
    let (checksum, after) = after.split_first_chunk::<4>()?;
    if crc32fast::hash(covered) != u32::from_be_bytes(*checksum) {
        return None;
    }
    *rest = after;
    Some(covered.split_at(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: &[u8], data: &[u8]) -> Vec<u8> {
        let covered = [kind, data].concat();
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length[..], &covered, &crc32fast::hash(&covered).to_be_bytes()].concat()
    }

    fn header(width: u32, height: u32) -> Vec<u8> {
        part(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat())
    }

    #[test]
    fn sound_pictures_only() {
        let (pixels, end) = (part(b"IDAT", b"pixels"), part(b"IEND", b""));
        let of = |parts: &[&[u8]]| is_png(&[&[SIGNATURE], parts].concat().concat());
        let head = header(2, 3);
        assert!(of(&[&head, &part(b"pHYs", b"123456789"), &pixels, &pixels, &end]));
        for parts in [
            &[][..],
            &[&head[..]],
            &[&head, &pixels],
            &[&head, &end],
            &[&pixels, &head, &end],
            &[&head, &head, &pixels, &end],
            &[&head, &pixels, &end, b"more"],
            &[&head, &pixels, &part(b"IEND", b"x")],
            &[&header(0, 3), &pixels, &end],
            &[&header(2, 0), &pixels, &end],
            &[&header(MAX_SIDE + 1, 3), &pixels, &end],
            &[&part(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1]), &pixels, &end],
        ] {
            assert!(!of(parts));
        }
        let whole = [SIGNATURE, &head, &pixels, &end].concat();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(!is_png(&changed) && !is_png(&whole[..at]), "{at}");
        }
    }
}
