//! Tags (GB/T 33190 §16): their files have any elements; of an element that refers to objects the name is what these show.

use super::{Files, Left, TaggedObject, UnverifiedTag, locate, of};
use crate::limits::{MAX_EXTRACTED, MAX_TAGGED_OBJECTS, MAX_XML_BYTES};
use crate::structure::StructureFault;
use crate::xml::{self, Start, Visit, XmlFault};

pub(super) const LIST: &str = "the list of tags";
const FILE: &str = "a file of tags";
const REFERENCE: &str = "ObjectRef";

/// The tags of all files that the list at this place names.
pub(super) fn read<F: Files>(
    files: &mut F,
    list: usize,
    left: &mut Left,
) -> Result<Vec<UnverifiedTag>, F::Error> {
    let root = files.root(list, (LIST, "CustomTags"), left)?;
    let mut tags = Tags { open: Vec::new(), found: Vec::new(), count: 0, left };
    for (nth, tag) in root.all("CustomTag").enumerate() {
        if nth == MAX_EXTRACTED {
            return Err(of(LIST)(StructureFault::TooMany("CustomTag")).into());
        }
        let location = tag.one("FileLoc").map_err(of(LIST))?;
        let place = locate(files.names(), files.names().of(list), location.text(), FILE)?;
        let fault = |fault: XmlFault| of(FILE)(fault.into());
        tags.left.take(files.size(place), MAX_XML_BYTES).map_err(fault)?;
        xml::read(&files.read(place)?, &mut tags).map_err(fault)?;
    }
    Ok(tags.found)
}

struct Tags<'l> {
    open: Vec<Open>,
    found: Vec<UnverifiedTag>,
    /// Objects of all tags.
    count: usize,
    left: &'l mut Left,
}

/// An element that has begun and not ended.
#[derive(Default)]
struct Open {
    page: Option<String>,
    objects: Vec<TaggedObject>,
}

impl Visit for Tags<'_> {
    fn start(&mut self, start: Start<'_>) -> Result<(), XmlFault> {
        self.left.elements = self.left.elements.checked_sub(1).ok_or(XmlFault::Elements)?;
        let page = start.attributes.into_iter().find(|(name, _)| name == "PageRef").map(|(_, value)| value);
        self.open.push(Open { page, objects: Vec::new() });
        Ok(())
    }

    fn end(&mut self, name: &str, text: String) -> Result<(), XmlFault> {
        let Open { page, objects } = self.open.pop().ok_or(XmlFault::Syntax)?;
        if !objects.is_empty() {
            self.found.push(UnverifiedTag { name: name.to_owned(), objects });
        } else if name == REFERENCE
            && let Some(parent) = self.open.last_mut()
        {
            self.count += 1;
            parent.objects.push(TaggedObject { page, object: text.trim().to_owned() });
        }
        let is_much = self.found.len() > MAX_EXTRACTED || self.count > MAX_TAGGED_OBJECTS;
        if is_much { Err(XmlFault::Elements) } else { Ok(()) }
    }
}
