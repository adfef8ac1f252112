use boyin_suite::{Algorithm, set_table_memory};
use boyin_testkit::cases::all;
use boyin_testkit::prefecture::Prefecture;
use boyin_verify::{Context, Verifier};

/// Every case of both suites, alone, in a bulk of itself, and among valid licenses: the same report, byte for byte.
#[test]
fn reports_in_bulk_are_those_one_by_one() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let verifier = Prefecture::verifier();
        let valid = prefecture.issue(&prefecture.draft("business-license"));
        for case in all(algorithm) {
            let world = case.world(&prefecture);
            let context = world.context();
            let (alone, beside) =
                (verifier.check(&case.document, &context), verifier.check(&valid, &context));
            let documents = [&case.document, &valid, &case.document, &valid, &valid];
            let reports = verifier.check_bulk(&documents, &context);
            let expected = [&alone, &beside, &alone, &beside, &beside].map(|report| report.to_json());
            assert_eq!(
                reports.iter().map(|report| report.to_json()).collect::<Vec<_>>(),
                expected,
                "{}",
                case.id
            );
        }
    }
}

/// Both algorithms in one bulk, in any number, in order; also without memory for tables.
#[test]
fn bulks_of_every_size_keep_their_order() {
    let prefectures = Algorithm::ALL.map(Prefecture::new);
    let world = prefectures[0].world();
    let licenses = prefectures.each_ref().map(|prefecture| {
        ["identity-card", "business-license"].map(|draft| prefecture.issue(&prefecture.draft(draft)))
    });
    let verifier = Prefecture::verifier();
    let context = world.context();
    let mut broken = licenses[0][0].clone();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let kinds = [&licenses[0][0], &licenses[1][0], &broken, &licenses[0][1], &licenses[1][1]];
    let expected = kinds.map(|license| verifier.check(license, &context).to_json());
    for memory in [0, 256 << 20] {
        set_table_memory(memory);
        for size in [0, 1, 2, 5, 63, 64, 65, 128, 300] {
            let place = |i: usize| (i * 7 + size) % kinds.len();
            let documents: Vec<_> = (0..size).map(|i| kinds[place(i)]).collect();
            let reports = verifier.check_bulk(&documents, &context);
            assert_eq!(reports.len(), size);
            for (i, report) in reports.iter().enumerate() {
                assert_eq!(report.to_json(), expected[place(i)], "license {i} of {size}");
            }
        }
    }
}

/// A key of an algorithm that this verifier does not allow is still verified, and refused for that reason.
#[test]
fn an_algorithm_that_is_not_allowed_is_refused_in_bulk_too() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let world = prefecture.world();
    let context: Context<'_> = world.context();
    let license = prefecture.issue(&prefecture.draft("business-license"));
    let verifier = Verifier::new(&[&boyin_suite::ES256]);
    let alone = verifier.check(&license, &context);
    assert!(alone.clone().into_verified().is_err());
    for report in verifier.check_bulk(&[&license, &license], &context) {
        assert_eq!(report.to_json(), alone.to_json());
    }
}
