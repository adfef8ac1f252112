//! The files that a document consists of: what is reached from its root, from the descriptions of its versions, and its
//! cover.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hasher as _};
use std::rc::Rc;

use crate::held::of_entries;
use crate::intake::Intake;
use crate::limits::{
    MAX_ALL_XML_BYTES, MAX_LOCATION_BYTES, MAX_LOCATIONS, MAX_XML_BYTES, MAX_XML_ELEMENTS, long,
};
use crate::location::{LocationFault, at, at_in_any_case, paths, resolve};
use crate::package::{Names, Source};
use crate::structure::{Body, rectangle};
use crate::xml::{self, Start, Visit, XmlFault};

/// Width and height of a page in thousandths of a millimeter.
pub(crate) type PageSize = [i64; 2];

/// What is reached.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// Places of the files in the container.
    pub(crate) places: BTreeSet<usize>,
    /// Numbers of the pages, each with its width and height in thousandths of a millimeter where a file says them.
    pub(crate) pages: BTreeMap<Rc<str>, Option<PageSize>>,
    /// The first of its files that names one that is not there.
    pub(crate) missing_in: Option<usize>,
    /// A file is named with capital letters where it has small ones, or the other way round.
    pub(crate) is_in_other_case: bool,
    /// Places of the attachments.
    pub(crate) attachments: BTreeSet<usize>,
}

/// Hashes of the paths where files were looked for and none is: the paths themselves could fill the memory.
#[derive(Debug, Default)]
pub(crate) struct Absent {
    /// As they are named.
    named: BTreeSet<u64>,
    /// In small letters, those where none is in any case either.
    in_any_case: BTreeSet<u64>,
}

impl Absent {
    /// Whether a file was looked for at one of the paths that a location in the file `within` can mean, and none is there.
    pub(crate) fn has(&self, within: &str, location: &str) -> bool {
        let Some((from_folder, from_root)) = paths(within, location) else { return false };
        [Some(from_folder), from_root].iter().flatten().any(|path| {
            self.named.contains(&hash(path.as_bytes()))
                || self.in_any_case.contains(&hash(path.to_lowercase().as_bytes()))
        })
    }

    /// Bytes that are held, about.
    pub(crate) fn held(&self) -> usize {
        of_entries::<u64>(self.named.len() + self.in_any_case.len())
    }
}

/// Looks for files.
#[derive(Debug, Default)]
struct Search {
    absent: Absent,
    /// Times that a location was looked for.
    paths: u64,
}

impl Search {
    fn look(&mut self, names: &Names, within: &str, location: &str) -> Result<usize, LocationFault> {
        self.paths += 1;
        let (from_folder, from_root) = paths(within, location).ok_or(LocationFault::Unsafe)?;
        let looked = [Some(&from_folder), from_root.as_ref()];
        let absent = looked.into_iter().flatten().filter(|path| names.place(path).is_none());
        self.absent.named.extend(absent.map(|path| hash(path.as_bytes())));
        at(names, &from_folder, from_root.as_deref())
    }

    fn look_in_any_case(
        &mut self,
        names: &Names,
        within: &str,
        location: &str,
    ) -> Result<usize, LocationFault> {
        self.paths += 1;
        let (from_folder, from_root) = paths(within, location).ok_or(LocationFault::Unsafe)?;
        let looked = [Some(&from_folder), from_root.as_ref()];
        let absent = looked.into_iter().flatten().filter(|path| names.place_in_any_case(path).is_none());
        self.absent.in_any_case.extend(absent.map(|path| hash(path.to_lowercase().as_bytes())));
        at_in_any_case(names, &from_folder, from_root.as_deref())
    }
}

impl Reached {
    /// Bytes that are held, about. Documents of one root share the numbers of their pages; each has its own list of them.
    pub(crate) fn held(&self) -> usize {
        let numbers: usize = self.pages.keys().map(|number| number.len()).sum();
        let pages = of_entries::<(Rc<str>, Option<PageSize>)>(self.pages.len());
        numbers + pages + of_entries::<usize>(self.places.len() + self.attachments.len())
    }

    /// Takes up what the file at `place` names; what names further files is put in the queue.
    fn take(&mut self, place: usize, scan: &Scan, queue: &mut Vec<usize>) {
        if scan.is_missing {
            self.missing_in.get_or_insert(place);
        }
        self.is_in_other_case |= scan.is_in_other_case;
        for (role, found) in &scan.found {
            self.places.insert(*found);
            match role {
                Role::Names => queue.push(*found),
                Role::Attachment => {
                    self.attachments.insert(*found);
                }
                Role::Leaf | Role::Perhaps => {}
            }
        }
    }
}

/// Tells texts apart, but for one chance in 2⁶⁴.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// Why it cannot be told what a document consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReachFault {
    /// A file of it is no XML that is read.
    Xml(usize, XmlFault),
    /// A file names another one that readers take for different ones, or that is outside.
    Unsafe(usize),
    /// Its root, or the description of a version, is not there.
    Missing,
    /// A file of it cannot be read: then the container has a fault, which comes before.
    Unread(usize),
}

/// What is done with a file that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It names further ones.
    Names,
    /// It names none: pictures, fonts.
    Leaf,
    /// It names none, and is an attachment.
    Attachment,
    /// Perhaps it is no location at all.
    Perhaps,
}

/// What the files of a container name, each read once, and what they name looked for once, whichever documents have them.
#[derive(Debug, Default)]
pub(crate) struct Scans {
    known: HashMap<usize, Result<Scan, ReachFault>>,
    /// Bytes of the files.
    xml: u64,
    counted: Counted,
    search: Search,
}

/// What all files of a container have together.
#[derive(Debug, Default)]
struct Counted {
    elements: usize,
    /// Locations and pages.
    locations: usize,
    /// Their bytes.
    bytes: usize,
}

/// What a file says.
#[derive(Debug, Default)]
struct Said {
    named: Vec<Named>,
    /// Numbers of the pages, and which of the named files each is.
    pages: BTreeMap<Rc<str>, Option<usize>>,
    /// The size of the page that it describes, or of all pages of the document.
    size: Option<PageSize>,
}

/// The same after the files were looked for.
#[derive(Debug, Default)]
struct Scan {
    /// Places of those that are there.
    found: Vec<(Role, usize)>,
    /// One is not there.
    is_missing: bool,
    is_in_other_case: bool,
    /// Numbers of the pages, and the place of each that is there.
    pages: BTreeMap<Rc<str>, Option<usize>>,
    size: Option<PageSize>,
}

impl Scan {
    fn of(names: &Names, place: usize, said: Said, search: &mut Search) -> Result<Self, ReachFault> {
        let mut scan = Self { size: said.size, ..Self::default() };
        let mut places = Vec::with_capacity(said.named.len());
        for named in &said.named {
            places.push(scan.look_for(names, place, named, search)?);
        }
        let place_of = |nth: usize| places.get(nth).copied().flatten();
        scan.pages = said.pages.into_iter().map(|(page, nth)| (page, nth.and_then(place_of))).collect();
        Ok(scan)
    }

    /// Takes up a file that is named; its place if it is there.
    fn look_for(
        &mut self,
        names: &Names,
        within: usize,
        named: &Named,
        search: &mut Search,
    ) -> Result<Option<usize>, ReachFault> {
        let file = names.of(within);
        let with_base = named.base.as_ref().filter(|_| !named.location.starts_with('/'));
        let with_base = with_base.map(|base| format!("{base}/{}", named.location));
        let locations = || with_base.as_deref().into_iter().chain([named.location.as_str()]);
        let is_there = |found: &Result<usize, LocationFault>| *found != Err(LocationFault::Missing);
        let mut found = locations().map(|location| search.look(names, file, location)).find(is_there);
        if found.is_none() && named.role != Role::Perhaps {
            // Programs whose systems compare names without case show it.
            found = locations().map(|location| search.look_in_any_case(names, file, location)).find(is_there);
            self.is_in_other_case |= found.is_some();
        }
        match found {
            Some(Ok(place)) => {
                self.found.push((named.role, place));
                Ok(Some(place))
            }
            Some(Err(_)) | None if named.role == Role::Perhaps => Ok(None),
            Some(Err(LocationFault::Missing)) | None => {
                self.is_missing = true;
                Ok(None)
            }
            Some(Err(LocationFault::Unsafe | LocationFault::Ambiguous)) => Err(ReachFault::Unsafe(within)),
        }
    }
}

impl Scans {
    fn of<S: Source>(
        &mut self,
        names: &Names,
        intake: &mut Intake<'_, S>,
        place: usize,
    ) -> Result<&Scan, ReachFault> {
        let Self { known, xml, counted, search } = self;
        let size = intake.size(place);
        let scan = match known.entry(place) {
            Entry::Occupied(known) => known.into_mut(),
            // What is too large is not held for being refused.
            Entry::Vacant(vacant) if size > long(MAX_XML_BYTES) || *xml + size > long(MAX_ALL_XML_BYTES) => {
                vacant.insert(Err(ReachFault::Xml(place, XmlFault::Size)))
            }
            Entry::Vacant(vacant) => {
                let mut locations =
                    Locations { open: Vec::new(), base: None, said: Said::default(), counted };
                let read = intake.with(place, |file| xml::read(file, &mut locations));
                let read = read.ok_or(ReachFault::Unread(place))?;
                *xml += size;
                let said = read.map(|()| locations.said).map_err(|fault| ReachFault::Xml(place, fault));
                vacant.insert(said.and_then(|said| Scan::of(names, place, said, search)))
            }
        };
        scan.as_ref().map_err(|fault| *fault)
    }

    /// Bytes and elements of all files that were read.
    pub(crate) fn read(&self) -> (u64, u64) {
        (self.xml, long(self.counted.elements))
    }

    /// Times that a location was looked for.
    pub(crate) fn paths(&self) -> u64 {
        self.search.paths
    }

    /// Where files were looked for.
    pub(crate) fn into_absent(self) -> Absent {
        self.search.absent
    }

    /// The size that a file says, if it was read.
    fn size(&self, place: usize) -> Option<PageSize> {
        self.known.get(&place)?.as_ref().ok()?.size
    }
}

pub(crate) fn reach<S: Source>(
    names: &Names,
    intake: &mut Intake<'_, S>,
    root: usize,
    body: &Body,
    scans: &mut Scans,
) -> Result<Reached, ReachFault> {
    let mut reached = Reached::default();
    let mut queue = Vec::new();
    let start = names.of(root);
    let needed = body.versions.iter().map(|(location, _)| location).chain([&body.root]);
    for location in needed {
        intake.work.paths += 1;
        match resolve(names, start, location) {
            Ok(place) => queue.push(place),
            Err(LocationFault::Missing) => return Err(ReachFault::Missing),
            Err(LocationFault::Unsafe | LocationFault::Ambiguous) => return Err(ReachFault::Unsafe(root)),
        }
    }
    if let Some(cover) = &body.cover {
        let named = Named { role: Role::Leaf, location: cover.clone(), base: None };
        let mut scan = Scan::default();
        scan.look_for(names, root, &named, &mut scans.search)?;
        reached.take(root, &scan, &mut queue);
    }
    // What is a leaf in one file can be more in another, so what was read is remembered apart.
    let (mut read, mut pages) = (BTreeSet::new(), Vec::new());
    while let Some(place) = queue.pop() {
        reached.places.insert(place);
        if !read.insert(place) {
            continue;
        }
        let scan = scans.of(names, intake, place)?;
        pages.extend(scan.pages.iter().map(|(page, found)| (Rc::clone(page), *found, scan.size)));
        reached.take(place, scan, &mut queue);
    }
    for (page, place, of_document) in pages {
        let size = place.and_then(|place| scans.size(place)).or(of_document);
        reached.pages.entry(page).or_insert(size);
    }
    Ok(reached)
}

#[derive(Debug)]
struct Named {
    role: Role,
    location: String,
    /// Folder that a list of resources names for what it lists.
    base: Option<Rc<str>>,
}

struct Locations<'s> {
    open: Vec<String>,
    base: Option<Rc<str>>,
    said: Said,
    counted: &'s mut Counted,
}

impl Locations<'_> {
    fn named(&mut self, role: Role, location: String) -> Result<(), XmlFault> {
        // They are put together each time that it is looked for.
        self.counted(location.len() + self.base.as_ref().map_or(0, |base| base.len()))?;
        self.said.named.push(Named { role, location, base: self.base.clone() });
        Ok(())
    }

    fn counted(&mut self, bytes: usize) -> Result<(), XmlFault> {
        self.counted.locations += 1;
        self.counted.bytes += bytes;
        let too_many = self.counted.locations > MAX_LOCATIONS || self.counted.bytes > MAX_LOCATION_BYTES;
        if too_many { Err(XmlFault::Elements) } else { Ok(()) }
    }

    fn page(&mut self, attributes: &[(String, String)]) -> Result<(), XmlFault> {
        let value = |name| attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let Some(id) = value("ID") else { return Ok(()) };
        self.counted(id.len())?;
        // Its location is the next one that is taken up.
        let named = value("BaseLoc").map(|_| self.said.named.len());
        self.said.pages.insert(id.as_str().into(), named);
        Ok(())
    }

    /// Takes up the size that a page or a document says of itself; one without a surface is none.
    fn size(&mut self, text: &str) {
        let is_own = match self.root() {
            "Document" => self.open.get(2).is_some_and(|name| name == "PageArea"),
            "Page" => self.open.get(1).is_some_and(|name| name == "Area"),
            _ => false,
        };
        let size = rectangle(text).map(|[_, _, width, height]| [width, height]);
        if let Some(size) = size.filter(|size| is_own && size.iter().all(|side| *side > 0)) {
            self.said.size = Some(size);
        }
    }

    fn root(&self) -> &str {
        self.open.first().map_or("", String::as_str)
    }
}

impl Visit for Locations<'_> {
    fn start(&mut self, start: Start<'_>) -> Result<(), XmlFault> {
        self.counted.elements += 1;
        if self.counted.elements > MAX_XML_ELEMENTS {
            return Err(XmlFault::Elements);
        }
        let is_root = self.open.is_empty();
        if start.name == "Page" && self.root() == "Document" {
            self.page(&start.attributes)?;
        }
        for (attribute, value) in start.attributes {
            match (start.name, attribute.as_str()) {
                ("Res", "BaseLoc") if is_root => {
                    self.counted(value.len())?;
                    self.base = Some(value.into());
                }
                ("Page" | "TemplatePage" | "Version", "BaseLoc") => self.named(Role::Names, value)?,
                ("ColorSpace", "Profile") => self.named(Role::Leaf, value)?,
                _ => {}
            }
        }
        self.open.push(start.name.to_owned());
        Ok(())
    }

    fn end(&mut self, name: &str, text: String) -> Result<(), XmlFault> {
        if name == "PhysicalBox" {
            self.size(&text);
        }
        let role = match name {
            "DocRoot" | "PublicRes" | "DocumentRes" | "PageRes" | "Annotations" | "CustomTags"
            | "Attachments" | "Extensions"
                if self.open.len() > 1 =>
            {
                Some(Role::Names)
            }
            "FileLoc" if self.root() == "Annotations" => Some(Role::Names),
            "FileLoc" if self.root() == "Attachments" => Some(Role::Attachment),
            "FileLoc" | "SchemaLoc" | "MediaFile" | "FontFile" | "Cover" => Some(Role::Leaf),
            "File" if self.root() == "DocVersion" => Some(Role::Leaf),
            "ExtendData" => Some(Role::Perhaps),
            _ => None,
        };
        if let Some(role) = role {
            self.named(role, text)?;
        }
        self.open.pop();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
