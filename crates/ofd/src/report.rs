mod json;

use std::collections::BTreeMap;

use boyin_model::seal::SealInfo;
use boyin_model::time::UnixTime;
use boyin_verify::seal::SealReport;
use boyin_verify::signed_data::SignedDataReport;
use boyin_verify::{Outcome, Verdict};

use crate::limits::{MAX_FACE_NAME_CHARS, MAX_FACE_PICTURE_BYTES, MAX_ID_CHARS, MAX_LISTED};
use crate::package::PackageError;
use crate::reach::PageSize;
use crate::reason::{Cause, OfdReason};
use crate::structure::{CheckMethod, SignatureKind, Stamp, StructureFault};
use crate::work::Work;

/// Digits in a row from which on a name may be a number of a person.
const PERSONAL_DIGITS: usize = 6;

/// What is asked of a container, of each document in it, and of each signature of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfdCheck {
    /// The container is one that every reader sees alike.
    Container,
    /// `OFD.xml` names the documents.
    Structure,
    /// What the document consists of can be told, and is there.
    Content,
    /// It has signatures, and the list of them can be read.
    Signatures,
    /// The description of the signature can be read, and its files are there.
    Format,
    /// Every file that was signed is there unchanged.
    References,
    /// Every file that is shown was signed, and there is none besides.
    Coverage,
    /// The seal beside the signature is the one within.
    SealFile,
    /// The signature value: the verdict of the seal signature or of the digital signature.
    Value,
}

impl OfdCheck {
    /// All checks, in the order in which they decide.
    pub const ALL: [Self; 9] = [
        Self::Container,
        Self::Structure,
        Self::Content,
        Self::Signatures,
        Self::Format,
        Self::References,
        Self::Coverage,
        Self::SealFile,
        Self::Value,
    ];
    /// Those of a container.
    pub(crate) const OF_PACKAGE: [Self; 2] = [Self::Container, Self::Structure];
    /// Those of a document.
    pub(crate) const OF_DOCUMENT: [Self; 2] = [Self::Content, Self::Signatures];
    /// Those of a signature.
    pub(crate) const OF_SIGNATURE: [Self; 5] =
        [Self::Format, Self::References, Self::Coverage, Self::SealFile, Self::Value];

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
            Self::Container => ("container", "文件包"),
            Self::Structure => ("structure", "文档结构"),
            Self::Content => ("content", "文档内容"),
            Self::Signatures => ("signatures", "签名列表"),
            Self::Format => ("format", "签名描述"),
            Self::References => ("references", "文件摘要"),
            Self::Coverage => ("coverage", "保护范围"),
            Self::SealFile => ("seal_file", "印章文件"),
            Self::Value => ("value", "签名值"),
        }
    }
}

/// What a check found.
pub type OfdOutcome = Outcome<Cause, OfdDetail>;

/// Where exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfdDetail {
    /// Of the container.
    Package(PackageError),
    /// In a file.
    Structure(EntryName, StructureFault),
    /// A file.
    Entry(EntryName),
    /// The digest of the references.
    Digest(&'static str),
}

/// The name of an entry as a report shows it: names with other than plain characters, or with so many digits that they may be
/// a person's number, are left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryName {
    /// Place among the files of the container, from 0.
    pub place: usize,
    /// The name, if it is shown.
    pub name: Option<String>,
}

impl EntryName {
    pub(crate) fn new(place: usize, name: &str) -> Self {
        let plain = name.len() <= 128
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
        let runs = name.split(|c: char| !c.is_ascii_digit());
        let personal = runs.map(str::len).any(|digits| digits >= PERSONAL_DIGITS);
        Self { place, name: (plain && !personal).then(|| name.to_owned()) }
    }
}

/// Files of a container: all are counted, and the first [`MAX_LISTED`] are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryList {
    count: usize,
    entries: Vec<EntryName>,
}

impl EntryList {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first of them, at most [`MAX_LISTED`].
    #[must_use]
    pub fn entries(&self) -> &[EntryName] {
        &self.entries
    }

    pub(crate) fn add(&mut self, name: impl FnOnce() -> EntryName) {
        self.count += 1;
        if self.entries.len() < MAX_LISTED {
            self.entries.push(name());
        }
    }
}

/// The first [`MAX_ID_CHARS`] characters of a number, which a writer can make as long as a file.
pub(crate) fn cut(id: &str) -> String {
    id.chars().take(MAX_ID_CHARS).collect()
}

/// How far a signature covers the list of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// It covers the list: no signature may follow.
    Whole,
    /// It leaves the list open: signatures may follow, and one can be taken out unnoticed.
    Continued,
}

impl Protection {
    /// `whole` or `continued`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Continued => "continued",
        }
    }
}

/// Something worth knowing that does not change the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfdNote {
    /// The list says seal where there is a signature without one, or the other way round.
    KindDiffers,
    /// What was sealed is named as another file (`propertyInfo`).
    PropertyDiffers,
    /// A stamp is on a page that the document does not have.
    StampOffPage,
    /// One stamp over the edges of several pages (骑缝章).
    RidingStamp,
    /// The document names a file with capital letters where it has small ones, or the other way round: not every program finds it.
    NameCase,
    /// None of its signatures that passed is a seal: whose they are, only their certificates say.
    NoSeal,
}

impl OfdNote {
    /// Every note.
    pub const ALL: [Self; 6] = [
        Self::KindDiffers,
        Self::PropertyDiffers,
        Self::StampOffPage,
        Self::RidingStamp,
        Self::NameCase,
        Self::NoSeal,
    ];

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::KindDiffers => "kind_differs",
            Self::PropertyDiffers => "property_differs",
            Self::StampOffPage => "stamp_off_page",
            Self::RidingStamp => "riding_stamp",
            Self::NameCase => "name_case",
            Self::NoSeal => "no_seal",
        }
    }
}

/// The answer. Unknown is never `Passed`.
pub type OfdVerdict = Verdict<Cause>;

/// Checks and what each found.
#[derive(Clone, Debug)]
pub(crate) struct Outcomes(pub(crate) Vec<(OfdCheck, OfdOutcome)>);

impl Outcomes {
    pub(crate) fn new(checks: &[OfdCheck]) -> Self {
        Self(checks.iter().map(|check| (*check, OfdOutcome::Skipped)).collect())
    }

    pub(crate) fn set(&mut self, check: OfdCheck, found: Finding) {
        if let Some((_, place)) = self.0.iter_mut().find(|(known, _)| *known == check) {
            *place = found.into();
        }
    }

    pub(crate) fn verdict(&self) -> OfdVerdict {
        OfdVerdict::of_checks(self.0.iter().map(|(_, outcome)| outcome), OfdReason::StructureMalformed.into())
    }
}

pub(crate) type Finding = Result<(), (Cause, Option<OfdDetail>)>;

/// What a signature value turned out to be.
#[derive(Clone, Debug)]
pub enum ValueReport {
    /// A seal signature.
    Seal(Box<SealReport>),
    /// A signature of GB/T 35275.
    SignedData(Box<SignedDataReport>),
}

/// What a seal holds for people to look at. Claimed, not proven, unless the signature passed; not in the JSON form. All pictures of
/// a report have at most [`MAX_FACE_PICTURES_BYTES`](crate::limits::MAX_FACE_PICTURES_BYTES); a report in bulk has none.
#[derive(Clone, PartialEq, Eq)]
pub struct SealFace {
    /// Name of the seal, at most [`MAX_FACE_NAME_CHARS`] characters of it.
    pub name: String,
    /// Form of the picture, as the seal names it: `PNG`, `GIF`, `ofd`, …
    pub format: String,
    /// The picture, not decoded; `None` if it has more than [`MAX_FACE_PICTURE_BYTES`], those before left no room, or the document
    /// was verified among others ([`OfdVerifier::check_many`](crate::OfdVerifier::check_many)).
    pub picture: Option<Vec<u8>>,
    /// Width and height of the picture in millimeters.
    pub size_mm: [u32; 2],
}

/// Names the size of the picture only: a seal can be a person's.
impl std::fmt::Debug for SealFace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealFace({:?} bytes)", self.picture.as_ref().map(Vec::len))
    }
}

impl SealFace {
    pub(crate) fn of(info: &SealInfo<'_>) -> Self {
        let chars = |text: &str| text.chars().take(MAX_FACE_NAME_CHARS).collect();
        let picture = &info.picture;
        Self {
            name: chars(info.name),
            format: chars(picture.format),
            picture: (picture.data.len() <= MAX_FACE_PICTURE_BYTES).then(|| picture.data.to_vec()),
            size_mm: [picture.width_mm, picture.height_mm],
        }
    }
}

/// The report on one signature.
#[derive(Clone, Debug)]
pub struct SignatureReport {
    pub(crate) id: String,
    pub(crate) kind: SignatureKind,
    pub(crate) outcomes: Outcomes,
    pub(crate) method: Option<CheckMethod>,
    pub(crate) protection: Option<Protection>,
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) stamp_count: usize,
    pub(crate) covers: Vec<String>,
    pub(crate) changed: EntryList,
    pub(crate) uncovered: EntryList,
    pub(crate) unreferenced: EntryList,
    pub(crate) value: Option<ValueReport>,
    pub(crate) face: Option<SealFace>,
    pub(crate) notes: Vec<OfdNote>,
}

impl SignatureReport {
    /// One of which nothing is known but what the list of signatures says: no check was reached.
    pub(crate) fn new(id: String, kind: SignatureKind) -> Self {
        Self {
            id,
            kind,
            outcomes: Outcomes::new(&OfdCheck::OF_SIGNATURE),
            method: None,
            protection: None,
            stamps: Vec::new(),
            stamp_count: 0,
            covers: Vec::new(),
            changed: EntryList::default(),
            uncovered: EntryList::default(),
            unreferenced: EntryList::default(),
            value: None,
            face: None,
            notes: Vec::new(),
        }
    }

    /// Its number in the list of signatures, as that says it; the first [`MAX_ID_CHARS`] characters.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What its value is; where that cannot be told, what the list says that it is: a seal, if the list does not say.
    #[must_use]
    pub fn kind(&self) -> SignatureKind {
        self.kind
    }

    /// The first check that failed; if none did, the first that is open.
    #[must_use]
    pub fn verdict(&self) -> OfdVerdict {
        self.outcomes.verdict()
    }

    /// Every check with what it found, in order.
    pub fn checks(&self) -> impl Iterator<Item = &(OfdCheck, OfdOutcome)> {
        self.outcomes.0.iter()
    }

    /// What one check found.
    #[must_use]
    pub fn outcome(&self, check: OfdCheck) -> Option<&OfdOutcome> {
        self.outcomes.0.iter().find(|(known, _)| *known == check).map(|(_, outcome)| outcome)
    }

    /// The digest of its references, if its description could be read.
    #[must_use]
    pub fn method(&self) -> Option<CheckMethod> {
        self.method
    }

    /// Whether signatures may follow, if its description could be read.
    #[must_use]
    pub fn protection(&self) -> Option<Protection> {
        self.protection
    }

    /// Where it is shown: the first [`MAX_LISTED`] places.
    #[must_use]
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// At how many places it is shown.
    #[must_use]
    pub fn stamp_count(&self) -> usize {
        self.stamp_count
    }

    /// Numbers of other signatures that it covers; the first [`MAX_ID_CHARS`] characters of each.
    #[must_use]
    pub fn covers(&self) -> &[String] {
        &self.covers
    }

    /// Files that are not as they were signed.
    #[must_use]
    pub fn changed(&self) -> &EntryList {
        &self.changed
    }

    /// Files that are shown and not covered.
    #[must_use]
    pub fn uncovered(&self) -> &EntryList {
        &self.uncovered
    }

    /// Files that nothing refers to and that are not covered.
    #[must_use]
    pub fn unreferenced(&self) -> &EntryList {
        &self.unreferenced
    }

    /// The report on the signature value.
    #[must_use]
    pub fn value(&self) -> Option<&ValueReport> {
        self.value.as_ref()
    }

    /// What the seal within holds for people to look at, if there is one that can be read.
    #[must_use]
    pub fn face(&self) -> Option<&SealFace> {
        self.face.as_ref()
    }

    /// When it was made, as the signer says.
    #[must_use]
    pub fn signed_at(&self) -> Option<UnixTime> {
        match self.value.as_ref()? {
            ValueReport::Seal(report) => report.subject().signed_at,
            ValueReport::SignedData(report) => report.signed_at(),
        }
    }

    /// Things worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[OfdNote] {
        &self.notes
    }
}

/// The report on one document of a container.
#[derive(Clone, Debug)]
pub struct DocumentReport {
    pub(crate) outcomes: Outcomes,
    pub(crate) signatures: Vec<SignatureReport>,
    pub(crate) versions: usize,
    pub(crate) pages: usize,
    /// Of the pages that have stamps.
    pub(crate) page_sizes: BTreeMap<String, PageSize>,
    pub(crate) notes: Vec<OfdNote>,
    /// Only of a document that passed.
    pub(crate) contents: Option<VerifiedContents>,
}

impl DocumentReport {
    /// The first check that failed, of the document or of one of its signatures; if none did, the first that is open. A signature
    /// that cannot be read comes first: files that it would name are left over for the others.
    #[must_use]
    pub fn verdict(&self) -> OfdVerdict {
        let unread = |signature: &&SignatureReport| {
            matches!(signature.outcome(OfdCheck::Format), Some(OfdOutcome::NotPassed(..)))
        };
        let all = self.signatures.iter().filter(unread).chain(&self.signatures);
        let signatures = all.map(SignatureReport::verdict);
        let verdict = OfdVerdict::first_of([self.outcomes.verdict()].into_iter().chain(signatures));
        verdict.passing_only_if(!self.signatures.is_empty(), OfdReason::NotSigned.into())
    }

    /// Every check of the document itself with what it found, in order.
    pub fn checks(&self) -> impl Iterator<Item = &(OfdCheck, OfdOutcome)> {
        self.outcomes.0.iter()
    }

    /// Its signatures, in the order of the list.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureReport] {
        &self.signatures
    }

    /// The seals among its signatures that passed.
    pub fn seals(&self) -> impl Iterator<Item = &SealReport> {
        let passed = self.signatures.iter().filter(|signature| signature.verdict() == OfdVerdict::Passed);
        passed.filter_map(|signature| match signature.value() {
            Some(ValueReport::Seal(seal)) => Some(&**seal),
            Some(ValueReport::SignedData(_)) | None => None,
        })
    }

    /// Versions that `OFD.xml` lists beside the root of the document.
    #[must_use]
    pub fn versions(&self) -> usize {
        self.versions
    }

    /// Pages.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Width and height of a page that has a stamp, in thousandths of a millimeter, where the document says them.
    #[must_use]
    pub fn page_size(&self, page: &str) -> Option<[i64; 2]> {
        self.page_sizes.get(page).copied()
    }

    /// Things worth knowing.
    #[must_use]
    pub fn notes(&self) -> &[OfdNote] {
        &self.notes
    }
}

/// Takes away the pictures beyond the first ones with so many bytes: one of each signature would make a report as large as a
/// document.
pub(crate) fn bound_pictures(documents: &mut [DocumentReport], mut left: usize) {
    let signatures = documents.iter_mut().flat_map(|document| &mut document.signatures);
    for face in signatures.filter_map(|signature| signature.face.as_mut()) {
        let size = face.picture.as_ref().map_or(0, Vec::len);
        match left.checked_sub(size) {
            Some(less) => left = less,
            None => face.picture = None,
        }
    }
}

/// The result of a verification.
#[must_use]
#[derive(Clone, Debug)]
pub struct OfdReport {
    pub(crate) at: UnixTime,
    pub(crate) fingerprint: Option<String>,
    pub(crate) outcomes: Outcomes,
    pub(crate) documents: Vec<DocumentReport>,
    pub(crate) work: Work,
}

/// Proof that one OFD document passed every check at one instant. Only [`OfdReport::into_verified`] makes it.
#[must_use]
#[derive(Clone, Debug)]
pub struct VerifiedOfd {
    report: OfdReport,
}

impl VerifiedOfd {
    /// The report.
    pub fn report(&self) -> &OfdReport {
        &self.report
    }

    /// The report, and what each document says of itself and carries, as [`Self::contents`].
    pub fn into_parts(mut self) -> (OfdReport, Vec<VerifiedContents>) {
        let contents = self.report.documents.iter_mut().filter_map(|document| document.contents.take());
        let contents = contents.collect();
        (self.report, contents)
    }

    /// What each document says of itself and carries, in the order of the documents.
    pub fn contents(&self) -> impl Iterator<Item = &VerifiedContents> {
        self.report.documents.iter().filter_map(|document| document.contents.as_ref())
    }
}

/// What a document that passed says of itself and carries. Each of its signatures covers it: it is in `OFD.xml`, or a file that
/// the document reaches. Not in the JSON form.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedContents {
    /// Metadata by name (`CustomDatas`), in their order; a name can occur more than once.
    pub custom: Vec<(String, String)>,
    /// Attachments of every version of the document, in the order of the container.
    pub attachments: Vec<VerifiedAttachment>,
}

/// Counts only: what a document says can be a person's.
impl std::fmt::Debug for VerifiedContents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (custom, attachments) = (self.custom.len(), self.attachments.len());
        write!(f, "VerifiedContents({custom} metadata, {attachments} attachments)")
    }
}

/// A file that a document carries that passed.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedAttachment {
    /// Its name in the container.
    pub entry: String,
    /// Content; `None` if it is larger than [`MAX_CREDENTIAL_BYTES`](boyin_model::limits::MAX_CREDENTIAL_BYTES), not among the first
    /// [`MAX_KEPT_ATTACHMENTS`](crate::limits::MAX_KEPT_ATTACHMENTS), is more than an attachment, or had no room.
    pub bytes: Option<Vec<u8>>,
}

/// Its size only: a name can be a person's.
impl std::fmt::Debug for VerifiedAttachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifiedAttachment({:?} bytes)", self.bytes.as_ref().map(Vec::len))
    }
}

impl OfdReport {
    /// The first check that failed, of the container, of its documents or of a signature; if none did, the first that is
    /// open.
    #[must_use]
    pub fn verdict(&self) -> OfdVerdict {
        let documents = self.documents.iter().map(DocumentReport::verdict);
        let verdict = OfdVerdict::first_of([self.outcomes.verdict()].into_iter().chain(documents));
        verdict.passing_only_if(!self.documents.is_empty(), OfdReason::StructureMalformed.into())
    }

    /// Every check of the container with what it found, in order.
    pub fn checks(&self) -> impl Iterator<Item = &(OfdCheck, OfdOutcome)> {
        self.outcomes.0.iter()
    }

    /// The documents, in the order of `OFD.xml`.
    #[must_use]
    pub fn documents(&self) -> &[DocumentReport] {
        &self.documents
    }

    /// The signatures of all documents.
    pub fn signatures(&self) -> impl Iterator<Item = &SignatureReport> {
        self.documents.iter().flat_map(|document| &document.signatures)
    }

    /// Digest of the file, `sha-256:<hex>`; `None` if it is larger than is read.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// What the verification took; not in the JSON form.
    #[must_use]
    pub fn work(&self) -> Work {
        self.work
    }

    /// The instant of the verification.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// The proof, if everything passed.
    ///
    /// # Errors
    /// The report itself, if something did not.
    pub fn into_verified(self) -> Result<VerifiedOfd, Box<Self>> {
        if self.verdict() == OfdVerdict::Passed {
            Ok(VerifiedOfd { report: self })
        } else {
            Err(Box::new(self))
        }
    }
}

#[cfg(test)]
mod tests;
