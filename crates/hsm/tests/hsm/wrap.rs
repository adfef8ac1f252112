//! An AES key in the token that keeps a secret.

use boyin_hsm::{HsmError, WrappingKey};
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, ObjectClass};

use boyin_testkit::softhsm::with_softhsm;

use crate::support::{name, session, token};

#[test]
fn a_secret_is_wrapped_by_a_key_that_stays_in_the_token() {
    with_softhsm("wrap::a_secret_is_wrapped_by_a_key_that_stays_in_the_token", |_| {
        let key = WrappingKey::generate(&token(), name("archive")).unwrap();
        let wrapped = key.wrap(&[7; 32], [1; 12]).unwrap();
        assert_eq!(wrapped.len(), 12 + 32 + 16);
        assert_eq!(key.unwrap(&wrapped).unwrap().as_slice(), [7; 32]);
        let again = WrappingKey::open(&token(), name("archive")).unwrap();
        assert_eq!(again.unwrap(&wrapped).unwrap().as_slice(), [7; 32]);
        let twice = WrappingKey::generate(&token(), name("archive"));
        assert!(matches!(twice, Err(HsmError::KeyExists(_))), "{twice:?}");
        let other = WrappingKey::generate(&token(), name("other")).unwrap();
        assert!(matches!(other.unwrap(&wrapped), Err(HsmError::NotWrapped)));
        for place in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[place] ^= 1;
            assert!(matches!(key.unwrap(&changed), Err(HsmError::NotWrapped)), "{place}");
        }
        assert!(matches!(key.unwrap(&wrapped[..11]), Err(HsmError::NotWrapped)));
        let none = WrappingKey::open(&token(), name("none"));
        assert!(matches!(none, Err(HsmError::NoWrappingKey(_))), "{none:?}");
        // Its value is not given out, to anybody.
        let session = session();
        let found = session.find_objects(&[Attribute::Class(ObjectClass::SECRET_KEY)]).unwrap();
        assert_eq!(found.len(), 2);
        for object in found {
            let told = session.get_attribute_info(object, &[AttributeType::Value]).unwrap();
            assert!(matches!(told[..], [AttributeInfo::Sensitive]), "{told:?}");
        }
    });
}

#[test]
fn an_aes_key_that_can_leave_is_refused() {
    with_softhsm("wrap::an_aes_key_that_can_leave_is_refused", |_| {
        let key = name("loose");
        let template = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(true),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::ValueLen(32.into()),
            Attribute::Label(key.label.as_bytes().to_vec()),
            Attribute::Id(key.id.clone().unwrap_or_default()),
        ];
        // Starts the module.
        let _ = WrappingKey::open(&token(), name("none"));
        session().generate_key(&cryptoki::mechanism::Mechanism::AesKeyGen, &template).unwrap();
        let opened = WrappingKey::open(&token(), key);
        assert!(matches!(opened, Err(HsmError::Exportable { .. })), "{opened:?}");
    });
}
