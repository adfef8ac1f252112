//! The openssl command stamps and verifies: what it refuses, we refuse.

use std::path::PathBuf;

use boyin_model::timestamp::{ReceivedRequest, Request, Response, SHA256};
use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::prefecture::now;
use boyin_testkit::timestamp::openssl::{Keys, OPENSSL_POLICY, OpenSslAuthority, accepts, is_there};
use boyin_testkit::timestamp::{STAMPED, TimestampWorld};
use boyin_verify::Reader;
use boyin_verify::chain::CertificateStore;
use boyin_verify::timestamp::{
    Stamped, TimestampContext, TimestampPolicy, TimestampReport, TimestampVerdict, WhenUnknown, check_token,
};

use crate::{check, shown, stamped_at};

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("timestamp-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Strict reading; like the command without asking for revocation lists, at the time of the token.
fn judge(token: &[u8], data: &[u8], store: &CertificateStore, nonce: Option<&[u8]>) -> TimestampReport {
    let policy = TimestampPolicy {
        policies: vec![OPENSSL_POLICY.to_owned()],
        when_unknown: WhenUnknown::Accept,
        ..TimestampPolicy::default()
    };
    let at = boyin_model::timestamp::Token::read(token, Reader::Ours);
    let at = at.map_or(now(), |token| token.info.time.at);
    let context = TimestampContext { now: at, certificates: store, policy: &policy, nonce, claimed: None };
    check_token(token, Reader::Ours, Stamped::Bytes(data), &context)
}

fn store(root: &[u8]) -> CertificateStore {
    let mut store = CertificateStore::new(&all_x509());
    store.add_timestamp_authority(root).unwrap();
    store
}

#[test]
fn tokens_of_the_command_pass_and_changed_ones_only_where_it_takes_them_too() {
    if !is_there() {
        return;
    }
    for (keys, name) in [(Keys::Rsa, "sha-256"), (Keys::P256, "sm3")] {
        let folder = folder(&format!("{keys:?}"));
        let authority = OpenSslAuthority::new(&folder, keys);
        let algs = all_x509();
        let alg = algs.iter().find(|alg| alg.id().digest == name).unwrap();
        let nonce = [0x5a; 16];
        let request = Request {
            algorithm: name,
            digest: alg.digest(&[STAMPED]),
            policy: Some(OPENSSL_POLICY.parse().unwrap()),
            nonce: Some(&nonce),
            with_certificate: true,
        };
        let reply = authority.reply(&request.write().unwrap());
        let response = Response::read(&reply, Reader::Ours).unwrap();
        let token = response.token.unwrap();
        assert_eq!(token.certificates.len(), 2);
        assert!(token.info.authority.is_some() && token.info.ordering && token.info.accuracy.is_some());
        let (store, root) = (store(&authority.root()), authority.root());
        let report = judge(token.bytes, STAMPED, &store, Some(&nonce));
        assert_eq!(report.verdict(), TimestampVerdict::Passed, "{}", shown(&report));
        let at = token.info.time.at.seconds();
        assert!(accepts(&folder, token.bytes, STAMPED, &root, at));
        assert!(!accepts(&folder, token.bytes, b"other", &root, at));
        assert_ne!(judge(token.bytes, b"other", &store, None).verdict(), TimestampVerdict::Passed);

        // The root that came with it is not used: the trusted one is. The command also reads what it does not use.
        let (first, unused) = (token.certificates[0], token.certificates[1]);
        assert_eq!((unused, first == root), (root.as_slice(), false));
        let unused = unused.as_ptr().addr() - token.bytes.as_ptr().addr();
        let unused = unused..unused + root.len();
        let (mut taken, mut refused, mut wrong) = (0, 0, Vec::new());
        for place in (0..token.bytes.len()).filter(|place| !unused.contains(place)) {
            for flip in [1, 0x80] {
                let mut changed = token.bytes.to_vec();
                changed[place] ^= flip;
                if judge(&changed, STAMPED, &store, None).verdict() == TimestampVerdict::Passed {
                    if !accepts(&folder, &changed, STAMPED, &root, at) {
                        wrong.push((place, flip));
                    }
                    taken += 1;
                } else {
                    refused += 1;
                }
            }
        }
        println!("{keys:?}: of {} changes {refused} refused, {taken} taken as by openssl", taken + refused);
        assert!(wrong.is_empty() && refused > taken, "{keys:?}: openssl refuses {wrong:?}");
    }
}

#[test]
fn requests_of_the_command_are_read_and_ours_are_what_it_writes() {
    if !is_there() {
        return;
    }
    let folder = folder("request");
    let authority = OpenSslAuthority::new(&folder, Keys::P256);
    let theirs = authority.request(STAMPED, "sha256");
    let read = ReceivedRequest::read(&theirs).unwrap();
    assert_eq!(read.imprint.algorithm.id, SHA256);
    let nonce = read.nonce.unwrap();
    let ours = Request {
        algorithm: "sha-256",
        digest: read.imprint.digest.try_into().unwrap(),
        policy: None,
        nonce: Some(nonce),
        with_certificate: read.with_certificate,
    };
    assert_eq!(ours.write().unwrap(), theirs);
}

/// RFC 3161 tokens of the kit's P-256 authority; those of SM2 the command cannot judge, see `mutations`.
#[test]
fn tokens_of_the_kit_pass_with_the_command_too() {
    if !is_there() {
        return;
    }
    let folder = folder("kit");
    let world = TimestampWorld::new(Algorithm::Es256);
    let token = world.stamped(STAMPED, stamped_at());
    assert_eq!(check(&token, &world.store()).verdict(), TimestampVerdict::Passed);
    let at = now().seconds();
    assert!(accepts(&folder, &token, STAMPED, &world.root.1, at));
    let sm2 = TimestampWorld::new(Algorithm::Sm2);
    let token = sm2.stamped(STAMPED, stamped_at());
    println!("openssl takes an SM2 token: {}", accepts(&folder, &token, STAMPED, &sm2.root.1, at));
}

/// The signature over the signed attributes of an SM2 token, by the command.
#[test]
fn the_signature_of_an_sm2_token_is_over_its_attributes() {
    if !is_there() {
        return;
    }
    let folder = folder("sm2");
    let world = TimestampWorld::new(Algorithm::Sm2);
    let bytes = world.stamped(STAMPED, stamped_at());
    let token = boyin_model::timestamp::Token::read(&bytes, Reader::Ours).unwrap();
    let run = |line: &str| {
        let mut command = std::process::Command::new("openssl");
        command.args(line.split_whitespace()).current_dir(&folder).output().unwrap()
    };
    std::fs::write(folder.join("c.der"), token.certificates[0]).unwrap();
    std::fs::write(folder.join("p.pem"), run("x509 -inform DER -in c.der -pubkey -noout").stdout).unwrap();
    std::fs::write(folder.join("s"), token.signer.signature).unwrap();
    let verify = "dgst -sm3 -sigopt distid:1234567812345678 -verify p.pem -signature s m";
    std::fs::write(folder.join("m"), &token.signer.attributes.signed).unwrap();
    assert!(run(verify).status.success());
    std::fs::write(folder.join("m"), &token.signer.attributes.signed[1..]).unwrap();
    assert!(!run(verify).status.success());
}
