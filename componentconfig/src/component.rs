//! What reading a component's own configuration file has in common for all components.

use crate::{Class, Diagnostic, Document, GroupVersionKind, Report, field::Path};

/// Refuses a document that is not of the kind.
///
/// # Errors
/// It is of another kind, or of none. Where both fields are missing, each is said to be.
pub(crate) fn check_kind(document: &Document, kind: &GroupVersionKind) -> Result<(), Report> {
    match document.type_meta() {
        Ok(gvk) if gvk == *kind => Ok(()),
        Ok(_) => Err(document.unknown_api().into()),
        Err(report) if report.has(Class::MissingTypeMeta) => {
            let missing = [
                ("kind", Class::MissingKind),
                ("apiVersion", Class::MissingVersion),
            ];
            Err(missing
                .into_iter()
                .map(|(name, class)| {
                    Diagnostic::error(class, format!("{name} must be specified"))
                        .at(Path::new(name))
                        .span(document.root().span())
                        .source(document.source())
                })
                .collect())
        }
        Err(report) => Err(report),
    }
}
