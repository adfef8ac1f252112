//! Group commit: one thread takes all batches that wait, and the engine writes them together.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use crate::store::{Batch, Committed, StoreError};

/// Most batches of one group. Beyond this a sync is no longer what costs.
const GROUP: usize = 256;

type Answer = Result<Committed, StoreError>;

/// How an engine writes the batches that have come together.
pub trait WriteGroup: Send + 'static {
    /// Decides the batches, each on what those before it leave behind, and writes what holds. One answer for each, in
    /// their order, and only after the write: whoever is told of a conflict can read what it lost to.
    fn write_group(&mut self, batches: Vec<Batch>) -> Vec<Result<Committed, StoreError>>;
}

struct Job {
    batch: Batch,
    answer: SyncSender<Answer>,
}

/// Handle of the thread. Dropping it lets the thread finish what it has taken, and waits.
pub struct GroupCommit {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl GroupCommit {
    /// Starts the thread, which drops the engine's part when it ends.
    ///
    /// # Errors
    /// There can be no further thread.
    pub fn start(writer: impl WriteGroup) -> io::Result<Self> {
        let (jobs, inbox) = channel();
        let thread = Builder::new().name("archive-commit".to_owned()).spawn(move || run(writer, &inbox))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Waits for the answer, so the queue is never longer than the number of calling threads.
    ///
    /// # Errors
    /// What the engine answers; [`StoreError::Stopped`] if the thread is gone.
    pub fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let (answer, result) = sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(Job { batch, answer }).map_err(|_| StoreError::Stopped)?;
        result.recv().map_err(|_| StoreError::Stopped)?
    }
}

fn run(mut writer: impl WriteGroup, inbox: &Receiver<Job>) {
    while let Ok(first) = inbox.recv() {
        let jobs = std::iter::once(first).chain(inbox.try_iter().take(GROUP - 1));
        let (batches, callers): (Vec<_>, Vec<_>) = jobs.map(|job| (job.batch, job.answer)).unzip();
        for (caller, answer) in callers.into_iter().zip(writer.write_group(batches)) {
            // A caller that no longer waits has nobody to tell.
            let _ = caller.send(answer);
        }
    }
}

impl Drop for GroupCommit {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has answered nobody since; there is nothing left to tell.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for GroupCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupCommit(..)")
    }
}
