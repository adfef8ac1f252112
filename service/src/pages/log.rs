//! Who looked at a holder's file or changed it, on the page of the file.

use boyin::Home;
use boyin::archive::Event;

use super::html::Html;
use super::{Lang, cell, clock, table_end, table_head};

/// A part of the log, oldest first.
pub(super) fn shown(lang: Lang, home: &Home, events: &[Event]) -> Html {
    let mut html = Html::new();
    let head = lang.say("谁查阅、变更过这份档案", "Who looked at this file or changed it");
    html.put("<h2 class=\"answered\">", head, "");
    html.put(lang.say("（本页 ", " (here: "), events.len(), lang.say(" 条）", ")")).raw("</h2>\n");
    if events.is_empty() {
        html.put("<p class=\"plain\">", lang.say("本页没有记录。", "No entries here."), "</p>\n");
        return html;
    }
    let caption =
        lang.say("从早到晚；本次查询随后也记入", "Oldest first; this look is entered here afterwards");
    table_head(&mut html, caption, &heads(lang));
    events.iter().for_each(|event| line(&mut html, lang, home, event));
    table_end(&mut html);
    html
}

fn heads(lang: Lang) -> [&'static str; 5] {
    [
        lang.say("时间", "When"),
        lang.say("单位、人员", "Office, person"),
        lang.say("做了什么", "What"),
        lang.say("事由", "What for"),
        lang.say("证照、说明", "License, details"),
    ]
}

fn line(html: &mut Html, lang: Lang, home: &Home, event: &Event) {
    let [_, who, what, why, of] = heads(lang);
    html.put("<tr><th scope=\"row\"><span class=\"nowrap\">", clock(event.at), "</span></th>");
    let office = home.offices().iter().find(|office| office.code == event.office);
    let office = office.map_or(event.office.as_str(), |office| office.name.as_str());
    cell(html, who).text(office).put(lang.say("，", ", "), &event.who, "");
    if let Some(second) = &event.second {
        html.put(lang.say("、", ", "), second, "");
    }
    html.raw("</td>");
    let code = event.what.code();
    cell(html, what).text(lang.of(event.what.name_zh(), "")).put(" <code>", code, "</code></td>");
    cell(html, why).text(&event.why).raw("</td>");
    cell(html, of);
    if let Some(id) = &event.license {
        html.put("<code>", id, "</code> ");
    }
    html.text(&event.detail).raw("</td></tr>\n");
}
