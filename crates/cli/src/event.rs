use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use boyin::Home;
use boyin::archive::{Event as Entry, EventKind, LogHead, MAX_EVENTS};
use boyin::model::hex;
use serde_json::{Value, json};

use crate::args::Event;
use crate::context::{Session, now};
use crate::output::{self, json_line};
use crate::{Exit, files};

/// `event …`
pub(crate) fn run(session: &Session, command: &Event, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Event::List { after, limit } => {
            let reading = session.reading()?;
            let events = reading.lookup.events(*after, *limit)?;
            show(session.json(), out, reading.lookup.home(), &events, *limit)?;
        }
        Event::Check => check(session, out)?,
        Event::Export { out: path } => export(session, path, out)?,
    }
    Ok(Exit::Done)
}

/// Events, and where to go on.
pub(crate) fn show(
    json: bool,
    out: &mut dyn Write,
    home: &Home,
    events: &[Entry],
    limit: usize,
) -> anyhow::Result<()> {
    if json {
        for event in events {
            json_line(out, &to_json(event))?;
        }
        return Ok(());
    }
    table(out, home, events)?;
    if let Some(last) = events.last().filter(|_| events.len() == limit) {
        writeln!(out, "\nMore (下一页): --after {}", last.number)?;
    }
    Ok(())
}

fn check(session: &Session, out: &mut dyn Write) -> anyhow::Result<()> {
    let (_, desk) = session.desk()?;
    let head = desk.archive().check_log()?;
    if session.json() {
        return Ok(json_line(out, &json!({ "events": head.number, "hash": hex::encode(&head.hash) }))?);
    }
    writeln!(out, "✓ {} events, none is missing and each holds the hash of the one before it.", head.number)?;
    writeln!(out, "  {}", hex::encode(&head.hash))?;
    Ok(())
}

/// `{"number":…,"prev":…,"hash":…,"event":"…"}` for each event, then `{"head":"…"}`.
fn export(session: &Session, path: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let (_, desk) = session.desk()?;
    let (end, signed) = desk.signed_head(now()?)?;
    let mut text = Vec::new();
    let mut head = LogHead::START;
    while head.number < end.number {
        for line in desk.archive().log(head, MAX_EVENTS)? {
            let event = std::str::from_utf8(&line.bytes).context("an event is text")?;
            let value = json!({
                "number": line.head.number, "prev": hex::encode(&line.previous), "hash": hex::encode(&line.head.hash), "event": event,
            });
            writeln!(text, "{value}")?;
            head = line.head;
        }
    }
    writeln!(text, "{}", json!({ "head": String::from_utf8(signed).context("a JWS is text")? }))?;
    files::write_new(path, &text)?;
    writeln!(out, "✓ {} events and a signed head are in {}.", end.number, path.display())?;
    writeln!(
        out,
        "  Check them with: python3 tools/check-events.py --anchor ANCHOR.json {}",
        path.display()
    )?;
    Ok(())
}

/// Events as a table.
pub(crate) fn table(out: &mut dyn Write, home: &Home, events: &[Entry]) -> std::io::Result<()> {
    let header = [
        "#",
        "时间 When",
        "机构 Office",
        "人员 Who",
        "事项 What",
        "目的 Purpose",
        "证照、印章 Of",
        "备注 Detail",
    ];
    let mut table = output::table(&header);
    for event in events {
        table.add_row([
            event.number.to_string(),
            event.at.to_string(),
            output::office_name(home, event.office),
            event.who.clone(),
            format!("{} {}", name(event.what), event.what.code()),
            event.why.clone(),
            subject(event),
            event.detail.clone(),
        ]);
    }
    writeln!(out, "{table}")
}

/// An event as JSON.
pub(crate) fn to_json(event: &Entry) -> Value {
    json!({
        "number": event.number,
        "at": event.at.seconds(),
        "office": event.office.as_str(),
        "who": event.who,
        "what": event.what.code(),
        "why": event.why,
        "license_id": event.license.as_ref().map(|id| id.as_str()),
        "seal": event.seal.map(|id| id.to_string()),
        "basis": event.basis,
        "retroactive": event.retroactive,
        "successor": event.successor.as_ref().map(|id| id.as_str()),
        "detail": event.detail,
        "second": event.second,
    })
}

/// The license or the seal that something was done to.
fn subject(event: &Entry) -> String {
    let license = event.license.as_ref().map(ToString::to_string);
    license.or(event.seal.map(|id| id.to_string())).unwrap_or_default()
}

pub(crate) fn name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::ArchiveCreated => "建库",
        EventKind::LicenseIssued => "签发",
        EventKind::LicenseRevoked => "吊销",
        EventKind::LicenseSuspended => "暂停",
        EventKind::LicenseRestored => "恢复",
        EventKind::LicenseSuperseded => "换发",
        EventKind::LicenseShared => "共享",
        EventKind::StatusListPublished => "发布状态列表",
        EventKind::SealApplied => "申请印章",
        EventKind::SealApproved => "批准印章",
        EventKind::SealRejected => "驳回印章",
        EventKind::SealMade => "制作印章",
        EventKind::SealRemade => "重新制作印章",
        EventKind::SealInUse => "启用印章",
        EventKind::SealUsed => "用印",
        EventKind::SealSuspended => "停用印章",
        EventKind::SealRestored => "恢复印章",
        EventKind::SealRecalled => "收回印章",
        EventKind::SealDestroyed => "销毁印章",
        EventKind::LicenseRead => "查阅证照",
        EventKind::HolderRead => "查阅档案",
        EventKind::HolderLogRead => "查询访问记录",
        EventKind::ReadsCut => "查阅记录中断",
        EventKind::LicensePurged => "清除个人信息",
        EventKind::KeyRotated => "更换数据密钥",
        EventKind::KeyRetired => "销毁旧数据密钥",
        EventKind::SecretChanged => "更换根密钥",
        EventKind::ImportBegun => "开始归集",
        EventKind::RowsImported => "归集数据",
        EventKind::CollectedRaised => "提升数据等级",
        EventKind::CollectedResolved => "裁定数据冲突",
        EventKind::CollectedErased => "清除归集数据",
        EventKind::LicenseCanceled => "注销",
        EventKind::LicenseRenewed => "延续",
        EventKind::LicenseChanged => "变更",
        EventKind::LicenseReissued => "补证",
        EventKind::HolderClosed => "主体终止",
        EventKind::LicensesChanged => "批量处置",
        EventKind::ChangesUndone => "撤回批量处置",
        EventKind::AddressAdded => "登记地址",
        EventKind::AddressRemoved => "取消地址",
        EventKind::ListPublished => "发布清单",
        EventKind::SharingDecided => "共享判定",
        EventKind::TotalStated => "登记应归集总数",
        EventKind::ExemptionDecided => "免证判定",
        EventKind::DecisionInputsErased => "清除判定依据",
        EventKind::DelegationGranted => "授权委托",
        EventKind::DelegationUsed => "代办",
        EventKind::DelegationRevoked => "撤销委托",
        EventKind::SigningKeyRotated => "更换签名密钥",
    }
}
