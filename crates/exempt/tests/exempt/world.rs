//! A small prefecture: people with licenses, and a catalog that asks for them.

use std::cell::Cell;
use std::collections::BTreeMap;

use boyin_exempt::{
    CollectedEntry, CollectedStanding, CommitmentStanding, Decision, Entry, InputKey, ItemCatalog, Office,
    Party, Request, Role, decide,
};
use boyin_issue::{Assignment, Draft};
use boyin_model::catalog::Catalog;
use boyin_model::collected::{CollectedLicense, Grade};
use boyin_model::credential::{Envelope, FieldValue};
use boyin_model::id::{DivisionCode, HolderCode, HolderCodeType, LicenseId};
use boyin_model::status::{LicenseStatus, StatusReference};
use boyin_model::time::{Date, SECONDS_PER_DAY};
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::{Prefecture, now, status_token};
use boyin_testkit::random::FixedRandom;
use boyin_testkit::samples::{citizen, credit_code};
use boyin_verify::{Context, Policy, Reader, Report, StatusSnapshot, TrustSnapshot, UnixTime};

pub(crate) const KEY: InputKey = InputKey([7; 32]);

/// What the status list says of every license.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Valid,
    Revoked,
    Suspended,
    Unknown,
}

pub(crate) struct World {
    pub(crate) prefecture: Prefecture,
    trust: TrustSnapshot,
    serial: Cell<u32>,
}

pub(crate) fn division(code: &str) -> DivisionCode {
    DivisionCode::parse(code).unwrap()
}

/// Who has a role in the tests; every person and company is invented.
pub(crate) fn holder(role: Role) -> (HolderCode, &'static str) {
    let person = |number| HolderCode::new(HolderCodeType::CitizenId, citizen(number).as_str()).unwrap();
    match role {
        Role::Applicant => (person(1), "样本甲"),
        Role::Spouse => (person(2), "样本丙"),
        Role::Child => (person(3), "样本丁"),
        Role::Agent => (person(4), "样本戊"),
        Role::LegalRepresentative => (person(5), "样本己"),
        Role::Counterparty => (person(6), "样本庚"),
        Role::Enterprise => {
            let code = credit_code("91", "652701", 21);
            (HolderCode::new(HolderCodeType::CreditCode, code.as_str()).unwrap(), "样本乙商贸有限公司")
        }
    }
}

pub(crate) fn number(role: Role) -> String {
    holder(role).0.as_str().to_owned()
}

impl World {
    pub(crate) fn new() -> Self {
        let prefecture = Prefecture::new(Algorithm::Es256);
        let trust = prefecture.trust(&prefecture.trust_list());
        Self { prefecture, trust, serial: Cell::new(0) }
    }

    pub(crate) fn licenses(&self) -> &Catalog {
        &self.prefecture.catalog
    }

    /// A license of this type, held by whoever has the role.
    pub(crate) fn license(&self, key: &str, role: Role, edit: impl FnOnce(&mut Draft)) -> Vec<u8> {
        self.serial.set(self.serial.get() + 1);
        self.license_as(self.serial.get(), key, role, edit)
    }

    /// The license that is identified by this number.
    pub(crate) fn license_as(
        &self,
        number: u32,
        key: &str,
        role: Role,
        edit: impl FnOnce(&mut Draft),
    ) -> Vec<u8> {
        let (code, name) = holder(role);
        let mut draft = self.prefecture.draft(key);
        draft.holder.code_type = code.code_type().code().to_owned();
        draft.holder.code = code.as_str().to_owned();
        draft.holder.name = name.to_owned();
        edit(&mut draft);
        let license = self.prefecture.license(&draft);
        let serial = format!("{number:010}");
        let office = &self.prefecture.office;
        let license_id = LicenseId::new(license.license_type().code, office.code, &serial, 1).unwrap();
        let status = StatusReference { uri: office.status_uri(), index: 1 };
        let assignment = Assignment { license_id, status, issued_at: now().minus(3600), seal: None };
        let key = self.prefecture.key();
        let mut random = FixedRandom::new(u64::from(number));
        let prepared = license.prepare(&assignment, key.reference(), &mut random).unwrap();
        prepared.complete(&key.sign(prepared.to_be_signed()).unwrap(), key.reference()).unwrap()
    }

    pub(crate) fn report(&self, license: &[u8], status: Status, at: UnixTime, policy: Policy) -> Report {
        self.report_by_list_of(now(), license, status, at, policy)
    }

    /// With a status list that is an hour old at `made`.
    fn report_by_list_of(
        &self,
        made: UnixTime,
        license: &[u8],
        status: Status,
        at: UnixTime,
        policy: Policy,
    ) -> Report {
        let value = match status {
            Status::Valid => Some(LicenseStatus::Valid),
            Status::Revoked => Some(LicenseStatus::Revoked),
            Status::Suspended => Some(LicenseStatus::Suspended),
            Status::Unknown => None,
        };
        let mut snapshot = StatusSnapshot::default();
        if let Some(value) = value {
            let mut claims = self.prefecture.status_list();
            (claims.iat, claims.exp) = (made.minus(3600), made.plus(SECONDS_PER_DAY));
            claims.list.set(1, value.value()).unwrap();
            snapshot.add(&status_token(&claims, &self.prefecture.office.lists), &self.trust).unwrap();
        }
        let verifier = Prefecture::verifier().with_policy(policy);
        verifier.check(license, &Context { now: at, trust: &self.trust, status: &snapshot })
    }

    /// An entry of grade A.
    pub(crate) fn entry(&self, license: &[u8], status: Status) -> Entry {
        Entry::signed(Grade::A, self.report(license, status, now(), Policy::default()))
    }

    /// An entry of grade A, verified for another instant with a status list of that instant.
    pub(crate) fn entry_at(&self, license: &[u8], status: Status, at: UnixTime) -> Entry {
        Entry::signed(Grade::A, self.report_by_list_of(at, license, status, at, Policy::default()))
    }

    /// An entry of a license without anything particular.
    pub(crate) fn filed(&self, key: &str, role: Role) -> Entry {
        self.entry(&self.license(key, role, |_| {}), Status::Valid)
    }

    /// A collected record of this type.
    pub(crate) fn record(
        &self,
        key: &str,
        role: Role,
        grade: Grade,
        standing: CollectedStanding,
    ) -> CollectedEntry {
        let (code, name) = holder(role);
        let draft = self.prefecture.draft(key);
        let day = |text: &Option<String>| text.as_ref().map(|text| text.parse::<Date>().unwrap());
        self.serial.set(self.serial.get() + 1);
        let license = CollectedLicense {
            license_type: self.licenses().find(key).unwrap().code,
            license_number: draft.license_number,
            holder: code,
            holder_name: name.to_owned(),
            division: division(&draft.division),
            issue_date: draft.issue_date.parse().unwrap(),
            valid_from: day(&draft.valid_from),
            valid_until: day(&draft.valid_until),
            fields: draft.fields,
        };
        CollectedEntry { id: format!("record-{}", self.serial.get()), license, grade, standing, issued: None }
    }
}

/// The license without the disclosure of this claim or field.
pub(crate) fn hiding(license: &[u8], name: &str) -> Vec<u8> {
    let envelope = Envelope::open(license, Reader::Ours).unwrap();
    let credential = envelope.read().unwrap();
    assert!(credential.disclosures.iter().any(|one| one.name == name), "{name} is not hidden");
    envelope.to_compact(|index| credential.disclosures[index].name != name)
}

pub(crate) fn text(value: impl Into<String>) -> FieldValue {
    FieldValue::Text(value.into())
}

/// Sets a field of a form.
pub(crate) fn set(draft: &mut Draft, field: &str, value: impl Into<String>) {
    draft.fields.insert(field.to_owned(), text(value));
}

pub(crate) fn request(matter: &str, files: &[(Role, Vec<Entry>)]) -> Request {
    let party = |(role, file): &(Role, Vec<Entry>)| {
        let (holder, name) = holder(*role);
        (*role, Party { holder, name: name.to_owned(), file: file.clone() })
    };
    let code = credit_code("11", "652701", 9);
    Request {
        matter: matter.to_owned(),
        division: division("652701"),
        situation: BTreeMap::new(),
        parties: files.iter().map(party).collect(),
        form: BTreeMap::new(),
        commitment: CommitmentStanding::Open,
        first_contact: Office { code, name: "博乐市政务服务中心".to_owned() },
        channel: boyin_exempt::Channel::Window,
        at: now(),
    }
}

pub(crate) fn situation(answers: &[(&str, &str)]) -> BTreeMap<String, String> {
    answers.iter().map(|(question, answer)| ((*question).to_owned(), (*answer).to_owned())).collect()
}

pub(crate) fn decided(catalog: &ItemCatalog, request: &Request) -> Decision {
    decide(catalog, request, &KEY).unwrap()
}

/// The catalog of the tests: each material stands for one rule.
pub(crate) const CATALOG: &str = r#"
version = "test"

[[question]]
key = "married"
zh = "婚姻状况"
en = "Married?"
answers = [{ key = "no", zh = "否", en = "no" }, { key = "yes", zh = "是", en = "yes" }]

[[form_field]]
key = "unit"
zh = "不动产单元号"
en = "Unit"

[[material]]
key = "card"
name = "身份证"
name_en = "Card"
source = "government"
issued_by = "公安机关"
accept = [[{ type = "identity-card", holder = "applicant" }]]

[[material]]
key = "marriage"
name = "结婚证"
name_en = "Marriage"
source = "government"
issued_by = "婚姻登记机关"
accept = [
    [{ type = "marriage-certificate", holder = "applicant", equals = { spouse_citizen_id = "spouse.number" } }],
    [{ type = "marriage-certificate", holder = "spouse", equals = { spouse_citizen_id = "applicant.number" } }],
]

[[material]]
key = "title"
name = "不动产权证书"
name_en = "Title"
source = "government"
accept = [
    [{ type = "real-estate-title", holder = "applicant", division = "652701" }],
    [{ type = "real-estate-title", holder = "spouse", division = "652701" }, { type = "marriage-certificate", holder = "applicant", equals = { spouse_citizen_id = "spouse.number" } }],
]

[[material]]
key = "unit-title"
name = "该单元的不动产权证书"
name_en = "Title to the unit"
source = "government"
accept = [[{ type = "real-estate-title", holder = "counterparty", equals = { unit_number = "form.unit" } }]]

[[material]]
key = "permit"
name = "道路运输经营许可证"
name_en = "Permit"
source = "government"
issued_by = "交通运输主管部门"
accept = [[{ type = "road-transport-permit", holder = "enterprise", min_days = 30 }]]

[material.online]
at = "许可系统"
zh = "核对许可"
en = "The permit"

[[material]]
key = "invoice"
name = "发票"
name_en = "Invoice"
source = "government"
accept = [[{ type = "electronic-invoice", holder = "applicant" }]]

[material.commitment]
zh = "购房属实"
en = "The purchase is real"
checked_by = "税务机关"
within_days = 30
if_false = "追回"
if_false_en = "Reclaimed"

[[material]]
key = "register"
name = "户口簿"
name_en = "Register"
source = "government"
accept = [[{ type_name = "居民户口簿", holder = "applicant" }]]

[[material]]
key = "paper"
name = "病历"
name_en = "Records"
source = "applicant"

[[material]]
key = "statement"
name = "声明"
name_en = "Statement"
source = "applicant"
commitment = { zh = "属实", en = "True", checked_by = "民政部门", within_days = 10, if_false = "追回", if_false_en = "Reclaimed" }

[[material]]
key = "photo"
name = "照片"
name_en = "Photograph"
source = "applicant"
canceled = { basis = "现场采集" }

[[item]]
code = "11652700DEMX00073K3990000001000"
code_source = "provisional"
key = "first"
name = "事项一"
name_en = "First"
version = 1
from = "2026-01-01"
until = "2026-12-31"
department = "样本一局"
divisions = ["652701", "652722"]
channels = ["window", "website"]
parties = ["applicant"]
questions = ["married"]
materials = [
    { use = "card" },
    { use = "marriage", when = { married = ["yes"] } },
    { use = "title", copies = 2 },
    { use = "photo" },
]

[[item]]
code = "11652700DEMX00081E3990000002000"
code_source = "provisional"
key = "second"
name = "事项二"
name_en = "Second"
version = 3
from = "2026-01-01"
department = "样本二局"
divisions = ["652700"]
channels = ["window"]
parties = ["applicant", "enterprise"]
questions = ["married"]
materials = [
    { use = "permit" },
    { use = "card", copies = 2 },
    { use = "invoice" },
    { use = "marriage", when = { married = ["yes"] } },
    { use = "paper", when = { married = ["no"] } },
]

[[item]]
code = "11652700DEMX00081E3990000003000"
code_source = "provisional"
key = "third"
name = "事项三"
name_en = "Third"
version = 1
from = "2026-01-01"
department = "样本三局"
divisions = ["652700"]
channels = ["window"]
parties = ["applicant"]
materials = [{ use = "unit-title" }, { use = "register" }, { use = "paper" }, { use = "statement" }]

[[package]]
key = "both"
name = "两事一件事"
name_en = "Both"
version = 1
from = "2026-01-01"
lead = "样本一局"
items = ["first", "second"]
"#;

/// Read with the built-in license types under a version of the tests' own: it stands in every decision.
pub(crate) fn catalog(_: &World) -> ItemCatalog {
    catalog_of(CATALOG)
}

/// The same of another text.
pub(crate) fn catalog_of(text: &str) -> ItemCatalog {
    let own = |line: &str| {
        if line.starts_with("version = ") { "version = \"test\"".to_owned() } else { line.to_owned() }
    };
    let licenses: Vec<_> = boyin_model::catalog::EMBEDDED.lines().map(own).collect();
    ItemCatalog::read(text, &licenses.join("\n").parse().unwrap()).unwrap()
}
