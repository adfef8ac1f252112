//! Scripts and transcripts of key ceremonies.

use std::sync::LazyLock;

use boyin_model::ceremony::{Line, Script};
use boyin_suite::{Algorithm, all_jws};
use boyin_verify::CeremonyError;

use crate::ceremony::{CeremonyWorld, ceremony_context};

struct Known {
    world: CeremonyWorld,
    transcript: Vec<u8>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let world = CeremonyWorld::new(Algorithm::Es256);
    let transcript = world.transcript(&world.events());
    Known { world, transcript }
});

fn check(bytes: &[u8]) -> Result<(), CeremonyError> {
    let algs = all_jws();
    ceremony_context(&algs, &KNOWN.world.countersigners()).verify(bytes).map(drop)
}

/// Bytes 0 to 3 say where and how much of a whole transcript is replaced by the rest: only the transcript itself passes.
/// All of the bytes are read as a line, a transcript and a script too.
///
/// # Panics
/// If a promise is broken.
pub fn ceremony(data: &[u8]) {
    if let Some(line) = Line::read(data) {
        assert_eq!(line.write(), data, "accepted bytes are the only spelling");
    }
    assert!(check(data).is_err() || data == KNOWN.transcript);
    if let Ok(script) =
        std::str::from_utf8(data).map_err(drop).and_then(|text| Script::from_toml(text).map_err(drop))
    {
        assert!(script.participants.len() >= 3 && script.check().is_ok());
        let again: Script = serde_json::from_slice(&script.write()).expect("a script has one form in JSON");
        assert_eq!(again, script);
        assert!(
            script.steps.iter().all(|step| script.confirm(step).next().is_some()),
            "somebody confirms each step"
        );
    }
    let Some(changed) = super::patched(&KNOWN.transcript, data) else { return };
    assert_eq!(check(&changed).is_ok(), changed == KNOWN.transcript, "a changed transcript");
}

#[cfg(test)]
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let first = KNOWN.transcript.split(|byte| *byte == b'\n').next().unwrap_or_default();
    vec![
        ("same".to_owned(), vec![0, 0, 0, 0]),
        ("line".to_owned(), first.to_vec()),
        ("script".to_owned(), include_bytes!("../../../../docs/samples/anchor-ceremony.toml").to_vec()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_accepts_what_is_right_and_holds_under_changes() {
        assert!(check(&KNOWN.transcript).is_ok());
        ceremony(&KNOWN.transcript);
        for (_, seed) in seeds() {
            ceremony(&seed);
        }
        for place in (0..KNOWN.transcript.len()).step_by(13) {
            let [high, low] = u16::try_from(place).unwrap().to_be_bytes();
            ceremony(&[high, low, 0, 1, b'x']);
            ceremony(&[high, low, 1, 9]);
        }
    }
}
