use std::io::Write;

use boyin::Home;
use boyin::archive::{Event as Entry, EventKind};
use serde_json::{Value, json};

use crate::Exit;
use crate::args::Event;
use crate::context::Session;
use crate::output::{self, json_line};

/// `event …`
pub(crate) fn run(session: &Session, command: &Event, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Event::List { after, limit } = command;
    let reading = session.reading()?;
    let events = reading.lookup.events(*after, *limit)?;
    if session.json() {
        for event in &events {
            json_line(out, &to_json(event))?;
        }
        return Ok(Exit::Done);
    }
    table(out, reading.lookup.home(), &events)?;
    if let Some(last) = events.last().filter(|_| events.len() == *limit) {
        writeln!(out, "\nMore (下一页): --after {}", last.number)?;
    }
    Ok(Exit::Done)
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

fn name(kind: EventKind) -> &'static str {
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
    }
}
