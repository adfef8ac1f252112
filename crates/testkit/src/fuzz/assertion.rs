use boyin_model::assertion::{MAX_ASSERTION_BYTES, MAX_ASSERTION_CLAIM, ReceivedAssertion, TYPS_ASSERTION};
use boyin_model::json::Reader;
use boyin_model::jws::{Compact, Header};

/// Assertions of clients: what is read is what `serde_json` reads, within its bounds.
///
/// # Panics
/// If a promise is broken.
pub fn assertion(data: &[u8]) {
    let Ok(received) = ReceivedAssertion::open(data) else { return };
    assert!(data.len() <= MAX_ASSERTION_BYTES);
    let compact = Compact::open(data, MAX_ASSERTION_BYTES).expect("it was opened");
    let (header, _) = Header::read(&compact.header, Reader::Field).expect("it was read");
    assert!(TYPS_ASSERTION.contains(&header.typ.as_ref()));
    assert_eq!((received.alg(), received.kid()), (header.alg.as_ref(), header.kid.as_ref()));
    assert_eq!(
        (received.signing_input(), received.signature()),
        (compact.signing_input, &compact.signature[..])
    );
    let Ok(claims) = received.claims() else { return };
    let read: serde_json::Value = serde_json::from_slice(&compact.payload).expect("it is JSON");
    let aud = if read["aud"].is_array() { &read["aud"][0] } else { &read["aud"] };
    for (found, expected) in [
        (&claims.aud, aud),
        (&claims.iss, &read["iss"]),
        (&claims.sub, &read["sub"]),
        (&claims.jti, &read["jti"]),
    ] {
        assert_eq!(Some(found.as_str()), expected.as_str());
        assert!((1..=MAX_ASSERTION_CLAIM).contains(&found.len()));
    }
    assert_eq!(read["exp"], claims.exp.seconds());
    assert_eq!(read["iat"], claims.iat.seconds());
    assert_eq!(read["nbf"].as_u64(), claims.nbf.map(|nbf| nbf.seconds()));
}

/// Seeds: an assertion as libraries write them, and one with what may be there beside.
#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    use boyin_model::b64;
    let made = |header: &str, claims: &str| {
        let parts = [b64::encode(header.as_bytes()), b64::encode(claims.as_bytes()), b64::encode(&[1; 64])];
        parts.join(".").into_bytes()
    };
    let header = r#"{"typ":"JWT","alg":"ES256","kid":"k"}"#;
    vec![
        (
            "plain".to_owned(),
            made(header, r#"{"iss":"c","sub":"c","aud":"https://a/v1/token","exp":400,"iat":100,"jti":"1"}"#),
        ),
        (
            "more".to_owned(),
            made(
                &header.replace("JWT", "client-authentication+jwt"),
                "{ \"iss\": \"c\", \"sub\": \"c\", \"aud\": [\"https://a/v1/token\"],\n \"exp\": 400, \"iat\": 100, \
                 \"nbf\": 100, \"jti\": \"\\u4e00\", \"more\": [1] }",
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_oracle_accepts_what_is_right() {
        for (name, bytes) in super::seeds() {
            let read = boyin_model::assertion::ReceivedAssertion::open(&bytes).unwrap();
            read.claims().unwrap_or_else(|error| panic!("{name}: {error}"));
            super::assertion(&bytes);
        }
    }
}
