//! One deviation at a time: refused strictly, noted tolerantly.

use std::collections::HashSet;

use boyin_suite::Algorithm;
use boyin_testkit::chains::{Chain, alternatives, constraints, standard};
use boyin_testkit::seals::{SealWorld, basic_constraints, extension, key_usage};
use boyin_testkit::test_name;
use boyin_testkit::tlv::{sequence, tlv};
use boyin_verify::chain::{
    Certificate, CertificateQuery, CertificateReason, CertificateVerdict, Deviation, Deviation::*, Profile,
    Purpose,
};

use crate::judge::store;

type Change = fn(&mut Chain);

const CASES: &[(Deviation, Change)] = &[
    (NotDer, |c| c.leaf.version = tlv(0xa0, &[&tlv(2, &[&[0]])])),
    (NotDer, |c| {
        c.leaf.extensions.push(sequence(&[&tlv(6, &[&[0x2a, 3, 9]]), &[1, 1, 0], &tlv(4, &[&[5, 0]])]));
    }),
    (NotDer, |c| c.leaf.serial = vec![0, 1]),
    (NotDer, |c| c.middle[0].extensions[0] = standard(19, true, &[0x30, 3, 1, 1, 1])),
    (Version, |c| c.leaf.version = tlv(0xa0, &[&tlv(2, &[&[1]])])),
    (SerialNotPositive, |c| c.leaf.serial = vec![0]),
    (SerialNotPositive, |c| c.leaf.serial = vec![0x80]),
    (SerialTooLong, |c| c.leaf.serial = vec![1; 21]),
    (AlgorithmsDiffer, |c| c.leaf.outer_parameters = vec![5, 0]),
    (EmptyIssuer, |c| {
        (c.leaf.issuer, c.middle[0].subject) = (vec![0x30, 0], vec![0x30, 0]);
    }),
    (EmptySubject, |c| {
        (c.leaf.issuer, c.middle[0].subject) = (vec![0x30, 0], vec![0x30, 0]);
    }),
    (AlternativesNotCritical, |c| c.leaf.subject = vec![0x30, 0]),
    (AuthorityKeyMissing, |c| drop(c.leaf.extensions.remove(0))),
    (AuthorityKeyCritical, |c| c.leaf.extensions[0] = standard(35, true, &[0x30, 3, 0x80, 1, 7])),
    (SubjectKeyMissing, |c| drop(c.middle[0].extensions.remove(2))),
    (SubjectKeyCritical, |c| c.leaf.extensions.push(standard(14, true, &[4, 1, 7]))),
    (BasicNotCritical, |c| c.middle[0].extensions[0] = standard(19, false, &[0x30, 3, 1, 1, 0xff])),
    (LengthWithoutAuthority, |c| c.leaf.extensions.push(basic_constraints(false, Some(0)))),
    (UsageEmpty, |c| c.leaf.extensions[1] = standard(15, true, &[3, 2, 7, 0])),
    (UsageOfAuthority, |c| c.leaf.extensions[1] = key_usage(0x84)),
    (UsageMissing, |c| drop(c.middle[0].extensions.remove(1))),
    (ConstraintsNotCritical, |c| {
        c.middle[0].extensions.push(standard(30, false, &[0x30, 7, 0xa1, 5, 0x30, 3, 0x82, 1, b'x']));
    }),
    (ConstraintsWithoutAuthority, |c| c.leaf.extensions.push(constraints(&[], &[(0x82, b"x")]))),
    (ConstraintWithDot, |c| c.middle[0].extensions.push(constraints(&[], &[(0x82, b".x")]))),
    (PolicyConstraintsNotCritical, |c| {
        c.middle[0].extensions.push(standard(36, false, &[0x30, 3, 0x81, 1, 0]));
    }),
    (InhibitAnyNotCritical, |c| c.middle[0].extensions.push(standard(54, false, &[2, 1, 0]))),
];

fn query(profile: Profile) -> CertificateQuery {
    CertificateQuery {
        require_revocation: false,
        profile,
        purpose: Purpose::ServerAuth,
        ..CertificateQuery::new(boyin_testkit::prefecture::now())
    }
}

/// The reason whose case is here.
pub(crate) const REASON: (CertificateReason, &str) =
    (CertificateReason::Deviates, test_name!(each_is_refused_strictly_and_noted_tolerantly));

#[test]
fn each_is_refused_strictly_and_noted_tolerantly() {
    for algorithm in Algorithm::ALL {
        for (deviation, change) in CASES {
            let mut chain = Chain::new(algorithm);
            change(&mut chain);
            let leaf = Certificate::read(&chain.leaf.write(algorithm)).unwrap();
            let store = store(&chain);
            let strict = store.verify(&leaf, &query(Profile::Rfc5280)).verdict();
            assert_eq!(strict, CertificateVerdict::Failed(CertificateReason::Deviates), "{deviation:?}");
            let any = CertificateQuery { purpose: Purpose::Any, ..query(Profile::Rfc5280) };
            let of_servers = [BasicNotCritical, PolicyConstraintsNotCritical].contains(deviation);
            let expected = if of_servers { CertificateVerdict::Passed } else { strict };
            assert_eq!(store.verify(&leaf, &any).verdict(), expected, "{deviation:?} for any purpose");
            let tolerant = store.verify(&leaf, &query(Profile::Field));
            // A key that may do nothing serves nobody.
            let expected = if *deviation == UsageEmpty {
                CertificateVerdict::Failed(CertificateReason::Purpose)
            } else {
                CertificateVerdict::Passed
            };
            assert_eq!(tolerant.verdict(), expected, "{deviation:?}");
            assert!(tolerant.deviations.iter().any(|(_, found)| found == deviation), "{deviation:?}");
            let kinds: HashSet<_> = tolerant.deviations.iter().map(|(_, found)| found).collect();
            let pair = [EmptyIssuer, EmptySubject].contains(deviation);
            assert_eq!(kinds.len(), if pair { 2 } else { 1 }, "{deviation:?} alone: {kinds:?}");
        }
    }
}

#[test]
fn every_deviation_has_a_case() {
    let tested: HashSet<_> = CASES.iter().map(|(deviation, _)| *deviation).collect();
    for deviation in Deviation::ALL {
        // What is critical and not read is no deviation but a fault.
        assert!(tested.contains(deviation) || *deviation == InformationAccessCritical, "{deviation:?}");
    }
}

#[test]
fn access_to_information_is_not_understood_when_critical() {
    let mut chain = Chain::new(Algorithm::Sm2);
    let oid = [0x2b, 6, 1, 5, 5, 7, 1, 1];
    chain.leaf.extensions.push(extension(&oid, true, &[0x30, 0]));
    let leaf = Certificate::read(&chain.leaf.write(Algorithm::Sm2)).unwrap();
    assert_eq!(leaf.deviations(), [InformationAccessCritical]);
    for profile in [Profile::Rfc5280, Profile::Field] {
        let found = store(&chain).verify(&leaf, &query(profile)).verdict();
        assert_eq!(found, CertificateVerdict::Failed(CertificateReason::Extension));
    }
}

#[test]
fn a_server_is_asked_more_than_others() {
    let mut chain = Chain::new(Algorithm::Sm2);
    chain.middle[0].extensions[0] = standard(19, false, &[0x30, 3, 1, 1, 0xff]);
    chain.leaf.extensions[2] = alternatives(true, &[(0x82, b"a")]);
    let leaf = Certificate::read(&chain.leaf.write(Algorithm::Sm2)).unwrap();
    let any = CertificateQuery { purpose: Purpose::Any, ..query(Profile::Rfc5280) };
    assert_eq!(store(&chain).verify(&leaf, &any).verdict(), CertificateVerdict::Passed);
}

#[test]
fn what_this_project_issues_deviates_nowhere() {
    for algorithm in Algorithm::ALL {
        let world = SealWorld::new(algorithm);
        for der in [world.authority.certificate(), &world.maker.1, &world.signer.1] {
            assert_eq!(Certificate::read(der).unwrap().deviations(), []);
        }
        let signer = Certificate::read(&world.signer.1).unwrap();
        let any = CertificateQuery { purpose: Purpose::Any, ..query(Profile::Rfc5280) };
        assert_eq!(world.store().verify(&signer, &any).verdict(), CertificateVerdict::Passed);
    }
}
