//! Both directions against the openssl command.

use std::path::PathBuf;
use std::process::{Command, Output};

use boyin_model::seal::{SealInfo, Signers};
use boyin_model::time::UnixTime;
use boyin_suite::{Algorithm, all_x509};
use boyin_testkit::prefecture::now;
use boyin_testkit::seals::{DOCUMENT, SealWorld, algorithm_oid, context, revocation_list};
use boyin_testkit::timestamp::openssl::is_there;
use boyin_testkit::tlv::{bits, content, part, sequence, tlv};
use boyin_verify::Reader;
use boyin_verify::chain::{Certificate, CertificateStore};
use boyin_verify::seal::{Document, SealReason, SealVerdict, SealVerifier};

const SM2: &str = "distid:1234567812345678";

/// A folder of its own in which `openssl` works.
struct OpenSsl(PathBuf);

impl OpenSsl {
    /// `None` if the command is absent, and a panic if that happens in CI.
    fn new(name: &str, algorithm: Algorithm) -> Option<Self> {
        if !is_there() {
            return None;
        }
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("seal-{name}-{algorithm:?}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Some(Self(folder))
    }

    fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.0.join(name), content).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    fn try_run(&self, line: &str) -> Output {
        Command::new("openssl").args(line.split_whitespace()).current_dir(&self.0).output().unwrap()
    }

    /// What it prints; it must succeed.
    fn run(&self, line: &str) -> String {
        let output = self.try_run(line);
        assert!(output.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }
}

fn digest(algorithm: Algorithm) -> String {
    match algorithm {
        Algorithm::Es256 => "dgst -sha256".to_owned(),
        Algorithm::Sm2 => format!("dgst -sm3 -sigopt {SM2}"),
    }
}

#[test]
fn openssl_verifies_what_is_made_here() {
    for algorithm in Algorithm::ALL {
        let Some(openssl) = OpenSsl::new("ours", algorithm) else { return };
        let world = SealWorld::new(algorithm);
        let seal = world.seal(&world.info());
        let signature = world.signature(&seal, now().minus(60));
        for (document, certificate) in [(&seal, &world.maker.1), (&signature, &world.signer.1)] {
            assert_eq!(content(part(document, &[1])), certificate.as_slice());
            openssl.write("c.der", certificate);
            openssl.write("p.pem", openssl.run("x509 -inform DER -in c.der -pubkey -noout").as_bytes());
            openssl.write("s", &content(part(document, &[3]))[1..]);
            openssl.write("m", part(document, &[0]));
            let line = format!("{} -verify p.pem -signature s m", digest(algorithm));
            openssl.run(&line);
            let mut other = part(document, &[0]).to_vec();
            *other.last_mut().unwrap() ^= 1;
            openssl.write("m", &other);
            assert!(!openssl.try_run(&line).status.success(), "{algorithm:?}");
        }
    }
}

#[test]
fn openssl_reads_our_certificates_and_verifies_our_chain() {
    for algorithm in Algorithm::ALL {
        let Some(openssl) = OpenSsl::new("chain", algorithm) else { return };
        let world = SealWorld::new(algorithm);
        openssl.write("root.der", world.authority.certificate());
        openssl.write("leaf.der", &world.signer.1);
        openssl.write("list.der", &revocation_list(&world, &[(2, now().minus(60))], now().minus(60)));
        let root = openssl.run("x509 -inform DER -in root.der -noout -text");
        for line in ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "X509v3 Subject Key Identifier"] {
            assert!(root.contains(line), "{line} is missing: {root}");
        }
        let leaf = openssl.run("x509 -inform DER -in leaf.der -noout -text -nameopt utf8,sep_comma_plus");
        let kind = if algorithm == Algorithm::Sm2 { "SM2-with-SM3" } else { "ecdsa-with-SHA256" };
        for line in ["CA:FALSE", "Digital Signature, Non Repudiation", "CN=65270000000001", "印章根", kind]
        {
            assert!(leaf.contains(line), "{line} is missing: {leaf}");
        }
        openssl.run("x509 -inform DER -in root.der -out root.pem");
        openssl.run("x509 -inform DER -in leaf.der -out leaf.pem");
        openssl.run("crl -inform DER -in list.der -out list.pem");
        if algorithm == Algorithm::Sm2 {
            // It has no way to name the user ID of every step of a chain.
            continue;
        }
        let at = now().seconds();
        let verify = format!("verify -attime {at} -x509_strict -CAfile root.pem");
        openssl.run(&format!("{verify} leaf.pem"));
        openssl.run(&format!("{verify} root.pem"));
        assert!(openssl.run("crl -in list.pem -CAfile root.pem -noout").contains("verify OK"));
        let revoked = openssl.try_run(&format!("{verify} -crl_check -CRLfile list.pem leaf.pem"));
        assert!(String::from_utf8_lossy(&revoked.stderr).contains("certificate revoked"));
        openssl.write("list.der", &revocation_list(&world, &[], now().minus(60)));
        openssl.run("crl -inform DER -in list.der -out list.pem");
        openssl.run(&format!("{verify} -crl_check -CRLfile list.pem leaf.pem"));
        openssl.write("leaf.der", &SealWorld::new(algorithm).maker.1);
        assert!(!openssl.try_run(&format!("verify -attime {at} -CAfile leaf.pem root.pem")).status.success());
    }
}

/// Keys, certificates, signatures and a revocation list that openssl made.
struct Theirs {
    openssl: OpenSsl,
    algorithm: Algorithm,
    root: Vec<u8>,
    maker: Vec<u8>,
    signer: Vec<u8>,
    now: UnixTime,
}

impl Theirs {
    fn new(algorithm: Algorithm) -> Option<Self> {
        let openssl = OpenSsl::new("theirs", algorithm)?;
        let (curve, options) = match algorithm {
            Algorithm::Es256 => ("P-256", "-sha256".to_owned()),
            Algorithm::Sm2 => ("SM2", format!("-sm3 -sigopt {SM2}")),
        };
        openssl.write(
            "ca.cnf",
            b"[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_crl_days=1\ndefault_md=sha256\n\
              [req]\ndistinguished_name=n\n[n]\n[root]\nbasicConstraints=critical,CA:TRUE\n\
              keyUsage=critical,keyCertSign,cRLSign\n[leaf]\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n\
              extendedKeyUsage=serverAuth\n",
        );
        openssl.write("index", b"");
        openssl.write("number", b"01\n");
        for name in ["root", "maker", "signer"] {
            openssl.run(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -out {name}.pem"));
        }
        let request = format!("req -new -config ca.cnf {options}");
        openssl.run(&format!(
            "{request} -x509 -days 9 -key root.pem -subj /CN=root -extensions root -out root.crt"
        ));
        for (name, serial) in [("maker", 128), ("signer", 129)] {
            openssl.run(&format!("{request} -key {name}.pem -subj /C=CN/CN={name} -out {name}.csr"));
            let by = "-CA root.crt -CAkey root.pem -extfile ca.cnf -extensions leaf -days 9";
            let verify = if algorithm == Algorithm::Sm2 { format!("-vfyopt {SM2}") } else { String::new() };
            openssl.run(&format!(
                "x509 -req -in {name}.csr {by} {options} {verify} -set_serial {serial} -out {name}.crt"
            ));
        }
        let der = |name: &str| {
            openssl.run(&format!("x509 -in {name}.crt -outform DER -out {name}.der"));
            openssl.read(&format!("{name}.der"))
        };
        let (root, maker, signer) = (der("root"), der("maker"), der("signer"));
        let now = Certificate::read(&signer).unwrap().not_before().plus(600);
        Some(Self { algorithm, root, maker, signer, now, openssl })
    }

    fn sign(&self, name: &str, message: &[u8]) -> Vec<u8> {
        self.openssl.write("m", message);
        self.openssl.run(&format!("{} -sign {name}.pem -out s m", digest(self.algorithm)));
        self.openssl.read("s")
    }

    fn joined(&self, name: &str, certificate: &[u8], signed: &[u8]) -> Vec<u8> {
        let oid = algorithm_oid(&SealWorld::new(self.algorithm).maker.0);
        sequence(&[signed, &tlv(4, &[certificate]), &oid, &bits(&self.sign(name, signed))])
    }

    /// Knows the root and the maker, and the list if there is one.
    fn store(&self, list: Option<&[u8]>) -> CertificateStore {
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(&self.root).unwrap();
        store.add_maker(&self.maker).unwrap();
        if let Some(list) = list {
            store.add_revocation_list(list).unwrap();
        }
        store
    }

    /// The revocation list as it stands. For SM2 openssl's command offers no user ID, so there is none.
    fn list(&self) -> Option<Vec<u8>> {
        if self.algorithm == Algorithm::Sm2 {
            return None;
        }
        self.openssl.run("ca -gencrl -config ca.cnf -keyfile root.pem -cert root.crt -out list.pem");
        self.openssl.run("crl -in list.pem -outform DER -out list.der");
        Some(self.openssl.read("list.der"))
    }
}

#[test]
fn what_openssl_signed_passes_here() {
    for algorithm in Algorithm::ALL {
        let Some(theirs) = Theirs::new(algorithm) else { return };
        let kit = SealWorld::new(algorithm);
        let created = theirs.now.minus(300);
        let info = SealInfo {
            signers: Signers::Certificates(vec![&theirs.signer]),
            created,
            valid_from: created,
            valid_until: created.plus(86_400),
            ..kit.info()
        };
        let seal = theirs.joined("maker", &theirs.maker, &info.write().unwrap());
        let to_sign = boyin_model::seal::ToSign {
            seal: &seal,
            time: theirs.now.minus(60),
            document_digest: &kit.digest(),
            property: "p",
            extensions: &[],
        };
        let signature = theirs.joined("signer", &theirs.signer, &to_sign.write().unwrap());
        let verify = |list: Option<&[u8]>| {
            let store = theirs.store(list);
            let context = context(&store, theirs.now);
            let verifier = SealVerifier::new(Reader::Ours);
            let document = Document::Bytes(DOCUMENT);
            let of_seal = verifier.check_seal(&seal, &context).verdict();
            (of_seal, verifier.check_signature(&signature, document, &context).verdict())
        };
        let unknown = SealVerdict::Indeterminate(SealReason::MakerRevocationUnknown);
        assert_eq!(verify(None), (unknown, unknown), "{algorithm:?}");
        let Some(list) = theirs.list() else { continue };
        assert_eq!(verify(Some(&list)), (SealVerdict::Passed, SealVerdict::Passed));
        // Revoked before `now` of the test, which is ten minutes ahead of openssl's clock, and after the signing time.
        theirs.openssl.run("ca -config ca.cnf -keyfile root.pem -cert root.crt -revoke maker.crt");
        let list = theirs.list().unwrap();
        let revoked = SealVerdict::Failed(SealReason::MakerRevoked);
        assert_eq!(verify(Some(&list)), (revoked, revoked));
    }
}
