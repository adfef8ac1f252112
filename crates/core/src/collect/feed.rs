//! Rows on their way into the archive: one thread reads, one checks with all cores, one commits.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom};
use std::mem;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::SystemTime;

use boyin_archive::{ImportJob, ImportStep, Submission};
use boyin_import::rejects::REJECT_COLUMNS;
use boyin_import::{Checker, Defect, Header, Mapping, ReadError, Rejects, Row, RowVisitor, SourceError};
use boyin_model::time::Date;
use rayon::prelude::*;

use super::CollectError;

/// Rows of one step, which is one synced batch. They are counted from the first row of the file, so that an import which was
/// interrupted has the same steps.
const STEP_ROWS: usize = 5_000;
/// Bytes of one step: rows are up to 1 MiB.
const STEP_BYTES: usize = 8 << 20;
/// Chunks of rows that wait to be checked.
pub(super) const CHUNKS_AHEAD: usize = 1;
/// Steps that wait to be committed.
pub(super) const STEPS_AHEAD: usize = 1;
/// Bytes that are read from the file at a time.
const READ_BYTES: usize = 1 << 20;

/// What the reading thread hands on.
pub(super) enum Chunk {
    Header(Header),
    Rows { rows: Vec<Row>, last: bool },
    Failed(SourceError),
}

/// What the checking thread hands on.
pub(super) enum Fed {
    /// The file can be read.
    Ready,
    /// The next rows, and how many were rejected from the beginning of the file.
    Step { step: ImportStep, rejects: u64 },
}

/// A file that is being taken in.
pub(super) struct Feed<'f> {
    file: File,
    path: &'f Path,
    mapping: &'f Mapping,
    today: Date,
    /// Rows that are taken in already.
    done: u64,
    rejects: &'f Path,
    read: &'f AtomicU64,
    length: u64,
    modified: Option<SystemTime>,
}

impl<'f> Feed<'f> {
    pub(super) fn open(
        path: &'f Path,
        mapping: &'f Mapping,
        job: &ImportJob,
        rejects: &'f Path,
        read: &'f AtomicU64,
    ) -> Result<Self, CollectError> {
        let file = File::open(path).map_err(CollectError::file(path))?;
        let metadata = file.metadata().map_err(CollectError::file(path))?;
        let (length, modified) = (metadata.len(), metadata.modified().ok());
        let (today, done) = (job.begun_at.date(), job.rows);
        Ok(Self { file, path, mapping, today, done, rejects, read, length, modified })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The first thread. If nobody takes its rows it ends: what went wrong is known there.
    pub(super) fn read(&self, out: &SyncSender<Chunk>) {
        let input = Counting { file: &self.file, read: self.read };
        let mut chunker = Chunker { out, rows: Vec::new(), bytes: 0 };
        let result =
            boyin_import::read(BufReader::with_capacity(READ_BYTES, input), self.mapping, &mut chunker);
        let _ = match result {
            Ok(()) => chunker.hand_on(true),
            Err(ReadError::Source(error)) => out.send(Chunk::Failed(error)).map_err(|_| Unheard),
            Err(ReadError::Visitor(unheard)) => Err(unheard),
        };
    }

    /// The second thread.
    pub(super) fn check(&self, chunks: &Receiver<Chunk>, out: &SyncSender<Result<Fed, CollectError>>) {
        if let Err(error) = self.check_all(chunks, out) {
            // Nobody hears it who has not failed himself.
            let _ = out.send(Err(error));
        }
    }

    fn check_all(
        &self,
        chunks: &Receiver<Chunk>,
        out: &SyncSender<Result<Fed, CollectError>>,
    ) -> Result<(), CollectError> {
        let header = match chunks.recv() {
            Ok(Chunk::Header(header)) => header,
            Ok(Chunk::Failed(error)) => return Err(error.into()),
            Ok(Chunk::Rows { .. }) | Err(_) => return Err(CollectError::Ended),
        };
        let mut checking = self.begin(&header)?;
        let _ = out.send(Ok(Fed::Ready));
        loop {
            let (rows, last) = match chunks.recv() {
                Ok(Chunk::Rows { rows, last }) => (rows, last),
                Ok(Chunk::Failed(error)) => return Err(error.into()),
                Ok(Chunk::Header(_)) | Err(_) => return Err(CollectError::Ended),
            };
            let mut step = checking.step(&rows, self.done)?;
            drop(rows);
            step.finished = last;
            if last {
                // Before the import is finished: then the rejected rows are all there.
                self.finish(&mut checking)?;
            }
            let news = last || step.rows > self.done;
            if news && out.send(Ok(Fed::Step { step, rejects: checking.rejected })).is_err() {
                return Ok(());
            }
            if last {
                return Ok(());
            }
        }
    }

    fn begin(&self, header: &Header) -> Result<Checking<'f>, CollectError> {
        let checker = Checker::new(self.mapping, header, self.today)?;
        let named = self.mapping.column_names().contains(&REJECT_COLUMNS[0]);
        if !named && header.columns.iter().any(|name| name == REJECT_COLUMNS[0]) {
            return Err(CollectError::CorrectsNothing);
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // The rows are personal.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.rejects).map_err(CollectError::file(self.rejects))?;
        let written = file.try_clone().map_err(CollectError::file(self.rejects))?;
        let rejects = Rejects::new(BufWriter::new(file), header, self.mapping)?;
        Ok(Checking { checker, rejects: Some(rejects), written, rejected: 0 })
    }

    fn finish(&self, checking: &mut Checking<'_>) -> Result<(), CollectError> {
        if let Some(rejects) = checking.rejects.take() {
            rejects.finish()?;
        }
        checking.written.sync_all().map_err(CollectError::file(self.rejects))?;
        let now = self.file.metadata().map_err(CollectError::file(self.path))?;
        if now.len() != self.length || now.modified().ok() != self.modified {
            return Err(CollectError::Changed(self.path.to_owned()));
        }
        Ok(())
    }
}

struct Checking<'m> {
    checker: Checker<'m>,
    /// `None` once they are finished.
    rejects: Option<Rejects<BufWriter<File>>>,
    written: File,
    rejected: u64,
}

impl Checking<'_> {
    /// What is new in these rows. Those that are `done` are checked again: later ones may repeat them, and the rejected ones are
    /// written again.
    fn step(&mut self, rows: &[Row], done: u64) -> Result<ImportStep, CollectError> {
        let checker = &self.checker;
        let examined: Vec<_> = rows.par_iter().map(|row| checker.examine(row)).collect();
        let mut step = ImportStep {
            rows: rows.last().map_or(done, |row| row.number().max(done)),
            submissions: Vec::with_capacity(rows.len()),
            rejected: std::collections::BTreeMap::new(),
            finished: false,
        };
        for (row, examined) in rows.iter().zip(examined) {
            let new = row.number() > done;
            match self.checker.admit(examined) {
                Ok(accepted) if new => step.submissions.push(Submission {
                    row: accepted.row,
                    key: accepted.key,
                    license: accepted.license,
                    grade: accepted.grade,
                    corrects: accepted.corrects,
                }),
                Ok(_) => {}
                Err(defects) => {
                    self.reject(row, &defects)?;
                    if new {
                        let code = defects.first().map_or("unknown", |defect| defect.reason.code());
                        *step.rejected.entry(code.to_owned()).or_default() += 1;
                    }
                }
            }
        }
        Ok(step)
    }

    fn reject(&mut self, row: &Row, defects: &[Defect]) -> Result<(), CollectError> {
        self.rejected += 1;
        match &mut self.rejects {
            Some(rejects) => Ok(rejects.write(row, defects)?),
            None => Err(CollectError::Ended),
        }
    }
}

/// Nobody takes the rows any more.
struct Unheard;

struct Chunker<'o> {
    out: &'o SyncSender<Chunk>,
    rows: Vec<Row>,
    bytes: usize,
}

impl Chunker<'_> {
    fn hand_on(&mut self, last: bool) -> Result<(), Unheard> {
        let rows = mem::take(&mut self.rows);
        self.bytes = 0;
        self.out.send(Chunk::Rows { rows, last }).map_err(|_| Unheard)
    }
}

impl RowVisitor for Chunker<'_> {
    type Error = Unheard;

    fn header(&mut self, header: &Header) -> Result<(), Unheard> {
        self.out.send(Chunk::Header(header.clone())).map_err(|_| Unheard)
    }

    fn row(&mut self, row: &Row) -> Result<(), Unheard> {
        if self.rows.len() >= STEP_ROWS || self.bytes >= STEP_BYTES {
            self.hand_on(false)?;
        }
        self.bytes += row.size();
        self.rows.push(row.clone());
        Ok(())
    }
}

/// Counts what is read.
struct Counting<'c> {
    file: &'c File,
    read: &'c AtomicU64,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
