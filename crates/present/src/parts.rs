//! A license taken apart: what the compact form writes, and what the signed bytes are made from again.

use std::borrow::Cow;

use boyin_model::alg::Digest32;
use boyin_model::b64;
use boyin_model::credential::{
    Credential, Disclosure, Envelope, FieldValue, ISSUER_URN, LICENSE_TYPE_URN, SALT_BYTES,
};
use boyin_model::id::{DivisionCode, HolderCodeType, LicenseId};
use boyin_model::json::{self, Object, Reader, Value};
use boyin_model::jws::{Header, TYP_LICENSE, Unsigned};
use boyin_model::register::SealId;
use boyin_model::time::Date;

/// Bytes of a signature, `r ‖ s`.
pub(crate) const SIGNATURE_BYTES: usize = 64;
/// Claims that are open unless the holder is a natural person, in the order of the compact form.
const HOLDER_CLAIMS: [&str; 3] = ["license_number", "holder_name", "holder_code"];

/// The suite of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    Es256,
    Sm2Sm3,
}

impl Suite {
    pub(crate) fn alg(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Sm2Sm3 => "SM2-SM3",
        }
    }

    fn digest(self) -> &'static str {
        match self {
            Self::Es256 => "sha-256",
            Self::Sm2Sm3 => "sm3",
        }
    }

    pub(crate) fn of(alg: &str) -> Option<Self> {
        [Self::Es256, Self::Sm2Sm3].into_iter().find(|suite| suite.alg() == alg)
    }
}

/// Which key signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyName {
    pub(crate) suite: Suite,
    pub(crate) kid: Digest32,
}

impl KeyName {
    pub(crate) fn of(header: &Header<'_>) -> Option<Self> {
        let kid = b64::decode_exact(header.kid.as_bytes()).ok()?;
        Some(Self { suite: Suite::of(&header.alg)?, kid })
    }

    /// Fixes the bytes that this key signed.
    pub(crate) fn unsigned(&self, typ: &str, payload: &[u8]) -> Unsigned {
        let header = Header {
            alg: Cow::Borrowed(self.suite.alg()),
            kid: Cow::Owned(b64::encode(&self.kid)),
            typ: Cow::Borrowed(typ),
        };
        Unsigned::new(&header, payload)
    }
}

/// A claim that is shown.
pub(crate) struct Shown {
    pub(crate) salt: [u8; SALT_BYTES],
    pub(crate) name: String,
    pub(crate) value: FieldValue,
}

/// Everything of a license that does not follow from the rest.
pub(crate) struct LicenseParts {
    pub(crate) key: KeyName,
    pub(crate) signature: [u8; SIGNATURE_BYTES],
    pub(crate) id: LicenseId,
    pub(crate) license_name: String,
    pub(crate) type_name: String,
    pub(crate) issuer_name: String,
    pub(crate) division: DivisionCode,
    pub(crate) issue_date: Date,
    pub(crate) valid_from: Option<Date>,
    pub(crate) valid_until: Option<Date>,
    pub(crate) holder_code_type: HolderCodeType,
    /// [`HOLDER_CLAIMS`], where they are open.
    pub(crate) holder: Option<[String; 3]>,
    pub(crate) issued_at: u64,
    pub(crate) seal: Option<SealId>,
    pub(crate) status_index: u32,
    pub(crate) status_uri: String,
    pub(crate) digests: Vec<Digest32>,
    /// Open fields, in ascending order of their names.
    pub(crate) fields: Vec<(String, FieldValue)>,
    pub(crate) field_digests: Vec<Digest32>,
    pub(crate) shown: Vec<Shown>,
}

impl LicenseParts {
    /// Takes a license apart. Whether it is one of the shape that can be put together again, [`write`](Self::write) tells.
    pub(crate) fn read(license: &[u8]) -> Option<Self> {
        let envelope = Envelope::open(license, Reader::Ours).ok()?;
        let Credential { header, payload, disclosures, .. } = envelope.read().ok()?;
        let text = |name: &str| payload.get(name).and_then(Value::as_text);
        let date = |name: &str| match text(name) {
            Some(text) => Some(Some(text.parse().ok()?)),
            None => Some(None),
        };
        let status = payload.get("status")?.as_object()?.get("status_list")?.as_object()?;
        let fields = payload.get("fields")?.as_object()?;
        let open = fields.members().filter(|(name, _)| *name != "_sd");
        let holder = HOLDER_CLAIMS.map(text);
        Some(Self {
            key: KeyName::of(&header)?,
            signature: envelope.signature().try_into().ok()?,
            id: LicenseId::parse(text("license_id")?).ok()?,
            license_name: text("license_name")?.to_owned(),
            type_name: text("license_type_name")?.to_owned(),
            issuer_name: text("issuer_name")?.to_owned(),
            division: DivisionCode::parse(text("division_code")?).ok()?,
            issue_date: date("issue_date")??,
            valid_from: date("valid_from")?,
            valid_until: date("valid_until")?,
            holder_code_type: HolderCodeType::from_code(text("holder_code_type")?)?,
            holder: match holder {
                [Some(number), Some(name), Some(code)] => Some([number, name, code].map(str::to_owned)),
                _ => None,
            },
            issued_at: payload.get("iat")?.as_int()?.try_into().ok()?,
            seal: match text("seal_id") {
                Some(text) => Some(SealId::parse(text).ok()?),
                None => None,
            },
            status_index: status.get("idx")?.as_int()?.try_into().ok()?,
            status_uri: status.get("uri")?.as_text()?.to_owned(),
            digests: digests(&payload)?,
            fields: open
                .map(|(name, value)| Some((name.to_owned(), field(value)?)))
                .collect::<Option<_>>()?,
            field_digests: digests(fields)?,
            shown: disclosures.iter().map(shown).collect::<Option<_>>()?,
        })
    }

    /// The license in the compact serialization: the very bytes that were signed, if it was read from them.
    pub(crate) fn write(&self) -> Vec<u8> {
        let unsigned = self.key.unsigned(TYP_LICENSE, &self.payload());
        let mut out = unsigned.with_signature(&self.signature);
        out.push('~');
        for shown in &self.shown {
            out.push_str(&Disclosure::write(&shown.salt, &shown.name, value(&shown.value)));
            out.push('~');
        }
        out.into_bytes()
    }

    fn payload(&self) -> Vec<u8> {
        let mut claims = Object::default();
        let mut put = |name: &'static str, value: Value<'static>| {
            let fresh = claims.insert(Cow::Borrowed(name), value);
            debug_assert!(fresh, "claims have different names");
        };
        put("_sd_alg", text(self.key.suite.digest()));
        put("division_code", text(self.division.as_str()));
        put("holder_code_type", text(self.holder_code_type.code()));
        put("iat", instant(self.issued_at));
        put("iss", text(&[ISSUER_URN, self.id.issuer().as_str()].concat()));
        put("issue_date", text(&self.issue_date.to_string()));
        put("issuer_code", text(self.id.issuer().as_str()));
        put("issuer_name", text(&self.issuer_name));
        put("license_id", text(self.id.as_str()));
        put("license_name", text(&self.license_name));
        put("license_type_name", text(&self.type_name));
        put("vct", text(&[LICENSE_TYPE_URN, self.id.license_type().as_str()].concat()));
        if let Some(from) = self.valid_from {
            put("nbf", instant(from.begins().seconds()));
            put("valid_from", text(&from.to_string()));
        }
        if let Some(until) = self.valid_until {
            put("exp", instant(until.ends().seconds()));
            put("valid_until", text(&until.to_string()));
        }
        if let Some(seal) = self.seal {
            put("seal_id", text(&seal.to_string()));
        }
        for (name, value) in self.holder.iter().flat_map(|holder| HOLDER_CLAIMS.into_iter().zip(holder)) {
            put(name, text(value));
        }
        if !self.digests.is_empty() {
            put("_sd", array(&self.digests));
        }
        put("status", self.status());
        put("fields", self.open_fields());
        let mut out = Vec::with_capacity(1024);
        json::write(&Value::Object(claims), &mut out);
        out
    }

    fn status(&self) -> Value<'static> {
        let list = [("idx", Value::Int(self.status_index.into())), ("uri", text(&self.status_uri))];
        object([("status_list", object(list))])
    }

    fn open_fields(&self) -> Value<'static> {
        let digests = (!self.field_digests.is_empty()).then(|| ("_sd", array(&self.field_digests)));
        let fields = self.fields.iter().map(|(name, field)| (name.as_str(), value(field)));
        object(fields.chain(digests))
    }
}

/// A name that occurs twice does not come back as it was, which is found out.
fn object<'n>(members: impl IntoIterator<Item = (&'n str, Value<'static>)>) -> Value<'static> {
    let mut object = Object::default();
    for (name, value) in members {
        let _ = object.insert(Cow::Owned(name.to_owned()), value);
    }
    Value::Object(object)
}

fn text(text: &str) -> Value<'static> {
    Value::Text(Cow::Owned(text.to_owned()))
}

fn instant(seconds: u64) -> Value<'static> {
    Value::Int(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn value(field: &FieldValue) -> Value<'static> {
    match field {
        FieldValue::Text(value) => text(value),
        FieldValue::Integer(number) => Value::Int(*number),
    }
}

fn field(value: &Value<'_>) -> Option<FieldValue> {
    match value {
        Value::Text(text) => Some(FieldValue::Text(text.to_string())),
        Value::Int(number) => Some(FieldValue::Integer(*number)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn shown(disclosure: &Disclosure<'_>) -> Option<Shown> {
    let json = b64::decode(disclosure.encoded.as_bytes()).ok()?;
    let parsed = json::parse_array::<3>(&json, Reader::Ours).ok()?;
    let Some([Value::Text(salt), _, _]) = parsed.value else { return None };
    Some(Shown {
        salt: b64::decode_exact(salt.as_bytes()).ok()?,
        name: disclosure.name.to_string(),
        value: field(&disclosure.value)?,
    })
}

fn digests(object: &Object<'_>) -> Option<Vec<Digest32>> {
    let Some(list) = object.get("_sd") else { return Some(Vec::new()) };
    list.as_array()?.iter().map(|digest| b64::decode_exact(digest.as_text()?.as_bytes()).ok()).collect()
}

fn array(digests: &[Digest32]) -> Value<'static> {
    Value::Array(digests.iter().map(|digest| Value::Text(Cow::Owned(b64::encode(digest)))).collect())
}
