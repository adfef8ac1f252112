//! A system of an agency: registered with a key of its own, and given what the sharing list names.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use boyin::access::{AHEAD_SECONDS, Client, ClientKey, ClientScope, Gate};
use boyin::issue::SigningKey;
use boyin::model::assertion::MAX_ASSERTION_SECONDS;
use boyin::model::b64;
use boyin::model::sharing::{SharingChange, SharingEntry, SharingScope};
use boyin::model::time::SECONDS_PER_DAY;
use boyin::suite::{Algorithm, SoftwareKey, SystemRandom};
use boyin::{Desk, Home, Passphrase};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::order;
use crate::context::{now, random_text};
use crate::files;

/// The item for which the agency is given something.
pub(super) const ITEM: &str = "business-registration";
/// Of which license type.
pub(super) const LICENSE_TYPE: &str = "identity-card";

const CLIENT: &str = "demo-market";
const FIELDS: [&str; 2] = ["holder_name", "valid_until"];
const KEY_FILE: &str = "client.pem";
const KEY_DAYS: u64 = 365;
const LINE_CHARS: usize = 64;

/// Signs what the agency is given, writes its key into a file as the agency would have it, and registers the public half.
pub(super) fn register(
    desk: &Desk,
    home: &Home,
    passphrase: &Passphrase,
    dir: &Path,
    out: &mut dyn Write,
) -> anyhow::Result<SigningKey> {
    let agency = home.offices().first().context("the sample has offices")?;
    let order = order(home.config().authority_code, "演示共享", "demo-sharing".to_owned())?;
    let shared = home.catalog().find(LICENSE_TYPE).context("the catalog has identity cards")?;
    let entry = SharingEntry {
        agency: agency.code,
        agency_name: agency.name.clone(),
        fields: FIELDS.map(str::to_owned).to_vec(),
        from: order.at,
        item: ITEM.to_owned(),
        item_name: "企业设立登记".to_owned(),
        license_type: shared.code,
        scope: SharingScope::Departments,
        until: None,
    };
    home.draft_list::<SharingEntry>(&SharingChange::Share { entry: Box::new(entry) }, &order)?;
    home.sign_list::<SharingEntry>(None, None, passphrase, &order)?;
    // Nothing is given by a list that the log does not have.
    desk.log_lists(now()?)?;

    let key = SoftwareKey::generate(Algorithm::Es256, &mut SystemRandom)?;
    files::write_new(&dir.join(KEY_FILE), pem(&key).as_bytes())?;
    let key = SigningKey::new(Arc::new(key))?;
    let until = order.at.plus(KEY_DAYS * SECONDS_PER_DAY);
    let client = Client {
        id: CLIENT.to_owned(),
        name: "演示受理系统".to_owned(),
        agency: agency.code,
        scopes: ClientScope::ALL.to_vec(),
        sharing: vec![SharingScope::Departments],
        certificates: Vec::new(),
        keys: vec![ClientKey { from: order.at, until, key: key.reference().jwk().clone() }],
    };
    home.add_client(client, &order)?;
    writeln!(out, "   {} is given {} of {}, for {ITEM}", agency.name, FIELDS.join(", "), shared.name)?;
    writeln!(out, "   its system is the client {CLIENT}, with the key {}", dir.join(KEY_FILE).display())?;
    Ok(key)
}

/// The gate of the demo's service. The directory is new: no process before this one has taken an assertion, so that one made in this
/// second counts.
pub(super) fn gate(home: &Home) -> anyhow::Result<Gate> {
    Ok(Gate::new(home, now()?.minus(AHEAD_SECONDS + 1), &mut SystemRandom)?)
}

/// An access token, as the client gets it by an assertion signed with its key.
pub(super) fn token(gate: &Gate, key: &SigningKey) -> anyhow::Result<String> {
    let (at, jwk) = (now()?, key.reference().jwk());
    let header = json!({ "alg": jwk.alg, "kid": jwk.kid, "typ": "JWT" });
    let claims = json!({
        "aud": gate.audience(), "exp": at.seconds() + MAX_ASSERTION_SECONDS, "iat": at.seconds(), "iss": CLIENT,
        "jti": random_text::<16>()?, "sub": CLIENT,
    });
    let part = |value: &Value| b64::encode(value.to_string().as_bytes());
    let input = format!("{}.{}", part(&header), part(&claims));
    let signature = key.sign(input.as_bytes())?;
    Ok(gate.token(format!("{input}.{}", b64::encode(&signature)).as_bytes(), None, at)?.token)
}

/// The key as `openssl` reads it.
fn pem(key: &SoftwareKey) -> Zeroizing<String> {
    let body = Zeroizing::new(b64::encode_padded(&key.to_pkcs8_der()));
    let mut pem = Zeroizing::new("-----BEGIN PRIVATE KEY-----".to_owned());
    for (place, char) in body.chars().enumerate() {
        if place.is_multiple_of(LINE_CHARS) {
            pem.push('\n');
        }
        pem.push(char);
    }
    pem.push_str("\n-----END PRIVATE KEY-----\n");
    pem
}
