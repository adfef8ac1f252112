//! A prefecture with somebody in each role, and a right request for each call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Request, header};
use boyin::access::{Client, ClientScope};
use boyin::model::b64;
use boyin::model::id::CreditCode;
use boyin::model::sharing::SharingScope;
use boyin::suite::{Algorithm, SystemRandom};
use boyin::{Desk, Scope};
use serde_json::{Value, json};

use crate::clients::{Served, client, token, words};
use crate::office::{HOLDER, citizen, market, now, order, police};
use crate::shared::{PURPOSE, Site, type_of};
use crate::signer::client_key;
use crate::window::{person, question};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Nobody,
    /// With a token that nobody gave.
    Pretender,
    Clerk(Scope),
    /// A clerk with all scopes whose token names no office, as those of earlier releases.
    Officeless,
    Client(ClientScope),
    /// A client with all scopes that was removed after it got its token.
    Removed,
}

pub(crate) struct Role {
    pub(crate) who: Who,
    /// As a client names itself.
    id: String,
    pub(crate) token: Option<String>,
}

pub(crate) struct Town {
    pub(crate) site: Site,
    pub(crate) served: Served,
    pub(crate) roles: Vec<Role>,
    /// Number and receipt of a decision.
    decision: (u64, Vec<u8>),
    /// Number of the delegation of the citizen's.
    delegation: u64,
}

/// A key of an act that no other act has.
pub(crate) fn fresh() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    format!("key-of-an-act-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn clerk(site: &Site, who: Who, name: &str, office: CreditCode, scopes: &[Scope]) -> Role {
    let token = site.prefecture.home.grant_token(name, office, scopes, &mut SystemRandom).unwrap();
    Role { who, id: name.to_owned(), token: Some(token.reveal().to_owned()) }
}

/// Clerks, the one without an office first: what names one is taken out of the file before the others come into it.
fn clerks(site: &Site) -> Vec<Role> {
    let mut roles = vec![clerk(site, Who::Officeless, "hall", police(), &Scope::ALL)];
    let file = site.prefecture.home.dir().join("tokens.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let without: Vec<_> = text.lines().filter(|line| !line.starts_with("office")).collect();
    std::fs::write(&file, without.join("\n")).unwrap();
    roles.extend(Scope::ALL.map(|scope| clerk(site, Who::Clerk(scope), "clerk", police(), &[scope])));
    roles
}

impl Town {
    pub(crate) fn new(beside_a_desk: bool) -> Self {
        let site = Site::new();
        let desk = Arc::new(site.prefecture.desk());
        desk.unlock().unwrap();
        let decided = desk.decide_exemption(&question(person(&citizen()), None), &order(police(), "decided"));
        let decided = decided.unwrap();
        let delegation = crate::delegation::grant_of_loan(&desk, 10);
        let mut roles = vec![
            Role { who: Who::Nobody, id: String::new(), token: None },
            Role { who: Who::Pretender, id: "market-1".to_owned(), token: Some("x.y.z".to_owned()) },
        ];
        roles.extend(clerks(&site));
        let served = serve(&site, desk, beside_a_desk);
        let home = &site.prefecture.home;
        let mut add = |who, id: &str, scopes: &[ClientScope]| {
            let key = client_key(Algorithm::Es256);
            let client = Client {
                scopes: scopes.to_vec(),
                ..client(id, market(), &[SharingScope::Departments], &key)
            };
            home.add_client(client, &words(now())).unwrap();
            let token = token(&served.gate, id, &key, now());
            roles.push(Role { who, id: id.to_owned(), token: Some(token) });
        };
        for scope in ClientScope::ALL {
            add(Who::Client(scope), &scope.code().replace(':', "-"), &[scope]);
        }
        add(Who::Removed, "removed", &ClientScope::ALL);
        home.remove_client("removed", &words(now())).unwrap();
        Self { site, served, roles, decision: (decided.event, decided.receipt), delegation }
    }

    /// One more clerk, whom a service knows that is [started](Served::with_tokens) after that.
    pub(crate) fn hire(&self, name: &str, office: CreditCode, scopes: &[Scope]) -> Role {
        clerk(&self.site, Who::Clerk(scopes[0]), name, office, scopes)
    }

    pub(crate) fn role(&self, who: Who) -> &Role {
        self.roles.iter().find(|role| role.who == who).unwrap()
    }

    /// Where a call is that the table of calls has under this path.
    pub(crate) fn place(&self, path: &str) -> String {
        match path {
            "/v1/licenses/{id}" => format!("/v1/licenses/{}?purpose=x", self.site.card.license_id),
            "/v1/status-lists/{id}" => format!("/v1/status-lists/{}", boyin::status_list_id(police(), 1)),
            "/v1/items/{code}" => "/v1/items/senior-benefit".to_owned(),
            "/v1/decisions/{number}" => format!("/v1/decisions/{}?purpose=x", self.decision.0),
            "/v1/meter/decisions" => "/v1/meter/decisions?by=item&item=senior-benefit".to_owned(),
            "/v1/shared/files/{ticket}" => "/v1/shared/files/none".to_owned(),
            path => path.to_owned(),
        }
    }

    /// A body with which the call is answered.
    pub(crate) fn body(&self, method: &str, path: &str, role: &Role) -> Vec<u8> {
        match path {
            _ if method == "GET" => Vec::new(),
            "/v1/verify" | "/verify" => self.site.card.credential.clone(),
            "/v1/decisions/verify" => self.decision.1.clone(),
            path => self.json(path, role).to_string().into_bytes(),
        }
    }

    fn json(&self, path: &str, role: &Role) -> Value {
        let (id, card) = (self.site.card.license_id.as_str(), type_of("identity-card"));
        let citizen = citizen();
        let holder =
            json!({ "holder_code_type": "111", "holder_code": citizen.as_str(), "purpose": PURPOSE });
        let with = |more: Value| {
            let mut body = holder.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        match path {
            "/v1/holders/licenses" | "/v1/holders/log" | "/file" => holder,
            "/decision" => json!({ "number": self.decision.0.to_string(), "purpose": PURPOSE }),
            "/v1/decisions" => json!({
                "item": "senior-benefit", "division": "652701", "purpose": PURPOSE,
                "parties": { "applicant": { "holder_code_type": "111", "holder_code": citizen.as_str() } },
            }),
            "/window" => json!({
                "item": "senior-benefit", "division": "652701", "purpose": PURPOSE,
                "type.applicant": "111", "number.applicant": citizen.as_str(), "name.applicant": HOLDER,
            }),
            "/meter" => json!({ "by": "item" }),
            "/follow-ups" => json!({ "until": "2026-12-31" }),
            "/v1/authorizations" => {
                with(json!({ "item": "item-1", "license_type": card.as_str(), "agency": market().as_str() }))
            }
            "/v1/authorizations/delegated" => crate::delegation::body(self.delegation, &fresh()),
            "/v1/shared/holders" => with(json!({ "item": "item-1", "license_type": card.as_str() })),
            "/v1/shared/checks" => {
                with(json!({ "item": "item-1", "license_type": card.as_str(), "holder_name": HOLDER }))
            }
            "/v1/shared/licenses" => json!({ "license_id": id, "item": "item-1", "purpose": PURPOSE }),
            path if path.starts_with("/gbt36906") => json!({
                "accessId": role.id, "accessToken": role.token.clone().unwrap_or_default(),
                "data": {
                    "certificateIdentifier": id, "useCause": PURPOSE, "certificateCopyCause": PURPOSE,
                    "itemCode": "item-1", "fileType": "sd-jwt", "certTypeCode": card.as_str(),
                    "holderCode": citizen.as_str(),
                    "certData": { "holderCode": citizen.as_str(), "holder": HOLDER },
                    "qrcode": crate::gbt36906_files::fixed_code(&self.site.card.credential),
                    "contentType": "base64", "content": b64::encode_padded(&self.site.card.credential),
                },
            }),
            _ => Value::Null,
        }
    }

    /// A request of somebody in a role.
    pub(crate) fn request(&self, method: &str, place: &str, role: &Role, body: Vec<u8>) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(place).header("idempotency-key", fresh());
        if let Some(token) = &role.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.body(Body::from(body)).unwrap()
    }
}

/// The service, which keeps the desk or is without one.
fn serve(site: &Site, desk: Arc<Desk>, beside_a_desk: bool) -> Served {
    if beside_a_desk {
        let served = Served::new(&site.prefecture);
        return Served { state: served.state.clone().with_desk(desk), ..served };
    }
    drop(desk);
    Served::new(&site.prefecture)
}
