//! The kinds of `kubectl.config.k8s.io`: what kubectl reads as its `kuberc`.

pub mod v1alpha1;
pub mod v1beta1;

use std::collections::BTreeSet;

use crate::{
    Registry, Strictness, Upgrade,
    config::Config,
    field::{Element, Errors, FieldError, Path},
};

impl Config for v1beta1::Preference {
    const HABIT: Strictness = Strictness::Tolerate;

    /// An entry of the allow list that has only a `name` gets that as its `command`: the field was renamed within the version.
    fn set_defaults(&mut self) {
        for entry in &mut self.credential_plugin_allowlist {
            if entry.command.is_empty() {
                entry.command = std::mem::take(&mut entry.name);
            }
        }
    }

    fn validate(&self) -> Errors {
        validate(self)
    }
}

impl Config for v1alpha1::Preference {
    const HABIT: Strictness = Strictness::Tolerate;

    fn validate(&self) -> Errors {
        let with_names_of_v1alpha1 = |mut error: FieldError| {
            let steps = error.path.elements().iter().enumerate();
            let renamed = steps.map(|(depth, step)| match step {
                Element::Field(name) if depth == 0 && name == "defaults" => {
                    Element::Field("overrides".into())
                }
                Element::Field(name) if depth == 2 && name == "options" => {
                    Element::Field("flags".into())
                }
                other => other.clone(),
            });
            error.path = renamed.collect();
            error
        };
        validate(&self.clone().up())
            .into_iter()
            .map(with_names_of_v1alpha1)
            .collect()
    }
}

/// Follows `validate` of `staging/src/k8s.io/kubectl/pkg/kuberc/kuberc.go`, which stops at the first error and names no
/// fields. Whether commands and options exist is not looked at.
fn validate(preference: &v1beta1::Preference) -> Errors {
    let mut errors = Errors::new();
    let mut names = BTreeSet::new();
    for (index, alias) in preference.aliases.iter().flatten().enumerate() {
        let (path, name) = (Path::new("aliases").index(index), alias.name.as_str());
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            let detail = "invalid alias name, can only include alphabetical characters";
            errors.invalid(&path.child("name"), name, detail);
        }
        if !names.insert(name) {
            errors.duplicate(&path.child("name"), name);
        }
        options(&alias.options, &path.child("options"), &mut errors);
    }
    for (index, defaults) in preference.defaults.iter().flatten().enumerate() {
        let path = Path::new("defaults").index(index).child("options");
        options(
            defaults.options.as_deref().unwrap_or_default(),
            &path,
            &mut errors,
        );
    }
    plugin_policy(preference, &mut errors);
    errors
}

fn options(options: &[v1beta1::CommandOptionDefault], path: &Path, errors: &mut Errors) {
    for (index, option) in options.iter().enumerate() {
        if option.name.starts_with('-') {
            let path = path.index(index).child("name");
            let detail = "should be in long form without dashes";
            errors.invalid(&path, option.name.as_str(), detail);
        }
    }
}

/// Follows `ValidatePluginPolicy` of `staging/src/k8s.io/client-go/plugin/pkg/client/auth/exec/exec.go`.
fn plugin_policy(preference: &v1beta1::Preference, errors: &mut Errors) {
    const POLICIES: [&str; 4] = ["", "AllowAll", "DenyAll", "Allowlist"];
    let (policy, list) = (
        preference.credential_plugin_policy.as_str(),
        &preference.credential_plugin_allowlist,
    );
    let (of_policy, path) = (
        Path::new("credentialPluginPolicy"),
        Path::new("credentialPluginAllowlist"),
    );
    match policy {
        "Allowlist" if list.is_empty() => {
            let error =
                FieldError::required(path, "the policy \"Allowlist\" needs at least one entry");
            errors.push(error.pointing_at(of_policy));
        }
        "Allowlist" => {
            for (index, _) in list
                .iter()
                .enumerate()
                .filter(|(_, entry)| entry.command.is_empty())
            {
                errors.required(&path.index(index).child("command"), "");
            }
        }
        "" | "AllowAll" | "DenyAll" if list.is_empty() => {}
        "" | "AllowAll" | "DenyAll" => {
            let detail =
                format!("plugin policy is {policy:?}: only \"Allowlist\" has an allow list");
            errors.forbidden(&path, detail);
        }
        other => errors.not_supported(&of_policy, other, &POLICIES),
    }
}

impl Upgrade for v1alpha1::Preference {
    type Newer = v1beta1::Preference;

    fn up(self) -> Self::Newer {
        let defaults = |command: v1alpha1::CommandDefaults| v1beta1::CommandDefaults {
            command: command.command,
            options: command.flags,
        };
        let alias = |alias: v1alpha1::AliasOverride| v1beta1::AliasOverride {
            name: alias.name,
            command: alias.command,
            prepend_args: alias.prepend_args,
            append_args: alias.append_args,
            options: alias.flags,
        };
        v1beta1::Preference {
            defaults: self
                .overrides
                .map(|all| all.into_iter().map(defaults).collect()),
            aliases: self.aliases.map(|all| all.into_iter().map(alias).collect()),
            ..v1beta1::Preference::default()
        }
    }

    fn down(newer: Self::Newer) -> Self {
        let defaults = |command: v1beta1::CommandDefaults| v1alpha1::CommandDefaults {
            command: command.command,
            flags: command.options,
        };
        let alias = |alias: v1beta1::AliasOverride| v1alpha1::AliasOverride {
            name: alias.name,
            command: alias.command,
            prepend_args: alias.prepend_args,
            append_args: alias.append_args,
            flags: alias.options,
        };
        Self {
            overrides: newer
                .defaults
                .map(|all| all.into_iter().map(defaults).collect()),
            aliases: newer
                .aliases
                .map(|all| all.into_iter().map(alias).collect()),
        }
    }
}

/// Adds the kinds of kubectl.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .builtin::<v1beta1::Preference>()
        .builtin_older::<v1alpha1::Preference>()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Document, Policy};

    fn wrong(version: &str, mut preference: Value) -> Vec<String> {
        if let Value::Object(fields) = &mut preference {
            fields.insert(
                "apiVersion".to_owned(),
                format!("kubectl.config.k8s.io/{version}").into(),
            );
            fields.insert("kind".to_owned(), "Preference".into());
        }
        let document = Document::from_value("kuberc", &preference);
        match register(Registry::new()).load_any(&document, Policy::Strict) {
            Ok(_) => Vec::new(),
            Err(report) => report
                .errors()
                .map(|error| error.path.as_ref().unwrap().to_string())
                .collect(),
        }
    }

    #[test]
    fn aliases_are_letters_and_options_have_no_dashes() {
        let option = |name: &str| json!([{"name": name, "default": "x"}]);
        let preference = json!({
            "aliases": [
                {"name": "get-pods", "command": "get"},
                {"name": "gp", "command": "get", "options": option("--watch")},
                {"name": "gp", "command": "get"},
            ],
            "defaults": [{"command": "get", "options": option("-o")}],
        });
        assert_eq!(
            wrong("v1beta1", preference),
            [
                "aliases[0].name",
                "aliases[1].options[0].name",
                "aliases[2].name",
                "defaults[0].options[0].name"
            ]
        );
        let old = json!({
            "aliases": [{"name": "gp", "command": "get", "flags": option("--watch")}],
            "overrides": [{"command": "get", "flags": option("-o")}],
        });
        assert_eq!(
            wrong("v1alpha1", old),
            ["aliases[0].flags[0].name", "overrides[0].flags[0].name"]
        );
    }

    #[test]
    fn an_allow_list_goes_with_its_policy_only() {
        let of = |policy: &str, list: Value| {
            wrong(
                "v1beta1",
                json!({"credentialPluginPolicy": policy, "credentialPluginAllowlist": list}),
            )
        };
        assert!(
            of(
                "Allowlist",
                json!([{"name": "aws"}, {"command": "/bin/gke"}])
            )
            .is_empty()
        );
        assert!(of("DenyAll", Value::Null).is_empty());
        assert_eq!(of("Allowlist", json!([])), ["credentialPluginAllowlist"]);
        assert_eq!(
            of("Allowlist", json!([{}])),
            ["credentialPluginAllowlist[0].command"]
        );
        assert_eq!(
            of("AllowAll", json!([{"name": "aws"}])),
            ["credentialPluginAllowlist"]
        );
        assert_eq!(of("allowlist", json!([])), ["credentialPluginPolicy"]);
    }
}
