//! What the head of a PNG says (ISO/IEC 15948, 5.2 and 11.2.2). Nothing here decodes one.

/// How every PNG begins.
pub(crate) const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// Length and name of the first chunk.
const HEADER: &[u8; 8] = b"\0\0\0\rIHDR";

/// Width and height in pixels; `None` if it does not begin as a PNG does.
pub(crate) fn sides(picture: &[u8]) -> Option<[u32; 2]> {
    let sides = picture.strip_prefix(SIGNATURE)?.strip_prefix(HEADER)?;
    let (width, rest) = sides.split_first_chunk::<4>()?;
    let (height, _) = rest.split_first_chunk::<4>()?;
    Some([u32::from_be_bytes(*width), u32::from_be_bytes(*height)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_as_a_png_has_sides() {
        let picture = [&SIGNATURE[..], HEADER, &[0, 0, 1, 2, 0, 0, 0, 9], &[8, 0, 0, 0, 0]].concat();
        assert_eq!(sides(&picture), Some([258, 9]));
        assert_eq!(sides(&picture[..23]), None);
        for place in 0..16 {
            let mut other = picture.clone();
            other[place] ^= 1;
            assert_eq!(sides(&other), None, "{place}");
        }
    }
}
