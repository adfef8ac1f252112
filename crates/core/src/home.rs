use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use boyin_archive::{Act, Archive, set_engine_memory};
use boyin_issue::{KeyRef, SigningKey, signed_list, trust_list};
use boyin_model::alg::Randomness;
use boyin_model::catalog::{Catalog, CatalogEntry, EMBEDDED};
use boyin_model::id::{CreditCode, DivisionCode};
use boyin_model::listing::SignedList;
use boyin_model::sharing::SharingEntry;
use boyin_model::time::{SECONDS_PER_DAY, UnixTime};
use boyin_model::trust::{Entitlement, Issuer, IssuerKey, Jwk, StatusLists, TRUST_LIST_FORMAT, TrustList};
use boyin_suite::all_jws;
use boyin_verify::TrustSnapshot;

use crate::config::{
    CONFIG_FORMAT, Config, Memory, Office, Offices, SuiteName, UNDO_WINDOW_HOURS, status_list_entries,
};
use crate::config_overrides::Overrides;
use crate::engine::Engine;
use crate::error::{HomeError, OfficeFault};
use crate::keyring::{Keyring, Passphrase, TRUST_KEY, read_text, replace, sync_parent, write_private};
use crate::keyring_reference::KeySource;
use crate::lists::{ListKind, Publisher};
use crate::officers::{Officer, Officers};
use crate::rotation_anchor::FIRST_ANCHOR;
use crate::shelf::Shelf;
use crate::tokens::{AccessToken, Scope, Tokens};

/// A data directory of the prefecture.
///
/// ```text
/// boyin.toml     configuration          keys/trust-list.pem     signs the trust list
/// offices.toml   who issues what        keys/<code>.pem         signs the licenses of one office
/// catalog/       the signed list of     keys/archive.pem        opens the archive
///                license types, kept as trust/ is; catalog/totals.jsonl: what sources state
/// sharing/       the signed sharing list, kept as trust/ is
/// items.toml     the item catalog, in place of the built-in one; items/ keeps each one that something was decided by
/// catalog.toml   license types, in a directory of an earlier release until its first list is signed
/// tokens.toml    who may read           trust/anchor.json       what a verifier pins
/// clients.toml   systems of agencies; clients.jsonl: who added, changed and removed them
/// webhooks/      where they are told of changes: list.toml, journal.jsonl, and in state/ how far each one is
/// officers.toml  who manages, uses,     trust/list.jwt          the trust list
///                audits seals           trust/lock              held while the next one is made
/// archive/       the licenses and seals  trust/history/          every trust list that was published
///                                       trust/handovers.jwt     from each anchor to the next
///                                       trust/first-anchor.json where they begin; kept from the first hand-over on
///                                       trust/draft.jsonl       changes that are not signed yet
///                                       trust/journal.jsonl     who prepared, dropped and signed them
/// reads/         reads not yet in the log
/// timestamps/    digests that wait to be stamped, and tokens
/// keys/*.toml    where keys are         keys/*.uses             what keys with limits have signed
/// keys/ceremonies/ their transcripts    keys/journal.jsonl      who made, changed and destroyed keys
/// ```
/// Key files are encrypted under the passphrase. Where `boyin.toml` has a `[store]`, the archive is there and not in `archive/`.
#[derive(Clone, Debug)]
pub struct Home {
    dir: PathBuf,
    config: Config,
    offices: Vec<Office>,
    catalog: Catalog,
    catalog_fault: Option<Arc<HomeError>>,
    anchor: Jwk,
    first_anchor: Jwk,
    engines: Vec<Arc<dyn Engine>>,
}

/// What a new data directory is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Name of the office that keeps the trust list.
    pub authority: String,
    /// Its unified credit code.
    pub authority_code: CreditCode,
    /// Division of the prefecture.
    pub division: DivisionCode,
    /// Where the service will be reached.
    pub public_url: String,
    /// Suite of the trust list's key.
    pub suite: SuiteName,
    /// The issuers.
    pub offices: Vec<Office>,
    /// Text of the catalog; the built-in one if `None`.
    pub catalog: Option<String>,
}

/// Days for which a trust list is fresh, unless the configuration is changed.
const TRUST_LIST_DAYS: u16 = 30;
/// Hours for which a status list is fresh, unless the configuration is changed.
const STATUS_LIST_HOURS: u16 = 24;

impl Home {
    /// Makes a data directory: configuration, keys, trust list and an empty archive, whole or not at all.
    ///
    /// # Errors
    /// [`HomeError::NotEmpty`] if `dir` holds anything; [`HomeError::Setup`], [`HomeError::Office`] or [`HomeError::Catalog`] for
    /// what is wrong with the setup, before anything is written; the others as they occur. What was begun stays in
    /// `<dir>.partial`, which has to be removed before the next attempt.
    pub fn create(
        dir: &Path,
        setup: &Setup,
        passphrase: &Passphrase,
        now: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<Self, HomeError> {
        Self::create_with_keys(dir, setup, &HashMap::new(), passphrase, now, random)
    }

    /// As [`Home::create`], with keys of these kinds for some offices; the others get key files.
    ///
    /// # Errors
    /// As [`Home::create`]. A key that was made in a token stays there.
    pub fn create_with_keys(
        dir: &Path,
        setup: &Setup,
        keys: &HashMap<CreditCode, KeySource>,
        passphrase: &Passphrase,
        now: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<Self, HomeError> {
        let occupied = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
        if occupied || dir.is_file() {
            return Err(HomeError::NotEmpty(dir.to_owned()));
        }
        // What is wrong is found before anything is written: a key that was made in a token would stay there.
        let founding = Founding::new(setup)?;
        let partial = partial_of(dir)?;
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| HomeError::File { path, source }
        };
        // Whoever made it may still be at work, or it is not ours at all.
        if partial.exists() {
            return Err(HomeError::NotEmpty(partial));
        }
        for sub in ["keys", "trust/history", "catalog/history", "sharing/history"] {
            make_private_dir(&partial.join(sub))?;
        }
        populate(&partial, &founding, keys, passphrase, now, random)?;
        for place in [
            "keys/x",
            "trust/history/x",
            "trust/x",
            "catalog/history/x",
            "catalog/x",
            "sharing/history/x",
            "sharing/x",
            "x",
        ] {
            sync_parent(&partial.join(place))?;
        }
        if dir.exists() {
            fs::remove_dir(dir).map_err(fail(dir))?;
        }
        fs::rename(&partial, dir).map_err(fail(dir))?;
        sync_parent(dir)?;
        Self::open(dir)
    }

    /// Reads configuration, offices, catalog and anchor. Opens no key and no archive. The memory of the configuration holds
    /// for the archives that this process opens from now on.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn open(dir: &Path) -> Result<Self, HomeError> {
        Self::open_with(dir, Vec::new(), &Overrides::default())
    }

    /// As [`Home::open`], with engines that the archive may be in, beside RocksDB, and with settings that count in place of
    /// the file's. The file has to be good without them, and they are never written into it.
    ///
    /// # Errors
    /// [`HomeError::Override`] for such a setting that cannot be used; [`HomeError`].
    pub fn open_with(
        dir: &Path,
        engines: Vec<Arc<dyn Engine>>,
        overrides: &Overrides,
    ) -> Result<Self, HomeError> {
        let path = dir.join("boyin.toml");
        if !path.is_file() {
            return Err(HomeError::NotAHome(dir.to_owned()));
        }
        let mut config = read_config(&path)?;
        overrides.apply(&mut config)?;
        config.memory.of_engine().into_iter().for_each(set_engine_memory);
        let offices: Offices = read_toml(&dir.join("offices.toml"))?;
        let anchor = read_anchor(dir.join("trust/anchor.json"))?;
        let first = dir.join(FIRST_ANCHOR);
        let first_anchor = if first.exists() { read_anchor(first)? } else { anchor.clone() };
        let catalog = Catalog::new(String::new(), []).map_err(Box::new)?;
        let dir = dir.to_owned();
        let offices = offices.office;
        let catalog_fault = None;
        let mut home = Self { dir, config, offices, catalog, catalog_fault, anchor, first_anchor, engines };
        match home.published_types() {
            Ok(catalog) => {
                check_offices(&home.offices, &catalog)?;
                home.catalog = catalog;
            }
            // Licenses are read and revoked without a catalog, and it has to be possible to mend it.
            Err(
                error @ (HomeError::List { .. }
                | HomeError::ListRollback { .. }
                | HomeError::Anchors(_)
                | HomeError::AnchorElsewhere(_)),
            ) => {
                home.catalog_fault = Some(Arc::new(error));
            }
            Err(error) => return Err(error),
        }
        Ok(home)
    }

    /// The types of the signed catalog. A directory of an earlier release has them in a file that nobody signed: enough to
    /// read licenses by, and to sign the first list from.
    fn published_types(&self) -> Result<Catalog, HomeError> {
        match self.list::<CatalogEntry>() {
            Ok(held) => Ok(held.list.catalog()),
            Err(HomeError::NoList(_)) => {
                Ok(read_text(&self.dir.join("catalog.toml"))?.parse().map_err(Box::new)?)
            }
            Err(error) => Err(error),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the prefecture shares.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The issuers.
    #[must_use]
    pub fn offices(&self) -> &[Office] {
        &self.offices
    }

    /// The license types that were published last when the directory was opened. Which of them may be issued when is in
    /// [`Home::list_at`].
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Why no catalog was good when the directory was opened: then it has no types, and nothing is issued.
    #[must_use]
    pub fn catalog_fault(&self) -> Option<&HomeError> {
        self.catalog_fault.as_deref()
    }

    /// The public key that verifies the trust list, as it was when the directory was opened; see [`Home::anchors`].
    #[must_use]
    pub fn anchor(&self) -> &Jwk {
        &self.anchor
    }

    /// The anchor with which the hand-overs begin.
    pub(crate) fn first_anchor(&self) -> &Jwk {
        &self.first_anchor
    }

    pub(crate) fn keyring(&self) -> Keyring {
        Keyring::new(&self.dir)
    }

    pub(crate) fn engines(&self) -> &[Arc<dyn Engine>] {
        &self.engines
    }

    /// The configuration as it is on the disk now; [`Home::config`] is what it was when the directory was opened, with the
    /// settings that count in place of the file's.
    pub(crate) fn config_now(&self) -> Result<Config, HomeError> {
        read_config(&self.dir.join("boyin.toml"))
    }

    pub(crate) fn write_config(&self, config: &Config) -> Result<(), HomeError> {
        replace(&self.dir.join("boyin.toml"), toml_text(config).as_bytes())
    }

    /// Where processes that read leave what they read, for the desk to take in.
    pub(crate) fn reads_path(&self) -> PathBuf {
        self.dir.join("reads")
    }

    pub(crate) fn trust_token(&self) -> Result<Vec<u8>, HomeError> {
        Ok(read_text(&self.dir.join("trust/list.jwt"))?.into_bytes())
    }

    /// The trust list as published, and verified: the one in place, or a later one that is kept, if an older one was put
    /// in its place.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn trust(&self) -> Result<(Vec<u8>, TrustSnapshot), HomeError> {
        let (token, in_place) = self.trust_in_place()?;
        match self.trust_history()?.last() {
            Some(newest) if *newest > in_place.list().sequence => self.trust_numbered(*newest),
            Some(_) | None => Ok((token, in_place)),
        }
    }

    /// The trust list in its place, verified.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn trust_in_place(&self) -> Result<(Vec<u8>, TrustSnapshot), HomeError> {
        let token = self.trust_token()?;
        let snapshot = self.anchors()?.load(&token, &all_jws())?;
        Ok((token, snapshot))
    }

    /// Who may do what with seals.
    ///
    /// # Errors
    /// [`HomeError::Officer`] if somebody is there twice; [`HomeError`].
    pub fn officers(&self) -> Result<Officers, HomeError> {
        Officers::read(&self.dir.join("officers.toml"))
    }

    /// Gives a person one power over the seals of one office.
    ///
    /// # Errors
    /// [`HomeError::Officer`] if the person has a power already; [`HomeError`].
    pub fn appoint(&self, officer: Officer) -> Result<(), HomeError> {
        let mut officers = self.officers()?;
        officers.appoint(officer)?;
        officers.write(&self.dir.join("officers.toml"))
    }

    /// Takes a person's power away.
    ///
    /// # Errors
    /// [`HomeError::Officer`] if nobody of this name has one; [`HomeError`].
    pub fn dismiss(&self, name: &str) -> Result<(), HomeError> {
        let mut officers = self.officers()?;
        officers.dismiss(name)?;
        officers.write(&self.dir.join("officers.toml"))
    }

    /// The tokens that the service accepts.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn tokens(&self) -> Result<Tokens, HomeError> {
        Tokens::read(&self.dir.join("tokens.toml"))
    }

    /// Makes a token for a reader of the service, who reads for `office`.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn grant_token(
        &self,
        name: &str,
        office: CreditCode,
        scopes: &[Scope],
        random: &mut dyn Randomness,
    ) -> Result<AccessToken, HomeError> {
        let mut tokens = self.tokens()?;
        let token = tokens.grant(name, office, scopes, random)?;
        tokens.write(&self.dir.join("tokens.toml"))?;
        Ok(token)
    }
}

/// The whole name with `.partial` after it: `data.v1` and `data.v2` must not share one, and a directory of another
/// name must never be taken for a left-over.
fn partial_of(dir: &Path) -> Result<PathBuf, HomeError> {
    let Some(name) = dir.file_name() else { return Err(HomeError::Unnamed(dir.to_owned())) };
    let mut name = name.to_owned();
    name.push(".partial");
    Ok(dir.with_file_name(name))
}

/// A setup in which nothing is wrong, before anything is written.
struct Founding<'s> {
    config: Config,
    catalog: Catalog,
    offices: &'s [Office],
    /// That of the trust list's key.
    suite: SuiteName,
}

impl<'s> Founding<'s> {
    fn new(setup: &'s Setup) -> Result<Self, HomeError> {
        let catalog_text = setup.catalog.as_deref().unwrap_or(EMBEDDED);
        let catalog: Catalog = catalog_text.parse().map_err(Box::new)?;
        check_offices(&setup.offices, &catalog)?;
        let config = Config {
            format: CONFIG_FORMAT,
            authority: setup.authority.clone(),
            authority_code: setup.authority_code,
            division: setup.division,
            public_url: setup.public_url.trim_end_matches('/').to_owned(),
            trust_list_days: TRUST_LIST_DAYS,
            status_list_hours: STATUS_LIST_HOURS,
            status_list_entries: status_list_entries(),
            memory: Memory::default(),
            undo_window_hours: UNDO_WINDOW_HOURS,
            store: None,
        };
        config.check()?;
        Ok(Self { config, catalog, offices: &setup.offices, suite: setup.suite })
    }
}

fn populate(
    dir: &Path,
    founding: &Founding<'_>,
    keys: &HashMap<CreditCode, KeySource>,
    passphrase: &Passphrase,
    now: UnixTime,
    random: &mut dyn Randomness,
) -> Result<(), HomeError> {
    let Founding { config, catalog, offices, suite } = founding;
    let keyring = Keyring::new(dir);
    let mut issuers = Vec::with_capacity(offices.len());
    for office in *offices {
        let key = first_key(&keyring, office, keys, passphrase, now, random)?;
        issuers.push(issuer(office, config, catalog, key.reference(), now));
    }
    let trust_key = keyring.make(TRUST_KEY, (*suite).into(), passphrase, random)?;
    let list = TrustList {
        authority: config.authority.clone(),
        division: config.division,
        format: TRUST_LIST_FORMAT,
        sequence: 1,
        issued_at: now,
        next_update: now.plus(u64::from(config.trust_list_days) * SECONDS_PER_DAY),
        issuers,
        seals: Vec::new(),
        certificates: Vec::new(),
        makers: Vec::new(),
        timestamp_authorities: Vec::new(),
        algorithms: Vec::new(),
    };
    write_trust(dir, &trust_key, &list)?;
    let publisher = Publisher {
        authority: &config.authority,
        authority_code: config.authority_code,
        division: config.division,
        trust_sequence: list.sequence,
        at: now,
    };
    write_list::<CatalogEntry>(dir, &trust_key, &publisher.first(catalog))?;
    write_list::<SharingEntry>(dir, &trust_key, &publisher.first(catalog))?;
    let secret = keyring.make_archive_secret(passphrase, random)?;
    let request = boyin_model::alg::VerifyAlg::digest(&boyin_suite::ES256, &[config.authority.as_bytes()]);
    let act = Act::new("init", config.authority_code, "建立数据目录", now, "archive", request);
    let act = act.expect("the words are ours");
    Archive::create(&dir.join("archive"), &secret, &act)?;
    let offices = Offices { office: offices.to_vec() };
    write_private(&dir.join("offices.toml"), toml_text(&offices).as_bytes())?;
    write_private(&dir.join("boyin.toml"), toml_text(config).as_bytes())
}

fn first_key(
    keyring: &Keyring,
    office: &Office,
    keys: &HashMap<CreditCode, KeySource>,
    passphrase: &Passphrase,
    now: UnixTime,
    random: &mut dyn Randomness,
) -> Result<SigningKey, HomeError> {
    match keys.get(&office.code) {
        Some(source) => Ok(keyring.create(office.code.as_str(), source, None, now, passphrase, random)?.1),
        None => keyring.make(office.code.as_str(), office.suite.into(), passphrase, random),
    }
}

fn write_trust(dir: &Path, key: &SigningKey, list: &TrustList) -> Result<(), HomeError> {
    let token = key.sign_jws(&trust_list(list, key.reference()))?;
    let anchor = boyin_model::json::canonical(key.reference().jwk());
    write_private(&dir.join("trust/anchor.json"), &anchor)?;
    write_private(&dir.join("trust/history/00000001.jwt"), &token)?;
    write_private(&dir.join("trust/list.jwt"), &token)
}

fn write_list<E: ListKind>(dir: &Path, key: &SigningKey, list: &SignedList<E>) -> Result<(), HomeError> {
    let path = dir.join(E::NAME).join("list.jwt");
    list.check().map_err(|fault| HomeError::List { path: path.clone(), source: fault.into() })?;
    let token = key.sign_jws(&signed_list(list, key.reference()))?;
    let shelf = Shelf::new(dir.join(E::NAME));
    write_private(&shelf.kept(list.sequence), &token)?;
    write_private(&path, &token)
}

fn issuer(office: &Office, config: &Config, catalog: &Catalog, key: &KeyRef, now: UnixTime) -> Issuer {
    let types = office.licenses.iter().filter_map(|name| catalog.find(name));
    let entitlements = types.map(|license_type| Entitlement {
        license_type: license_type.code,
        divisions: vec![office.division],
        from: now,
        until: None,
    });
    Issuer {
        code: office.code,
        name: office.name.clone(),
        division: office.division,
        keys: vec![IssuerKey::new(key.jwk().clone(), now, None)],
        entitlements: entitlements.collect(),
        status_lists: vec![StatusLists {
            prefix: config.status_list_prefix(office.code),
            from: now,
            until: None,
        }],
    }
}

fn check_offices(offices: &[Office], catalog: &Catalog) -> Result<(), HomeError> {
    for (place, office) in offices.iter().enumerate() {
        let refuse = |fault| Err(HomeError::Office { office: office.code, fault });
        if offices[..place].iter().any(|earlier| earlier.code == office.code) {
            return refuse(OfficeFault::Twice);
        }
        if office.licenses.iter().any(|name| catalog.find(name).is_none()) {
            return refuse(OfficeFault::LicenseType);
        }
    }
    Ok(())
}

/// Looks at the format first: a newer file may have members that this release does not know.
fn read_config(path: &Path) -> Result<Config, HomeError> {
    #[derive(serde::Deserialize)]
    struct FormatOnly {
        format: u32,
    }
    let FormatOnly { format: found } = read_toml(path)?;
    if found > CONFIG_FORMAT {
        return Err(HomeError::NewerFormat { found, supported: CONFIG_FORMAT });
    }
    let config: Config = read_toml(path)?;
    config.check().map_err(|fault| HomeError::Config { path: path.to_owned(), fault })?;
    Ok(config)
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, HomeError> {
    toml::from_str(&read_text(path)?)
        .map_err(|source| HomeError::Toml { path: path.to_owned(), source: Box::new(source) })
}

fn toml_text<T: serde::Serialize>(value: &T) -> String {
    toml::to_string(value).expect("the configuration has a TOML form")
}

fn read_anchor(path: PathBuf) -> Result<Jwk, HomeError> {
    parse_anchor(&read_text(&path)?).ok_or(HomeError::Anchor(path))
}

/// An anchor is a JSON object of texts, which is TOML-free and read by the strict reader of signed documents.
pub(crate) fn parse_anchor(text: &str) -> Option<Jwk> {
    let parsed =
        boyin_model::json::parse(text.trim_end().as_bytes(), boyin_model::json::Reader::Field).ok()?;
    let object = parsed.value.as_object().filter(|object| object.len() == 6)?;
    let member = |name: &str| Some(object.get(name)?.as_text()?.to_owned());
    Some(Jwk {
        alg: member("alg")?,
        crv: member("crv")?,
        kid: member("kid")?,
        kty: member("kty")?,
        x: member("x")?,
        y: member("y")?,
    })
}

pub(crate) fn make_private_dir(path: &Path) -> Result<(), HomeError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| HomeError::File { path: path.to_owned(), source })
}
