//! The compact form: `docs/presentation.md` has it byte by byte.

use boyin_model::alg::Digest32;
use boyin_model::credential::FieldValue;
use boyin_model::id::{CreditCode, DivisionCode, HolderCodeType, LicenseId, LicenseTypeCode};
use boyin_model::json::Reader as Spelling;
use boyin_model::jws::{Compact, Header};
use boyin_model::presentation::{MAX_PRESENTATION_BYTES, Presentation, TYP_PRESENTATION};
use boyin_model::register::SealId;
use boyin_model::time::UnixTime;

use crate::bytes::{Reader, Writer, days};
use crate::dictionary::DICTIONARY;
use crate::error::{EncodeError, Fault, PresentError};
use crate::limits::MAX_COMPACT_BYTES;
use crate::parts::{KeyName, LicenseParts, SIGNATURE_BYTES, Shown, Suite};

/// Version of the form.
pub const FORM: u8 = 1;

/// Places of the flags, from the lowest bit.
mod flag {
    pub(super) const SM2: u8 = 1;
    pub(super) const FROM: u8 = 1 << 1;
    pub(super) const UNTIL: u8 = 1 << 2;
    pub(super) const SEAL: u8 = 1 << 3;
    pub(super) const HOLDER: u8 = 1 << 4;
    /// The URI of the status list is that of a service of ours.
    pub(super) const OUR_URI: u8 = 1 << 5;
    pub(super) const STATEMENT: u8 = 1 << 6;
    /// The statement is by another key than the license.
    pub(super) const OTHER_KEY: u8 = 1 << 7;
}

/// Between the address of a service and the issuer of a status list.
const STATUS_PATH: &str = "/v1/status-lists/";
const ES256: u64 = 0;
const SM2_SM3: u64 = 1;
const TEXT: u8 = 0;
const POSITIVE: u8 = 1;
const NEGATIVE: u8 = 2;

/// What a holder shows: a license with what is disclosed of it, and in a dynamic code the office's statement about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// The license in the compact serialization.
    pub license: Vec<u8>,
    /// The statement, a JWS of type [`TYP_PRESENTATION`].
    pub statement: Option<Vec<u8>>,
}

/// Shows nothing: the content is personal.
impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presented(..)")
    }
}

impl Presented {
    /// The compact form, of which [`decode`](Self::decode) makes the very same bytes again.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn encode(&self, limit: usize) -> Result<Vec<u8>, EncodeError> {
        let parts = Parts {
            license: LicenseParts::read(&self.license).ok_or(EncodeError::Shape)?,
            statement: match &self.statement {
                Some(token) => Some(StatementParts::read(token).ok_or(EncodeError::Shape)?),
                None => None,
            },
        };
        let compact = parts.pack();
        let limit = limit.min(MAX_COMPACT_BYTES);
        if compact.len() > limit {
            return Err(EncodeError::TooLarge { bytes: compact.len(), limit });
        }
        if Self::decode(&compact).as_ref() == Ok(self) { Ok(compact) } else { Err(EncodeError::Shape) }
    }

    /// The signed bytes again. Nothing is verified.
    ///
    /// # Errors
    /// [`PresentError`]; [`PresentError::NotCanonical`] for every spelling but that of [`encode`](Self::encode).
    pub fn decode(compact: &[u8]) -> Result<Self, PresentError> {
        if compact.len() > MAX_COMPACT_BYTES {
            return Err(PresentError::TooLarge);
        }
        let parts = Parts::unpack(&mut Reader::new(compact))?;
        let presented = Self {
            license: parts.license.write(),
            statement: parts.statement.as_ref().map(StatementParts::write),
        };
        // What is packed again is what was read from the signed bytes: two of these never stand for one license.
        let again = Parts {
            license: LicenseParts::read(&presented.license).ok_or(PresentError::NotCanonical)?,
            statement: match &presented.statement {
                Some(token) => Some(StatementParts::read(token).ok_or(PresentError::NotCanonical)?),
                None => None,
            },
        };
        if again.pack() == compact { Ok(presented) } else { Err(PresentError::NotCanonical) }
    }
}

/// What does not follow from the license: the claim `exp` follows from `iat`.
struct StatementParts {
    key: KeyName,
    claims: Presentation,
    signature: [u8; SIGNATURE_BYTES],
}

impl StatementParts {
    fn read(token: &[u8]) -> Option<Self> {
        let compact = Compact::open(token, MAX_PRESENTATION_BYTES).ok()?;
        let (header, _) = Header::read(&compact.header, Spelling::Ours).ok()?;
        if header.typ != TYP_PRESENTATION {
            return None;
        }
        Some(Self {
            key: KeyName::of(&header)?,
            claims: Presentation::read(&compact.payload).ok()?,
            signature: compact.signature.try_into().ok()?,
        })
    }

    fn write(&self) -> Vec<u8> {
        let unsigned = self.key.unsigned(TYP_PRESENTATION, &self.claims.write());
        unsigned.with_signature(&self.signature).into_bytes()
    }
}

struct Parts {
    license: LicenseParts,
    statement: Option<StatementParts>,
}

impl Parts {
    fn pack(&self) -> Vec<u8> {
        let Self { license, statement } = self;
        let uri = our_uri(license.id.issuer(), &license.status_uri);
        let other_key = statement.as_ref().is_some_and(|statement| statement.key != license.key);
        let flags = [
            (license.key.suite == Suite::Sm2Sm3, flag::SM2),
            (license.valid_from.is_some(), flag::FROM),
            (license.valid_until.is_some(), flag::UNTIL),
            (license.seal.is_some(), flag::SEAL),
            (license.holder.is_some(), flag::HOLDER),
            (uri.is_some(), flag::OUR_URI),
            (statement.is_some(), flag::STATEMENT),
            (other_key, flag::OTHER_KEY),
        ];
        let mut out = Writer::default();
        out.byte(FORM);
        out.byte(DICTIONARY);
        out.byte(flags.into_iter().filter(|(set, _)| *set).fold(0, |flags, (_, bit)| flags | bit));
        pack_license(license, uri, &mut out);
        if let Some(statement) = statement {
            pack_statement(statement, other_key, &mut out);
        }
        out.into_bytes()
    }

    fn unpack(from: &mut Reader<'_>) -> Result<Self, PresentError> {
        match from.byte()? {
            FORM => {}
            other => return Err(PresentError::Form(other)),
        }
        match from.byte()? {
            DICTIONARY => {}
            other => return Err(PresentError::Dictionary(other)),
        }
        let flags = from.byte()?;
        let license = unpack_license(flags, from)?;
        let statement = match flags & flag::STATEMENT {
            0 => None,
            _ => Some(unpack_statement(flags, license.key, from)?),
        };
        from.end()?;
        Ok(Self { license, statement })
    }
}

fn pack_license(license: &LicenseParts, uri: Option<(&str, u64)>, out: &mut Writer) {
    out.raw(&license.key.kid);
    out.raw(&license.signature);
    out.text(license.id.license_type().as_str());
    out.raw(license.id.issuer().as_str().as_bytes());
    out.text(license.id.serial());
    out.number(license.id.version().into());
    out.text(&license.license_name);
    // A name is never empty: this says that it is the same.
    out.text(if license.type_name == license.license_name { "" } else { &license.type_name });
    out.text(&license.issuer_name);
    out.number(digits(license.division.as_str()));
    out.number(days(license.issue_date));
    for date in [license.valid_from, license.valid_until].into_iter().flatten() {
        out.number(days(date));
    }
    out.number(digits(license.holder_code_type.code()));
    license.holder.iter().flatten().for_each(|text| out.text(text));
    out.number(license.issued_at);
    if let Some(seal) = license.seal {
        out.number(digits(&seal.to_string()));
    }
    out.number(license.status_index.into());
    match uri {
        Some((service, number)) => {
            out.text(service);
            out.number(number);
        }
        None => out.text(&license.status_uri),
    }
    pack_digests(&license.digests, out);
    out.count(license.fields.len());
    for (name, value) in &license.fields {
        out.text(name);
        pack_value(value, out);
    }
    pack_digests(&license.field_digests, out);
    out.count(license.shown.len());
    for Shown { salt, name, value } in &license.shown {
        out.raw(salt);
        out.text(name);
        pack_value(value, out);
    }
}

fn unpack_license(flags: u8, from: &mut Reader<'_>) -> Result<LicenseParts, PresentError> {
    let has = |bit: u8| flags & bit != 0;
    let suite = if has(flag::SM2) { Suite::Sm2Sm3 } else { Suite::Es256 };
    let key = KeyName { suite, kid: from.array()? };
    let signature = from.array()?;
    let id = unpack_id(from)?;
    let license_name = from.text()?;
    let type_name = match from.text()? {
        same if same.is_empty() => license_name.clone(),
        other => other,
    };
    Ok(LicenseParts {
        key,
        signature,
        license_name,
        type_name,
        issuer_name: from.text()?,
        division: unpack_code(from, 6, |code| DivisionCode::parse(code).ok())?,
        issue_date: from.date()?,
        valid_from: has(flag::FROM).then(|| from.date()).transpose()?,
        valid_until: has(flag::UNTIL).then(|| from.date()).transpose()?,
        holder_code_type: unpack_code(from, 3, HolderCodeType::from_code)?,
        holder: match has(flag::HOLDER) {
            true => Some([from.text()?, from.text()?, from.text()?]),
            false => None,
        },
        issued_at: instant(from)?.seconds(),
        seal: match has(flag::SEAL) {
            true => Some(unpack_code(from, 14, |id| SealId::parse(id).ok())?),
            false => None,
        },
        status_index: from.small()?,
        status_uri: match has(flag::OUR_URI) {
            true => format!("{}{STATUS_PATH}{}-{}", from.text()?, id.issuer(), from.number()?),
            false => from.text()?,
        },
        id,
        digests: unpack_digests(from)?,
        fields: unpack_list(from, |from| Ok((from.text()?, unpack_value(from)?)))?,
        field_digests: unpack_digests(from)?,
        shown: unpack_list(from, |from| {
            Ok(Shown { salt: from.array()?, name: from.text()?, value: unpack_value(from)? })
        })?,
    })
}

fn unpack_id(from: &mut Reader<'_>) -> Result<LicenseId, PresentError> {
    let license_type = LicenseTypeCode::parse(&from.text()?).ok();
    let issuer = std::str::from_utf8(from.raw(18)?).ok().and_then(|code| CreditCode::parse(code).ok());
    let (serial, version) = (from.text()?, from.small()?);
    let id = license_type
        .zip(issuer)
        .and_then(|(license_type, issuer)| LicenseId::new(license_type, issuer, &serial, version).ok());
    id.ok_or(from.fault(Fault::Identifier))
}

fn pack_statement(statement: &StatementParts, other_key: bool, out: &mut Writer) {
    if other_key {
        out.number(match statement.key.suite {
            Suite::Es256 => ES256,
            Suite::Sm2Sm3 => SM2_SM3,
        });
        out.raw(&statement.key.kid);
    }
    out.raw(&statement.signature);
    out.raw(&statement.claims.credential);
    out.raw(&statement.claims.nonce);
    out.number(statement.claims.issued_at.seconds());
    out.text(&statement.claims.purpose);
}

fn unpack_statement(
    flags: u8,
    of_license: KeyName,
    from: &mut Reader<'_>,
) -> Result<StatementParts, PresentError> {
    let key = if flags & flag::OTHER_KEY == 0 {
        of_license
    } else {
        let suite = match from.number()? {
            ES256 => Suite::Es256,
            SM2_SM3 => Suite::Sm2Sm3,
            _ => return Err(from.fault(Fault::Number)),
        };
        KeyName { suite, kid: from.array()? }
    };
    let signature = from.array()?;
    let claims = Presentation {
        credential: from.array()?,
        nonce: from.array()?,
        issued_at: instant(from)?,
        purpose: from.text()?,
    };
    Ok(StatementParts { key, claims, signature })
}

fn instant(from: &mut Reader<'_>) -> Result<UnixTime, PresentError> {
    let seconds = from.number()?;
    UnixTime::new(seconds).ok_or(from.fault(Fault::Number))
}

/// A code of digits, with the zeros that it begins with.
fn unpack_code<T>(
    from: &mut Reader<'_>,
    width: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, PresentError> {
    let number = from.number()?;
    parse(&format!("{number:0width$}")).ok_or(from.fault(Fault::Identifier))
}

fn digits(code: &str) -> u64 {
    code.parse().unwrap_or(u64::MAX)
}

fn pack_value(value: &FieldValue, out: &mut Writer) {
    match value {
        FieldValue::Text(text) => {
            out.byte(TEXT);
            out.text(text);
        }
        FieldValue::Integer(number) => {
            out.byte(if *number < 0 { NEGATIVE } else { POSITIVE });
            out.number(number.unsigned_abs());
        }
    }
}

fn unpack_value(from: &mut Reader<'_>) -> Result<FieldValue, PresentError> {
    let kind = from.byte()?;
    if kind == TEXT {
        return from.text().map(FieldValue::Text);
    }
    let number: i64 = from.small()?;
    match kind {
        POSITIVE => Ok(FieldValue::Integer(number)),
        NEGATIVE => Ok(FieldValue::Integer(-number)),
        _ => Err(from.fault(Fault::Field)),
    }
}

fn pack_digests(digests: &[Digest32], out: &mut Writer) {
    out.count(digests.len());
    digests.iter().for_each(|digest| out.raw(digest));
}

fn unpack_digests(from: &mut Reader<'_>) -> Result<Vec<Digest32>, PresentError> {
    unpack_list(from, Reader::array)
}

/// What is announced takes no room before it is there: every element has at least two bytes.
fn unpack_list<'b, T>(
    from: &mut Reader<'b>,
    mut one: impl FnMut(&mut Reader<'b>) -> Result<T, PresentError>,
) -> Result<Vec<T>, PresentError> {
    let mut list = Vec::new();
    for _ in 0..from.number()? {
        list.push(one(from)?);
    }
    Ok(list)
}

/// The address of the service and the number of the list, if the URI is one of a service of ours.
fn our_uri(issuer: CreditCode, uri: &str) -> Option<(&str, u64)> {
    let (list, number) = uri.rsplit_once('-')?;
    let service = list.strip_suffix(issuer.as_str())?.strip_suffix(STATUS_PATH)?;
    let read: u64 = number.parse().ok()?;
    (read.to_string() == number).then_some((service, read))
}
