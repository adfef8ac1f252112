//! Who makes a seal is none of those who may use it, whatever certificates they have.

use boyin_issue::seal::{SealingError, make_seal};
use boyin_model::seal::{CertificateDigest, SealInfo, Signers};
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{SealWorld, certificate};

const DAY: u64 = 86_400;

#[test]
fn keys_are_compared_not_certificates() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let (key, own) = &world.maker;
        let (from, until) = (now().minus(DAY), now().plus(DAY));
        let second = certificate(&world.authority, key, 9, "签章人", from, until);
        assert_ne!(&second, own);
        let alg = key.reference().alg();
        let digest = |certificate: &[u8]| alg.digest(&[certificate]);
        let (own_digest, other_digest) = (digest(own), digest(&world.signer.1));
        let listed = |value| Signers::Digests(vec![CertificateDigest { algorithm: alg.id().digest, value }]);
        let make = |signers| make_seal(&SealInfo { signers, ..world.info() }, own, key);
        for signers in [
            Signers::Certificates(vec![own]),
            Signers::Certificates(vec![&second]),
            Signers::Certificates(vec![&world.signer.1, &second]),
            listed(&own_digest),
        ] {
            assert_eq!(make(signers), Err(SealingError::MakerIsSigner));
        }
        for signers in [Signers::Certificates(vec![&world.signer.1]), listed(&other_digest)] {
            assert!(make(signers).is_ok());
        }
    }
}
