//! The oracle of the fuzz target, over changes of every file.

#[test]
fn the_oracle_holds_under_changes() {
    for which in 0..18 {
        for place in (0_u16..1500).step_by(499) {
            let [high, low] = place.to_be_bytes();
            boyin_testkit::fuzz::ofd(&[which, high, low, 0, 1, b'x']);
            boyin_testkit::fuzz::ofd(&[which, high, low, 0, 9]);
        }
    }
    boyin_testkit::fuzz::ofd(b"\0\0\0\0\0");
    boyin_testkit::fuzz::ofd(b"PK");
}
