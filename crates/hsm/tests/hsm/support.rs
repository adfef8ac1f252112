use std::path::Path;

use boyin_hsm::{KeyName, Pin, Token};
use boyin_testkit::softhsm::{MODULE, PIN, TOKEN};
use cryptoki::context::Pkcs11;
use cryptoki::session::{Session, UserType};

pub(crate) fn token() -> Token {
    Token::new(Path::new(MODULE), TOKEN, Pin::new(PIN.to_owned())).unwrap()
}

pub(crate) fn name(label: &str) -> KeyName {
    KeyName { label: label.to_owned(), id: Some(b"\x01\x02".to_vec()) }
}

/// A session beside those of the crate, to do what it does not do. The module has to be started already.
pub(crate) fn session() -> Session {
    let context = Pkcs11::new(MODULE).unwrap();
    let slot = context.get_slots_with_initialized_token().unwrap()[0];
    let session = context.open_rw_session(slot).unwrap();
    // Logged in already, if the crate has a session.
    let _ = session.login(UserType::User, Some(&PIN.to_owned().into()));
    session
}
