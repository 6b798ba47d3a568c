//! Folders of patches: names and texts of any kind are read and applied, or refused by path; nothing panics.
#![no_main]

use bootstrap_phases::{
    Files as _, MemFiles,
    kubeadm::patches::{Patches, TARGETS},
};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    // A file: its name up to the end of the line, its text up to a line of three bars.
    let files = MemFiles::new();
    files.create_dir("/patches", 0o755).expect("a folder");
    let text = String::from_utf8_lossy(data);
    for file in text.split("\n|||\n") {
        let (name, content) = file.split_once('\n').unwrap_or((file, ""));
        let path = format!("/patches/{name}");
        if let Some((folder, _)) = path.rsplit_once('/') {
            let _ = files.create_dir_all(folder, 0o755);
        }
        let _ = files.create_file(&path, content.as_bytes(), 0o644);
    }
    let patches = match Patches::read(&files, "/patches") {
        Ok(patches) => patches,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "etcd", "labels": {"a": "b"}},
        "spec": {"containers": [{"name": "etcd", "command": ["etcd", "--name=a"]}], "hostNetwork": true},
    });
    for target in TARGETS {
        match patches.apply(target, pod.clone(), None) {
            Ok(patched) => {
                let own = patches.files().iter().any(|file| file.target == target);
                assert!(own || patched == pod);
            }
            Err(error) => drop(error.to_string()),
        }
    }
});
