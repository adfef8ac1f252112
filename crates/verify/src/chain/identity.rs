//! Whom a certificate stands for: the extensions of GM/T 0015, and what an authority keeps elsewhere.

use std::fmt;

use super::certificate::Certificate;
use super::der::Cursor;
use super::name::Name;
use super::oid::Oid;

/// Extensions of GM/T 0015, as the content of their OIDs under 1.2.156.10260.4.1: the edition of 2012, then that of 2023.
const ARC: [u8; 7] = [0x2a, 0x81, 0x1c, 0xd0, 0x14, 4, 1];
const EXTENSIONS: [(&[u8], IdentityKind); 8] = [
    (&[1], IdentityKind::IdNumber),
    (&[2], IdentityKind::InsuranceNumber),
    (&[3], IdentityKind::RegistrationNumber),
    (&[4], IdentityKind::OrganizationCode),
    (&[5], IdentityKind::TaxNumber),
    (&[1, 1], IdentityKind::IdNumber),
    (&[1, 2], IdentityKind::PassportNumber),
    (&[4, 4], IdentityKind::CreditCode),
];
/// Characters of a value.
const MAX_CHARS: usize = 256;
/// Digits that are masked when they stand in a row: numbers of persons have 15 and more.
const MASKED_RUN: usize = 15;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityKind {
    /// A name.
    Name,
    /// Unified social credit code (统一社会信用代码).
    CreditCode,
    /// Organization code (组织机构代码), or what an authority writes there.
    OrganizationCode,
    /// Number of a citizen (公民身份号码).
    IdNumber,
    /// Number of a passport.
    PassportNumber,
    /// Number of social insurance.
    InsuranceNumber,
    /// Number of a business registration.
    RegistrationNumber,
    /// Number of a taxpayer.
    TaxNumber,
}

impl IdentityKind {
    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::CreditCode => "credit_code",
            Self::OrganizationCode => "organization_code",
            Self::IdNumber => "id_number",
            Self::PassportNumber => "passport_number",
            Self::InsuranceNumber => "insurance_number",
            Self::RegistrationNumber => "registration_number",
            Self::TaxNumber => "tax_number",
        }
    }

    /// The kind with this code, of those that a rule may hold.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Name, Self::CreditCode, Self::OrganizationCode, Self::IdNumber]
            .into_iter()
            .find(|kind| kind.code() == code)
    }

    fn is_public(self) -> bool {
        matches!(self, Self::CreditCode | Self::OrganizationCode | Self::RegistrationNumber)
    }
}

/// One value of a certificate that says whom it stands for. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    kind: IdentityKind,
    value: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, ..)", self.kind.code())
    }
}

impl Identity {
    /// Code of what it is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind.code()
    }

    /// The whole value: it may name a person.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What may be shown: codes of organizations, and of all others the first character.
    #[must_use]
    pub fn masked(&self) -> String {
        if self.kind.is_public() {
            // Some authorities write a person's number here.
            return mask_numbers_of_persons(&self.value);
        }
        self.value.chars().take(1).chain("**".chars()).collect()
    }
}

/// Where one authority keeps something about its subjects.
#[derive(Clone, Debug)]
pub struct SubjectRule {
    authority: String,
    kind: IdentityKind,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Attribute(Oid),
    Extension(Oid),
}

impl SubjectRule {
    /// In an attribute of the subject's name; the authority by the common name of the issuer.
    #[must_use]
    pub fn attribute(authority: &str, kind: IdentityKind, oid: Oid) -> Self {
        Self { authority: authority.to_owned(), kind, place: Place::Attribute(oid) }
    }

    /// In an extension.
    #[must_use]
    pub fn extension(authority: &str, kind: IdentityKind, oid: Oid) -> Self {
        Self { authority: authority.to_owned(), kind, place: Place::Extension(oid) }
    }
}

/// Where authorities keep what they know about their subjects, beside the extensions of GM/T 0015.
#[derive(Clone, Debug, Default)]
pub struct SubjectTable(Vec<SubjectRule>);

impl SubjectTable {
    /// A table of these rules.
    #[must_use]
    pub fn new(rules: Vec<SubjectRule>) -> Self {
        Self(rules)
    }
}

impl Certificate {
    /// Whom it stands for: by the extensions of GM/T 0015, then by the rules for its issuer.
    #[must_use]
    pub fn identities(&self, table: &SubjectTable) -> Vec<Identity> {
        let mut found = Vec::new();
        for (oid, value) in &self.extensions.others {
            let known = oid
                .strip_prefix(&ARC[..])
                .and_then(|arcs| EXTENSIONS.iter().find(|(known, _)| *known == arcs));
            let value = known.and_then(|(_, kind)| Some(Identity { kind: *kind, value: text(value)? }));
            found.extend(value);
        }
        let of_issuer = |rule: &&SubjectRule| {
            let mut names = self.issuer_name().attributes();
            names.any(|(kind, value)| kind == [0x55, 4, 3] && value.content == rule.authority.as_bytes())
        };
        for rule in table.0.iter().filter(of_issuer) {
            let value = match &rule.place {
                Place::Attribute(oid) => {
                    let mut attributes = self.subject_name().attributes();
                    attributes
                        .find(|(kind, _)| *kind == oid.as_bytes())
                        .and_then(|(_, value)| plain(value.content))
                }
                Place::Extension(oid) => {
                    let mut others = self.extensions.others.iter();
                    others.find(|(known, _)| known == oid.as_bytes()).and_then(|(_, value)| text(value))
                }
            };
            found.extend(value.map(|value| Identity { kind: rule.kind, value }));
        }
        found
    }

    /// The subject's name for people, numbers of persons masked.
    #[must_use]
    pub fn subject_text(&self) -> String {
        shown(self.subject_name())
    }

    /// The issuer's name for people.
    #[must_use]
    pub fn issuer_text(&self) -> String {
        shown(self.issuer_name())
    }
}

/// A string, or a string in context tags: the field writes both.
fn text(value: &[u8]) -> Option<String> {
    let mut bytes = value;
    for _ in 0..3 {
        let mut cursor = Cursor::new(bytes);
        let Some(element) = cursor.next().filter(|_| cursor.is_empty()) else { break };
        bytes = element.content;
    }
    plain(bytes)
}

fn plain(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let shown = text.chars().all(|c| !c.is_control()) && (1..=MAX_CHARS).contains(&text.chars().count());
    shown.then(|| text.to_owned())
}

fn shown(name: &Name) -> String {
    let part = |(kind, value): (&[u8], super::der::Element<'_>)| {
        let kind = match kind {
            [0x55, 4, 3] => "CN".to_owned(),
            [0x55, 4, 6] => "C".to_owned(),
            [0x55, 4, 7] => "L".to_owned(),
            [0x55, 4, 8] => "ST".to_owned(),
            [0x55, 4, 10] => "O".to_owned(),
            [0x55, 4, 11] => "OU".to_owned(),
            other => Oid::from_der_content(other).map_or_else(|| "?".to_owned(), |oid| oid.to_string()),
        };
        format!(
            "{kind}={}",
            plain(value.content).map_or_else(|| "?".to_owned(), |text| mask_numbers_of_persons(&text))
        )
    };
    name.attributes().map(part).collect::<Vec<_>>().join(", ")
}

/// Long rows of digits, but credit codes, show their first character only.
fn mask_numbers_of_persons(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_digit() || ((c == 'X' || c == 'x') && run.len() == 17) {
            run.push(c);
            continue;
        }
        if run.len() >= MASKED_RUN {
            out.extend(run.chars().take(1));
            out.push_str("**");
        } else {
            out.push_str(&run);
        }
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_persons_are_masked() {
        for (text, shown) in [
            ("051@李四@11010519491231002X@1", "051@李四@1**@1"),
            ("110105491231002", "1**"),
            ("91350211M0000XUF46", "91350211M0000XUF46"),
            ("12345678", "12345678"),
            ("11010519491231002x", "1**"),
            ("11010519491231002张三", "1**张三"),
            ("440524188001010014", "4**"),
        ] {
            assert_eq!(mask_numbers_of_persons(text), shown);
        }
        let identity = Identity { kind: IdentityKind::IdNumber, value: "11010519491231002X".to_owned() };
        assert_eq!(identity.masked(), "1**");
        assert!(!format!("{identity:?}").contains("1101"));
    }

    #[test]
    fn arcs() {
        let oid: Oid = "1.2.156.10260.4.1.4".parse().unwrap();
        assert_eq!(oid.as_bytes(), [&ARC[..], &[4]].concat());
        assert_eq!(text(&[0x13, 2, b'a', b'b']).as_deref(), Some("ab"));
        assert_eq!(text(&[0x30, 4, 0x0c, 2, b'a', b'b']).as_deref(), Some("ab"));
        assert_eq!(text(b"ab").as_deref(), Some("ab"));
        assert_eq!(text(&[0xff]), None);
    }
}
