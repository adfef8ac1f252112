//! OFD documents against the digests of their files alone, in one process; one by one, from a source, and in bulk; and with their
//! licenses, as `boyin ofd verify` of a folder verifies them.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;

use boyin::archive::{SealApplication, SealChange};
use boyin::model::alg::VerifyAlg as _;
use boyin::model::id::CreditCode;
use boyin::model::register::{Power, SealId, SealKind, UseLimits};
use boyin::model::seal::Picture;
use boyin::model::time::{SECONDS_PER_DAY, UnixTime};
use boyin::suite::{Algorithm, SM2_SM3, SystemRandom};
use boyin::verify::Reader;
use boyin::{
    CheckedDocument, Desk, DocumentTrust, DocumentVerdict, DocumentVerifier, Home, Lookup, Officer, Order,
    Receipt, SealMaking, SuiteName,
};
use boyin_benches::office::{home, next, passphrase, receipt};
use boyin_ofd::OfdVerifier;
use boyin_testkit::ofd::{Draft, Signing};
use boyin_testkit::prefecture::{Prefecture, now};
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
/// Documents with a license that are made: there are as many as are measured by turns.
const LICENSED: usize = 100;
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

/// How many are verified at once.
fn count() -> usize {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    if is_measured { COUNT } else { COUNT_OF_A_ROUND }
}

/// A document with a page of text, a font, and pictures of these sizes.
fn draft<'w>(world: &'w SealWorld, seed: usize, pictures: &[usize]) -> Draft<'w> {
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
    draft
}

/// The same, sealed.
fn sealed<'w>(world: &'w SealWorld, seed: usize, pictures: &[usize]) -> Draft<'w> {
    let mut draft = draft(world, seed, pictures);
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
    let count = count();
    let documents: Vec<_> = (0..count).map(|seed| sealed(&world, seed, DOCUMENTS[0].1).write()).collect();
    let mut group = c.benchmark_group(format!("ofd, {count} documents of 40 kB"));
    group.throughput(Throughput::Elements(u64::try_from(count).expect("a small number")));
    group.sample_size(10);
    group.bench_function("one by one", |b| {
        b.iter(|| {
            black_box(&documents).iter().map(|bytes| verifier.check(bytes, &context)).collect::<Vec<_>>()
        });
    });
    let mut pools = vec![1, 2, rayon::current_num_threads()];
    pools.sort_unstable();
    pools.dedup();
    for threads in pools {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        group.bench_function(BenchmarkId::new("in bulk, threads", threads), |b| {
            let check = || pool.install(|| verifier.check_many(black_box(&documents), &context));
            assert!(
                check().into_iter().all(|checked| checked.into_verified().is_ok()),
                "every one must pass"
            );
            b.iter(check);
        });
    }
    group.finish();
}

fn at(minutes: u64) -> UnixTime {
    now().plus(minutes * 60)
}

/// Documents that an office has sealed, each with a license of its own, and the lists by which they are judged.
struct Folder {
    /// Kept: it goes with its directory.
    _dir: tempfile::TempDir,
    lookup: Lookup,
    documents: Vec<Vec<u8>>,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let home = home(&dir.path().join("data"), SuiteName::Sm2Sm3);
        let desk = Desk::open(&home, &passphrase(), now()).expect("nobody else has it open");
        let form = Prefecture::new(Algorithm::Es256).draft("identity-card");
        let licenses: Vec<_> = (0..LICENSED).map(|_| receipt(&desk, &form, &home)).collect();
        let world = SealWorld::new(Algorithm::Sm2);
        let sealing = Sealing::new(&home, &desk);
        let seal = |(seed, license)| sealing.document(draft(&world, seed, DOCUMENTS[0].1), license);
        let documents = licenses.iter().enumerate().map(seal).collect();
        drop(desk);
        let lookup = Lookup::open(&home, &dir.path().join("scratch"), &passphrase()).expect("readable");
        Self { _dir: dir, lookup, documents }
    }
}

/// An office with a seal in use.
struct Sealing<'d> {
    desk: &'d Desk,
    office: CreditCode,
    seal: SealId,
}

impl<'d> Sealing<'d> {
    fn new(home: &Home, desk: &'d Desk) -> Self {
        let office = &home.offices()[0];
        for (name, power) in
            [("a", Power::Manage), ("b", Power::Manage), ("c", Power::Manage), ("d", Power::Use)]
        {
            let officer = Officer { name: name.to_owned(), office: office.code, power };
            home.appoint(officer).expect("somebody new");
        }
        let application = SealApplication {
            owner: office.code,
            division: office.division,
            kind: SealKind::SpecialPurpose,
            name: office.name.clone(),
            limits: UseLimits::default(),
        };
        let by = |who, minutes| Self::order(office.code, who, minutes);
        let applied = desk.apply_seal(&application, &by("a", 0)).expect("by a manager");
        let seal = applied.seal.expect("a seal was applied for");
        desk.change_seal(seal, &SealChange::Approve, &by("c", 1)).expect("by another one");
        let making = SealMaking {
            picture: Picture { format: "PNG", data: b"\x89PNG", width_mm: 45, height_mm: 45 },
            valid_until: at(0).plus(365 * SECONDS_PER_DAY),
            version: 4,
            second: "b",
        };
        desk.make_seal(seal, &making, &by("c", 2), &mut SystemRandom).expect("by two");
        desk.change_seal(seal, &SealChange::TakeIntoUse, &by("c", 3)).expect("made before");
        Self { desk, office: office.code, seal }
    }

    fn order(office: CreditCode, who: &str, minutes: u64) -> Order {
        Order {
            who: who.to_owned(),
            office,
            purpose: "bench".to_owned(),
            idempotency_key: format!("bench-{}", next()),
            at: at(minutes),
        }
    }

    /// The document with a license in it, sealed.
    fn document(&self, mut draft: Draft<'_>, license: &Receipt) -> Vec<u8> {
        let (list, custom) = ("</ofd:Attachments>", "</ofd:CustomDatas>");
        let attachment = r#"<ofd:Attachment ID="6" Name="license"><ofd:FileLoc>license.txt</ofd:FileLoc></ofd:Attachment>"#;
        draft.replace("Doc_0/Attachs/Attachments.xml", list, &[attachment, list].concat());
        draft.put("Doc_0/Attachs/license.txt", license.credential.as_slice());
        let id = license.license_id.as_str();
        let said = format!(r#"<ofd:CustomData Name="ZZBS">{id}</ofd:CustomData>{custom}"#);
        draft.replace("OFD.xml", custom, &said);
        draft.sign(&Signing { whole: true, with_seal_file: false, ..Signing::default() });
        let description = draft.get("Doc_0/Signs/Sign_0/Signature.xml");
        let order = Self::order(self.office, "d", 4);
        let sealed = self.desk.seal_document(self.seal, description, &Draft::path(0), &order);
        draft.put("Doc_0/Signs/Sign_0/SignedValue.dat", sealed.expect("within the limits").signature);
        draft.write()
    }
}

/// What `boyin ofd verify` does with a folder, on all cores: documents, their licenses, the register of seals, the status lists.
fn folder(c: &mut Criterion) {
    let folder = Folder::new();
    let count = count();
    let documents: Vec<_> = folder.documents.iter().map(Vec::as_slice).cycle().take(count).collect();
    let registry = folder.lookup.registry();
    let (verifier, trust) = (DocumentVerifier::default(), DocumentTrust::Registry(&registry));
    let check = || {
        let verdict = |checked: CheckedDocument| checked.verdict();
        verifier.check_many_with(black_box(&documents), trust, at(5), verdict)
    };
    let found = check();
    assert_eq!(found, vec![DocumentVerdict::Passed; count], "every one must pass");
    let one = verifier.check(documents[0], trust, at(5)).expect("bytes in memory");
    assert!(one.license().is_some(), "the license was verified too");
    let mut group = c.benchmark_group(format!("ofd, {count} documents of 40 kB with licenses"));
    group.throughput(Throughput::Elements(u64::try_from(count).expect("a small number")));
    group.sample_size(10);
    let threads = rayon::current_num_threads();
    group.bench_function(BenchmarkId::new("in bulk, threads", threads), |b| b.iter(check));
    group.finish();
}

criterion_group!(benches, one, many, folder);
criterion_main!(benches);
