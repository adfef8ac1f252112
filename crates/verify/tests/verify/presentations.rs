use boyin_model::credential::Envelope;
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::{Prefecture, now, status_token};
use boyin_testkit::samples;
use boyin_verify::{Held, HolderCode, HolderCodeType, Reader};

/// The disclosures of the sample identity card, in the order of issue.
const HIDDEN: [&str; 7] =
    ["license_number", "holder_name", "holder_code", "sex", "ethnicity", "birth_date", "address"];

#[test]
fn every_subset_passes_and_shows_no_more_than_it_holds() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let world = prefecture.world();
        let whole = prefecture.issue(&prefecture.draft("identity-card"));
        let envelope = Envelope::open(&whole, Reader::Ours).unwrap();
        for subset in 0..1_u32 << HIDDEN.len() {
            let keep = |index: usize| subset >> index & 1 == 1;
            for presentation in [envelope.to_compact(keep), envelope.to_json(keep)] {
                let report = Prefecture::verifier().check(&presentation, &world.context());
                let verified =
                    report.into_verified().unwrap_or_else(|report| panic!("{subset:b} {report:?}"));
                let claims = verified.claims();
                let shown = [
                    claims.license_number.is_some(),
                    claims.holder_name.is_some(),
                    claims.holder_code.is_some(),
                    claims.fields.contains_key(HIDDEN[3]),
                    claims.fields.contains_key(HIDDEN[4]),
                    claims.fields.contains_key(HIDDEN[5]),
                    claims.fields.contains_key(HIDDEN[6]),
                ];
                assert_eq!(shown, std::array::from_fn(keep), "{subset:b}");
            }
        }
    }
}

#[test]
fn the_whole_license_shows_what_was_on_the_form() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let world = prefecture.world();
        for draft in prefecture.drafts() {
            let report = Prefecture::verifier().check(&prefecture.issue(&draft), &world.context());
            let verified = report.into_verified().unwrap_or_else(|report| panic!("{draft:?} {report:?}"));
            let claims = verified.claims();
            assert_eq!(claims.fields, draft.fields, "{draft:?}");
            assert_eq!(claims.holder_name.as_ref(), Some(&draft.holder.name));
            assert_eq!(claims.holder_code.as_ref().unwrap().as_str(), draft.holder.code);
            assert_eq!(claims.license_number.as_ref(), Some(&draft.license_number));
            assert_eq!(claims.valid_until.map(|date| date.to_string()), draft.valid_until);
            assert_eq!(claims.issuer(), prefecture.office.code);
        }
    }
}

#[test]
fn a_presentation_without_disclosures_holds_nothing_personal() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let whole = prefecture.issue(&prefecture.draft("identity-card"));
    let bare = Envelope::open(&whole, Reader::Ours).unwrap().to_compact(|_| false);
    let parts = boyin_testkit::mutate::Parts::open(&bare);
    let text = String::from_utf8(parts.texts().1).unwrap();
    for personal in
        [samples::PERSON, samples::citizen(1).as_str(), "样字第", "1990-01-02", "样本住址", "\"男\""]
    {
        assert!(!text.contains(personal), "{personal}");
    }
}

#[test]
fn a_license_is_held_by_whom_it_names_and_shows() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let world = prefecture.world();
    let whole = prefecture.issue(&prefecture.draft("identity-card"));
    let bare = Envelope::open(&whole, Reader::Ours).unwrap().to_compact(|_| false);
    let person =
        |number| HolderCode::new(HolderCodeType::CitizenId, samples::citizen(number).as_str()).unwrap();
    let held = |document: &[u8], holder: &HolderCode| {
        let verified = Prefecture::verifier().check(document, &world.context()).into_verified().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&verified.report().to_json()).unwrap();
        assert_eq!(verified.document(), report["document"].as_str());
        assert!(verified.document().unwrap().starts_with("sha-256:"));
        verified.held_by(holder)
    };
    assert_eq!(held(&whole, &person(1)), Held::Yes);
    assert_eq!(held(&whole, &person(2)), Held::No);
    assert_eq!(held(&bare, &person(1)), Held::NotShown);
    let company = prefecture.issue(&prefecture.draft("business-license"));
    assert_eq!(held(&company, &person(1)), Held::No);
}

/// Names of this crate and of `boyin_suite` only, as an agency has them that links nothing else.
#[test]
fn a_verifier_is_written_without_the_model() {
    use boyin_verify::{Context, Jwk, StatusSnapshot, Subject, TrustSnapshot, UnixTime, VerifyAlg};
    fn passes(license: &[u8], trust: &[u8], status: &[u8], anchor: &Jwk, now: UnixTime) -> Option<Subject> {
        let algs: [&'static dyn VerifyAlg; 2] = boyin_suite::all_jws();
        let trust = TrustSnapshot::load(trust, anchor, &algs).ok()?;
        let mut lists = StatusSnapshot::default();
        lists.add(status, &trust).ok()?;
        let context = Context { now, trust: &trust, status: &lists };
        let report = boyin_verify::Verifier::new(&algs).check(license, &context);
        report.into_verified().ok().map(|verified| verified.report().subject().clone())
    }
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let license = prefecture.issue(&prefecture.draft("identity-card"));
    let trust = prefecture.trust_token(&prefecture.trust_list());
    let status = status_token(&prefecture.status_list(), &prefecture.office.lists);
    let subject = passes(&license, &trust, &status, prefecture.anchor_jwk(), now()).unwrap();
    assert_eq!(subject.issuer, Some(prefecture.office.code));
}
