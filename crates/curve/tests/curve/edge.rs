//! The edge cases of both curves, and the bulk calls that they prescribe.

use std::collections::BTreeMap;

use boyin_curve::{P256, PublicKey, Sm2};
use boyin_testkit::arithmetic::{Group, Signed};
use serde_json::Value;

use crate::paths::{Cases, Counts, Path, narrow, wide};
use crate::support::{bytes, der_to_raw, json, list, sha256, sm2_digest, text};

/// What a file holds and what became of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// Tests of keys that are refused.
    refused_keys: usize,
    /// No strict DER, or a number above 32 bytes: refused by the reader in front.
    no_der: usize,
    /// The user ID does not fit ENTL: refused by the hashing in front.
    no_digest: usize,
    /// Verdicts of ours.
    run: usize,
    bad: usize,
    /// Signatures that were also taken as `r ‖ s` as they stand.
    raw: usize,
}

fn expects_valid(text: &str) -> bool {
    match text {
        "valid" => true,
        "invalid" => false,
        other => panic!("unknown expectation {other}"),
    }
}

/// Whether the key of a group is a key; compressed ones ("acceptable") are not for us.
fn is_key<C: Group>(group: &Value) -> bool {
    let public = bytes(&group["publicKey"], "uncompressed");
    let wanted = match text(group, "keyExpected") {
        "acceptable" => {
            assert!(matches!(public[0], 2 | 3), "only compressed keys are optional");
            false
        }
        other => expects_valid(other),
    };
    assert_eq!(PublicKey::<C>::from_sec1(&public).is_ok(), wanted, "{group}");
    wanted
}

fn digest<C: Group>(group: &Value, test: &Value) -> Option<[u8; 32]> {
    if group["prehashed"] == true {
        return Some(bytes(test, "digest").try_into().unwrap());
    }
    let message = bytes(test, "msg");
    if C::NAME == P256::NAME {
        return Some(sha256(&message));
    }
    sm2_digest(&bytes(test, "uid"), &bytes(&group["publicKey"], "uncompressed"), &message)
}

/// Adds the tests of a group; also by tcId.
fn add<C: Group>(
    cases: &mut Cases<C>,
    group: &Value,
    tally: &mut Tally,
    mut found: impl FnMut(u64, Signed, bool),
) {
    if !is_key::<C>(group) {
        tally.refused_keys += list(group, "tests").len();
        return;
    }
    let key = cases.key(&bytes(&group["publicKey"], "uncompressed").try_into().unwrap());
    for test in list(group, "tests") {
        let (valid, signature) = (expects_valid(text(test, "expected")), bytes(test, "sig"));
        let Some(digest) = digest::<C>(group, test) else {
            assert!(!valid, "{test}");
            tally.no_digest += 1;
            continue;
        };
        if let Some(wanted) = test.get("expectedIfRaw") {
            let wanted = expects_valid(wanted.as_str().unwrap());
            if let Ok(signature) = signature.as_slice().try_into() {
                cases.push(key, Signed { digest, signature }, wanted, format!("raw: {test}"));
                tally.raw += 1;
                tally.bad += usize::from(!wanted);
            } else {
                assert!(!wanted, "{test}");
            }
        }
        let Some(signature) = der_to_raw(&signature) else {
            assert!(!valid, "{test}");
            tally.no_der += 1;
            continue;
        };
        let signed = Signed { digest, signature };
        found(test["tcId"].as_u64().unwrap(), signed, valid);
        cases.push(key, signed, valid, test.to_string());
        tally.run += 1;
        tally.bad += usize::from(!valid);
    }
}

fn every_case<C: Group>(name: &str, wanted: &Tally) {
    let Some(file) = json(name) else { return };
    let (mut counts, mut tally, mut total) = (Counts::default(), Tally::default(), 0);
    for groups in list(&file, "testGroups").chunks(50) {
        let mut cases = Cases::<C>::new();
        for group in groups {
            total += list(group, "tests").len();
            add(&mut cases, group, &mut tally, |_, _, _| {});
        }
        cases.run(&narrow(), &mut counts);
    }
    counts.assert(&narrow(), tally.run + tally.raw, tally.bad);
    println!("{name}: {tally:?}, {} verdicts in all", counts.total());
    assert_eq!(&tally, wanted);
    assert_eq!(tally.refused_keys + tally.no_der + tally.no_digest + tally.run, total);
    assert_eq!(file["numberOfTests"], total);
}

#[test]
fn p256_every_case() {
    let wanted = Tally { refused_keys: 84, no_der: 180, no_digest: 0, run: 1514, bad: 596, raw: 7 };
    every_case::<P256>("ecdsa/p256_edge.json", &wanted);
}

#[test]
fn sm2_every_case() {
    let wanted = Tally { refused_keys: 80, no_der: 180, no_digest: 1, run: 1584, bad: 703, raw: 7 };
    every_case::<Sm2>("sm2/sm2_edge.json", &wanted);
}

/// The wide windows: some groups of each, another step for each window.
fn some_with_wide_tables<C: Group>(name: &str) {
    let Some(file) = json(name) else { return };
    for (window, step) in [(10, 5), (11, 7), (12, 11), (13, 41), (14, 43), (15, 47), (16, 53)] {
        let (mut counts, mut tally, mut cases) = (Counts::default(), Tally::default(), Cases::<C>::new());
        for group in list(&file, "testGroups").iter().skip(step / 2).step_by(step) {
            add(&mut cases, group, &mut tally, |_, _, _| {});
        }
        cases.run(&wide(window), &mut counts);
        counts.assert(&wide(window), tally.run + tally.raw, tally.bad);
        assert!(tally.run > 15, "window {window}: {tally:?}");
    }
}

#[test]
fn p256_some_with_wide_tables() {
    some_with_wide_tables::<P256>("ecdsa/p256_edge.json");
}

#[test]
fn sm2_some_with_wide_tables() {
    some_with_wide_tables::<Sm2>("sm2/sm2_edge.json");
}

/// Each list of tcIds in one call. What is refused before (its key, or as DER) leaves its place to a bad signature, so
/// that all others stand where the list puts them.
fn batches<C: Group>(name: &str, wanted: usize) {
    let Some(file) = json(name) else { return };
    let mut by_id = BTreeMap::new();
    for group in list(&file, "testGroups") {
        let mut cases = Cases::<C>::new();
        let point = bytes(&group["publicKey"], "uncompressed");
        add(&mut cases, group, &mut Tally::default(), |id, signed, valid| {
            by_id.insert(id, (point.clone().try_into().unwrap(), signed, valid));
        });
    }
    let paths: Vec<_> = (4..=8)
        .flat_map(|window| [0, 1, 5].map(|turn| Path::Bulk(window, turn)))
        .chain([Path::MixedWindows, Path::BetweenBad(8), Path::Duplicates(7), Path::Sorted(6)])
        .collect();
    let refused = Signed { digest: [0; 32], signature: [0; 64] };
    let stand_in = (C::multiple(&1u32.into()).unwrap(), refused, false);
    let (mut counts, mut run, mut stand_ins) = (Counts::default(), 0, 0);
    for batch in list(&file, "batches") {
        let mut cases = Cases::<C>::new();
        for id in list(batch, "tcIds") {
            let found = by_id.get(&id.as_u64().unwrap());
            stand_ins += usize::from(found.is_none());
            let (point, signed, valid) = found.unwrap_or(&stand_in);
            let key = cases.key(point);
            cases.push(key, *signed, *valid, id.to_string());
        }
        run += cases.cases.len();
        cases.run(&paths, &mut counts);
    }
    counts.assert(&paths, run, 0);
    println!("{name}: {run} places in batches, {stand_ins} of them taken by a refused stand-in");
    assert_eq!((run, stand_ins), (1046, wanted));
}

#[test]
fn p256_batches() {
    batches::<P256>("ecdsa/p256_edge.json", 169);
}

#[test]
fn sm2_batches() {
    batches::<Sm2>("sm2/sm2_edge.json", 170);
}
