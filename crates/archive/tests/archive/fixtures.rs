//! A small office, its holders and licenses, and the stores that tests run on.

use std::sync::Arc;

use boyin_archive::{
    Act, Archive, Change, Event, EventKind, Filing, Grade, LicenseRecord, RootSecret, StatusChange,
    StatusSlot,
};
use boyin_model::alg::{Randomness, RandomnessUnavailable};
use boyin_model::id::{CreditCode, HolderCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin_model::time::UnixTime;

use crate::engine;
use crate::stores::TestStore;

pub(crate) const TYPE_A: &str = "11100000MB03271699001";
pub(crate) const TYPE_B: &str = "11100000000013338W032";
pub(crate) const LIST: &str = "https://status.example.invalid/lists/1";
/// The example number of GB 11643, the name of nobody.
pub(crate) const CITIZEN: &str = "11010519491231002X";
pub(crate) const HOLDER_NAME: &str = "持证人甲乙丙";
/// 2026-01-01T00:00:00+08:00.
pub(crate) const EPOCH: u64 = 1_767_196_800;

/// Bytes that are the same in every run, and new ones at each call.
pub(crate) struct Counting(pub(crate) u8, pub(crate) u64);

impl Randomness for Counting {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        for chunk in buf.chunks_mut(8) {
            self.1 = self.1.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&self.1.to_be_bytes()[..chunk.len()]);
            chunk[0] ^= self.0;
        }
        Ok(())
    }
}

pub(crate) fn secret() -> RootSecret {
    RootSecret::new([0x42; 32].into()).with_randomness(Counting(0, 0))
}

pub(crate) fn office() -> CreditCode {
    CreditCode::parse("11100000000013338W").unwrap()
}

pub(crate) fn holder(n: u8) -> HolderCode {
    match n {
        0 => HolderCode::new(HolderCodeType::CitizenId, CITIZEN).unwrap(),
        n => HolderCode::new(HolderCodeType::OrdinaryPassport, &format!("E{n:08}")).unwrap(),
    }
}

pub(crate) fn license_type(code: &str) -> LicenseTypeCode {
    LicenseTypeCode::parse(code).unwrap()
}

pub(crate) fn id_of(code: &str, n: u32) -> LicenseId {
    let issuer = CreditCode::parse("11430000006122244L").unwrap();
    LicenseId::new(license_type(code), issuer, &format!("{n:06}"), 1).unwrap()
}

pub(crate) fn id(n: u32) -> LicenseId {
    id_of(TYPE_A, n)
}

pub(crate) fn act_at(key: &str, request: u8, seconds: u64) -> Act {
    Act::new("窗口一", office(), "办理登记", time(seconds), key, [request; 32]).unwrap()
}

pub(crate) fn act(key: &str) -> Act {
    act_at(key, 1, 0)
}

/// `seconds` after [`EPOCH`].
pub(crate) fn time(seconds: u64) -> UnixTime {
    UnixTime::new(EPOCH + seconds).unwrap()
}

/// License `n` of holder 0, filed at the time of [`act`], in slot `n`.
pub(crate) fn filing(n: u32) -> Filing {
    filing_for(0, n, 0)
}

pub(crate) fn filing_for(whose: u8, n: u32, seconds: u64) -> Filing {
    let holder = holder(whose);
    let record = LicenseRecord {
        id: id(n),
        credential: format!("eyJhbGciOiJFUzI1NiJ9.{n}.c2ln~").into_bytes(),
        holder_code_type: holder.code_type(),
        holder_name: HOLDER_NAME.to_owned(),
        title: "不动产权证书".to_owned(),
        number: format!("新(2026)第{n:07}号"),
        valid_until: Some("2036-12-31".parse().unwrap()),
        grade: Grade::A,
        filed_at: time(seconds),
        slot: Some(StatusSlot { list: LIST.to_owned(), index: n }),
    };
    Filing { record, holder }
}

pub(crate) fn change(change: Change) -> StatusChange {
    StatusChange::new(change, "依申请")
}

/// An archive and the store below it.
pub(crate) fn fresh() -> (Archive, Arc<TestStore>) {
    let store = Arc::new(engine::fresh());
    let archive = Archive::create_in(Arc::<TestStore>::clone(&store), &secret(), &act("create")).unwrap();
    (archive, store)
}

/// The archive after its store was closed and opened again.
pub(crate) fn reopened(archive: Archive, store: &Arc<TestStore>) -> Archive {
    drop(archive);
    store.reopen();
    Archive::with_store(Arc::<TestStore>::clone(store), &secret()).unwrap()
}

/// What must hold of every archive, whatever happened to it: each license is whole (document, place in its holder's
/// file, slot, event), nothing else is there, and event numbers have no gaps. Gives the licenses back.
pub(crate) fn whole(archive: &Archive) -> Vec<LicenseRecord> {
    let mut licenses = Vec::new();
    let mut cursor = None;
    loop {
        let page = archive.list(None, cursor.as_ref(), 100).unwrap();
        licenses.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let mut events = Vec::new();
    while let Ok(more) = archive.events(events.last().map(|e: &Event| e.number), 1000) {
        if more.is_empty() {
            break;
        }
        events.extend(more);
    }
    let numbers: Vec<u64> = events.iter().map(|e| e.number).collect();
    assert_eq!(numbers, (1..).take(numbers.len()).collect::<Vec<u64>>(), "event numbers without gaps");

    let issued = events.iter().filter(|e| e.what == EventKind::LicenseIssued).count();
    assert_eq!(issued, licenses.len(), "one issue event per license");
    let mut filed = 0;
    for whose in 0..4 {
        let mut cursor = None;
        loop {
            let page = archive.list_by_holder(&holder(whose), cursor.as_ref(), 100).unwrap();
            filed += page.items.len();
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    assert_eq!(filed, licenses.len(), "every license is in one holder's file");
    let mut slots = Vec::new();
    while let Ok(more) = archive.slots(LIST, slots.last().map(|(index, _)| *index), 10_000) {
        if more.is_empty() {
            break;
        }
        slots.extend(more);
    }
    assert_eq!(slots.len(), licenses.len(), "every license has its slot");
    for license in &licenses {
        let events = archive.events_of(&license.id, None, 1000).unwrap();
        assert!(!events.is_empty(), "a license without an event");
        let slot = license.slot.as_ref().unwrap();
        let status = archive.status_of(&license.id).unwrap().unwrap();
        assert!(slots.contains(&(slot.index, status)));
    }
    licenses
}

/// Whether any file of a database of RocksDB holds the bytes.
pub(crate) fn on_disk(directory: &std::path::Path, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(directory.join("db")).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file())
        .any(|path| std::fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes))
}
