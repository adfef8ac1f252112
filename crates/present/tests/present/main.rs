//! Licenses as they are shown: compact form, dynamic codes, bundles, and codes as a camera sees them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundles;
mod camera;
mod dynamic;
mod forms;
mod sizes;

use boyin_issue::presentation;
use boyin_model::credential::Envelope;
use boyin_model::json::Reader;
use boyin_model::presentation::{Nonce, Presentation};
use boyin_model::time::UnixTime;
use boyin_present::Presented;
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::{Prefecture, now};

/// The license with the disclosures of these names.
fn showing(license: &[u8], names: &[&str]) -> Vec<u8> {
    let envelope = Envelope::open(license, Reader::Ours).unwrap();
    let shown = envelope.read().unwrap().disclosures;
    envelope.to_compact(|place| names.contains(&shown[place].name.as_ref()))
}

/// An identity card, with name and sex shown.
fn card(prefecture: &Prefecture) -> Vec<u8> {
    showing(&prefecture.issue(&prefecture.draft("identity-card")), &["holder_name", "sex"])
}

fn claims_of(prefecture: &Prefecture, license: &[u8], at: UnixTime, nonce: Nonce) -> Presentation {
    let credential = prefecture.alg().digest(&[license]);
    Presentation { credential, issued_at: at, nonce, purpose: "入住登记".to_owned() }
}

fn dynamic_of(prefecture: &Prefecture, license: Vec<u8>, at: UnixTime) -> Presented {
    let claims = claims_of(prefecture, &license, at, [7; 16]);
    stated(prefecture, license, &claims)
}

fn stated(prefecture: &Prefecture, license: Vec<u8>, claims: &Presentation) -> Presented {
    let key = prefecture.key();
    let statement = key.sign_jws(&presentation(claims, key.reference())).unwrap();
    Presented { license, statement: Some(statement) }
}

fn both() -> [Prefecture; 2] {
    [Algorithm::Es256, Algorithm::Sm2].map(Prefecture::new)
}

fn at(seconds: u64) -> UnixTime {
    now().plus(seconds)
}
