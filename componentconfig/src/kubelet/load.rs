//! A configuration file of the kubelet, as the kubelet reads it.
//!
//! Follows `pkg/kubelet/kubeletconfig/configfiles/configfiles.go` and `.../util/codec/codec.go`.

use super::v1beta1::KubeletConfiguration;
use crate::{
    Diagnostic, Document, Kind, Report, Strictness, component, decode::decode, field::Path,
    gates::Gates,
};

/// Reads, completes and validates a configuration of the kubelet. Unknown and duplicate fields are warnings: the kubelet
/// reads on without them.
///
/// ```
/// # #[cfg(feature = "yaml")] {
/// use componentconfig::{kubelet, yaml};
///
/// let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxpods: 5\nhealthzPort: 0\n";
/// let document = yaml::parse("kubelet.yaml", text)?;
/// let (kubelet, warnings) = kubelet::load(&document)?;
/// assert_eq!((kubelet.max_pods, kubelet.healthz_port), (110, Some(0)));
/// assert_eq!(
///     warnings[0].to_string(),
///     "kubelet.yaml:3:1: warning: maxpods: unknown field \"maxpods\"",
/// );
/// # }
/// # Ok::<(), componentconfig::Report>(())
/// ```
///
/// # Errors
/// Everything that is wrong with the document, and every warning beside it.
pub fn load(document: &Document) -> Result<(KubeletConfiguration, Vec<Diagnostic>), Report> {
    let (mut kubelet, mut said) = read(document)?;
    kubelet.set_defaults();
    said.extend(invalid(document, &kubelet));
    let mut report = Report::from(said);
    report.sort();
    report.unless_errors(kubelet)
}

/// Reads a document without defaults.
pub(super) fn read(document: &Document) -> Result<(KubeletConfiguration, Vec<Diagnostic>), Report> {
    component::check_kind(document, &KubeletConfiguration::GVK)?;
    decode(document, Strictness::Tolerate).into_result()
}

/// What validation says, with places. An error about a feature gate points to the gate.
fn invalid(document: &Document, kubelet: &KubeletConfiguration) -> Vec<Diagnostic> {
    let all = Path::new("featureGates");
    let gates = Gates::new(&kubelet.feature_gates).errors();
    let mut gates = gates.iter().map(|(name, _)| all.child(*name));
    let errors = kubelet.validate();
    errors
        .iter()
        .map(|error| {
            let diagnostic = document.invalid(error);
            match gates.next() {
                Some(gate) if error.path == all => diagnostic.span(document.locate(&gate)),
                _ => diagnostic,
            }
        })
        .collect()
}
