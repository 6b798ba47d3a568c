//! Questions that are asked by a POST and stored nowhere: who is asking, and what may be done.
//!
//! There is no authorisation, so the answers are those of a server with `--authorization-mode=AlwaysAllow`.

use std::sync::Arc;

use apply_semantics::op::{Cause, Effect};
use serde_json::{Value, json};

use super::{Answered, Core, decode, fields::Writer, tokens::ISSUER};
use crate::{
    answer::Answer,
    call::{Call, WriteSettings},
    registry::Resource,
};

impl Core {
    /// Answers a question.
    pub(super) fn review(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let settings = WriteSettings::of(call, false)?;
        let mut object = self.decode(call, resource, settings.validation)?;
        decode::place_in_namespace(&mut object, call, resource)?;
        let causes = complaints(&object, resource, call.namespace.as_deref());
        Self::refuse_invalid(causes, &object, resource)?;
        let writer = Writer {
            manager: &settings.manager,
            subresource: "",
            force: false,
        };
        let status = self.status(&object, &resource.kind);
        let mut object = self.own_updated(None, object, writer, resource)?;
        if let Some(fields) = object.as_object_mut() {
            fields.insert("status".to_owned(), status);
        }
        Ok(Answer::other(201, object, Effect::Created))
    }

    fn status(&self, question: &Value, kind: &str) -> Value {
        match kind {
            "SelfSubjectReview" => json!({"userInfo": self.user().to_json()}),
            "SelfSubjectRulesReview" => json!({
                "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
                "incomplete": false,
            }),
            "TokenReview" => self.token_status(question),
            _ => json!({"allowed": true}),
        }
    }

    /// Whose a token is.
    fn token_status(&self, question: &Value) -> Value {
        let audiences = question
            .pointer("/spec/audiences")
            .and_then(Value::as_array);
        let audiences = audiences.into_iter().flatten().filter_map(Value::as_str);
        let mut audiences: Vec<String> = audiences.map(str::to_owned).collect();
        if audiences.is_empty() {
            audiences.push(ISSUER.to_owned());
        }
        let token = question.pointer("/spec/token").and_then(Value::as_str);
        match self.authenticate(token.unwrap_or_default(), &audiences) {
            Ok((user, audiences)) => {
                json!({"authenticated": true, "user": user.to_json(), "audiences": audiences})
            }
            Err(error) => json!({"user": {}, "error": error.to_string()}),
        }
    }
}

impl Resource {
    /// Whether its objects are questions.
    pub(super) fn is_review(&self) -> bool {
        let group = self.group.as_str();
        self.custom.is_none() && matches!(group, "authentication.k8s.io" | "authorization.k8s.io")
    }
}

/// What is wrong with a question, as `pkg/apis/authorization/validation` of Kubernetes has it.
fn complaints(object: &Value, resource: &Resource, namespace: Option<&str>) -> Vec<Cause> {
    let spec = |path: &str| object.pointer(path).filter(|value| !value.is_null());
    let mut causes = Vec::new();
    let mut complain = |field: &str, message: &str| {
        causes.push(Cause::new(
            "FieldValueInvalid",
            format!("Invalid value: {message}"),
            field,
        ));
    };
    if !resource.kind.ends_with("SubjectAccessReview") {
        if resource.kind == "TokenReview" && spec("/spec/token").is_none_or(|token| token == "") {
            return vec![Cause::new(
                "FieldValueRequired",
                "Required value",
                "spec.token",
            )];
        }
        return causes;
    }
    let of_resource = spec("/spec/resourceAttributes");
    match (of_resource, spec("/spec/nonResourceAttributes")) {
        (Some(_), Some(_)) => complain(
            "spec.nonResourceAttributes",
            "cannot be specified in combination with resourceAttributes",
        ),
        (None, None) => complain(
            "spec.resourceAttributes",
            "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        ),
        _ => {}
    }
    let empty = |path: &str| match spec(path) {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        _ => true,
    };
    if resource.kind != "SelfSubjectAccessReview" && empty("/spec/user") && empty("/spec/groups") {
        complain(
            "spec.user",
            "\"\": at least one of user or group must be specified",
        );
    }
    let asked = of_resource.and_then(|attributes| attributes.get("namespace")?.as_str());
    if resource.kind == "LocalSubjectAccessReview" && asked != namespace {
        let message = format!(
            "{:?}: must match metadata.namespace",
            asked.unwrap_or_default()
        );
        complain("spec.resourceAttributes.namespace", &message);
    }
    causes
}

#[cfg(test)]
mod tests {
    use apply_semantics::op::{Operation, Reason, ResourceRef, WriteOptions};
    use serde_json::json;

    use crate::Server;

    #[test]
    fn everybody_may_do_everything() {
        let server = Server::new();
        let before = server.revision();
        let ask = |spec| {
            let (version, kind) = ("authorization.k8s.io/v1", "SelfSubjectAccessReview");
            let question = json!({"apiVersion": version, "kind": kind, "spec": spec});
            let reviews = ResourceRef::of_kind(version, kind).all();
            server.execute(&Operation::create(
                reviews,
                question,
                WriteOptions::default(),
            ))
        };
        let answer = ask(json!({"resourceAttributes": {"verb": "create", "resource": "pods"}}));
        let answer = answer.unwrap();
        assert_eq!(
            answer.as_object().unwrap()["status"],
            json!({"allowed": true})
        );
        assert_eq!(ask(json!({})).unwrap_err().reason, Reason::Invalid);
        assert_eq!(server.revision(), before);
    }
}
