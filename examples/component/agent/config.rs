//! What the author of the agent writes: two versions of its kind, the defaults, the rules and one conversion.

use componentconfig::{
    Config, Upgrade,
    field::{Errors, Path},
    kind,
    scalar::Duration,
};
use serde::{Deserialize, Serialize};

/// The version of last year: one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LogAgentConfigurationV1Alpha1 {
    pub(crate) file: Option<String>,
    pub(crate) lines_at_once: Option<u32>,
    pub(crate) target: Option<String>,
}

/// The version of today: several files, shipped at least so often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LogAgentConfiguration {
    /// The files whose lines are shipped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sources: Vec<String>,
    /// The file that they are shipped to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) target: String,
    /// The most lines in one batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_batch: Option<u32>,
    /// How often the files are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interval: Option<Duration>,
}

kind!(LogAgentConfigurationV1Alpha1: "agent.example.org", "v1alpha1", "LogAgentConfiguration");
kind!(LogAgentConfiguration: "agent.example.org", "v1", "LogAgentConfiguration");

componentconfig::defaults! {
    LogAgentConfiguration: fill_defaults {
        max_batch: u32 = 100,
        interval: Duration = Duration::from_secs(10),
    }
}

impl Config for LogAgentConfigurationV1Alpha1 {}

impl Config for LogAgentConfiguration {
    fn set_defaults(&mut self) {
        self.fill_defaults();
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        if self.target.is_empty() {
            errors.required(&Path::new("target"), "the lines have to go somewhere");
        }
        if self.max_batch() == 0 {
            errors.invalid(&Path::new("maxBatch"), 0, "must be greater than zero");
        }
        errors
    }
}

impl Upgrade for LogAgentConfigurationV1Alpha1 {
    type Newer = LogAgentConfiguration;

    fn up(self) -> LogAgentConfiguration {
        LogAgentConfiguration {
            sources: self.file.into_iter().collect(),
            target: self.target.unwrap_or_default(),
            max_batch: self.lines_at_once,
            interval: None,
        }
    }

    fn down(newer: LogAgentConfiguration) -> Self {
        Self {
            file: newer.sources.into_iter().next(),
            lines_at_once: newer.max_batch,
            target: Some(newer.target),
        }
    }
}
