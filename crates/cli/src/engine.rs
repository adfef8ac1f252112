//! The engines that the archive may be in, beside RocksDB.

use std::sync::Arc;

use boyin::Engine;

/// Those that this program was built with.
pub(crate) fn all() -> Vec<Arc<dyn Engine>> {
    vec![
        #[cfg(feature = "postgres")]
        Arc::new(postgres::Postgres),
    ]
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::path::Path;
    use std::sync::Arc;

    use boyin::archive::{Cause, Durability, Store, StoreError};
    use boyin::{Access, Engine, StoreSetting};
    use boyin_postgres::{Address, Network, PostgresStore};

    /// Holds the password of the database's user.
    const PASSWORD: &str = "BOYIN_STORE_PASSWORD";

    #[derive(Debug)]
    pub(super) struct Postgres;

    impl Engine for Postgres {
        fn name(&self) -> &'static str {
            "postgres"
        }

        fn open(
            &self,
            setting: &StoreSetting,
            home: &Path,
            access: Access,
        ) -> Result<Arc<dyn Store>, StoreError> {
            let address = address(setting, home)?;
            let store = match access {
                Access::Create => PostgresStore::create(&address, Durability::Synced),
                Access::Write => PostgresStore::open(&address, Durability::Synced),
                Access::Follow => PostgresStore::follow(&address),
                Access::Snapshot => PostgresStore::snapshot(&address),
            };
            Ok(Arc::new(store?))
        }
    }

    fn address(setting: &StoreSetting, home: &Path) -> Result<Address, StoreError> {
        let network = if setting.trusted_network { Network::Trusted } else { Network::ThisMachine };
        let refused = |error| StoreError::Io(Cause::new(error));
        let mut address = Address::parse(&setting.address, network).map_err(refused)?;
        if let Some(schema) = &setting.schema {
            address = address.with_schema(schema).map_err(refused)?;
        }
        if let Ok(password) = std::env::var(PASSWORD) {
            return Ok(address.with_password(password));
        }
        let Some(file) = &setting.password_file else { return Ok(address) };
        let path = home.join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let words = format!("the password file {} cannot be read: {error}", path.display());
            StoreError::Io(Cause::new(words))
        })?;
        Ok(address.with_password(text.lines().next().unwrap_or_default()))
    }
}
