//! Who would object to an apply.

use std::path::Path;

use apply_semantics::explain::{Conflict, explain};
use serde_json::{Value, json};

use crate::{
    cli::{Cli, Output},
    failure::Failure,
    input::{self, Object},
};

/// The conflicts of every configuration with the object that it is for.
pub(crate) fn check(objects: &[Object], config: &Path, cli: &Cli) -> Result<String, Failure> {
    let manager = cli.manager.as_deref().unwrap_or_default();
    let mut found: Vec<(String, Conflict)> = Vec::new();
    for config in input::read_file(config)? {
        let Some(object) = objects
            .iter()
            .find(|object| object.is_meant_by(&config.value))
        else {
            eprintln!(
                "{}: not among the objects, so it would be created",
                config.name
            );
            continue;
        };
        let failed =
            |error: &dyn std::fmt::Display| Failure::Input(format!("{}: {error}", object.name));
        let explanation = explain(&object.value).map_err(|error| failed(&error))?;
        let conflicts = explanation
            .conflicts(manager, &cli.subresource, &config.value)
            .map_err(|error| failed(&error))?;
        found.extend(
            conflicts
                .into_iter()
                .map(|conflict| (object.name.clone(), conflict)),
        );
    }
    let output = if cli.output == Output::Json {
        let all = found
            .iter()
            .map(|(object, conflict)| json!({"object": object, "conflict": conflict}));
        format!("{:#}\n", all.collect::<Value>())
    } else {
        let lines = found
            .iter()
            .map(|(object, conflict)| format!("{object} {conflict}"));
        lines.flat_map(|line| [line, "\n".to_owned()]).collect()
    };
    match found.len() {
        0 => Ok(output),
        1 => Err(Failure::no(output, "1 conflict")),
        many => Err(Failure::no(output, format!("{many} conflicts"))),
    }
}
