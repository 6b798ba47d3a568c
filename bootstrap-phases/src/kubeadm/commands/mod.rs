//! Commands that only ask: `certs check-expiration`, `config print`, `token list`, `upgrade plan` and others, from arguments to an answer.
//!
//! Each answers data, which [`Answer::render`] writes as JSON or YAML, with upstream's kinds of `output.kubeadm.k8s.io/v1alpha3`
//! where it has one, or as text for people. Commands that change something are workflows, whose command lines are read by
//! [`cli::parse`](crate::cli::parse).
//!
//! ```
//! use bootstrap_phases::{MemFiles, SystemClock, kubeadm::{HostFacts, commands::{self, Surroundings}, pki::FixedKeys}};
//! use componentconfig::kubeadm::Facts;
//!
//! let (files, keys) = (MemFiles::new(), std::sync::Arc::new(FixedKeys::seeded("docs")));
//! let (facts, host) = (Facts::default(), HostFacts::default());
//! let here = Surroundings::new(&files, &SystemClock, &facts, &host, keys);
//! let call = commands::parse(&["config", "images", "list", "--kubernetes-version=v1.36.2", "-o", "json"])?;
//! let images: serde_json::Value = serde_json::from_str(&commands::answer(&call, &here)?.render(call.format))?;
//! assert_eq!(images["kind"], "Images");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod config;

use componentconfig::Report;
use thiserror::Error;

use crate::cli::{UsageError, take_apart};
use crate::{Flag, PhaseError};

pub use answer::{Answer, Surroundings, answer};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Query {
    /// `certs certificate-key`: a random key that certificates are uploaded with.
    CertificateKey,
    /// `certs check-expiration`: when certificates end.
    CheckExpiration,
    /// `config images list`: the images of a control plane.
    ImagesList,
    /// `config migrate`: the documents of a file at their newest versions.
    Migrate,
    /// `config print init-defaults`.
    PrintInitDefaults,
    /// `config print join-defaults`.
    PrintJoinDefaults,
    /// `config print reset-defaults`.
    PrintResetDefaults,
    /// `config print upgrade-defaults`.
    PrintUpgradeDefaults,
    /// `config validate`: whether a file makes sense.
    Validate,
    /// `token generate`: a random token.
    TokenGenerate,
    /// `token list`: the tokens of the cluster.
    TokenList,
    /// `upgrade diff`: what manifests would become.
    UpgradeDiff,
    /// `upgrade plan`: what there is to upgrade to.
    UpgradePlan,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// As JSON, for machines.
    Json,
    /// As YAML, for machines.
    Yaml,
}

/// A question with its flags.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// What is asked.
    pub query: Query,
    /// How the answer is written: the flag `output`.
    pub format: Format,
    /// Flags given, by name and in order.
    pub flags: Vec<(String, String)>,
    /// Arguments that are neither flags nor words of the command.
    pub args: Vec<String>,
}

impl Call {
    /// The last value given for a flag.
    pub fn flag(&self, name: &str) -> Option<&str> {
        let mut given = self.flags.iter().rev();
        given
            .find(|(flag, _)| flag == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The command line makes no sense.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// A configuration, or a flag's value.
    #[error(transparent)]
    Configuration(#[from] Report),
    /// Something of the host or of the cluster.
    #[error(transparent)]
    Phase(#[from] PhaseError),
}

/// The words of a command, what it asks, the flags it has beside `output`, and how many arguments it takes.
type Known = (&'static str, Query, &'static [&'static str], usize);

const COMMANDS: [Known; 13] = [
    ("certs certificate-key", Query::CertificateKey, &[], 0),
    (
        "certs check-expiration",
        Query::CheckExpiration,
        &["cert-dir", "config", "kubeconfig"],
        0,
    ),
    (
        "config images list",
        Query::ImagesList,
        &[
            "config",
            "feature-gates",
            "image-repository",
            "kubernetes-version",
        ],
        0,
    ),
    ("config migrate", Query::Migrate, &["old-config"], 0),
    (
        "config print init-defaults",
        Query::PrintInitDefaults,
        &["component-configs"],
        0,
    ),
    (
        "config print join-defaults",
        Query::PrintJoinDefaults,
        &["component-configs"],
        0,
    ),
    (
        "config print reset-defaults",
        Query::PrintResetDefaults,
        &[],
        0,
    ),
    (
        "config print upgrade-defaults",
        Query::PrintUpgradeDefaults,
        &[],
        0,
    ),
    ("config validate", Query::Validate, &["config"], 0),
    ("token generate", Query::TokenGenerate, &[], 0),
    ("token list", Query::TokenList, &["kubeconfig"], 0),
    (
        "upgrade diff",
        Query::UpgradeDiff,
        &["config", "context-lines", "kubeconfig"],
        1,
    ),
    (
        "upgrade plan",
        Query::UpgradePlan,
        &["config", "ignore-preflight-errors", "kubeconfig"],
        1,
    ),
];

/// The flags of `upgrade plan` that stand alone.
const PLAN_SWITCHES: [&str; 4] = [
    "allow-experimental-upgrades",
    "allow-release-candidate-upgrades",
    "etcd-upgrade",
    "print-config",
];

/// Whether these words begin a command that [`parse`] knows.
pub fn is_query<S: AsRef<str>>(args: &[S]) -> bool {
    find(args).is_some()
}

/// The flags of a command that asks, sorted.
pub fn flags(query: Query) -> Vec<Flag> {
    let known = COMMANDS.iter().find(|(_, known, ..)| *known == query);
    let names = known.map(|(.., names, _)| *names).unwrap_or_default();
    let mut flags: Vec<Flag> = names.iter().map(|name| Flag::new(*name)).collect();
    flags.push(Flag::new("output").shorthand('o'));
    if query == Query::UpgradePlan {
        flags.extend(PLAN_SWITCHES.map(Flag::switch));
    }
    flags.sort_by(|a, b| a.name.cmp(&b.name));
    flags
}

/// What arguments ask: `["token", "list", "-o", "json"]`.
///
/// # Errors
/// An unknown command or flag, a flag without its value, too many arguments, or an unknown form of output.
pub fn parse<S: AsRef<str>>(args: &[S]) -> Result<Call, UsageError> {
    let Some((words, query, most)) = find(args) else {
        let all: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
        let words = all.iter().take_while(|word| !word.starts_with('-'));
        let name = words.copied().collect::<Vec<_>>().join(" ");
        let known = COMMANDS.iter().map(|(words, ..)| *words);
        return Err(UsageError::UnknownCommand {
            suggestions: crate::suggest::near(&name, known),
            name,
            command: "kubeadm".to_owned(),
        });
    };
    let rest = args.get(words..).unwrap_or_default();
    let Some((flags, args)) = take_apart(&flags(query), rest)? else {
        return Err(UsageError::SubcommandRequired {
            command: "help".to_owned(),
        });
    };
    if args.len() > most {
        return Err(UsageError::TooManyArguments {
            command: COMMANDS
                .iter()
                .find(|(_, known, ..)| *known == query)
                .map(|(words, ..)| (*words).to_owned())
                .unwrap_or_default(),
            most,
            given: args.len(),
        });
    }
    let asked = flags.iter().rev().find(|(name, _)| name == "output");
    let format = match asked.map_or("text", |(_, value)| value.as_str()) {
        "text" => Format::Text,
        "json" => Format::Json,
        "yaml" => Format::Yaml,
        other => {
            return Err(UsageError::UnknownFlag {
                flag: format!("--output={other}"),
            });
        }
    };
    Ok(Call {
        query,
        format,
        flags: flags
            .into_iter()
            .filter(|(name, _)| name != "output")
            .collect(),
        args,
    })
}

/// The command that the first words are: how many words, what it asks, how many arguments it takes.
fn find<S: AsRef<str>>(args: &[S]) -> Option<(usize, Query, usize)> {
    COMMANDS.iter().find_map(|(words, query, _, most)| {
        let words: Vec<&str> = words.split(' ').collect();
        let first = args.get(..words.len())?;
        let same = first.iter().map(AsRef::as_ref).eq(words.iter().copied());
        same.then_some((words.len(), *query, *most))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_flags_and_forms() {
        let call = parse(&[
            "upgrade",
            "plan",
            "v1.36.2",
            "-o",
            "yaml",
            "--etcd-upgrade=false",
        ]);
        let call = call.unwrap();
        assert_eq!(
            (call.query, call.format),
            (Query::UpgradePlan, Format::Yaml)
        );
        assert_eq!(call.args, ["v1.36.2"]);
        assert_eq!(call.flag("etcd-upgrade"), Some("false"));
        let bad = |args: &[&str]| parse(args).unwrap_err().to_string();
        assert!(bad(&["token", "lsit"]).contains("token list"));
        assert!(bad(&["token", "list", "--config=x"]).contains("--config"));
        assert!(bad(&["token", "list", "-o", "xml"]).contains("xml"));
        assert!(bad(&["token", "list", "x"]).contains("at most 0"));
        assert!(!is_query(&["token", "create"]));
    }
}
