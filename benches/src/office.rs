//! One office with its data directory, for benches of desk, archive and lookup.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use boyin::archive::{Act, Filing, Grade, LicenseRecord, StatusSlot};
use boyin::issue::Draft;
use boyin::model::id::{CreditCode, DivisionCode, HolderCode, HolderCodeType, LicenseId};
use boyin::suite::{Algorithm, SystemRandom};
use boyin::{Desk, Home, Office, Order, Passphrase, Receipt, Setup, SuiteName};
use boyin_testkit::prefecture::{Prefecture, now};

/// Licenses of each holder whom a filing of the stock names.
pub const OF_HOLDER: u64 = 30;
/// Days of birth and numbers within a day that [`holder`] goes through.
const BIRTHS: (u64, u64) = (28, 999);

/// A number that nobody in this process has had before.
pub fn next() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// The passphrase of every data directory here.
#[must_use]
pub fn passphrase() -> Passphrase {
    Passphrase::new("bench".to_owned())
}

/// A data directory in `dir`, with one office that issues every type.
///
/// # Panics
/// If `dir` is not empty, or cannot be written.
#[must_use]
pub fn home(dir: &Path, suite: SuiteName) -> Home {
    let sample = Prefecture::new(Algorithm::Es256);
    let office = Office {
        code: sample.office.code,
        name: sample.office.name.to_owned(),
        division: DivisionCode::parse("652700").expect("the prefecture"),
        suite,
        licenses: sample.catalog.types().map(|license_type| license_type.key.clone()).collect(),
    };
    let setup = Setup {
        authority: "bench".to_owned(),
        authority_code: office.code,
        division: office.division,
        public_url: "http://127.0.0.1:8650".to_owned(),
        suite,
        offices: vec![office],
        catalog: None,
    };
    Home::create(dir, &setup, &passphrase(), now(), &mut SystemRandom).expect("a fresh directory")
}

/// Issues a license for this form.
///
/// # Panics
/// If it is refused.
pub fn issue(desk: &Desk, draft: &Draft, home: &Home) -> LicenseId {
    receipt(desk, draft, home).license_id
}

/// The same, with all that came of it.
///
/// # Panics
/// If it is refused.
pub fn receipt(desk: &Desk, draft: &Draft, home: &Home) -> Receipt {
    let order = Order {
        who: "bench".to_owned(),
        office: home.offices()[0].code,
        purpose: "bench".to_owned(),
        idempotency_key: format!("bench-{}", next()),
        at: now(),
    };
    desk.issue(draft, &order, &mut SystemRandom).expect("a good form")
}

/// An act of its own.
///
/// # Panics
/// Never: the words are good.
#[must_use]
pub fn act(office: CreditCode) -> Act {
    Act::new("bench", office, "bench", now(), format!("act-{}", next()), [0; 32]).expect("good words")
}

/// Licenses that are filed but not signed: the archive knows no signature. What is in them are random characters, so many
/// as a credential has.
#[derive(Clone, Debug)]
pub struct Filings {
    sample: LicenseRecord,
    office: CreditCode,
    list: String,
}

impl Filings {
    /// Licenses with a credential of so many bytes, with places on the status lists of this name and a number behind it.
    ///
    /// # Panics
    /// If there is no randomness.
    #[must_use]
    pub fn new(credential: usize, list: &str) -> Self {
        let sample = Prefecture::new(Algorithm::Es256);
        let license = sample.license(&sample.draft("identity-card"));
        let record = LicenseRecord {
            id: LicenseId::new(license.license_type().code, sample.office.code, "0", 1).expect("a digit"),
            credential: characters(credential),
            holder_code_type: license.holder().code_type(),
            holder_name: license.holder_name().to_owned(),
            title: license.license_type().name.clone(),
            number: license.license_number().to_owned(),
            valid_until: None,
            grade: Grade::A,
            filed_at: now(),
            slot: None,
        };
        Self { sample: record, office: sample.office.code, list: list.to_owned() }
    }

    /// The office.
    #[must_use]
    pub fn office(&self) -> CreditCode {
        self.office
    }

    /// Identifier of license `number`. Neighbors by number are not neighbors by identifier.
    ///
    /// # Panics
    /// Never: digits are a serial.
    #[must_use]
    pub fn id(&self, number: u64) -> LicenseId {
        // Odd, so that different numbers below 2^48 stay different.
        let serial = number.wrapping_mul(0x5851_f42d_4c95) & 0xffff_ffff_ffff;
        LicenseId::new(self.sample.id.license_type(), self.office, &format!("20260101{serial:015}"), 1)
            .expect("digits")
    }

    /// License `number`, the next of [`holder`] `number / OF_HOLDER`.
    ///
    /// # Panics
    /// Above 2^52 licenses.
    #[must_use]
    pub fn filing(&self, number: u64) -> Filing {
        let index = u32::try_from(number % (1 << 20)).expect("below 2^20");
        let slot = StatusSlot { list: format!("{}{}", self.list, number >> 20), index };
        let mut record = LicenseRecord { id: self.id(number), slot: Some(slot), ..self.sample.clone() };
        // Different in its first bytes: it is encrypted and not compressed.
        record.credential.iter_mut().zip(number.to_be_bytes()).for_each(|(byte, digit)| *byte = digit);
        Filing { record, holder: holder(number / OF_HOLDER) }
    }
}

/// Citizen `number`.
///
/// # Panics
/// Above eleven million.
#[must_use]
pub fn holder(number: u64) -> HolderCode {
    let (days, sequence) = BIRTHS;
    let (rest, sequence) = (number / sequence, number % sequence + 1);
    let (rest, day) = (rest / days, rest % days + 1);
    let (year, month) = (1930 + rest / 12, rest % 12 + 1);
    assert!(year < 2026, "nobody is born later");
    let digits = format!("652701{year:04}{month:02}{day:02}{sequence:03}");
    let sum: u64 =
        digits.bytes().zip((1..18).rev()).map(|(digit, power)| u64::from(digit - b'0') * (1 << power)).sum();
    // The check character makes the sum 1 mod 11.
    let check = match (12 - sum % 11) % 11 {
        10 => 'X',
        digit => char::from_digit(u32::try_from(digit).expect("below 10"), 10).expect("a digit"),
    };
    HolderCode::new(HolderCodeType::CitizenId, &format!("{digits}{check}")).expect("a citizen ID")
}

/// Random characters of base64url.
fn characters(count: usize) -> Vec<u8> {
    use boyin::model::alg::Randomness as _;
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = vec![0; count];
    SystemRandom.fill(&mut bytes).expect("the system has randomness");
    bytes.iter().map(|byte| ALPHABET[usize::from(byte % 64)]).collect()
}
