//! Curve arithmetic against other people's: every way to verify has to give their verdict.

use std::sync::LazyLock;

use boyin_curve::{Backend, Job, P256, PreparedKey, PublicKey, Sm2, Window, verify_bulk, verify_bulk_on};
use num_bigint::BigUint;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest as _, Sha256};

use crate::arithmetic::{Group, Point, Signed, from_hex, signed, to_bytes};

/// Most signatures in one call: more than eight lanes.
const MOST_JOBS: u8 = 12;

/// A key with its tables of all windows that a job may choose.
struct Key<C: Group> {
    point: Point,
    /// Its discrete logarithm, where the input did not give a bare point.
    scalar: Option<BigUint>,
    public: PublicKey<C>,
    prepared: Vec<PreparedKey<C>>,
}

impl<C: Group> Key<C> {
    /// `None` for bytes that are no point, on which both readers agree.
    fn read(point: Point, scalar: Option<BigUint>, windows: &[u8]) -> Option<Self> {
        let public = PublicKey::<C>::from_sec1(&point);
        assert_eq!(public.is_ok(), C::is_key(&point), "the key {point:02x?}");
        let public = public.ok()?;
        let windows = windows.iter().map(|bits| Window::new(*bits).expect("4 to 16"));
        Some(Self { point, scalar, public, prepared: windows.map(|window| public.prepare(window)).collect() })
    }

    fn of_scalar(scalar: BigUint, windows: &[u8]) -> Option<Self> {
        let scalar = scalar % C::order();
        Self::read(C::multiple(&scalar)?, Some(scalar), windows)
    }

    /// Keys that every input can use, so that their tables are built once; small multiples of ±G are among them. Wider
    /// windows are for tests: building them would take most of a short run.
    fn fixed() -> Vec<Self> {
        let n = C::order();
        let scalar = from_hex("6b8bb3f0c35fd1e28a8bb3ad7bb9d0a4f27dcb2b57b0e5f5c0f0b7df11a2c3e5");
        let all = [1u32.into(), 2u32.into(), 3u32.into(), &n - 1u32, &n - 2u32, &n >> 1, scalar];
        let mut keys: Vec<_> =
            all.into_iter().filter_map(|scalar| Self::of_scalar(scalar, &[4, 5, 6, 7, 8])).collect();
        keys.extend(Self::of_scalar(from_hex("123456789abcdef"), &[9, 10, 11, 12]));
        assert_eq!(keys.len(), 8);
        keys
    }
}

static P256_KEYS: LazyLock<Vec<Key<P256>>> = LazyLock::new(Key::fixed);
static SM2_KEYS: LazyLock<Vec<Key<Sm2>>> = LazyLock::new(Key::fixed);

/// The rest of the input; zeros after its end.
struct Input<'d>(&'d [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// A number below 2^256, often one near a limit.
    fn number<C: Group>(&mut self) -> BigUint {
        let kind = self.byte();
        if kind.is_multiple_of(8) {
            return BigUint::from_bytes_be(&self.bytes::<32>());
        }
        let byte = self.byte();
        let (n, p, end) = (C::order(), C::prime(), BigUint::from(1u32) << 256);
        let number = match kind % 8 {
            1 => byte.into(),
            2 => n + byte - 128u32,
            3 => p + byte - 128u32,
            4 => &end - 1u32 - byte,
            5 => BigUint::from(1u32) << byte,
            6 => BigUint::from_bytes_be(&[byte; 32]),
            // The scalar whose halves around this bit are equal points.
            _ => &n - ((&n % (BigUint::from(1u32) << byte)) << 1),
        };
        number % end
    }
}

/// One signature, and the message where there is one.
struct Drawn<'k, C: Group> {
    key: &'k Key<C>,
    prepared: &'k PreparedKey<C>,
    signed: Signed,
    message: Option<Vec<u8>>,
}

fn draw<'k, C: Group>(input: &mut Input<'_>, own: &'k [Key<C>], fixed: &'k [Key<C>]) -> Drawn<'k, C> {
    let pick = usize::from(input.byte());
    let key =
        if pick >= 128 && !own.is_empty() { &own[pick % own.len()] } else { &fixed[pick % fixed.len()] };
    let prepared = &key.prepared[usize::from(input.byte()) % key.prepared.len()];
    let kind = input.byte();
    let mut message = None;
    let drawn = match kind % 8 {
        0 | 1 => valid(input, key),
        2 => meeting(input, key),
        3 => {
            let [u, v, x] = [0; 3].map(|_| input.number::<C>());
            C::claim(&(u % C::order()), &(v % C::order()), &x)
        }
        4 => {
            let bytes = input.bytes::<12>().to_vec();
            let signed = of_message(key, &bytes);
            message = signed.is_some().then_some(bytes);
            signed
        }
        _ => None,
    };
    let mut drawn = drawn.unwrap_or_else(|| {
        let [digest, r, s] = [0; 3].map(|_| input.number::<C>());
        signed(&digest, &r, &s)
    });
    if kind >= 192 {
        let place = usize::from(input.byte()) % 64;
        drawn.signature[place] ^= input.byte();
    }
    Drawn { key, prepared, signed: drawn, message }
}

fn valid<C: Group>(input: &mut Input<'_>, key: &Key<C>) -> Option<Signed> {
    let [u, v] = [0; 2].map(|_| input.number::<C>() % C::order());
    C::sign(&u, &v, &key.point)
}

/// `u·G` and `v·Q` are equal or opposite, or would be but for a small multiple of a power of two: additions on the way
/// meet equal or opposite points.
fn meeting<C: Group>(input: &mut Input<'_>, key: &Key<C>) -> Option<Signed> {
    let n = C::order();
    let v = input.number::<C>() % &n;
    let part = &v * key.scalar.as_ref()? % &n;
    let [how, factor, shift] = input.bytes::<3>();
    let part = if how & 1 == 0 { part } else { C::minus(&BigUint::ZERO, &part) };
    let distance = BigUint::from(factor) << shift;
    let u = if how & 2 == 0 { (part + distance) % &n } else { C::minus(&part, &distance) };
    C::sign(&u, &v, &key.point).or_else(|| C::claim(&u, &v, &input.number::<C>()))
}

/// An ECDSA signature over the message's SHA-256, made by `p256`; not for SM2, whose digests take more than that.
fn of_message<C: Group>(key: &Key<C>, message: &[u8]) -> Option<Signed> {
    if C::NAME != P256::NAME {
        return None;
    }
    let scalar = p256::SecretKey::from_slice(&to_bytes(key.scalar.as_ref()?)).ok()?;
    let digest: [u8; 32] = Sha256::digest(message).into();
    let signature: p256::ecdsa::Signature =
        p256::ecdsa::SigningKey::from(scalar).sign_prehash(&digest).expect("32 bytes");
    Some(Signed { digest, signature: signature.to_bytes().into() })
}

fn check<C: Group>(input: &mut Input<'_>, fixed: &[Key<C>]) {
    let own: Vec<_> = (0..input.byte() % 3).filter_map(|_| own_key(input)).collect();
    let drawn: Vec<_> = (0..=input.byte() % MOST_JOBS).map(|_| draw(input, &own, fixed)).collect();
    let mut jobs = Vec::with_capacity(drawn.len());
    let mut wanted = Vec::with_capacity(drawn.len());
    for Drawn { key, prepared, signed, message } in &drawn {
        let valid = C::verify(&key.point, signed);
        let Signed { digest, signature } = signed;
        let job = Job { key: prepared, digest, signature };
        let context = || format!("{} {:02x?} {signed:02x?} {:?}", C::NAME, key.point, prepared.window());
        assert_eq!(key.public.verify(digest, signature).is_ok(), valid, "unknown key: {}", context());
        assert_eq!(prepared.verify(digest, signature).is_ok(), valid, "prepared key: {}", context());
        if Backend::best() != Backend::Scalar {
            let scalar = prepared.verify_on(Backend::Scalar, digest, signature);
            assert_eq!(scalar.is_ok(), valid, "prepared key, scalar: {}", context());
        }
        assert_eq!(verify_bulk(&[job])[0].is_ok(), valid, "bulk of one: {}", context());
        if let Some(message) = message {
            let ring = ring::signature::UnparsedPublicKey::new(
                &ring::signature::ECDSA_P256_SHA256_FIXED,
                &key.point,
            );
            assert_eq!(ring.verify(message, signature).is_ok(), valid, "ring: {}", context());
        }
        jobs.push(job);
        wanted.push(valid);
    }
    for backend in [Backend::best(), Backend::Scalar] {
        let verdicts: Vec<_> = verify_bulk_on(backend, &jobs).iter().map(Result::is_ok).collect();
        assert_eq!(verdicts, wanted, "bulk of {}: {jobs:02x?}", C::NAME);
        let turn = usize::from(input.byte()) % jobs.len();
        jobs.rotate_left(turn);
        wanted.rotate_left(turn);
    }
}

/// A key that only this input uses.
fn own_key<C: Group>(input: &mut Input<'_>) -> Option<Key<C>> {
    let kind = input.byte();
    let windows = [4 + kind % 4];
    if kind & 0x80 == 0 {
        return Key::of_scalar(input.number::<C>(), &windows);
    }
    if kind & 0x40 == 0 {
        return Key::read(C::lift(&input.number::<C>())?, None, &windows);
    }
    let mut point = [4; 65];
    for half in [1, 33] {
        point[half..half + 32].copy_from_slice(&to_bytes(&input.number::<C>()));
    }
    Key::read(point, None, &windows)
}

/// Both curves: the bytes choose keys, signatures (valid, changed, forged or of bare numbers near the limits) and the
/// order of a bulk call. Unknown keys, prepared keys, bulk of one and of all have to agree with `p256`, `sm2` and
/// *ring*.
///
/// # Panics
/// If they do not.
pub fn curve(data: &[u8]) {
    let mut input = Input(data);
    if input.byte() & 1 == 0 {
        check::<P256>(&mut input, &P256_KEYS);
    } else {
        check::<Sm2>(&mut input, &SM2_KEYS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::FixedRandom;

    #[test]
    fn the_oracle_accepts_what_is_right() {
        let mut random = FixedRandom::new(7);
        for length in 0..200 {
            let data: Vec<_> = (0..length).map(|_| random.next_u64().to_be_bytes()[0]).collect();
            curve(&data);
        }
    }

    /// Inputs reach valid signatures of every kind: an oracle that only ever sees bad ones would prove little.
    #[test]
    fn drawn_signatures_are_often_valid() {
        let mut random = FixedRandom::new(8);
        let mut valid = 0;
        for _ in 0..200 {
            let data: Vec<_> = (0..100).map(|_| random.next_u64().to_be_bytes()[0]).collect();
            let drawn = draw(&mut Input(&data), &[], &SM2_KEYS);
            valid += usize::from(Sm2::verify(&drawn.key.point, &drawn.signed));
        }
        assert!((40..160).contains(&valid), "{valid} of 200 are valid");
    }
}
