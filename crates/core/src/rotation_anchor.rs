//! From one anchor to the next: the key that signs trust lists names its successor in a signed hand-over.
//!
//! The hand-over is published before the first list of the successor. Until that list is there, the last list of the
//! old anchor stays good; afterwards no list of the old anchor is. What was interrupted is finished by the next list.

use std::fs;

use boyin_issue::anchor_handover;
use boyin_model::anchor::{ANCHOR_HANDOVER_FORMAT, AnchorHandover};
use boyin_model::json;
use boyin_model::time::UnixTime;
use boyin_model::trust::{Jwk, TrustList};
use boyin_suite::all_jws;
use boyin_verify::AnchorChain;

use crate::desk::Order;
use crate::error::{DeskError, HomeError};
use crate::home::{Home, parse_anchor};
use crate::keyring::{Passphrase, TRUST_KEY, read_text, replace};
use crate::rotation::{Entry, KeyOwner, Rotation, RotationFault, check_words, fault};

const HANDOVERS: &str = "trust/handovers.jwt";
const ANCHOR: &str = "trust/anchor.json";
/// The anchor with which the hand-overs begin: with it the lists of every anchor since then are still verified.
pub(crate) const FIRST_ANCHOR: &str = "trust/first-anchor.json";

impl Home {
    /// The hand-overs from each anchor to the next, one in each line; empty before the first.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn handovers(&self) -> Result<Vec<u8>, HomeError> {
        let path = self.dir().join(HANDOVERS);
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(HomeError::File { path, source }),
        }
    }

    /// The anchors of this directory, from the first to the one that signs today. When each hand-over of its own was made was
    /// asked then.
    ///
    /// # Errors
    /// [`HomeError::Anchors`]; [`HomeError::AnchorElsewhere`] if the anchor of the directory is none of them; [`HomeError`].
    pub fn anchors(&self) -> Result<AnchorChain, HomeError> {
        let chain = AnchorChain::follow(self.first_anchor(), &self.handovers()?, &all_jws(), UnixTime::MAX)?;
        if chain.iter().all(|anchor| anchor != self.anchor()) {
            return Err(HomeError::AnchorElsewhere(self.dir().join(ANCHOR)));
        }
        Ok(chain)
    }

    /// The anchor that signed a trust list.
    pub(crate) fn anchor_of(&self, trust_list: &[u8]) -> Jwk {
        let anchors = self.anchors().ok();
        let found = anchors.as_ref().and_then(|anchors| anchors.signer_of(trust_list));
        found.unwrap_or_else(|| self.anchor()).clone()
    }

    /// Hands over from the key that signs the trust list to a prepared one, which signs the next list at once.
    ///
    /// Verifiers that hold the old anchor follow the hand-over; it has to reach them. Repeating it changes nothing more,
    /// and finishes what was interrupted.
    ///
    /// # Errors
    /// [`RotationFault`] within; [`DeskError`].
    pub fn rotate_anchor(
        &self,
        kid: &str,
        order: &Order,
        passphrase: &Passphrase,
    ) -> Result<Rotation, DeskError> {
        check_words(order)?;
        let _one_at_a_time = self.lock_trust()?;
        let anchors = self.anchors()?;
        let (_, current) = self.trust()?;
        let known = anchors.iter().any(|anchor| anchor.kid == kid);
        if known && anchors.latest().kid != kid {
            return Err(fault(RotationFault::Over(kid.to_owned())).into());
        }
        let key = self.successor(KeyOwner::TrustList, kid, order.at, passphrase)?;
        if !known {
            let handover = AnchorHandover {
                authority: self.config().authority.clone(),
                division: self.config().division,
                format: ANCHOR_HANDOVER_FORMAT,
                from_sequence: current.list().sequence + 1,
                issued_at: order.at,
                successor: key.reference().jwk().clone(),
            };
            self.hand_over(&handover, order.at, passphrase)?;
            self.journal("rotate", TRUST_KEY, kid, order)?;
        }
        let done = self.signed_by(kid)?;
        let sequence = if done { current.list().sequence } else { current.list().sequence + 1 };
        if !done {
            let mut list: TrustList = self.next_list(current.list(), order.at);
            list.seals = self.registered_seals(passphrase)?;
            self.put_trust_list(&key, &list)?;
        }
        self.pin(key.reference().jwk())?;
        Ok(Rotation { kid: kid.to_owned(), from: order.at, sequence, replayed: known })
    }

    fn hand_over(
        &self,
        handover: &AnchorHandover,
        now: UnixTime,
        passphrase: &Passphrase,
    ) -> Result<(), DeskError> {
        let old = self.trust_key(passphrase)?;
        let token = old.sign_jws(&anchor_handover(handover, old.reference()))?;
        let mut lines = self.handovers()?;
        lines.extend_from_slice(&token);
        lines.push(b'\n');
        // One that no verifier follows would lock everybody out.
        let chain =
            AnchorChain::follow(self.first_anchor(), &lines, &all_jws(), now).map_err(HomeError::from)?;
        if chain.latest() != &handover.successor {
            return Err(fault(RotationFault::UnknownKey(handover.successor.kid.clone())).into());
        }
        let first = self.dir().join(FIRST_ANCHOR);
        if !first.exists() {
            replace(&first, &json::canonical(self.first_anchor()))?;
        }
        Ok(replace(&self.dir().join(HANDOVERS), &lines)?)
    }

    /// Whether the list on the disk is by the key of that ID.
    fn signed_by(&self, kid: &str) -> Result<bool, HomeError> {
        let token = self.trust_token()?;
        let signer = boyin_verify::signer_of(&token);
        Ok(signer.as_deref() == Some(kid))
    }

    /// Makes `anchor` the one that new verifiers are given.
    pub(crate) fn pin(&self, anchor: &Jwk) -> Result<(), HomeError> {
        let path = self.dir().join(ANCHOR);
        if parse_anchor(&read_text(&path)?).as_ref() == Some(anchor) {
            return Ok(());
        }
        replace(&path, &json::canonical(anchor))
    }

    pub(crate) fn anchor_entries(&self) -> Result<Vec<Entry>, HomeError> {
        let anchors = self.anchors()?;
        let latest = anchors.latest().kid.clone();
        let entry = |key: &Jwk| Entry {
            kid: key.kid.clone(),
            alg: key.alg.clone(),
            from: None,
            until: None,
            ended: key.kid != latest,
        };
        Ok(anchors.iter().map(entry).collect())
    }
}
