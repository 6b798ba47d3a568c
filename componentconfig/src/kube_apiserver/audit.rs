//! What is written to the audit log.

pub mod v1;

use self::v1::{GroupResources, PolicyRule};
use crate::{
    Strictness,
    check::dns,
    config::Config,
    field::{Errors, Path},
};

const LEVELS: [&str; 4] = ["None", "Metadata", "Request", "RequestResponse"];
const STAGES: [&str; 4] = [
    "RequestReceived",
    "ResponseStarted",
    "ResponseComplete",
    "Panic",
];

impl Config for v1::Event {}
impl Config for v1::EventList {}
impl Config for v1::PolicyList {}

/// Follows `staging/src/k8s.io/apiserver/pkg/apis/audit/validation/validation.go` and `.../audit/policy/reader.go`.
impl Config for v1::Policy {
    const HABIT: Strictness = Strictness::Tolerate;

    fn validate(&self) -> Errors {
        let (mut errors, path) = (Errors::new(), Path::new("rules"));
        let rules = self.rules.as_deref().unwrap_or_default();
        if rules.is_empty() {
            errors.required(&path, "a policy needs at least one rule");
        }
        for (index, rule) in rules.iter().enumerate() {
            rule.validate(&path.index(index), &mut errors);
        }
        stages(&self.omit_stages, &Path::new("omitStages"), &mut errors);
        errors
    }
}

fn stages(stages: &[String], path: &Path, errors: &mut Errors) {
    for (index, stage) in stages.iter().enumerate() {
        if !STAGES.contains(&stage.as_str()) {
            let detail = format!("allowed stages are {}", STAGES.join(","));
            errors.invalid(&path.index(index), stage.as_str(), detail);
        }
    }
}

impl PolicyRule {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        let level = path.child("level");
        match self.level.as_str() {
            "" => errors.required(&level, ""),
            known if LEVELS.contains(&known) => {}
            unknown => errors.not_supported(&level, unknown, &LEVELS),
        }
        self.validate_urls(&path.child("nonResourceURLs"), errors);
        let path_of_resources = path.child("resources");
        for (index, resources) in self.resources.iter().enumerate() {
            let mut here = Errors::new();
            resources.validate(&mut here);
            // Upstream does not say which.
            errors.extend(here.into_iter().map(|mut error| {
                let place = path_of_resources.index(index).join(&error.path);
                error.path = path_of_resources.join(&error.path);
                error.pointing_at(place)
            }));
        }
        stages(&self.omit_stages, &path.child("omitStages"), errors);
    }

    fn validate_urls(&self, path: &Path, errors: &mut Errors) {
        let urls = self.non_resource_urls.iter().enumerate();
        for (index, url) in urls.filter(|(_, url)| *url != "*") {
            let path = path.index(index);
            if !url.starts_with('/') {
                let detail = "non-resource URL rules must begin with a '/' character";
                errors.invalid(&path, url.as_str(), detail);
            }
            let mut before_last = url.chars();
            before_last.next_back();
            if before_last.any(|c| c == '*') {
                let detail =
                    "non-resource URL wildcards '*' must be the final character of the rule";
                errors.invalid(&path, url.as_str(), detail);
            }
        }
        let both = !self.resources.is_empty() || !self.namespaces.is_empty();
        if both && !self.non_resource_urls.is_empty() {
            let detail = "rules cannot apply to both regular resources and non-resource URLs";
            errors.invalid(path, self.non_resource_urls.clone(), detail);
        }
    }
}

impl GroupResources {
    fn validate(&self, errors: &mut Errors) {
        let path = Path::root();
        // Empty is the core group, `*` is any.
        if !matches!(self.group.as_str(), "" | "*") {
            let wrong = dns::subdomain(&self.group);
            if !wrong.is_empty() {
                errors.invalid(&path.child("group"), self.group.as_str(), wrong.join(","));
            }
        }
        if !self.resource_names.is_empty() && self.resources.is_empty() {
            let detail = "using resourceNames requires at least one resource";
            errors.invalid(
                &path.child("resourceNames"),
                self.resource_names.clone(),
                detail,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        v1::{GroupResources, Policy, PolicyRule},
        *,
    };

    #[test]
    fn stages_are_checked_of_the_policy_and_of_every_rule() {
        let rule = PolicyRule {
            level: "None".to_owned(),
            omit_stages: vec!["Panic".to_owned(), "panic".to_owned()],
            ..PolicyRule::default()
        };
        let policy = Policy {
            omit_stages: vec!["Response".to_owned()],
            rules: Some(vec![rule]),
            ..Policy::default()
        };
        let errors = policy.validate();
        let paths: Vec<_> = errors.iter().map(|error| error.path.to_string()).collect();
        assert_eq!(paths, ["rules[0].omitStages[1]", "omitStages[0]"]);
    }

    #[test]
    fn a_group_is_a_name_or_any() {
        let group = |group: &str| GroupResources {
            group: group.to_owned(),
            ..GroupResources::default()
        };
        let rule = PolicyRule {
            level: "Metadata".to_owned(),
            resources: vec![group(""), group("*"), group("apps"), group("apps/v1")],
            ..PolicyRule::default()
        };
        let policy = Policy {
            rules: Some(vec![rule]),
            ..Policy::default()
        };
        let errors = policy.validate();
        assert_eq!(errors.len(), 1);
        assert!(
            errors
                .to_string()
                .starts_with("rules[0].resources.group: Invalid value: \"apps/v1\"")
        );
    }
}
