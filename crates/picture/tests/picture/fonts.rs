use std::process::Command;

use boyin_picture::{Font, FontError, NameSeal, PictureError, RoundSeal, SealPicture};

use crate::{draw, font};

#[test]
fn a_missing_font_names_the_package() {
    let error = Font::find_in(["/nonexistent/a.ttc", "/nonexistent/b.ttc"]).unwrap_err();
    let FontError::NotFound { tried } = &error else { panic!("{error}") };
    assert_eq!(tried.len(), 2);
    for error in [error, Font::open("/nonexistent/a.ttc").unwrap_err()] {
        let said = error.to_string();
        assert!(said.contains("/nonexistent/a.ttc") && said.contains("fonts-noto-cjk"), "{said}");
    }
}

#[test]
fn what_is_no_font_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("font.ttf");
    for bytes in [&b""[..], b"no font", b"OTTO\0\x0a\0\0\0\0\0\0", b"ttcf\0\x01\0\0\xff\xff\xff\xff"] {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(Font::open(&path), Err(FontError::NotAFont { .. })), "{bytes:?}");
    }
}

/// Runs itself again with the variable set, for the environment belongs to the whole process.
#[test]
fn the_variable_goes_before_the_usual_places() {
    const NOWHERE: &str = "/nonexistent/seal.ttc";
    if std::env::var_os(Font::VARIABLE).is_some_and(|path| path == NOWHERE) {
        let error = Font::find().unwrap_err();
        assert!(matches!(&error, FontError::Read { path, .. } if path.as_os_str() == NOWHERE), "{error}");
        return;
    }
    let again = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "fonts::the_variable_goes_before_the_usual_places"])
        .env(Font::VARIABLE, NOWHERE)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(again.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_missing_glyph_is_named() {
    let Some(font) = font() else { return };
    let missing = ('\u{2B740}'..='\u{323AF}').find(|character| !font.covers(*character)).unwrap();
    let expected = PictureError::MissingGlyph { character: missing };
    assert!(expected.to_string().contains(missing) && expected.to_string().contains("U+2B7"), "{expected}");
    let texts = [RoundSeal::new(45, format!("博乐{missing}")), RoundSeal::new(45, "博乐").line(missing)];
    for seal in texts {
        assert_eq!(SealPicture::draw(seal, &font).unwrap_err(), expected);
    }
    assert_eq!(SealPicture::draw(NameSeal::new(20, format!("王{missing}")), &font).unwrap_err(), expected);
}

/// `fc-scan` lists NotoSerifCJK's faces as JP, KR, SC, TC and HK.
#[test]
fn of_a_collection_the_simplified_face_is_taken() {
    let Some(font) = font() else { return };
    if std::env::var_os(Font::VARIABLE).is_some_and(|path| !path.is_empty()) {
        eprintln!("not tested: another font than that of the package");
        return;
    }
    assert!(format!("{font:?}").ends_with("face 2)"), "{font:?}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (Some(one), Some(other)) = (font(), font()) else { return };
    let seal = || RoundSeal::new(45, "博乐市公安局").line("电子证照专用章").code("6527010001234");
    let (one, other) = (draw(seal(), &one), draw(seal(), &other));
    assert_eq!(one.svg(), other.svg());
    assert_eq!(one.png(300).unwrap(), other.png(300).unwrap());
    assert_eq!(one.png(300).unwrap(), one.png(300).unwrap());
}
