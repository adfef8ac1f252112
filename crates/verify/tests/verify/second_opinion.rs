use boyin_suite::{Algorithm, ES256_P256, SM2_SM3};
use boyin_testkit::cases::all;
use boyin_testkit::prefecture::Prefecture;
use boyin_verify::{Context, StatusSnapshot, TrustSnapshot, Verifier};

/// ES256 through another implementation: the whole reports agree, byte for byte.
#[test]
fn two_implementations_of_es256_give_the_same_reports() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    for case in all(Algorithm::Es256) {
        let world = case.world(&prefecture);
        let first = Prefecture::verifier().check(&case.document, &world.context());
        let trust =
            TrustSnapshot::load(&case.trust, prefecture.anchor_jwk(), &[&ES256_P256, &SM2_SM3]).unwrap();
        let mut status = StatusSnapshot::default();
        for token in &case.status {
            status.add(token, &trust).unwrap();
        }
        let context = Context { now: case.now, trust: &trust, status: &status };
        let second = Verifier::new(&[&ES256_P256, &SM2_SM3]).check(&case.document, &context);
        assert_eq!(first.to_json(), second.to_json(), "{}", case.id);
    }
}
