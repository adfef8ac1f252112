//! The report on an OFD document on the public page: the license that it carries, each document in it, each signature with its seal, and
//! where that stands.

use boyin::model::b64;
use boyin::verify::Check;
use boyin::{CheckedDocument, CopyTerm};
use boyin_ofd::{
    CheckMethod, DocumentReport, OfdNote, OfdVerdict, Protection, SignatureKind, SignatureReport, Stamp,
    ValueReport, millimeters,
};
use serde_json::Value;

use super::html::Html;
use super::{Lang, clock, hint, member, members, report};
use crate::seal_picture::{self, Form};
use crate::state::AppState;
use crate::uploads::FIRST_ENTRY;

/// Files of a kind that are shown; the report of the call has more.
const SHOWN_FILES: usize = 8;
/// Places of a signature that are shown.
const SHOWN_STAMPS: usize = 8;
/// Pages of a signature that are drawn.
const DRAWN_PAGES: usize = 4;
/// Pictures of seals that stand in one answer.
const SHOWN_PICTURES: usize = 8;
/// A sheet of A4, for a document that does not say how large its pages are.
const A4: [i64; 2] = [210_000, 297_000];

/// The report on what somebody presented.
pub(super) fn card(lang: Lang, state: &AppState, checked: &CheckedDocument) -> Html {
    let shown: Value = serde_json::from_slice(&checked.to_json()).expect("a report is JSON");
    let mut html = Html::new();
    report::open(&mut html, lang, &shown);
    copy(&mut html, lang, checked.copy());
    report::again(&mut html, lang);
    let names: Vec<_> = checked.ofd().checks().map(|(check, _)| check.name_zh()).collect();
    report::checks(&mut html, lang, None, &shown, &names);
    html.raw("</article>\n");
    if checked.license().is_some() {
        license(&mut html, lang, state, &shown["license"]);
    }
    let checked = checked.ofd();
    let mut pictures = SHOWN_PICTURES;
    for (place, (document, shown)) in checked.documents().iter().zip(members(&shown, "documents")).enumerate()
    {
        of_document(&mut html, lang, place, (document, shown), &mut pictures);
    }
    html
}

/// What an annotated copy is for, and until when, as whoever sealed it says.
fn copy(html: &mut Html, lang: Lang, copy: Option<&CopyTerm>) {
    let Some(copy) = copy else { return };
    html.raw("<dl class=\"facts\">\n");
    if let Some(purpose) = &copy.purpose {
        report::fact(html, lang.say("加注件用途", "Annotated copy for"), purpose);
    }
    report::fact(html, lang.say("加注件有效期至", "To be used until"), &clock(copy.until));
    html.raw("</dl>\n");
}

/// The license that a document carries: a seal says nothing of what happened to it since.
fn license(html: &mut Html, lang: Lang, state: &AppState, shown: &Value) {
    let code = member(shown, "verdict");
    html.put("<section class=\"plain\"><h3>", lang.say("所附证照：", "The license that it carries: "), "");
    html.put("<span class=\"", report::class(code), "\">").text(report::mark(code)).raw(" ");
    html.text(report::verdict(lang, code)).raw("</span></h3>\n");
    report::why(html, lang, shown);
    html.raw("<dl class=\"facts\">\n");
    report::license(html, lang, state, shown);
    if let Some(id) = shown["license"]["license_id"].as_str() {
        report::fact(html, lang.say("证照标识", "License"), id);
    }
    html.raw("</dl>\n");
    let of = lang.say("所附证照", "the license that it carries");
    report::checks(html, lang, Some(of), shown, &Check::ALL.map(Check::name_zh));
    html.raw("</section>\n");
}

fn of_document(
    html: &mut Html,
    lang: Lang,
    place: usize,
    (document, shown): (&DocumentReport, &Value),
    pictures: &mut usize,
) {
    html.put("<section class=\"plain\"><h3>", lang.say("文档 ", "Document "), "").text(place + 1);
    html.put(lang.say("：", ": "), document.pages(), lang.say(" 页", " pages")).raw("</h3>\n");
    notes(html, lang, document.notes());
    let names: Vec<_> = document.checks().map(|(check, _)| check.name_zh()).collect();
    let of = format!("{}{}", lang.say("文档 ", "document "), place + 1);
    report::checks(html, lang, Some(&of), shown, &names);
    for (nth, both) in document.signatures().iter().zip(members(shown, "signatures")).enumerate() {
        of_signature(html, lang, (place, nth), document, both, pictures);
    }
    html.raw("</section>\n");
}

fn of_signature(
    html: &mut Html,
    lang: Lang,
    place: (usize, usize),
    document: &DocumentReport,
    (signature, shown): (&SignatureReport, &Value),
    pictures: &mut usize,
) {
    let code = member(shown, "verdict");
    html.raw("<section class=\"signature ").raw(report::class(code)).put(
        "\">\n<h4>",
        kind(lang, signature),
        " ",
    );
    html.text(member(shown, "id")).raw(lang.say("：", ": "));
    html.put("<span class=\"", report::class(code), "\">").text(report::mark(code)).raw(" ");
    html.text(report::verdict(lang, code)).raw("</span></h4>\n");
    report::why(html, lang, shown);
    if code != "passed" {
        let words = lang.say(
            "签名未通过：以下印章名称、编码和时间为文件自称，未经证实。",
            "The signature did not pass: name, number and time below are what the file says, and nobody vouches for them.",
        );
        hint(html, words);
    }
    facts(html, lang, signature, shown);
    notes(html, lang, signature.notes());
    for (name, words) in [
        ("changed", lang.say("签名后被改动的文件", "Changed since it was signed")),
        ("uncovered", lang.say("显示而未被保护的文件", "Shown and not covered")),
        ("unreferenced", lang.say("夹带的文件", "Neither shown nor covered")),
    ] {
        files(html, lang, words, &shown[name]);
    }
    seal(html, lang, place, document, (signature, shown), pictures);
    let names: Vec<_> = signature.checks().map(|(check, _)| check.name_zh()).collect();
    let (of, nth) = (place.0 + 1, place.1 + 1);
    let of = match lang {
        Lang::Zh => format!("文档 {of} 签名 {nth}"),
        Lang::En => format!("document {of}, signature {nth}"),
    };
    report::checks(html, lang, Some(&of), shown, &names);
    html.raw("</section>\n");
}

fn kind(lang: Lang, signature: &SignatureReport) -> &'static str {
    match signature.kind() {
        SignatureKind::Seal => lang.say("电子签章", "Seal signature"),
        SignatureKind::Sign => lang.say("数字签名（无印章）", "Digital signature, without a seal"),
    }
}

/// What a signature says, and how it covers the document.
fn facts(html: &mut Html, lang: Lang, signature: &SignatureReport, shown: &Value) {
    html.raw("<dl class=\"facts\">\n");
    if let Some(face) = signature.face() {
        report::fact(html, lang.say("印章名称", "Name of the seal"), &face.name);
    }
    match signature.value() {
        Some(ValueReport::Seal(seal)) => {
            if let Some(id) = &seal.subject().id {
                report::fact(html, lang.say("印章编码", "Number of the seal"), id);
            }
        }
        Some(ValueReport::SignedData(signed)) => {
            if let Some(digest) = signed.certificate() {
                let name = lang.say(
                    "签名证书（未核对属于何人）",
                    "Certificate of the signer (nobody asked whose it is)",
                );
                report::fact(html, name, digest);
            }
        }
        None => {}
    }
    if let Some(at) = signature.signed_at() {
        report::fact(html, lang.say("签章时间（签章人自称）", "Signed at (the signer's word)"), &clock(at));
    }
    if let Some(method) = signature.method().map(CheckMethod::code) {
        report::fact(html, lang.say("摘要算法", "Digest"), method);
    }
    if let Some(protection) = signature.protection() {
        let words = match protection {
            Protection::Whole => lang.say("全文：其后不得再签章", "whole: no signature may follow"),
            Protection::Continued => lang.say(
                "可续签：其后的签章可能被摘除而不留痕迹",
                "continued: others may follow, and be taken out without a trace",
            ),
        };
        report::fact(html, lang.say("保护方式", "Protection"), words);
    }
    let covers: Vec<_> = members(shown, "covers").filter_map(Value::as_str).collect();
    if !covers.is_empty() {
        report::fact(html, lang.say("同时保护的签名", "Covers the signatures"), &covers.join(", "));
    }
    html.raw("</dl>\n");
}

fn notes(html: &mut Html, lang: Lang, notes: &[OfdNote]) {
    for note in notes {
        html.put("<p class=\"hint\">", lang.say("提示：", "Note: "), "").text(note_words(lang, *note));
        html.put(" <code>", note.code(), "</code></p>\n");
    }
}

fn note_words(lang: Lang, note: OfdNote) -> &'static str {
    match note {
        OfdNote::KindDiffers => {
            lang.say("签名列表所称的类型与实际不符。", "The list calls it a signature of the other kind.")
        }
        OfdNote::PropertyDiffers => lang.say(
            "签章内记载的签章对象路径与实际不符。",
            "The seal signature names what it is over by another path.",
        ),
        OfdNote::StampOffPage => {
            lang.say("印章所在页不在文档中。", "A stamp is on a page that the document does not have.")
        }
        OfdNote::RidingStamp => lang.say("骑缝章。", "One stamp over the edges of several pages."),
        OfdNote::NameCase => lang.say(
            "文档引用的文件名大小写与实际不一致，个别软件可能找不到该文件。",
            "The document names a file with other capital letters than it has: not every program finds it.",
        ),
        OfdNote::NoSeal => lang.say(
            "没有通过核验的印章：签名属于何人只见于其证书。",
            "None of the signatures that passed is a seal: whose they are, only their certificates say.",
        ),
    }
}

/// Files of one kind, as the report names them.
fn files(html: &mut Html, lang: Lang, words: &'static str, list: &Value) {
    let Some(count) = list["count"].as_u64() else { return };
    html.put("<p>", words, "").put(lang.say("（", " ("), count, lang.say("）：", "): ")).raw("</p>\n<ul>");
    for entry in members(list, "entries").take(SHOWN_FILES) {
        html.raw("<li>");
        match entry["name"].as_str() {
            Some(name) => html.put("<code>", name, "</code>"),
            // Its name may be a person's.
            None => html.text(lang.say("文件序号 ", "file number ")).text(&entry["place"]),
        };
        html.raw("</li>");
    }
    html.raw("</ul>\n");
}

/// Where a signature is shown, and, if it passed, the picture that its seal holds.
fn seal(
    html: &mut Html,
    lang: Lang,
    place: (usize, usize),
    document: &DocumentReport,
    (signature, shown): (&SignatureReport, &Value),
    pictures: &mut usize,
) {
    let picture = picture(signature).filter(|_| *pictures > 0);
    html.raw("<div class=\"places\">\n");
    if let Some((bytes, form)) = picture {
        *pictures -= 1;
        held(html, lang, place, bytes, form);
    }
    let stamps = signature.stamps();
    let mut pages: Vec<&str> = Vec::new();
    for stamp in stamps {
        if pages.len() < DRAWN_PAGES && !pages.contains(&stamp.page.as_str()) {
            pages.push(&stamp.page);
        }
    }
    for page in pages {
        let here: Vec<_> = stamps.iter().filter(|stamp| stamp.page == page).take(SHOWN_STAMPS).collect();
        let size = document.page_size(page).or_else(|| within(A4, &here).then_some(A4));
        if let Some(size) = size {
            drawn(html, lang, size, &here, picture.is_some().then_some(place));
        }
    }
    html.raw("</div>\n");
    if signature.face().is_some() && picture.is_none() {
        hint(html, not_shown(lang, signature));
    }
    stamp_list(html, lang, stamps, &shown["stamps"]);
}

/// Why there is no picture of a seal.
fn not_shown(lang: Lang, signature: &SignatureReport) -> &'static str {
    if vouched(signature).is_some_and(|picture| picture.starts_with(FIRST_ENTRY)) {
        return lang.say(
            "印章图样不显示：它本身是一份 OFD 文件（如税务印章），本页不能绘制。",
            "The picture of the seal is not shown: it is an OFD document itself, as in tax seals, which this page cannot draw.",
        );
    }
    lang.say(
        "印章图样不显示：只显示通过核验的签章中大小适中的 PNG、JPG、GIF、BMP 图样。",
        "The picture of the seal is not shown: only PNG, JPG, GIF and BMP of a moderate size in a signature that passed are.",
    )
}

/// The places in words.
fn stamp_list(html: &mut Html, lang: Lang, stamps: &[Stamp], shown: &Value) {
    if stamps.is_empty() {
        return;
    }
    html.raw("<ul class=\"items\">");
    for (stamp, shown) in stamps.iter().zip(members(shown, "entries")).take(SHOWN_STAMPS) {
        let [left, top, width, height] = stamp.boundary.map(millimeters);
        html.put("<li>", lang.say("页 ID ", "Page with the ID "), "").text(member(shown, "page"));
        html.put(lang.say("：距左 ", ": "), left, lang.say(" 毫米，距上 ", " mm from the left, "));
        html.put("", top, lang.say(" 毫米，", " mm from the top, ")).put("", width, " × ");
        html.put("", height, lang.say(" 毫米", " mm")).raw("</li>");
    }
    html.raw("</ul>\n");
    // A report keeps the first of them, and counts all.
    let count = shown["count"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(stamps.len());
    if let Some(more) = count.checked_sub(SHOWN_STAMPS).filter(|more| *more > 0) {
        html.put("<p class=\"hint\">", lang.say("另有处数：", "Further places: "), "")
            .text(more)
            .raw("</p>\n");
    }
}

/// The picture of a seal, which a report bounds. Only of a signature that passed: what is shown is what a maker of seals signed, and no picture of
/// a stranger.
fn vouched(signature: &SignatureReport) -> Option<&[u8]> {
    let face = signature.face().filter(|_| signature.verdict() == OfdVerdict::Passed)?;
    face.picture.as_deref()
}

/// The same if it is one that browsers draw.
fn picture(signature: &SignatureReport) -> Option<(&[u8], Form)> {
    let picture = vouched(signature)?;
    Some((picture, seal_picture::form(picture)?))
}

/// The picture that a seal holds, once; the pages refer to it.
fn held(html: &mut Html, lang: Lang, place: (usize, usize), picture: &[u8], form: Form) {
    let [width, height] = form.sides;
    let sides = |html: &mut Html, before: &'static str| {
        html.put(before, width, "\" height=\"").put("", height, "\"");
    };
    let words = lang.say("印章图样", "Picture of the seal");
    html.put("<figure class=\"seal\"><svg role=\"img\" aria-label=\"", words, "\" viewBox=\"0 0 ");
    html.put("", width, " ").put("", height, "\"><defs><symbol id=\"").text(name(place));
    html.put("\" preserveAspectRatio=\"none\" viewBox=\"0 0 ", width, " ").put("", height, "\"><image");
    sides(html, " width=\"");
    html.put(" preserveAspectRatio=\"none\" href=\"data:", form.media_type, ";base64,");
    html.put("", b64::encode_padded(picture), "\"/>");
    html.put("</symbol></defs><use href=\"#", name(place), "\"");
    sides(html, " width=\"");
    html.raw("/></svg>\n<figcaption>");
    html.text(lang.say(
        "图样取自签章内的印章，不是文件页面的截图。",
        "It is what the seal holds, and no picture of the page.",
    ));
    html.raw("</figcaption></figure>\n");
}

/// How the picture of a signature is referred to within the answer.
fn name((document, signature): (usize, usize)) -> String {
    format!("seal-{document}-{signature}")
}

/// Whether all stamps are within a sheet.
fn within([width, height]: [i64; 2], stamps: &[&Stamp]) -> bool {
    stamps.iter().all(|stamp| {
        let [left, top, across, down] = stamp.boundary;
        left >= 0 && top >= 0 && left + across <= width && top + down <= height
    })
}

/// A page in proportion, in thousandths of a millimeter, with the places of a signature; `seal` is whose picture stands there.
fn drawn(
    html: &mut Html,
    lang: Lang,
    [width, height]: [i64; 2],
    stamps: &[&Stamp],
    seal: Option<(usize, usize)>,
) {
    let words = lang.say("印章在页面上的位置（示意）", "Where the seal stands on the page (a sketch)");
    html.put("<figure><svg role=\"img\" aria-label=\"", words, "\" viewBox=\"0 0 ");
    html.put("", width, " ").put("", height, "\">");
    for stamp in stamps {
        let [left, top, across, down] = stamp.boundary;
        if let Some(seal) = seal {
            // Of a stamp over the edges of several pages a part is here.
            let [x, y, part_across, part_down] = stamp.clip.unwrap_or([0, 0, across, down]);
            html.put("<svg x=\"", left + x, "\" y=\"").put("", top + y, "\" width=\"");
            html.put("", part_across, "\" height=\"").put("", part_down, "\" viewBox=\"");
            html.put("", x, " ").put("", y, " ").put("", part_across, " ").put("", part_down, "\">");
            html.put("<use href=\"#", name(seal), "\" width=\"").put("", across, "\" height=\"");
            html.put("", down, "\"/></svg>");
        }
        html.put("<rect class=\"stamp\" x=\"", left, "\" y=\"").put("", top, "\" width=\"");
        html.put("", across, "\" height=\"").put("", down, "\"/>");
    }
    html.put("</svg><figcaption>", millimeters(width), " × ").put("", millimeters(height), "");
    html.text(lang.say(" 毫米，示意", " mm, a sketch")).raw("</figcaption></figure>\n");
}
