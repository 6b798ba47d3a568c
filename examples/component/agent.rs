//! The life of a component of one's own: an agent whose configuration has two versions.
//!
//! Its author writes two structs, the defaults, the rules and one conversion. Reading with places, strictness, migration,
//! layers with provenance, printing, schemas and reloading come from the library.

use componentconfig::{
    Config, Document, DocumentSet, GroupVersionKind, Kind, Policy, Registry, Upgrade,
    conversion::Target,
    field::{Errors, Path},
    layers::Layers,
    print::Print,
    reload::Reload,
    scalar::Duration,
    yaml,
};

use crate::commands::Outcome;

/// The version of last year: one port, one target.
mod v1alpha1 {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    pub(super) struct AgentConfiguration {
        pub(super) port: Option<i32>,
        pub(super) target: String,
    }
}

/// The version of today: several targets, and how often they are asked.
mod v1 {
    use componentconfig::scalar::Duration;
    use serde::{Deserialize, Serialize};

    /// The configuration of the agent.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "camelCase", default)]
    pub(super) struct AgentConfiguration {
        /// The port it listens on.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) bind_port: Option<i32>,
        /// What it asks.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub(super) targets: Vec<String>,
        /// How often.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) interval: Option<Duration>,
    }
}

const GROUP: &str = "agent.example.org";

impl Kind for v1alpha1::AgentConfiguration {
    const GVK: GroupVersionKind =
        GroupVersionKind::from_static(GROUP, "v1alpha1", "AgentConfiguration");
}

impl Kind for v1::AgentConfiguration {
    const GVK: GroupVersionKind = GroupVersionKind::from_static(GROUP, "v1", "AgentConfiguration");
}

impl Config for v1alpha1::AgentConfiguration {}

impl Config for v1::AgentConfiguration {
    fn set_defaults(&mut self) {
        self.bind_port.get_or_insert(8080);
        self.interval.get_or_insert(Duration::from_secs(30));
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        let port = self.bind_port.unwrap_or_default();
        if !(1..=65535).contains(&port) {
            errors.invalid(&Path::new("bindPort"), port, "must be between 1 and 65535");
        }
        errors
    }
}

impl Upgrade for v1alpha1::AgentConfiguration {
    type Newer = v1::AgentConfiguration;

    fn up(self) -> Self::Newer {
        v1::AgentConfiguration {
            bind_port: self.port,
            targets: Some(self.target)
                .filter(|target| !target.is_empty())
                .into_iter()
                .collect(),
            interval: None,
        }
    }

    /// An old agent has one target and no interval: the library tells what is lost.
    fn down(newer: Self::Newer) -> Self {
        Self {
            port: newer.bind_port,
            target: newer.targets.into_iter().next().unwrap_or_default(),
        }
    }
}

const OLD: &str = "\
apiVersion: agent.example.org/v1alpha1
kind: AgentConfiguration
port: 9000
target: a.example.org
";
const DROPIN: &str = "\
apiVersion: agent.example.org/v1
kind: AgentConfiguration
targets: [a.example.org, b.example.org]
interval: 90s
";
const WRONG: &str = "\
apiVersion: agent.example.org/v1
kind: AgentConfiguration
bindPort: 70000
targts: []
";

/// Everything that happens to the agent's configuration, told line by line.
pub(crate) fn life() -> Outcome {
    tell().map_err(|report| report.to_string())
}

fn tell() -> Result<String, componentconfig::Report> {
    let registry = Registry::new()
        .with_schema::<v1::AgentConfiguration>()
        .with_older::<v1alpha1::AgentConfiguration>();
    let mut told = String::new();
    let mut say = |line: String| told.extend([line.trim_end(), "\n"]);

    say("# a file of last year, at the version of today".to_owned());
    let old = yaml::read(OLD)?;
    let newest = registry.convert(&[old], &Target::Newest)?;
    let file = yaml::write_all(&newest.documents);
    say(file.clone());

    say("# with a drop-in file and a flag over it".to_owned());
    let layers = Layers::new()
        .document(&Document::read("agent.yaml", &file)?)
        .document(&Document::read("10-targets.yaml", DROPIN)?)
        .flag("--bind-port", "bindPort", 9100);
    let effective = layers.resolve::<v1::AgentConfiguration>(Policy::Strict)?;
    for explanation in effective.explain_all() {
        say(explanation.to_string());
    }

    say("# back to the version of last year".to_owned());
    let back = Target::Version(v1alpha1::AgentConfiguration::GVK.group_version());
    for loss in registry
        .convert(&[effective.config.to_document()], &back)?
        .losses
    {
        say(format!("lost: {loss}"));
    }

    say("# what holds, where nothing is set but the targets".to_owned());
    let printed = registry.print(&yaml::read(DROPIN)?, Print::Effective)?;
    say(yaml::write(&printed));

    say("# a file with mistakes".to_owned());
    let wrong = DocumentSet::read("wrong.yaml", WRONG)?;
    say(registry.check(&wrong, Policy::Strict).to_string());

    say("# the file changes while the agent runs".to_owned());
    for new in [
        format!("# a comment\n{DROPIN}"),
        DROPIN.replace("90s", "2m"),
        WRONG.to_owned(),
    ] {
        let reload =
            registry.reload::<v1::AgentConfiguration>("agent.yaml", DROPIN, &new, Policy::Strict);
        say(match reload {
            Reload::Unchanged => "unchanged".to_owned(),
            Reload::Changed { changes, .. } => {
                let paths: Vec<_> = changes
                    .iter()
                    .map(|change| change.path.to_string())
                    .collect();
                format!("changed: {}", paths.join(", "))
            }
            _ => "refused: the agent goes on with what it has".to_owned(),
        });
    }

    say("# its schema".to_owned());
    let schema = registry
        .json_schema(&v1::AgentConfiguration::GVK)
        .unwrap_or_default();
    say(format!(
        "bindPort: {:?}",
        schema.pointer("/properties/bindPort/default")
    ));
    Ok(told)
}
