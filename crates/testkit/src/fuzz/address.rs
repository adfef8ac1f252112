use boyin_model::address::{Address, MAX_ADDRESS_CHARS};

/// Addresses: what is read has one spelling, which reads as itself.
///
/// # Panics
/// If a promise is broken.
pub fn address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(address) = Address::parse(text) else {
        return;
    };
    let once = address.as_str();
    assert_eq!(Address::parse(once).as_ref(), Ok(&address), "the one spelling is kept");
    assert!((1..=MAX_ADDRESS_CHARS).contains(&once.chars().count()));
    assert!(!once.chars().any(char::is_control) && once.trim() == once && !once.contains("  "));
    assert_eq!(
        Address::parse(&format!("\u{3000}{once} ")).as_ref(),
        Ok(&address),
        "spaces around it mean nothing"
    );
}
