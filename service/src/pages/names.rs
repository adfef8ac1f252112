//! The English names that the catalogs have for what decisions and figures say in Chinese. Departments, offices, grounds and systems have
//! none: there the page says that the text is Chinese.

use std::sync::Arc;

use boyin::exempt::ItemCatalog;
use boyin::model::catalog::Catalog;
use serde_json::Value;

use super::html::Html;
use super::{Lang, member};
use crate::state::AppState;
use crate::window::catalog;

/// The language of a page, and the names in it.
pub(super) struct Words<'s> {
    pub(super) lang: Lang,
    types: &'s Catalog,
    /// Of an English page, if the catalog can be read: without it the names stay Chinese.
    items: Option<Arc<ItemCatalog>>,
}

impl<'s> Words<'s> {
    pub(super) async fn of(state: &'s AppState, lang: Lang) -> Self {
        let items = match lang {
            Lang::Zh => None,
            Lang::En => catalog(state).await.ok().map(|(items, _)| items),
        };
        Self { lang, types: state.lookup.home().catalog(), items }
    }

    /// A license type by its Chinese name.
    pub(super) fn of_type<'n>(&'n self, name: &'n str) -> &'n str {
        let known = self.types.find(name).filter(|_| self.lang == Lang::En);
        known.map_or(name, |known| known.name_en.as_str())
    }

    /// An item by its key and its Chinese name, as it stands in the catalog now.
    pub(super) fn of_item<'n>(&'n self, key: &str, name: &'n str) -> &'n str {
        let mut items = self.items.iter().flat_map(|items| items.items());
        let known = items.find(|item| item.key == key && item.name == name);
        known.map_or(name, |known| known.name_en.as_str())
    }

    fn of_package<'n>(&'n self, key: &str, name: &'n str) -> &'n str {
        let mut packages = self.items.iter().flat_map(|items| items.packages());
        let known = packages.find(|package| package.key == key && package.name == name);
        known.map_or(name, |known| known.name_en.as_str())
    }

    /// Puts these names into a decision that is shown.
    pub(super) fn put_into(&self, decision: &mut Value) {
        if self.lang == Lang::Zh {
            return;
        }
        for item in list(decision, "items") {
            let name = self.of_item(member(item, "key"), member(item, "name")).to_owned();
            item["name"] = name.into();
        }
        if decision["package"].is_object() {
            let package = &mut decision["package"];
            let name = self.of_package(member(package, "key"), member(package, "name")).to_owned();
            package["name"] = name.into();
        }
        for material in list(decision, "materials") {
            for part in ["licenses", "findings"] {
                for one in list(material, part).filter(|one| one["type_name"].is_string()) {
                    let name = self.of_type(member(one, "type_name")).to_owned();
                    one["type_name"] = name.into();
                }
            }
        }
    }
}

fn list<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// A text that there is in Chinese only.
pub(super) fn chinese(html: &mut Html, lang: Lang, text: &str) {
    html.raw(lang.say("<span>", "<span lang=\"zh-CN\">")).text(text).raw("</span>");
}
