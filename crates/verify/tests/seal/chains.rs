//! Published certificates and revocation lists, through the store.

use boyin_suite::all_x509;
use boyin_testkit::vectors;
use boyin_verify::UnixTime;
use boyin_verify::chain::{Certificate, CertificateStore, ChainFault, Revocation};

/// 2022-05-10, when the published lists were fresh; 2022-06-05, when they were not any more.
const FRESH: u64 = 1_652_140_800;
const STALE: u64 = 1_654_387_200;

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

/// The DER bytes of every PEM block of a file, or the file itself.
fn read(name: &str) -> Option<Vec<Vec<u8>>> {
    let bytes = std::fs::read(vectors::path(&format!("certs/{name}"))?).unwrap();
    if name.ends_with(".crl") {
        return Some(vec![bytes]);
    }
    let text = String::from_utf8(bytes).unwrap();
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    Some(blocks.map(|block| base64(block.split("-----END").next().unwrap())).collect())
}

fn base64(text: &str) -> Vec<u8> {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let sextets = text.chars().filter_map(|c| alphabet.iter().position(|known| *known == c));
    let (mut bits, mut count, mut bytes) = (0, 0, Vec::new());
    for sextet in sextets {
        (bits, count) = ((bits << 6 | sextet) & 0xffff, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

fn certificate(name: &str) -> Option<Certificate> {
    Some(Certificate::read(&read(name)?[0]).unwrap())
}

fn store(anchor: &str) -> Option<CertificateStore> {
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(&read(anchor)?[0]).unwrap();
    Some(store)
}

#[test]
fn national_roots_and_their_lists_verify() {
    let all = ["ROOTCA", "Civil_Servant_ROOT", "Device_ROOT"];
    for name in all {
        let Some(root) = certificate(&format!("rootca__{name}.pem")) else { return };
        assert!(root.signed_by(&root, &all_x509()), "{name}");
        let mut store = store(&format!("rootca__{name}.pem")).unwrap();
        assert_eq!(store.status(&root, at(STALE), at(STALE)), Ok(Revocation::Good), "an anchor is trusted");
        for other in all {
            store.add_revocation_list(&read(&format!("crl__{other}.crl")).unwrap()[0]).unwrap();
            if other != name {
                let mut alone = self::store(&format!("rootca__{name}.pem")).unwrap();
                alone.add_revocation_list(&read(&format!("crl__{other}.crl")).unwrap()[0]).unwrap();
                assert!(!alone.has_fresh_list(&root, at(FRESH)), "{other}'s list for {name}");
            }
        }
        assert!(store.has_fresh_list(&root, at(FRESH)), "{name}");
        assert!(!store.has_fresh_list(&root, at(STALE)), "{name}");
        for other in all.iter().filter(|other| **other != name) {
            let other = certificate(&format!("rootca__{other}.pem")).unwrap();
            assert!(!root.signed_by(&other, &all_x509()), "{name} by another root");
        }
        // One bit of the list, of its signed part or of its signature.
        let list = read(&format!("crl__{name}.crl")).unwrap().remove(0);
        for place in [list.len() / 2, list.len() - 1] {
            let mut changed = list.clone();
            changed[place] ^= 1;
            let mut store = self::store(&format!("rootca__{name}.pem")).unwrap();
            if store.add_revocation_list(&changed).is_ok() {
                assert!(!store.has_fresh_list(&root, at(FRESH)), "{name} {place}");
            }
        }
    }
}

#[test]
fn authorities_stand_under_their_roots_and_no_others() {
    for (name, root) in [
        ("ca__TJCA.pem", "Civil_Servant_ROOT"),
        ("ca__Taier_CA.pem", "ROOTCA"),
        ("ca__Ant_Financial_Certification_Authority_S1.pem", "ROOTCA"),
    ] {
        let Some(authority) = certificate(name) else { return };
        let mut right = store(&format!("rootca__{root}.pem")).unwrap();
        let status = |store: &CertificateStore, now| store.status(&authority, at(now), at(now));
        assert_eq!(status(&right, FRESH), Ok(Revocation::Unknown), "{name} without a list");
        right.add_revocation_list(&read(&format!("crl__{root}.crl")).unwrap()[0]).unwrap();
        assert_eq!(status(&right, FRESH), Ok(Revocation::Good), "{name}");
        assert_eq!(status(&right, STALE), Ok(Revocation::Unknown), "{name} with a stale list");
        let other = if root == "ROOTCA" { "Civil_Servant_ROOT" } else { "ROOTCA" };
        let wrong = store(&format!("rootca__{other}.pem")).unwrap();
        assert_eq!(status(&wrong, FRESH), Err(ChainFault::IssuerUnknown), "{name}");
        // Before the root began, and after it ended.
        for now in [1_300_000_000, 2_400_000_000] {
            assert_eq!(status(&right, now), Err(ChainFault::NotInTime), "{name}");
        }
    }
}

#[test]
fn a_signature_without_z_fails() {
    let status = |anchor: &str, leaf: &str| {
        let now = at(1_700_000_000);
        Some(store(anchor)?.status(&certificate(leaf)?, now, now))
    };
    let Some(with_z) = status("sm2-root-cert.pem", "sm2-cert.pem") else { return };
    assert_eq!(with_z, Ok(Revocation::Unknown));
    assert_eq!(status("sm2-root-cert.pem", "sm2-first-crt.pem"), Some(Ok(Revocation::Unknown)));
    assert_eq!(status("sm2-noza-root-cert.pem", "sm2-noza-cert.pem"), Some(Err(ChainFault::Signature)));
    // An authority by its own extensions, but not by that of another.
    assert_eq!(status("sm2-cert.pem", "sm2-first-crt.pem"), Some(Err(ChainFault::NotAnAuthority)));
    assert_eq!(status("ca__TJCA.pem", "sm2-first-crt.pem"), Some(Err(ChainFault::IssuerUnknown)));
}

#[test]
fn a_leaf_stands_under_a_chain_of_two() {
    let Some(chain) = read("sm2-chain-ca.crt") else { return };
    assert_eq!(chain.len(), 2);
    let leaf = certificate("sm2-leaf.crt").unwrap();
    let now = at(1_700_000_000);
    for (anchor, other) in [(0, 1), (1, 0)] {
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(&chain[anchor]).unwrap();
        store.add_intermediate(&chain[other]).unwrap();
        assert_eq!(store.status(&leaf, now, now), Ok(Revocation::Unknown), "{anchor}");
    }
}
