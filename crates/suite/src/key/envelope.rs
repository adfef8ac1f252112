//! `EncryptedPrivateKeyInfo` under a passphrase: PBES2 (RFC 8018 §6.2).

use boyin_model::alg::Randomness;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode, Document, Reader, SliceReader};
use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use pkcs8::pkcs5::scrypt::Params as ScryptParams;
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument,
};

use super::{KeyError, KeyPart};

const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
const PLAIN_LABEL: &str = "PRIVATE KEY";

/// scrypt with N = 2¹⁴, r = 8, p = 5: one of the settings that the OWASP Password Storage Cheat Sheet calls equal, and
/// the one whose 16 MiB stay below the 32 MiB at which OpenSSL refuses (`SCRYPT_MAX_MEM`).
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 5;

/// Bytes of salt (RFC 8018 §4.1 asks for 8, SP 800-132 §5.1 for 16).
const SALT_BYTES: usize = 16;

/// Most PBKDF2 rounds that opening a file may cost: RFC 8018 §4.2 names ten million for the most critical keys.
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;
/// Most scrypt memory that opening a file may cost, twice the OWASP maximum setting (N = 2¹⁷, r = 8).
const MAX_SCRYPT_BYTES: u64 = 256 << 20;
/// Most scrypt passes over that memory.
const MAX_SCRYPT_P: u16 = 16;

/// Encrypts a `PrivateKeyInfo` and writes it as PEM.
pub(super) fn seal(
    private_key_info: &[u8],
    passphrase: &[u8],
    random: &mut dyn Randomness,
) -> Result<String, KeyError> {
    if passphrase.is_empty() {
        return Err(KeyError::EmptyPassphrase);
    }
    let mut salt = [0; SALT_BYTES];
    let mut iv = [0; 16];
    random.fill(&mut salt).and_then(|()| random.fill(&mut iv)).map_err(|_| KeyError::NoRandomness)?;
    let cost = ScryptParams::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).expect("the constants are in range");
    let scheme = Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).expect("salt and cost are in range");
    let encrypted = scheme.encrypt(passphrase, private_key_info).expect("CBC takes any length");
    let info = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: scheme.into(),
        encrypted_data: OctetStringRef::new(&encrypted).expect("a key is short"),
    };
    Ok(Document::encode_msg(&info)
        .and_then(|document| document.to_pem(ENCRYPTED_LABEL, LineEnding::LF))
        .expect("a key is short"))
}

/// Decrypts PEM to a `PrivateKeyInfo` whose outer structure was checked.
pub(super) fn open(pem: &str, passphrase: &[u8]) -> Result<SecretDocument, KeyError> {
    let (label, document) =
        SecretDocument::from_pem(pem).map_err(|_| KeyError::Malformed { part: KeyPart::Pem })?;
    match label {
        ENCRYPTED_LABEL => {}
        PLAIN_LABEL => return Err(KeyError::NotEncrypted),
        _ => return Err(KeyError::Malformed { part: KeyPart::Pem }),
    }
    let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes())
        .map_err(|_| why_not_read(document.as_bytes()))?;
    let scheme = info.encryption_algorithm.pbes2().ok_or(KeyError::UnsupportedEncryption)?;
    check_cost(&scheme.kdf)?;
    let opened = info.decrypt(passphrase).map_err(why_not_opened)?;
    PrivateKeyInfoRef::from_der(opened.as_bytes()).map_err(|_| KeyError::WrongPassphrase)?;
    Ok(opened)
}

/// The parser knows PBES1 and PBES2 only: a scheme that it cannot name is not a damaged file.
fn why_not_read(der: &[u8]) -> KeyError {
    let shape = SliceReader::new(der).and_then(|mut reader| {
        reader.sequence(|inner| {
            AlgorithmIdentifierRef::decode(inner)?;
            <&OctetStringRef>::decode(inner).map(drop)
        })
    });
    match shape {
        Ok(()) => KeyError::UnsupportedEncryption,
        Err(_) => KeyError::Malformed { part: KeyPart::EncryptedPrivateKeyInfo },
    }
}

fn why_not_opened(error: pkcs8::Error) -> KeyError {
    use pkcs8::pkcs5::Error::{AlgorithmParametersInvalid, UnsupportedAlgorithm};
    if let pkcs8::Error::EncryptedPrivateKey(
        UnsupportedAlgorithm { .. } | AlgorithmParametersInvalid { .. },
    ) = error
    {
        return KeyError::UnsupportedEncryption;
    }
    // One wrong passphrase in 256 leaves a valid padding; what comes out is then no DER.
    KeyError::WrongPassphrase
}

fn check_cost(kdf: &Kdf) -> Result<(), KeyError> {
    if kdf.pbkdf2().is_some_and(|params| params.iteration_count > MAX_PBKDF2_ROUNDS) {
        return Err(KeyError::TooCostly);
    }
    let Some(scrypt) = kdf.scrypt() else { return Ok(()) };
    let bytes = u64::from(scrypt.block_size)
        .checked_mul(128)
        .and_then(|block| block.checked_mul(scrypt.cost_parameter))
        .ok_or(KeyError::TooCostly)?;
    if bytes > MAX_SCRYPT_BYTES || scrypt.parallelization > MAX_SCRYPT_P {
        return Err(KeyError::TooCostly);
    }
    Ok(())
}
