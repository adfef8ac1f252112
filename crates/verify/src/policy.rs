//! How strictly to verify, as data: named, versioned, and known by its digest in every report.

use std::borrow::Cow;
use std::num::NonZeroU16;

use boyin_model::alg::VerifyAlg;
use boyin_model::json::{self, Object, Reader, Value, object, text};

use crate::check::fingerprint;
use crate::report::Check;

/// Clocks of issuers and verifiers may differ by this much. Applies to the instant of issue of a license and to the making
/// of both lists; validity and staleness are exact.
pub const CLOCK_TOLERANCE_SECONDS: u64 = 300;
/// Bytes of a policy.
pub const MAX_POLICY_BYTES: usize = 4096;
/// Characters of a policy's name.
pub const MAX_POLICY_NAME: usize = 64;

/// The `format` that is read and written.
const POLICY_FORMAT: i64 = 1;
/// The name of a policy that was changed in code.
const CHANGED: &str = "changed";

const BUILT_IN: [&[u8]; 3] = [
    include_bytes!("../policies/strict.json"),
    include_bytes!("../policies/outage.json"),
    include_bytes!("../policies/file.json"),
];

/// What to do with a list that is past its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenStale {
    /// The verdict is Indeterminate.
    #[default]
    Indeterminate,
    /// The list serves for some more hours; the report notes it.
    AcceptFor {
        /// Hours after the end of the list.
        hours: NonZeroU16,
    },
}

/// What a check that is not passed means for the verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// The verdict is not Passed.
    #[default]
    Fail,
    /// The verdict stands; whoever acts on it is warned.
    Warn,
    /// The verdict stands; the report tells.
    Inform,
}

impl Weight {
    const ALL: [Self; 3] = [Self::Fail, Self::Warn, Self::Inform];

    /// `fail`, `warn` or `inform`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Inform => "inform",
        }
    }
}

/// How strictly to verify (`docs/format.md` §8.1). The default is the strictest, `strict`.
///
/// ```
/// use boyin_verify::{Check, Policy, Weight};
/// let policy = Policy::read(br#"{"checks":{"validity":"warn"},"format":1,"name":"counter-3","reader":"ours",
///     "stale_status_hours":24,"stale_trust_hours":0,"version":2}"#)?;
/// assert_eq!(policy.weight(Check::Validity), Weight::Warn);
/// assert!(Policy::read(&Policy::default().write()).is_ok());
/// # Ok::<(), boyin_verify::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    name: Cow<'static, str>,
    version: u32,
    reader: Reader,
    stale_trust: WhenStale,
    stale_status: WhenStale,
    weights: [Weight; Check::ALL.len()],
}

/// Why bytes are no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Larger than [`MAX_POLICY_BYTES`], no JSON object, or one of another `format`.
    #[error("not a policy of format {POLICY_FORMAT}")]
    Format,
    /// A member is missing, unknown or out of its bounds.
    #[error("{0} is missing, unknown or out of bounds")]
    Member(&'static str),
    /// A check that no policy may lower: without it nothing is known of the license.
    #[error("{} always counts in full", .0.code())]
    NotToLower(Check),
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            name: Cow::Borrowed("strict"),
            version: 1,
            reader: Reader::Ours,
            stale_trust: WhenStale::Indeterminate,
            stale_status: WhenStale::Indeterminate,
            weights: [Weight::Fail; Check::ALL.len()],
        }
    }
}

impl Policy {
    /// The policies that come with this crate: `strict`; `outage`, for days on which lists cannot be fetched; `file`, to
    /// look at old licenses: whether they are genuine, whatever became of them.
    #[must_use]
    pub fn built_in() -> [Self; 3] {
        BUILT_IN.map(|bytes| Self::read(bytes).expect("the policies of this crate are policies"))
    }

    /// The built-in policy of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::built_in().into_iter().find(|policy| policy.name == name)
    }

    /// Reads a policy; white space and the order of members are free.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn read(bytes: &[u8]) -> Result<Self, PolicyError> {
        let parsed = (bytes.len() <= MAX_POLICY_BYTES).then(|| json::parse(bytes, Reader::Field).ok());
        let Some(Value::Object(mut object)) = parsed.flatten().map(|parsed| parsed.value) else {
            return Err(PolicyError::Format);
        };
        if object.remove("format").and_then(|format| format.as_int()) != Some(POLICY_FORMAT) {
            return Err(PolicyError::Format);
        }
        let policy = Self {
            name: name(&mut object)?,
            version: number(&mut object, "version")?
                .filter(|version| *version > 0)
                .ok_or(missing("version"))?,
            reader: reader(&mut object)?,
            stale_trust: stale(&mut object, "stale_trust_hours")?,
            stale_status: stale(&mut object, "stale_status_hours")?,
            weights: weights(&mut object)?,
        };
        if object.is_empty() { Ok(policy) } else { Err(PolicyError::Member("an additional member")) }
    }

    /// The canonical bytes, over which [`Self::digest`] is made.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let lowered = Check::ALL.into_iter().zip(self.weights).filter(|(_, weight)| *weight != Weight::Fail);
        let int = |number: u32| Value::Int(i64::from(number));
        let hours = |stale| match stale {
            WhenStale::Indeterminate => int(0),
            WhenStale::AcceptFor { hours } => int(u32::from(hours.get())),
        };
        let members = object([
            ("checks", object(lowered.map(|(check, weight)| (check.code(), text(weight.code()))))),
            ("format", Value::Int(POLICY_FORMAT)),
            ("name", Value::Text(Cow::Borrowed(&self.name))),
            ("reader", text(reader_code(self.reader))),
            ("stale_status_hours", hours(self.stale_status)),
            ("stale_trust_hours", hours(self.stale_trust)),
            ("version", int(self.version)),
        ]);
        let mut out = Vec::new();
        json::write(&members, &mut out);
        out
    }

    /// `sha-256:<hex>` of the canonical bytes; with the digest of the first algorithm if none has SHA-256.
    #[must_use]
    pub fn digest(&self, algs: &[&'static dyn VerifyAlg]) -> String {
        fingerprint(algs, &self.write())
    }

    /// Its name: lower-case letters, digits, dots and hyphens.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whose credentials are read.
    #[must_use]
    pub fn reads(&self) -> Reader {
        self.reader
    }

    /// What a check counts.
    #[must_use]
    pub fn weight(&self, check: Check) -> Weight {
        self.weights[check.place()]
    }

    pub(crate) fn weights(&self) -> &[Weight; Check::ALL.len()] {
        &self.weights
    }

    pub(crate) fn stale_trust(&self) -> WhenStale {
        self.stale_trust
    }

    pub(crate) fn stale_status(&self) -> WhenStale {
        self.stale_status
    }

    /// The same policy for a stale trust list, under another name.
    #[must_use]
    pub fn when_trust_stale(self, stale_trust: WhenStale) -> Self {
        Self { stale_trust, name: Cow::Borrowed(CHANGED), ..self }
    }

    /// The same policy for a stale status list, under another name.
    #[must_use]
    pub fn when_status_stale(self, stale_status: WhenStale) -> Self {
        Self { stale_status, name: Cow::Borrowed(CHANGED), ..self }
    }

    /// The same policy for another reader, under another name.
    #[must_use]
    pub fn reader(self, reader: Reader) -> Self {
        Self { reader, name: Cow::Borrowed(CHANGED), ..self }
    }
}

fn missing(member: &'static str) -> PolicyError {
    PolicyError::Member(member)
}

fn name(object: &mut Object<'_>) -> Result<Cow<'static, str>, PolicyError> {
    let tidy = |name: &str| {
        (1..=MAX_POLICY_NAME).contains(&name.len())
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
    };
    let name = object.remove("name");
    let name = name.as_ref().and_then(Value::as_text).filter(|name| tidy(name)).ok_or(missing("name"))?;
    Ok(Cow::Owned(name.to_owned()))
}

fn number(object: &mut Object<'_>, member: &'static str) -> Result<Option<u32>, PolicyError> {
    let value = object.remove(member).ok_or(missing(member))?;
    Ok(value.as_int().and_then(|value| u32::try_from(value).ok()))
}

fn stale(object: &mut Object<'_>, member: &'static str) -> Result<WhenStale, PolicyError> {
    let hours = number(object, member)?.and_then(|hours| u16::try_from(hours).ok()).ok_or(missing(member))?;
    Ok(NonZeroU16::new(hours).map_or(WhenStale::Indeterminate, |hours| WhenStale::AcceptFor { hours }))
}

fn reader(object: &mut Object<'_>) -> Result<Reader, PolicyError> {
    let reader = object.remove("reader");
    let code = reader.as_ref().and_then(Value::as_text);
    let known = [Reader::Ours, Reader::Field].into_iter().find(|reader| code == Some(reader_code(*reader)));
    known.ok_or(missing("reader"))
}

fn reader_code(reader: Reader) -> &'static str {
    match reader {
        Reader::Ours => "ours",
        Reader::Field => "field",
    }
}

fn weights(object: &mut Object<'_>) -> Result<[Weight; Check::ALL.len()], PolicyError> {
    let checks = object.remove("checks");
    let checks = checks.as_ref().and_then(Value::as_object).ok_or(missing("checks"))?;
    let mut weights = [Weight::Fail; Check::ALL.len()];
    for (code, weight) in checks.members() {
        let check = Check::ALL.into_iter().find(|check| check.code() == code).ok_or(missing("checks"))?;
        let found = Weight::ALL.into_iter().find(|known| weight.as_text() == Some(known.code()));
        let weight = found.ok_or(missing("checks"))?;
        if weight != Weight::Fail && !check.may_be_lowered() {
            return Err(PolicyError::NotToLower(check));
        }
        weights[check.place()] = weight;
    }
    Ok(weights)
}
