//! The life of licenses: next versions, the end of a holder, many at once, and the way back.

use std::collections::BTreeMap;

use boyin::archive::{
    ArchiveError, Change, EventKind, HolderEnd, LeftReason, MassPlan, Outcome, Reader, SignOff, StatusChange,
    SuccessionKind,
};
use boyin::issue::{Draft, DraftHolder};
use boyin::model::credential::FieldValue;
use boyin::model::id::{CreditCode, HolderCode, HolderCodeType, LicenseId};
use boyin::model::status::LicenseStatus;
use boyin::model::time::{Date, UnixTime};
use boyin::suite::SystemRandom;
use boyin::verify::{Reason, Verdict};
use boyin::{
    Desk, DeskError, Lookup, Many, NextVersion, NextVersionOrder, Order, Receipt, Selection, SuccessionFault,
};

use crate::office::{Prefecture, citizen, credit_code, identity_card, market, now, order, police};

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}

/// A business license of an enterprise, for an agreed term that ends on `until`.
pub(crate) fn business(enterprise: CreditCode, until: &str) -> Draft {
    Draft {
        license_type: "business-license".to_owned(),
        license_number: enterprise.as_str().to_owned(),
        holder: DraftHolder {
            code_type: "001".to_owned(),
            code: enterprise.as_str().to_owned(),
            name: "测试市赛湖餐饮店".to_owned(),
        },
        division: "652701".to_owned(),
        issue_date: "2020-05-06".to_owned(),
        valid_from: Some("2020-05-06".to_owned()),
        valid_until: Some(until.to_owned()),
        fields: [
            ("enterprise_type", text("个体工商户")),
            ("legal_representative", text("测试甲")),
            ("established_on", text("2010-10-10")),
            ("address", text("测试市北京路1号")),
            ("business_scope", text("食品销售")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
    }
}

fn authority() -> CreditCode {
    credit_code("MBTEXT09")
}

fn issue(desk: &Desk, draft: &Draft, office: CreditCode, key: &str) -> Receipt {
    desk.issue(draft, &order(office, key), &mut SystemRandom).unwrap()
}

fn next(desk: &Desk, of: &LicenseId, next: &NextVersion, order: &Order) -> Result<Receipt, DeskError> {
    let asked = NextVersionOrder { of, next, reason: "依申请", basis: None };
    desk.issue_next(&asked, order, &mut SystemRandom)
}

fn renewal(until: &str) -> NextVersion {
    NextVersion::Renewal { valid_from: None, valid_until: Some(until.parse().unwrap()) }
}

fn verdict(prefecture: &Prefecture, receipt: &Receipt, at: UnixTime) -> Verdict {
    prefecture.lookup().verify(&receipt.credential, at).verdict()
}

fn reader() -> Reader {
    Reader::new("窗口二", police(), "办理注销").unwrap()
}

#[test]
fn a_license_is_renewed_changed_and_issued_again() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let first = issue(&desk, &business(market(), "2027-05-05"), market(), "first");
    let renewed = next(&desk, &first.license_id, &renewal("2036-05-31"), &order(market(), "renew")).unwrap();
    let fields = BTreeMap::from([
        ("address".to_owned(), Some(text("测试市团结路2号"))),
        ("business_scope".to_owned(), Some(text("餐饮服务"))),
    ]);
    let change = NextVersion::Change { fields, holder_name: Some("测试市赛湖酒店".to_owned()) };
    let changed = next(&desk, &renewed.license_id, &change, &order(market(), "change")).unwrap();
    let again = next(&desk, &changed.license_id, &NextVersion::Reissue, &order(market(), "again")).unwrap();
    let receipts = [&first, &renewed, &changed, &again];
    let versions: Vec<_> = receipts.iter().map(|receipt| receipt.license_id.version()).collect();
    assert_eq!(versions, [1, 2, 3, 4]);
    for old in &receipts[..3] {
        assert_eq!(verdict(&prefecture, old, now()), Verdict::Failed(Reason::Superseded));
    }
    assert_eq!(verdict(&prefecture, &again, now()), Verdict::Passed);
    let lookup = prefecture.lookup();
    let claims = |receipt: &Receipt| {
        let at = receipt.at;
        // As the status was before it was superseded: the content is what counts here.
        let report = lookup.verify(&receipt.credential, at);
        let checks =
            report.checks().filter(|(_, outcome)| !matches!(outcome, boyin::verify::Outcome::Passed));
        assert!(checks.count() <= 1, "nothing but the status");
        serde_json::to_value(form_of(&receipt.credential)).unwrap()
    };
    let [first_form, renewed_form, changed_form, again_form] = receipts.map(claims);
    assert_eq!(
        (&renewed_form["valid_from"], &renewed_form["valid_until"]),
        (&"2026-06-01".into(), &"2036-05-31".into())
    );
    assert_eq!(renewed_form["issue_date"], "2026-06-01");
    for same in ["license_number", "holder", "division", "fields", "license_type"] {
        assert_eq!(renewed_form[same], first_form[same], "{same}");
    }
    assert_eq!(changed_form["fields"]["address"], "测试市团结路2号");
    assert_eq!(changed_form["fields"]["legal_representative"], "测试甲");
    assert_eq!(changed_form["holder"]["name"], "测试市赛湖酒店");
    assert_eq!(changed_form["valid_until"], renewed_form["valid_until"]);
    assert_eq!(again_form, changed_form, "content and dates stay");
    let listed = lookup.versions(&first.license_id).unwrap();
    let kinds: Vec<_> =
        listed.iter().skip(1).map(|version| version.succeeded.as_ref().unwrap().what).collect();
    let expected = [SuccessionKind::Reissue, SuccessionKind::Change, SuccessionKind::Renewal];
    assert_eq!(kinds, expected.map(SuccessionKind::event));
    assert_eq!(listed[0].id, again.license_id);
    let sound = desk.archive().check(&mut |_| {}).unwrap();
    assert!(sound.sound(), "{sound:?}");
}

/// The form of which a license was made, without a look at its signature.
fn form_of(credential: &[u8]) -> Draft {
    use boyin::model::alg::VerifyAlg as _;
    use boyin::model::credential::{Envelope, LicenseClaims, reveal};
    use boyin::model::json::Reader as Strict;
    use boyin::suite::ES256;
    let envelope = Envelope::open(credential, Strict::Ours).unwrap();
    let credential = envelope.read().unwrap();
    let revealed =
        reveal(&credential.payload, &credential.disclosures, |text| ES256.digest(&[text])).unwrap();
    Draft::of(&LicenseClaims::read(&revealed).unwrap()).unwrap()
}

#[test]
fn the_same_order_gives_the_same_next_version() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let first = issue(&desk, &identity_card(), police(), "first");
    let again = || next(&desk, &first.license_id, &NextVersion::Reissue, &order(police(), "again"));
    let (done, replayed) = (again().unwrap(), again().unwrap());
    assert_eq!((done.replayed, replayed.replayed), (false, true));
    assert_eq!((done.credential, done.event), (replayed.credential, replayed.event));
    let other = next(&desk, &first.license_id, &renewal("2046-06-01"), &order(police(), "again"));
    assert_eq!(other.unwrap_err().code(), "idempotency_conflict");
    let late = next(&desk, &first.license_id, &NextVersion::Reissue, &order(police(), "late")).unwrap_err();
    let DeskError::Archive(ArchiveError::NotHead { head }) = late else { panic!("{late}") };
    assert_eq!(*head, done.license_id);
    let foreign = next(&desk, &done.license_id, &NextVersion::Reissue, &order(market(), "foreign"));
    assert!(matches!(foreign, Err(DeskError::ForeignLicense(office)) if office == police()));
}

#[test]
fn what_is_out_of_force_has_no_next_version() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let first = issue(&desk, &identity_card(), police(), "first");
    let id = &first.license_id;
    let mut act = 0;
    let mut set = |to| {
        act += 1;
        desk.change_status(id, &StatusChange::new(to, "测试"), &order(police(), &format!("set {act}")))
            .unwrap();
    };
    let refused = |key: &str| {
        let refused = next(&desk, id, &NextVersion::Reissue, &order(police(), key)).unwrap_err();
        let DeskError::Archive(ArchiveError::IllegalTransition { from, .. }) = refused else {
            panic!("{refused}")
        };
        from
    };
    set(Change::Suspend);
    assert_eq!(refused("suspended"), LicenseStatus::Suspended);
    set(Change::Restore);
    set(Change::Cancel);
    assert_eq!(refused("canceled"), LicenseStatus::Revoked);
    assert_eq!(prefecture.lookup().versions(id).unwrap().len(), 1);
    let history = prefecture.lookup().history(id).unwrap();
    assert_eq!(history.last().unwrap().what, EventKind::LicenseCanceled);
}

fn fault(done: Result<Receipt, DeskError>) -> SuccessionFault {
    match done {
        Err(DeskError::Succession(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_renewal_moves_the_end_and_leaves_no_gap() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let first = issue(&desk, &business(market(), "2027-05-05"), market(), "first");
    let try_it = |key: &str, what: &NextVersion| next(&desk, &first.license_id, what, &order(market(), key));
    assert_eq!(fault(try_it("same end", &renewal("2027-05-05"))), SuccessionFault::NotLater);
    let day = |text: &str| Some(text.parse::<Date>().unwrap());
    let gap = NextVersion::Renewal { valid_from: day("2026-06-02"), valid_until: day("2030-01-01") };
    assert_eq!(fault(try_it("gap", &gap)), SuccessionFault::Gap);
    let nothing = NextVersion::Change { fields: BTreeMap::new(), holder_name: None };
    assert_eq!(fault(try_it("nothing", &nothing)), SuccessionFault::Nothing);
    let same = BTreeMap::from([("address".to_owned(), Some(text("测试市北京路1号")))]);
    let same = NextVersion::Change { fields: same, holder_name: None };
    assert_eq!(fault(try_it("same", &same)), SuccessionFault::Nothing);
    let missing = BTreeMap::from([("address".to_owned(), None), ("color".to_owned(), Some(text("红")))]);
    let refused = try_it("missing", &NextVersion::Change { fields: missing, holder_name: None }).unwrap_err();
    let DeskError::Defects(defects) = refused else { panic!("{refused}") };
    let places: Vec<_> = defects.iter().map(|defect| defect.place.to_string()).collect();
    assert_eq!(places, ["fields.address", "fields.color"], "what the catalog does not know is not changed");
    // To long-term, and from there no further.
    let long = NextVersion::Renewal { valid_from: None, valid_until: None };
    let long_term = try_it("long", &long).unwrap();
    let more = next(&desk, &long_term.license_id, &renewal("2030-01-01"), &order(market(), "more"));
    assert_eq!(fault(more), SuccessionFault::LongTerm);
    // An identity card has terms of 5, 10 or 20 years.
    let card = issue(&desk, &identity_card(), police(), "card");
    let odd = next(&desk, &card.license_id, &renewal("2041-01-01"), &order(police(), "odd")).unwrap_err();
    assert_eq!(odd.code(), "form_defects");
}

#[test]
fn an_expired_license_is_renewed_if_its_type_says_so() {
    let prefecture = Prefecture::new();
    let mut card = identity_card();
    (card.valid_from, card.valid_until) = (Some("2006-06-02".to_owned()), Some("2026-06-02".to_owned()));
    card.issue_date = "2006-06-02".to_owned();
    let (card, shop) = {
        let desk = prefecture.desk();
        (
            issue(&desk, &card, police(), "card"),
            issue(&desk, &business(market(), "2026-06-02"), market(), "shop"),
        )
    };
    let later = now().plus(3 * 86_400);
    let desk = prefecture.desk_at(later);
    assert_eq!(verdict(&prefecture, &card, later), Verdict::Failed(Reason::Expired));
    let at = |office, key: &str| Order { at: later, ..order(office, key) };
    let expired = next(&desk, &shop.license_id, &renewal("2030-01-01"), &at(market(), "renew shop"));
    assert_eq!(fault(expired), SuccessionFault::Expired, "business licenses are issued anew");
    let reissued = next(&desk, &card.license_id, &NextVersion::Reissue, &at(police(), "reissue"));
    assert_eq!(fault(reissued), SuccessionFault::Expired, "only renewed");
    let renewed = next(&desk, &card.license_id, &renewal("2046-06-04"), &at(police(), "renew")).unwrap();
    assert_eq!(verdict(&prefecture, &renewed, later), Verdict::Passed);
}

#[test]
fn a_license_on_file_that_does_not_verify_has_no_next_version() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let first = issue(&desk, &identity_card(), police(), "first");
    // Its issuer loses the right to issue it; what was issued before that instant stays, so the license is dated after it.
    let license_type = first.license_id.license_type();
    let end = boyin::model::trust::Change::EndEntitlement { issuer: police(), license_type, at: now() };
    drop(desk);
    prefecture.home.change_trust(&[end], &crate::office::passphrase(), &order(police(), "trust")).unwrap();
    let desk = prefecture.desk();
    let refused = next(&desk, &first.license_id, &NextVersion::Reissue, &order(police(), "again"));
    assert!(matches!(fault(refused), SuccessionFault::Unsound(Reason::EntitlementNotInForce)));
}

fn enterprise() -> HolderCode {
    HolderCode::new(HolderCodeType::CreditCode, market().as_str()).unwrap()
}

fn cancel() -> StatusChange {
    StatusChange::new(Change::Cancel, "主体终止")
}

fn signed(plan: &MassPlan, second: &str) -> SignOff {
    SignOff { digest: plan.digest, second: second.to_owned() }
}

fn plan(lookup: &Lookup, many: &Many) -> MassPlan {
    lookup.plan_many(many, &cancel(), &reader(), now()).unwrap()
}

#[test]
fn a_deregistered_enterprise_loses_what_it_holds_and_gets_it_back() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let first = issue(&desk, &business(market(), "2030-05-05"), market(), "first");
    let second = next(&desk, &first.license_id, &NextVersion::Reissue, &order(market(), "second")).unwrap();
    let other = issue(&desk, &business(police(), "2030-05-05"), market(), "other");
    let many = Many::Holder(enterprise(), HolderEnd::Deregistration);
    let lookup = prefecture.lookup();
    let planned = plan(&lookup, &many);
    assert_eq!(planned.items.iter().map(|item| &item.id).collect::<Vec<_>>(), [&second.license_id]);
    assert_eq!(
        planned.left.iter().map(|left| (&left.id, left.why)).collect::<Vec<_>>(),
        [(&first.license_id, LeftReason::Ended)]
    );
    let done = |office, key: &str, second: &str| -> Result<Outcome, DeskError> {
        desk.change_many(&many, &cancel(), &signed(&planned, second), &order(office, key))
    };
    assert!(matches!(done(market(), "market", "乙"), Err(DeskError::AuthorityOnly)));
    assert_eq!(done(authority(), "alone", "窗口一 号").unwrap_err().code(), "seal_same_person");
    assert_eq!(verdict(&prefecture, &second, now()), Verdict::Passed);
    let outcome = done(authority(), "close", "乙").unwrap();
    assert!(done(authority(), "close", "乙").unwrap().replayed);
    assert_eq!(verdict(&prefecture, &second, now()), Verdict::Failed(Reason::Revoked), "published");
    assert_eq!(verdict(&prefecture, &other, now()), Verdict::Passed, "another enterprise's");
    assert_eq!(done(authority(), "late", "乙").unwrap_err().code(), "plan_changed");
    let undo = |office, key: &str, at| {
        desk.undo_many(outcome.event, "丙", "误办", &Order { at, ..order(office, key) })
    };
    assert!(matches!(undo(market(), "foreign", now()), Err(DeskError::AuthorityOnly)));
    let window = u64::from(boyin::UNDO_WINDOW_HOURS) * 3600;
    assert_eq!(undo(authority(), "late", now().plus(window + 1)).unwrap_err().code(), "undo_over");
    undo(authority(), "undo", now().plus(window)).unwrap();
    let record = lookup_record(&prefecture, outcome.event);
    assert_eq!((record.items.len(), record.undone.unwrap().left.len()), (1, 0));
    drop(desk);
    drop(prefecture.desk_at(now().plus(window)));
    assert_eq!(verdict(&prefecture, &second, now().plus(window)), Verdict::Passed);
    // The dry run was a look at the file of somebody.
    let desk = prefecture.desk_at(now().plus(window));
    let looked = desk.archive().events_of_holder(&enterprise(), None, 100).unwrap();
    assert!(looked.iter().any(|event| event.what == EventKind::HolderRead && event.who == "窗口二"));
    assert!(desk.archive().check(&mut |_| {}).unwrap().sound());
}

fn lookup_record(prefecture: &Prefecture, number: u64) -> boyin::archive::MassRecord {
    prefecture.lookup().mass_record(number).unwrap().unwrap()
}

#[test]
fn many_are_selected_by_type_division_issuer_and_time() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let shops: Vec<_> = ["MBTEXT03", "MBTEXT04", "MBTEXT05"]
        .into_iter()
        .zip(0..)
        .map(|(code, hour)| {
            let order = Order { at: now().plus(hour * 3600), ..order(market(), code) };
            let draft = business(credit_code(code), "2030-05-05");
            desk.issue(&draft, &order, &mut SystemRandom).unwrap().license_id
        })
        .collect();
    let card = issue(&desk, &identity_card(), police(), "card").license_id;
    let lookup = prefecture.lookup();
    let selected = |selection: Selection| {
        lookup.refresh(now()).unwrap();
        let plan = plan(&lookup, &Many::Selected(selection));
        assert_eq!(plan.left, []);
        let mut ids: Vec<_> = plan.items.into_iter().map(|item| item.id).collect();
        ids.sort();
        ids
    };
    let sorted = |ids: &[&LicenseId]| {
        let mut ids: Vec<_> = ids.iter().map(|id| (*id).clone()).collect();
        ids.sort();
        ids
    };
    let all = Selection { issuer: Some(market()), ..Selection::default() };
    assert_eq!(selected(all), sorted(&[&shops[0], &shops[1], &shops[2]]));
    let of_type = Selection { license_type: Some(card.license_type()), ..Selection::default() };
    assert_eq!(selected(of_type), sorted(&[&card]));
    let hour = |hour: u64| Some(now().plus(hour * 3600));
    let between = Selection { from: hour(1), until: hour(2), ..all };
    assert_eq!(selected(between), sorted(&[&shops[1]]), "from the one instant until before the other");
    let division = |code: &str| Selection { division: Some(code.parse().unwrap()), ..Selection::default() };
    assert_eq!(selected(division("652701")).len(), 4);
    assert_eq!(selected(division("652702")), []);
    // The office revokes its own; those of another office it cannot.
    let many = Many::Selected(between);
    let revoke = StatusChange::new(Change::Revoke, "批量吊销");
    let planned = lookup.plan_many(&many, &revoke, &reader(), now()).unwrap();
    let foreign = desk.change_many(&many, &revoke, &signed(&planned, "乙"), &order(police(), "foreign"));
    assert!(matches!(foreign, Err(DeskError::AuthorityOnly)));
    let outcome = desk.change_many(&many, &revoke, &signed(&planned, "乙"), &order(market(), "own")).unwrap();
    assert_eq!(outcome.what, EventKind::LicensesChanged);
    assert_eq!(desk.archive().status_of(&shops[1]).unwrap(), Some(LicenseStatus::Revoked));
    assert_eq!(selected(all), sorted(&[&shops[0], &shops[2]]), "what is out of force is not selected");
    // A license that is issued after the dry run and would be selected, too, makes it void.
    let planned = lookup_plan(&prefecture, &Many::Selected(all), &revoke);
    issue(&desk, &business(credit_code("MBTEXT06"), "2030-05-05"), market(), "new");
    let refused =
        desk.change_many(&Many::Selected(all), &revoke, &signed(&planned, "乙"), &order(market(), "void"));
    assert_eq!(refused.unwrap_err().code(), "plan_changed");
    desk.undo_many(outcome.event, "乙", "误办", &order(market(), "undo")).unwrap();
    assert_eq!(desk.archive().status_of(&shops[1]).unwrap(), Some(LicenseStatus::Valid));
    assert!(desk.archive().check(&mut |_| {}).unwrap().sound());
}

fn lookup_plan(prefecture: &Prefecture, many: &Many, change: &StatusChange) -> MassPlan {
    prefecture.lookup().plan_many(many, change, &reader(), now()).unwrap()
}

#[test]
fn a_person_who_died_loses_what_does_not_outlive_them() {
    let prefecture = Prefecture::new();
    let desk = prefecture.desk();
    let card = issue(&desk, &identity_card(), police(), "card");
    let person = HolderCode::new(HolderCodeType::CitizenId, citizen().as_str()).unwrap();
    let many = Many::Holder(person.clone(), HolderEnd::Death);
    let planned = lookup_plan(&prefecture, &many, &cancel());
    desk.change_many(&many, &cancel(), &signed(&planned, "乙"), &order(authority(), "close")).unwrap();
    assert_eq!(verdict(&prefecture, &card, now()), Verdict::Failed(Reason::Revoked));
    let wrong = Many::Holder(person, HolderEnd::Deregistration);
    let refused = prefecture.lookup().plan_many(&wrong, &cancel(), &reader(), now()).unwrap_err();
    assert!(refused.to_string().contains("people die"), "{refused}");
    let outlive: Vec<_> =
        prefecture.home.catalog().types().filter(|t| t.outlives_holder).map(|t| t.key.as_str()).collect();
    assert!(outlive.contains(&"real-estate-title") && !outlive.contains(&"identity-card"), "{outlive:?}");
}
