use std::io::Write;

use boyin::suite::SystemRandom;
use serde_json::json;

use crate::Exit;
use crate::args::Token;
use crate::context::Session;
use crate::output::json_line;

/// `token …`
pub(crate) fn run(session: &Session, command: &Token, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Token::New { name, office, scope } = command;
    let home = session.home()?;
    let office = office.unwrap_or(home.config().authority_code);
    let token = home.grant_token(name, office, scope, &mut SystemRandom)?;
    let scopes: Vec<_> = scope.iter().map(|scope| scope.code()).collect();
    if session.json() {
        json_line(out, &json!({ "name": name, "scopes": scopes, "token": token.reveal() }))?;
        return Ok(Exit::Done);
    }
    writeln!(out, "{}", token.reveal())?;
    out.flush()?;
    let mut notes = std::io::stderr();
    writeln!(notes, "This token for {name} ({}) is shown once; keep it secret.", scopes.join(", "))?;
    writeln!(notes, "A running service takes it in when it is started again.")?;
    Ok(Exit::Done)
}
