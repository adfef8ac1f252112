//! The bounds of what is registered: what fills them is taken, what goes beyond is not.

use boyin_model::alg::Signer as _;
use boyin_suite::{Algorithm, SoftwareKey, SystemRandom};

use super::*;

fn now() -> UnixTime {
    UnixTime::new(1_000_000).unwrap()
}

fn key(days: u64) -> ClientKey {
    let key = SoftwareKey::generate(Algorithm::Es256, &mut SystemRandom).unwrap();
    let key = Jwk::from_point(&ES256, key.public_key().0).unwrap();
    ClientKey { from: now(), until: now().plus(days * SECONDS_PER_DAY), key }
}

fn client(id: &str, name: &str, keys: usize) -> Client {
    Client {
        id: id.to_owned(),
        name: name.to_owned(),
        agency: CreditCode::parse("11100000000013338W").unwrap(),
        scopes: vec![ClientScope::Check],
        sharing: vec![SharingScope::Departments],
        certificates: Vec::new(),
        keys: (0..keys).map(|_| key(1)).collect(),
    }
}

#[test]
fn ids_and_names_have_a_length() {
    let mut clients = Clients::default();
    let (id, name) = ("a".repeat(MAX_CLIENT_NAME_CHARS), "名".repeat(MAX_CLIENT_NAME_CHARS));
    clients.add(client(&id, &name, 1)).unwrap();
    for (id, name, fault) in [
        (format!("{id}a"), name.clone(), ClientFault::Id),
        ("b".to_owned(), format!("{name}名"), ClientFault::Name),
        ("b".to_owned(), String::new(), ClientFault::Name),
    ] {
        assert_eq!(clients.add(client(&id, &name, 1)), Err(fault));
    }
    assert_eq!(clients.all().len(), 1);
}

#[test]
fn a_client_has_few_keys_each_for_a_time() {
    let mut clients = Clients::default();
    clients.add(client("a", "甲", MAX_CLIENT_KEYS)).unwrap();
    assert_eq!(clients.add(client("b", "乙", MAX_CLIENT_KEYS + 1)), Err(ClientFault::TooMany));
    assert_eq!(clients.add(client("b", "乙", 0)), Err(ClientFault::TooMany));
    let with = |days| Client { keys: vec![key(days)], ..client("b", "乙", 0) };
    assert_eq!(clients.add(with(MAX_CLIENT_KEY_DAYS + 1)), Err(ClientFault::KeyTime));
    assert_eq!(clients.add(with(0)), Err(ClientFault::KeyTime));
    clients.add(with(MAX_CLIENT_KEY_DAYS)).unwrap();
    let later = |clients: &mut Clients, days| clients.rotate("b", key(days), now(), now());
    assert_eq!(later(&mut clients, MAX_CLIENT_KEY_DAYS + 1), Err(ClientFault::KeyTime));
    // What has ended makes room.
    later(&mut clients, 1).unwrap();
    assert_eq!(clients.get("b").unwrap().keys.len(), 1);
}

#[test]
fn there_are_only_so_many_clients() {
    let mut clients = Clients::default();
    for number in 0..MAX_CLIENTS {
        clients.add(client(&number.to_string(), "甲", 1)).unwrap();
    }
    assert_eq!(clients.add(client("one-more", "甲", 1)), Err(ClientFault::TooMany));
}

#[test]
fn a_client_has_two_certificates_at_most() {
    let mut clients = Clients::default();
    let [one, two, three] = [b"1", b"2", b"3"].map(|der| CertificateDigest::of(der));
    let with = |id, certificates: &[CertificateDigest]| Client {
        certificates: certificates.to_vec(),
        ..client(id, "甲", 1)
    };
    assert_eq!(clients.add(with("a", &[one, two, three])), Err(ClientFault::Certificates));
    assert_eq!(clients.add(with("a", &[one, one])), Err(ClientFault::Certificates));
    clients.add(with("a", &[one, two])).unwrap();
    assert_eq!(clients.certify("a", vec![one, two, three]), Err(ClientFault::Certificates));
    assert_eq!(clients.certify("b", vec![one]), Err(ClientFault::Unknown));
    let certificates = |clients: &Clients| clients.get("a").unwrap().certificates.clone();
    assert_eq!(certificates(&clients), [one, two], "what was refused changed nothing");
    clients.certify("a", vec![three]).unwrap();
    assert_eq!(certificates(&clients), [three]);
    let client = clients.get("a").unwrap();
    assert!(client.connects_with(Some(three)));
    assert!(!client.connects_with(Some(one)) && !client.connects_with(None));
    clients.certify("a", Vec::new()).unwrap();
    assert!(clients.get("a").unwrap().connects_with(None));
}

#[test]
fn a_file_without_certificates_is_read_and_written_as_before() {
    let mut clients = Clients::default();
    clients.add(client("a", "甲", 1)).unwrap();
    let text = toml::to_string(&clients).unwrap();
    assert!(!text.contains("certificates"), "{text}");
    assert_eq!(toml::from_str::<Clients>(&text).unwrap(), clients);
    clients.certify("a", vec![CertificateDigest::of(b"1")]).unwrap();
    let text = toml::to_string(&clients).unwrap();
    assert_eq!(toml::from_str::<Clients>(&text).unwrap(), clients, "{text}");
}
