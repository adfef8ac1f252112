use boyin_model::purpose::ToBeSigned;
use boyin_model::signing_request::{MAX_TO_BE_SIGNED_BYTES, ReceivedRequest};
use boyin_model::trust::Jwk;

/// Requests to a remote signer, and the bytes that they ask to be signed: what is read has one spelling.
///
/// # Panics
/// If a promise is broken.
pub fn signing_request(data: &[u8]) {
    if let Some(read) = ToBeSigned::read(data) {
        assert_eq!(ToBeSigned::read(data), Some(read), "the same bytes are the same document");
    }
    let Ok(received) = ReceivedRequest::open(data) else { return };
    let Ok(request) = received.claims() else { return };
    let (alg, kid) = (received.alg().to_owned(), received.kid().to_owned());
    let empty = String::new;
    let client = Jwk { alg, crv: empty(), kid, kty: empty(), x: empty(), y: empty() };
    let again = request.prepare(&client);
    assert_eq!(again.to_be_signed(), received.signing_input(), "accepted bytes are the only spelling");
    assert_eq!(again.with_signature(received.signature()).as_bytes(), data);
    if let Ok(message) = request.to_be_signed() {
        assert!(message.len() <= MAX_TO_BE_SIGNED_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use boyin_model::b64;
    use boyin_model::purpose::{KeyPurpose, PROBE};
    use boyin_model::signing_request::SigningRequest;
    use boyin_model::time::UnixTime;
    use boyin_suite::Algorithm;

    #[test]
    fn the_oracle_accepts_what_is_right() {
        let client = crate::key::FixedKey::signing(Algorithm::Es256, 7);
        let request = SigningRequest {
            aud: "signer".to_owned(),
            format: 1,
            iat: UnixTime::new(7).unwrap(),
            jti: b64::encode(&[7; 16]),
            kid: "key".to_owned(),
            purpose: KeyPurpose::Probe,
            tbs: b64::encode(PROBE),
        };
        super::signing_request(&client.sign_jws(&request.prepare(client.reference().jwk())).unwrap());
        super::signing_request(PROBE);
    }
}
