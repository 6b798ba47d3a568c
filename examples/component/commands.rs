//! One function for each command: files in, text or everything that is wrong out.

use std::{fs, path::Path};

use componentconfig::{
    Class, Diagnostic, DocumentSet, GroupVersion, GroupVersionKind, Kind, Policy, Registry, Report,
    conversion::Target,
    diagnostic::Source,
    kubeadm::{self, LoadOptions, PrintedComponent},
    kubelet,
    print::Print,
    release::Release,
    yaml,
};
use serde_json::{Value, json};

use crate::{Defaults, Mode, facts};

/// What a command prints, or why it does not.
pub(crate) type Outcome = Result<String, Failure>;

/// Why a command prints nothing, and the status it ends with.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) text: String,
    pub(crate) status: u8,
}

/// The status of kubeadm for a file in which only values are wrong, or kinds come twice.
const INVALID: u8 = 3;

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self { text, status: 1 }
    }
}

impl Failure {
    fn new(report: &Report, text: String) -> Self {
        let values = |class| matches!(class, Class::Validation | Class::DuplicateKind);
        let mut errors = report.diagnostics().iter().filter(|said| said.is_error());
        let status = if errors.all(|error| values(error.class)) {
            INVALID
        } else {
            1
        };
        Self { text, status }
    }
}

impl From<Report> for Failure {
    fn from(report: Report) -> Self {
        Self::new(&report, report.to_string())
    }
}

/// A file with its name.
struct File {
    name: String,
    text: String,
}

impl File {
    fn read(path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { name, text })
    }

    fn documents(&self) -> Result<DocumentSet, Failure> {
        DocumentSet::read(&self.name, &self.text).map_err(|report| self.show(&report))
    }

    fn values(&self) -> Result<Vec<Value>, Failure> {
        yaml::read_all(&self.name, &self.text).map_err(|report| self.show(&report))
    }

    /// A report with the lines that it is about.
    fn show(&self, report: &Report) -> Failure {
        let source = Source {
            name: &self.name,
            text: &self.text,
        };
        Failure::new(report, report.render(&[source]))
    }

    fn warn(&self, warnings: Vec<Diagnostic>) {
        if !warnings.is_empty() {
            eprint!("{}", self.show(&warnings.into()).text);
        }
    }
}

pub(crate) fn migrate(old: &Path, new: Option<&Path>) -> Outcome {
    let file = File::read(old)?;
    let set = file.documents()?;
    let migration = kubeadm::migrate(&set, &facts::of_host(&set));
    let migration = migration.map_err(|report| file.show(&report))?;
    file.warn(migration.warnings);
    for unset in migration.unset {
        eprintln!(
            "{} {} stays unset: {} is not known",
            unset.kind, unset.path, unset.fact
        );
    }
    let text = yaml::write_all(migration.documents.iter().chain(&migration.components));
    let Some(new) = new else {
        return Ok(text);
    };
    fs::write(new, text).map_err(|error| format!("{}: {error}", new.display()))?;
    Ok(String::new())
}

pub(crate) fn validate(path: &Path, allow_deprecated: bool, release: Option<&str>) -> Outcome {
    let file = File::read(path)?;
    let set = file.documents()?;
    let registry = Registry::kubernetes();
    let mut report = match release {
        Some(release) => {
            let release: Release = release.parse().map_err(|error| format!("{error}"))?;
            registry.check_for(&set, release, Policy::Strict)
        }
        None => registry.check(&set, Policy::Strict),
    };
    if set.iter().any(|document| {
        document
            .gvk()
            .is_some_and(|kind| kind.group() == "kubeadm.k8s.io")
    }) {
        // What depends on the host is checked too.
        let options = LoadOptions {
            allow_deprecated,
            known_kinds_only: false,
            ..LoadOptions::validate()
        };
        if let Err(more) = kubeadm::load(&set, &facts::of_host(&set), options) {
            report.extend(more);
        }
    }
    let deprecated =
        |diagnostic: &Diagnostic| allow_deprecated && diagnostic.class == Class::DeprecatedVersion;
    let mut seen = Vec::new();
    for diagnostic in report.into_diagnostics() {
        if !deprecated(&diagnostic) && !seen.contains(&diagnostic) {
            seen.push(diagnostic);
        }
    }
    let ((), warnings) = Report::from(seen)
        .unless_errors(())
        .map_err(|report| file.show(&report))?;
    file.warn(warnings);
    Ok("ok\n".to_owned())
}

pub(crate) fn print(what: Defaults, components: &[String]) -> Outcome {
    let documents = match what {
        Defaults::Init => {
            let init = kubeadm::init_defaults();
            let mut documents = vec![init.init.to_document(), init.cluster.to_document()];
            for component in components {
                documents.push(
                    match component
                        .parse()
                        .map_err(|report: Report| report.to_string())?
                    {
                        PrintedComponent::Kubelet => init.kubelet.config.to_document(),
                        PrintedComponent::KubeProxy => init.kube_proxy.config.to_document(),
                    },
                );
            }
            documents
        }
        Defaults::Join => vec![kubeadm::join_defaults("node").to_document()],
        Defaults::Reset => vec![kubeadm::reset_defaults().to_document()],
        Defaults::Upgrade => vec![kubeadm::upgrade_defaults().to_document()],
    };
    Ok(yaml::write_all(&documents))
}

pub(crate) fn show(path: &Path, mode: Mode) -> Outcome {
    let file = File::read(path)?;
    let mode: Print = mode.into();
    let registry = Registry::kubernetes();
    let printed = file
        .values()?
        .iter()
        .map(|document| registry.print(document, mode))
        .collect();
    let printed: Result<Vec<Value>, Report> = printed;
    Ok(yaml::write_all(
        &printed.map_err(|report| file.show(&report))?,
    ))
}

pub(crate) fn convert(path: &Path, to: Option<&str>) -> Outcome {
    let file = File::read(path)?;
    let target = match to {
        None => Target::Newest,
        Some(version) => {
            let version: GroupVersion = version.parse().map_err(|error| format!("{error}"))?;
            Target::Version(version)
        }
    };
    let converted = Registry::kubernetes().convert(&file.values()?, &target);
    let converted = converted.map_err(|report| file.show(&report))?;
    for loss in &converted.losses {
        eprintln!("lost: {loss}");
    }
    Ok(yaml::write_all(&converted.documents))
}

pub(crate) fn explain(
    field: Option<&str>,
    config: &Path,
    dropins: Option<&Path>,
    flags: &[String],
) -> Outcome {
    let file = File::read(config)?;
    let plain = |report: Report| report.to_string();
    let base = yaml::parse(&file.name, &file.text).map_err(plain)?;
    let files = dropins.map_or(Ok(Vec::new()), files_of)?;
    let files = files
        .iter()
        .map(|file| (file.name.as_str(), file.text.as_str()));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let folder = config.parent().map(|folder| folder.display().to_string());
    let explained = kubelet::explained(kubelet::Layers {
        base: &base,
        folder: folder.as_deref().unwrap_or("/"),
        dropins: &kubelet::read_dropins(files).map_err(plain)?,
        flags: &flags,
    });
    let explained = explained.map_err(plain)?;
    let lines = match field {
        Some(field) => vec![explained.explain(&field.parse().map_err(|error| format!("{error}"))?)],
        None => explained.explain_all(),
    };
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    Ok(lines.join("\n") + "\n")
}

fn files_of(folder: &Path) -> Result<Vec<File>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| path.is_file())
        .map(|path| File::read(path))
        .collect()
}

fn config_maps(path: &Path) -> Result<Vec<kubeadm::ConfigMap>, Failure> {
    let values = File::read(path)?.values()?;
    let maps = values.iter().map(kubeadm::ConfigMap::from_value);
    let maps = maps.collect::<Result<_, _>>();
    Ok(maps.map_err(|error| error.to_string())?)
}

pub(crate) fn states(path: &Path) -> Outcome {
    let versions = kubeadm::component_config_versions(&config_maps(path)?);
    let (versions, warnings) = versions.map_err(|report| report.to_string())?;
    for warning in warnings {
        eprintln!("{warning}");
    }
    Ok(yaml::write(&json!({ "configVersions": versions })))
}

pub(crate) fn checksum(path: &Path) -> Outcome {
    let maps = config_maps(path)?;
    let map = maps
        .first()
        .ok_or_else(|| "there is no ConfigMap".to_owned())?;
    Ok(format!(
        "{} {}\n",
        map.checksum(),
        if map.is_generated() {
            "generated"
        } else {
            "changed"
        }
    ))
}

pub(crate) fn schema(kind: Option<&str>, markdown: bool) -> Outcome {
    let registry = Registry::kubernetes();
    let Some(text) = kind else {
        return pretty(&registry.file_schema());
    };
    let kind = text
        .rsplit_once('/')
        .and_then(|(version, kind)| GroupVersionKind::parse(version, kind).ok());
    let kind = kind.ok_or_else(|| format!("{text} is not group/version/kind"))?;
    let unknown = || format!("{kind} is not known");
    if markdown {
        return Ok(registry.reference(&kind).ok_or_else(unknown)?);
    }
    pretty(&registry.json_schema(&kind).ok_or_else(unknown)?)
}

fn pretty(value: &Value) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}
