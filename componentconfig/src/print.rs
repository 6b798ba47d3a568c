//! How a document is written: what the user said, what holds, or what Kubernetes would write.

use serde_json::{Map, Value};

use crate::{
    Registry, Report,
    conversion::kind_of,
    field::{Element, Path},
};

/// How much of a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Print {
    /// What is set, and nothing else: no field appears that the document does not have. Scalars are canonical (`90s`
    /// becomes `1m30s`), nulls and fields that nobody knows are gone.
    #[default]
    Minimal,
    /// What holds: what is set, and every default that says something. No `0s`, no nulls, no empty texts that only mean
    /// "unset".
    Effective,
    /// Byte for byte what Kubernetes writes of the complete document, with its nulls and `0s`. An empty list that was set
    /// in place of a default is lost where Kubernetes loses it: read again, the document has the default.
    Upstream,
}

impl Registry {
    /// A document of a known kind in one of three ways; one of another kind as it is.
    ///
    /// ```
    /// # #[cfg(feature = "kube-apiserver")] {
    /// use componentconfig::{Registry, print::Print};
    /// use serde_json::json;
    ///
    /// let (version, kind) = ("pod-security.admission.config.k8s.io/v1", "PodSecurityConfiguration");
    /// let document = json!({"apiVersion": version, "kind": kind, "defaults": {"enforce": "baseline"}});
    /// let registry = Registry::kubernetes();
    /// assert_eq!(registry.print(&document, Print::Minimal)?, document);
    /// let effective = registry.print(&document, Print::Effective)?;
    /// assert_eq!(effective["defaults"]["warn-version"], "latest");
    /// assert!(effective.get("exemptions").is_none());
    /// assert_eq!(registry.print(&document, Print::Upstream)?["exemptions"], json!({}));
    /// # }
    /// # Ok::<(), componentconfig::Report>(())
    /// ```
    ///
    /// # Errors
    /// The document cannot be read. Unknown fields are no errors here.
    pub fn print(&self, document: &Value, mode: Print) -> Result<Value, Report> {
        let Some(entry) = kind_of(document).and_then(|kind| self.entries.get(&kind)) else {
            return Ok(document.clone());
        };
        match mode {
            Print::Minimal => Ok(said(&(entry.print)(document)?, &(entry.known)(document))),
            Print::Upstream => (entry.complete)(document),
            Print::Effective => {
                let complete = (entry.complete)(document)?;
                let said = said(&(entry.print)(document)?, &(entry.known)(document));
                Ok(meaningful(&complete, Some(&said)).unwrap_or_else(|| Map::new().into()))
            }
        }
    }

    /// A document of a known kind as its type writes it, without defaults: scalars canonical, unknown fields gone. One of
    /// another kind stays as it is.
    ///
    /// # Errors
    /// The document cannot be read. Unknown fields are no errors here.
    pub fn normalized(&self, document: &Value) -> Result<Value, Report> {
        match kind_of(document).and_then(|kind| self.entries.get(&kind)) {
            Some(entry) => (entry.print)(document),
            None => Ok(document.clone()),
        }
    }
}

/// Of `canonical`, what `document` says too.
fn said(canonical: &Value, document: &Value) -> Value {
    match (canonical, document) {
        (Value::Object(fields), Value::Object(said_fields)) => {
            let both = said_fields.iter().filter(|(_, value)| !value.is_null());
            let both = both.map(|(name, value)| {
                // The type leaves out what is zero or empty, the user has said it: that may not be the same as nothing.
                let field = fields.get(name).map(|field| said(field, value));
                (name.clone(), field.unwrap_or_else(|| value.clone()))
            });
            both.collect::<Map<_, _>>().into()
        }
        (Value::Array(items), Value::Array(said_items)) if items.len() == said_items.len() => items
            .iter()
            .zip(said_items)
            .map(|(item, value)| said(item, value))
            .collect(),
        // An empty collection that the type takes for none.
        (Value::Null, said) => said.clone(),
        _ => canonical.clone(),
    }
}

/// A document without nulls and without the fields at `unknown`.
pub(crate) fn known(document: &Value, unknown: &[Path]) -> Value {
    let mut document = document.clone();
    for path in unknown {
        if let Some((Element::Field(name), above)) = path.elements().split_last() {
            let above: Path = above.iter().cloned().collect();
            if let Some(Value::Object(fields)) = value_at_mut(&mut document, &above) {
                fields.remove(&**name);
            }
        }
    }
    without_nulls(&mut document);
    document
}

fn value_at_mut<'a>(value: &'a mut Value, path: &Path) -> Option<&'a mut Value> {
    let mut elements = path.elements().iter();
    elements.try_fold(value, |value, element| match element {
        Element::Field(name) | Element::Key(name) => value.get_mut(&**name),
        Element::Index(index) => value.get_mut(*index),
    })
}

/// Whether there is no scalar in a list or a map.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().all(is_hollow),
        Value::Array(items) => items.iter().all(is_hollow),
        _ => false,
    }
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// Of `complete`, what says something, and what was said.
fn meaningful(complete: &Value, said: Option<&Value>) -> Option<Value> {
    match complete {
        Value::Object(fields) => {
            let kept = fields.iter().filter_map(|(name, field)| {
                let said = said.and_then(|said| said.get(name));
                Some((name.clone(), meaningful(field, said)?))
            });
            let mut kept: Map<String, Value> = kept.collect();
            // Said, and left out by the type: an empty list in place of a default.
            for (name, value) in said.and_then(Value::as_object).into_iter().flatten() {
                if is_hollow(value) && !fields.contains_key(name) {
                    kept.insert(name.clone(), value.clone());
                }
            }
            (!kept.is_empty() || said.is_some()).then(|| kept.into())
        }
        Value::Array(items) if !items.is_empty() => {
            let said = said.and_then(Value::as_array);
            let kept = items.iter().enumerate().map(|(index, item)| {
                let said = said.and_then(|said| said.get(index));
                meaningful(item, said).unwrap_or_else(|| item.clone())
            });
            Some(kept.collect())
        }
        Value::Null => said.filter(|said| !said.is_null()).cloned(),
        other => {
            let nothing = match other {
                Value::String(text) => text.is_empty() || text == "0s" || text == "0",
                Value::Number(number) => number.as_f64() == Some(0.0),
                Value::Array(_) => true,
                _ => false,
            };
            (!nothing || said.is_some()).then(|| other.clone())
        }
    }
}

#[cfg(all(test, feature = "kubelet"))]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Kind, kubelet::v1beta1::KubeletConfiguration};

    #[test]
    fn an_empty_list_in_place_of_a_default_is_kept_and_what_nobody_knows_is_not() {
        let document = json!({
            "apiVersion": KubeletConfiguration::GVK.api_version(), "kind": "KubeletConfiguration",
            "enforceNodeAllocatable": [], "maxPods": 0, "unheard": 1, "logging": {"unheard": {}}, "address": null,
        });
        let registry = Registry::kubernetes();
        let minimal = registry.print(&document, Print::Minimal).unwrap();
        let expected = json!({
            "apiVersion": KubeletConfiguration::GVK.api_version(), "kind": "KubeletConfiguration",
            "enforceNodeAllocatable": [], "maxPods": 0, "logging": {},
        });
        assert_eq!(minimal, expected);
        let effective = registry.print(&document, Print::Effective).unwrap();
        assert_eq!(effective["enforceNodeAllocatable"], json!([]));
        assert_eq!(effective["maxPods"], 110);
        assert_eq!(effective.get("unheard"), None);
        assert_eq!(
            registry.print(&effective, Print::Effective).unwrap(),
            effective
        );
    }
}
