//! `boyin timestamp`, with the `openssl` command as the authority.

use crate::support::{Place, openssl};

const CONFIG: &str = "
[req]
distinguished_name = name
prompt = no
x509_extensions = stamps
[name]
CN = Time Stamping Authority
[stamps]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
[tsa]
default_tsa = authority
[authority]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
";

/// A place with a document, an authority's certificate and its answer to our request over the document.
fn stamped() -> Place {
    let place = Place::empty();
    place.write("tsa.cnf", CONFIG.as_bytes());
    place.write("document", b"the record of a day");
    openssl(
        &place,
        &[
            "req",
            "-x509",
            "-config",
            "tsa.cnf",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-keyout",
            "tsa.key",
            "-out",
            "tsa.pem",
        ],
    );
    let (document, request) = (place.path("document"), place.path("request.tsq"));
    let asked = ["timestamp", "request", &document, "--digest-algorithm", "sha-256", "--out", &request];
    place.boyin(&asked).ends(0);
    openssl(
        &place,
        &[
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-section",
            "authority",
            "-queryfile",
            "request.tsq",
            "-signer",
            "tsa.pem",
            "-inkey",
            "tsa.key",
            "-out",
            "answer.tsr",
        ],
    );
    place
}

#[test]
fn an_answer_to_our_request_is_verified_with_its_anchor_alone() {
    let place = stamped();
    let [document, answer, anchor] = ["document", "answer.tsr", "tsa.pem"].map(|name| place.path(name));
    let more = ["--anchor", &anchor, "--without-revocation", "--digest-algorithm", "sha-256"];
    let verify = |file: &str, more: &[&str]| {
        place.boyin(&[&["timestamp", "verify", &answer, "--file", file], more].concat())
    };
    let passed = verify(&document, &more).ends(0);
    assert!(passed.out.contains("passed"), "{}", passed.out);
    let report = verify(&document, &[&more[..], &["--json"]].concat()).ends(0).json();
    assert_eq!(report["verdict"], "passed");
    // The answer is one to openssl as well.
    openssl(
        &place,
        &["ts", "-verify", "-in", "answer.tsr", "-queryfile", "request.tsq", "-CAfile", "tsa.pem"],
    );

    let other = place.write("other", b"the record of another day");
    let failed = verify(&other, &[&more[..], &["--json"]].concat()).ends(1).json();
    assert_eq!(failed["verdict"], "failed");
    let revocation = ["--anchor", &anchor, "--digest-algorithm", "sha-256"];
    // A certificate that is its own anchor cannot be on another's list.
    verify(&document, &revocation).ends(0);
    let policy = [&more[..], &["--accept-policy", "1.2.3.5"]].concat();
    verify(&document, &policy).ends(1);
    let early = [&more[..], &["--at", "2020-01-01"]].concat();
    assert_ne!(verify(&document, &early).code, Some(0));
    verify(&document, &["--digest-algorithm", "sha-256"]).complains(&["--anchor"]);
}

#[test]
fn what_no_authority_stamps_waits() {
    let place = Place::new();
    let document = place.write("document", b"the record of a day");
    // Nobody listens on the port of the discard service.
    let authority = ["--authority", "http://127.0.0.1:9/tsa"];
    let waiting = place.boyin(&[&["timestamp", "stamp", &document], &authority[..]].concat()).ends(2);
    assert!(waiting.out.contains("waits in the queue") && waiting.err.contains("warning"), "{}", waiting.err);
    assert!(!std::path::Path::new(&format!("{document}.tst")).exists());
    let listed = place.boyin(&["timestamp", "queue", "list"]).ends(0);
    assert!(listed.out.contains("1 waiting"), "{}", listed.out);
    let again = place.boyin(&[&["timestamp", "queue", "retry", "--all"], &authority[..]].concat()).ends(2);
    assert!(again.out.contains("0 stamped, 1 failed"), "{}", again.out);
    let listed = place.boyin(&["timestamp", "queue", "list"]).ends(0);
    assert!(listed.out.contains("tried 2 times") && listed.out.contains("1 waiting"), "{}", listed.out);
}
