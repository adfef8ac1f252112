use boyin_exempt::{Channel, Receipt, ReceiptError, Request, Role, decide, receipt};
use boyin_model::jws::{Header, JwsError, TYP_DECISION, Unsigned};
use boyin_suite::Algorithm;
use boyin_testkit::key::FixedKey;

use crate::world::{KEY, Status, World, catalog, request, situation};

fn question(world: &World) -> Request {
    let card = world.license("identity-card", Role::Applicant, |_| {});
    let mut request = request("first", &[(Role::Applicant, vec![world.entry(&card, Status::Valid)])]);
    request.situation = situation(&[("married", "no")]);
    request
}

#[test]
fn a_receipt_is_verified_and_come_to_again() {
    let world = World::new();
    let (catalog, mut request) = (catalog(&world), question(&world));
    for algorithm in Algorithm::ALL {
        let key = FixedKey::signing(algorithm, 3);
        let kid = key.reference().jwk().kid.clone();
        let decision = decide(&catalog, &request, &KEY).unwrap();
        let payload = receipt(&decision, request.channel);
        let token = key.sign_jws(&boyin_issue::decision(&payload, key.reference())).unwrap();
        let opened = Receipt::open(&token, key.verify_key(), &kid).unwrap();
        assert_eq!((opened.channel(), opened.payload()), (Channel::Window, payload.as_slice()));
        assert!(
            String::from_utf8(payload).unwrap().contains(&String::from_utf8(decision.to_json()).unwrap())
        );
        assert_eq!(opened.holds(&catalog, &request, &KEY), Ok(true));
        request.parties.get_mut(&Role::Applicant).unwrap().file.clear();
        assert_eq!(opened.holds(&catalog, &request, &KEY), Ok(false), "another file");
        request = question(&world);
        request.channel = Channel::Mobile;
        assert_eq!(opened.holds(&catalog, &request, &KEY), Ok(false), "another channel");
        request.situation.clear();
        assert!(opened.holds(&catalog, &request, &KEY).is_err());
        request = question(&world);
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1;
            assert!(Receipt::open(&changed, key.verify_key(), &kid).is_err(), "byte {at}");
        }
    }
}

#[test]
fn what_is_no_receipt_is_refused() {
    let world = World::new();
    let (key, other) = (FixedKey::signing(Algorithm::Es256, 3), FixedKey::signing(Algorithm::Es256, 4));
    let kid = key.reference().jwk().kid.clone();
    let decision = decide(&catalog(&world), &question(&world), &KEY).unwrap();
    let payload = receipt(&decision, Channel::Window);
    let header =
        |typ: &'static str| Header { alg: "ES256".into(), kid: kid.as_str().into(), typ: typ.into() };
    let signed = |typ, payload: &[u8]| key.sign_jws(&Unsigned::new(&header(typ), payload)).unwrap();
    let open = |token: &[u8]| Receipt::open(token, key.verify_key(), &kid);
    assert!(open(&signed(TYP_DECISION, &payload)).is_ok());
    assert_eq!(open(&signed("dc+sd-jwt", &payload)), Err(ReceiptError::Format(JwsError::WrongType)));
    let token = signed(TYP_DECISION, &payload);
    assert_eq!(Receipt::open(&token, other.verify_key(), &kid), Err(ReceiptError::Signature));
    let others = &other.reference().jwk().kid;
    assert_eq!(Receipt::open(&token, key.verify_key(), others), Err(ReceiptError::Key));
    let text = String::from_utf8(payload).unwrap();
    for (from, to, claim) in [
        ("\"channel\":\"window\"", "\"channel\":\"fax\"", "channel"),
        ("\"channel\":\"window\",", "", "decision"),
        ("},\"format\":1}", "},\"format\":2}", "format"),
    ] {
        assert!(text.contains(from));
        let at = text.rfind(from).unwrap();
        let changed = [&text[..at], to, &text[at + from.len()..]].concat();
        assert_eq!(
            open(&signed(TYP_DECISION, changed.as_bytes())),
            Err(ReceiptError::Format(JwsError::Claim(claim))),
            "{to}"
        );
    }
    let no_decision = br#"{"channel":"window","decision":1,"format":1}"#;
    let refused = open(&signed(TYP_DECISION, no_decision));
    assert_eq!(refused, Err(ReceiptError::Format(JwsError::Claim("decision"))));
    assert!(matches!(open(&signed(TYP_DECISION, b"{ }")), Err(ReceiptError::Format(JwsError::Payload(_)))));
}
