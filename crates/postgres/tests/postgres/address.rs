//! Which addresses are taken.

use boyin_postgres::{Address, AddressError, Network};

fn here(text: &str) -> Result<Address, AddressError> {
    Address::parse(text, Network::ThisMachine)
}

#[test]
fn this_machine_needs_no_more_said() {
    for text in [
        "host=/run/postgresql dbname=a user=b",
        "host=127.0.0.1 dbname=a user=b",
        "host=::1 port=5433 dbname=a user=b",
        "host=localhost dbname=a user=b",
        "host=db.example hostaddr=127.0.0.1 dbname=a user=b",
        "host=/run/postgresql,127.0.0.2 dbname=a user=b",
        "postgresql://b@localhost:5433/a",
        "postgresql://b@%2Frun%2Fpostgresql/a",
    ] {
        here(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

#[test]
fn another_machine_is_refused_unless_the_network_is_trusted() {
    for (text, named) in [
        ("host=192.0.2.7 dbname=a user=b", "192.0.2.7"),
        ("host=db.example dbname=a user=b", "db.example"),
        ("host=localhost.example dbname=a user=b", "localhost.example"),
        ("host=localhost hostaddr=192.0.2.7 dbname=a user=b", "192.0.2.7"),
        ("host=/run/postgresql,192.0.2.8 dbname=a user=b", "192.0.2.8"),
        ("host=2001:db8::1 dbname=a user=b", "2001:db8::1"),
        ("host=localhost,localhost hostaddr=127.0.0.1,192.0.2.9 dbname=a user=b", "192.0.2.9"),
        ("postgresql://b@db.example/a", "db.example"),
    ] {
        assert_eq!(here(text).unwrap_err(), AddressError::NotThisMachine { host: named.to_owned() });
        Address::parse(text, Network::Trusted).unwrap();
    }
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    let secret = "host=/run dbname=a user=b password=hidden7";
    for (text, code) in [
        ("", "store_address_host"),
        ("dbname=a user=b", "store_address_host"),
        ("host=/run user=b", "store_address_database"),
        ("host=/run dbname=a", "store_address_user"),
        (secret, "store_address_password"),
        ("postgresql://b:hidden7@localhost/a", "store_address_password"),
        ("host=/run password='hidden7", "store_address_syntax"),
        ("host=/run port=hidden7 dbname=a user=b", "store_address_syntax"),
        ("nonsense", "store_address_syntax"),
        ("postgress://b:hidden7@localhost/a?connect_timeout=5", "store_address_syntax"),
        ("host=/run dbname=a user=b password=a hidden7=2", "store_address_syntax"),
    ] {
        let error = here(text).unwrap_err();
        assert_eq!(error.code(), code, "{text}: {error}");
        assert!(!error.to_string().contains("hidden7"), "{error}");
    }
}

#[test]
fn a_schema_has_a_plain_name() {
    let address = || here("host=/run dbname=a user=b").unwrap();
    for name in ["boyin", "b", "a_1", &"x".repeat(63)] {
        address().with_schema(name).unwrap();
    }
    let long = "x".repeat(64);
    for name in ["", "B", "1a", "_a", "a-b", "a\"b", "a b", "public", "pg_boyin", "information_schema", &long]
    {
        assert!(matches!(address().with_schema(name), Err(AddressError::Schema)), "{name}");
    }
}

#[test]
fn the_password_does_not_print() {
    let address = here("host=/run dbname=a user=b").unwrap().with_password("hidden7");
    assert!(!format!("{address:?}").contains("hidden7"));
}
