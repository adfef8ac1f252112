//! Key files: what is written, what is refused and why, and that nothing leaks.

use boyin_model::alg::{PublicKey, Randomness, RandomnessUnavailable, Signer};
use boyin_suite::{
    Algorithm, KeyError, KeyPart, SM2_SM3, SoftwareKey, SystemRandom, open_secret, public_key_from_spki,
    public_key_to_spki, seal_secret,
};

/// Gives the same byte for ever.
struct Constant(u8);

impl Randomness for Constant {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        buf.fill(self.0);
        Ok(())
    }
}

struct Broken;

impl Randomness for Broken {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        Err(RandomnessUnavailable)
    }
}

fn fixed(algorithm: Algorithm) -> SoftwareKey {
    SoftwareKey::generate(algorithm, &mut Constant(0x5c)).unwrap()
}

#[test]
fn encrypted_pem_and_back() {
    for algorithm in Algorithm::ALL {
        let key = fixed(algorithm);
        let pem = key.to_encrypted_pem(b"correct horse", &mut SystemRandom).unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let again = SoftwareKey::from_encrypted_pem(algorithm, &pem, b"correct horse").unwrap();
        assert_eq!(again.public_key(), key.public_key());
        assert_eq!(again.to_pkcs8_der(), key.to_pkcs8_der());
        let second = key.to_encrypted_pem(b"correct horse", &mut SystemRandom).unwrap();
        assert_ne!(pem, second, "salt and IV must be new");

        let open = |pem: &str, passphrase: &[u8]| SoftwareKey::from_encrypted_pem(algorithm, pem, passphrase);
        assert_eq!(open(&pem, b"correct hors").unwrap_err(), KeyError::WrongPassphrase);
        assert_eq!(open(&pem, b"").unwrap_err(), KeyError::WrongPassphrase);
        let malformed = KeyError::Malformed { part: KeyPart::Pem };
        assert_eq!(open(&pem[..pem.len() - 60], b"correct horse").unwrap_err(), malformed);
        assert_eq!(open("", b"correct horse").unwrap_err(), malformed);
        assert_eq!(open(&pem.replace("ENCRYPTED PRIVATE", "PUBLIC"), b"x").unwrap_err(), malformed);
        let plain = pem.replace("ENCRYPTED PRIVATE", "PRIVATE");
        assert_eq!(open(&plain, b"correct horse").unwrap_err(), KeyError::NotEncrypted);
    }
}

#[test]
fn a_key_of_the_other_kind_is_named_so() {
    for (made, wanted) in [(Algorithm::Es256, Algorithm::Sm2), (Algorithm::Sm2, Algorithm::Es256)] {
        let key = fixed(made);
        let wrong = KeyError::WrongAlgorithm { wanted };
        assert_eq!(SoftwareKey::from_pkcs8_der(wanted, &key.to_pkcs8_der()).unwrap_err(), wrong);
        let pem = key.to_encrypted_pem(b"p", &mut SystemRandom).unwrap();
        assert_eq!(SoftwareKey::from_encrypted_pem(wanted, &pem, b"p").unwrap_err(), wrong);
        let spki = public_key_to_spki(made, key.public_key()).unwrap();
        assert_eq!(public_key_from_spki(wanted, &spki).unwrap_err(), wrong);
        assert!(wanted.verifier().key(key.public_key()).is_err(), "a point of one curve is not on the other");
        assert!(public_key_to_spki(wanted, key.public_key()).is_err());
    }
    let secret = seal_secret(&[1; 32], b"p", &mut SystemRandom).unwrap();
    let wrong = KeyError::WrongAlgorithm { wanted: Algorithm::Sm2 };
    assert_eq!(SoftwareKey::from_encrypted_pem(Algorithm::Sm2, &secret, b"p").unwrap_err(), wrong);
    assert_eq!(fixed(Algorithm::Es256).with_sm2(&SM2_SM3).unwrap_err(), wrong);
}

#[test]
fn damaged_structures_are_refused() {
    for algorithm in Algorithm::ALL {
        let key = fixed(algorithm);
        let der = key.to_pkcs8_der();
        let read = |der: &[u8]| SoftwareKey::from_pkcs8_der(algorithm, der);
        for length in 0..der.len() {
            assert!(read(&der[..length]).is_err(), "{length} bytes");
        }
        assert!(read(&[&der[..], &[0]].concat()).is_err(), "trailing byte");
        // The public key ends the structure: any other point there, on the curve or not, is not this key's.
        let mut other = der.to_vec();
        *other.last_mut().unwrap() ^= 1;
        assert_eq!(read(&other).unwrap_err(), KeyError::InvalidKey);

        let spki = public_key_to_spki(algorithm, key.public_key()).unwrap();
        let mut off_curve = spki.clone();
        *off_curve.last_mut().unwrap() ^= 1;
        assert_eq!(public_key_from_spki(algorithm, &off_curve).unwrap_err(), KeyError::InvalidKey);
        let malformed = KeyError::Malformed { part: KeyPart::SubjectPublicKeyInfo };
        assert_eq!(public_key_from_spki(algorithm, &spki[1..]).unwrap_err(), malformed);
        assert_eq!(public_key_from_spki(algorithm, &[]).unwrap_err(), malformed);
    }
}

#[test]
fn public_keys_have_one_spelling() {
    for algorithm in Algorithm::ALL {
        let key = fixed(algorithm);
        let point = key.public_key().0;
        let prepare = |bytes: &[u8]| algorithm.verifier().key(PublicKey(bytes));
        assert!(prepare(point).is_ok());
        let parity = point[64] & 1;
        let compressed = [&[2 | parity], &point[1..33]].concat();
        let hybrid = [&[6 | parity], &point[1..]].concat();
        for bad in [&[][..], &[0], &[0; 65], &point[1..], &compressed, &hybrid, &[point, &[0]].concat()] {
            assert!(prepare(bad).is_err(), "{bad:02x?}");
        }
    }
}

#[test]
fn generation_refuses_bad_randomness() {
    for algorithm in Algorithm::ALL {
        for byte in [0x00, 0xff] {
            let refused = SoftwareKey::generate(algorithm, &mut Constant(byte)).unwrap_err();
            assert_eq!(refused, KeyError::NoRandomness, "the scalar is out of range");
        }
        assert_eq!(SoftwareKey::generate(algorithm, &mut Broken).unwrap_err(), KeyError::NoRandomness);
        let key = fixed(algorithm);
        assert_eq!(key.to_encrypted_pem(b"p", &mut Broken).unwrap_err(), KeyError::NoRandomness);
        assert_eq!(key.to_encrypted_pem(b"", &mut SystemRandom).unwrap_err(), KeyError::EmptyPassphrase);
    }
}

/// d = n − 1 is a scalar in range but no SM2 key: 1 + d has no inverse.
#[test]
fn the_sm2_key_without_signatures_is_refused() {
    struct OrderMinusOne;
    impl Randomness for OrderMinusOne {
        fn fill(&mut self, buf: &mut [u8]) -> Result<(), RandomnessUnavailable> {
            buf.copy_from_slice(&crate::support::hex(
                "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122",
            ));
            Ok(())
        }
    }
    let refused = SoftwareKey::generate(Algorithm::Sm2, &mut OrderMinusOne).unwrap_err();
    assert_eq!(refused, KeyError::NoRandomness);
}

#[test]
fn secrets_are_sealed_and_checked() {
    let secret: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let pem = seal_secret(&secret, b"root", &mut SystemRandom).unwrap();
    assert_eq!(*open_secret(&pem, b"root").unwrap(), secret);
    assert_eq!(open_secret(&pem, b"toor").unwrap_err(), KeyError::WrongPassphrase);
    assert_eq!(open_secret(&pem[1..], b"root").unwrap_err(), KeyError::Malformed { part: KeyPart::Pem });
    let key = fixed(Algorithm::Sm2).to_encrypted_pem(b"root", &mut SystemRandom).unwrap();
    assert_eq!(open_secret(&key, b"root").unwrap_err(), KeyError::NotASecret);
    assert_eq!(seal_secret(&secret, b"", &mut SystemRandom).unwrap_err(), KeyError::EmptyPassphrase);
    assert_eq!(seal_secret(&secret, b"root", &mut Broken).unwrap_err(), KeyError::NoRandomness);
}

/// CBC lets single bits of the plaintext be flipped; a changed secret must not come out as a good one.
#[test]
fn altered_ciphertext_never_opens() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let pem = seal_secret(&[0xa5; 32], b"root", &mut SystemRandom).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(body).unwrap();
    // The ciphertext is the last 112 bytes: one place in each of its seven blocks.
    for block in 0..7 {
        let mut altered = der.clone();
        let at = altered.len() - 112 + block * 16 + 3;
        altered[at] ^= 0x10;
        let text = STANDARD.encode(&altered);
        let lines: Vec<_> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let label = "ENCRYPTED PRIVATE KEY";
        let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"));
        let refused = open_secret(&pem, b"root").unwrap_err();
        assert!(matches!(refused, KeyError::WrongPassphrase | KeyError::InvalidKey | KeyError::NotASecret));
    }
}

/// A file may not make its reader work for minutes or take gigabytes: the cost is looked at first.
#[test]
fn costly_files_are_refused_unopened() {
    use pkcs8::pkcs5::pbes2::{Kdf, Parameters, Pbkdf2Params, ScryptParams};
    use pkcs8::pkcs5::scrypt::Params;
    let scrypt = |log_n, r, p| {
        ScryptParams::from_params_and_salt(Params::new(log_n, r, p).unwrap(), &[1; 16])
            .map(Kdf::from)
            .unwrap()
    };
    let pbkdf2 = |rounds| Pbkdf2Params::hmac_sha256(rounds, &[1; 16]).map(Kdf::from).unwrap();
    let open = |kdf| {
        let encryption = pkcs8::pkcs5::pbes2::EncryptionScheme::Aes256Cbc { iv: [0; 16] };
        let info = pkcs8::EncryptedPrivateKeyInfoRef {
            encryption_algorithm: Parameters { kdf, encryption }.into(),
            encrypted_data: pkcs8::der::asn1::OctetStringRef::new(&[0; 32]).unwrap(),
        };
        let document = pkcs8::Document::encode_msg(&info).unwrap();
        let pem = document.to_pem("ENCRYPTED PRIVATE KEY", pkcs8::LineEnding::LF).unwrap();
        open_secret(&pem, b"p").unwrap_err()
    };
    for costly in [pbkdf2(10_000_001), scrypt(19, 8, 1), scrypt(17, 17, 1), scrypt(10, 8, 17)] {
        assert_eq!(open(costly), KeyError::TooCostly);
    }
    let malformed = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAMCAQE=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let part = KeyPart::EncryptedPrivateKeyInfo;
    assert_eq!(open_secret(malformed, b"p").unwrap_err(), KeyError::Malformed { part });
    for fair in [pbkdf2(10), scrypt(10, 8, 16)] {
        assert_eq!(open(fair), KeyError::WrongPassphrase);
    }
}

#[test]
fn debug_shows_no_secret() {
    for (algorithm, shown) in
        [(Algorithm::Es256, "SoftwareKey(ES256, ..)"), (Algorithm::Sm2, "SoftwareKey(SM2-SM3, ..)")]
    {
        let key = fixed(algorithm);
        assert_eq!(format!("{key:?}"), shown);
        assert_eq!(format!("{key:#?}"), shown);
        let prepared = key.alg().key(key.public_key()).unwrap();
        assert!(format!("{prepared:?}").len() < 40, "a prepared key shows its algorithm only");
    }
}
