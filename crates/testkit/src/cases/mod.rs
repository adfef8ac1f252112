//! One license document for each reason not to pass, built so that no other check would have caught it.
//!
//! A document that is wrong in its content is signed again by the right key; a list that is wrong in its time is signed
//! by the right anchor. What is left is the one fault. The vectors (`docs/format.md` §10) are made from these cases.

mod content;
mod format;
mod lists;
mod passing;
pub mod vectors;

use boyin_issue::SigningKey;
use boyin_model::status::StatusListClaims;
use boyin_model::time::UnixTime;
use boyin_model::trust::{Issuer, TrustList};
use boyin_suite::{Algorithm, all_jws};
use boyin_verify::{Reason, StatusSnapshot, TrustSnapshot};

use crate::mutate::Parts;
use crate::prefecture::{Prefecture, World, now, status_token};

/// A document in its surroundings, with the verdict that it must get.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name, unique within a suite: `group/what`.
    pub id: &'static str,
    /// `None` if it passes.
    pub reason: Option<Reason>,
    /// The instant.
    pub now: UnixTime,
    /// The document.
    pub document: Vec<u8>,
    /// Token of the trust list.
    pub trust: Vec<u8>,
    /// Tokens of the status lists.
    pub status: Vec<Vec<u8>>,
}

impl Case {
    /// The part of the ID before the slash.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(group, _)| group)
    }

    /// Loads the lists.
    ///
    /// # Panics
    /// If one of them is refused.
    #[must_use]
    pub fn world(&self, prefecture: &Prefecture) -> World {
        let trust = TrustSnapshot::load(&self.trust, prefecture.anchor_jwk(), &all_jws()).expect(self.id);
        let mut status = StatusSnapshot::default();
        for token in &self.status {
            status.add(token, &trust).expect(self.id);
        }
        World { now: self.now, trust, status }
    }
}

/// Every case, in the suite.
#[must_use]
pub fn all(algorithm: Algorithm) -> Vec<Case> {
    let mut book = Book { prefecture: Prefecture::new(algorithm), cases: Vec::new() };
    passing::add(&mut book);
    format::add(&mut book);
    content::add(&mut book);
    lists::add(&mut book);
    book.cases
}

/// Everything that a case can change before it is fixed.
struct Scene {
    now: UnixTime,
    parts: Parts,
    key: SigningKey,
    trust: TrustList,
    status: StatusListClaims,
    status_key: SigningKey,
    status_at_hand: bool,
    /// Takes the place of the signed `parts`.
    document: Option<Vec<u8>>,
}

impl Scene {
    fn office(&mut self) -> &mut Issuer {
        &mut self.trust.issuers[0]
    }

    fn document(&self) -> Vec<u8> {
        self.document.clone().unwrap_or_else(|| self.parts.signed(&self.key))
    }
}

struct Book {
    prefecture: Prefecture,
    cases: Vec<Case>,
}

/// Held by a person, with hidden claims and hidden fields, for twenty years at most.
const PERSONAL: &str = "identity-card";
/// Held by a company, nothing hidden, for five years.
const PUBLIC: &str = "food-business-permit";

impl Book {
    fn scene(&self, license_type: &str) -> Scene {
        let document = self.prefecture.issue(&self.prefecture.draft(license_type));
        Scene {
            now: now(),
            parts: Parts::open(&document),
            key: self.prefecture.key().clone(),
            trust: self.prefecture.trust_list(),
            status: self.prefecture.status_list(),
            status_key: self.prefecture.office.lists.clone(),
            status_at_hand: true,
            document: None,
        }
    }

    fn add(
        &mut self,
        id: &'static str,
        license_type: &str,
        reason: Option<Reason>,
        edit: impl FnOnce(&mut Scene),
    ) {
        let mut scene = self.scene(license_type);
        edit(&mut scene);
        let status = status_token(&scene.status, &scene.status_key);
        self.cases.push(Case {
            id,
            reason,
            now: scene.now,
            document: scene.document(),
            trust: self.prefecture.trust_token(&scene.trust),
            status: if scene.status_at_hand { vec![status] } else { Vec::new() },
        });
    }

    fn pass(&mut self, id: &'static str, license_type: &str, edit: impl FnOnce(&mut Scene)) {
        self.add(id, license_type, None, edit);
    }

    fn fail(&mut self, id: &'static str, reason: Reason, edit: impl FnOnce(&mut Scene)) {
        self.add(id, PERSONAL, Some(reason), edit);
    }

    fn fail_public(&mut self, id: &'static str, reason: Reason, edit: impl FnOnce(&mut Scene)) {
        self.add(id, PUBLIC, Some(reason), edit);
    }
}

fn instant(scene: &Scene, claim: &str) -> UnixTime {
    let seconds = scene.parts.payload[claim].as_u64().expect("an instant");
    UnixTime::new(seconds).expect("before the year 9999")
}

/// Makes the lists last until `end`, so that only the license can be too old.
fn outlast(scene: &mut Scene, end: UnixTime) {
    scene.trust.next_update = end.plus(1000);
    scene.status.exp = end.plus(1000);
}
