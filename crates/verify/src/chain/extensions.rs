//! The extensions of a certificate that decide something, taken apart.

use super::constraints::NameConstraints;
use super::der::{Cursor, only, tag};
use super::general::GeneralName;
use super::name::Name;
use super::oid::Oid;
use super::policy::{Policies, PolicyConstraints};
use super::purpose::ExtendedKeyUsage;

/// Points of distribution in one certificate or list that are looked at.
const MAX_POINTS: usize = 64;

/// Basic constraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Basic {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u32>,
}

/// Key usage (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    bits: u16,
    /// `digitalSignature` or `nonRepudiation`.
    pub(crate) signs_documents: bool,
    pub(crate) signs_certificates: bool,
    pub(crate) signs_lists: bool,
}

/// Bits of key usage, the first one highest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UsageBit {
    DigitalSignature = 0,
    NonRepudiation,
    KeyEncipherment,
    DataEncipherment,
    KeyAgreement,
    KeyCertSign,
    CrlSign,
}

impl UsageBit {
    fn mask(self) -> u16 {
        match self {
            Self::DigitalSignature => 0x8000,
            Self::NonRepudiation => 0x4000,
            Self::KeyEncipherment => 0x2000,
            Self::DataEncipherment => 0x1000,
            Self::KeyAgreement => 0x0800,
            Self::KeyCertSign => 0x0400,
            Self::CrlSign => 0x0200,
        }
    }
}

impl Usage {
    pub(crate) fn has_any(self, bits: &[UsageBit]) -> bool {
        bits.iter().any(|bit| self.bits & bit.mask() != 0)
    }

    fn read(value: &[u8]) -> Option<Self> {
        let mut outer = Cursor::new(value);
        let (unused, bytes) = outer.take(tag::BIT_STRING)?.content.split_first()?;
        outer.end()?;
        if *unused > 7 || (bytes.is_empty() && *unused != 0) {
            return None;
        }
        let mut usage = Self {
            bits: first_bits(bytes),
            signs_documents: false,
            signs_certificates: false,
            signs_lists: false,
        };
        usage.signs_documents = usage.has_any(&[UsageBit::DigitalSignature, UsageBit::NonRepudiation]);
        usage.signs_certificates = usage.has_any(&[UsageBit::KeyCertSign]);
        usage.signs_lists = usage.has_any(&[UsageBit::CrlSign]);
        Some(usage)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.bits == 0
    }
}

/// Where a revocation list of a certificate comes from (RFC 5280 §4.2.1.13), or what one is of (§5.2.5).
#[derive(Clone, Debug, Default)]
pub(crate) struct Point {
    pub(crate) name: Option<PointName>,
    /// Bits of `ReasonFlags`; `None` for all.
    pub(crate) reasons: Option<u16>,
    pub(crate) issuers: Vec<Name>,
}

/// `DistributionPointName`.
#[derive(Clone, Debug)]
pub(crate) enum PointName {
    Full(Vec<GeneralName>),
    /// Under the name of the list's issuer: the content of the RDN.
    Relative(Vec<u8>),
}

impl PointName {
    /// From the content of the `[0]` around the choice.
    pub(crate) fn read(content: &[u8]) -> Option<Self> {
        let mut choice = Cursor::new(content);
        let element = choice.next()?;
        choice.end()?;
        match element.tag {
            0xa0 => Some(Self::Full(GeneralName::read_all(Cursor::new(element.content))?)),
            0xa1 => Some(Self::Relative(element.content.to_vec())),
            _ => None,
        }
    }

    /// Its names, but for a relative one.
    pub(crate) fn full(&self) -> &[GeneralName] {
        match self {
            Self::Full(names) => names,
            Self::Relative(_) => &[],
        }
    }

    /// All its names, the relative one under `issuer`.
    pub(crate) fn names(&self, issuer: &Name) -> Vec<GeneralName> {
        match self {
            Self::Full(names) => names.clone(),
            Self::Relative(rdn) => issuer.with(rdn).map(GeneralName::Directory).into_iter().collect(),
        }
    }
}

/// `ReasonFlags` from the content of its BIT STRING.
pub(crate) fn reason_flags(content: &[u8]) -> Option<u16> {
    let (unused, bytes) = content.split_first()?;
    (*unused < 8 && bytes.len() <= 2).then(|| first_bits(bytes))
}

/// The first sixteen bits of a BIT STRING; those that it does not have are zero.
fn first_bits(bytes: &[u8]) -> u16 {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    u16::from_be_bytes([byte(0), byte(1)])
}

/// What was read of one certificate's extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions {
    pub(crate) basic: Option<Basic>,
    pub(crate) usage: Option<Usage>,
    pub(crate) extended: Option<ExtendedKeyUsage>,
    pub(crate) key_identifier: Option<Vec<u8>>,
    pub(crate) authority_key: Option<Vec<u8>>,
    pub(crate) alternatives: Vec<GeneralName>,
    pub(crate) constraints: Option<NameConstraints>,
    pub(crate) policies: Option<Policies>,
    /// Issuer's policy and subject's policy.
    pub(crate) mappings: Vec<(Oid, Oid)>,
    pub(crate) policy_constraints: PolicyConstraints,
    pub(crate) inhibit_any: Option<u32>,
    pub(crate) points: Vec<Point>,
    /// Where deltas are to be had.
    pub(crate) freshest: Vec<Point>,
    /// The certificate is good for a responder without its own revocation checked (RFC 6960 §4.2.2.2.1).
    pub(crate) no_check: bool,
    /// An extension is critical and not understood, or one that decides cannot be read.
    pub(crate) unknown: bool,
    /// Those that are not understood: OID, as content, and value.
    pub(crate) others: Vec<(Vec<u8>, Vec<u8>)>,
    /// Each extension's OID, as content, and whether it is critical.
    pub(crate) listed: Vec<(Vec<u8>, bool)>,
}

impl Extensions {
    /// Takes one extension in; what cannot be read might forbid what is asked, marked critical or not.
    pub(crate) fn take(&mut self, oid: &[u8], critical: bool, value: &[u8]) {
        self.listed.push((oid.to_vec(), critical));
        let read = match oid {
            [0x55, 0x1d, kind] => self.standard(*kind, critical, value),
            // id-pkix-ocsp-nocheck
            [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5] => {
                self.no_check = true;
                Some(true)
            }
            // Authority and subject information access: where to fetch, which nobody does here.
            [0x2b, 6, 1, 5, 5, 7, 1, 1 | 11] => is_access(value).map(|()| !critical),
            _ => {
                self.others.push((oid.to_vec(), value.to_vec()));
                Some(false)
            }
        };
        self.unknown |= match read {
            Some(known) => critical && !known,
            None => true,
        };
    }

    /// Whether it is understood; `None` if it cannot be read.
    fn standard(&mut self, kind: u8, critical: bool, value: &[u8]) -> Option<bool> {
        match kind {
            14 => self.key_identifier = Some(octets(value)?),
            15 => self.usage = Some(Usage::read(value)?),
            17 => self.alternatives = GeneralName::read_all(only(value, tag::SEQUENCE)?)?,
            18 => {}
            19 => self.basic = Some(basic(value)?),
            30 => self.constraints = Some(NameConstraints::read(value)?),
            31 => self.points = points(value)?,
            32 => self.policies = Some(Policies::read(value)?),
            33 => self.mappings = mappings(value)?,
            35 => self.authority_key = authority_key(value)?,
            36 => self.policy_constraints = PolicyConstraints::read(value)?,
            37 => self.extended = Some(ExtendedKeyUsage::read(value, critical)?),
            46 => self.freshest = points(value)?,
            54 => self.inhibit_any = Some(small(&mut Cursor::new(value), tag::INTEGER)?),
            _ => return Some(false),
        }
        Some(true)
    }

    /// Whether the extension is there, and whether it is critical.
    pub(crate) fn critical(&self, oid: &[u8]) -> Option<bool> {
        self.listed.iter().find(|(listed, _)| listed == oid).map(|(_, critical)| *critical)
    }
}

fn octets(value: &[u8]) -> Option<Vec<u8>> {
    let mut outer = Cursor::new(value);
    let octets = outer.take(tag::OCTET_STRING)?;
    outer.end()?;
    Some(octets.content.to_vec())
}

fn basic(value: &[u8]) -> Option<Basic> {
    let mut items = only(value, tag::SEQUENCE)?;
    let ca = items.option(tag::BOOLEAN)?;
    let ca = match ca {
        // The field writes FALSE although it is the default, and TRUE as 01.
        Some(element) => *element.content.first().filter(|_| element.content.len() == 1)? != 0,
        None => false,
    };
    let path_length = if items.is_empty() { None } else { Some(small(&mut items, tag::INTEGER)?) };
    items.end()?;
    Some(Basic { ca, path_length })
}

/// A number from 0 to 2³²−1; larger ones limit nothing that is this long, so they are the largest.
pub(crate) fn small(items: &mut Cursor<'_>, tag: u8) -> Option<u32> {
    let content = items.take(tag)?.content;
    let (first, _) = content.split_first()?;
    if first & 0x80 != 0 {
        return None;
    }
    let digits = &content[content.iter().take_while(|digit| **digit == 0).count()..];
    let number = digits
        .iter()
        .try_fold(0_u32, |number, digit| number.checked_mul(256)?.checked_add(u32::from(*digit)));
    Some(number.unwrap_or(u32::MAX))
}

fn authority_key(value: &[u8]) -> Option<Option<Vec<u8>>> {
    let mut items = only(value, tag::SEQUENCE)?;
    Some(items.option(tag::context(0))?.map(|id| id.content.to_vec()))
}

/// `SEQUENCE OF SEQUENCE { OBJECT IDENTIFIER, GeneralName }`, RFC 5280 §4.2.2.1.
fn is_access(value: &[u8]) -> Option<()> {
    let mut items = only(value, tag::SEQUENCE)?;
    while !items.is_empty() {
        let mut item = items.inside(tag::SEQUENCE)?;
        item.take(tag::OID)?;
        GeneralName::read(item.next()?)?;
        item.end()?;
    }
    Some(())
}

fn mappings(value: &[u8]) -> Option<Vec<(Oid, Oid)>> {
    let mut items = only(value, tag::SEQUENCE)?;
    let mut found = Vec::new();
    while !items.is_empty() {
        let mut pair = items.inside(tag::SEQUENCE)?;
        let mut oid = || Oid::from_der_content(pair.take(tag::OID)?.content);
        found.push((oid()?, oid()?));
        pair.end()?;
    }
    (!found.is_empty()).then_some(found)
}

/// `CRLDistributionPoints`, which `FreshestCRL` is too.
pub(crate) fn points(value: &[u8]) -> Option<Vec<Point>> {
    let mut items = only(value, tag::SEQUENCE)?;
    let mut found = Vec::new();
    while !items.is_empty() {
        let mut point = items.inside(tag::SEQUENCE)?;
        let name = match point.option(tag::constructed(0))? {
            Some(name) => Some(PointName::read(name.content)?),
            None => None,
        };
        let reasons = match point.option(tag::context(1))? {
            Some(flags) => Some(reason_flags(flags.content)?),
            None => None,
        };
        let issuers = match point.option(tag::constructed(2))? {
            Some(names) => GeneralName::read_all(Cursor::new(names.content))?,
            None => Vec::new(),
        };
        point.end()?;
        let issuers = issuers.into_iter().filter_map(GeneralName::directory).collect();
        found.push(Point { name, reasons, issuers });
    }
    (found.len() <= MAX_POINTS).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usage_is_a_string_of_bits() {
        let read =
            |content: &[u8]| Usage::read(&[&[3, u8::try_from(content.len()).unwrap()], content].concat());
        for (content, signs) in [(&[0][..], false), (&[7, 0x80], true), (&[0, 0, 0x80], false)] {
            assert_eq!(read(content).map(|usage| usage.signs_documents), Some(signs), "{content:x?}");
        }
        for odd in [&[][..], &[1], &[8, 0x80]] {
            assert!(read(odd).is_none(), "{odd:x?}");
        }
    }

    #[test]
    fn access_to_information_is_read_whole() {
        let one = [0x30, 8, 6, 1, 0x2a, 0x86, 3, b'a', b':', b'b'];
        let of = |items: &[u8]| is_access(&[&[0x30, u8::try_from(items.len()).unwrap()], items].concat());
        assert!(of(&one).is_some() && of(&[one, one].concat()).is_some());
        for odd in [
            &[0x30, 3, 6, 1, 0x2a][..],
            &[0x30, 8, 4, 1, 0x2a, 0x86, 3, b'a', b':', b'b'],
            &[0x30, 8, 6, 1, 0x2a, 0x86, 3, b'a', b':', 0xff],
            &[0x30, 10, 6, 1, 0x2a, 0x86, 3, b'a', b':', b'b', 5, 0],
            &[5, 0],
        ] {
            assert!(of(&[&one, odd].concat()).is_none(), "{odd:x?}");
        }
    }

    #[test]
    fn flags_of_reasons_are_at_most_two_bytes() {
        for (content, expected) in [
            (&[][..], None),
            (&[0], Some(0)),
            (&[6, 0x40], Some(0x4000)),
            (&[7, 0x3f, 0x80], Some(0x3f80)),
            (&[0, 1, 2], Some(0x0102)),
            (&[0, 1, 2, 3], None),
            (&[8, 0x40], None),
        ] {
            assert_eq!(reason_flags(content), expected, "{content:x?}");
        }
    }
}
