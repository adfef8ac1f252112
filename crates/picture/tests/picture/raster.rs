use boyin_picture::{Center, NameSeal, OvalSeal, PictureError, RED, RoundSeal, SealPicture};
use zune_png::PngDecoder;
use zune_png::zune_core::bytestream::ZCursor;

use crate::{draw, font};

/// A picture of one color.
pub(crate) fn png(width: u32, height: u32, color: [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let pixels = color.repeat(usize::try_from(width * height).unwrap());
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

struct Pixels {
    width: usize,
    height: usize,
    rgba: Vec<u8>,
}

impl Pixels {
    /// Two decoders must agree.
    fn read(png: &[u8]) -> Self {
        let mut decoder = PngDecoder::new(ZCursor::new(png));
        let rgba = decoder.decode_raw().unwrap();
        let (width, height) = decoder.dimensions().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut same = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut same).unwrap();
        assert_eq!((frame.color_type, frame.bit_depth), (png::ColorType::Rgba, png::BitDepth::Eight));
        assert_eq!(
            (width, height),
            (usize::try_from(frame.width).unwrap(), usize::try_from(frame.height).unwrap())
        );
        assert_eq!(rgba, same);
        Self { width, height, rgba }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 4] {
        let start = (y * self.width + x) * 4;
        self.rgba[start..start + 4].try_into().unwrap()
    }

    fn inked(&self) -> usize {
        self.rgba.chunks(4).filter(|pixel| pixel[3] == 255).count()
    }
}

/// The `pHYs` chunk: pixels for each meter across and down, and the unit.
fn resolution(png: &[u8]) -> (u32, u32, u8) {
    let start = png.windows(4).position(|window| window == b"pHYs").unwrap();
    let number = |from: usize| u32::from_be_bytes(png[from..from + 4].try_into().unwrap());
    assert_eq!(number(start - 4), 9);
    (number(start + 4), number(start + 8), png[start + 12])
}

const FULL: [u8; 4] = [RED[0], RED[1], RED[2], 255];

#[test]
fn pixels_and_resolution_tell_the_millimeters() {
    let Some(font) = font() else { return };
    let seals = [
        draw(RoundSeal::new(45, "博乐市公安局"), &font),
        draw(OvalSeal::new(45, 30, "博乐市公安局", "业务专用章"), &font),
        draw(NameSeal::new(20, "王建国"), &font),
    ];
    for picture in seals {
        for dpi in [72u16, 96, 300, 600, 1200] {
            let png = picture.png(dpi).unwrap();
            let pixels = Pixels::read(&png);
            let (across, down, unit) = resolution(&png);
            assert_eq!((across, unit), (down, 1));
            assert!((f64::from(across) * 0.0254 - f64::from(dpi)).abs() < 0.0254);
            for (count, mm) in [(pixels.width, picture.width_mm()), (pixels.height, picture.height_mm())] {
                let exact = f64::from(mm) * f64::from(dpi) / 25.4;
                assert!(
                    (f64::from(u32::try_from(count).unwrap()) - exact).abs() <= 0.5,
                    "{mm} mm at {dpi} dpi"
                );
            }
        }
        for dpi in [0, 71, 1201] {
            assert_eq!(picture.png(dpi).unwrap_err(), PictureError::Resolution { dpi });
        }
    }
}

#[test]
fn it_is_red_where_it_must_be_and_clear_in_the_corners() {
    let Some(font) = font() else { return };
    for (picture, in_middle) in [
        (draw(RoundSeal::new(45, "博乐市公安局").line("电子证照专用章"), &font), true),
        (draw(RoundSeal::new(45, "博乐市公安局").center(Center::Empty), &font), false),
        (draw(OvalSeal::new(45, 30, "博乐市公安局", "业务专用章"), &font), false),
    ] {
        let pixels = Pixels::read(&picture.png(300).unwrap());
        let (right, bottom) = (pixels.width - 1, pixels.height - 1);
        for (x, y) in [(0, 0), (right, 0), (0, bottom), (right, bottom)] {
            assert_eq!(pixels.at(x, y), [0; 4]);
        }
        // Half a millimeter inside each end of the axes is the rim.
        let (x, y) = (pixels.width / 2, pixels.height / 2);
        for (x, y) in [(x, 6), (x, bottom - 6), (6, y), (right - 6, y)] {
            assert_eq!(pixels.at(x, y), FULL);
        }
        assert_eq!(pixels.at(x, pixels.height * 45 / 100) == FULL, in_middle);
        // One color only, thinner at the edges.
        assert!(pixels.rgba.chunks(4).all(|pixel| pixel[3] == 0 || pixel[..3] == RED));
    }
}

/// Ink that is there because the letters are: a seal with a longer line has more.
#[test]
fn letters_are_filled() {
    let Some(font) = font() else { return };
    let ink =
        |line| Pixels::read(&draw(RoundSeal::new(45, "博乐市").line(line), &font).png(300).unwrap()).inked();
    assert!(ink("国") > ink("一") + 100);
}

#[test]
fn a_name_seal_is_red_in_its_corners_and_clear_inside() {
    let Some(font) = font() else { return };
    let pixels = Pixels::read(&draw(NameSeal::new(20, "王建国"), &font).png(300).unwrap());
    assert_eq!((pixels.width, pixels.height), (236, 236));
    for at in [1, 234] {
        assert_eq!((pixels.at(at, at), pixels.at(at, 235 - at)), (FULL, FULL));
    }
    assert_eq!(pixels.at(15, 15), [0; 4]);
}

/// Twice as wide as high: it fills the width of its square and half the height, in its own color.
#[test]
fn a_picture_in_the_center_keeps_color_and_proportion() {
    let Some(font) = font() else { return };
    let blue = [0, 0, 255, 255];
    let seal = RoundSeal::new(50, "博尔塔拉蒙古自治州人民政府").center(Center::Image(png(200, 100, blue)));
    let picture = draw(seal, &font);
    assert!(picture.svg().contains("href=\"data:image/png;base64,iVBORw0KGgo"));
    let pixels = Pixels::read(&picture.png(SealPicture::DPI).unwrap());
    let middle = pixels.width / 2;
    // 0.34 of 50 mm are 17 mm, 200.8 pixels wide and half as high.
    for (x, y) in [(0, 0), (95, 0), (0, 45), (95, 45)] {
        assert_eq!(pixels.at(middle + x, middle + y), blue);
        assert_eq!(pixels.at(middle - x, middle - y), blue);
    }
    assert_eq!(pixels.at(middle + 105, middle), [0; 4]);
    assert_eq!(pixels.at(middle, middle + 55), [0; 4]);
    assert_eq!(pixels.at(middle, 6), FULL);
}
