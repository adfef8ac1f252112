//! What goes wrong between the store and its server, and what the store makes of it.

use std::process::{Command, Stdio};
use std::sync::Arc;

use boyin_archive::{Archive, ArchiveError, Batch, Durability, Numbered, Store, StoreError, Table};
use boyin_postgres::{Address, PostgresStore};
use tempfile::tempdir;

use crate::check::check_sound;
use crate::fixtures::{act, filing, id, secret, whole};
use crate::proxy::{Cut, Proxy};
use crate::server::{Server, fresh_schema, psql, shared, writer_of};

fn open(address: &Address) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::create(address, Durability::Synced).unwrap())
}

fn numbered(letter: &'static str) -> Batch {
    let batch = Batch::new().put(Table::License, letter, letter);
    batch.append(Table::Event, move |number, previous| {
        let value = [previous.unwrap_or_default(), letter.as_bytes(), number.to_string().as_bytes()].concat();
        Ok(Numbered { value, also: Vec::new() })
    })
}

/// Lets so many insertions into a table fail with a code, whether they are undone or not.
fn fail(server: &Server, schema: &str, code: &str, times: u32) {
    let sql = "CREATE SEQUENCE IF NOT EXISTS %.tries; SELECT setval('%.tries', 1); \
               CREATE OR REPLACE FUNCTION %.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               IF nextval('%.tries') <= # + 1 THEN RAISE EXCEPTION 'made to fail' USING ERRCODE = '!'; END IF; \
               RETURN NEW; END $$; \
               CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON %.license FOR EACH ROW EXECUTE FUNCTION %.fail()";
    let sql = sql.replace('%', schema).replace('#', &times.to_string()).replace('!', code);
    psql(server.directory(), &sql);
}

#[test]
fn what_the_server_wants_repeated_is_repeated_and_done_once() {
    for code in ["40001", "40P01"] {
        let schema = fresh_schema();
        let store = open(&shared().address(&schema));
        store.commit(numbered("a")).unwrap();
        fail(shared(), &schema, code, 3);
        assert_eq!(store.commit(numbered("b")).unwrap().number, Some(2));
        assert_eq!(psql(shared().directory(), &format!("SELECT last_value FROM {schema}.tries")), "5");
        assert_eq!(store.get(Table::Event, &2_u64.to_be_bytes()).unwrap().unwrap(), b"a1b2");
        assert_eq!(store.len_estimate(Table::Event).unwrap(), 2);
        assert_eq!(store.commit(numbered("c")).unwrap().number, Some(3));
    }
}

#[test]
fn repetition_ends_and_the_store_stops() {
    for (code, tries) in [("40001", "7"), ("23514", "2")] {
        let schema = fresh_schema();
        let store = open(&shared().address(&schema));
        fail(shared(), &schema, code, 1000);
        let refused = store.commit(numbered("a")).unwrap_err();
        assert!(matches!(refused, StoreError::Io(_)), "{refused:?}");
        assert!(refused.to_string().contains(&format!("made to fail (SQLSTATE {code})")), "{refused}");
        assert_eq!(psql(shared().directory(), &format!("SELECT last_value FROM {schema}.tries")), tries);
        assert!(matches!(store.commit(Batch::new().put(Table::Meta, "k", "")), Err(StoreError::Stopped)));
        assert_eq!(store.scan(Table::Event, &[], None, 9).unwrap(), [], "reads go on, nothing is there");
        drop(store);
        fail(shared(), &schema, code, 0);
        assert_eq!(open(&shared().address(&schema)).commit(numbered("a")).unwrap().number, Some(1));
    }
}

/// The backend is ended in the middle of a commit, before it has written that it is done.
#[test]
fn a_commit_that_is_ended_by_the_server_is_not_acknowledged() {
    let schema = fresh_schema();
    let address = shared().address(&schema);
    let store = open(&address);
    let archive = Archive::create_in(store, &secret(), &act("create")).unwrap();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    let sql = "CREATE FUNCTION %.die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$; \
               CREATE CONSTRAINT TRIGGER die AFTER INSERT ON %.license DEFERRABLE INITIALLY DEFERRED \
               FOR EACH ROW EXECUTE FUNCTION %.die()";
    psql(shared().directory(), &sql.replace('%', &schema));
    let refused = archive.file(&act("file 2"), &filing(2));
    assert!(matches!(refused, Err(ArchiveError::Store(StoreError::Io(_)))), "{refused:?}");
    let next = archive.file(&act("file 3"), &filing(3));
    assert!(matches!(next, Err(ArchiveError::Store(StoreError::Stopped))), "{next:?}");
    assert_eq!(archive.get(&id(2)).unwrap(), None);
    assert_eq!(archive.get(&id(1)).unwrap(), Some(filing(1).record), "reads go on");
    psql(shared().directory(), &format!("DROP TRIGGER die ON {schema}.license"));
    drop(archive);
    let archive = Archive::with_store(open(&address), &secret()).unwrap();
    assert!(!archive.file(&act("file 2"), &filing(2)).unwrap().replayed);
    assert_eq!(check_sound(&archive).licenses, 2);
}

/// Whether the commit got through or not, its caller hears of no success; the idempotency key tells which it was.
#[test]
fn a_connection_that_is_lost_at_commit_leaves_the_outcome_to_the_key() {
    for (cut, done) in [(Cut::Request, false), (Cut::Answer, true)] {
        let proxy = Proxy::start(shared().directory());
        let address = proxy.address(&fresh_schema());
        let archive = Archive::create_in(open(&address), &secret(), &act("create")).unwrap();
        archive.file(&act("file 1"), &filing(1)).unwrap();
        proxy.cut(cut);
        let lost = archive.file(&act("file 2"), &filing(2));
        assert!(matches!(lost, Err(ArchiveError::Store(StoreError::Io(_)))), "{cut:?}: {lost:?}");
        let next = archive.file(&act("file 3"), &filing(3));
        assert!(matches!(next, Err(ArchiveError::Store(StoreError::Stopped))), "{cut:?}: {next:?}");
        drop(archive);
        proxy.cut(Cut::Nothing);
        let archive = Archive::with_store(open(&address), &secret()).unwrap();
        assert_eq!(archive.get(&id(2)).unwrap().is_some(), done, "{cut:?}");
        assert_eq!(archive.file(&act("file 2"), &filing(2)).unwrap().replayed, done, "{cut:?}");
        assert_eq!(check_sound(&archive).licenses, 2);
    }
}

/// While nothing is going on, nothing is unknown: the store connects again.
#[test]
fn connections_that_are_lost_in_between_are_made_again() {
    let mut server = Server::start(&[]);
    let address = server.fresh();
    let archive = Archive::create_in(open(&address), &secret(), &act("create")).unwrap();
    let follower = Archive::follow_in(Arc::new(PostgresStore::follow(&address).unwrap()), &secret()).unwrap();
    archive.file(&act("file 1"), &filing(1)).unwrap();
    assert!(follower.get(&id(1)).unwrap().is_some());
    psql(
        server.directory(),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'boyin'",
    );
    assert!(follower.get(&id(1)).unwrap().is_some());
    archive.file(&act("file 2"), &filing(2)).unwrap();
    server.kill();
    assert!(matches!(follower.get(&id(2)), Err(ArchiveError::Store(StoreError::Io(_)))));
    let refused = archive.file(&act("file 3"), &filing(3));
    assert!(matches!(refused, Err(ArchiveError::Store(StoreError::Io(_)))), "{refused:?}");
    server.run();
    assert!(follower.get(&id(2)).unwrap().is_some());
    archive.file(&act("file 3"), &filing(3)).unwrap();
    assert_eq!(whole(&archive).len(), 3);
}

/// Another process has come while this one had no connection: this one writes nothing any more.
#[test]
fn who_lost_the_archive_while_away_writes_nothing() {
    let schema = fresh_schema();
    let address = shared().address(&schema);
    let store = open(&address);
    store.commit(numbered("a")).unwrap();
    let ended = format!("SELECT count(pg_terminate_backend(pid)) FROM ({}) AS w", writer_of(&schema));
    assert_eq!(psql(shared().directory(), &ended), "1");
    let second = open(&address);
    let refused = store.commit(numbered("b"));
    assert!(matches!(refused, Err(StoreError::TakenOver)), "{refused:?}");
    assert!(matches!(store.commit(numbered("b")), Err(StoreError::Stopped)));
    assert_eq!(second.commit(numbered("c")).unwrap().number, Some(2));
    assert_eq!(second.get(Table::License, b"b").unwrap(), None);
}

/// The tables lie on a small disk of their own; only root can make one.
#[test]
fn a_full_disk_is_told_and_mended_by_room() {
    let disk = tempdir().unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=12m,mode=0777", "none"]).arg(disk.path()).stderr(Stdio::null());
    if !mount.status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: a file system can be mounted by root only");
        return;
    }
    let place = disk.path().join("space");
    std::fs::create_dir(&place).unwrap();
    assert!(Command::new("chown").arg("postgres").arg(&place).status().unwrap().success());
    assert!(Command::new("chmod").arg("755").arg(disk.path()).status().unwrap().success());
    let server = Server::start(&[]);
    let schema = fresh_schema();
    let address = server.address(&schema);
    let archive = Archive::create_in(open(&address), &secret(), &act("create")).unwrap();
    psql(server.directory(), &format!("CREATE TABLESPACE small LOCATION '{}'", place.display()));
    psql(server.directory(), &format!("ALTER TABLE {schema}.license SET TABLESPACE small"));
    std::fs::write(disk.path().join("ballast"), vec![0; 8 << 20]).unwrap();
    let large = |n| {
        let mut filing = filing(n);
        filing.record.credential = vec![b'a'; 20_000];
        filing
    };
    let refused = (0..2000)
        .find_map(|n| archive.file(&act(&format!("file {n}")), &large(n)).err().map(|error| (n, error)));
    let (filed, error) = refused.unwrap();
    assert!(filed > 20, "only {filed} before the disk was full");
    assert!(matches!(error, ArchiveError::Store(StoreError::Full(_))), "{error:?}");
    let next = archive.file(&act(&format!("file {filed}")), &large(filed));
    assert!(matches!(next, Err(ArchiveError::Store(StoreError::Stopped))), "{next:?}");
    assert_eq!(archive.get(&id(0)).unwrap(), Some(large(0).record), "reads go on");
    drop(archive);
    std::fs::remove_file(disk.path().join("ballast")).unwrap();
    let archive = Archive::with_store(open(&address), &secret()).unwrap();
    assert!(!archive.file(&act(&format!("file {filed}")), &large(filed)).unwrap().replayed);
    assert_eq!(check_sound(&archive).licenses, u64::from(filed) + 1);
    drop(archive);
    drop(server);
    let _ = Command::new("umount").arg("-l").arg(disk.path()).status();
}
