//! Settings of `boyin.toml` that a process is given in place of the file's, by variables of its environment. Whoever starts it
//! reads the environment, once; nothing here does.

use std::fmt;
use std::str::FromStr;

use crate::config::{Config, ConfigFault};

/// How the names of these variables begin, and with what no other variable of ours begins.
pub const OVERRIDE_STEM: &str = "BOYIN_CONFIG";
/// Stands after the stem, and between table and key.
const BETWEEN: &str = "__";

/// Puts what a text says into a configuration; `None` if it is no value of the setting.
type Put = fn(&mut Config, &str) -> Option<()>;

/// Whether a process may be given a setting in place of the file's.
#[derive(Clone, Copy)]
enum Rule {
    Given(Put),
    /// Why not.
    Fixed(&'static str),
}

const FORMAT: &str = "it says how the data directory was written";
const IDENTITY: &str = "trust lists, licenses and the event log were written under it";
const LENGTH: &str = "licenses on file have their places in lists of this length";
const STORE: &str = "every process has to find the same archive; `boyin archive copy --switch` moves it, and its password \
     can be given in BOYIN_STORE_PASSWORD";

/// Every setting of `boyin.toml`.
static SETTINGS: [(&str, Rule); 18] = [
    ("format", Rule::Fixed(FORMAT)),
    ("authority", Rule::Fixed(IDENTITY)),
    ("authority_code", Rule::Fixed(IDENTITY)),
    ("division", Rule::Fixed(IDENTITY)),
    ("public_url", Rule::Given(public_url)),
    ("trust_list_days", Rule::Given(|config, text| number(&mut config.trust_list_days, text))),
    ("status_list_hours", Rule::Given(|config, text| number(&mut config.status_list_hours, text))),
    ("status_list_entries", Rule::Fixed(LENGTH)),
    ("undo_window_hours", Rule::Given(|config, text| number(&mut config.undo_window_hours, text))),
    ("memory.cache_mib", Rule::Given(|config, text| number(&mut config.memory.cache_mib, text))),
    ("memory.unflushed_mib", Rule::Given(|config, text| number(&mut config.memory.unflushed_mib, text))),
    ("memory.record_keys_mib", Rule::Given(|config, text| number(&mut config.memory.record_keys_mib, text))),
    ("memory.open_files", Rule::Given(open_files)),
    ("store.engine", Rule::Fixed(STORE)),
    ("store.address", Rule::Fixed(STORE)),
    ("store.schema", Rule::Fixed(STORE)),
    ("store.password_file", Rule::Fixed(STORE)),
    ("store.trusted_network", Rule::Fixed(STORE)),
];

fn public_url(config: &mut Config, text: &str) -> Option<()> {
    text.clone_into(&mut config.public_url);
    Some(())
}

fn open_files(config: &mut Config, text: &str) -> Option<()> {
    let mut files = 0;
    number(&mut files, text)?;
    config.memory.open_files = Some(files);
    Some(())
}

/// Digits only: a sign or a space is a slip.
fn number<N: FromStr>(place: &mut N, text: &str) -> Option<()> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *place = text.parse().ok()?;
    Some(())
}

/// `memory.cache_mib` is `BOYIN_CONFIG__MEMORY__CACHE_MIB`.
fn variable(path: &str) -> String {
    format!("{OVERRIDE_STEM}{BETWEEN}{}", path.to_ascii_uppercase().replace('.', BETWEEN))
}

/// Settings that count in place of those of `boyin.toml`, for one process.
#[derive(Clone, Default)]
pub struct Overrides(Vec<Given>);

#[derive(Clone)]
struct Given {
    variable: String,
    put: Put,
    text: String,
}

impl Overrides {
    /// Takes variables, each with its value, whose names begin with [`OVERRIDE_STEM`].
    ///
    /// # Errors
    /// [`OverrideFault::Unknown`] or [`OverrideFault::Fixed`] for a name that is none of [`variables`](Self::variables). Values
    /// are looked at when a data directory is opened.
    pub fn read(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, OverrideFault> {
        let given = variables.into_iter().map(|(name, text)| match rule(&name) {
            Some(Rule::Given(put)) => Ok(Given { variable: name, put, text }),
            Some(Rule::Fixed(reason)) => Err(OverrideFault::Fixed { name, reason }),
            None => Err(OverrideFault::Unknown { nearest: nearest(&name), name }),
        });
        let mut given = given.collect::<Result<Vec<_>, _>>()?;
        given.sort_by(|one, other| one.variable.cmp(&other.variable));
        Ok(Self(given))
    }

    /// The names of all variables that there are.
    pub fn variables() -> impl Iterator<Item = String> {
        let given = SETTINGS.iter().filter(|(_, rule)| matches!(rule, Rule::Given(_)));
        given.map(|(path, _)| variable(path))
    }

    /// The names of those that were given, in ascending order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|given| given.variable.as_str()).collect()
    }

    /// Puts them into what the file says, by the rules that the file is read by.
    pub(crate) fn apply(&self, config: &mut Config) -> Result<(), OverrideFault> {
        for Given { variable, put, text } in &self.0 {
            put(config, text).ok_or_else(|| OverrideFault::Value(variable.clone()))?;
        }
        config.check().map_err(|fault| OverrideFault::Bounds { names: self.names().join(", "), fault })
    }
}

/// The names alone: what was given is nobody else's business.
impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

fn rule(name: &str) -> Option<Rule> {
    SETTINGS.iter().find(|(path, _)| variable(path) == name).map(|(_, rule)| *rule)
}

/// The name that a mistyped one is most like.
fn nearest(name: &str) -> String {
    let typed = name.to_ascii_uppercase();
    let names = SETTINGS.iter().map(|(path, _)| variable(path));
    names.min_by_key(|name| distance(&typed, name)).unwrap_or_default()
}

/// How many characters have to be put in, taken out or changed to make the one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<_> = other.chars().collect();
    let mut row: Vec<_> = (0..=other.len()).collect();
    for (line, left) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (place, right) in other.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

/// Why a setting that a process was given cannot be used. Values are in no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OverrideFault {
    /// No setting has this name.
    #[error("{name} is no setting of boyin.toml: the nearest is {nearest}")]
    Unknown {
        /// The variable.
        name: String,
        /// The name that is most like it.
        nearest: String,
    },
    /// The setting is the file's alone.
    #[error("{name} is not taken from the environment: {reason}")]
    Fixed {
        /// The variable.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// It takes a number, and this is none or too large a one.
    #[error("the value of {0} is no whole number in digits that the setting can have")]
    Value(String),
    /// With what was given a setting is out of its bounds.
    #[error("with {names} from the environment: {fault}")]
    Bounds {
        /// All variables that were given.
        names: String,
        /// What is wrong.
        fault: ConfigFault,
    },
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use boyin_model::id::{CreditCode, DivisionCode};
    use toml::Table;

    use super::*;
    use crate::config::{Memory, UNDO_WINDOW_HOURS, status_list_entries};
    use crate::engine::StoreSetting;

    /// Every setting has a value.
    fn config() -> Config {
        let check = CreditCode::organization_check("MBTEXT01").unwrap();
        Config {
            format: 1,
            authority: "测试州人民政府办公室".to_owned(),
            authority_code: CreditCode::compute(&format!("11652701MBTEXT01{check}")).unwrap(),
            division: DivisionCode::parse("652700").unwrap(),
            public_url: "https://licenses.example".to_owned(),
            trust_list_days: 30,
            status_list_hours: 24,
            status_list_entries: status_list_entries(),
            undo_window_hours: UNDO_WINDOW_HOURS,
            memory: Memory { open_files: Some(64), ..Memory::default() },
            store: Some(StoreSetting {
                engine: "postgres".to_owned(),
                address: "postgresql://boyin@localhost/boyin".to_owned(),
                schema: Some("boyin".to_owned()),
                password_file: Some("password".into()),
                trusted_network: true,
            }),
        }
    }

    fn given(variables: &[(&str, &str)]) -> Result<Overrides, OverrideFault> {
        Overrides::read(variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
    }

    fn applied(variables: &[(&str, &str)]) -> Result<Config, OverrideFault> {
        let mut config = config();
        given(variables)?.apply(&mut config).map(|()| config)
    }

    fn paths(before: &str, table: &Table, found: &mut BTreeSet<String>) {
        for (key, value) in table {
            let path = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
            match value.as_table() {
                Some(inner) => paths(&path, inner, found),
                None => assert!(found.insert(path)),
            }
        }
    }

    #[test]
    fn every_setting_of_the_file_is_judged() {
        let text = toml::to_string(&config()).unwrap();
        let mut found = BTreeSet::new();
        paths("", &toml::from_str::<Table>(&text).unwrap(), &mut found);
        let judged: BTreeSet<_> = SETTINGS.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(found, judged);
    }

    #[test]
    fn each_variable_sets_its_own_setting() {
        let names: Vec<_> = Overrides::variables().collect();
        let (url, numbers) = names.split_first().unwrap();
        let expected = Config { public_url: "https://other.example".to_owned(), ..config() };
        assert_eq!(applied(&[(url.as_str(), "https://other.example")]).unwrap(), expected);
        let of = |config: &Config| {
            let Memory { cache_mib, unflushed_mib, record_keys_mib, open_files } = config.memory;
            let short = [config.trust_list_days, config.status_list_hours, config.undo_window_hours];
            let mut all = short.map(u32::from).to_vec();
            all.extend([cache_mib, unflushed_mib, record_keys_mib, open_files.unwrap().into()]);
            all
        };
        assert_eq!(numbers.len(), of(&config()).len());
        for (place, name) in numbers.iter().enumerate() {
            let mut expected = of(&config());
            expected[place] = 128;
            assert_eq!(of(&applied(&[(name.as_str(), "128")]).unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        for (name, nearest) in [
            ("BOYIN_CONFIG__PUBLIC_ULR", "BOYIN_CONFIG__PUBLIC_URL"),
            ("BOYIN_CONFIG__public_url", "BOYIN_CONFIG__PUBLIC_URL"),
            ("BOYIN_CONFIG_PUBLIC_URL", "BOYIN_CONFIG__PUBLIC_URL"),
            ("BOYIN_CONFIG__TRUST_DAYS", "BOYIN_CONFIG__TRUST_LIST_DAYS"),
            ("BOYIN_CONFIG__MEMORY_OPEN_FILES", "BOYIN_CONFIG__MEMORY__OPEN_FILES"),
            ("BOYIN_CONFIG__STORE__ADRESS", "BOYIN_CONFIG__STORE__ADDRESS"),
        ] {
            let expected = OverrideFault::Unknown { name: name.to_owned(), nearest: nearest.to_owned() };
            assert_eq!(given(&[(name, "1")]).unwrap_err(), expected);
        }
        assert!(matches!(given(&[(OVERRIDE_STEM, "1")]), Err(OverrideFault::Unknown { .. })));
    }

    #[test]
    fn what_the_archive_rests_on_is_the_files_alone() {
        for name in [
            "BOYIN_CONFIG__FORMAT",
            "BOYIN_CONFIG__AUTHORITY",
            "BOYIN_CONFIG__AUTHORITY_CODE",
            "BOYIN_CONFIG__DIVISION",
            "BOYIN_CONFIG__STATUS_LIST_ENTRIES",
            "BOYIN_CONFIG__STORE__ENGINE",
            "BOYIN_CONFIG__STORE__ADDRESS",
            "BOYIN_CONFIG__STORE__SCHEMA",
            "BOYIN_CONFIG__STORE__PASSWORD_FILE",
            "BOYIN_CONFIG__STORE__TRUSTED_NETWORK",
        ] {
            let refused = given(&[(name, "1")]).unwrap_err();
            assert!(matches!(&refused, OverrideFault::Fixed { name: told, .. } if told == name), "{refused}");
        }
    }

    #[test]
    fn values_are_held_to_the_rules_of_the_file() {
        let days = "BOYIN_CONFIG__TRUST_LIST_DAYS";
        for text in ["", " 7", "+7", "-7", "7d", "７", "65536"] {
            assert_eq!(applied(&[(days, text)]), Err(OverrideFault::Value(days.to_owned())), "{text}");
        }
        for (name, text, fault) in [
            (days, "0", ConfigFault::Freshness),
            (days, "401", ConfigFault::Freshness),
            ("BOYIN_CONFIG__STATUS_LIST_HOURS", "169", ConfigFault::Freshness),
            ("BOYIN_CONFIG__PUBLIC_URL", "", ConfigFault::PublicUrl),
            ("BOYIN_CONFIG__PUBLIC_URL", "licenses.example", ConfigFault::PublicUrl),
            ("BOYIN_CONFIG__PUBLIC_URL", "https://licenses.example/", ConfigFault::PublicUrl),
            ("BOYIN_CONFIG__MEMORY__UNFLUSHED_MIB", "129", ConfigFault::Memory),
            ("BOYIN_CONFIG__MEMORY__OPEN_FILES", "63", ConfigFault::Memory),
        ] {
            let expected = OverrideFault::Bounds { names: name.to_owned(), fault };
            assert_eq!(applied(&[(name, text)]), Err(expected), "{name}={text}");
        }
        // What counts is what they say together.
        let more =
            [("BOYIN_CONFIG__MEMORY__UNFLUSHED_MIB", "129"), ("BOYIN_CONFIG__MEMORY__CACHE_MIB", "258")];
        assert_eq!(applied(&more).unwrap().memory.unflushed_mib, 129);
    }

    #[test]
    fn no_value_is_shown() {
        let given = given(&[("BOYIN_CONFIG__PUBLIC_URL", "https://secret.example/")]).unwrap();
        let refused = given.apply(&mut config()).unwrap_err();
        for shown in [format!("{given:?}"), format!("{refused:?}"), refused.to_string()] {
            assert!(shown.contains("BOYIN_CONFIG__PUBLIC_URL") && !shown.contains("secret"), "{shown}");
        }
    }
}
