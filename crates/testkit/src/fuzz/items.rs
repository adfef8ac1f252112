use std::collections::BTreeMap;
use std::sync::LazyLock;

use boyin_exempt::{
    Answer, Channel, CollectedEntry, CollectedStanding, CommitmentStanding, Decision, Entry, InputKey,
    ItemCatalog, Office, Outcome, Party, Request, Role, Way, decide,
};
use boyin_model::catalog::Catalog;
use boyin_model::collected::{CollectedLicense, Grade};
use boyin_model::id::{DivisionCode, HolderCode, LicenseId, LicenseTypeCode};

use crate::prefecture::now;
use crate::samples;

static LICENSES: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

/// Matters of one catalog that are decided.
const MATTERS: usize = 8;
/// Records that are put on file.
const RECORDS: usize = 6;
const STANDINGS: [CollectedStanding; 3] =
    [CollectedStanding::Kept, CollectedStanding::Disputed, CollectedStanding::Dismissed];

/// Item catalogs, and decisions over them: a catalog before the first zero byte, behind it which answers are given and which
/// records are on file. Whatever is read is decided without a panic, in any order of the file with the same bytes; what is
/// shared rests on good records of the party, and no good record adds a demand.
///
/// # Panics
/// If a promise is broken.
pub fn items(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (Some(text), choices) = (parts.next(), parts.next().unwrap_or_default()) else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(catalog) = ItemCatalog::read(text, &LICENSES) else { return };
    let mut choices = choices.iter().copied().chain(std::iter::repeat(0));
    let mut choose = move |among: usize| usize::from(choices.next().unwrap_or(0)) % among.max(1);
    let packages = catalog.packages().iter().map(|package| (package.key.as_str(), package.from));
    let items = catalog.items().iter().map(|item| (item.key.as_str(), item.from));
    for (matter, from) in packages.chain(items).take(MATTERS) {
        let Ok(found) = catalog.matter(matter, from) else { continue };
        let mut request = asked(matter, from, found.items[0].divisions[0]);
        for key in found.items.iter().flat_map(|item| &item.questions) {
            let answers = &catalog.question(key).expect("a checked catalog").answers;
            request.situation.insert(key.clone(), answers[choose(answers.len())].key.clone());
        }
        let types: Vec<_> = LICENSES.types().map(|one| one.code).collect();
        let mut records = Vec::new();
        for number in 0..RECORDS {
            let role = Role::ALL[choose(Role::ALL.len())];
            let standing = STANDINGS[choose(STANDINGS.len())];
            let mut record =
                record(number, role, types[choose(types.len())], Grade::ALL[choose(4)], standing);
            match choose(8) {
                5 => record.license.holder = holder(Role::ALL[choose(Role::ALL.len())]),
                6 => record.license.holder_name.push('二'),
                7 => record.issued = Some(license_of(&record)),
                _ => {}
            }
            put(&mut request, &mut records, role, record);
        }
        holds(&catalog, request, records);
    }
}

/// The records on file, by the role of whose file it is.
type Records = Vec<(Role, CollectedEntry)>;

fn put(request: &mut Request, records: &mut Records, role: Role, record: CollectedEntry) {
    let file = &mut request.parties.get_mut(&role).expect("everybody is there").file;
    file.push(Entry::collected(record.clone()));
    records.push((role, record));
}

fn holds(catalog: &ItemCatalog, mut request: Request, mut records: Records) {
    let key = InputKey([1; 32]);
    let Ok(decision) = decide(catalog, &request, &key) else { return };
    rests_on_what_counts(&decision, &request, &records);
    let bytes = decision.to_json();
    let text = String::from_utf8(bytes.clone()).expect("JSON is UTF-8");
    for party in request.parties.values_mut() {
        assert!(!text.contains(party.holder.as_str()), "a number of a holder is told");
        party.file.reverse();
    }
    request.channel = Channel::ThirdParty;
    let again = decide(catalog, &request, &key).expect("the same question");
    assert_eq!(again.to_json(), bytes, "order and channel do not matter");
    for (number, one) in LICENSES.types().enumerate() {
        let role = Role::ALL[number % Role::ALL.len()];
        let more = record(RECORDS + number, role, one.code, Grade::A, CollectedStanding::Kept);
        put(&mut request, &mut records, role, more);
    }
    let more = decide(catalog, &request, &key).expect("the same question");
    rests_on_what_counts(&more, &request, &records);
    let worst = |decision: &Decision| {
        decision.materials.iter().map(|one| one.outcome.answer()).collect::<Vec<Answer>>()
    };
    assert!(
        worst(&decision).iter().zip(worst(&more)).all(|(one, two)| two <= *one),
        "a further record adds a demand"
    );
}

fn rests_on_what_counts(decision: &Decision, request: &Request, records: &[(Role, CollectedEntry)]) {
    for material in &decision.materials {
        let shared = material.outcome == Outcome::Exempt(Way::Shared);
        assert_eq!(
            shared,
            !material.carriers.is_empty(),
            "what is shared has carriers, and nothing else has"
        );
        for carrier in &material.carriers {
            let on_file =
                |(role, one): &&(Role, CollectedEntry)| *role == carrier.role && one.id == carrier.id;
            let (_, record) = records.iter().find(on_file).expect("a carrier is on file");
            let party = &request.parties[&carrier.role];
            let counts = carrier.grade.may_exempt()
                && carrier.grade == record.grade
                && record.standing == CollectedStanding::Kept
                && record.issued.is_none()
                && record.license.license_type == carrier.license_type
                && record.license.holder == party.holder
                && record.license.holder_name == party.name;
            assert!(counts, "a record carries that does not count");
        }
    }
}

fn holder(role: Role) -> HolderCode {
    if role == Role::Enterprise {
        return HolderCode::from(samples::credit_code("91", "652701", 21));
    }
    let place = Role::ALL.iter().position(|one| *one == role).expect("one of all");
    HolderCode::from(samples::citizen(u16::try_from(place).expect("few roles") + 1))
}

fn asked(matter: &str, from: boyin_model::time::Date, division: DivisionCode) -> Request {
    let party =
        |role: Role| (role, Party { holder: holder(role), name: "样本甲".to_owned(), file: Vec::new() });
    Request {
        matter: matter.to_owned(),
        division,
        situation: BTreeMap::new(),
        parties: Role::ALL.map(party).into_iter().collect(),
        form: BTreeMap::new(),
        commitment: CommitmentStanding::Open,
        first_contact: Office {
            code: samples::credit_code("11", "652701", 9), name: "样本中心".to_owned()
        },
        channel: Channel::Window,
        at: from.begins().max(now()),
    }
}

fn record(
    number: usize,
    role: Role,
    license_type: LicenseTypeCode,
    grade: Grade,
    standing: CollectedStanding,
) -> CollectedEntry {
    let license = CollectedLicense {
        license_type,
        license_number: number.to_string(),
        holder: holder(role),
        holder_name: "样本甲".to_owned(),
        division: DivisionCode::parse("652701").expect("a division"),
        issue_date: now().date(),
        valid_from: None,
        valid_until: None,
        fields: BTreeMap::new(),
    };
    CollectedEntry { id: format!("record-{number}"), license, grade, standing, issued: None }
}

/// A license that was issued from the record.
fn license_of(record: &CollectedEntry) -> LicenseId {
    let issuer = samples::credit_code("11", "652700", 1);
    LicenseId::new(record.license.license_type, issuer, "1", 1).expect("digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right() {
        for choices in [&[0][..], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], &[0, 255, 3, 77, 18, 6, 200]] {
            super::items(&[boyin_exempt::item::EMBEDDED.as_bytes(), choices].concat());
        }
    }

    /// A decision over good records, held against records that say something else.
    #[test]
    fn the_oracle_refuses_a_carrier_that_does_not_count() {
        type Change = fn(&mut CollectedEntry);
        let changes: [Option<Change>; 7] = [
            None,
            Some(|record| record.grade = Grade::C),
            Some(|record| record.standing = CollectedStanding::Disputed),
            Some(|record| record.issued = Some(license_of(record))),
            Some(|record| record.license.holder = holder(Role::Spouse)),
            Some(|record| record.license.holder_name.push('二')),
            Some(|record| record.id.push('二')),
        ];
        let catalog = ItemCatalog::embedded(&LICENSES).expect("the built-in catalogs fit");
        let item = catalog.items().iter().find(|item| item.key == "employer-insurance").expect("an item");
        let mut request = asked(&item.key, item.from, item.divisions[0]);
        let card = LICENSES.find("identity-card").expect("a type of the catalog").code;
        let role = Role::LegalRepresentative;
        let mut records = Vec::new();
        let good = record(0, role, card, Grade::B, CollectedStanding::Kept);
        put(&mut request, &mut records, role, good.clone());
        let decision = decide(&catalog, &request, &InputKey([1; 32])).expect("a right question");
        for change in changes {
            let mut record = good.clone();
            if let Some(change) = change {
                change(&mut record);
            }
            let check = || rests_on_what_counts(&decision, &request, &[(role, record.clone())]);
            let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).is_err();
            assert_eq!(refused, change.is_some());
        }
    }
}
