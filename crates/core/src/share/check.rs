//! Comparing what is said of a license with what is on file (核验).

use boyin_archive::LicenseRecord;
use boyin_model::id::{HolderCode, LicenseTypeCode};
use boyin_model::sharing::ShareRefusal;
use boyin_model::time::UnixTime;
use boyin_verify::{Reason, Verdict};

use super::look::OfType;
use super::{Answer, ShareFault, ShareQuery};
use crate::lookup::Lookup;

/// What somebody says of a license of a holder, to be compared.
#[derive(Clone, Copy)]
pub struct SharedStatement<'s> {
    /// Whose it is.
    pub holder: &'s HolderCode,
    /// Of which type.
    pub license_type: LicenseTypeCode,
    /// Its number.
    pub number: Option<&'s str>,
    /// The holder's name.
    pub name: Option<&'s str>,
}

/// Prints nothing: it names a person.
impl std::fmt::Debug for SharedStatement<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedStatement(..)")
    }
}

/// What comparing found (GB/T 36906, verifyCertInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertCheck {
    /// Right, and in force.
    InForce,
    /// Right, and not in force yet.
    NotYet,
    /// Right, and suspended.
    Suspended,
    /// Right, and no longer in force.
    NoLonger,
    /// The holder has none of this type.
    NotFound,
    /// Something is not as it was said, or the license itself is not good.
    PartlyWrong,
    /// Whether one that is right is in force cannot be said now, or not all that the holder has was looked at.
    Undecided,
}

/// What comparing found, and whether anything was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The answer.
    pub check: CertCheck,
    /// Whether there is a license that is as it was said: without one, comparing was a try.
    pub right: bool,
}

impl CertCheck {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::NotYet => "not_yet",
            Self::Suspended => "suspended",
            Self::NoLonger => "no_longer",
            Self::NotFound => "not_found",
            Self::PartlyWrong => "partly_wrong",
            Self::Undecided => "undecided",
        }
    }

    /// What a verdict on a license says whose content is as it was said.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::InForce,
            Verdict::Failed(Reason::NotYetValid) => Self::NotYet,
            Verdict::Failed(Reason::Suspended) => Self::Suspended,
            Verdict::Failed(Reason::Revoked | Reason::Expired | Reason::Superseded) => Self::NoLonger,
            Verdict::Failed(_) => Self::PartlyWrong,
            Verdict::Indeterminate(_) => Self::Undecided,
        }
    }

    /// What is said of two licenses that are as it was said, of which `self` is the newer one: that one is in force, if either is; no
    /// “no” where one of them may be; else what is said of the newer one.
    fn or(self, older: Self) -> Self {
        match (self, older) {
            (Self::InForce, _) | (_, Self::InForce) => Self::InForce,
            (Self::Undecided, _) | (_, Self::Undecided) => Self::Undecided,
            (newer, _) => newer,
        }
    }
}

impl Lookup {
    /// Compares what somebody says of a license with what is on file. Comparing tells: it is given to nobody who is not given the
    /// holder's number and every field that is compared.
    ///
    /// # Errors
    /// As [`share_license`](Self::share_license).
    pub fn share_check(
        &self,
        said: &SharedStatement<'_>,
        query: &ShareQuery<'_>,
        now: UnixTime,
    ) -> Answer<Compared> {
        let mut asked = vec!["holder_code"];
        asked.extend(said.number.map(|_| "license_number"));
        asked.extend(said.name.map(|_| "holder_name"));
        let query = ShareQuery { fields: Some(&asked), ..*query };
        let given = match self.given(said.license_type, &query, now)? {
            Ok(given) if given.fields.len() == asked.len() => given,
            Ok(_) => return Ok(Err(ShareFault::Refused(ShareRefusal::FieldsNotShared))),
            Err(fault) => return Ok(Err(fault)),
        };
        let key = self.holder_key(said.holder);
        self.with_code_of(&given, key, now, |code| {
            let right = |record: &LicenseRecord| {
                said.number.is_none_or(|number| number == record.number)
                    && said.name.is_none_or(|name| name == record.holder_name)
            };
            let looked = self.of_type(said.holder, &given, right)?;
            let check = self.compare(&looked, now);
            let deeds = looked.records.iter().map(|record| (record, "compared"));
            self.keep_all(&given, deeds, key, "compared, none right", code, now)?;
            Ok(Ok(Compared { check, right: !looked.records.is_empty() }))
        })
    }

    /// What is said of the licenses that are as it was said.
    fn compare(&self, looked: &OfType<LicenseRecord>, now: UnixTime) -> CertCheck {
        let checks =
            looked.records.iter().map(|record| CertCheck::of(self.verify(&record.credential, now).verdict()));
        looked.answer(checks.reduce(CertCheck::or))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_is_said_of_several_licenses_only_where_none_may_be_in_force() {
        use CertCheck::{InForce, NoLonger, NotYet, PartlyWrong, Undecided};
        for (checks, said) in [
            (&[NoLonger, InForce][..], InForce),
            (&[Undecided, InForce], InForce),
            (&[InForce, Undecided], InForce),
            (&[NoLonger, Undecided], Undecided),
            (&[Undecided, NoLonger], Undecided),
            (&[PartlyWrong, NoLonger, Undecided, NotYet], Undecided),
            (&[NotYet, NoLonger], NotYet),
            (&[NoLonger, NotYet], NoLonger),
        ] {
            assert_eq!(checks.iter().copied().reduce(CertCheck::or), Some(said), "{checks:?}");
        }
    }
}
