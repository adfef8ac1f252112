use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use boyin_model::alg::VerifyAlg as _;
use boyin_model::hex;
use boyin_model::time::UnixTime;
use boyin_suite::ES256;
use boyin_verify::chain::MAX_CRL_BYTES;
use serde::{Deserialize, Serialize};

use crate::error::HomeError;
use crate::home::make_private_dir;
use crate::keyring::replace;

const FORMAT: u32 = 1;
const LOCK: &str = "lock";

/// The last good list of each address, in a directory.
#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Note {
    format: u32,
    address: String,
    fetched_at: UnixTime,
}

impl Cache {
    pub(super) fn open(dir: &Path) -> Result<Self, HomeError> {
        make_private_dir(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }

    fn path(&self, address: &str, extension: &str) -> PathBuf {
        let digest = ES256.digest(&[address.as_bytes()]);
        self.dir.join(format!("{}.{extension}", hex::encode(&digest)))
    }

    /// The list, as it was kept; unverified.
    pub(super) fn list(&self, address: &str) -> Result<Option<Vec<u8>>, HomeError> {
        self.read(&self.path(address, "crl"))
    }

    /// When it was fetched. A note that is lost or damaged says nothing.
    pub(super) fn fetched_at(&self, address: &str) -> Result<Option<UnixTime>, HomeError> {
        let Some(bytes) = self.read(&self.path(address, "toml"))? else { return Ok(None) };
        let note = std::str::from_utf8(&bytes).ok().and_then(|text| toml::from_str::<Note>(text).ok());
        let note = note.filter(|note| note.format == FORMAT && note.address == address);
        Ok(note.map(|note| note.fetched_at))
    }

    pub(super) fn put(&self, address: &str, list: &[u8], fetched_at: UnixTime) -> Result<(), HomeError> {
        let note = Note { format: FORMAT, address: address.to_owned(), fetched_at };
        let text = toml::to_string(&note).expect("a note has a TOML form");
        replace(&self.path(address, "crl"), list)?;
        replace(&self.path(address, "toml"), text.as_bytes())
    }

    /// Waits until nobody else puts a list here.
    pub(super) fn lock(&self) -> Result<fs::File, HomeError> {
        let path = self.dir.join(LOCK);
        let open = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let opened = open.map_err(|source| file(&path, source))?;
        opened.lock().map_err(|source| file(&path, source))?;
        Ok(opened)
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, HomeError> {
        let opened = match fs::File::open(path) {
            Ok(opened) => opened,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(file(path, source)),
        };
        let limit = u64::try_from(MAX_CRL_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        opened.take(limit).read_to_end(&mut bytes).map_err(|source| file(path, source))?;
        Ok(Some(bytes))
    }
}

fn file(path: &Path, source: std::io::Error) -> HomeError {
    HomeError::File { path: path.to_owned(), source }
}
