//! Commitments that are to be checked afterwards (告知承诺 事后核查): which of them are due, from the decisions that are kept.
//!
//! A decision says who checks what was declared, and until when. That somebody did is in no decision: the office that checks keeps its
//! own register of it.

use boyin_model::time::Date;
use serde::Deserialize;

use super::{Decided, DecidedMaterial};

/// What an applicant declared in place of a paper, and how it is followed up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Declared {
    /// What was declared, in Chinese.
    pub zh: String,
    /// What was declared, in English.
    pub en: String,
    /// Who checks it.
    pub checked_by: String,
    /// Until which day.
    pub until: Date,
    /// What follows if it is false, in Chinese.
    pub if_false_zh: String,
    /// What follows if it is false, in English.
    pub if_false_en: String,
}

/// Which follow-ups are asked for: all of these at once; without any, every one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowUps {
    /// Due on this day or later.
    pub from: Option<Date>,
    /// Due on this day or before.
    pub until: Option<Date>,
    /// Credit code of the office that was asked first.
    pub office: Option<String>,
}

impl FollowUps {
    /// The commitments of a decision that are asked for, each with its material.
    #[must_use]
    pub fn of<'d>(&self, decided: &'d Decided) -> Vec<(&'d DecidedMaterial, &'d Declared)> {
        if self.office.as_deref().is_some_and(|office| office != decided.office.0.as_str()) {
            return Vec::new();
        }
        let declared = decided.materials.iter().filter_map(|one| Some(one).zip(one.declared.as_ref()));
        declared.filter(|(_, declared)| self.due(declared.until)).collect()
    }

    fn due(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// 2026-07-01 in China.
    const AT: u64 = 1_782_867_600;

    fn payload(way: &str, follow_up: &Value) -> Value {
        json!({ "channel": "window", "format": 1, "decision": {
            "at": AT, "division": "652701",
            "first_contact": { "code": "11100000000013338W", "name": "办公室" },
            "items": [{ "code": "c", "key": "unemployment-registration", "name": "失业登记" }],
            "materials": [
                { "findings": [], "items": ["c"], "key": "card", "licenses": [], "outcome": "submit" },
                { "findings": [], "follow_up": follow_up, "items": ["c"], "key": "statement", "licenses": [],
                  "outcome": "exempt", "way": way },
            ],
        } })
    }

    fn declared() -> Value {
        json!({ "checked_by": "民政部门", "en": "True", "if_false_en": "Reclaimed", "if_false_zh": "追回",
                "until": "2026-07-31", "zh": "属实" })
    }

    fn read(way: &str, follow_up: &Value) -> Option<Decided> {
        Decided::of_payload(7, payload(way, follow_up).to_string().as_bytes())
    }

    #[test]
    fn only_what_was_declared_is_followed_up_and_within_the_days_that_are_asked_for() {
        let decided = read("commitment", &declared()).unwrap();
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        let count = |wanted: FollowUps| wanted.of(&decided).len();
        let all = FollowUps::default().of(&decided);
        let [(material, found)] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((material.key.as_str(), found.checked_by.as_str()), ("statement", "民政部门"));
        for (from, until, expected) in [
            (None, day("2026-07-31"), 1),
            (None, day("2026-07-30"), 0),
            (day("2026-07-31"), None, 1),
            (day("2026-08-01"), None, 0),
        ] {
            assert_eq!(count(FollowUps { from, until, office: None }), expected, "{from:?} {until:?}");
        }
        for (office, expected) in [("11100000000013338W", 1), ("11430000006122244L", 0)] {
            assert_eq!(
                count(FollowUps { office: Some(office.to_owned()), ..FollowUps::default() }),
                expected
            );
        }
        let online = json!({ "at": "许可系统", "en": "The permit", "zh": "核对许可" });
        let online = read("verified_online", &online).unwrap();
        assert!(FollowUps::default().of(&online).is_empty());
    }

    /// A list that leaves out what it cannot read would look complete.
    #[test]
    fn a_commitment_that_cannot_be_read_is_no_decision() {
        for member in ["checked_by", "en", "if_false_en", "if_false_zh", "until", "zh"] {
            let mut broken = declared();
            broken.as_object_mut().unwrap().remove(member);
            assert!(read("commitment", &broken).is_none(), "{member}");
        }
        assert!(read("commitment", &Value::Null).is_none());
    }
}
