use super::*;
use crate::json::Reader;

fn vector(name: &str) -> Vec<u8> {
    let path = boyin_testkit::vectors::path(&format!("seals/{name}"));
    std::fs::read(path).expect("the vectors are there")
}

#[test]
fn seals_of_the_field_are_read() {
    for (name, version) in [
        ("ofdrw_UserV1.esl", Version::V1),
        ("ofdrw_UserV4.esl", Version::V4),
        ("ofdrw_UserV5.esl", Version::V5),
        ("ofdrw_UserV5_ts.esl", Version::V5),
    ] {
        let bytes = vector(name);
        let seal = Seal::read(&bytes, Reader::Field).unwrap();
        println!("{seal:?} {:?} {} {:?} {}", seal.notes, seal.info.name, seal.timestamp, seal.info.created);
        assert_eq!(seal.version, version);
    }
    let bytes = vector("ofdrw_SignedValueV4.dat");
    let signed = SealSignature::read(&bytes, Reader::Field).unwrap();
    println!("{signed:?} {:?} {:?}", signed.notes, signed.time);
}
