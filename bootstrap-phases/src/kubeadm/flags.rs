//! The flags of `kubeadm init` and its phases: which there are, and what a call with them loads.
//!
//! Follows `AddInitConfigFlags` and `newInitData` in `cmd/kubeadm/app/cmd/init.go`. What a flag's value means is
//! [`componentconfig::kubeadm::InitFlags`]' to know.

use componentconfig::{
    Class, Diagnostic, DocumentSet, Report,
    kubeadm::{
        self, Facts, Init, InitFlags, LoadOptions, Loaded, check_mixed_flags,
        token::{BootstrapToken, Token},
    },
};

use crate::{Compat, Flag};

/// Flags of the command `init` that take a value, sorted.
const VALUES: [&str; 19] = [
    "apiserver-advertise-address",
    "apiserver-bind-port",
    "apiserver-cert-extra-sans",
    "cert-dir",
    "certificate-key",
    "config",
    "control-plane-endpoint",
    "cri-socket",
    "feature-gates",
    "ignore-preflight-errors",
    "image-repository",
    "kubernetes-version",
    "node-name",
    "patches",
    "pod-network-cidr",
    "service-cidr",
    "service-dns-domain",
    "token",
    "token-ttl",
];
/// Flags of the command `init` that stand alone, sorted.
const SWITCHES: [&str; 4] = [
    "dry-run",
    "skip-certificate-key-print",
    "skip-token-print",
    "upload-certs",
];
/// Flags of the command `join` that take a value, sorted.
const JOIN_VALUES: [&str; 13] = [
    "apiserver-advertise-address",
    "apiserver-bind-port",
    "certificate-key",
    "config",
    "cri-socket",
    "discovery-file",
    "discovery-token",
    "discovery-token-ca-cert-hash",
    "ignore-preflight-errors",
    "node-name",
    "patches",
    "tls-bootstrap-token",
    "token",
];
/// Flags of the command `join` that stand alone, sorted.
const JOIN_SWITCHES: [&str; 3] = [
    "control-plane",
    "discovery-token-unsafe-skip-ca-verification",
    "dry-run",
];
/// Flags of the command `reset` that take a value, sorted.
const RESET_VALUES: [&str; 5] = [
    "cert-dir",
    "config",
    "cri-socket",
    "ignore-preflight-errors",
    "kubeconfig",
];
/// Flags of the command `reset` that stand alone, sorted.
const RESET_SWITCHES: [&str; 3] = ["cleanup-tmp-dir", "dry-run", "force"];
/// Flags of the command `upgrade apply` that take a value, sorted.
const APPLY_VALUES: [&str; 4] = ["config", "ignore-preflight-errors", "kubeconfig", "patches"];
/// Flags of the command `upgrade apply` that are on or off, sorted. kubeadm's are given as `--etcd-upgrade=false`.
const APPLY_SWITCHES: [&str; 8] = [
    "allow-experimental-upgrades",
    "allow-release-candidate-upgrades",
    "certificate-renewal",
    "dry-run",
    "etcd-upgrade",
    "force",
    "print-config",
    "yes",
];
/// Those of them that `upgrade node` has, too.
const NODE_SWITCHES: [&str; 3] = ["certificate-renewal", "dry-run", "etcd-upgrade"];
/// Flags that only single phases have; all take a value.
const PHASE_VALUES: [&str; 5] = [
    "apiserver-extra-args",
    "controller-manager-extra-args",
    "kubeconfig",
    "kubeconfig-dir",
    "scheduler-extra-args",
];
/// Flags that configure neither node nor cluster.
const OTHERS: [&str; 5] = [
    "config",
    "kubeconfig",
    "kubeconfig-dir",
    "print-manifest",
    "upload-certs",
];

/// The flags of the command `init`, sorted.
pub fn command_flags() -> Vec<Flag> {
    let mut flags: Vec<Flag> = VALUES.map(Flag::new).into();
    flags.extend(SWITCHES.map(Flag::switch));
    flags.sort_by(|a, b| a.name.cmp(&b.name));
    flags
}

/// The flags of the command `join`, sorted.
pub fn join_flags() -> Vec<Flag> {
    let mut flags: Vec<Flag> = JOIN_VALUES.map(Flag::new).into();
    flags.extend(JOIN_SWITCHES.map(Flag::switch));
    flags.sort_by(|a, b| a.name.cmp(&b.name));
    flags
}

/// The flags of the command `reset`, sorted.
pub fn reset_flags() -> Vec<Flag> {
    let mut flags: Vec<Flag> = RESET_VALUES.map(Flag::new).into();
    flags.extend(RESET_SWITCHES.map(Flag::switch));
    flags.sort_by(|a, b| a.name.cmp(&b.name));
    flags
}

/// The flags of the command `upgrade apply`, sorted.
pub fn upgrade_apply_flags() -> Vec<Flag> {
    let mut flags: Vec<Flag> = APPLY_VALUES.map(Flag::new).into();
    flags.extend(APPLY_SWITCHES.map(|name| match name {
        "force" => Flag::switch(name).shorthand('f'),
        "yes" => Flag::switch(name).shorthand('y'),
        _ => Flag::switch(name),
    }));
    flags.sort_by(|a, b| a.name.cmp(&b.name));
    flags
}

/// The flags of the command `upgrade node`, sorted.
pub fn upgrade_node_flags() -> Vec<Flag> {
    let mut flags: Vec<Flag> = APPLY_VALUES.map(Flag::new).into();
    flags.extend(NODE_SWITCHES.map(Flag::switch));
    flags.sort_by(|a, b| a.name.cmp(&b.name));
    flags
}

/// The flags that the commands `token` have in common, sorted.
pub fn token_flags() -> Vec<Flag> {
    vec![Flag::switch("dry-run"), Flag::new("kubeconfig")]
}

/// The flags of the command `config images list` but for the form of its answer, sorted.
pub fn images_flags() -> Vec<Flag> {
    [
        "config",
        "feature-gates",
        "image-repository",
        "kubernetes-version",
    ]
    .map(Flag::new)
    .into()
}

/// The flags of the command `config images pull`, sorted.
pub fn images_pull_flags() -> Vec<Flag> {
    let mut flags = images_flags();
    flags.insert(1, Flag::new("cri-socket"));
    flags
}

/// The flags of the command `token create`, sorted.
pub fn token_create_flags() -> Vec<Flag> {
    let mut flags = token_flags();
    flags.extend(
        [
            "certificate-key",
            "config",
            "description",
            "groups",
            "ttl",
            "usages",
        ]
        .map(Flag::new),
    );
    flags.push(Flag::switch("print-join-command"));
    flags.sort_by(|a, b| a.name.cmp(&b.name));
    flags
}

/// Further flags, which only single phases have.
pub fn phase_flags() -> Vec<Flag> {
    PHASE_VALUES.map(Flag::new).into()
}

/// Loads the configuration of a call: the text of the file that its flag `config` names, or what its flags say if there is
/// no such file. `flags` are those given, by name and in order, as a [`Call`](crate::cli::Call) has them; `source` is the
/// name that diagnostics carry.
///
/// # Errors
/// Flags that do not go with a configuration file, a value that makes no sense, or everything that is wrong with the
/// configuration.
pub fn load_call(
    flags: &[(String, String)],
    source: &str,
    text: Option<&str>,
    facts: &Facts,
) -> Result<Loaded<Init>, Report> {
    load_call_with(flags, source, text, facts, LoadOptions::init())
}

/// The same, with a say in how strictly the file is read, and whether upstream's bugs are kept.
///
/// # Errors
/// Like [`load_call`].
pub fn load_call_with(
    flags: &[(String, String)],
    source: &str,
    text: Option<&str>,
    facts: &Facts,
    options: LoadOptions,
) -> Result<Loaded<Init>, Report> {
    check_mixed_flags(flags.iter().map(|(name, _)| name.as_str()))?;
    let given = flags;
    let mut flags = InitFlags::default();
    let configuring = |name: &str| !OTHERS.contains(&name) && !name.starts_with("skip-");
    for (name, value) in given.iter().filter(|(name, _)| configuring(name)) {
        flags.set(name, value)?;
    }
    let Some(text) = text else {
        let (init, cluster) = flags.to_configurations();
        return kubeadm::complete_init(init, cluster, facts);
    };
    let set = DocumentSet::read(source, text)?;
    let mut loaded = kubeadm::load_init(&set, facts, options)?;
    flags.apply(&mut loaded.config).map_err(|error| {
        Report::from(Diagnostic::error(Class::Validation, error.body()).at(error.path))
    })?;
    Ok(loaded)
}

/// The tokens that a call of `token create` asks for: those of the configuration file that its flag `config` names, or one that its
/// argument and flags describe. Without an argument the token is the first of [`Facts::tokens`].
///
/// An argument beside a file is the text of the file's first token; with [`Compat::Upstream`] it is not looked at.
///
/// # Errors
/// The argument is no token, a flag's value makes no sense or does not go with a file, or everything that is wrong with the
/// configuration.
pub fn load_token_call(
    flags: &[(String, String)],
    args: &[String],
    source: &str,
    text: Option<&str>,
    facts: &Facts,
    compat: Compat,
) -> Result<Vec<BootstrapToken>, Report> {
    check_mixed_flags(flags.iter().map(|(name, _)| name.as_str()))?;
    let given = args.first().map(|text| text.parse::<Token>());
    let given = given.transpose().map_err(|error| {
        Diagnostic::error(Class::Decode, format!("the bootstrap token: {error}"))
    })?;
    let loaded = load_call(&[], source, text, facts)?;
    let mut tokens = loaded.config.init.bootstrap_tokens;
    if let (Some(first), Some(given)) = (tokens.first_mut(), given)
        && (text.is_none() || compat == Compat::Fixed)
    {
        first.token = Some(given);
    }
    if text.is_none() {
        for token in &mut tokens {
            for (name, value) in flags {
                describe(token, name, value)?;
            }
        }
    }
    Ok(tokens)
}

fn describe(token: &mut BootstrapToken, name: &str, value: &str) -> Result<(), Report> {
    let list = || value.split(',').map(str::to_owned).collect();
    match name {
        "ttl" => {
            let wrong = |_| {
                let text = format!("--ttl: {value:?} is no duration such as 24h0m0s");
                Diagnostic::error(Class::Usage, text)
            };
            token.ttl = Some(value.parse().map_err(wrong)?);
        }
        "usages" => token.usages = list(),
        "groups" => token.groups = list(),
        "description" => value.clone_into(&mut token.description),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli, kubeadm::init_workflow};

    fn load(args: &[&str], text: Option<&str>) -> Result<Loaded<Init>, Report> {
        let flow = init_workflow().build().unwrap();
        let cli::Invocation::Run(call) = cli::parse(&flow, args).unwrap() else {
            panic!("{args:?} runs nothing");
        };
        load_call(&call.flags, "init.yaml", text, &Facts::default())
    }

    #[test]
    fn flags_alone_or_beside_a_file() {
        let alone = load(
            &[
                "phase",
                "control-plane",
                "apiserver",
                "--patches",
                "/p",
                "--apiserver-extra-args=v=2",
            ],
            None,
        );
        let Init { init, cluster, .. } = alone.unwrap().config;
        assert_eq!(init.patches.unwrap().directory, "/p");
        assert_eq!(cluster.api_server.extra_args[0].name, "v");

        let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n";
        let beside = load(
            &[
                "--config=init.yaml",
                "--node-name=by-flag",
                "--dry-run",
                "--skip-phases=certs",
            ],
            Some(text),
        );
        let init = beside.unwrap().config.init;
        assert_eq!(init.node_registration.name, "by-flag");
        assert!(init.dry_run);
        let mixed = load(&["--config=init.yaml", "--cert-dir=/x"], Some(text));
        assert!(mixed.unwrap_err().has(Class::Usage));
    }
}
