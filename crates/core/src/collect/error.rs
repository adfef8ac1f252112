use std::io;
use std::path::{Path, PathBuf};

use boyin_archive::ImportId;
use boyin_import::rejects::RejectsError;
use boyin_import::{MappingError, SourceError};

use crate::error::DeskError;

/// Why a file was not taken in, or not to its end. What is on disk by then stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The mapping is wrong.
    #[error("mapping: {0}")]
    Mapping(#[from] MappingError),
    /// The mapping is that of another source.
    #[error("the mapping is that of the source {mapping}, not of {given}: give the right one")]
    SourceName {
        /// The source that was asked for.
        given: Box<str>,
        /// The source of the mapping.
        mapping: Box<str>,
    },
    /// The file as a whole cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The rejected rows cannot be written.
    #[error(transparent)]
    Rejects(#[from] RejectsError),
    /// There is a file where the rejected rows would go.
    #[error("{0} exists already: say where rejected rows go, nothing was done")]
    RejectsExist(PathBuf),
    /// Another file of the source was not taken in to its end.
    #[error(
        "import {id} of this source is not finished ({rows} rows): finish it with the same file and mapping, or say that this one \
         is begun beside it"
    )]
    Unfinished {
        /// Its name.
        id: ImportId,
        /// Rows that are done.
        rows: u64,
    },
    /// The records of the source were named by other columns before.
    #[error(
        "import {id} of this source names records by [{before}], this mapping by [{now}]: what comes again would be other records, \
         counted twice, without the grades that were raised; take the columns of before, another name for another source, or say \
         that the keys are new"
    )]
    OtherKeys {
        /// The import.
        id: ImportId,
        /// Its columns.
        before: Box<str>,
        /// Those of the mapping.
        now: Box<str>,
    },
    /// No such import.
    #[error("there is no import {0}")]
    NoImport(ImportId),
    /// Rejected rows without the import that rejected them: they would be counted twice.
    #[error(
        "these are rows that an import rejected: name that import, so that they are counted where they were rejected"
    )]
    CorrectsNothing,
    /// The file was written to while it was read.
    #[error("{0} was changed while it was read: keep it as it is until it is taken in")]
    Changed(PathBuf),
    /// The file ended without its last row having been told: a thread gave up.
    #[error("the reading of the file stopped: run the same again")]
    Ended,
    /// The desk or the archive refused.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl CollectError {
    /// For `map_err` on what the system said of a file.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// Stable machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Mapping(error) => error.code(),
            Self::SourceName { .. } => "source_name",
            Self::Source(error) => error.code(),
            Self::Rejects(error) => error.code(),
            Self::RejectsExist(_) => "rejects_exist",
            Self::Unfinished { .. } => "import_unfinished",
            Self::OtherKeys { .. } => "import_other_keys",
            Self::NoImport(_) => "no_import",
            Self::CorrectsNothing => "corrects_nothing",
            Self::Changed(_) => "file_changed",
            Self::Ended => "import_ended",
            Self::Desk(error) => error.code(),
        }
    }
}
