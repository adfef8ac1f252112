//! Every element of a seal and of a seal signature, changed: with and without a new signature.

use boyin_model::seal::SealInfo;
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{
    DOCUMENT, SealWorld, context, generalized_time, resigned_seal, resigned_signature,
};
use boyin_testkit::tlv::{content, elements, part, paths, replaced, tlv};
use boyin_verify::Reader;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{Document, Profile, SealReason, SealVerdict, SealVerifier};

const DAY: u64 = 86_400;

struct Subject {
    world: SealWorld,
    store: CertificateStore,
    seal: Vec<u8>,
    signature: Vec<u8>,
}

impl Subject {
    fn new(algorithm: Algorithm, number: u32) -> Self {
        let world = SealWorld::new(algorithm);
        let id = [0x2a, 3];
        let extensions = vec![boyin_model::seal::Extension { id: &id, critical: false, value: b"x" }];
        let seal = world.seal(&SealInfo { number, extensions, ..world.info() });
        let signature = world.signature(&seal, now().minus(60));
        Self { store: world.store(), world, seal, signature }
    }

    fn all() -> [Self; 2] {
        [Self::new(Algorithm::Sm2, 4), Self::new(Algorithm::Es256, 5)]
    }

    fn of_seal(&self, bytes: &[u8], reader: Reader) -> SealVerdict {
        SealVerifier::new(reader).check_seal(bytes, &context(&self.store, now())).verdict()
    }

    fn of_signature(&self, bytes: &[u8], reader: Reader) -> SealVerdict {
        let document = Document::Bytes(DOCUMENT);
        SealVerifier::new(reader).check_signature(bytes, document, &context(&self.store, now())).verdict()
    }
}

const READERS: [Reader; 2] = [Reader::Ours, Reader::Field];

/// What a change that nobody signed is refused for.
fn says_changed(reason: SealReason) -> bool {
    matches!(
        reason,
        SealReason::Malformed
            | SealReason::Deviates
            | SealReason::TooLarge
            | SealReason::AlgorithmNotAccepted
            | SealReason::SignatureMismatch
            | SealReason::MakerSignatureMismatch
            | SealReason::SignerMalformed
            | SealReason::MakerMalformed
    )
}

/// The element with its tag, its first byte or its last byte changed.
fn changed(element: &[u8]) -> Vec<Vec<u8>> {
    let inside = content(element);
    let mut all = vec![tlv(element[0] ^ 1, &[inside]), tlv(element[0], &[inside, &[0x30]])];
    if let Some((last, init)) = inside.split_last() {
        all.push(tlv(element[0], &[init]));
        all.push(tlv(element[0], &[init, &[last ^ 1]]));
        all.push(tlv(element[0], &[&[inside[0] ^ 1], &inside[1..]]));
    }
    all
}

#[test]
fn every_change_without_a_signature_is_found() {
    let mut count = 0;
    for subject in Subject::all() {
        for path in paths(&subject.seal) {
            for new in changed(part(&subject.seal, &path)) {
                let bytes = replaced(&subject.seal, &path, &new);
                for reader in READERS {
                    let reason = subject.of_seal(&bytes, reader).reason();
                    let reason = reason.unwrap_or_else(|| panic!("{path:?} {new:x?} passed"));
                    // The maker's certificate is not signed by the maker; its issuer and the list of makers protect it.
                    let of_certificate = path == [1] && matches!(reason, SealReason::MakerChainInvalid);
                    assert!(says_changed(reason) || of_certificate, "{path:?} {new:x?}: {reason:?}");
                    count += 1;
                }
            }
        }
        for path in paths(&subject.signature) {
            for new in changed(part(&subject.signature, &path)) {
                let bytes = replaced(&subject.signature, &path, &new);
                for reader in READERS {
                    let reason = subject.of_signature(&bytes, reader).reason();
                    let reason = reason.unwrap_or_else(|| panic!("{path:?} {new:x?} passed"));
                    // Nor is the signer's certificate; the list of the seal protects it.
                    let of_certificate = path == [1] && matches!(reason, SealReason::SignerNotListed);
                    assert!(says_changed(reason) || of_certificate, "{path:?} {new:x?}: {reason:?}");
                    count += 1;
                }
            }
        }
    }
    println!("{count} changes");
}

/// What each part of a seal means: changed, and signed again by the maker. `None`: it passes.
fn of_seal(subject: &Subject) -> Vec<(Vec<usize>, Vec<u8>, Option<SealReason>)> {
    let time = |days: u64| generalized_time(now().plus(days * DAY));
    let past = |days: u64| generalized_time(now().minus(days * DAY));
    let text = |tag, text: &str| tlv(tag, &[text.as_bytes()]);
    let signer = tlv(4, &[&subject.world.signer.1]);
    use SealReason::*;
    vec![
        (vec![0, 0, 0], text(0x16, "ET"), Some(Malformed)),
        (vec![0, 0, 0], text(0x0c, "ES"), Some(Malformed)),
        (vec![0, 0, 1], vec![2, 1, 4], None),
        (vec![0, 0, 1], vec![2, 1, 5], None),
        (vec![0, 0, 1], vec![2, 1, 3], Some(Deviates)),
        (vec![0, 0, 1], vec![2, 2, 0, 4], Some(Malformed)),
        (vec![0, 0, 2], text(0x16, "another"), None),
        (vec![0, 0, 2], text(0x16, ""), None),
        (vec![0, 1], text(0x16, "65270000000002"), None),
        (vec![0, 1], text(0x16, ""), Some(Malformed)),
        (vec![0, 1], text(0x16, "a\nb"), Some(Malformed)),
        (vec![0, 2, 0], vec![2, 1, 2], None),
        (vec![0, 2, 0], vec![2, 1, 3], Some(Deviates)),
        (vec![0, 2, 1], text(0x0c, "另一个名称"), None),
        (vec![0, 2, 1], tlv(0x0c, &[&[0xff]]), Some(Malformed)),
        (vec![0, 2, 2], vec![2, 1, 2], Some(Malformed)),
        (vec![0, 2, 2], vec![2, 1, 3], Some(Malformed)),
        (vec![0, 2, 3], vec![0x30, 0], None),
        (vec![0, 2, 3, 0], tlv(4, &[b"no certificate"]), None),
        (vec![0, 2, 3, 0], tlv(4, &[&subject.world.maker.1]), Some(MakerIsSigner)),
        (vec![0, 2, 4], past(11), None),
        (vec![0, 2, 4], past(9), Some(Deviates)),
        (vec![0, 2, 4], past(8), Some(Deviates)),
        (vec![0, 2, 4], time(400), Some(Deviates)),
        (vec![0, 2, 5], past(1), None),
        (vec![0, 2, 5], time(1), Some(SealNotYetValid)),
        (vec![0, 2, 5], time(400), Some(Malformed)),
        (vec![0, 2, 6], time(1), None),
        (vec![0, 2, 6], past(1), Some(SealExpired)),
        (vec![0, 2, 6], text(0x18, "20260701040000"), Some(Malformed)),
        (vec![0, 3, 0], text(0x16, "JPG"), None),
        (vec![0, 3, 0], text(0x16, "png"), Some(Deviates)),
        (vec![0, 3, 1], tlv(4, &[]), None),
        (vec![0, 3, 1], tlv(4, &[&subject.seal]), None),
        (vec![0, 3, 2], vec![2, 1, 0], None),
        (vec![0, 3, 2], vec![2, 1, 0x80], Some(Malformed)),
        (vec![0, 3, 3], vec![2, 4, 0x7f, 0xff, 0xff, 0xff], None),
        (vec![0, 3, 3], vec![2, 5, 0, 0x80, 0, 0, 0], Some(Malformed)),
        (vec![0, 4, 0, 0], vec![6, 2, 0x2a, 4], None),
        (vec![0, 4, 0, 0], vec![6, 1, 0x80], Some(Deviates)),
        (vec![0, 4, 0, 1], tlv(4, &[&subject.seal]), None),
        (vec![0, 4], vec![0x30, 0], Some(Deviates)),
        (vec![0, 4], tlv(0xa0, &[part(&subject.seal, &[0, 4])]), Some(Deviates)),
        (vec![1], signer, Some(MakerSignatureMismatch)),
        (vec![1], tlv(4, &[]), Some(MakerMalformed)),
        (vec![2], vec![6, 2, 0x2a, 3], Some(AlgorithmNotAccepted)),
        (vec![2], vec![6, 0], Some(AlgorithmNotAccepted)),
    ]
}

#[test]
fn every_change_that_the_maker_signed_means_what_it_says() {
    for subject in Subject::all() {
        let table = of_seal(&subject);
        for (path, new, expected) in &table {
            let bytes = resigned_seal(&subject.world, &subject.seal, path, new);
            let verdict = subject.of_seal(&bytes, Reader::Ours);
            assert_eq!(verdict.reason(), *expected, "{path:?} {new:x?}");
        }
        for path in paths(&subject.seal) {
            let primitive = part(&subject.seal, &path)[0] & 0x20 == 0;
            // The signature itself is what `every_change_without_a_signature_is_found` changes.
            let stated = table.iter().any(|(known, ..)| *known == path) || path == [3];
            assert!(!primitive || stated, "nothing is said of {path:?}");
        }
    }
}

#[test]
fn every_change_that_the_signer_signed_means_what_it_says() {
    use SealReason::*;
    for subject in Subject::all() {
        let text = |text: &str| tlv(0x16, &[text.as_bytes()]);
        let number = part(&subject.signature, &[0, 0])[2];
        let tagged = tlv(0xa0, &[part(&subject.seal, &[0, 4])]);
        let body = part(&subject.signature, &[0]);
        let more = |extra: &[u8]| tlv(0x30, &[content(body), extra]);
        let table: Vec<(Vec<usize>, Vec<u8>, Option<SealReason>)> = vec![
            (vec![0, 0], vec![2, 1, 9 - number], Some(Deviates)),
            (vec![0, 2], generalized_time(now().minus(11 * DAY)), Some(SealNotYetValid)),
            (vec![0, 2], generalized_time(now().minus(9 * DAY)), None),
            (vec![0, 2], generalized_time(now().plus(DAY)), Some(SignedInFuture)),
            (vec![0, 3], tlv(3, &[&[0; 33]]), Some(DocumentMismatch)),
            (vec![0, 3], tlv(3, &[&[0]]), Some(DocumentMismatch)),
            (vec![0, 3], tlv(3, &[]), Some(Malformed)),
            (vec![0, 3], tlv(3, &[&[1; 33]]), Some(Malformed)),
            (vec![0, 3], tlv(4, &[&subject.world.digest()]), Some(Malformed)),
            (vec![0, 4], text("/Doc_0/Signs/Sign_1/Signature.xml"), None),
            (vec![0, 4], text(""), None),
            (vec![0], more(&tagged), None),
            (vec![0], more(part(&subject.seal, &[0, 4])), Some(Deviates)),
            (vec![0], more(&[5, 0]), Some(Malformed)),
            (vec![1], tlv(4, &[&subject.world.maker.1]), Some(SignatureMismatch)),
            (vec![1], tlv(4, &[]), Some(SignerMalformed)),
            (vec![2], vec![6, 2, 0x2a, 3], Some(AlgorithmNotAccepted)),
        ];
        for (path, new, expected) in &table {
            let bytes = resigned_signature(&subject.world, &subject.signature, path, new);
            let verdict = subject.of_signature(&bytes, Reader::Ours);
            assert_eq!(verdict.reason(), *expected, "{path:?} {new:x?}");
        }
        for path in paths(&subject.signature) {
            let primitive = part(&subject.signature, &path)[0] & 0x20 == 0;
            let stated = table.iter().any(|(known, ..)| *known == path) || path == [3];
            // A signer who changes the seal.
            if path.starts_with(&[0, 1]) && path.len() > 2 {
                for new in changed(part(&subject.signature, &path)) {
                    let bytes = resigned_signature(&subject.world, &subject.signature, &path, &new);
                    for reader in READERS {
                        let reason = subject.of_signature(&bytes, reader).reason();
                        let reason = reason.unwrap_or_else(|| panic!("{path:?} {new:x?} passed"));
                        let of_certificate = path == [0, 1, 1] && matches!(reason, MakerChainInvalid);
                        let of_list = path.starts_with(&[0, 1, 0, 2, 3]) && matches!(reason, SignerNotListed);
                        let own = says_changed(reason) && reason != SignatureMismatch;
                        // What is asked before the maker's signature: whether the signer is listed.
                        assert!(
                            own || of_certificate || of_list || reason == ListDigestNotAccepted,
                            "{path:?}: {reason:?}"
                        );
                    }
                }
            } else {
                assert!(!primitive || stated, "nothing is said of {path:?}");
            }
        }
    }
}

#[test]
fn every_bit_counts() {
    let subject = Subject::new(Algorithm::Sm2, 4);
    assert_eq!(subject.of_signature(&subject.signature, Reader::Field), SealVerdict::Passed);
    let length = subject.signature.len();
    let halves = [0..length / 2, length / 2..length];
    std::thread::scope(|scope| {
        for half in halves {
            let subject = &subject;
            scope.spawn(move || {
                let mut bytes = subject.signature.clone();
                for bit in half.start * 8..half.end * 8 {
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    let verdict = subject.of_signature(&bytes, Reader::Field);
                    assert!(matches!(verdict, SealVerdict::Failed(_)), "bit {bit}: {verdict:?}");
                    bytes[bit / 8] ^= 1 << (bit % 8);
                }
            });
        }
    });
    println!("{} bits", length * 8);
}

#[test]
fn parts_and_surplus_are_refused() {
    for subject in Subject::all() {
        for reader in READERS {
            let malformed = SealVerdict::Failed(SealReason::Malformed);
            for (bytes, signature) in [(&subject.seal, false), (&subject.signature, true)] {
                let verdict = |bytes: &[u8]| match signature {
                    true => subject.of_signature(bytes, reader),
                    false => subject.of_seal(bytes, reader),
                };
                assert_eq!(verdict(bytes), SealVerdict::Passed);
                for length in 0..bytes.len() {
                    assert_eq!(verdict(&bytes[..length]), malformed, "{length}");
                }
                for surplus in [&[0][..], &[5, 0], bytes] {
                    assert_eq!(verdict(&[bytes, surplus].concat()), malformed);
                    assert_eq!(verdict(&[surplus, bytes].concat()), malformed);
                }
                // One in the place of the other.
                let other = if signature {
                    subject.of_seal(bytes, reader)
                } else {
                    subject.of_signature(bytes, reader)
                };
                assert_eq!(other, malformed);
            }
        }
    }
}

/// Elements taken away, doubled, or in another order.
fn rearranged(document: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let parents = std::iter::once(Vec::new()).chain(paths(document));
    for path in parents.filter(|path| part(document, path)[0] & 0x20 != 0) {
        let parent = part(document, &path);
        let parts = elements(content(parent));
        let mut add = |what: &str, at: usize, parts: &[&[u8]]| {
            all.push((format!("{what} {path:?} {at}"), replaced(document, &path, &tlv(parent[0], parts))));
        };
        for at in 0..parts.len() {
            let mut less = parts.clone();
            less.remove(at);
            add("without", at, &less);
            let mut more = parts.clone();
            more.insert(at, parts[at]);
            add("twice", at, &more);
            let mut other = parts.clone();
            other.swap(at, (at + 1) % parts.len());
            add("swapped", at, &other);
        }
    }
    all.retain(|(_, bytes)| bytes != document);
    all
}

#[test]
fn no_other_order_passes() {
    let mut count = 0;
    for subject in Subject::all() {
        for (what, bytes) in rearranged(&subject.seal) {
            for reader in READERS {
                assert_ne!(subject.of_seal(&bytes, reader), SealVerdict::Passed, "{what}");
            }
            // Signed again where there is something to sign.
            if elements(content(&bytes)).len() == 4 && elements(content(&bytes))[3][0] == 3 {
                let again = resigned_seal(&subject.world, &bytes, &[0], part(&bytes, &[0]));
                let passed = subject.of_seal(&again, Reader::Ours) == SealVerdict::Passed;
                let free = [
                    "without [0] 4", // the extensions
                    "without [0, 2, 3] 0",
                    "twice [0, 2, 3] 0",
                    "twice [0, 4] 0",
                ];
                let restored = again == subject.seal || again == subject.signature;
                assert_eq!(passed, free.contains(&what.as_str()) || restored, "{what}");
            }
            count += 1;
        }
        for (what, bytes) in rearranged(&subject.signature) {
            for reader in READERS {
                assert_ne!(subject.of_signature(&bytes, reader), SealVerdict::Passed, "{what}");
            }
            if elements(content(&bytes)).len() == 4 && elements(content(&bytes))[3][0] == 3 {
                let again = resigned_signature(&subject.world, &bytes, &[0], part(&bytes, &[0]));
                let passed = subject.of_signature(&again, Reader::Field) == SealVerdict::Passed;
                assert!(!passed || again == subject.signature, "{what}");
            }
            count += 1;
        }
    }
    println!("{count} orders");
}

#[test]
fn profiles_by_name() {
    for profile in Profile::all() {
        assert_eq!(Profile::named(profile.name), Some(profile));
    }
    assert_eq!(Profile::named("gmt0031"), None);
}
