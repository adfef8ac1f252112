//! Hand-overs from one anchor to the next.

use std::sync::LazyLock;

use boyin_issue::{SigningKey, anchor_handover};
use boyin_model::anchor::{ANCHOR_HANDOVER_FORMAT, AnchorHandover};
use boyin_model::id::DivisionCode;
use boyin_model::json::Reader;
use boyin_model::trust::Jwk;
use boyin_suite::{Algorithm, all_jws};
use boyin_verify::AnchorChain;

use crate::key::FixedKey;
use crate::prefecture::now;

fn anchor(number: u64) -> SigningKey {
    let algorithm = if number.is_multiple_of(2) { Algorithm::Es256 } else { Algorithm::Sm2 };
    FixedKey::signing(algorithm, 960 + number)
}

/// The hand-overs, one in each line, and the anchors that they lead over.
static KNOWN: LazyLock<(Vec<u8>, Vec<Jwk>)> = LazyLock::new(|| {
    let anchors: Vec<_> = (0..4).map(|number| anchor(number).reference().jwk().clone()).collect();
    let link = |number: u64| {
        let key = anchor(number);
        let handover = AnchorHandover {
            authority: "样本州政务服务局".to_owned(),
            division: DivisionCode::parse("652700").expect("a division"),
            format: ANCHOR_HANDOVER_FORMAT,
            from_sequence: 10 * (number + 1),
            issued_at: now(),
            successor: anchor(number + 1).reference().jwk().clone(),
        };
        let token = key.sign_jws(&anchor_handover(&handover, key.reference())).expect("keys of the kit sign");
        [&token[..], b"\n"].concat()
    };
    ((0..3).flat_map(link).collect(), anchors)
});

/// Bytes 0 to 3 say where and how much of the hand-overs is replaced by the rest; all of the rest is read as claims too.
/// Nothing leads elsewhere than the keys say.
///
/// # Panics
/// If a promise is broken.
pub fn handover(data: &[u8]) {
    if let Ok(read) = AnchorHandover::read(data, Reader::Ours) {
        assert_eq!(read.write(), data, "accepted bytes are the only spelling");
    }
    let (lines, anchors) = &*KNOWN;
    let Some(changed) = super::patched(lines, data) else { return };
    for pinned in [&anchors[0], &anchors[2]] {
        let Ok(chain) = AnchorChain::follow(pinned, &changed, &all_jws(), now()) else { continue };
        let start = anchors.iter().position(|anchor| anchor == pinned).expect("one of them");
        let found: Vec<_> = chain.iter().collect();
        assert!(
            anchors[start..].iter().collect::<Vec<_>>().starts_with(&found),
            "an anchor that nobody named"
        );
        assert!(changed != *lines || chain.latest() == &anchors[3], "the hand-overs themselves are followed");
    }
}

#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let (lines, _) = &*KNOWN;
    let first = lines.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = u16::try_from(lines.len()).unwrap_or(0).to_be_bytes();
    vec![
        ("same".to_owned(), vec![0, 0, 0, 0]),
        ("line-again".to_owned(), [&end[..], &[0, 0], first, b"\n"].concat()),
        ("cut".to_owned(), vec![0, 40, 255, 255]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right_and_holds_under_changes() {
        for (_, seed) in seeds() {
            handover(&seed);
        }
        let length = KNOWN.0.len();
        for place in (0..length).step_by(7) {
            let [high, low] = u16::try_from(place).unwrap().to_be_bytes();
            handover(&[high, low, 0, 1, b'x']);
            handover(&[high, low, 0, 9]);
        }
    }
}
