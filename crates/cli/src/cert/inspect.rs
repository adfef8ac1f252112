use std::io::Write;

use anyhow::Context as _;
use boyin::model::hex;
use boyin::verify::chain::{Certificate, Identity, SubjectTable};
use serde_json::{Value, json};

use super::args::Inspect;
use super::pem;
use super::verify::{CERTIFICATE, digest};
use crate::context::Session;
use crate::{Exit, files};

/// `cert inspect`
pub(super) fn run(session: &Session, args: &Inspect, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let table = match &args.subjects {
        Some(path) => {
            let text = String::from_utf8(files::read(path)?).context("the table is no text")?;
            toml::from_str::<rows::Rows>(&text).context("the table of subjects is refused")?.table()?
        }
        None => SubjectTable::default(),
    };
    for der in pem::read(&args.file, &CERTIFICATE)? {
        let certificate = Certificate::read(&der).with_context(|| files::name(&args.file))?;
        let shown = shown(&certificate, &table);
        if session.json() {
            serde_json::to_writer(&mut *out, &shown)?;
            writeln!(out)?;
        } else {
            for (key, value) in shown.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null())
            {
                writeln!(
                    out,
                    "{key:<18} {}",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                )?;
            }
            writeln!(out)?;
        }
    }
    Ok(Exit::Done)
}

fn shown(certificate: &Certificate, table: &SubjectTable) -> Value {
    let identity = |identity: Identity| json!({ "kind": identity.kind(), "value": identity.masked() });
    let extended = certificate.extended_key_usage();
    json!({
        "sha256": digest(certificate),
        "subject": certificate.subject_text(),
        "issuer": certificate.issuer_text(),
        "serial": hex::encode(certificate.serial()),
        "not_before": certificate.not_before().to_string(),
        "not_after": certificate.not_after().to_string(),
        "key_identifier": certificate.key_identifier().map(hex::encode),
        "purposes": extended.map(|extended| extended.purposes().iter().map(ToString::to_string).collect::<Vec<_>>()),
        "purposes_critical": extended.map(|extended| extended.is_critical()),
        "identities": certificate.identities(table).into_iter().map(identity).collect::<Vec<_>>(),
        "deviations": certificate.deviations().iter().map(|found| found.code()).collect::<Vec<_>>(),
    })
}

/// The table as it stands in a file.
mod rows {
    use boyin::verify::chain::{IdentityKind, SubjectRule, SubjectTable};
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Rows {
        rule: Vec<Row>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        /// Common name of the authority.
        authority: String,
        /// `name`, `credit_code`, `organization_code` or `id_number`.
        holds: String,
        /// OID of the attribute of the subject.
        attribute: Option<String>,
        /// OID of the extension.
        extension: Option<String>,
    }

    impl Rows {
        pub(super) fn table(self) -> anyhow::Result<SubjectTable> {
            let rule = |row: Row| {
                let kind = IdentityKind::from_code(&row.holds)
                    .ok_or_else(|| anyhow::anyhow!("`{}` is nothing that a rule can hold", row.holds))?;
                match (row.attribute, row.extension) {
                    (Some(oid), None) => Ok(SubjectRule::attribute(&row.authority, kind, oid.parse()?)),
                    (None, Some(oid)) => Ok(SubjectRule::extension(&row.authority, kind, oid.parse()?)),
                    _ => anyhow::bail!("a rule names one attribute or one extension"),
                }
            };
            Ok(SubjectTable::new(self.rule.into_iter().map(rule).collect::<anyhow::Result<_>>()?))
        }
    }
}
