use std::path::PathBuf;

use anyhow::Context as _;
use boyin::suite::all_x509;
use boyin::verify::chain::{CertificateError, CertificateStore};
use clap::{ArgAction, Args};

use crate::files;

/// Certificates to verify with in place of a data directory.
#[derive(Debug, Args)]
pub(crate) struct Trusted {
    /// Verify without data directory: certificates that are trusted; can be repeated
    #[arg(long, value_name = "CERT.der", action = ArgAction::Append)]
    anchor: Vec<PathBuf>,
    /// With --anchor: certificates between those and the seal's
    #[arg(long, value_name = "CERT.der", requires = "anchor", action = ArgAction::Append)]
    intermediate: Vec<PathBuf>,
    /// With --anchor: certificates of seal makers
    #[arg(long, value_name = "CERT.der", requires = "anchor", action = ArgAction::Append)]
    maker: Vec<PathBuf>,
    /// With --anchor: revocation lists
    #[arg(long, value_name = "LIST.crl", requires = "anchor", action = ArgAction::Append)]
    crl: Vec<PathBuf>,
}

impl Trusted {
    /// The certificates, if there is an anchor.
    pub(crate) fn store(&self) -> anyhow::Result<Option<CertificateStore>> {
        if self.anchor.is_empty() {
            return Ok(None);
        }
        let mut store = CertificateStore::new(&all_x509());
        type Add = fn(&mut CertificateStore, &[u8]) -> Result<(), CertificateError>;
        let kinds: [(&[PathBuf], Add); 4] = [
            (&self.anchor, CertificateStore::add_anchor),
            (&self.intermediate, CertificateStore::add_intermediate),
            (&self.maker, CertificateStore::add_maker),
            (&self.crl, CertificateStore::add_revocation_list),
        ];
        for (paths, add) in kinds {
            for path in paths {
                add(&mut store, &files::read(path)?)
                    .with_context(|| format!("{} is refused", path.display()))?;
            }
        }
        Ok(Some(store))
    }
}
