//! Faults of the bytes: format, issuer and key, algorithm, signature, disclosures.

use boyin_model::alg::VerifyAlg;
use boyin_model::b64;
use boyin_model::json::Value;
use boyin_model::limits::MAX_CREDENTIAL_BYTES;
use boyin_verify::Reason;

use super::{Book, Scene, instant};
use crate::mutate::{Level, sign, to_json};
use crate::prefecture::status_token;

pub(super) fn add(book: &mut Book) {
    let alg = book.prefecture.alg();
    sizes_and_shapes(book);
    spellings(book);
    other_documents(book);
    issuers_and_keys(book);
    algorithms(book);
    signatures(book);
    disclosures(book, alg);
    digests(book);
}

/// Signs the payload in a spelling of the caller's.
fn respell(scene: &mut Scene, spell: impl FnOnce(String) -> String) {
    let (header, payload) = scene.parts.texts();
    let payload = spell(String::from_utf8(payload).expect("JSON is UTF-8"));
    scene.document = Some(sign(&header, payload.as_bytes(), &scene.parts.disclosures, &scene.key));
}

/// Signs the header in a spelling of the caller's.
fn respell_header(scene: &mut Scene, spell: impl FnOnce(String) -> String) {
    let (header, payload) = scene.parts.texts();
    let header = spell(String::from_utf8(header).expect("JSON is UTF-8"));
    scene.document = Some(sign(header.as_bytes(), &payload, &scene.parts.disclosures, &scene.key));
}

/// Changes the text of the finished document.
fn scribble(scene: &mut Scene, change: impl FnOnce(&str) -> String) {
    let document = scene.document();
    let text = std::str::from_utf8(&document).expect("ASCII");
    scene.document = Some(change(text).into_bytes());
}

fn sizes_and_shapes(book: &mut Book) {
    use Reason::{Malformed, TooDeep, TooLarge};
    book.fail("format/one-byte-too-large", TooLarge, |s| {
        scribble(s, |text| format!("{text}{}~", "A".repeat(MAX_CREDENTIAL_BYTES - text.len())));
    });
    book.fail("format/257-disclosures", TooLarge, |s| {
        for index in 0..250_u32 {
            s.parts.disclosures.push(b64::encode(format!("[\"s\",\"x{index}\",1]").as_bytes()));
        }
    });
    book.fail("format/too-many-members", TooLarge, |s| {
        (0..513).for_each(|index| s.parts.set(&format!("x{index:03}"), 1));
    });
    book.fail("format/depth-17", TooDeep, |s| {
        respell(s, |text| text.replacen('{', &format!("{{\"A\":{}{},", "[".repeat(16), "]".repeat(16)), 1));
    });
    book.fail("format/depth-100000", TooDeep, |s| {
        respell(s, |text| text.replacen('{', &format!("{{\"A\":{},", "[".repeat(100_000)), 1));
    });
    book.fail("format/empty", Malformed, |s| s.document = Some(Vec::new()));
    book.fail("format/not-utf8", Malformed, |s| {
        s.document = Some(vec![0xff, b'~']);
    });
    book.fail("format/cut-in-a-disclosure", Malformed, |s| {
        scribble(s, |text| text[..text.len() - 5].to_owned());
    });
    book.fail("format/no-tilde", Malformed, |s| {
        scribble(s, |text| text.replace('~', ""));
    });
    book.fail("format/two-parts", Malformed, |s| {
        scribble(s, |text| text.replacen('.', "", 1));
    });
    book.fail("format/empty-disclosure", Malformed, |s| {
        scribble(s, |text| format!("{text}~"));
    });
    book.fail("format/padding", Malformed, |s| {
        scribble(s, |text| text.replacen('.', "=.", 1));
    });
    book.fail("format/payload-is-an-array", Malformed, |s| {
        respell(s, |text| format!("[{text}]"));
    });
    book.fail("format/fraction", Malformed, |s| {
        respell(s, |text| text.replacen("\"iat\":", "\"iat\":1.5,\"iau\":", 1));
    });
    book.fail("format/disclosure-of-two-items", Malformed, |s| {
        s.parts.disclosures.push(b64::encode(b"[\"AAAAAAAAAAAAAAAAAAAAAA\",\"sex\"]"));
    });
    book.fail("format/short-salt", Malformed, |s| {
        s.parts.disclosures.push(b64::encode(b"[\"AAAA\",\"x\",1]"));
    });
    book.fail("format/unknown-header-member", Malformed, |s| {
        s.parts.set_header("crit", "b64");
    });
    book.fail("format/json-with-a-fifth-member", Malformed, |s| {
        json_text(s, |text| text.replacen("\"signature\"", "\"s\":1,\"signature\"", 1));
    });
}

fn json_text(scene: &mut Scene, change: impl FnOnce(String) -> String) {
    let json = to_json(&scene.document()).expect("a credential");
    scene.document = Some(change(String::from_utf8(json).expect("JSON is UTF-8")).into_bytes());
}

fn spellings(book: &mut Book) {
    use Reason::{DuplicateMember, NotCanonical};
    book.fail("format/space-in-payload", NotCanonical, |s| {
        respell(s, |text| text.replacen(':', ": ", 1));
    });
    book.fail("format/members-out-of-order", NotCanonical, |s| {
        respell(s, |text| text.replacen("{\"_sd\"", "{\"z\":1,\"_sd\"", 1));
    });
    book.fail("format/escaped-slash", NotCanonical, |s| {
        respell(s, |text| text.replacen('/', "\\/", 1));
    });
    book.fail("format/space-in-header", NotCanonical, |s| {
        respell_header(s, |text| format!("{text} "));
    });
    book.fail("format/space-in-json", NotCanonical, |s| {
        json_text(s, |text| format!("{text}\n"));
    });
    book.fail("format/claim-twice", DuplicateMember, |s| {
        respell(s, |text| text.replacen("\"iat\":", "\"iat\":1,\"iat\":", 1));
    });
    book.fail("format/header-member-twice", DuplicateMember, |s| {
        respell_header(s, |text| text.replacen("{\"alg\"", "{\"alg\":\"none\",\"alg\"", 1));
    });
    book.fail("format/json-member-twice", DuplicateMember, |s| {
        json_text(s, |text| text.replacen("\"payload\":", "\"payload\":\"e30\",\"payload\":", 1));
    });
}

fn other_documents(book: &mut Book) {
    use Reason::{KeyBindingUnsupported, WrongType};
    book.fail("format/key-binding", KeyBindingUnsupported, |s| {
        scribble(s, |text| format!("{text}e30.e30.AAAA"));
    });
    book.fail("format/key-binding-in-json", KeyBindingUnsupported, |s| {
        json_text(s, |text| text.replacen("]},\"payload\"", "],\"kb_jwt\":\"e30.e30.AAAA\"},\"payload\"", 1));
    });
    book.fail("format/another-typ", WrongType, |s| {
        s.parts.set_header("typ", "jwt");
    });
    book.fail("format/status-list-as-license", WrongType, |s| {
        let mut token = status_token(&s.status, &s.status_key);
        token.push(b'~');
        s.document = Some(token);
    });
}

fn issuers_and_keys(book: &mut Book) {
    use Reason::{IssuerUnknown, KeyNotInForce, KeyUnknown};
    let other = book.prefecture.other.key(book.prefecture.algorithm).clone();
    let kid = other.reference().jwk().kid.clone();
    book.fail("issuer/not-in-the-list", IssuerUnknown, |s| {
        let key = s.trust.issuers[0].keys.pop();
        s.trust.issuers[1].keys.extend(key);
        s.trust.issuers.remove(0);
    });
    book.fail("issuer/not-a-credit-code", IssuerUnknown, |s| {
        s.parts.set("iss", "https://issuer.example");
    });
    book.fail("issuer/hidden", IssuerUnknown, |s| {
        let _ = s.parts.remove("iss");
    });
    book.fail("issuer/key-of-another-issuer", KeyUnknown, |s| {
        s.parts.set_header("kid", &kid);
        s.key = other;
    });
    book.fail("issuer/key-not-in-the-list", KeyUnknown, |s| {
        s.office().keys.drain(..2);
    });
    book.fail("issuer/key-a-second-too-old", KeyNotInForce, |s| {
        let end = instant(s, "iat");
        s.office().keys.iter_mut().take(2).for_each(|key| key.until = Some(end));
    });
    book.fail("issuer/key-a-second-too-young", KeyNotInForce, |s| {
        let from = instant(s, "iat").plus(1);
        s.office().keys.iter_mut().take(2).for_each(|key| key.from = from);
    });
}

fn algorithms(book: &mut Book) {
    use Reason::{AlgMismatch, AlgNotAllowed};
    for (id, name) in [
        ("algorithm/none", "none"),
        ("algorithm/rs256", "RS256"),
        ("algorithm/hs256", "HS256"),
        ("algorithm/lower-case", "es256"),
        ("algorithm/der", "SM2-SM3-DER"),
    ] {
        book.fail(id, AlgNotAllowed, |s| s.parts.set_header("alg", name));
    }
    let (alg, digest) = match book.prefecture.algorithm {
        boyin_suite::Algorithm::Es256 => ("SM2-SM3", "sm3"),
        boyin_suite::Algorithm::Sm2 => ("ES256", "sha-256"),
    };
    book.fail("algorithm/of-the-other-suite", AlgMismatch, |s| {
        s.parts.set_header("alg", alg);
    });
    book.fail("algorithm/digest-of-the-other-suite", AlgMismatch, |s| {
        s.parts.set("_sd_alg", digest);
    });
    book.fail("algorithm/no-digest", AlgMismatch, |s| {
        let _ = s.parts.remove("_sd_alg");
    });
}

fn signatures(book: &mut Book) {
    use Reason::SignatureMismatch;
    let other = book.prefecture.other.key(book.prefecture.algorithm).clone();
    book.fail("signature/content-changed", SignatureMismatch, |s| {
        s.parts.set("license_name", "样本证");
        s.document = Some(s.parts.compact());
    });
    book.fail("signature/another-key", SignatureMismatch, |s| s.key = other);
    book.fail("signature/empty", SignatureMismatch, |s| unsigned(s, Vec::new()));
    book.fail("signature/zeros", SignatureMismatch, |s| unsigned(s, vec![0; 64]));
    book.fail("signature/a-byte-more", SignatureMismatch, |s| {
        let mut signature = s.parts.signature.clone();
        signature.push(0);
        unsigned(s, signature);
    });
    book.fail("signature/der", SignatureMismatch, |s| {
        let der = boyin_suite::raw_to_der(s.parts.signature.as_slice().try_into().expect("64 bytes"));
        unsigned(s, der);
    });
}

fn unsigned(scene: &mut Scene, signature: Vec<u8>) {
    scene.parts.signature = signature;
    scene.document = Some(scene.parts.compact());
}

fn disclosures(book: &mut Book, alg: &'static dyn VerifyAlg) {
    use Reason::{DisclosureCollides, DisclosureRepeated, DisclosureUnmatched};
    book.fail("disclosures/foreign", DisclosureUnmatched, |s| {
        s.parts.disclosures.push(foreign("holder_name", "样本丙"));
    });
    book.fail("disclosures/changed", DisclosureUnmatched, |s| {
        s.parts.disclosures.remove(0);
        s.parts.disclosures.push(foreign("license_number", "1"));
    });
    book.fail("disclosures/repeated", DisclosureRepeated, |s| {
        let first = s.parts.disclosures[0].clone();
        s.parts.disclosures.push(first);
    });
    for (id, level, claim) in [
        ("disclosures/of-an-open-claim", Level::Claims, "license_name"),
        ("disclosures/of-a-disclosed-claim", Level::Claims, "holder_name"),
        ("disclosures/named-fields", Level::Claims, "fields"),
        ("disclosures/named-sd", Level::Claims, "_sd"),
        ("disclosures/named-sd-alg", Level::Claims, "_sd_alg"),
        ("disclosures/named-dots", Level::Fields, "..."),
        ("disclosures/named-sd-in-fields", Level::Fields, "_sd"),
        ("disclosures/of-a-disclosed-field", Level::Fields, "sex"),
    ] {
        book.fail(id, DisclosureCollides, |s| {
            s.parts.hide(level, claim, Value::Text("x".into()), alg);
        });
    }
}

fn foreign(claim: &str, text: &str) -> String {
    boyin_model::credential::Disclosure::write(&[9; 16], claim, Value::Text(text.into()))
}

/// A digest of nothing, different for each number.
fn digest(number: u16) -> String {
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    b64::encode(&bytes)
}

fn digests(book: &mut Book) {
    use Reason::{DigestRepeated, DisclosureMalformed};
    book.fail("disclosures/digest-twice", DigestRepeated, |s| {
        let first = s.parts.digests(Level::Claims)[0].clone();
        s.parts.digests(Level::Claims).push(first);
    });
    book.fail("disclosures/digest-in-both-places", DigestRepeated, |s| {
        let first = s.parts.digests(Level::Claims)[0].clone();
        s.parts.digests(Level::Fields).push(first);
    });
    book.fail_public("disclosures/sd-is-text", DisclosureMalformed, |s| {
        s.parts.set("_sd", "x");
    });
    book.fail_public("disclosures/digest-is-a-number", DisclosureMalformed, |s| {
        s.parts.set("_sd", vec![1]);
    });
    book.fail_public("disclosures/513-digests", DisclosureMalformed, |s| {
        s.parts.set("_sd", (0..513).map(digest).collect::<Vec<_>>());
    });
    for (id, text) in [
        ("disclosures/digest-too-short", "A".repeat(42)),
        ("disclosures/digest-of-33-bytes", "A".repeat(44)),
        ("disclosures/digest-with-unused-bits", "A".repeat(42) + "B"),
        ("disclosures/digest-in-another-alphabet", "A".repeat(42) + "/"),
    ] {
        book.fail_public(id, DisclosureMalformed, |s| s.parts.set("_sd", vec![digest(1), text]));
    }
    book.fail_public("disclosures/fields-is-text", DisclosureMalformed, |s| {
        s.parts.set("fields", "x");
    });
}
