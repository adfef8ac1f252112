use boyin_issue::timestamp::{TimestampingError, attach_timestamp, prepare_timestamp, signature_digest};
use boyin_model::json::Reader;
use boyin_model::seal::SealSignature;
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{DOCUMENT, SealWorld, context};
use boyin_testkit::timestamp::{INFO, Stamp, TimestampWorld, granted};
use boyin_testkit::tlv::{content, part, sequence, tlv};
use boyin_verify::seal::{Document, SealNote, SealVerdict, SealVerifier};

const NONCE: [u8; 16] = [0xff; 16];

#[test]
fn a_seal_signature_is_stamped_and_verifies() {
    for algorithm in Algorithm::ALL {
        let (seals, authority) = (SealWorld::new(algorithm), TimestampWorld::new(algorithm));
        let alg = algorithm.verifier();
        for number in [4, 5] {
            let info = boyin_model::seal::SealInfo { number, ..seals.info() };
            let plain = seals.signature(&seals.seal(&info), now().minus(60));
            let digest = signature_digest(alg, &plain).unwrap();
            let prepared = prepare_timestamp(alg, digest, Some("1.2.156.10197.9.7"), NONCE).unwrap();
            let token = prepared.complete(&authority.answer(prepared.request(), now())).unwrap();
            let stamped = attach_timestamp(alg, &plain, &token).unwrap();
            let read = SealSignature::read(&stamped, Reader::Ours).unwrap();
            assert_eq!(read.timestamp, Some(&token[..]));
            // What was signed is where it was.
            assert_eq!(read.signed, SealSignature::read(&plain, Reader::Ours).unwrap().signed);

            let mut store = seals.store();
            authority.add_to(&mut store);
            let verifier = SealVerifier::new(Reader::Ours);
            let report =
                verifier.check_signature(&stamped, Document::Bytes(DOCUMENT), &context(&store, now()));
            assert_eq!(report.verdict(), SealVerdict::Passed);
            assert!(!report.notes().contains(&SealNote::SigningTimeUnproven));

            assert_eq!(attach_timestamp(alg, &stamped, &token), Err(TimestampingError::NoPlace));
            let other = seals.signature(&seals.seal(&info), now().minus(61));
            assert_eq!(attach_timestamp(alg, &other, &token), Err(TimestampingError::OtherImprint));
            assert!(matches!(attach_timestamp(alg, b"x", &token), Err(TimestampingError::Signature(_))));
            assert!(matches!(attach_timestamp(alg, &plain, b"x"), Err(TimestampingError::Answer(_))));
        }
    }
}

#[test]
fn answers_to_other_requests_are_refused() {
    let authority = TimestampWorld::new(Algorithm::Sm2);
    let alg = Algorithm::Sm2.verifier();
    let prepared = |digest, policy, nonce| prepare_timestamp(alg, digest, policy, nonce).unwrap();
    let policy = Some("1.2.156.10197.9.7");
    let asked = prepared([1; 32], policy, NONCE);
    let answer = authority.answer(asked.request(), now());
    assert!(asked.complete(&answer).is_ok());
    let refused = |other: &boyin_issue::timestamp::PreparedTimestamp| other.complete(&answer).unwrap_err();
    assert_eq!(refused(&prepared([2; 32], policy, NONCE)), TimestampingError::OtherImprint);
    assert_eq!(refused(&prepared([1; 32], policy, [0; 16])), TimestampingError::OtherNonce);
    assert_eq!(refused(&prepared([1; 32], Some("1.2.3"), NONCE)), TimestampingError::OtherPolicy);

    let token = part(&answer, &[1]).to_vec();
    let info: Vec<_> = boyin_testkit::tlv::elements(content(part(&token, &INFO)));
    let info = info.into_iter().map(<[u8]>::to_vec).collect();
    let bare = Stamp { info, certificates: Vec::new(), ..authority.stamp(&[], now()) };
    let bare = granted(&authority.token(&bare));
    assert_eq!(asked.complete(&bare), Err(TimestampingError::NoCertificate));

    let text = sequence(&[&tlv(0x0c, &[b"no clock"])]);
    let refusal = sequence(&[&sequence(&[&[2, 1, 2], &text, &tlv(3, &[&[1, 0, 2]])])]);
    let expected = TimestampingError::Refused { status: 2, failure: Some(14), text: "no clock".to_owned() };
    assert_eq!(asked.complete(&refusal), Err(expected));
    assert!(matches!(asked.complete(b"<html>"), Err(TimestampingError::Answer(_))));
    assert_eq!(
        prepare_timestamp(alg, [0; 32], Some("policy"), NONCE).unwrap_err(),
        TimestampingError::Policy
    );
}

/// A nonce is a positive integer in its shortest form, whatever its first bytes are.
#[test]
fn nonces_of_every_beginning_come_back() {
    let authority = TimestampWorld::new(Algorithm::Es256);
    let alg = Algorithm::Es256.verifier();
    for first in [[0, 0], [0, 0x80], [0x7f, 0], [0x80, 0]] {
        let mut nonce = [9; 16];
        nonce[..2].copy_from_slice(&first);
        let asked = prepare_timestamp(alg, [1; 32], None, nonce).unwrap();
        assert!(asked.complete(&authority.answer(asked.request(), now())).is_ok(), "{first:?}");
    }
    let asked = prepare_timestamp(alg, [1; 32], None, [0; 16]).unwrap();
    assert!(asked.complete(&authority.answer(asked.request(), now())).is_ok());
}
