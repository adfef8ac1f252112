//! Moving the archive of a data directory from one engine to another.

use boyin_archive::{Archive, Copied, CopyProgress};

use crate::config::Config;
use crate::engine::{ArchivePlace, StoreSetting};
use crate::error::{HomeError, TransferError};
use crate::home::Home;
use crate::keyring::Passphrase;

/// Whether the data directory uses the copy from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterCopy {
    /// It goes on with what it has.
    #[default]
    Stay,
    /// The configuration names the copy, before anybody can act on what was copied.
    Switch,
}

impl Home {
    /// Copies the archive into the store that `to` names, `None` for RocksDB in the directory itself. No desk may be open,
    /// and none can be opened meanwhile; services go on reading. Interrupted, the next call goes on.
    ///
    /// # Errors
    /// [`TransferError`]; the target is no archive then, and the configuration is as it was.
    pub fn copy_archive(
        &self,
        to: Option<&StoreSetting>,
        after: AfterCopy,
        passphrase: &Passphrase,
        progress: &mut dyn FnMut(CopyProgress),
    ) -> Result<Copied, TransferError> {
        let (target, keyring) = (ArchivePlace::of(self, to)?, self.keyring());
        let (archive, config) = self.open_archive(passphrase)?;
        if to == config.store.as_ref() {
            return Err(TransferError::Same);
        }
        let copied = {
            let store = target.target().map_err(TransferError::Target)?;
            archive.copy_to(store.as_ref(), progress)?
        };
        // What is there must open, as everybody will open it.
        let (opened, _) = keyring.with_archive_secret(passphrase, |secret| target.snapshot(secret))?;
        let found = opened.last_event().map_err(TransferError::Read)?;
        if found != copied.last_event {
            return Err(TransferError::Behind { found, copied: copied.last_event });
        }
        if after == AfterCopy::Switch {
            self.write_config(&Config { store: to.cloned(), ..config })?;
        }
        // Only now may somebody else act on what was copied.
        drop(archive);
        Ok(copied)
    }

    /// The engine that the archive is in, as the configuration names it; `rocksdb` is the one in the directory.
    #[must_use]
    pub fn engine_name(&self) -> &str {
        self.config().store.as_ref().map_or("rocksdb", |setting| &setting.engine)
    }

    /// Where the archive is by the configuration of now: it may have been moved since the directory was opened.
    pub(crate) fn archive_place(&self) -> Result<ArchivePlace, HomeError> {
        ArchivePlace::of(self, self.config_now()?.store.as_ref())
    }

    /// Opens the archive for writing; gives the configuration that names it, too.
    pub(crate) fn open_archive(&self, passphrase: &Passphrase) -> Result<(Archive, Config), HomeError> {
        let keyring = self.keyring();
        loop {
            let config = self.config_now()?;
            let place = ArchivePlace::of(self, config.store.as_ref())?;
            let (archive, changed) = keyring.with_archive_secret(passphrase, |secret| place.open(secret))?;
            // Whoever moves it names the new place before letting go of the old one: asked again while this one is held, the
            // answer stays true.
            if self.config_now()?.store == config.store {
                if changed {
                    keyring.adopt_archive_secret()?;
                }
                return Ok((archive, config));
            }
        }
    }
}
