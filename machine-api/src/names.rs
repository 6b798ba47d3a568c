//! Names of generated objects.
//!
//! Follows `internal/topology/names` of Cluster API.

use serde_json::{Value, json};

use crate::template::{Template, TemplateError};

/// A name has at most this many bytes.
pub const MAX_LENGTH: usize = 63;

/// Random suffixes have this many characters.
pub const RANDOM_LENGTH: usize = 5;

/// What random suffixes are made of: no vowels, so that no words come about, and nothing that is easily misread. As in
/// `apimachinery/pkg/util/rand`.
pub const RANDOM_ALPHABET: &str = "bcdfghjklmnpqrstvwxz2456789";

/// Where random suffixes come from. A closure is one.
pub trait RandomSource {
    /// Text of that many characters of [`RANDOM_ALPHABET`].
    fn random(&mut self, length: usize) -> String;
}

impl<F: FnMut(usize) -> String> RandomSource for F {
    fn random(&mut self, length: usize) -> String {
        self(length)
    }
}

/// The suffix that `entropy` stands for: the same one for the same number, in the given length.
///
/// ```
/// assert_eq!(machine_api::names::suffix(0, 5), "bbbbb");
/// assert_eq!(machine_api::names::suffix(28, 5), "bbbcc");
/// ```
pub fn suffix(entropy: u64, length: usize) -> String {
    let alphabet = RANDOM_ALPHABET.as_bytes();
    let mut rest = usize::try_from(entropy).unwrap_or(usize::MAX);
    let mut digits = Vec::new();
    for _ in 0..length {
        let digit = alphabet.get(rest % alphabet.len());
        digits.extend(digit.map(|byte| char::from(*byte)));
        rest /= alphabet.len();
    }
    digits.iter().rev().collect()
}

/// What a name is for, and what its template can say beside `.cluster.name` and `.random`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameOf<'a> {
    /// The infrastructure object of a cluster.
    InfrastructureCluster,
    /// The control plane of a cluster.
    ControlPlane,
    /// A MachineDeployment of a managed topology.
    MachineDeployment {
        /// `.machineDeployment.topologyName`.
        topology_name: &'a str,
    },
    /// A MachinePool of a managed topology.
    MachinePool {
        /// `.machinePool.topologyName`.
        topology_name: &'a str,
    },
    /// A Machine of a MachineSet.
    MachineSetMachine {
        /// `.machineSet.name`.
        machine_set: &'a str,
    },
    /// A Machine of a KubeadmControlPlane.
    KubeadmControlPlaneMachine {
        /// `.kubeadmControlPlane.name`.
        kubeadm_control_plane: &'a str,
    },
}

impl NameOf<'_> {
    /// The template that is used where the user gives none.
    pub const fn default_template(self) -> &'static str {
        match self {
            Self::InfrastructureCluster | Self::ControlPlane => "{{ .cluster.name }}-{{ .random }}",
            Self::MachineDeployment { .. } => {
                "{{ .cluster.name }}-{{ .machineDeployment.topologyName }}-{{ .random }}"
            }
            Self::MachinePool { .. } => {
                "{{ .cluster.name }}-{{ .machinePool.topologyName }}-{{ .random }}"
            }
            Self::MachineSetMachine { .. } => "{{ .machineSet.name }}-{{ .random }}",
            Self::KubeadmControlPlaneMachine { .. } => {
                "{{ .kubeadmControlPlane.name }}-{{ .random }}"
            }
        }
    }

    fn data(self, cluster: &str, random: &str) -> Value {
        let mut data = json!({"cluster": {"name": cluster}, "random": random});
        let (object, field, value) = match self {
            Self::InfrastructureCluster | Self::ControlPlane => return data,
            Self::MachineDeployment { topology_name } => {
                ("machineDeployment", "topologyName", topology_name)
            }
            Self::MachinePool { topology_name } => ("machinePool", "topologyName", topology_name),
            Self::MachineSetMachine { machine_set } => ("machineSet", "name", machine_set),
            Self::KubeadmControlPlaneMachine {
                kubeadm_control_plane,
            } => ("kubeadmControlPlane", "name", kubeadm_control_plane),
        };
        if let Value::Object(fields) = &mut data {
            fields.insert(object.to_owned(), json!({ field: value }));
        }
        data
    }
}

/// Makes a name of an object of `cluster` from a template.
///
/// A name of more than 63 bytes is cut to 58 and gets a random suffix of its own. Whether it is a valid name is for
/// validation to say: of templates, Cluster API validates one that it filled.
///
/// ```
/// use machine_api::{names::{NameOf, generate}, template::Template};
///
/// let what = NameOf::MachineSetMachine { machine_set: "workers-x2b4c" };
/// let template = Template::parse(what.default_template())?;
/// let name = generate(&template, "prod", what, &mut |length| "z".repeat(length))?;
/// assert_eq!(name, "workers-x2b4c-zzzzz");
/// # Ok::<(), machine_api::template::TemplateError>(())
/// ```
///
/// # Errors
/// The template asks for what there is not.
pub fn generate(
    template: &Template,
    cluster: &str,
    what: NameOf<'_>,
    source: &mut dyn RandomSource,
) -> Result<String, TemplateError> {
    let random = source.random(RANDOM_LENGTH);
    let name = template.render(&what.data(cluster, &random))?;
    if name.len() <= MAX_LENGTH {
        return Ok(name);
    }
    Ok(with_suffix(&name, source))
}

/// `base`, which usually ends with `-`, cut to 58 bytes, with a random suffix: how a MachineSet of a MachineDeployment and a
/// template of a topology are named. As `generateName` of an API server.
pub fn with_suffix(base: &str, source: &mut dyn RandomSource) -> String {
    let mut end = base.len().min(MAX_LENGTH - RANDOM_LENGTH);
    // A name is ASCII where it is valid; what is not must not be cut within a character.
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    let start = base.get(..end).unwrap_or(base);
    format!("{start}{}", source.random(RANDOM_LENGTH))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zs(length: usize) -> String {
        "z".repeat(length)
    }

    #[test]
    fn long_names_end_with_a_suffix() {
        let what = NameOf::MachineDeployment {
            topology_name: &"t".repeat(40),
        };
        let template = Template::parse(what.default_template()).unwrap();
        let name = generate(&template, &"c".repeat(40), what, &mut zs).unwrap();
        assert_eq!(name, format!("{}-{}zzzzz", "c".repeat(40), "t".repeat(17)));
        assert_eq!(name.len(), MAX_LENGTH);
    }

    #[test]
    fn every_default_template_can_be_filled() {
        for what in [
            NameOf::InfrastructureCluster,
            NameOf::ControlPlane,
            NameOf::MachineDeployment { topology_name: "t" },
            NameOf::MachinePool { topology_name: "t" },
            NameOf::MachineSetMachine { machine_set: "m" },
            NameOf::KubeadmControlPlaneMachine {
                kubeadm_control_plane: "k",
            },
        ] {
            let template = Template::parse(what.default_template()).unwrap();
            let name = generate(&template, "c", what, &mut zs).unwrap();
            assert!(name.ends_with("-zzzzz"), "{name}");
        }
    }

    proptest! {
        #[test]
        fn names_fit(base in "\\PC{0,90}") {
            let name = with_suffix(&base, &mut zs);
            prop_assert!(name.len() <= MAX_LENGTH);
            prop_assert!(name.ends_with("zzzzz"));
        }

        #[test]
        fn suffixes_are_of_the_alphabet(entropy: u64, length in 0_usize..8) {
            let suffix = suffix(entropy, length);
            prop_assert_eq!(suffix.len(), length);
            prop_assert!(suffix.chars().all(|c| RANDOM_ALPHABET.contains(c)));
        }
    }
}
