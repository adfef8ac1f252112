use super::*;
use crate::json::Reader;

fn vector(name: &str) -> Option<Vec<u8>> {
    let path = boyin_testkit::vectors::path(&format!("seals/{name}"))?;
    Some(std::fs::read(path).unwrap())
}

/// What an independent analysis read in these files.
#[test]
fn seals_of_the_field_are_read() {
    for (name, version) in [
        ("ofdrw_UserV1.esl", Version::V1),
        ("ofdrw_UserV4.esl", Version::V4),
        ("ofdrw_UserV5.esl", Version::V5),
        ("ofdrw_UserV5_ts.esl", Version::V5),
    ] {
        let Some(bytes) = vector(name) else { return };
        let seal = Seal::read(&bytes, Reader::Field).unwrap();
        assert_eq!(seal.version, version, "{name}");
        assert_eq!(seal.info.number, u32::from(version.number()), "{name}");
        assert_eq!(seal.bytes, bytes);
        assert_eq!(seal.timestamp, (name == "ofdrw_UserV5_ts.esl").then_some(&[1, 2, 3][..]), "{name}");
        assert_eq!(detect(&bytes), Some(Kind::Seal));
        assert!(SealSignature::read(&bytes, Reader::Field).is_err());
        // What is signed stands in the file in one piece, but for version 1, which joins three.
        assert_eq!(matches!(seal.signed, Cow::Borrowed(_)), version != Version::V1);
        assert!(seal.signed.len() < bytes.len() && seal.signed.len() > seal.info.picture.data.len());
    }
    let Some(bytes) = vector("ofdrw_SignedValueV4.dat") else { return };
    let signed = SealSignature::read(&bytes, Reader::Field).unwrap();
    assert_eq!((signed.version, signed.number), (Version::V4, 4));
    assert!(matches!(signed.time, SigningTime::Instant(_)));
    assert_eq!(signed.document_digest.len(), 32);
    assert_eq!(detect(&bytes), Some(Kind::Signature));
    assert!(Seal::read(&bytes, Reader::Field).is_err());
    // For logs: which seal, and nothing of whom it is for.
    let Seal { info, .. } = &signed.seal;
    assert_eq!(format!("{signed:?}"), format!("SealSignature(V4, {})", info.id));
    assert_eq!(format!("{:?}", signed.seal), format!("Seal(V4, {})", info.id));
    assert_eq!(format!("{info:?}"), format!("SealInfo({})", info.id));
    let shown = format!("Picture({}, {} bytes)", info.picture.format, info.picture.data.len());
    assert_eq!(format!("{:?}", info.picture), shown);
}

/// DER by what stands in it, not by its first byte.
#[test]
fn encodings_are_told_apart() {
    let pair = |r: &[u8], s: &[u8]| {
        let part = |bytes: &[u8]| [&[2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
        let inside = [part(r), part(s)].concat();
        [&[0x30, u8::try_from(inside.len()).unwrap()], inside.as_slice()].concat()
    };
    let der = pair(&[1; 29], &[1; 29]);
    assert_eq!(der.len(), 64);
    assert_eq!(encoding_of(&der), SignatureEncoding::Der);
    assert_eq!(encoding_of(&pair(&[1; 32], &[1; 32])), SignatureEncoding::Der);
    // A third element, or bytes after the pair, make it none.
    for odd in [
        [&[0x30, 62][..], &[2, 1, 7], &[2, 1, 7], &[4, 54], &[7; 54]].concat(),
        [pair(&[1; 28], &[1; 28]).as_slice(), &[0; 2]].concat(),
        [&[0x30, 62, 4, 29][..], &[1; 29], &[2, 29], &[1; 29]].concat(),
        [&[0x30, 62, 2, 29][..], &[1; 29], &[4, 29], &[1; 29]].concat(),
    ] {
        assert_eq!(odd.len(), 64);
        assert_eq!(encoding_of(&odd), SignatureEncoding::Raw, "{odd:x?}");
    }
    let mut raw = [7; 64];
    assert_eq!(encoding_of(&raw), SignatureEncoding::Raw);
    for begin in [&[0x30][..], &[0x30, 0x3e], &[0x30, 0x3e, 2, 29]] {
        raw[..begin.len()].copy_from_slice(begin);
        assert_eq!(encoding_of(&raw), SignatureEncoding::Raw);
    }
    assert_eq!(encoding_of(&raw[..63]), SignatureEncoding::Der);
    assert_eq!(encoding_of(&[]), SignatureEncoding::Der);
}
