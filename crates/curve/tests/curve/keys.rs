//! Which bytes are a key.

use boyin_curve::{InvalidKey, P256, PublicKey, Sm2, Window};
use boyin_testkit::arithmetic::{Group, Point, from_hex, to_bytes, x_of};
use boyin_testkit::random::FixedRandom;
use num_bigint::BigUint;

use crate::support::scalar;

fn reads<C: Group>(bytes: &[u8]) -> bool {
    let read = PublicKey::<C>::from_sec1(bytes);
    assert!(read.is_ok() || matches!(read, Err(InvalidKey)));
    assert_eq!(read.is_ok(), C::is_key(bytes), "{bytes:02x?}");
    read.is_ok()
}

fn some_key<C: Group>() -> Point {
    C::multiple(&scalar::<C>(&mut FixedRandom::new(41))).unwrap()
}

fn lengths_and_prefixes<C: Group>() {
    let key = some_key::<C>();
    let long = [&key[..], &key[..]].concat();
    for length in 0..long.len() {
        assert_eq!(reads::<C>(&long[..length]), length == 65, "{length}");
        assert!(!reads::<C>(&vec![0; length]), "infinity and zeros, {length} bytes");
        assert!(!reads::<C>(&vec![4; length]), "{length} bytes");
    }
    for prefix in 0..=u8::MAX {
        let mut other = key;
        other[0] = prefix;
        assert_eq!(reads::<C>(&other), prefix == 4, "{prefix}");
        // The compressed form, also with bytes behind it.
        let mut compressed = key[..33].to_vec();
        compressed[0] = prefix;
        assert!(!reads::<C>(&compressed));
    }
    let mut infinity = [0; 65];
    assert!(!reads::<C>(&infinity));
    infinity[0] = 4;
    assert!(!reads::<C>(&infinity));
}

fn points_off_the_curve<C: Group>() {
    let key = some_key::<C>();
    assert!(reads::<C>(&key));
    for bit in 0..512 {
        let mut other = key;
        other[1 + bit / 8] ^= 1 << (bit % 8);
        assert!(!reads::<C>(&other), "bit {bit}");
    }
    let mut swapped = key;
    swapped[1..].rotate_left(32);
    assert!(!reads::<C>(&swapped));
}

/// Points whose coordinates have a second spelling below 2^256, and that spelling.
fn coordinates_above_the_prime<C: Group>() {
    let p = C::prime();
    let mut refused = 0;
    for key in (0u32..60).filter_map(|x| C::lift(&x.into())) {
        assert!(reads::<C>(&key));
        let mut other = key;
        other[1..33].copy_from_slice(&to_bytes(&(x_of(&key) + &p)));
        assert!(!reads::<C>(&other), "x + p");
        refused += 1;
    }
    assert!(refused > 20);
    for x in [p.clone(), &p + 1u32, (BigUint::from(1u32) << 256) - 1u32] {
        let mut other = some_key::<C>();
        other[1..33].copy_from_slice(&to_bytes(&x));
        assert!(!reads::<C>(&other));
        other = some_key::<C>();
        other[33..].copy_from_slice(&to_bytes(&x));
        assert!(!reads::<C>(&other));
    }
}

/// Points with a small y, found as roots of `x³ − 3x + b − y²`: their y has a second spelling too.
fn small_y<C: Group>(points: [(u8, &str); 3]) {
    for (y, x) in points {
        let mut key = [0; 65];
        (key[0], key[64]) = (4, y);
        key[1..33].copy_from_slice(&to_bytes(&from_hex(x)));
        assert!(reads::<C>(&key));
        key[33..].copy_from_slice(&to_bytes(&(C::prime() + y)));
        assert!(!reads::<C>(&key), "y + p");
    }
}

fn random_numbers<C: Group>() {
    let mut random = FixedRandom::new(42);
    for _ in 0..500 {
        let mut other = [4; 65];
        other[1..33].copy_from_slice(&to_bytes(&scalar::<C>(&mut random)));
        other[33..].copy_from_slice(&to_bytes(&scalar::<C>(&mut random)));
        assert!(!reads::<C>(&other));
        assert!(reads::<C>(&C::multiple(&scalar::<C>(&mut random)).unwrap()));
    }
}

fn all<C: Group>() {
    lengths_and_prefixes::<C>();
    points_off_the_curve::<C>();
    coordinates_above_the_prime::<C>();
    random_numbers::<C>();
}

#[test]
fn p256_keys() {
    all::<P256>();
    small_y::<P256>([
        (1, "8d0177ebab9c6e9e10db6dd095dbac0d6375e8a97b70f611875d877f0069d2c7"),
        (4, "b06686a59b4e8bbedd0e9275a9d9476d260626aa5367ec7b42f769a182121e22"),
        (5, "d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7"),
    ]);
}

#[test]
fn sm2_keys() {
    all::<Sm2>();
    small_y::<Sm2>([
        (1, "9c17043effe1a805a74a9a5e70b9d659705d3242094a566dc016f49311178d1f"),
        (2, "3b404f94e46027d11401987cd5acb2953e4bff91a7d856b40986700015b4f8a6"),
        (3, "1800ffcb38194ce0905766dfd6b9ce196095203d481ba8e4e614749d615cd506"),
    ]);
}

#[test]
fn windows_and_their_memory() {
    for bits in 0..=u8::MAX {
        assert_eq!(Window::new(bits).map(Window::bits), (4..=16).contains(&bits).then_some(bits));
    }
    let sizes = (4..=16).map(|bits| (bits, Window::new(bits).unwrap().table_bytes())).collect::<Vec<_>>();
    // The table in the documentation of `Window`.
    let documented = [
        (4, 32 << 10),
        (5, 52 << 10),
        (6, 86_528),
        (7, 146 << 10),
        (8, 256 << 10),
        (10, 802 << 10),
        (16, 32 << 20),
    ];
    for (bits, bytes) in documented {
        let (_, found) = sizes.iter().find(|(size, _)| *size == bits).unwrap();
        assert!(found.abs_diff(bytes) <= bytes / 50, "{bits} bits: {found}, documented {bytes}");
    }
    for (bits, bytes) in sizes {
        assert_eq!(Window::within(bytes).map(Window::bits), Some(bits));
        assert_ne!(Window::within(bytes - 1).map(Window::bits), Some(bits));
    }
    assert_eq!(Window::within(usize::MAX), Some(Window::MAX));
}

#[test]
fn a_prepared_key_remembers_its_key_and_window() {
    let public = PublicKey::<P256>::from_sec1(&some_key::<P256>()).unwrap();
    let prepared = public.prepare(Window::DEFAULT);
    assert_eq!(prepared.window(), Window::DEFAULT);
    let signed = P256::sign(&5u32.into(), &7u32.into(), &some_key::<P256>()).unwrap();
    assert!(prepared.public_key().verify(&signed.digest, &signed.signature).is_ok());
}
