//! Oracles of fuzz targets: each takes any bytes and panics if a promise is broken. Those that need neither archive nor data
//! directory are in the test kit.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use boyin::archive::{Act, Archive, Event, EventKind, MemoryStore, Read, ReadOf, Reader, RootSecret};
use boyin::delegation::Delegation;
use boyin::model::alg::{Randomness, RandomnessUnavailable};
use boyin::model::id::{CreditCode, HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin::model::json::{self, Value};
use boyin::model::time::UnixTime;
use boyin::{KeyReference, Tokens};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most events that an archive of a few reads has.
const MAX_EVENTS: usize = 100;

/// Bytes that are the same in every run.
struct Counting(u64);

impl Randomness for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&self.0.to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// An office that there is not.
fn office() -> CreditCode {
    CreditCode::parse("11100000000013338W").expect("a code")
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(1_767_196_800 + seconds).expect("an instant")
}

fn act(key: &str) -> Act {
    Act::new("窗口一", office(), "办理登记", at(0), key, [1; 32]).expect("words")
}

fn archive() -> Archive {
    let secret = RootSecret::new([0x42; 32].into()).with_randomness(Counting(0));
    Archive::create_in(Arc::new(MemoryStore::new()), &secret, &act("create")).expect("a new archive")
}

/// A read as an event shows it.
type Seen = (EventKind, UnixTime, String, String);

/// Reads that the log has.
fn reads_in(archive: &Archive) -> Vec<Seen> {
    let reads = [EventKind::LicenseRead, EventKind::HolderRead, EventKind::HolderLogRead];
    let events = archive.events(None, MAX_EVENTS).expect("a log").into_iter();
    events
        .filter(|event| reads.contains(&event.what))
        .map(|event| (event.what, event.at, event.who, event.detail))
        .collect()
}

/// A closed spool of three reads.
struct Spool {
    name: PathBuf,
    bytes: Vec<u8>,
    /// Where each of its frames ends.
    ends: Vec<usize>,
    reads: Vec<Seen>,
}

static SPOOL: LazyLock<Spool> = LazyLock::new(|| {
    let (archive, dir) = (archive(), tempfile::tempdir().expect("a directory"));
    let holder = HolderCode::new(HolderCodeType::CitizenId, "11010519491231002X").expect("a number");
    let license = LicenseTypeCode::parse("11100000MB03271699001").expect("a type");
    let license = LicenseId::new(license, office(), "000001", 1).expect("an identifier");
    let spool = archive.spool_reads(dir.path()).expect("a spool");
    let reader = Reader::new("窗口二", office(), "办理低保").expect("words");
    let all = [ReadOf::License(license), ReadOf::Holder(3), ReadOf::HolderLog(7)];
    for (seconds, of) in (5..).zip(all) {
        let holder = archive.holder_key(&holder);
        spool.record(&[Read { reader: reader.clone(), at: at(seconds), of, holder }]).expect("a read");
    }
    drop(spool);
    let entry = std::fs::read_dir(dir.path()).expect("a directory").next().expect("a spool").expect("a file");
    let bytes = std::fs::read(entry.path()).expect("a file");
    let (mut ends, mut place) = (Vec::new(), 0);
    while let Some(head) = bytes.get(place..).and_then(<[u8]>::first_chunk::<4>) {
        place += 4 + usize::try_from(u32::from_be_bytes(*head)).expect("a frame");
        ends.push(place);
    }
    archive.take_reads(dir.path(), &act("take")).expect("a directory");
    let reads = reads_in(&archive);
    assert_eq!(
        (reads.len(), ends.len(), ends.last()),
        (3, 4, Some(&bytes.len())),
        "a frame each, and the last one"
    );
    Spool { name: entry.file_name().into(), bytes, ends, reads }
});

fn taken(bytes: &[u8]) {
    let (archive, dir) = (archive(), tempfile::tempdir().expect("a directory"));
    std::fs::write(dir.path().join(&SPOOL.name), bytes).expect("a file");
    let found = archive.take_reads(dir.path(), &act("take")).expect("whatever the spool holds");
    let reads = reads_in(&archive);
    assert_eq!(found.reads, u64::try_from(reads.len()).expect("a few"), "each that is told is in the log");
    assert!(SPOOL.reads.starts_with(&reads), "reads that nobody recorded");
    let whole = SPOOL.ends[..reads.len()].last().copied().unwrap_or(0);
    assert!(bytes.starts_with(&SPOOL.bytes[..whole]), "what is accepted is what was written");
    let closed = bytes.starts_with(&SPOOL.bytes);
    assert_eq!((found.cut, found.damaged), (u64::from(!closed), 0), "the log says what was cut");
    assert!(!closed || reads.len() == SPOOL.reads.len());
    // What could not be read is kept, and not read again.
    let again = archive.take_reads(dir.path(), &act("again")).expect("a directory");
    assert_eq!((again.reads, again.cut), (0, 0), "each read is there once");
    archive.check_log().expect("a whole log");
}

/// `original` with a part replaced by what follows byte 3: the place in bytes 0 and 1, the length of the part in 2 and 3.
fn patched(original: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let ([high, low, long, short], bytes) = data.split_first_chunk()?;
    let place = usize::from(u16::from_be_bytes([*high, *low])) % (original.len() + 1);
    let end = (place + usize::from(u16::from_be_bytes([*long, *short]))).min(original.len());
    Some([&original[..place], bytes, &original[end..]].concat())
}

/// Spools of reads: bytes 0 to 3 say where and how much of a closed spool is replaced by the rest; all of the bytes are taken for a
/// spool too. Reads are taken in only as they were recorded, from the first on, and once.
///
/// # Panics
/// If a promise is broken.
pub fn reads_spool(data: &[u8]) {
    taken(data);
    if let Some(changed) = patched(&SPOOL.bytes, data) {
        taken(&changed);
    }
}

/// What is read is written in one form, which is read as the same.
fn settles<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(text: &str) -> Option<T> {
    let read: T = toml::from_str(text).ok()?;
    let written = toml::to_string(&read).expect("it has a form in TOML");
    let again: T = toml::from_str(&written).expect("what is written is read");
    assert_eq!(again, read);
    assert_eq!(toml::to_string(&again).as_ref(), Ok(&written), "it has one form");
    Some(read)
}

const REFERENCES: [&str; 3] = [
    "format = 1\nkid = \"k\"\nsuite = \"ES256\"\npublic = \"BA\"\nmade_at = 5\nretired_at = 7\n\n[place]\nkind = \"software\"\n",
    "format = 1\nkid = \"k\"\nsuite = \"SM2-SM3\"\npublic = \"BA\"\nmade_at = 5\n\n[place]\nkind = \"pkcs11\"\nmodule = \"/m.so\"\n\
     token = \"t\"\nlabel = \"l\"\nid = \"00ff\"\npin_file = \"/pin\"\n\n[limits]\nsignatures = 3\n",
    "format = 2\nkid = \"k\"\nsuite = \"ES256\"\npublic = \"BA\"\nmade_at = 5\n\n[place]\nkind = \"remote\"\nurl = \"http://s\"\n\
     signer = \"s\"\nclient = \"c\"\n",
];
const TOKENS: &str = "[[token]]\nname = \"n\"\ndigest = \"AA\"\noffice = \"11100000000013338W\"\nscopes = [\"license:read\"]\n";

/// References to keys, in files, tokens and remote signers, and the list of access tokens: byte 0 says which, bytes 1 to 4 where and
/// how much of it is replaced by the rest; all of the bytes are read as each of them too.
///
/// # Panics
/// If a promise is broken.
pub fn key_reference(data: &[u8]) {
    let file = |bytes: &[u8]| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Some(reference) = settles::<KeyReference>(text) {
            let key = reference.jwk();
            assert!(key.is_none_or(|key| key.point().is_some()), "a key has a point");
        }
        if let Some(tokens) = settles::<Tokens>(text) {
            assert!(tokens.find("").is_none(), "nobody has the digest of nothing");
        }
    };
    file(data);
    let Some((which, rest)) = data.split_first() else { return };
    let known = REFERENCES.get(usize::from(*which) % 4).unwrap_or(&TOKENS);
    if let Some(changed) = patched(known.as_bytes(), rest) {
        file(&changed);
    }
}

/// Terms of delegations: of one item and type, and of several.
const TERMS: [&str; 2] = [
    r#"{"agent":"aa","items":["loan"],"types":["11100000000013127D001"],"until":1782878400,"uses":2}"#,
    r#"{"agent":"bb","items":["deed","loan"],"types":["11100000000013127D001","111000000000131433001"],"until":1785556800,"uses":100}"#,
];

/// An event that is told to have made a delegation.
static GRANTED: LazyLock<Event> = LazyLock::new(|| {
    let mut event = archive().events(None, 1).expect("a log").remove(0);
    event.what = EventKind::DelegationGranted;
    event.why = "贷款".to_owned();
    event
});

/// The delegation that such terms make.
fn made(detail: &str) -> Option<Delegation> {
    let event = Event { detail: detail.to_owned(), ..GRANTED.clone() };
    let made = Delegation::granted(&event)?;
    let read = json::parse(detail.as_bytes(), json::Reader::Ours).expect("what is accepted has one spelling");
    let terms = read.value.as_object().expect("members");
    let names: Vec<_> = terms.members().map(|(name, _)| name).collect();
    assert_eq!(names, ["agent", "items", "types", "until", "uses"], "a term more or less");
    let number = |name| {
        let Some(Value::Int(found)) = terms.get(name) else { return None };
        u64::try_from(*found).ok()
    };
    let texts = |name| -> Option<Vec<String>> {
        let Some(Value::Array(found)) = terms.get(name) else { return None };
        found.iter().map(|one| one.as_text().map(str::to_owned)).collect()
    };
    assert_eq!(texts("items"), Some(made.items.iter().cloned().collect()));
    assert_eq!(
        texts("types"),
        Some(made.license_types.iter().map(|code| code.as_str().to_owned()).collect())
    );
    assert_eq!((number("until"), number("uses")), (Some(made.until.seconds()), Some(u64::from(made.uses))));
    assert_eq!((made.number, made.at, made.used, made.revoked_at), (event.number, event.at, 0, None));
    assert!(!made.is_open(made.until), "it lasts until then");
    Some(made)
}

/// Terms of delegations as an event has them: any bytes; and terms, by byte 0, of which bytes 1 to 4 say where and how much is replaced
/// by the rest. What is accepted says what the delegation lets somebody do, in one spelling.
///
/// # Panics
/// If a promise is broken.
pub fn delegation(data: &[u8]) {
    let judged = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(made);
    judged(data);
    let Some((which, rest)) = data.split_first() else { return };
    let known = TERMS[usize::from(*which) % TERMS.len()];
    let Some(changed) = patched(known.as_bytes(), rest) else { return };
    let (found, original) = (judged(&changed), made(known));
    assert!(original.is_some(), "the terms themselves are read");
    // Who may act is told by nothing else that is shown.
    assert_eq!(found == original, changed == known.as_bytes(), "other terms are another delegation");
}

/// What each target begins with, by its name.
#[cfg(test)]
fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = vec![("reads_spool", "same".to_owned(), vec![0, 0, 0, 0])];
    for (frame, end) in SPOOL.ends.iter().enumerate() {
        let [high, low] = u16::try_from(*end).unwrap().to_be_bytes();
        seeds.push(("reads_spool", format!("cut-{frame}"), vec![high, low, 255, 255]));
    }
    seeds.push(("reads_spool", "length".to_owned(), vec![0, 0, 0, 4, 0, 0, 32, 1]));
    for (number, text) in REFERENCES.iter().chain([&TOKENS]).enumerate() {
        seeds.push(("key_reference", format!("file-{number}"), text.as_bytes().to_vec()));
    }
    for (number, text) in TERMS.iter().enumerate() {
        seeds.push(("delegation", format!("terms-{number}"), text.as_bytes().to_vec()));
        seeds.push(("delegation", format!("same-{number}"), vec![u8::try_from(number).unwrap(), 0, 0, 0, 0]));
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_up_to_date() {
        for (target, name, bytes) in seeds() {
            boyin_testkit::fuzz::kept(target, &name, &bytes);
        }
    }

    #[test]
    fn the_oracles_accept_what_is_right_and_hold_under_changes() {
        for (target, _, bytes) in seeds() {
            match target {
                "reads_spool" => reads_spool(&bytes),
                "key_reference" => key_reference(&bytes),
                other => {
                    assert_eq!(other, "delegation");
                    delegation(&bytes);
                }
            }
        }
        for place in (0..u16::try_from(SPOOL.bytes.len()).unwrap()).step_by(17) {
            let [high, low] = place.to_be_bytes();
            reads_spool(&[high, low, 0, 1, b'x']);
            reads_spool(&[high, low, 0, 9]);
        }
        for text in REFERENCES {
            assert!(settles::<KeyReference>(text).is_some(), "{text}");
        }
        assert!(settles::<Tokens>(TOKENS).is_some_and(|tokens| tokens.grants().len() == 1));
        assert!(TERMS.into_iter().all(|terms| made(terms).is_some()));
        for which in 0..4 {
            for place in 0..200 {
                for oracle in [key_reference, delegation] {
                    oracle(&[which, 0, place, 0, 1, b'9']);
                    oracle(&[which, 0, place, 0, 3]);
                }
            }
        }
    }
}
