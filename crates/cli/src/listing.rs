//! What the commands for signed lists have in common: `boyin trust`, `boyin catalog` and `boyin sharing`.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use boyin::model::listing::SignedList;
use boyin::model::time::{SECONDS_PER_DAY, UnixTime};
use boyin::model::trust::Difference;
use boyin::suite::all_jws;
use boyin::verify::AnchorChain;
use boyin::{DraftDigest, Held, Home, HomeError, ListKind};
use clap::Args;
use serde_json::{Value, json};

use crate::context::{Session, now};
use crate::fetched::{pasted, public_key};
use crate::key::args::Words;
use crate::key::order_of;
use crate::output::{self, json_line};
use crate::trust::args::By;
use crate::trust::order_by;
use crate::verify::instant;
use crate::{Exit, files};

#[derive(Debug, Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    words: Words,
    /// From when the list counts [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
}

/// Which draft is signed.
#[derive(Debug, Args)]
pub(crate) struct Seen {
    /// Sign only the draft that `diff` has shown with this digest; without it, the draft is shown, and on a terminal to be confirmed
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    draft: Option<DraftDigest>,
}

#[derive(Debug, Args)]
pub(crate) struct SignDraft {
    #[command(flatten)]
    seen: Seen,
    #[command(flatten)]
    sign: Sign,
}

fn digest(text: &str) -> Result<DraftDigest, &'static str> {
    DraftDigest::parse(text).ok_or("a digest is the 32 hexadecimal digits that `diff` shows")
}

#[derive(Debug, Args)]
pub(crate) struct VerifyFile {
    /// The signed list
    #[arg(value_name = "LIST.jwt")]
    file: PathBuf,
    /// Without data directory: the public key that signs it, as trust/anchor.json has it
    #[arg(long, value_name = "ANCHOR.json")]
    anchor: Option<PathBuf>,
    /// With --anchor: hand-overs from that anchor to later ones
    #[arg(long, value_name = "FILE", requires = "anchor")]
    handovers: Option<PathBuf>,
    /// The list that is held: an older one is refused
    #[arg(long, value_name = "LIST.jwt")]
    held: Option<PathBuf>,
}

/// Lists that were published, with how many things differ from one to the next.
pub(crate) fn history_of<L>(
    session: &Session,
    name: &str,
    lists: Vec<(u64, anyhow::Result<L>)>,
    made: impl Fn(&L) -> UnixTime,
    differences: impl Fn(&L, &L) -> usize,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if session.json() {
        let rows = lists.iter().map(|(number, list)| match list {
            Ok(list) => json!({ "sequence": number, "issued_at": made(list).seconds() }),
            Err(error) => json!({ "sequence": number, "error": error.to_string() }),
        });
        json_line(out, &json!({ name: rows.collect::<Vec<_>>() }))?;
        return Ok(Exit::Done);
    }
    let mut table = output::table(&["序号 Number", "发布 Made", "与前一份不同之处 Differences"]);
    let mut before: Option<L> = None;
    for (number, list) in lists {
        let (when, differ) = match &list {
            Ok(list) => {
                let older = before.as_ref().map(|before| differences(before, list).to_string());
                (made(list).to_string(), older.unwrap_or_default())
            }
            // One that does not verify any more is named all the same.
            Err(error) => (String::new(), error.to_string()),
        };
        table.add_row([number.to_string(), when, differ]);
        before = list.ok();
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

/// Differences, for programs.
pub(crate) fn differences_json(differences: &[Difference]) -> Value {
    let one = |difference: &Difference| -> Value {
        let Difference { what, subject, before, after, effect } = difference;
        let mut value = json!({ "what": what.code(), "subject": subject, "before": before, "after": after });
        if let Some(effect) = effect {
            value["effect"] = effect.code().into();
        }
        value
    };
    differences.iter().map(one).collect()
}

/// Differences, each on its line; and the digest of the draft, if they are those of one.
pub(crate) fn tell(
    session: &Session,
    differences: &[Difference],
    draft: Option<&DraftDigest>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if session.json() {
        let mut value = json!({ "differences": differences_json(differences) });
        if let Some(draft) = draft {
            value["draft"] = draft.to_string().into();
        }
        json_line(out, &value)?;
        return Ok(());
    }
    if differences.is_empty() {
        writeln!(out, "No difference (无差异).")?;
    }
    for difference in differences {
        writeln!(out, "{difference}  {}", difference.what.name_zh())?;
    }
    if let Some(draft) = draft {
        writeln!(out, "Digest of the draft (草稿摘要): {draft}")?;
    }
    Ok(())
}

/// The draft that is signed: the one that was asked for, or else the one that is shown now. `found` is the one that is there, looked up
/// before its differences were.
pub(crate) fn agreed(
    session: &Session,
    name: &str,
    (found, differences): (DraftDigest, &[Difference]),
    seen: &Seen,
    out: &mut dyn Write,
) -> anyhow::Result<DraftDigest> {
    if let Some(asked) = seen.draft.as_ref().filter(|asked| **asked != found) {
        tell(session, differences, Some(&found), out)?;
        anyhow::bail!(
            "another draft is prepared than {asked}, and nothing is signed; look at what it changes now: \
             `boyin {name} sign --draft {found}` signs that"
        );
    }
    if session.json() {
        return Ok(found);
    }
    tell(session, differences, Some(&found), out)?;
    if seen.draft.is_none() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        out.flush()?;
        eprint!("Sign this (签发以上变更)? Type yes; anything else breaks off: ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if answer.trim() != "yes" {
            anyhow::bail!("nothing is signed (未签发)");
        }
    }
    Ok(found)
}

/// `… history`
pub(crate) fn history<E: ListKind>(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let list = |number| (number, home.list_numbered::<E>(number).map(|(_, list)| list).map_err(Into::into));
    let lists = home.list_history::<E>()?.into_iter().map(list).collect();
    let made = |list: &SignedList<E>| list.issued_at;
    let differences = |older: &SignedList<E>, newer: &SignedList<E>| older.diff(newer).len();
    history_of(session, &format!("{}_lists", E::NAME), lists, made, differences, out)
}

/// `… diff`
pub(crate) fn diff<E: ListKind>(
    session: &Session,
    old: Option<&str>,
    new: Option<&str>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let current = || anyhow::Ok(home.list::<E>()?.list);
    // Looked up first: a draft that is changed meanwhile is then not the one of this digest.
    let draft = old.is_none().then(|| home.list_draft_digest::<E>()).transpose()?;
    let (before, after) = match (old, new) {
        (None, _) => (current()?, home.drafted_list::<E>(now()?)?),
        (Some(old), None) => (named::<E>(&home, old)?, current()?),
        (Some(old), Some(new)) => (named::<E>(&home, old)?, named::<E>(&home, new)?),
    };
    tell(session, &before.diff(&after), draft.as_ref(), out)?;
    Ok(Exit::Done)
}

/// A list that was published, by its number; or one in a file, signed with an anchor of this data directory.
fn named<E: ListKind>(home: &Home, name: &str) -> anyhow::Result<SignedList<E>> {
    if let Ok(number) = name.parse() {
        let kept = home.list_numbered::<E>(number).map(|(_, list)| list);
        return kept
            .map_err(|error| anyhow!("{} list {number}: {error}; `boyin {0} history` lists them", E::NAME));
    }
    let token = files::read(Path::new(name))?;
    let list = home.anchors()?.load_list::<E>(pasted(&token), &all_jws());
    list.with_context(|| format!("{name} is refused"))
}

/// Prepares changes, and shows what they change.
pub(crate) fn prepare<E: ListKind>(
    session: &Session,
    home: &Home,
    changes: &[E::Change],
    by: By,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let order = order_by(home, by)?;
    let before = home.drafted_list::<E>(order.at)?;
    let mut after = before.clone();
    for change in changes {
        after = home.draft_list::<E>(change, &order)?;
    }
    let draft = home.list_draft_digest::<E>()?;
    // Not that of a draft to which somebody else has added something that is not shown here.
    let draft = Some(draft).filter(|_| home.drafted_list::<E>(order.at).is_ok_and(|now| now == after));
    tell(session, &before.diff(&after), draft.as_ref(), out)?;
    if !session.json() {
        writeln!(out, "Prepared, not published (已拟定，未发布): `boyin {} sign` publishes it.", E::NAME)?;
    }
    Ok(Exit::Done)
}

/// `… sign`
pub(crate) fn sign<E: ListKind>(
    session: &Session,
    args: &SignDraft,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let (home, name) = (session.home()?, E::NAME);
    let found = home.list_draft_digest::<E>()?;
    if home.list_draft::<E>()?.is_empty() {
        anyhow::bail!("nothing is prepared: `boyin {name} add` and `boyin {name} remove` prepare changes")
    }
    let drafted = home.drafted_list::<E>(now()?)?;
    let differences = match home.list::<E>() {
        Ok(held) => held.list.diff(&drafted),
        Err(HomeError::NoList(_)) => SignedList { entries: Vec::new(), ..drafted.clone() }.diff(&drafted),
        Err(error) => return Err(error.into()),
    };
    let draft = agreed(session, name, (found, differences.as_slice()), &args.seen, out)?;
    publish::<E>(session, &home, &args.sign, (&draft, differences.as_slice()), out)
}

/// `… renew`
pub(crate) fn renew<E: ListKind>(
    session: &Session,
    args: &Sign,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let none = home.list_draft_digest::<E>()?;
    if !home.list_draft::<E>()?.is_empty() {
        anyhow::bail!("changes are prepared: `boyin {} sign` publishes them", E::NAME);
    }
    publish::<E>(session, &home, args, (&none, &[]), out)
}

/// Publishes a draft that was agreed on.
fn publish<E: ListKind>(
    session: &Session,
    home: &Home,
    args: &Sign,
    (draft, differences): (&DraftDigest, &[Difference]),
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let order = order_of(home.config().authority_code, &args.words)?;
    let from = args.from.as_deref().map(instant).transpose()?;
    let list = home.sign_list::<E>(from, Some(draft), &session.passphrase()?, &order)?;
    if session.json() {
        let value = json!({
            "sequence": list.sequence, "valid_from": list.valid_from.seconds(),
            "next_update": list.next_update.seconds(), "differences": differences_json(differences),
            "draft": draft.to_string(),
        });
        json_line(out, &value)?;
    } else {
        writeln!(out, "✓ {} list {} is published ({}已发布)", E::NAME, list.sequence, E::NAME_ZH)?;
        writeln!(out, "  counts from {} until {}", list.valid_from, list.next_update)?;
    }
    Ok(Exit::Done)
}

/// `… discard`
pub(crate) fn discard<E: ListKind>(
    session: &Session,
    words: &Words,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let home = session.home()?;
    home.discard_list_draft::<E>(&order_of(home.config().authority_code, words)?)?;
    writeln!(out, "✓ nothing is prepared any more (草稿已丢弃)")?;
    Ok(Exit::Done)
}

/// The list as it is signed, for programs; or its head, for people, who are then shown the entries.
pub(crate) fn show<E: ListKind>(
    session: &Session,
    home: &Home,
    out: &mut dyn Write,
) -> anyhow::Result<Option<SignedList<E>>> {
    let Held { list, instead_of, .. } = home.list::<E>()?;
    if session.json() {
        json_line(out, &serde_json::from_slice::<Value>(&list.write())?)?;
        return Ok(None);
    }
    let at = now()?;
    let age = at.seconds().saturating_sub(list.issued_at.seconds()) / SECONDS_PER_DAY;
    if let Some(fault) = instead_of {
        writeln!(out, "REFUSED 清单被拒绝: {fault}")?;
        writeln!(
            out,
            "  Below is the last good one, {age} day(s) old: put {}/history/{:08}.jwt back as {0}/list.jwt",
            E::NAME,
            list.sequence
        )?;
    }
    writeln!(out, "{} {} list of {} ({})", E::NAME_ZH, E::NAME, list.authority, list.division)?;
    writeln!(out, "  sequence {}, made {}, {age} day(s) ago", list.sequence, list.issued_at)?;
    let state = match list.counts_at(at) {
        Ok(()) => "in force 有效".to_owned(),
        Err(untimely) => format!("NOT IN FORCE 未生效或已过期: {untimely}"),
    };
    writeln!(out, "  counts from {} until {}: {state}", list.valid_from, list.next_update)?;
    Ok(Some(list))
}

/// How many changes are prepared, if there are any.
pub(crate) fn tell_draft<E: ListKind>(home: &Home, out: &mut dyn Write) -> anyhow::Result<()> {
    let (draft, name) = (home.list_draft::<E>()?.len(), E::NAME);
    if draft > 0 {
        writeln!(
            out,
            "{draft} change(s) are prepared: `boyin {name} diff` shows them, `boyin {name} sign` publishes them"
        )?;
    }
    Ok(())
}

/// `… verify`
pub(crate) fn verify<E: ListKind>(
    session: &Session,
    args: &VerifyFile,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let chain = match &args.anchor {
        Some(anchor) => {
            let held = public_key(anchor)?;
            match &args.handovers {
                Some(path) => AnchorChain::follow(&held, &files::read(path)?, &all_jws(), now()?)
                    .with_context(|| format!("the hand-overs {} are refused", path.display()))?,
                None => AnchorChain::of(&held),
            }
        }
        None => session.home()?.anchors()?,
    };
    let read = |path: &Path| anyhow::Ok(chain.load_list::<E>(pasted(&files::read(path)?), &all_jws()));
    let held = args.held.as_deref().map(read).transpose()?.transpose();
    let held = held.context("the list that is held is refused")?;
    let at = now()?;
    let (exit, said) = match (read(&args.file)?, held) {
        (Err(error), _) => (Exit::Failed, json!({ "verdict": "failed", "reason": error.to_string() })),
        (Ok(list), Some(held)) if !list.may_replace(&held) => {
            let reason = format!("list {} cannot take the place of list {}", list.sequence, held.sequence);
            (Exit::Failed, json!({ "verdict": "failed", "reason": reason, "sequence": list.sequence }))
        }
        (Ok(list), _) => {
            let (sequence, entries) = (list.sequence, list.entries.len());
            let value = json!({ "verdict": "passed", "sequence": sequence, "entries": entries });
            match list.counts_at(at) {
                Ok(()) => (Exit::Done, value),
                Err(untimely) => {
                    let reason = untimely.to_string();
                    let verdict =
                        json!({ "verdict": "indeterminate", "reason": reason, "sequence": sequence });
                    (Exit::Indeterminate, verdict)
                }
            }
        }
    };
    if session.json() {
        json_line(out, &said)?;
        return Ok(exit);
    }
    match said["reason"].as_str() {
        None => writeln!(
            out,
            "✓ passed 通过: {} list {}, {} entries",
            E::NAME,
            said["sequence"],
            said["entries"]
        )?,
        Some(reason) => writeln!(out, "✗ {} 未通过: {reason}", said["verdict"].as_str().unwrap_or_default())?,
    }
    Ok(exit)
}
