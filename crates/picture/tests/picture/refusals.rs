use boyin_picture::{
    Center, ImageFault, NameSeal, OvalSeal, Part, PictureError, RoundSeal, SealPicture, Shape,
};

use crate::raster::png;
use crate::{draw, font, name};

#[test]
fn sizes_out_of_bounds_are_refused() {
    let Some(font) = font() else { return };
    for mm in [0, 9, 61, 255] {
        let shapes: [Shape; 4] = [
            RoundSeal::new(mm, "博乐市公安局").into(),
            OvalSeal::new(mm, 30, "博乐市公安局", "业务专用章").into(),
            OvalSeal::new(45, mm, "博乐市公安局", "业务专用章").into(),
            NameSeal::new(mm, "王建国").into(),
        ];
        for shape in shapes {
            assert_eq!(SealPicture::draw(shape, &font).unwrap_err(), PictureError::Size { mm });
        }
    }
    for (width_mm, height_mm) in [(30, 45), (60, 29)] {
        let error =
            SealPicture::draw(OvalSeal::new(width_mm, height_mm, "博乐市", "业务"), &font).unwrap_err();
        assert_eq!(error, PictureError::Proportion { width_mm, height_mm });
    }
}

#[test]
fn texts_of_the_wrong_length_are_refused() {
    let Some(font) = font() else { return };
    let round = || RoundSeal::new(45, "博乐市公安局");
    let cases: [(Shape, Part, usize); 9] = [
        (RoundSeal::new(45, "").into(), Part::Name, 0),
        (RoundSeal::new(45, "博").into(), Part::Name, 1),
        (RoundSeal::new(45, "博".repeat(41)).into(), Part::Name, 41),
        (round().line("").into(), Part::Line, 0),
        (round().line("章".repeat(21)).into(), Part::Line, 21),
        (round().code("").into(), Part::Code, 0),
        (round().code("1".repeat(25)).into(), Part::Code, 25),
        (OvalSeal::new(45, 30, "博乐市公安局", "").into(), Part::Purpose, 0),
        (NameSeal::new(20, "王".repeat(17)).into(), Part::Name, 17),
    ];
    for (shape, expected, characters) in cases {
        let error = SealPicture::draw(shape, &font).unwrap_err();
        let PictureError::Length { part, count, .. } = error else { panic!("{error}") };
        assert_eq!((part, count), (expected, characters));
    }
}

#[test]
fn what_seals_do_not_carry_is_refused() {
    let Some(font) = font() else { return };
    for character in
        ['\0', '\n', '\t', ' ', '\u{3000}', '\u{200D}', '\u{202E}', '<', '"', 'ئ', '\u{182E}', '😀']
    {
        let error = SealPicture::draw(RoundSeal::new(45, format!("博乐{character}市")), &font).unwrap_err();
        assert_eq!(error, PictureError::Character { part: Part::Name, character });
    }
    let error = SealPicture::draw(RoundSeal::new(45, "博乐市").code("一"), &font).unwrap_err();
    assert_eq!(error, PictureError::Character { part: Part::Code, character: '一' });
}

#[test]
fn where_there_is_no_room_the_text_is_named() {
    let Some(font) = font() else { return };
    let seal = OvalSeal::new(10, 10, name(10), name(20)).code("6");
    let error = SealPicture::draw(seal, &font).unwrap_err();
    assert_eq!(error, PictureError::NoRoom { part: Part::Purpose });
}

#[test]
fn an_ampersand_stays_one() {
    let Some(font) = font() else { return };
    let picture = draw(RoundSeal::new(45, "博乐A&B公司"), &font);
    assert!(picture.svg().contains("<title>博乐A&amp;B公司</title>"));
    assert_eq!(crate::paper::Paper::read(&picture).letters.len(), 7);
}

#[test]
fn pictures_that_are_none_or_too_large_are_refused() {
    let Some(font) = font() else { return };
    let whole = png(8, 8, [0, 0, 255, 255]);
    let cases = [
        (Vec::new(), ImageFault::NotPng),
        (b"GIF89a".to_vec(), ImageFault::NotPng),
        (whole[..whole.len() / 2].to_vec(), ImageFault::NotPng),
        (png(2049, 1, [0; 4]), ImageFault::TooLarge),
        (png(1, 2049, [0; 4]), ImageFault::TooLarge),
        ([whole.as_slice(), &vec![0; 1 << 20]].concat(), ImageFault::TooLarge),
    ];
    for (bytes, fault) in cases {
        let seal = RoundSeal::new(45, name(6)).center(Center::Image(bytes));
        assert_eq!(SealPicture::draw(seal, &font).unwrap_err(), PictureError::Image(fault));
    }
}
