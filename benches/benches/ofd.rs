//! OFD documents against the digests of their files alone, in one process; one by one, from a source, and in bulk.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;

use boyin::model::alg::VerifyAlg as _;
use boyin::suite::{Algorithm, SM2_SM3};
use boyin::verify::Reader;
use boyin_ofd::OfdVerifier;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, context};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A license as it is issued, a scanned one of five pages, and one of a single large picture: bytes of each picture.
const DOCUMENTS: [(&str, &[usize]); 3] = [
    ("40 kB", &[14_000, 6_000]),
    ("5 MB, five pictures", &[1_000_000; 5]),
    ("5 MB, one picture", &[5_000_000]),
];
/// Documents at once: as many as are measured, and as many as show in a round without measuring that all pass.
const COUNT: usize = 10_000;
const COUNT_OF_A_ROUND: usize = 100;
const FONT_BYTES: usize = 8000;

/// Bytes that no packing makes smaller.
fn noise(seed: usize, count: usize) -> Vec<u8> {
    let mut state = u64::try_from(seed).expect("a small number") + 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

/// A sealed document with a page of text, a font, and pictures of these sizes.
fn sealed<'w>(world: &'w SealWorld, seed: usize, pictures: &[usize]) -> Draft<'w> {
    let mut draft = Draft::new(world);
    let name = |nth: usize| format!("{nth}.png");
    let more = |nth| format!("</ofd:MediaFile><ofd:MediaFile>{}", name(nth));
    let media: String = (0..pictures.len()).map(more).collect();
    draft.replace("Doc_0/DocumentRes.xml", "</ofd:MediaFile>", &(media + "</ofd:MediaFile>"));
    for (nth, size) in pictures.iter().enumerate() {
        draft.put(&["Doc_0/Res/", &name(nth)].concat(), noise(seed * 10 + nth, *size));
    }
    draft.put("Doc_0/Res/a.ttf", noise(1, FONT_BYTES));
    let text = r#"<ofd:TextObject ID="7" Boundary="10 20 30 40" Font="3" Size="4.2"><ofd:TextCode X="0" Y="4" DeltaX="g 10 4.2">text of a page</ofd:TextCode></ofd:TextObject>"#;
    let page =
        format!(r#"<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016">{}</ofd:Page>"#, text.repeat(100));
    draft.put("Doc_0/Pages/Page_0/Content.xml", page);
    draft.sign(&Signing { whole: true, ..Signing::default() });
    draft
}

fn one(c: &mut Criterion) {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let context = context(&store, now());
    let verifier = OfdVerifier::new(Reader::Field);
    for (name, pictures) in DOCUMENTS {
        let draft = sealed(&world, 0, pictures);
        let bytes = draft.write();
        assert!(verifier.check(&bytes, &context).into_verified().is_ok(), "{name} must pass");
        let files: Vec<&[u8]> = draft.files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        let mut group = c.benchmark_group(format!("ofd, {name}"));
        group.throughput(Throughput::Bytes(u64::try_from(bytes.len()).expect("a small number")));
        group.bench_function("SM3 of its files, one after another", |b| {
            b.iter(|| black_box(&files).iter().map(|file| SM2_SM3.digest(&[file])).collect::<Vec<_>>());
        });
        group.bench_function("SM3 of its files, at once", |b| {
            b.iter(|| SM2_SM3.digest_many(black_box(&files)));
        });
        group.bench_function("verified", |b| b.iter(|| verifier.check(black_box(&bytes), &context)));
        group.bench_function("verified from a source", |b| {
            b.iter(|| verifier.check_source(black_box(&bytes[..]), &context).expect("bytes in memory"));
        });
        group.finish();
    }
}

fn many(c: &mut Criterion) {
    let world = SealWorld::new(Algorithm::Sm2);
    let store = world.store();
    let context = context(&store, now());
    let verifier = OfdVerifier::new(Reader::Field);
    let measured = std::env::args().any(|argument| argument == "--bench");
    let count = if measured { COUNT } else { COUNT_OF_A_ROUND };
    let documents: Vec<_> = (0..count).map(|seed| sealed(&world, seed, DOCUMENTS[0].1).write()).collect();
    let mut group = c.benchmark_group(format!("ofd, {count} documents of 40 kB"));
    group.throughput(Throughput::Elements(u64::try_from(count).expect("a small number")));
    group.sample_size(10);
    group.bench_function("one by one", |b| {
        b.iter(|| {
            black_box(&documents).iter().map(|bytes| verifier.check(bytes, &context)).collect::<Vec<_>>()
        });
    });
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        group.bench_function(BenchmarkId::new("in bulk, threads", threads), |b| {
            let check = || pool.install(|| verifier.check_many(black_box(&documents), &context));
            assert!(check().into_iter().all(|checked| checked.into_verified().is_ok()), "every one must pass");
            b.iter(check);
        });
    }
    group.finish();
}

criterion_group!(benches, one, many);
criterion_main!(benches);
