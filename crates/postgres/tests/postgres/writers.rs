//! One process writes. Others are locked out and may follow; whoever lost the archive can write nothing. Children are this
//! test binary again.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use boyin_archive::{Batch, Durability, Expect, Store, StoreError, Table};
use boyin_postgres::{Address, PostgresStore};
use tempfile::tempdir;

use crate::server::{self, SERVER, fresh_schema, psql, shared, writer_of};

const SCHEMA: &str = "BOYIN_POSTGRES_TEST_SCHEMA";
const TOLD: &str = "BOYIN_POSTGRES_TEST_TOLD";
const PATIENCE: Duration = Duration::from_secs(120);
/// Entries that each of the processes brings in.
const ENTRIES: u32 = 60;

/// A child that runs a test with the server of this process.
pub(crate) fn child(test: &str, server: &Path, schema: &str, told: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.env(SERVER, server).env(SCHEMA, schema).env(TOLD, told);
    command
}

/// The store and the file to tell in, if this process is a child.
pub(crate) fn of_child() -> Option<(Address, PathBuf)> {
    let of = |name| std::env::var_os(name).map(PathBuf::from);
    let (server, schema, told) = (of(SERVER)?, std::env::var(SCHEMA).ok()?, of(TOLD)?);
    Some((server::address(&server, &schema), told))
}

fn open(address: &Address) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(address, Durability::Synced)
}

#[test]
#[ignore = "started by another_process_is_locked_out_but_may_follow"]
fn child_that_is_locked_out() {
    let Some((address, told)) = of_child() else { return };
    for opened in [open(&address), PostgresStore::create(&address, Durability::Synced)] {
        assert!(matches!(opened, Err(StoreError::Locked)), "{opened:?}");
    }
    let follower = PostgresStore::follow(&address).unwrap();
    assert_eq!(follower.get(Table::Meta, b"k").unwrap().unwrap(), b"v");
    std::fs::write(told, "locked").unwrap();
}

#[test]
fn another_process_is_locked_out_but_may_follow() {
    let (schema, directory) = (fresh_schema(), tempdir().unwrap());
    let address = shared().address(&schema);
    let store = PostgresStore::create(&address, Durability::Synced).unwrap();
    store.commit(Batch::new().put(Table::Meta, "k", "v")).unwrap();
    assert!(matches!(open(&address), Err(StoreError::Locked)), "nor a second handle");
    let told = directory.path().join("told");
    let mut child = child("writers::child_that_is_locked_out", shared().directory(), &schema, &told);
    assert!(child.status().unwrap().success());
    assert_eq!(std::fs::read_to_string(told).unwrap(), "locked", "the child has really tried");
    store.commit(Batch::new().put(Table::Meta, "k", "w")).unwrap();
    drop(store);
    drop(open(&address).unwrap());
    drop(open(&address).unwrap());
}

/// Where a server has no advisory locks, the token alone keeps out whoever wrote before.
#[test]
fn whoever_finds_another_token_writes_nothing() {
    let schema = fresh_schema();
    let store = PostgresStore::create(&shared().address(&schema), Durability::Synced).unwrap();
    store.commit(Batch::new().put(Table::Meta, "k", "v")).unwrap();
    let token = format!("SELECT writer FROM {schema}.store_state");
    assert_eq!(psql(shared().directory(), &token).len(), 32);
    psql(shared().directory(), &format!("UPDATE {schema}.store_state SET writer = 'another'"));
    for batch in [
        Batch::new().put(Table::Meta, "k", "w"),
        Batch::new().expect(Table::Meta, "k", Expect::Exactly(b"v".to_vec())).put(Table::Meta, "l", ""),
    ] {
        let refused = store.commit(batch);
        assert!(matches!(refused, Err(StoreError::TakenOver | StoreError::Stopped)), "{refused:?}");
    }
    assert_eq!(store.scan(Table::Meta, &[], None, 9).unwrap(), [(b"k".to_vec(), b"v".to_vec())]);
}

#[test]
#[ignore = "started by processes_that_take_the_archive_from_each_other_lose_nothing"]
fn child_that_takes_turns() {
    let Some((address, told)) = of_child() else { return };
    let mut told = OpenOptions::new().append(true).create(true).open(told).unwrap();
    let me = std::process::id();
    let mut next = 0;
    while next < ENTRIES {
        let store = match open(&address) {
            Ok(store) => store,
            Err(_) => continue,
        };
        while next < ENTRIES {
            let key = format!("{me} {next}");
            let old = match store.get(Table::Meta, b"n") {
                Ok(old) => old.unwrap_or_default(),
                Err(_) => break,
            };
            if store.get(Table::License, key.as_bytes()).is_ok_and(|found| found.is_some()) {
                // Done before the connection was lost.
                next += 1;
                continue;
            }
            let expect = if old.is_empty() { Expect::Absent } else { Expect::Exactly(old.clone()) };
            let batch = Batch::new()
                .expect(Table::License, key.as_str(), Expect::Absent)
                .expect(Table::Meta, "n", expect)
                .put(Table::License, key.as_str(), "")
                .put(Table::Meta, "n", [old, vec![b'.']].concat());
            match store.commit(batch) {
                Ok(_) => {
                    told.write_all(format!("{key}\n").as_bytes()).unwrap();
                    next += 1;
                }
                Err(StoreError::Conflict { .. }) => panic!("another process wrote meanwhile"),
                Err(_) => break,
            }
        }
    }
}

fn start(schema: &str, told: &Path) -> Child {
    child("writers::child_that_takes_turns", shared().directory(), schema, told).spawn().unwrap()
}

/// The connections of those who write are ended again and again, so that the archive goes from hand to hand. Each entry
/// must be there once, and counted once.
#[test]
fn processes_that_take_the_archive_from_each_other_lose_nothing() {
    let (schema, directory) = (fresh_schema(), tempdir().unwrap());
    let address = shared().address(&schema);
    drop(PostgresStore::create(&address, Durability::Synced).unwrap());
    let told = directory.path().join("told");
    let mut children = vec![start(&schema, &told), start(&schema, &told), start(&schema, &told)];
    let begun = Instant::now();
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        assert!(begun.elapsed() < PATIENCE, "the children do not come to an end");
        let ended = format!("SELECT count(pg_terminate_backend(pid)) FROM ({}) AS w", writer_of(&schema));
        psql(shared().directory(), &ended);
        std::thread::sleep(Duration::from_millis(60));
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = open(&address).unwrap();
    let there = store.scan(Table::License, &[], None, 1000).unwrap();
    assert_eq!(there.len(), usize::try_from(3 * ENTRIES).unwrap());
    let count = store.get(Table::Meta, b"n").unwrap().unwrap().len();
    assert_eq!(count, there.len(), "each is counted once");
    assert_eq!(store.len_estimate(Table::License).unwrap(), u64::from(3 * ENTRIES));
    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.lines().count() > 0);
    for key in told.lines() {
        assert!(store.get(Table::License, key.as_bytes()).unwrap().is_some(), "{key} was acknowledged");
    }
    let taken = psql(shared().directory(), &format!("SELECT sequence FROM {schema}.store_state"));
    assert_eq!(taken, (3 * ENTRIES).to_string(), "one batch for each");
}
