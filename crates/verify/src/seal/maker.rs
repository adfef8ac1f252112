//! The checks of the seal itself.

use boyin_model::register::SealId;
use boyin_model::seal::{Seal, SealInfo, Signers, encoding_of};
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};

use super::check::{Finding, Run, weightiest};
use super::profile::MakerTime;
use super::reason::SealReason;
use super::report::{SealDetail, SealNote};
use crate::chain::{Certificate, ChainFault, Revocation};
use crate::check::fingerprint;
use crate::policy::CLOCK_TOLERANCE_SECONDS;

impl Run<'_, '_> {
    pub(super) fn maker_signature(&self, seal: &Seal<'_>) -> Finding {
        let maker = Certificate::read(seal.maker).map_err(|_| (SealReason::MakerMalformed, None))?;
        let algorithm = seal.algorithm.as_ref().map(|oid| oid.as_bytes()).unwrap_or_default();
        let certificates = self.context.certificates;
        let key = certificates.key_of(&maker, algorithm, encoding_of(seal.signature));
        let key = key.filter(|key| key.alg().id().signs_its_digest());
        let key = key.ok_or((SealReason::AlgorithmNotAccepted, None))?;
        if !certificates.has_made(&*key, &maker, &seal.signed, seal.signature) {
            return Err((SealReason::MakerSignatureMismatch, None));
        }
        self.not_ended(key.alg().id(), seal.info.created)
    }

    pub(super) fn maker_certificate(
        &mut self,
        seal: &Seal<'_>,
        time: MakerTime,
        signer: Option<&[u8]>,
    ) -> Finding {
        let maker = Certificate::read(seal.maker).map_err(|_| (SealReason::MakerMalformed, None))?;
        let at = match time {
            MakerTime::WhenUsed => self.used_at,
            MakerTime::WhenMade => seal.info.created,
        };
        let mut faults = Vec::new();
        match maker.usage() {
            Some(usage) if !usage.signs_documents => faults.push((SealReason::MakerKeyUsage, None)),
            Some(_) => {}
            None => self.note(SealNote::NoKeyUsage),
        }
        if self.is_signer_too(&maker, &seal.info.signers, signer) {
            faults.push((SealReason::MakerIsSigner, None));
        }
        for limit in [maker.not_before, maker.not_after] {
            let missed = if limit == maker.not_before { at < limit } else { limit < at };
            if missed {
                faults.push((SealReason::MakerNotInTime, Some(SealDetail::Instants { at, limit })));
            }
        }
        if time == MakerTime::WhenMade && maker.not_after < self.used_at {
            self.note(SealNote::MakerEndedSince);
        }
        if let Err(reason) = self.maker_path(&maker, at) {
            faults.push((reason, None));
        }
        if !self.registered && !self.context.certificates.is_maker(seal.maker) {
            faults.push((SealReason::MakerNotListed, None));
        }
        weightiest(&faults)
    }

    /// The path of the maker's certificate at the instant that counts, and what revocation lists say of it.
    fn maker_path(&mut self, maker: &Certificate, at: UnixTime) -> Result<(), SealReason> {
        let certificates = self.context.certificates;
        let path = match certificates.path(maker, at, self.context.now) {
            Err(fault) if fault.is_open() => return Err(SealReason::MakerChainMissing),
            Err(ChainFault::AlgorithmEnded) => return Err(SealReason::AlgorithmEnded),
            Err(_) => return Err(SealReason::MakerChainInvalid),
            Ok(path) => path,
        };
        match certificates.revocation(&path, at, self.context.now) {
            Revocation::Good => {}
            Revocation::Revoked(since, _) if since <= at => return Err(SealReason::MakerRevoked),
            // The register has the digest of the seal: with the maker's key alone nobody makes another one.
            Revocation::Revoked(since, _)
                if self.registered || self.seal_existed_at.is_some_and(|existed_at| existed_at < since) =>
            {
                self.note(SealNote::MakerRevokedSince);
            }
            Revocation::Revoked(..) => return Err(SealReason::MakerRevokedUnproven),
            Revocation::Unknown if self.registered => self.note(SealNote::RevocationFromRegister),
            Revocation::Unknown => return Err(SealReason::MakerRevocationUnknown),
        }
        Ok(())
    }

    /// Whether the maker is one of those who may sign, or who did. The keys are compared: there can be several certificates
    /// of one. Of a list of digests only the certificates are known that were handed in.
    fn is_signer_too(&self, maker: &Certificate, signers: &Signers<'_>, signer: Option<&[u8]>) -> bool {
        let listed: &[&[u8]] = match signers {
            Signers::Certificates(list) => list,
            Signers::Digests(_) => &[],
        };
        let certificates = listed.iter().copied().chain(signer);
        let mut known = certificates.filter_map(|bytes| Certificate::read(bytes).ok());
        known.any(|known| known.key_bits() == maker.key_bits())
            || self.lists(signers, maker)
            || self.lists_with_z(signers, maker)
    }

    pub(super) fn making(&self, info: &SealInfo<'_>) -> Finding {
        let latest = self.context.now.plus(CLOCK_TOLERANCE_SECONDS);
        // A signature before the seal was made is one with another seal; a mistaken zone is less than a day.
        let limit = latest.min(info.valid_until).min(self.used_at.plus(SECONDS_PER_DAY));
        if info.created <= limit {
            return Ok(());
        }
        Err((SealReason::MadeImplausibly, Some(SealDetail::Instants { at: info.created, limit })))
    }

    pub(super) fn validity(&self, info: &SealInfo<'_>) -> Finding {
        let at = self.used_at;
        let missed = |reason, limit| Err((reason, Some(SealDetail::Instants { at, limit })));
        if at < info.valid_from {
            missed(SealReason::SealNotYetValid, info.valid_from)
        } else if info.valid_until < at {
            missed(SealReason::SealExpired, info.valid_until)
        } else {
            Ok(())
        }
    }

    pub(super) fn register(&mut self, seal: &Seal<'_>) -> Finding {
        let Some(register) = self.context.register else {
            self.note(SealNote::RegisterNotAsked);
            return Ok(());
        };
        let list = register.list();
        let known = SealId::parse(seal.info.id).ok().and_then(|id| register.seal(id));
        let known = known.ok_or((SealReason::NotRegistered, None))?;
        let digest = fingerprint(self.algs(), seal.bytes);
        let mut versions = known.versions.iter().filter(|version| version.digest == digest).peekable();
        if versions.peek().is_none() {
            return Err((SealReason::NotAsRegistered, None));
        }
        let of_that_time = |version: &boyin_model::trust::SealVersion| {
            boyin_model::trust::in_force(version.from, version.until, self.used_at)
        };
        if !versions.any(of_that_time) || !known.in_force_at(self.used_at) {
            return Err((SealReason::NotInForce, None));
        }
        let latest = self.context.now.plus(CLOCK_TOLERANCE_SECONDS);
        if latest < list.issued_at {
            let detail = SealDetail::Instants { at: list.issued_at, limit: latest };
            return Err((SealReason::RegisterFromFuture, Some(detail)));
        }
        if list.next_update <= self.context.now {
            let detail = SealDetail::Instants { at: self.context.now, limit: list.next_update };
            return Err((SealReason::RegisterStale, Some(detail)));
        }
        Ok(())
    }

    /// Whether the list of a seal names the certificate. Lists of digests that are not accepted name nobody.
    pub(super) fn lists(&self, signers: &Signers<'_>, certificate: &Certificate) -> bool {
        match signers {
            Signers::Certificates(list) => list.contains(&certificate.bytes()),
            Signers::Digests(list) => list.iter().any(|digest| self.is_digest_of(digest, certificate, false)),
        }
    }

    /// Whether one of the digests is that of the certificate after the Z of its own key.
    pub(super) fn lists_with_z(&self, signers: &Signers<'_>, certificate: &Certificate) -> bool {
        match signers {
            Signers::Certificates(_) => false,
            Signers::Digests(list) => list.iter().any(|digest| self.is_digest_of(digest, certificate, true)),
        }
    }
}
