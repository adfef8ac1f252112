use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::TrustList;
use crate::register::Period;
use crate::time::UnixTime;

/// Characters of a certificate that are shown: its end, which is part of its signature, tells it from all others.
const SHOWN_CHARS: usize = 16;

/// What a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// The list as a whole: who keeps it, for which division.
    List,
    /// An issuer.
    Issuer,
    /// A key of an issuer.
    Key,
    /// A right to issue.
    Entitlement,
    /// Where the status lists of an issuer are.
    StatusLists,
    /// A seal: its owner, its bytes and when it was in use.
    Seal,
    /// An anchor of certificates.
    Anchor,
    /// The certificate of a seal maker.
    Maker,
    /// The anchor of a timestamp authority.
    TimestampAuthority,
    /// The end of an algorithm.
    Algorithm,
    /// A license type in the catalog.
    LicenseType,
    /// A field of a license type.
    Field,
    /// What an agency is given of one license type for one service item.
    Sharing,
}

impl What {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.names().0
    }

    /// Chinese name.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::List => ("list", "列表"),
            Self::Issuer => ("issuer", "颁发机构"),
            Self::Key => ("key", "密钥"),
            Self::Entitlement => ("entitlement", "颁发权限"),
            Self::StatusLists => ("status_lists", "状态列表"),
            Self::Seal => ("seal", "电子印章"),
            Self::Anchor => ("anchor", "信任根证书"),
            Self::Maker => ("maker", "制章人证书"),
            Self::TimestampAuthority => ("timestamp_authority", "时间戳机构"),
            Self::Algorithm => ("algorithm", "算法终止"),
            Self::LicenseType => ("license_type", "证照类型"),
            Self::Field => ("field", "照面字段"),
            Self::Sharing => ("sharing", "共享条目"),
        }
    }
}

/// What a difference does to what may be given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Something may be given, at some time, that might not be before.
    Widened,
    /// Something may no longer be given, and nothing new may.
    Narrowed,
}

impl Effect {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
        }
    }

    /// For people, in both languages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Widened => "WIDER 扩大",
            Self::Narrowed => "narrower 收窄",
        }
    }
}

/// One thing that differs between two lists of one kind.
///
/// Printed as `+ what subject: after`, `- what subject: before` or `~ what subject: before -> after`, and what it does to
/// what may be given away, in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub what: What,
    /// Which one: codes, numbers, or a certificate in base64url.
    pub subject: String,
    /// What the older list says; `None` if it says nothing.
    pub before: Option<String>,
    /// What the newer list says; `None` if it says nothing.
    pub after: Option<String>,
    /// What it does to what may be given away, where it does something.
    pub effect: Option<Effect>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, subject, before, after, effect } = self;
        let certificate = matches!(what, What::Anchor | What::Maker | What::TimestampAuthority);
        let from = subject.len().saturating_sub(SHOWN_CHARS);
        let shown = subject.get(from..).filter(|_| certificate && from > 0);
        let subject = shown.map_or_else(|| subject.clone(), |end| format!("…{end}"));
        let what = what.code();
        match (before, after) {
            (None, Some(after)) => write!(f, "+ {what} {subject}: {after}")?,
            (Some(before), None) => write!(f, "- {what} {subject}: {before}")?,
            (before, after) => {
                let words = |side: &Option<String>| side.clone().unwrap_or_default();
                write!(f, "~ {what} {subject}: {} -> {}", words(before), words(after))?;
            }
        }
        effect.map_or(Ok(()), |effect| write!(f, " [{}]", effect.words()))
    }
}

/// Everything that a list says, each under what it is about.
pub(crate) type Facts = BTreeMap<(What, String), String>;

/// Where two lists say otherwise, ordered by what it is about.
pub(crate) fn compare(before: &Facts, after: &Facts) -> Vec<Difference> {
    let subjects: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differs = |key: &&(What, String)| before.get(*key) != after.get(*key);
    let difference = |key: &(What, String)| Difference {
        what: key.0,
        subject: key.1.clone(),
        before: before.get(key).cloned(),
        after: after.get(key).cloned(),
        effect: None,
    };
    subjects.into_iter().filter(differs).map(difference).collect()
}

impl TrustList {
    /// What `newer` says otherwise, ordered by what it is about. Number and times of the list itself are none of it: they
    /// always differ.
    #[must_use]
    pub fn diff(&self, newer: &Self) -> Vec<Difference> {
        compare(&self.facts(), &newer.facts())
    }

    /// Everything that the list says, each under what it is about.
    fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        facts.insert((What::List, "authority".to_owned()), self.authority.clone());
        facts.insert((What::List, "division".to_owned()), self.division.as_str().to_owned());
        self.facts_of_issuers(&mut facts);
        for seal in &self.seals {
            let versions = seal
                .versions
                .iter()
                .map(|version| format!("{} {}", version.digest, span(version.from, version.until)));
            let periods = seal.in_force.iter().map(|Period { from, until }| span(*from, *until));
            let said = format!(
                "of {}; made {}; in use {}",
                seal.issuer.as_str(),
                versions.collect::<Vec<_>>().join(", "),
                periods.collect::<Vec<_>>().join(", ")
            );
            facts.insert((What::Seal, seal.id.to_string()), said);
        }
        for (what, certificates) in [
            (What::Anchor, &self.certificates),
            (What::Maker, &self.makers),
            (What::TimestampAuthority, &self.timestamp_authorities),
        ] {
            let said = |text: &String| ((what, text.clone()), "trusted".to_owned());
            facts.extend(certificates.iter().map(said));
        }
        for end in &self.algorithms {
            let broken = end.verify_until.map(|at| format!(", verifies until {at}")).unwrap_or_default();
            let said = format!("signs until {}{broken}", end.sign_until);
            facts.insert((What::Algorithm, end.alg.clone()), said);
        }
        facts
    }

    fn facts_of_issuers(&self, facts: &mut Facts) {
        for issuer in &self.issuers {
            let code = issuer.code.as_str();
            let said = format!("{} ({})", issuer.name, issuer.division.as_str());
            facts.insert((What::Issuer, code.to_owned()), said);
            for key in &issuer.keys {
                let said = format!("{} {}", key.alg, span(key.from, key.until));
                facts.insert((What::Key, format!("{code} {}", key.kid)), said);
            }
            for right in &issuer.entitlements {
                let divisions: Vec<_> = right.divisions.iter().map(|division| division.as_str()).collect();
                let subject = format!("{code} {} in {}", right.license_type.as_str(), divisions.join(" "));
                add_span(facts, (What::Entitlement, subject), &span(right.from, right.until));
            }
            for lists in &issuer.status_lists {
                let subject = format!("{code} {}", lists.prefix);
                add_span(facts, (What::StatusLists, subject), &span(lists.from, lists.until));
            }
        }
    }
}

/// The same may have been given, taken and given again.
fn add_span(facts: &mut Facts, of: (What, String), span: &str) {
    let said = facts.entry(of).or_default();
    if !said.is_empty() {
        said.push_str(", ");
    }
    said.push_str(span);
}

/// A time in words.
pub(crate) fn span(from: UnixTime, until: Option<UnixTime>) -> String {
    until.map_or_else(|| format!("from {from}"), |until| format!("from {from} until {until}"))
}
