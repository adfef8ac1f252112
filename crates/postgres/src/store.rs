//! The seam: opening, reads, scrubbing.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use boyin_archive::{
    Batch, Cause, Committed, Durability, Entry, GroupCommit, Store, StoreError, Table, prefix_end,
};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use crate::address::Address;
use crate::committer::{Worker, acquire};
use crate::error::{Fault, absent, lost, refused};
use crate::layout::{BEGIN, Query, State, add_tables, make, state_sql, update_sql};
use crate::link::{Link, Role, Session, wait};

/// Most connections that read at a time; further reads wait for one.
const READERS: usize = 8;
/// How long scrubbing waits for those who still see what was deleted.
const SCRUB_PATIENCE: Duration = Duration::from_secs(30);
const SCRUB_PAUSE: Duration = Duration::from_millis(200);

/// The archive in a schema of a PostgreSQL database.
///
/// One handle writes ([`create`](PostgresStore::create), [`open`](PostgresStore::open)); others
/// [`follow`](PostgresStore::follow). Concurrent commits share one transaction (group commit).
pub struct PostgresStore {
    // Dropped in this order: the committer ends and gives its lock back, then the connections close.
    committer: Option<GroupCommit>,
    reads: Reads,
    link: Arc<Link>,
}

enum Reads {
    /// Each read for itself.
    Pool(Pool),
    /// All in one transaction, which sees one instant.
    Snapshot(Mutex<Session>),
}

/// Connections that wait for a read, and how many there are with those that are reading.
#[derive(Default)]
struct Pool {
    state: Mutex<PoolState>,
    returned: Condvar,
}

#[derive(Default)]
struct PoolState {
    idle: Vec<Session>,
    made: usize,
}

impl PostgresStore {
    /// Makes schema, state and tables where they are missing, and opens them for writing.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another handle has it open, [`StoreError::NewerLayout`], [`StoreError::ReadOnly`] on a
    /// standby, [`StoreError::Io`] with the server's words; also if the server would acknowledge what is not on its disk.
    pub fn create(address: &Address, durability: Durability) -> Result<Self, StoreError> {
        let link = Link::new(address.of_a_writer()?.clone())?;
        let session = acquire(&link, Role::Writer(durability))?;
        make(&session, link.schema())?;
        Self::writer(link, session, durability)
    }

    /// Opens an existing store for writing.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, and as [`create`](PostgresStore::create).
    pub fn open(address: &Address, durability: Durability) -> Result<Self, StoreError> {
        let link = Link::new(address.of_a_writer()?.clone())?;
        let session = link.session(Role::Reader)?;
        State::read(&session, link.schema())?;
        drop(session);
        let session = acquire(&link, Role::Writer(durability))?;
        Self::writer(link, session, durability)
    }

    fn writer(link: Arc<Link>, session: Session, durability: Durability) -> Result<Self, StoreError> {
        let schema = link.schema();
        // A newer layout must be seen before anything is added.
        State::read(&session, schema)?;
        add_tables(&session, schema)?;
        session.run(BEGIN)?;
        let row = wait(session.client.query_one(&state_sql(schema, true), &[])).map_err(refused)?;
        let state = State { writer: token()?, ..State::of(&row)? };
        let (update, counts) = (update_sql(schema), state.counts.text());
        wait(session.client.execute(&update, &[&state.writer, &state.sequence, &counts])).map_err(refused)?;
        session.run("COMMIT")?;
        let committer = GroupCommit::start(Worker::new(Arc::clone(&link), session, state, durability));
        let committer = committer.map_err(|e| StoreError::Io(Cause::new(e)))?;
        Ok(Self { committer: Some(committer), reads: Reads::Pool(Pool::default()), link })
    }

    /// Opens for reading what another handle writes. Each read is as new as the server's answer; the server may be a
    /// standby.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::NewerLayout`], [`StoreError::Io`].
    pub fn follow(address: &Address) -> Result<Self, StoreError> {
        let link = Link::new(address.clone())?;
        let session = link.session(Role::Reader)?;
        State::read(&session, link.schema())?;
        Ok(Self { committer: None, reads: Reads::Pool(Pool::holding(session)), link })
    }

    /// Opens for reading what is there now, and stands still from then on. The server keeps what is replaced meanwhile
    /// until this is dropped.
    ///
    /// # Errors
    /// As [`follow`](PostgresStore::follow).
    pub fn snapshot(address: &Address) -> Result<Self, StoreError> {
        let link = Link::new(address.clone())?;
        let session = link.session(Role::Snapshot)?;
        // The first read decides the instant.
        State::read(&session, link.schema())?;
        Ok(Self { committer: None, reads: Reads::Snapshot(Mutex::new(session)), link })
    }

    /// Reads with a connection. One that is lost is replaced once: the server may have been started again.
    fn read<T>(&self, read: impl Fn(&mut Session) -> Result<T, Error>) -> Result<T, StoreError> {
        match &self.reads {
            Reads::Snapshot(session) => {
                read(&mut session.lock().unwrap_or_else(PoisonError::into_inner)).map_err(refused)
            }
            Reads::Pool(pool) => {
                let mut place = pool.take();
                if let Some(session) = place.session.as_mut() {
                    match read(session) {
                        Err(error) if lost(&error) => place.session = None,
                        other => return other.map_err(refused),
                    }
                }
                let session = place.session.insert(self.link.session(Role::Reader)?);
                let done = read(session);
                if done.as_ref().is_err_and(lost) {
                    place.session = None;
                }
                done.map_err(refused)
            }
        }
    }

    fn rows(&self, query: Query, table: Table, with: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        self.read(|session| {
            let statement = session.statement(query, table)?;
            wait(session.client.query(&statement, with))
        })
    }

    /// Waits until nobody sees any more what was deleted before this call: the server would take it along.
    fn wait_until_unseen(&self, session: &Session) -> Result<(), StoreError> {
        // A transaction of our own after what was deleted: whatever is older may still see it.
        let own = "SELECT CAST(pg_current_xact_id() AS text), CAST(clock_timestamp() AS text)";
        let own = wait(session.client.query_one(own, &[])).map_err(refused)?;
        let (id, now): (String, String) =
            (own.try_get(0).map_err(refused)?, own.try_get(1).map_err(refused)?);
        let begun = Instant::now();
        loop {
            let row = wait(session.client.query_one(STILL_SEEN, &[&id, &now])).map_err(refused)?;
            match row.try_get(0).map_err(refused)? {
                0_i64 => return Ok(()),
                others if begun.elapsed() > SCRUB_PATIENCE => return Err(Fault::SeenElsewhere(others).into()),
                _ => sleep(SCRUB_PAUSE),
            }
        }
    }
}

/// How many may still see what was deleted before the transaction `$1` at the instant `$2`, or cannot be looked at:
/// transactions, snapshots, standbys and what is kept for them.
///
/// The first count is of the whole server. A transaction of another database sees nothing here, but the rewriting looks with a
/// snapshot of its own, which goes back to the oldest transaction that runs anywhere, and takes along what was deleted since. The others
/// are of this database: only those hold back what it may leave out.
const STILL_SEEN: &str = "WITH own AS (SELECT CAST(CAST($1 AS text) AS xid8) AS id) SELECT \
    (SELECT count(*) FROM own WHERE pg_snapshot_xmin(pg_current_snapshot()) <= own.id) \
    + (SELECT count(*) FROM pg_stat_activity a, own WHERE a.pid <> pg_backend_pid() AND (\
        (a.datname IS NULL OR a.datname = current_database()) AND age(a.backend_xmin) > age(CAST(own.id AS xid)) \
        OR a.datname = current_database() AND a.backend_xmin IS NOT NULL AND a.xact_start < CAST(CAST($2 AS text) AS timestamptz) \
        OR a.datname = current_database() AND a.query = '<insufficient privilege>')) \
    + (SELECT count(*) FROM pg_stat_replication WHERE state IS NULL) \
    + (SELECT count(*) FROM pg_replication_slots s, own WHERE age(s.xmin) > age(CAST(own.id AS xid)))";

/// Which file of the server holds a table: a rewritten one has another.
fn file_of(session: &Session, place: &str) -> Result<u32, StoreError> {
    let row = wait(session.client.query_one(&format!("SELECT pg_relation_filenode('{place}')"), &[]));
    row.and_then(|row| row.try_get(0)).map_err(refused)
}

/// 128 random bits: which handle writes.
fn token() -> Result<String, StoreError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| StoreError::Io(Cause::new(e)))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Pool {
    fn holding(session: Session) -> Self {
        let state = PoolState { idle: vec![session], made: 0 };
        Self { state: Mutex::new(state), returned: Condvar::new() }
    }

    /// A connection that waits, or the right to make one.
    fn take(&self) -> Taken<'_> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.made >= READERS {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.made += 1;
        Taken { pool: self, session: state.idle.pop() }
    }
}

/// Goes back to the pool when dropped.
struct Taken<'p> {
    pool: &'p Pool,
    session: Option<Session>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.made -= 1;
        state.idle.extend(self.session.take());
        self.pool.returned.notify_one();
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("schema", &self.link.schema())
            .field("writes", &self.committer.is_some())
            .finish_non_exhaustive()
    }
}

impl Store for PostgresStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self.rows(Query::Get, table, &[&key])?;
        rows.first().map(|row| row.try_get(0).map_err(refused)).transpose()
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let start = match after {
            // The key with a zero byte appended is the next possible one.
            Some(after) if after >= prefix => [after, &[0]].concat(),
            Some(_) | None => prefix.to_vec(),
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = match prefix_end(prefix) {
            Some(end) => self.rows(Query::Between, table, &[&start, &end, &limit])?,
            None => self.rows(Query::From, table, &[&start, &limit])?,
        };
        let entry = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?));
        rows.iter().map(entry).collect::<Result<_, _>>().map_err(refused)
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        match &self.committer {
            Some(committer) => committer.commit(batch),
            None => Err(StoreError::ReadOnly),
        }
    }

    /// Rewrites the table. Reads and commits that need it wait meanwhile. The server's log of changes, and copies of it,
    /// are not touched: they count as backups.
    fn scrub(&self, table: Table, _key: &[u8]) -> Result<(), StoreError> {
        if self.committer.is_none() {
            return Err(StoreError::ReadOnly);
        }
        let session = self.link.session(Role::Maintainer)?;
        self.wait_until_unseen(&session)?;
        let place = format!("\"{}\".\"{table}\"", self.link.schema());
        let before = file_of(&session, &place)?;
        session.run(&format!("VACUUM (FULL) {place}"))?;
        // Who does not own the table is only warned.
        if file_of(&session, &place)? == before {
            return Err(Fault::NotRewritten(table.name()).into());
        }
        Ok(())
    }

    /// Exact: whoever writes counts.
    fn len_estimate(&self, table: Table) -> Result<u64, StoreError> {
        let sql = state_sql(self.link.schema(), false);
        let row = self.read(|session| wait(session.client.query_opt(&sql, &[])));
        let row = row?.ok_or(Fault::State("row"))?;
        Ok(State::of(&row)?.counts.of(table))
    }

    /// Nothing to take in: every read asks the server. Whether the store is still there is looked at.
    fn catch_up(&self) -> Result<(), StoreError> {
        if self.committer.is_some() {
            return Ok(());
        }
        let sql = state_sql(self.link.schema(), false);
        let row = self.read(|session| match wait(session.client.query_opt(&sql, &[])) {
            Err(error) if absent(&error) => Ok(None),
            other => other,
        });
        State::of(&row?.ok_or(StoreError::Missing)?).map(drop)
    }
}
