use super::*;

fn client() -> Jwk {
    let text = |text: &str| text.to_owned();
    Jwk {
        alg: text("ES256"),
        crv: text("P-256"),
        kid: text("client"),
        kty: text("EC"),
        x: text(""),
        y: text(""),
    }
}

fn request() -> SigningRequest {
    SigningRequest {
        aud: "signer".to_owned(),
        format: SIGNING_REQUEST_FORMAT,
        iat: UnixTime::new(7).unwrap(),
        jti: b64::encode(&[7; REQUEST_ID_BYTES]),
        kid: "key".to_owned(),
        purpose: KeyPurpose::Probe,
        tbs: b64::encode(crate::purpose::PROBE),
    }
}

#[test]
fn the_bytes_of_a_request_are_frozen() {
    let unsigned = request().prepare(&client());
    let [header, payload] = std::str::from_utf8(unsigned.to_be_signed())
        .unwrap()
        .split('.')
        .map(|part| String::from_utf8(b64::decode(part.as_bytes()).unwrap()).unwrap())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert_eq!(header, r#"{"alg":"ES256","kid":"client","typ":"signing-request+jwt"}"#);
    let frozen = r#"{"aud":"signer","format":1,"iat":7,"jti":"BwcHBwcHBwcHBwcHBwcHBw","kid":"key","purpose":"probe","tbs":"Ym95aW4gaGVhbHRoIHByb2Jl"}"#;
    assert_eq!(payload, frozen);
    let sent = unsigned.with_signature(&[1; 64]);
    let received = ReceivedRequest::open(sent.as_bytes()).unwrap();
    assert_eq!((received.alg(), received.kid(), received.signature()), ("ES256", "client", &[1; 64][..]));
    assert_eq!(received.signing_input(), unsigned.to_be_signed());
    assert_eq!(received.claims().unwrap(), request());
    assert_eq!(request().to_be_signed().unwrap(), crate::purpose::PROBE);
}

#[test]
fn other_requests_are_refused() {
    let with = |payload: &str, typ: &'static str| {
        let header = Header { alg: "ES256".into(), kid: "client".into(), typ: typ.into() };
        Unsigned::new(&header, payload.as_bytes()).with_signature(&[1; 64])
    };
    let right = String::from_utf8(json::canonical(&request())).unwrap();
    assert!(ReceivedRequest::open(with(&right, TYP_SIGNING_REQUEST).as_bytes()).unwrap().claims().is_ok());
    let other = with(&right, crate::jws::TYP_LICENSE);
    assert_eq!(ReceivedRequest::open(other.as_bytes()).unwrap_err(), JwsError::WrongType);
    for (from, to) in [
        ("\"iat\":7,", ""),
        ("\"format\":1", "\"format\":1,\"formats\":1"),
        ("\"aud\":\"signer\",", "\"aud\": \"signer\","),
        ("\"iat\":7", "\"iat\":-7"),
        ("\"probe\"", "\"everything\""),
        ("BwcHBwcHBwcHBwcHBwcHBw", "BwcHBwcHBwcHBwcHBwcHBwcH"),
        ("BwcHBwcHBwcHBwcHBwcHBw", "short"),
    ] {
        assert!(right.contains(from), "{from}");
        let sent = with(&right.replace(from, to), TYP_SIGNING_REQUEST);
        assert!(ReceivedRequest::open(sent.as_bytes()).unwrap().claims().is_err(), "{from} -> {to}");
    }
}

#[test]
fn sizes_have_bounds() {
    let most = SigningRequest { tbs: b64::encode(&vec![b'x'; MAX_TO_BE_SIGNED_BYTES]), ..request() };
    let sent = most.prepare(&client()).with_signature(&[1; 64]);
    assert!(sent.len() < MAX_SIGNING_REQUEST_BYTES, "{}", sent.len());
    let read = ReceivedRequest::open(sent.as_bytes()).unwrap().claims().unwrap();
    assert_eq!(read.to_be_signed().unwrap().len(), MAX_TO_BE_SIGNED_BYTES);
    let more = SigningRequest { tbs: b64::encode(&vec![b'x'; MAX_TO_BE_SIGNED_BYTES + 2]), ..request() };
    assert!(matches!(more.to_be_signed(), Err(JwsError::TooLarge { .. })));
    let long = vec![b'x'; MAX_SIGNING_REQUEST_BYTES + 1];
    assert!(matches!(ReceivedRequest::open(&long), Err(JwsError::TooLarge { .. })));
}
