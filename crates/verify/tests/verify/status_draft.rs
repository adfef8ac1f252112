//! The lists of 2²⁰ entries in the appendix of test vectors of draft-ietf-oauth-status-list-21 (the same since -12): made
//! from the indexes that it names. The published `lst` is what zlib gives at level 9: Python's says the same text, known
//! by its length and SHA-256, and we read that text.

use std::io::Write as _;
use std::process::{Command, Stdio};

use boyin_model::alg::VerifyAlg as _;
use boyin_model::b64;
use boyin_model::status::{StatusBits, StatusList};
use boyin_suite::ES256;
use boyin_testkit::needed::needed;

const ENTRIES: u32 = 1 << 20;

/// Indexes with a status in the lists of one and two bits.
const FEW: [u32; 11] = [0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345];

/// Where 1, 2, … 15 stand in the list of four bits.
const FOUR: [u32; 15] = [
    0, 1993, 35460, 459495, 595669, 754353, 845645, 923232, 924445, 934534, 1004534, 1000345, 1030203,
    1030204, 1030205,
];

/// Where 0, 1, … 255 stand in the list of eight bits.
#[rustfmt::skip]
const EIGHT: [u32; 256] = [
    233478, 52451, 576778, 513575, 468106, 292632, 214947, 182323, 884834, 66653, 62489, 196493, 458517,
    487925, 55649, 416992, 879796, 462297, 942059, 583408, 13628, 334829, 886286, 713557, 582738, 326064,
    451545, 705889, 214350, 194502, 796765, 202828, 752834, 721327, 554740, 91122, 963483, 261779, 793844,
    165255, 614839, 758403, 403258, 145867, 96100, 477937, 606890, 167335, 488197, 211815, 797182, 582952,
    950870, 765108, 341110, 776325, 745056, 439368, 559893, 149741, 358903, 513405, 342679, 969429, 795775,
    566121, 460566, 680070, 117310, 480348, 67319, 661552, 841303, 561493, 138807, 442463, 659927, 445910,
    1046963, 829700, 962282, 299623, 555493, 292826, 517215, 551009, 898490, 837603, 759161, 459948, 290102,
    1034977, 190650, 98810, 229950, 320531, 335506, 885333, 133227, 806915, 800313, 981571, 527253, 24077,
    240232, 559572, 713399, 233941, 615514, 911768, 331680, 951527, 6805, 552366, 374660, 223159, 625884,
    417146, 320527, 784154, 338792, 1199, 679804, 1024680, 40845, 234603, 761225, 644903, 502167, 121477,
    505144, 165165, 179628, 1019195, 145149, 263738, 269256, 996739, 346296, 555864, 887384, 444173, 421844,
    653716, 836747, 783119, 918762, 946835, 253764, 519895, 471224, 134272, 709016, 44112, 482585, 461829,
    15080, 148883, 123467, 480125, 141348, 65877, 692958, 148598, 499131, 584009, 1017987, 449287, 277478,
    991262, 509602, 991896, 853666, 399318, 197815, 203278, 903979, 743015, 888308, 862143, 979421, 113605,
    206397, 127113, 844358, 711569, 229153, 521470, 401793, 398896, 940810, 293983, 884749, 384802, 584151,
    970201, 523882, 158093, 929312, 205329, 106091, 30949, 195586, 495723, 348779, 852312, 1018463, 1009481,
    448260, 841042, 122967, 345269, 794764, 4520, 818773, 556171, 954221, 598210, 887110, 1020623, 324632,
    398244, 622241, 456551, 122648, 127837, 657676, 119884, 105156, 999897, 330160, 119285, 168005, 389703,
    143699, 142524, 493258, 846778, 251420, 516351, 83344, 171931, 879178, 663475, 546865, 428362, 658891,
    500560, 557034, 830023, 274471, 629139, 958869, 663071, 152133, 19535,
];

struct Vector {
    bits: StatusBits,
    entries: Vec<(u32, u8)>,
    /// Bytes of the zlib stream as published.
    length: usize,
    /// Its end: Adler-32 of the list.
    adler: [u8; 4],
    /// SHA-256 of `lst`.
    digest: &'static str,
}

fn vectors() -> [Vector; 4] {
    let two = [1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3];
    [
        Vector {
            bits: StatusBits::One,
            entries: FEW.map(|index| (index, 1)).to_vec(),
            length: 189,
            adler: [0x0b, 0xd8, 0x01, 0x1b],
            digest: "d7ebb7448242f0a1282371912bb56fda964b66641834ec647b5616034ca27db0",
        },
        Vector {
            bits: StatusBits::Two,
            entries: FEW.into_iter().zip(two).collect(),
            length: 317,
            adler: [0xcd, 0x60, 0x01, 0x0c],
            digest: "9e2e2a87737421bfa0fdb54e07af3acf2b6b5c19cb6ed406f3280518409d571f",
        },
        Vector {
            bits: StatusBits::Four,
            entries: FOUR.into_iter().zip(1..).collect(),
            length: 584,
            adler: [0xdc, 0x4c, 0x04, 0xc0],
            digest: "3d3fb55a61b56bf27a9f5f6cfe985d29da62103c792367fbf6bcecb6a89ab241",
        },
        Vector {
            bits: StatusBits::Eight,
            entries: EIGHT.into_iter().zip(0..=u8::MAX).collect(),
            length: 1968,
            adler: [0x35, 0x3d, 0x7f, 0x81],
            digest: "9833be6af3ea05d0fb281732eb3e0ede3815f3435c55d0808047bbe53d7eb1f1",
        },
    ]
}

fn made(vector: &Vector) -> StatusList {
    let mut list = StatusList::new(vector.bits, ENTRIES);
    vector.entries.iter().for_each(|(index, status)| list.set(*index, *status).unwrap());
    list
}

#[test]
fn the_lists_are_those_of_the_draft() {
    for vector in vectors() {
        let list = made(&vector);
        let stream = b64::decode(list.compress().as_bytes()).unwrap();
        assert_eq!(stream[stream.len() - 4..], vector.adler, "{:?}", vector.bits);
        assert_eq!(StatusList::inflate(vector.bits, &list.compress()).unwrap(), list);
    }
}

#[test]
fn the_published_text_is_read() {
    for vector in vectors() {
        let list = made(&vector);
        // Inflated and deflated again by another implementation.
        let Some(lst) = python(&list.compress()) else { return };
        let digest: String =
            ES256.digest(&[lst.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, vector.digest, "{:?}: {lst}", vector.bits);
        assert_eq!(b64::decode(lst.as_bytes()).unwrap().len(), vector.length);
        let read = StatusList::inflate(vector.bits, &lst).unwrap();
        let statuses =
            |index: u32| vector.entries.iter().find(|(at, _)| *at == index).map_or(0, |entry| entry.1);
        assert_eq!(read.len(), list.len());
        for index in 0..ENTRIES {
            let near = index % 4099 == 0 || vector.entries.iter().any(|(at, _)| at.abs_diff(index) <= 1);
            assert!(!near || read.get(index) == Some(statuses(index)), "{:?} {index}", vector.bits);
        }
        assert_eq!(read, list);
    }
}

/// `lst` as Python's zlib writes it at level 9, from ours.
fn python(lst: &str) -> Option<String> {
    let script = "import sys,zlib,base64 as b\n\
        l=sys.stdin.read()\n\
        d=zlib.decompress(b.urlsafe_b64decode(l+'='*(-len(l)%4)))\n\
        print(b.urlsafe_b64encode(zlib.compress(d,9)).decode().rstrip('='),end='')";
    let started =
        Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut process = needed(started.map_err(|_| "the python3 command is missing: apt-get install python3"))?;
    process.stdin.take().unwrap().write_all(lst.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}
