//! Any bytes as a token, as a response, as a proof, and as changes of a good token.

use std::sync::LazyLock;

use boyin_model::json::Reader;
use boyin_model::timestamp::batch::Proof;
use boyin_model::timestamp::{ReceivedRequest, Response, Token};
use boyin_suite::Algorithm;
use boyin_verify::chain::CertificateStore;
use boyin_verify::timestamp::{
    Stamped, TimestampCheck, TimestampContext, TimestampOutcome, TimestampPolicy, TimestampReport,
    TimestampVerdict, check_token,
};

use crate::prefecture::now;
use crate::timestamp::{INFO, STAMPED, TimestampWorld};
use crate::tlv::part;

struct Known {
    world: TimestampWorld,
    store: CertificateStore,
    token: Vec<u8>,
}

static KNOWN: LazyLock<[Known; 2]> = LazyLock::new(|| {
    Algorithm::ALL.map(|algorithm| {
        let world = TimestampWorld::new(algorithm);
        let (store, token) = (world.store(), world.stamped(STAMPED, now().minus(60)));
        Known { world, store, token }
    })
});

/// Tokens: strict reading is the narrower; what is signed is what came; only what was signed passes.
///
/// # Panics
/// If a promise is broken.
pub fn timestamp(data: &[u8]) {
    read(data);
    if let Ok(request) = ReceivedRequest::read(data) {
        assert!(request.imprint.digest.len() < data.len());
    }
    if let Ok(proof) = Proof::read(data) {
        assert_eq!(proof.write(), data, "one spelling");
    }
    let [kind, rest @ ..] = data else { return };
    let known = &KNOWN[usize::from(kind & 1)];
    if kind & 2 == 0 {
        check(known, data);
        check(known, rest);
        return;
    }
    changed(known, rest, kind & 4 != 0);
}

fn read(data: &[u8]) {
    let (ours, field) = (Token::read(data, Reader::Ours), Token::read(data, Reader::Field));
    if let Ok(ours) = &ours {
        assert!(ours.notes.is_empty());
        assert_eq!(
            field.as_ref(),
            Ok(ours),
            "what strict reading takes, tolerant reading takes without notes"
        );
    }
    let Ok(token) = field else { return };
    assert_eq!(token.bytes, data);
    let signed = &token.signer.attributes.signed;
    assert_eq!(signed[0], 0x31);
    assert!(data.windows(signed.len() - 1).any(|window| window == &signed[1..]), "the bytes as they came");
    if let Ok(response) = Response::read(data, Reader::Field) {
        panic!("a token is no response: {response:?}");
    }
}

fn judge(known: &Known, token: &[u8], reader: Reader) -> TimestampReport {
    let policy = TimestampPolicy::default();
    let context = TimestampContext {
        now: now(),
        certificates: &known.store,
        policy: &policy,
        nonce: None,
        claimed: None,
    };
    check_token(token, reader, Stamped::Bytes(STAMPED), &context)
}

/// Nobody but the authority can make a token that passes, and the strict reader passes no more than the tolerant one.
fn check(known: &Known, token: &[u8]) {
    let report = judge(known, token, Reader::Field);
    let passed = report.verdict() == TimestampVerdict::Passed;
    assert_eq!(report.existed_at().is_some(), passed);
    if passed {
        assert_eq!(signed_parts(token), signed_parts(&known.token), "another token passes");
    }
    assert!(passed || judge(known, token, Reader::Ours).verdict() != TimestampVerdict::Passed);
    assert_eq!(judge(known, token, Reader::Field).to_json(), report.to_json());
}

fn signed_parts(token: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let read = Token::read(token, Reader::Field).expect("it passed");
    (read.content.to_vec(), read.signer.attributes.signed)
}

/// A good token with some bytes changed; if `signed`, TSTInfo is changed and signed again.
fn changed(known: &Known, changes: &[u8], signed: bool) {
    let mut target = if signed { part(&known.token, &INFO).to_vec() } else { known.token.clone() };
    for change in changes.chunks_exact(3).take(8) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % target.len();
        target[place] ^= change[2];
    }
    if !signed {
        check(known, &target);
        return;
    }
    // What is not an element any more cannot be put in place.
    let length = target.len();
    if target[..3] != part(&known.token, &INFO)[..3] {
        return;
    }
    let token = known.world.resigned_info(&known.token, &target);
    let report = judge(known, &token, Reader::Field);
    if report.outcome(TimestampCheck::Format) == TimestampOutcome::Passed {
        assert_eq!(report.outcome(TimestampCheck::Signature), TimestampOutcome::Passed);
        assert_eq!(report.outcome(TimestampCheck::Attributes), TimestampOutcome::Passed);
        let read = Token::read(&token, Reader::Field).expect("its format passed");
        assert_eq!(read.content.len(), length);
        if report.verdict() == TimestampVerdict::Passed {
            let good = Token::read(&known.token, Reader::Ours).expect("it is ours");
            assert!(read.info.imprint == good.info.imprint && read.info.time.at <= now().plus(300));
        }
    }
}
