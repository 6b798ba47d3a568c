//! `upgrade plan`: what there is to upgrade to.
//!
//! Follows `cmd/kubeadm/app/phases/upgrade/compute.go` and `cmd/kubeadm/app/cmd/upgrade/plan.go`.

use std::fmt::Write as _;

use componentconfig::kubeadm::output::v1alpha3::{
    AvailableUpgrade, ComponentConfigVersionState, ComponentUpgradePlan, UpgradePlan,
};
use componentconfig::kubeadm::{component_config_versions, release_version};
use semver::Version;

use super::context::UpgradeContext;
use super::health;
use super::versions::{ClusterVersions, Nodes, parse};
use crate::kubeadm::images::{self, etcd_version};
use crate::kubeadm::text::table_of;
use crate::{Cx, Note, PhaseError};

/// What the newest release of a label such as `stable`, `stable-1.35`, `latest` or `latest-1.36` is; `None` if nobody knows.
pub type Releases<'a> = &'a dyn Fn(&str) -> Option<Version>;

/// What may be upgraded to, beside what is stable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Allowed {
    experimental: bool,
    release_candidates: bool,
}

/// The upgrades that there are, with remarks: machine-readable, as `kubeadm upgrade plan -o json` tells them. A version in the settings
/// is the one asked about; else the labels of [`Facts::releases`](componentconfig::kubeadm::Facts::releases) say what there is.
///
/// The checks before an upgrade are made, too.
///
/// # Errors
/// A check fails, the API refuses, or something of the cluster cannot be read.
pub fn plan(cx: &Cx<'_, UpgradeContext>) -> Result<(UpgradePlan, Vec<Note>), PhaseError> {
    let settings = &cx.config.settings;
    let mut draft = cx.draft();
    let found = health::checked(cx, &mut draft)?;
    let mut notes = draft.finish().notes;
    let versions = ClusterVersions::read(&cx.config.api)?;
    if versions.api_servers.len() > 1 {
        let text =
            "API servers of several versions run in the cluster: upgrade all control planes to one";
        notes.push(Note::warning("upgrade.several-versions", text));
    }
    let asked = (!settings.version.is_empty()).then_some(settings.version.as_str());
    let facts = &cx.config.facts;
    if let Some(asked) = asked {
        release_version(asked, facts).map_err(|report| {
            PhaseError::invalid("upgrade.bad-version", report.to_string()).field("version")
        })?;
    }
    let releases = |label: &str| {
        let text = match asked {
            Some(asked) => asked,
            None => facts.releases.get(label)?,
        };
        let release = release_version(text, facts).ok()?;
        parse(&release.version)
    };
    let (states, warnings) = component_config_versions(&found.kept.component_maps())
        .map_err(|report| PhaseError::invalid("cluster.bad-configuration", report.to_string()))?;
    notes.extend(
        warnings
            .iter()
            .map(|warning| Note::warning("upgrade.component-config", warning.to_string())),
    );
    let kubeadm = &facts.kubeadm_version;
    let allowed = Allowed {
        experimental: settings.allow_experimental,
        release_candidates: settings.allow_release_candidates,
    };
    let upgrades = upgrades(&versions, kubeadm, allowed, &releases)?;
    let states = states.into_iter().map(|state| ComponentConfigVersionState {
        group: state.group,
        current_version: state.current_version,
        preferred_version: state.preferred_version,
        manual_upgrade_required: state.manual_upgrade_required,
    });
    let plan = UpgradePlan {
        available_upgrades: upgrades,
        config_versions: states.collect(),
    };
    Ok((plan, notes))
}

/// The upgrades that there are for a cluster with these versions. Pre-releases are among them if they are allowed.
///
/// # Errors
/// The version of an API server is none.
pub fn available_upgrades(
    versions: &ClusterVersions,
    kubeadm: &Version,
    allow_experimental: bool,
    allow_release_candidates: bool,
    releases: Releases<'_>,
) -> Result<Vec<AvailableUpgrade>, PhaseError> {
    let allowed = Allowed {
        experimental: allow_experimental,
        release_candidates: allow_release_candidates,
    };
    upgrades(versions, kubeadm, allowed, releases)
}

fn upgrades(
    versions: &ClusterVersions,
    kubeadm: &Version,
    allowed: Allowed,
    releases: Releases<'_>,
) -> Result<Vec<AvailableUpgrade>, PhaseError> {
    let cluster = versions.newest()?;
    let stable = releases("stable").unwrap_or_else(|| kubeadm.clone());
    let mut upgrades = Vec::new();
    let mut add = |description: String, target: &Version, new_kubeadm: &Version| {
        upgrades.push(AvailableUpgrade {
            description,
            components: Some(components(versions, &cluster, target, kubeadm, new_kubeadm)),
        });
    };
    let mut minor = cluster < stable;
    let series = format!("{}.{}", cluster.major, cluster.minor);
    // Before the first release of a series there is none to look for.
    if stable >= cluster
        && let Some(patch) = releases(&format!("stable-{series}"))
    {
        minor = patch < stable;
        if cluster < patch {
            // A newer kubeadm than that release will do as it is.
            let new_kubeadm = (&patch).max(kubeadm).clone();
            add(
                format!("version in the v{series} series"),
                &patch,
                &new_kubeadm,
            );
        }
    }
    if minor {
        add("stable version".to_owned(), &stable, &stable);
    }
    if !(allowed.experimental || allowed.release_candidates) {
        return Ok(upgrades);
    }
    let unknown = |label: &str| {
        let text = format!("nobody knows the newest release of {label}");
        PhaseError::invalid("upgrade.unknown-label", text)
    };
    let latest = releases("latest").ok_or_else(|| unknown("latest"))?;
    // Where a series is branched off, the next one's first pre-release is of no interest: the candidates of the series are.
    let label = format!("latest-1.{}", latest.minor.saturating_sub(1));
    let previous = releases(&label).ok_or_else(|| unknown(&label))?;
    if allowed.release_candidates && previous.pre.starts_with("rc") && cluster < previous {
        add("release candidate version".to_owned(), &previous, &previous);
    }
    if allowed.experimental && cluster < latest {
        let target = if latest.pre.as_str() == "alpha.0" {
            &previous
        } else {
            &latest
        };
        add("experimental version".to_owned(), target, target);
    }
    Ok(upgrades)
}

/// What is upgraded, in kubeadm's order: kubelets first, as somebody has to do it by hand.
fn components(
    versions: &ClusterVersions,
    cluster: &Version,
    target: &Version,
    kubeadm: &Version,
    new_kubeadm: &Version,
) -> Vec<ComponentUpgradePlan> {
    let target_text = format!("v{target}");
    let row = |name: &str, current: &str, new: &str, node: &str| ComponentUpgradePlan {
        name: name.to_owned(),
        current_version: current.to_owned(),
        new_version: new.to_owned(),
        node_name: node.to_owned(),
    };
    let rows = |name: &str, nodes: &Nodes, new: &str| -> Vec<ComponentUpgradePlan> {
        let each = nodes
            .iter()
            .flat_map(|(version, nodes)| nodes.iter().map(move |node| (version, node)));
        each.map(|(version, node)| row(name, version, new, node))
            .collect()
    };
    let kubelets = &versions.kubelets;
    let mut all = Vec::new();
    if kubelets.len() > 1 || (kubelets.len() == 1 && !kubelets.contains_key(&target_text)) {
        all.extend(rows("kubelet", kubelets, &target_text));
    }
    for (name, nodes) in [
        ("kube-apiserver", &versions.api_servers),
        ("kube-controller-manager", &versions.controller_managers),
        ("kube-scheduler", &versions.schedulers),
    ] {
        all.extend(rows(name, nodes, &target_text));
    }
    all.push(row("kube-proxy", &cluster.to_string(), &target_text, ""));
    all.push(row("CoreDNS", &versions.dns, images::COREDNS, ""));
    let (old, new) = (format!("v{kubeadm}"), format!("v{new_kubeadm}"));
    all.push(row("kubeadm", &old, &new, ""));
    let etcd = etcd_version(&target_text).map_or("N/A", |etcd| etcd.version);
    all.extend(rows("etcd", &versions.etcds, etcd));
    all
}

/// A plan as a table for people.
pub fn plan_text(plan: &UpgradePlan) -> String {
    let mut text = String::new();
    for upgrade in &plan.available_upgrades {
        upgrade_text(upgrade, &mut text);
    }
    if plan.available_upgrades.is_empty() {
        text.push_str("There is nothing to upgrade to.\n\n");
    }
    let header = [
        "API GROUP",
        "CURRENT VERSION",
        "PREFERRED VERSION",
        "MANUAL UPGRADE REQUIRED",
    ];
    let dashed = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    let rows = plan.config_versions.iter().map(|state| {
        let manual = if state.manual_upgrade_required {
            "yes"
        } else {
            "no"
        };
        vec![
            dashed(&state.group),
            dashed(&state.current_version),
            dashed(&state.preferred_version),
            manual.to_owned(),
        ]
    });
    text.push_str(&table_of(&header, rows));
    text
}

fn upgrade_text(upgrade: &AvailableUpgrade, text: &mut String) {
    let components = upgrade.components.as_deref().unwrap_or_default();
    let rows = |wanted: &dyn Fn(&str) -> bool| {
        let rows = components
            .iter()
            .filter(|row| wanted(&row.name))
            .map(|row| {
                [
                    &row.name,
                    &row.node_name,
                    &row.current_version,
                    &row.new_version,
                ]
                .map(Clone::clone)
                .to_vec()
            });
        table_of(&["COMPONENT", "NODE", "CURRENT", "TARGET"], rows)
    };
    text.push_str("Upgraded by hand, after the control plane:\n");
    text.push_str(&rows(&|name| name == "kubelet"));
    // Writing into a String cannot fail.
    let _ = writeln!(text, "\nUpgrade to the latest {}:\n", upgrade.description);
    text.push_str(&rows(&|name| !matches!(name, "kubelet" | "kubeadm")));
    let new = |name: &str| components.iter().find(|row| row.name == name);
    if let Some(server) = new("kube-apiserver") {
        let _ = writeln!(text, "\n\tkubeadm upgrade apply {}", server.new_version);
    }
    if let Some(kubeadm) = new("kubeadm").filter(|row| row.current_version != row.new_version) {
        let _ = writeln!(text, "\nkubeadm {} is needed for it.", kubeadm.new_version);
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(api_server: &str) -> ClusterVersions {
        let on = |version: &str| Nodes::from([(version.to_owned(), vec!["cp-1".to_owned()])]);
        ClusterVersions {
            api_servers: on(api_server),
            kubelets: on(api_server),
            etcds: on("3.6.4-0"),
            ..ClusterVersions::default()
        }
    }

    fn targets(
        versions: &ClusterVersions,
        known: &[(&str, &str)],
        experimental: bool,
        candidates: bool,
    ) -> Vec<String> {
        let kubeadm = Version::new(1, 36, 2);
        let releases = |label: &str| {
            let found = known.iter().find(|(known, _)| *known == label);
            found.and_then(|(_, version)| parse(version))
        };
        let upgrades =
            available_upgrades(versions, &kubeadm, experimental, candidates, &releases).unwrap();
        let target = |upgrade: &AvailableUpgrade| {
            let rows = upgrade.components.as_ref().unwrap();
            let server = rows.iter().find(|row| row.name == "kube-apiserver");
            format!("{}: {}", upgrade.description, server.unwrap().new_version)
        };
        upgrades.iter().map(target).collect()
    }

    #[test]
    fn patches_of_the_series_and_the_next_minor_version() {
        let old = versions("v1.35.3");
        let known = [("stable", "v1.36.2"), ("stable-1.35", "v1.35.7")];
        assert_eq!(
            targets(&old, &known, false, false),
            [
                "version in the v1.35 series: v1.35.7",
                "stable version: v1.36.2"
            ]
        );
        assert_eq!(
            targets(&old, &[], false, false),
            ["stable version: v1.36.2"],
            "kubeadm's own version, where nobody knows"
        );
        assert!(
            targets(
                &versions("v1.36.2"),
                &[("stable-1.36", "v1.36.2")],
                false,
                false
            )
            .is_empty()
        );
    }

    #[test]
    fn pre_releases_only_where_they_are_allowed() {
        let known = [
            ("stable", "v1.36.2"),
            ("latest", "v1.38.0-alpha.0"),
            ("latest-1.37", "v1.37.0-rc.1"),
        ];
        let new = versions("v1.36.2");
        assert!(targets(&new, &known, false, false).is_empty());
        assert_eq!(
            targets(&new, &known, true, true),
            [
                "release candidate version: v1.37.0-rc.1",
                "experimental version: v1.37.0-rc.1"
            ]
        );
    }

    #[test]
    fn a_table_has_a_row_for_every_component() {
        let releases = |_: &str| Some(Version::new(1, 36, 2));
        let kubeadm = Version::new(1, 36, 2);
        let upgrades =
            available_upgrades(&versions("v1.35.3"), &kubeadm, false, false, &releases).unwrap();
        let text = plan_text(&UpgradePlan {
            available_upgrades: upgrades,
            config_versions: Vec::new(),
        });
        for line in [
            "kubelet     cp-1   v1.35.3   v1.36.2",
            "etcd             cp-1   3.6.4-0   3.6.8-0",
            "\tkubeadm upgrade apply v1.36.2",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
