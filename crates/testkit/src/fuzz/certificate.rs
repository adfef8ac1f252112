//! Certificates, revocation lists and responders' answers.

use std::sync::LazyLock;

use boyin_suite::{Algorithm, all_x509};
use boyin_verify::chain::{
    Certificate, CertificateQuery, CertificateStore, CertificateVerdict, Profile, Purpose, Revocation,
    SubjectTable,
};

use crate::chains::{AnswerParts, Chain, ListParts};
use crate::prefecture::now;

struct Known {
    root: Vec<u8>,
    middle: Vec<u8>,
    leaf: Vec<u8>,
    lists: Vec<Vec<u8>>,
    answer: Vec<u8>,
}

static KNOWN: LazyLock<[Known; 2]> = LazyLock::new(|| Algorithm::ALL.map(known));

fn known(algorithm: Algorithm) -> Known {
    let chain = Chain::new(algorithm);
    Known {
        root: chain.root.write(algorithm),
        middle: chain.middle[0].write(algorithm),
        leaf: chain.leaf.write(algorithm),
        lists: vec![
            ListParts::of("root", 900, 1).write(algorithm),
            ListParts::of("middle", 901, 1).revoking(&chain.leaf.serial, 1).write(algorithm),
        ],
        answer: AnswerParts::of(&chain.leaf).write(algorithm),
    }
}

fn store(known: &Known) -> CertificateStore {
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(&known.root).expect("a certificate");
    store.add_intermediate(&known.middle).expect("a certificate");
    store
}

/// The first byte says what the others stand for: leaf, authority, list or answer. Nothing passes but what the kit's keys
/// signed; nothing that they did not sign changes what is known of revocation.
///
/// # Panics
/// If a promise is broken.
pub fn certificate(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else { return };
    let known = &KNOWN[usize::from(which & 1)];
    match which >> 1 & 3 {
        0 => as_leaf(known, bytes),
        1 => as_authority(known, bytes),
        2 => as_list(known, bytes),
        _ => as_answer(known, bytes),
    }
}

fn as_leaf(known: &Known, bytes: &[u8]) {
    let Ok(leaf) = Certificate::read(bytes) else { return };
    let again = Certificate::read(leaf.der()).expect("what was read is read again");
    assert_eq!((leaf.der(), leaf.serial()), (bytes, again.serial()), "the bytes are kept");
    assert_eq!(leaf.deviations(), again.deviations());
    assert_eq!((leaf.not_before(), leaf.not_after()), (again.not_before(), again.not_after()));
    for identity in leaf.identities(&SubjectTable::default()) {
        assert!(!format!("{identity:?}").contains(&format!("\"{}\"", identity.value())));
    }
    let _ = (leaf.subject_text(), leaf.issuer_text());
    let store = store(known);
    let ours =
        [&known.root, &known.middle, &known.leaf].iter().any(|ours| signed_part(ours) == signed_part(bytes));
    for profile in [Profile::Rfc5280, Profile::Field] {
        for purpose in Purpose::ALL {
            let query = CertificateQuery {
                profile,
                purpose,
                require_revocation: false,
                ..CertificateQuery::new(now())
            };
            let report = store.verify(&leaf, &query);
            assert!(
                report.verdict() != CertificateVerdict::Passed || ours,
                "a path without the anchor's signature"
            );
            assert_eq!(store.verify(&leaf, &query).verdict(), report.verdict());
        }
    }
}

/// A signature has several spellings, the signed part one.
pub(super) fn signed_part(certificate: &[u8]) -> Option<&[u8]> {
    let start = if *certificate.get(1)? < 0x80 { 2 } else { 2 + usize::from(certificate[1] & 0x7f) };
    let (first, second) = (certificate.get(start + 1)?, certificate.get(start + 2..start + 4)?);
    let length = match first {
        0x82 => 4 + usize::from(second[0]) * 256 + usize::from(second[1]),
        0x81 => 3 + usize::from(second[0]),
        short => 2 + usize::from(*short),
    };
    certificate.get(start..start + length)
}

fn as_authority(known: &Known, bytes: &[u8]) {
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(&known.root).expect("a certificate");
    if store.add_intermediate(bytes).is_err() {
        return;
    }
    let leaf = Certificate::read(&known.leaf).expect("a certificate");
    let query = CertificateQuery {
        require_revocation: false,
        profile: Profile::Field,
        ..CertificateQuery::new(now())
    };
    let passed = store.verify(&leaf, &query).verdict() == CertificateVerdict::Passed;
    assert!(!passed || signed_part(bytes) == signed_part(&known.middle), "a path over a stranger");
}

fn as_list(known: &Known, bytes: &[u8]) {
    let mut store = store(known);
    let read = store.add_revocation_list(bytes).is_ok();
    let leaf = Certificate::read(&known.leaf).expect("a certificate");
    let ours = known.lists.iter().any(|ours| signed_part(ours) == signed_part(bytes));
    let found = store.status(&leaf, now(), now()).expect("there is a path");
    assert!(found == Revocation::Unknown || (read && ours), "a list that nobody signed");
}

fn as_answer(known: &Known, bytes: &[u8]) {
    let mut store = store(known);
    for list in &known.lists[..1] {
        store.add_revocation_list(list).expect("a list");
    }
    let changed = bytes != known.answer;
    let read = store.add_response(bytes).is_ok();
    let leaf = Certificate::read(&known.leaf).expect("a certificate");
    let found = store.status(&leaf, now(), now()).expect("there is a path");
    assert!(matches!(found, Revocation::Unknown | Revocation::Good), "nobody revoked it");
    assert!(found == Revocation::Unknown || read, "an answer that was not read");
    assert!(changed || found == Revocation::Good, "the answer itself counts");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right_and_holds_under_each_changed_byte() {
        certificate(b"");
        for (which, known) in (0_u8..).zip(KNOWN.iter()) {
            let parts = [&known.leaf, &known.middle, &known.lists[1], &known.answer];
            for (kind, bytes) in (0_u8..).zip(parts) {
                let data = [&[which | kind << 1], &bytes[..]].concat();
                certificate(&data);
                certificate(&data[..data.len() - 1]);
                for at in 1..data.len() {
                    for bit in [1, 0x80] {
                        let mut data = data.clone();
                        data[at] ^= bit;
                        certificate(&data);
                    }
                }
            }
        }
    }
}
