//! From client-side apply to server-side apply.

use apply_semantics::{
    migrate::{client_side_managers, migrate_client_side},
    patch::Patch,
};
use serde_json::json;

use crate::{cli::Names, failure::Failure, input::Object};

/// The JSON patch of the object; with several objects, a list of objects with their patches. What becomes of each entry is told
/// on standard error.
pub(crate) fn migrate(
    objects: &[Object],
    names: &Names<'_>,
    subresource: &str,
) -> Result<String, Failure> {
    let mut patches = Vec::new();
    for object in objects {
        let failed = |error| Failure::Input(format!("{}: {error}", object.name));
        let candidates = client_side_managers(&object.value).map_err(failed)?;
        let from: Vec<&str> = match &names.from {
            Some(from) => from.clone(),
            None => candidates
                .iter()
                .map(|candidate| candidate.manager.as_str())
                .collect(),
        };
        let plan =
            migrate_client_side(&object.value, &from, names.to, subresource).map_err(failed)?;
        let patch = plan.patch().map_err(failed)?;
        eprintln!("{}:", object.name);
        match patch {
            Some(Patch::Json(patch)) => {
                for step in plan.steps() {
                    eprintln!("  {step}");
                }
                let orphaned = plan.orphaned();
                for path in orphaned.paths() {
                    eprintln!(
                        "  nobody owns {} any more",
                        apply_semantics::path::display(&path)
                    );
                }
                patches.push((object, patch));
            }
            _ => eprintln!("  nothing to migrate"),
        }
    }
    match (patches.as_slice(), objects) {
        ([], _) => Err(Failure::no(String::new(), "nothing to migrate")),
        ([(_, patch)], [_]) => Ok(format!("{patch:#}\n")),
        (patches, _) => {
            let patches = patches.iter().map(|(object, patch)| {
                let text = |pointer| object.value.pointer(pointer);
                json!({
                    "kind": text("/kind"),
                    "namespace": text("/metadata/namespace"),
                    "name": text("/metadata/name"),
                    "patch": patch,
                })
            });
            Ok(format!("{:#}\n", patches.collect::<serde_json::Value>()))
        }
    }
}
