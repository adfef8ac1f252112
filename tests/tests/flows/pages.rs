//! The pages: what stands on them, what does not, and what the log keeps.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use boyin::Scope;
use boyin::archive::{Grade, MAX_PAGE};
use serde_json::{Value, json};

use crate::clients::Answer;
use crate::log::Log;
use crate::office::{HOLDER, citizen, now};
use crate::window::{collect, looks, person};
use crate::window_http::{Beside, CLERK, PURPOSE};

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>";

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// Nothing that came from elsewhere is markup, and nothing runs or styles but the two files.
fn is_clean(answer: &Answer, place: &str) {
    let text = text(answer);
    assert!(!text.contains("<img"), "{place}: {text}");
    assert!(!text.contains("<script>") && !text.contains("onerror='"), "{place}: {text}");
    assert_eq!(
        text.matches("<script").count(),
        text.matches("<script src=\"/app.js\" defer>").count(),
        "{place}"
    );
    assert!(!text.contains(" style=") && !text.contains("<style"), "{place}");
    let headers = &answer.headers;
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{place}");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{place}");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{place}");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(rule), "{place}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{place}: {policy}");
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn each_page_is_there_in_both_languages() {
    let site = Beside::new();
    for (path, zh, en) in [
        ("/", "电子证照一体化平台", "Electronic licenses"),
        ("/verify", "核验", "Verify"),
        ("/window", "免证办窗口", "Window: which papers may be asked for"),
        ("/window?item=senior-benefit", "老年人优待证办理", "Card for senior citizens"),
        ("/file", "调取“一人一档、一企一档”", "A holder&#39;s file"),
        ("/meter", "免提交率", "How much did not have to be submitted"),
        ("/follow-ups", "承诺核查", "Commitments to check"),
        ("/decision", "查看判定", "A decision"),
        ("/decision?number=7", "value=\"7\"", "value=\"7\""),
        ("/seals", "电子印章备案", "Register of seals"),
    ] {
        let more = if path.contains('?') { '&' } else { '?' };
        for (place, lang, title) in
            [(path.to_owned(), "zh-CN", zh), (format!("{path}{more}lang=en"), "en", en)]
        {
            let answer = site.get(&place, None).await;
            assert_eq!(answer.status, StatusCode::OK, "{place}");
            is_clean(&answer, &place);
            let text = text(&answer);
            assert!(text.contains(&format!("<html lang=\"{lang}\">")), "{place}");
            assert_eq!(text.matches("<h1>").count(), 1, "{place}");
            assert!(text.contains(title), "{place}: {title}");
            assert!(text.contains("<a class=\"skip\" href=\"#main\">") && text.contains("<main id=\"main\""));
            // Each field that is shown has a label.
            let fields =
                ["<input", "<select", "<textarea"].map(|tag| text.matches(tag).count()).iter().sum::<usize>();
            let hidden = text.matches("type=\"hidden\"").count();
            assert_eq!(text.matches("<label").count(), fields - hidden, "{place}");
        }
    }
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let site = Beside::new();
    let hostile = encoded(HOSTILE);
    for path in ["/window?q=", "/window?item=", "/seals?q=", "/decision?number=", "/?lang=", "/verify?lang="]
    {
        let place = format!("{path}{hostile}");
        is_clean(&site.get(&place, None).await, &place);
    }
    let missing = site.get(&format!("/window?item={hostile}"), None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(text(&site.get(&format!("/window?q={hostile}"), None).await).contains("&lt;script&gt;alert(1)"));
    is_clean(&site.post("/verify", HOSTILE).await, "/verify");
    is_clean(&site.post("/verify", format!("BY1:{HOSTILE}")).await, "/verify, code");

    collect(&site.desk, HOSTILE, HOSTILE, Grade::A);
    site.served.lookup.refresh(now()).unwrap();
    let file = site.act("/file", Scope::HolderRead, "", &ask_file()).await;
    assert_eq!(file.status, StatusCode::OK);
    is_clean(&file, "/file");
    assert!(text(&file).contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for (path, scope) in [
        ("/window", Scope::WindowDecide),
        ("/file", Scope::HolderRead),
        ("/meter", Scope::MeterRead),
        ("/follow-ups", Scope::WindowDecide),
    ] {
        let fields = [
            "item",
            "division",
            "purpose",
            "by",
            "behind",
            "until",
            "number.applicant",
            "holder_code",
            HOSTILE,
        ];
        let body: Value = fields
            .iter()
            .map(|name| ((*name).to_owned(), json!(HOSTILE)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let answer = site.act(path, scope, "k", &body).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        is_clean(&answer, path);
    }
}

fn ask_file() -> Value {
    json!({ "holder_code_type": "111", "holder_code": citizen().as_str(), "purpose": PURPOSE })
}

fn ask_window() -> Value {
    json!({
        "item": "senior-benefit", "division": "652701", "purpose": PURPOSE, "channel": "window",
        "type.applicant": "111", "number.applicant": format!(" {} ", citizen().as_str()), "name.applicant": "",
        "form.plate": " ",
    })
}

#[tokio::test]
async fn the_window_answers_on_one_screen() {
    let site = Beside::new();
    let form = text(&site.get("/window?item=senior-benefit", None).await);
    for field in
        ["number.applicant", "type.applicant", "name.applicant", "division", "purpose", "token", "channel"]
    {
        assert!(form.contains(&format!("name=\"{field}\"")), "{field}");
    }
    let answer = site.act("/window", Scope::WindowDecide, "k", &ask_window()).await;
    assert_eq!(answer.status, StatusCode::OK);
    is_clean(&answer, "/window");
    let shown = text(&answer);
    for words in
        ["无须提交任何证明材料", "申请人居民身份证", "数据共享", "近期免冠照片", "直接取消", "测试市公安局"]
    {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!shown.contains(citizen().as_str()) && !shown.contains(HOLDER), "{shown}");
    assert_eq!(looks(&site.desk, &person(&citizen())), ["1"]);
    let english = site.act("/window?lang=en", Scope::WindowDecide, "k", &ask_window()).await;
    assert!(
        text(&english).contains("Nothing has to be submitted") && text(&english).contains("decided before")
    );

    // Something is missing: why, what comes next, who.
    let stranger = crate::window::stranger(1);
    let mut missing = ask_window();
    missing["number.applicant"] = json!(stranger.as_str());
    missing["name.applicant"] = json!("某人");
    let shown = text(&site.act("/window", Scope::WindowDecide, "k2", &missing).await);
    for words in ["有材料须提交", "not_on_file", "下一步：", "责任：首问责任单位"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    missing["name.applicant"] = json!("");
    let nameless = site.act("/window", Scope::WindowDecide, "k3", &missing).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&nameless).contains("party_name") && text(&nameless).contains("未作判定"));
    let conflict = site.act("/window", Scope::WindowDecide, "k", &missing).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_page_leads_to_the_field_that_is_wrong() {
    let site = Beside::new();
    let form = text(&site.get("/window?item=senior-benefit", None).await);
    for field in ["delegation", "agent_code_type", "agent_code"] {
        assert!(form.contains(&format!("name=\"{field}\"")), "{field}");
    }
    // Where a party is named as the agent, its number is asked for once.
    let named = text(&site.get("/window?item=enterprise-start", None).await);
    assert!(named.contains("name=\"number.agent\"") && !named.contains("name=\"agent_code\""));
    let mistyped = json!("652701198503159980");
    for (changes, field) in [
        (json!({ "number.applicant": mistyped }), "number.applicant"),
        (json!({ "delegation": "1", "agent_code_type": "111", "agent_code": mistyped }), "agent_code"),
        (json!({ "delegation": "1", "agent_code_type": "111" }), "agent_code"),
        (json!({ "agent_code_type": "111", "agent_code": citizen().as_str() }), "delegation"),
    ] {
        let mut asked = ask_window();
        asked.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let answer = site.act("/window", Scope::WindowDecide, "k", &asked).await;
        let shown = text(&answer);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}: {shown}");
        assert!(shown.contains(&format!("data-field=\"{field}\"")), "{field}: {shown}");
        assert!(shown.contains("role=\"alert\"") && !shown.contains("652701198503159980"), "{shown}");
    }
    let mut asked = ask_file();
    asked["holder_code"] = mistyped;
    let shown = text(&site.act("/file?lang=en", Scope::HolderRead, "", &asked).await);
    assert!(shown.contains("data-field=\"holder_code\"") && shown.contains("compare each digit"), "{shown}");
    assert!(looks(&site.desk, &person(&citizen())).is_empty());
    // The kind alone, which is always chosen, says that nobody acts for the holder.
    let mut asked = ask_window();
    asked["agent_code_type"] = json!("111");
    assert_eq!(site.act("/window", Scope::WindowDecide, "k", &asked).await.status, StatusCode::OK);
    // A refusal is told in one language.
    asked["agent_code"] = json!(crate::delegation::agent().as_str());
    asked["delegation"] = json!("424242");
    let refused = site.act("/window", Scope::WindowDecide, "k2", &asked).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(text(&refused).contains("<p class=\"lead\">委托不存在</p>"), "{}", text(&refused));
}

#[tokio::test]
async fn a_file_is_shown_to_whoever_may_read_it() {
    let site = Beside::new();
    let answer = site.act("/file", Scope::HolderRead, "", &ask_file()).await;
    let shown = text(&answer);
    assert!(
        shown.contains(HOLDER) && shown.contains("2040-05-06") && shown.contains("class=\"passed\""),
        "{shown}"
    );
    for scope in [Scope::LicenseRead, Scope::WindowDecide] {
        let refused = site.act("/file", scope, "", &ask_file()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(!text(&refused).contains(HOLDER));
    }
    let stranger = site.post("/file", ask_file().to_string()).await;
    assert_eq!(
        (stranger.status, &stranger.headers[header::WWW_AUTHENTICATE]),
        (StatusCode::UNAUTHORIZED, &"Bearer".parse().unwrap())
    );
    // No form makes a read without what for.
    let mut silent = ask_file();
    silent["purpose"] = json!("");
    assert_eq!(site.act("/file", Scope::HolderRead, "", &silent).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_page_of_a_file_shows_who_looked_at_it() {
    let site = Beside::new();
    let file = text(&site.act("/file", Scope::HolderRead, "", &ask_file()).await);
    assert!(file.contains("name=\"log_after\" value=\"0\""), "{file}");
    let log = async |lang: &str, after: &str| {
        site.desk.take_reads(now()).unwrap();
        site.served.lookup.refresh(now()).unwrap();
        let mut asked = ask_file();
        asked["log_after"] = json!(after);
        site.act(&format!("/file{lang}"), Scope::HolderRead, "", &asked).await
    };
    let first = log("", "0").await;
    is_clean(&first, "/file, log");
    let shown = text(&first);
    for words in ["签发", "查阅档案", "测试市公安局", CLERK, PURPOSE, "2026-06-01 09:00:00", "holder_read"]
    {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!shown.contains("holder_log_read") && !shown.contains("name=\"log_after\""), "{shown}");
    assert!(!shown.contains(citizen().as_str()) && !shown.contains(HOLDER), "{shown}");
    let english = text(&log("?lang=en", "0").await);
    assert!(english.contains("Office, person") && english.contains("holder_log_read"), "{english}");
    assert!(!english.contains("查阅档案"), "{english}");
    // Of a long log a part at a time.
    for _ in 0..MAX_PAGE {
        site.act("/file", Scope::HolderRead, "", &ask_file()).await;
    }
    let long = text(&log("", "0").await);
    let (_, rest) = long.split_once("name=\"log_after\" value=\"").unwrap();
    let next = rest.split('"').next().unwrap();
    let rest = text(&log("", next).await);
    assert!(rest.contains("查阅档案") && !rest.contains("签发"), "{rest}");
    let empty = text(&log("", "99999").await);
    assert!(empty.contains("本页没有记录"), "{empty}");
    assert_eq!(log("", "x").await.status, StatusCode::BAD_REQUEST);
    let mut silent = ask_file();
    (silent["log_after"], silent["purpose"]) = (json!("0"), json!(""));
    assert_eq!(site.act("/file", Scope::HolderRead, "", &silent).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_meter_page_leads_down_to_the_decisions() {
    let site = Beside::new();
    site.act("/window", Scope::WindowDecide, "k", &ask_window()).await;
    site.decide_often(1);
    let show = async |body: Value| text(&site.act("/meter", Scope::MeterRead, "", &body).await);
    let figures = show(json!({ "by": "item" })).await;
    for words in ["老年人优待证办理", "50.0% (1/2)", "<svg class=\"bar\"", "居民身份证"] {
        assert!(figures.contains(words), "{words} in {figures}");
    }
    // Each button says what it leads to, and so many stand there.
    let mut led = 0;
    for (page, by) in [(figures, "item"), (show(json!({ "by": "next" })).await, "next")] {
        let buttons: Vec<_> = page.split("name=\"behind\" value=\"").skip(1).collect();
        assert!(buttons.len() > 4, "{page}");
        for button in buttons {
            let (value, rest) = button.split_once("\" aria-label=\"").unwrap();
            let number = rest.split_once(" · ").unwrap().0.rsplit(' ').next().unwrap();
            let behind = value.replace("&amp;", "&");
            let listed = show(json!({ "by": by, "behind": behind })).await;
            assert!(listed.contains(&format!("data-count=\"{number}\"")), "{behind}: {number} in {listed}");
            let rows = listed.matches("<tr><th scope=\"row\">").count();
            if behind.contains("figure=transactions") {
                assert_eq!(rows.to_string(), number, "{behind}");
            } else if !behind.contains("figure=types") {
                assert_eq!(
                    listed.matches("<code class=\"counted\">").count().to_string(),
                    number,
                    "{behind}"
                );
            }
            assert!(rows > 0, "{behind}");
            led += 1;
        }
    }
    assert!(led > 12, "{led}");
    // Within a month, and one in which nothing was decided.
    let month = now().date().to_string()[..7].to_owned();
    let within = show(json!({ "by": "county", "item": "senior-benefit", "month": month })).await;
    assert!(within.contains("50.0% (1/2)") && within.contains(&format!("&amp;month={month}")), "{within}");
    assert!(!show(json!({ "by": "county", "month": "1999-01" })).await.contains("50.0%"));
    for behind in ["by", "by=person", "by=item&outcome=maybe", "by=item&after=y", "of=x", "figure=people"] {
        let answer = site.act("/meter", Scope::MeterRead, "", &json!({ "behind": behind })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{behind}");
    }
}

#[tokio::test]
async fn a_listed_decision_leads_to_its_own_page_if_the_token_may_read_it() {
    let site = Beside::new();
    site.act("/window", Scope::WindowDecide, "k", &ask_window()).await;
    site.served.lookup.refresh(now()).unwrap();
    let behind = json!({ "behind": "figure=transactions" });
    let plain = text(&site.act("/meter", Scope::MeterRead, "", &behind).await);
    assert!(!plain.contains("/decision?number="), "{plain}");
    let both = [Scope::MeterRead, Scope::WindowDecide];
    let leading = text(&site.act_of_both("/meter", both, &behind).await);
    let (_, rest) = leading.split_once("<a href=\"/decision?number=").unwrap();
    let number = rest.split_once('"').unwrap().0;

    let show = async |number: &str, purpose: &str| {
        let body = json!({ "number": number, "purpose": purpose });
        site.act("/decision", Scope::WindowDecide, "", &body).await
    };
    let shown = show(number, PURPOSE).await;
    assert_eq!(shown.status, StatusCode::OK);
    let page = text(&shown);
    assert!(
        page.contains("无须提交任何证明材料") && page.contains(&format!("<strong>{number}</strong>")),
        "{page}"
    );
    assert!(!page.contains(citizen().as_str()) && !page.contains(HOLDER), "{page}");
    assert_eq!(show("1", PURPOSE).await.status, StatusCode::NOT_FOUND);
    assert_eq!(show(number, " ").await.status, StatusCode::BAD_REQUEST, "nobody reads without what for");
    let mistyped = show("x", PURPOSE).await;
    assert!(text(&mistyped).contains("data-field=\"number\""));
}

#[tokio::test]
async fn the_public_page_tells_what_it_was_given() {
    let site = Beside::new();
    let license = site.desk.archive().get(&site.card).unwrap().unwrap().credential;
    let shown = text(&site.post("/verify", license).await);
    assert!(
        shown.contains("card passed") && shown.contains("数字签名") && !shown.contains(HOLDER),
        "{shown}"
    );
    let told = site
        .act(
            "/v1/decisions",
            Scope::WindowDecide,
            "k",
            &json!({
                "item": "senior-benefit", "division": "652701", "purpose": PURPOSE,
                "parties": { "applicant": { "holder_code_type": "111", "holder_code": citizen().as_str() } },
            }),
        )
        .await
        .json();
    let receipt = told["receipt"].as_str().unwrap().to_owned();
    let shown = text(&site.post("/verify", receipt.clone()).await);
    assert!(shown.contains("card passed") && shown.contains("无须提交任何证明材料"), "{shown}");
    let forged = receipt.rsplit_once('.').unwrap().0.to_owned() + "." + &"A".repeat(86);
    let shown = text(&site.post("/verify", forged).await);
    assert!(shown.contains("card failed") && !shown.contains("无须提交任何证明材料"), "{shown}");
    assert!(shown.contains("回执的签名不符"), "{shown}");
    let nonsense = text(&site.post("/verify?lang=en", "nonsense").await);
    assert!(nonsense.contains("card failed") && nonsense.contains("Next step: "), "{nonsense}");
    // What cannot be decoded is told in the language of the page, with the age of the list.
    let refused = async |place: &str| text(&site.post(place, "BY1:BB8").await);
    let told = [("/verify", "本版本不认识该亮证码的格式"), ("/verify?lang=en", "is not known here")];
    for ((place, words), (_, other)) in told.into_iter().zip(told.into_iter().rev()) {
        let shown = refused(place).await;
        assert!(shown.contains("code_form_unknown") && shown.contains(words), "{shown}");
        assert!(!shown.contains(other), "{shown}");
    }
    assert!(refused("/verify").await.contains("信任列表：清单制作不到 1 小时"));
    site.served.wait(51 * 3600);
    assert!(refused("/verify").await.contains("信任列表：清单已制作 2 天 3 小时"));
    assert!(refused("/verify?lang=en").await.contains("Trust list: made 2 d 3 h ago"));
}

#[tokio::test]
async fn the_page_of_seals_shows_what_the_trust_list_says() {
    let prefecture = crate::seals::staffed();
    crate::sealing::sealed(&prefecture);
    let lookup = Arc::new(prefecture.lookup());
    let list = lookup.registry().trust().list().clone();
    let state = boyin_service::AppState::new(lookup, prefecture.home.tokens().unwrap());
    let state = state.with_clock(Arc::new(|| crate::seals::at(5)));
    let seal = &list.seals[0];
    let get = async |path: &str| {
        use http_body_util::BodyExt as _;
        use tower::ServiceExt as _;
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        let body = boyin_service::router(state.clone()).oneshot(request).await.unwrap().into_body();
        String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    };
    let shown = get("/seals").await;
    assert!(shown.contains(&seal.id.to_string()) && shown.contains(&seal.versions[0].digest), "{shown}");
    assert!(shown.contains("使用中"), "{shown}");
    let found = get(&format!("/seals?q={}", seal.issuer.as_str())).await;
    assert!(found.contains(&seal.id.to_string()));
    assert!(!get("/seals?q=none").await.contains(&seal.id.to_string()));
}

#[tokio::test]
async fn the_log_says_who_decided_and_never_of_whom() {
    let site = Beside::new();
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let decided = site.act("/window", Scope::WindowDecide, "key-of-an-act", &ask_window()).await;
    assert_eq!(decided.status, StatusCode::OK);
    let mut wrong = ask_window();
    wrong["item"] = json!("none");
    site.act("/window", Scope::WindowDecide, "k2", &wrong).await;
    site.act("/file", Scope::HolderRead, "", &ask_file()).await;
    site.get(&format!("/window?item={}", citizen().as_str()), None).await;
    site.post("/verify", format!("BY1:{}", citizen().as_str())).await;
    drop(guard);
    let log = log.text();
    assert!(log.contains(CLERK) && log.contains("decided on papers"), "{log}");
    for personal in [citizen().as_str(), HOLDER, "key-of-an-act", site.token(Scope::WindowDecide)] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}
