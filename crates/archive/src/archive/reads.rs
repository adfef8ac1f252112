//! Reads that leave an event: written to a spool where they happen, taken into the log at the desk, each exactly once.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use boyin_model::hex;
use boyin_model::id::{HolderCode, LicenseId};

use super::write::{Deed, entered};
use super::{Archive, malformed};
use crate::act::{Act, Event, EventKind};
use crate::error::ArchiveError;
use crate::layout;
use crate::record::LicenseRecord;
use crate::spool::{
    MAX_FRAME, ReadSpool, SpoolError, SpoolId, SpoolPlace, Spooled, parse_frame_body, spools_in,
};
use crate::store::{Batch, Cause, Expect, Numbered, StoreError, Table};
use crate::vault::{HolderKey, Vault};

/// Reads that one batch takes in.
const GROUP: usize = 64;
/// Ending of a spool that was cut, with what could not be read.
const CUT: &str = "cut";

/// What was taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenReads {
    /// Reads that are in the log now.
    pub reads: u64,
    /// Spools that ended without having been closed.
    pub cut: u64,
    /// Spools of running processes that cannot be read.
    pub damaged: u64,
}

/// What a look at a spool found.
struct Look {
    reads: Vec<Spooled>,
    place: SpoolPlace,
    /// Bytes after the last frame that could be read.
    left: u64,
    /// Whether those cannot be what is just being written.
    damaged: bool,
}

impl Archive {
    /// A license and whose it is, for whoever has to [record](ReadSpool::record) the read.
    ///
    /// # Errors
    /// As [`get`](Archive::get).
    pub fn get_with_holder(
        &self,
        id: &LicenseId,
    ) -> Result<Option<(LicenseRecord, HolderKey)>, ArchiveError> {
        self.license(id)
    }

    /// What stands for a holder in the indexes.
    #[must_use]
    pub fn holder_key(&self, holder: &HolderCode) -> HolderKey {
        self.vault.holder_key(holder)
    }

    /// Begins a spool of reads of this process in the directory `dir`, which may be missing. It takes no part in the
    /// archive until the desk [takes it in](Archive::take_reads).
    ///
    /// # Errors
    /// [`SpoolError`].
    pub fn spool_reads(&self, dir: &Path) -> Result<ReadSpool, SpoolError> {
        let key = self.vault.new_key()?;
        let id = *key.first_chunk().expect("32 bytes are longer than 16");
        ReadSpool::create(dir, id, Arc::clone(&self.vault))
    }

    /// Takes the reads of all spools in `dir` into the log. How far each is taken in is written in the same batch, so that each
    /// read is there once, whenever this is interrupted. A spool whose process has ended is removed at its end. If it was
    /// not closed, `act` leaves an event that says so, and what is left of it that cannot be read is kept beside it.
    ///
    /// # Errors
    /// [`ArchiveError::OldFormat`], [`ArchiveError::Store`] and [`ArchiveError::Damaged`] as of acts.
    pub fn take_reads(&self, dir: &Path, act: &Act) -> Result<TakenReads, ArchiveError> {
        let mut taken = TakenReads::default();
        for (id, path) in spools_in(dir).map_err(io)? {
            self.take_spool(&id, &path, act, &mut taken)?;
        }
        Ok(taken)
    }

    fn take_spool(
        &self,
        id: &SpoolId,
        path: &Path,
        act: &Act,
        taken: &mut TakenReads,
    ) -> Result<(), ArchiveError> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            // Somebody else has taken it in meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(io(error)),
        };
        // Asked first: what is read afterwards is all that there will be.
        let ended = file.try_lock().is_ok();
        loop {
            let (stored, place) = self.spool_place(id)?;
            if place.ended {
                return std::fs::remove_file(path).map_err(io);
            }
            let look = self.look(&mut file, id, place)?;
            let reads = u64::try_from(look.reads.len()).unwrap_or(u64::MAX);
            if look.place != place {
                if self.enter(id, stored, look)? {
                    taken.reads += reads;
                }
                continue;
            }
            if ended {
                taken.cut += 1;
                return self.cut(id, path, stored.as_deref(), &look, act);
            }
            taken.damaged += u64::from(look.damaged);
            return Ok(());
        }
    }

    fn spool_place(&self, id: &SpoolId) -> Result<(Option<Vec<u8>>, SpoolPlace), ArchiveError> {
        let table = Table::ReadSpool;
        let Some(stored) = self.store.get(table, id)? else { return Ok((None, SpoolPlace::START)) };
        let value = self.unseal(table, id, &stored)?;
        let place = layout::read_spool_place(&value).map_err(malformed(table))?;
        Ok((Some(stored), place))
    }

    /// The next reads from a place on.
    fn look(&self, file: &mut File, id: &SpoolId, place: SpoolPlace) -> Result<Look, ArchiveError> {
        let length = file.metadata().map_err(io)?.len();
        file.seek(SeekFrom::Start(place.offset)).map_err(io)?;
        let mut look =
            Look { reads: Vec::new(), place, left: length.saturating_sub(place.offset), damaged: false };
        while look.reads.len() < GROUP && !look.place.ended {
            let Some(sealed) = next_frame(file, &mut look)? else { break };
            let body = self.vault.open_frame(&look.place.binding(id), &sealed);
            let Some(read) = body.ok().and_then(|body| parse_frame_body(&body).ok()) else {
                look.damaged = true;
                break;
            };
            look.place = look.place.after(&sealed);
            look.left = length.saturating_sub(look.place.offset);
            match read {
                Some(read) => look.reads.push(read),
                None => look.place.ended = true,
            }
        }
        Ok(look)
    }

    /// Writes events and place in one batch; `false` if somebody else did.
    fn enter(&self, id: &SpoolId, stored: Option<Vec<u8>>, look: Look) -> Result<bool, ArchiveError> {
        let _shared = self.acts.read().unwrap_or_else(PoisonError::into_inner);
        let table = Table::ReadSpool;
        let place = self.seal(table, id, &layout::spool_place_value(&look.place));
        let mut batch = Batch::new()
            .expect(table, id.as_slice(), stored.map_or(Expect::Absent, Expect::Exactly))
            .put(table, id.as_slice(), place);
        for read in look.reads {
            let holder = read.holder;
            let erased = read.license.as_ref().map_or(Ok(false), |id| self.is_erased(id))?;
            batch = batch.append(Table::Event, self.numbered(read, Some(holder).filter(|_| !erased)));
        }
        match self.store.commit(batch) {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn numbered(
        &self,
        read: Spooled,
        entered_under: Option<HolderKey>,
    ) -> impl FnOnce(u64, Option<&[u8]>) -> Result<Numbered, StoreError> + Send + 'static {
        let (vault, chain) = (Arc::clone(&self.vault), self.chain);
        move |number, previous| {
            let link = chain.hash_before(&vault, number, previous)?;
            let event = event_of_read(number, read, &vault, link);
            let value = vault.seal(Table::Event, &layout::event(number), &layout::event_value(&event));
            Ok(Numbered { value, also: entered(&event, entered_under.as_ref()) })
        }
    }

    /// Whether only the identifier is left of a license.
    fn is_erased(&self, id: &LicenseId) -> Result<bool, ArchiveError> {
        let stored = self.store.get(Table::License, &layout::license(id))?;
        Ok(stored.is_none_or(|stored| !Vault::is_by_record_key(&stored) && !Vault::is_by_base(&stored)))
    }

    fn cut(
        &self,
        id: &SpoolId,
        path: &Path,
        stored: Option<&[u8]>,
        look: &Look,
        act: &Act,
    ) -> Result<(), ArchiveError> {
        let name = hex::encode(id);
        let detail = format!("{name}: {} reads, {} bytes left", look.place.frames, look.left);
        let act = act.with_key(&format!("reads cut {name}"));
        let table = Table::ReadSpool;
        let end = SpoolPlace { ended: true, ..look.place };
        self.perform(&act, &Deed::new(EventKind::ReadsCut, detail), || {
            Ok(Batch::new()
                .expect(
                    table,
                    id.as_slice(),
                    stored.map_or(Expect::Absent, |stored| Expect::Exactly(stored.to_vec())),
                )
                .put(table, id.as_slice(), self.seal(table, id, &layout::spool_place_value(&end))))
        })?;
        if look.left > 0 {
            std::fs::rename(path, path.with_extension(CUT)).map_err(io)
        } else {
            std::fs::remove_file(path).map_err(io)
        }
    }
}

/// `None` if there is no whole frame.
fn next_frame(file: &mut File, look: &mut Look) -> Result<Option<Vec<u8>>, ArchiveError> {
    let mut head = [0; 4];
    if look.left < 4 {
        return Ok(None);
    }
    file.read_exact(&mut head).map_err(io)?;
    let length = usize::try_from(u32::from_be_bytes(head)).unwrap_or(usize::MAX);
    if length > MAX_FRAME {
        look.damaged = true;
        return Ok(None);
    }
    if u64::from(u32::from_be_bytes(head)) > look.left - 4 {
        return Ok(None);
    }
    let mut sealed = vec![0; length];
    file.read_exact(&mut sealed).map_err(io)?;
    Ok(Some(sealed))
}

fn event_of_read(number: u64, read: Spooled, vault: &Vault, link: [u8; 32]) -> Event {
    let subject = vault.subject(&read.holder);
    let (at, what, license, detail) = (read.at, read.what, read.license.clone(), read.detail.clone());
    let (who, office, why) = read.into_words();
    Event {
        number,
        at,
        who,
        office,
        what,
        why,
        license,
        seal: None,
        second: None,
        basis: None,
        retroactive: false,
        successor: None,
        detail,
        subject: Some(subject),
        previous: Some(link),
    }
}

fn io(error: std::io::Error) -> ArchiveError {
    StoreError::Io(Cause::new(error)).into()
}
