//! One archive, filled step by step, measured at each size.

use std::path::Path;
use std::time::{Duration, Instant};

use boyin::archive::{Archive, EngineMemory, RootSecret, Table, engine_memory, set_engine_memory};
use boyin::suite::open_secret;
use boyin::{Desk, Home, Lookup, SuiteName};
use boyin_benches::median;
use boyin_benches::office::{Filings, act, home, issue, passphrase};
use boyin_testkit::prefecture::{Prefecture, now};

use crate::Outcome;
use crate::issue::{least, together};
use crate::reads::{Readers, Spread};
use crate::rows::Row;

/// Bytes of a credential: as a business license has.
const CREDENTIAL: usize = 1_363;
/// Threads that fill the archive.
const LOADERS: usize = 64;
/// Licenses issued in earnest at each size, for lookups that verify.
const ISSUED: usize = 4_000;
/// Openings that are measured.
const OPENINGS: usize = 5;
/// A cache that holds a million licenses.
const LARGE: usize = 4 << 30;
/// How long files must stay as they are before reads are measured, and how long that is waited for.
const QUIET: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

pub(crate) fn measure(dir: &Path, sizes: &[u64], rounds: usize) -> Outcome<Vec<Row>> {
    let place = dir.join("home");
    let home = if place.exists() { Home::open(&place)? } else { home(&place, SuiteName::Es256) };
    let sealed = std::fs::read_to_string(home.dir().join("keys/archive.pem"))?;
    let secret = RootSecret::new(open_secret(&sealed, b"bench").map_err(|_| "the secret does not open")?);
    let filings = Filings::new(CREDENTIAL, "bench-scale-");
    let mut filed = on_file(&home, &secret, &filings)?;
    let mut rows = Vec::new();
    for (step, size) in sizes.iter().enumerate() {
        let scratch = tempfile::Builder::new().prefix(&format!("scratch {step} ")).tempdir_in(dir)?;
        rows.push(at(&home, &secret, &filings, filed.min(*size)..*size, scratch.path(), rounds)?);
        filed = filed.max(*size);
    }
    Ok(rows)
}

/// How many licenses were filed here before. They were filed up to a whole size, one number after the other.
fn on_file(home: &Home, secret: &RootSecret, filings: &Filings) -> Outcome<u64> {
    let path = home.dir().join("archive");
    if !path.exists() {
        return Ok(0);
    }
    let archive = Archive::open(&path, secret)?;
    let (mut known, mut missing) = (0, u64::from(u32::MAX));
    while known < missing {
        let middle = known.midpoint(missing);
        if archive.get(&filings.id(middle))?.is_some() { known = middle + 1 } else { missing = middle }
    }
    Ok(known)
}

/// Files the licenses of a range and measures.
fn at(
    home: &Home,
    secret: &RootSecret,
    filings: &Filings,
    range: std::ops::Range<u64>,
    scratch: &Path,
    rounds: usize,
) -> Outcome<Row> {
    let path = home.dir().join("archive");
    let mut row = Row::new(range.end);
    let desk = Desk::open(home, &passphrase(), now())?;
    desk.unlock()?;
    if !range.is_empty() {
        row.set("filed a second", load(desk.archive(), filings, &range)?);
    }
    let draft = Prefecture::new(boyin::suite::Algorithm::Es256).draft("business-license");
    let mut issued = Vec::new();
    let mut rates = Vec::new();
    for _ in 0..rounds.min(5) {
        let ids = std::sync::Mutex::new(Vec::new());
        let passed = together(LOADERS, ISSUED / 5, |_| {
            let id = issue(&desk, &draft, home);
            ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(id);
        });
        rates.push(f64::from(u32::try_from(ISSUED / 5)?) / passed.as_secs_f64());
        issued.extend(ids.into_inner().unwrap_or_default());
    }
    row.set("issued a second", median(rates));
    drop(desk);
    let opened = opening(&path, secret)?;
    row.set("opening with a log, ms", opened);
    let desk = Desk::open(home, &passphrase(), now())?;
    quiet(&path)?;
    drop(desk);
    let openings = (0..OPENINGS).map(|_| opening(&path, secret)).collect::<Outcome<Vec<_>>>()?;
    row.set("opening, ms", median(openings));
    reads(&mut row, &path, secret, filings, scratch, rounds)?;
    let lookup = Lookup::open(home, &scratch.join("lookup"), &passphrase())?;
    let mut costs = Vec::new();
    for round in 0..=rounds {
        let start = Instant::now();
        for id in issued.iter().skip(round % 2 * 500).take(500) {
            let report = lookup.verify_on_file(id, now())?.ok_or("it is on file")?;
            assert!(report.into_verified().is_ok(), "it is in force");
        }
        costs.push(start.elapsed().as_secs_f64() * 1e6 / 500.0);
    }
    row.set("lookup, verified", least(&costs));
    Ok(row)
}

fn load(archive: &Archive, filings: &Filings, range: &std::ops::Range<u64>) -> Outcome<f64> {
    let count = usize::try_from(range.end - range.start)?;
    let first = usize::try_from(range.start)?;
    let passed = together(LOADERS, count, |turn| {
        let number = u64::try_from(first + turn).expect("a number of licenses");
        drop(archive.file(&act(filings.office()), &filings.filing(number)).expect("a license of its own"));
        if turn % 1_000_000 == 999_999 {
            eprintln!("{} filed", number + 1);
        }
    });
    Ok(f64::from(u32::try_from(count)?) / passed.as_secs_f64())
}

fn opening(path: &Path, secret: &RootSecret) -> Outcome<f64> {
    let start = Instant::now();
    let archive = Archive::open(path, secret)?;
    let passed = start.elapsed().as_secs_f64() * 1e3;
    drop(archive);
    Ok(passed)
}

/// Waits until the engine has put its files in order.
fn quiet(path: &Path) -> Outcome<()> {
    let start = Instant::now();
    let mut before = (files(path)?, Instant::now());
    while before.1.elapsed() < QUIET.0 && start.elapsed() < QUIET.1 {
        std::thread::sleep(Duration::from_millis(500));
        let now = files(path)?;
        if now != before.0 {
            before = (now, Instant::now());
        }
    }
    Ok(())
}

fn files(path: &Path) -> Outcome<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path.join("db"))? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

fn reads(
    row: &mut Row,
    path: &Path,
    secret: &RootSecret,
    filings: &Filings,
    scratch: &Path,
    rounds: usize,
) -> Outcome<()> {
    std::fs::create_dir_all(scratch)?;
    let mut readers = Readers::open(path, scratch, secret, filings, row.licenses)?;
    for (spread, name) in [(Spread::Often, "often"), (Spread::Any, "any")] {
        row.set(&format!("RocksDB alone, {name}"), readers.engine(spread, rounds)?);
        if spread == Spread::Any {
            readers.know_keys()?;
        }
        gets(row, &mut readers, spread, name, rounds)?;
    }
    row.set("AES-256-GCM of a license", readers.cipher(rounds)?.median());
    let files = readers.files(rounds)?;
    row.set("file of 30, median", files.median());
    row.set("file of 30, least", files.min());
    let licenses = f64::from(u32::try_from(readers.on_file()?)?);
    let mut all = 0.0;
    for (table, bytes) in readers.bytes()? {
        let each = f64::from(u32::try_from(bytes >> 10)?) * 1024.0 / licenses;
        all += each;
        if Table::ALL.contains(&table) && each >= 1.0 {
            row.set(&format!("bytes in {table}"), each);
        }
    }
    row.set("bytes", all);
    row.set("resident, MiB", resident("VmRSS:")?);
    row.set("engine's cache, MiB", f64::from(u32::try_from(engine_memory().cache >> 20)?));
    set_engine_memory(EngineMemory { cache: LARGE, ..EngineMemory::DEFAULT });
    readers.warm()?;
    gets(row, &mut readers, Spread::Any, "any, cache of 4 GiB", rounds)?;
    row.set("file of 30, cache of 4 GiB", readers.files(rounds)?.median());
    set_engine_memory(EngineMemory::DEFAULT);
    Ok(())
}

fn gets(row: &mut Row, readers: &mut Readers, spread: Spread, name: &str, rounds: usize) -> Outcome<()> {
    let costs = readers.gets(spread, rounds)?;
    row.set(&format!("engine's get, {name}"), median(costs.seam.clone()));
    row.set(&format!("get without keys, {name}"), median(costs.without_keys.clone()));
    row.set(&format!("get, {name}"), median(costs.archive.clone()));
    row.set(&format!("engine ÷ get, {name}"), costs.of_engine());
    Ok(())
}

fn resident(field: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib / 1024.0)
}
