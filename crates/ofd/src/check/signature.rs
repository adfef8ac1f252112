//! The checks of one signature.

use std::collections::BTreeSet;

use boyin_model::seal::SealSignature;
use boyin_model::time::UnixTime;

use super::OfdVerifier;
use super::layout::{Layout, Parts, Signed};
use super::value::{Value, is_bare};
use crate::intake::{Batch, Taken};
use crate::limits::{MAX_LISTED, long};
use crate::location::{LocationFault, join, resolve};
use crate::reason::{Cause, OfdReason};
use crate::report::{
    EntryList, Finding, OfdCheck, OfdDetail, OfdNote, Protection, SealFace, SignatureReport, ValueReport, cut,
};
use crate::structure::{CheckMethod, SignatureKind, Stamp};
use crate::work::Work;

/// Until then (2020-10-01, when GB/T 38540 came into force) signatures over MD5 or SHA-1 were usual enough to be named as
/// early ones. They pass at no time.
pub(super) const WEAK_DIGESTS_UNTIL: u64 = 1_601_481_600;

/// What the references of a signature name.
#[derive(Default)]
struct Named {
    places: BTreeSet<usize>,
    changed: Vec<usize>,
    is_unsafe: bool,
    is_repeated: bool,
    is_missing: bool,
}

/// Checks the signature `nth` of the document `body`, of which `value` was found in its value.
pub(super) fn check(
    verifier: &OfdVerifier,
    read: (&Layout, &Taken, &Batch),
    (body, nth): (usize, usize),
    value: Option<Value>,
    work: &mut Work,
) -> SignatureReport {
    let (layout, taken, batch) = read;
    let signatures = layout.bodies[body].signatures.as_deref().unwrap_or_default();
    let signed = &signatures[nth];
    let kind = signed.listed.kind.unwrap_or(SignatureKind::Seal);
    let mut report = SignatureReport::new(cut(&signed.listed.id), kind);
    let parts = match &signed.parts {
        Ok(parts) => parts,
        Err(fault) => {
            report.outcomes.set(OfdCheck::Format, Err(fault.clone()));
            return report;
        }
    };
    report.outcomes.set(OfdCheck::Format, Ok(()));
    report.method = Some(parts.file.method);
    let stamps = parts.file.stamps.iter().take(MAX_LISTED);
    report.stamps = stamps.map(|stamp| Stamp { page: cut(&stamp.page), ..stamp.clone() }).collect();
    report.stamp_count = parts.file.stamps.len();
    let run = Run { layout, taken, batch, body, nth, signed, parts };
    let seal = SealSignature::read(run.bytes(parts.value), verifier.reader).ok();
    report.face = seal.as_ref().map(|signature| SealFace::of(&signature.seal.info));
    // The value first: when it was signed says what a weak digest means.
    let found = run.value(value, seal.as_ref(), &mut report);
    report.outcomes.set(OfdCheck::Value, found);
    if let Some(found) = run.seal_file(seal.as_ref(), &report) {
        report.outcomes.set(OfdCheck::SealFile, found);
    }
    let named = run.named(work);
    named.changed.iter().for_each(|place| report.changed.add(|| layout.name(*place)));
    let found = run.references(&named, report.signed_at());
    report.outcomes.set(OfdCheck::References, found);
    let found = run.coverage(&named.places, &mut report, work);
    report.outcomes.set(OfdCheck::Coverage, found);
    run.relations(&named.places, &mut report);
    report
}

struct Run<'r> {
    layout: &'r Layout,
    taken: &'r Taken,
    batch: &'r Batch,
    body: usize,
    nth: usize,
    signed: &'r Signed,
    parts: &'r Parts,
}

impl Run<'_> {
    fn bytes(&self, place: usize) -> &[u8] {
        self.taken.bytes(place)
    }

    fn name(&self, place: usize) -> &str {
        self.layout.names.of(place)
    }

    fn value(
        &self,
        value: Option<Value>,
        seal: Option<&SealSignature<'_>>,
        report: &mut SignatureReport,
    ) -> Finding {
        let found = match value {
            Some(Value::Seal(checked)) => {
                let verdict = checked.verdict();
                report.value = Some(ValueReport::Seal(checked));
                self.note_property(seal, report);
                self.note_kind(SignatureKind::Seal, report);
                return verdict.reason().map_or(Ok(()), |reason| Err((Cause::Seal(reason), None)));
            }
            Some(Value::SignedData(checked)) => {
                let verdict = checked.verdict();
                report.value = Some(ValueReport::SignedData(checked));
                verdict.reason().map_or(Ok(()), |reason| Err((Cause::SignedData(reason), None)))
            }
            Some(Value::Bare) => Err((OfdReason::ValueBare.into(), None)),
            // What it was nobody can tell: the list has the word.
            None => return Err((OfdReason::ValueUnknown.into(), None)),
        };
        self.note_kind(SignatureKind::Sign, report);
        found
    }

    fn note_kind(&self, kind: SignatureKind, report: &mut SignatureReport) {
        if self.signed.listed.kind.is_some_and(|said| said != kind) {
            report.notes.push(OfdNote::KindDiffers);
        }
        report.kind = kind;
    }

    fn note_property(&self, seal: Option<&SealSignature<'_>>, report: &mut SignatureReport) {
        let Some(signature) = seal else { return };
        if join("", signature.property).as_deref() != Some(self.name(self.parts.place)) {
            report.notes.push(OfdNote::PropertyDiffers);
        }
    }

    /// The seal that programs show is the one that was verified; `None` if the value has none to compare with, which is at
    /// fault itself.
    fn seal_file(&self, seal: Option<&SealSignature<'_>>, report: &SignatureReport) -> Option<Finding> {
        let Some(place) = self.parts.seal else { return Some(Ok(())) };
        if report.value.is_none() && !is_bare(self.bytes(self.parts.value)) {
            return None;
        }
        if !matches!(report.value, Some(ValueReport::Seal(_))) {
            return Some(Err((OfdReason::SealUnbound.into(), None)));
        }
        if seal?.seal.bytes == self.bytes(place) {
            return Some(Ok(()));
        }
        Some(Err((OfdReason::SealFileDiffers.into(), Some(OfdDetail::Entry(self.layout.name(place))))))
    }

    fn named(&self, work: &mut Work) -> Named {
        let mut named = Named::default();
        for reference in &self.parts.file.references {
            work.paths += 1;
            let place = match resolve(&self.layout.names, self.name(self.parts.place), &reference.location) {
                Ok(place) => place,
                Err(LocationFault::Missing) => {
                    named.is_missing = true;
                    continue;
                }
                Err(LocationFault::Unsafe | LocationFault::Ambiguous) => {
                    named.is_unsafe = true;
                    continue;
                }
            };
            named.is_repeated |= !named.places.insert(place);
            work.paths += 1;
            named.is_missing |= self.is_astray(&reference.location);
            let method = match self.parts.file.method {
                CheckMethod::Accepted(method) | CheckMethod::Weak(method) => method,
                CheckMethod::Unknown => continue,
            };
            if !self.taken.digests.agree(self.batch, method, place, &reference.digest) {
                named.changed.push(place);
            }
        }
        named
    }

    /// Whether a document looks in vain where the location leads, too: without `/` it still leads to a file that was moved under the
    /// folder of the signature, where the document does not find it.
    fn is_astray(&self, location: &str) -> bool {
        self.layout.absent.has(self.name(self.parts.place), location)
    }

    fn references(&self, named: &Named, signed_at: Option<UnixTime>) -> Finding {
        let failed = |reason: OfdReason, detail| Err((reason.into(), detail));
        if named.is_unsafe {
            return failed(OfdReason::ReferenceUnsafe, None);
        }
        if named.is_repeated {
            return failed(OfdReason::ReferenceRepeated, None);
        }
        if named.is_missing {
            return failed(OfdReason::ReferenceMissing, None);
        }
        let Some(first) = named.changed.first() else {
            return match self.parts.file.method {
                CheckMethod::Accepted(_) => Ok(()),
                // That these agree proves nothing.
                CheckMethod::Weak(name) => {
                    let early = signed_at.is_some_and(|at| at.seconds() < WEAK_DIGESTS_UNTIL);
                    let reason = if early { OfdReason::DigestOld } else { OfdReason::DigestWeak };
                    failed(reason, Some(OfdDetail::Digest(name)))
                }
                CheckMethod::Unknown => failed(OfdReason::DigestUnknown, None),
            };
        };
        let detail = Some(OfdDetail::Entry(self.layout.name(*first)));
        let body = &self.layout.bodies[self.body];
        if self.has_later(named) && named.changed.iter().all(|place| Some(*place) == body.list) {
            return failed(OfdReason::BrokenByLater, detail);
        }
        failed(OfdReason::ReferenceMismatch, detail)
    }

    /// Whether one that is listed behind this one was made after it: what this one covers was there before.
    fn has_later(&self, named: &Named) -> bool {
        let all = self.layout.bodies[self.body].signatures.iter().flatten().skip(self.nth + 1);
        let parts = all.map(|other| other.parts.as_ref().ok());
        parts.into_iter().any(|parts| parts.is_none_or(|parts| !named.places.contains(&parts.place)))
    }

    /// Every file of the container was signed, or makes up signatures, or is for another document in it to answer for.
    fn coverage(&self, named: &BTreeSet<usize>, report: &mut SignatureReport, work: &mut Work) -> Finding {
        let own = self.layout.bodies[self.body].reached.as_ref().ok();
        let count = self.layout.names.all().len();
        work.files += long(count);
        for place in (0..count).filter(|place| !named.contains(place)) {
            if own.is_some_and(|own| own.places.contains(&place)) {
                report.uncovered.add(|| self.layout.name(place));
            } else if place != self.layout.root
                && !self.layout.signing.contains(&place)
                && !self.layout.shown.contains(&place)
            {
                report.unreferenced.add(|| self.layout.name(place));
            }
        }
        let first = |list: &EntryList| list.entries().first().cloned().map(OfdDetail::Entry);
        if report.uncovered.count() > 0 {
            return Err((OfdReason::ContentUncovered.into(), first(&report.uncovered)));
        }
        if report.unreferenced.count() > 0 {
            return Err((OfdReason::EntryUnreferenced.into(), first(&report.unreferenced)));
        }
        if let Some(place) = named.intersection(&self.layout.detached).next() {
            return Err((
                OfdReason::SignaturesDetached.into(),
                Some(OfdDetail::Entry(self.layout.name(*place))),
            ));
        }
        if !named.contains(&self.layout.root) {
            return Err((OfdReason::RootUncovered.into(), None));
        }
        Ok(())
    }

    /// How the signature stands to the list, to other signatures and to the pages.
    fn relations(&self, named: &BTreeSet<usize>, report: &mut SignatureReport) {
        let body = &self.layout.bodies[self.body];
        let whole = body.list.is_some_and(|list| named.contains(&list));
        report.protection = Some(if whole { Protection::Whole } else { Protection::Continued });
        for (nth, other) in body.signatures.iter().flatten().enumerate() {
            let Ok(parts) = &other.parts else { continue };
            if nth != self.nth && named.contains(&parts.place) && named.contains(&parts.value) {
                report.covers.push(cut(&other.listed.id));
            }
        }
        let stamps = &self.parts.file.stamps;
        let clipped: BTreeSet<_> =
            stamps.iter().filter(|stamp| stamp.clip.is_some()).map(|s| &s.page).collect();
        if clipped.len() > 1 {
            report.notes.push(OfdNote::RidingStamp);
        }
        let pages = body.reached.as_ref().ok().map(|reached| &reached.pages);
        if pages.is_some_and(|pages| stamps.iter().any(|stamp| !pages.contains_key(stamp.page.as_str()))) {
            report.notes.push(OfdNote::StampOffPage);
        }
    }
}
