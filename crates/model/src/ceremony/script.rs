use serde::{Deserialize, Serialize};

use super::{CEREMONY_FORMAT, MAX_COUNTERSIGNERS, MAX_PARTICIPANTS, MAX_SCRIPT_BYTES, MAX_STEPS};
use crate::id::CreditCode;
use crate::json;
use crate::limits::MAX_TEXT_CHARS;
use crate::register::same_person;

/// In place of a credit code.
const TRUST_LIST: &str = "trust-list";
/// Custodians and witnesses beside the operator, at least.
const MIN_OTHERS: usize = 2;

/// What a ceremony is to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// `alg` of the key.
    pub alg: String,
    /// Whose keys, those in use, sign the transcript after the new one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countersigned_by: Vec<Owner>,
    /// [`CEREMONY_FORMAT`].
    pub format: u32,
    /// Whose key is made.
    pub owner: Owner,
    /// The people, each in one role.
    pub participants: Vec<Participant>,
    /// Where the private key is made, to stay there.
    pub place: Place,
    /// What the key is for.
    pub purpose: String,
    /// What is done, in this order.
    pub steps: Vec<Step>,
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Owner {
    /// The trust list: its key is the anchor.
    TrustList,
    /// An office.
    Office(CreditCode),
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        match owner {
            Owner::TrustList => TRUST_LIST.to_owned(),
            Owner::Office(code) => code.as_str().to_owned(),
        }
    }
}

impl TryFrom<String> for Owner {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == TRUST_LIST {
            return Ok(Self::TrustList);
        }
        CreditCode::parse(&text).map(Self::Office).map_err(|_| "neither `trust-list` nor a credit code")
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// Where a key is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Place {
    /// In a key file under the passphrase of the data directory.
    Software,
    /// In a PKCS#11 token.
    Pkcs11 {
        /// The shared library of the device.
        module: String,
        /// Label of the token.
        token: String,
    },
}

/// What somebody does in a ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Works at the machine.
    Operator,
    /// Keeps the passphrase, the PIN or the device.
    Custodian,
    /// Sees that the script is followed.
    Witness,
}

impl Role {
    /// The name in scripts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Custodian => "custodian",
            Self::Witness => "witness",
        }
    }
}

/// Somebody in a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// Name.
    pub name: String,
    /// The one role.
    pub role: Role,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Whose confirmation it takes; everybody's if empty. The new key is confirmed by everybody always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Role>,
    /// What is done.
    #[serde(rename = "do")]
    pub task: Task,
    /// What is to be looked at.
    pub text: String,
}

/// What is done in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Something is looked at, and confirmed.
    Confirm,
    /// The key is made, shown, and its fingerprint confirmed.
    MakeKey,
    /// The digest of a file, such as a certificate request or a certificate, is taken down and confirmed.
    Record,
}

/// Why a script is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// Larger than [`MAX_SCRIPT_BYTES`].
    #[error("the script is larger than 64 KiB")]
    TooLarge,
    /// Not TOML, or not the members of a script.
    #[error("the script cannot be read: {0}")]
    Toml(Box<toml::de::Error>),
    /// Another format.
    #[error("the script is of format {0}: this release follows format 1")]
    Format(u32),
    /// A text is empty, too long, or holds control characters.
    #[error("{0} is empty, longer than 4096 characters, or holds control characters")]
    Text(&'static str),
    /// The suite of the key.
    #[error("alg is ES256 or SM2-SM3, in a PKCS#11 token ES256")]
    Alg,
    /// Too few or too many people, or not one operator.
    #[error("a ceremony takes one operator and 2 to 15 custodians or witnesses")]
    Participants,
    /// One person is there twice.
    #[error("{0} is named twice: nobody may have two roles")]
    SamePerson(String),
    /// Steps.
    #[error("a script has 1 to 64 steps, and exactly one of them makes the key")]
    Steps,
    /// A step is to be confirmed by a role that nobody has, or that is named twice; or the key by some only.
    #[error(
        "step {0} is to be confirmed by a role that nobody has or that is named twice; the new key is confirmed by everybody"
    )]
    By(usize),
    /// A countersigner is named twice, or there are too many.
    #[error("countersigned_by names somebody twice, or more than 8")]
    Countersigners,
}

impl Script {
    /// Reads a script and checks it.
    ///
    /// # Errors
    /// [`ScriptError`].
    pub fn from_toml(text: &str) -> Result<Self, ScriptError> {
        if text.len() > MAX_SCRIPT_BYTES {
            return Err(ScriptError::TooLarge);
        }
        let script: Self = toml::from_str(text).map_err(|error| ScriptError::Toml(Box::new(error)))?;
        script.check()?;
        Ok(script)
    }

    /// Whether it keeps the rules.
    ///
    /// # Errors
    /// [`ScriptError`] for the first rule that it breaks.
    pub fn check(&self) -> Result<(), ScriptError> {
        if self.format != CEREMONY_FORMAT {
            return Err(ScriptError::Format(self.format));
        }
        check_text(&self.purpose, "purpose")?;
        match (&self.place, self.alg.as_str()) {
            (Place::Software, "ES256" | "SM2-SM3") => {}
            (Place::Pkcs11 { module, token }, "ES256") => {
                check_text(module, "module")?;
                check_text(token, "token")?;
            }
            (Place::Software | Place::Pkcs11 { .. }, _) => return Err(ScriptError::Alg),
        }
        self.check_participants()?;
        self.check_steps()?;
        let twice = |(place, owner): (usize, &Owner)| self.countersigned_by[..place].contains(owner);
        if self.countersigned_by.len() > MAX_COUNTERSIGNERS
            || self.countersigned_by.iter().enumerate().any(twice)
        {
            return Err(ScriptError::Countersigners);
        }
        Ok(())
    }

    fn check_participants(&self) -> Result<(), ScriptError> {
        let all = &self.participants;
        let operators = all.iter().filter(|one| one.role == Role::Operator).count();
        if operators != 1 || all.len() < 1 + MIN_OTHERS || all.len() > MAX_PARTICIPANTS {
            return Err(ScriptError::Participants);
        }
        for (place, one) in all.iter().enumerate() {
            check_text(&one.name, "the name of a participant")?;
            // Marks alone name nobody, and every such name would be the same person.
            if !one.name.chars().any(char::is_alphanumeric) {
                return Err(ScriptError::Text("the name of a participant"));
            }
            if all[..place].iter().any(|earlier| same_person(&earlier.name, &one.name)) {
                return Err(ScriptError::SamePerson(one.name.clone()));
            }
        }
        Ok(())
    }

    fn check_steps(&self) -> Result<(), ScriptError> {
        let makes = self.steps.iter().filter(|step| step.task == Task::MakeKey).count();
        if makes != 1 || self.steps.len() > MAX_STEPS {
            return Err(ScriptError::Steps);
        }
        for (number, step) in self.steps.iter().enumerate() {
            check_text(&step.text, "the text of a step")?;
            let nobody = |role: &Role| self.participants.iter().all(|one| one.role != *role);
            let twice = |(place, role): (usize, &Role)| step.by[..place].contains(role);
            let some_only = step.task == Task::MakeKey && !step.by.is_empty();
            if some_only || step.by.iter().any(nobody) || step.by.iter().enumerate().any(twice) {
                return Err(ScriptError::By(number));
            }
        }
        Ok(())
    }

    /// Those who confirm a step, in the order of the script.
    pub fn confirm(&self, step: &Step) -> impl Iterator<Item = &Participant> {
        self.participants.iter().filter(move |one| step.by.is_empty() || step.by.contains(&one.role))
    }

    /// The canonical bytes, over which its digest is taken.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        json::canonical(self)
    }
}

fn check_text(text: &str, what: &'static str) -> Result<(), ScriptError> {
    let bad = text.trim().is_empty() || text.chars().any(char::is_control);
    if bad || text.chars().count() > MAX_TEXT_CHARS { Err(ScriptError::Text(what)) } else { Ok(()) }
}
