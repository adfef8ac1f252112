//! Changes of the trust list that are prepared and not yet signed, and the journal of who prepared, dropped and signed them.

use std::fs;
use std::path::PathBuf;

use boyin_model::json;
use boyin_model::time::UnixTime;
use boyin_model::trust::{Change, TrustList};

use crate::desk::Order;
use crate::error::{DeskError, HomeError};
use crate::home::Home;
use crate::keyring::{Passphrase, append, read_text, replace};
use crate::rotation::check_words;

/// Most changes of a draft.
pub const MAX_DRAFT_CHANGES: usize = 1000;
/// Who prepared, dropped and signed changes.
const JOURNAL: &str = "trust/journal.jsonl";

impl Home {
    fn draft_path(&self) -> PathBuf {
        self.dir().join("trust/draft.jsonl")
    }

    /// The changes that are prepared, in order.
    ///
    /// # Errors
    /// [`HomeError::Draft`] if the file is not one change in each line.
    pub fn trust_draft(&self) -> Result<Vec<Change>, HomeError> {
        let path = self.draft_path();
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = read_text(&path)?;
        let changes = text.lines().map(serde_json::from_str).collect::<Result<Vec<_>, _>>();
        changes.map_err(|_| HomeError::Draft(path))
    }

    /// The list that signing the draft would publish.
    ///
    /// # Errors
    /// [`HomeError::TrustChange`] if a change can no longer be made; [`HomeError`].
    pub fn drafted_trust(&self, now: UnixTime) -> Result<TrustList, HomeError> {
        let (_, current) = self.trust()?;
        let mut list = self.next_list(current.list(), now);
        self.trust_draft()?.iter().try_for_each(|change| list.apply(change))?;
        Ok(list)
    }

    /// Prepares one more change. Nothing is published.
    ///
    /// # Errors
    /// [`HomeError::TrustChange`] within if it cannot be made after those before it, [`HomeError::DraftFull`]; who or what
    /// for is missing; [`DeskError`].
    pub fn draft_trust(&self, change: &Change, order: &Order) -> Result<TrustList, DeskError> {
        check_words(order)?;
        let _one_at_a_time = self.lock_trust()?;
        let mut list = self.drafted_trust(order.at)?;
        list.apply(change).map_err(HomeError::from)?;
        let mut changes = self.trust_draft()?;
        if changes.len() == MAX_DRAFT_CHANGES {
            return Err(HomeError::DraftFull.into());
        }
        changes.push(change.clone());
        let lines = changes.iter().flat_map(|change| [json::canonical(change), b"\n".to_vec()].concat());
        // Before it: a change without a name beside it must not be there for an instant.
        self.trust_deed("draft", order, std::slice::from_ref(change), None)?;
        replace(&self.draft_path(), &lines.collect::<Vec<_>>())?;
        Ok(list)
    }

    /// Signs and publishes the draft as the next trust list, all of it or nothing.
    ///
    /// # Errors
    /// [`HomeError::TrustChange`] within if a change can no longer be made; who or what for is missing; [`DeskError`]. The
    /// draft is then still there.
    pub fn sign_trust_draft(&self, passphrase: &Passphrase, order: &Order) -> Result<TrustList, DeskError> {
        check_words(order)?;
        // Read, published and emptied under one lock: a change that is prepared meanwhile waits for the next list.
        let _one_at_a_time = self.lock_trust()?;
        let changes = self.trust_draft()?;
        let list = self.change_locked(&changes, passphrase, order)?;
        self.remove_draft()?;
        Ok(list)
    }

    /// Throws the draft away.
    ///
    /// # Errors
    /// Who or what for is missing; [`DeskError`].
    pub fn discard_trust_draft(&self, order: &Order) -> Result<(), DeskError> {
        check_words(order)?;
        let _one_at_a_time = self.lock_trust()?;
        // A draft that cannot be read can be thrown away too.
        let changes = self.trust_draft();
        if changes.as_ref().is_ok_and(Vec::is_empty) {
            return Ok(());
        }
        self.trust_deed("discard", order, &changes.unwrap_or_default(), None)?;
        Ok(self.remove_draft()?)
    }

    /// One line for each deed: who, for which office, what for, when; the changes, and the list that was signed.
    pub(crate) fn trust_deed(
        &self,
        deed: &str,
        order: &Order,
        changes: &[Change],
        sequence: Option<u64>,
    ) -> Result<(), HomeError> {
        let line = json::canonical(&serde_json::json!({
            "at": order.at.seconds(), "changes": changes, "deed": deed, "office": order.office.as_str(),
            "purpose": order.purpose, "sequence": sequence, "who": order.who,
        }));
        append(&self.dir().join(JOURNAL), &line)
    }

    /// What was done to the trust list, oldest first: one JSON object in each line; empty before the first.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn trust_journal(&self) -> Result<String, HomeError> {
        let path = self.dir().join(JOURNAL);
        if path.exists() { read_text(&path) } else { Ok(String::new()) }
    }

    fn remove_draft(&self) -> Result<(), HomeError> {
        let path = self.draft_path();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(HomeError::File { path, source })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
