use std::path::Path;

use anyhow::bail;
use boyin::Office;
use boyin::issue::Draft;
use boyin::model::alg::VerifyAlg as _;
use boyin::model::b64;
use boyin::model::catalog::Catalog;
use boyin::model::id::DivisionCode;
use boyin::suite::ES256;

use crate::files;

/// A form and the line of the file on which it begins, from 1.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) line: usize,
    pub(crate) draft: Draft,
}

/// The forms of one file.
#[derive(Debug)]
pub(crate) struct Forms {
    pub(crate) forms: Vec<Form>,
    /// Digest of the file, for idempotency keys.
    digest: String,
}

impl Forms {
    /// Reads one form in JSON or many in JSON Lines.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = files::read(path)?;
        let forms = parse(&bytes).map_err(|fault| fault.context(files::name(path)))?;
        if forms.is_empty() {
            bail!("{} holds no form", files::name(path));
        }
        Ok(Self { forms, digest: b64::encode(&ES256.digest(&[&bytes])) })
    }

    /// The idempotency key of a form: the same file again means the same acts.
    pub(crate) fn key(&self, form: &Form, given: Option<&str>) -> String {
        match given {
            Some(key) if self.forms.len() == 1 => key.to_owned(),
            Some(key) => format!("{key}-{}", form.line),
            None => format!("form-{}-{}", self.digest, form.line),
        }
    }

    /// Refuses the file as a whole if any form has a defect, and names every defect. Half a file would have to be
    /// corrected under another digest, and its first half would be issued twice.
    pub(crate) fn check(&self, catalog: &Catalog, office: &Office) -> anyhow::Result<()> {
        let mut defects = Vec::new();
        for form in &self.forms {
            let line = if self.forms.len() == 1 { String::new() } else { format!("line {}: ", form.line) };
            defects.extend(defects_of(&form.draft, catalog, office).iter().map(|d| format!("  {line}{d}")));
        }
        if defects.is_empty() {
            return Ok(());
        }
        let things = if defects.len() == 1 { "1 thing" } else { &format!("{} things", defects.len()) };
        bail!("nothing was issued: correct {things} and run it again\n{}", defects.join("\n"));
    }
}

fn defects_of(draft: &Draft, catalog: &Catalog, office: &Office) -> Vec<String> {
    let checked = draft.check(catalog, office.code, &office.name);
    let mut defects: Vec<_> = checked.err().unwrap_or_default().iter().map(ToString::to_string).collect();
    if let Some(wanted) = catalog.find(&draft.license_type) {
        let mut rights = office.licenses.iter().filter_map(|name| catalog.find(name));
        if !rights.any(|right| right.code == wanted.code) {
            defects.push(format!("license_type: {} does not issue {}", office.name, wanted.name));
        }
    }
    if DivisionCode::parse(&draft.division).is_ok_and(|division| !office.division.contains(division)) {
        defects.push(format!("division: {} issues in {} only", office.name, office.division));
    }
    defects
}

fn parse(bytes: &[u8]) -> anyhow::Result<Vec<Form>> {
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Draft>();
    let mut forms = Vec::new();
    let (mut line, mut counted) = (1, 0);
    loop {
        let rest = &bytes[stream.byte_offset()..];
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let start = stream.byte_offset() + blank;
        let breaks = bytes[counted..start].iter().filter(|byte| **byte == b'\n').count();
        line += breaks;
        counted = start;
        // The line is part of the idempotency key.
        if breaks == 0 && !forms.is_empty() && start < bytes.len() {
            bail!("line {line}: a second form on one line; begin each form on a line of its own");
        }
        match stream.next() {
            None => return Ok(forms),
            Some(Ok(draft)) => forms.push(Form { line, draft }),
            Some(Err(error)) => bail!("{}", without_values(&error)),
        }
    }
}

/// What is wrong with the JSON and where. The reader's own words can quote a value, and a value can be a person's
/// number: they are kept only where they quote names of the form.
fn without_values(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let harmless = ["missing field", "unknown field", "duplicate field"].iter().any(|w| words.starts_with(w));
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data if harmless => words,
        serde_json::error::Category::Data => format!("{place}: a value is not of the kind that belongs here"),
        serde_json::error::Category::Eof => format!("{place}: the form ends too early"),
        serde_json::error::Category::Syntax => format!("{place}: this is not JSON"),
        serde_json::error::Category::Io => "it cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = r#"{"license_type":"t","license_number":"1","holder":{"code_type":"111","code":"c","name":"n"},
        "division":"652700","issue_date":"2025-01-01"}"#;

    #[test]
    fn one_form_over_lines_and_many_forms_on_lines() {
        let one_line = FORM.replace('\n', "");
        assert_eq!(parse(FORM.as_bytes()).unwrap().len(), 1);
        let many = format!("\n{one_line}\n\n{one_line}\n{one_line}");
        let lines: Vec<_> = parse(many.as_bytes()).unwrap().iter().map(|form| form.line).collect();
        assert_eq!(lines, [2, 4, 5]);
        assert!(parse(b" \n").unwrap().is_empty());
        let words = parse(format!("{one_line} {one_line}").as_bytes()).unwrap_err().to_string();
        assert!(words.contains("second form on one line"), "{words}");
    }

    #[test]
    fn a_fault_is_placed_and_quotes_no_value() {
        let wrong = FORM.replace(r#"{"code_type":"111","code":"c","name":"n"}"#, "\"65270119900102999X\"");
        let words = parse(wrong.as_bytes()).unwrap_err().to_string();
        assert!(words.starts_with("line 1, column") && !words.contains("6527"), "{words}");
        let words = parse(FORM.replace("division", "divison").as_bytes()).unwrap_err().to_string();
        assert!(words.contains("unknown field `divison`"), "{words}");
        assert!(parse(&FORM.as_bytes()[..40]).unwrap_err().to_string().contains("ends too early"));
        assert!(parse(b"65270119900102999X").unwrap_err().to_string().contains("line 1"));
    }
}
