//! Field selectors in their text form: `metadata.name=a,status.phase!=Running`.

use crate::store::Object;

/// A parsed field selector: all requirements must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    field: String,
    value: String,
    equal: bool,
}

impl FieldSelector {
    /// Reads a selector over fields that the resource can select by.
    ///
    /// # Errors
    /// What an API server says about such a text.
    pub(crate) fn parse(text: &str, known: &[&str]) -> Result<Self, String> {
        let mut found = Vec::new();
        for term in split_terms(text) {
            let (field, equal, value) = split_term(&term)
                .ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{term}'"))?;
            if !known.contains(&field) {
                return Err(unknown(field, known));
            }
            found.push(Requirement {
                field: field.to_owned(),
                value: unescape(value),
                equal,
            });
        }
        Ok(Self(found))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives fields the names that they have in stored objects.
    pub(crate) fn rename(&mut self, name: impl Fn(&str) -> String) {
        for requirement in &mut self.0 {
            requirement.field = name(&requirement.field);
        }
    }

    /// The same, for objects of that name only.
    pub(crate) fn add_name(&mut self, name: &str) {
        self.0.push(Requirement {
            field: "metadata.name".to_owned(),
            value: name.to_owned(),
            equal: true,
        });
    }

    /// Whether the object with that key is selected.
    pub(crate) fn matches(&self, key: &str, object: &Object) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let (namespace, name) = key.split_once('/').unwrap_or(("", key));
        self.0.iter().all(|requirement| {
            let wanted = &*requirement.value;
            let equal = match &*requirement.field {
                "metadata.name" => name == wanted,
                "metadata.namespace" => namespace == wanted,
                field => object.field(field) == wanted,
            };
            equal == requirement.equal
        })
    }
}

fn unknown(field: &str, known: &[&str]) -> String {
    let names: Vec<_> = known
        .iter()
        .take(2)
        .map(|name| format!("\"{name}\""))
        .collect();
    if known.len() > 2 {
        format!("field label not supported: {field}")
    } else {
        format!(
            "\"{field}\" is not a known field selector: only {}",
            names.join(", ")
        )
    }
}

/// Splits at commas that no backslash keeps.
fn split_terms(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for character in text.chars() {
        if character == ',' && !escaped {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(character);
        }
        escaped = character == '\\' && !escaped;
    }
    terms.retain(|term| !term.is_empty());
    terms
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    let at = term.find('=')?;
    let (left, right) = term.split_at(at);
    if let Some(field) = left.strip_suffix('!') {
        return Some((field, false, right.strip_prefix('=')?));
    }
    let value = right
        .strip_prefix("==")
        .or_else(|| right.strip_prefix('='))?;
    Some((left, true, value))
}

fn unescape(value: &str) -> String {
    let mut out = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.extend(characters.next()),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_compared_as_text() {
        let pod = json!({"metadata": {"name": "a,b"}, "spec": {"nodeName": "n"}, "status": {"phase": "Running"}});
        let known = [
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "status.phase",
        ];
        let pod = Object::sample(pod);
        let matches = |text| {
            let selector = FieldSelector::parse(text, &known).unwrap();
            selector.matches("a,b", &pod)
        };
        assert!(matches("metadata.name=a\\,b"));
        assert!(matches("status.phase!=Failed,spec.nodeName==n"));
        assert!(!matches("metadata.namespace=x"));
        assert!(matches("metadata.namespace="));
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error =
            FieldSelector::parse("spec.nothing=1", &["metadata.name", "metadata.namespace"]);
        assert_eq!(
            error.unwrap_err(),
            "\"spec.nothing\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        );
    }
}
