use std::collections::BTreeMap;
use std::io::Write;

use boyin::Home;
use boyin::model::collected::Grade;
use boyin::model::coverage::{Coverage, CoverageAxis, Figures, Share};
use boyin::model::id::DivisionCode;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::Exit;
use crate::context::{Session, now};
use crate::output::{self, json_line};

/// `catalog coverage`
pub(super) fn run(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let reading = session.reading()?;
    let bar = ProgressBar::new_spinner();
    let coverage = reading.lookup.coverage(now()?, &mut |counted| bar.set_position(counted))?;
    bar.finish_and_clear();
    let home = reading.lookup.home();
    if session.json() {
        json_line(out, &program(&coverage))?;
    } else {
        person(home, &coverage, out)?;
    }
    Ok(Exit::Done)
}

fn figures_json(figures: &Figures) -> Value {
    let collected: BTreeMap<_, _> =
        Grade::ALL.iter().map(ToString::to_string).zip(figures.collected).collect();
    let hundredths = match figures.share() {
        Share::Hundredths(n) => Some(n),
        Share::Unknown | Share::Nothing => None,
    };
    json!({
        "stated": figures.stated, "collected": collected, "signed": figures.signed,
        "disputed": figures.disputed, "issued": figures.issued, "covered": figures.covered(),
        "hundredths_of_percent": hundredths,
    })
}

fn program(coverage: &Coverage) -> Value {
    let place = |(place, figures): (_, &Figures)| {
        let mut value = serde_json::to_value(place).unwrap_or_default();
        if let (Value::Object(value), Value::Object(figures)) = (&mut value, figures_json(figures)) {
            value.extend(figures);
        }
        value
    };
    let by = |axis| -> BTreeMap<String, Value> {
        coverage.by(axis).iter().map(|(name, figures)| (name.clone(), figures_json(figures))).collect()
    };
    json!({
        "places": coverage.places().map(place).collect::<Vec<_>>(),
        "by_license_type": by(CoverageAxis::LicenseType),
        "by_division": by(CoverageAxis::Division),
        "by_department": by(CoverageAxis::Department),
        "all": by(CoverageAxis::All).remove(""),
    })
}

fn person(home: &Home, coverage: &Coverage, out: &mut dyn Write) -> anyhow::Result<()> {
    let numbers = ["总数 Stated", "A", "B", "C", "D", "争议 Disputed", "签发 Issued", "覆盖率 Coverage"];
    let header = [&["证照类型 License type", "区划 Division", "部门 Department"][..], &numbers].concat();
    let mut table = output::table(&header);
    for (place, figures) in coverage.places() {
        let license_type = home.catalog().get(place.license_type);
        let named =
            license_type.map_or_else(|| place.license_type.as_str().to_owned(), |known| known.name.clone());
        let cells = vec![named, division(&place.division), output::office_name(home, place.department)];
        table.add_row([cells, row(figures)].concat());
    }
    writeln!(out, "{table}")?;
    for (title, axis) in [
        ("证照类型 By license type", CoverageAxis::LicenseType),
        ("区划 By division", CoverageAxis::Division),
        ("部门 By department", CoverageAxis::Department),
    ] {
        let mut table = output::table(&[&[title][..], &numbers].concat());
        for (code, figures) in coverage.by(axis) {
            table.add_row([vec![name(home, axis, &code)], row(&figures)].concat());
        }
        writeln!(out, "{table}")?;
    }
    if let Some(all) = coverage.by(CoverageAxis::All).remove("") {
        writeln!(out, "Everything 合计: {} of {}: {}", all.covered(), stated(&all), all.share())?;
    }
    Ok(())
}

fn name(home: &Home, axis: CoverageAxis, code: &str) -> String {
    let found = match axis {
        CoverageAxis::LicenseType => home.catalog().find(code).map(|known| known.name.clone()),
        CoverageAxis::Division => DivisionCode::parse(code).ok().map(|known| division(&known)),
        CoverageAxis::Department => code.parse().ok().map(|code| output::office_name(home, code)),
        CoverageAxis::All => None,
    };
    found.unwrap_or_else(|| code.to_owned())
}

fn division(code: &DivisionCode) -> String {
    code.name_zh().map_or_else(|| code.to_string(), |name| format!("{name} {code}"))
}

fn stated(figures: &Figures) -> String {
    figures.stated.map_or_else(|| Share::Unknown.to_string(), |total| total.to_string())
}

fn row(figures: &Figures) -> Vec<String> {
    let mut cells = vec![stated(figures)];
    cells.extend(figures.collected.iter().map(ToString::to_string));
    cells.extend([figures.disputed.to_string(), figures.issued.to_string(), figures.share().to_string()]);
    cells
}
