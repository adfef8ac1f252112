//! Files of private keys and of sealed secrets.

use std::sync::LazyLock;

use boyin_suite::{Algorithm, KeyError, SoftwareKey, open_secret, seal_secret};
use pkcs8::der::Decode as _;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::pbes2::Parameters;
use pkcs8::{Document, EncryptedPrivateKeyInfoRef, LineEnding, SecretDocument};

use crate::random::FixedRandom;

const LABEL: &str = "ENCRYPTED PRIVATE KEY";
const PASSPHRASE: &[u8] = b"a passphrase of the kit";
const SECRET: [u8; 32] = [0x5a; 32];
/// Rounds and bytes within which a file is opened here; files may cost far more.
const CHEAP: (u64, u64) = (1 << 10, 1 << 20);
/// Rounds and bytes beyond which a file must not be opened at all; of the bytes sixteen passes.
const DEAR: (u64, u64) = (10_000_000, 256 << 20);

/// Two keys and a secret as PEM that costs one round.
struct Known {
    keys: Vec<(Algorithm, Vec<u8>, Vec<u8>)>,
    secret: Vec<u8>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let key = |algorithm| {
        let key = SoftwareKey::generate(algorithm, &mut FixedRandom::new(970)).expect("a scalar");
        let der = key.to_pkcs8_der().to_vec();
        let pem = sealed(&der);
        (algorithm, der, pem)
    };
    let pem = seal_secret(&SECRET, PASSPHRASE, &mut FixedRandom::new(1)).expect("a passphrase");
    let (_, document) = SecretDocument::from_pem(&pem).expect("PEM");
    let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).expect("DER");
    let opened = info.decrypt(PASSPHRASE).expect("the passphrase");
    Known { keys: Algorithm::ALL.map(key).to_vec(), secret: sealed(opened.as_bytes()) }
});

fn sealed(plain: &[u8]) -> Vec<u8> {
    let scheme = Parameters::generate_pbkdf2_sha256_aes256cbc(1, &[7; 16], [9; 16]).expect("one round");
    let encrypted = scheme.encrypt(PASSPHRASE, plain).expect("CBC takes any length");
    let info = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: scheme.into(),
        encrypted_data: OctetStringRef::new(&encrypted).expect("short"),
    };
    let document = Document::encode_msg(&info).expect("DER");
    document.to_pem(LABEL, LineEnding::LF).expect("short").into_bytes()
}

/// Rounds and bytes that the file asks for; `None` if it asks for none that is known.
fn cost(pem: &str) -> Option<(u64, u64)> {
    let (label, document) = SecretDocument::from_pem(pem).ok()?;
    let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).ok()?;
    if label != LABEL {
        return None;
    }
    let scheme = info.encryption_algorithm.pbes2()?;
    if let Some(rounds) = scheme.kdf.pbkdf2() {
        return Some((rounds.iteration_count.into(), 0));
    }
    let scrypt = scheme.kdf.scrypt()?;
    let bytes = u64::from(scrypt.block_size).saturating_mul(128).saturating_mul(scrypt.cost_parameter);
    // Each pass is as much work as all the bytes once more.
    Some((0, bytes.saturating_mul(u64::from(scrypt.parallelization))))
}

/// What opens, as a key of each algorithm and as a secret.
fn open(pem: &str) -> (Vec<(Algorithm, SoftwareKey)>, Option<[u8; 32]>) {
    let found = Algorithm::ALL
        .map(|algorithm| (algorithm, SoftwareKey::from_encrypted_pem(algorithm, pem, PASSPHRASE).ok()));
    let keys = found.into_iter().filter_map(|(algorithm, key)| Some((algorithm, key?))).collect();
    (keys, open_secret(pem, PASSPHRASE).ok().map(|secret| *secret))
}

fn file(bytes: &[u8]) {
    let Ok(pem) = std::str::from_utf8(bytes) else { return };
    let (rounds, size) = cost(pem).unwrap_or((0, 0));
    if rounds > DEAR.0 || size > DEAR.1.saturating_mul(16) {
        assert_eq!(open_secret(pem, PASSPHRASE).err(), Some(KeyError::TooCostly), "it is not paid");
    }
    if rounds > CHEAP.0 || size > CHEAP.1 {
        return;
    }
    let (keys, secret) = open(pem);
    assert!(keys.len() + usize::from(secret.is_some()) <= 1, "a file is one thing");
    for (algorithm, key) in keys {
        let known = KNOWN.keys.iter().find(|known| known.0 == algorithm);
        assert_eq!(known.map(|known| &known.1), Some(&key.to_pkcs8_der().to_vec()), "another key");
    }
    assert!(secret.is_none_or(|secret| secret == SECRET), "another secret");
}

/// Byte 0 says which file, bytes 1 to 4 where and how much of it is replaced by the rest: a changed file opens to what was in
/// it, or not at all. All of the bytes are read as a file and as a key without passphrase too, which has one form when it
/// is written.
///
/// # Panics
/// If a promise is broken.
pub fn key_file(data: &[u8]) {
    for algorithm in Algorithm::ALL {
        let Ok(key) = SoftwareKey::from_pkcs8_der(algorithm, data) else { continue };
        let der = key.to_pkcs8_der();
        let again = SoftwareKey::from_pkcs8_der(algorithm, &der).expect("what is written is read");
        assert_eq!(again.to_pkcs8_der(), der, "a key has one form");
    }
    file(data);
    let Some((which, rest)) = data.split_first() else { return };
    let known = match usize::from(*which) % (KNOWN.keys.len() + 1) {
        0 => &KNOWN.secret,
        number => &KNOWN.keys[number - 1].2,
    };
    let Some(changed) = super::patched(known, rest) else { return };
    file(&changed);
    if changed == *known {
        let text = std::str::from_utf8(&changed).expect("PEM");
        let (keys, secret) = open(text);
        assert_eq!(keys.len() + usize::from(secret.is_some()), 1, "the file itself opens");
    }
}

#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds: Vec<_> = (0..3).map(|which| (format!("same-{which}"), vec![which, 0, 0, 0, 0])).collect();
    for (algorithm, der, pem) in &KNOWN.keys {
        let name = algorithm.verifier().id().family.to_lowercase();
        seeds.extend([(format!("{name}.der"), der.clone()), (format!("{name}.pem"), pem.clone())]);
    }
    seeds.push(("secret.pem".to_owned(), KNOWN.secret.clone()));
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right_and_holds_under_changes() {
        for (_, seed) in seeds() {
            key_file(&seed);
        }
        for which in 0..3 {
            for place in (0..400_u16).step_by(11) {
                let [high, low] = place.to_be_bytes();
                key_file(&[which, high, low, 0, 1, b'x']);
                key_file(&[which, high, low, 0, 9]);
            }
        }
    }

    #[test]
    fn what_costs_too_much_is_not_paid() {
        let seal = |scheme: Parameters| {
            let info = EncryptedPrivateKeyInfoRef {
                encryption_algorithm: scheme.into(),
                encrypted_data: OctetStringRef::new(&[0; 48]).unwrap(),
            };
            let document = Document::encode_msg(&info).unwrap();
            document.to_pem(LABEL, LineEnding::LF).unwrap()
        };
        let rounds =
            |rounds| seal(Parameters::generate_pbkdf2_sha256_aes256cbc(rounds, &[7; 16], [9; 16]).unwrap());
        assert_eq!(cost(&rounds(7)), Some((7, 0)));
        let dear = rounds(10_000_001);
        assert_eq!(cost(&dear), Some((10_000_001, 0)));
        file(dear.as_bytes());
        assert_eq!(open_secret(&dear, PASSPHRASE).err(), Some(KeyError::TooCostly));
    }
}
