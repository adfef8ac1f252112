//! The verdict of this project, and that of the openssl command.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::chains::Chain;
use boyin_testkit::prefecture::now;
use boyin_testkit::timestamp::openssl::is_there;
use boyin_verify::chain::{
    Certificate, CertificateQuery, CertificateReason, CertificateStore, CertificateVerdict, Oid, Profile,
    Purpose,
};

/// What is asked beside the path.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) query: CertificateQuery,
    /// The same in options of `openssl verify`.
    pub(crate) options: String,
}

impl Asked {
    pub(crate) fn path() -> Self {
        let query = CertificateQuery { require_revocation: false, ..CertificateQuery::new(now()) };
        Self { query, options: String::new() }
    }

    pub(crate) fn for_server(mut self) -> Self {
        self.query.purpose = Purpose::ServerAuth;
        self.options += " -purpose sslserver";
        self
    }

    pub(crate) fn bearing(mut self, host: &str) -> Self {
        self.query.names.push(boyin_verify::chain::ExpectedName::parse(host).unwrap());
        self.options += &format!(" -verify_hostname {host}");
        self
    }

    pub(crate) fn under(mut self, policy: &str) -> Self {
        self.query.policies.explicit = true;
        self.query.policies.acceptable.push(policy.parse::<Oid>().unwrap());
        self.options += &format!(" -policy_check -explicit_policy -policy {policy}");
        self
    }

    pub(crate) fn with_revocation(mut self) -> Self {
        self.query.require_revocation = true;
        self.options += " -crl_check_all -use_deltas -extended_crl";
        self
    }
}

/// The reason, `None` if it passes; checks that run and are not passed must be one.
pub(crate) fn ours(chain: &Chain, asked: &Asked) -> Option<CertificateReason> {
    let leaf = Certificate::read(&chain.leaf.write(chain.algorithm));
    let leaf = match leaf {
        Ok(leaf) => leaf,
        Err(_) => return Some(CertificateReason::Malformed),
    };
    let store = store(chain);
    let report = store.verify(&leaf, &asked.query);
    let faults = report.checks.iter().filter(|(_, found)| found.is_some_and(|found| found.is_err())).count();
    let reason = match report.verdict() {
        CertificateVerdict::Passed => None,
        CertificateVerdict::Failed(reason) | CertificateVerdict::Indeterminate(reason) => Some(reason),
    };
    assert_eq!(faults, usize::from(reason.is_some()), "only one check objects: {:?}", report.checks);
    if asked.query.profile == Profile::Rfc5280 && reason.is_none() {
        let field = CertificateQuery { profile: Profile::Field, ..asked.query.clone() };
        assert_eq!(store.verify(&leaf, &field).verdict(), CertificateVerdict::Passed, "strict is tolerable");
    }
    reason
}

pub(crate) fn store(chain: &Chain) -> CertificateStore {
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(&chain.root.write(chain.algorithm)).unwrap();
    for middle in &chain.middle {
        store.add_intermediate(&middle.write(chain.algorithm)).unwrap();
    }
    for list in &chain.lists {
        store.add_revocation_list(&list.write(chain.algorithm)).unwrap();
    }
    for answer in &chain.answers {
        store.add_response(&answer.write(chain.algorithm)).unwrap();
    }
    store
}

/// Whether `openssl verify` accepts it; `None` without the command, which is a failure in CI.
pub(crate) fn openssl(chain: &Chain, asked: &Asked) -> Option<bool> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    if !is_there() {
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "chain-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, label: &str, parts: &[Vec<u8>]| {
        let text: String = parts.iter().map(|der| pem(label, der)).collect();
        std::fs::write(folder.join(name), text).unwrap();
    };
    let algorithm = chain.algorithm;
    write("root.pem", "CERTIFICATE", &[chain.root.write(algorithm)]);
    write("leaf.pem", "CERTIFICATE", &[chain.leaf.write(algorithm)]);
    let middle: Vec<_> = chain.middle.iter().map(|parts| parts.write(algorithm)).collect();
    write("middle.pem", "CERTIFICATE", &middle);
    let lists: Vec<_> = chain.lists.iter().map(|parts| parts.write(algorithm)).collect();
    write("lists.pem", "X509 CRL", &lists);
    let mut line = format!("verify -attime {} -CAfile root.pem", now().seconds());
    if !middle.is_empty() {
        line += " -untrusted middle.pem";
    }
    if !lists.is_empty() {
        line += " -CRLfile lists.pem";
    }
    if algorithm == Algorithm::Sm2 {
        line += " -vfyopt distid:1234567812345678";
    }
    line += &asked.options;
    let output =
        Command::new("openssl").args(line.split_whitespace()).arg("leaf.pem").current_dir(&folder).output();
    let passed = output.unwrap().status.success();
    std::fs::remove_dir_all(&folder).unwrap();
    Some(passed)
}

fn pem(label: &str, der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let quartet = |bytes: &[u8]| {
        let padded = [bytes, &[0; 2]].concat();
        let number = padded[..3].iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
        let letter = |at: usize| {
            if at <= bytes.len() { char::from(ALPHABET[number >> (18 - 6 * at) & 63]) } else { '=' }
        };
        (0..4).map(letter).collect::<String>()
    };
    let text: String = der.chunks(3).map(quartet).collect();
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// What openssl is expected to say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Peer {
    /// The same as we.
    Agrees,
    /// The opposite, for this cause.
    Differs(&'static str),
}

/// What is not as expected of a case, under both algorithms.
pub(crate) fn judge(
    what: &str,
    change: impl Fn(&mut Chain),
    asked: &Asked,
    expected: Option<CertificateReason>,
    peer: Peer,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for algorithm in Algorithm::ALL {
        let mut chain = Chain::new(algorithm);
        change(&mut chain);
        let found = ours(&chain, asked);
        if found != expected {
            wrong.push(format!("{what}, {algorithm:?}: {found:?}, not {expected:?}"));
        }
        // openssl 3.0 gives the user ID of SM2 to the leaf alone: authorities below a root and lists are beyond it.
        let beyond = algorithm == Algorithm::Sm2 && !(chain.middle.is_empty() && chain.lists.is_empty());
        if let Some(accepted) = (!beyond).then(|| openssl(&chain, asked)).flatten() {
            let agrees = accepted == expected.is_none();
            if agrees != (peer == Peer::Agrees) {
                wrong.push(format!("{what}, {algorithm:?}: openssl accepts: {accepted}, not {peer:?}"));
            }
        }
    }
    wrong
}
