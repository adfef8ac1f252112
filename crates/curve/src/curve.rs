//! The two curves `y² = x³ − 3x + b` and what their signatures ask.

use std::fmt::Debug;
use std::sync::LazyLock;

use crate::equation::Equation;
use crate::limbs::Limbs;
use crate::modulus::{Field, Modulus, P256Field, P256Order, Sm2Field, Sm2Order};
use crate::table::Generator;

/// One of the two curves: [`P256`] or [`Sm2`].
pub trait Curve: Parameters {}

/// ECDSA over P-256 (FIPS 186-5 §6.4, SP 800-186 §3.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P256;

/// SM2 digital signatures (GB/T 32918.2) over the recommended curve (GB/T 32918.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sm2;

impl Curve for P256 {}
impl Curve for Sm2 {}

/// Everything that tells the curves apart; sealed, for it is public only in name.
pub trait Parameters: Copy + Debug + Eq + Send + Sync + 'static {
    /// The field of the coordinates.
    type Field: Field;
    /// The order of the group, a prime below the field's.
    type Order: Modulus;

    /// `b` of the curve's equation.
    const B: Limbs;
    /// The generator, x and y.
    const G: [Limbs; 2];

    /// Multiples of the generator, built at first use.
    fn generator() -> &'static LazyLock<Generator<Self>>;

    /// What a signature asserts; `None` if its numbers are out of range.
    fn equation(digest: &[u8; 32], signature: &[u8; 64]) -> Option<Equation>;

    /// What each signature asserts.
    fn equations<'s>(batch: impl Iterator<Item = (&'s [u8; 32], &'s [u8; 64])>) -> Vec<Option<Equation>>;
}

impl Parameters for P256 {
    type Field = P256Field;
    type Order = P256Order;

    const B: Limbs =
        [0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc, 0x5ac6_35d8_aa3a_93e7];
    const G: [Limbs; 2] = [
        [0xf4a1_3945_d898_c296, 0x7703_7d81_2deb_33a0, 0xf8bc_e6e5_63a4_40f2, 0x6b17_d1f2_e12c_4247],
        [0xcbb6_4068_37bf_51f5, 0x2bce_3357_6b31_5ece, 0x8ee7_eb4a_7c0f_9e16, 0x4fe3_42e2_fe1a_7f9b],
    ];

    fn generator() -> &'static LazyLock<Generator<Self>> {
        static GENERATOR: LazyLock<Generator<P256>> = LazyLock::new(Generator::new);
        &GENERATOR
    }

    fn equation(digest: &[u8; 32], signature: &[u8; 64]) -> Option<Equation> {
        crate::equation::ecdsa_one::<P256Order>(digest, signature)
    }

    fn equations<'s>(batch: impl Iterator<Item = (&'s [u8; 32], &'s [u8; 64])>) -> Vec<Option<Equation>> {
        crate::equation::ecdsa::<P256Order>(batch)
    }
}

impl Parameters for Sm2 {
    type Field = Sm2Field;
    type Order = Sm2Order;

    const B: Limbs =
        [0xddbc_bd41_4d94_0e93, 0xf397_89f5_15ab_8f92, 0x4d5a_9e4b_cf65_09a7, 0x28e9_fa9e_9d9f_5e34];
    const G: [Limbs; 2] = [
        [0x715a_4589_334c_74c7, 0x8fe3_0bbf_f266_0be1, 0x5f99_0446_6a39_c994, 0x32c4_ae2c_1f19_8119],
        [0x02df_32e5_2139_f0a0, 0xd0a9_877c_c62a_4740, 0x59bd_cee3_6b69_2153, 0xbc37_36a2_f4f6_779c],
    ];

    fn generator() -> &'static LazyLock<Generator<Self>> {
        static GENERATOR: LazyLock<Generator<Sm2>> = LazyLock::new(Generator::new);
        &GENERATOR
    }

    fn equation(digest: &[u8; 32], signature: &[u8; 64]) -> Option<Equation> {
        crate::equation::sm2::<Sm2Order>(digest, signature)
    }

    fn equations<'s>(batch: impl Iterator<Item = (&'s [u8; 32], &'s [u8; 64])>) -> Vec<Option<Equation>> {
        batch.map(|(digest, signature)| Self::equation(digest, signature)).collect()
    }
}
