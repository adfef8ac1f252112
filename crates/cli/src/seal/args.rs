use std::path::PathBuf;

use boyin::model::id::{CreditCode, DivisionCode};
use boyin::model::register::{Power, SealId, SealKind};
use boyin::verify::seal::Profile;
use clap::{ArgAction, Args, Subcommand, ValueEnum};

use crate::trusted::Trusted;

#[derive(Debug, Subcommand)]
pub(crate) enum Seal {
    /// Who may manage, use or audit seals: one power for each person (印章管理、使用、审计人员)
    #[command(subcommand)]
    Officer(OfficerCommand),
    /// Apply for a seal (申请)
    Apply(Apply),
    /// Approve an application; not by the applicant (批准)
    Approve(Act),
    /// Refuse an application, for good (驳回)
    Reject(Reasoned),
    /// Make an approved seal, or make one anew with a new certificate; two people (制作)
    Make(Make),
    /// Take a made seal into use (启用)
    Start(Act),
    /// Seal a document (用印)
    Use(Use),
    /// Take a seal out of use for now (停用)
    Suspend(Reasoned),
    /// Put a suspended seal in use again (恢复)
    Restore(Reasoned),
    /// Take a seal out of use for good (收回)
    Recall(Reasoned),
    /// Destroy a recalled seal; two people (销毁)
    Destroy(Destroy),
    /// Show a seal, its limits and what happened to it
    Show(Look),
    /// List seals
    List(List),
    /// Verify a seal, or a seal signature over a document (核验)
    Verify(Verify),
    /// Draw the picture of a seal (印模)
    Picture(Picture),
}

#[derive(Debug, Subcommand)]
pub(crate) enum OfficerCommand {
    /// Give a person a power over the seals of an office
    Appoint {
        /// The person
        #[arg(value_name = "NAME")]
        name: String,
        /// Credit code of the office
        #[arg(long, env = "BOYIN_OFFICE", value_name = "CODE")]
        office: CreditCode,
        /// manage, use or audit
        #[arg(long, value_name = "POWER", value_parser = power)]
        power: Power,
    },
    /// Take the power away
    Dismiss {
        /// The person
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Who has which power
    List,
}

/// Who acts.
#[derive(Debug, Args)]
pub(crate) struct Actor {
    /// The person who acts; goes into the event log
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// Credit code of the office that acts
    #[arg(long, env = "BOYIN_OFFICE", value_name = "CODE")]
    pub(crate) office: CreditCode,
    /// What for; goes into the event log
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: String,
    /// The same key means the same act, done once [default: a new one]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// Credit code of the office that will own it [default: the office that acts]
    #[arg(long, value_name = "CODE")]
    pub(crate) owner: Option<CreditCode>,
    /// Division that gives the number (行政区划代码)
    #[arg(long, value_name = "CODE")]
    pub(crate) division: DivisionCode,
    /// legal_name, internal_unit, branch, special_purpose or personal
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub(crate) kind: SealKind,
    /// Its words (印章名称)
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: String,
    /// How often it may be used in all [default: any number of times]
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u32>,
    /// What it may be used for, to be met exactly; can be repeated [default: anything]
    #[arg(long = "for", value_name = "TEXT", action = ArgAction::Append)]
    pub(crate) purposes: Vec<String>,
    /// An office that may use it; can be repeated [default: the owner only]
    #[arg(long = "by", value_name = "CODE", action = ArgAction::Append)]
    pub(crate) offices: Vec<CreditCode>,
    /// First day of use
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<boyin::model::time::Date>,
    /// Last day of use
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<boyin::model::time::Date>,
}

#[derive(Debug, Args)]
pub(crate) struct Act {
    /// Number of the seal (esID)
    pub(crate) id: SealId,
    #[command(flatten)]
    pub(crate) actor: Actor,
}

#[derive(Debug, Args)]
pub(crate) struct Reasoned {
    /// Number of the seal (esID)
    pub(crate) id: SealId,
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// Why; goes into the event log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Make {
    /// Number of the seal (esID)
    pub(crate) id: SealId,
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// The second person
    #[arg(long, value_name = "NAME")]
    pub(crate) second: String,
    /// Picture of the seal instead of one that is drawn
    #[arg(long, value_name = "FILE.png", requires = "size")]
    pub(crate) picture: Option<PathBuf>,
    /// Width and height of that picture in millimeters, such as 45x45
    #[arg(long, value_name = "MMxMM", requires = "picture", value_parser = size)]
    pub(crate) size: Option<(u8, u8)>,
    /// Years for which it is valid
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=10))]
    pub(crate) years: u16,
    /// Structure: 4 is GB/T 38540-2020, 5 is GM/T 0031-2025
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(4..=5))]
    pub(crate) structure: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Use {
    /// Number of the seal (esID)
    pub(crate) id: SealId,
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// The document
    #[arg(value_name = "FILE")]
    pub(crate) document: PathBuf,
    /// Where the seal signature (SES_Signature) goes; a new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// What is sealed, in ASCII, as it stands in the signature (propertyInfo)
    #[arg(long, value_name = "TEXT", default_value = "document")]
    pub(crate) property: String,
}

#[derive(Debug, Args)]
pub(crate) struct Destroy {
    #[command(flatten)]
    pub(crate) reasoned: Reasoned,
    /// The second person
    #[arg(long, value_name = "NAME")]
    pub(crate) second: String,
}

#[derive(Debug, Args)]
pub(crate) struct Look {
    /// Number of the seal (esID)
    pub(crate) id: SealId,
    /// The person who looks: who manages or audits it
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// Write the seal (SESeal) to a new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The person who looks: who manages or audits seals
    #[arg(long, env = "BOYIN_WHO", value_name = "NAME")]
    pub(crate) who: String,
    /// Go on after this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) after: Option<SealId>,
    /// Seals in one answer, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = crate::args::limit_100)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "boyin seal verify FILE [--document FILE]\n       boyin seal verify FILE --anchor CERT.der --maker CERT.der --crl LIST.crl   (no data directory, no passphrase)"
)]
pub(crate) struct Verify {
    /// SESeal or SES_Signature, DER
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The document that was sealed
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    /// Verify for this instant instead of now: 2026-01-31, 2026-01-31T09:30:00+08:00 or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// gmt0031-2014, gbt38540-2020 or gmt0031-2025 [default: the standard of the seal's own version]
    #[arg(long, value_name = "NAME", value_parser = profile)]
    pub(crate) profile: Option<&'static Profile>,
    #[command(flatten)]
    pub(crate) trusted: Trusted,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ShapeName {
    /// Of an organ or a unit
    Round,
    /// For one purpose
    Oval,
    /// Of a person
    Square,
}

#[derive(Debug, Args)]
pub(crate) struct Picture {
    /// Shape
    #[arg(long, value_name = "SHAPE", default_value = "round")]
    pub(crate) shape: ShapeName,
    /// Name of the organ or of the person
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: String,
    /// Line of text in the middle or under the star
    #[arg(long, value_name = "TEXT")]
    pub(crate) line: Option<String>,
    /// Where it goes; FILE.png or FILE.svg, a new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Dots to the inch, of a PNG
    #[arg(long, value_name = "N", default_value_t = boyin_picture::SealPicture::DPI)]
    pub(crate) dpi: u16,
}

fn power(text: &str) -> Result<Power, &'static str> {
    Power::from_code(text).ok_or("the powers are manage, use and audit")
}

fn kind(text: &str) -> Result<SealKind, &'static str> {
    SealKind::from_code(text)
        .ok_or("the kinds are legal_name, internal_unit, branch, special_purpose and personal")
}

pub(crate) fn profile(text: &str) -> Result<&'static Profile, &'static str> {
    Profile::named(text).ok_or("the profiles are gmt0031-2014, gbt38540-2020 and gmt0031-2025")
}

fn size(text: &str) -> Result<(u8, u8), &'static str> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    parsed.filter(|(w, h)| *w > 0 && *h > 0).ok_or("two numbers of millimeters, such as 45x45")
}
