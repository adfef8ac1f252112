//! The whole way of a license in a place of its own: issued, verified, backed up, restored, verified again.

use std::path::Path;

use boyin_archive::LogHead;
use boyin_issue::{Draft, DraftHolder};
use boyin_model::alg::{Digest32, Randomness, VerifyAlg as _};
use boyin_model::credential::FieldValue;
use boyin_model::id::{CreditCode, DivisionCode, HolderCodeType, IdError};
use boyin_model::time::UnixTime;
use boyin_suite::ES256;
use boyin_verify::Verdict;

use super::{Findings, REHEARSAL};
use crate::backup::{BackupKeys, HomeBackup};
use crate::config::{Office, SuiteName};
use crate::desk::{Desk, Order, Receipt};
use crate::home::{Home, Setup};
use crate::keyring::Passphrase;
use crate::lookup::Lookup;

/// What everything is called that is made up for it.
const WORD: &str = "演练";
/// Invented: no organization code in use is known to begin with DEMX.
const AUTHORITY: &str = "11652700DEMX9000";
const OFFICES: [(&str, SuiteName); 2] =
    [("11652700DEMX9001", SuiteName::Sm2Sm3), ("11652700DEMX9002", SuiteName::Es256)];
const ENTERPRISE: &str = "91652700DEMX9003";
const DIVISION: &str = "652700";
const LICENSE_TYPE: &str = "business-license";
/// Bytes of a passphrase that nobody keeps.
const PASSPHRASE_BYTES: usize = 24;
/// Characters after the first point of a license, well within its payload.
const INSIDE: usize = 40;
const FAULT: &str = "this is a fault of the program or of this machine (memory, disk, clock): do not issue with it, and report it";

/// Why the way was not gone to its end.
type Stop = Box<dyn std::error::Error>;

/// What is on file: the end of the log, and the licenses by their digests.
type OnFile = (LogHead, Vec<Digest32>);

pub(super) fn check(dir: &Path, now: UnixTime, random: &mut dyn Randomness, found: &mut Findings) {
    let gone = rehearse(dir, now, random);
    // What is in it opens with a passphrase that nobody has; it is in the way only.
    let removed = if dir.exists() { std::fs::remove_dir_all(dir) } else { Ok(()) };
    match gone {
        Ok(licenses) => found.ok(
            REHEARSAL,
            format!("{licenses} licenses issued, verified, backed up, restored, verified again: the same"),
        ),
        Err(stop) => found.fail(REHEARSAL, stop.to_string(), FAULT),
    }
    if let Err(error) = removed {
        found.warn(REHEARSAL, format!("{} cannot be removed: {error}", dir.display()), "remove it");
    }
}

fn rehearse(dir: &Path, now: UnixTime, random: &mut dyn Randomness) -> Result<usize, Stop> {
    let mut bytes = [0; PASSPHRASE_BYTES];
    random.fill(&mut bytes)?;
    let passphrase = Passphrase::new(boyin_model::b64::encode(&bytes));
    let home = Home::create(&dir.join("first"), &setup()?, &passphrase, now, random)?;
    let receipts = issue(&home, &passphrase, now, random)?;
    let before = read(&home, &dir.join("follow-first"), &receipts, &passphrase, now)?;

    let backup = dir.join("backup");
    let made = home.back_up(&backup, None, BackupKeys::Include, &passphrase, now, &mut |_| {})?;
    if made.manifest.last_event != before.0.number {
        return Err("the backup does not hold every event".into());
    }
    let backup = HomeBackup::open(&backup, None, &passphrase)?;
    let report = backup.verify(&mut |_| {})?;
    if !report.sound() || usize::try_from(report.verified) != Ok(receipts.len()) {
        return Err("the backup does not verify".into());
    }
    let second = dir.join("second");
    backup.restore(&second, &mut |_| {})?;
    let restored = Home::open(&second)?;
    if !restored.check_archive(&passphrase, &mut |_| {})?.sound() {
        return Err("the restored archive is not whole".into());
    }
    let after = read(&restored, &dir.join("follow-second"), &receipts, &passphrase, now)?;
    if before != after {
        return Err("what was restored is not what was backed up".into());
    }
    Ok(receipts.len())
}

/// One license of each office, so that every suite signs.
fn issue(
    home: &Home,
    passphrase: &Passphrase,
    now: UnixTime,
    random: &mut dyn Randomness,
) -> Result<Vec<Receipt>, Stop> {
    let desk = Desk::open(home, passphrase, now)?;
    if !desk.overdue().is_empty() {
        return Err("a status list was not published".into());
    }
    desk.probe_store()?;
    let draft = draft(now)?;
    let mut receipts = Vec::with_capacity(OFFICES.len());
    for office in home.offices() {
        let order = Order {
            who: WORD.to_owned(),
            office: office.code,
            purpose: WORD.to_owned(),
            idempotency_key: office.code.as_str().to_owned(),
            at: now,
        };
        receipts.push(desk.issue(&draft, &order, random)?);
    }
    Ok(receipts)
}

/// Reads every license back and verifies it, and sees that a changed one is refused.
fn read(
    home: &Home,
    follow: &Path,
    receipts: &[Receipt],
    passphrase: &Passphrase,
    now: UnixTime,
) -> Result<OnFile, Stop> {
    let lookup = Lookup::open(home, follow, passphrase)?;
    let mut digests = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        let record = lookup.archive.get(&receipt.license_id)?;
        let record = record.ok_or("a license that was issued is not on file")?;
        if record.credential != receipt.credential {
            return Err("a license on file is not the one that was issued".into());
        }
        if lookup.verify(&record.credential, now).verdict() != Verdict::Passed {
            return Err("a license that was issued does not verify".into());
        }
        if !matches!(lookup.verify(&changed(&record.credential), now).verdict(), Verdict::Failed(_)) {
            return Err("a license that was changed is not refused".into());
        }
        digests.push(ES256.digest(&[&record.credential]));
    }
    Ok((lookup.check_log()?, digests))
}

/// The same license with another character in its payload.
fn changed(credential: &[u8]) -> Vec<u8> {
    let mut changed = credential.to_vec();
    let point = changed.iter().position(|byte| *byte == b'.').unwrap_or_default();
    if let Some(byte) = changed.get_mut(point + INSIDE) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    changed
}

/// A credit code from its first 16 characters.
fn code(first16: &str) -> Result<CreditCode, IdError> {
    let check = CreditCode::organization_check(first16.get(8..).unwrap_or_default())?;
    CreditCode::compute(&format!("{first16}{check}"))
}

/// A prefecture that is made up.
pub(super) fn setup() -> Result<Setup, IdError> {
    let division = DivisionCode::parse(DIVISION)?;
    let office = |(first16, suite): (&str, SuiteName)| -> Result<Office, IdError> {
        Ok(Office {
            code: code(first16)?,
            name: WORD.to_owned(),
            division,
            suite,
            licenses: vec![LICENSE_TYPE.to_owned()],
        })
    };
    Ok(Setup {
        authority: WORD.to_owned(),
        authority_code: code(AUTHORITY)?,
        division,
        public_url: "http://localhost".to_owned(),
        suite: SuiteName::Sm2Sm3,
        offices: OFFICES.into_iter().map(office).collect::<Result<_, IdError>>()?,
        catalog: None,
    })
}

/// The form of a license of that prefecture.
pub(super) fn draft(now: UnixTime) -> Result<Draft, IdError> {
    let text = |value: &str| FieldValue::Text(value.to_owned());
    let today = now.date().to_string();
    let fields = [
        ("address", text(WORD)),
        ("business_scope", text(WORD)),
        ("enterprise_type", text(WORD)),
        ("established_on", text(&today)),
        ("legal_representative", text(WORD)),
    ];
    Ok(Draft {
        license_type: LICENSE_TYPE.to_owned(),
        license_number: "DEMX-1".to_owned(),
        holder: DraftHolder {
            code_type: HolderCodeType::CreditCode.code().to_owned(),
            code: code(ENTERPRISE)?.as_str().to_owned(),
            name: WORD.to_owned(),
        },
        division: DIVISION.to_owned(),
        issue_date: today,
        valid_from: None,
        valid_until: None,
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    })
}
