//! A component of one's own, step by step.
//!
//! The component is an agent that ships the lines of files in batches. Each step is a program that runs; what an earlier step
//! has is hidden. The whole of it, with a command line, is `examples/component/agent` of the repository: what its author writes
//! about the configuration is less than 80 lines.
//!
//! # 1. A struct, and which kind it is
//!
//! The names are those of the document. What is missing is its zero value, so whatever has to be told from zero is an
//! `Option`. Three things follow without more ado: the document is read strictly, everything wrong in it is said at once, and
//! everything that is said has its place.
//!
//! ```
//! use componentconfig::{Config, Policy, Registry, kind, scalar::Duration, yaml};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! #[serde(rename_all = "camelCase", default)]
//! struct LogAgentConfiguration {
//!     #[serde(skip_serializing_if = "Vec::is_empty")]
//!     sources: Vec<String>,
//!     #[serde(skip_serializing_if = "Option::is_none")]
//!     max_batch: Option<u32>,
//!     #[serde(skip_serializing_if = "Option::is_none")]
//!     interval: Option<Duration>,
//! }
//!
//! kind!(LogAgentConfiguration: "agent.example.org", "v1", "LogAgentConfiguration");
//! impl Config for LogAgentConfiguration {}
//!
//! let text = "\
//! apiVersion: agent.example.org/v1
//! kind: LogAgentConfiguration
//! sources: [/var/log/syslog, on]
//! maxbatch: 10
//! interval: 5 minutes
//! ";
//! let registry = Registry::new().with::<LogAgentConfiguration>();
//! let document = yaml::parse("agent.yaml", text)?;
//! let refused = registry.load::<LogAgentConfiguration>(&document, Policy::Strict).unwrap_err();
//! assert_eq!(refused.to_string(), "\
//! agent.yaml:3:28: sources[1]: expected a string, found boolean true
//! agent.yaml:4:1: maxbatch: unknown field \"maxbatch\"
//! agent.yaml:5:11: interval: time: unknown unit \" minutes\" in duration \"5 minutes\"");
//! # Ok::<(), componentconfig::Report>(())
//! ```
//!
//! # 2. Defaults and rules
//!
//! Defaults that depend on nothing are a [table](crate::defaults!): it makes a method for each field that gives what the field
//! holds, set or not, and one that fills in all of them. Rules are asked of a complete configuration and note
//! [errors](crate::field::Errors) by path; the place in the file is found for them.
//!
//! ```
//! # use componentconfig::{Config, Policy, Registry, field::{Errors, Path}, kind, scalar::Duration, yaml};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! # #[serde(rename_all = "camelCase", default)]
//! # struct LogAgentConfiguration { sources: Vec<String>, max_batch: Option<u32>, interval: Option<Duration> }
//! # kind!(LogAgentConfiguration: "agent.example.org", "v1", "LogAgentConfiguration");
//! componentconfig::defaults! {
//!     LogAgentConfiguration: fill_defaults {
//!         max_batch: u32 = 100,
//!         interval: Duration = Duration::from_secs(10),
//!     }
//! }
//!
//! impl Config for LogAgentConfiguration {
//!     fn set_defaults(&mut self) {
//!         self.fill_defaults();
//!     }
//!
//!     fn validate(&self) -> Errors {
//!         let mut errors = Errors::new();
//!         if self.max_batch() == 0 {
//!             errors.invalid(&Path::new("maxBatch"), 0, "must be greater than zero");
//!         }
//!         errors
//!     }
//! }
//!
//! assert_eq!(LogAgentConfiguration::default().max_batch(), 100);
//!
//! let registry = Registry::new().with::<LogAgentConfiguration>();
//! let read = |fields: &str| {
//!     let head = "apiVersion: agent.example.org/v1\nkind: LogAgentConfiguration\n";
//!     let document = yaml::parse("agent.yaml", &format!("{head}{fields}\n"))?;
//!     registry.load::<LogAgentConfiguration>(&document, Policy::Strict)
//! };
//! let (config, _warnings) = read("maxBatch: 7")?;
//! assert_eq!((config.max_batch, config.interval), (Some(7), Some(Duration::from_secs(10))));
//! assert_eq!(
//!     read("maxBatch: 0").unwrap_err().to_string(),
//!     "agent.yaml:3:1: maxBatch: Invalid value: 0: must be greater than zero",
//! );
//! # Ok::<(), componentconfig::Report>(())
//! ```
//!
//! # 3. The next version
//!
//! The older version keeps its struct, and gets one conversion to its [newer neighbour](crate::Upgrade) and back. All versions
//! of a kind form a chain that way. What the older one cannot say is not lost in silence: it is found by converting back.
//!
//! ```
//! # use componentconfig::{Config, Kind, Registry, Upgrade, conversion::Target, kind, scalar::Duration};
//! # use serde::{Deserialize, Serialize};
//! # use serde_json::json;
//! # #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! # #[serde(rename_all = "camelCase", default)]
//! # struct LogAgentConfiguration {
//! #     #[serde(skip_serializing_if = "Vec::is_empty")] sources: Vec<String>,
//! #     #[serde(skip_serializing_if = "Option::is_none")] max_batch: Option<u32>,
//! #     #[serde(skip_serializing_if = "Option::is_none")] interval: Option<Duration>,
//! # }
//! # kind!(LogAgentConfiguration: "agent.example.org", "v1", "LogAgentConfiguration");
//! # impl Config for LogAgentConfiguration {}
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! #[serde(rename_all = "camelCase", default)]
//! struct V1Alpha1 {
//!     #[serde(skip_serializing_if = "Option::is_none")]
//!     file: Option<String>,
//!     #[serde(skip_serializing_if = "Option::is_none")]
//!     lines_at_once: Option<u32>,
//! }
//!
//! kind!(V1Alpha1: "agent.example.org", "v1alpha1", "LogAgentConfiguration");
//! impl Config for V1Alpha1 {}
//!
//! impl Upgrade for V1Alpha1 {
//!     type Newer = LogAgentConfiguration;
//!
//!     fn up(self) -> LogAgentConfiguration {
//!         LogAgentConfiguration {
//!             sources: self.file.into_iter().collect(),
//!             max_batch: self.lines_at_once,
//!             interval: None,
//!         }
//!     }
//!
//!     fn down(newer: LogAgentConfiguration) -> Self {
//!         Self { file: newer.sources.into_iter().next(), lines_at_once: newer.max_batch }
//!     }
//! }
//!
//! let registry = Registry::new().with_older::<V1Alpha1>();
//! let old = json!({"apiVersion": "agent.example.org/v1alpha1", "kind": "LogAgentConfiguration", "file": "a.log"});
//! let newest = registry.convert(&[old], &Target::Newest)?;
//! assert_eq!(newest.documents[0]["sources"], json!(["a.log"]));
//! assert!(newest.losses.is_empty());
//!
//! let new = json!({
//!     "apiVersion": "agent.example.org/v1", "kind": "LogAgentConfiguration",
//!     "sources": ["a.log", "b.log"], "interval": "1m",
//! });
//! let back = registry.convert(&[new], &Target::Version(V1Alpha1::GVK.group_version()))?;
//! let lost: Vec<_> = back.losses.iter().map(ToString::to_string).collect();
//! assert_eq!(lost, [
//!     "LogAgentConfiguration interval: \"1m0s\" has no place",
//!     "LogAgentConfiguration sources: [\"a.log\",\"b.log\"] becomes [\"a.log\"]",
//! ]);
//! # Ok::<(), componentconfig::Report>(())
//! ```
//!
//! # 4. Files of any version, drop-in files, flags
//!
//! [`Registry::upgraded`](crate::Registry::upgraded) makes a document of an older version one of the newest, with the places of
//! the file. [`Layers`](crate::layers::Layers) puts documents and flags over each other, and says of every value where it is
//! from. Which files there are and how flags are parsed is the program's business.
//!
//! ```
//! # use componentconfig::{Config, Policy, Registry, Upgrade, kind, layers::Layers, print::Print, scalar::Duration, yaml};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! # #[serde(rename_all = "camelCase", default)]
//! # struct LogAgentConfiguration {
//! #     #[serde(skip_serializing_if = "Vec::is_empty")] sources: Vec<String>,
//! #     #[serde(skip_serializing_if = "Option::is_none")] max_batch: Option<u32>,
//! #     #[serde(skip_serializing_if = "Option::is_none")] interval: Option<Duration>,
//! # }
//! # kind!(LogAgentConfiguration: "agent.example.org", "v1", "LogAgentConfiguration");
//! # componentconfig::defaults! {
//! #     LogAgentConfiguration: fill_defaults { max_batch: u32 = 100, interval: Duration = Duration::from_secs(10) }
//! # }
//! # impl Config for LogAgentConfiguration { fn set_defaults(&mut self) { self.fill_defaults(); } }
//! # #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! # #[serde(rename_all = "camelCase", default)]
//! # struct V1Alpha1 { file: Option<String>, lines_at_once: Option<u32> }
//! # kind!(V1Alpha1: "agent.example.org", "v1alpha1", "LogAgentConfiguration");
//! # impl Config for V1Alpha1 {}
//! # impl Upgrade for V1Alpha1 {
//! #     type Newer = LogAgentConfiguration;
//! #     fn up(self) -> LogAgentConfiguration {
//! #         let sources = self.file.into_iter().collect();
//! #         LogAgentConfiguration { sources, max_batch: self.lines_at_once, interval: None }
//! #     }
//! #     fn down(newer: LogAgentConfiguration) -> Self {
//! #         Self { file: newer.sources.into_iter().next(), lines_at_once: newer.max_batch }
//! #     }
//! # }
//! let old = "apiVersion: agent.example.org/v1alpha1\nkind: LogAgentConfiguration\nfile: a.log\nlinesAtOnce: 5\n";
//! let dropin = "apiVersion: agent.example.org/v1\nkind: LogAgentConfiguration\ninterval: 90s\n";
//!
//! let registry = Registry::new().with_older::<V1Alpha1>();
//! let (file, _warnings) = registry.upgraded(&yaml::parse("agent.yaml", old)?, Policy::Strict)?;
//! let layers = Layers::new()
//!     .document(&file)
//!     .document(&yaml::parse("10-often.conf", dropin)?)
//!     .flag_if_given("--max-batch", "maxBatch", Some(7));
//! let effective = layers.resolve::<LogAgentConfiguration>(Policy::Strict)?;
//! assert_eq!(effective.config.max_batch, Some(7));
//!
//! let explained: Vec<_> = effective.explain_all().iter().map(ToString::to_string).collect();
//! assert_eq!(explained, [
//!     "interval: \"1m30s\", from 10-often.conf:3:1",
//!     "maxBatch: 7, from the flag --max-batch (over 5 of agent.yaml:4:1)",
//!     "sources: [\"a.log\"], from agent.yaml:3:1",
//! ]);
//!
//! let minimal = registry.print(&effective.merged(), Print::Minimal)?;
//! assert_eq!(yaml::write(&minimal), "\
//! apiVersion: agent.example.org/v1
//! interval: 1m30s
//! kind: LogAgentConfiguration
//! maxBatch: 7
//! sources:
//! - a.log
//! ");
//! # Ok::<(), componentconfig::Report>(())
//! ```
//!
//! # 5. While it runs
//!
//! What a new text means is a function of both texts: nothing, a change with the fields that changed, or a mistake, in which case
//! the program goes on with what it has. Feature `reload` has a watch that says when there is a new text; of layers,
//! [`changes`](crate::reload::changes) compares what came out before and after.
//!
//! ```
//! # use componentconfig::{Config, Policy, Registry, kind, reload::Reload};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! # #[serde(rename_all = "camelCase", default)]
//! # struct LogAgentConfiguration { sources: Vec<String>, max_batch: Option<u32> }
//! # kind!(LogAgentConfiguration: "agent.example.org", "v1", "LogAgentConfiguration");
//! # impl Config for LogAgentConfiguration {}
//! let registry = Registry::new().with::<LogAgentConfiguration>();
//! let old = "apiVersion: agent.example.org/v1\nkind: LogAgentConfiguration\nmaxBatch: 5\n";
//! let reload = |new: &str| {
//!     registry.reload::<LogAgentConfiguration>("agent.yaml", old, new, Policy::Strict)
//! };
//! assert_eq!(reload(&format!("# more than enough\n{old}")), Reload::Unchanged);
//! match reload(&old.replace('5', "6")) {
//!     Reload::Changed { config, changes, .. } => {
//!         assert_eq!(config.max_batch, Some(6));
//!         assert_eq!(changes[0].path.to_string(), "maxBatch");
//!     }
//!     other => panic!("{other:?}"),
//! }
//! assert!(matches!(reload(&old.replace('5', "many")), Reload::Refused(_)));
//! ```
//!
//! # And then
//!
//! - With feature `schemars` and a derived `JsonSchema`, `Registry::with_schema` gives the kind a JSON Schema for editors, an
//!   OpenAPI component and a reference page, with the defaults in them.
//! - Documents inside documents: [`Config::nested`](crate::Config::nested). Kinds that are converted together because fields move
//!   between them: [`SetConversion`](crate::conversion::SetConversion). Reading on in spite of unknown fields:
//!   [`Policy`](crate::Policy).
//! - Round trips, idempotent defaults and unlossy conversions are laws to test the kind by: with any generator of values,
//!   [`Registry::convert`](crate::Registry::convert) there and back loses nothing but what it tells.
