//! The recordings' classes of error, out of ours.

use bootstrap_phases::kubeadm::commands::CommandError;
use bootstrap_phases::{PhaseError, SelectError};
use componentconfig::{Class, Diagnostic, Report};
use serde_json::json;

use super::Failure;

/// The class of a phase's error.
pub(super) fn of_phase(error: &PhaseError) -> &'static str {
    let code = error.code.as_ref();
    match code {
        "pki.no-authority" | "patches.missing" | "file.not-found" => "missing-input",
        "pki.external-ca" => "external-ca",
        "preflight.failed" => "preflight",
        "discovery.not-trusted" => "discovery",
        "phase.deadline" if error.message.contains("cluster-info is not signed") => "discovery",
        "join.bad-secret" => "bad-secret",
        "reset.not-confirmed" | "upgrade.not-confirmed" => "not-confirmed",
        "upgrade.bad-version" => "bad-version",
        "upgrade.unsupported-version" => "unsupported-version",
        "upgrade.version-policy" => "version-policy",
        "api.denied" => "denied",
        "api.not-found" => "not-found",
        "api.already-exists" | "join.node-exists" | "token.exists" => "already-exists",
        "token.bad-id" => "bad-token",
        _ if code.starts_with("patches.") => "patch",
        _ if code.starts_with("users.") => "users",
        _ if code.contains(".existing-file.") => "existing-file",
        _ if code.starts_with("pki.signing") => "signing",
        _ => "other",
    }
}

/// The error of a command that only asks.
pub(super) fn of_command(error: &CommandError) -> Failure {
    match error {
        CommandError::Configuration(report) => of_report(report),
        CommandError::Phase(error) => Failure::new(of_phase(error), error),
        error => Failure::new("usage", error),
    }
}

/// What is wrong with the phases that were chosen.
pub(super) fn of_selection(error: &SelectError) -> &'static str {
    match error {
        SelectError::UnknownPhase { .. } => "unknown-phase",
        _ => "unresolved-dependencies",
    }
}

/// What is wrong with a configuration: the first error decides about the class.
pub(super) fn of_report(report: &Report) -> Failure {
    let class = report.errors().next().map_or("other", of_diagnostic);
    let fields = report
        .errors()
        .filter(|error| error.class == Class::Validation)
        .filter_map(|error| {
            let field = error.path.as_ref()?.to_string();
            let kind = error.message.split(':').next()?;
            Some(json!({ "field": field, "type": kind }))
        })
        .collect();
    Failure {
        fields,
        ..Failure::new(class, report)
    }
}

/// Beside our own class, the recordings tell some errors apart by what they are about.
fn of_diagnostic(error: &Diagnostic) -> &'static str {
    let field = error
        .path
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let says = |text: &str| error.message.contains(text);
    match (error.class, field.as_str()) {
        (Class::Usage, _) if says("can not mix") => "mixed-arguments",
        (Class::Usage, _) => "usage",
        (Class::NotFound, _) => "missing-kind",
        (Class::DuplicateKind, _) => "duplicate-document",
        (Class::UnsupportedVersion, _) => "unsupported-api",
        (_, "localAPIEndpoint.advertiseAddress") if says("no acceptable interface") => "network",
        (_, "localAPIEndpoint.advertiseAddress" | "controlPlaneEndpoint") => "bad-address",
        (_, "kubernetesVersion") if says("only supports") => "unsupported-version",
        (_, "kubernetesVersion") => "bad-version",
        (Class::Decode, _) if says("bootstrap token") => "bad-token",
        (Class::Validation, _) => "validation",
        _ => "parse",
    }
}
