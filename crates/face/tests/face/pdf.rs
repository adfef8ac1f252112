//! What another reader finds in PDF: the commands of poppler.

use std::io::Write as _;
use std::process::{Command, Stdio};

use boyin_face::{Additions, Face, FaceInput, Mark, SealImage, Templates};
use boyin_model::catalog::LicenseType;
use boyin_model::credential::FieldValue;
use boyin_ofd::write::{Area, Point};
use boyin_picture::{Font, Rank};
use boyin_testkit::needed::needed;

use crate::{copy, emblem, font, sample, seal};

/// What a page says of itself after all else, without blanks.
const COPY_LINE: &str = "副本·以所附凭证为准(copy:theattachedcredentialistheproof)";
/// Pixels to the inch of renderings.
const DPI: i32 = 72;

/// What a command of poppler prints of a PDF. CI must have the command; elsewhere its absence is said.
fn poppler(line: &str, pdf: &[u8]) -> Option<Vec<u8>> {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = command.spawn();
    let mut running = needed(
        spawned.map_err(|_| format!("{line}: the command is missing: apt-get install poppler-utils")),
    )?;
    // It takes in all before it prints.
    running.stdin.take().unwrap().write_all(pdf).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// Blanks are not what is compared: where a line ends and how far characters are apart is a matter of the layout.
fn squeezed(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// With a scope of business, if it has one, for which no first page has room.
fn long<'f>(license_type: &LicenseType, additions: &Additions, font: &'f Font) -> Face<'f> {
    let mut claims = sample::claims(license_type);
    if let Some(scope) = claims.fields.get_mut("business_scope") {
        *scope = FieldValue::Text(sample::SCOPE.chars().cycle().take(2000).collect());
    }
    let input = FaceInput::new(license_type, &claims).unwrap();
    Face::draw(Templates::built_in().of(license_type), &input, additions, font).unwrap()
}

fn of_business<'f>(additions: &Additions, font: &'f Font) -> Face<'f> {
    long(sample::catalog().find("business-license").unwrap(), additions, font)
}

/// Each page says what the face has on it, then that it is a copy, and nothing else.
#[test]
fn every_page_says_what_is_on_it_and_that_it_is_a_copy() {
    let Some(font) = font() else { return };
    let mut attached = 0;
    for license_type in sample::catalog().types() {
        for additions in [Additions::default(), copy()] {
            let face = long(license_type, &additions, &font);
            let pdf = face.pdf(b"credential", Some(&seal(&font))).unwrap();
            for (index, page) in face.pages().iter().enumerate() {
                let line = format!("pdftotext -enc UTF-8 -raw -f {0} -l {0} - -", index + 1);
                let Some(said) = poppler(&line, &pdf) else { return };
                let texts = page.marks().iter();
                let texts = texts
                    .filter_map(|mark| if let Mark::Text(text) = mark { Some(text.text()) } else { None });
                let expected = squeezed(&texts.collect::<String>()) + COPY_LINE;
                let said = squeezed(&String::from_utf8(said).unwrap());
                assert_eq!(said, expected, "{}, page {}", license_type.key, index + 1);
            }
            attached += face.pages().len() - 1;
        }
    }
    assert!(attached > 0, "no license has an attached page");
}

/// Each picture by the number of its page; masks apart.
fn pictures(pdf: &[u8]) -> Option<Vec<usize>> {
    let listed = String::from_utf8(poppler("pdfimages -list -", pdf)?).unwrap();
    let rows = listed.lines().skip(2).map(|row| row.split_whitespace().collect::<Vec<_>>());
    Some(rows.filter(|row| row[2] == "image").map(|row| row[0].parse().unwrap()).collect())
}

/// Where the first pages of two files differ to the eye, in micrometers.
fn difference(one: &[u8], other: &[u8]) -> Option<Area> {
    let line = format!("pdftoppm -r {DPI} -f 1 -l 1 -");
    let (one, other) = (poppler(&line, one)?, poppler(&line, other)?);
    let rendered = |ppm: &[u8]| {
        let parts: Vec<&[u8]> = ppm.splitn(4, |byte| *byte == b'\n').collect();
        let sides = String::from_utf8(parts[1].to_vec()).unwrap();
        let (width, _) = sides.split_once(' ').unwrap();
        assert_eq!((parts[0], parts[2]), (&b"P6"[..], &b"255"[..]));
        (width.parse::<usize>().unwrap(), parts[3].to_vec())
    };
    let ((width, one), (same_width, other)) = (rendered(&one), rendered(&other));
    assert_eq!((width, one.len()), (same_width, other.len()));
    let pixels = one.chunks(3).zip(other.chunks(3)).enumerate().filter(|(_, (one, other))| one != other);
    let corners = pixels.flat_map(|(place, _)| {
        let [x, y] = [place % width, place / width].map(|place| i32::try_from(place).unwrap());
        [(x, y), (x + 1, y + 1)].map(|(x, y)| Point { x: x * 25_400 / DPI, y: y * 25_400 / DPI })
    });
    Some(Area::around(corners))
}

/// Whether each edge of a picture is at that of its place, but for a margin of its own.
fn fills(seen: Area, place: Area) -> bool {
    let margin = place.width / 12;
    let edges = |area: Area| [area.x, area.y, area.right(), area.bottom()];
    edges(seen).into_iter().zip(edges(place)).all(|(seen, place)| (seen - place).abs() <= margin)
}

#[test]
fn seal_and_emblem_are_seen_at_their_places_and_no_other_picture() {
    let Some(font) = font() else { return };
    let with_emblem = Additions { emblem: Some(emblem(&font)), ..copy() };
    let (bare, full) = (of_business(&copy(), &font), of_business(&with_emblem, &font));
    assert!(bare.pages().len() > 1);
    let seal = seal(&font);
    let pdf = |face: &Face<'_>, seal: Option<&SealImage>| face.pdf(b"credential", seal).unwrap();
    let (plain, sealed) = (pdf(&bare, None), pdf(&bare, Some(&seal)));
    let (emblem, both) = (pdf(&full, None), pdf(&full, Some(&seal)));
    for (pdf, expected) in [(&plain, vec![]), (&sealed, vec![1]), (&emblem, vec![1]), (&both, vec![1, 1])] {
        let Some(found) = pictures(pdf) else { return };
        assert_eq!(found, expected);
    }
    let (Some(of_seal), Some(of_emblem)) = (difference(&plain, &sealed), difference(&plain, &emblem)) else {
        return;
    };
    let place = full.pages()[0].marks().iter().find(|mark| matches!(mark, Mark::Emblem(_))).unwrap().area();
    assert!(fills(of_emblem, place), "{of_emblem:?} at {place:?}");
    let side = Rank::Unit.diameter_mm();
    let place = bare.seal_place(side, side).unwrap();
    assert!(fills(of_seal, place), "{of_seal:?} at {place:?}");
}
