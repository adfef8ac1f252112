//! `boyin signer …`

pub(crate) mod args;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use boyin::model::json;
use boyin::model::purpose::KeyPurpose;
use boyin::model::trust::Jwk;
use boyin::signer::{SignerClient, SignerGrant, SignerHome, SignerKeyView, SignerService};
use boyin::suite::SystemRandom;
use boyin::{KeySource, SuiteName};
use boyin_service::SignerState;
use serde_json::{Value, json};

use self::args::{AddClient, Client, Command, Key, NewKey, Serve, Signer};
use crate::Exit;
use crate::context::{Session, now};
use crate::files;
use crate::key::{self, RemoteKeyFile};
use crate::output::{self, json_line};
use crate::serve::{bind, check_listen, run_until_told};

/// `signer …`
pub(crate) fn run(session: &Session, signer: Signer, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let dir = signer.dir.as_path();
    match signer.command {
        Command::Init => init(session, dir, out),
        Command::Serve(args) => serve(session, &home(dir)?, &args, out),
        Command::Key(command) => key(session, &home(dir)?, *command, out),
        Command::Client(command) => client(session, &home(dir)?, command, out),
        Command::Journal => journal(session, &home(dir)?, out),
    }
}

fn home(dir: &Path) -> anyhow::Result<SignerHome> {
    Ok(SignerHome::open(dir)?)
}

fn init(session: &Session, dir: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = SignerHome::create(dir, &mut SystemRandom)?;
    if session.json() {
        json_line(out, &json!({ "signer": home.id() }))?;
    } else {
        writeln!(out, "✓ {} is the directory of signer {} 签名服务目录已建立", dir.display(), home.id())?;
    }
    Ok(Exit::Done)
}

fn serve(session: &Session, home: &SignerHome, args: &Serve, out: &mut dyn Write) -> anyhow::Result<Exit> {
    check_listen(args.listen, args.allow_remote)?;
    let service = SignerService::open(home, &session.passphrase()?, now()?)?;
    let listener = bind(args.listen)?;
    writeln!(out, "Signing on http://{}; Ctrl-C ends it.", listener.local_addr()?)?;
    if home.clients()?.is_empty() {
        writeln!(out, "No client yet: add one with `boyin signer client add`.")?;
    }
    out.flush()?;
    let state = SignerState::new(Arc::new(service));
    run_until_told(listener, |listener, shutdown| boyin_service::serve_signer(state, listener, shutdown))?;
    Ok(Exit::Done)
}

fn key(session: &Session, home: &SignerHome, command: Key, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Key::New(args) => new_key(session, home, &args, out),
        Key::List => list_keys(session, home, out),
        Key::Export { kid, out: path } => export(home, &kid, &path, out),
        Key::Retire { kid } => {
            home.retire_key(&kid, now()?, &session.passphrase()?)?;
            writeln!(out, "✓ the private half of {kid} is destroyed 私钥已销毁; what it signed stays valid")?;
            Ok(Exit::Done)
        }
    }
}

fn new_key(session: &Session, home: &SignerHome, args: &NewKey, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let source = args.material.source(SuiteName::Sm2Sm3);
    let limits = args.limits.read()?;
    let first = home.keys()?.is_empty() && matches!(source, KeySource::Software(_));
    let passphrase = if first { session.new_passphrase()? } else { session.passphrase()? };
    let made = home.new_key(&source, limits.as_ref(), now()?, &passphrase, &mut SystemRandom)?;
    if session.json() {
        json_line(out, &json!({ "kid": made.kid, "kind": made.place.kind() }))?;
    } else {
        writeln!(out, "✓ key {} is made ({}) 密钥已生成", made.kid, made.place.kind())?;
    }
    Ok(Exit::Done)
}

fn list_keys(session: &Session, home: &SignerHome, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let keys = home.keys()?;
    if session.json() {
        let view = |SignerKeyView { reference, uses }: &SignerKeyView| {
            json!({
                "kid": reference.kid, "kind": reference.place.kind(), "uses": uses,
                "retired_at": reference.retired_at.map(|at| at.seconds()),
            })
        };
        json_line(out, &json!({ "keys": keys.iter().map(view).collect::<Vec<Value>>() }))?;
        return Ok(Exit::Done);
    }
    let mut table = output::table(&["密钥 Key", "算法 Suite", "位置 Where", "已签 Signed", "销毁 Retired"]);
    for SignerKeyView { reference, uses } in &keys {
        let alg = reference.jwk().map(|key| key.alg).unwrap_or_default();
        let retired = reference.retired_at.map(|at| at.to_string()).unwrap_or_default();
        let uses = uses.map(|uses| uses.to_string()).unwrap_or_default();
        table.add_row([reference.kid.clone(), alg, reference.place.kind().to_owned(), uses, retired]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

fn export(home: &SignerHome, kid: &str, path: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let keys = home.keys()?;
    let known = keys.iter().find(|view| view.reference.kid == kid).and_then(|view| view.reference.jwk());
    let key = known.with_context(|| format!("the signer has no key {kid}: see `boyin signer key list`"))?;
    files::write_new(path, &json::canonical(&RemoteKeyFile { key, signer: home.id().to_owned() }))?;
    writeln!(out, "✓ {} holds the public half; take it to the client by a safe way", path.display())?;
    Ok(Exit::Done)
}

fn client(
    session: &Session,
    home: &SignerHome,
    command: Client,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    match command {
        Client::Add(args) => add_client(home, args, out),
        Client::List => list_clients(session, home, out),
        Client::Remove { name } => {
            home.remove_client(&name)?;
            writeln!(out, "✓ nothing more is signed for {name} 已移除")?;
            Ok(Exit::Done)
        }
    }
}

fn add_client(home: &SignerHome, args: AddClient, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let key: Jwk = key::read_json(&args.key)?;
    let purposes = args.only.iter().filter_map(|name| KeyPurpose::from_code(name)).collect();
    let grant = SignerGrant { kid: args.kid, purposes, signatures: args.signatures };
    home.add_client(SignerClient { name: args.name.clone(), key, grants: vec![grant] })?;
    writeln!(out, "✓ {} may have {} signed 已登记", args.name, args.only.join(", "))?;
    Ok(Exit::Done)
}

fn list_clients(session: &Session, home: &SignerHome, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let clients = home.clients()?;
    if session.json() {
        json_line(out, &json!({ "clients": clients }))?;
        return Ok(Exit::Done);
    }
    let mut table = output::table(&["客户端 Client", "密钥 Key", "种类 Kinds", "上限 Most"]);
    for client in &clients {
        for grant in &client.grants {
            let kinds: Vec<_> = grant.purposes.iter().map(|purpose| purpose.code()).collect();
            let most = grant.signatures.map(|most| most.to_string()).unwrap_or_default();
            table.add_row([client.name.clone(), grant.kid.clone(), kinds.join(", "), most]);
        }
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

fn journal(session: &Session, home: &SignerHome, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (lines, head) = home.check_journal(now()?)?;
    if session.json() {
        json_line(out, &json!({ "head": head, "lines": lines }))?;
    } else {
        writeln!(out, "✓ {lines} lines, each where it belongs 日志完整; digest of the last: {head}")?;
    }
    Ok(Exit::Done)
}
