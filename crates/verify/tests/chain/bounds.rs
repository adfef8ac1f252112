//! Crowds, circles, and large lists.

use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::chains::{AnswerParts, Chain, ListParts, Parts, constraints, mappings, policies};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{basic_constraints, extension};
use boyin_testkit::test_name;
use boyin_testkit::tlv::{content, part, replaced, sequence, tlv};
use boyin_verify::chain::{
    Certificate, CertificateError, CertificateQuery, CertificateReason, CertificateReport, CertificateStore,
    CertificateVerdict, Revocation,
};

use crate::judge::{Asked, ours, store};

/// Reasons whose cases are here.
pub(crate) const REASONS: [(CertificateReason, &str); 3] = [
    (CertificateReason::TooLarge, test_name!(what_is_too_large_is_not_read)),
    (CertificateReason::TooMuchWork, test_name!(ten_thousand_of_a_name)),
    (CertificateReason::Algorithm, test_name!(keys_of_algorithms_that_are_not_accepted)),
];

#[test]
fn ten_thousand_of_a_name() {
    let chain = Chain::new(Algorithm::Es256);
    let leaf = Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    let query = CertificateQuery { require_revocation: false, ..CertificateQuery::new(now()) };
    let mut crowd = CertificateStore::new(&all_x509());
    crowd.add_anchor(&chain.root.write(chain.algorithm)).unwrap();
    // The same certificate under another number each: none signed the leaf, all say that they might have.
    let mut other = Parts::authority("middle", 901, "root", 900);
    other.key = 904;
    let der = other.write(chain.algorithm);
    let number = der.windows(4).position(|part| part == [2, 2, 3, 0x85]).unwrap();
    for at in 0..10_000_u16 {
        let mut der = der.clone();
        der[number + 2..number + 4].copy_from_slice(&(at + 256).to_be_bytes());
        crowd.add_intermediate(&der).unwrap();
    }
    let found = crowd.verify(&leaf, &query).verdict();
    assert_eq!(found, CertificateVerdict::Indeterminate(CertificateReason::TooMuchWork));
    // The one that did is found by its key identifier, were it the last.
    let mut right = Parts::authority("middle", 901, "root", 900);
    right.serial = vec![9];
    let mut others = CertificateStore::new(&all_x509());
    others.add_anchor(&chain.root.write(chain.algorithm)).unwrap();
    other.extensions[2] = Parts::authority("middle", 904, "root", 900).extensions[2].clone();
    let der = other.write(chain.algorithm);
    for _ in 0..10_000 {
        others.add_intermediate(&der).unwrap();
    }
    others.add_intermediate(&right.write(chain.algorithm)).unwrap();
    assert_eq!(others.verify(&leaf, &query).verdict(), CertificateVerdict::Passed);
}

/// Those that need no signature to be set aside are counted too.
#[test]
fn so_many_candidates_and_no_more() {
    let chain = Chain::new(Algorithm::Es256);
    let leaf = Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    let right = chain.middle[0].write(chain.algorithm);
    let mut wrong = chain.middle[0].clone();
    wrong.extensions[0] = basic_constraints(false, None);
    let wrong = wrong.write(chain.algorithm);
    let given_up = CertificateVerdict::Indeterminate(CertificateReason::TooMuchWork);
    // The root is one more.
    for (count, expected) in [(4094, CertificateVerdict::Passed), (4095, given_up)] {
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(&chain.root.write(chain.algorithm)).unwrap();
        for _ in 0..count {
            store.add_intermediate(&wrong).unwrap();
        }
        store.add_intermediate(&right).unwrap();
        assert_eq!(store.verify(&leaf, &Asked::path().query).verdict(), expected, "{count}");
    }
}

#[test]
fn circles_and_cross_signatures_end() {
    for algorithm in Algorithm::ALL {
        let mut chain = Chain::new(algorithm);
        let asked = Asked::path();
        // Two that certify one another, and no way to the root.
        chain.middle = vec![
            Parts::authority("middle", 901, "other", 904),
            Parts::authority("other", 904, "middle", 901),
        ];
        assert_eq!(ours(&chain, &asked), Some(CertificateReason::IssuerUnknown));
        // The same, and one of them under the root too.
        chain.middle.push(Parts::authority("other", 904, "root", 900));
        assert_eq!(ours(&chain, &asked), None);
        // A web: each of six certifies each other. The bound ends it.
        let name = |at: u64| if at == 0 { "middle".to_owned() } else { format!("{at}") };
        chain.middle.clear();
        for subject in 0..6 {
            for issuer in (0..6).filter(|issuer| *issuer != subject) {
                let key = |at| if at == 0 { 901 } else { 910 + at };
                chain.middle.push(Parts::authority(&name(subject), key(subject), &name(issuer), key(issuer)));
            }
        }
        let found = ours(&chain, &asked);
        assert!(
            [
                Some(CertificateReason::IssuerUnknown),
                Some(CertificateReason::TooMuchWork),
                Some(CertificateReason::TooLong)
            ]
            .contains(&found)
        );
    }
}

#[test]
fn thousands_of_names_under_thousands_of_constraints_are_given_up() {
    let mut chain = Chain::new(Algorithm::Es256);
    let many = |tag| (0..1200).map(|at| (tag, format!("n{at}.x"))).collect::<Vec<(u8, String)>>();
    let names = many(0x82);
    let names: Vec<(u8, &[u8])> = names.iter().map(|(tag, name)| (*tag, name.as_bytes())).collect();
    chain.middle[0].extensions.push(constraints(&[], &names));
    let others: Vec<_> = (0..1200).map(|at| format!("m{at}.y")).collect();
    let others: Vec<(u8, &[u8])> = others.iter().map(|name| (0x82, name.as_bytes())).collect();
    chain.leaf.extensions[2] = boyin_testkit::chains::alternatives(false, &others);
    assert_eq!(ours(&chain, &Asked::path()), Some(CertificateReason::TooMuchWork));
    // A way that is closed beside it does not tell that the one that was given up is.
    let mut closed = Parts::authority("middle", 901, "root", 900);
    closed.extensions.push(constraints(&[], &[(0x82, b"m0.y")]));
    for place in [0, 1] {
        let mut both = chain.clone();
        both.middle.insert(place, closed.clone());
        assert_eq!(ours(&both, &Asked::path()), Some(CertificateReason::TooMuchWork));
    }
}

#[test]
fn too_many_policies_cannot_be_read() {
    for (count, expected) in [(256_u16, None), (257, Some(CertificateReason::Extension))] {
        let mut chain = Chain::new(Algorithm::Es256);
        let oids: Vec<_> = (0..count).map(oid).collect();
        let oids: Vec<&[u8]> = oids.iter().map(|oid| oid.as_slice()).collect();
        chain.leaf.extensions.push(policies(&oids));
        assert_eq!(ours(&chain, &Asked::path()), expected, "{count}");
    }
}

#[test]
fn too_many_mappings_leave_no_policy_valid() {
    for (count, expected) in [(256_u16, None), (257, Some(CertificateReason::Policy))] {
        let mut chain = Chain::new(Algorithm::Es256);
        let oids: Vec<Vec<u8>> = (0..count).map(oid).collect();
        let pairs: Vec<(&[u8], &[u8])> = oids.iter().map(|from| (&from[..], &[0x2a, 3, 1][..])).collect();
        chain.middle[0].extensions.push(mappings(&pairs));
        assert_eq!(ours(&chain, &Asked::path()), expected, "{count}");
    }
}

fn oid(at: u16) -> Vec<u8> {
    vec![0x2a, 3, 0x81 + u8::try_from(at >> 7).unwrap(), u8::try_from(at & 0x7f).unwrap()]
}

#[test]
fn what_is_too_large_is_not_read() {
    let large = Certificate::read(&vec![0x30; (64 << 10) + 1]).unwrap_err();
    assert_eq!(large, CertificateError::TooLarge);
    let found = CertificateReport::unreadable(large).verdict();
    assert_eq!(found, CertificateVerdict::Failed(CertificateReason::TooLarge));
    let mut store = CertificateStore::new(&all_x509());
    for (more, error) in [(0, CertificateError::Malformed), (1, CertificateError::TooLarge)] {
        assert_eq!(Certificate::read(&vec![0; (64 << 10) + more]).unwrap_err(), error);
        assert_eq!(store.add_response(&vec![0; (1 << 20) + more]), Err(error));
        assert_eq!(store.add_revocation_list(&vec![0; (64 << 20) + more]), Err(error));
    }
}

#[test]
fn keys_of_algorithms_that_are_not_accepted() {
    let chain = Chain::new(Algorithm::Es256);
    let leaf = Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    let mut only_sm2 = CertificateStore::new(&[&boyin_suite::SM2_SM3_DER]);
    only_sm2.add_anchor(&chain.root.write(chain.algorithm)).unwrap();
    only_sm2.add_intermediate(&chain.middle[0].write(chain.algorithm)).unwrap();
    let found = only_sm2.verify(&leaf, &Asked::path().query).verdict();
    assert_eq!(found, CertificateVerdict::Failed(CertificateReason::Algorithm));
}

#[test]
fn a_signature_is_whole_bytes() {
    for algorithm in Algorithm::ALL {
        let mut chain = Chain::new(algorithm);
        // One whose last bit is zero, so that leaving it out changes nothing else.
        let even = (0..64).map(|number| {
            chain.leaf.serial = vec![number + 1];
            chain.leaf.write(algorithm)
        });
        let der = even.into_iter().find(|der| der[der.len() - 1] & 1 == 0).unwrap();
        let value = content(part(&der, &[2]));
        let odd = replaced(&der, &[2], &tlv(3, &[&[1], &value[1..]]));
        let store = store(&chain);
        let verdict = |der: &[u8]| {
            let leaf = Certificate::read(der).ok()?;
            Some(store.verify(&leaf, &Asked::path().query).verdict() == CertificateVerdict::Passed)
        };
        assert_eq!(verdict(&der), Some(true));
        assert_ne!(verdict(&odd), Some(true));
    }
}

#[test]
fn what_is_read_of_a_response_has_bounds() {
    let chain = Chain::new(Algorithm::Es256);
    let read = |der: &[u8]| store(&chain).add_response(der);
    let certificate = chain.leaf.write(chain.algorithm);
    let one = AnswerParts::of(&chain.leaf);
    let der = one.write(chain.algorithm);
    // Nobody verifies a signature of what is only read.
    let answers = part(&der, &[1, 0, 1, 0, 0, 2]);
    for (count, expected) in [(4096, Ok(())), (4097, Err(CertificateError::Malformed))] {
        let many = sequence(&[&content(answers).repeat(count)]);
        assert_eq!(read(&replaced(&der, &[1, 0, 1, 0, 0, 2], &many)), expected, "{count} answers");
    }
    let data = content(part(&der, &[1, 0, 1, 0, 0]));
    for (critical, expected) in [(false, Ok(())), (true, Err(CertificateError::Malformed))] {
        let extensions = tlv(0xa1, &[&sequence(&[&extension(&[0x2a, 3, 9], critical, &[5, 0])])]);
        let with = replaced(&der, &[1, 0, 1, 0, 0], &sequence(&[data, &extensions]));
        assert_eq!(read(&with), expected, "an extension, critical: {critical}");
    }
    for (count, expected) in [(16, Ok(())), (17, Err(CertificateError::Malformed))] {
        let certificates = vec![certificate.clone(); count];
        let with = AnswerParts { certificates, ..one.clone() }.write(chain.algorithm);
        assert_eq!(read(&with), expected, "{count} certificates");
    }
}

/// A list of a hundred thousand: every one of it is found, and no other.
#[test]
fn a_long_list_finds_what_it_names() {
    const ENTRIES: u32 = 100_000;
    let mut chain = Chain::new(Algorithm::Es256);
    let mut list = ListParts::of("middle", 901, 1);
    // Out of order, some with a long number that ends in the same eight bytes.
    list.revoked = (0..ENTRIES)
        .map(|at| {
            let mixed = at.wrapping_mul(2_654_435_761).to_be_bytes();
            let number = if at % 2 == 0 {
                [&[1], &mixed[..]].concat()
            } else {
                [&[1, 2, 3, 4, 5, 6], &mixed[..]].concat()
            };
            (number, now().minus(3600), Vec::new())
        })
        .collect();
    chain.lists = vec![ListParts::of("root", 900, 1), list];
    let store = store(&chain);
    assert_eq!(store.revoked_entries(), usize::try_from(ENTRIES).unwrap());
    for at in (0..ENTRIES).step_by(9_973) {
        let mut one = chain.leaf.clone();
        one.serial = chain.lists[1].revoked[usize::try_from(at).unwrap()].0.clone();
        let one = Certificate::read(&one.write(chain.algorithm)).unwrap();
        assert!(matches!(store.status(&one, now(), now()), Ok(Revocation::Revoked(..))), "{at}");
    }
    let leaf = Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    assert_eq!(store.status(&leaf, now(), now()), Ok(Revocation::Good));
}

/// Prints what a list of a million costs: `cargo nextest run -p boyin-verify --test chain --run-ignored only --no-capture`.
/// What it may take is in `allocations.rs`.
#[test]
#[ignore = "a measurement"]
fn a_million_entries() {
    let memory = || {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap();
        text.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096 / (1 << 20)
    };
    let chain = Chain::new(Algorithm::Es256);
    let der = ListParts::of("middle", 901, 1).of_many(1_000_000).write(chain.algorithm);
    let leaf = Certificate::read(&chain.leaf.write(chain.algorithm)).unwrap();
    let mut store = store(&chain);
    let (before, start) = (memory(), std::time::Instant::now());
    store.add_revocation_list(&der).unwrap();
    println!("{} bytes read in {:?}, memory {} -> {} MiB", der.len(), start.elapsed(), before, memory());
    for what in ["first status, with the signature", "second status"] {
        let start = std::time::Instant::now();
        assert_eq!(store.status(&leaf, now(), now()), Ok(Revocation::Unknown));
        println!("{what}: {:?}", start.elapsed());
    }
    let start = std::time::Instant::now();
    for _ in 0..1000 {
        assert_eq!(store.status(&leaf, now(), now()), Ok(Revocation::Unknown));
    }
    println!("each of a thousand more: {:?}", start.elapsed() / 1000);
}
