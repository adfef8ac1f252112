//! Whole licenses against their signatures, and SM3.

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;

use boyin::model::alg::VerifyAlg as _;
use boyin::model::credential::Envelope;
use boyin::model::json::Reader;
use boyin::suite::{Algorithm, SM2_SM3, sm3_many};
use boyin::verify::{Context, Report, Verdict, Verifier};
use boyin_benches::{Candidate, Clock, credentials, interleave, ready_world};
use boyin_curve::Window;
use boyin_testkit::prefecture::Prefecture;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sm3::{Digest as _, Sm3};

/// The license with the most hidden claims, and one with none.
const LICENSES: [&str; 2] = ["identity-card", "business-license"];
/// Licenses at once.
const LICENSES_AT_ONCE: u32 = 1024;
/// Messages at once, and bytes of each.
const MESSAGES: (u8, usize) = (64, 1024);

pub(crate) fn measure(rounds: usize) -> Result<String, Box<dyn Error>> {
    let pools =
        [ThreadPoolBuilder::new().num_threads(1).build()?, ThreadPoolBuilder::new().num_threads(2).build()?];
    let mut page = String::from(
        "### Whole licenses\n\n| license | bytes | signature alone, µs | whole, µs | whole ÷ signature \
         | 1024 at once, 1 thread, µs each | 2 threads, µs each | 1 thread ÷ 2 | licenses/s, 2 threads |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for algorithm in Algorithm::ALL {
        for license in LICENSES {
            page += &license_row(algorithm, license, &pools, rounds)?;
        }
    }
    page += "\n";
    sm3_rows(&mut page, rounds)?;
    Ok(page)
}

fn license_row(
    algorithm: Algorithm,
    license: &str,
    pools: &[ThreadPool; 2],
    rounds: usize,
) -> Result<String, Box<dyn Error>> {
    let prefecture = Prefecture::new(algorithm);
    let (world, verifier) = (ready_world(&prefecture), Prefecture::verifier());
    let licenses = credentials(&prefecture, license, LICENSES_AT_ONCE);
    let key = prefecture.key().verify_key();
    key.prepare(Window::DEFAULT.table_bytes());
    let opened: Result<Vec<_>, _> =
        licenses.iter().map(|bytes| Envelope::open(bytes, Reader::Ours)).collect();
    let opened = opened.map_err(|_| "a license of ours does not open")?;
    let (mut envelopes, mut documents) = (opened.iter().cycle(), licenses.iter().cycle());
    // All licenses in one slice: what one candidate has fetched into the caches must not help the other.
    let mut one_by_one = [
        Candidate::new("signature", 1, || {
            let envelope = envelopes.next().expect("a cycle");
            key.verify(envelope.signing_input(), envelope.signature()).is_ok()
        }),
        Candidate::new("whole", 1, || {
            passed(&verifier.check(documents.next().expect("a cycle"), &world.context()))
        }),
    ];
    one_by_one.iter_mut().for_each(|candidate| candidate.slice = licenses.len());
    let [signature, whole] = costs(&mut one_by_one, Clock::ThreadCpu, rounds);
    let mut at_once = pools.each_ref().map(|pool| {
        Candidate::new("at once", licenses.len(), || {
            pool.install(|| all_pass(&verifier, &licenses, &world.context()))
        })
    });
    let [one, two] = costs(&mut at_once, Clock::Wall, rounds);
    let (two_each, bytes) = (two.median(), licenses[0].len());
    Ok(format!(
        "| {algorithm} {license} | {bytes} | {:.1} | {:.1} | {:.2} | {:.1} | {two_each:.1} | {:.2} | {:.0} |\n",
        signature.median(),
        whole.median(),
        whole.ratio(&signature),
        one.median(),
        one.ratio(&two),
        1e6 / two_each,
    ))
}

fn costs<const N: usize>(
    candidates: &mut [Candidate<'_>; N],
    clock: Clock,
    rounds: usize,
) -> [boyin_benches::Cost; N] {
    interleave(candidates, clock, rounds).try_into().expect("one cost for each candidate")
}

fn passed(report: &Report) -> bool {
    report.verdict() == Verdict::Passed
}

fn all_pass(verifier: &Verifier, licenses: &[Vec<u8>], context: &Context<'_>) -> bool {
    verifier.check_bulk(licenses, context).iter().all(passed)
}

fn sm3_rows(page: &mut String, rounds: usize) -> Result<(), Box<dyn Error>> {
    let (count, size) = MESSAGES;
    let messages: Vec<Vec<u8>> = (0..count).map(|fill| vec![fill; size]).collect();
    let parts: Vec<[&[u8]; 1]> = messages.iter().map(|message| [message.as_slice()]).collect();
    let expected: Vec<[u8; 32]> = messages.iter().map(|message| Sm3::digest(message).into()).collect();
    let each = || messages.iter().zip(&expected);
    let mut candidates = [
        Candidate::new("crate sm3 0.5, one after another", messages.len(), || {
            each().all(|(message, digest)| Sm3::digest(black_box(message))[..] == digest[..])
        }),
        Candidate::new("suite, one after another", messages.len(), || {
            each().all(|(message, digest)| SM2_SM3.digest(&[black_box(message)]) == *digest)
        }),
        Candidate::new("suite, all at once", messages.len(), || sm3_many(black_box(&parts)) == expected),
    ];
    candidates.iter_mut().for_each(|candidate| candidate.slice = messages.len() * 8);
    let measured = costs(&mut candidates, Clock::ThreadCpu, rounds);
    writeln!(page, "### SM3: {count} messages of {size} bytes\n")?;
    *page += "| who | µs each, median | µs each, least | MB/s | times as fast as crate sm3 |\n|---|---:|---:|---:|---:|\n";
    for (candidate, cost) in candidates.iter().zip(&measured) {
        let (median, bytes) = (cost.median(), f64::from(u32::try_from(size)?));
        let ratio = measured[0].ratio(cost);
        let (name, least) = (&candidate.name, cost.min());
        writeln!(page, "| {name} | {median:.2} | {least:.2} | {:.0} | {ratio:.2} |", bytes / median)?;
    }
    Ok(())
}
