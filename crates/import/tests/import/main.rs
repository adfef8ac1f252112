//! Rows of other systems: what is read, what is rejected and why, and that nothing is lost on the way.

mod files;
mod fixtures;
mod mappings;
mod reasons;
mod rejects;
