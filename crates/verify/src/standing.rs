//! Whether a list counts at an instant: asked here for every verification, and for whoever takes lists along.

use boyin_model::time::UnixTime;

use crate::policy::CLOCK_TOLERANCE_SECONDS;
use crate::reason::Reason;
use crate::report::Detail;
use crate::status::TrustedList;
use crate::trust::TrustSnapshot;

impl TrustSnapshot {
    /// Whether the list counts at `now`: it was made by then, and is not stale.
    ///
    /// # Errors
    /// [`Reason::TrustListFromFuture`], [`Reason::TrustListStale`].
    pub fn counts_at(&self, now: UnixTime) -> Result<(), Reason> {
        self.standing(now).map_err(|(reason, _)| reason)
    }

    /// As [`Self::counts_at`], with the limit that was missed.
    pub(crate) fn standing(&self, now: UnixTime) -> Result<(), (Reason, Option<Detail>)> {
        let list = self.list();
        if list.issued_at > now.plus(CLOCK_TOLERANCE_SECONDS) {
            return Err(missed(Reason::TrustListFromFuture, now, list.issued_at));
        }
        if now >= list.next_update {
            return Err(missed(Reason::TrustListStale, now, list.next_update));
        }
        Ok(())
    }
}

impl TrustedList {
    /// Whether the list counts at `now` under this trust list, which may be another one than that with which it was verified: by a
    /// key that is the issuer's and was in force when it was made, by an algorithm that has not ended, made by now, and not stale.
    ///
    /// # Errors
    /// [`Reason::StatusListForeign`], [`Reason::StatusListFromFuture`]; [`Reason::StatusListStale`] if that is all.
    pub fn counts_at(&self, trust: &TrustSnapshot, now: UnixTime) -> Result<(), Reason> {
        self.standing(trust, now).map_err(|(reason, _)| reason)
    }

    /// As [`Self::counts_at`], with the limit that was missed.
    pub(crate) fn standing(
        &self,
        trust: &TrustSnapshot,
        now: UnixTime,
    ) -> Result<(), (Reason, Option<Detail>)> {
        let (made_at, fresh_until) = (self.claims.iat, self.claims.exp);
        let key = trust.key(&self.kid).filter(|key| key.issuer == self.issuer);
        if key.is_none_or(|key| key.counts(made_at, now).is_err()) {
            return Err((Reason::StatusListForeign, None));
        }
        if made_at > now.plus(CLOCK_TOLERANCE_SECONDS) {
            return Err(missed(Reason::StatusListFromFuture, now, made_at));
        }
        if now >= fresh_until {
            return Err(missed(Reason::StatusListStale, now, fresh_until));
        }
        Ok(())
    }
}

pub(crate) fn missed(reason: Reason, now: UnixTime, limit: UnixTime) -> (Reason, Option<Detail>) {
    (reason, Some(Detail::Instants { now, limit }))
}
