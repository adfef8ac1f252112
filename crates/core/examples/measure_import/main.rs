//! What an import costs: `cargo run --release -p boyin --example measure_import -- 1000000 20000` takes in as many rows as the
//! first number says and then signs as many records as the second says, each in a data directory of its own, beside signing alone.
//!
//! Wall time depends on who else uses the machine; processor time for each row does not.

#![allow(clippy::print_stdout, reason = "it talks to whoever measures")]

#[path = "../../../cli/examples/make_stock/main.rs"]
#[allow(dead_code, reason = "the example's `main` is not called here")]
mod make_stock;

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use boyin::archive::ImportId;
use boyin::collect::{Actor, Collection};
use boyin::model::alg::Signer as _;
use boyin::model::id::{CreditCode, DivisionCode};
use boyin::model::time::{Date, UnixTime};
use boyin::suite::{Algorithm, SoftwareKey, SystemRandom};
use boyin::{Desk, Home, Office, Passphrase, Setup, SuiteName};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Signatures of each thread that signs alone.
const ALONE: u32 = 5_000;
/// Clock ticks of a second in `/proc/self/stat`.
const TICKS: u64 = 100;

fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>());
    let (rows, signed) = (numbers.next().unwrap_or(Ok(100_000))?, numbers.next().unwrap_or(Ok(10_000))?);
    let import = measured("take in", rows, |dir| take_in(dir, rows))?;
    println!("  {import}");
    for suite in [SuiteName::Es256, SuiteName::Sm2Sm3] {
        println!("{suite:?}");
        let dir = tempfile::tempdir()?;
        let desk = desk(dir.path(), suite)?;
        let import = collect(&desk, dir.path(), signed)?;
        // Opening a key takes a deliberately slow derivation.
        desk.unlock()?;
        measured("  sign", signed, |_| sign(&desk, import))?;
        alone(suite)?;
    }
    Ok(())
}

/// Wall and processor time of something, for each of `count`, and the most memory that the process had until then.
fn measured<T>(what: &str, count: u64, run: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    let dir = tempfile::tempdir()?;
    let (started, before) = (Instant::now(), processor_time()?);
    let result = run(dir.path())?;
    let (wall, processor) = (started.elapsed(), processor_time()?.saturating_sub(before));
    let micros = |time: Duration| time.as_micros() / u128::from(count.max(1));
    let rate = u128::from(count) * 1000 / wall.as_millis().max(1);
    println!(
        "{what}: {count} in {:.1} s = {rate}/s, {} µs of wall and {} µs of processor each; peak memory {}",
        wall.as_secs_f64(),
        micros(wall),
        micros(processor),
        peak_memory()?
    );
    Ok(result)
}

/// A day on which the licenses of the generated rows are in force.
fn now() -> UnixTime {
    Date::new(2026, 6, 1).expect("a day of the calendar").begins()
}

fn processor_time() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // After the name in brackets: user and system time are the 12th and 13th.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    let ticks = fields.map(str::parse::<u64>).sum::<std::result::Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

fn peak_memory() -> Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(line.trim().to_owned())
}

fn desk(dir: &Path, suite: SuiteName) -> Result<Desk> {
    let code = CreditCode::parse(make_stock::AGENCY)?;
    let division = DivisionCode::parse("652702")?;
    let office = Office {
        code,
        name: "阿拉山口市市场监督管理局".to_owned(),
        division,
        suite,
        licenses: vec!["food-business-permit".to_owned()],
    };
    let setup = Setup {
        authority: "测试".to_owned(),
        authority_code: code,
        division,
        public_url: "http://127.0.0.1:8650".to_owned(),
        suite,
        offices: vec![office],
        catalog: None,
    };
    let passphrase = Passphrase::new("measured".to_owned());
    let home = Home::create(&dir.join("home"), &setup, &passphrase, now(), &mut SystemRandom)?;
    Ok(Desk::open(&home, &passphrase, now())?)
}

fn actor() -> Result<Actor> {
    let office = CreditCode::parse(make_stock::AGENCY)?;
    Ok(Actor { who: "measure".to_owned(), office, purpose: "measure".to_owned() })
}

/// Makes the file outside of what is measured, and takes it in.
fn take_in(dir: &Path, rows: u64) -> Result<String> {
    let desk = desk(dir, SuiteName::Es256)?;
    write_stock(dir, rows)?;
    let id = measured("  of that the import", rows, |_| collect_written(&desk, dir))?;
    let job = desk.archive().import_job(id)?;
    Ok(job.map(|job| format!("{} accepted, {} rejected", job.accepted, job.rejected)).unwrap_or_default())
}

fn write_stock(dir: &Path, rows: u64) -> Result<()> {
    std::fs::write(dir.join("stock.toml"), make_stock::mapping(rows))?;
    let mut out = std::io::BufWriter::new(std::fs::File::create(dir.join("stock.csv"))?);
    out.write_all(make_stock::HEADER.as_bytes())?;
    for number in 1..=rows {
        out.write_all(make_stock::row(number).as_bytes())?;
    }
    Ok(out.flush()?)
}

fn collect(desk: &Desk, dir: &Path, rows: u64) -> Result<ImportId> {
    write_stock(dir, rows)?;
    collect_written(desk, dir)
}

fn collect_written(desk: &Desk, dir: &Path) -> Result<ImportId> {
    let collection = Collection {
        file: &dir.join("stock.csv"),
        mapping: &dir.join("stock.toml"),
        source: None,
        corrects: None,
        rejects: &dir.join("rejects.csv"),
        beside_unfinished: false,
        new_keys: false,
    };
    Ok(desk.collect(&collection, &actor()?, &|| now(), &mut |_| {})?.job.id)
}

fn sign(desk: &Desk, import: ImportId) -> Result<()> {
    let counts = desk.sign_collected(import, &actor()?, &|| now(), &SystemRandom, &mut |_| {})?;
    println!("  {} signed, {} refused", counts.signed, counts.refused.values().sum::<u64>());
    Ok(())
}

/// Signatures of a key in memory, on as many threads as there are processors.
fn alone(suite: SuiteName) -> Result<()> {
    let algorithm = match suite {
        SuiteName::Es256 => Algorithm::Es256,
        SuiteName::Sm2Sm3 => Algorithm::Sm2,
    };
    let key = SoftwareKey::generate(algorithm, &mut SystemRandom)?;
    let threads = std::thread::available_parallelism()?.get();
    let count = u64::from(ALONE) * u64::try_from(threads)?;
    measured("  signing alone", count, |_| {
        std::thread::scope(|scope| {
            let one = || (0..ALONE).try_for_each(|number| key.sign(&number.to_be_bytes()).map(drop));
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
            running
                .into_iter()
                .try_for_each(|thread| thread.join().map_err(|_| "a thread failed")?.map_err(Into::into))
        })
    })
}
