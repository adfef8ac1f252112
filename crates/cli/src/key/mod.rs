//! `boyin key …`

pub(crate) mod args;
mod ceremony;

use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::model::id::CreditCode;
use boyin::model::json;
use boyin::model::trust::Jwk;
use boyin::suite::SystemRandom;
use boyin::{Home, KeyLimits, KeyOwner, KeyPurpose, KeySource, KeyView, Order, SuiteName};
use serde_json::{Value, json};

use self::args::{ClientKey, Key, Limits, Material, New, Owner, Retire, Rotate, Words};
use crate::Exit;
use crate::context::{Session, now, random_text};
use crate::files;
use crate::output::{self, json_line};
use crate::verify::instant;

/// `key …`
pub(crate) fn run(session: &Session, command: Key, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Key::New(args) => new(session, &args, out),
        Key::Client(args) => client(session, &args, out),
        Key::List => list(session, out),
        Key::Rotate(args) => rotate(session, &args, out),
        Key::Retire(args) => retire(session, &args, out),
        Key::Ceremony(command) => ceremony::run(session, command, out),
    }
}

fn owner(owner: &Owner) -> KeyOwner {
    owner.office.map_or(KeyOwner::TrustList, KeyOwner::Office)
}

fn order(home: &Home, owner: KeyOwner, words: &Words) -> anyhow::Result<Order> {
    let office = match owner {
        KeyOwner::Office(code) => code,
        KeyOwner::TrustList => home.config().authority_code,
    };
    order_of(office, words)
}

/// An act that no idempotency key repeats: every time is its own.
pub(crate) fn order_of(office: CreditCode, words: &Words) -> anyhow::Result<Order> {
    Ok(Order {
        who: words.who.clone(),
        office,
        purpose: words.purpose.clone(),
        idempotency_key: random_text::<16>()?,
        at: now()?,
    })
}

/// What `boyin signer key export` writes: a public key, and the ID of the signer that holds the private one.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoteKeyFile {
    pub(crate) key: Jwk,
    pub(crate) signer: String,
}

/// Reads a file that holds one JSON value.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    serde_json::from_slice(&files::read(path)?)
        .with_context(|| format!("{} does not hold what it should", files::name(path)))
}

impl Material {
    /// A key file of this suite unless asked otherwise.
    pub(crate) fn source(&self, suite: SuiteName) -> KeySource {
        match (&self.module, &self.token) {
            (Some(module), Some(token)) => KeySource::Pkcs11 {
                module: module.clone(),
                token: token.clone(),
                pin_file: self.pin_file.clone(),
            },
            (None, _) | (_, None) => KeySource::Software(match self.suite.as_deref() {
                Some("ES256") => SuiteName::Es256,
                Some(_) => SuiteName::Sm2Sm3,
                None => suite,
            }),
        }
    }
}

fn new(session: &Session, args: &New, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let owner = owner(&args.owner);
    let source = match (&args.remote, &args.url) {
        (Some(file), Some(url)) => {
            let RemoteKeyFile { key, signer } = read_json(file)?;
            KeySource::Remote { url: url.clone(), signer, key }
        }
        (None, _) | (_, None) => args.material.source(suite(&home, owner)),
    };
    let limits = args.limits.read()?;
    let order = order(&home, owner, &args.words)?;
    let made =
        home.new_key(owner, &source, limits.as_ref(), &order, &session.passphrase()?, &mut SystemRandom)?;
    if session.json() {
        json_line(out, &json!({ "kid": made.kid, "kind": made.place.kind() }))?;
        return Ok(Exit::Done);
    }
    writeln!(out, "✓ key {} is made ({}) 密钥已生成", made.kid, made.place.kind())?;
    let place = match args.owner.office {
        Some(code) => format!("--office {code}"),
        None => "--trust-list".to_owned(),
    };
    writeln!(
        out,
        "  It signs nothing yet: `boyin key rotate {place} --kid {} …` puts it in its place",
        made.kid
    )?;
    Ok(Exit::Done)
}

/// That of the office, or of the anchor.
fn suite(home: &Home, owner: KeyOwner) -> SuiteName {
    match owner {
        KeyOwner::Office(code) => {
            let office = home.offices().iter().find(|office| office.code == code);
            office.map_or(SuiteName::Sm2Sm3, |office| office.suite)
        }
        KeyOwner::TrustList if home.anchor().alg == "ES256" => SuiteName::Es256,
        KeyOwner::TrustList => SuiteName::Sm2Sm3,
    }
}

impl Limits {
    /// `None` if nothing is limited.
    pub(crate) fn read(&self) -> anyhow::Result<Option<KeyLimits>> {
        let limits = KeyLimits {
            signatures: self.signatures,
            not_before: self.not_before.as_deref().map(instant).transpose()?,
            not_after: self.not_after.as_deref().map(instant).transpose()?,
            purposes: self.only.iter().filter_map(|name| KeyPurpose::from_code(name)).collect(),
        };
        Ok((limits != KeyLimits::default()).then_some(limits))
    }
}

fn client(session: &Session, args: &ClientKey, out: &mut dyn Write) -> anyhow::Result<Exit> {
    files::check_free(&args.out)?;
    let home = session.home()?;
    let source = args.material.source(suite(&home, KeyOwner::TrustList));
    let order = order(&home, KeyOwner::TrustList, &args.words)?;
    let made = home.new_client_key(&source, &order, &session.passphrase()?, &mut SystemRandom)?;
    let key = made.jwk().context("the new key has no public half")?;
    files::write_new(&args.out, &json::canonical(&key))?;
    if session.json() {
        json_line(out, &json!({ "kid": made.kid, "kind": made.place.kind() }))?;
    } else {
        writeln!(out, "✓ key {} asks remote signers; {} is for them", made.kid, args.out.display())?;
    }
    Ok(Exit::Done)
}

fn list(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let keys = home.keys(now()?)?;
    if session.json() {
        json_line(out, &json!({ "keys": keys.iter().map(to_json).collect::<Vec<_>>() }))?;
        return Ok(Exit::Done);
    }
    let header = [
        "所有者 Owner",
        "密钥 Key",
        "算法 Suite",
        "位置 Where",
        "状态 State",
        "自 From",
        "至 Until",
        "已签 Signed",
    ];
    let mut table = output::table(&header);
    for key in &keys {
        let time = |at: Option<boyin::model::time::UnixTime>| at.map(|at| at.to_string()).unwrap_or_default();
        let most = key.limits.as_ref().and_then(|limits| limits.signatures);
        let signed = match (key.uses, most) {
            (Some(uses), Some(most)) => format!("{uses} of {most}"),
            (Some(uses), None) => uses.to_string(),
            (None, _) => String::new(),
        };
        table.add_row([
            name(&home, key.owner),
            key.kid.clone(),
            key.alg.clone(),
            key.kind.to_owned(),
            key.state.code().to_owned(),
            time(key.from),
            time(key.until),
            signed,
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

fn name(home: &Home, owner: KeyOwner) -> String {
    match owner {
        KeyOwner::Office(code) => output::office_name(home, code),
        KeyOwner::TrustList => "信任列表 trust list".to_owned(),
    }
}

fn to_json(key: &KeyView) -> Value {
    json!({
        "owner": match key.owner {
            KeyOwner::Office(code) => code.as_str().to_owned(),
            KeyOwner::TrustList => "trust-list".to_owned(),
        },
        "kid": key.kid, "alg": key.alg, "kind": key.kind, "state": key.state.code(),
        "from": key.from.map(|at| at.seconds()), "until": key.until.map(|at| at.seconds()),
        "uses": key.uses, "signatures": key.limits.as_ref().and_then(|limits| limits.signatures),
    })
}

fn rotate(session: &Session, args: &Rotate, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (home, desk) = session.desk()?;
    let owner = owner(&args.owner);
    let order = order(&home, owner, &args.words)?;
    let done = match owner {
        KeyOwner::Office(code) => {
            desk.rotate_key(code, &args.kid, args.at.as_deref().map(instant).transpose()?, &order)?
        }
        KeyOwner::TrustList => home.rotate_anchor(&args.kid, &order, &session.passphrase()?)?,
    };
    if session.json() {
        let value = json!({
            "kid": done.kid, "from": done.from.seconds(), "sequence": done.sequence, "replayed": done.replayed,
        });
        json_line(out, &value)?;
        return Ok(Exit::Done);
    }
    let before = if done.replayed { " (done before 此前已办理)" } else { "" };
    writeln!(out, "✓ key {} signs from {} on, by trust list {}{before}", done.kid, done.from, done.sequence)?;
    if owner == KeyOwner::TrustList {
        writeln!(
            out,
            "  Give verifiers what `boyin trust handovers` writes (the service serves it too), or the new trust/anchor.json \
             by the way of the first one."
        )?;
    }
    Ok(Exit::Done)
}

fn retire(session: &Session, args: &Retire, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let owner = owner(&args.owner);
    home.retire_key(owner, &args.kid, &order(&home, owner, &args.words)?, &session.passphrase()?)?;
    writeln!(out, "✓ the private half of {} is destroyed 私钥已销毁; what it signed stays valid", args.kid)?;
    Ok(Exit::Done)
}
