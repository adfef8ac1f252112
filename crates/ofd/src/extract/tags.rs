//! Tags (GB/T 33190 §16): their files have any elements; of an element that refers to objects the name is what these show.

use super::{Files, TaggedObject, UnverifiedTag, locate, of};
use crate::limits::{MAX_EXTRACTED, MAX_TAGGED_OBJECTS, MAX_XML_BYTES, long};
use crate::structure::StructureFault;
use crate::xml::{self, Start, Visit, XmlFault};

pub(super) const LIST: &str = "the list of tags";
const FILE: &str = "a file of tags";
const REFERENCE: &str = "ObjectRef";

/// The tags of all files that the list at this place names.
pub(super) fn read<F: Files>(files: &mut F, list: usize) -> Result<Vec<UnverifiedTag>, F::Error> {
    let root = files.root(list, LIST, "CustomTags")?;
    let mut tags = Tags::default();
    for (nth, tag) in root.all("CustomTag").enumerate() {
        if nth == MAX_EXTRACTED {
            return Err(of(LIST)(StructureFault::TooMany("CustomTag")).into());
        }
        let location = tag.one("FileLoc").map_err(of(LIST))?;
        let place = locate(files.names(), files.names().of(list), location.text(), FILE)?;
        let fault = |fault: XmlFault| of(FILE)(fault.into());
        if files.size(place) > long(MAX_XML_BYTES) {
            return Err(fault(XmlFault::Size).into());
        }
        xml::read(&files.read(place)?, &mut tags).map_err(fault)?;
    }
    Ok(tags.found)
}

#[derive(Default)]
struct Tags {
    open: Vec<Open>,
    found: Vec<UnverifiedTag>,
    /// Objects of all tags.
    count: usize,
}

/// An element that has begun and not ended.
#[derive(Default)]
struct Open {
    page: Option<String>,
    objects: Vec<TaggedObject>,
}

impl Visit for Tags {
    fn start(&mut self, start: Start<'_>) -> Result<(), XmlFault> {
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
