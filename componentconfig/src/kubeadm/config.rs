//! The kinds of kubeadm as [`Config`]s, and how a registry converts and checks them: as sets, because fields move between
//! kinds and rules span them.

use serde_json::Value;

use super::{
    DocumentsV1Beta3, DocumentsV1Beta4, Facts, LoadOptions, kinds::GROUP, load, output,
    token::BootstrapToken, v1beta3, v1beta4,
};
use crate::{
    Compat, Diagnostic, DocumentSet, GroupVersion, Kind, Policy, Registry, Report, Strictness,
    config::Config,
    conversion::{SetConversion, kind_of},
    registry::{SetCheck, typed},
};

macro_rules! configs {
    ($($kind:ident)+) => {
        $(impl Config for v1beta4::$kind {
            const HABIT: Strictness = Strictness::Warn;

            fn set_defaults(&mut self) {
                Self::set_defaults(self);
            }
        })+
    };
}

configs!(InitConfiguration ClusterConfiguration JoinConfiguration ResetConfiguration UpgradeConfiguration);

/// Defaults by way of the newer version: what that has and this has not is dropped again.
impl Config for v1beta3::InitConfiguration {
    const HABIT: Strictness = Strictness::Warn;

    fn set_defaults(&mut self) {
        let mut documents = alone(&DocumentsV1Beta3 {
            init: Some(std::mem::take(self)),
            ..DocumentsV1Beta3::default()
        });
        *self = documents.init.take().unwrap_or_default();
    }
}

/// Defaults by way of the newer version: what that has and this has not is dropped again.
impl Config for v1beta3::ClusterConfiguration {
    const HABIT: Strictness = Strictness::Warn;

    fn set_defaults(&mut self) {
        let timeout = self.api_server.timeout_for_control_plane;
        let mut documents = alone(&DocumentsV1Beta3 {
            cluster: Some(std::mem::take(self)),
            ..DocumentsV1Beta3::default()
        });
        *self = documents.cluster.take().unwrap_or_default();
        self.api_server.timeout_for_control_plane = timeout.or(Some(CONTROL_PLANE_TIMEOUT));
    }
}

/// Defaults by way of the newer version: what that has and this has not is dropped again.
impl Config for v1beta3::JoinConfiguration {
    const HABIT: Strictness = Strictness::Warn;

    fn set_defaults(&mut self) {
        let mut documents = alone(&DocumentsV1Beta3 {
            join: Some(std::mem::take(self)),
            ..DocumentsV1Beta3::default()
        });
        *self = documents.join.take().unwrap_or_default();
    }
}

const CONTROL_PLANE_TIMEOUT: crate::scalar::Duration = crate::scalar::Duration::from_mins(4);

fn alone(old: &DocumentsV1Beta3) -> DocumentsV1Beta3 {
    let mut new = old.to_v1beta4();
    new.init
        .iter_mut()
        .for_each(v1beta4::InitConfiguration::set_defaults);
    new.cluster
        .iter_mut()
        .for_each(v1beta4::ClusterConfiguration::set_defaults);
    new.join
        .iter_mut()
        .for_each(v1beta4::JoinConfiguration::set_defaults);
    new.to_v1beta3().0
}

impl Config for BootstrapToken {}
impl Config for output::v1alpha3::CertificateExpirationInfo {}
impl Config for output::v1alpha3::Images {}
impl Config for output::v1alpha3::UpgradePlan {}

crate::kind::kinds!("output.kubeadm.k8s.io", "v1alpha3": BootstrapToken);

/// Adds the kinds of kubeadm: those it reads, and those it prints.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .builtin::<v1beta3::InitConfiguration>()
        .builtin::<v1beta3::ClusterConfiguration>()
        .builtin::<v1beta3::JoinConfiguration>()
        .builtin::<v1beta4::InitConfiguration>()
        .builtin::<v1beta4::ClusterConfiguration>()
        .builtin::<v1beta4::JoinConfiguration>()
        .builtin::<v1beta4::ResetConfiguration>()
        .builtin::<v1beta4::UpgradeConfiguration>()
        .builtin::<BootstrapToken>()
        .builtin::<output::v1alpha3::CertificateExpirationInfo>()
        .builtin::<output::v1alpha3::Images>()
        .builtin::<output::v1alpha3::UpgradePlan>()
        .with_set(SetConversion {
            from: GroupVersion::from_static(GROUP, "v1beta3"),
            to: GroupVersion::from_static(GROUP, "v1beta4"),
            up,
            down,
        })
        .with_check(SetCheck {
            group: GROUP,
            check,
        })
}

/// What kubeadm says about the documents of a file when nothing is known of the host.
fn check(set: &DocumentSet, policy: Policy, compat: Compat) -> Vec<Diagnostic> {
    let options = match policy {
        Policy::Strict => LoadOptions::validate(),
        Policy::Warn | Policy::Upstream | Policy::Lenient => LoadOptions::init(),
    };
    let options = LoadOptions { compat, ..options };
    match load(set, &Facts::default(), options) {
        Ok(loaded) => loaded.warnings,
        Err(report) => report.into_diagnostics(),
    }
}

/// The documents of both versions in a set.
fn documents(values: &[Value]) -> Result<(DocumentsV1Beta3, DocumentsV1Beta4), Report> {
    let (mut old, mut new) = (DocumentsV1Beta3::default(), DocumentsV1Beta4::default());
    for value in values {
        let Some(kind) = kind_of(value) else {
            continue;
        };
        match (kind.version(), kind.kind()) {
            ("v1beta3", "InitConfiguration") => old.init = Some(typed(value)?),
            ("v1beta3", "ClusterConfiguration") => old.cluster = Some(typed(value)?),
            ("v1beta3", "JoinConfiguration") => old.join = Some(typed(value)?),
            (_, "InitConfiguration") => new.init = Some(typed(value)?),
            (_, "ClusterConfiguration") => new.cluster = Some(typed(value)?),
            (_, "JoinConfiguration") => new.join = Some(typed(value)?),
            (_, "ResetConfiguration") => new.reset = Some(typed(value)?),
            (_, "UpgradeConfiguration") => new.upgrade = Some(typed(value)?),
            _ => {}
        }
    }
    Ok((old, new))
}

fn up(values: &[Value]) -> Result<Vec<Value>, Report> {
    let (old, mut new) = documents(values)?;
    let converted = old.to_v1beta4();
    match (&mut new.init, converted.init) {
        // The init document came into being for a timeout of the cluster: there is one already to put it in.
        (Some(init), Some(made)) => {
            let timeout = made
                .timeouts
                .and_then(|all| all.control_plane_component_health_check);
            if timeout.is_some() {
                init.timeouts
                    .get_or_insert_default()
                    .control_plane_component_health_check = timeout;
            }
        }
        (init, made) => *init = init.take().or(made),
    }
    new.cluster = new.cluster.or(converted.cluster);
    new.join = new.join.or(converted.join);
    Ok(values_of(&[
        new.init.as_ref().map(Kind::to_document),
        new.cluster.as_ref().map(Kind::to_document),
        new.join.as_ref().map(Kind::to_document),
        new.reset.as_ref().map(Kind::to_document),
        new.upgrade.as_ref().map(Kind::to_document),
    ]))
}

/// Documents of kinds that the older version does not have stay as they are.
fn down(values: &[Value]) -> Result<Vec<Value>, Report> {
    let (old, new) = documents(values)?;
    let (converted, _) = new.to_v1beta3();
    let mut cluster = old.cluster.or(converted.cluster);
    if let (Some(cluster), Some(init)) = (&mut cluster, &new.init) {
        let timeout = init
            .timeouts
            .as_ref()
            .and_then(|all| all.control_plane_component_health_check);
        let here = &mut cluster.api_server.timeout_for_control_plane;
        *here = here.or(timeout);
    }
    Ok(values_of(&[
        old.init.or(converted.init).as_ref().map(Kind::to_document),
        cluster.as_ref().map(Kind::to_document),
        old.join.or(converted.join).as_ref().map(Kind::to_document),
        new.reset.as_ref().map(Kind::to_document),
        new.upgrade.as_ref().map(Kind::to_document),
    ]))
}

fn values_of(documents: &[Option<Value>]) -> Vec<Value> {
    documents.iter().flatten().cloned().collect()
}

#[cfg(test)]
#[cfg(feature = "yaml")]
mod tests {
    use super::*;
    use crate::{Class, yaml};

    #[test]
    fn a_document_alone_is_checked_as_in_its_file() {
        let text = "\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking: {podSubnet: 10.0.0.0}
certificatesDir: pki
";
        let document = yaml::parse("k", text).unwrap();
        let registry = register(Registry::new());
        let places = |report: &Report| -> Vec<String> {
            let paths = report.errors().filter_map(|error| error.path.as_ref());
            paths.map(ToString::to_string).collect()
        };
        let expected = ["networking.podSubnet", "certificatesDir"];
        let report = registry.load_any(&document, Policy::Strict).unwrap_err();
        assert_eq!(places(&report), expected);
        let report = registry.load::<v1beta4::ClusterConfiguration>(&document, Policy::Strict);
        assert_eq!(places(&report.unwrap_err()), expected);
    }

    #[test]
    fn what_depends_on_the_host_is_not_missed() {
        for (version, kind) in [
            ("v1beta3", "InitConfiguration"),
            ("v1beta4", "InitConfiguration"),
            ("v1beta4", "ClusterConfiguration"),
            ("v1beta4", "ResetConfiguration"),
            ("v1beta4", "UpgradeConfiguration"),
        ] {
            let text = format!("apiVersion: kubeadm.k8s.io/{version}\nkind: {kind}\n");
            let document = yaml::parse("k", &text).unwrap();
            let (complete, warnings) = register(Registry::new())
                .load_any(&document, Policy::Strict)
                .unwrap();
            assert_eq!(complete["kind"], kind);
            let deprecated = |said: &Diagnostic| said.class == Class::DeprecatedVersion;
            assert_eq!(warnings.iter().any(deprecated), version == "v1beta3");
        }
    }
}
