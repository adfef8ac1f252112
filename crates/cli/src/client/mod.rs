//! `boyin client …`

pub(crate) mod args;
pub(crate) mod webhook;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use boyin::access::{CertificateDigest, Client, ClientKey};
use boyin::model::b64;
use boyin::model::time::UnixTime;
use boyin::model::trust::Jwk;
use boyin::suite::{Algorithm, public_key_from_spki};
use serde_json::{Value, json};

use self::args::{Add, Certificate, Client as Command, PublicKey, Remove, Rotate, SetCertificate};
use crate::Exit;
use crate::cert::one_certificate;
use crate::context::Session;
use crate::files;
use crate::key::order_of;
use crate::output::{self, json_line};

const SECONDS_PER_HOUR: u64 = 3600;
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// `client …`
pub(crate) fn run(session: &Session, command: Command, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Command::Add(args) => add(session, args, out),
        Command::List => list(session, out),
        Command::Rotate(args) => rotate(session, &args, out),
        Command::Certificate(Certificate::Set(args)) => set_certificates(session, &args, out),
        Command::Certificate(Certificate::Remove(args)) => remove_certificates(session, &args, out),
        Command::Remove(args) => remove(session, &args, out),
        Command::Webhook(command) => webhook::run(session, command, out),
    }
}

fn add(session: &Session, args: Add, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let order = order_of(home.config().authority_code, &args.words)?;
    let key = key(&args.key, order.at)?;
    let kid = key.key.kid.clone();
    let client = Client {
        id: args.id,
        name: args.name,
        agency: args.agency,
        scopes: args.scope,
        sharing: args.sharing.into_iter().map(Into::into).collect(),
        certificates: certificates(&args.certificate)?,
        keys: vec![key],
    };
    let id = client.id.clone();
    home.add_client(client, &order)?;
    told(session, out, &id, &kid, "added 已登记")
}

fn rotate(session: &Session, args: &Rotate, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let order = order_of(home.config().authority_code, &args.words)?;
    let key = key(&args.key, order.at)?;
    let kid = key.key.kid.clone();
    let old_until = order.at.plus(u64::from(args.overlap_hours) * SECONDS_PER_HOUR);
    home.rotate_client(&args.id, key, old_until, &order)?;
    told(session, out, &args.id, &kid, "has the next key 已换发密钥")
}

fn set_certificates(session: &Session, args: &SetCertificate, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let order = order_of(home.config().authority_code, &args.words)?;
    let certificates = certificates(&args.certificate)?;
    home.certify_client(&args.id, certificates.clone(), &order)?;
    if session.json() {
        json_line(out, &json!({ "client": args.id, "certificates": certificates }))?;
    } else {
        writeln!(
            out,
            "✓ client {} is given nothing over connections without these certificates 已绑定证书",
            args.id
        )?;
        for certificate in &certificates {
            writeln!(out, "  {certificate}")?;
        }
    }
    Ok(Exit::Done)
}

fn remove_certificates(session: &Session, args: &Remove, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let order = order_of(home.config().authority_code, &args.words)?;
    home.certify_client(&args.id, Vec::new(), &order)?;
    if session.json() {
        json_line(out, &json!({ "client": args.id, "certificates": [] }))?;
    } else {
        writeln!(out, "✓ client {} is bound to no certificate any more 已解除证书绑定", args.id)?;
    }
    Ok(Exit::Done)
}

fn certificates(files: &[PathBuf]) -> anyhow::Result<Vec<CertificateDigest>> {
    files.iter().map(|file| certificate(file)).collect()
}

fn certificate(file: &Path) -> anyhow::Result<CertificateDigest> {
    let der = one_certificate(file)?;
    // Of what is none, or has something behind it, the digest would never be met.
    boyin::verify::chain::Certificate::read(&der).with_context(|| files::name(file))?;
    Ok(CertificateDigest::of(&der))
}

fn remove(session: &Session, args: &Remove, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let order = order_of(home.config().authority_code, &args.words)?;
    home.remove_client(&args.id, &order)?;
    if session.json() {
        json_line(out, &json!({ "client": args.id }))?;
    } else {
        writeln!(out, "✓ client {} is removed 已移除; nothing more is given to it", args.id)?;
    }
    Ok(Exit::Done)
}

fn told(session: &Session, out: &mut dyn Write, id: &str, kid: &str, deed: &str) -> anyhow::Result<Exit> {
    if session.json() {
        json_line(out, &json!({ "client": id, "kid": kid }))?;
    } else {
        writeln!(out, "✓ client {id} {deed}; the key is {kid}")?;
    }
    Ok(Exit::Done)
}

fn list(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let clients = session.home()?.clients()?;
    if session.json() {
        json_line(out, &json!({ "clients": clients.all() }))?;
        return Ok(Exit::Done);
    }
    let header = [
        "客户端 Client",
        "名称 Name",
        "机构 Agency",
        "权限 Scopes",
        "共享 Sharing",
        "证书 Certificates",
        "密钥 Key",
        "至 Until",
    ];
    let mut table = output::table(&header);
    for client in clients.all() {
        let scopes: Vec<_> = client.scopes.iter().map(|scope| scope.code()).collect();
        let sharing: Vec<_> = client.sharing.iter().map(|kind| kind.names().0).collect();
        for key in &client.keys {
            let (agency, kid) = (client.agency.to_string(), key.key.kid.clone());
            let certificates = client.certificates.len().to_string();
            let who = [client.id.clone(), client.name.clone(), agency, scopes.join(", "), sharing.join(", ")];
            table.add_row(who.into_iter().chain([certificates, kid, key.until.to_string()]));
        }
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

fn key(args: &PublicKey, from: UnixTime) -> anyhow::Result<ClientKey> {
    let text = String::from_utf8(files::read(&args.key)?).ok();
    let key = text.as_deref().map(str::trim).map(|text| match text.strip_prefix(PEM_BEGIN) {
        Some(rest) => from_pem(rest),
        None => from_jwk(text),
    });
    let key = key.transpose().with_context(|| files::name(&args.key))?.flatten();
    let Some(key) = key else { bail!("{}: no public key of P-256 or SM2", files::name(&args.key)) };
    let until = from.plus(u64::from(args.days) * 24 * SECONDS_PER_HOUR);
    Ok(ClientKey { from, until, key })
}

fn from_pem(rest: &str) -> anyhow::Result<Option<Jwk>> {
    let Some(body) = rest.strip_suffix(PEM_END) else { return Ok(None) };
    let plain: String = body.chars().filter(|char| !char.is_whitespace()).collect();
    let Ok(der) = b64::decode_of_others(plain.as_bytes()) else { return Ok(None) };
    let key = |algorithm: Algorithm| {
        let point = public_key_from_spki(algorithm, &der).ok()?;
        Jwk::from_point(algorithm.verifier(), &point)
    };
    Ok(Algorithm::ALL.into_iter().find_map(key))
}

/// What others call the algorithm and the key is passed over: the curve says the one, the point the other.
fn from_jwk(text: &str) -> anyhow::Result<Option<Jwk>> {
    let Ok(read) = serde_json::from_str::<Value>(text) else { return Ok(None) };
    if read.get("d").is_some() {
        bail!("this is a private key: keep it, and give the public half only");
    }
    let member = |name: &str| read[name].as_str().unwrap_or_default().to_owned();
    let (alg, kid) = (String::new(), String::new());
    let loose = Jwk { alg, crv: member("crv"), kid, kty: member("kty"), x: member("x"), y: member("y") };
    let of_curve = |algorithm: &Algorithm| algorithm.verifier().id().curve == Some(loose.crv.as_str());
    let algorithm = Algorithm::ALL.into_iter().find(of_curve);
    Ok(algorithm.zip(loose.point()).and_then(|(algorithm, point)| {
        algorithm.verifier().key(boyin::model::alg::PublicKey(&point)).ok()?;
        Jwk::from_point(algorithm.verifier(), &point)
    }))
}

#[cfg(test)]
mod tests {
    use boyin::suite::{SoftwareKey, SystemRandom, public_key_to_spki};

    use super::*;

    #[test]
    fn keys_are_read_in_both_forms() {
        use boyin::model::alg::Signer as _;
        for algorithm in Algorithm::ALL {
            let key = SoftwareKey::generate(algorithm, &mut SystemRandom).unwrap();
            let point = key.public_key();
            let expected = Jwk::from_point(algorithm.verifier(), point.0).unwrap();
            let Jwk { crv, x, y, .. } = &expected;
            let jwk = json!({ "kty": "EC", "crv": crv, "x": x, "y": y, "use": "sig", "kid": "mine" });
            assert_eq!(from_jwk(&jwk.to_string()).unwrap(), Some(expected.clone()));
            let private = json!({ "kty": "EC", "crv": crv, "x": x, "y": y, "d": x });
            assert!(from_jwk(&private.to_string()).is_err());
            let off_curve = json!({ "kty": "EC", "crv": crv, "x": y, "y": x });
            assert_eq!(from_jwk(&off_curve.to_string()).unwrap(), None);
            let der = public_key_to_spki(algorithm, point).unwrap();
            let body = b64::encode_padded(&der);
            let (first, second) = body.split_at(64);
            assert_eq!(from_pem(&format!("\n{first}\n{second}\n{PEM_END}")).unwrap(), Some(expected));
        }
        for other in ["", "{}", "nonsense", "[1]"] {
            assert_eq!(from_jwk(other).unwrap(), None);
        }
    }
}
