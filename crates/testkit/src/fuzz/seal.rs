//! Seals and seal signatures.

use std::sync::LazyLock;

use boyin_model::alg::VerifyAlg as _;
use boyin_model::json::{self, Reader};
use boyin_model::seal::{
    CertificateDigest, Extension, Kind, Picture, Seal, SealInfo, SealSignature, SignedBy, Signers,
    SigningTime, ToSign, Version, detect,
};
use boyin_model::time::UnixTime;
use boyin_suite::Algorithm;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{Document, SealVerdict, SealVerifier};

use crate::prefecture::now;
use crate::seals::{DOCUMENT, SealWorld, context};

struct Known {
    store: CertificateStore,
    /// What passes, and nothing else does.
    seal: Vec<u8>,
    signature: Vec<u8>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let world = SealWorld::new(Algorithm::Sm2);
    let seal = world.seal(&world.info());
    let signature = world.signature(&seal, now().minus(60));
    Known { store: world.store(), seal, signature }
});

/// Reading: what is strict is tolerable and has one spelling; what was not made by the kit's keys does not pass.
///
/// # Panics
/// If a promise is broken.
pub fn seal(data: &[u8]) {
    let field = Seal::read(data, Reader::Field);
    if let Ok(ours) = Seal::read(data, Reader::Ours) {
        assert_eq!(field.as_ref(), Ok(&ours), "strict is tolerable");
        assert!(ours.notes.is_empty());
        if ours.version != Version::V1 {
            assert_eq!(ours.info.write().expect("it was written"), *ours.signed, "one spelling");
            let by = ours.algorithm.map(|algorithm| SignedBy {
                certificate: ours.maker,
                algorithm,
                signature: ours.signature,
                timestamp: ours.timestamp,
            });
            if let Some(by) = by {
                assert_eq!(Seal::write(&ours.signed, &by).expect("it was written"), data, "one spelling");
            }
        }
    }
    let signature = SealSignature::read(data, Reader::Field);
    if let Ok(ours) = SealSignature::read(data, Reader::Ours) {
        assert_eq!(signature.as_ref(), Ok(&ours), "strict is tolerable");
        signature_again(&ours, data);
    }
    assert!(field.is_err() || signature.is_err(), "a seal and a signature");
    assert!(field.is_err() || detect(data) == Some(Kind::Seal));
    assert!(signature.is_err() || detect(data) == Some(Kind::Signature));
    verdicts(data);
}

fn signature_again(ours: &SealSignature<'_>, data: &[u8]) {
    assert!(ours.notes.is_empty() && ours.seal.notes.is_empty());
    let (SigningTime::Instant(time), Some(algorithm), false) =
        (ours.time, ours.algorithm, ours.version == Version::V1)
    else {
        return;
    };
    let to_sign = ToSign {
        seal: ours.seal.bytes,
        time,
        document_digest: ours.document_digest,
        property: ours.property,
        extensions: &ours.extensions,
    };
    let to_sign = to_sign.write().expect("it was written");
    assert_eq!(to_sign, ours.signed, "one spelling");
    let by = SignedBy {
        certificate: ours.signer,
        algorithm,
        signature: ours.signature,
        timestamp: ours.timestamp,
    };
    assert_eq!(SealSignature::write(&to_sign, &by).expect("it was written"), data, "one spelling");
}

fn verdicts(data: &[u8]) {
    let known = &*KNOWN;
    let context = context(&known.store, now());
    for reader in [Reader::Ours, Reader::Field] {
        let verifier = SealVerifier::new(reader);
        let report = verifier.check_seal(data, &context);
        assert_eq!(report.verdict() == SealVerdict::Passed, data == known.seal);
        assert!(json::parse(&report.to_json(), Reader::Ours).is_ok(), "a report is canonical");
        let report = verifier.check_signature(data, Document::Bytes(DOCUMENT), &context);
        assert_eq!(report.verdict() == SealVerdict::Passed, data == known.signature);
        assert!(json::parse(&report.to_json(), Reader::Ours).is_ok(), "a report is canonical");
    }
}

/// Takes values from bytes, zeros when they are used up.
struct Values<'d>(&'d [u8]);

impl<'d> Values<'d> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn bytes(&mut self) -> &'d [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn text(&mut self) -> &'d str {
        std::str::from_utf8(self.bytes()).unwrap_or("x")
    }

    fn number(&mut self) -> u32 {
        let bytes = [self.byte(), self.byte(), self.byte(), self.byte()];
        u32::from_be_bytes(bytes) >> (self.byte() % 32)
    }

    fn time(&mut self) -> UnixTime {
        UnixTime::MAX.minus(u64::from(self.number()) << (self.byte() % 8))
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.byte() % 4).map(|_| one(self)).collect()
    }

    fn extensions(&mut self) -> Vec<Extension<'d>> {
        self.list(|values| Extension {
            id: values.bytes(),
            critical: values.byte() == 1,
            value: values.bytes(),
        })
    }

    fn info(&mut self) -> SealInfo<'d> {
        let signers = if self.byte() & 1 == 0 {
            Signers::Certificates(self.list(Self::bytes))
        } else {
            Signers::Digests(
                self.list(|values| CertificateDigest { algorithm: values.text(), value: values.bytes() }),
            )
        };
        let picture = Picture {
            format: if self.byte() & 1 == 0 { "PNG" } else { self.text() },
            data: self.bytes(),
            width_mm: self.number(),
            height_mm: self.number(),
        };
        SealInfo {
            number: 4 + u32::from(self.byte() & 1),
            vendor: self.text(),
            id: self.text(),
            kind: 1 + u32::from(self.byte() % 3),
            name: self.text(),
            signers,
            created: self.time(),
            valid_from: self.time(),
            valid_until: self.time(),
            picture,
            extensions: self.extensions(),
        }
    }
}

/// Writing: whatever is written is read strictly and says what was to be written.
///
/// # Panics
/// If a promise is broken.
pub fn seal_write(data: &[u8]) {
    let mut values = Values(data);
    let info = values.info();
    let Ok(written) = info.write() else { return };
    let algorithm = boyin_suite::SM2_SM3_DER.id().oid.expect("it signs seals");
    let number = info.number;
    let by = SignedBy {
        certificate: values.bytes(),
        algorithm,
        signature: values.bytes(),
        timestamp: (number == 5 && values.byte() & 1 == 1).then(|| values.bytes()),
    };
    let Ok(bytes) = Seal::write(&written, &by) else { return };
    let seal = Seal::read(&bytes, Reader::Ours).expect("what is written is read");
    assert_eq!(seal.info, info);
    assert_eq!(u32::from(seal.version.number()), number);
    assert_eq!((seal.maker, seal.signature, seal.timestamp), (by.certificate, by.signature, by.timestamp));
    assert_eq!((&*seal.signed, seal.algorithm), (&*written, Some(algorithm)));

    let extensions = values.extensions();
    let to_sign = ToSign {
        seal: &bytes,
        time: values.time(),
        document_digest: values.bytes(),
        property: values.text(),
        extensions: &extensions,
    };
    let Ok(written) = to_sign.write() else { return };
    let Ok(signature) = SealSignature::write(&written, &by) else { return };
    let read = SealSignature::read(&signature, Reader::Field).expect("what is written is read");
    assert_eq!(read.seal, seal);
    assert_eq!((read.time, read.property), (SigningTime::Instant(to_sign.time), to_sign.property));
    assert_eq!((read.document_digest, &read.extensions), (to_sign.document_digest, &extensions));
    assert_eq!((read.signed, read.signer, read.signature), (&*written, by.certificate, by.signature));
    assert_eq!(read.timestamp, by.timestamp);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracles_accept_what_is_right() {
        for data in [&KNOWN.seal, &KNOWN.signature] {
            seal(data);
            seal(&data[..data.len() - 1]);
            seal_write(data);
        }
        seal(b"");
        seal_write(b"");
        let world = SealWorld::new(Algorithm::Es256);
        let other = world.seal(&SealInfo { number: 5, ..world.info() });
        seal(&other);
        seal(&world.signature(&other, now()));
    }
}
