//! A small prefecture in a temporary directory.

use std::path::PathBuf;

use boyin::issue::{Draft, DraftHolder};
use boyin::model::credential::FieldValue;
use boyin::model::id::{CitizenId, CreditCode, DivisionCode};
use boyin::model::time::{Date, UnixTime};
use boyin::suite::SystemRandom;
use boyin::{Desk, Home, Lookup, Office, Order, Passphrase, Receipt, Setup, SuiteName};

pub(crate) const PASSPHRASE: &str = "flows of the whole system";
pub(crate) const HOLDER: &str = "阿依古丽";

pub(crate) struct Prefecture {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) home: Home,
}

pub(crate) fn now() -> UnixTime {
    "2026-06-01".parse::<Date>().unwrap().begins().plus(9 * 3600)
}

pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE.to_owned())
}

pub(crate) fn credit_code(eight: &str) -> CreditCode {
    let check = CreditCode::organization_check(eight).unwrap();
    CreditCode::compute(&format!("11652701{eight}{check}")).unwrap()
}

pub(crate) fn police() -> CreditCode {
    credit_code("MBTEXT01")
}

pub(crate) fn market() -> CreditCode {
    credit_code("MBTEXT02")
}

pub(crate) fn citizen() -> CitizenId {
    CitizenId::compute("65270119850315998").unwrap()
}

/// What the prefecture is made from.
pub(crate) fn setup() -> Setup {
    let division = DivisionCode::parse("652701").unwrap();
    let office = |code, name: &str, suite, licenses: &[&str]| Office {
        code,
        name: name.to_owned(),
        division,
        suite,
        licenses: licenses.iter().map(|key| (*key).to_owned()).collect(),
    };
    Setup {
        authority: "测试州人民政府办公室".to_owned(),
        authority_code: credit_code("MBTEXT09"),
        division: DivisionCode::parse("652700").unwrap(),
        public_url: "http://127.0.0.1:8650".to_owned(),
        suite: SuiteName::Sm2Sm3,
        offices: vec![
            office(police(), "测试市公安局", SuiteName::Sm2Sm3, &["identity-card"]),
            office(market(), "测试市市场监督管理局", SuiteName::Es256, &["business-license"]),
        ],
        catalog: None,
    }
}

impl Prefecture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        let home = Home::create(&root, &setup(), &passphrase(), now(), &mut SystemRandom).unwrap();
        Self { dir, home }
    }

    pub(crate) fn desk(&self) -> Desk {
        self.desk_at(now())
    }

    pub(crate) fn desk_at(&self, at: UnixTime) -> Desk {
        Desk::open(&self.home, &passphrase(), at).unwrap()
    }

    pub(crate) fn lookup(&self) -> Lookup {
        Lookup::open(&self.home, &self.scratch(), &passphrase()).unwrap()
    }

    fn scratch(&self) -> PathBuf {
        tempfile::tempdir_in(self.dir.path()).unwrap().keep()
    }

    pub(crate) fn issue(&self) -> Receipt {
        self.desk().issue(&identity_card(), &order(police(), "card-1"), &mut SystemRandom).unwrap()
    }
}

pub(crate) fn order(office: CreditCode, key: &str) -> Order {
    Order {
        who: "窗口一号".to_owned(),
        office,
        purpose: "办理证照".to_owned(),
        idempotency_key: key.to_owned(),
        at: now(),
    }
}

pub(crate) fn identity_card() -> Draft {
    let text = |value: &str| FieldValue::Text(value.to_owned());
    Draft {
        license_type: "identity-card".to_owned(),
        license_number: citizen().as_str().to_owned(),
        holder: DraftHolder {
            code_type: "111".to_owned(),
            code: citizen().as_str().to_owned(),
            name: HOLDER.to_owned(),
        },
        division: "652701".to_owned(),
        issue_date: "2020-05-06".to_owned(),
        valid_from: Some("2020-05-06".to_owned()),
        valid_until: Some("2040-05-06".to_owned()),
        fields: [
            ("sex", text("女")),
            ("ethnicity", text("维吾尔族")),
            ("birth_date", text("1985-03-15")),
            ("address", text("新疆博乐市青得里大街1号")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
    }
}
