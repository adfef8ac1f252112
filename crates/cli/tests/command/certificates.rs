//! `boyin cert` on certificates made by openssl.

use std::path::PathBuf;
use std::process::Command;

use boyin_testkit::timestamp::openssl::is_there;

use crate::support::{Ran, boyin_alone};

/// A citizen's number, invented: GB 11643's own example.
const NUMBER: &str = "11010519491231002X";

struct Made(tempfile::TempDir);

impl Made {
    /// A root, an authority with a policy, and a leaf of a person; a list of each issuer, the second as PEM.
    fn new() -> Option<Self> {
        if !is_there() {
            return None;
        }
        let made = Self(tempfile::tempdir().unwrap());
        made.write(
            "c",
            &format!(
                "[req]\ndistinguished_name=d\n[d]\n[ca]\ndefault_ca=a\n[a]\ndatabase=index\ncrlnumber=number\n\
                 [v]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                 subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\ncertificatePolicies=1.2.3.1\n\
                 [l]\nauthorityKeyIdentifier=keyid\nsubjectAltName=DNS:a.example.com\nkeyUsage=digitalSignature\n\
                 certificatePolicies=1.2.3.1\n1.2.156.10260.4.1.1=ASN1:UTF8:{NUMBER}\n"
            ),
        );
        for name in ["root", "middle", "leaf"] {
            made.run(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        }
        made.run(
            "req -new -x509 -key root.key -subj /CN=root -config c -extensions v -days 30 -out root.pem",
        );
        let person = format!("/CN=051@name@{NUMBER}");
        let below = [("middle", "root", 1, "v", "/CN=middle"), ("leaf", "middle", 2, "l", &person)];
        for (name, issuer, number, part, subject) in below {
            made.run(&format!("req -new -key {name}.key -subj {subject} -config c -out r"));
            made.run(&format!(
                "x509 -req -in r -CA {issuer}.pem -CAkey {issuer}.key -set_serial {number} -days 20 -extfile c \
                 -extensions {part} -out {name}.pem"
            ));
        }
        made.write("index", "");
        for issuer in ["root", "middle"] {
            made.write("number", "01\n");
            made.run(&format!(
                "ca -config c -gencrl -cert {issuer}.pem -keyfile {issuer}.key -md sha256 -crldays 5 -out {issuer}.crl"
            ));
        }
        made.run("crl -in root.crl -outform DER -out root.crl");
        made.run("x509 -in leaf.pem -outform DER -out leaf.der");
        Some(made)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, line: &str) {
        let output = Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    fn boyin(&self, line: &str) -> Ran {
        boyin_alone(self.0.path(), &line.split_whitespace().collect::<Vec<_>>())
    }
}

#[test]
fn verdicts_reasons_and_exit_codes() {
    let Some(made) = Made::new() else { return };
    let base = "cert verify --json --leaf leaf.pem --anchor root.pem --intermediate middle.pem";
    let ran = made.boyin(&format!("{base} --crl root.crl --crl middle.crl --name a.example.com")).ends(0);
    let found = ran.json();
    assert_eq!((found["verdict"].as_str(), found["reason"].as_str()), (Some("passed"), None));
    assert_eq!(found["path"].as_array().unwrap().len(), 3);
    assert_eq!(found["policies"], serde_json::json!(["1.2.3.1"]));
    assert_eq!(found["revocation"], serde_json::json!([{ "status": "good" }, { "status": "good" }]));
    let names = ["format", "path", "time", "purpose", "name", "revocation"];
    for (place, name) in names.iter().enumerate() {
        let check = serde_json::json!({ "check": name, "result": "passed", "reason": null });
        assert_eq!(found["checks"][place], check);
    }
    for (options, code, reason) in [
        ("--crl middle.crl", 2, "revocation_unknown"),
        ("--require-revocation", 2, "revocation_unknown"),
        ("--at 2000-01-01T00:00:00Z", 1, "path_not_in_time"),
        ("--name b.example.com", 1, "certificate_name_mismatch"),
        ("--purpose time-stamping", 1, "certificate_purpose"),
        ("--policy 1.2.3.2 --explicit-policy", 1, "path_policy"),
        ("--max-depth 0", 2, "path_too_long"),
    ] {
        let found = made.boyin(&format!("{base} {options}")).ends(code).json();
        assert_eq!(found["reason"], reason, "{options}");
    }
    let alone = made.boyin("cert verify --json --leaf leaf.der --anchor root.pem").ends(2).json();
    assert_eq!(alone["reason"], "path_issuer_unknown");
    let none = made.boyin("cert verify --json --leaf root.crl --anchor root.pem").ends(1).json();
    assert_eq!(none["reason"], "certificate_malformed");
    assert_eq!(none["checks"][1]["result"], "not_run");
    let noted = made.boyin(&format!("{base} --crl leaf.der")).ends(2).json();
    assert!(noted["notes"][0].as_str().unwrap().starts_with("crl_left_out: "));
    assert!(made.boyin(&base.replace(" --json", "")).ends(0).out.contains("passed"));
    for wrong in ["--purpose x", "--profile x", "--policy 1", "--name a..b", "--at noon", "--crl missing"] {
        made.boyin(&format!("{base} {wrong}")).complains(&[]);
    }
}

#[test]
fn a_bundle_holds_several() {
    let Some(made) = Made::new() else { return };
    let both =
        ["middle.pem", "root.pem"].map(|name| std::fs::read_to_string(made.path(name)).unwrap()).concat();
    made.write("both.pem", &both);
    made.boyin("cert verify --leaf leaf.pem --anchor root.pem --intermediate both.pem").ends(0);
    assert_eq!(made.boyin("cert inspect --json both.pem").ends(0).out.lines().count(), 2);
}

#[test]
fn numbers_of_persons_do_not_print() {
    let Some(made) = Made::new() else { return };
    made.write(
        "table.toml",
        "[[rule]]\nauthority = \"middle\"\nholds = \"id_number\"\nextension = \"1.2.156.10260.4.1.1\"\n\
         [[rule]]\nauthority = \"middle\"\nholds = \"name\"\nattribute = \"2.5.4.3\"\n\
         [[rule]]\nauthority = \"another\"\nholds = \"name\"\nattribute = \"2.5.4.3\"\n",
    );
    let ran = made.boyin("cert inspect --json leaf.pem --subjects table.toml").ends(0);
    let identity = |kind: &str, value: &str| serde_json::json!({ "kind": kind, "value": value });
    let expected = [identity("id_number", "1**"), identity("id_number", "1**"), identity("name", "0**")];
    assert_eq!(ran.json()["identities"], serde_json::json!(expected));
    for line in
        ["cert inspect leaf.pem", "cert verify --leaf leaf.pem --anchor leaf.pem --at 2000-01-01T00:00:00Z"]
    {
        let ran = made.boyin(line);
        assert!(!ran.out.contains(&NUMBER[..17]) && !ran.err.contains(&NUMBER[..17]), "{}", ran.out);
    }
    assert!(!ran.out.contains(&NUMBER[..17]));
}

/// An authority's server on a port of its own that gives the files of a directory, while it is told to.
struct Lists {
    host: String,
    open: std::sync::Arc<std::sync::atomic::AtomicBool>,
    asked: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl Lists {
    /// `None` where the address is not one of this machine.
    fn at(address: &str, dir: PathBuf) -> Option<Self> {
        use std::io::{BufRead as _, Write as _};
        use std::sync::atomic::Ordering::SeqCst;
        let listener = std::net::TcpListener::bind(address).ok()?;
        let host = listener.local_addr().unwrap().to_string();
        let lists = Self { host, open: std::sync::Arc::default(), asked: std::sync::Arc::default() };
        lists.open.store(true, SeqCst);
        let (open, asked) = (std::sync::Arc::clone(&lists.open), std::sync::Arc::clone(&lists.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                asked.fetch_add(1, SeqCst);
                let mut reader = std::io::BufReader::new(stream.unwrap());
                let mut first = String::new();
                reader.read_line(&mut first).unwrap();
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    line.clear();
                }
                let name = first.split(' ').nth(1).unwrap().trim_start_matches('/');
                let body = std::fs::read(dir.join(name)).unwrap();
                let (status, body) = if open.load(SeqCst) {
                    ("200 OK", body)
                } else {
                    ("503 Service Unavailable", Vec::new())
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // A client that went away is its own business.
                let _ = reader.get_mut().write_all(&[head.as_bytes(), &body].concat());
            }
        });
        Some(lists)
    }
}

#[test]
fn lists_are_fetched_kept_and_their_age_is_told() {
    use std::sync::atomic::Ordering::SeqCst;
    let Some(made) = Made::new() else { return };
    made.run("crl -in middle.crl -outform DER -out middle.der");
    let mut served = 0;
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Some(lists) = Lists::at(address, made.path("")) else { continue };
        served += 1;
        let (host, cache) = (lists.host.clone(), format!("cache-{served}"));
        let verify = |more: &str| {
            made.boyin(&format!(
                "cert verify --json --leaf leaf.pem --anchor root.pem --intermediate middle.pem --fetch {host} --cache {cache} \
                 --list-address http://{host}/root.crl --list-address http://{host}/middle.der {more}"
            ))
        };
        let states = |found: &serde_json::Value| {
            let all = found["fetched"].as_array().unwrap().iter();
            all.map(|one| one["list"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let first = verify("").ends(0).json();
        assert_eq!((states(&first), lists.asked.load(SeqCst)), (vec!["fetched".to_owned(); 2], 2), "{first}");
        assert_eq!(first["revocation"], serde_json::json!([{ "status": "good" }, { "status": "good" }]));
        // Within the hour nobody is asked.
        let second = verify("").ends(0).json();
        assert_eq!((states(&second), lists.asked.load(SeqCst)), (vec!["kept".to_owned(); 2], 2), "{second}");
        // Two hours later, and the server is out of order: the last good ones count, and their age is told.
        lists.open.store(false, SeqCst);
        for entry in std::fs::read_dir(made.path(&cache)).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.extension().is_some_and(|found| found == "toml") {
                let text = std::fs::read_to_string(&entry).unwrap();
                let earlier = text.lines().map(|line| match line.strip_prefix("fetched_at = ") {
                    Some(at) => format!("fetched_at = {}\n", at.parse::<u64>().unwrap() - 7200),
                    None => format!("{line}\n"),
                });
                std::fs::write(&entry, earlier.collect::<String>()).unwrap();
            }
        }
        let third = verify("").ends(0).json();
        assert_eq!((states(&third), lists.asked.load(SeqCst)), (vec!["kept".to_owned(); 2], 4), "{third}");
        for one in third["fetched"].as_array().unwrap() {
            assert!(one["fault"] == "status" && one["age_seconds"].as_u64().unwrap() >= 7200, "{third}");
        }
        let shown = made.boyin(&format!(
            "cert verify --leaf leaf.pem --anchor root.pem --intermediate middle.pem --fetch {host} --cache {cache} \
             --list-address http://{host}/root.crl --list-address http://{host}/middle.der"
        ));
        assert!(shown.ends(0).out.contains("the list kept, 72"));
        // A host that was not named is not asked, whatever is kept of it.
        let (ran, fault) = (made.boyin(&format!(
            "cert verify --json --leaf leaf.pem --anchor root.pem --intermediate middle.pem --fetch other.example --cache {cache} \
             --list-address http://{host}/root.crl"
        )), "host_not_allowed");
        let refused = ran.ends(2).json();
        assert_eq!(
            (&refused["fetched"][0]["fault"], &refused["fetched"][0]["list"]),
            (&fault.into(), &"none".into())
        );
    }
    assert!(served > 0, "nobody listens");
}
