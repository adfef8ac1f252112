//! The item catalog of a data directory, and each one that something was decided by.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use boyin_exempt::{ItemCatalog, ItemCatalogError, item};
use boyin_model::catalog::Catalog;
use boyin_model::time::UnixTime;

use crate::desk::Desk;
use crate::error::{DeskError, HomeError, LookupError};
use crate::home::{Home, make_private_dir};
use crate::in_force::{InForce, Stamp};
use crate::keyring::{read_text, replace};
use crate::lookup::Lookup;

const FILE: &str = "items.toml";
const KEPT: &str = "items";

/// The item catalog that a desk decides by, for as long as its file and the catalog of license types stay the same.
#[derive(Debug)]
pub(crate) struct KnownItems {
    stamp: Stamp,
    licenses: String,
    catalog: Arc<ItemCatalog>,
}

impl Home {
    /// The item catalog: that of `items.toml`, or without such a file the built-in one, as long as nothing was decided by another one
    /// here. It is not signed: what it says counts for as long as the file is there.
    ///
    /// # Errors
    /// [`HomeError::Items`] with all that is wrong with it, such as that the catalog of license types lacks a type that it names;
    /// [`HomeError::ItemsGone`]; [`HomeError::File`] if it cannot be read.
    pub fn item_catalog(&self, licenses: &Catalog) -> Result<ItemCatalog, HomeError> {
        Ok(self.items(licenses)?.1)
    }

    fn items(&self, licenses: &Catalog) -> Result<(Cow<'static, str>, ItemCatalog), HomeError> {
        let path = self.dir().join(FILE);
        let own = match read_text(&path) {
            Ok(text) => Some(text),
            // Only a file that is not there is none.
            Err(HomeError::File { source, .. }) if source.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let built_in = own.is_none();
        let text = own.map_or(Cow::Borrowed(item::EMBEDDED), Cow::Owned);
        let read = ItemCatalog::read(&text, licenses);
        let catalog = read.map_err(|source| refused(path.clone(), source))?;
        if built_in && self.keeps_other_items(catalog.digest())? {
            return Err(HomeError::ItemsGone(path));
        }
        Ok((text, catalog))
    }

    /// Whether something was decided by an item catalog of another digest.
    fn keeps_other_items(&self, digest: &str) -> Result<bool, HomeError> {
        let dir = self.dir().join(KEPT);
        let fail = |source| HomeError::File { path: dir.clone(), source };
        let kept = match std::fs::read_dir(&dir) {
            Ok(kept) => kept,
            Err(source) if source.kind() == ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(fail(source)),
        };
        let this = self.kept_items_path(digest);
        for entry in kept {
            let path = entry.map_err(fail)?.path();
            if path != this && path.extension() == this.extension() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn kept_items_path(&self, digest: &str) -> PathBuf {
        let name = digest.strip_prefix("sha-256:").unwrap_or(digest);
        let name: String = name.chars().filter(char::is_ascii_hexdigit).collect();
        self.dir().join(KEPT).join(name).with_extension("toml")
    }

    /// Keeps an item catalog before anything is decided by it.
    fn keep_items(&self, text: &str, digest: &str) -> Result<(), HomeError> {
        let path = self.kept_items_path(digest);
        if path.exists() {
            return Ok(());
        }
        make_private_dir(&self.dir().join(KEPT))?;
        replace(&path, text.as_bytes())
    }

    /// The item catalog of this digest, by which something was decided.
    ///
    /// # Errors
    /// [`HomeError::File`] if it is not kept; [`HomeError::ItemsReplaced`]; [`HomeError::Items`].
    pub(crate) fn kept_items(&self, digest: &str, licenses: &Catalog) -> Result<ItemCatalog, HomeError> {
        let path = self.kept_items_path(digest);
        let read = ItemCatalog::read(&read_text(&path)?, licenses);
        let catalog = read.map_err(|source| refused(path.clone(), source))?;
        if catalog.digest() == digest { Ok(catalog) } else { Err(HomeError::ItemsReplaced(path)) }
    }
}

fn refused(path: PathBuf, source: ItemCatalogError) -> HomeError {
    HomeError::Items { path, source: Box::new(source) }
}

impl Lookup {
    /// The item catalog as it stands now, read with the license types that were published last: for those who want to know what
    /// can be asked. What a desk decides by is in each receipt.
    ///
    /// # Errors
    /// As [`Home::item_catalog`], within [`LookupError::Home`].
    pub fn item_catalog(&self) -> Result<ItemCatalog, LookupError> {
        let licenses = self.home.newest_catalog()?;
        Ok(self.home.item_catalog(&licenses)?)
    }
}

impl Desk {
    /// The item catalog and the catalog of license types that count at `at`, both kept.
    pub(crate) fn items_at(&self, at: UnixTime) -> Result<(Arc<ItemCatalog>, Arc<InForce>), DeskError> {
        let licenses = self.catalog_at(at)?;
        let stamp = Stamp::of(&self.home.dir().join(FILE));
        let mut known = self.known_items.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known
            && known.stamp == stamp
            && known.licenses == licenses.named
        {
            return Ok((Arc::clone(&known.catalog), licenses));
        }
        let (text, catalog) = self.home.items(&licenses.catalog)?;
        self.home.keep_items(&text, catalog.digest())?;
        let catalog = Arc::new(catalog);
        *known = Some(KnownItems { stamp, licenses: licenses.named.clone(), catalog: Arc::clone(&catalog) });
        Ok((catalog, licenses))
    }
}
