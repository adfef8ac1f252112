//! What the benches and `signature-table` share: signatures, candidates, a clock.

mod candidate;
mod credentials;
pub mod office;
pub mod page;
mod peers;
mod rounds;
mod samples;

pub use candidate::{Candidate, bulk, prepared, single, unknown};
pub use credentials::{credentials, ready_world};
pub use peers::peers;
pub use rounds::{Clock, Cost, interleave, median};
pub use samples::{SIGNATURES, Samples, Scheme, Signed};
