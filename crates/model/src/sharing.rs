//! The sharing list (共享证照目录): which agency is given which fields of which license type, for which service item, in which
//! time; and the decision about one request. Whatever it does not say is not given.

mod decision;
mod list;
#[cfg(test)]
mod tests;

pub use decision::{ShareRefusal, ShareRequest, Shared, sharing_decision};
pub use list::{SharingChange, SharingEntry, SharingList, SharingScope, is_item};
