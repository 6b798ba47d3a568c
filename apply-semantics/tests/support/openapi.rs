//! Suite `openapi`: schemas from OpenAPI.

use apply_semantics::schema::Definition;
use conformance_runner::{Runner, first_difference};
use serde_json::Value;

use crate::cases;

const SUITE: &str = "openapi";

pub(crate) fn run(runner: &mut Runner) {
    for (id, case) in cases(runner, SUITE) {
        runner.case(SUITE, &id, || check(&case));
    }
}

fn check(case: &Value) -> Result<(), String> {
    let schemas = case["definitions"].as_object().unwrap();
    let preserve = case["preserve_unknown_fields"].as_bool().unwrap();
    match (
        Definition::from_openapi(schemas, preserve),
        case.get("want"),
    ) {
        (Ok(mut definitions), Some(wanted)) => {
            definitions.sort_by(|a, b| a.name.cmp(&b.name));
            let written = Definition::write_all(&definitions);
            let again = Definition::read_all(&written).map_err(|error| error.to_string())?;
            if again != definitions {
                return Err("what was written does not read the same".to_owned());
            }
            first_difference(&written, wanted).map_or(Ok(()), Err)
        }
        (Err(_), None) => Ok(()),
        (Ok(_), None) => Err(format!("no error, expected {}", case["error"])),
        (Err(error), Some(_)) => Err(format!("unexpected error {error}")),
    }
}
