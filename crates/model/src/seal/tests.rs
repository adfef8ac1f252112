use super::*;

#[test]
fn only_64_bytes_that_are_no_sequence_are_raw() {
    let der = [&[0x30, 62][..], &[0; 62]].concat();
    assert_eq!(encoding_of(&der), SignatureEncoding::Der);
    assert_eq!(encoding_of(&[0x11; 64]), SignatureEncoding::Raw);
    assert_eq!(encoding_of(&[0x11; 63]), SignatureEncoding::Der);
}
