//! Every element of a token changed, with and without a new signature.

use boyin_suite::Algorithm;
use boyin_testkit::timestamp::{CERTIFICATES, INFO, SIGNER, STAMPED, TimestampWorld};
use boyin_testkit::tlv::{part, paths, replaced};
use boyin_verify::timestamp::TimestampVerdict;

use crate::{check, shown, stamped_at};

/// What may differ without a new signature: the list of digest algorithms may say one twice, or leave out its NULL, and
/// so may the certificates; what decides is bound by the signed attributes. The NULL of an algorithm may be absent.
fn is_free(path: &[usize], new: &[u8]) -> bool {
    let certificate = [&CERTIFICATES[..], &[0]].concat();
    path == certificate
        || path.starts_with(&[1, 0, 1])
        || (path.ends_with(&[1]) && new.is_empty() && path.starts_with(&[1, 0, 4, 0, 2]))
}

fn flipped(element: &[u8]) -> Vec<u8> {
    let mut changed = element.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    changed
}

#[test]
fn every_element_counts() {
    for algorithm in Algorithm::ALL {
        let world = TimestampWorld::new(algorithm);
        let (token, store) = (world.stamped(STAMPED, stamped_at()), world.store());
        let (mut changed, mut all) = (0, paths(&token));
        let inside = paths(part(&token, &INFO)).into_iter();
        all.extend(inside.map(|path| [&INFO[..], &path].concat()));
        assert!(all.len() > 50);
        for path in all {
            let element = part(&token, &path);
            for new in [flipped(element), Vec::new(), [element, element].concat()] {
                let report = check(&replaced(&token, &path, &new), &store);
                let passed = report.verdict() == TimestampVerdict::Passed;
                assert!(
                    !passed || is_free(&path, &new),
                    "{algorithm:?} {path:?} {new:02x?} {}",
                    shown(&report)
                );
                changed += 1;
            }
        }
        println!("{algorithm:?}: {changed} changes without a new signature");
    }
}

/// With the authority's own signature, other contents pass only where they say nothing that is checked.
#[test]
fn signed_again_only_what_is_not_asked_for_passes() {
    for algorithm in Algorithm::ALL {
        let world = TimestampWorld::new(algorithm);
        let (token, store) = (world.stamped(STAMPED, stamped_at()), world.store());
        let mut passed = Vec::new();
        for path in paths(part(&token, &INFO)) {
            let whole = [&INFO[..], &path].concat();
            let element = part(&token, &whole).to_vec();
            let changes = [("other", flipped(&element)), ("none", Vec::new()), ("twice", element.repeat(2))];
            for (kind, new) in changes {
                let report = check(&world.resigned(&token, &whole, &new), &store);
                if report.verdict() == TimestampVerdict::Passed {
                    passed.push((path.clone(), kind));
                }
            }
        }
        // Policy, serial number, accuracy and nonce are the authority's word; the algorithm's NULL may be absent.
        let expected: &[(&[usize], &str)] = &[
            (&[1], "other"),
            (&[2, 0, 1], "none"),
            (&[3], "other"),
            (&[5], "other"),
            (&[5], "none"),
            (&[5, 0], "other"),
            (&[5, 0], "none"),
            (&[6], "other"),
            (&[6], "none"),
        ];
        let found: Vec<(&[usize], &str)> =
            passed.iter().map(|(path, kind)| (path.as_slice(), *kind)).collect();
        assert_eq!(found, expected);
        // Attributes are signed again too; each that is missing, doubled or changed is missed.
        let attributes = [&SIGNER[..], &[3]].concat();
        let parts: Vec<_> =
            boyin_testkit::tlv::elements(boyin_testkit::tlv::content(part(&token, &attributes)));
        for place in 0..parts.len() {
            for change in 0..3 {
                let mut new: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
                match change {
                    0 => drop(new.remove(place)),
                    1 => new.push(new[place].clone()),
                    _ => new[place] = flipped(&new[place]),
                }
                let report = check(&world.with_attributes(&token, &new), &store);
                assert_ne!(report.verdict(), TimestampVerdict::Passed, "{place} {change} {}", shown(&report));
            }
        }
    }
}
