//! What a draft has to be before it is written.

use std::collections::HashSet;

use super::draft::{
    AttachmentDraft, DocumentDraft, ImageMark, Mark, PageDraft, PathMark, Step, TagDraft, TextMark,
};
use super::error::{Place, WriteError, WriteFault};
use super::geometry::{Area, Point};
use super::png::is_png;
use crate::limits::{
    MAX_ATTACHMENT_NAME_BYTES, MAX_CUSTOM, MAX_CUSTOM_BYTES, MAX_LENGTH, MAX_MARK_CHARACTERS, MAX_MARKS,
    MAX_PATH_STEPS, MAX_WRITTEN_ATTACHMENTS, MAX_WRITTEN_FONTS, MAX_WRITTEN_IMAGES, MAX_WRITTEN_PAGES,
};
use crate::xml::is_xml_character;

const ID_DIGITS: usize = 32;
/// How files of one font begin: TrueType outlines (two spellings), CFF outlines. Collections are none.
const FONT_MAGIC: [&[u8; 4]; 3] = [&[0, 1, 0, 0], b"true", b"OTTO"];

pub(super) fn check(draft: &DocumentDraft<'_>) -> Result<(), WriteError> {
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    let is_id = draft.id.len() == ID_DIGITS && draft.id.bytes().all(is_digit);
    Place::Document.needs(is_id, WriteFault::DocumentId)?;
    text(Place::Document, draft.creator)?;
    for said in [draft.title, draft.author].into_iter().flatten() {
        text(Place::Document, said)?;
    }
    for (count, limit) in [
        (draft.custom.len(), MAX_CUSTOM),
        (draft.pages.len(), MAX_WRITTEN_PAGES),
        (draft.fonts.len(), MAX_WRITTEN_FONTS),
        (draft.images.len(), MAX_WRITTEN_IMAGES),
        (draft.tags.len(), MAX_CUSTOM),
        (draft.attachments.len(), MAX_WRITTEN_ATTACHMENTS),
    ] {
        Place::Document.needs(count <= limit, WriteFault::TooMany)?;
    }
    custom(draft)?;
    for (nth, font) in draft.fonts.iter().enumerate() {
        text(Place::Font(nth), font.family)?;
        let is_font = font.bytes.first_chunk::<4>().is_some_and(|magic| FONT_MAGIC.contains(&magic));
        Place::Font(nth).needs(is_font, WriteFault::FontForm)?;
    }
    for (nth, image) in draft.images.iter().enumerate() {
        Place::Image(nth).needs(is_png(image), WriteFault::ImageForm)?;
    }
    attachments(&draft.attachments)?;
    Place::Document.needs(!draft.pages.is_empty(), WriteFault::NoPage)?;
    draft.pages.iter().enumerate().try_for_each(|(nth, drawn)| page(draft, nth, drawn))?;
    tags(draft)
}

/// A text that says something.
pub(super) fn text(place: Place, text: &str) -> Result<(), WriteError> {
    place.needs(!text.is_empty(), WriteFault::Empty)?;
    characters(place, text)
}

fn characters(place: Place, text: &str) -> Result<(), WriteError> {
    place.needs(text.len() <= MAX_CUSTOM_BYTES, WriteFault::TextLength)?;
    let is_written = |c: char| is_xml_character(c) && !c.is_control();
    place.needs(text.chars().all(is_written), WriteFault::Character)
}

fn custom(draft: &DocumentDraft<'_>) -> Result<(), WriteError> {
    let mut names = HashSet::new();
    for (nth, (name, value)) in draft.custom.iter().enumerate() {
        text(Place::Custom(nth), name)?;
        characters(Place::Custom(nth), value)?;
        Place::Custom(nth).needs(names.insert(name), WriteFault::Repeated)?;
    }
    Ok(())
}

/// Whether a metadatum of this name can be tagged: the name is that of an element, so it begins with a letter of ASCII or a
/// Chinese character and has digits, `.`, `_` and `-` beside.
#[must_use]
pub fn is_tag_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || ('\u{4e00}'..='\u{9fff}').contains(&c);
    name.starts_with(is_letter)
        && name.chars().all(|c| is_letter(c) || c.is_ascii_digit() || "._-".contains(c))
}

fn tags(draft: &DocumentDraft<'_>) -> Result<(), WriteError> {
    let known: HashSet<_> = draft.custom.iter().map(|(name, _)| *name).collect();
    let mut names = HashSet::new();
    for (nth, TagDraft { name, marks }) in draft.tags.iter().enumerate() {
        let place = Place::Tag(nth);
        place.needs(is_tag_name(name), WriteFault::Name)?;
        place.needs(known.contains(name), WriteFault::Index)?;
        place.needs(names.insert(name), WriteFault::Repeated)?;
        place.needs(!marks.is_empty(), WriteFault::Empty)?;
        let is_there =
            |page: usize, mark: usize| draft.pages.get(page).is_some_and(|page| mark < page.marks.len());
        place.needs(marks.iter().all(|at| is_there(at.page, at.mark)), WriteFault::Index)?;
    }
    Ok(())
}

fn attachments(attachments: &[AttachmentDraft<'_>]) -> Result<(), WriteError> {
    // The list stands in the same folder.
    let mut names = HashSet::from(["attachments.xml".to_owned()]);
    for (nth, AttachmentDraft { name, format, .. }) in attachments.iter().enumerate() {
        let place = Place::Attachment(nth);
        let is_word = |byte: u8| byte.is_ascii_alphanumeric();
        let is_name = name.bytes().next().is_some_and(is_word)
            && name.bytes().all(|byte| is_word(byte) || b"._-".contains(&byte));
        let is_format = !format.is_empty()
            && format.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        place.needs(is_name && is_format, WriteFault::Name)?;
        let is_short = [name, format].iter().all(|part| part.len() <= MAX_ATTACHMENT_NAME_BYTES);
        place.needs(is_short, WriteFault::TextLength)?;
        let file = format!("{name}.{format}").to_ascii_lowercase();
        place.needs(names.insert(file), WriteFault::Repeated)?;
    }
    Ok(())
}

fn page(draft: &DocumentDraft<'_>, nth: usize, page: &PageDraft<'_>) -> Result<(), WriteError> {
    let place = Place::Page(nth);
    let is_side = |side: i32| (1..=MAX_LENGTH).contains(&side);
    place.needs(is_side(page.width) && is_side(page.height), WriteFault::Length)?;
    place.needs(page.marks.len() + page.watermarks.len() <= MAX_MARKS, WriteFault::TooMany)?;
    for (at, mark) in page.marks.iter().enumerate() {
        check_mark(Place::Mark(nth, at), draft, mark, Some(page))?;
    }
    for (at, mark) in page.watermarks.iter().enumerate() {
        check_mark(Place::Watermark(nth, at), draft, mark, None)?;
    }
    Ok(())
}

/// `on` is the page that the mark may not leave.
fn check_mark(
    place: Place,
    draft: &DocumentDraft<'_>,
    mark: &Mark<'_>,
    on: Option<&PageDraft<'_>>,
) -> Result<(), WriteError> {
    match mark {
        Mark::Text(mark) => text_mark(place, draft, mark, on),
        Mark::Path(mark) => path_mark(place, mark, on),
        Mark::Image(ImageMark { image, boundary, .. }) => {
            place.needs(*image < draft.images.len(), WriteFault::Index)?;
            area(place, *boundary, on)
        }
    }
}

fn text_mark(
    place: Place,
    draft: &DocumentDraft<'_>,
    mark: &TextMark<'_>,
    on: Option<&PageDraft<'_>>,
) -> Result<(), WriteError> {
    text(place, &mark.text)?;
    let count = mark.text.chars().count();
    place.needs(count <= MAX_MARK_CHARACTERS, WriteFault::TextLength)?;
    place.needs(mark.font < draft.fonts.len(), WriteFault::Index)?;
    place.needs((1..=MAX_LENGTH).contains(&mark.size), WriteFault::Length)?;
    let is_one_each = mark.advances.len() == count || mark.advances.len() + 1 == count;
    place.needs(is_one_each, WriteFault::Advances)?;
    place.needs(mark.glyphs.is_empty() || mark.glyphs.len() == count, WriteFault::Glyphs)?;
    let is_sound = mark.advances.iter().all(|advance| (0..=MAX_LENGTH).contains(advance));
    let last = if mark.advances.len() < count { mark.size } else { 0 };
    let length = mark.advances.iter().copied().chain([last]).map(i64::from).sum();
    place.needs(is_sound && length <= i64::from(MAX_LENGTH), WriteFault::Length)?;
    point(place, mark.origin, on)?;
    // Where the last character ends.
    let (x, y) = super::page::along(mark, length);
    let end = |value: i64| i32::try_from(value).map_err(|_| place.is(WriteFault::Length));
    point(place, Point { x: end(x)?, y: end(y)? }, on)
}

fn path_mark(place: Place, mark: &PathMark, on: Option<&PageDraft<'_>>) -> Result<(), WriteError> {
    let PathMark { steps, stroke, fill } = mark;
    place.needs(steps.len() <= MAX_PATH_STEPS, WriteFault::TooMany)?;
    let begins = matches!(steps.first(), Some(Step::Move(_))) && steps.len() > 1;
    place.needs(begins && (stroke.is_some() || fill.is_some()), WriteFault::Path)?;
    if let Some(stroke) = stroke {
        place.needs((1..=MAX_LENGTH).contains(&stroke.width), WriteFault::Length)?;
    }
    mark.points().try_for_each(|at| point(place, at, on))
}

fn point(place: Place, Point { x, y }: Point, on: Option<&PageDraft<'_>>) -> Result<(), WriteError> {
    let is_sound = |value: i32| (-MAX_LENGTH..=MAX_LENGTH).contains(&value);
    place.needs(is_sound(x) && is_sound(y), WriteFault::Length)?;
    let is_on = |page: &PageDraft<'_>| (0..=page.width).contains(&x) && (0..=page.height).contains(&y);
    place.needs(on.is_none_or(is_on), WriteFault::OffPage)
}

/// A rectangle of some size.
fn area(place: Place, area: Area, on: Option<&PageDraft<'_>>) -> Result<(), WriteError> {
    let is_side = |side: i32| (1..=MAX_LENGTH).contains(&side);
    place.needs(is_side(area.width) && is_side(area.height), WriteFault::Length)?;
    point(place, Point { x: area.x, y: area.y }, on)?;
    point(place, Point { x: area.right(), y: area.bottom() }, on)
}

/// A stamp on its page.
pub(super) fn stamp(place: Place, boundary: Area, width: i32, height: i32) -> Result<(), WriteError> {
    let page = PageDraft { width, height, marks: Vec::new(), watermarks: Vec::new() };
    area(place, boundary, Some(&page))
}
