//! RSASSA-PSS: certificates and lists made by openssl; keys and parameters that are refused.

use boyin_model::time::UnixTime;
use boyin_suite::all_x509;
use boyin_testkit::tlv::{replaced, sequence, tlv};
use boyin_verify::chain::{
    Certificate, CertificateQuery, CertificateReason, CertificateStore, CertificateVerdict, Revocation,
};

use crate::openssl::OpenSsl;

const CONFIG: &str = "[req]\ndistinguished_name=d\n[d]\n[v]\nbasicConstraints=critical,CA:TRUE\n\
    keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
    [l]\nauthorityKeyIdentifier=keyid\nkeyUsage=digitalSignature\n\
    [ca]\ndefault_ca=a\n[a]\ndatabase=index\ncrlnumber=number\n";

const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
const REFUSED: CertificateVerdict = CertificateVerdict::Failed(CertificateReason::Algorithm);

fn made(name: &str) -> Option<OpenSsl> {
    let made = OpenSsl::new(name)?;
    made.write("c", CONFIG);
    Some(made)
}

/// A root with this kind of key, and a leaf that it signed with these options.
fn issue(made: &OpenSsl, key: &str, options: &str) -> (Vec<u8>, Vec<u8>) {
    made.run(&format!("genpkey {key} -out root.key"));
    made.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out leaf.key");
    made.run("req -new -x509 -key root.key -subj /CN=root -config c -extensions v -days 30 -out root.pem");
    made.run("req -new -key leaf.key -subj /CN=leaf -config c -out leaf.req");
    made.run(&format!(
        "x509 -req -in leaf.req -CA root.pem -CAkey root.key -set_serial 5 -days 20 -extfile c -extensions l \
         -out leaf.pem {options}"
    ));
    for name in ["root", "leaf"] {
        made.run(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
    }
    (made.read("root.der"), made.read("leaf.der"))
}

fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixTime::new(since.as_secs() + 1).unwrap()
}

fn verdict(root: &[u8], leaf: &[u8]) -> CertificateVerdict {
    let mut store = CertificateStore::new(&all_x509());
    store.add_anchor(root).unwrap();
    let leaf = Certificate::read(leaf).unwrap();
    let query = CertificateQuery { require_revocation: false, ..CertificateQuery::new(now()) };
    store.verify(&leaf, &query).verdict()
}

const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
const ONLY_PSS: &str = "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048";

fn pss(digest: &str, salt: &str) -> String {
    format!("-{digest} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt}")
}

#[test]
fn each_digest_passes_under_both_kinds_of_keys() {
    let Some(made) = made("pss") else { return };
    for key in [RSA, ONLY_PSS] {
        for (digest, salt) in [("sha256", "32"), ("sha384", "48"), ("sha512", "64")] {
            let (root, leaf) = issue(&made, key, &pss(digest, salt));
            made.run("verify -CAfile root.pem leaf.pem");
            assert_eq!(verdict(&root, &leaf), CertificateVerdict::Passed, "{key} {digest}");
            // A byte of the signature, and one of what is signed (in the leaf's name).
            let failed = CertificateVerdict::Failed(CertificateReason::Signature);
            let place = leaf.windows(4).position(|bytes| bytes == b"leaf").unwrap();
            for (place, bit) in [(leaf.len() - 1, 1), (place, 0x20)] {
                let mut altered = leaf.clone();
                altered[place] ^= bit;
                assert_eq!(verdict(&root, &altered), failed, "{key} {digest} {place}");
            }
        }
    }
}

/// What openssl takes and we do not: each is named as an algorithm that is not accepted.
#[test]
fn other_parameters_are_refused() {
    let Some(made) = made("pss-other") else { return };
    for options in [
        pss("sha256", "20"),
        pss("sha256", "33"),
        pss("sha512", "32"),
        pss("sha1", "20"),
        pss("sha224", "28"),
        format!("{} -sigopt rsa_mgf1_md:sha1", pss("sha256", "32")),
        format!("{} -sigopt rsa_mgf1_md:sha512", pss("sha256", "32")),
    ] {
        let (root, leaf) = issue(&made, RSA, &options);
        made.run("verify -auth_level 0 -CAfile root.pem leaf.pem");
        assert_eq!(verdict(&root, &leaf), REFUSED, "{options}");
    }
}

fn params(digest: u8, salt: u8, further: &[u8]) -> Vec<u8> {
    let digest = sequence(&[&tlv(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, digest]]), &[5, 0]]);
    let mask = sequence(&[&tlv(6, &[MGF1]), &digest]);
    sequence(&[&tlv(0xa0, &[&digest]), &tlv(0xa1, &[&mask]), &tlv(0xa2, &[&tlv(2, &[&[salt]])]), further])
}

/// `AlgorithmIdentifier` of id-RSASSA-PSS.
fn pss_id(parameters: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(6, &[RSASSA_PSS]), parameters])
}

#[test]
fn a_key_for_pss_is_good_for_nothing_else() {
    let Some(made) = made("pss-keys") else { return };
    // Nobody verifies the signature of an anchor: the kind of its key can be written anew.
    let with_key = |root: &[u8], id: &[u8]| replaced(root, &[0, 6, 0], id);
    let (root, plain) = issue(&made, RSA, "-sha256");
    assert_eq!(verdict(&root, &plain), CertificateVerdict::Passed);
    assert_eq!(verdict(&with_key(&root, &pss_id(&[])), &plain), REFUSED);
    let (root, leaf) = issue(&made, RSA, &pss("sha256", "32"));
    for (parameters, expected) in [
        (Vec::new(), CertificateVerdict::Passed),
        (params(1, 32, &[]), CertificateVerdict::Passed),
        (params(1, 32, &[0xa3, 3, 2, 1, 1]), CertificateVerdict::Passed),
        (params(1, 32, &[0xa3, 3, 2, 1, 2]), REFUSED),
        (params(1, 32, &[5, 0]), REFUSED),
        (params(1, 31, &[]), REFUSED),
        (params(2, 48, &[]), REFUSED),
        (sequence(&[]), REFUSED),
        (vec![5, 0], REFUSED),
    ] {
        assert_eq!(verdict(&with_key(&root, &pss_id(&parameters)), &leaf), expected, "{parameters:?}");
    }
}

/// The parameters outside what is signed are not other ones than those within.
#[test]
fn the_signed_parameters_count() {
    let Some(made) = made("pss-inner") else { return };
    let (_, leaf) = issue(&made, RSA, &pss("sha256", "32"));
    for place in [&[1][..], &[0, 2]] {
        let other = replaced(&leaf, place, &pss_id(&params(2, 48, &[])));
        assert!(Certificate::read(&other).is_err(), "{place:?}");
    }
}

#[test]
fn lists_are_signed_with_pss_too() {
    let Some(made) = made("pss-lists") else { return };
    let (root, leaf) = issue(&made, RSA, &pss("sha256", "32"));
    made.write("index", "");
    made.write("number", "01\n");
    let list = |salt: u8| {
        made.run(&format!(
            "ca -config c -gencrl -cert root.pem -keyfile root.key -md sha256 -crldays 5 -out root.crl \
             -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt}"
        ));
        made.run("crl -in root.crl -outform DER -out crl.der");
        made.read("crl.der")
    };
    let status = |list: &[u8]| {
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(&root).unwrap();
        store.add_revocation_list(list).unwrap();
        store.status(&Certificate::read(&leaf).unwrap(), now(), now()).unwrap()
    };
    assert_eq!(status(&list(32)), Revocation::Good);
    assert_eq!(status(&list(20)), Revocation::Unknown);
}
