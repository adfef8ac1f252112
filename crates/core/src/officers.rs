use std::path::Path;

use boyin_model::id::CreditCode;
use boyin_model::register::{Power, same_person};
use serde::{Deserialize, Serialize};

use crate::error::{HomeError, OfficerFault};
use crate::keyring::{read_text, replace};

/// Most characters of a name: as many as an act can name.
const MAX_NAME_CHARS: usize = 200;
/// What a name has beside letters and digits: names of several words, and of minorities.
const NAME_MARKS: &str = " ·•.-'’()（）";

/// A person with one power over the seals of one office.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// The name under which the person acts.
    pub name: String,
    /// The office whose seals they are; the office that keeps the trust list manages and audits the seals of all.
    pub office: CreditCode,
    /// What the person may do.
    pub power: Power,
}

/// Prints nothing: an officer is a person.
impl std::fmt::Debug for Officer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Officer(..)")
    }
}

/// `officers.toml`: who may do what with seals. Nobody is in it twice, so nobody has two powers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officers {
    #[serde(default, rename = "officer")]
    officers: Vec<Officer>,
}

impl Officers {
    pub(crate) fn read(path: &Path) -> Result<Self, HomeError> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let read: Self = toml::from_str(&read_text(path)?)
            .map_err(|source| HomeError::Toml { path: path.to_owned(), source: Box::new(source) })?;
        // One by one, as if each were appointed now: the file may have been written by hand.
        let mut checked = Self::default();
        for officer in read.officers {
            checked.appoint(officer)?;
        }
        Ok(checked)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), HomeError> {
        replace(path, toml::to_string(self).expect("officers have a TOML form").as_bytes())
    }

    pub(crate) fn appoint(&mut self, officer: Officer) -> Result<(), HomeError> {
        let fault = match self.officers.iter().find(|other| same_person(&other.name, &officer.name)) {
            _ if !is_name(&officer.name) => OfficerFault::Name,
            Some(other) if other.power != officer.power => OfficerFault::TwoPowers,
            Some(_) => OfficerFault::Twice,
            None => {
                self.officers.push(officer);
                return Ok(());
            }
        };
        Err(HomeError::Officer { name: officer.name, fault })
    }

    pub(crate) fn dismiss(&mut self, name: &str) -> Result<(), HomeError> {
        let before = self.officers.len();
        self.officers.retain(|officer| officer.name != name);
        if self.officers.len() < before {
            return Ok(());
        }
        Err(HomeError::Officer { name: name.to_owned(), fault: OfficerFault::Missing })
    }

    /// The officer of this name, exactly as it was appointed.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Officer> {
        self.officers.iter().find(|officer| officer.name == name)
    }

    /// Everybody.
    #[must_use]
    pub fn all(&self) -> &[Officer] {
        &self.officers
    }
}

fn is_name(name: &str) -> bool {
    let known = |c: char| c.is_alphanumeric() || NAME_MARKS.contains(c);
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= MAX_NAME_CHARS
        && name.chars().all(known)
        && name.chars().any(char::is_alphanumeric)
}
