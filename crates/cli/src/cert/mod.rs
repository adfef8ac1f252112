//! `boyin cert`: certificates of anyone, looked at and verified. Needs no data directory.

pub(crate) mod args;
mod inspect;
mod pem;
mod verify;

use std::io::Write;

use crate::Exit;
use crate::context::Session;

pub(crate) fn run(session: &Session, command: args::Cert, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        args::Cert::Inspect(args) => inspect::run(session, &args, out),
        args::Cert::Verify(args) => verify::run(session, &args, out),
    }
}
