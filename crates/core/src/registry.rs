use std::sync::Arc;

use boyin_model::id::CreditCode;
use boyin_model::json::Reader;
use boyin_model::seal::{self, Kind};
use boyin_model::time::UnixTime;
use boyin_suite::all_x509;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{Document, SealContext, SealReport, SealVerifier};
use boyin_verify::{Context, Report, StatusSnapshot, TrustSnapshot, Verifier};

/// Trust and status as they were loaded at one instant: all that a verification needs beside bytes and time.
#[derive(Debug)]
pub struct Registry {
    pub(crate) trust: Arc<TrustSnapshot>,
    pub(crate) status: StatusSnapshot,
    /// Anchors of the certificates of seals, from the trust list.
    certificates: CertificateStore,
    /// The trust list as published.
    pub(crate) trust_token: Vec<u8>,
    /// The status lists as published, in the order of the offices and of their numbers; of each office at least one.
    pub(crate) status_lists: Vec<Published>,
}

impl Registry {
    pub(crate) fn new(trust_token: Vec<u8>, trust: Arc<TrustSnapshot>, status_lists: Vec<Published>) -> Self {
        let mut status = StatusSnapshot::default();
        for token in status_lists.iter().filter_map(|list| list.token.as_deref()) {
            // A list that does not verify is as good as none: its licenses are indeterminate, health says so.
            let _ = status.add(token, &trust);
        }
        let certificates = CertificateStore::of_list(trust.list(), &all_x509());
        Self { trust, status, certificates, trust_token, status_lists }
    }

    /// Verifies one license.
    pub fn check(&self, verifier: &Verifier, bytes: &[u8], now: UnixTime) -> Report {
        verifier.check(bytes, &Context { now, trust: &self.trust, status: &self.status })
    }

    /// Verifies many licenses with all cores; each report is that of [`Self::check`].
    pub fn check_bulk<B: AsRef<[u8]> + Sync>(
        &self,
        verifier: &Verifier,
        licenses: &[B],
        now: UnixTime,
    ) -> Vec<Report> {
        verifier.check_bulk(licenses, &Context { now, trust: &self.trust, status: &self.status })
    }

    /// Verifies what somebody presents: a seal, a seal signature over `document`, or a license; the bytes say which.
    pub fn check_any(
        &self,
        verifier: &Verifier,
        bytes: &[u8],
        document: Document<'_>,
        now: UnixTime,
    ) -> Checked {
        let context = self.seal_context(now);
        // Seals of other makers are presented too.
        let seals = SealVerifier::new(Reader::Field);
        match seal::detect(bytes) {
            Some(Kind::Seal) => Checked::Seal(Box::new(seals.check_seal(bytes, &context))),
            Some(Kind::Signature) => {
                Checked::Seal(Box::new(seals.check_signature(bytes, document, &context)))
            }
            None => Checked::License(Box::new(self.check(verifier, bytes, now))),
        }
    }

    /// What the verification of seals depends on: the anchors and the register of the trust list.
    #[must_use]
    pub fn seal_context(&self, now: UnixTime) -> SealContext<'_> {
        SealContext { now, certificates: &self.certificates, register: Some(&self.trust) }
    }

    /// The offices with the URIs of their status lists.
    pub fn status_lists(&self) -> impl Iterator<Item = (CreditCode, &str)> {
        self.status_lists.iter().map(|list| (list.office, list.uri.as_str()))
    }

    /// The lists as they were published: the trust list, and each status list that is at hand.
    pub fn tokens(&self) -> (&[u8], impl Iterator<Item = &[u8]>) {
        (&self.trust_token, self.status_lists.iter().filter_map(|list| list.token.as_deref()))
    }

    /// The trust snapshot.
    #[must_use]
    pub fn trust(&self) -> &TrustSnapshot {
        &self.trust
    }

    /// The status snapshot.
    #[must_use]
    pub fn status(&self) -> &StatusSnapshot {
        &self.status
    }
}

/// The report on a document of one kind or the other.
#[must_use]
#[derive(Clone, Debug)]
pub enum Checked {
    /// A license, or nothing that is known.
    License(Box<Report>),
    /// A seal or a seal signature.
    Seal(Box<SealReport>),
}

impl Checked {
    /// The canonical JSON form of the report.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        match self {
            Self::License(report) => report.to_json(),
            Self::Seal(report) => report.to_json(),
        }
    }
}

/// Name of an office's status list of this number, from 1, within the service: the last part of its URI.
#[must_use]
pub fn status_list_id(office: CreditCode, number: u32) -> String {
    format!("{}-{number}", office.as_str())
}

/// Reads [`status_list_id`].
pub(crate) fn read_status_list_id(id: &str) -> Option<(CreditCode, u32)> {
    let (office, number) = id.split_once('-')?;
    let found = (CreditCode::parse(office).ok()?, number.parse().ok()?);
    // One name for each list: no signs, no zeros before.
    (status_list_id(found.0, found.1) == id).then_some(found)
}

/// A status list as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) office: CreditCode,
    pub(crate) uri: String,
    /// `None` before the first list of an office is published.
    pub(crate) token: Option<Vec<u8>>,
}
