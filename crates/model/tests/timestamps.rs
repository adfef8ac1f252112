//! Timestamp tokens, responses and requests: what is read and written.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use boyin_model::json::Reader;
use boyin_model::timestamp::{
    Accuracy, Fault, GenTime, ReceivedRequest, Request, RequestError, Response, Syntax, TST_INFO, Token,
};
use boyin_testkit::prefecture::now;
use boyin_testkit::timestamp::{Algorithm, STAMPED, TimestampWorld, granted};
use boyin_testkit::tlv::{bits, content, part, sequence, tlv};

fn token(algorithm: Algorithm) -> Vec<u8> {
    TimestampWorld::new(algorithm).stamped(STAMPED, now())
}

#[test]
fn a_token_is_read_as_it_was_built() {
    for algorithm in Algorithm::ALL {
        let bytes = token(algorithm);
        let read = Token::read(&bytes, Reader::Ours).unwrap();
        assert_eq!(
            (read.bytes, read.syntax, read.info.time),
            (&bytes[..], Syntax::Cms, GenTime { at: now(), nanos: 0 })
        );
        assert_eq!((read.info.serial, read.info.nonce), (&[7][..], Some(&[9][..])));
        assert_eq!(read.info.accuracy, Some(Accuracy { seconds: 1, micros: 0 }));
        assert_eq!(read.info.policy.to_string(), "1.2.156.10197.9.1");
        let name = if algorithm == Algorithm::Sm2 { "sm3" } else { "sha-256" };
        assert_eq!(read.info.imprint.algorithm.digest(), Some(name));
        assert_eq!(read.signer.attributes.certificate.unwrap().algorithm.digest(), Some(name));
        assert_eq!(read.signer.attributes.content_type, Some(TST_INFO));
        // What is signed is the received bytes but for the tag.
        let attributes = part(&bytes, &[1, 0, 4, 0, 3]);
        assert_eq!(
            (read.signer.attributes.signed[0], &read.signer.attributes.signed[1..]),
            (0x31, &attributes[1..])
        );
        assert_eq!(read.content, content(part(&bytes, &[1, 0, 2, 1, 0])));
        assert!(read.notes.is_empty());
    }
}

#[test]
fn every_beginning_of_a_token_is_refused() {
    let bytes = token(Algorithm::Sm2);
    for end in 0..bytes.len() {
        assert!(Token::read(&bytes[..end], Reader::Field).is_err(), "{end}");
    }
}

#[test]
fn responses_hold_a_token_or_a_refusal() {
    let token = token(Algorithm::Es256);
    let bytes = granted(&token);
    let granted = Response::read(&bytes, Reader::Ours).unwrap().granted().unwrap();
    assert_eq!((granted.token.bytes, granted.changed), (&token[..], false));
    let changed = sequence(&[&sequence(&[&[2, 1, 1]]), &token]);
    assert!(Response::read(&changed, Reader::Ours).unwrap().granted().unwrap().changed);

    // Bit 25, systemFailure.
    let text = sequence(&[&tlv(0x0c, &["时钟故障".as_bytes()])]);
    let failure = tlv(3, &[&[6, 0, 0, 0, 0x40]]);
    let refusal = sequence(&[&sequence(&[&[2, 1, 2], &text, &failure])]);
    let read = Response::read(&refusal, Reader::Ours).unwrap();
    assert_eq!((read.status, read.text.as_slice(), read.failure), (2, &["时钟故障"][..], Some(25)));
    assert!(read.granted().is_none());

    // A refusal with a token, and a grant without one, are neither.
    for odd in [sequence(&[&sequence(&[&[2, 1, 2]]), &token]), sequence(&[&sequence(&[&[2, 1, 0]])])] {
        assert_eq!(Response::read(&odd, Reader::Field).unwrap_err().fault, Fault::Count);
    }
}

/// Bytes by hand from RFC 3161 §2.4.1.
#[test]
fn a_request_has_these_bytes() {
    let request = Request {
        algorithm: "sm3",
        digest: [0xab; 32],
        policy: None,
        nonce: Some(&[0x80, 1]),
        with_certificate: true,
    };
    let id = sequence(&[&tlv(6, &[&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11]]), &[5, 0]]);
    let imprint = sequence(&[&id, &tlv(4, &[&[0xab; 32]])]);
    let bytes = sequence(&[&[2, 1, 1], &imprint, &[2, 3, 0, 0x80, 1], &[1, 1, 0xff]]);
    assert_eq!(request.write().unwrap(), bytes);
    let read = ReceivedRequest::read(&bytes).unwrap();
    assert_eq!(
        (read.imprint.digest, read.nonce, read.policy),
        (&[0xab; 32][..], Some(&[0, 0x80, 1][..]), None)
    );
    assert!(read.with_certificate);
    let short = Request { nonce: None, with_certificate: false, ..request };
    assert_eq!(short.write().unwrap(), sequence(&[&[2, 1, 1], &imprint]));
    assert_eq!(Request { algorithm: "sha-1", ..request }.write(), Err(RequestError::Algorithm));
    assert!(ReceivedRequest::read(&bits(&[])).is_err());
}
