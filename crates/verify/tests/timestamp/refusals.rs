//! For every reason a token that gets it, and that every other check would let pass.

use boyin_model::timestamp::Token;
use boyin_model::trust::Sunset;
use boyin_suite::Algorithm;
use boyin_testkit::key::{FixedKey, signature_over_sha384};
use boyin_testkit::prefecture::now;
use boyin_testkit::reasons::{Row, compare, table};
use boyin_testkit::seals::{SIGNS, basic_constraints, key_usage, name};
use boyin_testkit::timestamp::{
    ATTRIBUTES, INFO, STAMPED, Stamp, TIMESTAMPING, TimestampWorld, attribute, extended_key_usage, has_id,
};
use boyin_testkit::tlv::{content, elements, part, replaced, sequence, tlv};
use boyin_verify::chain::CertificateStore;
use boyin_verify::timestamp::TimestampCheck::{self, *};
use boyin_verify::timestamp::{
    Stamped, TimestampContext, TimestampNote, TimestampPolicy, TimestampReason, TimestampReport,
    TimestampVerdict, WhenUnknown, check_token,
};
use boyin_verify::{Reader, UnixTime};

use crate::{not_passed, shown, stamped_at, verdict};

/// A token with all that its verification depends on.
struct Case {
    what: &'static str,
    token: Vec<u8>,
    store: CertificateStore,
    stamped: Stamped<'static>,
    policy: TimestampPolicy,
    nonce: Option<&'static [u8]>,
    claimed: Option<UnixTime>,
    reason: TimestampReason,
    checks: Vec<TimestampCheck>,
}

impl Case {
    fn report(&self) -> TimestampReport {
        let context = TimestampContext {
            now: now(),
            certificates: &self.store,
            policy: &self.policy,
            nonce: self.nonce,
            claimed: self.claimed,
        };
        check_token(&self.token, Reader::Ours, self.stamped, &context)
    }
}

fn case(
    world: &TimestampWorld,
    what: &'static str,
    token: Vec<u8>,
    (reason, check): (TimestampReason, TimestampCheck),
) -> Case {
    Case {
        what,
        token,
        store: world.store(),
        stamped: Stamped::Bytes(STAMPED),
        policy: TimestampPolicy::default(),
        nonce: None,
        claimed: None,
        reason,
        checks: vec![check],
    }
}

const SHA1: &[u8] = &[0x2b, 0x0e, 3, 2, 0x1a];
const MALFORMED: (TimestampReason, TimestampCheck) = (TimestampReason::Malformed, Format);

fn in_info(place: &[usize]) -> Vec<usize> {
    [&INFO[..], place].concat()
}

fn formats(world: &TimestampWorld) -> Vec<Case> {
    let good = world.stamped(STAMPED, stamped_at());
    let info = |place: &[usize], new: &[u8]| world.resigned(&good, &in_info(place), new);
    let with = |place: &[usize], new: &[u8]| replaced(&good, place, new);
    let at = |place: &[usize]| part(&good, place).to_vec();
    let twice = |place: &[usize]| at(place).repeat(2);
    let large = (TimestampReason::TooLarge, Format);
    let many = world.stamp(STAMPED, stamped_at());
    let many = Stamp { certificates: vec![world.authority.1.clone(); 17], ..many };
    let critical = sequence(&[&tlv(6, &[&[0x2a]]), &[1, 1, 0xff], &tlv(4, &[])]);
    let flags = [at(&in_info(&[6])), tlv(0xa1, &[&critical])].concat();
    let attributes = elements(content(part(&good, &[1, 0, 4, 0, 3])));
    let doubled: Vec<_> = attributes.iter().chain(&attributes[..1]).map(|one| one.to_vec()).collect();
    let two_values = tlv(0x31, &[content(part(attributes[0], &[1])), content(part(attributes[0], &[1]))]);
    let mut two: Vec<_> = attributes.iter().map(|one| one.to_vec()).collect();
    two[0] = sequence(&[part(attributes[0], &[0]), &two_values]);
    [
        ("256 KiB and a byte", vec![0x30; (256 << 10) + 1], large),
        ("17 certificates", world.token(&many), large),
        ("a serial number of 65 bytes", info(&[3], &tlv(2, &[&[7; 65]])), large),
        ("three bytes", vec![1, 2, 3], MALFORMED),
        ("a byte after it", [good.as_slice(), &[0]].concat(), MALFORMED),
        ("no SignedData", with(&[0], &tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]])), MALFORMED),
        ("version 2", info(&[0], &[2, 1, 2]), MALFORMED),
        ("a serial number with a zero ahead", info(&[3], &[2, 2, 0, 7]), MALFORMED),
        ("31 February", info(&[4], &tlv(0x18, &[b"20260231000000Z"])), MALFORMED),
        ("a time without a zone", info(&[4], &tlv(0x18, &[b"20260701000000"])), MALFORMED),
        ("a time in UTCTime", info(&[4], &tlv(0x17, &[b"260701000000Z"])), MALFORMED),
        ("1000 milliseconds", info(&[5], &sequence(&[&[0x80, 2, 3, 0xe8]])), MALFORMED),
        ("0 microseconds", info(&[5], &sequence(&[&[0x81, 1, 0]])), MALFORMED),
        ("a critical extension", info(&[6], &flags), MALFORMED),
        (
            "other content",
            with(&[1, 0, 2, 0], &tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]])),
            MALFORMED,
        ),
        ("two signers", with(&[1, 0, 4, 0], &twice(&[1, 0, 4, 0])), MALFORMED),
        ("no signer", with(&[1, 0, 4, 0], &[]), MALFORMED),
        ("no signed attributes", with(&[1, 0, 4, 0, 3], &[]), MALFORMED),
        ("an attribute twice", world.with_attributes(&good, &doubled), MALFORMED),
        ("an attribute with two values", world.with_attributes(&good, &two), MALFORMED),
        (
            "a boolean ordering FALSE written",
            info(&[6], &[vec![1, 1, 0], at(&in_info(&[6]))].concat()),
            (TimestampReason::Deviates, Format),
        ),
    ]
    .map(|(what, token, expected)| case(world, what, token, expected))
    .into()
}

fn imprints(world: &TimestampWorld) -> Vec<Case> {
    let good = world.stamped(STAMPED, stamped_at());
    let not_accepted = (TimestampReason::ImprintNotAccepted, Imprint);
    let mismatch = (TimestampReason::ImprintMismatch, Imprint);
    let id = content(part(&good, &in_info(&[2, 0, 0]))).to_vec();
    let sha1 = sequence(&[&tlv(6, &[SHA1]), &[5, 0]]);
    let odd = sequence(&[&tlv(6, &[&id]), &[4, 0]]);
    let mut cases: Vec<_> = [
        ("SHA-1", world.resigned(&good, &in_info(&[2, 0]), &sha1), not_accepted),
        ("a digest with parameters", world.resigned(&good, &in_info(&[2, 0]), &odd), not_accepted),
        ("other bytes", world.stamped(b"other", stamped_at()), mismatch),
        (
            "a digest of 31 bytes",
            world.resigned(
                &good,
                &in_info(&[2, 1]),
                &tlv(4, &[&content(part(&good, &in_info(&[2, 1])))[..31]]),
            ),
            mismatch,
        ),
    ]
    .map(|(what, token, expected)| case(world, what, token, expected))
    .into();
    let digest: [u8; 32] = content(part(&good, &in_info(&[2, 1]))).try_into().unwrap();
    let other = if world.algorithm == Algorithm::Sm2 { "sha-256" } else { "sm3" };
    let own = case(world, "the digest of another algorithm", good, mismatch);
    cases.push(Case { stamped: Stamped::Digest(other, digest), ..own });
    cases
}

/// The signed attributes of a token, one of them replaced, or removed.
fn with_attribute(world: &TimestampWorld, token: &[u8], id: &[u8], new: &[u8]) -> Vec<u8> {
    let attributes = elements(content(part(token, &[1, 0, 4, 0, 3])));
    let changed = attributes.into_iter().map(|one| if has_id(one, id) { new } else { one });
    let changed: Vec<_> = changed.filter(|one| !one.is_empty()).map(<[u8]>::to_vec).collect();
    world.with_attributes(token, &changed)
}

fn attributes(world: &TimestampWorld) -> Vec<Case> {
    let good = world.stamped(STAMPED, stamped_at());
    let data = attribute(ATTRIBUTES[0], &tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]]));
    let content_type = (TimestampReason::ContentType, Attributes);
    let changed = (TimestampReason::ContentChanged, Attributes);
    let not_bound = (TimestampReason::CertificateNotBound, CertificateBound);
    let binding = |place: &[usize], new: &[u8]| {
        let all = elements(content(part(&good, &[1, 0, 4, 0, 3])));
        let own = all.into_iter().find(|one| has_id(one, ATTRIBUTES[3])).unwrap();
        let own = replaced(own, &[&[1, 0, 0, 0][..], place].concat(), new);
        with_attribute(world, &good, ATTRIBUTES[3], &own)
    };
    // Digest algorithm (of SM3 only), digest, issuer and serial number.
    let first = usize::from(world.algorithm == Algorithm::Sm2);
    let sha1 = attribute(ATTRIBUTES[2], &sequence(&[&sequence(&[&sequence(&[&tlv(4, &[&[0; 20]])])])]));
    let names = sequence(&[&tlv(0xa4, &[&name("other")])]);
    let sha1_digests = replaced(&good, &[1, 0, 4, 0, 2], &sequence(&[&tlv(6, &[SHA1])]));
    let sha1_digests = replaced(&sha1_digests, &[1, 0, 1], &tlv(0x31, &[&sequence(&[&tlv(6, &[SHA1])])]));
    [
        ("no content type", with_attribute(world, &good, ATTRIBUTES[0], &[]), content_type),
        ("another content type", with_attribute(world, &good, ATTRIBUTES[0], &data), content_type),
        ("SHA-1 of the content", sha1_digests, (TimestampReason::DigestNotAccepted, Attributes)),
        ("no message digest", with_attribute(world, &good, ATTRIBUTES[1], &[]), changed),
        ("another serial number, not signed", replaced(&good, &in_info(&[3]), &[2, 1, 8]), changed),
        ("no certificate named", with_attribute(world, &good, ATTRIBUTES[3], &[]), not_bound),
        ("a certificate named by SHA-1", with_attribute(world, &good, ATTRIBUTES[3], &sha1), not_bound),
        ("another certificate named", binding(&[first], &tlv(4, &[&[0; 32]])), not_bound),
        ("another issuer named", binding(&[first + 1, 0], &names), not_bound),
        ("another serial number named", binding(&[first + 1, 1], &[2, 1, 5]), not_bound),
    ]
    .map(|(what, token, expected)| case(world, what, token, expected))
    .into()
}

fn signatures(world: &TimestampWorld) -> Vec<Case> {
    let good = world.stamped(STAMPED, stamped_at());
    let with = |place: &[usize], new: &[u8]| replaced(&good, place, new);
    let sha256_rsa = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    let id = content(part(&good, &[1, 0, 4, 0, 4, 0]));
    let not_accepted = (TimestampReason::AlgorithmNotAccepted, Signature);
    let mismatch = (TimestampReason::SignatureMismatch, Signature);
    let mut flipped = content(part(&good, &[1, 0, 4, 0, 5])).to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    let other = FixedKey::signing(world.algorithm, 777);
    let forged = boyin_testkit::seals::der_signature(
        &other,
        &Token::read(&good, Reader::Ours).unwrap().signer.attributes.signed,
    );
    [
        ("another algorithm", with(&[1, 0, 4, 0, 4], &sequence(&[&tlv(6, &[sha256_rsa])])), not_accepted),
        (
            "an algorithm with parameters",
            with(&[1, 0, 4, 0, 4], &sequence(&[&tlv(6, &[id]), &[4, 0]])),
            not_accepted,
        ),
        ("a bit flipped", with(&[1, 0, 4, 0, 5], &tlv(4, &[&flipped])), mismatch),
        ("no signature", with(&[1, 0, 4, 0, 5], &[4, 0]), mismatch),
        ("another key's", with(&[1, 0, 4, 0, 5], &tlv(4, &[&forged])), mismatch),
    ]
    .map(|(what, token, expected)| case(world, what, token, expected))
    .into()
}

/// A good signature over SHA-384 of attributes that name SHA-256: two readers could take two digests.
fn another_digest(world: &TimestampWorld) -> Case {
    let good = world.stamped(STAMPED, stamped_at());
    let signed = Token::read(&good, Reader::Ours).unwrap().signer.attributes.signed;
    let with_sha384 = sequence(&[&tlv(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3]])]);
    let named = replaced(&good, &[1, 0, 4, 0, 4], &with_sha384);
    let token = replaced(&named, &[1, 0, 4, 0, 5], &tlv(4, &[&signature_over_sha384(951, &signed)]));
    case(world, "SHA-384 beside SHA-256", token, (TimestampReason::AlgorithmNotAccepted, Signature))
}

fn certified(
    algorithm: Algorithm,
    what: &'static str,
    certificate: impl FnOnce(&TimestampWorld) -> Vec<u8>,
    expected: (TimestampReason, TimestampCheck),
) -> Case {
    let world = TimestampWorld::new(algorithm);
    let certificate = certificate(&world);
    let world = world.certified(certificate);
    case(&world, what, world.stamped(STAMPED, stamped_at()), expected)
}

fn usages(algorithm: Algorithm) -> Vec<Case> {
    let no = (TimestampReason::NotForTimestamps, Usage);
    let server: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
    let mut cases: Vec<_> = [
        ("no extended key usage", vec![key_usage(SIGNS)]),
        (
            "extended key usage not critical",
            vec![key_usage(SIGNS), extended_key_usage(false, &[TIMESTAMPING])],
        ),
        ("timestamps and servers", vec![key_usage(SIGNS), extended_key_usage(true, &[TIMESTAMPING, server])]),
        (
            "timestamps and another use",
            vec![key_usage(SIGNS), extended_key_usage(true, &[TIMESTAMPING, &[0x2a, 3]])],
        ),
        ("servers", vec![key_usage(SIGNS), extended_key_usage(true, &[server])]),
        ("a key for encryption", vec![key_usage(0b0010_0000), extended_key_usage(true, &[TIMESTAMPING])]),
    ]
    .map(|(what, extensions)| certified(algorithm, what, |world| world.certificate(&extensions), no))
    .into();
    let unknown = boyin_testkit::seals::extension(&[0x2a, 5], true, &[5, 0]);
    let extensions = [key_usage(SIGNS), extended_key_usage(true, &[TIMESTAMPING]), unknown];
    let invalid = (TimestampReason::ChainInvalid, Chain);
    cases.push(certified(algorithm, "a critical extension", |world| world.certificate(&extensions), invalid));
    let good = [key_usage(SIGNS), extended_key_usage(true, &[TIMESTAMPING])];
    let outside = (TimestampReason::OutsideCertificate, Time);
    let (before, after) = (stamped_at().minus(1), stamped_at().plus(1));
    for (what, from, until) in [
        ("a certificate that had ended", before.minus(60), before),
        ("a certificate that had not begun", after, after.plus(60)),
    ] {
        cases.push(certified(algorithm, what, |world| world.certificate_of(from, until, &good), outside));
    }
    cases
}

fn chains(world: &TimestampWorld) -> Vec<Case> {
    let good = world.stamped(STAMPED, stamped_at());
    let of = |what, reason, change: &dyn Fn(&mut CertificateStore)| {
        let mut store = CertificateStore::new(&boyin_suite::all_x509());
        change(&mut store);
        Case { store, ..case(world, what, good.clone(), (reason, Chain)) }
    };
    let none = || world.revocation_list(&[]);
    let revoked = |at| world.revocation_list(&[(0x52, at)]);
    // A root of the same name and another key.
    let impostor = FixedKey::signing(world.algorithm, 778);
    let by_hand = boyin_testkit::seals::CertificateByHand {
        issuer_key: &impostor,
        issuer: &name("时间戳根"),
        key: &impostor,
        name: "时间戳根",
        serial: 0x51,
        from: now().minus(1000),
        until: now().plus(1000),
    };
    let impostor = by_hand.write(&[basic_constraints(true, None)]);
    let mut cases = vec![
        of("nobody is trusted", TimestampReason::ChainMissing, &|_| {}),
        of("the root is trusted, but not for timestamps", TimestampReason::ChainMissing, &|store| {
            store.add_anchor(&world.root.1).unwrap();
            store.add_revocation_list(&none()).unwrap();
        }),
        of("a root of the same name", TimestampReason::ChainInvalid, &|store| {
            store.add_timestamp_authority(&impostor).unwrap();
        }),
        of("no revocation list", TimestampReason::RevocationUnknown, &|store| {
            store.add_timestamp_authority(&world.root.1).unwrap();
        }),
    ];
    for (what, at) in
        [("revoked before it stamped", stamped_at().minus(1)), ("revoked since it stamped", now().minus(100))]
    {
        cases.push(of(what, TimestampReason::AuthorityRevoked, &|store| {
            store.add_timestamp_authority(&world.root.1).unwrap();
            store.add_revocation_list(&revoked(at)).unwrap();
        }));
    }
    let bare = Stamp { certificates: Vec::new(), ..world.stamp(STAMPED, stamped_at()) };
    let missing = (TimestampReason::CertificateMissing, CertificateBound);
    let missing = case(world, "no certificate", world.token(&bare), missing);
    cases.push(Case { checks: vec![CertificateBound, Signature, Chain, Usage, Time], ..missing });
    cases
}

/// An authority whose certificate is of the other algorithm.
fn mixed(algorithm: Algorithm) -> TimestampWorld {
    let other = if algorithm == Algorithm::Sm2 { Algorithm::Es256 } else { Algorithm::Sm2 };
    let mut world = TimestampWorld::new(algorithm);
    world.root = TimestampWorld::new(other).root;
    let extensions = [key_usage(SIGNS), extended_key_usage(true, &[TIMESTAMPING])];
    let certificate = world.certificate(&extensions);
    world.certified(certificate)
}

fn family(key: &boyin_issue::SigningKey) -> String {
    key.reference().alg().id().family.to_owned()
}

/// When the certificates of the kit become valid.
fn certified_at() -> UnixTime {
    now().minus(365 * 86_400)
}

fn ended(algorithm: Algorithm) -> Vec<Case> {
    let world = mixed(algorithm);
    let (own, above) = (family(&world.authority.0), family(&world.root.0));
    let cases = [
        ("ended when it stamped", &own, stamped_at(), None, Signature),
        ("broken now", &own, stamped_at().plus(1), Some(now()), Signature),
        ("a certificate of an algorithm that had ended", &above, certified_at(), None, Chain),
        ("a certificate of an algorithm that is broken", &above, now(), Some(now()), Chain),
    ];
    let with_end = |(what, alg, sign_until, verify_until, check): (_, &String, _, _, _)| {
        let token = world.stamped(STAMPED, stamped_at());
        let mut case = case(&world, what, token, (TimestampReason::AlgorithmEnded, check));
        case.store.end_algorithms(&[Sunset { alg: alg.clone(), sign_until, verify_until }]);
        case
    };
    cases.map(with_end).into()
}

#[test]
fn algorithms_that_end_later_count() {
    for algorithm in Algorithm::ALL {
        let world = mixed(algorithm);
        let (own, above) = (family(&world.authority.0), family(&world.root.0));
        // The revocation list is made a minute ago.
        let listed = now().minus(60).plus(1);
        for (alg, sign_until) in [(own, stamped_at().plus(1)), (above, listed)] {
            let mut store = world.store();
            store.end_algorithms(&[Sunset { alg, sign_until, verify_until: Some(now().plus(1)) }]);
            let report = crate::check(&world.stamped(STAMPED, stamped_at()), &store);
            assert_eq!(report.verdict(), TimestampVerdict::Passed, "{}", shown(&report));
        }
    }
}

fn claims(world: &TimestampWorld) -> Vec<Case> {
    let good = world.stamped(STAMPED, stamped_at());
    let nonce = (TimestampReason::NonceMismatch, Nonce);
    let bare = world.resigned(&good, &in_info(&[6]), &[]);
    let before = (TimestampReason::BeforeStamped, Time);
    let policies = vec!["1.2.156.10197.9.3".to_owned()];
    let policy = TimestampPolicy { policies, ..TimestampPolicy::default() };
    let inexact = |accuracy: &[u8]| world.resigned(&good, &in_info(&[5]), &sequence(&[accuracy]));
    let too_inexact = (TimestampReason::TooInexact, Accuracy);
    vec![
        case(
            world,
            "301 s ahead",
            world.stamped(STAMPED, now().plus(301)),
            (TimestampReason::FromFuture, Time),
        ),
        Case {
            // Accuracy 1 s and tolerance 300 s.
            claimed: Some(stamped_at().plus(302)),
            ..case(world, "made after it was stamped", good.clone(), before)
        },
        Case {
            policy,
            ..case(world, "another policy", good.clone(), (TimestampReason::PolicyNotAccepted, Policy))
        },
        case(world, "61 s", inexact(&[2, 1, 61]), too_inexact),
        case(world, "60 s and a microsecond", inexact(&[2, 1, 60, 0x81, 1, 1]), too_inexact),
        Case { nonce: Some(&[8]), ..case(world, "another nonce", good.clone(), nonce) },
        Case { nonce: Some(&[9]), ..case(world, "no nonce", bare, nonce) },
    ]
}

fn cases(algorithm: Algorithm) -> Vec<Case> {
    let world = TimestampWorld::new(algorithm);
    [
        formats(&world),
        imprints(&world),
        attributes(&world),
        signatures(&world),
        if algorithm == Algorithm::Es256 { vec![another_digest(&world)] } else { Vec::new() },
        usages(algorithm),
        chains(&world),
        ended(algorithm),
        claims(&world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_case_gets_its_reason_and_no_other_check_objects() {
    for algorithm in Algorithm::ALL {
        let cases = cases(algorithm);
        for case in &cases {
            let report = case.report();
            let what = format!("{}, {algorithm:?}: {}", case.what, shown(&report));
            assert_eq!(report.verdict(), verdict(case.reason), "{what}");
            assert_eq!(not_passed(&report), case.checks, "{what}");
            assert_eq!(report.existed_at(), None);
        }
        println!("{algorithm:?}: {} cases", cases.len());
        for reason in TimestampReason::ALL {
            assert!(cases.iter().any(|case| case.reason == *reason), "no case for {reason:?}");
        }
    }
}

#[test]
fn the_page_of_reasons_is_up_to_date() {
    let cases = cases(Algorithm::Sm2);
    let row = |reason: &TimestampReason| {
        let own = cases.iter().filter(|case| case.reason == *reason);
        let case = own.clone().min_by_key(|case| case.checks.len()).unwrap();
        Row {
            info: reason.info(),
            is_open: reason.is_indeterminate(),
            by: case.what.to_owned(),
            checks: case.checks.iter().map(|check| check.code()).collect(),
            cases: own.count(),
        }
    };
    let rows: Vec<_> = TimestampReason::ALL.iter().map(row).collect();
    let test = boyin_testkit::test_name!(every_case_gets_its_reason_and_no_other_check_objects);
    compare("timestamps", &table(test, &rows));
}

/// What lies just within the limits that the cases break.
#[test]
fn limits_are_exact() {
    let world = TimestampWorld::new(Algorithm::Sm2);
    let good = world.stamped(STAMPED, stamped_at());
    let exact =
        world.resigned(&good, &in_info(&[5]), &sequence(&[&[2, 1, 59, 0x80, 2, 3, 0xe7, 0x81, 2, 3, 0xe7]]));
    let policies =
        vec![boyin_model::timestamp::Token::read(&good, Reader::Ours).unwrap().info.policy.to_string()];
    assert_eq!(policies, ["1.2.156.10197.9.1"]);
    let accept = TimestampPolicy { when_unknown: WhenUnknown::Accept, ..TimestampPolicy::default() };
    let mut alone = CertificateStore::new(&boyin_suite::all_x509());
    alone.add_timestamp_authority(&world.root.1).unwrap();
    for (token, claimed, policy, nonce, store, note) in [
        (
            &world.stamped(STAMPED, now().plus(300)),
            None,
            TimestampPolicy::default(),
            None,
            world.store(),
            None,
        ),
        (&good, Some(stamped_at().plus(301)), TimestampPolicy::default(), None, world.store(), None),
        (
            &good,
            None,
            TimestampPolicy { policies, ..TimestampPolicy::default() },
            Some(&[9][..]),
            world.store(),
            None,
        ),
        (&exact, None, TimestampPolicy::default(), None, world.store(), None),
        (&good, None, accept, None, alone, Some(TimestampNote::RevocationNotAsked)),
    ] {
        let context = TimestampContext { now: now(), certificates: &store, policy: &policy, nonce, claimed };
        let report = check_token(token, Reader::Ours, Stamped::Bytes(STAMPED), &context);
        assert_eq!(report.verdict(), TimestampVerdict::Passed, "{}", shown(&report));
        assert_eq!(report.notes().first().copied(), note);
    }
}
