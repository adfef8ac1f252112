//! A P-256 key in a token.

use std::fmt;
use std::sync::Arc;

use boyin_model::alg::{PublicKey, SignError, Signer, VerifyAlg, VerifyKey};
use boyin_suite::ES256;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use crate::error::HsmError;
use crate::session::{Pool, Ready, Token};

/// `secp256r1` as CKA_EC_PARAMS has it: the DER of 1.2.840.10045.3.1.7 (RFC 5480 §2.1.1.1).
const P256_PARAMS: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// The SM2 curve: the DER of 1.2.156.10197.1.301 (GB/T 33560).
const SM2_PARAMS: [u8; 10] = [0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];
/// Bytes of `04 ‖ X ‖ Y`.
const POINT_BYTES: usize = 65;
/// What stands before the point in CKA_EC_POINT: the tag of an OCTET STRING and its length (PKCS #11 v3.0 §2.3.3).
const POINT_HEADER: [u8; 2] = [0x04, 0x41];

/// How a key is named in its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// CKA_LABEL.
    pub label: String,
    /// CKA_ID; without it the label alone has to be enough.
    pub id: Option<Vec<u8>>,
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.label)?;
        let Some(id) = &self.id else { return Ok(()) };
        f.write_str(" with the id ")?;
        id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl KeyName {
    pub(crate) fn template(&self, class: ObjectClass) -> Vec<Attribute> {
        let mut template = vec![Attribute::Class(class), Attribute::Label(self.label.as_bytes().to_vec())];
        template.extend(self.id.iter().map(|id| Attribute::Id(id.clone())));
        template
    }
}

/// A P-256 private key that was made in a token and stays there; signs ES256, `r ‖ s` with low s.
///
/// Every signature is verified before it is given out. If the device fails, another session is tried and then a new start
/// of its module; if it is gone, signing says so, and works again once it is back.
pub struct TokenKey {
    token: Token,
    name: KeyName,
    point: [u8; POINT_BYTES],
    verifier: Box<dyn VerifyKey>,
    pool: Arc<Pool>,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({} in {:?}, ..)", self.name, self.token.label())
    }
}

impl TokenKey {
    /// Opens a key and asks the token whether it is on P-256, was made inside and cannot leave.
    ///
    /// # Errors
    /// [`HsmError`].
    pub fn open(token: &Token, name: KeyName) -> Result<Self, HsmError> {
        let running = token.module().running();
        let session = token.login(&running, false)?;
        let key = find_private(&session, &name)?;
        check_stays(&session, key)?;
        let point = public_point(&session, &name)?;
        let verifier = ES256.key(PublicKey(&point)).map_err(|_| HsmError::NotP256)?;
        let pool = token.pool();
        pool.give_back(Ready { session, key });
        drop(running);
        Ok(Self { token: token.clone(), name, point, verifier, pool })
    }

    /// Makes a key in the token, never to leave it, and opens it.
    ///
    /// # Errors
    /// [`HsmError::KeyExists`] if there is one of this name; [`HsmError::Exportable`] if the token made one that can be
    /// exported, which is destroyed then; [`HsmError`].
    pub fn generate(token: &Token, name: KeyName) -> Result<Self, HsmError> {
        {
            let running = token.module().running();
            let session = token.login(&running, true)?;
            if !session.find_objects(&name.template(ObjectClass::PRIVATE_KEY))?.is_empty() {
                return Err(HsmError::KeyExists(name.to_string()));
            }
            let (public, private) = make(&session, &name)?;
            if let Err(error) = check_stays(&session, private) {
                let _ = session.destroy_object(private);
                let _ = session.destroy_object(public);
                return Err(error);
            }
        }
        Self::open(token, name)
    }

    /// Destroys the key in the token, for good.
    ///
    /// # Errors
    /// [`HsmError`].
    pub fn destroy(self) -> Result<(), HsmError> {
        let running = self.token.module().running();
        self.pool.clear();
        let session = self.token.login(&running, true)?;
        session.destroy_object(find_private(&session, &self.name)?)?;
        for public in session.find_objects(&self.name.template(ObjectClass::PUBLIC_KEY))? {
            session.destroy_object(public)?;
        }
        Ok(())
    }

    /// How the key is named in its token.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// Signs, and says precisely why not.
    ///
    /// # Errors
    /// [`HsmError`]; nothing is half done.
    pub fn sign_or_say_why(&self, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        let digest = ES256.digest(&[message]);
        let raw = self.raw(&digest)?;
        let signature = p256::ecdsa::Signature::from_slice(&raw).map_err(|_| HsmError::WrongSignature)?;
        let signature = signature.normalize_s().to_bytes().to_vec();
        self.verifier.verify(message, &signature).map_err(|_| HsmError::WrongSignature)?;
        Ok(signature)
    }

    /// With an idle session, then with a new one, then after a new start of the module.
    fn raw(&self, digest: &[u8]) -> Result<Vec<u8>, HsmError> {
        match self.attempt(digest) {
            (Err(error), _) if error.may_pass() => self.pool.clear(),
            (done, _) => return done,
        }
        match self.attempt(digest) {
            (Err(error), start) if error.may_pass() => self.token.module().restart(start)?,
            (done, _) => return done,
        }
        self.attempt(digest).0
    }

    /// The signature as the token gives it, and the start of the module that it was tried under.
    fn attempt(&self, digest: &[u8]) -> (Result<Vec<u8>, HsmError>, u64) {
        let running = self.token.module().running();
        let start = running.start;
        let ready = self.pool.take().map_or_else(
            || {
                let session = self.token.login(&running, false)?;
                let key = find_private(&session, &self.name)?;
                check_stays(&session, key)?;
                Ok(Ready { session, key })
            },
            Ok,
        );
        let done = ready.and_then(|ready| {
            let raw = ready.session.sign(&Mechanism::Ecdsa, ready.key, digest)?;
            self.pool.give_back(ready);
            Ok(raw)
        });
        (done, start)
    }
}

impl Signer for TokenKey {
    fn alg(&self) -> &'static dyn VerifyAlg {
        &ES256
    }

    fn public_key(&self) -> PublicKey<'_> {
        PublicKey(&self.point)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_or_say_why(message).map_err(|error| SignError::from(&error))
    }
}

fn make(session: &Session, name: &KeyName) -> Result<(ObjectHandle, ObjectHandle), HsmError> {
    let id = name.id.clone().unwrap_or_default();
    let named = [Attribute::Token(true), Attribute::Label(name.label.as_bytes().to_vec()), Attribute::Id(id)];
    let public = [Attribute::Verify(true), Attribute::EcParams(P256_PARAMS.to_vec())];
    let private = [
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Derive(false),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
    ];
    let public = [&named[..], &public].concat();
    let private = [&named[..], &private].concat();
    Ok(session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?)
}

fn find_private(session: &Session, name: &KeyName) -> Result<ObjectHandle, HsmError> {
    let mut template = name.template(ObjectClass::PRIVATE_KEY);
    template.push(Attribute::Sign(true));
    match session.find_objects(&template)?[..] {
        [key] => Ok(key),
        [] => Err(HsmError::NoKey(name.to_string())),
        [..] => Err(HsmError::TwoKeys(name.to_string())),
    }
}

/// What makes the key one that never was and never will be outside.
pub(crate) fn check_stays(session: &Session, key: ObjectHandle) -> Result<(), HsmError> {
    let wanted = [
        (AttributeType::Token, Attribute::Token(true), "CKA_TOKEN is false"),
        (AttributeType::Sensitive, Attribute::Sensitive(true), "CKA_SENSITIVE is false"),
        (AttributeType::Extractable, Attribute::Extractable(false), "CKA_EXTRACTABLE is true"),
        (AttributeType::AlwaysSensitive, Attribute::AlwaysSensitive(true), "CKA_ALWAYS_SENSITIVE is false"),
        (
            AttributeType::NeverExtractable,
            Attribute::NeverExtractable(true),
            "CKA_NEVER_EXTRACTABLE is false",
        ),
        (AttributeType::Local, Attribute::Local(true), "CKA_LOCAL is false"),
    ];
    let types: Vec<_> = wanted.iter().map(|(kind, ..)| *kind).collect();
    let found = session.get_attributes(key, &types)?;
    // What the token does not tell is not as it should be.
    match wanted.iter().find(|(_, attribute, _)| !found.contains(attribute)) {
        Some((.., attribute)) => Err(HsmError::Exportable { attribute }),
        None => Ok(()),
    }
}

fn public_point(session: &Session, name: &KeyName) -> Result<[u8; POINT_BYTES], HsmError> {
    let missing = || HsmError::NoPublicKey(name.to_string());
    let [key] = session.find_objects(&name.template(ObjectClass::PUBLIC_KEY))?[..] else {
        return Err(missing());
    };
    let wanted = [AttributeType::KeyType, AttributeType::EcParams, AttributeType::EcPoint];
    let found = session.get_attributes(key, &wanted)?;
    if found.contains(&Attribute::EcParams(SM2_PARAMS.to_vec())) {
        return Err(HsmError::Sm2Curve);
    }
    if !found.contains(&Attribute::KeyType(KeyType::EC))
        || !found.contains(&Attribute::EcParams(P256_PARAMS.to_vec()))
    {
        return Err(HsmError::NotP256);
    }
    let point = found.iter().find_map(|attribute| {
        if let Attribute::EcPoint(bytes) = attribute { Some(bytes.as_slice()) } else { None }
    });
    let point = point.ok_or_else(missing)?;
    // Some devices leave the OCTET STRING around the point out.
    let point =
        point.strip_prefix(&POINT_HEADER[..]).filter(|rest| rest.len() == POINT_BYTES).unwrap_or(point);
    point.try_into().map_err(|_| HsmError::NotP256)
}
