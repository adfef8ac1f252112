//! Whether the transcript of a key ceremony is whole: every line of its script, in order, each holding the digest of the one
//! before it, and signed by the new key and by those who were to countersign.

use boyin_model::alg::VerifyAlg;
use boyin_model::ceremony::{
    CEREMONY_FORMAT, Closing, Event, Line, MAX_LINE_BYTES, MAX_TRANSCRIPT_BYTES, MadePlace, NO_LINE, Owner,
    Participant, Place, Script, Task,
};
use boyin_model::hex;
use boyin_model::json::Reader;
use boyin_model::jws::{Compact, Header, TYP_CEREMONY};
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;

use crate::policy::CLOCK_TOLERANCE_SECONDS;
use crate::trust::prepare;

/// A key that may countersign, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countersigner {
    /// In whose name it signs.
    pub owner: Owner,
    /// The key.
    pub key: Jwk,
}

/// What the verification of a transcript depends on beside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct CeremonyContext<'c> {
    /// The instant for which the question is asked.
    pub now: UnixTime,
    /// Algorithms of keys; one of them has to have SHA-256.
    pub algs: &'c [&'static dyn VerifyAlg],
    /// Keys whose countersignatures count, each for its owner alone. Of an owner several may be given; one of them has to
    /// have signed.
    pub countersigners: &'c [Countersigner],
    /// The script that was to be followed; any that keeps the rules if `None`.
    pub script: Option<&'c Script>,
    /// The key that was to be made; any if `None`.
    pub key: Option<&'c Jwk>,
}

/// Proof that a transcript is whole. Only [`CeremonyContext::verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Ceremony {
    script: Script,
    authority: String,
    key: Jwk,
    fingerprint: String,
    place: MadePlace,
    began_at: UnixTime,
    ended_at: UnixTime,
    countersigners: Vec<String>,
    lines: usize,
}

impl Ceremony {
    /// What was followed.
    #[must_use]
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// Name of the office that keeps the trust list.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The key that was made.
    #[must_use]
    pub fn key(&self) -> &Jwk {
        &self.key
    }

    /// SHA-256 of its SubjectPublicKeyInfo, in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Where its private half is.
    #[must_use]
    pub fn place(&self) -> &MadePlace {
        &self.place
    }

    /// When the first line was written.
    #[must_use]
    pub fn began_at(&self) -> UnixTime {
        self.began_at
    }

    /// When the last signature was made.
    #[must_use]
    pub fn ended_at(&self) -> UnixTime {
        self.ended_at
    }

    /// IDs of the keys that countersigned.
    #[must_use]
    pub fn countersigners(&self) -> &[String] {
        &self.countersigners
    }

    /// Lines, signatures among them.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lines
    }
}

/// Why a transcript is refused, and at which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct CeremonyError {
    /// Number of the line, from 1.
    pub line: usize,
    /// Why.
    pub fault: CeremonyFault,
}

/// Why a transcript is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyFault {
    /// Beyond a size limit.
    #[error("the transcript is larger than allowed")]
    TooLarge,
    /// Not a line of a transcript.
    #[error("this is no line of a transcript")]
    Malformed,
    /// The transcript ends before its script does, or without a signature: its key is none.
    #[error("the ceremony was not brought to its end: its key is none")]
    Incomplete,
    /// The ceremony was broken off: its key is none.
    #[error("the ceremony was broken off: its key is none")]
    BrokenOff,
    /// The line does not hold number and digest that follow from the one before it.
    #[error("the line does not follow the one before it: a line was changed, left out or moved")]
    Link,
    /// The line bears an earlier instant than the one before it.
    #[error("the line is dated before the one before it")]
    Order,
    /// The line bears an instant that is yet to come.
    #[error("the line is dated from the future: compare the clocks")]
    Future,
    /// The script breaks a rule.
    #[error("the script breaks a rule, such as three people in three roles")]
    Script,
    /// The script is another one.
    #[error("the script is not the one that was to be followed")]
    OtherScript,
    /// Not what the script has next: another step, person, role or text.
    #[error("this is not what the script has next")]
    Unexpected,
    /// A key that is none, or not of the suite and the place that the script names.
    #[error("the key is none, or not of the suite and the place of the script")]
    Key,
    /// The key is another one.
    #[error("the key is not the one that was to be made")]
    OtherKey,
    /// The keys that are to sign are not those that the script asks for.
    #[error("those who are to sign are not the new key and as many others as the script names")]
    Signers,
    /// A signature by another key than the one whose turn it is, over something else, or none.
    #[error("this is not the signature of the key whose turn it is")]
    Signature,
    /// The key of a countersigner is not among those that count.
    #[error("the countersigning key is not among those that were given: it cannot be told who countersigned")]
    CountersignerUnknown,
    /// Somebody whose key was given did not countersign with it.
    #[error("somebody whose key was given did not countersign with it")]
    NotCountersigned,
    /// Something stands behind the last signature.
    #[error("something follows the last signature")]
    Trailing,
}

impl CeremonyFault {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::TooLarge,
        Self::Malformed,
        Self::Incomplete,
        Self::BrokenOff,
        Self::Link,
        Self::Order,
        Self::Future,
        Self::Script,
        Self::OtherScript,
        Self::Unexpected,
        Self::Key,
        Self::OtherKey,
        Self::Signers,
        Self::Signature,
        Self::CountersignerUnknown,
        Self::NotCountersigned,
        Self::Trailing,
    ];

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "ceremony_too_large",
            Self::Malformed => "ceremony_malformed",
            Self::Incomplete => "ceremony_incomplete",
            Self::BrokenOff => "ceremony_broken_off",
            Self::Link => "ceremony_link",
            Self::Order => "ceremony_order",
            Self::Future => "ceremony_from_future",
            Self::Script => "ceremony_script",
            Self::OtherScript => "ceremony_other_script",
            Self::Unexpected => "ceremony_unexpected",
            Self::Key => "ceremony_key",
            Self::OtherKey => "ceremony_other_key",
            Self::Signers => "ceremony_signers",
            Self::Signature => "ceremony_signature",
            Self::CountersignerUnknown => "ceremony_countersigner_unknown",
            Self::NotCountersigned => "ceremony_not_countersigned",
            Self::Trailing => "ceremony_trailing",
        }
    }

    /// Whether it leaves the question open.
    #[must_use]
    pub fn is_indeterminate(self) -> bool {
        self == Self::CountersignerUnknown
    }
}

/// SubjectPublicKeyInfo (RFC 5480) up to the point, for a key on P-256.
const P256_HEADER: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3,
    1, 7, 3, 0x42, 0,
];
/// The same for a key on the SM2 curve.
const SM2_HEADER: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1,
    0x82, 0x2d, 3, 0x42, 0,
];

/// The fingerprint that a ceremony shows of a key: SHA-256 of its SubjectPublicKeyInfo, as `openssl pkey -pubin -outform
/// DER` writes it, in hexadecimal. `None` for a key on another curve, or without SHA-256.
#[must_use]
pub fn key_fingerprint(key: &Jwk, algs: &[&'static dyn VerifyAlg]) -> Option<String> {
    let header = match key.crv.as_str() {
        "P-256" => &P256_HEADER,
        "SM2" => &SM2_HEADER,
        _ => return None,
    };
    hex_digest(algs, &[&header[..], &key.point()?].concat())
}

/// SHA-256 in hexadecimal, as the lines of a transcript hold it; `None` if no algorithm has it.
#[must_use]
pub fn hex_digest(algs: &[&'static dyn VerifyAlg], bytes: &[u8]) -> Option<String> {
    let alg = algs.iter().find(|alg| alg.id().digest == "sha-256")?;
    Some(hex::encode(&alg.digest(&[bytes])))
}

impl CeremonyContext<'_> {
    /// Verifies a transcript.
    ///
    /// # Errors
    /// [`CeremonyError`] for the first line that is not what it should be.
    pub fn verify(&self, transcript: &[u8]) -> Result<Ceremony, CeremonyError> {
        let mut run = Run::new(self, transcript);
        let found = run.whole();
        found.map_err(|fault| CeremonyError { line: run.line, fault })
    }
}

struct Run<'r, 'c> {
    context: &'r CeremonyContext<'c>,
    bytes: &'r [u8],
    /// Where the next line begins.
    place: usize,
    /// Number of the line that was read last, from 1.
    line: usize,
    prev: String,
    /// Of the line before.
    at: Option<UnixTime>,
}

type Fallible<T> = Result<T, CeremonyFault>;

impl<'r, 'c> Run<'r, 'c> {
    fn new(context: &'r CeremonyContext<'c>, bytes: &'r [u8]) -> Self {
        let (place, line, prev) = (0, 0, NO_LINE.to_owned());
        Self { context, bytes, place, line, prev, at: None }
    }

    fn whole(&mut self) -> Fallible<Ceremony> {
        if self.bytes.len() > MAX_TRANSCRIPT_BYTES {
            return Err(CeremonyFault::TooLarge);
        }
        let (began_at, Event::Begun { authority, format, script }) = self.event()? else {
            return Err(CeremonyFault::Unexpected);
        };
        if format != CEREMONY_FORMAT {
            return Err(CeremonyFault::Malformed);
        }
        script.check().map_err(|_| CeremonyFault::Script)?;
        if self.context.script.is_some_and(|expected| *expected != script) {
            return Err(CeremonyFault::OtherScript);
        }
        let mut made = None;
        for step in 0..script.steps.len() {
            self.step(&script, step, &mut made)?;
        }
        // A script that was checked has a step that makes a key.
        let Made { key, fingerprint, place } = made.ok_or(CeremonyFault::Script)?;
        let Event::Closed { signers } = self.event()?.1 else {
            return Err(CeremonyFault::Unexpected);
        };
        self.signers(&script, &key, &signers)?;
        self.signature(&key)?;
        let mut open = false;
        for (owner, signer) in script.countersigned_by.iter().zip(&signers[1..]) {
            // All that can be said is said, before what stays open.
            match self.keys_of(*owner).find(|known| known.kid == *signer) {
                Some(known) => self.signature(known)?,
                None => {
                    self.next()?;
                    open = true;
                }
            }
        }
        if self.place != self.bytes.len() {
            self.line += 1;
            return Err(CeremonyFault::Trailing);
        }
        if open {
            return Err(CeremonyFault::CountersignerUnknown);
        }
        let (countersigners, lines, ended_at) =
            (signers[1..].to_vec(), self.line, self.at.unwrap_or(began_at));
        Ok(Ceremony { script, authority, key, fingerprint, place, began_at, ended_at, countersigners, lines })
    }

    /// The next line, without its line feed.
    fn next(&mut self) -> Fallible<&'r [u8]> {
        self.line += 1;
        let rest = &self.bytes[self.place..];
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or(CeremonyFault::Incomplete)?;
        self.place += end + 1;
        let line = &rest[..end];
        if line.len() > MAX_LINE_BYTES { Err(CeremonyFault::TooLarge) } else { Ok(line) }
    }

    fn event(&mut self) -> Fallible<(UnixTime, Event)> {
        let number = self.line;
        let bytes = self.next()?;
        let line = Line::read(bytes).ok_or(CeremonyFault::Malformed)?;
        if line.prev != self.prev || usize::try_from(line.no) != Ok(number) {
            return Err(CeremonyFault::Link);
        }
        self.prev = hex_digest(self.context.algs, bytes).ok_or(CeremonyFault::Key)?;
        self.pass(line.at)?;
        if matches!(line.event, Event::BrokenOff { .. }) {
            return Err(CeremonyFault::BrokenOff);
        }
        Ok((line.at, line.event))
    }

    fn pass(&mut self, at: UnixTime) -> Fallible<()> {
        if self.at.is_some_and(|before| at < before) {
            return Err(CeremonyFault::Order);
        }
        if self.context.now.plus(CLOCK_TOLERANCE_SECONDS) < at {
            return Err(CeremonyFault::Future);
        }
        self.at = Some(at);
        Ok(())
    }

    fn step(&mut self, script: &Script, number: usize, made: &mut Option<Made>) -> Fallible<()> {
        let step = &script.steps[number];
        let shown = match step.task {
            Task::Confirm => step.text.clone(),
            Task::MakeKey => {
                let Event::Made { fingerprint, key, place, step } = self.event()?.1 else {
                    return Err(CeremonyFault::Unexpected);
                };
                if step != number {
                    return Err(CeremonyFault::Unexpected);
                }
                let new = Made { key, fingerprint, place };
                self.key(script, &new)?;
                made.insert(new).fingerprint.clone()
            }
            Task::Record => {
                let Event::Recorded { digest, step, .. } = self.event()?.1 else {
                    return Err(CeremonyFault::Unexpected);
                };
                if step != number || !is_digest(&digest) {
                    return Err(CeremonyFault::Unexpected);
                }
                digest
            }
        };
        for one in script.confirm(step) {
            self.confirmed(one, number, &shown)?;
        }
        Ok(())
    }

    fn confirmed(&mut self, one: &Participant, number: usize, expected: &str) -> Fallible<()> {
        let Event::Confirmed { name, role, shown, step } = self.event()?.1 else {
            return Err(CeremonyFault::Unexpected);
        };
        if name != one.name || role != one.role || shown != expected || step != number {
            return Err(CeremonyFault::Unexpected);
        }
        Ok(())
    }

    fn key(&self, script: &Script, made: &Made) -> Fallible<()> {
        let same_place = match (&script.place, &made.place) {
            (Place::Software, MadePlace::Software) => true,
            (
                Place::Pkcs11 { module, token },
                MadePlace::Pkcs11 { module: in_module, token: in_token, .. },
            ) => module == in_module && token == in_token,
            (Place::Software, MadePlace::Pkcs11 { .. }) | (Place::Pkcs11 { .. }, MadePlace::Software) => {
                false
            }
        };
        let known = prepare(&made.key, self.context.algs).is_some();
        let fingerprint = key_fingerprint(&made.key, self.context.algs);
        if !known
            || !same_place
            || made.key.alg != script.alg
            || fingerprint.as_ref() != Some(&made.fingerprint)
        {
            return Err(CeremonyFault::Key);
        }
        match self.context.key {
            Some(expected) if *expected != made.key => Err(CeremonyFault::OtherKey),
            Some(_) | None => Ok(()),
        }
    }

    /// The new key, then as many others as the script names, each once.
    fn signers(&self, script: &Script, key: &Jwk, signers: &[String]) -> Fallible<()> {
        let twice = signers.iter().enumerate().any(|(place, signer)| signers[..place].contains(signer));
        if signers.first() != Some(&key.kid) || signers.len() != 1 + script.countersigned_by.len() || twice {
            return Err(CeremonyFault::Signers);
        }
        // Whose key is at hand has signed with it, and is one of those whom the script names.
        let signed = |given: &Countersigner| {
            let mut own = script.countersigned_by.iter().zip(&signers[1..]);
            own.any(|(owner, signer)| {
                *owner == given.owner && self.keys_of(*owner).any(|known| known.kid == *signer)
            })
        };
        if self.context.countersigners.iter().all(signed) {
            Ok(())
        } else {
            Err(CeremonyFault::NotCountersigned)
        }
    }

    /// The keys that were given of an owner.
    fn keys_of(&self, owner: Owner) -> impl Iterator<Item = &'c Jwk> + use<'c> {
        let given = self.context.countersigners.iter().filter(move |given| given.owner == owner);
        given.map(|given| &given.key)
    }

    fn signature(&mut self, key: &Jwk) -> Fallible<()> {
        let before = self.place;
        let line = self.next()?;
        let compact = Compact::open(line, MAX_LINE_BYTES).map_err(|_| CeremonyFault::Signature)?;
        let (header, _) =
            Header::read(&compact.header, Reader::Ours).map_err(|_| CeremonyFault::Signature)?;
        let closing = Closing::read(&compact.payload).ok_or(CeremonyFault::Signature)?;
        let digest = hex_digest(self.context.algs, &self.bytes[..before]);
        let named = header.typ == TYP_CEREMONY && header.kid == key.kid && header.alg == key.alg;
        if !named || Some(&closing.transcript) != digest.as_ref() {
            return Err(CeremonyFault::Signature);
        }
        let prepared = prepare(key, self.context.algs).ok_or(CeremonyFault::Signature)?;
        prepared.verify(compact.signing_input, &compact.signature).map_err(|_| CeremonyFault::Signature)?;
        self.pass(closing.at)
    }
}

struct Made {
    key: Jwk,
    fingerprint: String,
    place: MadePlace,
}

fn is_digest(text: &str) -> bool {
    text.len() == NO_LINE.len() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
