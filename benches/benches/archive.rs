//! Issue and lookup over a real archive, and what a synced write costs.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use boyin::archive::{Archive, Durability, RocksStore, RootSecret};
use boyin::issue::Draft;
use boyin::model::id::HolderCode;
use boyin::{Desk, Home, Lookup, SuiteName};
use boyin_benches::office::{Filings, act, home, issue, next, passphrase};
use boyin_testkit::prefecture::{Prefecture, now};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Licenses on file before lookups are measured.
const ON_FILE: u64 = 2_000;
/// Bytes of a credential that is not signed: as an identity card has.
const CREDENTIAL: usize = 2_061;

fn desk(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let draft = Prefecture::new(boyin::suite::Algorithm::Es256).draft("identity-card");
    let mut group = c.benchmark_group("issue, synced");
    group.throughput(Throughput::Elements(1));
    for suite in [SuiteName::Es256, SuiteName::Sm2Sm3] {
        let home = home(&dir.path().join(format!("{suite:?}")), suite);
        let desk = Desk::open(&home, &passphrase(), now()).expect("nobody else has it open");
        group.bench_function(format!("{suite:?}, one thread"), |b| b.iter(|| issue(&desk, &draft, &home)));
        group.bench_function(format!("{suite:?}, 32 threads"), |b| {
            b.iter_custom(|rounds| {
                let start = Instant::now();
                std::thread::scope(|scope| {
                    for thread in 0..32 {
                        let share = rounds / 32 + u64::from(thread < rounds % 32);
                        let (desk, draft, home) = (&desk, &draft, &home);
                        scope.spawn(move || (0..share).for_each(|_| drop(issue(desk, draft, home))));
                    }
                });
                start.elapsed()
            });
        });
    }
    group.finish();
    lookup(c, dir.path(), &draft);
}

fn lookup(c: &mut Criterion, dir: &Path, draft: &Draft) {
    let home = Home::open(&dir.join("Es256")).expect("made above");
    let desk = Desk::open(&home, &passphrase(), now()).expect("closed above");
    let ids: Vec<_> = (0..ON_FILE).map(|_| issue(&desk, draft, &home)).collect();
    drop(desk);
    let lookup = Lookup::open(&home, &dir.join("scratch"), &passphrase()).expect("readable");
    let reader = boyin::archive::Reader::new("clerk", home.config().authority_code, "bench").expect("words");
    let mut group = c.benchmark_group("lookup");
    group.throughput(Throughput::Elements(1));
    let mut turn = ids.iter().cycle();
    group.bench_function("license by identifier, verified, not shown", |b| {
        b.iter(|| lookup.verify_on_file(turn.next().expect("a cycle"), now()).expect("on file"));
    });
    group.bench_function("license by identifier, verified", |b| {
        b.iter(|| lookup.license(turn.next().expect("a cycle"), &reader, now()).expect("on file"));
    });
    let code = &draft.holder.code;
    let holder = HolderCode::new(boyin::model::id::HolderCodeType::from_code("111").expect("known"), code)
        .expect("a citizen ID");
    group.bench_function("holder's file, page of 10, verified", |b| {
        b.iter(|| lookup.holder(&holder, &reader, None, 10, now()).expect("on file"));
    });
    group.finish();
}

/// The same batches with and without waiting for the disk.
fn fsync(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let filings = Filings::new(CREDENTIAL, "bench");
    let mut group = c.benchmark_group("archive.file");
    for durability in [Durability::Synced, Durability::Buffered] {
        let store = RocksStore::create(&dir.path().join(format!("{durability:?}")), durability);
        let secret = RootSecret::new([7; 32].into());
        let store = Arc::new(store.expect("a fresh directory"));
        let archive = Archive::create_in(store, &secret, &act(filings.office())).expect("empty");
        group.bench_function(format!("{durability:?}"), |b| {
            b.iter(|| archive.file(&act(filings.office()), &filings.filing(next())).expect("a fresh number"));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = desk, fsync
}
criterion_main!(benches);
