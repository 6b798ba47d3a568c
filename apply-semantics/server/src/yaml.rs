//! YAML (feature `yaml`): bodies are read as Kubernetes reads them, and answers written as it writes them.

use bytes::Bytes;
use componentconfig::{Report, yaml};
use serde_json::Value;

/// The first document of a body, and the keys that stand in it twice, in the words of the original.
pub(crate) fn read(body: &[u8]) -> Result<(Value, Vec<String>), String> {
    let text = String::from_utf8_lossy(body);
    let document = yaml::parse("body", &text).map_err(|report| describe(&report, &text))?;
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

/// A JSON text in YAML; none if it is no JSON.
pub(crate) fn write(json: &[u8]) -> Option<Bytes> {
    let mut json = serde_json::Deserializer::from_slice(json);
    json.disable_recursion_limit();
    let value: Value = serde_core::Deserialize::deserialize(&mut json).ok()?;
    Some(yaml::write(&value).into())
}

fn describe(report: &Report, text: &str) -> String {
    let first = report.errors().next();
    let described = first.map_or_else(String::new, |diagnostic| {
        let problem = problem(&diagnostic.message);
        let line = match diagnostic.span {
            // The scalar begins before the tab that ends it.
            _ if problem == TAB => text
                .lines()
                .position(|line| line.starts_with('\t'))
                .map(|at| at + 1),
            span => span.and_then(|span| usize::try_from(span.line).ok()),
        };
        match line {
            Some(line) if line > 1 => format!("line {line}: {problem}"),
            _ => problem.to_owned(),
        }
    });
    format!("error converting YAML to JSON: yaml: {described}")
}

const TAB: &str = "found a tab character that violates indentation";

/// What is wrong, without where it was looked for, in the words of libyaml where ours are others.
fn problem(message: &str) -> &str {
    let problem = match message.split_once(", ") {
        Some((context, problem)) if context.starts_with("while ") => problem,
        _ => message,
    };
    match problem {
        "found a tab" => TAB,
        "tab cannot be used as indentation" => "found character that cannot start any token",
        "simple key expected ':'" => "could not find expected ':'",
        "unclosed quote" => "found unexpected end of stream",
        "invalid indentation" => "did not find expected key",
        "expected ',' or ']'"
        | "unclosed bracket '['"
        | "unexpected EOF while parsing a flow sequence" => "did not find expected ',' or ']'",
        "unclosed bracket '{'" | "unexpected EOF while parsing a flow mapping" => {
            "did not find expected ',' or '}'"
        }
        other
            if other.starts_with("tabs disallowed")
                || other.starts_with("unexpected character") =>
        {
            "found character that cannot start any token"
        }
        other => other,
    }
}
