//! A whole credential against the raw signature check over the same bytes, in one process.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;

use boyin::model::credential::Envelope;
use boyin::model::json::Reader;
use boyin::suite::Algorithm;
use boyin_testkit::prefecture::Prefecture;
use criterion::{Criterion, criterion_group, criterion_main};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

/// The license with the most hidden claims, and one with none.
const LICENSES: [&str; 2] = ["identity-card", "business-license"];

fn raw(c: &mut Criterion) {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let credential = prefecture.issue(&prefecture.draft(LICENSES[0]));
    let envelope = Envelope::open(&credential, Reader::Ours).expect("a credential of ours");
    let point = prefecture.key().reference().jwk().point().expect("a point");
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    let mut group = c.benchmark_group("raw");
    group.bench_function("ring ES256, same message", |b| {
        b.iter(|| key.verify(black_box(envelope.signing_input()), black_box(envelope.signature())));
    });
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let credential = prefecture.issue(&prefecture.draft(LICENSES[0]));
        let envelope = Envelope::open(&credential, Reader::Ours).expect("a credential of ours");
        let key = prefecture.key().verify_key();
        group.bench_function(format!("suite {algorithm}, same message"), |b| {
            b.iter(|| key.verify(black_box(envelope.signing_input()), black_box(envelope.signature())));
        });
    }
    group.finish();
}

fn credential(c: &mut Criterion) {
    let mut group = c.benchmark_group("credential");
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let world = prefecture.world();
        let verifier = Prefecture::verifier();
        for license in LICENSES {
            let credential = prefecture.issue(&prefecture.draft(license));
            let report = verifier.check(&credential, &world.context());
            assert!(report.clone().into_verified().is_ok(), "{license} must pass");
            group.bench_function(format!("{algorithm} {license}"), |b| {
                b.iter(|| verifier.check(black_box(&credential), &world.context()));
            });
        }
    }
    group.finish();
    let prefecture = Prefecture::new(Algorithm::Es256);
    let report = Prefecture::verifier()
        .check(&prefecture.issue(&prefecture.draft(LICENSES[0])), &prefecture.world().context());
    c.bench_function("report to JSON", |b| b.iter(|| black_box(&report).to_json()));
}

criterion_group!(benches, raw, credential);
criterion_main!(benches);
