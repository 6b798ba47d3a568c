//! From a configuration file to what the `init` workflow needs; everything that is wrong with it is told at once.

use std::{
    fs,
    io::{IsTerminal, stderr},
    path::Path,
};

use bootstrap_phases::{
    Files, Flow, Selection,
    kubeadm::{self, HostFacts, InitContext, objects::bundle::CertificateKey},
};
use componentconfig::{
    DocumentSet, Report,
    diagnostic::Source,
    kubeadm::{Facts, HostAddress, LoadOptions, load_init},
};

use crate::{cli::Workspace, failure::Failure, host, run::processors, secrets::JoinSecrets};

const SAMPLE: &str = include_str!("sample.yaml");

/// What a run or a plan works from.
pub(crate) struct Input {
    pub(crate) context: InitContext,
    pub(crate) flow: Flow<InitContext>,
    /// The configuration as it was read.
    pub(crate) text: String,
    /// What other nodes join with: the configuration's, or what it was completed with.
    pub(crate) secrets: JoinSecrets,
}

/// Reads, completes and validates the configuration. Warnings go to standard error. A token and a certificate key that the
/// configuration lacks are those proposed.
pub(crate) fn load(workspace: &Workspace, proposed: &JoinSecrets) -> Result<Input, Failure> {
    let (name, text) = read(workspace.config.as_deref())?;
    let refuse = |report: &Report| Failure::input(describe(report, &name, &text));
    let documents = DocumentSet::read(&name, &text).map_err(|report| refuse(&report))?;
    let loaded = load_init(&documents, &with_token(proposed), LoadOptions::validate())
        .map_err(|report| refuse(&report))?;
    if !loaded.warnings.is_empty() {
        eprint!("{}", describe(&Report::from(loaded.warnings), &name, &text));
    }
    let mut context = InitContext::loaded(loaded.config).host(HostFacts {
        hostname: host::hostname().unwrap_or_default(),
        addresses: Vec::new(),
        environment: host::environment(),
    });
    if context.init.certificate_key.is_empty() {
        context.init.certificate_key = proposed.certificate_key.expose().into();
    }
    let context = context.upload_certificates().map_err(Failure::input)?;
    Ok(Input {
        secrets: of_context(&context, proposed)?,
        context,
        flow: kubeadm::init_workflow().build().map_err(Failure::run)?,
        text,
    })
}

/// The secrets that a run uploads.
fn of_context(context: &InitContext, proposed: &JoinSecrets) -> Result<JoinSecrets, Failure> {
    let mut tokens = context.init.bootstrap_tokens.iter();
    let token = tokens.find_map(|token| token.token.clone());
    let key = CertificateKey::parse(context.init.certificate_key.expose());
    Ok(JoinSecrets {
        token: token.unwrap_or_else(|| proposed.token.clone()),
        certificate_key: key.map_err(Failure::input)?,
    })
}

fn with_token(proposed: &JoinSecrets) -> Facts {
    Facts {
        tokens: vec![proposed.token.clone()],
        ..facts()
    }
}

/// The phases that were asked for.
pub(crate) fn selection(workspace: &Workspace) -> Selection {
    let chosen = if workspace.only.is_empty() {
        Selection::all()
    } else {
        Selection::only(&workspace.only)
    };
    chosen.skip(&workspace.skip)
}

/// The context with keys that are made on all processors while the run goes on: as many as these files lack.
pub(crate) fn with_keys_ahead(
    context: &InitContext,
    files: &dyn Files,
) -> Result<InitContext, Failure> {
    let context = context.clone().with_keys_ahead(files, processors());
    context.map_err(Failure::run)
}

fn read(config: Option<&Path>) -> Result<(String, String), Failure> {
    let Some(path) = config else {
        return Ok(("sample.yaml".to_owned(), SAMPLE.to_owned()));
    };
    let name = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Failure::Input(format!("{name}: {error}"))),
    }
}

/// With the lines it is about on a terminal, one line for each finding elsewhere.
fn describe(report: &Report, name: &str, text: &str) -> String {
    if stderr().is_terminal() {
        return report.render(&[Source { name, text }]);
    }
    report.to_string()
}

/// What is known of this host.
pub(crate) fn facts() -> Facts {
    let (ipv4, ipv6) = host::default_route_addresses();
    Facts {
        hostname: host::hostname(),
        address: match (ipv4, ipv6) {
            (None, None) => HostAddress::NoRoute,
            (ipv4, ipv6) => HostAddress::Found { ipv4, ipv6 },
        },
        ..Facts::default()
    }
}
