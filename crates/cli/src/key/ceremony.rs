//! `boyin key ceremony …`

use std::io::{BufRead as _, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use boyin::model::ceremony::{Event, MadePlace, Owner, Place, Script, Step, Task};
use boyin::model::register::same_person;
use boyin::model::time::UnixTime;
use boyin::suite::{SystemRandom, all_jws};
use boyin::verify::{Ceremony, CeremonyContext, CeremonyError, Countersigner, hex_digest};
use boyin::{Attendance, CeremonyOrder, Question};
use boyin_service::unix_now;
use clap::{ArgAction, Args, Subcommand};
use serde_json::json;

use crate::context::{Session, now};
use crate::fetched::public_key;
use crate::output::{self, json_line};
use crate::verify::instant;
use crate::{Exit, files};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a script and print the agenda; does nothing (仪式脚本)
    Plan {
        /// The script: docs/samples/anchor-ceremony.toml is one
        #[arg(long, value_name = "SCRIPT.toml")]
        script: PathBuf,
    },
    /// Follow a script: make the key, ask everybody at each step, and take the key in if the transcript is whole
    Run {
        /// The script
        #[arg(long, value_name = "SCRIPT.toml")]
        script: PathBuf,
        /// The new file for the transcript (仪式记录)
        #[arg(long, value_name = "FILE.jsonl")]
        transcript: PathBuf,
    },
    /// Verify a transcript (no data directory, no passphrase)
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The transcript
    #[arg(value_name = "FILE.jsonl")]
    transcript: PathBuf,
    /// The script that was to be followed
    #[arg(long, value_name = "SCRIPT.toml")]
    script: Option<PathBuf>,
    /// The key that was to be made, in the form of trust/anchor.json
    #[arg(long, value_name = "KEY.json")]
    key: Option<PathBuf>,
    /// Whose key has to have countersigned, `trust-list` or a credit code, and the key, such as the earlier
    /// trust/anchor.json; may be repeated
    #[arg(long, value_name = "OWNER=KEY.json", value_parser = owned, action = ArgAction::Append)]
    countersigner: Vec<(Owner, PathBuf)>,
    /// As of this instant instead of now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

fn owned(text: &str) -> Result<(Owner, PathBuf), String> {
    let (owner, path) = text.split_once('=').ok_or("write OWNER=KEY.json, such as trust-list=anchor.json")?;
    Ok((Owner::try_from(owner.to_owned())?, PathBuf::from(path)))
}

/// `key ceremony …`
pub(super) fn run(session: &Session, command: Command, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Command::Plan { script } => plan(session, &read_script(&script)?, out),
        Command::Run { script, transcript } => {
            files::check_free(&transcript)?;
            let script = read_script(&script)?;
            hold(session, &script, &transcript, out)
        }
        Command::Verify(args) => verify(session, &args, out),
    }
}

fn read_script(path: &Path) -> anyhow::Result<Script> {
    let text = String::from_utf8(files::read(path)?)
        .with_context(|| format!("{} is not text", files::name(path)))?;
    Script::from_toml(&text)
        .with_context(|| format!("{} is no script that can be followed", files::name(path)))
}

fn sha256(bytes: &[u8]) -> anyhow::Result<String> {
    hex_digest(&all_jws(), bytes).context("no algorithm has SHA-256")
}

fn plan(session: &Session, script: &Script, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let digest = sha256(&script.write())?;
    if session.json() {
        json_line(out, &json!({ "script": script, "sha256": digest }))?;
        return Ok(Exit::Done);
    }
    writeln!(out, "密钥仪式 Key ceremony: {} — {}", script.owner, script.purpose)?;
    writeln!(out, "{}, {}", script.alg, place(&script.place))?;
    for one in &script.participants {
        writeln!(out, "  {:<10} {}", one.role.code(), one.name)?;
    }
    let mut table = output::table(&["步骤 Step", "内容 What", "确认 Confirmed by"]);
    for (number, step) in script.steps.iter().enumerate() {
        let names: Vec<_> = script.confirm(step).map(|one| one.name.as_str()).collect();
        table.add_row([(number + 1).to_string(), what(step), names.join("、")]);
    }
    writeln!(out, "{table}")?;
    let others: Vec<_> = script.countersigned_by.iter().map(ToString::to_string).collect();
    if !others.is_empty() {
        writeln!(out, "会签 Countersigned by the keys in use of: {}", others.join(", "))?;
    }
    writeln!(out, "SHA-256 {digest}")?;
    Ok(Exit::Done)
}

fn place(place: &Place) -> String {
    match place {
        Place::Software => "key file 密钥文件".to_owned(),
        Place::Pkcs11 { module, token } => format!("PKCS#11 token {token} ({module})"),
    }
}

fn what(step: &Step) -> String {
    let kind = match step.task {
        Task::Confirm => "确认",
        Task::MakeKey => "生成密钥",
        Task::Record => "登记文件摘要",
    };
    format!("[{kind}] {}", step.text)
}

fn hold(session: &Session, script: &Script, transcript: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let passphrase = session.passphrase()?;
    let order = CeremonyOrder { script, transcript };
    let held = home.hold_ceremony(order, &mut Room { asked: None }, &passphrase, &mut SystemRandom)?;
    let kid = &held.key().kid;
    if session.json() {
        let digest = sha256(&files::read(transcript)?)?;
        json_line(
            out,
            &json!({ "kid": kid, "fingerprint": held.fingerprint(), "transcript_sha256": digest }),
        )?;
        return Ok(Exit::Done);
    }
    writeln!(
        out,
        "✓ key {kid} is made and taken in 密钥已生成并收入; the transcript is {}",
        transcript.display()
    )?;
    writeln!(out, "  fingerprint {}", grouped(held.fingerprint()))?;
    writeln!(out, "  It signs nothing yet: `boyin key rotate … --kid {kid}` puts it in its place")?;
    Ok(Exit::Done)
}

/// The people at this terminal.
struct Room {
    /// The step whose text was shown last.
    asked: Option<usize>,
}

impl Attendance for Room {
    fn now(&mut self) -> UnixTime {
        unix_now()
    }

    fn tell(&mut self, event: &Event) {
        match event {
            Event::Begun { script, .. } => {
                eprintln!("密钥仪式 Key ceremony: {} — {}", script.owner, script.purpose);
            }
            Event::Made { fingerprint, key, place, .. } => {
                eprintln!("Key {}", key.kid);
                eprintln!("  指纹 fingerprint {}", grouped(fingerprint));
                if let MadePlace::Pkcs11 { device, id, label, library, token, .. } = place {
                    eprintln!("  token {token}: {device}; key {label:?} {id}; {library}");
                }
            }
            Event::Recorded { digest, file, .. } => eprintln!("  {file}: SHA-256 {}", grouped(digest)),
            Event::BrokenOff { why, .. } => eprintln!("✗ 仪式中止 {why}"),
            Event::Confirmed { .. } | Event::Closed { .. } => {}
        }
    }

    fn confirm(&mut self, question: &Question<'_>) -> bool {
        self.show(question.number, question.step);
        let participant = question.participant;
        let role = participant.role.code();
        eprint!("  {} ({role}): type your name to confirm; anything else breaks off: ", participant.name);
        line().is_some_and(|answer| same_person(&answer, &participant.name))
    }

    fn file(&mut self, number: usize, step: &Step) -> Option<(String, Vec<u8>)> {
        self.show(number, step);
        eprint!("  File: ");
        let path = PathBuf::from(line()?);
        match files::read(&path) {
            Ok(bytes) => {
                let name = path.file_name()?.to_string_lossy();
                Some((name.chars().filter(|c| !c.is_control()).collect(), bytes))
            }
            Err(error) => {
                eprintln!("{error:#}");
                None
            }
        }
    }
}

impl Room {
    fn show(&mut self, number: usize, step: &Step) {
        if self.asked.replace(number) != Some(number) {
            eprintln!("{}. {}", number + 1, what(step));
        }
    }
}

/// One line from standard input; `None` at its end.
fn line() -> Option<String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_line(&mut text).ok()?;
    (read > 0).then(|| text.trim().to_owned())
}

/// In groups of four, to be read aloud.
fn grouped(digits: &str) -> String {
    let groups: Vec<_> = digits.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four)).collect();
    groups.join(" ")
}

fn verify(session: &Session, args: &Verify, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let given = args.countersigner.iter();
    let countersigners = given
        .map(|(owner, path)| Ok(Countersigner { owner: *owner, key: public_key(path)? }))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let script = args.script.as_deref().map(read_script).transpose()?;
    let key = args.key.as_deref().map(public_key).transpose()?;
    let algs = all_jws();
    let context = CeremonyContext {
        now: args.at.as_deref().map_or_else(now, instant)?,
        algs: &algs,
        countersigners: &countersigners,
        script: script.as_ref(),
        key: key.as_ref(),
    };
    let bytes = files::read(&args.transcript)?;
    match context.verify(&bytes) {
        Ok(found) => {
            passed(session, &found, &sha256(&bytes)?, out)?;
            Ok(Exit::Done)
        }
        Err(error) => refused(session, &error, out),
    }
}

fn passed(session: &Session, found: &Ceremony, digest: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let script = found.script();
    if session.json() {
        let value = json!({
            "verdict": "passed", "reason": null, "line": null, "authority": found.authority(),
            "began_at": found.began_at().seconds(), "countersigners": found.countersigners(),
            "ended_at": found.ended_at().seconds(), "fingerprint": found.fingerprint(), "key": found.key(),
            "lines": found.lines(), "place": found.place(), "script": script, "sha256": digest,
        });
        return Ok(json_line(out, &value)?);
    }
    writeln!(out, "passed: {} — {} ({})", script.owner, script.purpose, found.authority())?;
    writeln!(out, "  key {}", found.key().kid)?;
    writeln!(out, "  fingerprint {}", grouped(found.fingerprint()))?;
    writeln!(out, "  {} to {}", found.began_at(), found.ended_at())?;
    for one in &script.participants {
        writeln!(out, "  {:<10} {}", one.role.code(), one.name)?;
    }
    for signer in found.countersigners() {
        writeln!(out, "  countersigned by {signer}")?;
    }
    writeln!(out, "  transcript SHA-256 {digest}")?;
    Ok(())
}

fn refused(session: &Session, error: &CeremonyError, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let open = error.fault.is_indeterminate();
    let verdict = if open { "indeterminate" } else { "failed" };
    if session.json() {
        let value = json!({
            "verdict": verdict, "reason": error.fault.code(), "line": error.line, "message": error.fault.to_string(),
        });
        json_line(out, &value)?;
    } else {
        writeln!(out, "{verdict}: {}", error.fault.code())?;
        writeln!(out, "  {error}")?;
    }
    Ok(if open { Exit::Indeterminate } else { Exit::Failed })
}
