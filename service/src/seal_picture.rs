//! Pictures in seals that a browser draws, and draws as nothing but a picture: their form and size, by their bytes and whatever the seal
//! calls them. Nothing here decodes one.

use crate::png;

/// Pixels of each side: 45 mm at 600 dpi have 1063.
const MAX_SIDE: u32 = 2048;

/// Form and size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// What a browser knows the form by.
    pub(crate) media_type: &'static str,
    /// Width and height in pixels.
    pub(crate) sides: [u32; 2],
}

/// Reads width and height of a picture of one kind.
type Sides = fn(&[u8]) -> Option<[u32; 2]>;

/// The form of a PNG, a JPG, a BMP or a GIF of one frame, of 1 to [`MAX_SIDE`] pixels on each side. `None` for anything else: SVG can hold
/// more than a picture, and several frames show what no paper does.
pub(crate) fn form(picture: &[u8]) -> Option<Form> {
    let read: [(&'static str, Sides); 4] =
        [("image/png", of_png), ("image/jpeg", of_jpg), ("image/gif", of_gif), ("image/bmp", of_bmp)];
    let found =
        read.into_iter().find_map(|(media_type, sides)| Some(Form { media_type, sides: sides(picture)? }));
    found.filter(|form| form.sides.iter().all(|side| (1..=MAX_SIDE).contains(side)))
}

/// Width and height as a form has them that puts low bytes first.
fn low_first(sides: [[u8; 2]; 2]) -> [u32; 2] {
    sides.map(u16::from_le_bytes).map(u32::from)
}

/// The chunks up to the first one with pixels (ISO/IEC 15948, 5.3): before it an animation says that it is one.
fn of_png(picture: &[u8]) -> Option<[u32; 2]> {
    let sides = png::sides(picture)?;
    let mut rest = picture.strip_prefix(png::SIGNATURE)?;
    loop {
        let (&length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        if kind == b"IDAT" {
            return Some(sides);
        }
        if kind == b"acTL" {
            return None;
        }
        // The data and their checksum.
        rest = after.get(usize::try_from(u32::from_be_bytes(length)).ok()?..)?.get(4..)?;
    }
}

/// The segments up to the header of the frame (ISO/IEC 10918-1, B.1.1 and B.2.2), which is one that browsers draw. Before it stand tables,
/// data of programs and comments: other markers have no length, and browsers would read what is skipped here.
fn of_jpg(picture: &[u8]) -> Option<[u32; 2]> {
    let mut rest = picture.strip_prefix(b"\xff\xd8")?;
    loop {
        let (&[before, marker], segment) = rest.split_first_chunk::<2>()?;
        rest = match (before, marker) {
            // Any number of them may stand before a marker.
            (0xff, 0xff) => rest.get(1..)?,
            (0xff, 0xc0..=0xc2) => {
                // After its length and the bits of a sample.
                let &[_, _, _, tall, low_tall, wide, low_wide] = segment.first_chunk::<7>()?;
                return Some([[wide, low_wide], [tall, low_tall]].map(u16::from_be_bytes).map(u32::from));
            }
            (0xff, 0xc4 | 0xcc | 0xdb | 0xdd | 0xe0..=0xef | 0xfe) => {
                segment.get(usize::from(u16::from_be_bytes(*segment.first_chunk::<2>()?))..)?
            }
            _ => return None,
        };
    }
}

/// All blocks (GIF89a, 18 to 27): one frame, which lies within the sides of the whole. Browsers take the sides of a larger first frame instead.
fn of_gif(picture: &[u8]) -> Option<[u32; 2]> {
    let rest = picture.strip_prefix(b"GIF89a").or_else(|| picture.strip_prefix(b"GIF87a"))?;
    let (&[wide, high_wide, tall, high_tall, flags, _, _], rest) = rest.split_first_chunk::<7>()?;
    let whole = low_first([[wide, high_wide], [tall, high_tall]]);
    let mut rest = rest.get(colors(flags)..)?;
    let mut frames = 0;
    loop {
        let (&block, after) = rest.split_first()?;
        rest = match block {
            b';' => return (frames == 1).then_some(whole),
            // An extension has its kind before its data.
            b'!' => after_data(after.get(1..)?)?,
            b',' => {
                let (&[x, high_x, y, high_y, w, high_w, h, high_h, flags], after) =
                    after.split_first_chunk::<9>()?;
                let (at, sides) =
                    (low_first([[x, high_x], [y, high_y]]), low_first([[w, high_w], [h, high_h]]));
                if (0..2).any(|axis| at[axis] + sides[axis] > whole[axis]) {
                    return None;
                }
                frames += 1;
                // The width of the first code stands before the data.
                after_data(after.get(colors(flags) + 1..)?)?
            }
            _ => return None,
        };
    }
}

/// Bytes of the table of colors that flags of a GIF announce.
fn colors(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3_usize << ((flags & 7) + 1) }
}

/// What follows the data of a block of a GIF: pieces of up to 255 bytes, the last one empty.
fn after_data(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (&size, after) = rest.split_first()?;
        rest = after.get(usize::from(size)..)?;
        if size == 0 {
            return Some(rest);
        }
    }
}

/// The second header of a BMP, which begins with its own size; a negative height is one that is counted from the top.
fn of_bmp(picture: &[u8]) -> Option<[u32; 2]> {
    let (&size, rest) = picture.strip_prefix(b"BM")?.get(12..)?.split_first_chunk::<4>()?;
    match u32::from_le_bytes(size) {
        12 => {
            let &[wide, high_wide, tall, high_tall] = rest.first_chunk::<4>()?;
            Some(low_first([[wide, high_wide], [tall, high_tall]]))
        }
        40..=124 => {
            let (&width, rest) = rest.split_first_chunk::<4>()?;
            let height = i32::from_le_bytes(*rest.first_chunk::<4>()?);
            Some([u32::from_le_bytes(width), height.unsigned_abs()])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = b",\0\0\0\0\x03\0\x02\0\0\x02\x02\x44\x01\0";

    fn gif(blocks: &[&[u8]]) -> Vec<u8> {
        [&b"GIF89a\x03\0\x02\0\x80\0\0\0\0\0\xff\xff\xff"[..], &blocks.concat()].concat()
    }

    fn jpg(frame: u8) -> Vec<u8> {
        let head = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xff\xdb\0\x03q\xff";
        [&head[..], &[frame], b"\0\x0b\x08\0\x02\0\x03\x01\x01\x11\0\xff\xda"].concat()
    }

    fn bmp(size: u32, sides: &[u8]) -> Vec<u8> {
        [&b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0"[..], &size.to_le_bytes(), sides].concat()
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        png_with(width, height, b"")
    }

    /// Chunks before the one with pixels, of which the data are left out.
    fn png_with(width: u32, height: u32, chunks: &[u8]) -> Vec<u8> {
        let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
        let head = [&png::SIGNATURE[..], b"\0\0\0\rIHDR", &sides, b"\x08\x06\0\0\0sums"].concat();
        [&head[..], chunks, b"\0\0\0\x0cIDAT"].concat()
    }

    /// A segment with this marker before all others.
    fn jpg_with(marker: u8) -> Vec<u8> {
        [&b"\xff\xd8\xff"[..], &[marker], b"\0\x04ab", &jpg(0xc0)[2..]].concat()
    }

    #[test]
    fn the_bytes_say_which_picture_it_is_and_how_large() {
        let comment = b"!\xfe\x02,;\0";
        for (picture, media_type) in [
            (png(3, 2), "image/png"),
            (png_with(3, 2, b"\0\0\0\x04tEXtacTLsums"), "image/png"),
            (jpg_with(0xc4), "image/jpeg"),
            (jpg_with(0xcc), "image/jpeg"),
            (jpg_with(0xdb), "image/jpeg"),
            (jpg_with(0xdd), "image/jpeg"),
            (jpg_with(0xe0), "image/jpeg"),
            (jpg_with(0xef), "image/jpeg"),
            (jpg_with(0xfe), "image/jpeg"),
            (jpg(0xc0), "image/jpeg"),
            (jpg(0xc2), "image/jpeg"),
            (gif(&[FRAME, b";"]), "image/gif"),
            (gif(&[comment, FRAME, comment, b";"]), "image/gif"),
            (bmp(12, b"\x03\0\x02\0"), "image/bmp"),
            (bmp(40, b"\x03\0\0\0\x02\0\0\0"), "image/bmp"),
            (bmp(124, b"\x03\0\0\0\xfe\xff\xff\xff"), "image/bmp"),
        ] {
            assert_eq!(form(&picture), Some(Form { media_type, sides: [3, 2] }), "{picture:?}");
            for place in 0..2 {
                let mut other = picture.clone();
                other[place] ^= 1;
                assert_eq!(form(&other), None, "{picture:?}, {place}");
            }
        }
    }

    #[test]
    fn what_is_no_single_picture_of_a_moderate_size_has_no_form() {
        let beyond = b",\0\0\x01\0\x03\0\x02\0\0\x02\x02\x44\x01\0";
        let wider = b",\x01\0\0\0\x03\0\x02\0\0\x02\x02\x44\x01\0";
        for picture in [
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            b"PK\x03\x04".to_vec(),
            Vec::new(),
            png(MAX_SIDE + 1, 1),
            png(1, 0),
            png_with(3, 2, b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0sums"),
            png_with(3, 2, b"\0\0\0\x04tEXtnotesums\0\0\0\x08acTL\0\0\0\x02\0\0\0\0sums"),
            jpg(0xc4),
            jpg(0xc3),
            gif(&[b";"]),
            gif(&[FRAME]),
            gif(&[FRAME, FRAME, b";"]),
            gif(&[beyond, b";"]),
            gif(&[wider, b";"]),
            gif(&[b"?", FRAME, b";"]),
            bmp(39, b"\x03\0\0\0\x02\0\0\0"),
            bmp(40, b"\x03\0\0\0\0\0\0\x80"),
            bmp(40, b"\xfd\xff\xff\xff\x02\0\0\0"),
        ] {
            assert_eq!(form(&picture), None, "{picture:?}");
        }
        assert!(form(&png(MAX_SIDE, 1)).is_some());
        // RST, TEM and the like have no length, and what else has one belongs after the frame, or to a picture that nobody draws.
        for marker in [0x01, 0xc3, 0xc8, 0xcf, 0xd0, 0xd7, 0xd8, 0xd9, 0xda, 0xdc, 0xde, 0xdf, 0xf0, 0xfd] {
            assert_eq!(form(&jpg_with(marker)), None, "{marker:x}");
        }
        for whole in [png(3, 2), jpg(0xc0), gif(&[FRAME, b";"]), bmp(12, b"\x03\0\x02\0")] {
            // What a JPG says after its frame is not looked at.
            let read = if whole.starts_with(b"\xff") { whole.len() - 6 } else { whole.len() };
            for end in 0..read {
                assert_eq!(form(&whole[..end]), None, "{whole:?}, {end}");
            }
        }
    }
}
