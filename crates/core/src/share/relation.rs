//! How an agency and an issuer stand to each other, as each kind of sharing asks it.

use boyin_model::id::CreditCode;
use boyin_model::sharing::SharingScope;

/// Division in the credit codes of national bodies.
const NATIONAL: &str = "100000";

/// Whether agency and issuer stand to each other as this kind of sharing says.
pub(super) fn related(scope: SharingScope, agency: CreditCode, issuer: CreditCode) -> bool {
    let (ours, theirs) = (agency.division(), issuer.division());
    // The zeros at the end of a division code stand for all that is below.
    let stem = |division: &str| if division == NATIONAL { 0 } else { division.trim_end_matches("00").len() };
    let below = |high: &str, low: &str| stem(high) < stem(low) && low.starts_with(&high[..stem(high)]);
    match scope {
        SharingScope::Internal => agency == issuer,
        SharingScope::Departments => agency != issuer && is_public_body(agency),
        SharingScope::Levels => {
            agency != issuer && is_public_body(agency) && (below(ours, theirs) || below(theirs, ours))
        }
        SharingScope::ThirdParty => agency != issuer,
    }
}

/// GB 32100: the first character `1` is for bodies under the office of public sector reform (机构编制).
fn is_public_body(agency: CreditCode) -> bool {
    agency.as_str().starts_with('1')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(first: &str, division: &str) -> CreditCode {
        let eight = "MBTEXT07";
        let check = CreditCode::organization_check(eight).unwrap();
        CreditCode::compute(&format!("{first}{division}{eight}{check}")).unwrap()
    }

    #[test]
    fn each_kind_of_sharing_has_its_relation() {
        let [state, county, other, prefecture, region] =
            ["100000", "652701", "652722", "652700", "650000"].map(|division| body("11", division));
        let (bank, institution) = (body("91", "652701"), body("12", "652701"));
        let kinds = |agency, issuer| SharingScope::ALL.map(|scope| related(scope, agency, issuer));
        // Internal, Departments, Levels, ThirdParty.
        for (agency, issuer, expected) in [
            (county, county, [true, false, false, false]),
            (county, other, [false, true, false, true]),
            (county, institution, [false, true, false, true]),
            (prefecture, county, [false, true, true, true]),
            (county, prefecture, [false, true, true, true]),
            (county, region, [false, true, true, true]),
            (prefecture, region, [false, true, true, true]),
            (other, county, [false, true, false, true]),
            (county, state, [false, true, true, true]),
            (state, region, [false, true, true, true]),
            (bank, county, [false, false, false, true]),
            (bank, prefecture, [false, false, false, true]),
        ] {
            assert_eq!(kinds(agency, issuer), expected, "{agency} {issuer}");
        }
    }
}
