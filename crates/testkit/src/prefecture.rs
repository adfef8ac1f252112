//! An authority with two issuing offices, at a fixed instant.

use crate::seals::SEAL_ID;
use boyin_issue::{Assignment, Draft, License, SigningKey, status_list, trust_list};
use boyin_model::alg::VerifyAlg;
use boyin_model::catalog::Catalog;
use boyin_model::id::{CreditCode, DivisionCode, LicenseId, LicenseTypeCode};
use boyin_model::register::{Period, SealId};
use boyin_model::status::{StatusBits, StatusList, StatusListClaims, StatusReference};
use boyin_model::time::{Date, UnixTime};
use boyin_model::trust::{
    Entitlement, Issuer, IssuerKey, Jwk, SealVersion, TRUST_LIST_FORMAT, TrustList, TrustedSeal,
};
use boyin_suite::{Algorithm, all_jws};
use boyin_verify::{Context, StatusSnapshot, TrustSnapshot, Verifier};

use crate::key::FixedKey;
use crate::random::FixedRandom;
use crate::samples;

const DAY: u64 = 86_400;
/// Entries of a sample status list.
const STATUS_ENTRIES: u32 = 64;

/// 2026-07-01T12:00:00+08:00, the instant of every sample.
///
/// # Panics
/// Never.
#[must_use]
pub fn now() -> UnixTime {
    UnixTime::new(1_782_878_400).expect("before the year 9999")
}

/// 2020-01-01T00:00:00+08:00, when keys and rights begin.
///
/// # Panics
/// Never.
#[must_use]
pub fn since() -> UnixTime {
    UnixTime::new(1_577_808_000).expect("before the year 9999")
}

/// The day before [`now`], on which the samples are issued.
#[must_use]
pub fn issue_day() -> Date {
    now().date().previous()
}

/// An office with a key for licenses in each suite and one for its status lists.
#[derive(Clone, Debug)]
pub struct Office {
    /// Credit code.
    pub code: CreditCode,
    /// Name.
    pub name: &'static str,
    /// Key for licenses, ES256.
    pub es256: SigningKey,
    /// Key for licenses, SM2.
    pub sm2: SigningKey,
    /// Key for status lists.
    pub lists: SigningKey,
}

impl Office {
    fn new(name: &'static str, number: u32, algorithm: Algorithm) -> Self {
        let seed = u64::from(number) * 10;
        Self {
            code: samples::credit_code("11", "652700", number),
            name,
            es256: FixedKey::signing(Algorithm::Es256, seed + 1),
            sm2: FixedKey::signing(Algorithm::Sm2, seed + 2),
            lists: FixedKey::signing(algorithm, seed + 3),
        }
    }

    /// The key for licenses in this suite.
    #[must_use]
    pub fn key(&self, algorithm: Algorithm) -> &SigningKey {
        match algorithm {
            Algorithm::Es256 => &self.es256,
            Algorithm::Sm2 => &self.sm2,
        }
    }

    /// URI of its status list.
    #[must_use]
    pub fn status_uri(&self) -> String {
        format!("https://status.example/{}/1", self.code)
    }
}

/// The authority, its anchor and its offices.
#[derive(Clone, Debug)]
pub struct Prefecture {
    /// The suite in which everything is signed unless said otherwise.
    pub algorithm: Algorithm,
    /// Signs the trust list.
    pub anchor: SigningKey,
    /// Issues the samples.
    pub office: Office,
    /// Another office with the same rights.
    pub other: Office,
    /// The built-in catalog.
    pub catalog: Catalog,
}

/// What a verification needs beside the document.
#[derive(Debug)]
pub struct World {
    /// The instant.
    pub now: UnixTime,
    /// Trust.
    pub trust: TrustSnapshot,
    /// Status.
    pub status: StatusSnapshot,
}

impl World {
    /// The context of a verification.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context { now: self.now, trust: &self.trust, status: &self.status }
    }
}

impl Prefecture {
    /// The prefecture that signs in this suite.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            anchor: FixedKey::signing(algorithm, 1),
            office: Office::new("样本州行政审批局", 1, algorithm),
            other: Office::new("样本州市场监督管理局", 2, algorithm),
            catalog: Catalog::embedded(),
        }
    }

    /// The suite's object.
    #[must_use]
    pub fn alg(&self) -> &'static dyn VerifyAlg {
        self.algorithm.verifier()
    }

    /// The key that signs licenses.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        self.office.key(self.algorithm)
    }

    /// The anchor's public half.
    #[must_use]
    pub fn anchor_jwk(&self) -> &Jwk {
        self.anchor.reference().jwk()
    }

    /// A verifier for both suites under the default policy.
    #[must_use]
    pub fn verifier() -> Verifier {
        Verifier::new(&all_jws())
    }

    /// A form for each license type of the catalog.
    #[must_use]
    pub fn drafts(&self) -> Vec<Draft> {
        self.catalog.types().map(|license_type| samples::draft(license_type, issue_day())).collect()
    }

    /// The form for the license type with this key.
    ///
    /// # Panics
    /// If the catalog has no such type.
    #[must_use]
    pub fn draft(&self, key: &str) -> Draft {
        samples::draft(self.catalog.find(key).expect("a type of the catalog"), issue_day())
    }

    /// Checks a form.
    ///
    /// # Panics
    /// If it has a defect.
    #[must_use]
    pub fn license(&self, draft: &Draft) -> License {
        draft.check(&self.catalog, self.office.code, self.office.name).expect("a form without defects")
    }

    /// What the office assigns to a license of this type: serial and status index are the type's place in the catalog.
    ///
    /// # Panics
    /// If the catalog has no such type.
    #[must_use]
    pub fn assignment(&self, license_type: LicenseTypeCode) -> Assignment {
        let place = self.catalog.types().position(|t| t.code == license_type).expect("a type of the catalog");
        let index = u32::try_from(place).expect("a short catalog") + 1;
        let serial = format!("2026{index:07}");
        let license_id = LicenseId::new(license_type, self.office.code, &serial, 1).expect("digits");
        let status = StatusReference { uri: self.office.status_uri(), index };
        Assignment { license_id, status, issued_at: now().minus(3600), seal: None }
    }

    /// Issues a license in the compact serialization with all disclosures.
    ///
    /// # Panics
    /// If the form has a defect.
    #[must_use]
    pub fn issue(&self, draft: &Draft) -> Vec<u8> {
        let license = self.license(draft);
        let assignment = self.assignment(license.license_type().code);
        let mut random = FixedRandom::new(u64::from(assignment.status.index));
        let prepared = license.prepare(&assignment, self.key().reference(), &mut random).expect("it fits");
        let signature = self.key().sign(prepared.to_be_signed()).expect("a fixed key signs");
        prepared.complete(&signature, self.key().reference()).expect("signed by the right key")
    }

    /// The trust list: both offices, all their keys, every license type in the whole prefecture.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn trust_list(&self) -> TrustList {
        let division = DivisionCode::parse("652700").expect("the prefecture");
        let entry = |office: &Office| Issuer {
            code: office.code,
            name: office.name.to_owned(),
            division,
            keys: [&office.es256, &office.sm2, &office.lists].map(issuer_key).to_vec(),
            entitlements: self
                .catalog
                .types()
                .map(|t| Entitlement {
                    license_type: t.code,
                    divisions: vec![division],
                    from: since(),
                    until: None,
                })
                .collect(),
            status_lists: Vec::new(),
        };
        TrustList {
            authority: "样本州政务服务管理局".to_owned(),
            division,
            format: TRUST_LIST_FORMAT,
            sequence: 7,
            issued_at: now().minus(DAY),
            next_update: now().plus(6 * DAY),
            issuers: [&self.office, &self.other].map(entry).to_vec(),
            seals: vec![self.seal_entry()],
            certificates: Vec::new(),
            makers: Vec::new(),
            timestamp_authorities: Vec::new(),
            algorithms: Vec::new(),
        }
    }

    /// The seal of the office, in use since [`since`].
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn seal_entry(&self) -> TrustedSeal {
        let period = Period { from: since(), until: None };
        let digest = format!("sha-256:{}", "0".repeat(64));
        let version = SealVersion { digest, from: since(), until: None };
        let id = SealId::parse(SEAL_ID).expect("14 digits");
        TrustedSeal { id, issuer: self.office.code, versions: vec![version], in_force: vec![period] }
    }

    /// The office's status list, every entry valid.
    #[must_use]
    pub fn status_list(&self) -> StatusListClaims {
        StatusListClaims {
            sub: self.office.status_uri(),
            iat: now().minus(3600),
            exp: now().plus(DAY),
            ttl: 3600,
            list: StatusList::new(StatusBits::Two, STATUS_ENTRIES),
        }
    }

    /// Signs a trust list with the anchor.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn trust_token(&self, list: &TrustList) -> Vec<u8> {
        self.anchor.sign_jws(&trust_list(list, self.anchor.reference())).expect("a fixed key signs")
    }

    /// Loads a trust list.
    ///
    /// # Panics
    /// If the list is refused.
    #[must_use]
    pub fn trust(&self, list: &TrustList) -> TrustSnapshot {
        TrustSnapshot::load(&self.trust_token(list), self.anchor_jwk(), &all_jws())
            .expect("a list without faults")
    }

    /// The world in which every sample passes.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn world(&self) -> World {
        let trust = self.trust(&self.trust_list());
        let mut status = StatusSnapshot::default();
        let token = status_token(&self.status_list(), &self.office.lists);
        status.add(&token, &trust).expect("a list without faults");
        World { now: now(), trust, status }
    }
}

/// Signs a status list.
///
/// # Panics
/// Never.
#[must_use]
pub fn status_token(claims: &StatusListClaims, key: &SigningKey) -> Vec<u8> {
    key.sign_jws(&status_list(claims, key.reference())).expect("a fixed key signs")
}

/// A key as the trust list names it, in force since [`since`].
#[must_use]
pub fn issuer_key(key: &SigningKey) -> IssuerKey {
    let Jwk { alg, crv, kid, kty, x, y } = key.reference().jwk().clone();
    IssuerKey { alg, crv, kid, kty, x, y, from: since(), until: None }
}
