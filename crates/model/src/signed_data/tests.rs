use super::*;

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u8::try_from(content.len()).unwrap();
    let header = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [header, content].concat()
}

fn oid_of(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(6, &[oid.as_bytes()])
}

/// A SignedData with this content, these attributes and so many signers.
fn signed(kind: ObjectIdentifier, content: &[u8], attributes: &[u8], signers: usize) -> Vec<u8> {
    let sm3 = tlv(0x30, &[&oid_of(crate::timestamp::SM3)]);
    let key = tlv(0x30, &[&oid_of(ObjectIdentifier::new_unwrap("1.2.156.10197.1.301.1"))]);
    let sid = tlv(0x30, &[&tlv(0x30, &[]), &[2, 1, 7]]);
    let signer = tlv(0x30, &[&[2, 1, 1], &sid, &sm3, attributes, &key, &[4, 1, 9]]);
    let info = tlv(0x30, &[&oid_of(kind), content]);
    let signers = tlv(0x31, &[&signer.repeat(signers)]);
    let body = tlv(0x30, &[&[2, 1, 1], &tlv(0x31, &[&sm3]), &info, &signers]);
    tlv(0x30, &[&oid_of(SIGNED_DATA_GM), &tlv(0xa0, &[&body])])
}

#[test]
fn both_shapes_are_read() {
    let content = tlv(0xa0, &[&[4, 2, 1, 2]]);
    let first = signed(DATA_GM, &content, &[], 1);
    assert!(is_signed_data(&first));
    let read = SignedData::read(&first, Reader::Ours).unwrap();
    assert_eq!((read.content, read.signer.attributes.is_none()), (Some(&[1, 2][..]), true));
    assert_eq!(read.signer.whole_algorithm().unwrap().to_string(), "1.2.156.10197.1.501");

    let time = oid_of(ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5"));
    let time = tlv(0x30, &[&time, &tlv(0x31, &[&tlv(0x17, &[b"260701040000Z"])])]);
    let second = signed(DATA, &[], &tlv(0xa0, &[&time]), 1);
    let read = SignedData::read(&second, Reader::Ours).unwrap();
    let attributes = read.signer.attributes.unwrap();
    assert_eq!((read.content, attributes.signing_time.is_some()), (None, true));
    assert_eq!(attributes.signed[0], SET);
}

#[test]
fn what_is_none_is_refused() {
    for (bytes, field) in [
        (signed(DATA, &[], &[], 0), "signerInfos"),
        (signed(DATA, &[], &[], 2), "signerInfos"),
        (signed(crate::timestamp::TST_INFO, &[], &[], 1), "contentInfo.contentType"),
        (signed(DATA, &tlv(0xa0, &[&[4, 0, 4, 0]]), &[], 1), "contentInfo.content"),
        (signed(DATA, &[5, 0], &[], 1), "contentInfo"),
        ([signed(DATA, &[], &[], 1), vec![0]].concat(), "ContentInfo"),
    ] {
        let error = SignedData::read(&bytes, Reader::Field).unwrap_err();
        assert_eq!(error.field, field, "{error}");
    }
    assert!(!is_signed_data(&[0x30, 3, 2, 1, 5]));
    assert!(!is_signed_data(b"\x04\x00"));
}
