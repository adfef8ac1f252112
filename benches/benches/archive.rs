//! Issue and lookup over a real archive, and what a synced write costs.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use boyin::archive::{
    Act, Archive, Durability, Filing, Grade, LicenseRecord, RocksStore, RootSecret, StatusSlot,
};
use boyin::issue::Draft;
use boyin::model::id::{CreditCode, HolderCode, LicenseId};
use boyin::model::time::UnixTime;
use boyin::suite::SystemRandom;
use boyin::{Desk, Home, Lookup, Office, Order, Passphrase, Setup, SuiteName};
use boyin_testkit::prefecture::{Prefecture, now};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Licenses on file before lookups are measured.
const ON_FILE: u64 = 2_000;

static NUMBER: AtomicU64 = AtomicU64::new(0);

fn next() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

fn passphrase() -> Passphrase {
    Passphrase::new("bench".to_owned())
}

fn home(dir: &Path, suite: SuiteName) -> Home {
    let sample = Prefecture::new(boyin::suite::Algorithm::Es256);
    let office = Office {
        code: sample.office.code,
        name: sample.office.name.to_owned(),
        division: boyin::model::id::DivisionCode::parse("652700").expect("the prefecture"),
        suite,
        licenses: sample.catalog.types().map(|license_type| license_type.key.clone()).collect(),
    };
    let setup = Setup {
        authority: "bench".to_owned(),
        authority_code: office.code,
        division: office.division,
        public_url: "http://127.0.0.1:8650".to_owned(),
        suite,
        offices: vec![office],
        catalog: None,
    };
    Home::create(&dir.join(format!("{suite:?}")), &setup, &passphrase(), now(), &mut SystemRandom)
        .expect("a fresh directory")
}

fn issue(desk: &Desk, draft: &Draft, home: &Home) -> LicenseId {
    let order = Order {
        who: "bench".to_owned(),
        office: home.offices()[0].code,
        purpose: "bench".to_owned(),
        idempotency_key: format!("bench-{}", next()),
        at: now(),
    };
    desk.issue(draft, &order, &mut SystemRandom).expect("a good form").license_id
}

fn desk(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let draft = Prefecture::new(boyin::suite::Algorithm::Es256).draft("identity-card");
    let mut group = c.benchmark_group("issue, synced");
    group.throughput(Throughput::Elements(1));
    for suite in [SuiteName::Es256, SuiteName::Sm2Sm3] {
        let home = home(dir.path(), suite);
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
    let sample = Prefecture::new(boyin::suite::Algorithm::Es256);
    let draft = sample.draft("identity-card");
    let (license, credential) = (sample.license(&draft), sample.issue(&draft));
    let mut group = c.benchmark_group("archive.file");
    for durability in [Durability::Synced, Durability::Buffered] {
        let store = RocksStore::create(&dir.path().join(format!("{durability:?}")), durability);
        let secret = RootSecret::new([7; 32].into());
        let store = Arc::new(store.expect("a fresh directory"));
        let archive = Archive::create_in(store, &secret, &act(sample.office.code, now())).expect("empty");
        group.bench_function(format!("{durability:?}"), |b| {
            b.iter(|| {
                let number = next();
                let code = sample.office.code;
                let id = LicenseId::new(license.license_type().code, code, &number.to_string(), 1);
                let index = u32::try_from(number).expect("fewer than 2^32 rounds");
                let filing = Filing {
                    record: LicenseRecord {
                        id: id.expect("digits"),
                        credential: credential.clone(),
                        holder_code_type: license.holder().code_type(),
                        holder_name: license.holder_name().to_owned(),
                        title: license.license_type().name.clone(),
                        number: license.license_number().to_owned(),
                        valid_until: None,
                        grade: Grade::A,
                        filed_at: now(),
                        slot: Some(StatusSlot { list: "bench".to_owned(), index }),
                    },
                    holder: license.holder().clone(),
                };
                archive.file(&act(sample.office.code, now()), &filing).expect("a fresh number")
            });
        });
    }
    group.finish();
}

fn act(office: CreditCode, at: UnixTime) -> Act {
    Act::new("bench", office, "bench", at, format!("act-{}", next()), [0; 32]).expect("good words")
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = desk, fsync
}
criterion_main!(benches);
