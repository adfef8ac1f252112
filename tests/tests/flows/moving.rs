//! An archive that is moved while somebody has its directory open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use boyin::archive::{MemoryStore, Store, StoreError};
use boyin::suite::SystemRandom;
use boyin::{Access, AfterCopy, Desk, Engine, Home, Lookup, Overrides, StoreSetting, TransferError};

use crate::office::{Prefecture, identity_card, now, order, passphrase, police};

/// Stores in memory, by their addresses, and which were opened for what.
#[derive(Debug, Default)]
struct Memory {
    stores: Mutex<HashMap<String, Arc<MemoryStore>>>,
    opened: Mutex<Vec<(String, Access)>>,
    /// Written into this file as soon as a store is opened for writing.
    switch: Mutex<Option<(PathBuf, String)>>,
}

impl Engine for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn open(&self, setting: &StoreSetting, _: &Path, access: Access) -> Result<Arc<dyn Store>, StoreError> {
        self.opened.lock().unwrap().push((setting.address.clone(), access));
        if access == Access::Write
            && let Some((path, text)) = self.switch.lock().unwrap().take()
        {
            std::fs::write(path, text).unwrap();
        }
        let mut stores = self.stores.lock().unwrap();
        let store = stores.entry(setting.address.clone()).or_default();
        let store: Arc<dyn Store> = Arc::<MemoryStore>::clone(store);
        Ok(store)
    }
}

impl Memory {
    /// The stores that were opened for writing since this was asked last.
    fn written(&self) -> Vec<String> {
        let opened = std::mem::take(&mut *self.opened.lock().unwrap());
        opened
            .into_iter()
            .filter(|(_, access)| *access == Access::Write)
            .map(|(address, _)| address)
            .collect()
    }
}

fn at(address: &str) -> StoreSetting {
    StoreSetting {
        engine: "memory".to_owned(),
        address: address.to_owned(),
        schema: None,
        password_file: None,
        trusted_network: false,
    }
}

#[test]
fn whoever_had_the_directory_open_before_the_archive_moved_opens_the_new_one() {
    let prefecture = Prefecture::new();
    prefecture.issue();
    let engine = Arc::new(Memory::default());
    let open = || {
        let engine: Arc<dyn Engine> = Arc::<Memory>::clone(&engine);
        Home::open_with(prefecture.home.dir(), vec![engine], &Overrides::default()).unwrap()
    };
    // It waits for its passphrase.
    let waiting = open();
    let copy =
        |home: &Home, to: &str, after| home.copy_archive(Some(&at(to)), after, &passphrase(), &mut |_| {});
    copy(&open(), "new", AfterCopy::Switch).unwrap();
    engine.written();
    let desk = Desk::open(&waiting, &passphrase(), now()).unwrap();
    assert_eq!(engine.written(), ["new"]);
    let receipt = desk.issue(&identity_card(), &order(police(), "moved"), &mut SystemRandom).unwrap();
    let last = desk.archive().last_event().unwrap();
    drop(desk);
    let scratch = tempfile::tempdir().unwrap();
    let lookup = Lookup::open(&waiting, scratch.path(), &passphrase()).unwrap();
    assert!(!lookup.history(&receipt.license_id).unwrap().is_empty(), "whoever reads finds it there, too");
    drop(lookup);
    // It is not copied onto itself, nor from where it was before.
    let onto = copy(&waiting, "new", AfterCopy::Stay);
    assert!(matches!(onto, Err(TransferError::Same)), "{onto:?}");
    assert_eq!(copy(&waiting, "newer", AfterCopy::Stay).unwrap().last_event, last);
    // Somebody moves it between the look at the configuration and the lock.
    let path = prefecture.home.dir().join("boyin.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let moved = text.replace("\"new\"", "\"newer\"");
    assert_ne!(moved, text);
    *engine.switch.lock().unwrap() = Some((path, moved));
    engine.written();
    let desk = Desk::open(&waiting, &passphrase(), now()).unwrap();
    assert_eq!(engine.written(), ["new", "newer"]);
    drop(desk);
}

#[test]
fn a_move_writes_what_the_file_says_and_not_what_counts_in_its_place() {
    let prefecture = Prefecture::new();
    let path = prefecture.home.dir().join("boyin.toml");
    let before = std::fs::read_to_string(&path).unwrap();
    let engine: Arc<dyn Engine> = Arc::new(Memory::default());
    let given = [("BOYIN_CONFIG__TRUST_LIST_DAYS".to_owned(), "7".to_owned())];
    let overrides = Overrides::read(given).unwrap();
    let home = Home::open_with(prefecture.home.dir(), vec![engine], &overrides).unwrap();
    assert_eq!(home.config().trust_list_days, 7);
    home.copy_archive(Some(&at("new")), AfterCopy::Switch, &passphrase(), &mut |_| {}).unwrap();
    let after = std::fs::read_to_string(&path).unwrap();
    let kept = after.split("[store]").next().unwrap();
    assert_eq!(kept.trim_end(), before.trim_end());
    assert_ne!(kept, after, "it names the new place");
}
