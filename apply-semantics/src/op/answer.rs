//! What the answer to a request comes to.

use serde_json::Value;

use super::{Effect, ObjectList, Operation, Outcome, Refusal};

impl Outcome {
    /// The outcome of an operation whose request was answered with that code, body and those warnings. It is for clients that send
    /// [`Operation::to_request`] themselves.
    ///
    /// ```
    /// use apply_semantics::op::{Effect, Operation, Outcome, ResourceRef};
    /// use serde_json::json;
    ///
    /// let get = Operation::get(ResourceRef::of_kind("v1", "Node").all().named("a"));
    /// let outcome = Outcome::of_answer(&get, 200, json!({"kind": "Node"}), Vec::new())?;
    /// assert_eq!(outcome.effect(), Some(Effect::Read));
    /// assert!(Outcome::of_answer(&get, 404, json!("not here"), Vec::new()).unwrap_err().is_not_found());
    /// # Ok::<(), apply_semantics::op::Refusal>(())
    /// ```
    ///
    /// # Errors
    /// The code is not that of a success.
    pub fn of_answer(
        operation: &Operation,
        code: u16,
        body: Value,
        warnings: Vec<String>,
    ) -> Result<Self, Refusal> {
        if !(200..300).contains(&code) {
            return Err(Refusal::from_answer(code, &body));
        }
        Ok(match operation {
            Operation::List { .. } => Self::List(list(body)),
            Operation::Delete { .. } | Operation::DeleteCollection { .. } => {
                let done = body.get("kind").and_then(Value::as_str) == Some("Status");
                Self::Deleted {
                    object: (!done).then_some(body),
                }
            }
            _ => Self::Object {
                object: body,
                effect: match code {
                    _ if operation.is_read() => Effect::Read,
                    201 => Effect::Created,
                    _ => Effect::Unknown,
                },
                warnings,
            },
        })
    }
}

/// A list whose items all say what they are: servers leave it out where the list says it.
fn list(mut body: Value) -> ObjectList {
    let text = |path: &str| {
        body.pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let kind = text("/kind").and_then(|kind| kind.strip_suffix("List").map(str::to_owned));
    let version = text("/apiVersion");
    let list = ObjectList {
        items: Vec::new(),
        resource_version: text("/metadata/resourceVersion").unwrap_or_default(),
        continue_token: text("/metadata/continue").filter(|token| !token.is_empty()),
        remaining: body
            .pointer("/metadata/remainingItemCount")
            .and_then(Value::as_u64),
    };
    let items = body.get_mut("items").and_then(Value::as_array_mut);
    let mut items = items.map(std::mem::take).unwrap_or_default();
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        for (name, text) in [("apiVersion", &version), ("kind", &kind)] {
            if let (false, Some(text)) = (item.contains_key(name), text) {
                item.insert(name.to_owned(), text.as_str().into());
            }
        }
    }
    ObjectList { items, ..list }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::op::{DeleteOptions, ListOptions, ResourceRef};

    #[test]
    fn items_say_what_they_are() {
        let operation = Operation::list(
            ResourceRef::of_kind("v1", "Pod").all(),
            ListOptions::default(),
        );
        let body = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "5", "continue": "x"},
            "items": [{"metadata": {"name": "a"}}]});
        let list = Outcome::of_answer(&operation, 200, body, Vec::new())
            .unwrap()
            .into_list()
            .unwrap();
        assert_eq!(
            list.items,
            [json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}})]
        );
        assert_eq!(
            (
                list.resource_version.as_str(),
                list.continue_token.as_deref()
            ),
            ("5", Some("x"))
        );
    }

    #[test]
    fn deletions_are_done_or_pending() {
        let operation = Operation::delete(
            ResourceRef::of_kind("v1", "Pod").all().named("a"),
            DeleteOptions::default(),
        );
        let answer = |body| Outcome::of_answer(&operation, 200, body, Vec::new()).unwrap();
        assert_eq!(
            answer(json!({"kind": "Status"})),
            Outcome::Deleted { object: None }
        );
        assert!(
            answer(json!({"kind": "Pod", "metadata": {"finalizers": ["x"]}})).is_pending_deletion()
        );
    }
}
