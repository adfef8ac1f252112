//! Answers about revocation that were fetched by somebody and handed in (RFC 6960). No nonce is asked: nobody is asked.

use boyin_model::alg::VerifyAlg;
use boyin_model::time::UnixTime;
use sha1_smol::Sha1;

use super::CertificateStore;
use super::algorithm::Algorithm;
use super::certificate::{Certificate, CertificateError, verifies};
use super::crl::{Entry, RevocationReason, extension};
use super::der::{Cursor, only, tag};
use super::name::Name;
use super::purpose::Purpose;
use super::revocation::{Question, Revocation};
use super::time::instant;

/// Bytes of one response.
pub const MAX_OCSP_BYTES: usize = 1 << 20;
/// Certificates in one response.
const MAX_CERTIFICATES: usize = 16;
/// Answers in one response.
const MAX_ANSWERS: usize = 4096;
/// `id-pkix-ocsp-basic`, 1.3.6.1.5.5.7.48.1.1.
const BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];

/// The digest that names an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IdDigest {
    Sha1,
    Named(&'static str),
}

#[derive(Clone, Debug)]
enum Responder {
    Named(Name),
    /// SHA-1 of its key.
    Key(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Good,
    Revoked(UnixTime, RevocationReason),
    Unknown,
}

#[derive(Clone, Debug)]
struct Single {
    digest: IdDigest,
    name: Vec<u8>,
    key: Vec<u8>,
    serial: Vec<u8>,
    answer: Answer,
    this_update: UnixTime,
    next_update: Option<UnixTime>,
}

/// A response that was read, and not verified.
#[derive(Clone, Debug)]
pub(super) struct OcspResponse {
    signed: Vec<u8>,
    algorithm: Algorithm,
    signature: Vec<u8>,
    responder: Responder,
    produced_at: UnixTime,
    answers: Vec<Single>,
    certificates: Vec<Certificate>,
}

impl OcspResponse {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_OCSP_BYTES {
            return Err(CertificateError::TooLarge);
        }
        Self::parse(bytes).ok_or(CertificateError::Malformed)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut outer = only(bytes, tag::SEQUENCE)?;
        // `successful`: the others say nothing and are not signed.
        (outer.take(tag::ENUMERATED)?.content == [0]).then_some(())?;
        let wrapped = outer.take(tag::constructed(0))?;
        outer.end()?;
        let mut typed = only(wrapped.content, tag::SEQUENCE)?;
        (typed.take(tag::OID)?.content == BASIC).then_some(())?;
        let basic = typed.take(tag::OCTET_STRING)?;
        typed.end()?;
        let mut basic = only(basic.content, tag::SEQUENCE)?;
        let data = basic.take(tag::SEQUENCE)?;
        let algorithm = Algorithm::read(basic.take(tag::SEQUENCE)?.raw)?;
        let signature = basic.take(tag::BIT_STRING)?.content.strip_prefix(&[0])?.to_vec();
        let certificates = match basic.option(tag::constructed(0))? {
            Some(list) => certificates(only(list.content, tag::SEQUENCE)?)?,
            None => Vec::new(),
        };
        basic.end()?;
        let (responder, produced_at, answers) = response_data(Cursor::new(data.content))?;
        let signed = data.raw.to_vec();
        Some(Self { signed, algorithm, signature, responder, produced_at, answers, certificates })
    }

    /// Whether the issuer, or who may answer in its name, signed this.
    fn is_signed_for(&self, issuer: &Certificate, question: &Question<'_>) -> bool {
        let Question { store, now, .. } = *question;
        if self.is_by(issuer) && self.is_signed_by(issuer, store, now) {
            return true;
        }
        let mut delegates = self.certificates.iter().filter(|delegate| self.is_by(delegate));
        delegates.any(|delegate| {
            let in_time = delegate.not_before <= now && now <= delegate.not_after;
            // RFC 6960 §4.2.2.2: by the authority itself, not by one below it.
            let appointed = *delegate.issuer_name() == *issuer.subject_name()
                && !delegate.extensions.unknown
                && Purpose::OcspSigning.is_allowed_to(delegate);
            in_time
                && appointed
                && self.is_signed_by(delegate, store, now)
                && store.counts(issuer, delegate.algorithm(), delegate.not_before, now)
                && delegate.signed_by(issuer, store.algs())
                && (delegate.extensions.no_check || question.by_lists(delegate, issuer) == Revocation::Good)
        })
    }

    /// With an algorithm that had not ended.
    fn is_signed_by(&self, signer: &Certificate, store: &CertificateStore, now: UnixTime) -> bool {
        store.counts(signer, &self.algorithm, self.produced_at, now)
            && verifies(&self.signed, &self.algorithm, &self.signature, signer, store.algs())
    }

    fn is_by(&self, signer: &Certificate) -> bool {
        match &self.responder {
            Responder::Named(name) => name == signer.subject_name(),
            Responder::Key(digest) => Sha1::from(signer.key_bits()).digest().bytes()[..] == digest[..],
        }
    }
}

impl Single {
    fn is_of(&self, subject: &Certificate, issuer: &Certificate, algs: &[&'static dyn VerifyAlg]) -> bool {
        let digest = |bytes: &[u8]| match self.digest {
            IdDigest::Sha1 => Some(Sha1::from(bytes).digest().bytes().to_vec()),
            IdDigest::Named(name) => {
                let alg = algs.iter().find(|alg| alg.id().digest == name)?;
                Some(alg.digest(&[bytes]).to_vec())
            }
        };
        self.serial == subject.serial()
            && digest(subject.issuer()).is_some_and(|digest| digest == self.name)
            && digest(issuer.key_bits()).is_some_and(|digest| digest == self.key)
    }

    fn is_fresh(&self, now: UnixTime) -> bool {
        self.this_update <= now && self.next_update.is_some_and(|end| now <= end)
    }
}

impl Question<'_> {
    pub(super) fn by_responses(&self, subject: &Certificate, issuer: &Certificate) -> Revocation {
        let mut found = Revocation::Unknown;
        for response in &self.store.responses {
            let of_subject = |single: &&Single| single.is_of(subject, issuer, self.store.algs());
            let mut answers = response.answers.iter().filter(of_subject).peekable();
            if answers.peek().is_none() || !response.is_signed_for(issuer, self) {
                continue;
            }
            for single in answers {
                found = match (found, single.answer) {
                    // A stale answer still knows what was revoked; but not what is on hold now.
                    (_, Answer::Revoked(_, RevocationReason::CertificateHold))
                        if !single.is_fresh(self.now) =>
                    {
                        found
                    }
                    (Revocation::Revoked(since, reason), Answer::Revoked(also, other)) => {
                        let both = Entry { since, reason }.with(Entry { since: also, reason: other });
                        Revocation::Revoked(both.since, both.reason)
                    }
                    (_, Answer::Revoked(at, why)) => Revocation::Revoked(at, why),
                    (Revocation::Unknown, Answer::Good) if single.is_fresh(self.now) => Revocation::Good,
                    (_, Answer::Good | Answer::Unknown) => found,
                };
            }
        }
        found
    }
}

fn certificates(mut items: Cursor<'_>) -> Option<Vec<Certificate>> {
    let mut found = Vec::new();
    while !items.is_empty() {
        let certificate = items.take(tag::SEQUENCE)?;
        // One that cannot be read has signed nothing.
        found.extend(Certificate::read(certificate.raw));
        if found.len() > MAX_CERTIFICATES {
            return None;
        }
    }
    Some(found)
}

fn response_data(mut data: Cursor<'_>) -> Option<(Responder, UnixTime, Vec<Single>)> {
    data.option(tag::constructed(0))?;
    let responder = data.next()?;
    let mut inside = Cursor::new(responder.content);
    let responder = match responder.tag {
        0xa1 => Responder::Named(Name::read(inside.take(tag::SEQUENCE)?.raw)),
        0xa2 => Responder::Key(inside.take(tag::OCTET_STRING)?.content.to_vec()),
        _ => return None,
    };
    inside.end()?;
    let produced_at = instant(data.take(tag::GENERALIZED_TIME)?)?;
    let mut items = data.inside(tag::SEQUENCE)?;
    let mut answers = Vec::new();
    while !items.is_empty() {
        answers.extend(single(items.inside(tag::SEQUENCE)?)?);
        if answers.len() > MAX_ANSWERS {
            return None;
        }
    }
    if let Some(extensions) = data.option(tag::constructed(1))? {
        // RFC 6960 §4.4: none that is known here changes an answer.
        if has_critical(extensions.content)? {
            return None;
        }
    }
    data.end()?;
    Some((responder, produced_at, answers))
}

/// The inner `None` is an answer that is not understood, and so is none.
fn single(mut items: Cursor<'_>) -> Option<Option<Single>> {
    let mut id = items.inside(tag::SEQUENCE)?;
    let digest = id_digest(id.inside(tag::SEQUENCE)?.take(tag::OID)?.content);
    let name = id.take(tag::OCTET_STRING)?.content.to_vec();
    let key = id.take(tag::OCTET_STRING)?.content.to_vec();
    let serial = id.take(tag::INTEGER)?.content.to_vec();
    id.end()?;
    let status = items.next()?;
    let answer = match status.tag {
        0x80 => Answer::Good,
        0xa1 => revoked(Cursor::new(status.content))?,
        0x82 => Answer::Unknown,
        _ => return None,
    };
    let this_update = instant(items.take(tag::GENERALIZED_TIME)?)?;
    let next_update = match items.option(tag::constructed(0))? {
        Some(next) => Some(instant(Cursor::new(next.content).take(tag::GENERALIZED_TIME)?)?),
        None => None,
    };
    let odd = match items.option(tag::constructed(1))? {
        Some(extensions) => has_critical(extensions.content)?,
        None => false,
    };
    items.end()?;
    let known = digest.filter(|_| !odd);
    Some(known.map(|digest| Single { digest, name, key, serial, answer, this_update, next_update }))
}

fn revoked(mut info: Cursor<'_>) -> Option<Answer> {
    let since = instant(info.take(tag::GENERALIZED_TIME)?)?;
    let reason = match info.option(tag::constructed(0))? {
        Some(reason) => match Cursor::new(reason.content).take(tag::ENUMERATED)?.content {
            [number] => RevocationReason::from_number(*number)?,
            _ => return None,
        },
        None => RevocationReason::NotGiven,
    };
    info.end()?;
    Some(Answer::Revoked(since, reason))
}

fn has_critical(extensions: &[u8]) -> Option<bool> {
    let mut items = only(extensions, tag::SEQUENCE)?;
    let mut critical = false;
    while !items.is_empty() {
        critical |= extension(&mut items)?.1;
    }
    Some(critical)
}

fn id_digest(oid: &[u8]) -> Option<IdDigest> {
    match oid {
        [0x2b, 0x0e, 3, 2, 0x1a] => Some(IdDigest::Sha1),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => Some(IdDigest::Named("sha-256")),
        // 1.2.156.10197.1.401
        [0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11] => Some(IdDigest::Named("sm3")),
        _ => None,
    }
}
