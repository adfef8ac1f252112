use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use boyin_archive::{Act, Archive};
use boyin_issue::{KeyRef, SigningKey, trust_list};
use boyin_model::alg::Randomness;
use boyin_model::catalog::{Catalog, EMBEDDED};
use boyin_model::id::{CreditCode, DivisionCode};
use boyin_model::time::UnixTime;
use boyin_model::trust::{Entitlement, Issuer, IssuerKey, Jwk, TRUST_LIST_FORMAT, TrustList};
use boyin_suite::all_jws;
use boyin_verify::TrustSnapshot;

use crate::config::{CONFIG_FORMAT, Config, Office, Offices, SuiteName, status_list_entries};
use crate::error::{HomeError, OfficeFault};
use crate::keyring::{Keyring, Passphrase, TRUST_KEY, read_text, sync_parent, write_private};
use crate::keyring_reference::KeySource;
use crate::officers::{Officer, Officers};
use crate::rotation_anchor::FIRST_ANCHOR;
use crate::tokens::{AccessToken, Scope, Tokens};

/// A data directory of the prefecture.
///
/// ```text
/// boyin.toml     configuration          keys/trust-list.pem     signs the trust list
/// offices.toml   who issues what        keys/<code>.pem         signs the licenses of one office
/// catalog.toml   license types          keys/archive.pem        opens the archive
/// tokens.toml    who may read           trust/anchor.json       what a verifier pins
/// officers.toml  who manages, uses,     trust/list.jwt          the trust list
///                audits seals           trust/lock              held while the next one is made
/// archive/       the licenses and seals  trust/history/          every trust list that was published
///                                       trust/handovers.jwt     from each anchor to the next
///                                       trust/first-anchor.json where they begin; kept from the first hand-over on
///                                       trust/draft.jsonl       changes that are not signed yet
///                                       trust/journal.jsonl     who prepared, dropped and signed them
