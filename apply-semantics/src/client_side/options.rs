//! How a command is to be carried out.

use crate::op::{ApplyOptions, DeleteOptions, FieldValidation, Propagation, WriteOptions};

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DryRun {
    /// Everything.
    #[default]
    None,
    /// Nothing, and nothing is asked for but what the decision needs.
    Client,
    /// The server is asked for everything, and to store nothing.
    Server,
}

/// The options of a command, with the defaults of kubectl.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Options {
    /// The field manager; each command has its own default.
    pub field_manager: Option<String>,
    /// What the server does with unknown and doubled fields (`--validate`).
    pub validation: FieldValidation,
    /// Whether anything is written (`--dry-run`).
    pub dry_run: DryRun,
    /// Whether changes of others give way to the manifest (`--overwrite`).
    pub overwrite: bool,
    /// Whether to delete and make anew what cannot be changed (`--force`).
    pub force: bool,
    /// Whether the server applies (`--server-side`).
    pub server_side: bool,
    /// Whether server-side apply takes fields from other managers (`--force-conflicts`).
    pub force_conflicts: bool,
    /// The subresource to write to (`--subresource`).
    pub subresource: Option<String>,
    /// What becomes of the dependents of deleted objects (`--cascade`).
    pub propagation: Propagation,
    /// Seconds that deleted objects have to end (`--grace-period`).
    pub grace_period: Option<i64>,
    /// Whether create and replace write the annotation of apply (`--save-config`).
    pub save_config: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            field_manager: None,
            validation: FieldValidation::Strict,
            dry_run: DryRun::None,
            overwrite: true,
            force: false,
            server_side: false,
            force_conflicts: false,
            subresource: None,
            propagation: Propagation::Background,
            grace_period: None,
            save_config: false,
        }
    }
}

impl Options {
    /// The defaults of kubectl.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, by that field manager.
    #[must_use]
    pub fn field_manager(self, manager: impl Into<String>) -> Self {
        Self {
            field_manager: Some(manager.into()),
            ..self
        }
    }

    /// The same, with that treatment of unknown and doubled fields.
    #[must_use]
    pub fn validation(self, validation: FieldValidation) -> Self {
        Self { validation, ..self }
    }

    /// The same as a dry run, or not.
    #[must_use]
    pub fn dry_run(self, dry_run: DryRun) -> Self {
        Self { dry_run, ..self }
    }

    /// The same, failing where others changed what the manifest changes.
    #[must_use]
    pub fn no_overwrite(self) -> Self {
        Self {
            overwrite: false,
            ..self
        }
    }

    /// The same, deleting and making anew what cannot be changed.
    #[must_use]
    pub fn force(self) -> Self {
        Self {
            force: true,
            ..self
        }
    }

    /// The same, applied by the server.
    #[must_use]
    pub fn server_side(self) -> Self {
        Self {
            server_side: true,
            ..self
        }
    }

    /// The same, taking fields from other managers.
    #[must_use]
    pub fn force_conflicts(self) -> Self {
        Self {
            force_conflicts: true,
            ..self
        }
    }

    /// The same, writing to that subresource.
    #[must_use]
    pub fn subresource(self, subresource: impl Into<String>) -> Self {
        Self {
            subresource: Some(subresource.into()),
            ..self
        }
    }

    /// The same, writing the annotation of apply with create and replace.
    #[must_use]
    pub fn save_config(self) -> Self {
        Self {
            save_config: true,
            ..self
        }
    }

    pub(super) fn manager_or(&self, default: &str) -> String {
        let manager = self.field_manager.as_deref();
        manager.unwrap_or(default).to_owned()
    }

    pub(super) fn is_server_dry_run(&self) -> bool {
        self.dry_run == DryRun::Server
    }

    /// Options of a write by a command with that default manager.
    pub(super) fn write(&self, default_manager: &str) -> WriteOptions {
        WriteOptions {
            field_manager: Some(self.manager_or(default_manager)),
            dry_run: self.is_server_dry_run(),
            field_validation: Some(self.validation),
        }
    }

    /// Options of a server-side apply by that manager.
    pub(super) fn apply(&self, manager: String) -> ApplyOptions {
        ApplyOptions {
            manager,
            force: self.force_conflicts,
            dry_run: self.is_server_dry_run(),
            field_validation: Some(self.validation),
        }
    }

    pub(super) fn delete(&self) -> DeleteOptions {
        DeleteOptions {
            propagation: Some(self.propagation),
            grace_period_seconds: self.grace_period,
            dry_run: self.is_server_dry_run(),
            ..DeleteOptions::default()
        }
    }
}
