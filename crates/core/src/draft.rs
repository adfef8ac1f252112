//! Changes of the trust list that are prepared and not yet signed.

use std::fs;
use std::path::PathBuf;

use boyin_model::json;
use boyin_model::time::UnixTime;
use boyin_model::trust::{Change, TrustList};

use crate::error::HomeError;
use crate::home::Home;
use crate::keyring::{Passphrase, read_text, replace};

/// Most changes of a draft.
pub const MAX_DRAFT_CHANGES: usize = 1000;

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
    /// [`HomeError::TrustChange`] if it cannot be made after those before it, [`HomeError::DraftFull`]; [`HomeError`].
    pub fn draft_trust(&self, change: &Change, now: UnixTime) -> Result<TrustList, HomeError> {
        let _one_at_a_time = self.lock_trust()?;
        let mut list = self.drafted_trust(now)?;
        list.apply(change)?;
        let mut changes = self.trust_draft()?;
        if changes.len() == MAX_DRAFT_CHANGES {
            return Err(HomeError::DraftFull);
        }
        changes.push(change.clone());
        let lines = changes.iter().flat_map(|change| [json::canonical(change), b"\n".to_vec()].concat());
        replace(&self.draft_path(), &lines.collect::<Vec<_>>())?;
        Ok(list)
    }

    /// Signs and publishes the draft as the next trust list, all of it or nothing.
    ///
    /// # Errors
    /// [`HomeError::TrustChange`] if a change can no longer be made; [`HomeError`]. The draft is then still there.
    pub fn sign_trust_draft(&self, passphrase: &Passphrase, now: UnixTime) -> Result<TrustList, HomeError> {
        // Read, published and emptied under one lock: a change that is prepared meanwhile waits for the next list.
        let _one_at_a_time = self.lock_trust()?;
        let changes = self.trust_draft()?;
        let list = self.change_locked(&changes, passphrase, now)?;
        self.remove_draft()?;
        Ok(list)
    }

    /// Throws the draft away.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn discard_trust_draft(&self) -> Result<(), HomeError> {
        let _one_at_a_time = self.lock_trust()?;
        self.remove_draft()
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
