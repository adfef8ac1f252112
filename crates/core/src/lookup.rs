use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;

use boyin_archive::{
    Archive, ArchiveError, CollectedId, CollectedRecord, Cursor, Event, HolderKey, Keeping, LicenseRecord,
    LogHead, LogLine, MAX_EVENTS, Read, ReadOf, ReadSpool, Reader, RootSecret, Version,
};
use boyin_model::id::{HolderCode, LicenseId, LicenseTypeCode};
use boyin_model::status::LicenseStatus;
use boyin_model::time::UnixTime;
use boyin_suite::{all_jws, table_memory};
use boyin_verify::{
    CLOCK_TOLERANCE_SECONDS, Policy, Record, Report, StatusSnapshot, TrustSnapshot, Verifier,
};

use crate::error::LookupError;
use crate::home::Home;
use crate::keyring::Passphrase;
use crate::reads::Reads;
use boyin_verify::seal::Document;

use crate::registry::{Checked, Published, Registry, read_status_list_id};
use crate::share::SharedBy;
use crate::waiting::Waiting;

/// Events that health reads to see that the archive can be read.
const HEALTH_EVENTS: usize = 1;

/// Seconds for which taking over may fail before health says so.
const FAILING_SECONDS: u64 = 10;

/// A license on file and what verifying it says now.
#[derive(Clone, Debug)]
pub struct Found {
    /// The license as filed.
    pub record: LicenseRecord,
    /// Its verification at the instant of the request.
    pub report: Report,
}

/// Part of a holder's file.
#[derive(Clone, Debug)]
pub struct HolderPage {
    /// Licenses, newest first.
    pub licenses: Vec<Found>,
    /// Where the next part begins.
    pub next: Option<Cursor>,
    /// With the first part of a holder's file: what was collected of the holder from other systems, unsigned, in no order, at most
    /// [`boyin_archive::MAX_PAGE`].
    pub collected: Vec<(CollectedId, CollectedRecord)>,
    /// After which of them there may be [more](Lookup::holder_collected).
    pub collected_next: Option<CollectedId>,
}

/// The reading side: holds no private key and cannot write to the archive. What it shows of a holder's file is
/// [on the disk](boyin_archive::ReadSpool) as a read before it is shown, for the desk to take into the log.
#[derive(Debug)]
pub struct Lookup {
    pub(crate) home: Home,
    pub(crate) archive: Archive,
    /// Begun at the first read.
    reads: Mutex<Option<Arc<ReadSpool>>>,
    pub(crate) verifier: Verifier,
    registry: RwLock<Arc<Registry>>,
    failing_since: Mutex<Option<UnixTime>>,
    waiting: Mutex<Waiting>,
    pub(crate) shared_by: Mutex<SharedBy>,
}

/// One thing that health asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthItem {
    /// What: `store`, `signer`, `trust_list`, `status_lists`, `published`, `following`, `clock`.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found, in a few words.
    pub detail: String,
}

/// Whether verdicts given now can be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Each question with its answer.
    pub items: Vec<HealthItem>,
}

impl HealthItem {
    /// An answer.
    #[must_use]
    pub fn new(name: &'static str, ok: bool, detail: impl Into<String>) -> Self {
        Self { name, ok, detail: detail.into() }
    }
}

impl Health {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.items.iter().all(|item| item.ok)
    }
}

impl Lookup {
    /// Opens the archive as a read-only follower; a desk may have it open at the same time.
    ///
    /// `scratch` is a directory for the follower's own notes; it may be emptied when nobody uses it.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn open(home: &Home, scratch: &Path, passphrase: &Passphrase) -> Result<Self, LookupError> {
        let place = home.archive_place()?;
        let follow = |secret: &RootSecret| place.follow(scratch, secret);
        let (archive, _) = home.keyring().with_archive_secret(passphrase, follow)?;
        let archive = archive.with_record_key_memory(home.config().memory.of_record_keys());
        let registry = load(home, &archive)?;
        let waiting = Waiting::default().seen(&archive, &registry.status_lists, None)?;
        Ok(Self {
            home: home.clone(),
            archive,
            reads: Mutex::default(),
            verifier: Verifier::new(&all_jws()),
            registry: RwLock::new(Arc::new(registry)),
            failing_since: Mutex::new(None),
            waiting: Mutex::new(waiting),
            shared_by: Mutex::default(),
        })
    }

    /// Takes over what was filed and published since the last time.
    ///
    /// # Errors
    /// [`LookupError`]; what could be taken over is in use then, and the last good lists for the rest. Health tells how
    /// long that lasts.
    pub fn refresh(&self, now: UnixTime) -> Result<(), LookupError> {
        // Held throughout: of two refreshes at once the later one must not be overtaken. Verifications do not wait for it.
        let mut failing = self.failing_since.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.take_over(now);
        *failing = if done.is_ok() { None } else { failing.or(Some(now)) };
        done
    }

    fn take_over(&self, now: UnixTime) -> Result<(), LookupError> {
        let registry = self.registry();
        self.archive.catch_up()?;
        let status_lists = published(&self.home, &self.archive)?;
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            *waiting = waiting.seen(&self.archive, &status_lists, Some(now))?;
        }
        // A trust list that is refused must not keep revocations out: they are taken over under the one in use.
        let (trust_token, trust, fault) = match self.newer_trust(&registry) {
            Ok(Some((token, trust))) => (token, in_use(trust), None),
            Ok(None) => (registry.trust_token.clone(), Arc::clone(&registry.trust), None),
            Err(error) => (registry.trust_token.clone(), Arc::clone(&registry.trust), Some(error)),
        };
        if status_lists != registry.status_lists || trust_token != registry.trust_token {
            let fresh = Arc::new(Registry::new(trust_token, trust, status_lists));
            *self.registry.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        fault.map_or(Ok(()), Err)
    }

    fn newer_trust(&self, current: &Registry) -> Result<Option<(Vec<u8>, TrustSnapshot)>, LookupError> {
        if self.home.trust_token()? == current.trust_token {
            return Ok(None);
        }
        let (token, trust) = self.home.trust_in_place()?;
        if !trust.may_replace(&current.trust) {
            let (found, in_use) = (trust.list().sequence, current.trust.list().sequence);
            return Err(LookupError::TrustRollback { found, in_use });
        }
        Ok(Some((token, trust)))
    }

    /// Trust and status as last loaded.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The data directory.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Verifies a license that somebody presents.
    pub fn verify(&self, bytes: &[u8], now: UnixTime) -> Report {
        self.registry().check(&self.verifier, bytes, now)
    }

    /// The same reads, verified under another policy than the strictest.
    #[must_use]
    pub fn under(&self, policy: Policy) -> Reads<'_> {
        Reads { lookup: self, verifier: self.verifier.clone().with_policy(policy) }
    }

    fn strictly(&self) -> Reads<'_> {
        Reads { lookup: self, verifier: self.verifier.clone() }
    }

    /// Verifies a license and keeps everything that the verdict rests on.
    #[must_use]
    pub fn record(&self, policy: Policy, license: &[u8], now: UnixTime) -> Record {
        self.record_with(&self.registry(), policy, license, now)
    }

    fn record_with(&self, registry: &Registry, policy: Policy, license: &[u8], now: UnixTime) -> Record {
        let verifier = self.verifier.clone().with_policy(policy.clone());
        let report = registry.check(&verifier, license, now);
        let uri = report.status_list();
        let of_license = registry.status_lists.iter().filter(|list| Some(list.uri.as_str()) == uri);
        // A list that is refused served nobody.
        let served = |token: &Vec<u8>| StatusSnapshot::default().add(token, &registry.trust).is_ok();
        Record {
            document: license.to_vec(),
            at: now,
            policy,
            anchor: self.home.anchor_of(&registry.trust_token),
            trust_list: registry.trust_token.clone(),
            status_lists: of_license.filter_map(|list| list.token.clone().filter(served)).collect(),
            report: report.to_json(),
        }
    }

    /// Verifies a license as a verifier did at `at`: for that instant, with the lists that were published then.
    ///
    /// # Errors
    /// [`LookupError`]; [`HomeError::NoTrustList`](crate::HomeError::NoTrustList) within if there was no trust list yet.
    pub fn record_as_of(&self, policy: Policy, license: &[u8], at: UnixTime) -> Result<Record, LookupError> {
        let (trust_token, trust) = self.home.trust_at(at)?;
        let status_lists = lists_of(&self.home, |uri| self.archive.status_list_at(uri, at))?;
        let registry = Registry::new(trust_token, Arc::new(trust), status_lists);
        Ok(self.record_with(&registry, policy, license, at))
    }

    /// The status of a license at `at`, as the event log tells it, and the event that led to it.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn status_at(
        &self,
        id: &LicenseId,
        at: UnixTime,
    ) -> Result<Option<(LicenseStatus, Event)>, LookupError> {
        Ok(self.archive.status_at(id, at)?)
    }

    /// Verifies what somebody presents, a license, a seal or a seal signature over `document`: the bytes say which.
    pub fn verify_any(&self, bytes: &[u8], document: Document<'_>, now: UnixTime) -> Checked {
        self.strictly().verify_any(bytes, document, now)
    }

    /// Verifies many licenses with all cores, in their order; each report is that of [`Self::verify`].
    pub fn verify_bulk<B: AsRef<[u8]> + Sync>(&self, licenses: &[B], now: UnixTime) -> Vec<Report> {
        self.registry().check_bulk(&self.verifier, licenses, now)
    }

    /// One license, verified, for somebody who says what for.
    ///
    /// # Errors
    /// [`LookupError`]; [`LookupError::Spool`] if the read could not be recorded.
    pub fn license(
        &self,
        id: &LicenseId,
        reader: &Reader,
        now: UnixTime,
    ) -> Result<Option<Found>, LookupError> {
        self.strictly().license(id, reader, now)
    }

    /// The verification of a license on file, which tells nothing personal.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn verify_on_file(&self, id: &LicenseId, now: UnixTime) -> Result<Option<Report>, LookupError> {
        Ok(self.archive.get(id)?.map(|record| self.verify(&record.credential, now)))
    }

    /// A part of one holder's file (一人一档、一企一档), each license verified.
    ///
    /// # Errors
    /// As [`license`](Self::license).
    pub fn holder(
        &self,
        holder: &HolderCode,
        reader: &Reader,
        cursor: Option<&Cursor>,
        limit: usize,
        now: UnixTime,
    ) -> Result<HolderPage, LookupError> {
        self.strictly().holder(holder, reader, cursor, limit, now)
    }

    /// Who looked at one holder's file or changed it, oldest first, after the event `after`: what the desk has taken into the log.
    ///
    /// # Errors
    /// As [`license`](Self::license).
    pub fn holder_log(
        &self,
        holder: &HolderCode,
        reader: &Reader,
        after: Option<u64>,
        limit: usize,
        now: UnixTime,
    ) -> Result<Vec<Event>, LookupError> {
        let events = self.archive.events_of_holder(holder, after, limit)?;
        let of = ReadOf::HolderLog(events.len());
        self.keep(&[read_of(reader, now, of, self.archive.holder_key(holder))])?;
        Ok(events)
    }

    /// A part of all licenses, each verified: a read of each of them.
    ///
    /// # Errors
    /// As [`license`](Self::license).
    pub fn licenses(
        &self,
        license_type: Option<&LicenseTypeCode>,
        reader: &Reader,
        cursor: Option<&Cursor>,
        limit: usize,
        now: UnixTime,
    ) -> Result<HolderPage, LookupError> {
        let page = self.archive.list(license_type, cursor, limit)?;
        let mut reads = Vec::with_capacity(page.items.len());
        for record in &page.items {
            // Erased since it was listed: nobody is told of anymore.
            if let Some((_, holder)) = self.archive.get_with_holder(&record.id)? {
                reads.push(read_of(reader, now, ReadOf::License(record.id.clone()), holder));
            }
        }
        let keeping = self.begin_to_keep(&reads)?;
        let page = self.strictly().page(page, now);
        keeping.kept()?;
        Ok(page)
    }

    /// Records reads.
    pub(crate) fn keep(&self, reads: &[Read]) -> Result<(), LookupError> {
        self.begin_to_keep(reads)?.kept()
    }

    /// Begins to record reads, which takes as long as the disk does. After a failure the next one begins another spool: what
    /// was refused once may work again.
    pub(crate) fn begin_to_keep(&self, reads: &[Read]) -> Result<BeingKept<'_>, LookupError> {
        let spool = {
            let mut begun = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
            match &*begun {
                Some(spool) => Arc::clone(spool),
                None => {
                    let spool = Arc::new(self.archive.spool_reads(&self.home.reads_path())?);
                    Arc::clone(begun.insert(spool))
                }
            }
        };
        let keeping = spool.begin(reads).inspect_err(|_| self.drop_spool())?;
        Ok(BeingKept { lookup: self, keeping })
    }

    fn drop_spool(&self) {
        *self.reads.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What was done to a license, oldest first.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn history(&self, id: &LicenseId) -> Result<Vec<Event>, LookupError> {
        Ok(self.archive.events_of(id, None, boyin_archive::MAX_EVENTS)?)
    }

    /// The versions of a license, the current one first; empty if it is not on file. It tells nothing personal.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn versions(&self, id: &LicenseId) -> Result<Vec<Version>, LookupError> {
        Ok(self.archive.versions(id)?)
    }

    /// The event log after the event `after`, in order, at most [`boyin_archive::MAX_EVENTS`] at a time.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn events(&self, after: Option<u64>, limit: usize) -> Result<Vec<Event>, LookupError> {
        Ok(self.archive.events(after, limit)?)
    }

    /// The event log after a place in it, as it is exported, at most [`boyin_archive::MAX_EVENTS`] at a time.
    ///
    /// # Errors
    /// [`LookupError`]; [`ArchiveError::BrokenLink`] within if an event does not follow.
    pub fn log(&self, after: LogHead) -> Result<Vec<LogLine>, LookupError> {
        Ok(self.archive.log(after, MAX_EVENTS)?)
    }

    /// Reads the whole event log and gives its end.
    ///
    /// # Errors
    /// As [`log`](Self::log).
    pub fn check_log(&self) -> Result<LogHead, LookupError> {
        Ok(self.archive.check_log()?)
    }

    /// The hand-overs from each anchor to the next, one in each line, for those who hold an earlier one.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn handovers(&self) -> Result<Vec<u8>, LookupError> {
        Ok(self.home.handovers()?)
    }

    /// The trust list as published.
    #[must_use]
    pub fn trust_list(&self) -> Vec<u8> {
        self.registry().trust_token.clone()
    }

    /// The status list with this name, as published.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn status_list(&self, id: &str) -> Result<Option<Vec<u8>>, LookupError> {
        match read_status_list_id(id) {
            Some((office, number)) if self.home.offices().iter().any(|known| known.code == office) => {
                Ok(self.archive.status_list(&self.home.config().status_list_uri(office, number))?)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Asks whether verdicts given now can be relied on.
    #[must_use]
    pub fn health(&self, now: UnixTime) -> Health {
        let registry = self.registry();
        let list = registry.trust.list();
        let store = self.archive.events(None, HEALTH_EVENTS);
        let latest = now.plus(CLOCK_TOLERANCE_SECONDS);
        let (mut stale, mut early) = (0, 0);
        for Published { office, uri, .. } in &registry.status_lists {
            let (made, ends) =
                (registry.status.made_at(*office, uri), registry.status.fresh_until(*office, uri));
            stale += usize::from(ends.is_none_or(|end| end <= now));
            early += usize::from(made.is_some_and(|made| made > latest));
        }
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).overdue(now);
        let failing = *self.failing_since.lock().unwrap_or_else(PoisonError::into_inner);
        let following = failing.is_none_or(|since| now <= since.plus(FAILING_SECONDS));
        let lists = registry.status_lists.len();
        let readable = store.map_or_else(|error| error.code(), |_| "readable");
        let clock = list.issued_at <= now.plus(CLOCK_TOLERANCE_SECONDS);
        let fresh = now < list.next_update;
        Health {
            items: vec![
                HealthItem::new("store", readable == "readable", readable),
                HealthItem::new("trust_list", fresh, format!("fresh until {}", list.next_update)),
                HealthItem::new(
                    "status_lists",
                    stale + early == 0,
                    format!("{stale} of {lists} stale, {early} from the future"),
                ),
                HealthItem::new("published", waiting == 0, format!("{waiting} lists lack a change")),
                HealthItem::new(
                    "following",
                    following,
                    failing.map_or_else(
                        || "up to date".to_owned(),
                        |since| format!("not since {since}: the log says why"),
                    ),
                ),
                HealthItem::new("clock", clock, format!("now {now}")),
            ],
        }
    }
}

/// Reads on their way to the disk. Nothing of them is shown before they are [kept](BeingKept::kept).
#[must_use = "what was read must not be shown before it is kept"]
pub(crate) struct BeingKept<'l> {
    lookup: &'l Lookup,
    keeping: Keeping,
}

impl BeingKept<'_> {
    pub(crate) fn kept(self) -> Result<(), LookupError> {
        Ok(self.keeping.kept().inspect_err(|_| self.lookup.drop_spool())?)
    }
}

pub(crate) fn read_of(reader: &Reader, at: UnixTime, of: ReadOf, holder: HolderKey) -> Read {
    Read { reader: reader.clone(), at, of, holder }
}

fn load(home: &Home, archive: &Archive) -> Result<Registry, LookupError> {
    let (trust_token, trust) = home.trust()?;
    Ok(Registry::new(trust_token, in_use(trust), published(home, archive)?))
}

/// Prepares the keys of a trust list in the background: until a key is prepared, it verifies more slowly.
fn in_use(trust: TrustSnapshot) -> Arc<TrustSnapshot> {
    let trust = Arc::new(trust);
    let (list, memory) = (Arc::clone(&trust), table_memory().limit);
    // Without a thread for it, each key is prepared on its second use.
    let _ = thread::Builder::new().name("prepare-keys".into()).spawn(move || list.prepare_keys(memory));
    trust
}

fn published(home: &Home, archive: &Archive) -> Result<Vec<Published>, LookupError> {
    lists_of(home, |uri| archive.status_list(uri))
}

/// The lists of every office, from the first to the one before the first that is not there.
pub(crate) fn lists_of(
    home: &Home,
    token: impl Fn(&str) -> Result<Option<Vec<u8>>, ArchiveError>,
) -> Result<Vec<Published>, LookupError> {
    let mut lists = Vec::new();
    for office in home.offices() {
        for number in 1.. {
            let uri = home.config().status_list_uri(office.code, number);
            let token = token(&uri)?;
            let last = token.is_none();
            if number == 1 || !last {
                lists.push(Published { office: office.code, uri, token });
            }
            if last {
                break;
            }
        }
    }
    Ok(lists)
}
