//! Command lines of kubectl.

use apply_semantics::{
    client_side::{
        Action, ApplySet, Changes, Command, DryRun, Edit, Kinds, LabelPruning, Namespace, Options,
        Plan, Pruning, Run, RunOptions, RunReport, Target,
    },
    op::{FieldValidation, Propagation},
    patch::{Patch, PatchType},
};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::large;

/// What a command line asks for.
pub(super) enum Work {
    /// Nothing: kubectl does not take it.
    Refused,
    /// It writes nothing.
    OnlyReads,
    One(Box<Plan>),
    Many(Box<Run>),
}

/// The parts of a command line.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct Line {
    words: Vec<String>,
    files: Vec<String>,
    namespace: Option<String>,
    selector: Option<String>,
    all: bool,
    prune: bool,
    allowlist: Vec<String>,
    apply_set: Option<String>,
    options: Options,
    create_annotation: bool,
    overwrite: bool,
    patch_type: Option<String>,
    patch: Option<String>,
    replicas: Option<u32>,
}

pub(super) fn parse(
    step: &Value,
    files: &Map<String, Value>,
    namespace: &str,
    kinds: &Kinds,
) -> Result<Work, String> {
    let line = Line::parse(step["command"].as_array().unwrap())?;
    if line.apply_set.is_some() && step["env"]["KUBECTL_APPLYSET"] != "true" {
        return Ok(Work::Refused);
    }
    let namespace = match &line.namespace {
        Some(name) => Namespace::enforce(name),
        None => Namespace::default_to(namespace),
    };
    let Some(command) = line.command()? else {
        return Ok(Work::OnlyReads);
    };
    if line.files.is_empty() {
        return line.one(command, &namespace, kinds);
    }
    let Some(run) = line.run_options(&namespace, kinds) else {
        return Ok(Work::Refused);
    };
    let stdin = step["stdin"].as_str().unwrap_or_default();
    let (documents, complete) = line.documents(files, stdin);
    if documents.is_empty() && !complete {
        return Ok(Work::Refused);
    }
    Ok(
        match Run::new(documents, kinds, &namespace, &command, run) {
            Ok(run) => Work::Many(Box::new(run)),
            Err(_) => Work::Refused,
        },
    )
}

/// Whether a `diff` found one, which is an exit code of its own.
pub(super) fn is_difference(step: &Value, report: &RunReport) -> bool {
    step["command"][1] == "diff"
        && report.objects.iter().any(|(_, result)| {
            !result
                .as_ref()
                .is_ok_and(|report| report.action() == Action::Unchanged)
        })
}

impl Line {
    fn parse(words: &[Value]) -> Result<Self, String> {
        let mut line = Self::default();
        let mut words = words.iter().skip(1).map(|word| word.as_str().unwrap());
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) if word.starts_with('-') => (flag, Some(value)),
                _ => (word, None),
            };
            let mut value = || {
                let value = value.or_else(|| words.next());
                value.ok_or_else(|| format!("{flag} needs a value"))
            };
            match flag {
                "-f" | "--filename" => line.files.push(value()?.to_owned()),
                "-n" | "--namespace" => line.namespace = Some(value()?.to_owned()),
                "-l" | "--selector" => line.selector = Some(value()?.to_owned()),
                "-o" | "--output" | "--timeout" => drop(value()?),
                "-p" | "--patch" => line.patch = Some(value()?.to_owned()),
                "--type" => line.patch_type = Some(value()?.to_owned()),
                "--replicas" => line.replicas = value()?.parse().ok(),
                "--applyset" => line.apply_set = Some(value()?.to_owned()),
                "--prune-allowlist" => line.allowlist.push(value()?.to_owned()),
                flag if flag.starts_with('-') => line.switch(flag, word)?,
                _ => line.words.push(word.to_owned()),
            }
        }
        Ok(line)
    }

    fn switch(&mut self, flag: &str, word: &str) -> Result<(), String> {
        let value = word.split_once('=').map(|(_, value)| value);
        let on = value != Some("false");
        let options = &mut self.options;
        match flag {
            "--prune" => self.prune = on,
            "--all" => self.all = on,
            "--create-annotation" => self.create_annotation = on,
            "--overwrite" => {
                self.overwrite = on;
                options.overwrite = on;
            }
            "--server-side" => options.server_side = on,
            "--force-conflicts" => options.force_conflicts = on,
            "--force" => options.force = on,
            "--save-config" => options.save_config = on,
            "--field-manager" => options.field_manager = value.map(str::to_owned),
            "--subresource" => options.subresource = value.map(str::to_owned),
            "--grace-period" => options.grace_period = value.and_then(|value| value.parse().ok()),
            "--cascade" => {
                let named = value.and_then(|value| {
                    let mut letters = value.chars();
                    let first = letters.next()?.to_ascii_uppercase();
                    Propagation::parse(&format!("{first}{}", letters.as_str()))
                });
                options.propagation = named.ok_or_else(|| word.to_owned())?;
            }
            "--dry-run" => {
                options.dry_run = match value {
                    Some("server") => DryRun::Server,
                    Some("none") => DryRun::None,
                    _ => DryRun::Client,
                }
            }
            "--validate" => {
                options.validation = match value {
                    Some("false" | "ignore") => FieldValidation::Ignore,
                    Some("warn") => FieldValidation::Warn,
                    _ => FieldValidation::Strict,
                }
            }
            "--show-managed-fields" | "--wait" | "--ignore-not-found" => {}
            _ => return Err(format!("no such flag: {word}")),
        }
        Ok(())
    }

    fn command(&self) -> Result<Option<Command>, String> {
        let options = self.options.clone();
        let words: Vec<_> = self.words.iter().map(String::as_str).collect();
        Ok(Some(match words[..] {
            ["apply"] => Command::Apply(options),
            ["apply", "set-last-applied"] => Command::SetLastApplied {
                create: self.create_annotation,
                options,
            },
            ["apply", "view-last-applied", ..] => Command::ViewLastApplied(options),
            ["create"] => Command::Create(options),
            ["replace"] => Command::Replace(options),
            ["diff"] => Command::Diff(options),
            ["delete", ..] => Command::Delete(options),
            ["get", ..] => return Ok(None),
            ["label", _, ..] => Command::Label {
                changes: self.changes(),
                options,
            },
            ["annotate", _, ..] => Command::Annotate {
                changes: self.changes(),
                options,
            },
            ["scale", ..] => Command::Scale {
                replicas: self.replicas.ok_or("no replicas")?,
                options,
            },
            ["patch", ..] => Command::Patch {
                patch: self.patch()?,
                options,
            },
            ["set", what, _, ..] => Command::Edit {
                edit: self.edit(what)?,
                options,
            },
            _ => return Err(format!("no such command: {words:?}")),
        }))
    }

    /// A command on an object `kind/name` or `kind name`.
    fn one(&self, command: Command, namespace: &Namespace, kinds: &Kinds) -> Result<Work, String> {
        let first = usize::from(matches!(&*self.words[0], "set" | "apply")) + 1;
        let words: Vec<_> = self.words[first..].iter().map(String::as_str).collect();
        let (kind, name) = match words[..] {
            [object, ..] if object.contains('/') => object.split_once('/').unwrap(),
            [kind, name, ..] => (kind, name),
            _ => return Err(format!("no object: {words:?}")),
        };
        let kind = kinds
            .resource(kind)
            .ok_or_else(|| format!("no kind {kind}"))?;
        let target = Target::named(kind, namespace, name);
        Ok(Work::One(Box::new(Plan::new(command, target))))
    }

    fn run_options(&self, namespace: &Namespace, kinds: &Kinds) -> Option<RunOptions> {
        let selector = match &self.selector {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        let pruning = match (&self.apply_set, self.prune) {
            (None, false) => None,
            (Some(_), false) => return None,
            (Some(parent), true) => {
                if self.all || selector.is_some() || !self.allowlist.is_empty() {
                    return None;
                }
                let namespace = namespace.enforced.then_some(&*namespace.name);
                Some(Pruning::ApplySet(
                    ApplySet::new(parent, namespace, kinds).ok()?,
                ))
            }
            (None, true) => {
                if self.all == selector.is_some() {
                    return None;
                }
                Some(Pruning::Labels(LabelPruning {
                    selector: selector.clone(),
                    allowlist: self.allowlist.clone(),
                }))
            }
        };
        Some(RunOptions { selector, pruning })
    }

    /// The documents of the files, and whether all of them could be read.
    fn documents(&self, files: &Map<String, Value>, stdin: &str) -> (Vec<Value>, bool) {
        let mut documents = Vec::new();
        let mut complete = true;
        for name in &self.files {
            let readable = |name: &&String| {
                [".json", ".yaml", ".yml"]
                    .iter()
                    .any(|ending| name.ends_with(ending))
            };
            match (name.as_str(), files.get(name)) {
                ("-", _) => complete &= read(&stdin.into(), &mut documents),
                (_, Some(file)) => complete &= read(file, &mut documents),
                (".", None) => {
                    let mut names: Vec<_> = files.keys().filter(readable).collect();
                    names.sort();
                    for name in names {
                        complete &= read(&files[name], &mut documents);
                    }
                }
                _ => return (Vec::new(), false),
            }
        }
        (documents, complete)
    }

    fn changes(&self) -> Changes {
        let mut changes = Changes {
            overwrite: self.overwrite,
            ..Changes::default()
        };
        let object = if self.words[1].contains('/') { 2 } else { 3 };
        for word in &self.words[object..] {
            match (word.split_once('='), word.strip_suffix('-')) {
                (Some((key, value)), _) => {
                    drop(changes.set.insert(key.to_owned(), value.to_owned()));
                }
                (None, Some(key)) => changes.remove.push(key.to_owned()),
                (None, None) => {}
            }
        }
        changes
    }

    fn patch(&self) -> Result<Patch, String> {
        let patch_type = match self.patch_type.as_deref() {
            None | Some("strategic") => PatchType::Strategic,
            Some("merge") => PatchType::Merge,
            Some("json") => PatchType::Json,
            Some(other) => return Err(format!("no patch type {other}")),
        };
        let text = self.patch.as_deref().ok_or("no patch")?;
        Ok(Patch::new(patch_type, yaml(text).ok_or("no JSON")?))
    }

    /// `set image` and `set env`: in all containers, or in those that are named.
    fn edit(&self, what: &str) -> Result<Edit, String> {
        let image = match what {
            "image" => true,
            "env" => false,
            _ => return Err(format!("no such command: set {what}")),
        };
        let pairs: Vec<(String, String)> = self.words[3..]
            .iter()
            .filter_map(|word| word.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        Ok(Edit::new("kubectl-set", move |object| {
            let pod = &mut object["spec"]["template"]["spec"];
            for container in pod["containers"].as_array_mut().into_iter().flatten() {
                for (key, value) in &pairs {
                    if image && (key == "*" || container["name"] == **key) {
                        container["image"] = value.as_str().into();
                    } else if !image {
                        set_variable(container, key, value);
                    }
                }
            }
        }))
    }
}

fn set_variable(container: &mut Value, name: &str, value: &str) {
    let wanted = json!({"name": name, "value": value});
    let Some(variables) = container["env"].as_array_mut() else {
        container["env"] = json!([wanted]);
        return;
    };
    match variables
        .iter_mut()
        .find(|variable| variable["name"] == name)
    {
        Some(variable) => *variable = wanted,
        None => variables.push(wanted),
    }
}

/// Reads the documents of a file, as far as it can be read.
fn read(file: &Value, documents: &mut Vec<Value>) -> bool {
    match file {
        Value::Array(manifests) => documents.extend(manifests.iter().cloned()),
        Value::String(text) => {
            for document in serde_yaml::Deserializer::from_str(text) {
                match Value::deserialize(document) {
                    Ok(Value::Null) => {}
                    Ok(document) => documents.push(document),
                    Err(_) => return false,
                }
            }
        }
        manifest => {
            let note = manifest.get("note").and_then(Value::as_str);
            let large = note.and_then(large::manifest);
            documents.push(large.unwrap_or_else(|| manifest.clone()));
        }
    }
    true
}

fn yaml(text: &str) -> Option<Value> {
    serde_yaml::from_str(text).ok()
}
