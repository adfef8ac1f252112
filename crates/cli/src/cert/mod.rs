//! `boyin cert`: certificates of anyone, looked at and verified. Needs no data directory.

pub(crate) mod args;
mod fetch;
mod inspect;
mod pem;
mod verify;

use std::io::Write;
use std::path::Path;

use crate::Exit;
use crate::context::Session;

pub(crate) fn run(session: &Session, command: args::Cert, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        args::Cert::Inspect(args) => inspect::run(session, &args, out),
        args::Cert::Verify(args) => verify::run(session, &args, out),
    }
}

/// The one certificate of a file, DER.
pub(crate) fn one_certificate(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut found = pem::read(path, &verify::CERTIFICATE)?;
    match (found.pop(), found.len()) {
        (Some(certificate), 0) => Ok(certificate),
        (_, more) => anyhow::bail!("{} holds {} certificates: give one", path.display(), more + 1),
    }
}
