//! Clients of the service: added, listed, given another key, removed.

use boyin::access::CertificateDigest;
use boyin::issue::KeyRef;
use boyin::model::alg::Signer as _;
use boyin::suite::{Algorithm, SoftwareKey, SystemRandom};

use crate::support::{MARKET, Place, certificate, office, openssl};

/// A new public key, as a JSON Web Key.
pub(crate) fn key(place: &Place, name: &str, algorithm: Algorithm) -> (String, String) {
    let key = SoftwareKey::generate(algorithm, &mut SystemRandom).unwrap();
    let key = KeyRef::new(algorithm.verifier(), key.public_key().0).unwrap();
    (place.write(name, &serde_json::to_vec(key.jwk()).unwrap()), key.jwk().kid.clone())
}

#[test]
fn a_client_is_registered_by_its_public_key() {
    let place = Place::new();
    let agency = office(MARKET).code;
    let words = ["--who", "管理员", "--purpose", "接入受理系统"];
    let run = |args: &[&str]| place.boyin(&[&["client"], args, &words[..]].concat());
    let (first, kid) = key(&place, "first.json", Algorithm::Es256);
    let add = |file: &str, more: &[&str]| {
        let args = ["add", "market-1", "--name", "受理系统", "--agency", agency.as_str(), "--key", file];
        run(&[&args[..], &["--scope", "share:license", "--sharing", "departments"], more].concat())
    };
    let added = add(&first, &["--scope", "share:check"]).ends(0);
    assert!(added.out.contains(&kid), "{}", added.out);
    add(&first, &[]).complains(&["market-1", "boyin client rotate"]);
    add(&first, &["--scope", "license:read"]).complains(&["share:holder"]);
    add(&first, &["--days", "401"]).complains(&["market-1"]);
    for (name, text, words) in [
        ("private.json", r#"{"kty":"EC","crv":"P-256","x":"","y":"","d":"AAAA"}"#, "private key"),
        ("other.json", r#"{"kty":"RSA"}"#, "no public key"),
        ("other.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no public key"),
    ] {
        let file = place.write(name, text.as_bytes());
        run(&["rotate", "market-1", "--key", &file]).complains(&[words, name]);
    }
    let (second, next) = key(&place, "second.json", Algorithm::Sm2);
    run(&["rotate", "market-1", "--key", &second, "--overlap-hours", "1"]).ends(0);
    let listed = place.boyin(&["--json", "client", "list"]).ends(0).json();
    let keys = listed["clients"][0]["key"].as_array().unwrap();
    let kids: Vec<_> = keys.iter().map(|key| key["key"]["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, [&kid, &next]);
    let until = |place: usize| keys[place]["until"].as_u64().unwrap();
    assert!(until(0) < until(1) - 300 * 86_400);
    assert!(place.boyin(&["client", "list"]).ends(0).out.contains("market-1"));
    run(&["remove", "market-1"]).ends(0);
    run(&["remove", "market-1"]).complains(&["boyin client list"]);
    let journal = std::fs::read_to_string(place.home().join("clients.jsonl")).unwrap();
    let deeds: Vec<_> = ["add", "rotate", "remove"].map(|deed| format!("\"deed\":\"{deed}\"")).to_vec();
    assert_eq!(journal.lines().count(), 3);
    for (line, deed) in journal.lines().zip(&deeds) {
        assert!(line.contains(deed) && line.contains("管理员") && line.contains("接入受理系统"), "{line}");
    }
}

/// A new certificate in PEM, and its digest; in DER it is `certificate.der`.
fn digested(place: &Place, name: &str) -> (String, String) {
    let [file, _] = certificate(place, name);
    openssl(place, &["x509", "-in", &file, "-outform", "DER", "-out", "certificate.der"]);
    (file, CertificateDigest::of(&place.read("certificate.der")).to_string())
}

#[test]
fn a_client_is_bound_to_its_certificates() {
    let place = Place::new();
    let (one, digest) = digested(&place, "one");
    let (two, next) = digested(&place, "two");
    let agency = office(MARKET).code;
    let words = ["--who", "管理员", "--purpose", "绑定证书"];
    let run = |args: &[&str]| place.boyin(&[&["client"], args, &words[..]].concat());
    let (key_file, _) = key(&place, "key.json", Algorithm::Es256);
    let add = ["add", "market-1", "--name", "受理系统", "--agency", agency.as_str(), "--key", &key_file];
    let grants = ["--scope", "share:license", "--sharing", "departments", "--certificate", &one];
    run(&[&add[..], &grants].concat()).ends(0);
    let named = || {
        let listed = place.boyin(&["--json", "client", "list"]).ends(0).json();
        listed["clients"][0]["certificates"].clone()
    };
    assert_eq!(named(), serde_json::json!([digest]));
    let set = |files: &[&str]| {
        let files: Vec<_> = files.iter().flat_map(|file| ["--certificate", file]).collect();
        run(&[&["certificate", "set", "market-1"], &files[..]].concat())
    };
    set(&[]).complains(&["--certificate"]);
    set(&[&one, &one]).complains(&["market-1", "two"]);
    let chain = place.write("chain.pem", &[place.read("one.pem"), place.read("two.pem")].concat());
    set(&[&chain]).complains(&["2 certificates"]);
    let longer = place.write("longer.der", &[place.read("certificate.der"), vec![0]].concat());
    set(&[&longer]).complains(&["longer.der"]);
    assert_eq!(named(), serde_json::json!([digest]), "what was refused changed nothing");
    set(&[&two, &place.path("certificate.der")]).complains(&["two"]);
    assert!(set(&[&one, &two]).ends(0).out.contains(&next));
    assert_eq!(named(), serde_json::json!([digest, next]));
    run(&["certificate", "remove", "market-1"]).ends(0);
    assert_eq!(named(), serde_json::Value::Null);
    run(&["certificate", "remove", "nobody"]).complains(&["boyin client list"]);
}
