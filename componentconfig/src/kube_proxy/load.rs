//! A configuration file of kube-proxy, as kube-proxy reads it. Follows `cmd/kube-proxy/app/options.go`.

use super::v1alpha1::KubeProxyConfiguration;
use crate::{
    Class, Diagnostic, Document, Kind, Report, Severity, Strictness, component, decode::decode,
    scalar::Duration,
};

/// Reads, completes and validates a configuration of kube-proxy. Unknown and duplicate fields are warnings: kube-proxy
/// reads on without them.
///
/// The outcome is what kube-proxy works with: the periods and `masqueradeAll` of modes other than the one chosen are
/// unset, and so is `portRange`, which has no effect.
///
/// # Errors
/// Everything that is wrong with the document, and every warning beside it.
pub fn load(document: &Document) -> Result<(KubeProxyConfiguration, Vec<Diagnostic>), Report> {
    component::check_kind(document, &KubeProxyConfiguration::GVK)?;
    let decoded = decode::<KubeProxyConfiguration>(document, Strictness::Tolerate);
    let (mut config, mut said) = decoded.into_result()?;
    config.set_defaults();
    said.extend(
        config
            .validate()
            .iter()
            .map(|error| document.invalid(error)),
    );
    said.extend(config.odd().iter().map(|error| Diagnostic {
        class: Class::Other,
        severity: Severity::Warning,
        ..document.invalid(error)
    }));
    let mut report = Report::from(said);
    report.sort();
    config.drop_unused();
    report.unless_errors(config)
}

impl KubeProxyConfiguration {
    fn drop_unused(&mut self) {
        let mode = self.mode.as_str();
        for (used, sync, min_sync) in [
            (
                matches!(mode, "" | "iptables"),
                &mut self.iptables.sync_period,
                &mut self.iptables.min_sync_period,
            ),
            (
                mode == "ipvs",
                &mut self.ipvs.sync_period,
                &mut self.ipvs.min_sync_period,
            ),
            (
                mode == "nftables",
                &mut self.nftables.sync_period,
                &mut self.nftables.min_sync_period,
            ),
        ] {
            if !used {
                (*sync, *min_sync) = (Duration::ZERO, Duration::ZERO);
            }
        }
        if mode == "nftables" {
            self.iptables.masquerade_all = false;
        } else {
            self.nftables.masquerade_all = false;
        }
        self.port_range.clear();
    }
}
