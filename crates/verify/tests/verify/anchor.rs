//! From the anchor that somebody holds to the one that signs today: each link is checked, and each check has its case.

use boyin_issue::{SigningKey, anchor_handover};
use boyin_model::anchor::{ANCHOR_HANDOVER_FORMAT, AnchorHandover, MAX_HANDOVER_BYTES, MAX_HANDOVERS};
use boyin_model::id::DivisionCode;
use boyin_model::jws::JwsError;
use boyin_model::trust::Jwk;
use boyin_suite::{Algorithm, all_jws};
use boyin_testkit::key::FixedKey;
use boyin_testkit::mutate::Parts;
use boyin_testkit::prefecture::{Prefecture, now};
use boyin_verify::{AnchorChain, AnchorError, TrustError};

/// Anchors in their order, of both suites.
fn anchor(number: u64) -> SigningKey {
    let algorithm = if number.is_multiple_of(2) { Algorithm::Es256 } else { Algorithm::Sm2 };
    FixedKey::signing(algorithm, 700 + number)
}

fn jwk(number: u64) -> Jwk {
    anchor(number).reference().jwk().clone()
}

/// From anchor `number` to the next, at list `10 × (number + 1)`.
fn claims(number: u64) -> AnchorHandover {
    AnchorHandover {
        authority: "样本州政务服务局".to_owned(),
        division: DivisionCode::parse("652700").unwrap(),
        format: ANCHOR_HANDOVER_FORMAT,
        from_sequence: 10 * (number + 1),
        issued_at: now().plus(number),
        successor: jwk(number + 1),
    }
}

fn signed(number: u64, claims: &AnchorHandover) -> Vec<u8> {
    let key = anchor(number);
    let mut line = key.sign_jws(&anchor_handover(claims, key.reference())).unwrap();
    line.push(b'\n');
    line
}

fn link(number: u64) -> Vec<u8> {
    signed(number, &claims(number))
}

/// The hand-over of anchor 1 is changed, and signed again.
fn with(edit: impl FnOnce(&mut AnchorHandover)) -> Vec<u8> {
    let mut second = claims(1);
    edit(&mut second);
    [link(0), signed(1, &second)].concat()
}

fn follow(lines: &[u8]) -> Result<AnchorChain, AnchorError> {
    AnchorChain::follow(&jwk(0), lines, &all_jws(), now().plus(100))
}

fn refused(lines: &[u8]) -> AnchorError {
    follow(lines).unwrap_err()
}

#[test]
fn a_chain_leads_to_the_latest_and_each_signs_its_own_lists() {
    let lines = [link(0), link(1), link(2)].concat();
    let chain = follow(&lines).unwrap();
    assert_eq!(chain.latest(), &jwk(3));
    assert!(chain.iter().eq(&[jwk(0), jwk(1), jwk(2), jwk(3)]));
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let list = |signer: u64, sequence: u64| {
        let mut list = prefecture.trust_list();
        list.sequence = sequence;
        let prefecture = Prefecture { anchor: anchor(signer), ..prefecture.clone() };
        prefecture.trust_token(&list)
    };
    let load =
        |chain: &AnchorChain, token: &[u8]| chain.load(token, &all_jws()).map(|list| list.list().sequence);
    for (signer, first, last) in [(0, 1, 9), (1, 10, 19), (2, 20, 29), (3, 30, 1000)] {
        for sequence in [first, last] {
            assert_eq!(load(&chain, &list(signer, sequence)), Ok(sequence));
        }
        assert_eq!(chain.signer_of(&list(signer, first)), Some(&jwk(signer)));
        // Before its first and after its last.
        for sequence in [first - 1, last + 1] {
            let found = load(&chain, &list(signer, sequence));
            let unbounded = signer == 0 && sequence == 0 || signer == 3 && sequence > last;
            assert_eq!(found.is_err(), !unbounded, "{signer} {sequence}");
        }
    }
    assert_eq!(load(&chain, &list(4, 40)), Err(TrustError::NotByAnchor));
    assert_eq!(chain.signer_of(&list(4, 40)), None);
    assert_eq!(load(&AnchorChain::of(&jwk(0)), &list(1, 10)), Err(TrustError::NotByAnchor));
    // A list for another division than the hand-overs.
    let mut other = prefecture.trust_list();
    (other.sequence, other.division) = (10, DivisionCode::parse("652701").unwrap());
    let other = Prefecture { anchor: anchor(1), ..prefecture.clone() }.trust_token(&other);
    assert_eq!(load(&chain, &other), Err(TrustError::NotByAnchor));
    // Whoever holds a later one passes over the first, and knows the first's lists no more.
    let later = AnchorChain::follow(&jwk(2), &lines, &all_jws(), now().plus(100)).unwrap();
    assert_eq!(later.latest(), &jwk(3));
    assert_eq!(load(&later, &list(3, 30)), Ok(30));
    assert_eq!(load(&later, &list(0, 1)), Err(TrustError::NotByAnchor));
    assert_eq!(follow(b"\n").unwrap(), AnchorChain::of(&jwk(0)));
}

#[test]
fn each_link_follows_the_one_before() {
    assert!(follow(&with(|_| {})).is_ok());
    assert_eq!(refused(&with(|second| second.from_sequence = 10)), AnchorError::Order(1));
    assert!(follow(&with(|second| second.from_sequence = 11)).is_ok());
    let elsewhere = DivisionCode::parse("652701").unwrap();
    assert_eq!(refused(&with(|second| second.division = elsewhere)), AnchorError::Order(1));
    assert_eq!(refused(&with(|second| second.issued_at = now().minus(1))), AnchorError::Time(1));
    assert!(follow(&with(|second| second.issued_at = now())).is_ok());
    // The clock of the one who follows, and what clocks may differ by.
    let dated = |seconds: u64| with(|second| second.issued_at = now().plus(100 + 300 + seconds));
    assert!(follow(&dated(0)).is_ok());
    assert_eq!(refused(&dated(1)), AnchorError::Future(1));
    // A link is left out; one of somebody else stands between.
    assert_eq!(refused(&[link(0), link(2)].concat()), AnchorError::Order(1));
    assert_eq!(refused(&[link(0), link(7), link(1)].concat()), AnchorError::Order(1));
}

#[test]
fn an_anchor_has_one_successor_and_never_comes_back() {
    let mut other = claims(0);
    other.successor = jwk(9);
    assert_eq!(refused(&[link(0), signed(0, &other)].concat()), AnchorError::Fork(1));
    assert_eq!(refused(&[link(0), link(0)].concat()), AnchorError::Fork(1));
    assert_eq!(refused(&with(|second| second.successor = jwk(0))), AnchorError::Fork(1));
    assert_eq!(refused(&with(|second| second.successor = jwk(1))), AnchorError::Fork(1));
}

#[test]
fn what_is_not_signed_or_no_hand_over_is_refused() {
    // Signed by another than the header names.
    let key = anchor(2);
    let forged = anchor_handover(&claims(0), anchor(0).reference());
    let forged = key.sign_jws(&forged);
    assert!(forged.is_err() || follow(&forged.unwrap()).is_err());
    let edited = |edit: &dyn Fn(&mut Parts)| {
        let mut line = link(0);
        line.pop();
        line.push(b'~');
        let mut parts = Parts::open(&line);
        edit(&mut parts);
        let mut line = parts.signed(&anchor(0));
        line.pop();
        line
    };
    assert!(follow(&edited(&|_| {})).is_ok());
    let format = |source| AnchorError::Format { handover: 0, source };
    let of_header = |name: &str, value: &str| refused(&edited(&|parts| parts.set_header(name, value)));
    let of_claims =
        |name: &str, value: serde_json::Value| refused(&edited(&|parts| parts.set(name, value.clone())));
    assert_eq!(of_header("typ", "trust-list+jwt"), format(JwsError::WrongType));
    assert_eq!(of_header("alg", "SM2-SM3"), AnchorError::Signature(0));
    assert_eq!(of_claims("format", 2.into()), format(JwsError::Claim("format")));
    assert_eq!(of_claims("more", 1.into()), format(JwsError::Claim("successor")));
    let wrong = Jwk { kid: jwk(2).kid, ..jwk(1) };
    assert_eq!(of_claims("successor", serde_json::to_value(wrong).unwrap()), AnchorError::Key(0));
    let mut line = link(0);
    let place = line.len() - 10;
    line[place] = if line[place] == b'A' { b'B' } else { b'A' };
    assert_eq!(refused(&line), AnchorError::Signature(0));
}

#[test]
fn lines_and_their_number_are_bounded() {
    let most: Vec<u8> = (0..64).flat_map(link).collect();
    assert_eq!(MAX_HANDOVERS, 64);
    assert_eq!(follow(&most).unwrap().latest(), &jwk(64));
    assert_eq!(refused(&[most, link(64)].concat()), AnchorError::TooLarge);
    assert_eq!(refused(&vec![b'A'; MAX_HANDOVER_BYTES + 1]), AnchorError::TooLarge);
    let longest = refused(&vec![b'A'; MAX_HANDOVER_BYTES]);
    assert_eq!(longest, AnchorError::Format { handover: 0, source: JwsError::Parts });
}
