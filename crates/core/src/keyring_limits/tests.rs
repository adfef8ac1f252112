use boyin_issue::{KeyRef, SigningKey, status_list};
use boyin_model::purpose::PROBE;
use boyin_model::status::{StatusBits, StatusList, StatusListClaims};
use boyin_suite::{Algorithm, SoftwareKey, SystemRandom};

use super::*;

/// Tells a second process where the count is.
const PLACE: &str = "BOYIN_TEST_COUNT";

fn message(at: u64) -> (Vec<u8>, SigningKey) {
    let software = SoftwareKey::generate(Algorithm::Es256, &mut SystemRandom).unwrap();
    let key = SigningKey::new(Arc::new(software)).unwrap();
    (list(at, key.reference()).to_vec(), key)
}

fn list(at: u64, key: &KeyRef) -> Vec<u8> {
    let iat = UnixTime::new(at).unwrap();
    let list = StatusList::new(StatusBits::Two, 64);
    let claims = StatusListClaims { sub: "u".to_owned(), iat, exp: iat.plus(60), ttl: 15, list };
    status_list(&claims, key).to_be_signed().to_vec()
}

fn metered(limits: KeyLimits, path: &Path) -> Metered {
    let inner = SoftwareKey::generate(Algorithm::Es256, &mut SystemRandom).unwrap();
    Metered::new(Arc::new(inner), Meter::new(limits, path))
}

fn count() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("uses");
    std::fs::write(&path, b"").unwrap();
    (dir, path)
}

#[test]
fn each_limit_holds_alone() {
    let (_dir, path) = count();
    let (list, _) = message(1000);
    let at = UnixTime::new;
    let none = KeyLimits::default;
    for (limits, outcome) in [
        (none(), Ok(())),
        (KeyLimits { purposes: vec![KeyPurpose::StatusLists], ..none() }, Ok(())),
        (KeyLimits { purposes: vec![KeyPurpose::Licenses], ..none() }, Err(SignError::OtherPurpose)),
        (KeyLimits { not_before: at(1000), not_after: at(1001), ..none() }, Ok(())),
        (KeyLimits { not_before: at(1001), ..none() }, Err(SignError::OutOfTime)),
        (KeyLimits { not_after: at(1000), ..none() }, Err(SignError::OutOfTime)),
        (KeyLimits { signatures: Some(0), ..none() }, Err(SignError::UsedUp)),
    ] {
        let before = UseCount::at(path.clone()).read().unwrap();
        assert_eq!(metered(limits.clone(), &path).sign(&list).map(drop), outcome, "{limits:?}");
        let counted = UseCount::at(path.clone()).read().unwrap() - before;
        assert_eq!(counted, u64::from(outcome.is_ok()), "what is refused is not counted: {limits:?}");
    }
    let key = metered(none(), &path);
    assert_eq!(key.sign(b"anything"), Err(SignError::OtherPurpose), "only documents of ours");
    let before = UseCount::at(path.clone()).read().unwrap();
    key.sign(PROBE).unwrap();
    assert_eq!(UseCount::at(path).read().unwrap(), before, "a probe proves nothing and is not counted");
}

#[test]
fn the_limit_is_exact_also_for_many_threads_and_after_a_restart() {
    let (_dir, path) = count();
    let limits = KeyLimits { signatures: Some(50), ..KeyLimits::default() };
    let signed = std::sync::atomic::AtomicUsize::new(0);
    let (list, _) = message(5);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let key = metered(limits.clone(), &path);
                while key.sign(&list).is_ok() {
                    signed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(signed.into_inner(), 50);
    let refused = metered(limits, &path).sign(&list).unwrap_err();
    assert_eq!(refused, SignError::UsedUp);
    assert!(refused.to_string().contains("boyin key rotate"), "the error names the next step");
    let lines = UseCount::at(path).lines().unwrap();
    let digest = b64::encode(&ES256.digest(&[&list]));
    assert!(lines.lines().all(|line| line.ends_with(&digest) && line.contains(" S ")));
}

#[test]
fn a_torn_line_counts_and_a_missing_count_signs_nothing() {
    let (_dir, path) = count();
    let (list, _) = message(5);
    let limits = KeyLimits { signatures: Some(3), ..KeyLimits::default() };
    metered(limits.clone(), &path).sign(&list).unwrap();
    for torn in 1..LINE_BYTES {
        let whole = std::fs::read(&path).unwrap();
        let part = usize::try_from(torn).unwrap();
        std::fs::write(&path, [&whole[..59], &whole[..part]].concat()).unwrap();
        assert_eq!(UseCount::at(path.clone()).read().unwrap(), 2);
        metered(limits.clone(), &path).sign(&list).unwrap();
        assert_eq!(metered(limits.clone(), &path).sign(&list), Err(SignError::UsedUp));
        assert_eq!(std::fs::read(&path).unwrap().len(), 3 * 59, "torn at {torn}");
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(metered(limits, &path).sign(&list), Err(SignError::NotCounted));
}

/// Ends the process where a power failure would.
#[derive(Debug)]
struct Dies(SoftwareKey);

impl Signer for Dies {
    fn alg(&self) -> &'static dyn VerifyAlg {
        self.0.alg()
    }

    fn public_key(&self) -> PublicKey<'_> {
        self.0.public_key()
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        std::process::abort()
    }
}

#[test]
fn what_ends_between_count_and_signature_has_counted() {
    let limits = KeyLimits { signatures: Some(2), ..KeyLimits::default() };
    let (list, _) = message(5);
    if let Some(path) = std::env::var_os(PLACE) {
        let software = SoftwareKey::generate(Algorithm::Es256, &mut SystemRandom).unwrap();
        let _ = Metered::new(Arc::new(Dies(software)), Meter::new(limits, Path::new(&path))).sign(&list);
        return;
    }
    let (_dir, path) = count();
    let test = "keyring_limits::tests::what_ends_between_count_and_signature_has_counted";
    for ended in 1..=3 {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let ran = again.args([test, "--exact"]).env(PLACE, &path).output().unwrap();
        assert_eq!(ran.status.success(), ended == 3, "two die, the third is refused before");
        assert_eq!(UseCount::at(path.clone()).read().unwrap(), ended.min(2));
    }
    assert_eq!(metered(limits, &path).sign(&list), Err(SignError::UsedUp));
}
