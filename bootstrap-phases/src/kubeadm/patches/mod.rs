//! The user's patches for what kubeadm deploys (`cmd/kubeadm/app/util/patches/patches.go`).
//!
//! A folder holds files named after what they patch (see [`FileName`]), sub-folders included; each may hold several patches.
//! They are applied file by file in the order of the walk through the folder, whatever their type.

mod error;
mod name;

use apply_semantics::patch::{Patch, PatchType};
use apply_semantics::types::Node;
use serde_json::Value;

pub use error::{PatchesError, PatchesFault};
pub use name::{FileName, TARGETS};

use crate::{FileError, FileErrorKind, Files};

/// The patches of a folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patches {
    files: Vec<PatchFile>,
    skipped: Vec<(String, Skipped)>,
}

/// A file with patches.
#[derive(Clone, PartialEq)]
pub struct PatchFile {
    /// Its path.
    pub path: String,
    /// What it is for, one of [`TARGETS`].
    pub target: &'static str,
    /// The type of its patches.
    pub patch_type: PatchType,
    /// The patches, in order.
    pub documents: Vec<Value>,
}

/// Why a file is no patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// Its name does not end in `.json` or `.yaml`.
    Extension,
    /// Its name does not begin with one of [`TARGETS`].
    Target,
    /// It has no bytes.
    Empty,
}

impl Patches {
    /// Reads a folder.
    ///
    /// # Errors
    /// The folder or a file cannot be read, a name has an unknown type of patch, or a file is no YAML.
    pub fn read(files: &dyn Files, folder: &str) -> Result<Self, PatchesError> {
        let folder = crate::clean_path(folder);
        let stat = files
            .link_stat(&folder)
            .map_err(|e| unreadable(&folder, e))?;
        let problem = match stat {
            None => Some(FileErrorKind::NotFound),
            Some(stat) if !stat.is_dir() => Some(FileErrorKind::NotADirectory),
            Some(_) => None,
        };
        if let Some(kind) = problem {
            return Err(unreadable(&folder, FileError::new("read", &folder, kind)));
        }
        let mut patches = Self::default();
        patches.walk(files, &folder)?;
        Ok(patches)
    }

    /// The files with patches, in the order in which they are applied.
    pub fn files(&self) -> &[PatchFile] {
        &self.files
    }

    /// Paths of files that are no patches, and why.
    pub fn skipped(&self) -> &[(String, Skipped)] {
        &self.skipped
    }

    /// Applies the patches for a target, one of [`TARGETS`]. A strategic patch merges by the type of the object; without
    /// a type lists are replaced.
    ///
    /// # Errors
    /// There is no such target, or a patch does not fit.
    pub fn apply(
        &self,
        target: &str,
        object: Value,
        object_type: Option<Node<'_>>,
    ) -> Result<Value, PatchesError> {
        if !TARGETS.contains(&target) {
            return Err(PatchesError::new(target, PatchesFault::UnknownTarget));
        }
        let mut patched = object;
        for file in self.files.iter().filter(|file| file.target == target) {
            for (index, patch) in file.documents.iter().enumerate() {
                let patch = Patch::new(file.patch_type, patch.clone());
                patched = patch.apply(patched, object_type).map_err(|error| {
                    let fault = PatchesFault::Apply {
                        number: index + 1,
                        error,
                    };
                    PatchesError::new(&file.path, fault)
                })?;
            }
        }
        Ok(patched)
    }

    fn walk(&mut self, files: &dyn Files, folder: &str) -> Result<(), PatchesError> {
        for name in files.list(folder).map_err(|e| unreadable(folder, e))? {
            let path = crate::clean_path(&format!("{folder}/{name}"));
            let stat = files.link_stat(&path).map_err(|e| unreadable(&path, e))?;
            if stat.is_some_and(|stat| stat.is_dir()) {
                self.walk(files, &path)?;
            } else {
                self.add(files, &name, path)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, files: &dyn Files, name: &str, path: String) -> Result<(), PatchesError> {
        let (target, patch_type) = match FileName::parse(name) {
            FileName::Patch { target, patch_type } => (target, patch_type),
            FileName::Other(why) => {
                self.skipped.push((path, why));
                return Ok(());
            }
            FileName::UnknownType => {
                return Err(PatchesError::new(&path, PatchesFault::UnknownType));
            }
        };
        let bytes = files.read(&path).map_err(|e| unreadable(&path, e))?;
        if bytes.is_empty() {
            self.skipped.push((path, Skipped::Empty));
            return Ok(());
        }
        let documents = std::str::from_utf8(&bytes)
            .map_err(|_| PatchesError::new(&path, PatchesFault::NotText))
            .and_then(|text| {
                componentconfig::yaml::read_all(&path, text)
                    .map_err(|report| PatchesError::new(&path, PatchesFault::Yaml(report)))
            })?;
        self.files.push(PatchFile {
            path,
            target,
            patch_type,
            documents,
        });
        Ok(())
    }
}

fn unreadable(path: &str, error: FileError) -> PatchesError {
    PatchesError::new(path, PatchesFault::Unreadable(error))
}

/// Patches may hold secrets: only what they are for shows.
impl std::fmt::Debug for PatchFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PatchFile")
            .field("path", &self.path)
            .field("target", &self.target)
            .field("patch_type", &self.patch_type)
            .field("documents", &self.documents.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::MemFiles;

    fn folder(files: &[(&str, &str)]) -> MemFiles {
        let tree = MemFiles::new();
        for folder in ["/p", "/p/sub"] {
            tree.create_dir(folder, 0o755).unwrap();
        }
        for (name, text) in files {
            let path = format!("/p/{name}");
            tree.create_file(&path, text.as_bytes(), 0o644).unwrap();
        }
        tree
    }

    #[test]
    fn files_are_applied_in_the_order_of_the_walk() {
        let tree = folder(&[
            ("etcd+merge.yaml", "seen: plus\n"),
            ("etcd1.yaml", "a: 1\n---\na: 2\n"),
            ("etcd.txt", "x"),
            ("etcd2.json", ""),
            (
                "sub/etcd+json.json",
                r#"[{"op": "add", "path": "/list/-", "value": 3}]"#,
            ),
            ("kube-scheduler.yaml", "a: 9\n"),
        ]);
        let patches = Patches::read(&tree, "/p/").unwrap();
        let order: Vec<_> = patches.files().iter().map(|f| f.path.as_str()).collect();
        assert_eq!(
            order,
            [
                "/p/etcd+merge.yaml",
                "/p/etcd1.yaml",
                "/p/kube-scheduler.yaml",
                "/p/sub/etcd+json.json"
            ]
        );
        let skipped = [
            ("/p/etcd.txt".to_owned(), Skipped::Extension),
            ("/p/etcd2.json".to_owned(), Skipped::Empty),
        ];
        assert_eq!(patches.skipped(), skipped);
        let patched = patches.apply("etcd", json!({"list": [1]}), None).unwrap();
        assert_eq!(patched, json!({"list": [1, 3], "seen": "plus", "a": 2}));
    }

    #[test]
    fn a_patch_that_does_not_fit_is_named() {
        let tree = folder(&[("etcd+json.yaml", "[]\n---\n[{op: remove, path: /nope}]\n")]);
        let patches = Patches::read(&tree, "/p").unwrap();
        let error = patches.apply("etcd", json!({}), None).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("/p/etcd+json.yaml: patch 2: "),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_folder_of_patches_is_refused() {
        let refused = |tree: &MemFiles, path| Patches::read(tree, path).unwrap_err().to_string();
        let tree = folder(&[("etcd+odd.yaml", "")]);
        assert_eq!(refused(&tree, "/none"), "read /none: not found");
        assert!(
            refused(&tree, "/p").contains("the type after '+' has to be json, merge or strategic")
        );
        let tree = folder(&[("etcd.yaml", "a: [1\n")]);
        assert_eq!(
            refused(&tree, "/p/etcd.yaml"),
            "read /p/etcd.yaml: not a directory"
        );
        assert!(refused(&tree, "/p").contains("/p/etcd.yaml:"));
    }
}
