//! The sample prefecture: real divisions, everything else invented.

use boyin::issue::Draft;
use boyin::model::catalog::Catalog;
use boyin::model::id::{CreditCode, DivisionCode};
use boyin::{Office, Setup, SuiteName};

use crate::init::offices;

const OFFICES: &str = include_str!("../../demo/offices.toml");
const FORMS: &str = include_str!("../../demo/forms.jsonl");

/// Name of the office that keeps the trust list.
const AUTHORITY: &str = "博尔塔拉蒙古自治州政务服务管理局（演示）";
/// Invented: no organization code in use is known to begin with DEMX. The first 16 characters.
const AUTHORITY_CODE: &str = "11652700DEMX0000";
const DIVISION: &str = "652700";

/// What the sample data directory is made from.
pub(crate) fn setup(public_url: String, suite: SuiteName) -> Setup {
    let inner = CreditCode::organization_check(&AUTHORITY_CODE[8..]).expect("a fixed code");
    let code = CreditCode::compute(&format!("{AUTHORITY_CODE}{inner}")).expect("a fixed code");
    Setup {
        authority: AUTHORITY.to_owned(),
        authority_code: code,
        division: DivisionCode::parse(DIVISION).expect("a fixed code"),
        public_url,
        suite,
        offices: offices(OFFICES).expect("checked by a test"),
        catalog: None,
    }
}

/// The sample forms.
pub(crate) fn forms() -> Vec<Draft> {
    FORMS.lines().map(|line| serde_json::from_str(line).expect("checked by a test")).collect()
}

/// The office that issues the form: entitled to its type, in the smallest division that holds the form's.
pub(crate) fn office_for<'o>(offices: &'o [Office], catalog: &Catalog, draft: &Draft) -> Option<&'o Office> {
    let wanted = catalog.find(&draft.license_type)?.code;
    let division = DivisionCode::parse(&draft.division).ok()?;
    let may = |office: &&Office| {
        let mut rights = office.licenses.iter().filter_map(|name| catalog.find(name));
        office.division.contains(division) && rights.any(|right| right.code == wanted)
    };
    offices.iter().filter(may).max_by_key(|office| office.division == division)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_form_is_without_defect_and_finds_its_office() {
        let setup = setup("http://localhost".to_owned(), SuiteName::Sm2Sm3);
        let catalog = Catalog::embedded();
        let mut types = BTreeSet::new();
        for (place, draft) in forms().iter().enumerate() {
            let office = office_for(&setup.offices, &catalog, draft);
            let office = office.unwrap_or_else(|| panic!("form {place}: no office"));
            let license = draft.check(&catalog, office.code, &office.name);
            let license = license.unwrap_or_else(|defects| panic!("form {place}: {defects:?}"));
            types.insert(license.license_type().key.clone());
        }
        assert_eq!(types.len(), catalog.types().count(), "every license type occurs");
        assert!(forms().len() >= 300);
    }

    #[test]
    fn nothing_begins_later_or_ends_earlier_than_the_demo_may_run() {
        for draft in forms() {
            assert!(draft.issue_date.as_str() <= "2025-12-31");
            assert!(draft.valid_from.is_none_or(|from| from.as_str() <= "2026-01-01"));
            assert!(draft.valid_until.is_none_or(|until| until.as_str() >= "2030-01-01"));
        }
    }

    #[test]
    fn both_suites_are_shown() {
        let setup = setup("http://localhost".to_owned(), SuiteName::Sm2Sm3);
        let sm2 = setup.offices.iter().filter(|office| office.suite == SuiteName::Sm2Sm3).count();
        assert!(sm2 > setup.offices.len() / 2 && sm2 < setup.offices.len());
    }
}
