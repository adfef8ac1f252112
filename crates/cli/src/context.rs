use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use boyin::archive::Reader;
use boyin::model::alg::Randomness as _;
use boyin::model::id::CreditCode;
use boyin::model::time::UnixTime;
use boyin::suite::SystemRandom;
use boyin::transport::{CONNECT_TIMEOUT, Http};
use boyin::{Desk, Home, Lookup, Order, Overrides, Passphrase, RemoteAccess, SIGNING_TIMEOUT};
use boyin_service::unix_now;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::args::{Global, ReadBy};
use crate::engine;

/// What every command starts from: where the data are, which settings the environment has in place of theirs, and how results
/// are printed.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) global: Global,
    pub(crate) overrides: Overrides,
}

/// The reading side of a data directory, with the place for the follower's notes.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) lookup: Lookup,
    /// Removed when dropped, hence after the follower.
    pub(crate) scratch: TempDir,
}

impl Session {
    pub(crate) fn new(global: Global, overrides: Overrides) -> Self {
        Self { global, overrides }
    }

    pub(crate) fn json(&self) -> bool {
        self.global.json
    }

    pub(crate) fn home(&self) -> anyhow::Result<Home> {
        let home = Home::open_with(&self.global.home, engine::all(), &self.overrides)?;
        if let Some(fault) = home.catalog_fault() {
            eprintln!("Warning: the catalog of license types is refused, and nothing can be issued: {fault}");
        }
        Ok(home)
    }

    /// Opens the data directory for acts.
    pub(crate) fn desk(&self) -> anyhow::Result<(Home, Desk)> {
        let home = self.home()?;
        let desk = open_desk(&home, &self.passphrase()?)?;
        Ok((home, desk))
    }

    /// Opens the data directory for reading, beside any other process.
    pub(crate) fn reading(&self) -> anyhow::Result<Reading> {
        reading(&self.home()?, &self.passphrase()?)
    }

    /// Who reads, as the event log has it.
    pub(crate) fn reader(&self, by: &ReadBy) -> anyhow::Result<Reader> {
        let office = match by.office {
            Some(office) => office,
            None => self.home()?.config().authority_code,
        };
        Ok(Reader::new(by.who.as_str(), office, by.purpose.as_str())?)
    }

    /// The passphrase from the file, the environment or the terminal.
    pub(crate) fn passphrase(&self) -> anyhow::Result<Passphrase> {
        let passphrase = match self.passphrase_given()? {
            Some(passphrase) => passphrase,
            None => ask("Passphrase: ")?,
        };
        let passphrase = match pin()? {
            Some(pin) => passphrase.with_pin(pin),
            None => passphrase,
        };
        let given = secret("BOYIN_ARCHIVE_SECRET")?.into_iter();
        let passphrase = given.fold(passphrase, Passphrase::with_archive_secret);
        let next = secret("BOYIN_ARCHIVE_SECRET_NEXT")?.into_iter();
        let passphrase = next.fold(passphrase, Passphrase::with_next_archive_secret);
        let signers = Http::new(CONNECT_TIMEOUT, SIGNING_TIMEOUT);
        Ok(passphrase.with_remote(RemoteAccess::new(Arc::new(signers), Arc::new(unix_now))))
    }

    /// As [`Self::passphrase`], but asked twice: a mistyped one would lock everybody out.
    pub(crate) fn new_passphrase(&self) -> anyhow::Result<Passphrase> {
        if let Some(passphrase) = self.passphrase_given()? {
            return Ok(passphrase);
        }
        let first = ask_text("New passphrase: ")?;
        if first != ask_text("Again: ")? {
            bail!("the two passphrases differ: nothing was made, try again");
        }
        usable(first)
    }

    fn passphrase_given(&self) -> anyhow::Result<Option<Passphrase>> {
        if let Some(path) = &self.global.passphrase_file {
            return passphrase_of(path).map(Some);
        }
        std::env::var("BOYIN_PASSPHRASE").ok().map(usable).transpose()
    }
}

/// A secret of 32 bytes from the environment. Its text is in no message.
fn secret(variable: &str) -> anyhow::Result<Option<Zeroizing<[u8; 32]>>> {
    let Ok(text) = std::env::var(variable) else { return Ok(None) };
    let text = Zeroizing::new(text);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| {
        let pair =
            std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|c| c.is_ascii_hexdigit()))?;
        u8::from_str_radix(pair, 16).ok()
    };
    let bytes: Option<Zeroizing<Vec<u8>>> =
        pairs.iter().map(byte).collect::<Option<Vec<u8>>>().map(Zeroizing::new);
    let bytes =
        bytes.filter(|_| rest.is_empty()).and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
    let bytes = bytes.with_context(|| format!("{variable} is not 64 hexadecimal digits"))?;
    Ok(Some(Zeroizing::new(bytes)))
}

/// The PIN of the tokens that hold keys: the first line of the file BOYIN_PIN_FILE, or BOYIN_PIN.
fn pin() -> anyhow::Result<Option<boyin::hsm::Pin>> {
    let text = match std::env::var_os("BOYIN_PIN_FILE") {
        Some(path) => {
            let read = std::fs::read_to_string(&path);
            let text =
                read.with_context(|| format!("the PIN file {} cannot be read", Path::new(&path).display()))?;
            Some(text.lines().next().unwrap_or_default().to_owned())
        }
        None => std::env::var("BOYIN_PIN").ok(),
    };
    Ok(text.map(boyin::hsm::Pin::new))
}

/// Opens a data directory for acts and warns of every office whose status list could not be published.
pub(crate) fn open_desk(home: &Home, passphrase: &Passphrase) -> anyhow::Result<Desk> {
    let desk = Desk::open(home, passphrase, now()?)?;
    for (office, error) in desk.overdue() {
        eprintln!("Warning: the status list of {office} is not published: {error}");
    }
    Ok(desk)
}

/// Opens a data directory for reading.
pub(crate) fn reading(home: &Home, passphrase: &Passphrase) -> anyhow::Result<Reading> {
    let scratch = tempfile::Builder::new().prefix("boyin-follow-").tempdir();
    let scratch = scratch.context("no temporary directory could be made")?;
    let lookup = Lookup::open(home, scratch.path(), passphrase)?;
    Ok(Reading { lookup, scratch })
}

/// The first line of the file.
pub(crate) fn passphrase_of(path: &Path) -> anyhow::Result<Passphrase> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the passphrase file {} cannot be read", path.display()))?;
    usable(text.lines().next().unwrap_or_default().to_owned())
}

fn usable(text: String) -> anyhow::Result<Passphrase> {
    if text.is_empty() {
        bail!("the passphrase is empty: an empty one protects nothing");
    }
    Ok(Passphrase::new(text))
}

fn ask(prompt: &str) -> anyhow::Result<Passphrase> {
    usable(ask_text(prompt)?)
}

fn ask_text(prompt: &str) -> anyhow::Result<String> {
    if !std::io::stderr().is_terminal() {
        bail!(
            "no passphrase: give --passphrase-file FILE or set BOYIN_PASSPHRASE_FILE or BOYIN_PASSPHRASE \
             (there is no terminal to ask on)"
        );
    }
    rpassword::prompt_password(prompt).context("the passphrase could not be read from the terminal")
}

/// The only place of this crate that reads the clock.
#[allow(clippy::disallowed_methods, reason = "the command is one of the two places that read a clock")]
pub(crate) fn now() -> anyhow::Result<UnixTime> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let now = since.and_then(|since| UnixTime::new(since.as_secs()));
    now.context("the clock of this machine is before 1970 or after 9999: set it")
}

/// The office that does what only an office of `offices.toml` can do.
pub(crate) fn acting_office(home: &Home, named: Option<CreditCode>) -> anyhow::Result<CreditCode> {
    let authority = home.config().authority_code;
    match named {
        Some(office) => Ok(office),
        None if home.offices().iter().any(|office| office.code == authority) => Ok(authority),
        None => bail!(
            "--office is missing: {authority}, which keeps the trust list, is not in offices.toml and cannot do this"
        ),
    }
}

/// The order of somebody who acts: once under `key`, or else under a new key that begins with `what`.
pub(crate) fn order_by(home: &Home, by: ReadBy, key: Option<String>, what: &str) -> anyhow::Result<Order> {
    Ok(Order {
        who: by.who,
        office: by.office.unwrap_or(home.config().authority_code),
        purpose: by.purpose,
        idempotency_key: match key {
            Some(key) => key,
            None => format!("{what}-{}", random_text::<16>()?),
        },
        at: now()?,
    })
}

/// A text of so many random bytes.
pub(crate) fn random_text<const BYTES: usize>() -> anyhow::Result<String> {
    let mut bytes = [0; BYTES];
    SystemRandom.fill(&mut bytes)?;
    Ok(boyin::model::b64::encode(&bytes))
}
