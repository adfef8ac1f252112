//! Documents (OFD) that are presented, with the license that they carry: a seal on a page says nothing of what happened to the
//! license since.

use std::io;

use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::json::{self, Reader, Value, instant, object};
use boyin_model::register::SealId;
use boyin_model::seal::PERSONAL_SEAL;
use boyin_model::time::{Date, UnixTime};
use boyin_ofd::package::Source;
use boyin_ofd::{Cause, DocumentReport, OfdReport, OfdVerifier, VerifiedContents};
use boyin_suite::all_jws;
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::{Profile, SealContext, SealReport};
use boyin_verify::{AnyReason, Reason, ReasonInfo, Report, TrustSnapshot, Verdict, Verifier};

use crate::registry::Registry;

/// The last step of the name of the file that holds the license; letters are compared without case.
const LICENSE_FILE: &str = "license.txt";
/// Metadata of GB/T 36903: the identifier of the license.
const LICENSE_ID: &str = "ZZBS";
/// Until when an annotated copy may be used.
const COPY_UNTIL: &str = "JZJYXQJZSJ";
/// What it was made for.
const COPY_PURPOSE: &str = "JZJZZSY";
/// Bytes of a date, as an instant begins with it.
const DATE_BYTES: usize = 10;

boyin_verify::reasons! {
    /// Why a document whose seals and signatures hold did not pass, beside the reasons of the license that it carries. Closed;
    /// codes are stable.
    pub enum DocumentReason;
    /// It carries several licenses, or one that is not read.
    LicenseUnclear("document_license_unclear", Failed, "ofd 10", Issuer) {
        "文件所附的证照不止一份，或超过允许的大小，无法确定所附的是哪一份", "The document carries more than one license, or one beyond a limit: it is not certain which one it stands for",
        "不予采信，请颁发机构重新制作", "Do not rely on it; the issuer has to make the document again" }
    /// Its metadata name another license.
    LicenseDiffers("document_license_differs", Failed, "ofd 10", Issuer) {
        "文件元数据中的证照标识与所附证照不一致", "The license that the document carries is not the one that its metadata name",
        "不予采信，联系颁发机构核实", "Do not rely on it; ask the issuer" }
    /// A copy whose end is not one instant.
    CopyEndUnclear("document_copy_end_unclear", Failed, "ofd 10", Issuer) {
        "加注件的有效期截止时间无法读取", "Until when the annotated copy may be used cannot be read",
        "不予采信，请制作机构重新制作加注件", "Do not rely on it; whoever made the copy has to make it again" }
    /// A copy after its end.
    CopyEnded("document_copy_ended", Failed, "ofd 10", Holder) {
        "加注件已过有效期", "The annotated copy is past the time until which it may be used",
        "请持证人重新申请加注件，或出示证照", "The holder has to ask for another copy, or to present the license" }
    /// The seal of nobody who answers for it is on it.
    SealMissing("document_seal_missing", Failed, "ofd 10", Holder) {
        "文件没有应有的印章：证照须有颁发机构已备案的印章，加注件须有任一已备案机构的印章，个人名章不算", "The seal is missing that answers for it: a registered one of the office that issued the license, or on an annotated copy of any office; a person's seal does not count",
        "不予采信，请持证人提交颁发机构或加注机构签章的文件", "Do not rely on it; the holder has to present the document that the office sealed" }
    /// Nobody asked for the status of the license, nor whether the seal that answers for it or for a copy is registered.
    LicenseNotChecked("document_license_not_checked", Open, "ofd 10", Verifier) {
        "签章有效，但没有信任列表和状态列表：未核验所附证照（可能已撤销），也未核验文件是否有应有的已备案印章", "The seals hold; without trust list and status list it was not verified what became of a license that the document carries, nor whether the seal that answers for the document is registered",
        "用数据目录或在线服务核验，或提取证照另行核验", "Verify with a data directory or a service, or take the license out and verify that" }
}

/// Why a document did not pass: a reason of its seals and signatures, of its license, or of how the two belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentCause {
    /// Of the document, a seal or a signature.
    Ofd(Cause),
    /// Of the license that it carries.
    License(Reason),
    /// Of the two together.
    Document(DocumentReason),
}

impl DocumentCause {
    /// What the reason means.
    #[must_use]
    pub fn info(self) -> ReasonInfo {
        match self {
            Self::Ofd(cause) => cause.info(),
            Self::License(reason) => reason.info(),
            Self::Document(reason) => reason.info(),
        }
    }

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.info().code
    }
}

impl AnyReason for DocumentCause {
    fn info(self) -> ReasonInfo {
        Self::info(self)
    }

    fn is_indeterminate(self) -> bool {
        match self {
            Self::Ofd(cause) => cause.is_indeterminate(),
            Self::License(reason) => reason.is_indeterminate(),
            Self::Document(reason) => reason.is_indeterminate(),
        }
    }
}

/// The answer over document and license. Unknown is never `Passed`.
pub type DocumentVerdict = Verdict<DocumentCause>;

/// What documents are verified with.
#[derive(Clone, Copy, Debug)]
pub enum DocumentTrust<'t> {
    /// Trust list and status lists.
    Registry(&'t Registry),
    /// Certificates of seals alone: neither a license that a document carries is judged, nor whether the seal on it or on an
    /// annotated copy is a registered one, and the verdict on such a document is at best indeterminate
    /// ([`DocumentReason::LicenseNotChecked`]).
    Certificates(&'t CertificateStore),
}

impl<'t> DocumentTrust<'t> {
    fn context(self, now: UnixTime) -> SealContext<'t> {
        match self {
            Self::Registry(registry) => registry.seal_context(now),
            Self::Certificates(certificates) => SealContext { now, certificates, register: None },
        }
    }

    fn registry(self) -> Option<&'t Registry> {
        match self {
            Self::Registry(registry) => Some(registry),
            Self::Certificates(_) => None,
        }
    }
}

/// Verifies documents together with the licenses that they carry: the license under the strictest policy, for the same instant.
#[derive(Clone, Debug)]
pub struct DocumentVerifier {
    ofd: OfdVerifier,
    licenses: Verifier,
}

impl Default for DocumentVerifier {
    /// Seals of other makers are presented too.
    fn default() -> Self {
        Self { ofd: OfdVerifier::new(Reader::Field), licenses: Verifier::new(&all_jws()) }
    }
}

impl DocumentVerifier {
    /// The same verifier with one profile for all seals.
    #[must_use]
    pub fn with_profile(self, profile: &'static Profile) -> Self {
        Self { ofd: self.ofd.with_profile(profile), ..self }
    }

    /// For documents with our own seals, read without leniency.
    pub(crate) fn of_own() -> Self {
        Self { ofd: OfdVerifier::new(Reader::Ours), ..Self::default() }
    }

    /// [`Self::check`] with what the seals are verified with, the seals that are registered, and what judges a license.
    pub(crate) fn check_with(
        &self,
        bytes: &[u8],
        (context, trust): (&SealContext<'_>, &TrustSnapshot),
        license: impl FnOnce(&[u8]) -> Report,
    ) -> CheckedDocument {
        let found = Found::of(self.ofd.check(bytes, context), context.now);
        let license = found.license.as_deref().map(license);
        found.with(license, Some(trust))
    }

    /// Verifies a document of any size that is read from a source ([`OfdVerifier::check_source`]).
    ///
    /// # Errors
    /// As [`OfdVerifier::check_source`]: it says nothing of the document.
    pub fn check(
        &self,
        source: impl Source,
        trust: DocumentTrust<'_>,
        now: UnixTime,
    ) -> io::Result<CheckedDocument> {
        let found = Found::of(self.ofd.check_source(source, &trust.context(now))?, now);
        let registry = trust.registry();
        let license = found.license.as_deref().zip(registry);
        let license = license.map(|(license, registry)| registry.check(&self.licenses, license, now));
        Ok(found.with(license, registry.map(Registry::trust)))
    }

    /// Verifies many documents with all cores ([`OfdVerifier::check_many`]), each with its license. Each result is that of
    /// [`Self::check`] over the same bytes, without the pictures of seals. All are held: for very many documents there is
    /// [`Self::check_many_with`].
    pub fn check_many<B: AsRef<[u8]> + Sync>(
        &self,
        documents: &[B],
        trust: DocumentTrust<'_>,
        now: UnixTime,
    ) -> Vec<CheckedDocument> {
        self.check_many_with(documents, trust, now, std::convert::identity)
    }

    /// As [`Self::check_many`], without holding all results: what `each` makes of them is held. It is called on the thread that
    /// verified the document, as soon as that is done.
    pub fn check_many_with<B: AsRef<[u8]> + Sync, T: Send>(
        &self,
        documents: &[B],
        trust: DocumentTrust<'_>,
        now: UnixTime,
        each: impl Fn(CheckedDocument) -> T + Sync,
    ) -> Vec<T> {
        let finish = |reports: Vec<OfdReport>| -> Vec<T> {
            self.with_licenses(reports, trust, now).into_iter().map(&each).collect()
        };
        self.ofd.check_many_with(documents, &trust.context(now), finish)
    }

    /// The licenses of a few documents are verified together.
    fn with_licenses(
        &self,
        reports: Vec<OfdReport>,
        trust: DocumentTrust<'_>,
        now: UnixTime,
    ) -> Vec<CheckedDocument> {
        let found: Vec<_> = reports.into_iter().map(|report| Found::of(report, now)).collect();
        let Some(registry) = trust.registry() else {
            return found.into_iter().map(|found| found.with(None, None)).collect();
        };
        let licenses: Vec<_> = found.iter().filter_map(|found| found.license.as_deref()).collect();
        let mut reports = registry.check_bulk(&self.licenses, &licenses, now).into_iter();
        let with = |found: Found| {
            let license = found.license.as_ref().and_then(|_| reports.next());
            found.with(license, Some(registry.trust()))
        };
        found.into_iter().map(with).collect()
    }
}

/// What a document that passed says of the license that it stands for; nothing of one that did not.
struct Found {
    ofd: OfdReport,
    license: Option<Vec<u8>>,
    /// The identifier in the metadata, if there is one and no other.
    id: Option<String>,
    copy: Option<CopyTerm>,
    sealed: Vec<Sealed>,
    /// What is wrong without looking into the license.
    faults: Vec<DocumentReason>,
}

/// A document that carries a license or is an annotated copy, with the seals on it.
struct Sealed {
    /// Any office may have made it.
    is_copy: bool,
    /// What those of offices that passed call themselves.
    seals: Vec<SealId>,
}

impl Sealed {
    /// Whether one of its seals is a registered one of who answers for it.
    fn is_answered_for(&self, issuer: Option<CreditCode>, trust: &TrustSnapshot) -> bool {
        let mut owners = self.seals.iter().filter_map(|id| trust.seal(*id)).map(|seal| seal.issuer);
        owners.any(|owner| self.is_copy || Some(owner) == issuer)
    }
}

impl Found {
    fn of(ofd: OfdReport, now: UnixTime) -> Self {
        let (ofd, contents) = match ofd.into_verified() {
            Ok(verified) => verified.into_parts(),
            Err(report) => (*report, Vec::new()),
        };
        let seals: Vec<_> = ofd.documents().iter().map(seals).collect();
        let (license, id, copy) = (None, None, None);
        let mut found = Self { ofd, license, id, copy, sealed: Vec::new(), faults: Vec::new() };
        let mut licenses = Vec::new();
        // Of what passed each document has its contents.
        for (contents, seals) in contents.into_iter().zip(seals) {
            let VerifiedContents { custom, attachments } = contents;
            let own = attachments.into_iter().filter(|attachment| is_license(&attachment.entry));
            let before = licenses.len();
            licenses.extend(own.map(|attachment| attachment.bytes));
            let carries = licenses.len() > before;
            if carries {
                found.id = only(&custom, LICENSE_ID).map(str::to_owned);
            }
            let is_copy = custom.iter().any(|(name, _)| name == COPY_UNTIL);
            if is_copy {
                found.ends(&custom, now);
            }
            if carries || is_copy {
                found.sealed.push(Sealed { is_copy, seals });
            }
        }
        let count = licenses.len();
        found.license = licenses.pop().flatten().filter(|_| count == 1);
        if count > 0 && found.license.is_none() {
            found.faults.push(DocumentReason::LicenseUnclear);
        }
        found
    }

    /// Takes up until when a copy may be used. Of several ends the earliest counts.
    fn ends(&mut self, custom: &[(String, String)], now: UnixTime) {
        let Some(until) = only(custom, COPY_UNTIL).and_then(read_instant) else {
            self.faults.push(DocumentReason::CopyEndUnclear);
            return;
        };
        if now > until {
            self.faults.push(DocumentReason::CopyEnded);
        }
        if self.copy.as_ref().is_none_or(|known| until < known.until) {
            self.copy = Some(CopyTerm { until, purpose: only(custom, COPY_PURPOSE).map(str::to_owned) });
        }
    }

    /// With the report on the license, if there is one and it was judged, and with the register of seals, if there is one.
    fn with(self, license: Option<Report>, trust: Option<&TrustSnapshot>) -> CheckedDocument {
        let Self { ofd, license: carried, id, copy, sealed, faults } = self;
        let mut all = vec![lifted(ofd.verdict(), DocumentCause::Ofd)];
        match &license {
            Some(report) => {
                all.push(lifted(report.verdict(), DocumentCause::License));
                let own = report.subject().license_id.as_ref().map(LicenseId::as_str);
                if own.is_none() || own != id.as_deref() {
                    all.push(of_document(DocumentReason::LicenseDiffers));
                }
            }
            // Whose seal is on a copy is known from the register alone, with a license in it or without one.
            None if carried.is_some() || (trust.is_none() && !sealed.is_empty()) => {
                all.push(of_document(DocumentReason::LicenseNotChecked));
            }
            None => {}
        }
        all.extend(faults.into_iter().map(of_document));
        let issuer = license.as_ref().and_then(|report| report.subject().issuer);
        let answered =
            |trust: &TrustSnapshot| sealed.iter().all(|sealed| sealed.is_answered_for(issuer, trust));
        if trust.is_some_and(|trust| !answered(trust)) {
            all.push(of_document(DocumentReason::SealMissing));
        }
        CheckedDocument { verdict: Verdict::first_of(all), ofd, license: license.map(Box::new), copy }
    }
}

/// A person's seal answers for nothing, though it is registered for an office: no document is made with one.
fn seals(document: &DocumentReport) -> Vec<SealId> {
    let subjects = document.seals().map(SealReport::subject);
    let of_offices = subjects.filter(|subject| subject.kind.is_some_and(|kind| kind != PERSONAL_SEAL));
    let named = of_offices.filter_map(|subject| subject.id.as_deref());
    named.filter_map(|id| SealId::parse(id).ok()).collect()
}

fn lifted<R: AnyReason>(verdict: Verdict<R>, cause: impl Fn(R) -> DocumentCause) -> DocumentVerdict {
    verdict.reason().map_or(Verdict::Passed, |reason| Verdict::of_reason(cause(reason)))
}

fn of_document(reason: DocumentReason) -> DocumentVerdict {
    Verdict::of_reason(DocumentCause::Document(reason))
}

fn is_license(entry: &str) -> bool {
    entry.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case(LICENSE_FILE))
}

/// What the metadata say under a name, if they say it once.
fn only<'c>(custom: &'c [(String, String)], name: &str) -> Option<&'c str> {
    let mut all = custom.iter().filter(|(known, _)| known == name);
    let first = all.next().filter(|_| all.next().is_none());
    first.map(|(_, value)| value.as_str())
}

/// An instant in the one spelling in which it is written: `2026-12-26T09:00:00+08:00`.
fn read_instant(text: &str) -> Option<UnixTime> {
    let (date, time) = text.split_at_checked(DATE_BYTES)?;
    let date: Date = date.parse().ok()?;
    let time = time.strip_prefix('T')?.strip_suffix("+08:00")?;
    let mut parts = time.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let of_day = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?;
    let found = date.begins().plus(of_day);
    (found.to_string() == text).then_some(found)
}

/// For what an annotated copy (加注件) was made, and until when it may be used, as whoever sealed it says.
#[derive(Clone, PartialEq, Eq)]
pub struct CopyTerm {
    /// The last instant.
    pub until: UnixTime,
    /// What it was made for; not in the JSON form.
    pub purpose: Option<String>,
}

/// Shows the time only: a purpose may name a person.
impl std::fmt::Debug for CopyTerm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CopyTerm(until {}, ..)", self.until)
    }
}

/// The report on a document and on the license that it carries.
#[must_use]
#[derive(Clone, Debug)]
pub struct CheckedDocument {
    verdict: DocumentVerdict,
    ofd: OfdReport,
    license: Option<Box<Report>>,
    copy: Option<CopyTerm>,
}

impl CheckedDocument {
    /// The first that failed: the document with its seals and signatures, the license, how the two belong together, the term of a
    /// copy, whose seals answer for it; if none did, the first that is open.
    #[must_use]
    pub fn verdict(&self) -> DocumentVerdict {
        self.verdict
    }

    /// The report on the document, its seals and signatures. That it passed is not all: see [`Self::verdict`].
    pub fn ofd(&self) -> &OfdReport {
        &self.ofd
    }

    /// The report on the license that it carries; `None` if the document did not pass, carries none, or there was no trust list
    /// to judge it by.
    #[must_use]
    pub fn license(&self) -> Option<&Report> {
        self.license.as_deref()
    }

    /// The term of an annotated copy, if the document passed and is one whose end can be read; of several in one container the one
    /// that ends first.
    #[must_use]
    pub fn copy(&self) -> Option<&CopyTerm> {
        self.copy.as_ref()
    }

    /// The canonical JSON form (`docs/ofd.md` §6): same input, same bytes. Holds nothing personal.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut members = self.ofd.members(self.verdict);
        let copy = self.copy.as_ref().map(|copy| object([("until", instant(copy.until))]));
        members.push(("copy", copy.unwrap_or(Value::Null)));
        members.push(("license", self.license.as_ref().map_or(Value::Null, |report| report.to_value())));
        let mut out = Vec::with_capacity(4096);
        json::write(&object(members), &mut out);
        out
    }
}

#[cfg(test)]
mod bulk_tests;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use boyin_ofd::OfdReason;

    use super::*;

    #[test]
    fn codes_are_unique_and_in_the_specification() {
        let text = include_str!("../../../docs/ofd.md");
        let own = DocumentReason::ALL.iter().map(|reason| reason.code());
        let others = OfdReason::ALL.iter().map(|reason| reason.code());
        let codes: HashSet<_> =
            own.chain(others).chain(Reason::ALL.iter().map(|reason| reason.code())).collect();
        assert_eq!(codes.len(), DocumentReason::ALL.len() + OfdReason::ALL.len() + Reason::ALL.len());
        for reason in DocumentReason::ALL {
            let mark = if reason.is_indeterminate() { "?" } else { " " };
            let listed = format!("`{}`{mark}", reason.code());
            assert!(text.contains(&listed), "docs/ofd.md lacks {listed}");
        }
    }

    #[test]
    fn an_instant_has_one_spelling() {
        let at = "2026-12-26".parse::<Date>().unwrap().begins().plus(9 * 3600 + 61);
        assert_eq!(read_instant("2026-12-26T09:01:01+08:00"), Some(at));
        assert_eq!(read_instant(&UnixTime::MAX.to_string()), Some(UnixTime::MAX));
        for other in [
            "",
            "2026-12-26",
            "20261226",
            "2026-12-26T09:01:01Z",
            "2026-12-26T09:01:01+09:00",
            "2026-12-26 09:01:01+08:00",
            "2026-12-26T9:01:01+08:00",
            "2026-12-26T+9:01:01+08:00",
            "2026-12-26T24:00:00+08:00",
            "2026-12-26T09:61:01+08:00",
            "2026-12-26T09:01+08:00",
            "2026-12-26T09:01:01:01+08:00",
            "2026-02-30T09:01:01+08:00",
            "2026-12-2六T09:01:01+08:00",
            "2026-12-26T18446744073709551615:00:00+08:00",
        ] {
            assert_eq!(read_instant(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_said_twice_is_not_said() {
        let custom =
            [("a", "1"), ("b", "2"), ("a", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!([only(&custom, "a"), only(&custom, "b"), only(&custom, "c")], [None, Some("2"), None]);
    }

    #[test]
    fn the_license_is_found_by_the_name_of_its_file() {
        assert!(is_license("Doc_0/Attachs/license.txt") && is_license("LICENSE.TXT"));
        assert!(
            !is_license("license.txt/a") && !is_license("a-license.txt") && !is_license("license.txt.xml")
        );
    }
}
