use std::path::Path;

use boyin_model::alg::{Digest32, Randomness, VerifyAlg as _};
use boyin_model::b64;
use boyin_model::id::CreditCode;
use boyin_suite::ES256;
use serde::{Deserialize, Serialize};

use crate::error::HomeError;
use crate::keyring::{read_text, replace};

/// What the bearer of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Read one license by its identifier.
    #[serde(rename = "license:read")]
    LicenseRead,
    /// Read the file of one holder.
    #[serde(rename = "holder:read")]
    HolderRead,
    /// Make codes by which holders who are there let an agency see their licenses.
    #[serde(rename = "holder:authorize")]
    HolderAuthorize,
    /// Decide which papers a matter may ask for, and read what was decided.
    #[serde(rename = "window:decide")]
    WindowDecide,
    /// Read the exemption meter.
    #[serde(rename = "meter:read")]
    MeterRead,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::LicenseRead, Self::HolderRead, Self::HolderAuthorize, Self::WindowDecide, Self::MeterRead];

    /// The name in files and documents.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::LicenseRead => "license:read",
            Self::HolderRead => "holder:read",
            Self::HolderAuthorize => "holder:authorize",
            Self::WindowDecide => "window:decide",
            Self::MeterRead => "meter:read",
        }
    }

    /// The scope with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// A new token: shown once, then only its digest is kept.
#[derive(Clone)]
pub struct AccessToken(String);

impl AccessToken {
    /// The text that the bearer sends.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// Who holds a token and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenGrant {
    /// Who uses it: in the event log with every read.
    pub name: String,
    /// base64url of SHA-256 of the token.
    digest: String,
    /// The office that its bearer reads for. A token of an earlier release names none and reads nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<CreditCode>,
    /// What it is good for.
    pub scopes: Vec<Scope>,
}

/// `tokens.toml`: the tokens that the service accepts, as digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    #[serde(default, rename = "token")]
    grants: Vec<TokenGrant>,
}

const TOKEN_BYTES: usize = 32;

fn digest(token: &str) -> Digest32 {
    ES256.digest(&[b"boyin access token\0", token.as_bytes()])
}

impl Tokens {
    pub(crate) fn read(path: &Path) -> Result<Self, HomeError> {
        if !path.exists() {
            return Ok(Self::default());
        }
        toml::from_str(&read_text(path)?)
            .map_err(|source| HomeError::Toml { path: path.to_owned(), source: Box::new(source) })
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), HomeError> {
        replace(path, toml::to_string(self).expect("grants have a TOML form").as_bytes())
    }

    pub(crate) fn grant(
        &mut self,
        name: &str,
        office: CreditCode,
        scopes: &[Scope],
        random: &mut dyn Randomness,
    ) -> Result<AccessToken, HomeError> {
        let mut bytes = [0; TOKEN_BYTES];
        random.fill(&mut bytes)?;
        let token = b64::encode(&bytes);
        let digest = b64::encode(&digest(&token));
        self.grants.push(TokenGrant {
            name: name.to_owned(),
            digest,
            office: Some(office),
            scopes: scopes.to_vec(),
        });
        Ok(AccessToken(token))
    }

    /// The grant of a token. Compares digests of 32 random bytes, so that the time taken tells nothing of use.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<&TokenGrant> {
        let wanted = b64::encode(&digest(token));
        self.grants.iter().find(|grant| grant.digest == wanted)
    }

    /// All grants.
    #[must_use]
    pub fn grants(&self) -> &[TokenGrant] {
        &self.grants
    }
}
