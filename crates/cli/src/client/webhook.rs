//! `boyin client webhook …` and `boyin webhook deliver`

use std::io::Write;
use std::sync::Arc;

use boyin::revocation::AllowedHost;
use boyin::transport::Http;
use boyin::webhook::{
    Delivered, WEBHOOK_CONNECT_TIMEOUT, WEBHOOK_REQUEST_TIMEOUT, WebhookProgress, WebhookWish, Webhooks,
};
use boyin_service::unix_now;
use serde_json::{Value, json};

use super::args::{Notices, Remove, SetWebhook, Webhook as Command};
use crate::Exit;
use crate::context::{Session, now};
use crate::key::order_of;
use crate::output::{self, json_line};

/// Delivers over HTTP to these hosts.
pub(crate) fn webhooks(hosts: Vec<AllowedHost>) -> Webhooks {
    let http = Http::new(WEBHOOK_CONNECT_TIMEOUT, WEBHOOK_REQUEST_TIMEOUT);
    Webhooks::new(Arc::new(http), hosts)
}

/// `client webhook …`
pub(super) fn run(session: &Session, command: Command, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Command::Set(args) => set(session, args, out),
        Command::Remove(args) => remove(session, &args, out),
        Command::List => list(session, out),
    }
}

fn set(session: &Session, args: SetWebhook, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let SetWebhook { id, url, on, office, term_days, words } = args;
    let order = order_of(home.config().authority_code, &words)?;
    home.set_webhook(&id, WebhookWish { url, kinds: on, office, term_days }, &order)?;
    if session.json() {
        json_line(out, &json!({ "client": id }))?;
    } else {
        writeln!(out, "✓ client {id} is told of changes from now on 已设置变更通知")?;
        writeln!(
            out,
            "  Notices go to hosts only that `boyin serve --desk --webhook-host` or `boyin webhook deliver --host` names."
        )?;
    }
    Ok(Exit::Done)
}

fn remove(session: &Session, args: &Remove, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let order = order_of(home.config().authority_code, &args.words)?;
    home.remove_webhook(&args.id, &order)?;
    if session.json() {
        json_line(out, &json!({ "client": args.id }))?;
    } else {
        writeln!(out, "✓ client {} is told of nothing more 已移除变更通知", args.id)?;
    }
    Ok(Exit::Done)
}

fn progress_json(progress: Option<&WebhookProgress>) -> Value {
    let Some(progress) = progress else { return Value::Null };
    json!({
        "acknowledged": progress.acknowledged, "position": progress.position,
        "waiting_since": progress.waiting_since.map(|at| at.seconds()), "failures": progress.failures,
        "fault": progress.fault,
    })
}

fn list(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let home = session.home()?;
    let mut found = Vec::new();
    for webhook in home.webhooks()? {
        let progress = home.webhook_progress(&webhook.client)?;
        found.push((webhook, progress));
    }
    if session.json() {
        let lines = found.iter().map(|(webhook, progress)| {
            let mut line = serde_json::to_value(webhook)?;
            line["progress"] = progress_json(progress.as_ref());
            Ok::<_, serde_json::Error>(line)
        });
        let lines = lines.collect::<serde_json::Result<Vec<_>>>()?;
        json_line(out, &json!({ "webhooks": lines }))?;
        return Ok(Exit::Done);
    }
    let header = [
        "客户端 Client",
        "地址 URL",
        "事件 On",
        "期限 Days",
        "已送达 Sent",
        "待送 Waiting since",
        "故障 Fault",
    ];
    let mut table = output::table(&header);
    for (webhook, progress) in found {
        let kinds: Vec<_> = webhook.kinds.iter().map(|kind| kind.code()).collect();
        let (sent, since, fault) = match progress {
            None => (0, None, None),
            Some(WebhookProgress { acknowledged, waiting_since, fault, .. }) => {
                (acknowledged, waiting_since, fault)
            }
        };
        let since = since.map(|at| at.to_string()).unwrap_or_default();
        let (days, sent) = (webhook.term_days.to_string(), sent.to_string());
        let row = [webhook.client, webhook.url, kinds.join(", "), days, sent, since];
        table.add_row(row.into_iter().chain([fault.unwrap_or_default()]));
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Done)
}

/// `webhook deliver`: ends with 1 if something waits still.
pub(crate) fn deliver(session: &Session, command: Notices, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Notices::Deliver { hosts } = command;
    let (_, desk) = session.desk()?;
    let webhooks = webhooks(hosts);
    // A list that cannot be told keeps no change of a license back.
    let lists = webhooks.tell_lists(&desk, now()?);
    let mut exit = Exit::Done;
    for (client, turn) in webhooks.deliver_all(&desk, &unix_now)? {
        let (notices, fault, code) = match turn {
            Ok(Delivered { notices, fault }) => {
                (notices, fault.map(|fault| fault.to_string()), fault.map(|fault| fault.code()))
            }
            Err(error) => (0, Some(error.to_string()), Some(error.code())),
        };
        if fault.is_some() {
            exit = Exit::Failed;
        }
        if session.json() {
            json_line(out, &json!({ "client": client, "notices": notices, "fault": code }))?;
        } else {
            let fault = fault.map(|fault| format!("; {fault}")).unwrap_or_default();
            writeln!(out, "{client}: {notices} notices acknowledged{fault}")?;
        }
    }
    lists?;
    Ok(exit)
}
