//! Whole-system flows (see `tests/flows`), and the oracles of those fuzz targets that need the archive or the data directory.

pub mod fuzz;
