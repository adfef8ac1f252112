//! What a license of a holder's file looks like (照面): pictures that prove nothing, under the verdict of now.

use boyin::model::b64;
use boyin::{LicensePictures, PictureFault, TokenGrant};
use serde_json::Value;

use super::html::Html;
use super::{Lang, report};
use crate::auth::{looked_for, reader};
use crate::error::ApiError;
use crate::faces::PICTURE_DPI;
use crate::shared::{read_holder, read_id};
use crate::state::AppState;
use crate::views::HolderRequest;

/// With this field the face of the license of this identifier is asked for instead of the file.
pub(super) const FACE: &str = "face";

/// The button for the face of a license, within a table.
pub(super) fn button(html: &mut Html, lang: Lang, id: &str, title: &str) {
    let words = lang.say("看样式", "Show its face");
    html.put("<button type=\"submit\" form=\"ask\" class=\"small\" name=\"", FACE, "\" value=\"");
    html.put("", id, "\" aria-label=\"").put("", words, " · ").put("", title, "\">").put(
        "",
        words,
        "</button>",
    );
}

/// The face of one license of the holder, for somebody who may read the file.
pub(super) async fn shown(
    state: &AppState,
    grant: &TokenGrant,
    lang: Lang,
    id: &str,
    request: &HolderRequest,
) -> Result<Html, ApiError> {
    let faces = state.faces.clone().ok_or(ApiError::NotFound)?;
    let reader = reader(grant, &request.purpose)?;
    let holder = read_holder(&request.holder_code_type, &request.holder_code)?;
    let id = read_id(id)?;
    tracing::info!(reader = grant.name, license = id.as_str(), "license read as a picture");
    // Before the look: a clerk who waits in vain has looked for nothing.
    let turn = faces.turn().await;
    let drawn = state.run(move |lookup, now| {
        let made = lookup.license_pictures((&holder, &id), &reader, (&faces.making(), PICTURE_DPI), now);
        // Held until the work is done, also if nobody waits for it any more.
        drop(turn);
        made
    });
    let look = async { drawn.await?.ok_or(ApiError::NotFound) };
    Ok(card(lang, &looked_for(state, grant, look, |_| true).await?))
}

fn card(lang: Lang, pictures: &LicensePictures) -> Html {
    let answer: Value = serde_json::from_slice(&pictures.report.to_json()).expect("a report is JSON");
    let mut html = Html::new();
    report::open(&mut html, lang, &answer);
    match &pictures.pages {
        Ok(pages) => {
            html.put(
                "<p class=\"lead\">",
                lang.say(
                    "以下图片只供查看样式，不是电子证照，不能作为凭证，也不能证明任何事项。",
                    "These pictures show what the license looks like. They are no license and prove nothing.",
                ),
                "</p>\n",
            );
            for (number, page) in (1..).zip(pages) {
                picture(&mut html, lang, (number, pages.len()), page);
            }
        }
        Err(fault) => {
            html.put("<p class=\"lead\">", why_none(lang, fault), " ");
            html.put("<code>", fault.code(), "</code></p>\n");
        }
    }
    html.put(
        "<p><button type=\"submit\" form=\"ask\" class=\"small\">",
        lang.say("← 返回档案", "← Back to the file"),
        "</button></p>\n</article>\n",
    );
    html
}

fn picture(html: &mut Html, lang: Lang, (number, pages): (usize, usize), png: &[u8]) {
    html.put(
        "<figure class=\"face\"><img alt=\"",
        lang.say("证照样式图片，不能作为凭证", "A picture of the license, which proves nothing"),
        "\" src=\"data:image/png;base64,",
    );
    html.put("", b64::encode_padded(png), "\">\n<figcaption>");
    html.put("", lang.say("仅供查看样式，不能作为凭证", "A picture only: it proves nothing"), "");
    if pages > 1 {
        html.put(lang.say("（第 ", " (page "), number, lang.say(" 页，共 ", " of "));
        html.put("", pages, lang.say(" 页）", ")"));
    }
    html.raw("</figcaption></figure>\n");
}

/// Why there is no picture. The value that does not fit is named for the operator's sake, and not shown.
fn why_none(lang: Lang, fault: &PictureFault) -> String {
    match (lang, fault) {
        (Lang::En, fault) => fault.to_string(),
        (Lang::Zh, PictureFault::NotPassed) => "证照未通过核验，不予采信，不显示样式。".to_owned(),
        (Lang::Zh, PictureFault::NoType) => "现行证照类型清单中没有该类型，无法显示样式。".to_owned(),
        (Lang::Zh, _) => "无法绘制样式：字体缺字，或内容超出模板的版面。".to_owned(),
    }
}
