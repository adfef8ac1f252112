//! May this paper be asked for, or is it exempt (免证办)?
//!
//! A pure function: an item of the [`ItemCatalog`], the situation, the parties with their verified files and the instant go
//! in; a [`Decision`] comes out. No file, no network, no clock. The same inputs give the same bytes on every channel.
//!
//! ```text
//! items.toml -> ItemCatalog --+
//! question, answers ----------+--> decide --> Decision: each paper exempt by which way, or to be submitted and why
//! parties, Report of each ----+            \-> Refusal: all that is wrong with the question
//! ```
//!
//! What holds of every decision, by a test that enumerates: with a license of grade A or B on file that meets the
//! requirements the paper is not asked for; nothing outside the item's guide is; nothing but the inputs matters; what a
//! license carried falls with that license and with nothing else; a package asks what its items ask, each paper once.
//!
//! | module | what it holds |
//! |---|---|
//! | [`item`] | the catalog of items: questions, materials, requirements, packages |
//! | [`limits`] | bounds on catalogs and requests |

mod channel;
mod decide;
pub mod item;
pub mod limits;
mod party;
mod reason;
mod receipt;
mod request;
mod role;
mod text;

pub use channel::Channel;
pub use decide::{Answer, Carrier, Decision, Finding, FollowUp, MaterialDecision, Outcome, decide};
pub use item::{Item, ItemCatalog, ItemCatalogError, ItemCode, ItemCodeError, Material, Package, Way};
pub use party::{CollectedEntry, CollectedStanding, Entry, Party};
pub use reason::{Reason, ReasonInfo, Responsible};
pub use receipt::{Receipt, ReceiptError, receipt};
pub use request::{CommitmentStanding, Fault, InputKey, Office, Refusal, Request};
pub use role::Role;
