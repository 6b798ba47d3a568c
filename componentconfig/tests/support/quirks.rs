//! Cases whose recorded answer is a bug of upstream: the recording is what `Compat::Upstream` has to give, and what
//! `Compat::Fixed` gives instead is judged here, bug by bug.

use componentconfig::scalar::Duration;
use conformance_runner::first_difference;
use serde_json::Value;

use crate::case::{Case, Outcome};

/// Whether the default gives the right answer to a case of a bug. `Err` for a bug that nobody knows, too.
pub(crate) fn fixed(case: &Case, bug: &str, outcome: &Outcome) -> Result<(), String> {
    if bug.starts_with("controlPlaneComponentHealthCheck becomes 0s") {
        return own_timeout(case, outcome, "InitConfiguration");
    }
    if bug.starts_with("the v1beta3 ClusterConfiguration timeout also reaches JoinConfiguration") {
        return own_timeout(case, outcome, "JoinConfiguration");
    }
    if bug.starts_with("UpgradeConfiguration cannot be migrated") {
        return upgrade_is_written(case, outcome);
    }
    if bug.starts_with("ttl is defaulted even where expires is set") {
        return accepted(outcome);
    }
    if bug.starts_with("the validation of NodeResourcesFit arguments") {
        return refused_in_arguments(outcome);
    }
    Err(format!("nothing is known of this bug: {bug}"))
}

fn accepted(outcome: &Outcome) -> Result<(), String> {
    match outcome {
        Ok(_) => Ok(()),
        Err(report) => Err(format!("refused: {report}")),
    }
}

/// The output is the recorded one but for a timeout, which is that of the input, or the default.
fn own_timeout(case: &Case, outcome: &Outcome, kind: &str) -> Result<(), String> {
    let (documents, _) = outcome.as_ref().map_err(ToString::to_string)?;
    let mut expected = case.recorded_documents();
    let given = given_timeout(case, kind);
    for document in &mut expected {
        if document["kind"] == kind {
            document["timeouts"]["controlPlaneComponentHealthCheck"] = given.clone().into();
        }
    }
    if documents.len() != expected.len() {
        return Err(format!("{} documents", documents.len()));
    }
    documents
        .iter()
        .zip(&expected)
        .enumerate()
        .find_map(|(index, (document, expected))| {
            first_difference(&case.without_chance(index, document), expected)
        })
        .map_or(Ok(()), Err)
}

fn given_timeout(case: &Case, kind: &str) -> String {
    let given = case
        .input_documents()
        .into_iter()
        .find(|document| document["kind"] == kind)
        .and_then(|document| {
            let given = &document["timeouts"]["controlPlaneComponentHealthCheck"];
            given.as_str().map(str::to_owned)
        });
    let duration: Duration = given.as_deref().unwrap_or("4m").parse().unwrap();
    duration.to_string()
}

/// Each document of the input comes back, with everything that it sets.
fn upgrade_is_written(case: &Case, outcome: &Outcome) -> Result<(), String> {
    let (documents, _) = outcome.as_ref().map_err(ToString::to_string)?;
    let upgrade = |documents: &[Value]| {
        let of = |document: &&Value| document["kind"] == "UpgradeConfiguration";
        documents.iter().find(of).cloned()
    };
    let (Some(given), Some(written)) = (upgrade(&case.input_documents()), upgrade(documents))
    else {
        return Err("no UpgradeConfiguration".to_owned());
    };
    contains("", &written, &given)
}

fn contains(path: &str, whole: &Value, part: &Value) -> Result<(), String> {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().try_for_each(|(key, part)| {
            let path = format!("{path}.{key}");
            // False, zero and empty are not written.
            match whole.get(key) {
                Some(whole) => contains(&path, whole, part),
                None if *part == Value::Bool(false) => Ok(()),
                None => Err(format!("{path} is lost")),
            }
        }),
        (Value::String(whole), Value::String(part)) => {
            let duration = |text: &str| text.parse::<Duration>().ok();
            let same = whole == part || duration(whole).is_some_and(|d| duration(part) == Some(d));
            same.then_some(())
                .ok_or_else(|| format!("{path}: {whole}, given {part}"))
        }
        _ if whole == part => Ok(()),
        _ => Err(format!("{path}: {whole}, given {part}")),
    }
}

fn refused_in_arguments(outcome: &Outcome) -> Result<(), String> {
    let Err(report) = outcome else {
        return Err("accepted".to_owned());
    };
    let inside = report.errors().any(|error| {
        let path = error.path.as_ref().map(ToString::to_string);
        path.is_some_and(|path| path.contains(".pluginConfig[") && path.contains(".args."))
    });
    inside
        .then_some(())
        .ok_or_else(|| format!("no error in arguments: {report}"))
}
