//! Lists beside the trust list: each check of their signature has its case.

use boyin_issue::{SigningKey, anchor_handover};
use boyin_model::anchor::{ANCHOR_HANDOVER_FORMAT, AnchorHandover};
use boyin_model::catalog::{CatalogEntry, CatalogList};
use boyin_model::id::DivisionCode;
use boyin_model::jws::JwsError;
use boyin_model::listing::{Entry as _, EntryFault, ListFault};
use boyin_model::sharing::SharingEntry;
use boyin_suite::{Algorithm, all_jws};
use boyin_testkit::key::FixedKey;
use boyin_testkit::lists::{catalog_list, list_token, sharing_list};
use boyin_testkit::prefecture::{Prefecture, now};
use boyin_verify::{AnchorChain, TrustError};

fn load(chain: &AnchorChain, token: &[u8]) -> Result<CatalogList, TrustError> {
    chain.load_list::<CatalogEntry>(token, &all_jws())
}

#[test]
fn a_list_is_what_the_anchor_signed() {
    for algorithm in Algorithm::ALL {
        let prefecture = Prefecture::new(algorithm);
        let chain = AnchorChain::of(prefecture.anchor_jwk());
        let list = catalog_list(&prefecture);
        let token = list_token(&prefecture, &list);
        assert_eq!(load(&chain, &token), Ok(list.clone()));
        let sharing = sharing_list(&prefecture);
        let shared = list_token(&prefecture, &sharing);
        assert_eq!(chain.load_list::<SharingEntry>(&shared, &all_jws()), Ok(sharing));
        // One kind is not the other, and neither is a trust list.
        assert_eq!(load(&chain, &shared), Err(JwsError::WrongType.into()));
        assert_eq!(chain.load(&token, &all_jws()).unwrap_err(), JwsError::WrongType.into());
        // Somebody else's signature, and a payload that was changed under this one.
        let foreign = Prefecture { anchor: FixedKey::signing(algorithm, 99), ..prefecture.clone() };
        assert_eq!(load(&chain, &list_token(&foreign, &list)), Err(TrustError::NotByAnchor));
        let other = list_token(&prefecture, &CatalogList { sequence: 4, ..list.clone() });
        let part = |token: &[u8], n| token.split(|byte| *byte == b'.').nth(n).unwrap().to_vec();
        let mixed = [part(&token, 0), part(&other, 1), part(&token, 2)].join(&b'.');
        assert_eq!(load(&chain, &mixed), Err(TrustError::Signature));
        let wrong = CatalogList { next_update: list.issued_at, ..list.clone() };
        assert_eq!(load(&chain, &list_token(&prefecture, &wrong)), Err(ListFault::Times.into()));
        let mut turned = list.clone();
        turned.entries.swap(0, 1);
        let fault = ListFault::Entry { entry: 1, fault: EntryFault::Order };
        assert_eq!(load(&chain, &list_token(&prefecture, &turned)), Err(fault.into()));
        let long = vec![b'.'; CatalogEntry::MAX_BYTES + 1];
        let limit = CatalogEntry::MAX_BYTES;
        assert_eq!(load(&chain, &long), Err(JwsError::TooLarge { limit }.into()));
    }
}

#[test]
fn each_anchor_signs_the_lists_of_its_time() {
    let prefecture = Prefecture::new(Algorithm::Sm2);
    let next = FixedKey::signing(Algorithm::Es256, 98);
    let handover = AnchorHandover {
        authority: "样本州政务服务局".to_owned(),
        division: DivisionCode::parse("652700").unwrap(),
        format: ANCHOR_HANDOVER_FORMAT,
        from_sequence: 10,
        issued_at: now(),
        successor: next.reference().jwk().clone(),
    };
    let key = &prefecture.anchor;
    let line = key.sign_jws(&anchor_handover(&handover, key.reference())).unwrap();
    let chain = AnchorChain::follow(prefecture.anchor_jwk(), &line, &all_jws(), now()).unwrap();
    assert_eq!((chain.latest_from(), AnchorChain::of(prefecture.anchor_jwk()).latest_from()), (10, 0));
    let by = |anchor: &SigningKey, trust_sequence| {
        let prefecture = Prefecture { anchor: anchor.clone(), ..prefecture.clone() };
        let list = CatalogList { trust_sequence, ..catalog_list(&prefecture) };
        load(&chain, &list_token(&prefecture, &list)).map(|list| list.trust_sequence)
    };
    assert_eq!(by(key, 9), Ok(9));
    assert_eq!(by(key, 10), Err(TrustError::NotByAnchor), "after it handed over");
    assert_eq!(by(&next, 10), Ok(10));
    assert_eq!(by(&next, 9), Err(TrustError::NotByAnchor), "before it was handed over to");
    let elsewhere =
        CatalogList { division: DivisionCode::parse("654000").unwrap(), ..catalog_list(&prefecture) };
    assert_eq!(load(&chain, &list_token(&prefecture, &elsewhere)), Err(TrustError::NotByAnchor));
}
