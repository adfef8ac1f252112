//! Algorithms that came to their end: of certificates, and of lists and answers that say that those are good.

use boyin_model::time::UnixTime;
use boyin_model::trust::Sunset;
use boyin_suite::Algorithm;
use boyin_testkit::chains::{AnswerParts, Chain, ListParts, Parts, purposes};
use boyin_testkit::prefecture::{Prefecture, now};
use boyin_testkit::seals::{extension, name, utc_time};
use boyin_testkit::test_name;
use boyin_testkit::tlv::tlv;
use boyin_verify::chain::CertificateReason::{AlgorithmEnded, RevocationUnknown};
use boyin_verify::chain::{
    Certificate, CertificateQuery, CertificateReason, CertificateStore, CertificateVerdict, ListFault,
};

use crate::judge::{Asked, store};

const DAY: u64 = 86_400;

/// The reason whose cases are here.
pub(crate) const REASON: (CertificateReason, &str) =
    (AlgorithmEnded, test_name!(a_certificate_counts_as_signed_when_it_becomes_valid));

/// When the certificates of the kit become valid.
fn made() -> UnixTime {
    now().minus(365 * DAY)
}

fn family(algorithm: Algorithm) -> &'static str {
    algorithm.verifier().id().family
}

fn other(algorithm: Algorithm) -> Algorithm {
    if algorithm == Algorithm::Sm2 { Algorithm::Es256 } else { Algorithm::Sm2 }
}

fn end(algorithm: Algorithm, sign_until: UnixTime, verify_until: Option<UnixTime>) -> Sunset {
    Sunset { alg: family(algorithm).to_owned(), sign_until, verify_until }
}

/// The reason; exactly one check gives one.
fn reason(chain: &Chain, end: Sunset, query: &CertificateQuery) -> Option<CertificateReason> {
    let mut store = store(chain);
    store.end_algorithms(&[end]);
    let leaf = Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    let report = store.verify(&leaf, query);
    let faults = report.checks.iter().filter(|(_, found)| found.is_some_and(|found| found.is_err()));
    let reason = match report.verdict() {
        CertificateVerdict::Passed => None,
        CertificateVerdict::Failed(reason) | CertificateVerdict::Indeterminate(reason) => Some(reason),
    };
    assert_eq!(faults.count(), usize::from(reason.is_some()), "{:?}", report.checks);
    reason
}

#[test]
fn a_certificate_counts_as_signed_when_it_becomes_valid() {
    for algorithm in Algorithm::ALL {
        let chain = Chain::new(algorithm);
        let ended = Some(AlgorithmEnded);
        for (of, sign_until, verify_until, expected) in [
            (algorithm, made(), None, ended),
            (algorithm, made().plus(1), None, None),
            (algorithm, made().plus(1), Some(now()), ended),
            (algorithm, made().plus(1), Some(now().plus(1)), None),
            (other(algorithm), made(), Some(made()), None),
        ] {
            let end = end(of, sign_until, verify_until);
            assert_eq!(reason(&chain, end.clone(), &Asked::path().query), expected, "{end:?}");
        }
        // What is asked of a past instant is what was known then.
        let broken = end(algorithm, made().plus(1), Some(now()));
        let query = CertificateQuery { at: now().minus(1), ..Asked::path().query };
        assert_eq!(reason(&chain, broken, &query), None);
    }
}

#[test]
fn every_step_to_the_anchor_is_asked_and_the_anchor_is_not() {
    for algorithm in Algorithm::ALL {
        let young = || utc_time(now().minus(10 * DAY));
        let ended = Some(AlgorithmEnded);
        type Change = fn(&mut Chain, Vec<u8>);
        let cases: [(&str, Option<CertificateReason>, Change); 3] = [
            ("the leaf", ended, |c, from| c.leaf.from = from),
            ("the authority", ended, |c, from| c.middle[0].from = from),
            // It is trusted as it is: nobody asks who signed it.
            ("the anchor", None, |c, from| c.root.from = from),
        ];
        for (what, expected, change) in cases {
            let mut chain = Chain::new(algorithm);
            change(&mut chain, young());
            let end = end(algorithm, now().minus(20 * DAY), None);
            assert_eq!(reason(&chain, end, &Asked::path().query), expected, "{what}, {algorithm:?}");
        }
        // So is whoever is named as an anchor, whoever signed that.
        let chain = Chain::new(algorithm);
        let mut named = CertificateStore::new(&boyin_suite::all_x509());
        named.add_anchor(&chain.leaf.write(algorithm)).unwrap();
        named.end_algorithms(&[end(algorithm, made(), Some(made()))]);
        let leaf = Certificate::read(&chain.leaf.write(algorithm)).unwrap();
        assert_eq!(named.verify(&leaf, &Asked::path().query).verdict(), CertificateVerdict::Passed);
    }
}

/// Both certificates and what answers for the authority are of a time before the end.
fn old(algorithm: Algorithm) -> Chain {
    let mut chain = Chain::new(algorithm);
    chain.lists = vec![ListParts { made: now().minus(5 * DAY), ..ListParts::of("root", 900, 1) }];
    chain
}

#[test]
fn a_list_or_an_answer_of_an_ended_algorithm_says_nothing() {
    let asked = Asked::path().with_revocation();
    let unknown = Some(RevocationUnknown);
    type Change = fn(&mut Chain);
    let delegate = |chain: &mut Chain, from: UnixTime| {
        let mut responder = Parts::leaf("responder", 907, "middle", 901);
        responder.from = utc_time(from);
        responder.extensions.push(purposes(false, &[9]));
        responder.extensions.push(extension(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5], false, &[5, 0]));
        let certificates = vec![responder.write(chain.algorithm)];
        let of = AnswerParts { made: now().minus(3 * DAY), ..AnswerParts::of(&chain.leaf) };
        let responder = tlv(0xa1, &[&name("responder")]);
        chain.answers.push(AnswerParts { key: 907, responder, certificates, ..of });
    };
    let list: Change = |c| c.lists.push(ListParts::of("middle", 901, 1));
    let answer: Change = |c| c.answers.push(AnswerParts::of(&c.leaf));
    for algorithm in Algorithm::ALL {
        for change in [list, answer] {
            let mut chain = old(algorithm);
            change(&mut chain);
            // Both are made a day ago.
            let until = |at| end(algorithm, at, None);
            assert_eq!(reason(&chain, until(now().minus(DAY)), &asked.query), unknown);
            assert_eq!(reason(&chain, until(now().minus(DAY).plus(1)), &asked.query), None);
        }
        // A delegate whose answer is older than the end, but whose certificate is not.
        for (from, expected) in [(now().minus(DAY), unknown), (now().minus(3 * DAY), None)] {
            let mut chain = old(algorithm);
            delegate(&mut chain, from);
            assert_eq!(reason(&chain, end(algorithm, now().minus(2 * DAY), None), &asked.query), expected);
        }
        let mut chain = old(algorithm);
        list(&mut chain);
        let der = chain.lists[1].write(algorithm);
        let middle = Certificate::read(&chain.middle[0].write(algorithm)).unwrap();
        for (sign_until, is_signed) in [(now().minus(DAY), false), (now().minus(DAY).plus(1), true)] {
            let mut store = store(&chain);
            store.end_algorithms(&[end(algorithm, sign_until, None)]);
            assert_eq!(store.has_fresh_list(&middle, now()), is_signed);
            assert_eq!(store.verify_list(&der, now()).err(), (!is_signed).then_some(ListFault::Signer));
        }
    }
}

#[test]
fn the_ends_of_a_trust_list_come_with_its_anchors() {
    let algorithm = Algorithm::Sm2;
    let chain = Chain::new(algorithm);
    let leaf = Certificate::read(&chain.leaf.write(algorithm)).unwrap();
    let mut list = Prefecture::new(algorithm).trust_list();
    list.certificates = vec![boyin_model::b64::encode(&chain.middle[0].write(algorithm))];
    let verdict = |list: &boyin_model::trust::TrustList| {
        let store = CertificateStore::of_list(list, &boyin_suite::all_x509());
        store.verify(&leaf, &Asked::path().query).verdict()
    };
    assert_eq!(verdict(&list), CertificateVerdict::Passed);
    list.algorithms = vec![end(algorithm, made(), None)];
    assert_eq!(verdict(&list), CertificateVerdict::Failed(AlgorithmEnded));
}
