use std::io::{Cursor, Write};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use boyin_import::{Checker, Header, Mapping, ReadError, Rejects, Row, RowVisitor, SourceError, read};
use boyin_model::catalog::Catalog;
use boyin_model::time::Date;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

/// Without the form of the file, which the first byte chooses.
const MAPPING: &str = r#"
source = { name = "s", agency = "11652701DEMX00022R", key = ["k"] }
license = { type = "marriage-certificate" }
grade = { grade = "C", evidence = "upload" }
dates = { forms = ["iso", "compact", "slash", "chinese", "excel-serial"] }
[constants]
division = "652701"
"holder.code_type" = "111"
[columns]
license_number = "n"
"holder.code" = "c"
"holder.name" = "h"
issue_date = "d"
"fields.registered_on" = "d"
"fields.spouse_name" = "s"
"fields.spouse_citizen_id" = "i"
"#;
const HEADER: &[u8] = b"k,n,c,h,d,s,i\n";

/// Mappings and rows: whatever comes in, every row is counted once, and rejected rows that are fed again as they stand are
/// rejected again, none more and none fewer.
///
/// # Panics
/// If a promise is broken.
pub fn import(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else { return };
    let file = match form {
        b'c' => "{ format = \"csv\", encoding = \"utf-8\" }",
        b'g' => "{ format = \"csv\", encoding = \"gb18030\" }",
        b'j' => "{ format = \"jsonl\" }",
        b'x' => "{ format = \"xlsx\" }",
        _ => return any_mapping(rest),
    };
    let mapping = Mapping::read(&format!("file = {file}\n{MAPPING}"), &CATALOG).expect("a fixed mapping");
    let rows = if matches!(form, b'c' | b'g') { [HEADER, rest].concat() } else { rest.to_vec() };
    let Ok((fed, rejects)) = feed(&rows, &mapping) else { return };
    let (again, _) = feed(&rejects, &mapping).expect("rejected rows are a file of the same form");
    assert_eq!(again.rows, fed.rejected);
    // A row that only repeated another one stands alone now.
    assert!(again.rejected >= fed.rejected - fed.twice);
    // As a correction of itself it has the same rows; one with a member of its own that is named as ours is rejected.
    let (corrected, _) = feed(&rejects, &mapping.correcting(fed.rows)).expect("each row has its number");
    assert!(corrected.rows == again.rows && corrected.rejected >= again.rejected);
}

/// The mapping stands before the first zero byte, the rows behind it.
fn any_mapping(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (Some(mapping), Some(rows)) = (parts.next(), parts.next()) else { return };
    let Ok(mapping) = std::str::from_utf8(mapping) else { return };
    if let Ok(mapping) = Mapping::read(mapping, &CATALOG) {
        let _ = feed(rows, &mapping);
    }
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Feed<'m> {
    mapping: &'m Mapping,
    checker: Option<Checker<'m>>,
    rejects: Option<Rejects<Shared>>,
    out: Shared,
    fed: Fed,
}

/// What became of the rows of a file.
#[derive(Default)]
struct Fed {
    rows: u64,
    accepted: u64,
    rejected: u64,
    /// Rejected only because they repeat another row.
    twice: u64,
}

fn feed(rows: &[u8], mapping: &Mapping) -> Result<(Fed, Vec<u8>), ReadError<SourceError>> {
    let out = Shared::default();
    let mut feed = Feed { mapping, checker: None, rejects: None, out: out.clone(), fed: Fed::default() };
    read(Cursor::new(rows), mapping, &mut feed)?;
    if let Some(rejects) = feed.rejects.take() {
        rejects.finish().expect("memory takes it");
    }
    assert_eq!(feed.fed.rows, feed.fed.accepted + feed.fed.rejected);
    let bytes = out.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((feed.fed, bytes))
}

impl RowVisitor for Feed<'_> {
    type Error = SourceError;

    fn header(&mut self, header: &Header) -> Result<(), SourceError> {
        let today = Date::new(2026, 1, 1).expect("a day");
        self.checker = Some(Checker::new(self.mapping, header, today)?);
        self.rejects = Some(Rejects::new(self.out.clone(), header, self.mapping).expect("memory takes it"));
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), SourceError> {
        let checker = self.checker.as_mut().expect("the header comes first");
        self.fed.rows += 1;
        assert_eq!(row.number(), self.fed.rows, "no row is passed over");
        match checker.check(row) {
            Ok(accepted) => {
                assert_eq!(accepted.row, row.number());
                self.fed.accepted += 1;
            }
            Err(defects) => {
                assert!(!defects.is_empty(), "a rejected row has a reason");
                let only_repeats = defects.iter().all(|defect| defect.reason.code().ends_with("_twice"));
                self.fed.twice += u64::from(only_repeats);
                self.fed.rejected += 1;
                let rejects = self.rejects.as_mut().expect("the header comes first");
                rejects.write(row, &defects).expect("memory takes it");
            }
        }
        Ok(())
    }
}
