//! From the anchor that a verifier holds to the one that signs today, over signed hand-overs.

use boyin_model::alg::VerifyAlg;
use boyin_model::anchor::{AnchorHandover, MAX_HANDOVER_BYTES, MAX_HANDOVERS, TYP_ANCHOR_HANDOVER};
use boyin_model::id::DivisionCode;
use boyin_model::json::Reader;
use boyin_model::jws::{Compact, Header, JwsError};
use boyin_model::limits::MAX_TRUST_LIST_BYTES;
use boyin_model::listing::{Entry, SignedList};
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;

use crate::policy::CLOCK_TOLERANCE_SECONDS;
use crate::trust::{TrustError, TrustSnapshot, payload_by, prepare};

/// Why hand-overs were refused. None of them is used then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The anchor, or the successor of this hand-over, is not a key of an allowed algorithm with its right ID.
    #[error("hand-over {0}: not a key of an allowed algorithm")]
    Key(usize),
    /// Not a hand-over.
    #[error("hand-over {handover}: {source}")]
    Format {
        /// Index, from 0.
        handover: usize,
        /// What is wrong.
        source: JwsError,
    },
    /// The signature does not match.
    #[error("hand-over {0}: the signature does not match")]
    Signature(usize),
    /// It is not by the successor that the one before it names, begins at or before the sequence at which its signer
    /// began, or is for another division.
    #[error("hand-over {0} does not follow the one before it")]
    Order(usize),
    /// It says that it was made before the one by which its signer became the anchor.
    #[error("hand-over {0} was made before the one that it follows")]
    Time(usize),
    /// It is dated later than now, beyond the tolerance for clocks.
    #[error("hand-over {0} is dated from the future: compare the clocks")]
    Future(usize),
    /// One anchor has two successors, or a successor was an anchor before.
    #[error("hand-over {0}: an anchor has two successors, or comes back")]
    Fork(usize),
    /// More than [`MAX_HANDOVERS`], or one longer than [`MAX_HANDOVER_BYTES`].
    #[error("too many hand-overs, or too long ones")]
    TooLarge,
}

/// The anchors of one authority in their order, each with the sequences of the trust lists that it may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorChain {
    /// Never empty; begins with the anchor that the verifier holds.
    anchors: Vec<Anchor>,
    /// Of the hand-overs that were followed; `None` without any.
    division: Option<DivisionCode>,
    /// When the last of them was made.
    made_at: Option<UnixTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Anchor {
    key: Jwk,
    /// First sequence.
    from: u64,
}

impl AnchorChain {
    /// The anchor that the verifier holds, without successors.
    #[must_use]
    pub fn of(pinned: &Jwk) -> Self {
        let anchors = vec![Anchor { key: pinned.clone(), from: 0 }];
        Self { anchors, division: None, made_at: None }
    }

    /// Follows the hand-overs, one compact JWS in each line, from the anchor that the verifier holds to the latest.
    /// Those of anchors before it are passed over; from the first of its own on, each has to follow the one before.
    ///
    /// `now` is the instant at which the anchor is followed, whatever instant the question is about: none of them is dated
    /// later.
    ///
    /// # Errors
    /// [`AnchorError`]; nothing is followed then.
    pub fn follow(
        pinned: &Jwk,
        handovers: &[u8],
        algs: &[&'static dyn VerifyAlg],
        now: UnixTime,
    ) -> Result<Self, AnchorError> {
        let latest = now.plus(CLOCK_TOLERANCE_SECONDS);
        let mut chain = Self::of(pinned);
        let mut seen = Vec::new();
        for (place, line) in
            handovers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate()
        {
            if place == MAX_HANDOVERS || line.len() > MAX_HANDOVER_BYTES {
                return Err(AnchorError::TooLarge);
            }
            let format = |source| AnchorError::Format { handover: place, source };
            let compact = Compact::open(line, MAX_HANDOVER_BYTES).map_err(format)?;
            let (header, _) = Header::read(&compact.header, Reader::Ours).map_err(format)?;
            if header.typ != TYP_ANCHOR_HANDOVER {
                return Err(format(JwsError::WrongType));
            }
            if seen.contains(&header.kid) {
                return Err(AnchorError::Fork(place));
            }
            if header.kid == chain.latest().kid {
                chain.extend(place, &compact, &header, algs, latest)?;
            } else if chain.anchors.len() > 1 {
                return Err(AnchorError::Order(place));
            }
            seen.push(std::borrow::Cow::Owned(header.kid.into_owned()));
        }
        Ok(chain)
    }

    fn extend(
        &mut self,
        place: usize,
        compact: &Compact<'_>,
        header: &Header<'_>,
        algs: &[&'static dyn VerifyAlg],
        latest: UnixTime,
    ) -> Result<(), AnchorError> {
        let last = self.anchors.last().expect("a chain is never empty");
        let signer = prepare(&last.key, algs).ok_or(AnchorError::Key(place))?;
        if header.alg != last.key.alg {
            return Err(AnchorError::Signature(place));
        }
        signer
            .verify(compact.signing_input, &compact.signature)
            .map_err(|_| AnchorError::Signature(place))?;
        let handover = AnchorHandover::read(&compact.payload, Reader::Ours)
            .map_err(|source| AnchorError::Format { handover: place, source })?;
        if handover.from_sequence <= last.from
            || self.division.is_some_and(|known| known != handover.division)
        {
            return Err(AnchorError::Order(place));
        }
        if self.made_at.is_some_and(|made| handover.issued_at < made) {
            return Err(AnchorError::Time(place));
        }
        if latest < handover.issued_at {
            return Err(AnchorError::Future(place));
        }
        if prepare(&handover.successor, algs).is_none() {
            return Err(AnchorError::Key(place));
        }
        if self.anchors.iter().any(|known| known.key.kid == handover.successor.kid) {
            return Err(AnchorError::Fork(place));
        }
        (self.division, self.made_at) = (Some(handover.division), Some(handover.issued_at));
        self.anchors.push(Anchor { key: handover.successor, from: handover.from_sequence });
        Ok(())
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Jwk> {
        self.anchors.iter().map(|anchor| &anchor.key)
    }

    /// The anchor that signs today: what a verifier should hold from now on.
    #[must_use]
    pub fn latest(&self) -> &Jwk {
        &self.anchors.last().expect("a chain is never empty").key
    }

    /// The anchor whose key ID a trust list names, unverified.
    #[must_use]
    pub fn signer_of(&self, token: &[u8]) -> Option<&Jwk> {
        let signer = signer_of(token)?;
        self.iter().find(|anchor| anchor.kid == signer)
    }

    /// Verifies a trust list with the anchor that may sign its sequence. See [`TrustSnapshot::load`].
    ///
    /// # Errors
    /// [`TrustError::NotByAnchor`] if it is signed by none of the anchors, or by one whose time it is not;
    /// [`TrustError`].
    pub fn load(&self, token: &[u8], algs: &[&'static dyn VerifyAlg]) -> Result<TrustSnapshot, TrustError> {
        let place = self.place_of(token, MAX_TRUST_LIST_BYTES)?;
        let snapshot = TrustSnapshot::load(token, &self.anchors[place].key, algs)?;
        let list = snapshot.list();
        self.check_time(place, list.sequence, list.division)?;
        Ok(snapshot)
    }

    /// Verifies a list beside the trust list with the anchor that may sign the trust lists of its time.
    ///
    /// Whether it counts at an instant is not asked here, nor the order of lists: see [`SignedList::counts_at`] and
    /// [`SignedList::may_replace`].
    ///
    /// # Errors
    /// As [`load`](Self::load); [`TrustError::List`].
    pub fn load_list<E: Entry>(
        &self,
        token: &[u8],
        algs: &[&'static dyn VerifyAlg],
    ) -> Result<SignedList<E>, TrustError> {
        let place = self.place_of(token, E::MAX_BYTES)?;
        let payload = payload_by(token, E::MAX_BYTES, E::TYP, &self.anchors[place].key, algs)?;
        let list = SignedList::<E>::read(&payload)?;
        self.check_time(place, list.trust_sequence, list.division)?;
        Ok(list)
    }

    /// First sequence of the trust lists that the latest anchor signs.
    #[must_use]
    pub fn latest_from(&self) -> u64 {
        self.anchors.last().expect("a chain is never empty").from
    }

    /// The anchor that a list names. Whoever signed it is found out by the signature; an unknown one is refused then.
    fn place_of(&self, token: &[u8], limit: usize) -> Result<usize, TrustError> {
        let compact = Compact::open(token, limit)?;
        let (header, _) = Header::read(&compact.header, Reader::Ours)?;
        Ok(self.anchors.iter().position(|anchor| anchor.key.kid == header.kid).unwrap_or(0))
    }

    /// Whether trust lists of this sequence, for this division, are for the anchor to sign.
    fn check_time(&self, place: usize, sequence: u64, division: DivisionCode) -> Result<(), TrustError> {
        let ended = self.anchors.get(place + 1).is_some_and(|next| next.from <= sequence);
        let other = self.division.is_some_and(|known| known != division);
        if sequence < self.anchors[place].from || ended || other {
            return Err(TrustError::NotByAnchor);
        }
        Ok(())
    }
}

/// The key ID that a signed list names, unverified.
#[must_use]
pub fn signer_of(token: &[u8]) -> Option<String> {
    let compact = Compact::open(token, MAX_TRUST_LIST_BYTES).ok()?;
    Header::read(&compact.header, Reader::Ours).ok().map(|(header, _)| header.kid.into_owned())
}
