//! From an older format to this one. Every step can be done again, and the version is written last: an upgrade that was
//! interrupted is finished by the next opening.

use super::{Archive, MAX_EVENTS};
use crate::chain::{self, ChainStart};
use crate::error::{ArchiveError, OpenError};
use crate::layout::{self, FORMAT_VERSION, FORMAT_WITH_KEYS};
use crate::store::{Batch, Cause, Expect, StoreError, Table};
use crate::vault::{BASE, FIRST_DATA_KEY, RootSecret, Vault, Wrapped};

/// The tables that a format has and those before it have not.
pub(super) fn tables_since(format: u32) -> Vec<Table> {
    Table::ALL.into_iter().filter(|table| table.since() > format).collect()
}

impl Archive {
    /// Brings the archive to this format. Old values stay as they are until the data key is changed; old events are bound
    /// in by their hash, and entered under their holders.
    pub(super) fn upgrade(self, root: &RootSecret) -> Result<Self, OpenError> {
        for table in tables_since(self.format) {
            self.store.scan(table, &[], None, 1)?;
        }
        let old = self.format.to_be_bytes();
        if self.format >= FORMAT_WITH_KEYS {
            // A license that no entry tells of is the only version of its chain.
            let batch = Batch::new()
                .expect(Table::Meta, layout::META_FORMAT, Expect::Exactly(old.to_vec()))
                .put(Table::Meta, layout::META_FORMAT, FORMAT_VERSION.to_be_bytes());
            self.store.commit(batch)?;
            return Ok(Self { format: FORMAT_VERSION, ..self });
        }
        let chain = self.bind_old_events().map_err(|error| {
            if let ArchiveError::Store(error) = error {
                return OpenError::Store(error);
            }
            if let ArchiveError::Damaged(damaged) = error {
                return OpenError::Damaged(damaged);
            }
            OpenError::Store(StoreError::Corrupt(Cause::new(error)))
        })?;
        let key = self.vault.new_key()?;
        let data_key =
            self.vault.wrap(FIRST_DATA_KEY, &Wrapped { key: key.clone(), reads_old_values: false })?;
        let base = Wrapped { key: Vault::base_of_old(root), reads_old_values: true };
        let base = self.vault.wrap(BASE, &base)?;
        self.vault.add(FIRST_DATA_KEY, &key);
        let start = self.seal(Table::Meta, layout::META_CHAIN, &layout::chain_value(&chain));
        let batch = Batch::new()
            .expect(Table::Meta, layout::META_FORMAT, Expect::Exactly(old.to_vec()))
            // Nobody acted since the events were read.
            .expect(Table::Event, layout::event(chain.number.saturating_add(1)), Expect::Absent)
            .put(Table::DataKey, layout::data_key(BASE), base)
            .put(Table::DataKey, layout::data_key(FIRST_DATA_KEY), data_key)
            .put(Table::Meta, layout::META_CHAIN, start)
            .put(Table::Meta, layout::META_FORMAT, FORMAT_VERSION.to_be_bytes());
        self.store.commit(batch)?;
        Ok(Self { format: FORMAT_VERSION, chain, ..self })
    }

    /// The hash over all events that there are, each entered under the holder of its license.
    fn bind_old_events(&self) -> Result<ChainStart, ArchiveError> {
        let mut chain = ChainStart::NEW;
        loop {
            let after = layout::event(chain.number);
            let page = self.store.scan(Table::Event, &[], Some(&after), MAX_EVENTS)?;
            let mut entered = Batch::new();
            for (key, sealed) in &page {
                let (event, bytes) = self.event_at(chain.number + 1, key, sealed)?;
                chain =
                    ChainStart { number: event.number, hash: chain::hash(event.number, &chain.hash, &bytes) };
                if let Some(id) = &event.license
                    && let Some((_, holder)) = self.license(id)?
                {
                    entered =
                        entered.put(Table::EventByHolder, layout::event_by_holder(&holder, event.number), []);
                }
            }
            self.store.commit(entered)?;
            if page.len() < MAX_EVENTS {
                return Ok(chain);
            }
        }
    }
}
