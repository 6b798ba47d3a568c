//! What a run leaves, without what is different each time.

use std::collections::BTreeMap;

use bootstrap_phases::kubeadm::join::{Etcd as _, Member};
use bootstrap_phases::{Files as _, MemFiles};
use serde_json::{Value, json};

use super::world::{World, is_random};

/// Files, objects and members, in a form that two runs can be compared by.
#[derive(Debug)]
pub(crate) struct State {
    /// Mode and, unless it is random, content by path.
    files: BTreeMap<String, (u32, Option<String>)>,
    /// Each object as text, sorted.
    objects: Vec<String>,
    members: Vec<Member>,
}

impl State {
    pub(crate) fn of(world: &World) -> Self {
        let files = world.files.paths().into_iter().map(|(path, stat)| {
            let shown = stat.is_file() && !is_random(&path);
            let text = shown.then(|| String::from_utf8(world.files.read(&path).unwrap()).unwrap());
            (timeless(path), (stat.mode, text))
        });
        let snapshot: Value = serde_json::from_str(&world.server.snapshot().to_json()).unwrap();
        let objects = snapshot["objects"].as_array().unwrap().iter();
        let mut objects: Vec<String> = objects
            .map(|entry| comparable(entry["object"].clone()).to_string())
            .collect();
        objects.sort();
        Self {
            files: files.collect(),
            objects,
            members: world
                .etcd
                .as_ref()
                .map(|etcd| etcd.members().unwrap())
                .unwrap_or_default(),
        }
    }
}

impl State {
    /// What is here and not there, and the other way round: a whole state is too much to read.
    pub(crate) fn differences(&self, wanted: &Self) -> Vec<String> {
        let lines = |state: &Self| -> Vec<String> {
            let files = state.files.iter().map(|file| format!("{file:?}"));
            let members = state.members.iter().map(|member| format!("{member:?}"));
            files.chain(members).chain(state.objects.clone()).collect()
        };
        let mut missing = lines(wanted);
        let mut differences = Vec::new();
        for line in lines(self) {
            match missing.iter().position(|wanted| *wanted == line) {
                Some(index) => drop(missing.swap_remove(index)),
                None => differences.push(format!("+ {line}")),
            }
        }
        differences.extend(missing.iter().map(|line| format!("- {line}")));
        differences
    }
}

/// What an upgrade keeps lies in folders that are named by the moment.
fn timeless(path: String) -> String {
    let Some(rest) = path.strip_prefix("/etc/kubernetes/tmp/") else {
        return path;
    };
    let (folder, file) = rest.split_once('/').unwrap_or((rest, ""));
    let name = folder.trim_end_matches(|end: char| end.is_ascii_digit() || end == '-');
    format!("/etc/kubernetes/tmp/{name}/{file}")
}

/// The name of a Secret that is a random token.
fn is_random_token(name: &str) -> bool {
    name.starts_with("bootstrap-token-") && name != "bootstrap-token-abcdef"
}

fn comparable(mut object: Value) -> Value {
    let secret = object["kind"] == "Secret" || object["metadata"]["name"] == "cluster-info";
    if secret && let Some(data) = object["data"].as_object_mut() {
        data.values_mut().for_each(|value| *value = json!("*"));
    }
    let metadata = object["metadata"].as_object_mut().unwrap();
    for volatile in ["uid", "resourceVersion", "creationTimestamp"] {
        metadata.remove(volatile);
    }
    blank(&mut object);
    object
}

/// Blanks times, uids and random names, wherever they stand.
fn blank(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // The uid of an owner stands in the key of its field.
            fields.remove("f:ownerReferences");
            for (key, value) in fields {
                match value {
                    Value::String(_) if key == "time" || key == "uid" => *value = json!("*"),
                    Value::String(name) if key == "name" && is_random_token(name) => {
                        *value = json!("bootstrap-token-*");
                    }
                    _ => blank(value),
                }
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(blank);
            // Managers stand in the order of seconds.
            if items.iter().all(|item| item.get("manager").is_some()) {
                items.sort_by_key(Value::to_string);
            }
        }
        _ => {}
    }
}

/// Files that were in their place when a run was killed: they are not made anew.
pub(crate) struct Kept(BTreeMap<String, Vec<u8>>);

impl Kept {
    /// Those that were not there in the same way before.
    pub(crate) fn of(before: &World, now: &World) -> Self {
        let (before, mut new) = (contents(&before.files), contents(&now.files));
        new.retain(|path, content| {
            let unfinished = path.ends_with(".staged") || path.starts_with("/var/lib/kept/");
            !unfinished && before.get(path) != Some(content)
        });
        Self(new)
    }

    pub(crate) fn check(&self, world: &World, what: &str) {
        let now = contents(&world.files);
        for (path, content) in &self.0 {
            let same = now.get(path).is_none_or(|now| now == content);
            assert!(same, "{what}: {path} was made anew");
        }
    }
}

fn contents(files: &MemFiles) -> BTreeMap<String, Vec<u8>> {
    let paths = files.paths().into_iter();
    paths
        .filter(|(_, stat)| stat.is_file())
        .map(|(path, _)| {
            let content = files.read(&path).unwrap();
            (path, content)
        })
        .collect()
}
