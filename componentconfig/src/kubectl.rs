//! The kinds of `kubectl.config.k8s.io`: what kubectl reads as its `kuberc`.

pub mod v1alpha1;
pub mod v1beta1;

use crate::{Registry, Strictness, Upgrade, config::Config};

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
}

impl Config for v1alpha1::Preference {
    const HABIT: Strictness = Strictness::Tolerate;
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
