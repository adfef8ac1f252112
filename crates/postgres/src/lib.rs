//! The archive's storage seam over PostgreSQL, and over servers that speak its protocol and its SQL.
//!
//! ```text
//! "boyin"."license"       k bytea primary key, v bytea      one such table for each table of the archive
//! "boyin"."store_state"   one row: layout, who writes, how many batches, how many entries of each table
//! ```
//! One handle writes ([`PostgresStore::create`], [`PostgresStore::open`]); any number follow, on other machines too. A
//! batch is one transaction that first locks the row of `store_state` and finds its own token there: whoever has lost
//! the archive to another process can write nothing, whatever the network did. An advisory lock tells the second process
//! at once; where a server has none, the token alone decides.
//!
//! | module | what it holds |
//! |---|---|
//! | `address` | where the server is, and what must not be asked of it |
//! | `link` | connections, and what each is set to before it is used |
//! | `layout` | SQL of tables and state |
//! | `store` | the seam: reads, opening, scrubbing |
//! | `committer` | the one who writes |
//! | `group` | batches that are decided together |
//! | `error` | what an error of the server means at the seam |

mod address;
mod committer;
mod error;
mod group;
mod layout;
mod link;
mod store;

pub use address::{Address, AddressError, DEFAULT_SCHEMA, Network};
pub use layout::LAYOUT_VERSION;
pub use store::PostgresStore;
