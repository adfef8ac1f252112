use std::sync::Arc;

use boyin_issue::{KeyRef, SigningKey, SigningKeyError};
use boyin_model::alg::{PublicKey, SignError, Signer, VerifyAlg};
use boyin_suite::{Algorithm, RS256};
use boyin_testkit::key::FixedKey;
use boyin_testkit::prefecture::Prefecture;
use boyin_testkit::random::FixedRandom;
use boyin_verify::Verdict;

/// A device that does something else than it should.
#[derive(Debug)]
struct Device {
    key: FixedKey,
    fault: Fault,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    AnotherKey,
    AnotherMessage,
    Garbage,
    Locked,
}

impl Signer for Device {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.key.alg()
    }

    fn public_key(&self) -> PublicKey<'_> {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match self.fault {
            Fault::AnotherKey => {
                let es256 = self.alg().id().jws == Some("ES256");
                let algorithm = if es256 { Algorithm::Es256 } else { Algorithm::Sm2 };
                FixedKey::new(algorithm, 2).sign(message)
            }
            Fault::AnotherMessage => self.key.sign(&message[1..]),
            Fault::Garbage => Ok(vec![1; 64]),
            Fault::Locked => Err(SignError::Refused),
        }
    }
}

#[test]
fn a_device_that_signs_wrongly_is_found_out_before_anyone_sees_it() {
    for algorithm in Algorithm::ALL {
        for fault in [Fault::AnotherKey, Fault::AnotherMessage, Fault::Garbage] {
            let device = Device { key: FixedKey::new(algorithm, 1), fault };
            let key = SigningKey::new(Arc::new(device)).unwrap();
            assert_eq!(key.sign(b"message"), Err(SigningKeyError::SelfCheck), "{fault:?}");
        }
        let device = Device { key: FixedKey::new(algorithm, 1), fault: Fault::Locked };
        let key = SigningKey::new(Arc::new(device)).unwrap();
        assert_eq!(key.sign(b"message"), Err(SigningKeyError::Signer(SignError::Refused)));
        assert!(FixedKey::signing(algorithm, 1).sign(b"message").is_ok());
    }
}

#[test]
fn a_license_that_a_device_signs_wrongly_is_not_issued() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let license = prefecture.license(&prefecture.draft("identity-card"));
        let assignment = prefecture.assignment(license.license_type().code);
        let sign = |key: &SigningKey| {
            license.prepare(&assignment, key.reference(), &mut FixedRandom::new(1)).unwrap().sign(key)
        };
        for fault in [Fault::AnotherKey, Fault::AnotherMessage, Fault::Garbage, Fault::Locked] {
            let device = Device { key: FixedKey::new(algorithm, 1), fault };
            let expected = match fault {
                Fault::Locked => SigningKeyError::Signer(SignError::Refused),
                Fault::AnotherKey | Fault::AnotherMessage | Fault::Garbage => SigningKeyError::SelfCheck,
            };
            assert_eq!(sign(&SigningKey::new(Arc::new(device)).unwrap()), Err(expected), "{fault:?}");
        }
        let license = sign(prefecture.key()).unwrap();
        let report = Prefecture::verifier().check(&license, &prefecture.world().context());
        assert_eq!(report.verdict(), Verdict::Passed);
    }
}

#[test]
fn a_key_reference_is_a_point_of_its_curve() {
    let es256 = FixedKey::new(Algorithm::Es256, 1);
    let sm2 = FixedKey::new(Algorithm::Sm2, 1);
    assert!(KeyRef::new(es256.alg(), es256.public_key().0).is_ok());
    assert!(KeyRef::new(es256.alg(), sm2.public_key().0).is_err());
    assert!(KeyRef::new(sm2.alg(), es256.public_key().0).is_err());
    assert!(KeyRef::new(es256.alg(), &[]).is_err());
    assert!(KeyRef::new(&RS256, es256.public_key().0).is_err());
}

/// RFC 7638 with the digest of the suite.
#[test]
fn the_key_id_is_the_thumbprint() {
    for (algorithm, digest) in [(Algorithm::Es256, "sha-256"), (Algorithm::Sm2, "sm3")] {
        let key = FixedKey::signing(algorithm, 1);
        let jwk = key.reference().jwk();
        let text = format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, jwk.crv, jwk.x, jwk.y);
        let alg = key.reference().alg();
        assert_eq!(alg.id().digest, digest);
        assert_eq!(jwk.kid, boyin_model::b64::encode(&alg.digest(&[text.as_bytes()])));
    }
}
