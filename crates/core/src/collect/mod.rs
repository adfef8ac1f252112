//! Historical collection (历史证照数据全量归集), from the file of another system to licenses of our own.
//!
//! | step | what does it | side |
//! |---|---|---|
//! | take in | [`Desk::collect`]: rows become records or rejected rows; killed at any point it goes on where it was | desk |
//! | settle | [`Desk::raise_grade`], [`Desk::resolve_dispute`], [`Desk::erase_collected`] | desk |
//! | account | [`Lookup::reconcile`](crate::Lookup::reconcile): the source's total against what became of its rows | reads |
//! | sign | [`Desk::sign_collected`]: records of grades A and B become licenses, with all cores | desk |

mod acts;
mod error;
mod feed;
mod reads;
mod reconcile;
mod sign;

pub use self::error::CollectError;
pub use self::reconcile::Reconciliation;
pub use self::sign::{SignedRow, SigningCounts, SigningOutcome};
pub use boyin_archive::CollectedPage;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use boyin_archive::{Act, ImportId, ImportJob, ImportStep};
use boyin_import::Mapping;
use boyin_model::alg::{Digest32, VerifyAlg as _};
use boyin_model::id::CreditCode;
use boyin_model::time::UnixTime;
use boyin_suite::ES256;

use self::feed::{Fed, Feed};
use crate::desk::Desk;
use crate::error::DeskError;

/// Ending of the file with the rejected rows until it is whole.
const PARTIAL: &str = "partial";
/// Bytes that are hashed at a time.
const HASHED: usize = 1 << 20;

/// Who acts, for which office, and what for: each of the acts of a long run has its own time and idempotency key.
#[derive(Clone)]
pub struct Actor {
    /// The person who acts.
    pub who: String,
    /// The office that acts.
    pub office: CreditCode,
    /// What for.
    pub purpose: String,
}

/// Shows the office only.
impl std::fmt::Debug for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Actor({}, ..)", self.office)
    }
}

impl Actor {
    fn act(&self, at: UnixTime, key: &str, request: Digest32) -> Result<Act, DeskError> {
        Ok(Act::new(self.who.as_str(), self.office, self.purpose.as_str(), at, key, request)?)
    }
}

/// A file to take in.
#[derive(Clone, Debug)]
pub struct Collection<'c> {
    /// The file of the other system, or corrected rows that were rejected before.
    pub file: &'c Path,
    /// How it is read.
    pub mapping: &'c Path,
    /// The name that the mapping must have for its source, if whoever asks says one.
    pub source: Option<&'c str>,
    /// The import whose rejected rows these are, or a correction of that one.
    pub corrects: Option<ImportId>,
    /// Where rejected rows go; there must be no such file.
    pub rejects: &'c Path,
    /// Whether to begin though another file of this source was not taken in to its end.
    pub beside_unfinished: bool,
    /// Whether to begin though the last import of this source named its records by other columns: each that comes again is another
    /// record then.
    pub new_keys: bool,
}

/// How far a file is taken in.
#[derive(Clone, Copy, Debug)]
pub struct CollectProgress<'p> {
    /// Bytes of the file that were read. Of a workbook more than it has: parts are read more than once.
    pub bytes: u64,
    /// Bytes of the file.
    pub total: u64,
    /// What is on disk.
    pub job: &'p ImportJob,
}

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The state of the import: finished.
    pub job: ImportJob,
    /// Whether it was finished before, and nothing was done now but perhaps the file with the rejected rows.
    pub before: bool,
    /// The file with the rejected rows, if there are any.
    pub rejects: Option<PathBuf>,
}

impl Desk {
    /// Takes in a file: every row becomes a record, is found to be one already, or is rejected with every reason.
    ///
    /// Killed at any point it goes on where it was when it is asked again, and ends as if it had not been: the file and the
    /// mapping name the import. The same file again is no second import. Rejected rows stand in a file of the same form and
    /// encoding, which is there once the import is finished.
    ///
    /// # Errors
    /// [`CollectError`]. What was taken in before stays, and the same call goes on after it.
    pub fn collect(
        &self,
        collection: &Collection<'_>,
        actor: &Actor,
        clock: &dyn Fn() -> UnixTime,
        progress: &mut dyn FnMut(&CollectProgress<'_>),
    ) -> Result<Collected, CollectError> {
        self.office(actor.office)?;
        let plan = self.plan(collection, clock())?;
        // Nobody takes in records in the name of another agency but the office that keeps the trust list.
        if plan.job.agency != actor.office && actor.office != self.config.authority_code {
            return Err(DeskError::ForeignRecord(plan.job.agency).into());
        }
        let known = self.archive.import_job(plan.job.id).map_err(DeskError::from)?;
        if let Some(job) = known.as_ref().filter(|job| job.finished) {
            let there = collection.rejects.exists();
            if job.rejected == 0 || there {
                let rejects = there.then(|| collection.rejects.to_owned());
                return Ok(Collected { job: job.clone(), before: true, rejects });
            }
        } else {
            self.check_begin(collection, &plan.job, known.is_some())?;
        }
        self.feed(&plan, known.as_ref(), collection, actor, clock, progress)
    }

    fn plan(&self, collection: &Collection<'_>, now: UnixTime) -> Result<Plan, CollectError> {
        let text = fs::read_to_string(collection.mapping).map_err(CollectError::file(collection.mapping))?;
        let mapping = Mapping::read(&text, &self.catalog_at(now)?.catalog)?;
        if let Some(given) = collection.source.filter(|given| *given != mapping.source) {
            return Err(CollectError::SourceName { given: given.into(), mapping: mapping.source.into() });
        }
        let first = collection.corrects.map(|id| self.first_of(id)).transpose()?;
        let mapping = match &first {
            Some(first) => mapping.correcting(first.rows),
            None => mapping,
        };
        let corrects = first.map(|first| first.id);
        let mut file = File::open(collection.file).map_err(CollectError::file(collection.file))?;
        let digest = digest_of(&mut file).map_err(CollectError::file(collection.file))?;
        let corrected = corrects.map(|id| id.to_string()).unwrap_or_default();
        let id =
            ES256.digest(&[b"import\0", &digest, &ES256.digest(&[text.as_bytes()]), corrected.as_bytes()]);
        let job = ImportJob {
            id: ImportId::new(&id),
            source: mapping.source.clone(),
            agency: mapping.agency,
            license_type: mapping.license_type.code,
            key: mapping.key.clone(),
            evidence: mapping.evidence.clone(),
            stated_total: mapping.stated_total,
            corrects,
            begun_at: now,
            rows: 0,
            accepted: 0,
            already: 0,
            rejected: 0,
            disputed: 0,
            reasons: std::collections::BTreeMap::new(),
            corrected: 0,
            corrected_already: 0,
            finished: false,
        };
        Ok(Plan { mapping, job })
    }

    /// The import that a correction is of: the first one, also if a correction of it is named.
    fn first_of(&self, id: ImportId) -> Result<ImportJob, CollectError> {
        let job = |id| self.archive.import_job(id).map_err(DeskError::from);
        let named = job(id)?.ok_or(CollectError::NoImport(id))?;
        match named.corrects {
            Some(first) => job(first)?.ok_or(CollectError::NoImport(first)),
            None => Ok(named),
        }
    }

    /// What keeps an import from being begun or going on.
    fn check_begin(
        &self,
        collection: &Collection<'_>,
        job: &ImportJob,
        begun: bool,
    ) -> Result<(), CollectError> {
        if collection.rejects.exists() {
            return Err(CollectError::RejectsExist(collection.rejects.to_owned()));
        }
        let same_source = |other: &ImportJob| {
            other.source == job.source && other.agency == job.agency && other.license_type == job.license_type
        };
        let mut jobs = self.archive.import_jobs().map_err(DeskError::from)?;
        jobs.retain(|other| other.id != job.id && same_source(other));
        let unfinished = jobs.iter().find(|other| !other.finished);
        if let Some(other) = unfinished.filter(|_| !collection.beside_unfinished) {
            return Err(CollectError::Unfinished { id: other.id, rows: other.rows });
        }
        // One that goes on was begun so.
        if begun || collection.new_keys {
            return Ok(());
        }
        // Imports that have left no record, and those of which the columns are not known, say nothing.
        let named = jobs.iter().filter(|other| other.accepted + other.already > 0 && !other.key.is_empty());
        // Rows that are corrected are held against the import that rejected them.
        let named = named.filter(|other| job.corrects.is_none_or(|first| first == other.id));
        match named.max_by_key(|other| other.begun_at).filter(|last| last.key != job.key) {
            Some(last) => {
                let (before, now) = (last.key.join(", ").into(), job.key.join(", ").into());
                Err(CollectError::OtherKeys { id: last.id, before, now })
            }
            None => Ok(()),
        }
    }

    /// Reads, checks and commits, each on a thread of its own.
    fn feed(
        &self,
        plan: &Plan,
        known: Option<&ImportJob>,
        collection: &Collection<'_>,
        actor: &Actor,
        clock: &dyn Fn() -> UnixTime,
        progress: &mut dyn FnMut(&CollectProgress<'_>),
    ) -> Result<Collected, CollectError> {
        let before = known.is_some_and(|job| job.finished);
        let partial = partial_of(collection.rejects);
        let read = AtomicU64::new(0);
        let begun = known.unwrap_or(&plan.job);
        let feed = Feed::open(collection.file, &plan.mapping, begun, &partial, &read)?;
        let (total, mut job) = (feed.length(), known.cloned());
        let mut rejected = 0;
        thread::scope(|scope| {
            let (rows_in, rows) = sync_channel(feed::CHUNKS_AHEAD);
            let (steps_in, steps) = sync_channel(feed::STEPS_AHEAD);
            let feed = &feed;
            scope.spawn(move || feed.read(&rows_in));
            scope.spawn(move || feed.check(&rows, &steps_in));
            for fed in steps {
                match fed? {
                    // Nothing is begun with a file that cannot be read.
                    Fed::Ready => {
                        if job.is_none() {
                            job = Some(self.begin(&plan.job, actor, clock())?);
                        }
                    }
                    Fed::Step { step, rejects } => {
                        rejected = rejects;
                        let state = job.as_mut().ok_or(CollectError::Ended)?;
                        if !state.finished {
                            *state = self.take(state, &step, actor, clock())?;
                        }
                        progress(&CollectProgress { bytes: read.load(Ordering::Relaxed), total, job: state });
                    }
                }
            }
            Ok::<_, CollectError>(())
        })?;
        let job = job.filter(|job| job.finished).ok_or(CollectError::Ended)?;
        let rejects = settle_rejects(&partial, collection.rejects, rejected)?;
        Ok(Collected { job, before, rejects })
    }

    fn begin(&self, job: &ImportJob, actor: &Actor, now: UnixTime) -> Result<ImportJob, DeskError> {
        let key = format!("import {}", job.id);
        let act = actor.act(now, &key, ES256.digest(&[key.as_bytes()]))?;
        Ok(self.archive.begin_import(&act, job)?)
    }

    fn take(
        &self,
        job: &ImportJob,
        step: &ImportStep,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<ImportJob, DeskError> {
        // An empty last step has the number of the step before.
        let end = if step.finished { " end" } else { "" };
        let key = format!("import {} {}{end}", job.id, step.rows);
        let act = actor.act(now, &key, ES256.digest(&[key.as_bytes()]))?;
        Ok(self.archive.import_rows(&act, job.id, step)?)
    }
}

/// What is to be done with a file.
struct Plan {
    mapping: Mapping,
    /// As it is begun, if it was not yet.
    job: ImportJob,
}

/// A digest over the whole file: of each part and the digest before it.
fn digest_of(file: &mut File) -> std::io::Result<Digest32> {
    let mut buffer = vec![0; HASHED];
    let mut digest = Digest32::default();
    loop {
        // Parts are as long as they can be, so that they do not depend on how the system hands them out.
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read(rest)? {
                0 => break,
                read => filled += read,
            }
        }
        let Some(part) = buffer.get(..filled).filter(|part| !part.is_empty()) else { return Ok(digest) };
        digest = ES256.digest(&[&digest, part]);
    }
}

fn partial_of(rejects: &Path) -> PathBuf {
    let mut name = rejects.as_os_str().to_owned();
    name.push(".");
    name.push(PARTIAL);
    name.into()
}

/// Puts the rejected rows in their place, or takes the file away if there are none.
fn settle_rejects(partial: &Path, rejects: &Path, rejected: u64) -> Result<Option<PathBuf>, CollectError> {
    if rejected == 0 {
        fs::remove_file(partial).map_err(CollectError::file(partial))?;
        return Ok(None);
    }
    fs::rename(partial, rejects).map_err(CollectError::file(rejects))?;
    Ok(Some(rejects.to_owned()))
}
