//! Whole-system flows over a real data directory: desk, lookup and service together.

mod desk;
mod http;
mod office;
