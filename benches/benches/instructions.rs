//! Instructions of the hot path, counted by valgrind: a count above its limit fails.
//!
//! ```text
//! cargo install --locked gungraun-runner --version 0.20.0
//! cargo bench -p boyin-benches --bench instructions
//! ```
//!
//! The numbers below were counted on x86-64 with AVX2, which valgrind passes on; it knows neither AVX-512 nor the SHA
//! instructions, so that those of the processor do not matter. The arithmetic of the curves is scalar here and needs no
//! detection at all; SHA-256 of *ring* and SM3 in lanes use AVX2. Another compiler or another valgrind may count
//! differently: then, and after every gain, write the new numbers down.

#![allow(missing_docs, reason = "the macros of gungraun make undocumented items")]

use std::hint::black_box;

use boyin::suite::{Algorithm, sm3_many};
use boyin::verify::Verdict;
use boyin_benches::{Samples, Scheme, credentials, ready_world};
use boyin_curve::{Backend, P256, Sm2, Window, verify_bulk_on};
use boyin_testkit::prefecture::Prefecture;
use gungraun::{
    Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};

/// Percent above the count that are let pass: another C library, another order in memory.
const TOLERANCE: u64 = 3;
/// Signatures of a batch.
const BATCH: usize = 64;

/// A limit just above what was counted.
fn counted(instructions: u64) -> LibraryBenchmarkConfig {
    let limit = instructions + instructions * TOLERANCE / 100;
    let mut config = LibraryBenchmarkConfig::default();
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    config.tool(callgrind.hard_limits([(EventKind::Ir, limit)]).clone()).clone()
}

/// What is counted; everything before is not.
type Work = Box<dyn FnMut()>;

/// Runs it once uncounted, for what is made once in a process.
fn warm(mut work: impl FnMut() + 'static) -> Work {
    work();
    Box::new(work)
}

fn known<C: Scheme>() -> Work {
    let samples = Samples::<C>::few(1, 1);
    let key = samples.keys[0].prepare(Window::DEFAULT);
    warm(move || {
        let one = black_box(&samples.signed[0]);
        assert!(key.verify_on(Backend::Scalar, &one.digest, &one.raw).is_ok());
    })
}

fn at_once<C: Scheme>() -> Work {
    let samples: &'static Samples<C> = Box::leak(Box::new(Samples::few(1, BATCH)));
    let jobs = samples.jobs(samples.prepare(Window::DEFAULT).leak());
    warm(move || assert!(verify_bulk_on(Backend::Scalar, black_box(&jobs)).iter().all(Result::is_ok)))
}

fn unknown<C: Scheme>() -> Work {
    let samples = Samples::<C>::few(1, 1);
    warm(move || {
        let one = black_box(&samples.signed[0]);
        assert!(samples.keys[0].verify(&one.digest, &one.raw).is_ok());
    })
}

fn build<C: Scheme>() -> Work {
    let key = Samples::<C>::few(1, 1).keys[0];
    warm(move || {
        black_box(black_box(key).prepare(Window::DEFAULT));
    })
}

fn license(algorithm: Algorithm) -> Work {
    let prefecture = Prefecture::new(algorithm);
    let (world, verifier) = (ready_world(&prefecture), Prefecture::verifier());
    let document = credentials(&prefecture, "identity-card", 1).remove(0);
    warm(move || {
        let report = verifier.check(black_box(&document), &world.context());
        assert_eq!(report.verdict(), Verdict::Passed);
    })
}

fn sm3() -> Work {
    let messages: &'static [[u8; 1024]] = (0..8).map(|fill| [fill; 1024]).collect::<Vec<_>>().leak();
    let parts: Vec<[&[u8]; 1]> = messages.iter().map(|message| [&message[..]]).collect();
    warm(move || {
        black_box(sm3_many(black_box(&parts)));
    })
}

#[library_benchmark]
#[bench::p256_known_key(args = (known::<P256>()), config = counted(116_287))]
#[bench::sm2_known_key(args = (known::<Sm2>()), config = counted(112_544))]
#[bench::p256_64_at_once(args = (at_once::<P256>()), config = counted(5_300_593))]
#[bench::sm2_64_at_once(args = (at_once::<Sm2>()), config = counted(5_623_281))]
#[bench::sm2_unknown_key(args = (unknown::<Sm2>()), config = counted(663_952))]
#[bench::p256_table(args = (build::<P256>()), config = counted(6_759_409))]
#[bench::sm2_table(args = (build::<Sm2>()), config = counted(7_339_407))]
#[bench::es256_license(args = (license(Algorithm::Es256)), config = counted(354_442))]
#[bench::sm2_license(args = (license(Algorithm::Sm2)), config = counted(356_662))]
#[bench::sm3_8_times_1_kib(args = (sm3()), config = counted(86_136))]
fn instructions(mut work: Work) -> Work {
    work();
    work
}

library_benchmark_group!(name = hot_path, benchmarks = instructions);
main!(library_benchmark_groups = hot_path);
