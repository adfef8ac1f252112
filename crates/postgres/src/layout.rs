//! SQL of tables and state. Plain: no extension, no procedure, types `bytea`, `text`, `bigint` and arrays of `bytea`.

use std::collections::{BTreeMap, BTreeSet};

use boyin_archive::{StoreError, Table};
use tokio_postgres::Row;

use crate::error::{Fault, absent, refused, unsupported};
use crate::link::{Session, wait};

/// The layout that this release writes.
pub const LAYOUT_VERSION: u32 = 1;

/// Longest key. An entry of an index must fit on a page three times.
pub(crate) const MAX_KEY: usize = 2600;

/// Begins every transaction that writes. The row of the state is locked first, so the weakest level is enough; a server
/// that gives a stronger one asks for repetition where it must.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// What is asked of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Query {
    /// One value.
    Get,
    /// Entries from a key on.
    From,
    /// Entries from a key on, up to another one.
    Between,
    /// The last entry.
    Last,
    /// The entries under these keys.
    Found,
    /// Removes these keys.
    Remove,
    /// Adds these entries.
    Add,
}

/// The name of a schema is checked where it comes in, those of tables are ours: nothing to escape.
pub(crate) fn sql(query: Query, schema: &str, table: Table) -> String {
    let of = format!("\"{schema}\".\"{table}\"");
    match query {
        Query::Get => format!("SELECT v FROM {of} WHERE k = $1"),
        Query::From => format!("SELECT k, v FROM {of} WHERE k >= $1 ORDER BY k LIMIT $2"),
        Query::Between => format!("SELECT k, v FROM {of} WHERE k >= $1 AND k < $2 ORDER BY k LIMIT $3"),
        Query::Last => format!("SELECT k, v FROM {of} ORDER BY k DESC LIMIT 1"),
        Query::Found => format!("SELECT k, v FROM {of} WHERE k = ANY($1)"),
        Query::Remove => format!("DELETE FROM {of} WHERE k = ANY($1)"),
        Query::Add => format!("INSERT INTO {of} (k, v) SELECT unnest($1::bytea[]), unnest($2::bytea[])"),
    }
}

/// The row of `store_state`.
pub(crate) struct State {
    pub(crate) writer: String,
    pub(crate) sequence: i64,
    pub(crate) counts: Counts,
}

/// Reads the state; locks it if the transaction is to write.
pub(crate) fn state_sql(schema: &str, lock: bool) -> String {
    let lock = if lock { " FOR UPDATE" } else { "" };
    format!("SELECT layout, writer, sequence, counts FROM \"{schema}\".\"store_state\" WHERE id = 1{lock}")
}

pub(crate) fn update_sql(schema: &str) -> String {
    format!("UPDATE \"{schema}\".\"store_state\" SET writer = $1, sequence = $2, counts = $3 WHERE id = 1")
}

impl State {
    pub(crate) fn of(row: &Row) -> Result<Self, StoreError> {
        let damaged = |part| move |_| Fault::State(part);
        let layout: i32 = row.try_get(0).map_err(damaged("layout"))?;
        let found = u32::try_from(layout).map_err(|_| Fault::State("layout"))?;
        if found > LAYOUT_VERSION {
            return Err(StoreError::NewerLayout { found, supported: LAYOUT_VERSION });
        }
        if found == 0 {
            return Err(Fault::State("layout").into());
        }
        let counts: &str = row.try_get(3).map_err(damaged("counts"))?;
        Ok(Self {
            writer: row.try_get(1).map_err(damaged("writer"))?,
            sequence: row.try_get(2).map_err(damaged("sequence"))?,
            counts: Counts::parse(counts).ok_or(Fault::State("counts"))?,
        })
    }

    /// The state, without a lock; [`StoreError::Missing`] if there is no store.
    pub(crate) fn read(session: &Session, schema: &str) -> Result<Self, StoreError> {
        match wait(session.client.query_opt(&state_sql(schema, false), &[])) {
            Ok(Some(row)) => Self::of(&row),
            Ok(None) => Err(StoreError::Missing),
            Err(error) if absent(&error) => Err(StoreError::Missing),
            Err(error) => Err(refused(error)),
        }
    }
}

/// Entries of each table, kept by whoever writes: a server has no quick answer. `event=7 license=3`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts(BTreeMap<String, u64>);

impl Counts {
    fn parse(text: &str) -> Option<Self> {
        let mut counts = BTreeMap::new();
        for part in text.split_ascii_whitespace() {
            let (table, count) = part.split_once('=')?;
            counts.insert(table.to_owned(), count.parse().ok()?);
        }
        Some(Self(counts))
    }

    pub(crate) fn text(&self) -> String {
        let parts: Vec<String> = self.0.iter().map(|(table, count)| format!("{table}={count}")).collect();
        parts.join(" ")
    }

    pub(crate) fn of(&self, table: Table) -> u64 {
        self.0.get(table.name()).copied().unwrap_or(0)
    }

    pub(crate) fn change(&mut self, table: Table, added: u64, removed: u64) {
        let count = self.of(table).saturating_add(added).saturating_sub(removed);
        self.0.insert(table.name().to_owned(), count);
    }
}

/// Makes what is missing of schema, state and tables. The caller holds the lock.
pub(crate) fn make(session: &Session, schema: &str) -> Result<(), StoreError> {
    let known = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
    if wait(session.client.query(known, &[&schema])).map_err(refused)?.is_empty() {
        session.run(&format!("CREATE SCHEMA \"{schema}\""))?;
    }
    let state = format!(
        "CREATE TABLE IF NOT EXISTS \"{schema}\".\"store_state\" (id smallint PRIMARY KEY, layout integer NOT NULL, \
         writer text NOT NULL, sequence bigint NOT NULL, counts text NOT NULL);"
    );
    let row = format!(
        "INSERT INTO \"{schema}\".\"store_state\" SELECT 1, {LAYOUT_VERSION}, '', 0, '' \
         WHERE NOT EXISTS (SELECT 1 FROM \"{schema}\".\"store_state\");"
    );
    make_tables(session, schema, &missing(session, schema)?, &[&state, &row])
}

/// Makes the tables of a newer format of the archive.
pub(crate) fn add_tables(session: &Session, schema: &str) -> Result<(), StoreError> {
    let missing = missing(session, schema)?;
    if missing.is_empty() { Ok(()) } else { make_tables(session, schema, &missing, &[]) }
}

fn make_tables(
    session: &Session,
    schema: &str,
    missing: &BTreeSet<&'static str>,
    also: &[&str],
) -> Result<(), StoreError> {
    let mut tables = also.concat();
    let mut sampled = String::new();
    for table in missing {
        tables += &format!("CREATE TABLE \"{schema}\".\"{table}\" (k bytea PRIMARY KEY, v bytea NOT NULL);");
        // The server samples keys and values for its plans, and what is erased later would stay there.
        for column in ["k", "v"] {
            sampled +=
                &format!("ALTER TABLE \"{schema}\".\"{table}\" ALTER COLUMN {column} SET STATISTICS 0;");
        }
    }
    match wait(session.client.batch_execute(&format!("BEGIN; {tables} {sampled} COMMIT"))) {
        Ok(()) => Ok(()),
        // A server that has no such statement keeps other statistics, if any.
        Err(error) if unsupported(&error) => {
            session.run("ROLLBACK")?;
            session.run(&format!("BEGIN; {tables} COMMIT"))
        }
        Err(error) => Err(refused(error)),
    }
}

fn missing(session: &Session, schema: &str) -> Result<BTreeSet<&'static str>, StoreError> {
    let present = "SELECT CAST(table_name AS text) FROM information_schema.tables WHERE table_schema = $1";
    let rows = wait(session.client.query(present, &[&schema])).map_err(refused)?;
    let present: BTreeSet<String> =
        rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(refused)?;
    Ok(Table::ALL.into_iter().map(Table::name).filter(|name| !present.contains(*name)).collect())
}
