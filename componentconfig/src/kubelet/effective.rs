//! The configuration that a kubelet works with: its file, drop-in files, and flags, one over the other.
//!
//! Follows `cmd/kubelet/app/server.go` and `pkg/kubelet/kubeletconfig/configfiles/configfiles.go`.

mod dropins;
mod eviction;
mod flags;
mod fold;
mod paths;

use serde_json::Value;

use super::{load::read, v1beta1::KubeletConfiguration};
use crate::{
    Class, Diagnostic, Document, Kind, Report, Strictness, decode_value,
    layers::{Effective, Layer},
    tree::Node,
};

/// What a kubelet is configured by, in the order of precedence: later ones win.
#[derive(Clone, Copy, Debug)]
pub struct Layers<'a> {
    /// The file that `--config` names.
    pub base: &'a Document,
    /// The folder of that file: relative paths in it begin there.
    pub folder: &'a str,
    /// The drop-in files of `--config-dir`, as [`read_dropins`] gives them.
    pub dropins: &'a [Document],
    /// The command line: `--max-pods=9`. Flags that configure nothing of this kind are refused.
    pub flags: &'a [&'a str],
}

/// Reads the files of a drop-in folder, each given with its path and text: those whose name ends in `.conf`, in the order
/// in which the kubelet merges them.
///
/// # Errors
/// What is wrong with any of them: they have to be of the kubelet's kind and version, and have no key twice.
#[cfg(feature = "yaml")]
pub fn read_dropins<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<Document>, Report> {
    dropins::read(files)
}

/// The configuration that a kubelet works with, before validation.
///
/// ```
/// # #[cfg(feature = "yaml")] {
/// use componentconfig::{kubelet::{self, Layers}, yaml};
///
/// let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
/// let base = yaml::parse("kubelet.yaml", &format!("{head}maxPods: 5\nstaticPodPath: manifests\n"))?;
/// let dropins = kubelet::read_dropins([("10-pods.conf", &*format!("{head}maxPods: 6\nport: 10260\n"))])?;
/// let layers = Layers { base: &base, folder: "/etc/kubelet", dropins: &dropins, flags: &["--max-pods=9"] };
/// let (kubelet, _warnings) = kubelet::effective(layers)?;
/// assert_eq!((kubelet.max_pods, kubelet.port), (9, 10260));
/// assert_eq!(kubelet.static_pod_path, "/etc/kubelet/manifests");
/// # }
/// # Ok::<(), componentconfig::Report>(())
/// ```
///
/// # Errors
/// Everything that cannot be read. Unknown fields are warnings, in drop-ins too.
pub fn effective(layers: Layers<'_>) -> Result<(KubeletConfiguration, Vec<Diagnostic>), Report> {
    let (mut kubelet, mut warnings) = read(layers.base)?;
    kubelet.set_defaults();
    kubelet.eviction_hard.get_or_insert_with(eviction::defaults);
    paths::make_absolute(&mut kubelet, layers.folder);
    if !layers.dropins.is_empty() {
        warnings.extend(layers.dropins.iter().flat_map(dropins::unknown_fields));
        let merged = dropins::merge(kubelet.to_document(), layers.dropins);
        kubelet = decoded(&merged, layers)?;
        kubelet.set_defaults();
    }
    eviction::complete(&mut kubelet);
    if !layers.flags.is_empty() {
        let mut value = kubelet.to_document();
        flags::apply(&mut value, layers.flags)?;
        kubelet = decoded(&value, layers)?;
    }
    Ok((kubelet, warnings))
}

/// The same as [`effective`], with where every value came from.
///
/// ```
/// # #[cfg(feature = "yaml")] {
/// use componentconfig::{kubelet::{self, Layers}, yaml};
///
/// let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 5\n";
/// let base = yaml::parse("kubelet.yaml", text)?;
/// let layers = Layers { base: &base, folder: "/etc", dropins: &[], flags: &["--max-pods", "9"] };
/// let explained = kubelet::explained(layers)?;
/// assert_eq!(
///     explained.explain(&"maxPods".parse().unwrap()).to_string(),
///     "maxPods: 9, from the flag --max-pods (over 5 of kubelet.yaml:3:1)",
/// );
/// # }
/// # Ok::<(), componentconfig::Report>(())
/// ```
///
/// # Errors
/// Those of [`effective`].
pub fn explained(layers: Layers<'_>) -> Result<Effective<KubeletConfiguration>, Report> {
    let (config, warnings) = effective(layers)?;
    let documents = [layers.base].into_iter().chain(layers.dropins);
    let mut all: Vec<Layer> = documents.cloned().map(Layer::Document).collect();
    for (name, value) in flags::each(layers.flags)? {
        all.push(Layer::Flag {
            name,
            root: Node::from(&value),
        });
    }
    Ok(Effective {
        complete: config.to_document(),
        config,
        warnings,
        layers: all,
    })
}

/// Reads a merged value; what is wrong is pointed to in the last file that says it.
fn decoded(value: &Value, layers: Layers<'_>) -> Result<KubeletConfiguration, Report> {
    let decoded = decode_value(value, Strictness::Ignore);
    let files = || layers.dropins.iter().rev().chain([layers.base]);
    let located = decoded.diagnostics.into_iter().map(|diagnostic| {
        let path = diagnostic.path.clone().unwrap_or_default();
        let says = |file: &&Document| file.root().find(&path).is_some();
        match files().find(says) {
            Some(file) => diagnostic.span(file.locate(&path)).source(file.source()),
            None => diagnostic,
        }
    });
    let report: Report = located.collect();
    match decoded.value {
        Some(kubelet) => report.unless_errors(kubelet).map(|(kubelet, _)| kubelet),
        None => Err(report),
    }
}

/// A usage error of the command line.
fn usage(message: String) -> Report {
    Diagnostic::error(Class::Usage, message).into()
}
