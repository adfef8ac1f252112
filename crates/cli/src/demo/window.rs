//! Some dozens of decisions on papers, so that the meter has figures. All of them are of now: nobody turns the clock, so they are of one
//! month.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Instant;

use anyhow::Context as _;
use boyin::exempt::{Answer, Channel, CommitmentStanding, Role};
use boyin::issue::Draft;
use boyin::meter::Decided;
use boyin::model::id::{DivisionCode, HolderCode, HolderCodeType};
use boyin::window::{WindowParty, WindowQuestion};
use boyin::{Desk, Home};

use super::{order, rate};
use crate::issue;

/// Decisions, at most: one for a form.
const DECISIONS: usize = 60;
/// What people and enterprises ask for: matters without questions about the situation.
const OF_PEOPLE: [&str; 4] =
    ["senior-benefit", "unemployment-registration", "residence-permit", "personal-insurance"];
const OF_ENTERPRISES: [&str; 2] = ["special-equipment", "road-transport-permit-renewal"];

/// Decides for holders of identity cards and business licenses, at one office after the other.
pub(super) fn decide_some(
    desk: &Desk,
    home: &Home,
    forms: &[Draft],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let holders: Vec<_> = forms.iter().filter_map(holder).take(DECISIONS).collect();
    let (bar, started) = (issue::progress(holders.len()), Instant::now());
    let mut came = Vec::with_capacity(holders.len());
    let offices = home.offices().iter().cycle();
    for (number, ((draft, role, holder), office)) in holders.into_iter().zip(offices).enumerate() {
        let asked = question(number, draft, role, holder)?;
        let order = order(office.code, "演示办件", format!("demo-decision-{number}"))?;
        let answer = desk.decide_exemption(&asked, &order)?;
        let decided = Decided::of_receipt(answer.event, &answer.receipt);
        came.push(decided.context("a receipt that was just made can be read")?.answer());
        bar.inc(1);
    }
    bar.finish_and_clear();
    let count = |wanted: Answer| came.iter().filter(|answer| **answer == wanted).count();
    let counts = Answer::ALL.map(|answer| format!("{} {}", answer.name_zh(), count(answer)));
    writeln!(out, "   {} decisions signed, {}", came.len(), rate(came.len(), started.elapsed()))?;
    Ok(writeln!(out, "   {}", counts.join("，"))?)
}

/// Whom a form is for, if somebody asks for something by it.
fn holder(draft: &Draft) -> Option<(&Draft, Role, HolderCode)> {
    let (kind, role) = match draft.license_type.as_str() {
        "identity-card" => (HolderCodeType::CitizenId, Role::Applicant),
        "business-license" => (HolderCodeType::CreditCode, Role::Enterprise),
        _ => return None,
    };
    Some((draft, role, HolderCode::new(kind, &draft.holder.code).ok()?))
}

fn question(number: usize, draft: &Draft, role: Role, holder: HolderCode) -> anyhow::Result<WindowQuestion> {
    let matters: &[&str] = if role == Role::Enterprise { &OF_ENTERPRISES } else { &OF_PEOPLE };
    let party = WindowParty { holder, name: Some(draft.holder.name.clone()) };
    Ok(WindowQuestion {
        matter: matters[number % matters.len()].to_owned(),
        division: DivisionCode::parse(&draft.division)?,
        situation: BTreeMap::new(),
        parties: BTreeMap::from([(role, party)]),
        form: BTreeMap::new(),
        commitment: CommitmentStanding::Open,
        channel: Channel::ALL[number % Channel::ALL.len()],
    })
}
