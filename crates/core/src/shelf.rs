//! Where a signed list is kept: the one in its place, every one that was published, changes that are prepared, and the journal
//! of who prepared, dropped and signed them. The trust list and the catalogs each have one.

use std::fs;
use std::path::PathBuf;

use boyin_model::json;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::desk::Order;
use crate::error::HomeError;
use crate::keyring::{append, read_text, replace};

/// Most changes of a draft.
pub const MAX_DRAFT_CHANGES: usize = 1000;
/// Digits of a number in a file name, so that names sort as numbers do.
const DIGITS: usize = 8;

/// See the module.
#[derive(Debug)]
pub(crate) struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The list in its place.
    pub(crate) fn list(&self) -> PathBuf {
        self.dir.join("list.jwt")
    }

    /// Where the lists are kept that were published.
    pub(crate) fn history(&self) -> PathBuf {
        self.dir.join("history")
    }

    /// Where the list of this number is kept.
    pub(crate) fn kept(&self, sequence: u64) -> PathBuf {
        self.history().join(kept_name(sequence))
    }

    /// Keeps a list that is published under its number, unless it is kept already.
    pub(crate) fn keep(&self, sequence: u64, token: &[u8]) -> Result<(), HomeError> {
        let (dir, path) = (self.history(), self.kept(sequence));
        if path.exists() {
            return Ok(());
        }
        fs::create_dir_all(&dir).map_err(|source| HomeError::File { path: dir, source })?;
        replace(&path, token)
    }

    /// Numbers of the lists that are kept, ascending.
    pub(crate) fn numbers(&self) -> Result<Vec<u64>, HomeError> {
        let dir = self.history();
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(HomeError::File { path: dir, source }),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry.map_err(|source| HomeError::File { path: dir.clone(), source })?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".jwt"));
            let number = number.and_then(|number| number.parse::<u64>().ok());
            numbers.extend(number.filter(|number| *kept_name(*number) == name));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Waits until nobody else, in this or another process, makes the next list: of two made at once one would be lost, and
    /// with it what it says.
    pub(crate) fn lock(&self) -> Result<fs::File, HomeError> {
        crate::home::make_private_dir(&self.dir)?;
        let path = self.dir.join("lock");
        let fail = |source| HomeError::File { path: path.clone(), source };
        let file =
            fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
        file.lock().map_err(fail)?;
        Ok(file)
    }

    fn draft_path(&self) -> PathBuf {
        self.dir.join("draft.jsonl")
    }

    /// The changes that are prepared, in order.
    pub(crate) fn draft<C: DeserializeOwned>(&self) -> Result<Vec<C>, HomeError> {
        let path = self.draft_path();
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = read_text(&path)?;
        let changes = text.lines().map(serde_json::from_str).collect::<Result<Vec<_>, _>>();
        changes.map_err(|_| HomeError::Draft(path))
    }

    /// Prepares one more change, which was found good after those before it.
    pub(crate) fn prepare<C: Serialize + DeserializeOwned + Clone>(
        &self,
        change: &C,
        order: &Order,
    ) -> Result<(), HomeError> {
        let mut changes: Vec<C> = self.draft()?;
        if changes.len() == MAX_DRAFT_CHANGES {
            return Err(HomeError::DraftFull);
        }
        changes.push(change.clone());
        let lines = changes.iter().flat_map(|change| [json::canonical(change), b"\n".to_vec()].concat());
        // Before it: a change without a name beside it must not be there for an instant.
        self.deed("draft", order, std::slice::from_ref(change), None)?;
        replace(&self.draft_path(), &lines.collect::<Vec<_>>())
    }

    /// Throws the draft away, which may be one that cannot be read.
    pub(crate) fn discard<C: Serialize + DeserializeOwned>(&self, order: &Order) -> Result<(), HomeError> {
        let changes = self.draft::<C>();
        if changes.as_ref().is_ok_and(Vec::is_empty) {
            return Ok(());
        }
        self.deed("discard", order, &changes.unwrap_or_default(), None)?;
        self.remove_draft()
    }

    pub(crate) fn remove_draft(&self) -> Result<(), HomeError> {
        let path = self.draft_path();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(HomeError::File { path, source })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// One line for each deed: who, for which office, what for, when; the changes, and the list that was signed.
    pub(crate) fn deed<C: Serialize>(
        &self,
        deed: &str,
        order: &Order,
        changes: &[C],
        sequence: Option<u64>,
    ) -> Result<(), HomeError> {
        let line = json::canonical(&serde_json::json!({
            "at": order.at.seconds(), "changes": changes, "deed": deed, "office": order.office.as_str(),
            "purpose": order.purpose, "sequence": sequence, "who": order.who,
        }));
        append(&self.journal_path(), &line)
    }

    fn journal_path(&self) -> PathBuf {
        self.dir.join("journal.jsonl")
    }

    /// What was done, oldest first: one JSON object in each line; empty before the first.
    pub(crate) fn journal(&self) -> Result<String, HomeError> {
        let path = self.journal_path();
        if path.exists() { read_text(&path) } else { Ok(String::new()) }
    }
}

fn kept_name(sequence: u64) -> String {
    format!("{sequence:0DIGITS$}.jwt")
}
