//! The oracles of the fuzz targets: each takes any bytes and panics if a promise is broken.

mod address;
mod assertion;
mod ceremony;
mod certificate;
mod curve;
mod fetched;
mod handover;
mod import;
mod items;
mod key_file;
mod lists;
mod ofd;
mod ofd_parts;
mod presentation;
mod pss;
mod seal;
mod signing_request;
mod timestamp;
mod trust;
mod webhook_notice;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use boyin_model::credential::{Envelope, Serialization};
use boyin_model::id::{CitizenId, CreditCode, DivisionCode, LicenseId, LicenseTypeCode};
use boyin_model::json::{self, JsonErrorKind, Reader, Value};
use boyin_suite::Algorithm;
use boyin_verify::{Policy, Verdict};

pub use self::address::address;
pub use self::assertion::assertion;
pub use self::ceremony::ceremony;
pub use self::certificate::certificate;
pub use self::curve::curve;
pub use self::fetched::fetched;
pub use self::handover::handover;
pub use self::import::import;
pub use self::items::items;
pub use self::key_file::key_file;
pub use self::lists::{catalog_list, sharing_list};
pub use self::ofd::ofd;
pub use self::ofd_parts::{ofd_container, ofd_signature, ofd_xml};
pub use self::presentation::presentation;
pub use self::pss::pss;
pub use self::seal::{seal, seal_write};
pub use self::signing_request::signing_request;
pub use self::timestamp::timestamp;
pub use self::trust::{status_list, trust_list};
pub use self::webhook_notice::webhook_notice;
use crate::prefecture::{Prefecture, World};

/// Identifiers: what is read has one spelling, and its check character is right by another program.
///
/// # Panics
/// If a promise is broken.
pub fn identifier(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(id) = CitizenId::parse(text) {
        assert_eq!(CitizenId::parse(id.as_str()), Ok(id.clone()));
        assert_eq!(CitizenId::compute(&id.as_str()[..17]), Ok(id));
    }
    if let Ok(code) = CreditCode::parse(text) {
        assert_eq!(code.as_str(), text);
        assert_eq!(CreditCode::compute(&text[..17]), Ok(code));
    }
    if let Ok(code) = LicenseTypeCode::parse(text) {
        assert_eq!(code.as_str(), text);
    }
    if let Ok(code) = DivisionCode::parse(text) {
        assert_eq!(code.as_str(), text);
        assert!(code.province().contains(code) && code.prefecture().contains(code));
    }
    license_id(text);
}

fn license_id(text: &str) {
    let tolerant = LicenseId::read(text);
    if let Ok(id) = &tolerant {
        assert_eq!(id.as_str(), text);
        if let Ok(strict) = id.to_strict() {
            assert_eq!(LicenseId::parse(strict.as_str()), Ok(strict.clone()));
        }
    }
    let Ok(id) = LicenseId::parse(text) else { return };
    assert!(tolerant.is_ok(), "what is strict is tolerable");
    assert_eq!(id.as_str(), text);
    let covered: String = text[LicenseId::OID_PREFIX.len()..text.len() - 2].replace('.', "");
    assert!(text.ends_with(naive_check(&covered)), "check character of {text}");
    let again = LicenseId::new(id.license_type(), id.issuer(), id.serial(), id.version());
    assert_eq!(again, Ok(id));
}

/// ISO 7064 MOD 37,36 the slow way: the one character for which the pure system ends at 1.
fn naive_check(covered: &str) -> char {
    let ends_at_one = |check: &char| {
        let mut product = 36;
        for character in covered.chars() {
            let sum = (product + character.to_digit(36).unwrap_or(0)) % 36;
            product = 2 * if sum == 0 { 36 } else { sum } % 37;
        }
        (product + check.to_digit(36).unwrap_or(0)) % 36 == 1
    };
    let alphabet = ('0'..='9').chain('A'..='Z');
    alphabet.into_iter().find(ends_at_one).expect("one of 36 characters fits")
}

/// JSON and credentials: what is accepted as ours has one spelling; another reader of JSON sees the same value.
///
/// # Panics
/// If a promise is broken.
pub fn credential(data: &[u8]) {
    json_like_another_reader(data);
    if let Ok(envelope) = Envelope::open(data, Reader::Ours) {
        let again = match envelope.serialization() {
            Serialization::Compact => envelope.to_compact(|_| true),
            Serialization::Json => envelope.to_json(|_| true),
        };
        assert_eq!(again, data, "accepted bytes are the only spelling");
        if let Ok(read) = envelope.read() {
            assert!(read.canonical);
            let field = Envelope::open(data, Reader::Field).expect("strict is tolerable");
            let field = field.read().expect("strict is tolerable");
            assert_eq!((&field.payload, &field.disclosures), (&read.payload, &read.disclosures));
        }
    }
    let Ok(envelope) = Envelope::open(data, Reader::Field) else {
        return;
    };
    let read = envelope.read();
    for other in [envelope.to_compact(|_| true), envelope.to_json(|_| true)] {
        let other = Envelope::open(&other, Reader::Ours).expect("what is written is canonical");
        assert_eq!(other.signing_input(), envelope.signing_input());
        if let (Ok(read), Ok(other)) = (&read, other.read()) {
            assert_eq!((&read.payload, &read.disclosures), (&other.payload, &other.disclosures));
        }
    }
}

fn json_like_another_reader(data: &[u8]) {
    let other = serde_json::from_slice::<serde_json::Value>(data).ok();
    let field = json::parse(data, Reader::Field);
    match (&field, &other) {
        (Ok(read), Some(other)) => assert_eq!(as_other(&read.value), *other),
        (Ok(_), None) => panic!("accepted what another reader refuses"),
        (Err(_), None) => {}
        (Err(fault), Some(_)) => assert!(
            matches!(
                fault.kind,
                JsonErrorKind::DuplicateMember
                    | JsonErrorKind::BadNumber
                    | JsonErrorKind::TooDeep
                    | JsonErrorKind::TooManyMembers
            ),
            "refused what another reader accepts: {fault}"
        ),
    }
    if let Ok(ours) = json::parse(data, Reader::Ours) {
        let mut out = Vec::new();
        json::write(&ours.value, &mut out);
        assert_eq!(out, data, "accepted bytes are the only spelling");
    }
    if let Ok(read) = field {
        let mut out = Vec::new();
        json::write(&read.value, &mut out);
        assert_eq!(json::parse(&out, Reader::Ours).map(|read| read.value), Ok(read.value));
        assert_eq!(read.canonical, out == data);
    }
}

fn as_other(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::Array(items) => items.iter().map(as_other).collect::<Vec<_>>().into(),
        Value::Object(object) => {
            object.members().map(|(name, member)| (name.to_owned(), as_other(member))).collect()
        }
    }
}

struct Target {
    world: World,
    /// Compact and JSON.
    documents: [Vec<u8>; 2],
    signed: String,
    disclosures: HashSet<String>,
}

static TARGETS: LazyLock<[Target; 2]> = LazyLock::new(|| Algorithm::ALL.map(Target::new));

impl Target {
    fn new(algorithm: Algorithm) -> Self {
        let prefecture = Prefecture::new(algorithm);
        let compact = prefecture.issue(&prefecture.draft("fiscal-receipt"));
        let json = crate::mutate::to_json(&compact).expect("a credential");
        let text = String::from_utf8(compact.clone()).expect("ASCII");
        let (signed, disclosures) = text.split_once('~').expect("a tilde");
        Self {
            world: prefecture.world(),
            documents: [compact, json],
            signed: signed.to_owned(),
            disclosures: disclosures.split('~').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// Whether the document is a presentation of the one license, found out without the code under test.
    fn is_presentation(&self, document: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(document) else {
            return false;
        };
        let Some((signed, shown)) = self.split(text) else {
            return false;
        };
        let unique: HashSet<_> = shown.iter().collect();
        signed == self.signed
            && unique.len() == shown.len()
            && shown.iter().all(|one| self.disclosures.contains(one))
    }

    fn split<'t>(&self, text: &'t str) -> Option<(Cow<'t, str>, Vec<String>)> {
        if !text.starts_with('{') {
            let (signed, rest) = text.split_once('~')?;
            let list =
                if rest.is_empty() { Vec::new() } else { rest.strip_suffix('~')?.split('~').collect() };
            return Some((signed.into(), list.into_iter().map(str::to_owned).collect()));
        }
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let part = |name: &str| value[name].as_str();
        let signed = format!("{}.{}.{}", part("protected")?, part("payload")?, part("signature")?);
        let shown = value["header"]["disclosures"].as_array()?.iter();
        Some((signed.into(), shown.map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>()?))
    }
}

/// The verifier: bytes 0 to 3 say which document, where and how much of it is replaced by the rest. Only presentations
/// of the license pass, and reports repeat.
///
/// # Panics
/// If a promise is broken.
pub fn report(data: &[u8]) {
    let Some(([which, high, low, length], bytes)) = data.split_first_chunk() else {
        return;
    };
    let target = &TARGETS[usize::from(which & 1)];
    let document = &target.documents[usize::from(which >> 1 & 1)];
    let place = usize::from(u16::from_be_bytes([*high, *low])) % (document.len() + 1);
    let end = (place + usize::from(*length)).min(document.len());
    let document = [&document[..place], bytes, &document[end..]].concat();
    for reader in [Reader::Ours, Reader::Field] {
        let verifier = Prefecture::verifier().with_policy(Policy::default().reader(reader));
        let report = verifier.check(&document, &target.world.context());
        let passed = report.verdict() == Verdict::Passed;
        assert!(!passed || target.is_presentation(&document), "a changed license passed");
        if reader == Reader::Ours && bytes.is_empty() && *length == 0 {
            assert!(passed, "the license itself passes");
        }
        let once = report.to_json();
        assert!(json::parse(&once, Reader::Ours).is_ok(), "a report is canonical");
        assert_eq!(verifier.check(&document, &target.world.context()).to_json(), once);
        assert_eq!(report.into_verified().is_ok(), passed);
    }
}

/// `original` with a part replaced by what follows byte 3: the place in bytes 0 and 1, the length of the part in 2 and 3.
fn patched(original: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let ([high, low, long, short], bytes) = data.split_first_chunk()?;
    let place = usize::from(u16::from_be_bytes([*high, *low])) % (original.len() + 1);
    let end = (place + usize::from(u16::from_be_bytes([*long, *short]))).min(original.len());
    Some([&original[..place], bytes, &original[end..]].concat())
}

/// Compares a seed with the one in `fuzz/corpus`. `BLESS=1` writes it anew.
///
/// # Panics
/// If they differ.
pub fn kept(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let path = folder.join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(folder).expect("the folder of a target");
        std::fs::write(&path, bytes).expect("a seed");
    }
    assert_eq!(std::fs::read(&path).ok().as_deref(), Some(bytes), "{}", path.display());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_that_are_made_here_are_up_to_date() {
        let of = |target| {
            let all = ofd_parts::seeds().into_iter().filter(move |(of, _, _)| *of == target);
            all.map(|(_, name, bytes)| (name, bytes)).collect::<Vec<_>>()
        };
        for (target, seeds) in [
            ("assertion", assertion::seeds()),
            ("ceremony", ceremony::seeds()),
            ("fetched", fetched::seeds()),
            ("handover", handover::seeds()),
            ("key_file", key_file::seeds()),
            ("ofd", ofd::seeds()),
            ("ofd_container", of("ofd_container")),
            ("ofd_signature", of("ofd_signature")),
            ("ofd_xml", of("ofd_xml")),
            ("presentation", presentation::seeds()),
            ("pss", pss::seeds()),
            ("status_list", trust::status_seeds()),
            ("trust_list", trust::trust_seeds()),
            ("webhook_notice", webhook_notice::seeds()),
        ] {
            for (name, bytes) in seeds {
                kept(target, &name, &bytes);
            }
        }
    }

    #[test]
    fn the_oracles_accept_what_is_right() {
        let prefecture = Prefecture::new(Algorithm::Es256);
        let document = prefecture.issue(&prefecture.draft("identity-card"));
        credential(&document);
        credential(&crate::mutate::to_json(&document).unwrap());
        identifier(b"1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U");
        identifier(crate::samples::citizen(7).as_str().as_bytes());
        for which in 0..4 {
            report(&[which, 0, 0, 0]);
            report(&[which, 1, 0, 3, b'x']);
        }
    }

    #[test]
    fn only_presentations_are_presentations() {
        let target = &TARGETS[0];
        let [compact, json] = &target.documents;
        assert!(target.is_presentation(compact) && target.is_presentation(json));
        let text = std::str::from_utf8(compact).unwrap();
        let (signed, shown) = text.split_once('~').unwrap();
        assert!(target.is_presentation(format!("{signed}~").as_bytes()));
        for other in
            [format!("{signed}~{shown}{shown}"), format!("{signed}A~"), signed.to_owned(), "{}".into()]
        {
            assert!(!target.is_presentation(other.as_bytes()), "{other}");
        }
    }
}
