//! Which license types, if collected next, raise the rate most.

use std::collections::{BTreeMap, BTreeSet};

use boyin_exempt::{Answer, Reason};

use super::{By, Decided, DecidedMaterial, Part, Tally, Within};

/// What collecting a license type would mend: it is not there at all, or nobody checked it.
const COLLECTIBLE: [Reason; 3] = [Reason::NotOnFile, Reason::TypeNotCataloged, Reason::GradeTooLow];

/// What a license type would have changed, had it been on file with grade A or B.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeNeed {
    /// Chinese name of the type.
    pub type_name: String,
    /// Materials that would have been exempt by it alone.
    pub materials: u64,
    /// Transactions in which nothing would have had to be submitted.
    pub transactions: u64,
    /// Of the materials, those for which the catalog of license types lacks the type.
    pub not_cataloged: u64,
}

/// License types by what they would have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextTypes {
    /// The one that would have freed the most materials first, then the most transactions, then by name.
    pub types: Vec<TypeNeed>,
    /// Materials as they were decided.
    pub materials: Tally,
    /// Transactions as they were decided.
    pub transactions: Tally,
}

/// Counts decisions one after the other, as far as they are within something: a material that had to be submitted is counted for every
/// license type that alone would have taken its place. Where one alternative needs two types that are both missing, neither is counted.
///
/// # Errors
/// The first error of the decisions.
pub fn next_types<E>(
    within: &Within,
    decisions: impl IntoIterator<Item = Result<Decided, E>>,
) -> Result<NextTypes, E> {
    let mut needs = BTreeMap::<String, TypeNeed>::new();
    let mut next = NextTypes::default();
    for decided in decisions {
        let decided = decided?;
        // Nothing is told apart here: a package is one transaction, as by county.
        for part in within.parts(By::County, &decided) {
            next.transactions.add(part.answer());
            part.materials.iter().for_each(|material| next.materials.add(material.outcome));
            count(&part, &mut needs);
        }
    }
    next.types = needs.into_values().collect();
    next.types.sort_by(|a, b| {
        let order = (b.materials, b.transactions).cmp(&(a.materials, a.transactions));
        order.then_with(|| a.type_name.cmp(&b.type_name))
    });
    Ok(next)
}

fn count(part: &Part<'_>, needs: &mut BTreeMap<String, TypeNeed>) {
    for material in &part.materials {
        for name in freed_by(material) {
            let new =
                || TypeNeed { type_name: name.to_owned(), materials: 0, transactions: 0, not_cataloged: 0 };
            let need = needs.entry(name.to_owned()).or_insert_with(new);
            need.materials += 1;
            need.not_cataloged += u64::from(lacks(material, name));
        }
    }
    for name in frees_whole(&part.materials) {
        if let Some(need) = needs.get_mut(name) {
            need.transactions += 1;
        }
    }
}

/// The types of which each alone would have freed all that had to be submitted, where nothing is pending.
pub(super) fn frees_whole<'d>(materials: &[&'d DecidedMaterial]) -> BTreeSet<&'d str> {
    if materials.iter().any(|material| material.outcome == Answer::Pending) {
        return BTreeSet::new();
    }
    let submitted = materials.iter().copied().filter(|material| material.outcome == Answer::Submit);
    submitted.map(freed_by).reduce(|all, types| &all & &types).unwrap_or_default()
}

/// Whether the catalog of license types lacks the type.
pub(super) fn lacks(material: &DecidedMaterial, name: &str) -> bool {
    let mut findings = material.findings.iter();
    findings.any(|(code, _, of)| code == Reason::TypeNotCataloged.code() && of.as_deref() == Some(name))
}

/// The types of which each alone would have met an alternative of a material that had to be submitted.
pub(super) fn freed_by(material: &DecidedMaterial) -> BTreeSet<&str> {
    if material.outcome != Answer::Submit {
        return BTreeSet::new();
    }
    let mut alternatives = BTreeMap::<usize, Option<&str>>::new();
    for (code, alternative, name) in &material.findings {
        // What stands in the way of another way than sharing changes nothing here.
        let Some(alternative) = alternative else { continue };
        let collectible = COLLECTIBLE.iter().any(|reason| reason.code() == code);
        let name = name.as_deref().filter(|_| collectible);
        let missing = alternatives.entry(*alternative).or_insert(name);
        // Two types are missing, or something else is in the way.
        if *missing != name {
            *missing = None;
        }
    }
    alternatives.into_values().flatten().collect()
}
