use super::*;
use crate::b64;

const RIGHT: &str = r#"{"iss":"c","sub":"c","aud":"https://a/v1/token","exp":400,"iat":100,"jti":"1"}"#;
const HEADER: &str = r#"{"typ":"JWT","alg":"ES256","kid":"k"}"#;

fn sent(header: &str, payload: &str) -> Vec<u8> {
    [b64::encode(header.as_bytes()), b64::encode(payload.as_bytes()), b64::encode(&[1; 64])]
        .join(".")
        .into_bytes()
}

#[test]
fn what_other_libraries_write_is_read() {
    let right = sent(HEADER, RIGHT);
    let received = ReceivedAssertion::open(&right).unwrap();
    assert_eq!((received.alg(), received.kid(), received.signature()), ("ES256", "k", &[1; 64][..]));
    let claims = received.claims().unwrap();
    assert_eq!((claims.iss.as_str(), claims.sub.as_str(), claims.jti.as_str()), ("c", "c", "1"));
    assert_eq!((claims.iat.seconds(), claims.exp.seconds(), claims.nbf), (100, 400, None));
    let spaced = RIGHT.replace(',', " ,\n ").replace(r#""jti""#, r#""nbf":100,"more":[1],"jti""#);
    let listed = spaced.replace(r#""https://a/v1/token""#, r#"["https://a/v1/token"]"#);
    for payload in [spaced, listed] {
        let bytes = sent(&HEADER.replace("JWT", "client-authentication+jwt"), &payload);
        let again = ReceivedAssertion::open(&bytes).unwrap().claims().unwrap();
        assert_eq!(again, AssertionClaims { nbf: UnixTime::new(100), ..claims.clone() });
    }
}

#[test]
fn other_headers_are_refused() {
    for (from, to) in [
        ("JWT", "at+jwt"),
        (r#","kid":"k""#, ""),
        (r#""alg":"ES256","#, ""),
        (r#""kid":"k""#, r#""kid":"k","jwk":{"kty":"EC"}"#),
        (r#""kid":"k""#, r#""kid":"k","crit":["exp"]"#),
        (r#""kid":"k""#, r#""kid":"k","kid":"l""#),
    ] {
        assert!(HEADER.contains(from), "{from}");
        assert!(ReceivedAssertion::open(&sent(&HEADER.replace(from, to), RIGHT)).is_err(), "{from} -> {to}");
    }
}

#[test]
fn other_claims_are_refused() {
    let long = "x".repeat(MAX_ASSERTION_CLAIM + 1);
    for (from, to) in [
        (r#""iss":"c","#, ""),
        (r#""sub":"c","#, ""),
        (r#""exp":400,"#, ""),
        (r#""iat":100,"#, ""),
        (r#","jti":"1""#, ""),
        (r#""aud":"https://a/v1/token","#, ""),
        (r#""jti":"1""#, r#""jti":"""#),
        (r#""jti":"1""#, r#""jti":1"#),
        (r#""jti":"1""#, r#""jti":"a\nb""#),
        (r#""jti":"1""#, r#""jti":"1","jti":"2""#),
        (r#""jti":"1""#, &format!(r#""jti":"{long}""#)),
        (r#""exp":400"#, r#""exp":400.5"#),
        (r#""exp":400"#, r#""exp":-400"#),
        (r#""exp":400"#, r#""exp":"400""#),
        (r#""exp":400"#, r#""exp":999999999999999"#),
        (r#""exp":400"#, r#""exp":400,"nbf":null"#),
        (r#""https://a/v1/token""#, r#"["https://a/v1/token","https://b"]"#),
        (r#""https://a/v1/token""#, "[]"),
        (RIGHT, "[]"),
    ] {
        assert!(RIGHT.contains(from), "{from}");
        let bytes = sent(HEADER, &RIGHT.replace(from, to));
        let received = ReceivedAssertion::open(&bytes).unwrap();
        assert!(received.claims().is_err(), "{from} -> {to}");
    }
}

#[test]
fn sizes_have_bounds() {
    let large = RIGHT.replace(r#""jti""#, &format!(r#""more":"{}","jti""#, "x".repeat(MAX_ASSERTION_BYTES)));
    let refused = ReceivedAssertion::open(&sent(HEADER, &large)).unwrap_err();
    assert_eq!(refused, JwsError::TooLarge { limit: MAX_ASSERTION_BYTES });
}
