//! `boyin ofd …`

pub(crate) mod args;
mod extract;
mod inspect;
mod make;
mod many;

use std::fs::File;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use boyin::model::time::UnixTime;
use boyin::suite::all_x509;
use boyin::verify::Weight;
use boyin::verify::chain::CertificateStore;
use boyin::verify::seal::Profile;
use boyin::{CheckedDocument, DocumentTrust, DocumentVerifier, Registry};
use boyin_ofd::limits::MAX_STREAMED_PACKAGE_BYTES;
use boyin_ofd::package::{Container, PackageError, Pinned, ReadError, Seekable, Source};
use boyin_ofd::{
    DocumentReport, EntryList, EntryName, OfdCheck, OfdDetail, OfdOutcome, SignatureReport, ValueReport,
};

use self::args::{Ofd, Verify};
use crate::context::{Session, now};
use crate::output::{printable, sign};
use crate::report::{self, CODE_WIDTH, checks, exit, headline, words};
use crate::trusted::Trusted;
use crate::{Exit, files};

/// Entries of a kind that are shown to people; JSON has more.
const SHOWN_ENTRIES: usize = 8;

/// `ofd …`
pub(crate) fn run(session: &Session, command: &Ofd, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Ofd::Verify(args) => verify(session, args, out),
        Ofd::Inspect(args) => inspect::run(session, args, out),
        Ofd::Make(args) => make::run(session, args, out),
        Ofd::Extract(args) => extract::run(session, args, out),
    }
}

fn verify(session: &Session, args: &Verify, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let judging = Judging::new(session, args.at.as_deref(), args.profile, &args.trusted)?;
    if let [file] = args.files.as_slice()
        && !file.is_dir()
    {
        let report = judging.of_file(file)?;
        if session.json() {
            out.write_all(&report.to_json())?;
        } else {
            write(out, &report)?;
        }
        return Ok(exit(report.verdict()));
    }
    many::run(session, &judging, &args.files, out)
}

/// What documents are verified with: the certificates that were given, or else the trust list of the data directory.
struct Judging {
    verifier: DocumentVerifier,
    at: UnixTime,
    trusted: Result<CertificateStore, Arc<Registry>>,
}

impl Judging {
    fn new(
        session: &Session,
        at: Option<&str>,
        profile: Option<&'static Profile>,
        trusted: &Trusted,
    ) -> anyhow::Result<Self> {
        let at = at.map_or_else(now, crate::verify::instant)?;
        let verifier = DocumentVerifier::default();
        let verifier = profile.into_iter().fold(verifier, DocumentVerifier::with_profile);
        let trusted = match trusted.store()? {
            Some(store) => Ok(store),
            None => Err(session.reading()?.lookup.registry()),
        };
        Ok(Self { verifier, at, trusted })
    }

    fn trust(&self) -> DocumentTrust<'_> {
        match &self.trusted {
            Ok(store) => DocumentTrust::Certificates(store),
            Err(registry) => DocumentTrust::Registry(registry),
        }
    }

    fn of_source(&self, source: impl Source) -> anyhow::Result<CheckedDocument> {
        Ok(self.verifier.check(source, self.trust(), self.at)?)
    }

    fn of_file(&self, path: &Path) -> anyhow::Result<CheckedDocument> {
        self.of_source(source(path)?).with_context(|| cannot(path))
    }
}

/// A file of any size, read where it is asked; standard input as far as inputs go.
fn source(path: &Path) -> anyhow::Result<Box<dyn Source>> {
    if files::is_stdin(path) {
        return Ok(Box::new(Seekable::new(Cursor::new(files::read(path)?))?));
    }
    let file = File::open(path).and_then(Seekable::new);
    Ok(Box::new(file.with_context(|| cannot(path))?))
}

/// A document that is looked at more than once: each time the same bytes, or an error, since somebody may write to the file.
fn opened(path: &Path) -> anyhow::Result<Box<dyn Source>> {
    let source = source(path)?;
    // Of a larger one nothing is read, which its report says.
    if usize::try_from(source.size()).is_ok_and(|size| size <= MAX_STREAMED_PACKAGE_BYTES) {
        return Ok(Box::new(Pinned::new(source, &all_x509()).with_context(|| cannot(path))?.0));
    }
    Ok(source)
}

fn cannot(path: &Path) -> String {
    format!("{} cannot be read", files::name(path))
}

/// Its files, or why it is no container.
fn container<S: Source>(source: S) -> anyhow::Result<Result<Container<S>, PackageError>> {
    match Container::open(source) {
        Ok(container) => Ok(Ok(container)),
        Err(ReadError::Package(error)) => Ok(Err(error)),
        Err(ReadError::Source(error)) => Err(error.into()),
    }
}

/// A report for people: verdict, reason, next step, the license that is carried, then each check of the container, its documents and
/// their signatures.
fn write(out: &mut dyn Write, checked: &CheckedDocument) -> std::io::Result<()> {
    let report = checked.ofd();
    headline(out, checked.verdict())?;
    writeln!(out, "  {:<9} {}\n", "at", report.at())?;
    license(out, checked)?;
    report.checks().try_for_each(|(check, outcome)| line(out, *check, outcome))?;
    for (place, document) in report.documents().iter().enumerate() {
        writeln!(out, "\n文档 document {}: {} pages", place + 1, document.pages())?;
        of_document(out, document)?;
    }
    Ok(())
}

/// The license that a document carries, and the term of a copy.
fn license(out: &mut dyn Write, checked: &CheckedDocument) -> std::io::Result<()> {
    if let Some(copy) = checked.copy() {
        let purpose = copy.purpose.as_deref().map(|purpose| format!(", for 用途 {}", printable(purpose)));
        writeln!(out, "  {:<9} 加注件 until {}{}", "copy", copy.until, purpose.unwrap_or_default())?;
    }
    let Some(report) = checked.license() else { return Ok(()) };
    let verdict = report.verdict();
    writeln!(out, "  {} 所附证照 license: {}", sign(verdict), words(verdict))?;
    if let Some(id) = &report.subject().license_id {
        writeln!(out, "  {:<9} {id}", "license")?;
    }
    checks(out, report)?;
    writeln!(out)
}

fn of_document(out: &mut dyn Write, document: &DocumentReport) -> std::io::Result<()> {
    document.checks().try_for_each(|(check, outcome)| line(out, *check, outcome))?;
    report::notes(out, document.notes().iter().map(|note| note.code()))?;
    for signature in document.signatures() {
        let verdict = signature.verdict();
        writeln!(
            out,
            "\n  {} 签名 signature {}: {}",
            sign(verdict),
            printable(signature.id()),
            words(verdict)
        )?;
        of_signature(out, signature)?;
    }
    Ok(())
}

fn of_signature(out: &mut dyn Write, signature: &SignatureReport) -> std::io::Result<()> {
    if let Some(ValueReport::Seal(seal)) = signature.value()
        && let Some(id) = &seal.subject().id
    {
        writeln!(out, "  {:<9} {}", "seal", printable(id))?;
    }
    if let Some(ValueReport::SignedData(signed)) = signature.value()
        && let Some(digest) = signed.certificate()
    {
        writeln!(out, "  {:<9} {digest}", "signer")?;
        writeln!(out, "  {:<9} not asked whose certificate it is 未核对证书属于何人", "")?;
    }
    if let Some(at) = signature.signed_at() {
        writeln!(out, "  {:<9} {at}", "signed")?;
    }
    signature.checks().try_for_each(|(check, outcome)| line(out, *check, outcome))?;
    for (_, name, list) in lists(signature) {
        if list.count() > 0 {
            let shown: Vec<_> = list.entries().iter().take(SHOWN_ENTRIES).map(entry).collect();
            let more = if list.count() > SHOWN_ENTRIES { ", …" } else { "" };
            writeln!(out, "  {name} ({}): {}{more}", list.count(), shown.join(", "))?;
        }
    }
    report::notes(out, signature.notes().iter().map(|note| note.code()))
}

/// What a signature does not vouch for, each with its name in JSON.
fn lists(signature: &SignatureReport) -> [(&'static str, &'static str, &EntryList); 3] {
    [
        ("changed", "changed 被改动", signature.changed()),
        ("uncovered", "uncovered 未保护", signature.uncovered()),
        ("unreferenced", "unreferenced 夹带", signature.unreferenced()),
    ]
}

fn line(out: &mut dyn Write, check: OfdCheck, outcome: &OfdOutcome) -> std::io::Result<()> {
    report::line(out, (check.code(), check.name_zh()), CODE_WIDTH, outcome, Weight::Fail, place)
}

fn place(detail: &OfdDetail) -> String {
    match detail {
        OfdDetail::Package(error) => match error.entry {
            Some(place) => format!(": {} (entry {place})", error.fault),
            None => format!(": {}", error.fault),
        },
        OfdDetail::Structure(name, fault) => format!(" in {}: {fault}", entry(name)),
        OfdDetail::Entry(name) => format!(": {}", entry(name)),
        OfdDetail::Digest(name) => format!(": {name}"),
    }
}

fn entry(name: &EntryName) -> String {
    name.name.clone().unwrap_or_else(|| format!("#{}", name.place))
}
