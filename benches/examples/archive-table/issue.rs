//! Acts and reads that have to be on the disk, by several threads at once, beside the engine's own synced batches.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use boyin::archive::Reader;
use boyin::model::id::LicenseId;
use boyin::{Desk, Home, Lookup, SuiteName};
use boyin_benches::median;
use boyin_benches::office::{Filings, act, home, issue, next, passphrase};
use boyin_testkit::prefecture::{Prefecture, now};
use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;
use crate::engine::Batches;

/// Threads that act at once, and how many acts of all of them make one slice.
const THREADS: [(usize, usize); 4] = [(1, 200), (2, 400), (8, 1_600), (64, 6_400)];
/// Bytes of a credential that is not signed: as an identity card has.
pub(crate) const CREDENTIAL: usize = 2_061;
/// Licenses to read.
const ON_FILE: usize = 2_000;
/// Syncs of a probe.
const SYNCS: usize = 200;

/// What one slice took for each act.
#[derive(Clone, Copy)]
struct Slice {
    passed: f64,
    processor: f64,
}

struct Row {
    what: &'static str,
    threads: usize,
    slices: Vec<Slice>,
}

pub(crate) fn measure(dir: &Path, rounds: usize) -> Outcome<String> {
    let offices =
        [SuiteName::Es256, SuiteName::Sm2Sm3].map(|suite| home(&dir.join(format!("{suite:?}")), suite));
    let desks = [desk(&offices[0])?, desk(&offices[1])?];
    let draft = Prefecture::new(boyin::suite::Algorithm::Es256).draft("identity-card");
    let ids: Vec<_> = (0..ON_FILE).map(|_| issue(&desks[0], &draft, &offices[0])).collect();
    let filings = Filings::new(CREDENTIAL, "bench-issue");
    let archive_dir = offices[0].dir().join("archive");
    let mut engine = Batches::new(&dir.join("engine"), &archive_dir, &filings)?;
    let lookup = Lookup::open(&offices[0], &dir.join("scratch"), &passphrase())?;
    let reader = Reader::new("clerk", filings.office(), "bench")?;
    let mut rows = Vec::new();
    for (threads, acts) in THREADS {
        for what in [
            "engine: synced batches of as many acts",
            "archive: a license filed",
            "desk: a license issued, ES256",
            "desk: a license issued, SM2-SM3",
            "lookup: a license read, verified, the read kept",
        ] {
            rows.push((Row { what, threads, slices: Vec::new() }, acts));
        }
    }
    // The first round does not count.
    for round in 0..=rounds {
        for (number, (row, acts)) in rows.iter_mut().enumerate() {
            let start = (Instant::now(), processor());
            let passed = match number % 5 {
                0 => engine.write(*acts, row.threads)?,
                1 => {
                    let archive = desks[0].archive();
                    let file =
                        |_| drop(archive.file(&act(filings.office()), &filings.filing(next())).expect("new"));
                    together(row.threads, *acts, file)
                }
                2 => together(row.threads, *acts, |_| drop(issue(&desks[0], &draft, &offices[0]))),
                3 => together(row.threads, *acts, |_| drop(issue(&desks[1], &draft, &offices[1]))),
                _ => together(row.threads, *acts, |turn| read(&lookup, &ids[turn % ON_FILE], &reader)),
            };
            let acts = f64::from(u32::try_from(*acts)?);
            let slice = Slice {
                passed: passed.as_secs_f64() / acts,
                processor: (processor() - start.1).as_secs_f64() / acts,
            };
            if round > 0 {
                row.slices.push(slice);
            }
        }
    }
    page(&rows, engine.size(), dir)
}

fn desk(home: &Home) -> Outcome<Desk> {
    let desk = Desk::open(home, &passphrase(), now())?;
    desk.unlock()?;
    Ok(desk)
}

fn read(lookup: &Lookup, id: &LicenseId, reader: &Reader) {
    let found = lookup.license(id, reader, now()).expect("readable").expect("on file");
    assert!(found.report.into_verified().is_ok(), "it is in force");
}

/// So many calls by so many threads, each taking the next one.
pub(crate) fn together(threads: usize, calls: usize, call: impl Fn(usize) + Sync) -> Duration {
    let turn = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = turn.fetch_add(1, Ordering::Relaxed);
                    if number >= calls {
                        break;
                    }
                    call(number);
                }
            });
        }
    });
    start.elapsed()
}

/// Time that this process was on a processor.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = Duration::from_secs(time.tv_sec.try_into().expect("time passes"));
    seconds + Duration::from_nanos(time.tv_nsec.try_into().expect("below a second"))
}

fn page(rows: &[(Row, usize)], (bytes, entries): (usize, usize), dir: &Path) -> Outcome<String> {
    let mut page = String::new();
    let (appended, overwritten) = (syncs(dir, false)?, syncs(dir, true)?);
    writeln!(
        page,
        "One sync of 4 KiB appended to a file takes {:.0} µs (median; least {:.0}), of 4 KiB overwritten {:.0} µs (least \
         {:.0}). Filing a license writes {bytes} bytes in {entries} entries, with a credential of {CREDENTIAL} bytes.\n",
        median(appended.clone()),
        least(&appended),
        median(overwritten.clone()),
        least(&overwritten),
    )?;
    page += "| what | threads | a second, median | a second, best | ÷ engine, median | processor time, µs each |\n\
             |---|---:|---:|---:|---:|---:|\n";
    for (place, (row, _)) in rows.iter().enumerate() {
        let engine = &rows[place / 5 * 5].0;
        let passed: Vec<_> = row.slices.iter().map(|slice| slice.passed).collect();
        let ratios = row.slices.iter().zip(&engine.slices).map(|(mine, other)| other.passed / mine.passed);
        writeln!(
            page,
            "| {} | {} | {:.0} | {:.0} | {:.2} | {:.0} |",
            row.what,
            row.threads,
            1.0 / median(passed.clone()),
            1.0 / least(&passed),
            median(ratios.collect()),
            median(row.slices.iter().map(|slice| slice.processor * 1e6).collect()),
        )?;
    }
    Ok(page)
}

pub(crate) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Microseconds that syncing 4 KiB takes.
fn syncs(dir: &Path, overwrite: bool) -> Outcome<Vec<f64>> {
    let mut file = File::create(dir.join("probe"))?;
    let block = vec![0x5a; 4096];
    if overwrite {
        file.write_all(&block)?;
        file.sync_all()?;
    }
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        if overwrite {
            file.seek(SeekFrom::Start(0))?;
        }
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}
