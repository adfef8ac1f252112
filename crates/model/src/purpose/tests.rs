use super::*;
use crate::jws::Unsigned;

fn jwt(typ: &'static str, payload: &str) -> Vec<u8> {
    let header = Header { alg: "ES256".into(), kid: "k".into(), typ: typ.into() };
    Unsigned::new(&header, payload.as_bytes()).to_be_signed().to_vec()
}

#[test]
fn the_message_itself_says_what_it_is() {
    for (typ, payload, purpose) in [
        (TYP_LICENSE, r#"{"iat":77}"#, KeyPurpose::Licenses),
        (TYP_STATUS_LIST, r#"{"iat":77}"#, KeyPurpose::StatusLists),
        (TYP_TRUST_LIST, r#"{"issued_at":77}"#, KeyPurpose::TrustList),
        (TYP_ANCHOR_HANDOVER, r#"{"issued_at":77}"#, KeyPurpose::TrustList),
        (TYP_PRESENTATION, r#"{"iat":77}"#, KeyPurpose::Presentations),
        (TYP_WEBHOOK, r#"{"iat":77}"#, KeyPurpose::Webhooks),
        (TYP_CEREMONY, r#"{"at":77}"#, KeyPurpose::Ceremony),
        (TYP_DECISION, r#"{"decision":{"at":77}}"#, KeyPurpose::Decisions),
    ] {
        let key = Some(("ES256".to_owned(), "k".to_owned()));
        let read = ToBeSigned { purpose, at: UnixTime::new(77), key };
        assert_eq!(ToBeSigned::read(&jwt(typ, payload)), Some(read));
        assert_eq!(ToBeSigned::read(&jwt(typ, r#"{"other":77}"#)), None, "no instant");
        assert_eq!(ToBeSigned::read(&jwt(typ, r#"{"at":-1,"iat":-1,"issued_at":-1}"#)), None);
        assert_eq!(ToBeSigned::read(&jwt(typ, r#"{"decision":{"at":-1}}"#)), None);
    }
    let seals = ToBeSigned { purpose: KeyPurpose::Seals, at: None, key: None };
    assert_eq!(ToBeSigned::read(b"\x30\x03\x02\x01\x01"), Some(seals));
    assert_eq!(ToBeSigned::read(PROBE).unwrap().purpose, KeyPurpose::Probe);
    let request = jwt(crate::signing_request::TYP_SIGNING_REQUEST, r#"{"at":1,"iat":1,"issued_at":1}"#);
    for other in [&b""[..], b"text", b"eyJhIjoxfQ.e30", b"boyin health probe ", &request] {
        assert_eq!(ToBeSigned::read(other), None);
    }
}

#[test]
fn names_are_those_of_the_files() {
    for purpose in KeyPurpose::ALL {
        assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.code());
        assert_eq!(KeyPurpose::from_code(purpose.code()), Some(purpose));
    }
}
