use boyin::archive::{CollectedId, CollectedRecord, Version};
use boyin::model::time::{Date, UnixTime};
use boyin::{Found, Health, HolderPage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A license in an answer.
#[derive(Serialize)]
pub(crate) struct LicenseView {
    license_id: String,
    license_type: String,
    license_name: String,
    license_number: String,
    issuer_code: String,
    holder_code_type: &'static str,
    holder_name: String,
    valid_until: Option<Date>,
    grade: char,
    filed_at: UnixTime,
    /// The license in the compact serialization, with all disclosures.
    credential: String,
    /// The canonical report, byte for byte as every other surface gives it.
    report: Box<RawValue>,
    /// The current version, and every version with its status; only where one license is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<VersionView>,
}

/// A version of a license.
#[derive(Serialize)]
struct VersionView {
    license_id: String,
    status: Option<&'static str>,
    /// When the next version took its place.
    succeeded_at: Option<UnixTime>,
}

/// A part of a holder's file.
#[derive(Serialize)]
pub(crate) struct HolderView {
    licenses: Vec<LicenseView>,
    next: Option<String>,
    collected: Vec<CollectedView>,
    collected_next: Option<CollectedId>,
}

/// What another system has on file of the holder: not a license, signed by nobody.
#[derive(Serialize)]
struct CollectedView {
    record: CollectedId,
    agency: String,
    license_type: String,
    license_number: String,
    holder_name: String,
    issue_date: Date,
    valid_from: Option<Date>,
    valid_until: Option<Date>,
    grade: char,
    state: &'static str,
    may_exempt: bool,
    /// The license that was issued from it.
    issued: Option<String>,
    signed: bool,
}

/// Whether verdicts can be relied on.
#[derive(Serialize)]
pub(crate) struct HealthView {
    ok: bool,
    checks: Vec<HealthCheckView>,
}

#[derive(Serialize)]
struct HealthCheckView {
    name: &'static str,
    ok: bool,
    detail: String,
}

/// The query of a request for a license.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LicenseQuery {
    /// What for (GB/T 36906 `useCause`).
    pub(crate) purpose: String,
    /// Name of a policy.
    pub(crate) policy: Option<String>,
}

/// The body of a request for a holder's file. The number stands here and not in the URL: URLs are logged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HolderRequest {
    pub(crate) holder_code_type: String,
    pub(crate) holder_code: String,
    /// What for (GB/T 36906 `useCause`).
    pub(crate) purpose: String,
    #[serde(default)]
    pub(crate) cursor: Option<String>,
    #[serde(default)]
    pub(crate) limit: Option<usize>,
    /// More of what was collected, after this record; no licenses.
    #[serde(default)]
    pub(crate) collected_after: Option<CollectedId>,
}

/// The body of a request for the log of a holder's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HolderLogRequest {
    pub(crate) holder_code_type: String,
    pub(crate) holder_code: String,
    /// What for (GB/T 36906 `useCause`).
    pub(crate) purpose: String,
    /// `next` of the answer before.
    #[serde(default)]
    pub(crate) after: Option<u64>,
    #[serde(default)]
    pub(crate) limit: Option<usize>,
}

impl From<Found> for LicenseView {
    fn from(found: Found) -> Self {
        let report = String::from_utf8(found.report.to_json()).expect("a report is JSON text");
        let record = found.record;
        Self {
            license_type: record.id.license_type().as_str().to_owned(),
            issuer_code: record.id.issuer().as_str().to_owned(),
            license_id: record.id.as_str().to_owned(),
            license_name: record.title,
            license_number: record.number,
            holder_code_type: record.holder_code_type.code(),
            holder_name: record.holder_name,
            valid_until: record.valid_until,
            grade: record.grade.letter(),
            filed_at: record.filed_at,
            credential: String::from_utf8_lossy(&record.credential).into_owned(),
            report: RawValue::from_string(report).expect("a report is JSON"),
            head: None,
            versions: Vec::new(),
        }
    }
}

impl LicenseView {
    /// With the versions of the license, the current one first.
    pub(crate) fn with_versions(self, versions: &[Version]) -> Self {
        let view = |version: &Version| VersionView {
            license_id: version.id.as_str().to_owned(),
            status: version.status.map(|status| status.code()),
            succeeded_at: version.succeeded.as_ref().map(|event| event.at),
        };
        let head = versions.first().map(|head| head.id.as_str().to_owned());
        Self { head, versions: versions.iter().map(view).collect(), ..self }
    }
}

impl From<HolderPage> for HolderView {
    fn from(page: HolderPage) -> Self {
        Self {
            licenses: page.licenses.into_iter().map(LicenseView::from).collect(),
            next: page.next.map(|cursor| cursor.as_str().to_owned()),
            collected: page.collected.into_iter().map(CollectedView::from).collect(),
            collected_next: page.collected_next,
        }
    }
}

impl From<(CollectedId, CollectedRecord)> for CollectedView {
    fn from((record, found): (CollectedId, CollectedRecord)) -> Self {
        let may_exempt = found.may_exempt();
        let license = found.license;
        Self {
            record,
            agency: found.agency.as_str().to_owned(),
            license_type: license.license_type.as_str().to_owned(),
            license_number: license.license_number,
            holder_name: license.holder_name,
            issue_date: license.issue_date,
            valid_from: license.valid_from,
            valid_until: license.valid_until,
            grade: found.grade.letter(),
            state: found.state.code(),
            may_exempt,
            issued: found.issued.map(|id| id.as_str().to_owned()),
            signed: false,
        }
    }
}

impl From<Health> for HealthView {
    fn from(health: Health) -> Self {
        let ok = health.ok();
        let checks = health.items.into_iter();
        let checks = checks.map(|item| HealthCheckView { name: item.name, ok: item.ok, detail: item.detail });
        Self { ok, checks: checks.collect() }
    }
}
