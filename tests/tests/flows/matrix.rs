//! Who may call what: every role against every call, each cell stated.

use axum::body::Body;
use axum::http::{Method, Request, header};
use boyin::Scope;
use boyin::access::{Client, ClientScope};
use boyin::model::b64;
use boyin::model::sharing::SharingScope;
use boyin::suite::{Algorithm, SystemRandom};
use boyin_service::OPENAPI;
use serde_json::{Value, json};

use crate::clients::{Served, client, token, words};
use crate::office::{citizen, market, now, police};
use crate::shared::{PURPOSE, Site, type_of};
use crate::signer::client_key;

/// Columns: nobody, a wrong token, clerks with `license:read`, `holder:read`, `holder:authorize`, `window:decide`, `meter:read`,
/// clients with `share:license`, `share:holder`, `share:check`, `share:file`, and one that was removed after it got its token.
const ROLES: usize = 12;

/// Each call with what the roles get, beside no desk. 200 is an answer; `/gbt36906` answers 200 with a status of its own. Whoever may
/// decide is told that there is no desk (503), or no such decision (404).
const MATRIX: [(&str, &str, [u16; ROLES]); 33] = [
    ("POST", "/v1/verify", [200; ROLES]),
    ("GET", "/v1/trust-list", [200; ROLES]),
    ("GET", "/v1/trust-list/handovers", [200; ROLES]),
    ("GET", "/v1/status-lists/{id}", [200; ROLES]),
    ("GET", "/v1/health", [200; ROLES]),
    ("GET", "/v1/licenses/{id}", [401, 401, 200, 403, 403, 403, 403, 403, 403, 403, 403, 401]),
    ("POST", "/v1/holders/licenses", [401, 401, 403, 200, 403, 403, 403, 403, 403, 403, 403, 401]),
    ("POST", "/v1/authorizations", [401, 401, 403, 403, 200, 403, 403, 403, 403, 403, 403, 401]),
    // Without a body whoever may call it is told so.
    ("POST", "/v1/authorizations/delegated", [401, 401, 403, 403, 400, 403, 403, 403, 403, 403, 403, 401]),
    ("POST", "/v1/shared/licenses", [401, 401, 403, 403, 403, 403, 403, 200, 403, 403, 403, 401]),
    ("POST", "/v1/shared/holders", [401, 401, 403, 403, 403, 403, 403, 403, 200, 403, 403, 401]),
    ("POST", "/v1/shared/checks", [401, 401, 403, 403, 403, 403, 403, 403, 403, 200, 403, 401]),
    ("GET", "/v1/items", [200; ROLES]),
    ("GET", "/v1/items/{code}", [200; ROLES]),
    ("POST", "/v1/decisions", [401, 401, 403, 403, 403, 503, 403, 403, 403, 403, 403, 401]),
    ("GET", "/v1/decisions/{number}", [401, 401, 403, 403, 403, 404, 403, 403, 403, 403, 403, 401]),
    ("GET", "/v1/decisions/follow-ups", [401, 401, 403, 403, 403, 200, 403, 403, 403, 403, 403, 401]),
    ("POST", "/v1/decisions/verify", [200; ROLES]),
    ("GET", "/v1/meter", [401, 401, 403, 403, 403, 403, 200, 403, 403, 403, 403, 401]),
    ("GET", "/v1/meter/decisions", [401, 401, 403, 403, 403, 403, 200, 403, 403, 403, 403, 401]),
    ("GET", "/v1/meter/next", [401, 401, 403, 403, 403, 403, 200, 403, 403, 403, 403, 401]),
    ("POST", "/v1/presentations/verify", [200; ROLES]),
    // What the pages ask for.
    ("POST", "/verify", [200; ROLES]),
    ("POST", "/window", [401, 401, 403, 403, 403, 503, 403, 403, 403, 403, 403, 401]),
    ("POST", "/file", [401, 401, 403, 200, 403, 403, 403, 403, 403, 403, 403, 401]),
    ("POST", "/meter", [401, 401, 403, 403, 403, 403, 200, 403, 403, 403, 403, 401]),
    ("POST", "/decision", [401, 401, 403, 403, 403, 404, 403, 403, 403, 403, 403, 401]),
    // By its form alone: an assertion proves the client, no token does.
    ("POST", "/v1/token", [400; ROLES]),
    // With a token in the body and its status: 11 not authenticated, 100 no permission, 0 done.
    ("POST", "/gbt36906/queryCertInfo", [11, 11, 11, 11, 11, 11, 11, 0, 100, 100, 100, 11]),
    ("POST", "/gbt36906/queryCertInfoByHolderCode", [11, 11, 11, 11, 11, 11, 11, 100, 0, 100, 100, 11]),
    ("POST", "/gbt36906/verifyCertInfo", [11, 11, 11, 11, 11, 11, 11, 100, 100, 0, 100, 11]),
    ("POST", "/gbt36906/verifyFile", [11, 11, 11, 11, 11, 11, 11, 100, 100, 0, 100, 11]),
    ("POST", "/gbt36906/downloadFile", [11, 11, 11, 11, 11, 11, 11, 100, 100, 100, 0, 11]),
];

struct Role {
    id: &'static str,
    token: Option<String>,
}

fn roles(site: &Site) -> (Served, Vec<Role>) {
    let home = &site.prefecture.home;
    let clerk = |scope| {
        let token = home.grant_token("clerk", police(), &[scope], &mut SystemRandom).unwrap();
        Role { id: "clerk", token: Some(token.reveal().to_owned()) }
    };
    let mut roles =
        vec![Role { id: "", token: None }, Role { id: "market-1", token: Some("x.y.z".to_owned()) }];
    roles.extend(Scope::ALL.map(clerk));
    let served = Served::new(&site.prefecture);
    for (id, scopes) in [
        ("license", &[ClientScope::License][..]),
        ("holder", &[ClientScope::Holder]),
        ("check", &[ClientScope::Check]),
        ("file", &[ClientScope::File]),
        ("removed", &ClientScope::ALL),
    ] {
        let key = client_key(Algorithm::Es256);
        let client =
            Client { scopes: scopes.to_vec(), ..client(id, market(), &[SharingScope::Departments], &key) };
        home.add_client(client, &words(now())).unwrap();
        roles.push(Role { id, token: Some(token(&served.gate, id, &key, now())) });
    }
    home.remove_client("removed", &words(now())).unwrap();
    (served, roles)
}

/// A body that every call of one path takes.
fn body(path: &str, site: &Site, role: &Role) -> Value {
    let (id, card) = (site.card.license_id.as_str(), type_of("identity-card"));
    let mut holder =
        json!({ "holder_code_type": "111", "holder_code": citizen().as_str(), "purpose": PURPOSE });
    let item = |body: &mut Value| {
        body["item"] = json!("item-1");
        body["license_type"] = json!(card.as_str());
    };
    match path {
        "/v1/holders/licenses" | "/file" => holder,
        "/meter" => json!({ "by": "item" }),
        "/decision" => json!({ "number": "1", "purpose": PURPOSE }),
        "/v1/authorizations" => {
            item(&mut holder);
            holder["agency"] = json!(market().as_str());
            holder
        }
        "/v1/shared/holders" | "/v1/shared/checks" => {
            item(&mut holder);
            holder
        }
        "/v1/shared/licenses" => json!({ "license_id": id, "item": "item-1", "purpose": PURPOSE }),
        path if path.starts_with("/gbt36906") => json!({
            "accessId": role.id, "accessToken": role.token.clone().unwrap_or_default(),
            "data": {
                "certificateIdentifier": id, "useCause": PURPOSE, "certificateCopyCause": PURPOSE, "itemCode": "item-1",
                "fileType": "sd-jwt", "certTypeCode": card.as_str(), "holderCode": citizen().as_str(),
                "certData": { "holderCode": citizen().as_str(), "holder": crate::office::HOLDER },
                "contentType": "base64", "content": b64::encode_padded(&site.card.credential),
            },
        }),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn every_role_gets_from_every_call_what_the_matrix_says() {
    let site = Site::new();
    let (served, roles) = roles(&site);
    let served = served.with_tokens(site.prefecture.home.tokens().unwrap());
    assert_eq!(roles.len(), ROLES);
    for (method, path, expected) in MATRIX {
        let place = match path {
            "/v1/licenses/{id}" => format!("/v1/licenses/{}?purpose=x", site.card.license_id),
            "/v1/status-lists/{id}" => format!("/v1/status-lists/{}", boyin::status_list_id(police(), 1)),
            "/v1/items/{code}" => "/v1/items/senior-benefit".to_owned(),
            "/v1/decisions/{number}" => "/v1/decisions/1".to_owned(),
            "/v1/meter/decisions" => "/v1/meter/decisions?by=item&item=senior-benefit".to_owned(),
            path => path.to_owned(),
        };
        for (number, role) in roles.iter().enumerate() {
            let mut request = Request::builder().method(method).uri(&place);
            if let Some(token) = &role.token {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            let body = match path {
                "/v1/verify" => Body::from(site.card.credential.clone()),
                path if method == Method::GET => Body::from(path.replace(|_| true, "")),
                path => Body::from(body(path, &site, role).to_string()),
            };
            let answer = served.send(request.body(body).unwrap()).await;
            let found = match path.starts_with("/gbt36906") {
                true => answer.json()["head"]["status"].as_str().unwrap().parse().unwrap(),
                false => answer.status.as_u16(),
            };
            assert_eq!(found, expected[number], "{method} {path} by role {number} {}", role.id);
        }
    }
}

/// A signed license needs the scope for files beside that of the call.
#[tokio::test]
async fn the_signed_license_has_a_scope_of_its_own() {
    let site = Site::new();
    let (served, roles) = roles(&site);
    for (role, path) in [(7, "/v1/shared/licenses"), (8, "/v1/shared/holders"), (10, "/v1/shared/licenses")] {
        let mut ask = body(path, &site, &roles[role]);
        ask["credential"] = json!(true);
        let answer = served.post(path, roles[role].token.as_ref().unwrap(), &ask).await;
        assert_eq!(answer.status.as_u16(), 403, "{path}");
    }
}

#[test]
fn no_call_is_missing() {
    let description: Value = serde_json::from_str(OPENAPI).unwrap();
    let described = description["paths"].as_object().unwrap();
    for (path, methods) in described {
        let known = |(method, known, _): &&(&str, &str, _)| {
            let same = known == path || (path == "/gbt36906/{operation}" && known.starts_with("/gbt36906/"));
            same && methods.get(method.to_lowercase()).is_some()
        };
        assert!(MATRIX.iter().any(|row| known(&row)), "{path}");
    }
}

/// What stands for the same path elsewhere leads nowhere here, whatever a server in front made of it.
#[tokio::test]
async fn no_spelling_of_a_path_gets_by() {
    let site = Site::new();
    let (served, roles) = roles(&site);
    let clerk = roles[2].token.as_ref().unwrap();
    let ask = body("/v1/shared/licenses", &site, &roles[7]);
    for path in [
        "/v1/shared//licenses",
        "//v1/shared/licenses",
        "/v1/./shared/licenses",
        "/v1/x/../shared/licenses",
        "/v1/shared/licenses/",
        "/v1/shared%2Flicenses",
        "/v1/shared/licenses%00",
        "/v1/shared/licenses;x=1",
        "/V1/shared/licenses",
        "/v1/shared/%6cicenses/..",
        "/gbt36906/../v1/shared/licenses",
        "/v1/status-lists/../shared/licenses",
    ] {
        let request = Request::post(path).header(header::AUTHORIZATION, format!("Bearer {clerk}"));
        let answer = served.send(request.body(Body::from(ask.to_string())).unwrap()).await;
        assert!(matches!(answer.status.as_u16(), 404 | 405), "{path}: {}", answer.status);
    }
    for id in ["..%2F..%2Ftokens.toml", "%2e%2e%2fclients.toml", "..", "x%00", "11652701MBTEXT01-1%2F.."] {
        let answer =
            served.send(Request::get(format!("/v1/status-lists/{id}")).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 404, "{id}");
    }
    // A body without a length.
    let request = Request::post("/v1/verify").header(header::TRANSFER_ENCODING, "chunked");
    let answer = served.send(request.body(Body::from("0")).unwrap()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers[header::CONNECTION].to_str().unwrap()),
        (411, "close")
    );
    // Two tokens: which of them counts nobody could say.
    let license = roles[7].token.as_ref().unwrap();
    let request = Request::post("/v1/shared/licenses")
        .header(header::AUTHORIZATION, format!("Bearer {license}"))
        .header(header::AUTHORIZATION, format!("Bearer {clerk}"));
    let answer = served.send(request.body(Body::from(ask.to_string())).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 401);
}
