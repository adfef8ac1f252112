//! Where a signed list is kept: the one in its place, every one that was published, changes that are prepared, and the journal
//! of who prepared, dropped and signed them. The trust list and the catalogs each have one.

use std::path::PathBuf;
use std::{fmt, fs};

use boyin_model::alg::VerifyAlg as _;
use boyin_model::hex;
use boyin_model::json;
use boyin_suite::ES256;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::desk::Order;
use crate::error::HomeError;
use crate::keyring::{append, read_text, replace};

/// Most changes of a draft.
pub const MAX_DRAFT_CHANGES: usize = 1000;
/// Digits of a number in a file name, so that names sort as numbers do.
const DIGITS: usize = 8;

/// What the digest of a draft begins with.
const DRAFT_DOMAIN: &[u8] = b"boyin draft\0";
/// Bytes of the digest of a draft.
const DRAFT_DIGEST_BYTES: usize = 16;

/// Stands for a draft of one list: the changes that are prepared, in order, and the published list that they change. 32 hexadecimal
/// digits.
#[derive(Clone, PartialEq, Eq)]
pub struct DraftDigest(String);

impl DraftDigest {
    /// Reads 32 hexadecimal digits in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 2 * DRAFT_DIGEST_BYTES && digits(text)).then(|| Self(text.to_owned()))
    }

    /// SHA-256, cut to 16 bytes, over `"boyin draft" ‖ 00 ‖ name of the list ‖ 00 ‖ SHA-256 of the signed list ‖ changes`, each change as
    /// canonical JSON with a line end. `list` is empty before the first one.
    pub(crate) fn of<C: Serialize>(name: &str, list: &[u8], changes: &[C]) -> Self {
        let lines: Vec<u8> =
            changes.iter().flat_map(|change| [json::canonical(change), b"\n".to_vec()].concat()).collect();
        let list = ES256.digest(&[list]);
        let digest = ES256.digest(&[DRAFT_DOMAIN, name.as_bytes(), &[0], &list, &lines]);
        Self(hex::encode(&digest[..DRAFT_DIGEST_BYTES]))
    }
}

impl fmt::Display for DraftDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DraftDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DraftDigest({self})")
    }
}

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
        self.deed("draft", order, std::slice::from_ref(change), None, None)?;
        replace(&self.draft_path(), &lines.collect::<Vec<_>>())
    }

    /// Throws the draft away, which may be one that cannot be read.
    pub(crate) fn discard<C: Serialize + DeserializeOwned>(&self, order: &Order) -> Result<(), HomeError> {
        let changes = self.draft::<C>();
        if changes.as_ref().is_ok_and(Vec::is_empty) {
            return Ok(());
        }
        self.deed("discard", order, &changes.unwrap_or_default(), None, None)?;
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

    /// One line for each deed: who, for which office, what for, when; the changes; the list that was signed, and the digest of what
    /// was signed as it.
    pub(crate) fn deed<C: Serialize>(
        &self,
        deed: &str,
        order: &Order,
        changes: &[C],
        sequence: Option<u64>,
        draft: Option<&DraftDigest>,
    ) -> Result<(), HomeError> {
        let draft = draft.map(ToString::to_string);
        let line = json::canonical(&serde_json::json!({
            "at": order.at.seconds(), "changes": changes, "deed": deed, "draft": draft,
            "office": order.office.as_str(), "purpose": order.purpose, "sequence": sequence, "who": order.who,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_draft_is_as_it_was_laid_down() {
        let of = |name| DraftDigest::of(name, b"list", &["first", "second"]).to_string();
        assert_eq!(of("catalog"), "f970fad47bc4f4a2f4463620c7d910ac");
        assert_eq!(of("sharing"), "8909eb3c72985e4a462e57c1db1fedc3", "another list has another draft");
    }
}
