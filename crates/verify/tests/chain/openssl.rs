//! Certificates, a revocation list and answers made by the openssl command.

use std::path::PathBuf;
use std::process::Command;

use boyin_suite::all_x509;
use boyin_testkit::timestamp::openssl::is_there;
use boyin_verify::UnixTime;
use boyin_verify::chain::{Certificate, CertificateStore, Revocation, RevocationReason};

/// A folder of its own in which `openssl` works.
pub(crate) struct OpenSsl(PathBuf);

impl OpenSsl {
    pub(crate) fn new(name: &str) -> Option<Self> {
        if !is_there() {
            return None;
        }
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("made-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Some(Self(folder))
    }

    pub(crate) fn run(&self, line: &str) {
        let output =
            Command::new("openssl").args(line.split_whitespace()).current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    /// An authority, three leaves, and a register in which the second is revoked and the third is not.
    fn world(&self, key: &str, digest: &str) {
        self.write(
            "c",
            "[req]\ndistinguished_name=d\n[d]\n[v]\nbasicConstraints=critical,CA:TRUE\n\
            keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
            [o]\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\nauthorityKeyIdentifier=keyid\n\
            [l]\nauthorityKeyIdentifier=keyid\n\
            [ca]\ndefault_ca=a\n[a]\ndatabase=index\ncrlnumber=number\ncrl_extensions=x\n\
            [x]\nauthorityKeyIdentifier=keyid\n",
        );
        self.write("number", "01\n");
        self.run(&format!("{key} -out ca.key"));
        self.run(&format!("req -new -x509 -key ca.key -subj /CN=ca -config c -extensions v -days 30 -{digest} -outform DER -out ca.der"));
        self.run("x509 -inform DER -in ca.der -out ca.pem");
        for (name, serial, part) in
            [("one", 1, "l"), ("two", 2, "l"), ("three", 3, "l"), ("responder", 4, "o")]
        {
            self.run(&format!("{key} -out {name}.key"));
            self.run(&format!("req -new -key {name}.key -subj /CN={name} -config c -out {name}.req"));
            self.run(&format!(
                "x509 -req -in {name}.req -CA ca.pem -CAkey ca.key -set_serial {serial} -days 20 -{digest} -extfile c \
                 -extensions {part} -out {name}.pem"
            ));
            self.run(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
        }
        self.write(
            "index",
            "V\t400101000000Z\t\t01\tunknown\t/CN=one\n\
            R\t400101000000Z\t240101000000Z,keyCompromise\t02\tunknown\t/CN=two\n",
        );
    }
}

fn check(openssl: &OpenSsl, add: impl Fn(&mut CertificateStore)) {
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(&openssl.read("ca.der")).unwrap();
    add(&mut store);
    let certificate = |name: &str| Certificate::read(&openssl.read(&format!("{name}.der"))).unwrap();
    // The command reads the clock; so does its maker of lists and answers.
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = UnixTime::new(since.as_secs() + 1).unwrap();
    assert_eq!(store.status(&certificate("one"), now, now), Ok(Revocation::Good));
    let revoked = Revocation::Revoked(UnixTime::new(1_704_067_200).unwrap(), RevocationReason::KeyCompromise);
    assert_eq!(store.status(&certificate("two"), now, now), Ok(revoked));
    let later = now.plus(6 * 86_400);
    assert_eq!(store.status(&certificate("one"), later, later), Ok(Revocation::Unknown), "stale");
}

#[test]
fn lists_and_answers() {
    for (name, key, digest) in [
        ("p256", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "sha256"),
        ("p384", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", "sha384"),
        ("rsa", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "sha512"),
    ] {
        let Some(openssl) = OpenSsl::new(name) else { return };
        openssl.world(key, digest);
        openssl.run(&format!(
            "ca -config c -gencrl -cert ca.pem -keyfile ca.key -md {digest} -crldays 5 -out l.pem"
        ));
        openssl.run("crl -in l.pem -outform DER -out l.der");
        check(&openssl, |store| store.add_revocation_list(&openssl.read("l.der")).unwrap());
        // Named by SHA-1 and by SHA-256; by the authority and by whom it appointed.
        for (digest_of_id, signer) in [("sha1", "ca"), ("sha256", "ca"), ("sha1", "responder")] {
            let answer = format!("a-{digest_of_id}-{signer}");
            openssl.run(&format!(
                "ocsp -index index -rsigner {signer}.pem -rkey {signer}.key -CA ca.pem -ndays 5 -rmd {digest} -issuer ca.pem \
                 -{digest_of_id} -cert one.pem -{digest_of_id} -cert two.pem -{digest_of_id} -cert three.pem -respout {answer}"
            ));
            check(&openssl, |store| store.add_response(&openssl.read(&answer)).unwrap());
        }
    }
}
