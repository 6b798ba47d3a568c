//! The command-line flags of `kubeadm init` that configure it, and how they mix with a configuration file.
//!
//! Follows `cmd/kubeadm/app/cmd/init.go`, `.../cmd/options` and `ValidateMixedArguments` of the validation.

use std::{collections::BTreeMap, str::FromStr};

use super::{
    constants::FEATURE_GATES,
    load::Init,
    token::{BootstrapToken, Token},
    v1beta4::{Arg, ClusterConfiguration, InitConfiguration, Patches},
    validate::ignored_preflight_errors,
};
use crate::{Class, Diagnostic, Report, field::FieldError, scalar::Duration, secret::Secret};

/// Flags that may be given beside `--config`, and every flag that begins with `skip-`.
const BESIDE_CONFIG: [&str; 13] = [
    "config",
    "dry-run",
    "ignore-preflight-errors",
    "kubeconfig",
    "kubeconfig-dir",
    "log-file",
    "node-name",
    "print-join-command",
    "print-manifest",
    "rootfs",
    "upload-certs",
    "v",
    "yes",
];

/// Refuses flags that a configuration file would overrule. `given` are the names of all flags that were given, without
/// dashes.
///
/// ```
/// use componentconfig::kubeadm::check_mixed_flags;
///
/// assert!(check_mixed_flags(["config", "node-name", "skip-phases"]).is_ok());
/// assert!(check_mixed_flags(["cert-dir"]).is_ok());
/// let error = check_mixed_flags(["pod-network-cidr", "config", "cert-dir"]).unwrap_err();
/// assert_eq!(error.to_string(), "can not mix '--config' with arguments [cert-dir pod-network-cidr]");
/// ```
///
/// # Errors
/// `config` is among them and others are that do not mix with it. Class [`Class::Usage`].
pub fn check_mixed_flags<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<(), Report> {
    let mut given: Vec<&str> = given.into_iter().collect();
    if !given.contains(&"config") {
        return Ok(());
    }
    given.retain(|name| !BESIDE_CONFIG.contains(name) && !name.starts_with("skip-"));
    given.sort_unstable();
    given.dedup();
    if given.is_empty() {
        return Ok(());
    }
    Err(usage(format!(
        "can not mix '--config' with arguments [{}]",
        given.join(" ")
    )))
}

fn usage(message: String) -> Report {
    Diagnostic::error(Class::Usage, message).into()
}

/// The flags of `kubeadm init` and its phases that configure the node and the cluster.
///
/// ```
/// use componentconfig::kubeadm::{self, Facts, InitFlags};
///
/// let mut flags = InitFlags::default();
/// flags.set("kubernetes-version", "v1.36.1")?;
/// flags.set("pod-network-cidr", "10.244.0.0/16")?;
/// flags.set("scheduler-extra-args", "v=2")?;
/// let (init, cluster) = flags.to_configurations();
/// let loaded = kubeadm::complete_init(init, cluster, &Facts::default())?;
/// assert_eq!(loaded.config.cluster.networking.pod_subnet, "10.244.0.0/16");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitFlags {
    init: InitConfiguration,
    cluster: ClusterConfiguration,
    token: Option<BootstrapToken>,
    skip_phases: Option<Vec<String>>,
    ignore_preflight_errors: Vec<String>,
}

impl InitFlags {
    /// Sets a flag by its name without dashes, as a command line gives it. A flag that takes a list is added to, others
    /// are replaced.
    ///
    /// # Errors
    /// There is no such flag, or the value is malformed. Class [`Class::Usage`].
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Report> {
        let wrong = |why: String| {
            usage(format!(
                "invalid argument {value:?} for \"--{name}\" flag: {why}"
            ))
        };
        if let Some(text) = self.text(name) {
            value.clone_into(text);
            return Ok(());
        }
        if let Some(list) = self.list(name) {
            list.extend(split(value));
            return Ok(());
        }
        let (init, cluster) = (&mut self.init, &mut self.cluster);
        match name {
            "apiserver-bind-port" => {
                init.local_api_endpoint.bind_port = parsed(value).map_err(wrong)?;
            }
            "certificate-key" => init.certificate_key = Secret::from(value),
            "dry-run" => init.dry_run = parsed(value).map_err(wrong)?,
            "patches" => value.clone_into(&mut init.patches.get_or_insert_default().directory),
            "skip-phases" => self
                .skip_phases
                .get_or_insert_default()
                .extend(split(value)),
            // Neither message repeats the value, which may hold a secret.
            "token" => {
                let token: Token = value.parse().map_err(|why| usage(format!("{why}")))?;
                self.token.get_or_insert_default().token = Some(token);
            }
            "token-ttl" => {
                let ttl: Duration = parsed(value).map_err(wrong)?;
                self.token.get_or_insert_default().ttl = Some(ttl);
            }
            "feature-gates" => cluster
                .feature_gates
                .extend(feature_gates(value).map_err(wrong)?),
            "apiserver-extra-args" => cluster
                .api_server
                .extra_args
                .extend(args(value).map_err(wrong)?),
            "controller-manager-extra-args" => {
                cluster
                    .controller_manager
                    .extra_args
                    .extend(args(value).map_err(wrong)?);
            }
            "scheduler-extra-args" => cluster
                .scheduler
                .extra_args
                .extend(args(value).map_err(wrong)?),
            _ => return Err(usage(format!("unknown flag: --{name}"))),
        }
        Ok(())
    }

    fn text(&mut self, name: &str) -> Option<&mut String> {
        let (init, cluster) = (&mut self.init, &mut self.cluster);
        Some(match name {
            "apiserver-advertise-address" => &mut init.local_api_endpoint.advertise_address,
            "cert-dir" => &mut cluster.certificates_dir,
            "control-plane-endpoint" => &mut cluster.control_plane_endpoint,
            "cri-socket" => &mut init.node_registration.cri_socket,
            "image-repository" => &mut cluster.image_repository,
            "kubernetes-version" => &mut cluster.kubernetes_version,
            "node-name" => &mut init.node_registration.name,
            "pod-network-cidr" => &mut cluster.networking.pod_subnet,
            "service-cidr" => &mut cluster.networking.service_subnet,
            "service-dns-domain" => &mut cluster.networking.dns_domain,
            _ => return None,
        })
    }

    fn list(&mut self, name: &str) -> Option<&mut Vec<String>> {
        Some(match name {
            "apiserver-cert-extra-sans" => &mut self.cluster.api_server.cert_sans,
            "ignore-preflight-errors" => &mut self.ignore_preflight_errors,
            _ => return None,
        })
    }

    /// The documents that say the same, without defaults: for [`complete_init`](super::complete_init), where no
    /// configuration file is given.
    #[must_use]
    pub fn to_configurations(&self) -> (InitConfiguration, ClusterConfiguration) {
        let mut init = self.init.clone();
        init.bootstrap_tokens.extend(self.token.clone());
        init.skip_phases = self.skip_phases.clone().unwrap_or_default();
        init.node_registration
            .ignore_preflight_errors
            .clone_from(&self.ignore_preflight_errors);
        (init, self.cluster.clone())
    }

    /// Applies the flags that count beside a configuration file to what was loaded from it: the name of the node, the
    /// container runtime, dry run, phases to skip (which replace those of the file), and pre-flight errors to ignore
    /// (which join them).
    ///
    /// # Errors
    /// The pre-flight errors of both contradict each other.
    pub fn apply(&self, loaded: &mut Init) -> Result<(), FieldError> {
        let node = &mut loaded.init.node_registration;
        let names = node
            .ignore_preflight_errors
            .iter()
            .chain(&self.ignore_preflight_errors);
        node.ignore_preflight_errors = ignored_preflight_errors(names)?;
        let flags = &self.init.node_registration;
        for (field, flag) in [
            (&mut node.name, &flags.name),
            (&mut node.cri_socket, &flags.cri_socket),
        ] {
            if !flag.is_empty() {
                field.clone_from(flag);
            }
        }
        loaded.init.dry_run |= self.init.dry_run;
        if let Some(phases) = &self.skip_phases {
            loaded.init.skip_phases.clone_from(phases);
        }
        Ok(())
    }

    /// Where patches lie, if the flag was given. It does not mix with a configuration file.
    pub fn patches(&self) -> Option<&Patches> {
        self.init.patches.as_ref()
    }
}

fn parsed<T: FromStr<Err: ToString>>(value: &str) -> Result<T, String> {
    value.parse().map_err(|why: T::Err| why.to_string())
}

fn split(value: &str) -> impl Iterator<Item = String> {
    value
        .split(',')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
}

/// `name=value,name=value`.
fn args(value: &str) -> Result<Vec<Arg>, String> {
    let pair = |part: &str| {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("malformed pair, expect name=value: {part}"))?;
        Ok(Arg {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    };
    value
        .split(',')
        .filter(|part| !part.is_empty())
        .map(pair)
        .collect()
}

/// `Name=true,Name=false`.
fn feature_gates(value: &str) -> Result<BTreeMap<String, bool>, String> {
    let gate = |part: &str| {
        let (name, on) = part
            .split_once('=')
            .ok_or_else(|| format!("missing bool value for feature-gate key:{part}"))?;
        let (name, on) = (name.trim(), on.trim());
        if !FEATURE_GATES.contains(&name) {
            return Err(format!("unrecognized feature-gate key: {name}"));
        }
        let on = match on {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
            "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
            _ => {
                return Err(format!(
                    "invalid value {on} for feature-gate key: {name}, use true|false instead"
                ));
            }
        };
        Ok((name.to_owned(), on))
    };
    value
        .split(',')
        .filter(|part| !part.is_empty())
        .map(gate)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubeadm::{Facts, complete_init};

    fn set(flags: &[(&str, &str)]) -> Result<InitFlags, Report> {
        let mut out = InitFlags::default();
        for (name, value) in flags {
            out.set(name, value)?;
        }
        Ok(out)
    }

    fn loaded(flags: &[(&str, &str)]) -> Init {
        let (init, cluster) = set(flags).unwrap().to_configurations();
        let facts = Facts {
            hostname: Some("Host".to_owned()),
            ..Facts::default()
        };
        complete_init(init, cluster, &facts).unwrap().config
    }

    #[test]
    fn flags_alone() {
        let init = loaded(&[
            ("apiserver-advertise-address", "10.1.2.3"),
            ("apiserver-bind-port", "7443"),
            ("kubernetes-version", "v1.36.1"),
            ("cert-dir", "/srv/pki"),
            ("apiserver-cert-extra-sans", "X.example,10.2.2.2"),
            ("apiserver-extra-args", "audit-log-maxage=3,v=2"),
            ("apiserver-extra-args", "v=7"),
            ("control-plane-endpoint", "lb.example"),
            ("feature-gates", "RootlessControlPlane=1"),
            ("token", "abcdef.0123456789abcdef"),
            ("token-ttl", "1h"),
        ]);
        assert_eq!(init.init.node_registration.name, "host");
        assert_eq!(init.cluster.control_plane_endpoint, "lb.example:7443");
        assert_eq!(init.cluster.api_server.cert_sans, ["x.example", "10.2.2.2"]);
        let args = &init.cluster.api_server.extra_args;
        let args: Vec<_> = args.iter().map(|arg| (&*arg.name, &*arg.value)).collect();
        assert_eq!(args, [("audit-log-maxage", "3"), ("v", "2"), ("v", "7")]);
        assert_eq!(
            init.init.bootstrap_tokens[0].ttl,
            Some(Duration::from_hours(1))
        );
        assert_eq!(init.kube_proxy.config.bind_address, "0.0.0.0");
    }

    #[test]
    fn flags_beside_a_file() {
        let mut init = loaded(&[
            ("skip-phases", "preflight"),
            ("ignore-preflight-errors", "Swap"),
        ]);
        let flags = set(&[
            ("node-name", "other"),
            ("dry-run", "true"),
            ("ignore-preflight-errors", "mem"),
        ])
        .unwrap();
        flags.apply(&mut init).unwrap();
        assert_eq!(init.init.node_registration.name, "other");
        assert_eq!(
            init.init.node_registration.ignore_preflight_errors,
            ["mem", "swap"]
        );
        assert_eq!(init.init.skip_phases, ["preflight"]);
        assert!(init.init.dry_run);
        set(&[("skip-phases", "")])
            .unwrap()
            .apply(&mut init)
            .unwrap();
        assert!(init.init.skip_phases.is_empty());
        let all = set(&[("ignore-preflight-errors", "all")]).unwrap();
        assert_eq!(
            all.apply(&mut init).unwrap_err().to_string(),
            "ignore-preflight-errors: Invalid value: \"all,mem,swap\": don't specify individual checks if 'all' is used"
        );
    }

    #[test]
    fn malformed_flags_are_refused_without_secrets() {
        for (name, value, why) in [
            ("apiserver-bind-port", "x", "invalid digit"),
            (
                "feature-gates",
                "Nope=true",
                "unrecognized feature-gate key: Nope",
            ),
            (
                "feature-gates",
                "RootlessControlPlane=maybe",
                "use true|false",
            ),
            ("scheduler-extra-args", "v", "malformed pair"),
            ("nope", "", "unknown flag: --nope"),
        ] {
            let error = set(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let error = set(&[("token", "abcdef.123")]).unwrap_err().to_string();
        assert!(!error.contains("abcdef"), "{error}");
    }
}
