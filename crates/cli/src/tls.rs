//! What `boyin serve` is told of TLS.

use std::path::PathBuf;

use boyin::access::CertificateUse;
use boyin_service::{Tls, TlsFiles};
use clap::{Args, ValueEnum};

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ClientCertificates {
    /// Whoever presents one is given tokens that are good with it only
    Optional,
    /// Clients are given nothing without one; pages and public calls need none
    Required,
}

#[derive(Debug, Args)]
pub(crate) struct TlsArgs {
    /// Speak TLS, with this certificate and those above it, in PEM. A file that is replaced is taken in at once
    #[arg(long, env = "BOYIN_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// Its private key, in PEM without a passphrase
    #[arg(long, env = "BOYIN_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Authorities whose certificates clients may present, in PEM (双向 TLS)
    #[arg(long, env = "BOYIN_CLIENT_CA", value_name = "FILE", requires = "tls_certificate")]
    pub(crate) client_ca: Option<PathBuf>,
    /// Whether clients have to present one [default: optional]
    #[arg(long, env = "BOYIN_CLIENT_CERTIFICATES", value_enum, value_name = "WHEN", requires = "client_ca")]
    pub(crate) client_certificates: Option<ClientCertificates>,
}

impl TlsArgs {
    /// Reads the files, if TLS is to be spoken.
    pub(crate) fn open(&self) -> anyhow::Result<Option<Tls>> {
        let Some((certificate, key)) = self.tls_certificate.clone().zip(self.tls_key.clone()) else {
            return Ok(None);
        };
        let files = TlsFiles { certificate, key, client_ca: self.client_ca.clone() };
        Ok(Some(Tls::open(files)?))
    }

    pub(crate) fn certificates(&self) -> CertificateUse {
        match self.client_certificates {
            None | Some(ClientCertificates::Optional) => CertificateUse::Optional,
            Some(ClientCertificates::Required) => CertificateUse::Required,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn tls(more: &[&str]) -> Option<TlsArgs> {
        let words = [&["boyin", "serve"], more].concat();
        let Command::Serve(serve) = Cli::try_parse_from(words).ok()?.command else {
            panic!("another command")
        };
        Some(serve.tls)
    }

    #[test]
    fn what_is_useless_alone_is_refused() {
        let pair = ["--tls-certificate", "c", "--tls-key", "k"];
        let with = |more: &[&'static str]| [&pair[..], more].concat();
        for alone in [
            &pair[..2],
            &pair[2..],
            &["--client-ca", "a"],
            &with(&["--client-certificates", "required"]),
            &with(&["--client-ca", "a", "--client-certificates", "perhaps"]),
        ] {
            assert!(tls(alone).is_none(), "{alone:?}");
        }
        assert!(tls(&[]).unwrap().open().unwrap().is_none());
        let use_of = |more: &[&'static str]| tls(&with(more)).unwrap().certificates();
        assert_eq!(use_of(&["--client-ca", "a"]), CertificateUse::Optional);
        assert_eq!(
            use_of(&["--client-ca", "a", "--client-certificates", "optional"]),
            CertificateUse::Optional
        );
        assert_eq!(
            use_of(&["--client-ca", "a", "--client-certificates", "required"]),
            CertificateUse::Required
        );
    }
}
