//! Trust from files that somebody fetched, without a data directory.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use boyin::model::trust::Jwk;
use boyin::suite::all_jws;
use boyin::verify::{AnchorChain, TrustSnapshot};
use clap::Args;

use crate::context::now;
use crate::files;

#[derive(Debug, Args)]
pub(crate) struct Files {
    /// Without data directory: the trust list
    #[arg(long, value_name = "LIST.jwt", requires = "anchor")]
    pub(crate) trust: Option<PathBuf>,
    /// With --trust: the public key that signs the trust list, as trust/anchor.json has it
    #[arg(long, value_name = "ANCHOR.json", requires = "trust")]
    pub(crate) anchor: Option<PathBuf>,
    /// With --trust: hand-overs from that anchor to later ones, as `boyin trust handovers` writes them
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(crate) handovers: Option<PathBuf>,
}

/// A trust list that was verified with the anchor that somebody holds, or with one that it hands over to.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) token: Vec<u8>,
    pub(crate) snapshot: TrustSnapshot,
    /// Who signed it.
    pub(crate) signer: Jwk,
    /// The anchor to hold from now on.
    pub(crate) latest: Jwk,
}

impl Files {
    /// `None` if no trust list is named.
    pub(crate) fn load(&self) -> anyhow::Result<Option<Fetched>> {
        let (Some(trust), Some(anchor)) = (&self.trust, &self.anchor) else { return Ok(None) };
        let held = public_key(anchor)?;
        let chain = match &self.handovers {
            Some(path) => AnchorChain::follow(&held, &files::read(path)?, &all_jws(), now()?)
                .with_context(|| format!("the hand-overs {} are refused", path.display()))?,
            None => AnchorChain::of(&held),
        };
        let token = pasted(&files::read(trust)?).to_vec();
        let snapshot = chain
            .load(&token, &all_jws())
            .with_context(|| format!("the trust list {} is refused", trust.display()))?;
        let signer = chain.signer_of(&token).unwrap_or(&held).clone();
        let latest = chain.latest().clone();
        if latest != held {
            eprintln!(
                "Note: the anchor {} has handed over to {}: hold that one (`boyin trust show … --new-anchor FILE`).",
                held.kid, latest.kid
            );
        }
        Ok(Some(Fetched { token, snapshot, signer, latest }))
    }
}

/// The key in a file such as trust/anchor.json.
pub(crate) fn public_key(path: &Path) -> anyhow::Result<Jwk> {
    serde_json::from_slice(&files::read(path)?)
        .with_context(|| format!("{} is not a public key such as trust/anchor.json", path.display()))
}

/// What is pasted or saved by an editor ends in a line break; no document of ours does. The service does the same.
pub(crate) fn pasted(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_end()
}
