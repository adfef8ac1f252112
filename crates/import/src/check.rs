//! A row becomes a record that can be collected, or all of its defects at once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use boyin_model::catalog::{FieldKind, FieldSpec};
use boyin_model::collected::{CollectedLicense, Grade};
use boyin_model::credential::FieldValue;
use boyin_model::id::{CitizenId, DivisionCode, HolderCode, HolderCodeType};
use boyin_model::time::Date;

use crate::date;
use crate::limits::MAX_TEXT_CHARS;
use crate::mapping::{Mapping, Target};
use crate::reason::{Defect, Place, Reason};
use crate::rejects::REJECT_COLUMNS;
use crate::row::Row;
use crate::seen::{Mark, Seen};
use crate::source::{Header, SourceError};

/// A row without defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Number of the row.
    pub row: u64,
    /// What names the record within its source: the values of the key columns, in the order of the mapping.
    pub key: Vec<String>,
    /// What it says.
    pub license: CollectedLicense,
    /// How far it can be relied on.
    pub grade: Grade,
    /// Of a file that [corrects](Mapping::correcting) rejected rows: the number that the row had in the first file.
    pub corrects: Option<u64>,
}

/// A row that was looked at alone; whether it repeats one above is still to be said.
#[derive(Debug)]
pub struct Examined {
    number: u64,
    /// `None` if nothing names the row.
    mark: Option<Mark>,
    result: Result<Accepted, Vec<Defect>>,
}

/// Checks the rows of one file, in their order: it remembers which keys it has seen.
#[derive(Debug)]
pub struct Checker<'m> {
    mapping: &'m Mapping,
    columns: BTreeMap<&'m Target, usize>,
    key: Vec<usize>,
    /// Column of the row in the first file, and the most that it can be.
    corrects: Option<(usize, u64)>,
    today: Date,
    seen: Seen,
}

/// What stands where a target comes from.
enum Got<'r> {
    /// Nothing.
    Absent,
    /// Something that is no text; the defect is noted already.
    Unreadable,
    /// Text without white space around it, never empty.
    Text(Cow<'r, str>),
}

impl<'m> Checker<'m> {
    /// Finds the columns of the mapping in the header. `today` is the day of the import: nothing was issued after it.
    ///
    /// # Errors
    /// [`SourceError::Column`] for a column that is not there exactly once.
    pub fn new(mapping: &'m Mapping, header: &Header, today: Date) -> Result<Self, SourceError> {
        let find = |wanted: &String| {
            let mut places = header.columns.iter().enumerate().filter(|(_, name)| *name == wanted);
            match (places.next(), places.count()) {
                (Some((place, _)), 0) => Ok(place),
                (first, more) => Err(SourceError::Column {
                    column: wanted.as_str().into(),
                    found: usize::from(first.is_some()) + more,
                    columns: header.columns.len(),
                }),
            }
        };
        let columns = mapping.columns.iter().map(|(target, column)| Ok((target, find(column)?)));
        Ok(Self {
            mapping,
            columns: columns.collect::<Result<_, SourceError>>()?,
            key: mapping.key.iter().map(find).collect::<Result<_, _>>()?,
            corrects: match mapping.corrects {
                Some(rows) => Some((find(&REJECT_COLUMNS[0].to_owned())?, rows)),
                None => None,
            },
            today,
            seen: Seen::default(),
        })
    }

    /// Checks a row.
    ///
    /// # Errors
    /// *All* its defects. Which rows stood above counts, so each row is checked once and in the order of the file.
    pub fn check(&mut self, row: &Row) -> Result<Accepted, Vec<Defect>> {
        let examined = self.examine(row);
        self.admit(examined)
    }

    /// The part of [`check`](Self::check) that needs no other row: for many rows at once, on many threads.
    pub fn examine(&self, row: &Row) -> Examined {
        let number = row.number;
        if let Some(fault) = &row.fault {
            let defect = Defect { place: Place::Row, reason: fault.clone() };
            return Examined { number, mark: None, result: Err(vec![defect]) };
        }
        let mut reading = Reading { checker: self, row, defects: Vec::new() };
        let key = reading.key();
        let license = reading.license();
        let grade = reading.grade();
        let corrects = reading.corrected_row();
        let defects = reading.defects;
        let mark = key.as_ref().map(|key| match &license {
            Some(license) => Mark::new(key, &content_of(license)),
            // Without content to compare its key is taken all the same: the next with this key is told apart.
            None => Mark::new(key, &row.bytes),
        });
        let result = match (key, license, grade) {
            (Some(key), Some(license), Some(grade)) if defects.is_empty() => {
                Ok(Accepted { row: number, key, license, grade, corrects })
            }
            _ => Err(defects),
        };
        Examined { number, mark, result }
    }

    /// The rest of [`check`](Self::check).
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn admit(&mut self, examined: Examined) -> Result<Accepted, Vec<Defect>> {
        let Examined { number, mark, result } = examined;
        let Some(reason) = mark.and_then(|mark| self.seen.repeats(number, &mark)) else { return result };
        let mut defects = result.err().unwrap_or_default();
        defects.push(Defect { place: Place::Row, reason });
        Err(defects)
    }
}

fn content_of(license: &CollectedLicense) -> Vec<u8> {
    serde_json::to_vec(license).expect("text and numbers can always be written as JSON")
}

struct Reading<'c, 'm, 'r> {
    checker: &'c Checker<'m>,
    row: &'r Row,
    defects: Vec<Defect>,
}

impl<'r> Reading<'_, '_, 'r>
where
    Self: 'r,
{
    fn add(&mut self, target: &Target, reason: Reason) {
        self.defects.push(Defect { place: Place::Target(target.clone()), reason });
    }

    fn key(&mut self) -> Option<Vec<String>> {
        let mut values = Vec::with_capacity(self.checker.key.len());
        for column in &self.checker.key {
            let defect = match self.row.text(*column) {
                Ok(text) if text.trim().is_empty() => Reason::Missing,
                Ok(text) => {
                    values.push(text.trim().to_owned());
                    continue;
                }
                // It is noted again where the column is mapped, once for each use.
                Err(reason) => reason,
            };
            self.defects.push(Defect { place: Place::Column(*column), reason: defect });
        }
        (values.len() == self.checker.key.len()).then_some(values)
    }

    /// Of a correction: the row of the first file that it corrects.
    fn corrected_row(&mut self) -> Option<u64> {
        let (column, rows) = self.checker.corrects?;
        let read = self.row.text(column).ok().and_then(|text| text.trim().parse().ok());
        let number = read.filter(|number| (1..=rows).contains(number));
        if number.is_none() {
            self.defects.push(Defect { place: Place::Column(column), reason: Reason::CorrectedRow });
        }
        number
    }

    fn get(&mut self, target: &Target) -> Got<'r> {
        let mapping = self.checker.mapping;
        let text = match self.checker.columns.get(target) {
            Some(column) => match self.row.text(*column) {
                Ok(text) => text,
                Err(reason) => {
                    self.add(target, reason);
                    return Got::Unreadable;
                }
            },
            None => match mapping.constants.get(target) {
                Some(constant) => Cow::Owned(constant.clone()),
                None => return Got::Absent,
            },
        };
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        let mapped = mapping.values.get(target).and_then(|values| values.get(text.as_ref()));
        let text = mapped.map_or(text, |value| Cow::Owned(value.clone()));
        if text.is_empty() { Got::Absent } else { Got::Text(text) }
    }

    /// The text of a target that every record has.
    fn required(&mut self, target: &Target) -> Option<Cow<'r, str>> {
        match self.get(target) {
            Got::Text(text) => Some(text),
            Got::Unreadable => None,
            Got::Absent => {
                self.add(target, Reason::Missing);
                None
            }
        }
    }

    /// A name or number of paper.
    fn words(&mut self, target: &Target) -> Option<Cow<'r, str>> {
        let text = self.required(target)?;
        if text.chars().count() > MAX_TEXT_CHARS || text.chars().any(char::is_control) {
            self.add(target, Reason::Text);
            return None;
        }
        Some(text)
    }

    fn license(&mut self) -> Option<CollectedLicense> {
        let license_type = &self.checker.mapping.license_type;
        let number = self.words(&Target::LicenseNumber);
        let number = number.filter(|number| self.unmangled(&Target::LicenseNumber, number));
        let holder = self.holder();
        let division = self.required(&Target::Division).and_then(|text| {
            let read = DivisionCode::parse(&text);
            read.map_err(|error| self.add(&Target::Division, Reason::Identifier(error))).ok()
        });
        let issue_date = self.issue_date();
        let term = self.term(issue_date);
        let fields = self.fields();
        let (holder, holder_name) = holder?;
        let (valid_from, valid_until) = term?;
        Some(CollectedLicense {
            license_type: license_type.code,
            license_number: number?.into_owned(),
            holder,
            holder_name,
            division: division?,
            issue_date: issue_date?,
            valid_from,
            valid_until,
            fields: fields?,
        })
    }

    /// `6.52701E+17` is what a spreadsheet leaves of a number with 18 digits.
    fn unmangled(&mut self, target: &Target, number: &str) -> bool {
        let mangled = number.split_once(['E', 'e']).is_some_and(|(mantissa, power)| {
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits(&mantissa.replacen('.', "", 1)) && power.strip_prefix('+').is_some_and(digits)
        });
        if mangled {
            self.add(target, Reason::Mangled);
        }
        !mangled
    }

    fn holder(&mut self) -> Option<(HolderCode, String)> {
        let kind = self.required(&Target::HolderCodeType).and_then(|text| {
            let kind = HolderCodeType::from_code(&text);
            if kind.is_none() {
                self.add(&Target::HolderCodeType, Reason::HolderCodeType);
            }
            kind
        });
        let name = self.words(&Target::HolderName);
        let code = self.required(&Target::HolderCode);
        let kind = kind?;
        if !self.checker.mapping.license_type.holder.admits(kind) {
            self.add(&Target::HolderCodeType, Reason::HolderKind);
        }
        let code = code?;
        if !self.unmangled(&Target::HolderCode, &code) {
            return None;
        }
        match HolderCode::new(kind, &code) {
            Ok(holder) => name.map(|name| (holder, name.into_owned())),
            Err(error) => {
                let swapped = name.as_ref().is_some_and(|name| HolderCode::new(kind, name).is_ok());
                let reason = if swapped { Reason::Swapped } else { Reason::Identifier(error) };
                self.add(&Target::HolderCode, reason);
                None
            }
        }
    }

    fn issue_date(&mut self) -> Option<Date> {
        let text = self.required(&Target::IssueDate)?;
        let date = self.read_date(&Target::IssueDate, &text)?;
        if date > self.checker.today {
            self.add(&Target::IssueDate, Reason::IssuedInFuture);
        }
        Some(date)
    }

    fn read_date(&mut self, target: &Target, text: &str) -> Option<Date> {
        let read = date::read(text, &self.checker.mapping.dates);
        read.map_err(|fault| self.add(target, Reason::Date(fault))).ok()
    }

    /// First and last valid day; `None` if one of them was not read.
    fn term(&mut self, issued: Option<Date>) -> Option<(Option<Date>, Option<Date>)> {
        let mut day = |target: &Target| match self.get(target) {
            Got::Absent => Some(None),
            Got::Unreadable => None,
            Got::Text(text) => self.read_date(target, &text).map(Some),
        };
        let (from, until) = (day(&Target::ValidFrom), day(&Target::ValidUntil));
        let (from, until) = (from?, until?);
        if let Err(fault) = self.checker.mapping.license_type.check_validity(from, until) {
            self.add(&Target::ValidUntil, Reason::Validity(fault));
        }
        if issued.zip(until).is_some_and(|(issued, until)| until < issued) {
            self.add(&Target::ValidUntil, Reason::IssuedAfterEnd);
        }
        Some((from, until))
    }

    /// `None` if a field has a defect.
    fn fields(&mut self) -> Option<BTreeMap<String, FieldValue>> {
        let checker = self.checker;
        let mut fields = BTreeMap::new();
        let mut whole = true;
        for spec in &checker.mapping.license_type.fields {
            let target = Target::Field(spec.name.clone());
            let text = match self.get(&target) {
                Got::Text(text) => text,
                Got::Absent if spec.required => {
                    self.add(&target, Reason::Missing);
                    whole = false;
                    continue;
                }
                Got::Absent => continue,
                Got::Unreadable => {
                    whole = false;
                    continue;
                }
            };
            match self.field(spec, &target, &text) {
                Some(value) => {
                    fields.insert(spec.name.clone(), value);
                }
                None => whole = false,
            }
        }
        whole.then_some(fields)
    }

    fn field(&mut self, spec: &FieldSpec, target: &Target, text: &str) -> Option<FieldValue> {
        let value = match spec.kind {
            FieldKind::Integer => match text.parse() {
                Ok(number) => FieldValue::Integer(number),
                Err(_) => FieldValue::Text(text.to_owned()),
            },
            FieldKind::Date => FieldValue::Text(self.read_date(target, text)?.to_string()),
            // It is collected in the one spelling in which it is issued.
            FieldKind::CitizenId => {
                FieldValue::Text(CitizenId::parse(text).map_or(text.to_owned(), |id| id.as_str().to_owned()))
            }
            FieldKind::Text | FieldKind::Decimal | FieldKind::Choice | FieldKind::CreditCode => {
                FieldValue::Text(text.to_owned())
            }
        };
        match spec.check(&value) {
            Ok(()) => Some(value),
            Err(fault) => {
                self.add(target, Reason::Field(fault));
                None
            }
        }
    }

    fn grade(&mut self) -> Option<Grade> {
        let carried = self.checker.mapping.grade;
        let text = match self.get(&Target::Grade) {
            Got::Absent => return Some(carried),
            Got::Unreadable => return None,
            Got::Text(text) => text,
        };
        let mut letters = text.chars();
        let grade = letters.next().filter(|_| letters.next().is_none()).and_then(Grade::from_letter);
        match grade {
            None => self.add(&Target::Grade, Reason::Grade),
            Some(grade) if grade.is_above(carried) => {
                self.add(&Target::Grade, Reason::GradeAboveEvidence { carries: carried });
            }
            Some(_) => {}
        }
        grade
    }
}
