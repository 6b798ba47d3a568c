//! What is wrong with a complete configuration of authorization.
//!
//! Follows `staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go`, with the paths of the document.
//! Whether the files of kubeconfigs exist is not looked at.

use std::collections::BTreeSet;

use super::v1::{AuthorizerConfiguration, WebhookConfiguration, WebhookMatchCondition};
use crate::{
    check::dns,
    field::{Errors, FieldError, FieldErrorKind, Path},
    kube_apiserver::expression::{self, Scope},
    scalar::Duration,
};

const TYPES: [&str; 6] = [
    "ABAC",
    "AlwaysAllow",
    "AlwaysDeny",
    "Node",
    "RBAC",
    "Webhook",
];
const MAX_CONDITIONS: usize = 64;

pub(super) fn authorizers(authorizers: Option<&[AuthorizerConfiguration]>) -> Errors {
    let (mut errors, path) = (Errors::new(), Path::new("authorizers"));
    let authorizers = authorizers.unwrap_or_default();
    if authorizers.is_empty() {
        errors.required(&path, "at least one authorization mode must be defined");
    }
    let (mut types, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (index, authorizer) in authorizers.iter().enumerate() {
        let path = path.index(index);
        let (of_type, kind) = (path.child("type"), authorizer.r#type.as_str());
        if kind.is_empty() {
            errors.required(&of_type, "");
        } else if !TYPES.contains(&kind) {
            errors.not_supported(&of_type, kind, &TYPES);
        } else if !types.insert(kind) && kind != "Webhook" {
            errors.duplicate(&of_type, kind);
        } else {
            authorizer.validate(&path, &mut names, &mut errors);
        }
    }
    errors
}

impl AuthorizerConfiguration {
    fn validate<'a>(&'a self, path: &Path, names: &mut BTreeSet<&'a str>, errors: &mut Errors) {
        let (of_name, name) = (path.child("name"), self.name.as_str());
        let wrong = dns::subdomain(name);
        if name.is_empty() {
            errors.required(&of_name, "");
        } else if !names.insert(name) {
            errors.duplicate(&of_name, name);
        } else if !wrong.is_empty() {
            let detail = format!("authorizer name is invalid: {}", wrong.join(", "));
            errors.invalid(&of_name, name, detail);
        }
        let path = path.child("webhook");
        match (self.r#type.as_str(), &self.webhook) {
            ("Webhook", None) => errors.required(&path, "required when type=Webhook"),
            ("Webhook", Some(webhook)) => webhook.validate(&path, errors),
            (_, Some(_)) => {
                errors.invalid(&path, "non-null", "may only be specified when type=Webhook");
            }
            (_, None) => {}
        }
    }
}

impl WebhookConfiguration {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        let most = Duration::from_secs(30);
        for (name, period, most, detail) in [
            (
                "timeout",
                self.timeout,
                Some(most),
                "must be > 0s and <= 30s",
            ),
            ("authorizedTTL", self.authorized_ttl, None, "must be > 0s"),
            (
                "unauthorizedTTL",
                self.unauthorized_ttl,
                None,
                "must be > 0s",
            ),
        ] {
            let path = path.child(name);
            if period.is_zero() {
                errors.required(&path, "");
            } else if period < Duration::ZERO || most.is_some_and(|most| period > most) {
                errors.invalid(&path, period.to_string(), detail);
            }
        }
        let path_of_version = path.child("matchConditionSubjectAccessReviewVersion");
        match self.match_condition_subject_access_review_version.as_str() {
            "" if self
                .match_conditions
                .as_ref()
                .is_some_and(|all| !all.is_empty()) =>
            {
                let detail = "required if match conditions are specified";
                errors.required(&path_of_version, detail);
            }
            "" | "v1" => {}
            other => errors.not_supported(&path_of_version, other, &["v1"]),
        }
        for (name, value, values) in [
            (
                "subjectAccessReviewVersion",
                &self.subject_access_review_version,
                ["v1", "v1beta1"],
            ),
            ("failurePolicy", &self.failure_policy, ["NoOpinion", "Deny"]),
        ] {
            let path = path.child(name);
            match value.as_str() {
                "" => errors.required(&path, ""),
                known if values.contains(&known) => {}
                unknown => errors.not_supported(&path, unknown, &values),
            }
        }
        self.validate_connection(&path.child("connectionInfo"), errors);
        let conditions = self.match_conditions.as_deref().unwrap_or_default();
        match_conditions(conditions, &path.child("matchConditions"), errors);
    }

    fn validate_connection(&self, path: &Path, errors: &mut Errors) {
        const TYPES: [&str; 2] = ["InClusterConfig", "KubeConfigFile"];
        let info = &self.connection_info;
        let (of_type, file) = (path.child("type"), path.child("kubeConfigFile"));
        match (info.r#type.as_str(), info.kube_config_file.as_deref()) {
            ("", _) => errors.required(&of_type, ""),
            ("InClusterConfig", Some(given)) => {
                errors.invalid(&file, given, "can only be set when type=KubeConfigFile");
            }
            ("KubeConfigFile", None | Some("")) => errors.required(&file, ""),
            ("KubeConfigFile", Some(given)) if !given.starts_with('/') => {
                errors.invalid(&file, given, "must be an absolute path");
            }
            ("InClusterConfig" | "KubeConfigFile", _) => {}
            (other, _) => errors.not_supported(&of_type, other, &TYPES),
        }
    }
}

fn match_conditions(conditions: &[WebhookMatchCondition], path: &Path, errors: &mut Errors) {
    if conditions.len() > MAX_CONDITIONS {
        let detail = format!("must have at most {MAX_CONDITIONS} items");
        let (path, count) = (path.clone(), conditions.len());
        errors.push(FieldError::new(
            FieldErrorKind::TooMany,
            path,
            count,
            detail,
        ));
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, condition) in conditions.iter().enumerate() {
        let (path, text) = (
            path.index(index).child("expression"),
            condition.expression.as_str(),
        );
        if text.trim().is_empty() {
            errors.required(&path, "");
        } else if seen.insert(text) {
            expression::check(text, Scope::Request, true, &path, errors);
        } else {
            errors.duplicate(&path, text);
        }
    }
}
