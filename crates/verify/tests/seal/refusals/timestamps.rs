//! Timestamps of seals and of seal signatures, and what they decide.

use boyin_model::register::Period;
use boyin_model::seal::SealInfo;
use boyin_model::time::UnixTime;
use boyin_model::trust::Sunset;
use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::prefecture::{now, since as since_then};
use boyin_testkit::seals::{DOCUMENT, SEAL_ID, SealWorld, certificate, context, register, revocation_list};
use boyin_testkit::timestamp::TimestampWorld;
use boyin_testkit::tlv::{bits, content, elements, part, replaced, sequence, tlv};
use boyin_verify::Reader;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::SealCheck::{
    MakerCertificate, MakerSignature, Signature, SignerCertificate, SigningTime, Timestamp,
};
use boyin_verify::seal::{
    Document, GBT38540_2020, GMT0031_2025, SealNote, SealReason, SealVerdict, SealVerifier,
};

use super::{Case, Expected, always, passes, refused};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

pub(super) fn cases(world: &SealWorld) -> Vec<Case> {
    [of_seals(world), of_signatures(world), of_signers(world), of_makers(world), of_ended(world)]
        .into_iter()
        .flatten()
        .collect()
}

/// When the signatures here are made.
fn signed_at() -> UnixTime {
    now().minus(3 * DAY)
}

/// A seal or a seal signature with a token.
fn with_token(document: &[u8], token: &[u8]) -> Vec<u8> {
    let parts = elements(content(document));
    sequence(&[parts[0], parts[1], parts[2], parts[3], &tlv(0xa0, &[&bits(token)])])
}

/// The signature value, which is stamped.
fn value(document: &[u8]) -> &[u8] {
    &content(part(document, &[3]))[1..]
}

fn authority(world: &SealWorld) -> TimestampWorld {
    TimestampWorld::new(world.algorithm)
}

/// The store of the world, which also trusts the timestamp authority.
fn store(world: &SealWorld) -> CertificateStore {
    let mut store = world.store();
    authority(world).add_to(&mut store);
    store
}

fn of_seals(world: &SealWorld) -> Vec<Case> {
    let authority = authority(world);
    let info = SealInfo { number: 5, ..world.info() };
    let seal = world.seal(&info);
    let good = authority.stamped(value(&seal), info.created.plus(60));
    let early = authority.stamped(value(&seal), info.created.minus(302));
    let just = authority.stamped(value(&seal), info.created.minus(301));
    let trailing = [good.as_slice(), &[0]].concat();
    let over_info = authority.stamped(part(&seal, &[0]), info.created.plus(60));
    let (invalid, open) = (SealReason::TimestampInvalid, SealReason::TimestampUnverified);
    let mut cases = Vec::new();
    for (what, token, reason) in [
        ("a stamped seal", &good[..], None),
        ("stamped within the tolerance of clocks", &just, None),
        ("three bytes", &[1, 2, 3], Some(invalid)),
        ("an empty token", &[], Some(invalid)),
        ("a token and a byte", &trailing, Some(invalid)),
        ("a token over what the maker signed", &over_info, Some(invalid)),
        ("stamped before it was made", &early, Some(invalid)),
    ] {
        let document = with_token(&seal, token);
        let expected = |signature| match (reason, signature) {
            (Some(reason), _) => always(refused(reason, Timestamp)),
            (None, _) => always(passes(&[])),
        };
        cases.push(Case::seal(what, document.clone(), store(world), expected(false)));
        let signature = world.signature_by_hand(&document, signed_at());
        cases.push(Case::signature(what, signature, store(world), expected(true)));
    }
    let document = with_token(&seal, &good);
    cases.push(Case::seal(
        "by an unknown authority",
        document,
        world.store(),
        always(refused(open, Timestamp)),
    ));
    cases
}

fn of_signatures(world: &SealWorld) -> Vec<Case> {
    let authority = authority(world);
    let mut cases = Vec::new();
    for number in [4, 5] {
        let seal = world.seal(&SealInfo { number, ..world.info() });
        let plain = world.signature_by_hand(&seal, signed_at());
        let other = world.signature_by_hand(&seal, signed_at().plus(1));
        let stamp = |of: &[u8], at| authority.stamped(value(of), at);
        let soon = signed_at().plus(60);
        let invalid = || always(refused(SealReason::TimestampInvalid, Timestamp));
        let unproven = || passes(&[SealNote::SigningTimeUnproven]);
        let case = |what, token: Vec<u8>, expected| {
            Case::signature(what, with_token(&plain, &token), store(world), expected)
        };
        cases.extend([
            case("stamped at once", stamp(&plain, soon), always(passes(&[]))),
            case("stamped after two days", stamp(&plain, signed_at().plus(2 * DAY)), always(unproven())),
            case("another signature's token", stamp(&other, soon), invalid()),
            case("the token of its seal", stamp(&seal, soon), invalid()),
            case("stamped before it was signed", stamp(&plain, signed_at().minus(302)), invalid()),
            case("stamped in the future", stamp(&plain, now().plus(301)), invalid()),
        ]);
        let stamped = with_token(&plain, &stamp(&plain, soon));
        let open = always(refused(SealReason::TimestampUnverified, Timestamp));
        cases.push(Case::signature("by an unknown authority", stamped.clone(), world.store(), open.clone()));
        // An anchor of signers is none of timestamps.
        let mut ordinary = world.store();
        ordinary.add_anchor(&authority.root.1).unwrap();
        ordinary.add_revocation_list(&authority.revocation_list(&[])).unwrap();
        cases.push(Case::signature("by an authority for others", stamped.clone(), ordinary, open));
        let mut revoked = world.store();
        revoked.add_timestamp_authority(&authority.root.1).unwrap();
        revoked.add_revocation_list(&authority.revocation_list(&[(0x52, now().minus(HOUR))])).unwrap();
        cases.push(Case::signature("by a revoked authority", stamped, revoked, invalid()));
    }
    cases
}

/// The algorithm of the certificates has ended; the signature is stamped under the other one.
fn of_ended(world: &SealWorld) -> Vec<Case> {
    let other = if world.algorithm == Algorithm::Sm2 { Algorithm::Es256 } else { Algorithm::Sm2 };
    let authority = TimestampWorld::new(other);
    let certified_at = now().minus(365 * DAY);
    let seal = world.seal(&world.info());
    let plain = world.signature_by_hand(&seal, signed_at());
    let stamped = with_token(&plain, &authority.stamped(value(&plain), signed_at().plus(60)));
    // The list of what is revoked is made a minute ago.
    let listed = now().minus(60).plus(1);
    let mut cases = Vec::new();
    for (what, sign_until, verify_until, ended) in [
        ("an algorithm that had ended when certificates were signed", certified_at, None, true),
        ("an algorithm that ended since", listed, None, false),
        // Who can forge a certificate can also have stamped before what goes with it.
        ("stamped before the algorithm of the certificates was broken", listed, Some(now()), true),
        ("an algorithm that will be broken", listed, Some(now().plus(1)), false),
    ] {
        let alg = world.signer.0.reference().alg().id().family.to_owned();
        let store = || {
            let mut store = world.store();
            authority.add_to(&mut store);
            store.end_algorithms(&[Sunset { alg: alg.clone(), sign_until, verify_until }]);
            store
        };
        let expected = |checks: &[_]| match ended {
            true => always(Expected::Refused(SealReason::AlgorithmEnded, checks.to_vec())),
            false => always(passes(&[])),
        };
        let of_maker = [MakerSignature, MakerCertificate];
        cases.push(Case::seal(what, seal.clone(), store(), expected(&of_maker)));
        let both = expected(&[Signature, SignerCertificate, MakerSignature, MakerCertificate]);
        cases.push(Case::signature(what, stamped.clone(), store(), both));
    }
    cases
}

/// A signer whose certificate was revoked or ended an hour after signing: the timestamp decides.
fn of_signers(world: &SealWorld) -> Vec<Case> {
    let mut cases = Vec::new();
    let change = signed_at().plus(HOUR);
    let since = passes(&[SealNote::SignerRevokedSince]);
    let late = refused(SealReason::SignerRevoked, SignerCertificate);
    for (after, expected) in [
        // Whoever has the key can write an earlier time.
        (None, refused(SealReason::SignerRevokedUnproven, SignerCertificate)),
        (Some(HOUR / 2), since.clone()),
        // The accuracy of a second counts against it.
        (Some(HOUR - 2), since),
        (Some(HOUR - 1), late.clone()),
        (Some(2 * HOUR), late),
    ] {
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(world.authority.certificate()).unwrap();
        store.add_maker(&world.maker.1).unwrap();
        store.add_revocation_list(&revocation_list(world, &[(2, change)], now().minus(60))).unwrap();
        cases.push(stamped_after(world, "a revoked signer", store, after, expected));
    }
    let mut ended = SealWorld::new(world.algorithm);
    let from = signed_at().minus(DAY);
    ended.signer.1 = certificate(&ended.authority, &ended.signer.0, 2, SEAL_ID, from, change);
    let since = passes(&[SealNote::SignerEndedSince]);
    let late = refused(SealReason::SignedOutsideCertificate, SigningTime);
    for (after, expected) in [
        (None, since.clone()),
        // The accuracy of a second counts against it.
        (Some(HOUR - 1), since),
        (Some(HOUR), late.clone()),
        (Some(2 * HOUR), late),
    ] {
        let store = ended.store();
        cases.push(stamped_after(&ended, "a signer that has ended", store, after, expected));
    }
    cases
}

/// A maker whose certificate was revoked an hour after the signing: a timestamp or the register proves that the seal was
/// there before.
fn of_makers(world: &SealWorld) -> Vec<Case> {
    let change = signed_at().plus(HOUR);
    let store = || {
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(world.authority.certificate()).unwrap();
        store.add_maker(&world.maker.1).unwrap();
        store.add_revocation_list(&revocation_list(world, &[(1, change)], now().minus(60))).unwrap();
        authority(world).add_to(&mut store);
        store
    };
    let since = || passes(&[SealNote::MakerRevokedSince]);
    let unproven = || refused(SealReason::MakerRevokedUnproven, MakerCertificate);
    // A seal alone is used now, after the revocation.
    let alone = |last| {
        let revoked = || refused(SealReason::MakerRevoked, MakerCertificate);
        [revoked(), revoked(), last]
    };
    let mut cases = Vec::new();
    for (after, expected) in [
        (None, unproven()),
        (Some(HOUR / 2), since()),
        (Some(HOUR - 2), since()),
        (Some(HOUR - 1), unproven()),
    ] {
        cases.push(stamped_after(world, "a revoked maker", store(), after, expected));
    }
    let seal = world.seal(&SealInfo { number: 5, ..world.info() });
    for (at, expected) in [(change.minus(2), since()), (change.minus(1), unproven())] {
        let stamped = with_token(&seal, &authority(world).stamped(value(&seal), at));
        let what = format!("a seal of a revoked maker, stamped at {at}");
        let signature = world.signature_by_hand(&stamped, signed_at());
        cases.push(Case::seal(what.clone(), stamped, store(), alone(expected.clone())));
        cases.push(Case::signature(what, signature, store(), always(expected)));
    }
    let in_use = [Period { from: since_then(), until: None }];
    let listed = || register(world.algorithm, &[(&seal, &in_use)]);
    let signature = world.signature_by_hand(&seal, signed_at());
    let what = "a registered seal of a revoked maker";
    cases.push(Case::seal(what, seal.clone(), store(), alone(since())).registered(listed()));
    cases.push(Case::signature(what, signature, store(), always(since())).registered(listed()));
    cases
}

/// What the maker signed says which profile counts: a timestamp that anybody adds to a seal makes the rules no milder.
#[test]
fn a_timestamp_does_not_change_the_profile() {
    for algorithm in boyin_suite::Algorithm::ALL {
        let mut world = SealWorld::new(algorithm);
        // Ended between making and use: under GM/T 0031-2025 that is noted only.
        let until = signed_at().minus(DAY);
        world.maker.1 =
            certificate(&world.authority, &world.maker.0, 1, "制章人", now().minus(365 * DAY), until);
        let late = SealVerdict::Failed(SealReason::MakerNotInTime);
        for (number, profile, verdict) in
            [(4, &GBT38540_2020, late), (5, &GMT0031_2025, SealVerdict::Passed), (7, &GBT38540_2020, late)]
        {
            let info = replaced(&world.info().write().unwrap(), &[0, 1], &[2, 1, number]);
            let seal = world.seal_by_hand(&info);
            let token = authority(&world).stamped(value(&seal), world.info().created.plus(60));
            let seal = with_token(&seal, &token);
            let store = store(&world);
            let verifier = SealVerifier::new(Reader::Field);
            let report = verifier.check_seal(&seal, &context(&store, now()));
            assert_eq!((report.verdict(), report.profile()), (verdict, profile), "{number}");
            let signature = world.signature_by_hand(&seal, signed_at());
            let report =
                verifier.check_signature(&signature, Document::Bytes(DOCUMENT), &context(&store, now()));
            assert_eq!((report.verdict(), report.profile()), (verdict, profile), "{number}");
        }
    }
}

fn stamped_after(
    world: &SealWorld,
    what: &str,
    mut store: CertificateStore,
    after: Option<u64>,
    expected: Expected,
) -> Case {
    let authority = authority(world);
    authority.add_to(&mut store);
    let plain = world.signature_by_hand(&world.seal(&world.info()), signed_at());
    let token = after.map(|after| authority.stamped(value(&plain), signed_at().plus(after)));
    let document = token.map_or(plain.clone(), |token| with_token(&plain, &token));
    Case::signature(format!("{what}, stamped after {after:?}"), document, store, always(expected))
}

/// A prompt timestamp proves the signing time: the notes that say otherwise are gone.
#[test]
fn what_is_proven_is_not_noted_as_unproven() {
    for algorithm in boyin_suite::Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        let plain = world.signature_by_hand(&world.seal(&world.info()), signed_at());
        for (after, unproven) in [(Some(60), false), (Some(DAY - 1), false), (Some(DAY), true), (None, true)]
        {
            let case = stamped_after(&world, "", world.store(), after, passes(&[]));
            assert_eq!(after.is_none(), case.bytes == plain);
            let notes = case.report(super::Profile::all()[1]).notes().to_vec();
            assert_eq!(notes.contains(&SealNote::SigningTimeUnproven), unproven, "{after:?}");
            assert_eq!(notes.contains(&SealNote::NoTimestamp), after.is_none(), "{after:?}");
        }
    }
}
