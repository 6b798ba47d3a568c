//! Names of patch files: `kube-apiserver0+merge.yaml`.

use apply_semantics::patch::PatchType;

use super::Skipped;

/// What patches can be for. A file belongs to the first one that its name begins with.
pub const TARGETS: [&str; 6] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubeletconfiguration",
    "corednsdeployment",
];

/// What the name of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileName {
    /// It is a patch.
    Patch {
        /// What it is for.
        target: &'static str,
        /// Its type.
        patch_type: PatchType,
    },
    /// It is something else.
    Other(Skipped),
    /// It would be a patch, but the type after the plus sign is none.
    UnknownType,
}

impl FileName {
    /// Reads a name `TARGET[SUFFIX][+TYPE].EXTENSION`. The suffix has neither dot nor plus sign; what stands between a type
    /// and the extension is not looked at.
    pub fn parse(name: &str) -> Self {
        let stem = name.strip_suffix(".json").or(name.strip_suffix(".yaml"));
        if stem.is_none_or(str::is_empty) {
            return Self::Other(Skipped::Extension);
        }
        let Some(target) = TARGETS.into_iter().find(|target| name.starts_with(target)) else {
            return Self::Other(Skipped::Target);
        };
        let after_suffix = name
            .get(target.len()..)
            .and_then(|rest| rest.find(['.', '+']).and_then(|end| rest.get(end..)))
            .unwrap_or_default();
        let patch_type = match after_suffix.strip_prefix('+') {
            None => Some(PatchType::Strategic),
            Some(text) => [
                ("json", PatchType::Json),
                ("merge", PatchType::Merge),
                ("strategic", PatchType::Strategic),
            ]
            .into_iter()
            .find(|(name, _)| text.starts_with(name))
            .map(|(_, patch_type)| patch_type),
        };
        match patch_type {
            Some(patch_type) => Self::Patch { target, patch_type },
            None => Self::UnknownType,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_target_and_type() {
        let patch = |target, patch_type| FileName::Patch { target, patch_type };
        for (name, expected) in [
            ("etcd.json", patch("etcd", PatchType::Strategic)),
            ("etcd-a.b.yaml", patch("etcd", PatchType::Strategic)),
            ("etcd0+merge.x.yaml", patch("etcd", PatchType::Merge)),
            ("etcd+jsonish.yaml", patch("etcd", PatchType::Json)),
            ("etcd.x+json.yaml", patch("etcd", PatchType::Strategic)),
            (
                "kubeletconfiguration+strategic.json",
                patch("kubeletconfiguration", PatchType::Strategic),
            ),
            ("etcd+.yaml", FileName::UnknownType),
            ("etcd++json.yaml", FileName::UnknownType),
            ("Etcd.yaml", FileName::Other(Skipped::Target)),
            (".yaml", FileName::Other(Skipped::Extension)),
            ("etcd.yml", FileName::Other(Skipped::Extension)),
            ("etcd", FileName::Other(Skipped::Extension)),
        ] {
            assert_eq!(FileName::parse(name), expected, "{name}");
        }
    }
}
