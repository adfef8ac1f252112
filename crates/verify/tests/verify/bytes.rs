use boyin_suite::Algorithm;
use boyin_testkit::mutate::to_json;
use boyin_testkit::prefecture::Prefecture;
use boyin_verify::Verdict;

fn no_flipped_bit_passes(algorithm: Algorithm) {
    let prefecture = Prefecture::new(algorithm);
    let world = prefecture.world();
    let verifier = Prefecture::verifier();
    // A person's document with two hidden fields.
    let good = prefecture.issue(&prefecture.draft("fiscal-receipt"));
    assert_eq!(verifier.check(&good, &world.context()).verdict(), Verdict::Passed);
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[place] ^= 1 << bit;
            let verdict = verifier.check(&bad, &world.context()).verdict();
            assert!(
                matches!(verdict, Verdict::Failed(_) | Verdict::Indeterminate(_)),
                "byte {place}, bit {bit}"
            );
        }
    }
}

#[test]
fn no_flipped_bit_passes_es256() {
    no_flipped_bit_passes(Algorithm::Es256);
}

#[test]
fn no_flipped_bit_passes_sm2() {
    no_flipped_bit_passes(Algorithm::Sm2);
}

#[test]
fn a_cut_document_passes_only_as_a_presentation_of_fewer_claims() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let world = prefecture.world();
        let good = prefecture.issue(&prefecture.draft("identity-card"));
        for length in 0..good.len() {
            let cut = &good[..length];
            let passed = Prefecture::verifier().check(cut, &world.context()).verdict() == Verdict::Passed;
            assert_eq!(passed, cut.ends_with(b"~"), "{length} bytes");
        }
        let json = to_json(&good).unwrap();
        for length in 0..json.len() {
            let report = Prefecture::verifier().check(&json[..length], &world.context());
            assert_ne!(report.verdict(), Verdict::Passed, "{length} bytes");
        }
    }
}

#[test]
fn nothing_may_stand_before_or_after() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let world = prefecture.world();
    let compact = prefecture.issue(&prefecture.draft("identity-card"));
    for good in [to_json(&compact).unwrap(), compact] {
        for extra in [&b" "[..], b"\n", b"\0", b"\xef\xbb\xbf", b"~", b".", b"A", b"{}"] {
            for bad in [[extra, &good].concat(), [&good, extra].concat()] {
                let report = Prefecture::verifier().check(&bad, &world.context());
                assert_ne!(report.verdict(), Verdict::Passed, "{extra:?}");
            }
        }
    }
}
