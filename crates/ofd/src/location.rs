//! Where a file says that another one is (`ST_Loc`, GB/T 33190 §7.3): from the root of the container, or from its own folder.

use crate::limits::MAX_NAME_BYTES;
use crate::package::Names;

/// Why a location leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocationFault {
    /// Outside of the container, empty, or with characters that no name has.
    Unsafe,
    /// From the folder it is one file, from the root another: readers take either.
    Ambiguous,
    /// No such file.
    Missing,
}

/// The file that `location` in the file `within` means.
///
/// Writers leave out the `/` of a location from the root; where there is no such file in the folder, it is taken so.
pub(crate) fn resolve(names: &Names, within: &str, location: &str) -> Result<usize, LocationFault> {
    let (from_folder, from_root) = paths(within, location).ok_or(LocationFault::Unsafe)?;
    at(names, &from_folder, from_root.as_deref())
}

/// The file at one of the two [`paths`] of a location.
pub(crate) fn at(names: &Names, from_folder: &str, from_root: Option<&str>) -> Result<usize, LocationFault> {
    one_of(names.place(from_folder), from_root.and_then(|path| names.place(path)))
}

/// As [`resolve`], letters compared without case: the file that programs find whose systems compare names so.
pub(crate) fn resolve_in_any_case(
    names: &Names,
    within: &str,
    location: &str,
) -> Result<usize, LocationFault> {
    let (from_folder, from_root) = paths(within, location).ok_or(LocationFault::Unsafe)?;
    at_in_any_case(names, &from_folder, from_root.as_deref())
}

/// As [`at`], letters compared without case.
pub(crate) fn at_in_any_case(
    names: &Names,
    from_folder: &str,
    from_root: Option<&str>,
) -> Result<usize, LocationFault> {
    let place = |path: &str| names.place_in_any_case(path);
    one_of(place(from_folder), from_root.and_then(place))
}

fn one_of(from_folder: Option<usize>, from_root: Option<usize>) -> Result<usize, LocationFault> {
    match (from_folder, from_root) {
        (Some(_), Some(_)) => Err(LocationFault::Ambiguous),
        (Some(place), None) | (None, Some(place)) => Ok(place),
        (None, None) => Err(LocationFault::Missing),
    }
}

/// What a location in the file `within` can mean: from its folder, and from the root if that is another file.
pub(crate) fn paths(within: &str, location: &str) -> Option<(String, Option<String>)> {
    let folder = within.rsplit_once('/').map_or("", |(folder, _)| folder);
    let from_folder = join(folder, location)?;
    let from_root = join("", location).filter(|path| *path != from_folder);
    Some((from_folder, from_root))
}

/// The path of a location, from a folder or from the root; `None` if it leads out of the container or is none.
pub(crate) fn join(folder: &str, location: &str) -> Option<String> {
    let location = location.trim_matches([' ', '\t', '\r', '\n']);
    if location.len() > MAX_NAME_BYTES || location.contains('\\') || location.contains(char::is_control) {
        return None;
    }
    let (folder, relative) = match location.strip_prefix('/') {
        Some(rest) => ("", rest),
        None => (folder, location),
    };
    let mut steps: Vec<_> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in relative.split('/') {
        match step {
            "" => return None,
            "." => {}
            ".." => {
                steps.pop()?;
            }
            name => steps.push(name),
        }
    }
    (!steps.is_empty()).then(|| steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_joined_and_none_leads_out() {
        for (folder, location, expected) in [
            ("", "OFD.xml", Some("OFD.xml")),
            ("Doc_0", "Document.xml", Some("Doc_0/Document.xml")),
            ("Doc_0", "/Document.xml", Some("Document.xml")),
            ("Doc_0/Pages", "../Res/a.png", Some("Doc_0/Res/a.png")),
            ("Doc_0", "./a", Some("Doc_0/a")),
            ("Doc_0", " a\n", Some("Doc_0/a")),
            ("Doc_0", "../..", None),
            ("Doc_0", "../../a", None),
            ("Doc_0", "/../a", None),
            ("Doc_0", "", None),
            ("Doc_0", "/", None),
            ("Doc_0", "a//b", None),
            ("Doc_0", "a/", None),
            ("Doc_0", "a\\b", None),
            ("Doc_0", "a\0b", None),
            ("Doc_0", "..", None),
        ] {
            assert_eq!(join(folder, location).as_deref(), expected, "{folder} {location:?}");
        }
        assert_eq!(join("", &"a".repeat(MAX_NAME_BYTES + 1)), None);
    }
}
