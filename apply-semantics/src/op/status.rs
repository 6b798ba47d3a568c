//! Refusals as the `Status` of Kubernetes.

use serde_json::{Map, Value, json};

use super::{Cause, Details, Reason, Refusal};

impl Refusal {
    /// The refusal as a `Status`.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        });
        if let Some(status) = status.as_object_mut() {
            if self.reason != Reason::Unknown {
                status.insert("reason".to_owned(), self.reason.as_str().into());
            }
            if *self.details != Details::default() {
                status.insert("details".to_owned(), self.details.to_value());
            }
            status.insert("code".to_owned(), self.code.into());
        }
        status
    }

    /// The refusal that a `Status` states. What is missing is taken from the code of the answer.
    pub fn from_status(status: &Value, code: u16) -> Self {
        let text = |key: &str| status.get(key).and_then(Value::as_str).unwrap_or_default();
        let code = status
            .get("code")
            .and_then(Value::as_u64)
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or(code);
        Self {
            reason: match text("reason") {
                "" => Reason::Unknown,
                reason => Reason::parse(reason),
            },
            code,
            message: text("message").to_owned(),
            details: Box::new(status.get("details").map(Details::of).unwrap_or_default()),
        }
    }

    /// The refusal in an answer: its `Status`, or what the code says if the body is none.
    pub fn from_answer(code: u16, body: &Value) -> Self {
        if body.get("kind").and_then(Value::as_str) == Some("Status") {
            return Self::from_status(body, code);
        }
        let message = body
            .as_str()
            .map_or_else(|| format!("the server answered {code}"), str::to_owned);
        Self {
            reason: Reason::of_code(code),
            code,
            message,
            details: Box::default(),
        }
    }
}

impl Details {
    fn to_value(&self) -> Value {
        let mut details = Map::new();
        for (key, text) in [
            ("name", &self.name),
            ("group", &self.group),
            ("kind", &self.kind),
            ("uid", &self.uid),
        ] {
            if !text.is_empty() {
                details.insert(key.to_owned(), text.as_str().into());
            }
        }
        if !self.causes.is_empty() {
            let causes = self.causes.iter().map(Cause::to_value).collect();
            details.insert("causes".to_owned(), Value::Array(causes));
        }
        if let Some(seconds) = self.retry_after_seconds {
            details.insert("retryAfterSeconds".to_owned(), seconds.into());
        }
        Value::Object(details)
    }

    fn of(details: &Value) -> Self {
        let text = |key: &str| text_of(details, key);
        let causes = details.get("causes").and_then(Value::as_array);
        Self {
            name: text("name"),
            group: text("group"),
            kind: text("kind"),
            uid: text("uid"),
            causes: causes.into_iter().flatten().map(Cause::of).collect(),
            retry_after_seconds: details
                .get("retryAfterSeconds")
                .and_then(Value::as_u64)
                .and_then(|seconds| u32::try_from(seconds).ok()),
        }
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        let mut cause = Map::new();
        for (key, text) in [
            ("reason", &self.reason),
            ("message", &self.message),
            ("field", &self.field),
        ] {
            if !text.is_empty() {
                cause.insert(key.to_owned(), text.as_str().into());
            }
        }
        Value::Object(cause)
    }

    fn of(cause: &Value) -> Self {
        Self {
            reason: text_of(cause, "reason"),
            message: text_of(cause, "message"),
            field: text_of(cause, "field"),
        }
    }
}

fn text_of(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_goes_both_ways() {
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "Deployment.apps \"a\" is invalid", "reason": "Invalid",
            "details": {"name": "a", "group": "apps", "kind": "Deployment", "causes": [
                {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.selector"},
            ], "retryAfterSeconds": 3},
            "code": 422,
        });
        let refusal = Refusal::from_answer(422, &status);
        assert_eq!(refusal.reason, Reason::Invalid);
        assert_eq!(refusal.details.causes[0].field, "spec.selector");
        assert_eq!(refusal.to_status(), status);
    }

    #[test]
    fn an_answer_of_something_else_is_known_by_its_code() {
        let refusal = Refusal::from_answer(503, &json!("upstream connect error"));
        assert_eq!(refusal.reason, Reason::ServiceUnavailable);
        assert!(refusal.is_retriable());
        assert_eq!(
            Refusal::from_answer(404, &Value::Null).reason,
            Reason::NotFound
        );
    }
}
