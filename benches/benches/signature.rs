//! One signature over a finished digest: ours beside the peers.
//!
//! `cargo bench -p boyin-benches --features peers --bench signature`. Some peers take messages only: theirs have 32
//! bytes, one block of SHA-256. For ratios use `signature-table`, which interleaves.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use boyin_benches::{Candidate, Samples, Scheme, bulk, peers, prepared, unknown};
use boyin_curve::{Backend, P256, Sm2, Window};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Numbers of keys that take turns; a thousand have 256 MiB of tables.
const KEYS: [usize; 3] = [1, 10, 1000];
/// Numbers of signatures at once.
const SIZES: [usize; 4] = [1, 8, 64, 1024];
/// Widths of the table of a key that is verified one by one.
const WINDOWS: [u8; 3] = [4, 8, 12];

/// As many signatures as it takes to read more of the tables than caches hold: few keys have small tables.
fn samples<C: Scheme>(keys: usize) -> Samples<C> {
    if keys < 1000 { Samples::few(keys, 1024) } else { Samples::new(keys) }
}

fn run(c: &mut Criterion, group: &str, candidates: Vec<Candidate<'_>>) {
    let mut group = c.benchmark_group(group);
    for mut candidate in candidates {
        group.throughput(Throughput::Elements(u64::try_from(candidate.size).expect("a small number")));
        group.bench_function(&candidate.name, |b| b.iter(|| assert!((candidate.next)())));
    }
    group.finish();
}

/// The scalar code, and what this processor runs fastest if that is something else.
fn backends() -> Vec<Backend> {
    let mut backends = vec![Backend::Scalar, Backend::best()];
    backends.dedup();
    backends
}

fn one_by_one<C: Scheme>(c: &mut Criterion) {
    let signed = samples::<C>(1);
    let group = format!("{}, one signature", C::NAME);
    run(c, &group, peers(&signed));
    run(c, &group, vec![unknown(&signed)]);
    for window in WINDOWS.into_iter().filter_map(Window::new) {
        let keys = signed.prepare(window);
        run(c, &group, backends().into_iter().map(|backend| prepared(backend, &signed, &keys)).collect());
    }
}

fn at_once<C: Scheme>(c: &mut Criterion) {
    let group = format!("{}, many signatures", C::NAME);
    for many in KEYS {
        let signed = samples::<C>(many);
        let keys = signed.prepare(Window::DEFAULT);
        let jobs = signed.jobs(&keys);
        for backend in backends() {
            run(c, &group, SIZES.iter().map(|size| bulk(backend, *size, &jobs, &keys)).collect());
        }
    }
    let signed = samples::<C>(1);
    let keys = signed.prepare(Window::MAX);
    let jobs = signed.jobs(&keys);
    for backend in backends() {
        run(c, &group, vec![bulk(backend, 1024, &jobs, &keys)]);
    }
}

criterion_group!(benches, one_by_one::<P256>, one_by_one::<Sm2>, at_once::<P256>, at_once::<Sm2>);
criterion_main!(benches);
