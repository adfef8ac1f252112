use boyin_present::limits::{MAX_COMPACT_BYTES, QR_BUDGET_BYTES};
use boyin_present::{
    Demand, EncodeError, Fault, PresentError, Presented, SeenNonces, check, from_text, to_text,
};
use boyin_suite::Algorithm;
use boyin_testkit::mutate;
use boyin_testkit::prefecture::{Prefecture, now};

use crate::{both, card, dynamic_of};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every license type, all of it shown and nothing of it, in both suites, with a statement and without.
#[test]
fn every_license_comes_back_to_the_byte() {
    for prefecture in both() {
        for draft in prefecture.drafts() {
            let all = prefecture.issue(&draft);
            for license in [crate::showing(&all, &[]), all] {
                let statement = dynamic_of(&prefecture, license.clone(), now());
                for shown in [Presented { license: license.clone(), statement: None }, statement] {
                    let compact = shown.encode(MAX_COMPACT_BYTES).unwrap();
                    assert_eq!(Presented::decode(&compact).unwrap(), shown, "{}", draft.license_type);
                    assert_eq!(Presented::decode(&from_text(&to_text(&compact)).unwrap()).unwrap(), shown);
                }
            }
        }
    }
}

#[test]
fn what_comes_back_passes_the_verifier_unchanged() {
    for prefecture in both() {
        let world = prefecture.world();
        let shown = Presented { license: card(&prefecture), statement: None };
        let back = Presented::decode(&shown.encode(QR_BUDGET_BYTES).unwrap()).unwrap();
        let [before, after] =
            [&shown, &back].map(|shown| Prefecture::verifier().check(&shown.license, &world.context()));
        assert_eq!(before.to_json(), after.to_json());
        assert!(after.into_verified().is_ok());
    }
}

/// A printed code is read by every later release.
#[test]
fn the_bytes_of_form_1_are_frozen() {
    for (prefecture, golden) in
        both().iter().zip([include_str!("golden-es256.txt"), include_str!("golden-sm2.txt")])
    {
        let shown = dynamic_of(prefecture, card(prefecture), now());
        let compact = shown.encode(QR_BUDGET_BYTES).unwrap();
        if std::env::var_os("BLESS").is_some() {
            let name = match prefecture.algorithm {
                Algorithm::Es256 => "golden-es256.txt",
                Algorithm::Sm2 => "golden-sm2.txt",
            };
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/present").join(name);
            std::fs::write(path, hex(&compact) + "\n").unwrap();
            continue;
        }
        assert_eq!(hex(&compact), golden.trim_end());
    }
}

fn compact() -> Vec<u8> {
    let prefecture = Prefecture::new(Algorithm::Es256);
    dynamic_of(&prefecture, card(&prefecture), now()).encode(QR_BUDGET_BYTES).unwrap()
}

#[test]
fn every_place_that_is_cut_is_refused() {
    let compact = compact();
    for end in 0..compact.len() {
        let refused = Presented::decode(&compact[..end]).unwrap_err();
        assert!(
            matches!(refused, PresentError::Malformed { .. } | PresentError::NotCanonical),
            "{end}: {refused}"
        );
    }
    let longer = [&compact[..], &[0]].concat();
    let trailing = PresentError::Malformed { fault: Fault::Trailing, offset: compact.len() };
    assert_eq!(Presented::decode(&longer), Err(trailing));
}

/// No bit stands for nothing: each one changed is refused here, or is another document that the verifier refuses.
#[test]
fn no_changed_bit_passes() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let (world, compact) = (prefecture.world(), compact());
    let good = Presented::decode(&compact).unwrap();
    let mut refused_by_form = 0;
    for bit in 0..compact.len() * 8 {
        let mut changed = compact.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        match Presented::decode(&changed) {
            Err(_) => refused_by_form += 1,
            Ok(other) => {
                assert_ne!(other, good, "bit {bit} has a second spelling");
                let (verifier, mut seen) = (Prefecture::verifier(), SeenNonces::default());
                let report = check(&other, &verifier, &world.context(), Demand::Any, Some(&mut seen));
                assert_ne!(report.verdict().code(), "passed", "bit {bit}");
            }
        }
    }
    assert!(refused_by_form > 8);
}

#[test]
fn another_form_and_another_dictionary_are_named() {
    let mut other = compact();
    other[1] = 2;
    assert_eq!(Presented::decode(&other), Err(PresentError::Dictionary(2)));
    other[0] = 2;
    assert_eq!(Presented::decode(&other), Err(PresentError::Form(2)));
    assert_eq!(PresentError::Dictionary(2).code(), "code_dictionary_unknown");
    assert_eq!(Presented::decode(&vec![1; MAX_COMPACT_BYTES + 1]), Err(PresentError::TooLarge));
}

/// The same content in a longer spelling: a number with a zero byte more, a text that the dictionary has.
#[test]
fn second_spellings_are_refused() {
    let compact = compact();
    // After form, dictionary, flags, key and signature comes the license type, an entry of the dictionary.
    let place = 3 + 32 + 64;
    let head = compact[place];
    assert_eq!(head & 3, 2);
    let number = [&compact[..place], &[head | 0x80, 0], &compact[place + 1..]].concat();
    assert_eq!(Presented::decode(&number), Err(PresentError::NotCanonical));
    let shown = Presented::decode(&compact).unwrap();
    let id = String::from_utf8(shown.license).unwrap();
    assert!(!id.is_empty());
    let code = "11100000000013127D001";
    let spelled = [&compact[..place], &[21 << 2], code.as_bytes(), &compact[place + 1..]].concat();
    assert_eq!(Presented::decode(&spelled), Err(PresentError::NotCanonical));
}

#[test]
fn an_announced_length_takes_no_room() {
    let compact = compact();
    let place = 3 + 32 + 64;
    let huge = [&compact[..place], &[0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]].concat();
    let refused = Presented::decode(&huge).unwrap_err();
    assert!(
        matches!(refused, PresentError::Malformed { fault: Fault::Truncated | Fault::Number, .. }),
        "{refused}"
    );
}

#[test]
fn what_is_not_in_the_shape_has_no_compact_form() {
    let prefecture = Prefecture::new(Algorithm::Es256);
    let license = card(&prefecture);
    let shape = |license: Vec<u8>, statement: Option<Vec<u8>>| {
        Presented { license, statement }.encode(MAX_COMPACT_BYTES)
    };
    // The other serialization holds the same signed bytes, but it is not what would come back.
    assert_eq!(shape(mutate::to_json(&license).unwrap(), None), Err(EncodeError::Shape));
    for bad in [&b""[..], b"~", b"e30.e30.AAAA~"] {
        assert_eq!(shape(bad.to_vec(), None), Err(EncodeError::Shape));
    }
    assert_eq!(shape(license.clone(), Some(b"e30.e30.AAAA".to_vec())), Err(EncodeError::Shape));
    let bytes = shape(license.clone(), None).unwrap().len();
    let refused = Presented { license, statement: None }.encode(bytes - 1);
    assert_eq!(refused, Err(EncodeError::TooLarge { bytes, limit: bytes - 1 }));
}
