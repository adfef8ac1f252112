//! The two engines side by side on this machine: one value, a holder's file, acts alone and together.
//!
//! `cargo run -p boyin-postgres --example engines -- [licenses] [address]` starts a server of its own, with its defaults but
//! for the socket, unless an address such as "host=/run/postgresql dbname=boyin user=boyin" is given; in that database the
//! schema `engines` must not exist. Both engines sync each act and lie on the disk of the temporary directory.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints, reads the clock and stops where something is wrong"
)]

#[path = "../tests/postgres/server.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod server;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use boyin_archive::{
    Act, Archive, Durability, Filing, Grade, LicenseRecord, RocksStore, RootSecret, StatusSlot, Store, Table,
};
use boyin_model::id::{CreditCode, HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin_model::time::UnixTime;
use boyin_postgres::{Address, Network, PostgresStore};

/// Licenses of one holder.
const OF_HOLDER: u32 = 30;
/// Bytes of a credential, about what a license with ten fields has.
const CREDENTIAL: usize = 2_200;
/// Threads that act together.
const TOGETHER: u32 = 64;
const ALONE: u32 = 300;
const READS: u32 = 5_000;

fn id(n: u32) -> LicenseId {
    let license_type = LicenseTypeCode::parse("11100000MB03271699001").unwrap();
    let issuer = CreditCode::parse("11430000006122244L").unwrap();
    LicenseId::new(license_type, issuer, &format!("{n:08}"), 1).unwrap()
}

fn holder(n: u32) -> HolderCode {
    HolderCode::new(HolderCodeType::OrdinaryPassport, &format!("E{n:08}")).unwrap()
}

fn at() -> UnixTime {
    UnixTime::new(1_767_196_800).unwrap()
}

fn act(key: &str) -> Act {
    let office = CreditCode::parse("11100000000013338W").unwrap();
    Act::new("窗口一", office, "办理登记", at(), key, [1; 32]).unwrap()
}

fn filing(n: u32) -> Filing {
    let holder = holder(n / OF_HOLDER);
    let noise =
        (0..CREDENTIAL).map(|i| (u32::try_from(i).unwrap() ^ n).wrapping_mul(2_654_435_761).to_be_bytes()[0]);
    let record = LicenseRecord {
        id: id(n),
        credential: noise.collect(),
        holder_code_type: holder.code_type(),
        holder_name: "持证人".to_owned(),
        title: "不动产权证书".to_owned(),
        number: format!("新(2026)第{n:07}号"),
        valid_until: None,
        grade: Grade::A,
        filed_at: at(),
        slot: Some(StatusSlot {
            list: format!("https://status.example.invalid/{}", n >> 20),
            index: n & 0xf_ffff,
        }),
    };
    Filing { record, holder }
}

fn file(archive: &Archive, n: u32) {
    archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
}

/// Files the numbers from `from` to `to` with many threads.
fn together(archive: &Archive, from: u32, to: u32) -> Duration {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..TOGETHER {
            scope.spawn(move || {
                (from + thread..to).step_by(TOGETHER.try_into().unwrap()).for_each(|n| file(archive, n));
            });
        }
    });
    begun.elapsed()
}

fn each(times: u32, mut work: impl FnMut(u32)) -> String {
    let mut took: Vec<Duration> = (0..times)
        .map(|n| {
            let begun = Instant::now();
            work(n);
            begun.elapsed()
        })
        .collect();
    took.sort();
    let (median, slow) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    format!("{:>9.1} µs ({:.1})", micros(median), micros(slow))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn measure(name: &str, store: &Arc<dyn Store>, licenses: u32) {
    let secret = RootSecret::new([0x42; 32].into());
    let archive = Archive::create_in(Arc::clone(store), &secret, &act("create")).unwrap();
    let filled = together(&archive, 0, licenses);
    let pick = |n: u32| n.wrapping_mul(2_654_435_761) % licenses;
    // The license's own key: what the archive itself asks for.
    let keys: Vec<Vec<u8>> = (0..licenses).step_by(7).map(|n| id(n).as_str().as_bytes().to_vec()).collect();
    let raw = each(READS, |n| {
        let key = &keys[usize::try_from(pick(n)).unwrap() % keys.len()];
        assert!(store.get(Table::License, key).unwrap().is_some());
    });
    let get = each(READS, |n| assert!(archive.get(&id(pick(n))).unwrap().is_some()));
    let of_holder = each(READS / 5, |n| {
        let page = archive.list_by_holder(&holder(pick(n) / OF_HOLDER), None, 100).unwrap();
        assert!(!page.items.is_empty());
    });
    let alone = each(ALONE, |n| file(&archive, licenses + n));
    let more = 4_000;
    let grouped = together(&archive, licenses + ALONE, licenses + ALONE + more);
    let rate = |count: u32, time: Duration| f64::from(count) / time.as_secs_f64();
    println!("{name}");
    println!("  one value from the store        {raw}");
    println!("  one license from the archive    {get}");
    println!("  a holder's file, {OF_HOLDER} licenses    {of_holder}");
    println!("  an act alone, synced            {alone}");
    println!("  acts of {TOGETHER} threads, synced    {:>9.0} /s", rate(more, grouped));
    println!("  filled with {licenses} licenses at {:.0} /s", rate(licenses, filled));
}

fn bytes_below(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.metadata() {
            Ok(of) if of.is_dir() => bytes_below(&entry.path()),
            Ok(of) => of.len(),
            Err(_) => 0,
        })
        .sum()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let licenses = arguments.next().map_or(20_000, |n| n.parse().unwrap());
    println!("median (99th of 100); {licenses} licenses with {CREDENTIAL} bytes of credential");
    let directory = tempfile::tempdir().unwrap();
    let rocks = directory.path().join("rocks");
    let store: Arc<dyn Store> = Arc::new(RocksStore::create(&rocks, Durability::Synced).unwrap());
    measure("RocksDB", &store, licenses);
    println!("  on the disk {:.1} MB", f64::from(u32::try_from(bytes_below(&rocks) >> 10).unwrap()) / 1024.0);
    let postgres = |address: &Address| {
        let store: Arc<dyn Store> = Arc::new(PostgresStore::create(address, Durability::Synced).unwrap());
        measure("PostgreSQL", &store, licenses);
    };
    if let Some(address) = arguments.next() {
        postgres(&Address::parse(&address, Network::Trusted).unwrap().with_schema("engines").unwrap());
        return;
    }
    let server = server::Server::start(&[]);
    postgres(&server.address("engines"));
    let size = "SELECT round(sum(pg_total_relation_size(oid)) / 1048576.0, 1) FROM pg_class WHERE relkind = 'r' \
                AND relnamespace = 'engines'::regnamespace";
    println!("  on the disk {} MB, without its log", server::psql(server.directory(), size));
}
