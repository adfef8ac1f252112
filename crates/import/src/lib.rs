//! Historical collection (历史证照数据全量归集): rows of other systems become licenses that can be collected, or are
//! rejected with every reason at once.
//!
//! Pure: files come in as readers, the day as an argument, nothing is stored here. `docs/import.md` shows how to write a
//! mapping.
//!
//! | module | what it does |
//! |---|---|
//! | [`mapping`] | which column becomes what, how the source is graded, what names a record |
//! | [`source`] | CSV, JSON lines and XLSX as a stream of [`Row`]s within bounds |
//! | [`check`] | a row becomes an [`Accepted`] record or its defects |
//! | [`date`] | the forms in which dates are written |
//! | [`rejects`] | rejected rows in the form of their source, to be corrected and fed again |
//!
//! ```text
//! reader + Mapping -> read() -> Row -> Checker::check -> Accepted | Vec<Defect> -> Rejects
//!                              \-> Checker::examine, on any thread -> Checker::admit, in order -/
//! ```

pub mod check;
pub mod date;
pub mod limits;
pub mod mapping;
pub mod reason;
pub mod rejects;
pub mod source;

mod encoding;
mod row;
mod seen;

pub use check::{Accepted, Checker, Examined};
pub use encoding::{Decision, Encoding, Grounds};
pub use mapping::{Mapping, MappingError, Target};
pub use reason::{Defect, Place, Reason};
pub use rejects::Rejects;
pub use row::Row;
pub use source::{Header, ReadError, RowVisitor, SourceError, read};
