//! What kubeadm knows about the configurations of components that it keeps in the cluster: whether it made them itself,
//! and in which version they are.
//!
//! Follows `cmd/kubeadm/app/componentconfigs/{checksums,configset}.go` and `kubeadm upgrade plan`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kinds::{KUBE_PROXY_GROUP, KUBE_PROXY_VERSION, KUBELET_GROUP, KUBELET_VERSION};
use crate::{Class, Diagnostic, DocumentSet, Report};

/// The annotation that holds the checksum of a configuration that kubeadm made itself.
pub const HASH_ANNOTATION: &str = "kubeadm.kubernetes.io/component-config.hash";

/// The parts of a ConfigMap that are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMap {
    /// Name and annotations.
    pub metadata: Metadata,
    /// Texts by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
    /// Bytes by key, in base64.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub binary_data: BTreeMap<String, String>,
}

/// Name and annotations of a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Metadata {
    /// The name.
    pub name: String,
    /// The annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl ConfigMap {
    /// Reads a ConfigMap.
    ///
    /// # Errors
    /// A field is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(value)
    }

    /// The checksum of its values in the order of their keys, which do not count: `sha256:` and hexadecimal digits.
    /// Binary data is not part of it unless it is valid base64.
    pub fn checksum(&self) -> String {
        let mut hash = hmac_sha256::Hash::new();
        for text in self.data.values() {
            hash.update(text);
        }
        for bytes in self.binary_data.values().filter_map(|text| base64(text)) {
            hash.update(bytes);
        }
        let mut checksum = "sha256:".to_owned();
        for byte in hash.finalize() {
            for digit in [byte >> 4, byte & 0xf] {
                checksum.extend(char::from_digit(digit.into(), 16));
            }
        }
        checksum
    }

    /// Whether kubeadm made its content and nobody changed it since: its annotation agrees with its checksum.
    pub fn is_generated(&self) -> bool {
        self.metadata.annotations.get(HASH_ANNOTATION) == Some(&self.checksum())
    }
}

/// The version in which the cluster keeps the configuration of a component: a row of `kubeadm upgrade plan`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ComponentConfigVersion {
    /// The API group of the configuration.
    pub group: String,
    /// The version it is in. Empty if there is none, or an old one that kubeadm made itself and makes anew.
    pub current_version: String,
    /// The version that this kubeadm works with.
    pub preferred_version: String,
    /// Whether the user has to bring it to that version. Upstream has no case in which this is so; an old version that
    /// the user wrote is an error.
    pub manual_upgrade_required: bool,
}

/// A component whose configuration is kept in a ConfigMap: its name, its key, group and version, and whether it has to
/// be there.
type Kept = (&'static str, &'static str, &'static str, &'static str, bool);

const KEPT: [Kept; 2] = [
    (
        "kube-proxy",
        "config.conf",
        KUBE_PROXY_GROUP,
        KUBE_PROXY_VERSION,
        false,
    ),
    (
        "kubelet-config",
        "kubelet",
        KUBELET_GROUP,
        KUBELET_VERSION,
        true,
    ),
];

/// The versions of the configurations of kube-proxy and the kubelet, from the ConfigMaps of `kube-system`; with warnings.
///
/// # Errors
/// The kubelet's is missing, one of them cannot be read, or is in an old version and not made by kubeadm.
pub fn component_config_versions(
    config_maps: &[ConfigMap],
) -> Result<(Vec<ComponentConfigVersion>, Vec<Diagnostic>), Report> {
    let mut report = Report::new();
    let mut versions = Vec::with_capacity(KEPT.len());
    for (name, key, group, preferred, required) in KEPT {
        let map = config_maps.iter().find(|map| map.metadata.name == name);
        let current = match map {
            Some(map) => current_version(map, key, group, preferred),
            None if required => {
                let message = format!("no ConfigMap {name:?} is there");
                Err(Diagnostic::error(Class::NotFound, message).into())
            }
            None => {
                let message = format!(
                    "no {group}/{preferred} config is loaded: no ConfigMap {name:?} is there"
                );
                report.push(Diagnostic::warning(Class::Other, message));
                Ok(String::new())
            }
        };
        match current {
            Ok(current_version) => versions.push(ComponentConfigVersion {
                group: group.to_owned(),
                current_version,
                preferred_version: preferred.to_owned(),
                manual_upgrade_required: false,
            }),
            Err(errors) => report.extend(errors),
        }
    }
    report.unless_errors(versions)
}

fn current_version(
    map: &ConfigMap,
    key: &str,
    group: &str,
    preferred: &str,
) -> Result<String, Report> {
    let name = &map.metadata.name;
    let Some(text) = map.data.get(key) else {
        let message = format!("ConfigMap {name:?} has no key {key:?}");
        return Err(Diagnostic::error(Class::NotFound, message).into());
    };
    let set = DocumentSet::read(name, text)?;
    let found = set
        .iter()
        .find_map(|document| document.gvk().filter(|gvk| gvk.group() == group));
    match found {
        None => Ok(String::new()),
        Some(gvk) if gvk.version() == preferred => Ok(preferred.to_owned()),
        Some(_) if map.is_generated() => Ok(String::new()),
        Some(gvk) => {
            let message = format!(
                "unsupported apiVersion {:?}, you may have to do manual conversion to \"{group}/{preferred}\"",
                gvk.api_version()
            );
            Err(Diagnostic::error(Class::UnsupportedVersion, message)
                .source(name.as_str())
                .into())
        }
    }
}

/// The bytes that standard base64 stands for.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in digits.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_count_but_their_order_does() {
        let map = |data: &[(&str, &str)], binary: &[(&str, &str)]| {
            let pairs = |pairs: &[(&str, &str)]| {
                pairs
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                    .collect()
            };
            ConfigMap {
                data: pairs(data),
                binary_data: pairs(binary),
                ..ConfigMap::default()
            }
        };
        let sum = map(&[("a", "x"), ("b", "y")], &[]).checksum();
        assert_eq!(sum, map(&[("c", "xy")], &[]).checksum());
        assert_eq!(sum, map(&[("c", "x")], &[("a", "eQ==")]).checksum());
        assert_ne!(sum, map(&[("a", "y"), ("b", "x")], &[]).checksum());
        assert_eq!(base64("aGVsbG8gd29ybGQ=").unwrap(), b"hello world");
        assert_eq!(base64("a*"), None);
    }
}
