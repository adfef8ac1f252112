//! The one who writes: decides the batches of a group in order and commits them as one transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use boyin_archive::{Batch, Committed, Durability, Parts, StoreError, Table, WriteGroup};
use futures_util::future::{try_join, try_join_all};
use tokio_postgres::{Error, Statement};

use crate::error::{Fault, again, lost, refused, unknown_function};
use crate::group::{Base, Borrowed, Changes, Group, Last, Wanted};
use crate::layout::{BEGIN, Counts, Query, State, state_sql, update_sql};
use crate::link::{Link, Role, Session, wait};

/// Keys and values of one statement, unless one entry alone has more.
const STATEMENT_BYTES: usize = 8 << 20;
/// How often a transaction is begun when the server asks for it, or has gone away before anything was written.
const ATTEMPTS: u32 = 6;
/// Before the first repetition; doubled each time.
const PAUSE: Duration = Duration::from_millis(5);
/// How long an opening waits for a lock: a process that was just killed may still hold it for a moment.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

type Answer = Result<Committed, StoreError>;

/// A session that holds the lock of the one who writes.
pub(crate) fn acquire(link: &Link, role: Role) -> Result<Session, StoreError> {
    let session = link.session(role)?;
    let key = lock_key(link.schema());
    let begun = Instant::now();
    loop {
        match wait(session.client.query_one("SELECT pg_try_advisory_lock($1)", &[&key])) {
            Ok(row) if row.try_get(0).map_err(refused)? => return Ok(session),
            Ok(_) if begun.elapsed() < LOCK_PATIENCE => sleep(LOCK_PAUSE),
            Ok(_) => return Err(StoreError::Locked),
            // The token in the state is left to decide.
            Err(error) if unknown_function(&error) => return Ok(session),
            Err(error) => return Err(refused(error)),
        }
    }
}

/// Gives the lock back now, not when the server notices that the connection is gone.
fn release(session: &Session, schema: &str) {
    // It goes with the connection if this fails.
    let _ = wait(session.client.query("SELECT pg_advisory_unlock($1)", &[&lock_key(schema)]));
}

/// FNV-1a of the schema's name: the server has one space of locks for each database.
fn lock_key(schema: &str) -> i64 {
    let bytes = b"boyin archive\0".iter().chain(schema.as_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    i64::from_be_bytes(hash.to_be_bytes())
}

/// Why a transaction did not go through.
enum Trouble {
    Server(Error),
    Store(StoreError),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Store(fault.into())
    }
}

impl Trouble {
    fn again(&self) -> bool {
        matches!(self, Self::Server(error) if again(error))
    }

    fn lost(&self) -> bool {
        matches!(self, Self::Server(error) if lost(error))
    }

    fn into_store(self) -> StoreError {
        match self {
            Self::Server(error) => refused(error),
            Self::Store(error) => error,
        }
    }
}

/// Gives the lock back when it is dropped.
pub(crate) struct Worker {
    link: Arc<Link>,
    session: Option<Session>,
    /// As the last commit left it.
    state: State,
    durability: Durability,
    /// The last numbered entry of each table, as far as a commit has succeeded.
    last: HashMap<Table, Last>,
    stopped: bool,
}

impl WriteGroup for Worker {
    fn write_group(&mut self, batches: Vec<Batch>) -> Vec<Answer> {
        if self.stopped {
            return batches.iter().map(|_| Err(StoreError::Stopped)).collect();
        }
        let batches: Vec<Parts> = batches.into_iter().map(Batch::into_parts).collect();
        let wanted = Wanted::of(&batches, &self.last);
        let base = match self.begin(&wanted) {
            Ok(base) => base,
            Err(error) => return batches.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut group = Group::new(wanted, base, self.last.clone());
        let mut answers: Vec<Answer> = batches.into_iter().map(|batch| group.admit(batch)).collect();
        match self.write(&group.changes()) {
            Ok(()) => self.last = group.into_last(),
            Err(error) => {
                self.stop();
                // A conflict inside the group may have been with a batch that now failed.
                answers.fill(Err(error));
            }
        }
        answers
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            release(session, self.link.schema());
        }
    }
}

impl Worker {
    /// `session` holds the lock, and `state` is the state with this writer's token in it.
    pub(crate) fn new(link: Arc<Link>, session: Session, state: State, durability: Durability) -> Self {
        Self { link, session: Some(session), state, durability, last: HashMap::new(), stopped: false }
    }

    /// Ends the connection, and with it the transaction if there is one: no lock of its outlives it.
    fn stop(&mut self) {
        self.stopped = true;
        self.session = None;
    }

    /// Begins the transaction, locks the state and reads what is wanted. Nothing is written yet: what goes wrong here is
    /// known not to have been done, and a connection that was lost while nothing was going on is made anew.
    fn begin(&mut self, wanted: &Wanted) -> Result<Base, StoreError> {
        let mut pause = PAUSE;
        for attempt in 1.. {
            let trouble = match self.try_begin(wanted) {
                Ok(base) => return Ok(base),
                Err(trouble) => trouble,
            };
            let lost = trouble.lost();
            let goes_on = attempt < ATTEMPTS && (trouble.again() || lost);
            if goes_on && !lost && self.roll_back() {
                sleep(pause);
                pause *= 2;
                continue;
            }
            self.session = None;
            if !goes_on {
                let error = trouble.into_store();
                self.stopped = matches!(error, StoreError::TakenOver | StoreError::Corrupt(_));
                return Err(error);
            }
            sleep(pause);
            pause *= 2;
        }
        Err(Fault::Closed.into())
    }

    fn try_begin(&mut self, wanted: &Wanted) -> Result<Base, Trouble> {
        if self.session.is_none() {
            let session = acquire(&self.link, Role::Writer(self.durability)).map_err(|error| {
                // While this process had no connection, another one has come.
                if matches!(error, StoreError::Locked) { StoreError::TakenOver } else { error }
            });
            self.session = Some(session?);
        }
        let session = self.session.as_mut().ok_or(Fault::Closed)?;
        let mut keys: Vec<(Table, Statement, Vec<&[u8]>)> = Vec::with_capacity(wanted.keys.len());
        for (table, of) in &wanted.keys {
            let statement = session.statement(Query::Found, *table)?;
            keys.push((*table, statement, of.iter().map(Vec::as_slice).collect()));
        }
        let mut numbered = Vec::with_capacity(wanted.last.len());
        for table in &wanted.last {
            numbered.push((*table, session.statement(Query::Last, *table)?));
        }
        let client = &session.client;
        let locked = state_sql(self.link.schema(), true);
        // All of it goes out at once; the server does it in this order.
        let begun = try_join(client.batch_execute(BEGIN), client.query_opt(&locked, &[]));
        let found =
            keys.iter().map(|(_, statement, keys)| async move { client.query(statement, &[keys]).await });
        let last = numbered.iter().map(|(_, statement)| client.query_opt(statement, &[]));
        let read = try_join(try_join_all(found), try_join_all(last));
        let (((), state), (found, last)) = wait(try_join(begun, read))?;
        let state = State::of(&state.ok_or(Fault::State("row"))?)?;
        if state.writer != self.state.writer {
            return Err(StoreError::TakenOver.into());
        }
        if state.sequence != self.state.sequence {
            return Err(Fault::State("sequence").into());
        }
        let mut base = Base::default();
        for ((table, ..), rows) in keys.iter().zip(found) {
            for row in rows {
                base.found.insert((*table, row.try_get(0)?), row.try_get(1)?);
            }
        }
        for ((table, _), row) in numbered.iter().zip(last) {
            let entry = row.map(|row| Ok::<_, Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?;
            base.last.insert(*table, entry);
        }
        Ok(base)
    }

    /// Writes and commits. Whatever goes wrong here, the outcome counts as unknown: the caller stops.
    fn write(&mut self, changes: &Changes<'_>) -> Result<(), StoreError> {
        if changes.is_empty() {
            // Only locks were taken.
            if !self.roll_back() {
                self.session = None;
            }
            return Ok(());
        }
        let mut pause = PAUSE;
        for attempt in 1.. {
            match self.try_write(changes) {
                Ok(state) => {
                    self.state = state;
                    return Ok(());
                }
                // The server has undone all of it. The state tells that nobody else has written since, so what was decided
                // still holds.
                Err(trouble) if attempt < ATTEMPTS && trouble.again() && self.roll_back() => {
                    sleep(pause);
                    pause *= 2;
                    self.begin(&Wanted::default())?;
                }
                Err(trouble) => return Err(trouble.into_store()),
            }
        }
        Err(Fault::Closed.into())
    }

    fn try_write(&mut self, changes: &Changes<'_>) -> Result<State, Trouble> {
        let schema = self.link.schema();
        let session = self.session.as_mut().ok_or(Fault::Closed)?;
        let mut removals = Vec::with_capacity(changes.remove.len());
        for (table, keys) in &changes.remove {
            removals.push((*table, session.statement(Query::Remove, *table)?, keys));
        }
        let mut additions = Vec::with_capacity(changes.add.len());
        for (table, entries) in &changes.add {
            let statement = session.statement(Query::Add, *table)?;
            for part in parts(entries) {
                let (keys, values): (Vec<&[u8]>, Vec<&[u8]>) = part.iter().copied().unzip();
                additions.push((*table, statement.clone(), keys, values));
            }
        }
        let client = &session.client;
        let mut counts: Counts = self.state.counts.clone();
        let removed = removals
            .iter()
            .map(|(_, statement, keys)| async move { client.execute(statement, &[*keys]).await });
        for ((table, ..), count) in removals.iter().zip(wait(try_join_all(removed))?) {
            counts.change(*table, 0, count);
        }
        let added = additions.iter().map(|(_, statement, keys, values)| async move {
            client.execute(statement, &[keys, values]).await
        });
        let adding = try_join_all(added);
        for (table, _, keys, _) in &additions {
            counts.change(*table, u64::try_from(keys.len()).unwrap_or(u64::MAX), 0);
        }
        let sequence = self.state.sequence.checked_add(1).ok_or(Fault::State("sequence"))?;
        let state = State { writer: self.state.writer.clone(), sequence, counts };
        let (update, text) = (update_sql(schema), state.counts.text());
        let updating = async { client.execute(&update, &[&state.writer, &state.sequence, &text]).await };
        let (_, updated) = wait(try_join(adding, updating))?;
        if updated != 1 {
            return Err(Fault::State("row").into());
        }
        // A transaction that a statement has failed in would be "committed" by undoing it: only now, that all have
        // succeeded, may it be asked for.
        wait(client.batch_execute("COMMIT"))?;
        Ok(state)
    }

    /// Whether the connection is still good.
    fn roll_back(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.run("ROLLBACK").is_ok())
    }
}

/// Cuts entries so that each part fits into one statement.
fn parts<'e, 'g>(entries: &'e [Borrowed<'g>]) -> Vec<&'e [Borrowed<'g>]> {
    let mut parts = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|(key, value)| {
            bytes += key.len() + value.len();
            bytes <= STATEMENT_BYTES
        });
        let (part, others) = rest.split_at(fits.count().max(1));
        parts.push(part);
        rest = others;
    }
    parts
}
