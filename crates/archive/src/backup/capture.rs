//! A database that is in use, held still by open files: what its process removes meanwhile can still be read.
//!
//! Why the copy is whole: the list of files (`MANIFEST`) is read between two looks at the directory. A table that the list
//! names was there then, so one of the looks has opened it, unless it came and went in between: opening the copy finds
//! that. A log that the list still needs was there then too. One that came and went between the looks would have taken
//! every older log with it, and so the newest of the first look is asked for in the second. Of the logs of the second look
//! only the last can still grow, so what is copied ends at one instant.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use super::copy::file_error;
use super::error::BackupError;

const CURRENT: &str = "CURRENT";
const IDENTITY: &str = "IDENTITY";

/// What a copy of the database consists of.
pub(super) struct Capture {
    /// Tables, then logs from the oldest to the newest.
    pub(super) files: Vec<(String, File)>,
    /// The list of files and what names it.
    pub(super) small: Vec<(String, Vec<u8>)>,
}

impl Capture {
    /// `None` if the process that has the database open changed it in a way that needs another attempt.
    pub(super) fn take(database: &Path) -> Result<Option<Self>, BackupError> {
        let current = read(database, CURRENT)?;
        let Some(list) = std::str::from_utf8(&current).ok().map(str::trim_end).filter(|name| is_list(name))
        else {
            return Err(BackupError::Current);
        };
        let mut open = BTreeMap::new();
        let first = look(database, &mut open)?;
        let list = match fs::read(database.join(list)) {
            Ok(bytes) => (list.to_owned(), bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(file_error(&database.join(list))(error)),
        };
        let second = look(database, &mut open)?;
        let newest = first.iter().filter(|name| is_log(name)).max_by_key(|name| age(name));
        if newest.is_some_and(|newest| !second.contains(newest)) || read(database, CURRENT)? != current {
            return Ok(None);
        }
        let mut small = vec![list, (CURRENT.to_owned(), current)];
        if let Ok(identity) = fs::read(database.join(IDENTITY)) {
            small.push((IDENTITY.to_owned(), identity));
        }
        let mut files: Vec<(String, File)> =
            open.into_iter().filter(|(name, _)| !is_log(name) || second.contains(name)).collect();
        files.sort_by_key(|(name, _)| (is_log(name), age(name)));
        Ok(Some(Self { files, small }))
    }
}

/// Opens every table and every log that is not open yet. Gives the names that are there.
fn look(database: &Path, open: &mut BTreeMap<String, File>) -> Result<Vec<String>, BackupError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(database).map_err(file_error(database))? {
        let name = entry.map_err(file_error(database))?.file_name();
        let Some(name) = name.to_str().filter(|name| is_table(name) || is_log(name)) else { continue };
        if !open.contains_key(name) {
            match File::open(database.join(name)) {
                Ok(file) => drop(open.insert(name.to_owned(), file)),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(file_error(&database.join(name))(error)),
            }
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn read(database: &Path, name: &str) -> Result<Vec<u8>, BackupError> {
    let path = database.join(name);
    fs::read(&path).map_err(file_error(&path))
}

/// `MANIFEST-` and a number.
fn is_list(name: &str) -> bool {
    name.strip_prefix("MANIFEST-").is_some_and(is_number)
}

/// A number and `.sst`.
fn is_table(name: &str) -> bool {
    name.strip_suffix(".sst").is_some_and(is_number)
}

/// A number and `.log`.
fn is_log(name: &str) -> bool {
    name.strip_suffix(".log").is_some_and(is_number)
}

/// What sorts names as their numbers: those of seven digits come after those of six.
fn age(name: &str) -> (usize, String) {
    (name.len(), name.to_owned())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
