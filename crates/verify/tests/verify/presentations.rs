use boyin_model::credential::Envelope;
use boyin_model::json::Reader;
use boyin_suite::Algorithm;
use boyin_testkit::prefecture::Prefecture;
use boyin_testkit::samples;

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
