//! Where kubectl is, and which.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A kubectl of this machine.
#[derive(Debug, Clone)]
pub(crate) struct Kubectl {
    pub(crate) path: PathBuf,
    pub(crate) minor: u32,
    version: String,
}

impl Kubectl {
    /// All that there are, the one to test with first; none of them twice.
    pub(crate) fn find() -> Vec<Self> {
        let named = env::var_os("KUBECTL").map(PathBuf::from);
        let Some(first) = named.or_else(on_path).and_then(|path| Self::at(&path)) else {
            return Vec::new();
        };
        let more = env::var_os("KUBECTL_MORE").unwrap_or_default();
        let mut paths: Vec<PathBuf> = env::split_paths(&more).collect();
        paths.extend(beside(&first.path));
        let mut found: Vec<Self> = paths.iter().filter_map(|path| Self::at(path)).collect();
        // A kubectl that only calls those beside it is replaced by the one that it would call.
        let dispatched = first.version.contains("dispatcher");
        let first = match found
            .iter()
            .find(|other| dispatched && other.minor == first.minor)
        {
            Some(real) => real.clone(),
            None => first,
        };
        found.sort_by_key(|other| other.minor);
        found.dedup_by_key(|other| other.minor);
        found.retain(|other| other.minor != first.minor);
        found.insert(0, first);
        found
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    fn at(path: &Path) -> Option<Self> {
        let path = fs::canonicalize(path).ok()?;
        let mut version = Command::new(&path);
        let output = version
            .args(["version", "--client", "-o", "json"])
            .output()
            .ok()?;
        let output: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        let text = |name: &str| output["clientVersion"][name].as_str();
        let minor: String = text("minor")?
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        Some(Self {
            path,
            minor: minor.parse().ok()?,
            version: text("gitVersion")?.trim_start_matches('v').to_owned(),
        })
    }
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join("kubectl"))
        .find(|file| file.is_file())
}

/// Other versions in the same folder.
fn beside(kubectl: &Path) -> Vec<PathBuf> {
    let entries = kubectl
        .parent()
        .and_then(|folder| fs::read_dir(folder).ok());
    let paths = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    paths
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("kubectl.1.")
        })
        .collect()
}
