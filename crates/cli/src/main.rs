//! The `boyin` command: a thin edge around the crate `boyin`.
//!
//! One module for each group of commands. Only this crate and the service read the clock, here in [`context::now`].
//! Results go to standard output through one writer, everything else to standard error. What names a person is masked
//! unless `--full` is given, and never part of an error.

mod address;
mod archive;
mod args;
mod bulk;
mod catalog;
mod cert;
mod client;
mod context;
mod delegation;
mod demo;
#[cfg(test)]
mod deploy;
mod doctor;
mod engine;
mod environment;
mod event;
mod fetched;
mod files;
mod forms;
mod holder;
mod import;
mod init;
mod issue;
mod key;
mod license;
mod listing;
mod lists;
mod next;
mod ofd;
mod output;
mod present;
mod replay;
mod report;
mod seal;
mod serve;
mod sharing;
mod signer;
mod space;
mod timestamp;
mod tls;
mod token;
mod trust;
mod trusted;
mod verify;
mod window;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Cli, Command, Shell};
use crate::context::Session;

/// For what RocksDB's C++ asks for, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the process ends with. The first three are the verdicts of a verification; other commands use `Done`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done,
    Failed,
    Indeterminate,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Failed => Self::from(1),
            Exit::Indeterminate => Self::from(2),
        }
    }
}

/// Usage and everything else that kept the command from its work.
const EXIT_ERROR: u8 = 3;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => {
            // Nobody left to tell if the terminal is gone.
            let _ = refusal.print();
            return if refusal.use_stderr() { ExitCode::from(EXIT_ERROR) } else { ExitCode::SUCCESS };
        }
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let result = run(cli, &mut out).and_then(|exit| {
        out.flush()?;
        Ok(exit)
    });
    match result {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => ExitCode::from(EXIT_ERROR),
        Err(error) => {
            let _ = out.flush();
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(EXIT_ERROR)
        }
    }
}

fn run(cli: Cli, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let overrides = environment::overrides()?;
    environment::check(&cli.command)?;
    let session = Session::new(cli.global, overrides);
    match cli.command {
        Command::Init(args) => init::run(&session, args, out),
        Command::License(command) => license::run(&session, command, out),
        Command::Holder(command) => holder::run(&session, command, out),
        Command::Bulk(command) => bulk::run(&session, *command, out),
        Command::Undo(args) => bulk::undo(&session, args, out),
        Command::Seal(command) => seal::run(&session, *command, out),
        Command::Ofd(command) => ofd::run(&session, &command, out),
        Command::Cert(command) => cert::run(&session, *command, out),
        Command::Verify(args) => verify::run(&session, &args, out),
        Command::Present(command) => present::run(&session, *command, out),
        Command::Bundle(command) => present::bundle::run(&session, &command, out),
        Command::Replay(args) => replay::run(&session, &args, out),
        Command::Status(command) => lists::status(&session, &command, out),
        Command::Trust(command) => trust::run(&session, command, out),
        Command::Catalog(command) => catalog::run(&session, command, out),
        Command::Sharing(command) => sharing::run(&session, *command, out),
        Command::Window(command) => window::run(&session, *command, out),
        Command::Key(command) => key::run(&session, command, out),
        Command::Signer(args) => signer::run(&session, *args, out),
        Command::Timestamp(command) => timestamp::run(&session, *command, out),
        Command::Token(command) => token::run(&session, &command, out),
        Command::Client(command) => client::run(&session, *command, out),
        Command::Webhook(command) => client::webhook::deliver(&session, command, out),
        Command::Import(command) => import::run(&session, *command, out),
        Command::Archive(command) => archive::run(&session, command, out),
        Command::Event(command) => event::run(&session, &command, out),
        Command::Serve(args) => serve::run(&session, &args, out),
        Command::Doctor(args) => doctor::run(&session, &args, out),
        Command::Demo(args) => demo::run(&args, out),
        Command::Completions { shell } => completions(shell, out),
    }
}

fn completions(shell: Shell, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "boyin", &mut script);
    out.write_all(&script)?;
    Ok(Exit::Done)
}

/// `boyin … | head` is no error to talk about; but it is not a verdict either.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
