//! What holds of this engine: what it refuses to run on, long keys, big values, followers, snapshots, erasure.

use std::io::Write as _;
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use boyin_archive::{Archive, Batch, Durability, Expect, Store, StoreError, Table};
use boyin_postgres::{Address, LAYOUT_VERSION, Network, PostgresStore};

use crate::check::check_sound;
use crate::fixtures::{act, filing, id, secret, whole};
use crate::server::{Server, fresh_schema, psql, session, shared};

fn create(address: &Address) -> PostgresStore {
    PostgresStore::create(address, Durability::Synced).unwrap()
}

fn message(error: &StoreError) -> String {
    assert!(matches!(error, StoreError::Io(_)), "{error:?}");
    error.to_string()
}

#[test]
fn a_server_that_does_not_sync_is_refused() {
    for (setting, named) in [("fsync=off", "fsync = off"), ("full_page_writes=off", "full_page_writes = off")]
    {
        let server = Server::start(&[setting]);
        let refused = PostgresStore::create(&server.fresh(), Durability::Synced).unwrap_err();
        assert!(message(&refused).contains(named), "{refused}");
        let address = server.fresh();
        drop(PostgresStore::create(&address, Durability::Buffered).unwrap());
        let refused = PostgresStore::open(&address, Durability::Synced).unwrap_err();
        assert!(message(&refused).contains(named), "{refused}");
    }
}

/// Whatever the role's or the database's default is, an acknowledgment waits for the disk.
#[test]
fn a_default_that_does_not_wait_for_the_disk_is_overruled() {
    let server = Server::start(&["synchronous_commit=off"]);
    psql(server.directory(), "ALTER ROLE boyin SET synchronous_commit = off");
    psql(server.directory(), "ALTER ROLE boyin SET default_transaction_isolation = 'serializable'");
    let address = server.fresh();
    let store = create(&address);
    // What is written tells how it was committed.
    let trigger = "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                   NEW.v := convert_to(current_setting('synchronous_commit') || current_setting('transaction_isolation'), \
                   'UTF8'); RETURN NEW; END $$; \
                   CREATE TRIGGER note BEFORE INSERT ON %.meta FOR EACH ROW EXECUTE FUNCTION note()";
    let schema = schema_of(&address);
    psql(server.directory(), &trigger.replace('%', &schema));
    store.commit(Batch::new().put(Table::Meta, "k", "")).unwrap();
    assert_eq!(store.get(Table::Meta, b"k").unwrap().unwrap(), b"onread committed");
}

fn schema_of(address: &Address) -> String {
    let shown = format!("{address:?}");
    shown.split("schema: \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn what_is_not_there_is_missing() {
    let address = shared().fresh();
    for opened in [
        PostgresStore::open(&address, Durability::Synced),
        PostgresStore::follow(&address),
        PostgresStore::snapshot(&address),
    ] {
        assert!(matches!(opened, Err(StoreError::Missing)), "{opened:?}");
    }
    let text = format!("host={} dbname=nothing user=boyin", shared().directory().display());
    let nowhere = Address::parse(&text, Network::ThisMachine).unwrap();
    let refused = PostgresStore::create(&nowhere, Durability::Synced).unwrap_err();
    assert!(message(&refused).contains("database \"nothing\" does not exist (SQLSTATE 3D000)"), "{refused}");
    let nobody = Address::parse("host=/nonexistent dbname=a user=b", Network::ThisMachine).unwrap();
    assert!(message(&PostgresStore::follow(&nobody).unwrap_err()).contains("connect"));
}

#[test]
fn a_newer_layout_is_refused() {
    let address = shared().fresh();
    drop(create(&address));
    let newer = format!("UPDATE {}.store_state SET layout = 2", schema_of(&address));
    psql(shared().directory(), &newer);
    for opened in [
        PostgresStore::create(&address, Durability::Synced),
        PostgresStore::open(&address, Durability::Synced),
        PostgresStore::follow(&address),
        PostgresStore::snapshot(&address),
    ] {
        let refused = opened.unwrap_err();
        let expected = (2, LAYOUT_VERSION);
        assert!(
            matches!(refused, StoreError::NewerLayout { found, supported } if (found, supported) == expected),
            "{refused:?}"
        );
    }
}

#[test]
fn a_damaged_state_is_refused() {
    for spoil in ["layout = 0", "layout = -1", "counts = 'license'", "counts = 'license=x'"] {
        let address = shared().fresh();
        drop(create(&address));
        psql(shared().directory(), &format!("UPDATE {}.store_state SET {spoil}", schema_of(&address)));
        let opened = PostgresStore::open(&address, Durability::Synced);
        assert!(matches!(opened, Err(StoreError::Corrupt(_))), "{spoil}: {opened:?}");
    }
    let address = shared().fresh();
    let store = create(&address);
    psql(shared().directory(), &format!("UPDATE {}.store_state SET sequence = 7", schema_of(&address)));
    let refused = store.commit(Batch::new().put(Table::Meta, "k", ""));
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    assert_eq!(store.get(Table::Meta, b"k").unwrap(), None);
}

#[test]
fn a_table_that_is_missing_is_damage_when_read_and_made_by_the_writer() {
    let address = shared().fresh();
    drop(create(&address));
    psql(shared().directory(), &format!("DROP TABLE {}.read_spool", schema_of(&address)));
    let follower = PostgresStore::follow(&address).unwrap();
    assert!(matches!(follower.get(Table::ReadSpool, b"k"), Err(StoreError::Corrupt(_))));
    let writer = PostgresStore::open(&address, Durability::Synced).unwrap();
    assert_eq!(follower.get(Table::ReadSpool, b"k").unwrap(), None);
    writer.commit(Batch::new().put(Table::ReadSpool, "k", "v")).unwrap();
}

/// A key is what an index holds; a value may have any size.
#[test]
fn long_keys_are_refused_and_big_values_are_kept() {
    let store = create(&shared().fresh());
    // An index compresses what it can.
    let key: Vec<u8> =
        (0..2600_u32).map(|n| 0xff ^ n.wrapping_mul(n ^ 0x9e37_79b9).to_be_bytes()[0]).collect();
    let value: Vec<u8> = (0..9_u32 << 20).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    store
        .commit(Batch::new().put(Table::Meta, key.as_slice(), value.as_slice()).put(Table::Meta, "b", ""))
        .unwrap();
    assert!(store.get(Table::Meta, &key).unwrap() == Some(value.clone()));
    assert!(store.scan(Table::Meta, &key[..9], None, 9).unwrap() == [(key.clone(), value.clone())]);
    let exact =
        Batch::new().expect(Table::Meta, key.as_slice(), Expect::Exactly(value)).delete(Table::Meta, key);
    store.commit(exact).unwrap();
    let refused = store.commit(Batch::new().put(Table::Meta, "c", "").put(Table::Meta, vec![1; 2601], ""));
    assert!(message(&refused.unwrap_err()).contains("2601 bytes"));
    assert_eq!(store.get(Table::Meta, b"c").unwrap(), None);
    store.commit(Batch::new().put(Table::Meta, "c", "")).unwrap();
}

/// A scan asks for what it gives, however much there is.
#[test]
fn every_byte_string_finds_its_place_in_the_order() {
    let store = create(&shared().fresh());
    let mut keys: Vec<Vec<u8>> =
        (0..=255_u8).flat_map(|a| [vec![a], vec![a, 0], vec![a, 255], vec![a, b'%']]).collect();
    keys.push(Vec::new());
    let batch =
        keys.iter().fold(Batch::new(), |batch, key| batch.put(Table::Seal, key.as_slice(), key.as_slice()));
    store.commit(batch).unwrap();
    keys.sort();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    loop {
        let page = store.scan(Table::Seal, &[], seen.last().map(Vec::as_slice), 100).unwrap();
        assert!(page.iter().all(|(key, value)| key == value));
        let full = page.len() == 100;
        seen.extend(page.into_iter().map(|(key, _)| key));
        if !full {
            break;
        }
    }
    assert!(seen == keys);
    for prefix in [&[0xff][..], &[0xff, 0xff], &[0], b"%"] {
        let found = store.scan(Table::Seal, prefix, None, 1000).unwrap();
        let expected: Vec<_> = keys.iter().filter(|key| key.starts_with(prefix)).collect();
        assert_eq!(found.iter().map(|(key, _)| key).collect::<Vec<_>>(), expected, "{prefix:?}");
    }
}

#[test]
fn a_follower_sees_each_act_at_once_and_writes_nothing() {
    let address = shared().fresh();
    let archive = Archive::create_in(Arc::new(create(&address)), &secret(), &act("create")).unwrap();
    let store = Arc::new(PostgresStore::follow(&address).unwrap());
    let follower = Archive::follow_in(Arc::<PostgresStore>::clone(&store), &secret()).unwrap();
    for n in 0..5 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
        assert_eq!(follower.get(&id(n)).unwrap(), Some(filing(n).record));
        assert_eq!(follower.counts().unwrap().licenses, u64::from(n) + 1);
        follower.catch_up().unwrap();
    }
    let refused = store.commit(Batch::new().put(Table::Meta, "k", ""));
    assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
    assert!(matches!(store.scrub(Table::Meta, b"k"), Err(StoreError::ReadOnly)));
    psql(shared().directory(), &format!("DROP SCHEMA {} CASCADE", schema_of(&address)));
    assert!(matches!(store.catch_up(), Err(StoreError::Missing)));
}

#[test]
fn a_snapshot_stands_still() {
    let address = shared().fresh();
    let archive = Archive::create_in(Arc::new(create(&address)), &secret(), &act("create")).unwrap();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    let snapshot = Arc::new(PostgresStore::snapshot(&address).unwrap());
    let still = Archive::follow_in(Arc::<PostgresStore>::clone(&snapshot), &secret()).unwrap();
    for n in 2..30 {
        archive.file(&act(&format!("file {n}")), &filing(n)).unwrap();
    }
    assert_eq!(check_sound(&still).licenses, 1);
    assert_eq!(still.counts().unwrap().licenses, 1);
    assert_eq!(whole(&archive).len(), 29);
    assert!(matches!(snapshot.commit(Batch::new()), Err(StoreError::ReadOnly)));
}

/// Whether any file of the server's tables holds the bytes.
fn on_disk(server: &Server, bytes: &[u8]) -> bool {
    psql(server.directory(), "CHECKPOINT");
    let mut waiting = vec![server.directory().join("data/base")];
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if std::fs::read(&path)
                .unwrap_or_default()
                .windows(bytes.len())
                .any(|found| found == bytes)
            {
                return true;
            }
        }
    }
    false
}

/// A session that did this and waits in its transaction.
fn begun(server: &Server, sql: &str) -> Child {
    let mut idle = session(server.directory());
    idle.stdin.as_mut().unwrap().write_all(format!("{sql}\n").as_bytes()).unwrap();
    let begun = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'";
    while psql(server.directory(), begun) != "1" {
        std::thread::sleep(Duration::from_millis(50));
    }
    idle
}

fn end(mut session: Child) {
    drop(session.stdin.take());
    session.wait().unwrap();
}

/// Scrubs the keys of records, which must not come to its end before that.
fn scrubbed_after(store: &PostgresStore, that: impl FnOnce()) -> Result<(), StoreError> {
    std::thread::scope(|scope| {
        let scrubbing = scope.spawn(|| store.scrub(Table::RecordKey, b"k"));
        std::thread::sleep(Duration::from_millis(700));
        assert!(!scrubbing.is_finished(), "the server would take along what was deleted");
        that();
        scrubbing.join().unwrap()
    })
}

/// It sees nothing of the archive, but the server rewrites with a snapshot that goes back to the oldest transaction anywhere.
#[test]
fn a_transaction_in_another_database_is_waited_for() {
    let server = Server::start(&["autovacuum=off"]);
    let store = create(&server.fresh());
    let value: Vec<u8> = (0..64_u8).map(|n| n.wrapping_mul(89) ^ 0x3c).collect();
    store.commit(Batch::new().put(Table::RecordKey, "k", value.as_slice())).unwrap();
    psql(server.directory(), "CREATE DATABASE other");
    let idle = begun(&server, "\\c other\nBEGIN; SELECT pg_current_xact_id();");
    store.commit(Batch::new().delete(Table::RecordKey, "k")).unwrap();
    scrubbed_after(&store, || end(idle)).unwrap();
    assert!(!on_disk(&server, &value));
}

/// Whose transactions cannot be looked at may see anything.
#[test]
fn who_may_not_see_what_others_do_waits_until_they_may() {
    let server = Server::start(&["autovacuum=off"]);
    let schema = fresh_schema();
    drop(create(&server.address(&schema)));
    let store = PostgresStore::open(&guest(&server, &schema), Durability::Synced).unwrap();
    let role = format!("guest_{schema}");
    psql(server.directory(), &format!("REVOKE pg_read_all_stats FROM {role}"));
    let idle = begun(&server, "BEGIN;");
    let refused = scrubbed_after(&store, || {
        psql(server.directory(), &format!("GRANT pg_read_all_stats TO {role}"));
    });
    end(idle);
    assert!(refused.unwrap_err().to_string().contains("was not rewritten"), "it came as far as that");
}

/// Whoever needs the table meanwhile waits behind the erasure, so that this does not wait for ever.
#[test]
fn a_table_that_stays_locked_is_not_waited_for_for_ever() {
    let server = Server::start(&["autovacuum=off"]);
    let address = server.fresh();
    let store = create(&address);
    let place = format!("{}.record_key", schema_of(&address));
    let idle = begun(&server, &format!("BEGIN; LOCK TABLE {place} IN ACCESS SHARE MODE;"));
    let refused = store.scrub(Table::RecordKey, b"k").unwrap_err();
    assert!(refused.to_string().contains("55P03"), "{refused}");
    assert_eq!(store.get(Table::RecordKey, b"k").unwrap(), None, "nobody waits any more");
    end(idle);
    store.scrub(Table::RecordKey, b"k").unwrap();
}

#[test]
fn what_was_deleted_and_scrubbed_is_in_no_table() {
    let server = Server::start(&["autovacuum=off"]);
    let address = server.fresh();
    let store = create(&address);
    let value: Vec<u8> = (0..64_u8).map(|n| n.wrapping_mul(151) ^ 0x5a).collect();
    for key in ["a", "k", "z"] {
        let value = if key == "k" { value.as_slice() } else { b"v" };
        store.commit(Batch::new().put(Table::RecordKey, key, value)).unwrap();
    }
    assert!(on_disk(&server, &value));
    store.commit(Batch::new().delete(Table::RecordKey, "k")).unwrap();
    assert!(on_disk(&server, &value), "deleting alone leaves it in the files");
    let seen = PostgresStore::snapshot(&address).unwrap();
    scrubbed_after(&store, || drop(seen)).unwrap();
    assert!(!on_disk(&server, &value));
    // Nor is it taken along for a transaction that has looked at nothing yet.
    store.commit(Batch::new().put(Table::RecordKey, "k", value.as_slice())).unwrap();
    let idle = begun(&server, "BEGIN; SELECT pg_current_xact_id();");
    store.commit(Batch::new().delete(Table::RecordKey, "k")).unwrap();
    scrubbed_after(&store, || end(idle)).unwrap();
    assert!(!on_disk(&server, &value));
    assert_eq!(store.get(Table::RecordKey, b"a").unwrap().as_deref(), Some(b"v".as_slice()));
}

/// Somebody who may do everything with the tables of a schema, but does not own them.
fn guest(server: &Server, schema: &str) -> Address {
    let directory = server.directory();
    let role = format!("guest_{schema}");
    psql(directory, &format!("CREATE ROLE {role} LOGIN; GRANT pg_read_all_stats TO {role}"));
    psql(directory, &format!("GRANT ALL ON SCHEMA {schema} TO {role}"));
    psql(directory, &format!("GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {role}"));
    let text = format!("host={} dbname=postgres user={role}", directory.display());
    Address::parse(&text, Network::ThisMachine).unwrap().with_schema(schema).unwrap()
}

/// The server only warns one who does not own the table, and rewrites nothing.
#[test]
fn a_table_that_is_not_rewritten_is_not_scrubbed() {
    let schema = fresh_schema();
    drop(create(&shared().address(&schema)));
    let store = PostgresStore::open(&guest(shared(), &schema), Durability::Synced).unwrap();
    let refused = store.scrub(Table::RecordKey, b"k").unwrap_err();
    assert!(refused.to_string().contains("was not rewritten"), "{refused}");
}

#[test]
fn who_writes_goes_to_one_server() {
    // The addresses alone count too: the connection goes to them.
    for hosts in
        ["host=/run/one,/run/two", "host=one,two hostaddr=127.0.0.1,127.0.0.2", "hostaddr=127.0.0.1,::1"]
    {
        let address = Address::parse(&format!("{hosts} dbname=a user=b"), Network::ThisMachine).unwrap();
        for refused in [PostgresStore::create, PostgresStore::open].map(|f| f(&address, Durability::Synced)) {
            assert!(refused.unwrap_err().to_string().contains("several hosts"), "{hosts}");
        }
    }
}

/// The server would sample keys and values, and keep them where no erasure reaches.
#[test]
fn the_server_keeps_no_statistics_of_what_is_stored() {
    let (schema, server) = (fresh_schema(), shared());
    let store = create(&server.address(&schema));
    let many = (0..200_u8).fold(Batch::new(), |batch, n| batch.put(Table::RecordKey, [n], vec![n; 64]));
    store.commit(many).unwrap();
    psql(server.directory(), &format!("ANALYZE {schema}.record_key"));
    let kept = format!("SELECT count(*) FROM pg_stats WHERE schemaname = '{schema}'");
    assert_eq!(psql(server.directory(), &kept), "0");
}

/// Several archives in one database do not meet.
#[test]
fn schemas_are_apart() {
    let (one, two) = (shared().fresh(), shared().address(&fresh_schema()));
    let (one, two) = (create(&one), create(&two));
    one.commit(Batch::new().put(Table::Meta, "k", "1")).unwrap();
    assert_eq!(two.get(Table::Meta, b"k").unwrap(), None);
}
