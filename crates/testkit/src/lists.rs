//! The catalog of license types and the sharing list of the sample prefecture.

use boyin_issue::signed_list;
use boyin_model::catalog::{CatalogEntry, CatalogList};
use boyin_model::id::DivisionCode;
use boyin_model::listing::{Entry, LIST_FORMAT, SignedList};
use boyin_model::sharing::{SharingEntry, SharingList, SharingScope};

use crate::prefecture::{Prefecture, now, since};

const DAY: u64 = 86_400;

/// Code of the service item for which the samples are shared.
pub const ITEM: &str = "1165270001234567XK-01";

fn list<E>(prefecture: &Prefecture, entries: Vec<E>) -> SignedList<E> {
    SignedList {
        authority: "样本州政务服务管理局".to_owned(),
        authority_code: prefecture.office.code,
        division: DivisionCode::parse("652700").expect("the prefecture"),
        entries,
        format: LIST_FORMAT,
        issued_at: now().minus(DAY),
        next_update: now().plus(365 * DAY),
        sequence: 3,
        trust_sequence: 7,
        valid_from: now().minus(DAY),
    }
}

/// Every type of the built-in catalog, since [`since`].
///
/// # Panics
/// Never.
#[must_use]
pub fn catalog_list(prefecture: &Prefecture) -> CatalogList {
    let entry = |license_type: &boyin_model::catalog::LicenseType| CatalogEntry {
        from: since(),
        license_type: license_type.clone(),
        until: None,
    };
    list(prefecture, prefecture.catalog.types().map(entry).collect())
}

/// The other office is given name and address of identity cards, for one item, for ten more days.
///
/// # Panics
/// Never.
#[must_use]
pub fn sharing_list(prefecture: &Prefecture) -> SharingList {
    let card = prefecture.catalog.find("identity-card").expect("a type of the catalog");
    let entry = SharingEntry {
        agency: prefecture.other.code,
        agency_name: prefecture.other.name.to_owned(),
        fields: ["address", "holder_name"].map(str::to_owned).to_vec(),
        from: since(),
        item: ITEM.to_owned(),
        item_name: "个体工商户登记".to_owned(),
        license_type: card.code,
        scope: SharingScope::Departments,
        until: Some(now().plus(10 * DAY)),
    };
    list(prefecture, vec![entry])
}

/// Signs a list with the anchor.
///
/// # Panics
/// Never.
#[must_use]
pub fn list_token<E: Entry>(prefecture: &Prefecture, list: &SignedList<E>) -> Vec<u8> {
    let key = &prefecture.anchor;
    key.sign_jws(&signed_list(list, key.reference())).expect("a fixed key signs")
}
