//! One decision that is kept, on a page of its own.

use axum::extract::State;
use axum::response::Response;
use boyin::Scope;

use super::form::purpose_field;
use super::html::Html;
use super::names::Words;
use super::trouble::{Trouble, part, wrong};
use super::{Asked, AskedQuery, Sent, decision, form, hint, page as whole_page, texts};
use crate::auth::{authorize, reader};
use crate::state::AppState;
use crate::window::{kept, told};

/// `GET /decision`
pub(super) async fn page(query: AskedQuery) -> Response {
    let asked = Asked::read(query);
    let lang = asked.lang();
    let mut html = Html::new();
    let words = lang.say(
        "凭判定编号查看一次判定及其签名回执。令牌须有 window:decide 权限。",
        "A decision with its signed receipt, by its number. The token needs window:decide.",
    );
    hint(&mut html, words);
    form::head(&mut html, lang, "/decision");
    html.put("<label>", lang.say("判定编号", "Number of the decision"), " <input name=\"number\"");
    html.raw(" class=\"number\" inputmode=\"numeric\" pattern=\"[0-9]+\" autocomplete=\"off\" required");
    html.put(" value=\"", asked.number.as_deref().unwrap_or_default(), "\"></label>\n");
    purpose_field(&mut html, lang, "");
    form::end(&mut html, lang, lang.say("查看", "Show"));
    whole_page(&asked, "/decision", lang.say("查看判定", "A decision"), &html)
}

/// `POST /decision`: the decision. It holds nothing personal.
pub(super) async fn answer(State(state): State<AppState>, sent: Sent) -> Response {
    let lang = sent.lang;
    part(lang, shown(&state, sent).await)
}

async fn shown(state: &AppState, sent: Sent) -> Result<Html, Trouble> {
    let Sent { lang, headers, body } = sent;
    let grant = authorize(state, &headers, Scope::WindowDecide).await?;
    let texts = texts(body)?;
    let text = |name: &str| texts.get(name).map(|text| text.trim()).unwrap_or_default();
    let reader = reader(&grant, text("purpose"))?;
    let event = text("number").parse::<u64>().map_err(|_| {
        wrong(lang, "number", "判定编号应为数字。", "The number of a decision is made of digits.")
    })?;
    let kept = kept(state, event, reader).await?;
    let mut told = told(&kept)?;
    Words::of(state, lang).await.put_into(&mut told["decision"]);
    Ok(decision::filed(lang, &kept, &told["decision"], &Html::new()))
}
