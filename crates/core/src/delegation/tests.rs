use boyin_model::id::{CitizenId, HolderCodeType};

use super::*;

fn at(seconds: u64) -> UnixTime {
    UnixTime::new(1_000_000 + seconds).unwrap()
}

fn citizen(first17: &str) -> HolderCode {
    CitizenId::compute(first17).unwrap().into()
}

fn types(codes: &[&str]) -> BTreeSet<LicenseTypeCode> {
    codes.iter().map(|code| LicenseTypeCode::parse(code).unwrap()).collect()
}

const CARD: &str = "11100000000013127D001";
const OTHER: &str = "111000000000131433001";

fn delegation() -> Delegation {
    Delegation {
        number: 12,
        at: at(0),
        office: CreditCode::parse("11100000000013338W").unwrap(),
        purpose: "贷款".to_owned(),
        license_types: types(&[CARD]),
        items: BTreeSet::from(["loan".to_owned()]),
        until: at(100),
        uses: 2,
        used: 1,
        revoked_at: None,
        agent: "aa".to_owned(),
    }
}

/// What is made of a use that is changed, of a delegation that is changed.
fn judged(
    change: impl FnOnce(&mut Delegation),
    (wanted, items, agent, purpose, when): (&[&str], &[&str], &str, &str, u64),
) -> Result<(), DelegationRefusal> {
    let mut delegation = delegation();
    change(&mut delegation);
    let (license_types, person) = (types(wanted), citizen("65270119850315998"));
    let items: Vec<_> = items.iter().map(|item| vec![(*item).to_owned(), "other".to_owned()]).collect();
    let wanted = DelegationUse {
        number: 12,
        agent: &person,
        license_types: &license_types,
        items: &items,
        told: "window",
    };
    delegation.allows(&wanted, agent, purpose, at(when))
}

#[test]
fn each_refusal_has_one_that_only_it_refuses() {
    let good: (&[&str], &[&str], &str, &str, u64) = (&[CARD], &["loan"], "aa", "贷款", 99);
    assert_eq!(judged(|_| {}, good), Ok(()));
    assert_eq!(judged(|_| {}, (&[CARD], &["loan"], "aa", " 贷款 ", 99)), Ok(()));
    assert_eq!(judged(|_| {}, (&[CARD], &["loan"], "ab", "贷款", 99)), Err(DelegationRefusal::OtherAgent));
    let revoked = |delegation: &mut Delegation| delegation.revoked_at = Some(at(1));
    assert_eq!(judged(revoked, good), Err(DelegationRefusal::Revoked));
    assert_eq!(judged(|_| {}, (&[CARD], &["loan"], "aa", "贷款", 100)), Err(DelegationRefusal::Ended));
    assert_eq!(judged(|delegation| delegation.used = 2, good), Err(DelegationRefusal::UsedUp));
    let more = (&[CARD, OTHER][..], &["loan"][..], "aa", "贷款", 99);
    assert_eq!(judged(|_| {}, more), Err(DelegationRefusal::OtherType));
    // A party of whom nothing is asked lets nobody in to the files of the others.
    assert_eq!(judged(|_| {}, (&[], &["loan"], "aa", "贷款", 99)), Err(DelegationRefusal::OtherType));
    for items in [&["deed"][..], &["loan", "deed"], &[]] {
        let refused = judged(|_| {}, (&[CARD], items, "aa", "贷款", 99));
        assert_eq!(refused, Err(DelegationRefusal::OtherItem), "{items:?}");
    }
    assert_eq!(judged(|_| {}, (&[CARD], &["loan"], "aa", "别的", 99)), Err(DelegationRefusal::OtherPurpose));
}

#[test]
fn each_fault_of_the_terms_has_one_that_only_it_finds() {
    let wish = || DelegationWish {
        holder: citizen("65270119850315998"),
        agent: citizen("65270119900101001"),
        license_types: types(&[CARD]),
        items: BTreeSet::from(["loan".to_owned()]),
        until: at(1),
        uses: 1,
    };
    let fault = |change: &dyn Fn(&mut DelegationWish)| {
        let mut wish = wish();
        change(&mut wish);
        wish.terms("aa".to_owned(), at(0)).err()
    };
    assert_eq!(fault(&|_| {}), None);
    let passport = HolderCode::new(HolderCodeType::OrdinaryPassport, "E12345678").unwrap();
    assert_eq!(fault(&|wish| wish.agent = passport.clone()), Some(DelegationFault::Agent));
    assert_eq!(fault(&|wish| wish.agent = wish.holder.clone()), Some(DelegationFault::Own));
    assert_eq!(fault(&|wish| wish.license_types.clear()), Some(DelegationFault::Types));
    let of_number =
        |number: usize| LicenseTypeCode::parse(&format!("11100000000013127D{number:03}")).unwrap();
    let numbered = |count: usize| (1..=count).map(of_number).collect::<BTreeSet<_>>();
    assert_eq!(fault(&|wish| wish.license_types = numbered(MAX_DELEGATION_TYPES)), None);
    let more = |wish: &mut DelegationWish| wish.license_types = numbered(MAX_DELEGATION_TYPES + 1);
    assert_eq!(fault(&more), Some(DelegationFault::Types));
    assert_eq!(fault(&|wish| wish.items.clear()), Some(DelegationFault::Items));
    let spaced = |wish: &mut DelegationWish| wish.items.extend(["two words".to_owned()]);
    assert_eq!(fault(&spaced), Some(DelegationFault::Items));
    let many = |wish: &mut DelegationWish| wish.items.extend((0..16).map(|number| number.to_string()));
    assert_eq!(fault(&many), Some(DelegationFault::Items));
    let longest = at(MAX_DELEGATION_DAYS * 86_400);
    assert_eq!(fault(&|wish| wish.until = longest), None);
    assert_eq!(fault(&|wish| wish.until = longest.plus(1)), Some(DelegationFault::Term));
    assert_eq!(fault(&|wish| wish.until = at(0)), Some(DelegationFault::Term));
    assert_eq!(fault(&|wish| wish.uses = 0), Some(DelegationFault::Uses));
    assert_eq!(fault(&|wish| wish.uses = MAX_DELEGATION_USES), None);
    assert_eq!(fault(&|wish| wish.uses = MAX_DELEGATION_USES + 1), Some(DelegationFault::Uses));
}

#[test]
fn terms_are_read_as_they_were_written_and_name_nobody() {
    let (holder, agent) = (citizen("65270119850315998"), citizen("65270119900101001"));
    let wish = DelegationWish {
        holder: holder.clone(),
        agent: agent.clone(),
        license_types: types(&[CARD, OTHER]),
        items: BTreeSet::from(["loan".to_owned()]),
        until: at(1),
        uses: 3,
    };
    let terms = wish.terms(digest_of(&InputKey([7; 32]), &agent), at(0)).unwrap();
    let written = terms.write();
    assert_eq!(Terms::read(&written), Some(terms));
    assert!(!written.contains(holder.as_str()) && !written.contains(agent.as_str()));
    assert_ne!(digest_of(&InputKey([7; 32]), &agent), digest_of(&InputKey([8; 32]), &agent));
    for other in ["", "{}", &written.replace(",\"uses\":3", ", \"uses\":3")] {
        assert_eq!(Terms::read(other), None, "{other}");
    }
}
