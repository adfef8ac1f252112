//! What of a signed license discloses the fields that are given, and no others.

use std::collections::BTreeMap;

use boyin_model::alg::VerifyAlg;
use boyin_model::b64;
use boyin_model::credential::{
    Credential, Disclosure, Envelope, FieldValue, Hidden, METADATA, Revealed, Term,
};
use boyin_model::json::{self, Value};
use boyin_suite::all_jws;

/// Fields of a license, and the license that discloses no others.
#[derive(Default)]
pub(super) struct Disclosed {
    /// The fields that it has of those that are given.
    pub(super) fields: BTreeMap<String, FieldValue>,
    /// The compact serialization, if no more than is given stands in it in the open.
    pub(super) file: Option<Vec<u8>>,
    /// What more stands in it.
    pub(super) open: Vec<String>,
    /// Whether the license has nothing that is not given.
    pub(super) whole: bool,
}

/// Where a name stands in a license. Catalogs of today give no field the name of a claim; what is signed may be older.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Claim,
    Field,
}

/// Of a license these fields, which are ascending, and the license that discloses no others. Of one that cannot be read nothing.
pub(super) fn disclose(license: &[u8], fields: &[String]) -> Disclosed {
    let unreadable = Disclosed::default;
    let Ok(envelope) = Envelope::open(license, json::Reader::Ours) else { return unreadable() };
    let Ok(credential) = envelope.read() else { return unreadable() };
    let Some(alg) = all_jws().into_iter().find(|alg| alg.id().jws == Some(credential.header.alg.as_ref()))
    else {
        return unreadable();
    };
    // Under a name of the metadata the claim is given, under every other one the field.
    let given = |place: Place, name: &str| {
        let meant = if Term::of_claim(name).is_some() { Place::Claim } else { Place::Field };
        place == meant && fields.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    };
    let place = |one: &Disclosure<'_>| place_of(one, &credential, alg);
    let kept: Vec<_> = credential.disclosures.iter().map(|one| given(place(one), &one.name)).collect();
    let file = envelope.to_compact(|index| kept[index]);
    let Ok(revealed) = credential.reveal(alg) else { return unreadable() };
    let mut values = BTreeMap::new();
    for name in fields {
        let value = match Term::of_claim(name) {
            Some(_) => revealed.claims.get(name),
            None => revealed.fields.as_ref().and_then(|fields| fields.get(name)),
        };
        values.extend(value.and_then(field_value).map(|value| (name.clone(), value)));
    }
    let open = in_the_open(&revealed).filter(|(place, name)| !given(*place, name));
    let open: Vec<_> = open.map(|(_, name)| name.to_owned()).collect();
    let whole = open.is_empty() && kept.iter().all(|kept| *kept);
    Disclosed { fields: values, file: open.is_empty().then_some(file), open, whole }
}

/// Where the digest of a disclosure stands: that is its place, whatever its name is.
fn place_of(one: &Disclosure<'_>, credential: &Credential<'_>, alg: &dyn VerifyAlg) -> Place {
    let digest = b64::encode(&alg.digest(&[one.encoded.as_bytes()]));
    let claims = credential.payload.get("_sd").and_then(Value::as_array).unwrap_or_default();
    let of_claim = claims.iter().any(|known| known.as_text() == Some(digest.as_str()));
    if of_claim { Place::Claim } else { Place::Field }
}

/// What tells of the holder or of the matter and stands in the license in the open: without it there is no signature. The frame
/// of a license (type, issuer, dates, identifier) is not among it: it tells nothing of a person, and verifying needs it.
fn in_the_open<'r>(revealed: &'r Revealed<'_>) -> impl Iterator<Item = (Place, &'r str)> {
    let of_holder = METADATA.iter().filter(|term| term.hidden == Hidden::ForNaturalPersons);
    let claims = of_holder.map(|term| term.claim).filter(move |claim| {
        revealed.claims.get(claim).is_some() && !revealed.disclosed.iter().any(|hidden| hidden == claim)
    });
    let fields = revealed.fields.iter().flat_map(|fields| fields.members().map(|(name, _)| name));
    let fields = fields.filter(move |name| !revealed.disclosed_fields.iter().any(|hidden| hidden == name));
    claims.map(|name| (Place::Claim, name)).chain(fields.map(|name| (Place::Field, name)))
}

fn field_value(value: &Value<'_>) -> Option<FieldValue> {
    value
        .as_text()
        .map(|text| FieldValue::Text(text.to_owned()))
        .or_else(|| value.as_int().map(FieldValue::Integer))
}

#[cfg(test)]
mod tests {
    use boyin_model::credential::SALT_BYTES;
    use boyin_suite::ES256;

    use super::*;

    fn disclosure(name: &str, value: &'static str) -> String {
        Disclosure::write(&[3; SALT_BYTES], name, Value::Text(value.into()))
    }

    fn digest(disclosure: &str) -> String {
        format!("\"{}\"", b64::encode(&ES256.digest(&[disclosure.as_bytes()])))
    }

    /// A license with these claims and fields hidden, and these fields in the open.
    fn license(claims: &[String], fields: &[String], open: &str) -> String {
        let list = |hidden: &[String]| hidden.iter().map(|one| digest(one)).collect::<Vec<_>>().join(",");
        let payload = format!(r#"{{"_sd":[{}],"fields":{{"_sd":[{}]{open}}}}}"#, list(claims), list(fields));
        let header = r#"{"alg":"ES256","kid":"k","typ":"dc+sd-jwt"}"#;
        let parts = [header.as_bytes(), payload.as_bytes(), &[9; 64]].map(b64::encode);
        let hidden = [claims, fields].concat().join("~");
        format!("{}~{hidden}~", parts.join("."))
    }

    fn text(value: &str) -> FieldValue {
        FieldValue::Text(value.to_owned())
    }

    #[test]
    fn what_has_the_name_of_something_given_at_another_place_is_not_given() {
        let claims = [disclosure("address", "of the claim"), disclosure("holder_name", "甲")];
        let fields = [disclosure("address", "青得里大街1号"), disclosure("holder_name", "of the field")];
        let license = license(&claims, &fields, "");
        let given = disclose(license.as_bytes(), &["address", "holder_name"].map(str::to_owned));
        let expected = [("address", text("青得里大街1号")), ("holder_name", text("甲"))];
        assert_eq!(given.fields, BTreeMap::from(expected.map(|(name, value)| (name.to_owned(), value))));
        let file = String::from_utf8(given.file.unwrap()).unwrap();
        let disclosed: Vec<_> = file.split('~').skip(1).filter(|part| !part.is_empty()).collect();
        assert_eq!(disclosed, [claims[1].as_str(), fields[0].as_str()]);
    }

    #[test]
    fn a_license_is_whole_if_nothing_of_it_is_kept_back() {
        let [claims, fields] = [[disclosure("holder_name", "甲")], [disclosure("address", "青得里大街1号")]];
        let given = ["address", "holder_name"].map(str::to_owned);
        let whole = |fields: &[String], open: &str| {
            let license = license(&claims, fields, open);
            [disclose(license.as_bytes(), &given).whole, disclose(license.as_bytes(), &given[..1]).whole]
        };
        assert_eq!(whole(&fields, ""), [true, false]);
        // What stands in the open counts as well.
        assert_eq!(whole(&fields, r#","sex":"女""#), [false, false]);
        assert!(!disclose(b"no license", &given).whole);
    }

    #[test]
    fn a_field_does_not_stand_in_for_a_claim_that_is_not_there() {
        let hidden = license(&[], &[disclosure("valid_until", "2040-05-06")], "");
        let given = disclose(hidden.replace("~~", "~").as_bytes(), &["valid_until".to_owned()]);
        assert!(given.fields.is_empty());
        let file = given.file.unwrap();
        assert_eq!(file.iter().filter(|byte| **byte == b'~').count(), 1, "no disclosure");
        // In the open it is not the claim either: the license shows more than is given.
        let open = license(&[], &[], r#","valid_until":"2040-05-06""#);
        let given = disclose(open.replace("~~", "~").as_bytes(), &["valid_until".to_owned()]);
        assert_eq!((given.file, given.open), (None, vec!["valid_until".to_owned()]));
    }
}
