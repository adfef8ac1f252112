//! `boyin demo`: the whole way from an empty directory to a running service.

mod client;
mod documents;
mod invite;
pub(crate) mod sample;
mod seals;
mod tamper;
mod window;

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use boyin::archive::{Change, Reader, StatusChange};
use boyin::issue::{Draft, SigningKey};
use boyin::model::id::{CreditCode, HolderCode, HolderCodeType, LicenseId};
use boyin::suite::SystemRandom;
use boyin::verify::Verdict;
use boyin::{Desk, Font, Home, Order, Passphrase, Scope, SuiteName};
use boyin_service::AppState;
use indicatif::ProgressBar;
use tempfile::TempDir;

use crate::Exit;
use crate::args::Demo;
use crate::context::{Reading, now, random_text, reading};
use crate::output::Privacy;
use crate::{files, holder, issue, report, serve};

const WHO: &str = "演示窗口";
const PURPOSE: &str = "演示签发";
/// What for the commands ask that are printed at the end.
const PURPOSE_SHOWN: &str = "演示";

/// Where the demo lives.
struct Place {
    dir: PathBuf,
    // Removed when dropped; none if a directory was given.
    _temporary: Option<TempDir>,
}

/// `demo`
pub(crate) fn run(args: &Demo, out: &mut dyn Write) -> anyhow::Result<Exit> {
    serve::check_listen(args.listen, false)?;
    // The address becomes part of every license, so it has to be known first.
    let listener = if args.no_serve { None } else { Some(serve::bind(args.listen)?) };
    let address = listener.as_ref().map_or(Ok(args.listen), TcpListener::local_addr)?;
    let place = place(args.dir.as_deref())?;
    let forms = forms(args.licenses)?;

    writeln!(out, "1. A prefecture (建立演示州)")?;
    let started = Instant::now();
    let (home, passphrase) =
        busy("keys, trust list, archive", || prefecture(&place, format!("http://{address}")))?;
    let dir = place.dir.display();
    writeln!(out, "   {} offices in {dir}, {}", home.offices().len(), seconds(started.elapsed()))?;

    let (desk, opened) = timed(|| busy("status lists", || Ok(Desk::open(&home, &passphrase, now()?)?)))?;
    writeln!(out, "\n2. Electronic seals (电子印章)")?;
    let seals = busy("seals", || seals::set_up(&desk, &home, out))?;

    writeln!(out, "\n3. Licenses (签发入库)")?;
    out.flush()?;
    let (issued, took) = timed(|| issue_all(&desk, &home, &forms))?;
    writeln!(out, "   {} status lists published, {}", home.offices().len(), seconds(opened))?;
    writeln!(
        out,
        "   {} licenses of {} types issued, {}",
        forms.len(),
        types(&forms),
        rate(forms.len(), took)
    )?;

    writeln!(out, "\n4. Verification of all of them (全部核验)")?;
    out.flush()?;
    let reader = reading(&home, &passphrase)?;
    let (passed, took) = timed(|| verify_all(&reader, issued.len()))?;
    writeln!(out, "   {passed} of {} passed, {}", issued.len(), rate(issued.len(), took))?;
    if passed != issued.len() {
        bail!("not every license passed: this is a fault of the program or of the clock");
    }
    drop(reader);

    show_files(&home, &passphrase, &forms, out)?;
    writeln!(out, "\n7. Licenses as sealed documents (版式文档 OFD)")?;
    documents::make_all(&desk, &home, &passphrase, &issued, &place.dir.join("documents"), out)?;
    writeln!(out, "\n8. Any file sealed, and its seal suspended (用印与停用)")?;
    seals::show(&desk, &home, &passphrase, &seals, &issued, out)?;
    let revoked = refuse(&desk, &home, &passphrase, &issued, out)?;
    writeln!(out, "\n11. Which papers may be asked for (免证办)")?;
    window::decide_some(&desk, &home, &forms, out)?;
    writeln!(out, "\n12. Sharing with an agency (共享)")?;
    let key = client::register(&desk, &home, &passphrase, &place.dir, out)?;
    if let Some(listener) = listener {
        let shown = shown(&forms, &issued, &revoked)?;
        serve_with(desk, (&home, &passphrase), &key, |tokens| {
            invite::invite(&place.dir, address, tokens, &shown, out).map(|()| listener)
        })?;
    } else if args.dir.is_some() {
        writeln!(out, "\nThe data stay in {dir}.")?;
    }
    Ok(Exit::Done)
}

/// An identity card in force; if none was issued but the one that was revoked, that.
fn shown<'d>(
    forms: &'d [Draft],
    issued: &'d [(LicenseId, Vec<u8>)],
    revoked: &LicenseId,
) -> anyhow::Result<invite::Shown<'d>> {
    let cards = || {
        let all = forms.iter().zip(issued).map(|(draft, (license, _))| invite::Shown { draft, license });
        all.filter(|one| one.draft.license_type == client::LICENSE_TYPE)
    };
    let found = cards().find(|one| one.license != revoked).or_else(|| cards().next());
    found.context("the first form is one of an identity card")
}

/// Serves beside the desk, as `boyin serve --desk` does, once the tokens of a clerk and of the client have been told: while it runs, no
/// other process acts on the archive.
fn serve_with(
    desk: Desk,
    (home, passphrase): (&Home, &Passphrase),
    key: &SigningKey,
    tell: impl FnOnce([&str; 2]) -> anyhow::Result<TcpListener>,
) -> anyhow::Result<()> {
    // The office of a clerk's token is the one that is asked first, and signs what it decides.
    let office = home.offices().first().context("the sample has offices")?;
    let clerk = home.grant_token("demo", office.code, &Scope::ALL, &mut SystemRandom)?;
    let gate = client::gate(home)?;
    let Reading { lookup, scratch } = reading(home, passphrase)?;
    let listener = tell([clerk.reveal(), &client::token(&gate, key)?])?;
    let state = AppState::new(Arc::new(lookup), home.tokens()?);
    let state = Font::find_for_pages().into_iter().fold(state, AppState::with_font);
    serve::serve(state.with_gate(Arc::new(gate)).with_desk(Arc::new(desk)), listener)?;
    drop(scratch);
    Ok(())
}

fn place(dir: Option<&Path>) -> anyhow::Result<Place> {
    let Some(dir) = dir else {
        let temporary = tempfile::Builder::new().prefix("boyin-demo-").tempdir();
        let temporary = temporary.context("no temporary directory could be made: give --dir DIR")?;
        return Ok(Place { dir: temporary.path().to_owned(), _temporary: Some(temporary) });
    };
    if std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} exists and is not empty: choose another directory", dir.display());
    }
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    Ok(Place { dir: dir.to_owned(), _temporary: None })
}

fn forms(wanted: Option<usize>) -> anyhow::Result<Vec<Draft>> {
    let mut forms = sample::forms();
    let wanted = wanted.unwrap_or(forms.len());
    if wanted == 0 || wanted > forms.len() {
        bail!("--licenses: there are forms for 1 to {} licenses", forms.len());
    }
    forms.truncate(wanted);
    Ok(forms)
}

fn home_of(dir: &Path) -> PathBuf {
    dir.join("prefecture")
}

fn passphrase_file(dir: &Path) -> PathBuf {
    dir.join("passphrase")
}

fn prefecture(place: &Place, public_url: String) -> anyhow::Result<(Home, Passphrase)> {
    let path = passphrase_file(&place.dir);
    files::write_new(&path, format!("{}\n", random_text::<24>()?).as_bytes())?;
    let passphrase = crate::context::passphrase_of(&path)?;
    let setup = sample::setup(public_url, SuiteName::Sm2Sm3);
    let home = Home::create(&home_of(&place.dir), &setup, &passphrase, now()?, &mut SystemRandom)?;
    Ok((home, passphrase))
}

fn issue_all(desk: &Desk, home: &Home, forms: &[Draft]) -> anyhow::Result<Vec<(LicenseId, Vec<u8>)>> {
    let bar = issue::progress(forms.len());
    let mut issued = Vec::with_capacity(forms.len());
    for (number, draft) in (1..).zip(forms) {
        let office = sample::office_for(home.offices(), home.catalog(), draft);
        let office = office.with_context(|| format!("no office issues form {number}"))?;
        let order = order(office.code, PURPOSE, format!("demo-{number}"))?;
        let receipt = desk.issue(draft, &order, &mut SystemRandom);
        let receipt = receipt.with_context(|| format!("form {number}"))?;
        issued.push((receipt.license_id, receipt.credential));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(issued)
}

fn order(office: CreditCode, purpose: &str, idempotency_key: String) -> anyhow::Result<Order> {
    Ok(Order { who: WHO.to_owned(), office, purpose: purpose.to_owned(), idempotency_key, at: now()? })
}

/// The demo reads what it has issued.
fn demonstrating(home: &Home) -> anyhow::Result<Reader> {
    Ok(Reader::new(WHO, home.config().authority_code, "演示")?)
}

/// Reads every license back from the archive and verifies it; how many passed.
fn verify_all(reader: &Reading, count: usize) -> anyhow::Result<usize> {
    let by = demonstrating(reader.lookup.home())?;
    let bar = issue::progress(count);
    let (mut passed, mut cursor) = (0, None);
    loop {
        let page = reader.lookup.licenses(None, &by, cursor.as_ref(), boyin::archive::MAX_PAGE, now()?)?;
        passed += page.licenses.iter().filter(|l| l.report.verdict() == Verdict::Passed).count();
        bar.inc(u64::try_from(page.licenses.len()).unwrap_or(u64::MAX));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    bar.finish_and_clear();
    Ok(passed)
}

/// One person's and one enterprise's file: of those with most licenses.
fn show_files(
    home: &Home,
    passphrase: &Passphrase,
    forms: &[Draft],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let reader = reading(home, passphrase)?;
    let kinds =
        [(HolderCodeType::CitizenId, "5. One person"), (HolderCodeType::CreditCode, "6. One enterprise")];
    for (kind, title) in kinds {
        let of_kind = |draft: &&Draft| draft.holder.code_type == kind.code();
        let owned = |code: &str| forms.iter().filter(|draft| draft.holder.code == code).count();
        let most = forms.iter().filter(of_kind).max_by_key(|draft| owned(&draft.holder.code));
        let Some(most) = most else { continue };
        writeln!(out, "\n{title}, one file")?;
        let code = HolderCode::new(kind, &most.holder.code)?;
        holder::show(false, &reader, &code, &demonstrating(home)?, Privacy::Masked, out)?;
    }
    Ok(())
}

/// Shows that a changed license and a revoked one are refused; gives the revoked one.
fn refuse(
    desk: &Desk,
    home: &Home,
    passphrase: &Passphrase,
    issued: &[(LicenseId, Vec<u8>)],
    out: &mut dyn Write,
) -> anyhow::Result<LicenseId> {
    let (_, credential) = issued.first().context("nothing was issued")?;
    let (id, _) = issued.last().context("nothing was issued")?;
    let changed = tamper::change_issue_date(credential).context("the license has no date of issue")?;
    let reader = reading(home, passphrase)?;
    writeln!(out, "\n9. The date of issue in a license changed by one day (篡改)")?;
    report::headline(out, reader.lookup.verify(&changed, now()?).verdict())?;

    let order = order(id.issuer(), "演示吊销", "demo-revoke".to_owned())?;
    desk.change_status(id, &StatusChange::new(Change::Revoke, "演示：以欺骗手段取得"), &order)?;
    reader.lookup.refresh(now()?)?;
    writeln!(out, "\n10. A license revoked by its issuer (吊销)")?;
    let found = reader.lookup.verify_on_file(id, now()?)?.context("the license is on file")?;
    report::headline(out, found.verdict())?;
    Ok(id.clone())
}

/// Shows that something is going on while `work` runs.
fn busy<T>(what: &'static str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(100));
    let done = work();
    spinner.finish_and_clear();
    done
}

fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, Duration)> {
    let started = Instant::now();
    work().map(|done| (done, started.elapsed()))
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// Wall-clock time of this run on this machine, one thread.
fn rate(count: usize, took: Duration) -> String {
    let count = u32::try_from(count).map_or(f64::NAN, f64::from);
    format!("{:.2} s, {:.0} per second", took.as_secs_f64(), count / took.as_secs_f64())
}

fn types(forms: &[Draft]) -> usize {
    let types: std::collections::BTreeSet<_> = forms.iter().map(|draft| &draft.license_type).collect();
    types.len()
}
