//! What a license looks like, on the page of its holder's file: a picture that proves nothing, of nothing that does not pass.

use axum::http::StatusCode;
use boyin::archive::{Change, Reader, SealChange, StatusChange};
use boyin::face::{Additions, Face, FaceInput, SealImage, Templates};
use boyin::model::b64;
use boyin::model::catalog::Catalog;
use boyin::model::id::LicenseId;
use boyin::model::seal::Picture;
use boyin::model::time::SECONDS_PER_DAY;
use boyin::suite::SystemRandom;
use boyin::{DocumentMaking, Font, Scope, SealMaking};
use boyin_picture::{NameSeal, SealPicture};
use boyin_service::PICTURE_DPI;
use boyin_testkit::needed::needed;
use serde_json::{Value, json};

use crate::clients::Answer;
use crate::life::business;
use crate::office::{HOLDER, citizen, identity_card, market, now, order, police};
use crate::seals::{apply, at, by, change, staffed};
use crate::shared::body_of;
use crate::window::person;
use crate::window_http::{Beside, CLERK, PURPOSE};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const PICTURE: &str = "src=\"data:image/png;base64,";

/// The font, which CI must have; elsewhere its absence is said.
pub(crate) fn font() -> Option<Font> {
    needed(Font::find_for_pages())
}

/// A service with a font, if there is one here.
fn drawing() -> Option<Beside> {
    let font = font()?;
    let mut site = Beside::new();
    site.served.state = site.served.state.clone().with_font(font);
    Some(site)
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

fn ask(face: &str) -> Value {
    json!({ "holder_code_type": "111", "holder_code": citizen().as_str(), "purpose": PURPOSE, "face": face })
}

/// How often the license was read, by the log.
fn reads(site: &Beside, id: &LicenseId) -> usize {
    site.desk.take_reads(now()).unwrap();
    let events = site.desk.archive().events_of(id, None, 100).unwrap();
    let reads: Vec<_> = events.iter().filter(|event| event.what.code() == "license_read").collect();
    assert!(reads.iter().all(|event| (event.who.as_str(), event.why.as_str()) == (CLERK, PURPOSE)));
    reads.len()
}

#[tokio::test]
async fn a_license_of_a_file_is_shown_as_a_picture_and_the_read_is_on_record() {
    let Some(site) = drawing() else { return };
    let mut file = ask("");
    file.as_object_mut().unwrap().remove("face").unwrap();
    let file = text(&site.act("/file", Scope::HolderRead, "", &file).await);
    let button = format!("name=\"face\" value=\"{}\"", site.card.as_str());
    assert!(file.contains(&button) && !file.contains("<img"), "{file}");
    for (lang, words) in [("", "不能作为凭证"), ("?lang=en", "prove nothing")] {
        let answer = site.act(&format!("/file{lang}"), Scope::HolderRead, "", &ask(site.card.as_str())).await;
        assert_eq!(answer.status, StatusCode::OK);
        let shown = text(&answer);
        assert!(shown.contains("card passed") && shown.contains(words), "{lang}");
        let pictures: Vec<_> = shown.split(PICTURE).skip(1).collect();
        assert_eq!(pictures.len(), 1, "one page");
        let picture = b64::decode_of_others(pictures[0].split('"').next().unwrap().as_bytes()).unwrap();
        assert!(picture.starts_with(PNG));
        // What is on the picture stands nowhere else.
        assert!(!shown.contains(HOLDER) && !shown.contains(citizen().as_str()));
    }
    assert_eq!(reads(&site, &site.card), 2);
}

#[tokio::test]
async fn nobody_is_shown_a_license_that_is_not_of_the_holder() {
    let Some(site) = drawing() else { return };
    let shop = site.desk.issue(
        &business(body_of("91", "652701"), "2040-05-06"),
        &order(market(), "shop"),
        &mut SystemRandom,
    );
    let shop = shop.unwrap().license_id;
    site.served.lookup.refresh(now()).unwrap();
    let missing = site.card.next_version().unwrap();
    for (id, status) in [
        (shop.as_str(), StatusCode::NOT_FOUND),
        (missing.as_str(), StatusCode::NOT_FOUND),
        ("none", StatusCode::BAD_REQUEST),
        ("\"><script>", StatusCode::BAD_REQUEST),
    ] {
        let answer = site.act("/file", Scope::HolderRead, "", &ask(id)).await;
        assert_eq!(answer.status, status, "{id}");
        assert!(!text(&answer).contains(PICTURE) && !text(&answer).contains("<script>"), "{id}");
    }
    assert_eq!(reads(&site, &shop), 0);
    let refused = site.act("/file", Scope::LicenseRead, "", &ask(site.card.as_str())).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let mut silent = ask(site.card.as_str());
    silent["purpose"] = json!(" ");
    assert_eq!(site.act("/file", Scope::HolderRead, "", &silent).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(reads(&site, &site.card), 0);
}

#[tokio::test]
async fn of_a_license_that_does_not_pass_there_is_a_verdict_and_no_picture() {
    let Some(site) = drawing() else { return };
    let suspended = StatusChange::new(Change::Suspend, "测试");
    site.desk.change_status(&site.card, &suspended, &order(police(), "suspend")).unwrap();
    site.served.lookup.refresh(now()).unwrap();
    let answer = site.act("/file", Scope::HolderRead, "", &ask(site.card.as_str())).await;
    let shown = text(&answer);
    assert_eq!(answer.status, StatusCode::OK);
    for words in ["card failed", "suspended", "picture_not_passed", "不予采信"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!shown.contains("<img"), "{shown}");
    // Who looked stands in the log all the same.
    assert_eq!(reads(&site, &site.card), 1);
}

#[tokio::test]
async fn without_a_font_there_is_neither_button_nor_picture() {
    let site = Beside::new();
    let mut file = ask("");
    file.as_object_mut().unwrap().remove("face").unwrap();
    let file = text(&site.act("/file", Scope::HolderRead, "", &file).await);
    assert!(file.contains(HOLDER) && !file.contains("name=\"face\""), "{file}");
    let none = site.act("/file", Scope::HolderRead, "", &ask(site.card.as_str())).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(reads(&site, &site.card), 0);
}

/// The pages of a card that was issued under a seal with a picture of this size, and perhaps made anew with another since; the same with
/// each of the two, and without any.
fn under_a_seal_of(font: &Font, side_mm: u8, anew: bool) -> (Vec<Vec<u8>>, [Vec<u8>; 3]) {
    let prefecture = staffed();
    let desk = prefecture.desk();
    let pictures = ["样例", "新章"]
        .map(|words| SealPicture::draw(NameSeal::new(20, words), font).unwrap().png(150).unwrap());
    let side = u32::from(side_mm);
    let id = apply(&desk);
    let make = |picture: &[u8], minutes| {
        let seal = SealMaking {
            picture: Picture { format: "PNG", data: picture, width_mm: side, height_mm: side },
            valid_until: at(2).plus(365 * SECONDS_PER_DAY),
            version: 4,
            second: "乙",
        };
        desk.make_seal(id, &seal, &by("丙", police(), minutes), &mut SystemRandom).unwrap();
    };
    change(&desk, id, 1, &SealChange::Approve);
    make(&pictures[0], 2);
    change(&desk, id, 3, &SealChange::TakeIntoUse);
    let card = desk.issue(&identity_card(), &by("窗口一号", police(), 4), &mut SystemRandom).unwrap();
    if anew {
        make(&pictures[1], 5);
    }
    let (lookup, templates) = (prefecture.lookup(), Templates::built_in());
    let making = DocumentMaking { font, templates: &templates, emblem: None };
    let (holder, reader) = (person(&citizen()), Reader::new("窗口", police(), "看样式").unwrap());
    let of = (&holder, &card.license_id);
    let shown = lookup.license_pictures(of, &reader, (&making, PICTURE_DPI), at(6)).unwrap().unwrap();

    let verified = lookup.verify(&card.credential, at(6)).into_verified().unwrap();
    assert_eq!(verified.claims().seal, Some(id));
    let catalog = Catalog::embedded();
    let license_type = catalog.find("identity-card").unwrap();
    let input = FaceInput::new(license_type, verified.claims()).unwrap();
    let face = Face::draw(templates.of(license_type), &input, &Additions::default(), font).unwrap();
    let [first, second] = pictures.map(|picture| SealImage::new(&picture, 20, 20).unwrap());
    let drawn = [Some(&first), Some(&second), None].map(|image| face.png(0, PICTURE_DPI, image).unwrap());
    (shown.pages.unwrap(), drawn)
}

#[test]
fn the_seal_that_the_license_names_is_on_the_picture_where_it_has_room() {
    let Some(font) = font() else { return };
    let (pages, [with, _, without]) = under_a_seal_of(&font, 20, false);
    assert!(with != without && pages == [with]);
    let (pages, [_, _, without]) = under_a_seal_of(&font, 90, false);
    assert!(pages == [without], "the license is shown all the same");
}

#[test]
fn a_seal_that_was_made_anew_since_is_shown_as_it_was() {
    let Some(font) = font() else { return };
    let (pages, [first, second, _]) = under_a_seal_of(&font, 20, true);
    assert!(first != second && pages == [first]);
}
