//! SM3 of one message and of many at once, beside the crate `sm3`.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;

use boyin::model::alg::VerifyAlg;
use boyin::suite::{SM2_SM3, sm3_many};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sm3::{Digest, Sm3};

/// Bytes of one message: a disclosure has about 100, a credential one or two thousand.
const SIZES: [usize; 5] = [64, 100, 256, 1024, 16 * 1024];

/// Messages at once: too few for lanes, just enough, one for each lane of AVX2, many.
const COUNTS: [usize; 4] = [1, 3, 8, 64];

/// What stands before the message when its digest is signed.
const Z: [u8; 32] = [0x5a; 32];

fn bytes(group: usize) -> Throughput {
    Throughput::Bytes(u64::try_from(group).expect("sizes are small"))
}

fn one(c: &mut Criterion) {
    let mut group = c.benchmark_group("sm3, one message");
    for size in SIZES {
        let message = vec![0xa5; size];
        group.throughput(bytes(size));
        group.bench_function(BenchmarkId::new("crate sm3", size), |b| {
            b.iter(|| Sm3::digest(black_box(&message)));
        });
        group.bench_function(BenchmarkId::new("suite", size), |b| {
            b.iter(|| SM2_SM3.digest(&[black_box(&message)]));
        });
    }
    group.finish();
}

fn many(c: &mut Criterion) {
    for count in COUNTS {
        let mut group = c.benchmark_group(format!("sm3, Z and each of {count} messages"));
        for size in SIZES {
            let messages: Vec<Vec<u8>> = (0u8..).map(|fill| vec![fill; size]).take(count).collect();
            let messages: Vec<[&[u8]; 2]> = messages.iter().map(|message| [&Z[..], message]).collect();
            group.throughput(bytes(count * (Z.len() + size)));
            group.bench_function(BenchmarkId::new("suite, one after another", size), |b| {
                b.iter(|| black_box(&messages).iter().map(|parts| SM2_SM3.digest(parts)).collect::<Vec<_>>());
            });
            group.bench_function(BenchmarkId::new("suite, at once", size), |b| {
                b.iter(|| sm3_many(black_box(&messages)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, one, many);
criterion_main!(benches);
