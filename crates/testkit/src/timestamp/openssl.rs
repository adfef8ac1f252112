//! The `openssl` command as a timestamp authority, and as a second verifier.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::needed::needed;

/// Kind of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// RSA, 2048 bits.
    Rsa,
    /// P-256.
    P256,
}

/// A root and an authority in a folder of their own.
#[derive(Debug)]
pub struct OpenSslAuthority {
    folder: PathBuf,
}

/// Policy under which it stamps.
pub const OPENSSL_POLICY: &str = "1.2.156.10197.9.2";

const CONFIG: &str = "[tsa]
default_tsa = authority
[authority]
serial = serial
signer_cert = tsa.pem
certs = root.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.156.10197.9.2
digests = sha256, sm3
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
ess_cert_id_alg = sha256
clock_precision_digits = 3
";
const ROOT_EXTENSIONS: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const TSA_EXTENSIONS: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";

/// Whether there is an `openssl` command.
///
/// # Panics
/// If there is none in CI.
#[must_use]
pub fn is_there() -> bool {
    let ran = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    needed(ran.then_some(()).ok_or("the openssl command is missing: apt-get install openssl")).is_some()
}

impl OpenSslAuthority {
    /// Makes keys and certificates in an empty folder, which must exist.
    ///
    /// # Panics
    /// If the command fails.
    #[must_use]
    pub fn new(folder: &Path, keys: Keys) -> Self {
        let this = Self { folder: folder.to_owned() };
        for (name, text) in [
            ("tsa.cnf", CONFIG),
            ("root.ext", ROOT_EXTENSIONS),
            ("tsa.ext", TSA_EXTENSIONS),
            ("serial", "01\n"),
        ] {
            this.write(name, text.as_bytes());
        }
        let key = match keys {
            Keys::Rsa => "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out",
            Keys::P256 => "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out",
        };
        for line in [
            &format!("{key} root.key"),
            &format!("{key} tsa.key"),
            "req -new -key root.key -subj /CN=root -out root.csr",
            "x509 -req -in root.csr -signkey root.key -sha256 -days 30 -extfile root.ext -out root.pem",
            "req -new -key tsa.key -subj /CN=tsa -out tsa.csr",
            "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -sha256 -days 30 -extfile tsa.ext -out tsa.pem",
            "x509 -in root.pem -outform DER -out root.der",
        ] {
            this.run(line);
        }
        this
    }

    fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.folder.join(name), content).expect("a file can be written");
    }

    /// Content of a file of the folder.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name)).expect("a file can be read")
    }

    /// Path of a file of the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn try_run(&self, line: &str) -> Output {
        let mut command = Command::new("openssl");
        command.args(line.split_whitespace()).current_dir(&self.folder).output().expect("the command starts")
    }

    fn run(&self, line: &str) {
        let output = self.try_run(line);
        assert!(output.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The root's certificate, DER.
    #[must_use]
    pub fn root(&self) -> Vec<u8> {
        self.read("root.der")
    }

    /// Answers a request.
    ///
    /// # Panics
    /// If the command fails.
    #[must_use]
    pub fn reply(&self, request: &[u8]) -> Vec<u8> {
        self.write("request.tsq", request);
        self.run("ts -reply -config tsa.cnf -queryfile request.tsq -out reply.tsr");
        self.read("reply.tsr")
    }

    /// A request that the command itself makes over bytes.
    ///
    /// # Panics
    /// If the command fails.
    #[must_use]
    pub fn request(&self, data: &[u8], digest: &str) -> Vec<u8> {
        self.write("data", data);
        self.run(&format!("ts -query -data data -{digest} -cert -out own.tsq"));
        self.read("own.tsq")
    }
}

/// Whether `openssl ts` accepts a token over bytes, with this root (PEM or DER) and at this instant.
///
/// # Panics
/// If files cannot be written.
#[must_use]
pub fn accepts(folder: &Path, token: &[u8], data: &[u8], root: &[u8], at: u64) -> bool {
    for (name, content) in [("v.tst", token), ("v.data", data), ("v.root", root)] {
        std::fs::write(folder.join(name), content).expect("a file can be written");
    }
    let run = |line: &str| {
        let mut command = Command::new("openssl");
        let output = command.args(line.split_whitespace()).current_dir(folder).output();
        output.expect("the command starts").status.success()
    };
    assert!(run("x509 -in v.root -out v.pem"), "the root is a certificate");
    run(&format!("ts -verify -in v.tst -token_in -data v.data -CAfile v.pem -attime {at}"))
}
