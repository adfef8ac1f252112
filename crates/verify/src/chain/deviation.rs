//! What the field does although RFC 5280 forbids it to those who issue certificates.

use super::certificate::Certificate;
use super::der::{Cursor, only, tag};
use super::extensions::UsageBit;
use super::general::GeneralName;
use super::time::instant;

const SUBJECT_KEY: &[u8] = &[0x55, 0x1d, 14];
const ALTERNATIVES: &[u8] = &[0x55, 0x1d, 17];
const BASIC: &[u8] = &[0x55, 0x1d, 19];
const CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 35];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
const INHIBIT_ANY: &[u8] = &[0x55, 0x1d, 54];
const INFORMATION_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
/// Octets of a serial number (RFC 5280 §4.1.2.2).
const MAX_SERIAL_BYTES: usize = 20;

macro_rules! deviations {
    ($($(#[doc = $doc:literal])* $name:ident($code:literal),)*) => {
        /// A demand of RFC 5280 on certificates that one does not meet.
        ///
        /// Under [`Profile::Rfc5280`](super::Profile) such a certificate has no path; under
        /// [`Profile::Field`](super::Profile) it is noted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Deviation { $($(#[doc = $doc])* $name,)* }

        impl Deviation {
            /// Every deviation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Stable machine code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

deviations! {
    /// Not in DER: a length or a truth value is not written as it must be, or a time has another form.
    NotDer("not_der"),
    /// Extensions in a version that has none.
    Version("version"),
    /// The serial number is zero or negative.
    SerialNotPositive("serial_not_positive"),
    /// The serial number has more than 20 octets.
    SerialTooLong("serial_too_long"),
    /// The two algorithm identifiers are not the same bytes.
    AlgorithmsDiffer("algorithms_differ"),
    /// The issuer has no name.
    EmptyIssuer("empty_issuer"),
    /// An authority has no name.
    EmptySubject("empty_subject"),
    /// No subject, and the alternative names are not critical or not there.
    AlternativesNotCritical("alternatives_not_critical"),
    /// No authority key identifier, although not self-signed.
    AuthorityKeyMissing("authority_key_missing"),
    /// The authority key identifier is critical.
    AuthorityKeyCritical("authority_key_critical"),
    /// An authority without subject key identifier.
    SubjectKeyMissing("subject_key_missing"),
    /// The subject key identifier is critical.
    SubjectKeyCritical("subject_key_critical"),
    /// Where to ask for the issuer is critical.
    InformationAccessCritical("information_access_critical"),
    /// Basic constraints of an authority are not critical. PKITS has valid paths over such authorities: only for servers
    /// is it held against them.
    BasicNotCritical("basic_not_critical"),
    /// A length of path without being an authority.
    LengthWithoutAuthority("length_without_authority"),
    /// Key usage names nothing.
    UsageEmpty("usage_empty"),
    /// The key may sign certificates, and is no authority's.
    UsageOfAuthority("usage_of_authority"),
    /// An authority without key usage.
    UsageMissing("usage_missing"),
    /// Name constraints are not critical.
    ConstraintsNotCritical("constraints_not_critical"),
    /// Name constraints of who is no authority.
    ConstraintsWithoutAuthority("constraints_without_authority"),
    /// A constraint for domains begins with a dot.
    ConstraintWithDot("constraint_with_dot"),
    /// Policy constraints are not critical; PKITS has such authorities too.
    PolicyConstraintsNotCritical("policy_constraints_not_critical"),
    /// `inhibitAnyPolicy` is not critical.
    InhibitAnyNotCritical("inhibit_any_not_critical"),
}

impl Deviation {
    /// Held against certificates of servers only.
    pub(super) fn only_for_servers(self) -> bool {
        matches!(self, Self::BasicNotCritical | Self::PolicyConstraintsNotCritical)
    }
}

pub(super) fn deviations(certificate: &Certificate) -> Vec<Deviation> {
    let mut found = Vec::new();
    of_structure(certificate, &mut found);
    of_keys_and_names(certificate, &mut found);
    of_authority(certificate, &mut found);
    found
}

fn of_structure(certificate: &Certificate, found: &mut Vec<Deviation>) {
    let walked = walk(certificate.bytes());
    match walked {
        None => found.push(Deviation::NotDer),
        Some(walked) => {
            if !walked.same_algorithms {
                found.push(Deviation::AlgorithmsDiffer);
            }
            if walked.version != 2 && !certificate.extensions.listed.is_empty() {
                found.push(Deviation::Version);
            }
        }
    }
    let serial = certificate.serial();
    let digits = &serial[serial.iter().take_while(|digit| **digit == 0).count()..];
    if digits.is_empty() || serial[0] & 0x80 != 0 {
        found.push(Deviation::SerialNotPositive);
    }
    if digits.len() > MAX_SERIAL_BYTES {
        found.push(Deviation::SerialTooLong);
    }
}

fn of_keys_and_names(certificate: &Certificate, found: &mut Vec<Deviation>) {
    let extensions = &certificate.extensions;
    let mut add = |missed: bool, deviation| {
        if missed {
            found.push(deviation);
        }
    };
    let authority = certificate.is_authority();
    let subject_empty = certificate.subject_name().is_empty();
    add(certificate.issuer_name().is_empty(), Deviation::EmptyIssuer);
    add(authority && subject_empty, Deviation::EmptySubject);
    let named = extensions.critical(ALTERNATIVES) == Some(true);
    add(!authority && subject_empty && !named, Deviation::AlternativesNotCritical);
    let no_authority_key = extensions.authority_key.is_none() && !certificate.is_self_issued();
    add(no_authority_key, Deviation::AuthorityKeyMissing);
    add(extensions.critical(AUTHORITY_KEY) == Some(true), Deviation::AuthorityKeyCritical);
    add(authority && extensions.key_identifier.is_none(), Deviation::SubjectKeyMissing);
    add(extensions.critical(SUBJECT_KEY) == Some(true), Deviation::SubjectKeyCritical);
    add(extensions.critical(INFORMATION_ACCESS) == Some(true), Deviation::InformationAccessCritical);
}

fn of_authority(certificate: &Certificate, found: &mut Vec<Deviation>) {
    let extensions = &certificate.extensions;
    let mut add = |missed: bool, deviation| {
        if missed {
            found.push(deviation);
        }
    };
    let authority = certificate.is_authority();
    let signs = extensions.usage.is_some_and(|usage| usage.has_any(&[UsageBit::KeyCertSign]));
    add(authority && extensions.critical(BASIC) == Some(false), Deviation::BasicNotCritical);
    let length = extensions.basic.and_then(|basic| basic.path_length);
    add(length.is_some() && !authority, Deviation::LengthWithoutAuthority);
    add(extensions.usage.is_some_and(|usage| usage.is_empty()), Deviation::UsageEmpty);
    add(signs && !authority, Deviation::UsageOfAuthority);
    add(authority && extensions.usage.is_none(), Deviation::UsageMissing);
    add(extensions.critical(CONSTRAINTS) == Some(false), Deviation::ConstraintsNotCritical);
    add(extensions.constraints.is_some() && !authority, Deviation::ConstraintsWithoutAuthority);
    let dot = |base: &GeneralName| matches!(base, GeneralName::Dns(text) if text.starts_with(b"."));
    let constraints = extensions.constraints.as_ref();
    let dotted = constraints
        .is_some_and(|constraints| constraints.permitted.iter().chain(&constraints.excluded).any(dot));
    add(dotted, Deviation::ConstraintWithDot);
    add(extensions.critical(POLICY_CONSTRAINTS) == Some(false), Deviation::PolicyConstraintsNotCritical);
    add(extensions.critical(INHIBIT_ANY) == Some(false), Deviation::InhibitAnyNotCritical);
}

struct Walked {
    version: u8,
    same_algorithms: bool,
}

/// Reads the structure of RFC 5280 §4.1 once more, strictly.
fn walk(bytes: &[u8]) -> Option<Walked> {
    let mut outer = only(bytes, tag::SEQUENCE)?;
    let mut tbs = outer.inside(tag::SEQUENCE)?;
    let version = match tbs.option(tag::constructed(0))? {
        // Version 1 is the default, which DER does not write.
        Some(version) => match version.content {
            [2, 1, version @ 1..=2] => *version,
            _ => return None,
        },
        None => 0,
    };
    minimal(tbs.take(tag::INTEGER)?.content)?;
    let inner = tbs.take(tag::SEQUENCE)?.raw;
    tbs.take(tag::SEQUENCE)?;
    let mut validity = tbs.inside(tag::SEQUENCE)?;
    is_time(&mut validity)?;
    is_time(&mut validity)?;
    validity.end()?;
    tbs.take(tag::SEQUENCE)?;
    tbs.take(tag::SEQUENCE)?;
    tbs.option(tag::context(1))?;
    tbs.option(tag::context(2))?;
    if let Some(extensions) = tbs.option(tag::constructed(3))? {
        let mut list = only(extensions.content, tag::SEQUENCE)?;
        while !list.is_empty() {
            is_extension(list.inside(tag::SEQUENCE)?)?;
        }
    }
    tbs.end()?;
    let same_algorithms = outer.take(tag::SEQUENCE)?.raw == inner;
    outer.take(tag::BIT_STRING)?;
    outer.end()?;
    Some(Walked { version, same_algorithms })
}

fn minimal(integer: &[u8]) -> Option<()> {
    match integer {
        [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => None,
        _ => Some(()),
    }
}

fn is_time(items: &mut Cursor<'_>) -> Option<()> {
    instant(items.next()?).map(|_| ())
}

fn is_extension(mut items: Cursor<'_>) -> Option<()> {
    let oid = items.take(tag::OID)?;
    if let Some(critical) = items.option(tag::BOOLEAN)? {
        (critical.content == [0xff]).then_some(())?;
    }
    let value = items.take(tag::OCTET_STRING)?;
    items.end()?;
    if oid.content == BASIC {
        let mut basic = only(value.content, tag::SEQUENCE)?;
        if let Some(ca) = basic.option(tag::BOOLEAN)? {
            (ca.content == [0xff]).then_some(())?;
        }
    }
    Some(())
}
