//! Revocation lists that come from the network, and whether one takes the place of another.

use std::sync::LazyLock;

use boyin_suite::{Algorithm, all_x509};
use boyin_verify::chain::CertificateStore;

use super::certificate::signed_part;
use crate::chains::{Chain, ListParts};
use crate::prefecture::now;

struct Known {
    store: CertificateStore,
    list: Vec<u8>,
}

static KNOWN: LazyLock<[Known; 2]> = LazyLock::new(|| {
    Algorithm::ALL.map(|algorithm| {
        let chain = Chain::new(algorithm);
        let mut store = CertificateStore::new(&all_x509());
        store.add_anchor(&chain.root.write(algorithm)).expect("a certificate");
        store.add_intermediate(&chain.middle[0].write(algorithm)).expect("a certificate");
        let list = ListParts::of("middle", 901, 7).revoking(&chain.leaf.serial, 1).write(algorithm);
        Known { store, list }
    })
});

/// The first byte says under which algorithm. What is kept the authority signed, and it takes the place of the same list.
///
/// # Panics
/// If a promise is broken.
pub fn fetched(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else { return };
    let known = &KNOWN[usize::from(which & 1)];
    let Ok(new) = known.store.verify_list(bytes, now()) else { return };
    assert!(signed_part(bytes) == signed_part(&known.list), "a list that nobody signed");
    let own = known.store.verify_list(&known.list, now()).expect("the list itself");
    assert_eq!((new.may_replace(&own), own.may_replace(&new)), (Ok(()), Ok(())));
    assert_eq!((new.this_update(), new.next_update()), (own.this_update(), own.next_update()));
}

#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let seed = |(which, known): (u8, &Known)| (format!("list-{which}"), [&[which], &known.list[..]].concat());
    (0..).zip(KNOWN.iter()).map(seed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right_and_holds_under_each_changed_byte() {
        for (_, seed) in seeds() {
            assert!(KNOWN[usize::from(seed[0])].store.verify_list(&seed[1..], now()).is_ok());
            fetched(&seed);
            for at in 1..seed.len() {
                let mut seed = seed.clone();
                seed[at] ^= 1;
                fetched(&seed);
            }
        }
    }
}
