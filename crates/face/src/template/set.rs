use boyin_model::catalog::LicenseType;

use super::Template;
use crate::TemplateError;

const GENERAL: &str = include_str!("../../templates/general.toml");
const SPECIAL: [&str; 2] = [
    include_str!("../../templates/business-license.toml"),
    include_str!("../../templates/marriage-certificate.toml"),
];

/// The templates of an office: the built-in ones, and its own before them.
///
/// ```
/// use boyin_face::Templates;
/// use boyin_model::catalog::Catalog;
///
/// let (templates, catalog) = (Templates::built_in(), Catalog::embedded());
/// let business = catalog.find("营业执照").map(|license_type| templates.of(license_type).name());
/// assert_eq!(business, Some("business-license"));
/// let receipt = catalog.find("fiscal-receipt").map(|license_type| templates.of(license_type).name());
/// assert_eq!(receipt, Some("general"));
/// ```
#[derive(Clone, Debug)]
pub struct Templates {
    general: Template,
    special: Vec<Template>,
}

impl Templates {
    /// The built-in ones.
    #[must_use]
    pub fn built_in() -> Self {
        let read = |text| Template::read(text).expect("the built-in templates are tested");
        Self { general: read(GENERAL), special: SPECIAL.map(read).into() }
    }

    /// Adds a template of the office. It goes before those that are there for the same types; one for no type becomes the
    /// general one.
    ///
    /// # Errors
    /// [`TemplateError`]: the first fault.
    pub fn add(&mut self, text: &str) -> Result<(), TemplateError> {
        let template = Template::read(text)?;
        if template.types.is_empty() {
            self.general = template;
        } else {
            self.special.insert(0, template);
        }
        Ok(())
    }

    /// The template of a license type: one for its key, else the general one.
    #[must_use]
    pub fn of(&self, license_type: &LicenseType) -> &Template {
        let is_for = |template: &&Template| template.types.contains(&license_type.key);
        self.special.iter().find(is_for).unwrap_or(&self.general)
    }

    /// All of them, the general one first.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.general).chain(&self.special)
    }
}
