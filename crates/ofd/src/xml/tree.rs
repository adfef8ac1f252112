use super::{Start, Visit, XmlFault, read};
use crate::limits::{MAX_STRUCTURE_BYTES, MAX_STRUCTURE_ELEMENTS};
use crate::structure::StructureFault;

/// An element of one of the files that say what a document consists of. All of them are elements of OFD.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The root of a file.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, XmlFault> {
        if bytes.len() > MAX_STRUCTURE_BYTES {
            return Err(XmlFault::Size);
        }
        let mut builder = Builder { open: Vec::new(), root: None, count: 0 };
        read(bytes, &mut builder)?;
        builder.root.ok_or(XmlFault::Syntax)
    }

    /// The root of a file, which must have this name.
    pub(crate) fn root(bytes: &[u8], name: &'static str) -> Result<Self, StructureFault> {
        let root = Self::read(bytes)?;
        if root.name == name { Ok(root) } else { Err(StructureFault::Root(name)) }
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn needed(&self, name: &'static str) -> Result<&str, StructureFault> {
        self.attribute(name).ok_or(StructureFault::Missing(name))
    }

    /// Its text without white space around.
    pub(crate) fn text(&self) -> &str {
        self.text.trim_matches([' ', '\t', '\r', '\n'])
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The one child of that name: of two, readers take either.
    pub(crate) fn maybe(&self, name: &'static str) -> Result<Option<&Self>, StructureFault> {
        let mut all = self.all(name);
        let first = all.next();
        if all.next().is_some() { Err(StructureFault::Repeated(name)) } else { Ok(first) }
    }

    pub(crate) fn one(&self, name: &'static str) -> Result<&Self, StructureFault> {
        self.maybe(name)?.ok_or(StructureFault::Missing(name))
    }
}

struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    count: usize,
}

impl Visit for Builder {
    fn start(&mut self, start: Start<'_>) -> Result<(), XmlFault> {
        self.count += 1;
        if self.count > MAX_STRUCTURE_ELEMENTS {
            return Err(XmlFault::Elements);
        }
        if !start.is_ofd {
            return Err(XmlFault::Foreign);
        }
        let Start { name, attributes, .. } = start;
        let name = name.to_owned();
        self.open.push(Element { name, attributes, text: String::new(), children: Vec::new() });
        Ok(())
    }

    fn end(&mut self, _name: &str, text: String) -> Result<(), XmlFault> {
        let mut element = self.open.pop().ok_or(XmlFault::Syntax)?;
        element.text = text;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }
}
