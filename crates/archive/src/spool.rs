//! Spools of reads: who looked at what, kept by a process that cannot write to the archive until the desk takes it in.
//!
//! ```text
//! spool = frame*        frame = length (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16)
//! associated data of a frame = id of the spool (16) ‖ number of the frame (8), from 0 ‖ hash of the frame before it (32)
//! hash of a frame = SHA-256("boyin reads" ‖ 00 ‖ hash of the frame before it ‖ nonce ‖ ciphertext ‖ tag)
//! ```

use std::borrow::Cow;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use boyin_model::alg::{Digest32, RandomnessUnavailable};
use boyin_model::hex;
use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::time::UnixTime;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::act::{ActError, EventKind, is_words};
use crate::layout::{self, Malformed};
use crate::vault::{HolderKey, Vault};

/// Reads that share a sync.
const GROUP: usize = 256;
/// Most bytes that are told of what was shared of a license.
pub const MAX_TOLD: usize = 2048;
/// Most bytes of a frame: three texts of 200 characters and an identifier take less than half.
pub(crate) const MAX_FRAME: usize = 8192;
/// Ending of a spool's file name.
pub(crate) const SPOOL: &str = "reads";
/// Ending while it is being made.
const UNMADE: &str = "unmade";
const DOMAIN: &[u8] = b"boyin reads\0";
/// First byte of the last frame, which holds nothing else.
const END: u8 = 0;
/// First byte of a frame with a read.
const READ: u8 = 1;

/// Number of a spool: 16 random bytes.
pub(crate) type SpoolId = [u8; 16];

/// Who reads, for which office, and what for.
#[derive(Clone, PartialEq, Eq)]
pub struct Reader {
    who: String,
    office: CreditCode,
    purpose: String,
}

impl Reader {
    /// Checks the words.
    ///
    /// # Errors
    /// [`ActError`] if `who` or `purpose` is blank, longer than [`MAX_WORDS`](crate::MAX_WORDS) characters or has control
    /// characters.
    pub fn new(
        who: impl Into<String>,
        office: CreditCode,
        purpose: impl Into<String>,
    ) -> Result<Self, ActError> {
        let reader = Self { who: who.into(), office, purpose: purpose.into() };
        if !is_words(&reader.who) {
            return Err(ActError::Who);
        }
        if is_words(&reader.purpose) { Ok(reader) } else { Err(ActError::Purpose) }
    }
}

/// Prints nothing: a reader is a person.
impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader(..)")
    }
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadOf {
    /// One license.
    License(LicenseId),
    /// Fields of one license, for the service item and under the names that `told` says.
    Shared {
        /// The license.
        license: LicenseId,
        /// What of it, in a few words: beyond [`MAX_TOLD`] bytes it is cut off.
        told: String,
    },
    /// Nothing of a holder, for the service item and because of what `told` says: it is cut off in the same way.
    NothingShared {
        /// What was asked, in a few words.
        told: String,
    },
    /// A holder's file; so many licenses were shown.
    Holder(usize),
    /// Who had read or changed a holder's file; so many events were shown.
    HolderLog(usize),
}

/// One read of a holder's data.
#[derive(Clone)]
pub struct Read {
    /// Who read, and what for.
    pub reader: Reader,
    /// When.
    pub at: UnixTime,
    /// What.
    pub of: ReadOf,
    /// Whose it is.
    pub holder: HolderKey,
}

/// Prints nothing.
impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Read(..)")
    }
}

/// A read as a spool has it.
pub(crate) struct Spooled {
    pub(crate) reader: Reader,
    pub(crate) at: UnixTime,
    pub(crate) what: EventKind,
    pub(crate) license: Option<LicenseId>,
    pub(crate) detail: String,
    pub(crate) holder: HolderKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadJson<'r> {
    at: UnixTime,
    #[serde(borrow)]
    who: Cow<'r, str>,
    office: Cow<'r, str>,
    what: Cow<'r, str>,
    why: Cow<'r, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    license: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "str::is_empty", default)]
    detail: Cow<'r, str>,
    holder: Cow<'r, str>,
}

fn cut_off(told: &str) -> String {
    told[..told.floor_char_boundary(MAX_TOLD)].to_owned()
}

fn read_frame_body(read: &Read) -> Zeroizing<Vec<u8>> {
    let (what, license, detail) = match &read.of {
        ReadOf::License(id) => (EventKind::LicenseRead, Some(id.as_str().into()), String::new()),
        ReadOf::Shared { license, told } => {
            (EventKind::LicenseShared, Some(license.as_str().into()), cut_off(told))
        }
        ReadOf::NothingShared { told } => (EventKind::LicenseShared, None, cut_off(told)),
        ReadOf::Holder(shown) => (EventKind::HolderRead, None, shown.to_string()),
        ReadOf::HolderLog(shown) => (EventKind::HolderLogRead, None, shown.to_string()),
    };
    let json = ReadJson {
        at: read.at,
        who: read.reader.who.as_str().into(),
        office: read.reader.office.as_str().into(),
        what: what.code().into(),
        why: read.reader.purpose.as_str().into(),
        license,
        detail: detail.into(),
        holder: hex::encode(&read.holder.0).into(),
    };
    let mut body = Zeroizing::new(vec![READ]);
    serde_json::to_writer(&mut *body, &json).expect("text and numbers can always be written as JSON");
    body
}

/// Reads what is in a frame; `None` for the last one.
pub(crate) fn parse_frame_body(body: &[u8]) -> Result<Option<Spooled>, Malformed> {
    let json = match body {
        [END] => return Ok(None),
        [READ, json @ ..] => json,
        _ => return Err(Malformed),
    };
    let json: ReadJson<'_> = serde_json::from_slice(json).map_err(|_| Malformed)?;
    let what = EventKind::from_code(&json.what).ok_or(Malformed)?;
    let license = json.license.map(|id| LicenseId::parse(&id)).transpose().map_err(|_| Malformed)?;
    let of_license = what == EventKind::LicenseRead && license.is_some();
    let of_holder = [EventKind::HolderRead, EventKind::HolderLogRead].contains(&what) && license.is_none();
    // Of what is not there it is told too that it was asked for.
    if !of_license && !of_holder && what != EventKind::LicenseShared {
        return Err(Malformed);
    }
    let office = CreditCode::parse(&json.office).map_err(|_| Malformed)?;
    Ok(Some(Spooled {
        reader: Reader::new(json.who, office, json.why).map_err(|_| Malformed)?,
        at: json.at,
        what,
        license,
        detail: json.detail.into_owned(),
        holder: HolderKey(layout::read_hex(&json.holder)?),
    }))
}

impl Spooled {
    pub(crate) fn into_words(self) -> (String, CreditCode, String) {
        (self.reader.who, self.reader.office, self.reader.purpose)
    }
}

/// A place in a spool: what comes next there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpoolPlace {
    /// Bytes before it.
    pub(crate) offset: u64,
    /// Frames before it.
    pub(crate) frames: u64,
    /// Hash of the frame before it; 32 zero bytes at the beginning.
    pub(crate) hash: Digest32,
    /// Whether nothing more is taken from it.
    pub(crate) ended: bool,
}

impl SpoolPlace {
    pub(crate) const START: Self = Self { offset: 0, frames: 0, hash: [0; 32], ended: false };

    /// What binds the frame at this place.
    pub(crate) fn binding(&self, id: &SpoolId) -> Vec<u8> {
        [id.as_slice(), &self.frames.to_be_bytes(), &self.hash].concat()
    }

    /// The place after a frame.
    pub(crate) fn after(&self, sealed: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [DOMAIN, &self.hash, sealed] {
            context.update(part);
        }
        let length = u64::try_from(sealed.len()).unwrap_or(u64::MAX);
        Self {
            offset: self.offset.saturating_add(4).saturating_add(length),
            frames: self.frames + 1,
            hash: *context.finish().as_ref().first_chunk().expect("SHA-256 gives 32 bytes"),
            ended: self.ended,
        }
    }
}

/// Why a read was not kept. What was to be read must not be shown then.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The file cannot be made or written.
    #[error(
        "reads cannot be recorded ({0}): see the disk and the rights of the directory `reads`, then start again"
    )]
    File(#[source] crate::store::Cause),
    /// An earlier read was not kept.
    #[error("an earlier read could not be recorded: find its cause, then start again")]
    Stopped,
    /// No randomness for its number.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
}

impl SpoolError {
    /// Stable code for logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "spool_file",
            Self::Stopped => "spool_stopped",
            Self::Randomness(_) => "randomness",
        }
    }
}

fn file_error(error: std::io::Error) -> SpoolError {
    SpoolError::File(crate::store::Cause::new(error))
}

type Kept = Result<(), SpoolError>;

struct Job {
    bodies: Vec<Zeroizing<Vec<u8>>>,
    answer: SyncSender<Kept>,
}

/// The reads of one process, in a file of its own. A read is on the disk when [`record`](ReadSpool::record) returns;
/// reads that come together share a sync. Dropping it ends the file with a last frame.
pub struct ReadSpool {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for ReadSpool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadSpool(..)")
    }
}

impl ReadSpool {
    pub(crate) fn create(dir: &Path, id: SpoolId, vault: Arc<Vault>) -> Result<Self, SpoolError> {
        std::fs::create_dir_all(dir).map_err(file_error)?;
        let name = hex::encode(&id);
        let unmade = dir.join(format!("{name}.{UNMADE}"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&unmade).map_err(file_error)?;
        // Held until the process ends: whoever gets the lock knows that nothing more will come.
        file.try_lock().map_err(|error| file_error(error.into()))?;
        std::fs::rename(&unmade, dir.join(format!("{name}.{SPOOL}"))).map_err(file_error)?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(file_error)?;
        let (jobs, inbox) = channel();
        let worker = Worker { file, id, vault, place: SpoolPlace::START, stopped: false };
        let thread = Builder::new().name("reads".to_owned()).spawn(move || worker.run(&inbox));
        Ok(Self { jobs: Some(jobs), thread: Some(thread.map_err(file_error)?) })
    }

    /// Keeps that something is read, all of `reads` or, as far as the caller knows, none. Call it before what was read is shown.
    ///
    /// # Errors
    /// [`SpoolError`]: show nothing.
    pub fn record(&self, reads: &[Read]) -> Result<(), SpoolError> {
        self.begin(reads)?.kept()
    }

    /// Begins to keep that something is read. What was read may be looked at meanwhile, but not be shown before it is
    /// [kept](Keeping::kept).
    ///
    /// # Errors
    /// [`SpoolError`]: show nothing.
    pub fn begin(&self, reads: &[Read]) -> Result<Keeping, SpoolError> {
        let (answer, result) = sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or(SpoolError::Stopped)?;
        let bodies = reads.iter().map(read_frame_body).collect();
        jobs.send(Job { bodies, answer }).map_err(|_| SpoolError::Stopped)?;
        Ok(Keeping(result))
    }
}

/// Reads on their way to the disk.
#[derive(Debug)]
#[must_use = "what was read must not be shown before it is kept"]
pub struct Keeping(Receiver<Kept>);

impl Keeping {
    /// Waits until they are on the disk.
    ///
    /// # Errors
    /// [`SpoolError`]: show nothing.
    pub fn kept(self) -> Result<(), SpoolError> {
        self.0.recv().map_err(|_| SpoolError::Stopped)?
    }
}

impl Drop for ReadSpool {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has answered nobody since; there is nothing left to tell.
            let _ = thread.join();
        }
    }
}

struct Worker {
    file: File,
    id: SpoolId,
    vault: Arc<Vault>,
    place: SpoolPlace,
    stopped: bool,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Job>) {
        while let Ok(first) = inbox.recv() {
            let mut jobs = vec![first];
            jobs.extend(inbox.try_iter().take(GROUP - 1));
            let kept = self.keep(jobs.iter().flat_map(|job| &job.bodies));
            for job in jobs {
                // A caller that no longer waits has nobody to tell.
                let _ = job.answer.send(kept.clone());
            }
        }
        // Without it the desk says that the spool was cut.
        let _ = self.keep(std::iter::once(&Zeroizing::new(vec![END])));
    }

    fn keep<'b>(&mut self, bodies: impl Iterator<Item = &'b Zeroizing<Vec<u8>>>) -> Kept {
        if self.stopped {
            return Err(SpoolError::Stopped);
        }
        let (mut frames, mut place) = (Vec::new(), self.place);
        for body in bodies {
            let sealed = self.vault.seal_frame(&place.binding(&self.id), body);
            let length = u32::try_from(sealed.len()).expect("frames are bounded far below 4 GiB");
            frames.extend_from_slice(&length.to_be_bytes());
            frames.extend_from_slice(&sealed);
            place = place.after(&sealed);
        }
        match self.file.write_all(&frames).and_then(|()| self.file.sync_data()) {
            Ok(()) => {
                self.place = place;
                Ok(())
            }
            Err(error) => {
                // What is in the file now nobody knows: nothing more is written after it.
                self.stopped = true;
                Err(file_error(error))
            }
        }
    }
}

/// The spools in a directory, by name. None if there is no directory.
pub(crate) fn spools_in(dir: &Path) -> std::io::Result<Vec<(SpoolId, PathBuf)>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let id = layout::read_hex_of::<16>(name).ok();
        if let Some(id) = id.filter(|_| path.extension().is_some_and(|ending| ending == SPOOL)) {
            found.push((id, path));
        }
    }
    found.sort();
    Ok(found)
}
