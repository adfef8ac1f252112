//! One certificate, verified for a purpose: every check that can run, and the first that is not passed.

use boyin_model::time::UnixTime;

use super::certificate::{Certificate, CertificateError};
use super::deviation::Deviation;
use super::general::{GeneralName, is_host, mailbox};
use super::oid::Oid;
use super::path::{Asked, Path};
use super::policy::PolicyInputs;
use super::purpose::Purpose;
use super::reason::CertificateReason;
use super::revocation::Revocation;
use super::{CertificateStore, ChainFault, MAX_PATH, Profile};
use crate::outcome::Verdict;

/// What is asked of a certificate.
#[derive(Clone, Debug)]
pub struct CertificateQuery {
    /// The instant for which the question is asked.
    pub at: UnixTime,
    /// What it is to be used for.
    pub purpose: Purpose,
    /// What of RFC 5280 is held against a certificate.
    pub profile: Profile,
    /// Inputs to the policies.
    pub policies: PolicyInputs,
    /// Names that it must bear, each of them.
    pub names: Vec<ExpectedName>,
    /// Without proof that nothing of the path is revoked, the verdict stays open.
    pub require_revocation: bool,
    /// Certificates between it and the anchor, at most [`MAX_PATH`] − 2.
    pub max_intermediates: usize,
}

impl CertificateQuery {
    /// Any purpose and policy, no name, revocation required.
    #[must_use]
    pub fn new(at: UnixTime) -> Self {
        Self {
            at,
            purpose: Purpose::Any,
            profile: Profile::Rfc5280,
            policies: PolicyInputs::default(),
            names: Vec::new(),
            require_revocation: true,
            max_intermediates: MAX_PATH - 2,
        }
    }
}

/// A name that a certificate must bear among its alternative names. The common name does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedName {
    /// A host.
    Dns(String),
    /// An address, 4 or 16 bytes.
    Ip(Vec<u8>),
    /// A mailbox.
    Email(String),
}

impl ExpectedName {
    /// An address, a mailbox or a host.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<std::net::IpAddr>() {
            return Some(Self::Ip(match address {
                std::net::IpAddr::V4(address) => address.octets().to_vec(),
                std::net::IpAddr::V6(address) => address.octets().to_vec(),
            }));
        }
        if text.contains('@') {
            return mailbox(text.as_bytes()).map(|_| Self::Email(text.to_owned()));
        }
        is_host(text.as_bytes(), false).then(|| Self::Dns(text.to_owned()))
    }

    fn is_borne_by(&self, certificate: &Certificate) -> bool {
        certificate.extensions.alternatives.iter().any(|name| match (self, name) {
            (Self::Dns(wanted), GeneralName::Dns(name)) => is_same_host(wanted.as_bytes(), name),
            (Self::Ip(wanted), GeneralName::Ip(name)) => wanted == name,
            (Self::Email(wanted), GeneralName::Email(name)) => is_same_mailbox(wanted.as_bytes(), name),
            _ => false,
        })
    }
}

/// A wildcard stands for the whole first label and nothing else (RFC 9525 §6.3).
fn is_same_host(wanted: &[u8], name: &[u8]) -> bool {
    let Some(parent) = name.strip_prefix(b"*.") else {
        return is_host(name, false) && name.eq_ignore_ascii_case(wanted);
    };
    let dot = wanted.iter().position(|c| *c == b'.');
    // `*.com` would be every host of a registry.
    is_host(name, true)
        && parent.contains(&b'.')
        && dot.is_some_and(|dot| dot > 0 && wanted[dot + 1..].eq_ignore_ascii_case(parent))
}

fn is_same_mailbox(wanted: &[u8], name: &[u8]) -> bool {
    mailbox(wanted)
        .zip(mailbox(name))
        .is_some_and(|(wanted, name)| wanted.0 == name.0 && wanted.1.eq_ignore_ascii_case(name.1))
}

/// The checks, in the order in which they decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateCheck {
    /// It can be read.
    Format,
    /// There is a path to an anchor.
    Path,
    /// It is valid at the instant.
    Time,
    /// Its key is for the purpose.
    Purpose,
    /// It bears the names.
    Name,
    /// Nothing of the path is revoked.
    Revocation,
}

impl CertificateCheck {
    /// Every check, in order.
    pub const ALL: [Self; 6] =
        [Self::Format, Self::Path, Self::Time, Self::Purpose, Self::Name, Self::Revocation];

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Path => "path",
            Self::Time => "time",
            Self::Purpose => "purpose",
            Self::Name => "name",
            Self::Revocation => "revocation",
        }
    }
}

/// The verdict. `Passed`: every check that was asked is passed.
pub type CertificateVerdict = Verdict<CertificateReason>;

/// What was found.
#[derive(Clone, Debug)]
pub struct CertificateReport<'s> {
    /// Each check and why it is not passed; `None` behind a check that did not run.
    pub checks: Vec<(CertificateCheck, Option<Result<(), CertificateReason>>)>,
    /// The path, its subject first, its anchor last; empty without one.
    pub path: Vec<&'s Certificate>,
    /// What stood against the path that came nearest to one.
    pub fault: Option<ChainFault>,
    /// The policies for which the path is valid.
    pub policies: Vec<Oid>,
    /// Of each certificate of the path but the anchor.
    pub revocations: Vec<Revocation>,
    /// Where certificates of the path, or the subject without a path, deviate from RFC 5280.
    pub deviations: Vec<(usize, Deviation)>,
}

impl CertificateReport<'_> {
    /// The first check that failed; if none did, the first that is open.
    #[must_use]
    pub fn verdict(&self) -> CertificateVerdict {
        // What is known to be wrong outweighs what is not known.
        let faults = self.checks.iter().filter_map(|(_, found)| found.as_ref()?.err());
        CertificateVerdict::first_of(faults.map(CertificateVerdict::of_reason))
    }

    /// A report on bytes that are no certificate.
    #[must_use]
    pub fn unreadable(error: CertificateError) -> Self {
        let reason = match error {
            CertificateError::TooLarge => CertificateReason::TooLarge,
            CertificateError::Malformed => CertificateReason::Malformed,
        };
        let format = |check| (check, (check == CertificateCheck::Format).then_some(Err(reason)));
        Self {
            checks: CertificateCheck::ALL.map(format).to_vec(),
            path: Vec::new(),
            fault: None,
            policies: Vec::new(),
            revocations: Vec::new(),
            deviations: Vec::new(),
        }
    }
}

impl CertificateStore {
    /// Verifies a certificate.
    #[must_use]
    pub fn verify<'s>(&'s self, subject: &'s Certificate, query: &CertificateQuery) -> CertificateReport<'s> {
        let asked = Asked {
            at: query.at,
            now: query.at,
            profile: query.profile,
            purpose: query.purpose,
            policies: &query.policies,
            longest: MAX_PATH.min(query.max_intermediates.saturating_add(2)),
        };
        let path = self.path_as(subject, &asked);
        let (revocations, revoked) = match &path {
            Ok(path) => self.judge_revocation(path, query),
            Err(_) => (Vec::new(), None),
        };
        let name = || query.names.iter().all(|name| name.is_borne_by(subject));
        let checks = vec![
            (CertificateCheck::Format, Some(Ok(()))),
            (CertificateCheck::Path, Some(path.as_ref().map(|_| ()).map_err(|fault| fault.reason()))),
            (CertificateCheck::Time, Some(in_time(subject, query.at))),
            (CertificateCheck::Purpose, Some(self.for_purpose(subject, query.purpose))),
            (
                CertificateCheck::Name,
                Some(if name() { Ok(()) } else { Err(CertificateReason::NameMismatch) }),
            ),
            (CertificateCheck::Revocation, revoked),
        ];
        let fault = path.as_ref().err().copied();
        let Path { certificates, policies } =
            path.unwrap_or(Path { certificates: Vec::new(), policies: Vec::new() });
        let judged = if certificates.is_empty() { &[subject][..] } else { &certificates };
        let places = judged.iter().enumerate();
        let deviations =
            places.flat_map(|(at, one)| one.deviations().iter().map(move |found| (at, *found))).collect();
        CertificateReport { checks, path: certificates, fault, policies, revocations, deviations }
    }

    fn judge_revocation(
        &self,
        path: &Path<'_>,
        query: &CertificateQuery,
    ) -> (Vec<Revocation>, Option<Result<(), CertificateReason>>) {
        let found = self.revocations(path, query.at);
        let revoked = |found: &Revocation| matches!(found, Revocation::Revoked(at, _) if *at <= query.at);
        let judged = if found.first().is_some_and(revoked) {
            Err(CertificateReason::Revoked)
        } else if found.iter().any(revoked) {
            Err(CertificateReason::AuthorityRevoked)
        } else if query.require_revocation && found.contains(&Revocation::Unknown) {
            Err(CertificateReason::RevocationUnknown)
        } else {
            Ok(())
        };
        (found, Some(judged))
    }

    fn for_purpose(&self, subject: &Certificate, purpose: Purpose) -> Result<(), CertificateReason> {
        let server = purpose == Purpose::ServerAuth;
        if !purpose.is_allowed_to(subject) || (server && subject.is_authority()) {
            return Err(CertificateReason::Purpose);
        }
        // The subject's own key signs nothing here, but a server's will.
        if server && subject.any_key(self.algs()).is_none() {
            return Err(CertificateReason::Algorithm);
        }
        Ok(())
    }
}

fn in_time(subject: &Certificate, at: UnixTime) -> Result<(), CertificateReason> {
    if at < subject.not_before {
        Err(CertificateReason::NotYetValid)
    } else if subject.not_after < at {
        Err(CertificateReason::Expired)
    } else {
        Ok(())
    }
}

impl ChainFault {
    /// The reason for people and programs.
    #[must_use]
    pub fn reason(self) -> CertificateReason {
        match self {
            Self::IssuerUnknown => CertificateReason::IssuerUnknown,
            Self::TooMuchWork => CertificateReason::TooMuchWork,
            Self::TooLong => CertificateReason::TooLong,
            Self::Algorithm => CertificateReason::Algorithm,
            Self::Signature => CertificateReason::Signature,
            Self::AlgorithmEnded => CertificateReason::AlgorithmEnded,
            Self::NotAnAuthority => CertificateReason::NotAnAuthority,
            Self::PathLength => CertificateReason::PathLength,
            Self::Extension => CertificateReason::Extension,
            Self::NotInTime => CertificateReason::NotInTime,
            Self::Deviates(_) => CertificateReason::Deviates,
            Self::Purpose => CertificateReason::PathPurpose,
            Self::Name => CertificateReason::Name,
            Self::Policy => CertificateReason::Policy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_wildcards() {
        for (wanted, name, expected) in [
            ("a.example.com", "a.example.com", true),
            ("A.example.com", "a.EXAMPLE.com", true),
            ("a.example.com", "*.example.com", true),
            ("example.com", "*.example.com", false),
            ("b.a.example.com", "*.example.com", false),
            ("a.example.com", "a*.example.com", false),
            ("a.example.com", "*.*.com", false),
            ("example.com", "*.com", false),
            (".example.com", "*.example.com", false),
            ("a.example.com", "a.example.com.", false),
        ] {
            assert_eq!(is_same_host(wanted.as_bytes(), name.as_bytes()), expected, "{wanted} {name}");
        }
    }

    #[test]
    fn expected_names() {
        assert_eq!(ExpectedName::parse("::1"), Some(ExpectedName::Ip([[0; 15].as_slice(), &[1]].concat())));
        assert_eq!(ExpectedName::parse("1.2.3.4"), Some(ExpectedName::Ip(vec![1, 2, 3, 4])));
        assert_eq!(ExpectedName::parse("u@a.b"), Some(ExpectedName::Email("u@a.b".into())));
        assert_eq!(ExpectedName::parse("a.b"), Some(ExpectedName::Dns("a.b".into())));
        assert_eq!(ExpectedName::parse("a b"), None);
    }
}
