//! The files of a container, each read once: what has to be looked at is held for that long, everything else goes piece by
//! piece into its digests. So what is digested is what was looked at, whatever happens to the container meanwhile.

use std::collections::HashMap;

use boyin_model::alg::{Digest32, VerifyAlg};

use crate::held::of_entries;
use crate::limits::{MAX_KEPT_BYTES, MAX_WAITING_BYTES, MAX_WAITING_ENTRY_BYTES, long};
use crate::package::{Contents, ReadError, Source};
use crate::weak::WeakHasher;
use crate::work::Work;

type Alg = &'static dyn VerifyAlg;

/// Digests of entries, small ones of many files together: they are made side by side. Of one container or of many.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    waiting: Vec<Waiting>,
    bytes: usize,
    found: Vec<Option<Digest32>>,
}

/// Bytes, and which digests of them are asked for under which number.
#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    asked: Vec<(Alg, Ticket)>,
}

/// The number of a digest in its [`Batch`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(usize);

impl Batch {
    /// `None` before [`Self::flush`].
    pub(crate) fn of(&self, ticket: Ticket) -> Option<Digest32> {
        self.found[ticket.0]
    }

    fn ticket(&mut self, found: Option<Digest32>) -> Ticket {
        self.found.push(found);
        Ticket(self.found.len() - 1)
    }

    fn wait(&mut self, bytes: Vec<u8>, asked: Vec<(Alg, Ticket)>) {
        self.bytes += bytes.len();
        self.waiting.push(Waiting { bytes, asked });
        if self.bytes >= MAX_WAITING_BYTES {
            self.flush();
        }
    }

    /// Makes the digests of all that waits.
    pub(crate) fn flush(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        let asked = || {
            waiting
                .iter()
                .flat_map(|Waiting { bytes, asked }| asked.iter().map(move |(alg, at)| (bytes, *alg, *at)))
        };
        let mut algs: Vec<Alg> = Vec::new();
        for (_, alg, _) in asked() {
            if !algs.iter().any(|known| known.id().digest == alg.id().digest) {
                algs.push(alg);
            }
        }
        for alg in algs {
            let of_alg = asked().filter(|(_, other, _)| other.id().digest == alg.id().digest);
            let (messages, tickets): (Vec<_>, Vec<_>) =
                of_alg.map(|(bytes, _, ticket)| (bytes.as_slice(), ticket)).unzip();
            for (ticket, digest) in tickets.into_iter().zip(alg.digest_many(&messages)) {
                self.found[ticket.0] = Some(digest);
            }
        }
    }
}

/// Reads a container.
#[derive(Debug)]
pub(crate) struct Intake<'a, S> {
    contents: Contents<S>,
    algs: &'a [Alg],
    batch: &'a mut Batch,
    /// Of which files which digests are asked for.
    wanted: HashMap<usize, Vec<Alg>>,
    /// The same of broken digests.
    weak: HashMap<usize, Vec<WeakHasher>>,
    /// Files that are held to the end; `None` until they are read.
    kept: HashMap<usize, Option<Vec<u8>>>,
    /// Bytes of files that may still be.
    left: u64,
    made: Digests,
    pub(crate) work: &'a mut Work,
    /// Why nothing more is read.
    stopped: Option<ReadError>,
}

/// The digests of the files of a container, by the name of the digest and the file.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    /// Where they are in a [`Batch`].
    tickets: HashMap<(&'static str, usize), Ticket>,
    /// Broken ones.
    weak: HashMap<(&'static str, usize), Vec<u8>>,
}

impl Digests {
    /// Whether a file has that digest; not if no algorithm has it, or nobody asked for it.
    pub(crate) fn agree(&self, batch: &Batch, name: &'static str, file: usize, stated: &[u8]) -> bool {
        let found = self.tickets.get(&(name, file)).and_then(|ticket| batch.of(*ticket));
        let weak = self.weak.get(&(name, file));
        found.is_some_and(|digest| stated == digest) || weak.is_some_and(|digest| stated == digest)
    }

    /// Bytes that are held, about, in the batch too: small files wait there each by itself.
    fn held(&self) -> usize {
        let waiting = size_of::<Waiting>() + size_of::<(Alg, Ticket)>() + size_of::<Option<Digest32>>();
        let weak: usize = self.weak.values().map(Vec::len).sum();
        let entries = of_entries::<((&str, usize), Ticket)>(self.tickets.len())
            + of_entries::<((&str, usize), Vec<u8>)>(self.weak.len());
        entries + waiting * self.tickets.len() + weak
    }
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Taken {
    kept: HashMap<usize, Option<Vec<u8>>>,
    pub(crate) digests: Digests,
}

impl Taken {
    /// Bytes that are held, about: files that were kept, and digests.
    pub(crate) fn held(&self) -> usize {
        let kept: usize = self.kept.values().flatten().map(Vec::len).sum();
        kept + self.digests.held()
    }

    /// A file that was kept; else nothing.
    pub(crate) fn bytes(&self, file: usize) -> &[u8] {
        self.whole(file).unwrap_or_default()
    }

    /// A file, if it was kept.
    pub(crate) fn whole(&self, file: usize) -> Option<&[u8]> {
        self.kept.get(&file).and_then(Option::as_deref)
    }
}

impl<'a, S: Source> Intake<'a, S> {
    pub(crate) fn new(
        contents: Contents<S>,
        algs: &'a [Alg],
        batch: &'a mut Batch,
        work: &'a mut Work,
    ) -> Self {
        let (wanted, weak, kept, made) = (HashMap::new(), HashMap::new(), HashMap::new(), Digests::default());
        let left = long(MAX_KEPT_BYTES);
        Self { contents, algs, batch, wanted, weak, kept, left, made, work, stopped: None }
    }

    /// Bytes of a file, as its headers say.
    pub(crate) fn size(&self, file: usize) -> u64 {
        self.contents.size(file)
    }

    /// Asks for a digest of a file. Those that are asked for after it was read are made of files that are kept only.
    pub(crate) fn want(&mut self, file: usize, digest: &'static str) {
        if let Some(hasher) = WeakHasher::of(digest) {
            let wanted = self.weak.entry(file).or_default();
            if !wanted.iter().any(|known| known.name() == digest) {
                wanted.push(hasher);
            }
            return;
        }
        let Some(alg) = self.algs.iter().find(|alg| alg.id().digest == digest) else { return };
        let wanted = self.wanted.entry(file).or_default();
        if !wanted.iter().any(|known| known.id().digest == digest) {
            wanted.push(*alg);
        }
    }

    /// Keeps a file to the end, if there is room for it.
    pub(crate) fn keep(&mut self, file: usize) -> bool {
        if self.kept.contains_key(&file) {
            return true;
        }
        let Some(left) = self.left.checked_sub(self.size(file)) else { return false };
        self.left = left;
        self.kept.insert(file, None);
        true
    }

    /// What is found in the whole of a file; `None` if it cannot be read, which [`Self::finish`] then says.
    pub(crate) fn with<T>(&mut self, file: usize, find: impl FnOnce(&[u8]) -> T) -> Option<T> {
        if let Some(Some(bytes)) = self.kept.get(&file) {
            return Some(find(bytes));
        }
        let bytes = self.whole(file)?;
        let found = find(&bytes);
        self.hand_over(file, bytes);
        Some(found)
    }

    fn whole(&mut self, file: usize) -> Option<Vec<u8>> {
        if self.stopped.is_some() {
            return None;
        }
        let size = usize::try_from(self.size(file)).unwrap_or(usize::MAX);
        let mut bytes = Vec::with_capacity(size);
        let read = self.contents.read(file, &mut |piece| bytes.extend_from_slice(piece));
        self.stopped = read.err();
        self.stopped.is_none().then_some(bytes)
    }

    fn hand_over(&mut self, file: usize, bytes: Vec<u8>) {
        match self.kept.get_mut(&file) {
            // Its digests are made at the end, when all are asked for.
            Some(kept) => *kept = Some(bytes),
            None => self.digest(file, bytes),
        }
    }

    fn digest(&mut self, file: usize, bytes: Vec<u8>) {
        for mut hasher in self.weak.remove(&file).unwrap_or_default() {
            hasher.update(&bytes);
            self.work.digested += long(bytes.len());
            self.made.weak.insert((hasher.name(), file), hasher.finish());
        }
        let Some(algs) = self.wanted.remove(&file) else { return };
        self.work.digested += long(bytes.len()) * long(algs.len());
        if bytes.len() > MAX_WAITING_ENTRY_BYTES {
            for alg in algs {
                self.made(file, alg, Some(alg.digest(&[&bytes])));
            }
            return;
        }
        let asked = algs.into_iter().map(|alg| (alg, self.made(file, alg, None))).collect();
        self.batch.wait(bytes, asked);
    }

    fn made(&mut self, file: usize, alg: Alg, digest: Option<Digest32>) -> Ticket {
        let ticket = self.batch.ticket(digest);
        self.made.tickets.insert((alg.id().digest, file), ticket);
        ticket
    }

    /// Reads what was not read yet.
    ///
    /// # Errors
    /// The first fault in the order of the directory.
    pub(crate) fn finish(mut self) -> Result<Taken, ReadError> {
        loop {
            let before = match &self.stopped {
                None => None,
                Some(ReadError::Package(error)) => error.entry,
                Some(ReadError::Source(_)) => break,
            };
            let Some((entry, file)) = self.contents.first_unread(before) else { break };
            match file.filter(|_| self.stopped.is_none()) {
                Some(file) => self.read(file),
                None => {
                    let read = self.contents.read_entry(entry, &mut |_| {});
                    // An earlier one takes the place of a later one.
                    self.stopped = read.err().or(self.stopped);
                }
            }
        }
        self.work.inflated = self.contents.inflated();
        if let Some(stopped) = self.stopped {
            return Err(stopped);
        }
        let mut kept: Vec<_> = self.kept.keys().copied().collect();
        kept.sort_unstable();
        for file in kept {
            let is_wanted = self.wanted.contains_key(&file) || self.weak.contains_key(&file);
            if let (true, Some(Some(bytes))) = (is_wanted, self.kept.get(&file)) {
                let bytes = bytes.clone();
                self.digest(file, bytes);
            }
        }
        Ok(Taken { kept: self.kept, digests: self.made })
    }

    fn read(&mut self, file: usize) {
        let is_wanted = self.wanted.contains_key(&file);
        let is_small = self.size(file) <= long(MAX_WAITING_ENTRY_BYTES);
        if self.kept.contains_key(&file) || is_wanted && is_small {
            if let Some(bytes) = self.whole(file) {
                self.hand_over(file, bytes);
            }
            return;
        }
        let algs = self.wanted.remove(&file).unwrap_or_default();
        let mut hashers: Vec<_> = algs.iter().map(|alg| alg.hasher()).collect();
        let mut weak = self.weak.remove(&file).unwrap_or_default();
        let (makers, mut digested) = (long(hashers.len() + weak.len()), 0);
        let read = self.contents.read(file, &mut |piece| {
            digested += long(piece.len()) * makers;
            hashers.iter_mut().for_each(|hasher| hasher.update(piece));
            weak.iter_mut().for_each(|hasher| hasher.update(piece));
        });
        self.work.digested += digested;
        self.stopped = read.err();
        for hasher in weak {
            self.made.weak.insert((hasher.name(), file), hasher.finish());
        }
        for (alg, hasher) in algs.into_iter().zip(hashers) {
            self.made(file, alg, Some(hasher.finish()));
        }
    }
}
