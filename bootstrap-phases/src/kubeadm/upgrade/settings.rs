//! What an upgrade is asked to do: out of the configuration file and the flags.

use componentconfig::kubeadm::v1beta4::{Timeouts, UpgradeConfiguration};
use componentconfig::kubeadm::{
    LoadOptions, check_mixed_flags, ignored_preflight_errors, load_upgrade,
};
use componentconfig::{Class, Diagnostic, DocumentSet, Report};

/// The commands that upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeCommand {
    /// `upgrade apply`: the first control-plane node, and what belongs to the whole cluster.
    Apply,
    /// `upgrade node`: any other node.
    Node,
    /// `upgrade plan`: changes nothing.
    Plan,
    /// `upgrade diff`: changes nothing.
    Diff,
}

/// What an upgrade is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct UpgradeSettings {
    /// The command.
    pub command: UpgradeCommand,
    /// The version asked for, such as `v1.36.2`, or a label; empty where none was. `upgrade node` takes that of the cluster.
    pub version: String,
    /// Whether only plans are made.
    pub dry_run: bool,
    /// Whether etcd is upgraded, too.
    pub etcd_upgrade: bool,
    /// Whether certificates of what is upgraded are renewed.
    pub certificate_renewal: bool,
    /// Whether objections that can be overruled are.
    pub force: bool,
    /// Whether somebody said that it may be done.
    pub confirmed: bool,
    /// Whether any pre-release may be upgraded to.
    pub allow_experimental: bool,
    /// Whether release candidates may be upgraded to.
    pub allow_release_candidates: bool,
    /// Checks whose errors are warnings, in lower case.
    pub ignore_preflight_errors: Vec<String>,
    /// The folder of the user's patches; empty if there is none.
    pub patches: String,
    /// `IfNotPresent`, `Always` or `Never`; empty is the first.
    pub image_pull_policy: String,
    /// Phases that are left out.
    pub skip_phases: Vec<String>,
    /// How many lines around a difference are shown.
    pub context_lines: usize,
    /// How long things may take.
    pub timeouts: Timeouts,
}

/// Lines around a difference where nobody says otherwise.
const CONTEXT_LINES: usize = 3;

impl UpgradeSettings {
    /// What the configuration says for a command. It has its defaults.
    pub fn new(command: UpgradeCommand, config: &UpgradeConfiguration) -> Self {
        let (apply, node, plan) = (&config.apply, &config.node, &config.plan);
        let patches = match command {
            UpgradeCommand::Node => node.patches.as_ref(),
            _ => apply.patches.as_ref(),
        };
        let (version, ignored) = match command {
            UpgradeCommand::Apply => (&apply.kubernetes_version, &apply.ignore_preflight_errors),
            UpgradeCommand::Node => (&String::new(), &node.ignore_preflight_errors),
            UpgradeCommand::Plan => (&plan.kubernetes_version, &plan.ignore_preflight_errors),
            UpgradeCommand::Diff => (&config.diff.kubernetes_version, &Vec::new()),
        };
        let of_node = command == UpgradeCommand::Node;
        let either = |apply: Option<bool>, node: Option<bool>| if of_node { node } else { apply };
        let of_plan = command == UpgradeCommand::Plan;
        let allowed = |apply: Option<bool>, plan: Option<bool>| {
            (if of_plan { plan } else { apply }).unwrap_or_default()
        };
        Self {
            command,
            version: version.clone(),
            dry_run: either(apply.dry_run, node.dry_run).unwrap_or_default(),
            etcd_upgrade: either(apply.etcd_upgrade, node.etcd_upgrade).unwrap_or(true),
            certificate_renewal: either(apply.certificate_renewal, node.certificate_renewal)
                .unwrap_or(true),
            force: apply.force_upgrade.unwrap_or_default(),
            confirmed: false,
            allow_experimental: allowed(
                apply.allow_experimental_upgrades,
                plan.allow_experimental_upgrades,
            ),
            allow_release_candidates: allowed(apply.allow_rc_upgrades, plan.allow_rc_upgrades),
            ignore_preflight_errors: ignored.iter().map(|name| name.to_lowercase()).collect(),
            patches: patches
                .map(|patches| patches.directory.clone())
                .unwrap_or_default(),
            image_pull_policy: if of_node {
                node.image_pull_policy.clone()
            } else {
                apply.image_pull_policy.clone()
            },
            skip_phases: if of_node {
                node.skip_phases.clone()
            } else {
                apply.skip_phases.clone()
            },
            context_lines: usize::try_from(config.diff.context_lines)
                .ok()
                .filter(|lines| *lines > 0)
                .unwrap_or(CONTEXT_LINES),
            timeouts: config.timeouts.clone().unwrap_or_default(),
        }
    }

    /// What a call says: the text of the file that its flag `config` names, its flags by name and in order, as a
    /// [`Call`](crate::cli::Call) has them, and its arguments, of which the first is a version. `source` is the name that
    /// diagnostics carry.
    ///
    /// # Errors
    /// Flags that do not go with a configuration file, a value that makes no sense, no version where one is needed, or everything
    /// that is wrong with the configuration.
    pub fn load(
        command: UpgradeCommand,
        flags: &[(String, String)],
        args: &[String],
        source: &str,
        text: Option<&str>,
    ) -> Result<Self, Report> {
        check_mixed_flags(flags.iter().map(|(name, _)| name.as_str()))?;
        let config = if let Some(text) = text {
            load_upgrade(&DocumentSet::read(source, text)?, LoadOptions::init())?.config
        } else {
            let mut config = UpgradeConfiguration::default();
            config.set_defaults();
            config
        };
        let mut settings = Self::new(command, &config);
        for (name, value) in flags {
            settings.set(name, value)?;
        }
        if let Some(version) = args.first() {
            settings.version.clone_from(version);
        }
        if command == UpgradeCommand::Apply && settings.version.is_empty() {
            return Err(usage(
                "missing one or more required arguments. Required arguments: [version]".to_owned(),
            ));
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Report> {
        let truth = || {
            let wrong = || usage(format!("--{name}: {value:?} is neither true nor false"));
            value.parse::<bool>().map_err(|_| wrong())
        };
        match name {
            "dry-run" => self.dry_run = truth()?,
            "etcd-upgrade" => self.etcd_upgrade = truth()?,
            "certificate-renewal" => self.certificate_renewal = truth()?,
            "force" => self.force = truth()?,
            "yes" => self.confirmed = truth()?,
            "allow-experimental-upgrades" => self.allow_experimental = truth()?,
            "allow-release-candidate-upgrades" => self.allow_release_candidates = truth()?,
            "patches" => value.clone_into(&mut self.patches),
            "context-lines" => {
                let wrong = || usage(format!("--{name}: {value:?} is no number"));
                self.context_lines = value.parse().map_err(|_| wrong())?;
            }
            "ignore-preflight-errors" => {
                let mut names = std::mem::take(&mut self.ignore_preflight_errors);
                names.extend(value.split(',').map(|name| name.trim().to_owned()));
                self.ignore_preflight_errors =
                    ignored_preflight_errors(&names).map_err(|error| {
                        Diagnostic::error(Class::Validation, error.body()).at(error.path)
                    })?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the errors of a check are warnings.
    pub(super) fn ignores(&self, check: &str) -> bool {
        let check = check.to_lowercase();
        let mut ignored = self.ignore_preflight_errors.iter();
        ignored.any(|name| *name == check || name == "all")
    }
}

fn usage(message: String) -> Report {
    Diagnostic::error(Class::Usage, message).into()
}
