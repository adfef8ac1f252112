use boyin_exempt::{Entry, Outcome, Role, Way};

use crate::world::{Status, World, catalog, decided, number, request, set, situation};

fn files(world: &World, taken: u32) -> Vec<(Role, Vec<Entry>)> {
    let marriage = world.license("marriage-certificate", Role::Applicant, |draft| {
        set(draft, "spouse_citizen_id", number(Role::Spouse));
    });
    let applicant = [
        world.filed("identity-card", Role::Applicant),
        world.entry(&marriage, Status::Valid),
        world.filed("real-estate-title", Role::Applicant),
        world.filed("electronic-invoice", Role::Applicant),
    ];
    let kept = applicant.into_iter().enumerate().filter(|(bit, _)| taken >> bit & 1 == 1);
    let kept = kept.map(|(_, entry)| entry).collect();
    let permit = if taken >> 4 & 1 == 1 {
        vec![world.filed("road-transport-permit", Role::Enterprise)]
    } else {
        vec![]
    };
    vec![(Role::Applicant, kept), (Role::Spouse, vec![]), (Role::Enterprise, permit)]
}

/// For every file and situation: what a package says of a material is what its items say, and it says it once.
#[test]
fn a_package_asks_what_its_items_ask_and_each_paper_once() {
    let world = World::new();
    let catalog = catalog(&world);
    for taken in 0..32 {
        let files = files(&world, taken);
        for married in ["yes", "no"] {
            let ask = |matter: &str| {
                let mut request = request(matter, &files);
                request.situation = situation(&[("married", married)]);
                decided(&catalog, &request)
            };
            let (both, singles) = (ask("both"), [ask("first"), ask("second")]);
            let mut expected: Vec<&str> = Vec::new();
            for material in singles.iter().flat_map(|single| &single.materials) {
                let together = both.material(&material.material).unwrap();
                assert_eq!(together.outcome, material.outcome, "{taken} {}", material.material);
                assert_eq!(together.carriers, material.carriers);
                assert!(together.copies >= material.copies && together.items.contains(&material.items[0]));
                if !expected.contains(&material.material.as_str()) {
                    expected.push(&material.material);
                }
            }
            let found: Vec<_> = both.materials.iter().map(|material| material.material.as_str()).collect();
            assert_eq!(found, expected);
            assert_eq!(both.answer(), singles[0].answer().max(singles[1].answer()));
        }
    }
}

#[test]
fn a_shared_material_names_all_items_that_need_it() {
    let world = World::new();
    let mut request = request("两事一件事", &files(&world, 31));
    request.situation = situation(&[("married", "yes")]);
    let decision = decided(&catalog(&world), &request);
    assert_eq!(decision.package, Some(("both".to_owned(), "两事一件事".to_owned(), 1)));
    let card = decision.material("card").unwrap();
    assert_eq!((card.items.len(), card.copies), (2, 2));
    assert_eq!(card.outcome, Outcome::Exempt(Way::Shared));
    assert_eq!(decision.items.iter().map(|item| item.version).collect::<Vec<_>>(), [1, 3]);
}
