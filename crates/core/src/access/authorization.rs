use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use boyin_archive::HolderKey;
use boyin_model::alg::{Digest32, Randomness, RandomnessUnavailable, VerifyAlg as _};
use boyin_model::id::{CreditCode, LicenseTypeCode};
use boyin_model::time::UnixTime;
use boyin_suite::ES256;

/// Seconds for which a code is good.
pub const AUTHORIZATION_SECONDS: u64 = 600;
/// Codes that are open at a time.
pub const MAX_AUTHORIZATIONS: usize = 4096;
/// Codes of one holder that are open at a time.
pub const MAX_AUTHORIZATIONS_OF_HOLDER: usize = 5;
/// Codes that one clerk has made and that are open at a time.
pub const MAX_AUTHORIZATIONS_OF_CLERK: usize = 100;
/// Digits of a code: 53 bits, each of which has one try.
const DIGITS: usize = 16;
const CODES: u64 = 10_u64.pow(16);

/// What a holder lets somebody see.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Whose licenses.
    pub holder: HolderKey,
    /// Who may see them.
    pub agency: CreditCode,
    /// Of which type.
    pub license_type: LicenseTypeCode,
    /// For which service item.
    pub item: String,
    /// What for, word by word.
    pub purpose: String,
}

/// Prints nothing: it is a holder's.
impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorization(..)")
    }
}

/// A new code: shown once, then only its digest is kept.
#[derive(Clone)]
pub struct AuthorizationCode(String);

impl AuthorizationCode {
    /// The digits, in groups of four.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthorizationCode(..)")
    }
}

/// Why no code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationFault {
    /// The holder has so many open.
    #[error(
        "the holder has {MAX_AUTHORIZATIONS_OF_HOLDER} codes that are open: use one, or wait until one has ended"
    )]
    OfHolder,
    /// The clerk has made so many that are open.
    #[error(
        "{MAX_AUTHORIZATIONS_OF_CLERK} codes of this clerk are open: wait until some were used or have ended"
    )]
    OfClerk,
    /// So many are open.
    #[error("too many codes are open")]
    TooMany,
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
}

struct Open {
    of: Authorization,
    /// Who made it.
    clerk: String,
    /// Who made it, and by what, as events say it.
    by: String,
    until: UnixTime,
}

/// For what a code is shown. Whose licenses they are is compared afterwards: nothing has to be read for the rest.
pub(crate) struct Asked<'a> {
    pub(crate) agency: CreditCode,
    pub(crate) license_type: LicenseTypeCode,
    pub(crate) item: &'a str,
    pub(crate) purpose: &'a str,
}

/// A code that was open and is used up now.
pub(crate) struct Used {
    code: Digest32,
    was: Open,
    /// Whether it is one for what was asked, but for the holder.
    pub(crate) right: bool,
}

impl Used {
    /// Whose it was.
    pub(crate) fn holder(&self) -> HolderKey {
        self.was.of.holder
    }

    /// Who made it.
    pub(crate) fn by(&self) -> &str {
        &self.was.by
    }
}

/// Codes by which holders let agencies see one license type: each good once, for one agency, item and purpose, for ten minutes.
/// They end with the process.
#[derive(Default)]
pub struct Authorizations {
    open: Mutex<HashMap<Digest32, Open>>,
}

impl std::fmt::Debug for Authorizations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorizations(..)")
    }
}

fn digest(digits: &str) -> Digest32 {
    ES256.digest(&[b"boyin authorization\0", digits.as_bytes()])
}

impl Authorizations {
    /// Whether a clerk may make a code of a holder now. What else has to be done for it can wait for that.
    ///
    /// # Errors
    /// [`AuthorizationFault`], none of them for want of randomness.
    pub fn room(&self, holder: HolderKey, clerk: &str, now: UnixTime) -> Result<(), AuthorizationFault> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        room_in(&mut open, holder, clerk, now)
    }

    /// Makes a code; `clerk` saw that it is the holder who wants it, or somebody for them: `by` says that in events.
    ///
    /// # Errors
    /// [`AuthorizationFault`].
    pub fn make(
        &self,
        of: Authorization,
        clerk: &str,
        by: &str,
        now: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<AuthorizationCode, AuthorizationFault> {
        let digits = random_digits(random)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        room_in(&mut open, of.holder, clerk, now)?;
        let of = Authorization { purpose: of.purpose.trim().to_owned(), ..of };
        let until = now.plus(AUTHORIZATION_SECONDS);
        open.insert(digest(&digits), Open { of, clerk: clerk.to_owned(), by: by.to_owned(), until });
        let groups = [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]];
        Ok(AuthorizationCode(groups.join(" ")))
    }

    /// Uses a code up, if it is one. Whoever shows a code for something else has used it up too: nobody finds out by trying what
    /// a code is for.
    pub(crate) fn take(&self, code: &str, asked: &Asked<'_>, now: UnixTime) -> Option<Used> {
        let digits: String = code.chars().filter(|digit| *digit != ' ').take(DIGITS + 1).collect();
        let code = digest(&digits);
        let was = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&code)?;
        let Authorization { holder: _, agency, license_type, item, purpose } = &was.of;
        let right = now < was.until
            && *agency == asked.agency
            && *license_type == asked.license_type
            && item == asked.item
            && purpose == asked.purpose;
        Some(Used { code, was, right })
    }

    /// Opens a code again of whose use nothing came.
    pub(crate) fn put_back(&self, used: Used) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(used.code, used.was);
    }
}

/// Whether one more code has its place, once those that have ended are gone.
fn room_in(
    open: &mut HashMap<Digest32, Open>,
    holder: HolderKey,
    clerk: &str,
    now: UnixTime,
) -> Result<(), AuthorizationFault> {
    open.retain(|_, open| now < open.until);
    if open.values().filter(|open| open.of.holder == holder).count() >= MAX_AUTHORIZATIONS_OF_HOLDER {
        return Err(AuthorizationFault::OfHolder);
    }
    if open.values().filter(|open| open.clerk == clerk).count() >= MAX_AUTHORIZATIONS_OF_CLERK {
        return Err(AuthorizationFault::OfClerk);
    }
    if open.len() >= MAX_AUTHORIZATIONS {
        return Err(AuthorizationFault::TooMany);
    }
    Ok(())
}

fn random_digits(random: &mut dyn Randomness) -> Result<String, RandomnessUnavailable> {
    // Beyond the last whole multiple, small numbers would come up more often.
    const END: u64 = u64::MAX - u64::MAX % CODES;
    loop {
        let mut bytes = [0; 8];
        random.fill(&mut bytes)?;
        let number = u64::from_be_bytes(bytes);
        if number < END {
            return Ok(format!("{:0DIGITS$}", number % CODES));
        }
    }
}

#[cfg(test)]
mod tests {
    use boyin_suite::SystemRandom;

    use super::*;

    fn now() -> UnixTime {
        UnixTime::new(1_000_000).unwrap()
    }

    fn wish(holder: u8) -> Authorization {
        let code = CreditCode::parse("11100000000013338W").unwrap();
        Authorization {
            holder: HolderKey([holder; 32]),
            agency: code,
            license_type: LicenseTypeCode::parse("11100000000013127D001").unwrap(),
            item: "item-1".to_owned(),
            purpose: "贷款".to_owned(),
        }
    }

    /// Who made the code, if it is good for this.
    fn take(codes: &Authorizations, code: &str, of: &Authorization, at: UnixTime) -> Option<String> {
        let Authorization { holder, agency, license_type, item, purpose } = of;
        let asked = Asked { agency: *agency, license_type: *license_type, item, purpose };
        let used = codes.take(code, &asked, at)?;
        (used.right && used.holder() == *holder).then(|| used.by().to_owned())
    }

    #[test]
    fn a_code_is_good_once_for_what_it_was_made() {
        let codes = Authorizations::default();
        let code = codes.make(wish(1), "窗口一号", "窗口一号", now(), &mut SystemRandom).unwrap();
        assert_eq!(code.reveal().len(), 19);
        let last = now().plus(AUTHORIZATION_SECONDS - 1);
        assert_eq!(take(&codes, code.reveal(), &wish(1), last), Some("窗口一号".to_owned()));
        assert_eq!(take(&codes, code.reveal(), &wish(1), last), None, "used up");
        let unspaced =
            codes.make(wish(1), "乙", "乙", now(), &mut SystemRandom).unwrap().reveal().replace(' ', "");
        assert!(take(&codes, &unspaced, &wish(1), now()).is_some());
        let late = codes.make(wish(1), "乙", "乙", now(), &mut SystemRandom).unwrap();
        assert_eq!(take(&codes, late.reveal(), &wish(1), now().plus(AUTHORIZATION_SECONDS)), None);
        let other = |change: fn(&mut Authorization)| {
            let mut other = wish(1);
            change(&mut other);
            other
        };
        for asked in [
            wish(2),
            other(|wish| wish.item = "item-2".to_owned()),
            other(|wish| wish.purpose = "别的".to_owned()),
            other(|wish| wish.license_type = LicenseTypeCode::parse("111000000000131433001").unwrap()),
            other(|wish| wish.agency = CreditCode::parse("11100000MB0143028R").unwrap()),
        ] {
            let code = codes.make(wish(1), "乙", "乙", now(), &mut SystemRandom).unwrap();
            assert_eq!(take(&codes, code.reveal(), &asked, now()), None);
            assert_eq!(take(&codes, code.reveal(), &wish(1), now()), None, "it is used up all the same");
        }
        assert_eq!(take(&codes, "0000 0000 0000 0000", &wish(1), now()), None);
    }

    #[test]
    fn a_code_that_is_put_back_is_as_it_was() {
        let codes = Authorizations::default();
        let code = codes.make(wish(1), "乙", "乙", now(), &mut SystemRandom).unwrap();
        let Authorization { agency, license_type, item, .. } = wish(1);
        let other = Asked { agency, license_type, item: &item, purpose: "别的" };
        let used = codes.take(code.reveal(), &other, now()).unwrap();
        assert!(!used.right);
        codes.put_back(used);
        let end = now().plus(AUTHORIZATION_SECONDS);
        let late = codes.take(code.reveal(), &other, end).unwrap();
        codes.put_back(late);
        assert!(take(&codes, code.reveal(), &wish(1), now()).is_some(), "once");
        assert!(take(&codes, code.reveal(), &wish(1), now()).is_none());
    }

    #[test]
    fn open_codes_have_a_bound_for_each_holder_and_for_all() {
        let codes = Authorizations::default();
        let make = |holder, at| codes.make(wish(holder), "乙", "乙", at, &mut SystemRandom);
        for _ in 0..MAX_AUTHORIZATIONS_OF_HOLDER {
            make(1, now()).unwrap();
        }
        assert_eq!(make(1, now()).unwrap_err(), AuthorizationFault::OfHolder);
        make(2, now()).unwrap();
        make(1, now().plus(AUTHORIZATION_SECONDS)).unwrap();
        let full = Authorizations::default();
        for number in 0..u32::try_from(MAX_AUTHORIZATIONS).unwrap() {
            let mut holder = [0; 32];
            holder[..4].copy_from_slice(&number.to_be_bytes());
            let of = Authorization { holder: HolderKey(holder), ..wish(0) };
            full.make(of, &(number / 50).to_string(), &(number / 50).to_string(), now(), &mut SystemRandom)
                .unwrap();
        }
        let refused = full.make(wish(9), "乙", "乙", now(), &mut SystemRandom).unwrap_err();
        assert_eq!(refused, AuthorizationFault::TooMany);
    }

    #[test]
    fn open_codes_have_a_bound_for_each_clerk() {
        let codes = Authorizations::default();
        let make = |holder, by, at| {
            codes.make(wish(holder), by, &format!("{by}, delegation {holder}"), at, &mut SystemRandom)
        };
        for number in 0..u8::try_from(MAX_AUTHORIZATIONS_OF_CLERK).unwrap() {
            make(number, "乙", now()).unwrap();
        }
        // However each was made.
        assert_eq!(make(200, "乙", now()).unwrap_err(), AuthorizationFault::OfClerk);
        let room = |clerk| codes.room(HolderKey([200; 32]), clerk, now());
        assert_eq!((room("乙"), room("丙")), (Err(AuthorizationFault::OfClerk), Ok(())));
        make(200, "丙", now()).unwrap();
        make(201, "乙", now().plus(AUTHORIZATION_SECONDS)).unwrap();
    }
}
