use boyin_model::seal::{Seal, SealSignature};
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{DOCUMENT, SEAL_ID, SealWorld, context};
use boyin_verify::Reader;
use boyin_verify::seal::{Document, Profile, SealVerdict, SealVerifier};

#[test]
fn what_is_made_is_read_strictly_and_passes_in_every_profile() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        for number in [4, 5] {
            let mut info = world.info();
            info.number = number;
            let seal = world.seal(&info);
            assert_eq!(Seal::read(&seal, Reader::Ours).unwrap().info, info);
            let signature = world.signature(&seal, now().minus(60));
            SealSignature::read(&signature, Reader::Ours).unwrap();
            let store = world.store();
            for profile in Profile::all() {
                let verifier = SealVerifier::new(Reader::Ours).with_profile(profile);
                let report = verifier.check_seal(&seal, &context(&store, now()));
                assert_eq!(
                    report.verdict(),
                    SealVerdict::Passed,
                    "{}",
                    String::from_utf8_lossy(&report.to_json())
                );
                let told: serde_json::Value = serde_json::from_slice(&report.to_json()).unwrap();
                assert_eq!(told["seal"], serde_json::json!({ "id": SEAL_ID, "version": number }));
                let report =
                    verifier.check_signature(&signature, Document::Bytes(DOCUMENT), &context(&store, now()));
                assert_eq!(
                    report.verdict(),
                    SealVerdict::Passed,
                    "{}",
                    String::from_utf8_lossy(&report.to_json())
                );
            }
        }
    }
}
