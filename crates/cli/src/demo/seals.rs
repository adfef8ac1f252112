//! A seal for each office, a sealed license, and a suspended seal.

use std::io::Write;

use anyhow::Context as _;
use boyin::archive::{SealApplication, SealChange};
use boyin::model::id::LicenseId;
use boyin::model::register::{Power, SealId, SealKind, UseLimits};
use boyin::model::seal::Picture;
use boyin::suite::SystemRandom;
use boyin::verify::seal::Document;
use boyin::{Checked, Desk, Home, Office, Officer, Order, Passphrase, SealMaking};

use super::order;
use crate::context::{now, reading};
use crate::seal;

const MANAGER: &str = "演示印章管理员甲";
const SECOND: &str = "演示印章管理员乙";
const YEARS: u16 = 3;
/// One transparent dot, for machines without a Chinese font: 1 × 1 PNG.
const NO_PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// Seals in use for all offices, in their order.
pub(super) fn set_up(desk: &Desk, home: &Home, out: &mut dyn Write) -> anyhow::Result<Vec<SealId>> {
    let authority = home.config().authority_code;
    for (name, power) in [(MANAGER, Power::Manage), (SECOND, Power::Manage)] {
        home.appoint(Officer { name: name.to_owned(), office: authority, power })?;
    }
    let mut seals = Vec::with_capacity(home.offices().len());
    let mut drawn = true;
    for (place, office) in home.offices().iter().enumerate() {
        home.appoint(Officer { name: user(place), office: office.code, power: Power::Use })?;
        let (id, picture) = one(desk, home, office)?;
        seals.push(id);
        drawn &= picture;
    }
    writeln!(out, "   {} seals applied for, approved, made by two and taken into use", seals.len())?;
    if !drawn {
        writeln!(out, "   without pictures: no Chinese font here (apt-get install fonts-noto-cjk)")?;
    }
    Ok(seals)
}

/// Who seals for the office at this place.
pub(super) fn user(place: usize) -> String {
    format!("演示用印员{}", place + 1)
}

/// The number of the seal, and whether it has a picture.
fn one(desk: &Desk, home: &Home, office: &Office) -> anyhow::Result<(SealId, bool)> {
    let authority = home.config().authority_code;
    let by = |who: &str, what: &str| -> anyhow::Result<Order> {
        let key = format!("demo-seal-{what}-{}", office.code);
        Ok(Order { who: who.to_owned(), ..order(authority, "演示电子印章", key)? })
    };
    let application = SealApplication {
        owner: office.code,
        division: office.division,
        kind: SealKind::LegalName,
        name: office.name.clone(),
        limits: UseLimits::default(),
    };
    let applied = desk.apply_seal(&application, &by(MANAGER, "apply")?)?;
    let id = applied.seal.context("an application gives a number")?;
    desk.change_seal(id, &SealChange::Approve, &by(SECOND, "approve")?)?;
    let made = by(MANAGER, "make")?;
    let picture = seal::drawn(&desk.seal(id, MANAGER)?).ok();
    let (data, width, height) =
        picture.as_ref().map_or((NO_PICTURE, 1, 1), |(png, width, height)| (png.as_slice(), *width, *height));
    let making = SealMaking {
        picture: Picture { format: "PNG", data, width_mm: width.into(), height_mm: height.into() },
        valid_until: made.at.date().plus_years(YEARS).ends().minus(1),
        version: 4,
        second: SECOND,
    };
    desk.make_seal(id, &making, &made, &mut SystemRandom)?;
    desk.change_seal(id, &SealChange::TakeIntoUse, &by(MANAGER, "start")?)?;
    Ok((id, picture.is_some()))
}

/// Seals a license as a document, verifies that, and shows that a suspended seal seals nothing.
pub(super) fn show(
    desk: &Desk,
    home: &Home,
    passphrase: &Passphrase,
    seals: &[SealId],
    issued: &[(LicenseId, Vec<u8>)],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let (license, credential) = issued.first().context("nothing was issued")?;
    let place = home.offices().iter().position(|office| office.code == license.issuer());
    let place = place.context("the issuer is an office")?;
    let (id, user, office) = (seals[place], user(place), license.issuer());
    let by = |who: &str, office, what: &str| -> anyhow::Result<Order> {
        Ok(Order { who: who.to_owned(), ..order(office, "演示用印", format!("demo-{what}"))? })
    };
    let sealed = desk.seal_document(id, credential, "license", &by(&user, office, "use")?)?;
    let reader = reading(home, passphrase)?;
    let checked = reader.lookup.verify_any(&sealed.signature, Document::Bytes(credential), now()?);
    let Checked::Seal(report) = checked else { anyhow::bail!("a seal signature is taken for a license") };
    seal::write_report(out, &report)?;

    let authority = home.config().authority_code;
    let suspend = SealChange::Suspend { reason: "演示：印章保管人变更" };
    desk.change_seal(id, &suspend, &by(MANAGER, authority, "suspend")?)?;
    match desk.seal_document(id, credential, "license", &by(&user, office, "use-again")?) {
        Err(error) => writeln!(out, "   Suspended, it seals nothing (停用后不能用印): {error}")?,
        Ok(_) => anyhow::bail!("a suspended seal was used: this is a fault of the program"),
    }
    let restore = SealChange::Restore { reason: "演示：交接完成" };
    desk.change_seal(id, &restore, &by(MANAGER, authority, "restore")?)?;
    Ok(())
}
