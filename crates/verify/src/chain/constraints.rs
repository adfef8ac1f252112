//! Name constraints (RFC 5280 §4.2.1.10): which names the certificates below an authority may bear.

use super::certificate::Certificate;
use super::der::{Cursor, only, tag};
use super::general::{GeneralName, host_of_uri, is_host, mailbox};
use super::name::Name;

/// Comparisons of a name with a constraint along one path. Beyond, the path is given up: thousands of names under
/// thousands of constraints are an attack.
pub const MAX_NAME_COMPARISONS: usize = 250_000;

/// Permitted and excluded subtrees.
#[derive(Clone, Debug)]
pub(crate) struct NameConstraints {
    pub(crate) permitted: Vec<GeneralName>,
    pub(crate) excluded: Vec<GeneralName>,
}

/// Why names do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    NotPermitted,
    TooMuchWork,
}

impl NameConstraints {
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let mut items = only(value, tag::SEQUENCE)?;
        let mut subtrees = |number: u8| match items.option(tag::constructed(number))? {
            Some(list) => subtrees(Cursor::new(list.content)),
            None => Some(Vec::new()),
        };
        let constraints = Self { permitted: subtrees(0)?, excluded: subtrees(1)? };
        items.end()?;
        let empty = constraints.permitted.is_empty() && constraints.excluded.is_empty();
        (!empty).then_some(constraints)
    }
}

fn subtrees(mut items: Cursor<'_>) -> Option<Vec<GeneralName>> {
    let mut bases = Vec::new();
    while !items.is_empty() {
        let mut subtree = items.inside(tag::SEQUENCE)?;
        let base = GeneralName::read(subtree.next()?)?;
        // `minimum` is 0 and `maximum` absent, always.
        subtree.end()?;
        if !is_base(&base) {
            return None;
        }
        bases.push(base);
    }
    (!bases.is_empty()).then_some(bases)
}

fn is_base(base: &GeneralName) -> bool {
    let domain = |text: &[u8]| text.is_empty() || is_host(text.strip_prefix(b".").unwrap_or(text), false);
    match base {
        GeneralName::Dns(text) | GeneralName::Uri(text) => domain(text),
        GeneralName::Email(text) => domain(text) || mailbox(text).is_some(),
        GeneralName::Directory(name) => name.is_readable(),
        GeneralName::Ip(bytes) => network(bytes).is_some(),
        GeneralName::Other(_) => true,
    }
}

/// Address and mask, whose ones must come first.
fn network(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (address, mask) = bytes.split_at_checked(bytes.len() / 2)?;
    if ![4, 16].contains(&mask.len()) || address.len() != mask.len() {
        return None;
    }
    let ones: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let leading = mask.iter().take_while(|byte| **byte == 0xff).count();
    let partial = mask.get(leading).map_or(0, |byte| byte.leading_ones());
    let first = u32::try_from(leading).ok()? * 8 + partial;
    (ones == first).then_some((address, mask))
}

/// Whether the names of every certificate of a path, subject first, fit the constraints of all above it.
///
/// Those of the anchor count too (RFC 5937). A self-issued certificate is not asked, unless it is the subject.
pub(crate) fn check(path: &[&Certificate]) -> Result<(), Misfit> {
    let mut left = MAX_NAME_COMPARISONS;
    for (place, certificate) in path.iter().enumerate() {
        let above: Vec<_> =
            path[place + 1..].iter().filter_map(|above| above.extensions.constraints.as_ref()).collect();
        if above.is_empty() || (place > 0 && certificate.is_self_issued()) {
            continue;
        }
        let names = names(certificate.subject_name(), &certificate.extensions.alternatives);
        for constraints in above {
            for name in &names {
                fits(name, constraints, &mut left)?;
            }
        }
    }
    Ok(())
}

/// The subject, the e-mail addresses in it, and the alternative names.
///
/// A subject that cannot be taken apart has an address that is none: nothing permits it, and everything excludes it.
fn names(subject: &Name, alternatives: &[GeneralName]) -> Vec<GeneralName> {
    let mut names = alternatives.to_vec();
    let emails = subject.emails().unwrap_or_else(|| vec![b""]);
    names.extend(emails.into_iter().map(|email| GeneralName::Email(email.to_vec())));
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    names
}

fn fits(name: &GeneralName, constraints: &NameConstraints, left: &mut usize) -> Result<(), Misfit> {
    let (mut asked, mut permitted) = (false, false);
    for base in constraints.permitted.iter().filter(|base| base.form() == name.form()) {
        spend(left)?;
        asked = true;
        // A form that is not compared is not permitted, and excluded, whatever it says.
        permitted |= within(name, base, Side::Permitted).unwrap_or(false);
    }
    if asked && !permitted {
        return Err(Misfit::NotPermitted);
    }
    for base in constraints.excluded.iter().filter(|base| base.form() == name.form()) {
        spend(left)?;
        if within(name, base, Side::Excluded).unwrap_or(true) {
            return Err(Misfit::NotPermitted);
        }
    }
    Ok(())
}

fn spend(left: &mut usize) -> Result<(), Misfit> {
    *left = left.checked_sub(1).ok_or(Misfit::TooMuchWork)?;
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Permitted,
    Excluded,
}

/// Whether the name stands in the subtree; `None` if nobody can tell.
fn within(name: &GeneralName, base: &GeneralName, side: Side) -> Option<bool> {
    match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => dns(name, base, side),
        (GeneralName::Email(name), GeneralName::Email(base)) => email(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => Some(host(host_of_uri(name)?, base)),
        (GeneralName::Directory(name), GeneralName::Directory(base)) => name.is_within(base),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => ip(name, base),
        _ => None,
    }
}

/// A domain has itself and all below it; with a leading dot, which RFC 5280 does not know here, all below it.
fn dns(name: &[u8], base: &[u8], side: Side) -> Option<bool> {
    if !is_host(name, true) {
        return None;
    }
    let within = is_below(name, base.strip_prefix(b".").unwrap_or(base), !base.starts_with(b"."));
    // `*.a.b` is also `c.a.b`, and what excludes that excludes it.
    let wildcard = name.strip_prefix(b"*.").filter(|_| side == Side::Excluded);
    let covers = wildcard.is_some_and(|parent| {
        base.iter().position(|c| *c == b'.').is_some_and(|dot| base[dot + 1..].eq_ignore_ascii_case(parent))
    });
    Some(within || covers)
}

fn is_below(name: &[u8], base: &[u8], itself: bool) -> bool {
    let Some(start) = name.len().checked_sub(base.len()) else { return false };
    let (front, end) = name.split_at(start);
    base.is_empty()
        || (end.eq_ignore_ascii_case(base) && if front.is_empty() { itself } else { front.ends_with(b".") })
}

fn email(name: &[u8], base: &[u8]) -> Option<bool> {
    let (local, domain) = mailbox(name)?;
    Some(match mailbox(base) {
        Some((of_base, base)) => local == of_base && domain.eq_ignore_ascii_case(base),
        None => host(domain, base),
    })
}

/// Of e-mail and URI: a host is itself alone, a leading dot is all below it.
fn host(name: &[u8], base: &[u8]) -> bool {
    match base.strip_prefix(b".") {
        Some(domain) => is_below(name, domain, false),
        None => base.is_empty() || name.eq_ignore_ascii_case(base),
    }
}

fn ip(name: &[u8], base: &[u8]) -> Option<bool> {
    if ![4, 16].contains(&name.len()) {
        return None;
    }
    let (address, mask) = network(base)?;
    let same =
        name.iter().zip(address).zip(mask).all(|((name, address), mask)| name & mask == address & mask);
    Some(name.len() == address.len() && same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        let dns = |name: &str, base: &str, side| super::dns(name.as_bytes(), base.as_bytes(), side);
        for (name, base, expected) in [
            ("a.com", "a.com", Some(true)),
            ("X.A.com", "a.COM", Some(true)),
            ("xa.com", "a.com", Some(false)),
            ("com", "a.com", Some(false)),
            ("a.com", ".a.com", Some(false)),
            ("x.a.com", ".a.com", Some(true)),
            ("a.com", "", Some(true)),
            ("*.a.com", "a.com", Some(true)),
            ("*.a.com", "x.a.com", Some(false)),
            ("a com", "a.com", None),
        ] {
            assert_eq!(dns(name, base, Side::Permitted), expected, "{name} {base}");
        }
        assert_eq!(dns("*.a.com", "x.a.com", Side::Excluded), Some(true));
        assert_eq!(dns("*.a.com", "y.x.a.com", Side::Excluded), Some(false));
    }

    #[test]
    fn mailboxes_and_hosts() {
        let email = |name: &str, base: &str| super::email(name.as_bytes(), base.as_bytes());
        for (name, base, expected) in [
            ("u@a.com", "a.com", Some(true)),
            ("u@x.a.com", "a.com", Some(false)),
            ("u@x.a.com", ".a.com", Some(true)),
            ("u@a.com", ".a.com", Some(false)),
            ("u@A.com", "u@a.com", Some(true)),
            ("U@a.com", "u@a.com", Some(false)),
            ("u@a.com", "", Some(true)),
            ("a.com", "a.com", None),
        ] {
            assert_eq!(email(name, base), expected, "{name} {base}");
        }
    }

    /// What stands in a subject behind something unreadable could be any address.
    #[test]
    fn a_subject_that_cannot_be_taken_apart_meets_no_constraint_on_mailboxes() {
        let email = |text: &str| GeneralName::Email(text.as_bytes().to_vec());
        let common_name = [0x31, 8, 0x30, 6, 6, 3, 0x55, 4, 3, 5];
        let readable = Name::read(
            &[&[0x30, 11][..], &common_name[..1], &[9, 0x30, 7], &common_name[4..], &[0]].concat(),
        );
        let odd = Name::read(&[&[0x30, 10][..], &common_name].concat());
        assert!(readable.emails().is_some() && odd.emails().is_none());
        let fits = |subject: &Name, permitted: Vec<GeneralName>, excluded: Vec<GeneralName>| {
            let constraints = NameConstraints { permitted, excluded };
            let mut left = MAX_NAME_COMPARISONS;
            names(subject, &[]).iter().try_for_each(|name| fits(name, &constraints, &mut left))
        };
        for (permitted, excluded) in [(vec![email("a.com")], vec![]), (vec![], vec![email("a.com")])] {
            assert_eq!(fits(&readable, permitted.clone(), excluded.clone()), Ok(()));
            assert_eq!(fits(&odd, permitted, excluded), Err(Misfit::NotPermitted));
        }
        assert_eq!(fits(&odd, vec![GeneralName::Dns(b"a.com".to_vec())], vec![]), Ok(()));
    }

    #[test]
    fn networks() {
        let base = [10, 1, 0, 0, 255, 255, 0, 0];
        assert_eq!(ip(&[10, 1, 2, 3], &base), Some(true));
        assert_eq!(ip(&[10, 2, 2, 3], &base), Some(false));
        assert_eq!(ip(&[0; 16], &base), Some(false));
        assert_eq!(ip(&[0; 5], &base), None);
        assert_eq!(ip(&[1, 2, 3, 4], &[0; 8]), Some(true), "any address of version 4");
        assert_eq!(network(&[10, 0, 0, 0, 255, 0, 255, 0]), None, "a mask with a hole");
        assert_eq!(network(&[0; 10]), None);
        let partial = [10, 16, 0, 0, 255, 240, 0, 0];
        assert_eq!(ip(&[10, 31, 2, 3], &partial), Some(true), "a mask that ends within a byte");
        assert_eq!(ip(&[10, 32, 2, 3], &partial), Some(false));
        assert_eq!(network(&[10, 16, 0, 0, 255, 0x0f, 0, 0]), None, "one that begins within a byte");
    }
}
