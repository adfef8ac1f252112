use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use boyin::model::catalog::{Catalog, CatalogEntry};
use boyin::model::time::UnixTime;
use boyin::suite::SystemRandom;
use boyin::{Desk, DeskError, Home, HomeError, Order, Receipt};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::Exit;
use crate::args::Issue;
use crate::context::{Session, now};
use crate::files;
use crate::forms::Forms;
use crate::output::json_line;

/// `license issue`
pub(crate) fn run(session: &Session, args: &Issue, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let office = home.offices().iter().find(|office| office.code == args.office);
    let office = office.ok_or(DeskError::UnknownOffice(args.office))?;
    let forms = Forms::read(&args.form)?;
    let catalog = catalog_at(&home, now()?)?;
    forms.check(&catalog, office)?;
    let many = forms.forms.len() > 1;
    if let Some(path) = &args.out {
        prepare_out(path, many)?;
    }
    let desk = Desk::open(&home, &session.passphrase()?, now()?)?;
    let bar = if many { progress(forms.forms.len()) } else { ProgressBar::hidden() };
    let mut fresh = 0_usize;
    for form in &forms.forms {
        let order = Order {
            who: args.who.clone(),
            office: args.office,
            purpose: args.purpose.clone(),
            idempotency_key: forms.key(form, args.idempotency_key.as_deref()),
            at: now()?,
        };
        let receipt = desk.issue(&form.draft, &order, &mut SystemRandom);
        let receipt = receipt.with_context(|| stopped(many, form.line))?;
        fresh += usize::from(!receipt.replayed);
        bar.suspend(|| print(session, out, many.then_some(form.line), &receipt))?;
        if let Some(path) = &args.out {
            deliver(path, many, &receipt)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if many && !session.json() {
        let before = forms.forms.len() - fresh;
        writeln!(out, "{fresh} issued 新签发, {before} issued before 此前已签发")?;
    }
    Ok(Exit::Done)
}

/// The types by which the desk issues at `at`. If no list counts then, those of the directory: the desk refuses in its words.
fn catalog_at(home: &Home, at: UnixTime) -> Result<Cow<'_, Catalog>, DeskError> {
    match home.list_at::<CatalogEntry>(at) {
        Ok((_, list)) => Ok(Cow::Owned(list.catalog())),
        Err(HomeError::NoList(_)) => Ok(Cow::Borrowed(home.catalog())),
        Err(error) => Err(error.into()),
    }
}

fn stopped(many: bool, line: usize) -> String {
    if many {
        format!("stopped at line {line}; what was printed is issued and filed, run the same command to go on")
    } else {
        "not known to be issued; once mended, run the same command on the same file: nothing is issued twice"
            .to_owned()
    }
}

fn prepare_out(path: &Path, many: bool) -> anyhow::Result<()> {
    if !many {
        if path.is_dir() {
            bail!("{} is a directory: give the name of a new file", path.display());
        }
        return Ok(());
    }
    std::fs::create_dir_all(path).with_context(|| {
        format!("{} cannot be made: with several forms --out is a directory", path.display())
    })
}

fn deliver(path: &Path, many: bool, receipt: &Receipt) -> anyhow::Result<()> {
    let written = if many {
        files::write_new(&path.join(format!("{}.license", receipt.license_id)), &receipt.credential)
    } else {
        files::write_new(path, &receipt.credential)
    };
    let id = &receipt.license_id;
    written
        .with_context(|| format!("the license is issued; get it with `boyin license show {id} --out FILE`"))
}

fn print(
    session: &Session,
    out: &mut dyn Write,
    line: Option<usize>,
    receipt: &Receipt,
) -> std::io::Result<()> {
    let Receipt { license_id, event, at, replayed, .. } = receipt;
    if session.json() {
        let receipt = json!({
            "license_id": license_id.as_str(), "event": event, "at": at.seconds(),
            "replayed": replayed, "line": line,
        });
        json_line(out, &receipt)?;
    } else {
        let words = if *replayed { "issued before 此前已签发" } else { "issued 已签发" };
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        writeln!(out, "✓ {line}{license_id}  {words}, event {event}, {at}")?;
    }
    // An acknowledged act is told at once, whatever happens to the next one.
    out.flush()
}

/// A bar on standard error; hidden when that is not a terminal.
pub(crate) fn progress(length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}");
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

#[cfg(test)]
mod tests {
    use boyin::model::catalog::CatalogChange;
    use boyin::{Passphrase, SuiteName};

    use super::*;
    use crate::demo::sample;

    #[test]
    fn forms_are_checked_by_the_catalog_that_counts_now_not_by_one_for_later() {
        let dir = tempfile::tempdir().unwrap();
        let passphrase = Passphrase::new("the catalog that counts now".to_owned());
        let at = UnixTime::new(1_780_000_000).unwrap();
        let mut setup = sample::setup("http://localhost".to_owned(), SuiteName::Es256);
        setup.offices.truncate(1);
        let path = dir.path().join("data");
        let home = Home::create(&path, &setup, &passphrase, at, &mut SystemRandom).unwrap();
        let embedded = Catalog::embedded();
        let first = embedded.find("business-license").unwrap();
        let mut narrower = first.clone();
        narrower.fields.pop().unwrap();
        let order = Order {
            who: "目录管理员".to_owned(),
            office: home.config().authority_code,
            purpose: "年度调整".to_owned(),
            idempotency_key: "list".to_owned(),
            at,
        };
        let change = CatalogChange::Put { from: at, license_type: Box::new(narrower.clone()), until: None };
        home.draft_list::<CatalogEntry>(&change, &order).unwrap();
        home.sign_list::<CatalogEntry>(Some(at.plus(60)), None, &passphrase, &order).unwrap();

        let home = Home::open(&path).unwrap();
        let found = |at| catalog_at(&home, at).unwrap().find("business-license").unwrap().clone();
        assert_eq!(found(at.plus(59)), *first);
        assert_eq!(found(at.plus(60)), narrower);
        // No list counts yet: the desk says so.
        assert_eq!(found(at.minus(1)), narrower);
        // A list that is refused is told as the desk tells it, not as forms with unknown types.
        std::fs::write(path.join("catalog/history/00000001.jwt"), "x").unwrap();
        let refused = catalog_at(&home, at);
        assert!(matches!(refused, Err(DeskError::Home(HomeError::List { .. }))), "{refused:?}");
    }
}
