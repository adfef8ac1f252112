//! Connections, and what each is set to before it is used.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use boyin_archive::{Cause, Durability, StoreError, Table};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio_postgres::{Client, Config, Error, NoTls, Statement};

use crate::address::Address;
use crate::error::{Fault, refused, unknown_setting};
use crate::layout::{Query, sql};

/// How long connections may take to say good-bye.
const CLOSING: Duration = Duration::from_secs(2);

/// How long a rewriting waits for the table. Who needs the table meanwhile waits behind it.
const LOCK_TIMEOUT: &str = "'30s'";

/// Waits for what a connection answers. The connection itself is driven by a thread of its own, so this needs no runtime
/// and may be called from anywhere.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    pollster::block_on(future)
}

struct Request {
    config: Config,
    answer: SyncSender<Result<Client, Error>>,
}

/// The thread that drives every connection of one store. Dropping it lets them say good-bye, and waits.
struct Driver {
    requests: Mutex<Option<UnboundedSender<Request>>>,
    thread: Option<JoinHandle<()>>,
}

impl Driver {
    fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (requests, inbox) = unbounded_channel();
        let thread = Builder::new()
            .name("archive-postgres".to_owned())
            .spawn(move || runtime.block_on(drive(inbox)))?;
        Ok(Self { requests: Mutex::new(Some(requests)), thread: Some(thread) })
    }

    fn connect(&self, config: Config) -> Result<Client, Fault> {
        let (answer, result) = sync_channel(1);
        {
            let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            let requests = requests.as_ref().ok_or(Fault::Closed)?;
            requests.send(Request { config, answer }).map_err(|_| Fault::Closed)?;
        }
        result.recv().map_err(|_| Fault::Closed)?.map_err(Fault::Server)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has closed its connections; there is nothing left to tell.
            let _ = thread.join();
        }
    }
}

async fn drive(mut inbox: UnboundedReceiver<Request>) {
    let mut connections = JoinSet::new();
    while let Some(Request { config, answer }) = inbox.recv().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            match config.connect(NoTls).await {
                Ok((client, connection)) => {
                    // Whoever asked and went away has dropped the client: the connection ends at once.
                    let _ = answer.send(Ok(client));
                    // What went wrong with it is told to every query that waits.
                    let _ = connection.await;
                }
                Err(error) => drop(answer.send(Err(error))),
            }
        });
    }
    let all = async { while connections.join_next().await.is_some() {} };
    // One that does not end in time is cut off with the runtime.
    let _ = tokio::time::timeout(CLOSING, all).await;
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Commits.
    Writer(Durability),
    /// Single reads, each as new as its beginning.
    Reader,
    /// Reads that all see the same instant.
    Snapshot,
    /// Rewrites tables.
    Maintainer,
}

/// The way to one store: makes connections that are set as they must be.
pub(crate) struct Link {
    driver: Driver,
    address: Address,
}

impl Link {
    pub(crate) fn new(address: Address) -> Result<Arc<Self>, StoreError> {
        let driver = Driver::start().map_err(|e| StoreError::Io(Cause::new(e)))?;
        Ok(Arc::new(Self { driver, address }))
    }

    pub(crate) fn schema(&self) -> &str {
        self.address.schema()
    }

    pub(crate) fn session(&self, role: Role) -> Result<Session, StoreError> {
        let client = self.driver.connect(self.address.config().clone())?;
        let session = Session { client, schema: self.schema().to_owned(), statements: HashMap::new() };
        session.prepare_for(role)?;
        Ok(session)
    }
}

/// One connection with its prepared statements.
pub(crate) struct Session {
    pub(crate) client: Client,
    schema: String,
    statements: HashMap<(Query, Table), Statement>,
}

impl Session {
    pub(crate) fn statement(&mut self, query: Query, table: Table) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(&(query, table)) {
            return Ok(statement.clone());
        }
        let statement = wait(self.client.prepare(&sql(query, &self.schema, table)))?;
        self.statements.insert((query, table), statement.clone());
        Ok(statement)
    }

    fn prepare_for(&self, role: Role) -> Result<(), StoreError> {
        // Defaults of a role or a database may cut off what takes long. Every access is by key: a plan that was made when a
        // table was small must not read all of it when it has grown.
        for (setting, value) in [
            ("statement_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
        ] {
            self.set(setting, value)?;
        }
        match role {
            Role::Writer(durability) => self.be_durable(durability),
            Role::Reader => self.run("SET default_transaction_read_only = on"),
            Role::Snapshot => self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            // Whoever comes after one that waits for the table waits as well.
            Role::Maintainer => self.set("lock_timeout", LOCK_TIMEOUT).map(drop),
        }
    }

    /// A server that has no such setting has nothing to set.
    fn set(&self, setting: &str, value: &str) -> Result<bool, StoreError> {
        match wait(self.client.batch_execute(&format!("SET {setting} = {value}"))) {
            Ok(()) => Ok(true),
            Err(error) if unknown_setting(&error) => Ok(false),
            Err(error) => Err(refused(error)),
        }
    }

    /// An acknowledged commit must be on the disk. A server that knows neither setting, as some that keep several copies,
    /// has no way to answer before that.
    fn be_durable(&self, durability: Durability) -> Result<(), StoreError> {
        if durability == Durability::Buffered {
            self.set("synchronous_commit", "off")?;
            return Ok(());
        }
        self.set("synchronous_commit", "on")?;
        for setting in ["synchronous_commit", "fsync", "full_page_writes"] {
            match self.show(setting) {
                Ok(value) if value == "on" => {}
                Ok(value) => return Err(Fault::Unsafe { setting, value }.into()),
                Err(error) if unknown_setting(&error) => {}
                Err(error) => return Err(refused(error)),
            }
        }
        Ok(())
    }

    fn show(&self, setting: &str) -> Result<String, Error> {
        let row = wait(self.client.query_one(&format!("SHOW {setting}"), &[]))?;
        row.try_get(0)
    }

    pub(crate) fn run(&self, sql: &str) -> Result<(), StoreError> {
        wait(self.client.batch_execute(sql)).map_err(refused)
    }
}
