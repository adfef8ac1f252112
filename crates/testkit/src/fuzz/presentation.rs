//! Licenses as they are shown.

use std::sync::LazyLock;

use boyin_issue::presentation as statement;
use boyin_model::presentation::Presentation;
use boyin_present::limits::MAX_COMPACT_BYTES;
use boyin_present::{Bundle, Demand, Presented, SeenNonces, check, from_text, to_text};
use boyin_suite::Algorithm;

use crate::prefecture::{Prefecture, World, now};

/// A dynamic code over a whole license, and what it is verified with.
static KNOWN: LazyLock<(Presented, Vec<u8>, World)> = LazyLock::new(|| {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let license = prefecture.issue(&prefecture.draft("identity-card"));
    let credential = prefecture.alg().digest(&[&license]);
    let claims =
        Presentation { credential, issued_at: now(), nonce: [7; 16], purpose: "入住登记".to_owned() };
    let key = prefecture.key();
    let token = key.sign_jws(&statement(&claims, key.reference())).expect("keys of the kit sign");
    let shown = Presented { license, statement: Some(token) };
    let compact = shown.encode(MAX_COMPACT_BYTES).expect("a license in its shape");
    (shown, compact, prefecture.world())
});

/// Any bytes as a compact form, a text, a bundle and a memory of codes; and a good code of which bytes 0 to 3 say where and how
/// much is replaced by the rest. What is accepted has one spelling, and no changed code passes.
///
/// # Panics
/// If a promise is broken.
pub fn presentation(data: &[u8]) {
    one_spelling(data);
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(compact) = from_text(text) {
            assert_eq!(to_text(&compact), text, "a text has one spelling");
            one_spelling(&compact);
        }
        if let Some(seen) = SeenNonces::read(text) {
            let kept = SeenNonces::read(&seen.write(now())).expect("what was written is read");
            assert!(kept.len() <= seen.len());
        }
    }
    if let Ok(bundle) = Bundle::read(data) {
        assert_eq!(bundle.write(), data, "a bundle has one spelling");
    }
    let (good, compact, world) = &*KNOWN;
    let Some(changed) = super::patched(compact, data) else { return };
    one_spelling(&changed);
    let Ok(shown) = Presented::decode(&changed) else {
        assert!(changed != *compact, "the code itself is read");
        return;
    };
    let passes = |demand| {
        let (verifier, mut seen) = (Prefecture::verifier(), SeenNonces::default());
        check(&shown, &verifier, &world.context(), demand, Some(&mut seen)).verdict().code() == "passed"
    };
    // Without its statement, or with fewer fields, it is a static code of the same license, which passes where one is enough.
    assert!(!passes(Demand::Any) || shown.statement.is_none() || shown == *good, "a changed code passed");
    assert_eq!(passes(Demand::Dynamic), shown == *good, "the code itself passes, and no other one");
}

fn one_spelling(compact: &[u8]) {
    if let Ok(shown) = Presented::decode(compact) {
        assert_eq!(
            shown.encode(MAX_COMPACT_BYTES).as_deref(),
            Ok(compact),
            "a compact form has one spelling"
        );
    }
}

#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let (_, compact, _) = &*KNOWN;
    let bundle = Bundle {
        trust_list: b"a.b.c".to_vec(),
        status_lists: vec![b"d.e.f".to_vec()],
        handovers: Vec::new(),
    };
    let mut seen = SeenNonces::default();
    seen.see([1; 16], now().plus(60), now());
    vec![
        ("code".to_owned(), compact.clone()),
        ("text".to_owned(), to_text(compact).into_bytes()),
        ("bundle".to_owned(), bundle.write()),
        ("seen".to_owned(), seen.write(now()).into_bytes()),
        ("same".to_owned(), vec![0, 0, 0, 0]),
        ("flags".to_owned(), vec![0, 2, 0, 1, 0x40]),
        ("cut".to_owned(), vec![1, 0, 255, 255]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right_and_holds_under_changes() {
        for (_, seed) in seeds() {
            presentation(&seed);
        }
        for place in (0..KNOWN.1.len()).step_by(5) {
            let [high, low] = u16::try_from(place).unwrap().to_be_bytes();
            presentation(&[high, low, 0, 1, b'x']);
            presentation(&[high, low, 0, 9]);
        }
    }
}
