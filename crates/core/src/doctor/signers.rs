//! Every key that will be asked to sign is asked now.

use std::io::ErrorKind;

use boyin_issue::SigningKey;
use boyin_model::purpose::PROBE;
use boyin_model::time::UnixTime;
use boyin_model::trust::TrustList;

use super::{Findings, SIGNERS};
use crate::desk::{algorithm_of, entries, signing_entry};
use crate::error::HomeError;
use crate::home::Home;
use crate::keyring::Passphrase;

const MEND_KEY: &str = "put the key back from where keys are kept, or see docs/keys.md";

/// The keys of every office that are in force or announced, and that of the trust list.
pub(super) fn check(
    home: &Home,
    trust: &TrustList,
    passphrase: &Passphrase,
    now: UnixTime,
    found: &mut Findings,
) {
    let (before, mut signed) = (found.count(), 0_usize);
    for office in home.offices() {
        let owner = office.code.as_str();
        if signing_entry(trust, office.code, now).is_none() {
            let detail = format!("office {owner}: the trust list names no key with which it may sign now");
            found.fail(SIGNERS, detail, "boyin key new and boyin key rotate: see docs/keys.md");
        }
        for entry in entries(trust, office.code).filter(|entry| entry.until.is_none_or(|until| now < until)) {
            let key = algorithm_of(&entry.alg)
                .and_then(|algorithm| home.keyring().find(owner, &entry.kid, algorithm, passphrase));
            match probe(key) {
                Ok(()) => signed += 1,
                Err(error) => found.fail(SIGNERS, format!("office {owner}: {error}"), MEND_KEY),
            }
        }
    }
    match probe(home.trust_key(passphrase)) {
        Ok(()) => signed += 1,
        // It may be kept elsewhere on purpose, for as long as no list has to be made.
        Err(error) if is_elsewhere(&error) => {
            let detail = format!("the trust list: {error}. No list can be renewed from here");
            found.warn(SIGNERS, detail, "bring the key back before the trust list ends");
        }
        Err(error) => found.fail(SIGNERS, format!("the trust list: {error}"), MEND_KEY),
    }
    if found.count() == before {
        found.ok(SIGNERS, format!("{signed} keys signed a probe, and each signature verifies"));
    }
}

/// Signs what health has every key sign, and verifies it.
fn probe(key: Result<SigningKey, HomeError>) -> Result<(), HomeError> {
    key?.sign(PROBE)?;
    Ok(())
}

fn is_elsewhere(error: &HomeError) -> bool {
    if let HomeError::File { source, .. } = error {
        return source.kind() == ErrorKind::NotFound;
    }
    matches!(error, HomeError::KeyMissing(_))
}
