//! What protects the archive, at the desk: reads are taken into the log, keys are changed, records are erased, and the
//! log is signed.

use boyin_archive::{Act, LogHead, Outcome, Resealing, TakenReads};
use boyin_exempt::InputKey;
use boyin_model::alg::{Randomness, VerifyAlg as _};
use boyin_model::hex;
use boyin_model::id::{HolderCode, LicenseId};
use boyin_model::json;
use boyin_model::time::UnixTime;
use boyin_suite::ES256;
use serde::Serialize;

use crate::archive_secret::SecretSource;
use crate::desk::{Desk, Order, act};
use crate::error::DeskError;

/// Who takes reads in. It shows only where a spool was cut: that event is nobody else's.
const DESK: &str = "boyin desk";
const TAKING: &str = "归集查阅记录";
/// Values that one step of a rotation looks at.
const STEP: usize = 500;

/// What is signed of the log: its place, and when that was its end.
#[derive(Serialize)]
struct SignedHead<'h> {
    authority: &'h str,
    events: u64,
    hash: String,
    iat: UnixTime,
}

impl Desk {
    /// Takes what processes that read have left into the log; see [`boyin_archive::Archive::take_reads`].
    ///
    /// # Errors
    /// [`DeskError`]; what was taken in before stays, and nothing is taken in twice.
    pub fn take_reads(&self, now: UnixTime) -> Result<TakenReads, DeskError> {
        let request = ES256.digest(&[b"take reads\0"]);
        let act = Act::new(DESK, self.config.authority_code, TAKING, now, "reads", request)?;
        Ok(self.archive.take_reads(&self.home.reads_path(), &act)?)
    }

    /// Erases what is personal in a license. It takes two people; see [`boyin_archive::Archive::purge`].
    ///
    /// # Errors
    /// [`DeskError::ForeignLicense`] if another office issued it, unless the office keeps the trust list; what the archive refuses.
    pub fn purge(
        &self,
        id: &LicenseId,
        second: &str,
        reason: &str,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        if id.issuer() != order.office && order.office != self.config.authority_code {
            return Err(DeskError::ForeignLicense(id.issuer()));
        }
        let words = format!("purge\0{id}\0{second}\0{reason}");
        let act = act(order, ES256.digest(&[words.as_bytes()]))?;
        Ok(self.archive.purge(&act, id, second, reason)?)
    }

    /// Erases what decisions on papers that a holder took part in were decided from, whether the holder has something on file or not. It
    /// takes two people; see [`boyin_archive::Archive::erase_decision_inputs`].
    ///
    /// # Errors
    /// [`DeskError::AuthorityOnly`] unless the office keeps the trust list: any office may have asked. What the archive refuses.
    pub fn erase_decision_inputs(
        &self,
        holder: &HolderCode,
        second: &str,
        reason: &str,
        order: &Order,
    ) -> Result<Outcome, DeskError> {
        if order.office != self.config.authority_code {
            return Err(DeskError::AuthorityOnly);
        }
        let (kind, code) = (holder.code_type().code(), holder.as_str());
        let words = format!("erase decision inputs\0{kind}:{code}\0{second}\0{reason}");
        // Keyed: a plain digest would tell the number to whoever tries them all.
        let request = InputKey(*self.archive.decision_key()).digest(words.as_bytes());
        let act = act(order, request)?;
        Ok(self.archive.erase_decision_inputs(&act, holder, second, reason)?)
    }

    /// Makes a new data key current, unless a change of the key is under way already.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn rotate_data_key(&self, order: &Order) -> Result<(), DeskError> {
        match self.archive.rotate_key(&act(order, ES256.digest(&[b"rotate data key\0"]))?) {
            Ok(_) | Err(boyin_archive::ArchiveError::Resealing) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Seals the next values anew under the current data key. Others may act meanwhile.
    ///
    /// # Errors
    /// [`DeskError`]; it goes on where it stopped.
    pub fn reseal_step(&self) -> Result<Resealing, DeskError> {
        Ok(self.archive.reseal(STEP)?)
    }

    /// Destroys the data keys before the current one, once everything is sealed anew.
    ///
    /// # Errors
    /// [`DeskError`]; [`boyin_archive::ArchiveError::Resealing`] within if something is not.
    pub fn retire_data_keys(&self, order: &Order) -> Result<Outcome, DeskError> {
        let order = Order { idempotency_key: format!("{} retire", order.idempotency_key), ..order.clone() };
        Ok(self.archive.retire_keys(&act(&order, ES256.digest(&[b"retire data keys\0"]))?)?)
    }

    /// Puts the archive under a new root secret, kept elsewhere if that is asked for. If this is interrupted, the next opening finds
    /// the secret that the archive is under. Processes that follow have to be started again.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn change_archive_secret(
        &self,
        source: &SecretSource,
        order: &Order,
        random: &mut dyn Randomness,
    ) -> Result<Outcome, DeskError> {
        let act = act(order, ES256.digest(&[b"change root secret\0"]))?;
        let secret = self.keyring.prepare_archive_secret(source, &self.passphrase, random)?;
        let outcome = self.archive.change_secret(&act, &secret)?;
        self.keyring.adopt_archive_secret()?;
        Ok(outcome)
    }

    /// The end of the whole log, checked, and signed with the key of the trust list: a compact JWS of type [`boyin_issue::TYP_LOG_HEAD`].
    /// Whoever keeps it somewhere else can tell later that the log up to there is the same.
    ///
    /// # Errors
    /// [`DeskError`]; [`boyin_archive::ArchiveError::BrokenLink`] within if an event does not follow.
    pub fn signed_head(&self, now: UnixTime) -> Result<(LogHead, Vec<u8>), DeskError> {
        let head = self.archive.check_log()?;
        let hash = hex::encode(&head.hash);
        let payload = SignedHead { authority: &self.config.authority, events: head.number, hash, iat: now };
        let key = self.trust_key()?;
        let signed = boyin_issue::log_head(&json::canonical(&payload), key.reference());
        Ok((head, key.sign_jws(&signed)?))
    }
}
