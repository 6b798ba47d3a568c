//! `config print`, `config validate` and `config migrate`.
//!
//! Follows `cmd/kubeadm/app/cmd/config.go`.

use componentconfig::kubeadm::{
    self, LoadOptions, PrintedComponent, init_defaults, join_defaults, reset_defaults,
    upgrade_defaults,
};
use componentconfig::{Class, Diagnostic, DocumentSet, Kind as _, Report, yaml};
use serde_json::{Value, json};

use super::{Answer, Call, CommandError, Query, Surroundings};
use crate::{Compat, Note};

/// Documents one after the other.
pub(super) fn stream(documents: &[Value]) -> String {
    let texts: Vec<String> = documents.iter().map(yaml::write).collect();
    texts.join("---\n")
}

fn documents(all: Vec<Value>) -> Answer {
    let text = stream(&all);
    Answer::new(Value::Array(all), text)
}

/// Defaults, and with the flag `component-configs` those of components.
pub(super) fn print(call: &Call, here: &Surroundings<'_>) -> Result<Answer, CommandError> {
    let mut printed = match call.query {
        Query::PrintJoinDefaults => {
            let name = here.host.hostname.trim().to_lowercase();
            vec![join_defaults(&name).to_document()]
        }
        Query::PrintResetDefaults => vec![reset_defaults().to_document()],
        Query::PrintUpgradeDefaults => vec![upgrade_defaults().to_document()],
        _ => {
            let init = init_defaults();
            vec![init.init.to_document(), init.cluster.to_document()]
        }
    };
    let kinds = call.flag("component-configs").unwrap_or_default();
    let kinds = kinds.split(',').filter(|kind| !kind.is_empty());
    let mut kinds: Vec<PrintedComponent> = kinds.map(str::parse).collect::<Result<_, Report>>()?;
    kinds.sort_unstable();
    kinds.dedup();
    let init = init_defaults();
    printed.extend(kinds.into_iter().map(|kind| match kind {
        PrintedComponent::KubeProxy => init.kube_proxy.config.to_document(),
        PrintedComponent::Kubelet => init.kubelet.config.to_document(),
    }));
    Ok(documents(printed))
}

/// Whether a file makes sense: everything that is wrong with it is the error.
pub(super) fn validate(call: &Call, here: &Surroundings<'_>) -> Result<Answer, CommandError> {
    let (path, set) = read(call, here, "config")?;
    let loaded = kubeadm::load(&set, here.facts, options(LoadOptions::validate(), here))?;
    let notes = notes(&loaded.warnings);
    let data = json!({"config": path, "valid": true, "warnings": loaded.warnings});
    Ok(Answer {
        notes,
        ..Answer::new(data, "ok\n")
    })
}

/// The documents of a file at their newest versions. kubeadm drops those of components.
pub(super) fn migrate(call: &Call, here: &Surroundings<'_>) -> Result<Answer, CommandError> {
    let (_, set) = read(call, here, "old-config")?;
    let options = options(LoadOptions::migrate(), here);
    let migration = kubeadm::migrate_with(&set, here.facts, options)?;
    let mut all = migration.documents;
    if here.compat == Compat::Fixed {
        all.extend(migration.components);
    }
    Ok(Answer {
        notes: notes(&migration.warnings),
        ..documents(all)
    })
}

fn read(
    call: &Call,
    here: &Surroundings<'_>,
    flag: &str,
) -> Result<(String, DocumentSet), CommandError> {
    let Some(path) = call.flag(flag) else {
        let text = format!("the --{flag} flag is mandatory");
        return Err(Report::from(Diagnostic::error(Class::Usage, text)).into());
    };
    let set = DocumentSet::read(path, &here.text_of(path)?)?;
    Ok((path.to_owned(), set))
}

fn options(options: LoadOptions, here: &Surroundings<'_>) -> LoadOptions {
    match here.compat {
        Compat::Fixed => options,
        Compat::Upstream => LoadOptions {
            compat: componentconfig::Compat::Upstream,
            ..options
        },
    }
}

fn notes(warnings: &[Diagnostic]) -> Vec<Note> {
    let notes = warnings.iter().map(ToString::to_string);
    notes.map(|text| Note::warning("config", text)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use componentconfig::kubeadm::Facts;

    use super::*;
    use crate::kubeadm::HostFacts;
    use crate::kubeadm::commands::{Format, answer, parse};
    use crate::kubeadm::pki::FixedKeys;
    use crate::{Files as _, ManualClock, MemFiles};

    fn ask(args: &[&str]) -> Result<String, String> {
        let files = MemFiles::new();
        let old = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: 1.36.1\n";
        files
            .create_file("/old.yaml", old.as_bytes(), 0o644)
            .unwrap();
        files.create_file("/bad.yaml", b"a: [", 0o644).unwrap();
        let (facts, host) = (Facts::default(), HostFacts::default());
        let (keys, clock) = (Arc::new(FixedKeys::seeded("commands")), ManualClock::at(0));
        let here = Surroundings::new(&files, &clock, &facts, &host, keys);
        let call = parse(args).map_err(|error| error.to_string())?;
        let found = answer(&call, &here).map_err(|error| error.to_string())?;
        assert!(!found.render(Format::Json).is_empty());
        Ok(found.render(call.format))
    }

    #[test]
    fn files_are_printed_checked_and_migrated() {
        let printed = ask(&[
            "config",
            "print",
            "init-defaults",
            "--component-configs=KubeletConfiguration",
        ]);
        let printed = printed.unwrap();
        assert_eq!(printed.matches("---\n").count(), 2, "{printed}");
        assert!(printed.contains("kind: KubeletConfiguration"));
        assert!(
            ask(&["config", "print", "join-defaults"])
                .unwrap()
                .contains("kind: JoinConfiguration")
        );
        assert!(ask(&["config", "print", "init-defaults", "--component-configs=x"]).is_err());
        let migrated = ask(&["config", "migrate", "--old-config=/old.yaml"]).unwrap();
        assert!(migrated.contains("kubeadm.k8s.io/v1beta4") && !migrated.contains("v1beta3"));
        assert_eq!(
            ask(&["config", "validate", "--config=/old.yaml"]).unwrap(),
            "ok\n"
        );
        assert!(
            ask(&["config", "validate", "--config=/bad.yaml"])
                .unwrap_err()
                .contains("bad.yaml")
        );
        assert!(
            ask(&["config", "validate"])
                .unwrap_err()
                .contains("--config")
        );
        assert!(
            ask(&["config", "validate", "--config=/none"])
                .unwrap_err()
                .contains("not found")
        );
        let yaml = ask(&["config", "images", "list", "-o", "yaml"]).unwrap();
        assert!(yaml.contains("kind: Images"), "{yaml}");
        assert!(ask(&["token", "list"]).unwrap_err().contains("no API"));
    }
}
