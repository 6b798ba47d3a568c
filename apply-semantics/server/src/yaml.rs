//! Bodies in YAML (feature `yaml`), read as Kubernetes reads them.

use componentconfig::{Report, yaml};
use serde_json::Value;

/// The first document of a body, and the keys that stand in it twice, in the words of the original.
pub(crate) fn read(body: &[u8]) -> Result<(Value, Vec<String>), String> {
    let text = String::from_utf8_lossy(body);
    let document = yaml::parse("body", &text).map_err(|report| describe(&report))?;
    let doubled = document.duplicates().iter().map(|duplicate| {
        let path = duplicate.path.to_string();
        let key = path.rsplit('.').next().unwrap_or(&path);
        format!(
            "line {}: key \"{key}\" already set in map",
            duplicate.again.line
        )
    });
    let doubled = doubled.collect();
    Ok((document.to_value(), doubled))
}

fn describe(report: &Report) -> String {
    let first = report.errors().next();
    let text = first.map_or_else(String::new, |diagnostic| match diagnostic.span {
        Some(span) if span.line > 1 => format!("line {}: {}", span.line, diagnostic.message),
        _ => diagnostic.message.clone(),
    });
    format!("error converting YAML to JSON: yaml: {text}")
}
