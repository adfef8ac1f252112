use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

#[derive(Clone)]
struct Open {
    of: Authorization,
    /// Who made it.
    clerk: String,
    /// Who made it, and by what, as events say it.
    by: String,
    until: UnixTime,
    /// Whether somebody is using it: it has its place until it is known what came of that.
    in_use: bool,
}

/// For what a code is shown. Whose licenses they are is compared afterwards: nothing has to be read for the rest.
pub(crate) struct Asked<'a> {
    pub(crate) agency: CreditCode,
    pub(crate) license_type: LicenseTypeCode,
    pub(crate) item: &'a str,
    pub(crate) purpose: &'a str,
}

/// A code that was open and is nobody else's now: [used up](Authorizations::used_up) or [put back](Authorizations::put_back) by whoever
/// took it.
#[derive(Clone)]
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
    places: Mutex<Places>,
}

/// What takes a place among the codes that are open.
#[derive(Default)]
struct Places {
    open: HashMap<Digest32, Open>,
    /// Of codes that are to be made: whose, and by which clerk.
    reserved: HashMap<u64, (HolderKey, String)>,
    next: u64,
}

impl std::fmt::Debug for Authorizations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorizations(..)")
    }
}

/// The place of a code that is to be made. It is given back when this is dropped.
#[must_use = "without it there may be no place for the code"]
pub struct ReservedCode {
    codes: Arc<Authorizations>,
    number: u64,
    of: Authorization,
    clerk: String,
}

impl std::fmt::Debug for ReservedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReservedCode(..)")
    }
}

impl ReservedCode {
    /// Makes the code; `by` says in events who saw that it is the holder who wants it, or somebody for them. It has its place,
    /// however many others are made.
    ///
    /// # Errors
    /// [`AuthorizationFault::Randomness`].
    pub fn make(
        self,
        by: &str,
        now: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<AuthorizationCode, AuthorizationFault> {
        let digits = random_digits(random)?;
        let of = Authorization { purpose: self.of.purpose.trim().to_owned(), ..self.of.clone() };
        let until = now.plus(AUTHORIZATION_SECONDS);
        let made = Open { of, clerk: self.clerk.clone(), by: by.to_owned(), until, in_use: false };
        let mut places = self.codes.places();
        places.reserved.remove(&self.number);
        places.open.insert(digest(&digits), made);
        drop(places);
        let groups = [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]];
        Ok(AuthorizationCode(groups.join(" ")))
    }
}

impl Drop for ReservedCode {
    fn drop(&mut self) {
        self.codes.places().reserved.remove(&self.number);
    }
}

fn digest(digits: &str) -> Digest32 {
    ES256.digest(&[b"boyin authorization\0", digits.as_bytes()])
}

impl Authorizations {
    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a place for a code that a clerk is going to make. What else has to be done for it is done in between.
    ///
    /// # Errors
    /// [`AuthorizationFault`], none of them for want of randomness.
    pub fn reserve(
        self: &Arc<Self>,
        of: Authorization,
        clerk: &str,
        now: UnixTime,
    ) -> Result<ReservedCode, AuthorizationFault> {
        let mut places = self.places();
        places.room(of.holder, clerk, now)?;
        let number = places.next;
        places.next += 1;
        places.reserved.insert(number, (of.holder, clerk.to_owned()));
        drop(places);
        Ok(ReservedCode { codes: Arc::clone(self), number, of, clerk: clerk.to_owned() })
    }

    /// Takes a code, if it is one that nobody else has taken. Whoever shows a code for something else has it used up too: nobody finds
    /// out by trying what a code is for.
    pub(crate) fn take(&self, code: &str, asked: &Asked<'_>, now: UnixTime) -> Option<Used> {
        let digits: String = code.chars().filter(|digit| *digit != ' ').take(DIGITS + 1).collect();
        let code = digest(&digits);
        let mut places = self.places();
        let open = places.open.get_mut(&code).filter(|open| !open.in_use)?;
        open.in_use = true;
        let was = open.clone();
        drop(places);
        let Authorization { holder: _, agency, license_type, item, purpose } = &was.of;
        let right = now < was.until
            && *agency == asked.agency
            && *license_type == asked.license_type
            && item == asked.item
            && purpose == asked.purpose;
        Some(Used { code, was, right })
    }

    /// Ends a code that was taken.
    pub(crate) fn used_up(&self, used: &Used) {
        self.places().open.remove(&used.code);
    }

    /// Opens a code again of whose use nothing came. It has kept its place: others that were made meanwhile do not take the holder
    /// beyond the bound.
    pub(crate) fn put_back(&self, used: &Used) {
        if let Some(open) = self.places().open.get_mut(&used.code) {
            open.in_use = false;
        }
    }
}

impl Places {
    /// Whether one more code has its place, once those that have ended are gone.
    fn room(&mut self, holder: HolderKey, clerk: &str, now: UnixTime) -> Result<(), AuthorizationFault> {
        self.open.retain(|_, open| now < open.until);
        let open = self.open.values().map(|open| (open.of.holder, open.clerk.as_str()));
        let reserved = self.reserved.values().map(|(holder, clerk)| (*holder, clerk.as_str()));
        let (mut of_holder, mut of_clerk, mut all) = (0, 0, 0);
        for (of, by) in open.chain(reserved) {
            of_holder += usize::from(of == holder);
            of_clerk += usize::from(by == clerk);
            all += 1;
        }
        if of_holder >= MAX_AUTHORIZATIONS_OF_HOLDER {
            return Err(AuthorizationFault::OfHolder);
        }
        if of_clerk >= MAX_AUTHORIZATIONS_OF_CLERK {
            return Err(AuthorizationFault::OfClerk);
        }
        if all >= MAX_AUTHORIZATIONS {
            return Err(AuthorizationFault::TooMany);
        }
        Ok(())
    }
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
    use std::sync::Barrier;
    use std::thread;

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

    /// A code that is made at once.
    fn make(
        codes: &Arc<Authorizations>,
        of: Authorization,
        clerk: &str,
        at: UnixTime,
    ) -> Result<AuthorizationCode, AuthorizationFault> {
        codes.reserve(of, clerk, at)?.make(clerk, at, &mut SystemRandom)
    }

    /// Who made the code, if it is good for this. It is used up.
    fn take(codes: &Authorizations, code: &str, of: &Authorization, at: UnixTime) -> Option<String> {
        let Authorization { holder, agency, license_type, item, purpose } = of;
        let asked = Asked { agency: *agency, license_type: *license_type, item, purpose };
        let used = codes.take(code, &asked, at)?;
        codes.used_up(&used);
        (used.right && used.holder() == *holder).then(|| used.by().to_owned())
    }

    #[test]
    fn a_code_is_good_once_for_what_it_was_made() {
        let codes = Arc::<Authorizations>::default();
        let code = make(&codes, wish(1), "窗口一号", now()).unwrap();
        assert_eq!(code.reveal().len(), 19);
        let last = now().plus(AUTHORIZATION_SECONDS - 1);
        assert_eq!(take(&codes, code.reveal(), &wish(1), last), Some("窗口一号".to_owned()));
        assert_eq!(take(&codes, code.reveal(), &wish(1), last), None, "used up");
        let unspaced = make(&codes, wish(1), "乙", now()).unwrap().reveal().replace(' ', "");
        assert!(take(&codes, &unspaced, &wish(1), now()).is_some());
        let late = make(&codes, wish(1), "乙", now()).unwrap();
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
            let code = make(&codes, wish(1), "乙", now()).unwrap();
            assert_eq!(take(&codes, code.reveal(), &asked, now()), None);
            assert_eq!(take(&codes, code.reveal(), &wish(1), now()), None, "it is used up all the same");
        }
        assert_eq!(take(&codes, "0000 0000 0000 0000", &wish(1), now()), None);
    }

    #[test]
    fn a_code_that_is_put_back_is_as_it_was() {
        let codes = Arc::<Authorizations>::default();
        let code = make(&codes, wish(1), "乙", now()).unwrap();
        let Authorization { agency, license_type, item, .. } = wish(1);
        let other = Asked { agency, license_type, item: &item, purpose: "别的" };
        let used = codes.take(code.reveal(), &other, now()).unwrap();
        assert!(!used.right);
        assert!(codes.take(code.reveal(), &other, now()).is_none(), "it is somebody's");
        codes.put_back(&used);
        let end = now().plus(AUTHORIZATION_SECONDS);
        let late = codes.take(code.reveal(), &other, end).unwrap();
        codes.put_back(&late);
        assert!(take(&codes, code.reveal(), &wish(1), now()).is_some(), "once");
        assert!(take(&codes, code.reveal(), &wish(1), now()).is_none());
    }

    #[test]
    fn open_codes_have_a_bound_for_each_holder_and_for_all() {
        let codes = Arc::<Authorizations>::default();
        let make = |holder, at| make(&codes, wish(holder), "乙", at);
        for _ in 0..MAX_AUTHORIZATIONS_OF_HOLDER {
            make(1, now()).unwrap();
        }
        assert_eq!(make(1, now()).unwrap_err(), AuthorizationFault::OfHolder);
        make(2, now()).unwrap();
        make(1, now().plus(AUTHORIZATION_SECONDS)).unwrap();
        let full = Arc::<Authorizations>::default();
        for number in 0..u32::try_from(MAX_AUTHORIZATIONS).unwrap() {
            let mut holder = [0; 32];
            holder[..4].copy_from_slice(&number.to_be_bytes());
            let of = Authorization { holder: HolderKey(holder), ..wish(0) };
            self::make(&full, of, &(number / 50).to_string(), now()).unwrap();
        }
        let refused = self::make(&full, wish(9), "乙", now()).unwrap_err();
        assert_eq!(refused, AuthorizationFault::TooMany);
    }

    #[test]
    fn open_codes_have_a_bound_for_each_clerk() {
        let codes = Arc::<Authorizations>::default();
        let make = |holder, by: &str, at| {
            let reserved = codes.reserve(wish(holder), by, at)?;
            reserved.make(&format!("{by}, delegation {holder}"), at, &mut SystemRandom)
        };
        for number in 0..u8::try_from(MAX_AUTHORIZATIONS_OF_CLERK).unwrap() {
            make(number, "乙", now()).unwrap();
        }
        // However each was made.
        assert_eq!(make(200, "乙", now()).unwrap_err(), AuthorizationFault::OfClerk);
        make(200, "丙", now()).unwrap();
        make(201, "乙", now().plus(AUTHORIZATION_SECONDS)).unwrap();
    }

    #[test]
    fn a_place_that_is_reserved_counts_until_it_is_given_back() {
        let codes = Arc::<Authorizations>::default();
        let reserve = || codes.reserve(wish(1), "乙", now());
        let mut reserved: Vec<_> = (0..MAX_AUTHORIZATIONS_OF_HOLDER).map(|_| reserve().unwrap()).collect();
        assert_eq!(reserve().unwrap_err(), AuthorizationFault::OfHolder);
        // A place that became a code is one place.
        let code = reserved.pop().unwrap().make("乙", now(), &mut SystemRandom).unwrap();
        assert_eq!(reserve().unwrap_err(), AuthorizationFault::OfHolder);
        drop(reserved.pop());
        let _last = reserve().unwrap();
        assert_eq!(reserve().unwrap_err(), AuthorizationFault::OfHolder);
        assert!(take(&codes, code.reveal(), &wish(1), now()).is_some());
        let _freed = reserve().unwrap();
        // Of the clerk, and of all, likewise.
        let of_clerk = (2..).map_while(|holder| codes.reserve(wish(holder), "乙", now()).ok());
        let of_clerk: Vec<_> = of_clerk.collect();
        assert_eq!(of_clerk.len() + MAX_AUTHORIZATIONS_OF_HOLDER, MAX_AUTHORIZATIONS_OF_CLERK);
    }

    #[test]
    fn a_code_in_use_keeps_its_place() {
        let codes = Arc::<Authorizations>::default();
        let code = make(&codes, wish(1), "乙", now()).unwrap();
        let Authorization { agency, license_type, item, purpose, .. } = wish(1);
        let asked = Asked { agency, license_type, item: &item, purpose: &purpose };
        let used = codes.take(code.reveal(), &asked, now()).unwrap();
        for _ in 1..MAX_AUTHORIZATIONS_OF_HOLDER {
            make(&codes, wish(1), "乙", now()).unwrap();
        }
        let one_more = make(&codes, wish(1), "乙", now());
        assert_eq!(one_more.unwrap_err(), AuthorizationFault::OfHolder, "it may be put back");
        codes.put_back(&used);
        assert_eq!(make(&codes, wish(1), "乙", now()).unwrap_err(), AuthorizationFault::OfHolder);
        assert!(take(&codes, code.reveal(), &wish(1), now()).is_some());
        make(&codes, wish(1), "乙", now()).unwrap();
    }

    /// What each of some threads gets that begin at once.
    fn at_once<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
        const THREADS: usize = 8;
        let begin = Barrier::new(THREADS);
        thread::scope(|scope| {
            let started: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        begin.wait();
                        work()
                    })
                })
                .collect();
            started.into_iter().map(|one| one.join().unwrap()).collect()
        })
    }

    #[test]
    fn of_many_at_once_one_uses_a_code() {
        let codes = Arc::<Authorizations>::default();
        for _ in 0..20 {
            let code = make(&codes, wish(1), "乙", now()).unwrap();
            let found = at_once(|| take(&codes, code.reveal(), &wish(1), now()));
            assert_eq!(found.iter().flatten().count(), 1);
        }
    }

    #[test]
    fn of_many_at_once_one_gets_the_last_place() {
        let codes = Arc::<Authorizations>::default();
        for _ in 1..MAX_AUTHORIZATIONS_OF_HOLDER {
            make(&codes, wish(1), "乙", now()).unwrap();
        }
        for _ in 0..20 {
            let reserved = at_once(|| codes.reserve(wish(1), "乙", now()));
            assert_eq!(reserved.iter().filter(|one| one.is_ok()).count(), 1);
        }
    }
}
