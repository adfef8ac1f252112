use std::io::Write;

use anyhow::{Context as _, bail};
use boyin::model::credential::{FieldValue, LicenseClaims, Term};
use boyin::model::time::SECONDS_PER_DAY;
use boyin::suite::all_jws;
use boyin::verify::{Context, StatusSnapshot, TrustSnapshot, Verdict, Verifier};
use boyin_present::{
    Demand, ListAge, PREFIX, PresentationReport, Presented, RefusedCode, SeenNonces, check, from_text,
};

use super::args::Check;
use super::bundle;
use super::memory::Memory;
use crate::context::{Session, now};
use crate::fetched::pasted;
use crate::output::{Privacy, json_line, printable};
use crate::verify::instant;
use crate::{Exit, files, report};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// `present check`
pub(super) fn run(session: &Session, args: &Check, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let at = args.at.as_deref().map(instant).transpose()?;
    let text = text_of(&files::read(&args.file)?)?;
    let shown = match from_text(&text).and_then(|compact| Presented::decode(&compact)) {
        Ok(shown) => shown,
        Err(error) => {
            let at = at.map_or_else(now, Ok)?;
            // It failed also where no list can be opened.
            let trust_list = trust(session, args).ok().map(|trust| ListAge::of_trust(&trust, at));
            return refuse(session, &RefusedCode { error, trust_list, at }, out);
        }
    };
    // Whoever remembers codes asks for codes that count once; without its statement one would count for ever.
    let demand = if args.dynamic || args.seen.is_some() { Demand::Dynamic } else { Demand::Any };
    let memory = match (&args.seen, &shown.statement) {
        (Some(path), Some(_)) => Some(Memory::open(path)?),
        _ => None,
    };
    let (memory, mut seen) = memory.unzip();
    let judge = |trust: &TrustSnapshot, status: &StatusSnapshot, seen: Option<&mut SeenNonces>| {
        let verifier = Verifier::new(&all_jws());
        // Read last: a code can end while input, memory or passphrase is waited for.
        let context = Context { now: at.map_or_else(now, Ok)?, trust, status };
        anyhow::Ok(check(&shown, &verifier, &context, demand, seen))
    };
    let checked = match (&args.lists.bundle, &args.lists.anchor) {
        (Some(file), Some(anchor)) => {
            let opened = bundle::open(file, anchor, args.lists.least_sequence)?;
            judge(&opened.trust, &opened.status, seen.as_mut())?
        }
        _ => {
            let registry = session.reading()?.lookup.registry();
            judge(registry.trust(), registry.status(), seen.as_mut())?
        }
    };
    let verdict = checked.verdict();
    if let (Verdict::Passed, Some(memory), Some(seen)) = (verdict, &memory, &seen) {
        // Before anybody is told that the code counts.
        memory.keep(seen, checked.license.at())?;
    }
    if session.json() {
        json_line(out, &checked.to_json())?;
    } else {
        write(out, &checked, Privacy::new(args.full))?;
    }
    Ok(report::exit(verdict))
}

/// The text of a code, also out of a picture of it.
fn text_of(read: &[u8]) -> anyhow::Result<String> {
    if !read.starts_with(PNG) {
        let text = std::str::from_utf8(pasted(read)).context("this is neither a PNG nor text")?;
        return Ok(text.to_owned());
    }
    match boyin_scan::code_in(read)? {
        Some(text) if text.starts_with(PREFIX) => Ok(text),
        Some(_) => bail!("the QR code in the picture is none of a license"),
        None => bail!("no QR code is found in the picture: come closer, hold still, put more light on it"),
    }
}

/// The trust list that a code is verified with.
fn trust(session: &Session, args: &Check) -> anyhow::Result<TrustSnapshot> {
    if let (Some(file), Some(anchor)) = (&args.lists.bundle, &args.lists.anchor) {
        return Ok(bundle::open(file, anchor, args.lists.least_sequence)?.trust);
    }
    Ok(session.home()?.trust()?.1)
}

fn refuse(session: &Session, refused: &RefusedCode, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if session.json() {
        json_line(out, &refused.to_json())?;
        return Ok(Exit::Failed);
    }
    let error = refused.error;
    writeln!(out, "✗ failed 核验不通过: {}", error.code())?;
    writeln!(out, "  {}\n  {error}", error.zh())?;
    age(out, "trust list 信任列表", refused.trust_list)?;
    age(out, "status list 状态列表", None)?;
    Ok(Exit::Failed)
}

fn write(out: &mut dyn Write, checked: &PresentationReport, privacy: Privacy) -> anyhow::Result<()> {
    let verdict = checked.verdict();
    report::headline(out, verdict)?;
    match &checked.dynamic {
        None => writeln!(out, "  static code 静态码: it says nothing about who shows it (不能证明出示人)")?,
        Some(dynamic) => {
            write!(out, "  dynamic code 动态码")?;
            if let Some(claims) = &dynamic.claims {
                write!(
                    out,
                    ": {}, made {}, counts until {}",
                    printable(&claims.purpose),
                    claims.issued_at,
                    claims.expires()
                )?;
            }
            writeln!(out)?;
        }
    }
    age(out, "trust list 信任列表", Some(checked.trust_list))?;
    age(out, "status list 状态列表", checked.status_list)?;
    if verdict == Verdict::Passed
        && let Ok(verified) = checked.license.clone().into_verified()
    {
        writeln!(out)?;
        claims(out, verified.claims(), privacy)?;
    }
    writeln!(out)?;
    Ok(report::checks(out, &checked.license)?)
}

/// How old a list is: in every answer, whatever the verdict. Nobody vouches for its name.
pub(super) fn age(out: &mut dyn Write, name: &str, list: Option<ListAge>) -> std::io::Result<()> {
    let Some(ListAge { made_at, fresh_until, seconds }) = list else {
        return writeln!(out, "  {name}: not at hand 未取得");
    };
    let name = printable(name);
    let (days, hours, minutes) = (seconds / SECONDS_PER_DAY, seconds / 3600 % 24, seconds / 60 % 60);
    writeln!(
        out,
        "  {name}: {days} d {hours} h {minutes} min old (已制作 {days} 天 {hours} 小时 {minutes} 分), made {made_at}, fresh until {fresh_until}"
    )
}

/// What is shown of a license that passed.
fn claims(out: &mut dyn Write, claims: &LicenseClaims, privacy: Privacy) -> std::io::Result<()> {
    let mut line = |name: &str, value: &str| {
        let label = Term::of_claim(name).map(|term| term.chinese).unwrap_or_default();
        writeln!(out, "  {name:<20} {value}  {label}")
    };
    line("license_name", &claims.license_name)?;
    line("license_id", claims.license_id.as_str())?;
    line("issuer_name", &claims.issuer_name)?;
    let until = claims.valid_until.map_or_else(|| "长期".to_owned(), |date| date.to_string());
    line("valid_until", &until)?;
    for (name, value) in [
        ("license_number", claims.license_number.as_deref().map(|number| privacy.number(number))),
        ("holder_name", claims.holder_name.as_deref().map(|holder| privacy.name(holder))),
        ("holder_code", claims.holder_code.as_ref().map(|code| privacy.number(code.as_str()))),
    ] {
        if let Some(value) = value {
            line(name, &value)?;
        }
    }
    for (name, value) in &claims.fields {
        let value = match value {
            FieldValue::Text(text) => text.clone(),
            FieldValue::Integer(number) => number.to_string(),
        };
        line(name, &privacy.value(&value))?;
    }
    Ok(())
}
