//! Whole-system flows; see `tests/flows`.
