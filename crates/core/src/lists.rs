//! The signed lists beside the trust list, the catalog of license types and the sharing list: prepared, signed by the anchor,
//! published, kept and looked back at, in the same way as the trust list.

use std::path::Path;

use boyin_issue::{SigningKey, signed_list};
use boyin_model::catalog::{Catalog, CatalogEntry};
use boyin_model::id::{CreditCode, DivisionCode};
use boyin_model::listing::{Entry, LIST_FORMAT, ListChangeError, ListFault, SignedList};
use boyin_model::sharing::SharingEntry;
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use boyin_suite::all_jws;

use crate::desk::Order;
use crate::error::{DeskError, HomeError};
use crate::home::Home;
use crate::keyring::{Passphrase, read_text, replace};
use crate::rotation::check_words;
use crate::shelf::{DraftDigest, Shelf};

/// Days after which a list beside the trust list has to be made anew: it is looked through once a year.
pub const LIST_DAYS: u64 = 366;

/// A kind of list that a data directory keeps.
pub trait ListKind: Entry {
    /// What the first list of a data directory holds: the types of its catalog, and nothing that is shared.
    #[doc(hidden)]
    fn first(catalog: &Catalog, now: UnixTime) -> Vec<Self>;
}

impl ListKind for CatalogEntry {
    fn first(catalog: &Catalog, now: UnixTime) -> Vec<Self> {
        let entry =
            |license_type: &_| Self { from: now, license_type: Clone::clone(license_type), until: None };
        catalog.types().map(entry).collect()
    }
}

impl ListKind for SharingEntry {
    fn first(_catalog: &Catalog, _now: UnixTime) -> Vec<Self> {
        Vec::new()
    }
}

/// A list as it is published, and verified.
#[derive(Debug)]
pub struct Held<E> {
    /// The signed list.
    pub token: Vec<u8>,
    /// What it says.
    pub list: SignedList<E>,
    /// Why the list in its place was not taken, if this is the last good one instead.
    pub instead_of: Option<Box<HomeError>>,
}

/// The list that counts at an instant.
#[derive(Debug)]
pub(crate) struct Counting<E> {
    pub(crate) token: Vec<u8>,
    pub(crate) list: SignedList<E>,
    /// When a later one comes into force that is published already.
    pub(crate) until: Option<UnixTime>,
}

/// Who publishes the first lists of a data directory, for where, when.
pub(crate) struct Publisher<'p> {
    pub(crate) authority: &'p str,
    pub(crate) authority_code: CreditCode,
    pub(crate) division: DivisionCode,
    pub(crate) trust_sequence: u64,
    pub(crate) at: UnixTime,
}

impl Publisher<'_> {
    /// The first list of a kind.
    pub(crate) fn first<E: ListKind>(&self, catalog: &Catalog) -> SignedList<E> {
        SignedList {
            authority: self.authority.to_owned(),
            authority_code: self.authority_code,
            division: self.division,
            entries: E::first(catalog, self.at),
            format: LIST_FORMAT,
            issued_at: self.at,
            next_update: self.at.plus(LIST_DAYS * SECONDS_PER_DAY),
            sequence: 1,
            trust_sequence: self.trust_sequence,
            valid_from: self.at,
        }
    }
}

impl Home {
    pub(crate) fn shelf<E: ListKind>(&self) -> Shelf {
        Shelf::new(self.dir().join(E::NAME))
    }

    fn load_list<E: ListKind>(&self, path: &Path) -> Result<(Vec<u8>, SignedList<E>), HomeError> {
        let token = read_text(path)?.into_bytes();
        let loaded = self.anchors()?.load_list(&token, &all_jws());
        let list = loaded.map_err(|source| HomeError::List { path: path.to_owned(), source })?;
        Ok((token, list))
    }

    /// The list that was published last: the one in its place, or a later one that is kept, if an older or a damaged one was
    /// put there.
    ///
    /// # Errors
    /// [`HomeError::NoList`] if none was ever signed; [`HomeError::List`] if neither is good; [`HomeError`].
    pub fn list<E: ListKind>(&self) -> Result<Held<E>, HomeError> {
        let shelf = self.shelf::<E>();
        let newest = shelf.numbers()?.pop();
        let in_place = self.load_list::<E>(&shelf.list());
        let fault = match (in_place, newest) {
            (Ok((token, list)), newest) if newest.is_none_or(|newest| newest <= list.sequence) => {
                return Ok(Held { token, list, instead_of: None });
            }
            (Ok((_, list)), newest) => HomeError::ListRollback {
                path: shelf.list(),
                found: list.sequence,
                kept: newest.unwrap_or_default(),
            },
            (Err(HomeError::File { source, .. }), None) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(HomeError::NoList(E::NAME));
            }
            (Err(error), _) => error,
        };
        match newest.map(|newest| self.list_numbered::<E>(newest)) {
            Some(Ok((token, list))) => Ok(Held { token, list, instead_of: Some(Box::new(fault)) }),
            Some(Err(_)) | None => Err(fault),
        }
    }

    /// Numbers of the lists that are kept, ascending.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn list_history<E: ListKind>(&self) -> Result<Vec<u64>, HomeError> {
        self.shelf::<E>().numbers()
    }

    /// A list that is kept, verified with the anchors that this data directory has had.
    ///
    /// # Errors
    /// [`HomeError::KeptUnder`] if it is another list than its name says; [`HomeError`].
    pub fn list_numbered<E: ListKind>(&self, sequence: u64) -> Result<(Vec<u8>, SignedList<E>), HomeError> {
        let path = self.shelf::<E>().kept(sequence);
        let (token, list) = self.load_list::<E>(&path)?;
        let found = list.sequence;
        if found == sequence { Ok((token, list)) } else { Err(HomeError::KeptUnder { path, found }) }
    }

    /// Goes back from the list published last to the one that counts at `at`. `approved` is asked about the number and the bytes
    /// of each on the way, that one included: another under the number of one of them would bring an older one back.
    ///
    /// # Errors
    /// [`HomeError::NoList`] if none counts yet; [`HomeError::File`] if one is not kept; what `approved` says.
    pub(crate) fn counting<E: ListKind, F: From<HomeError>>(
        &self,
        newest: Held<E>,
        at: UnixTime,
        approved: impl Fn(u64, &[u8]) -> Result<(), F>,
    ) -> Result<Counting<E>, F> {
        let Held { mut token, mut list, .. } = newest;
        let mut until: Option<UnixTime> = None;
        loop {
            approved(list.sequence, &token)?;
            let from = list.valid_from;
            if from <= at {
                return Ok(Counting { token, list, until });
            }
            until = Some(until.map_or(from, |until| until.min(from)));
            (token, list) = match list.sequence {
                0 | 1 => return Err(HomeError::NoList(E::NAME).into()),
                sequence => self.list_numbered(sequence - 1)?,
            };
        }
    }

    /// The list that counts at `at`: the last one that is valid from then or before. Whether it is stale by then is another
    /// question.
    ///
    /// # Errors
    /// [`HomeError::NoList`] if there is none; [`HomeError::File`] if one is not kept that came after it, or it; [`HomeError`].
    pub fn list_at<E: ListKind>(&self, at: UnixTime) -> Result<(Vec<u8>, SignedList<E>), HomeError> {
        let found = self.counting(self.list::<E>()?, at, |_, _| Ok::<(), HomeError>(()))?;
        Ok((found.token, found.list))
    }

    /// The changes that are prepared, in order.
    ///
    /// # Errors
    /// [`HomeError::Draft`] if the file is not one change in each line.
    pub fn list_draft<E: ListKind>(&self) -> Result<Vec<E::Change>, HomeError> {
        self.shelf::<E>().draft()
    }

    /// Stands for the changes that are prepared and the list that they change.
    ///
    /// # Errors
    /// As [`list_draft`](Self::list_draft) and [`list`](Self::list); that no list is signed yet is none.
    pub fn list_draft_digest<E: ListKind>(&self) -> Result<DraftDigest, HomeError> {
        self.digest_of_list::<E>(&self.list_draft::<E>()?)
    }

    fn digest_of_list<E: ListKind>(&self, changes: &[E::Change]) -> Result<DraftDigest, HomeError> {
        let token = match self.list::<E>() {
            Ok(held) => held.token,
            Err(HomeError::NoList(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(DraftDigest::of(E::NAME, &token, changes))
    }

    /// The list that signing the draft would publish.
    ///
    /// # Errors
    /// [`HomeError::ListChange`] if a change can no longer be made; [`HomeError`].
    pub fn drafted_list<E: ListKind>(&self, now: UnixTime) -> Result<SignedList<E>, HomeError> {
        let mut list = self.next_signed_list::<E>(now, None)?;
        self.list_draft::<E>()?.iter().try_for_each(|change| list.apply(change))?;
        Ok(list)
    }

    /// Prepares one more change. Nothing is published.
    ///
    /// # Errors
    /// [`HomeError::ListChange`] within if it cannot be made after those before it, or leads out of the catalog;
    /// [`HomeError::DraftFull`]; who or what for is missing; [`DeskError`].
    pub fn draft_list<E: ListKind>(
        &self,
        change: &E::Change,
        order: &Order,
    ) -> Result<SignedList<E>, DeskError> {
        check_words(order)?;
        let shelf = self.shelf::<E>();
        let _one_at_a_time = shelf.lock()?;
        let mut list = self.drafted_list::<E>(order.at)?;
        list.apply(change).map_err(HomeError::from)?;
        self.check_within(&list, order.at)?;
        shelf.prepare(change, order)?;
        Ok(list)
    }

    /// Signs and publishes the draft as the next list, all of it or nothing: from `valid_from` on it counts, from now on
    /// unless said otherwise. Without a draft, the same entries are published anew. Only the draft `seen` is signed, if one is given.
    ///
    /// # Errors
    /// [`HomeError::DraftChanged`] within if another one is prepared;
    /// [`HomeError::ListChange`] within if a change can no longer be made, or leads out of the catalog;
    /// [`HomeError::ListDated`] if it would count before now, or before one that is published already; who or what for is
    /// missing; [`DeskError`]. The draft is then still there.
    pub fn sign_list<E: ListKind>(
        &self,
        valid_from: Option<UnixTime>,
        seen: Option<&DraftDigest>,
        passphrase: &Passphrase,
        order: &Order,
    ) -> Result<SignedList<E>, DeskError> {
        check_words(order)?;
        let shelf = self.shelf::<E>();
        let _one_at_a_time = shelf.lock()?;
        let changes = self.list_draft::<E>()?;
        let draft = self.digest_of_list::<E>(&changes)?;
        unchanged(E::NAME, seen, &draft)?;
        let mut list = self.next_signed_list::<E>(order.at, valid_from)?;
        changes.iter().try_for_each(|change| list.apply(change)).map_err(HomeError::from)?;
        self.check_within(&list, order.at)?;
        let key = self.trust_key(passphrase)?;
        // Before the list: a list without a name beside it must not be there for an instant.
        shelf.deed("sign", order, &changes, Some(list.sequence), Some(&draft))?;
        self.publish_list(&key, &list)?;
        shelf.remove_draft()?;
        Ok(list)
    }

    /// Throws the draft away.
    ///
    /// # Errors
    /// Who or what for is missing; [`DeskError`].
    pub fn discard_list_draft<E: ListKind>(&self, order: &Order) -> Result<(), DeskError> {
        check_words(order)?;
        let shelf = self.shelf::<E>();
        let _one_at_a_time = shelf.lock()?;
        Ok(shelf.discard::<E::Change>(order)?)
    }

    /// What was done to the list, oldest first: one JSON object in each line; empty before the first.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn list_journal<E: ListKind>(&self) -> Result<String, HomeError> {
        self.shelf::<E>().journal()
    }

    /// Whatever still counts must lie within the catalog as it was published last.
    fn check_within<E: ListKind>(&self, list: &SignedList<E>, now: UnixTime) -> Result<(), HomeError> {
        let within = E::check_within(&list.entries, self.newest_catalog()?.as_ref(), now);
        within.map_err(|(entry, fault)| ListChangeError::from(ListFault::Entry { entry, fault }).into())
    }

    /// The types as they were published last, which may be later than this directory was opened.
    pub(crate) fn newest_catalog(&self) -> Result<std::borrow::Cow<'_, Catalog>, HomeError> {
        match self.list::<CatalogEntry>() {
            Ok(held) => Ok(std::borrow::Cow::Owned(held.list.catalog())),
            Err(HomeError::NoList(_)) => Ok(std::borrow::Cow::Borrowed(self.catalog())),
            Err(error) => Err(error),
        }
    }

    /// The list after the newest: the same entries, fresh from now on.
    fn next_signed_list<E: ListKind>(
        &self,
        now: UnixTime,
        valid_from: Option<UnixTime>,
    ) -> Result<SignedList<E>, HomeError> {
        // An anchor that was handed over to signs no list of the time before.
        let trust_sequence = self.trust()?.1.list().sequence.max(self.anchors()?.latest_from());
        let config = self.config();
        let publisher = Publisher {
            authority: &config.authority,
            authority_code: config.authority_code,
            division: config.division,
            trust_sequence,
            at: now,
        };
        let first = publisher.first(self.catalog());
        let mut list = match self.list::<E>() {
            Ok(Held { list, .. }) => SignedList {
                sequence: list.sequence + 1,
                // What is announced for later does not begin sooner because something else is announced.
                valid_from: now.max(list.valid_from),
                trust_sequence: trust_sequence.max(list.trust_sequence),
                entries: list.entries,
                ..first
            },
            Err(HomeError::NoList(_)) => first,
            Err(error) => return Err(error),
        };
        if let Some(from) = valid_from {
            if from < list.valid_from {
                return Err(HomeError::ListDated { from, earliest: list.valid_from });
            }
            list.valid_from = from;
        }
        list.next_update = list.valid_from.plus(LIST_DAYS * SECONDS_PER_DAY);
        Ok(list)
    }

    /// Signs and publishes a list. The caller holds the lock of its shelf.
    fn publish_list<E: ListKind>(&self, key: &SigningKey, list: &SignedList<E>) -> Result<(), HomeError> {
        let shelf = self.shelf::<E>();
        let token = key.sign_jws(&signed_list(list, key.reference()))?;
        // A list that no reader takes would keep everybody from issuing.
        let path = shelf.list();
        let read = self.anchors()?.load_list::<E>(&token, &all_jws());
        read.map_err(|source| HomeError::List { path: path.clone(), source })?;
        // The one before was published and then not kept, if the process ended in between.
        if let Ok((before, old)) = self.load_list::<E>(&path) {
            shelf.keep(old.sequence, &before)?;
        }
        replace(&path, &token)?;
        shelf.keep(list.sequence, &token)
    }
}

/// Whether the draft that is there is the one that was seen.
pub(crate) fn unchanged(
    list: &'static str,
    seen: Option<&DraftDigest>,
    found: &DraftDigest,
) -> Result<(), HomeError> {
    match seen.filter(|seen| *seen != found) {
        Some(asked) => Err(HomeError::DraftChanged { list, asked: asked.clone(), found: found.clone() }),
        None => Ok(()),
    }
}
