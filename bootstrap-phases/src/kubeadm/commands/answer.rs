//! Answers.

use std::fmt;
use std::sync::Arc;

use apply_semantics::op::{Reason, Refusal};
use componentconfig::kubeadm::{Facts, LoadOptions};
use componentconfig::{Kind as _, yaml};
use serde_json::{Value, json};

use super::{Call, CommandError, Format, Query, config};
use crate::kubeadm::api::{Api, error_of};
use crate::kubeadm::credentials::{cluster_context, expiration};
use crate::kubeadm::flags::load_call_with;
use crate::kubeadm::join::Etcd;
use crate::kubeadm::objects::bundle::CertificateKey;
use crate::kubeadm::pki::KeySource;
use crate::kubeadm::text::table_of;
use crate::kubeadm::upgrade::{self, UpgradeCommand, UpgradeContext, UpgradeSettings};
use crate::kubeadm::{HostFacts, InitContext, Paths, images, tokens};
use crate::{CancelToken, Clock, Compat, Cx, Files, Host, Note, PhaseError};

/// Where a question is asked.
#[derive(Clone)]
pub struct Surroundings<'a> {
    /// The files of the host.
    pub files: &'a dyn Files,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Facts for completing configurations.
    pub facts: &'a Facts,
    /// What is known of the host.
    pub host: &'a HostFacts,
    /// Where random bytes come from.
    pub keys: Arc<dyn KeySource>,
    /// The cluster's API, for questions about it.
    pub api: Option<Api>,
    /// The host beyond its files.
    pub machine: Option<Arc<dyn Host>>,
    /// The cluster's etcd.
    pub etcd: Option<Arc<dyn Etcd>>,
    /// Where files lie.
    pub paths: Paths,
    /// Whether to do better than kubeadm, or exactly as it does.
    pub compat: Compat,
}

impl<'a> Surroundings<'a> {
    /// A host with kubeadm's folders, and no cluster.
    pub fn new(
        files: &'a dyn Files,
        clock: &'a dyn Clock,
        facts: &'a Facts,
        host: &'a HostFacts,
        keys: Arc<dyn KeySource>,
    ) -> Self {
        Self {
            files,
            clock,
            facts,
            host,
            keys,
            api: None,
            machine: None,
            etcd: None,
            paths: Paths::default(),
            compat: Compat::default(),
        }
    }

    pub(super) fn text_of(&self, path: &str) -> Result<String, PhaseError> {
        let text = self.files.read(path)?;
        String::from_utf8(text).map_err(|_| {
            PhaseError::invalid("command.not-text", format!("{path}: it is not UTF-8 text"))
        })
    }

    /// The text of the configuration file that a flag names.
    fn config_of(&self, call: &Call) -> Result<Option<String>, PhaseError> {
        call.flag("config")
            .map(|path| self.text_of(path))
            .transpose()
    }

    fn api(&self) -> Result<&Api, PhaseError> {
        self.api.as_ref().ok_or_else(|| {
            let refusal = Refusal::new(Reason::Unreachable, "no API is configured");
            error_of("ask the cluster", &refusal)
        })
    }
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("host", &self.host)
            .field("paths", &self.paths)
            .field("compat", &self.compat)
            .finish_non_exhaustive()
    }
}

/// An answer. That of `token` and `certs certificate-key` is a secret: whoever renders it answers for where it goes.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// For machines.
    pub data: Value,
    /// For people.
    pub text: String,
    /// Remarks, which are no part of the answer.
    pub notes: Vec<Note>,
}

impl Answer {
    pub(super) fn new(data: Value, text: impl Into<String>) -> Self {
        Self {
            data,
            text: text.into(),
            notes: Vec::new(),
        }
    }

    /// The answer as it is printed.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => self.text.clone(),
            Format::Json => serde_json::to_string_pretty(&self.data).unwrap_or_default() + "\n",
            Format::Yaml => match &self.data {
                Value::Array(documents) => config::stream(documents),
                document => yaml::write(document),
            },
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// Answers a question.
///
/// # Errors
/// A configuration makes no sense, a file cannot be read, or the cluster does not answer.
pub fn answer(call: &Call, here: &Surroundings<'_>) -> Result<Answer, CommandError> {
    match call.query {
        Query::CertificateKey => {
            let key = CertificateKey::generate(here.keys.as_ref())
                .map_err(|error| PhaseError::fatal("certs.no-key", error.to_string()))?;
            Ok(Answer::new(
                json!({"certificateKey": key.expose()}),
                format!("{}\n", key.expose()),
            ))
        }
        Query::CheckExpiration => check_expiration(call, here),
        Query::ImagesList => images_list(call, here),
        Query::Migrate => config::migrate(call, here),
        Query::PrintInitDefaults
        | Query::PrintJoinDefaults
        | Query::PrintResetDefaults
        | Query::PrintUpgradeDefaults => config::print(call, here),
        Query::Validate => config::validate(call, here),
        Query::TokenGenerate => {
            let token = tokens::random(here.keys.as_ref())?.expose();
            Ok(Answer::new(json!({ "token": token }), format!("{token}\n")))
        }
        Query::TokenList => {
            let (found, notes) = tokens::list(here.api()?)?;
            let data = found.iter().map(tokens::document).collect();
            Ok(Answer {
                notes,
                ..Answer::new(data, tokens::table(&found, here.clock.now()))
            })
        }
        Query::UpgradeDiff => upgrade_diff(call, here),
        Query::UpgradePlan => upgrade_plan(call, here),
    }
}

/// The configuration that a call names or describes.
fn loaded(call: &Call, here: &Surroundings<'_>) -> Result<InitContext, CommandError> {
    let text = here.config_of(call)?;
    let options = match here.compat {
        Compat::Fixed => LoadOptions::init(),
        Compat::Upstream => LoadOptions {
            compat: componentconfig::Compat::Upstream,
            ..LoadOptions::init()
        },
    };
    let source = call.flag("config").unwrap_or("flags");
    let loaded = load_call_with(&call.flags, source, text.as_deref(), here.facts, options)?;
    let mut context = InitContext::loaded(loaded.config)
        .host(here.host.clone())
        .keys(here.keys.clone())
        .compat(here.compat);
    context.paths = here.paths.clone();
    Ok(context)
}

fn images_list(call: &Call, here: &Surroundings<'_>) -> Result<Answer, CommandError> {
    let images = loaded(call, here)?.images().control_plane();
    let text = images.join("\n") + "\n";
    Ok(Answer::new(images::document(&images), text))
}

fn check_expiration(call: &Call, here: &Surroundings<'_>) -> Result<Answer, CommandError> {
    let (mut context, notes) = if call.flag("config").is_some() || here.api.is_none() {
        (loaded(call, here)?, Vec::new())
    } else {
        cluster_context(here.api.as_ref(), here.facts, here.compat)?
    };
    context.paths = here.paths.clone();
    if let Some(folder) = call.flag("cert-dir") {
        folder.clone_into(&mut context.cluster.certificates_dir);
    }
    let info = expiration(&context, here.files, here.clock.now())?;
    let none = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    let rows = |rows: Option<&Vec<_>>, with_authority: bool| {
        let rows = rows.into_iter().flatten();
        rows.map(
            |row: &componentconfig::kubeadm::output::v1alpha3::Certificate| {
                if row.missing {
                    return vec![format!("!MISSING! {}", row.name)];
                }
                let end = row
                    .expiration_date
                    .map(|end| end.to_string())
                    .unwrap_or_default();
                let left = format!("{}d", row.residual_time / 86_400);
                let managed = if row.externally_managed { "yes" } else { "no" };
                let mut cells = vec![row.name.clone(), end, left];
                if with_authority {
                    cells.push(none(&row.ca_name));
                }
                cells.push(managed.to_owned());
                cells
            },
        )
        .collect::<Vec<_>>()
    };
    let header = [
        "CERTIFICATE",
        "EXPIRES",
        "RESIDUAL TIME",
        "CERTIFICATE AUTHORITY",
        "EXTERNALLY MANAGED",
    ];
    let certificates = table_of(&header, rows(info.certificates.as_ref(), true));
    let header = [
        "CERTIFICATE AUTHORITY",
        "EXPIRES",
        "RESIDUAL TIME",
        "EXTERNALLY MANAGED",
    ];
    let authorities = table_of(&header, rows(info.certificate_authorities.as_ref(), false));
    Ok(Answer {
        notes,
        ..Answer::new(info.to_document(), format!("{certificates}\n{authorities}"))
    })
}

fn upgrade_context(
    command: UpgradeCommand,
    call: &Call,
    here: &Surroundings<'_>,
) -> Result<UpgradeContext, CommandError> {
    let text = here.config_of(call)?;
    let source = call.flag("config").unwrap_or("flags");
    let settings =
        UpgradeSettings::load(command, &call.flags, &call.args, source, text.as_deref())?;
    let api = here.api()?.clone();
    let (facts, host) = (here.facts.clone(), here.host.clone());
    let mut context = UpgradeContext::new(settings, api, facts, host, here.keys.clone());
    context.compat = here.compat;
    context.paths = here.paths.clone();
    context.machine.clone_from(&here.machine);
    context.etcd.clone_from(&here.etcd);
    Ok(context)
}

fn upgrade_plan(call: &Call, here: &Surroundings<'_>) -> Result<Answer, CommandError> {
    let context = upgrade_context(UpgradeCommand::Plan, call, here)?;
    let cancel = CancelToken::new();
    let (plan, notes) = upgrade::plan(&Cx::new(&context, here.files, here.clock, &cancel))?;
    Ok(Answer {
        notes,
        ..Answer::new(plan.to_document(), upgrade::plan_text(&plan))
    })
}

fn upgrade_diff(call: &Call, here: &Surroundings<'_>) -> Result<Answer, CommandError> {
    let context = upgrade_context(UpgradeCommand::Diff, call, here)?;
    let cancel = CancelToken::new();
    let diffs = upgrade::diff(&Cx::new(&context, here.files, here.clock, &cancel))?;
    let text: String = diffs.iter().map(|one| one.diff.as_str()).collect();
    Ok(Answer::new(json!(diffs), text))
}
