//! The tree of files of a case: laid out, edited between the steps, and compared at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bootstrap_phases::{FileKind, Files, MemFiles, Owner, Stat};
use conformance_runner::first_difference;
use serde_json::{Value, json};

use crate::cases::Case;

pub(super) struct Tree {
    pub(super) files: MemFiles,
    before: BTreeMap<String, Entry>,
}

/// Something in the tree.
#[derive(Clone, PartialEq)]
struct Entry {
    stat: Stat,
    content: Vec<u8>,
}

impl Tree {
    /// The tree before the first step.
    pub(super) fn laid_out(case: &Case) -> Result<Self, String> {
        let about = componentconfig::yaml::read(&case.text("case.yaml")?).map_err(said)?;
        let files = MemFiles::new();
        for folder in ["/etc", "/var/lib", "/run", "/proc", "/tmp", "/tmp/dryrun"] {
            folders(&files, folder)?;
        }
        files.set_mode("/tmp", 0o1777).map_err(said)?;
        for folder in about["hostDirectories"].as_array().into_iter().flatten() {
            folders(&files, folder.as_str().unwrap_or_default())?;
        }
        let folder = case.folder();
        copy(&folder.join("fixture"), "", &files)?;
        copy(&folder.join("patches"), "/tmp/patches", &files)?;
        if let Ok(text) = case.text("input.yaml") {
            put(&files, "/tmp/input.yaml", text.as_bytes(), 0o644)?;
        }
        for (path, mode) in about["fixtureModes"].as_object().into_iter().flatten() {
            files.set_mode(path, octal(mode)?).map_err(said)?;
        }
        let before = entries(&files)?;
        Ok(Self { files, before })
    }

    /// Lays further files of a case into the tree.
    pub(super) fn lay_extra(&self, case: &Case) -> Result<(), String> {
        copy(&case.folder().join("extra"), "", &self.files)
    }

    /// A change made by somebody else between two steps.
    pub(super) fn edit(&self, step: &Value) -> Result<(), String> {
        let text = |name: &str| step[name].as_str();
        let files = &self.files;
        if let Some(path) = text("rm") {
            files.remove_tree(path, false).map_err(said)
        } else if let Some(path) = text("write") {
            let content = text("content").unwrap_or_default();
            put(files, path, content.as_bytes(), 0o644)?;
            if step["mode"].is_null() {
                return Ok(());
            }
            files.set_mode(path, octal(&step["mode"])?).map_err(said)
        } else if let Some(from) = text("copy") {
            let content = files.read(from).map_err(said)?;
            let mode = files
                .stat(from)
                .map_err(said)?
                .map_or(0o644, |stat| stat.mode);
            put(files, text("to").ok_or("copy without to")?, &content, mode)
        } else if let Some(path) = text("mkdir") {
            folders(files, path)?;
            files.set_mode(path, octal(&step["mode"])?).map_err(said)
        } else if let Some(path) = text("replaceIn") {
            let (old, new) = (
                text("old").unwrap_or_default(),
                text("new").unwrap_or_default(),
            );
            let content = self::text(files, path)?.replace(old, new);
            let mode = files
                .stat(path)
                .map_err(said)?
                .map_or(0o644, |stat| stat.mode);
            put(files, path, content.as_bytes(), mode)
        } else {
            Err(format!("unknown step {step}"))
        }
    }

    /// What is new or changed that the recording has not, and the other way round.
    pub(super) fn differences(&self, expected: &Value) -> Vec<String> {
        let after = entries(&self.files).unwrap_or_default();
        let mut found: BTreeSet<String> = after
            .iter()
            .filter(|(path, entry)| self.before.get(*path) != Some(entry))
            .map(|(path, entry)| described(path, entry, self.before.contains_key(path)).to_string())
            .collect();
        let gone = self.before.keys().filter(|path| !after.contains_key(*path));
        found.extend(gone.map(|path| json!({ "path": path, "change": "removed" }).to_string()));
        let expected: BTreeSet<String> = expected
            .as_array()
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        let too_much = found
            .difference(&expected)
            .map(|entry| format!("tree: unexpected {entry}"));
        let missing = expected
            .difference(&found)
            .map(|entry| format!("tree: missing {entry}"));
        too_much.chain(missing).collect()
    }

    /// What is there now was there before the first step.
    pub(super) fn begin(&mut self) -> Result<(), String> {
        self.before = entries(&self.files)?;
        Ok(())
    }

    /// Files whose data are not the recorded ones.
    pub(super) fn file_differences(&self, case: &Case) -> Result<Vec<String>, String> {
        self.file_differences_of(case, "expected/files")
    }

    /// The same, against the files recorded in this folder of the case.
    pub(super) fn file_differences_of(
        &self,
        case: &Case,
        folder: &str,
    ) -> Result<Vec<String>, String> {
        let mut out = Vec::new();
        for (path, expected) in recorded(case, folder)? {
            match self.normalized(&path) {
                Err(why) => out.push(format!("{path}: {why}")),
                Ok(found) if is_data(&path) => {
                    let read = |text: &str| componentconfig::yaml::read(text).map_err(said);
                    let difference = match (read(&found), read(&expected)) {
                        (Ok(found), Ok(expected)) => first_difference(&found, &expected),
                        (Err(_), Err(_)) => None,
                        (Err(why), _) | (_, Err(why)) => Some(why),
                    };
                    out.extend(difference.map(|difference| format!("{path}: {difference}")));
                }
                Ok(found) => {
                    if found != expected {
                        out.push(format!("{path}: {found:?}, expected {expected:?}"));
                    }
                }
            }
        }
        Ok(out)
    }

    /// Files that are not byte for byte the recorded ones.
    pub(super) fn verbatim_differences(&self, case: &Case) -> Result<Vec<String>, String> {
        let mut out = Vec::new();
        for (path, expected) in recorded(case, "expected/files")? {
            let found = self.normalized(&path)?;
            if found != expected {
                let lines = found.lines().zip(expected.lines());
                let first = lines
                    .into_iter()
                    .find(|(found, expected)| found != expected);
                out.push(match first {
                    Some((found, expected)) => format!("{path}: {found:?}, expected {expected:?}"),
                    None => format!("{path}: another length"),
                });
            }
        }
        Ok(out)
    }

    /// The text of a file with what is random in it replaced, as in the recordings.
    fn normalized(&self, path: &str) -> Result<String, String> {
        let all = entries(&self.files)?;
        let path = all.keys().find(|known| dateless(known) == path);
        let found = text(&self.files, path.ok_or("there is no such file")?)?;
        let mut out = String::new();
        for line in found.split_inclusive('\n') {
            let replaced = line.split_once("-data: ").and_then(|(name, value)| {
                let placeholder = self.placeholder(name.trim(), value.trim())?;
                Some(format!("{name}-data: '{placeholder}'\n"))
            });
            out.push_str(replaced.as_deref().unwrap_or(line));
        }
        Ok(out)
    }

    fn placeholder(&self, field: &str, value: &str) -> Option<String> {
        match field {
            "client-certificate" => Some("{{CERTIFICATE}}".to_owned()),
            "client-key" => Some("{{KEY}}".to_owned()),
            "certificate-authority" => {
                let bytes = STANDARD.decode(value).ok()?;
                let all = entries(&self.files).ok()?;
                let file = all
                    .iter()
                    .find(|(path, entry)| is_certificate(path) && entry.content == bytes);
                Some(file.map_or_else(
                    || "{{BASE64_OF_A_CERTIFICATE_NOT_ON_DISK}}".to_owned(),
                    |(path, _)| format!("{{{{BASE64_OF:{path}}}}}"),
                ))
            }
            _ => None,
        }
    }
}

/// A path with `-DATE` for the moment in the name of a folder of copies.
fn dateless(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let words: Vec<&str> = part.rsplitn(7, '-').collect();
        let is_moment = |words: &[&str]| {
            words
                .iter()
                .all(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match words.split_last() {
            Some((name, moment)) if moment.len() == 6 && is_moment(moment) => {
                format!("{name}-DATE")
            }
            _ => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The text of a file.
pub(super) fn text(files: &MemFiles, path: &str) -> Result<String, String> {
    String::from_utf8(files.read(path).map_err(said)?).map_err(said)
}

fn is_certificate(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "crt")
}

fn is_data(path: &str) -> bool {
    let ends = |end: &str| path.ends_with(end);
    [".yaml", ".json", ".conf"].into_iter().any(ends)
}

/// Path and text of every recorded file.
fn recorded(case: &Case, folder: &str) -> Result<Vec<(String, String)>, String> {
    let mut out = Vec::new();
    for (path, content) in on_disk(&case.folder().join(folder))? {
        out.push((path, String::from_utf8(content).map_err(said)?));
    }
    Ok(out)
}

/// Files below a folder of the case, by path from there; none if there is no such folder.
fn on_disk(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut out = BTreeMap::new();
    if !folder.exists() {
        return Ok(out);
    }
    for entry in fs::read_dir(folder).map_err(said)? {
        let path = entry.map_err(said)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            for (below, content) in on_disk(&path)? {
                out.insert(format!("/{name}{below}"), content);
            }
        } else {
            out.insert(format!("/{name}"), fs::read(&path).map_err(said)?);
        }
    }
    Ok(out)
}

fn copy(from: &Path, to: &str, files: &MemFiles) -> Result<(), String> {
    for (path, content) in on_disk(from)? {
        put(files, &format!("{to}{path}"), &content, 0o644)?;
    }
    Ok(())
}

fn put(files: &MemFiles, path: &str, content: &[u8], mode: u32) -> Result<(), String> {
    if let Some((folder, _)) = path.rsplit_once('/') {
        folders(files, folder)?;
    }
    // Who writes into a file that is there leaves its mode.
    let mode = files
        .stat(path)
        .map_err(said)?
        .map_or(mode, |stat| stat.mode);
    files.write_atomic(path, content, mode).map_err(said)
}

fn folders(files: &MemFiles, path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Ok(());
    }
    files.create_dir_all(path, 0o755).map_err(said)
}

fn entries(files: &MemFiles) -> Result<BTreeMap<String, Entry>, String> {
    let mut out = BTreeMap::new();
    walk(files, "", &mut out)?;
    Ok(out)
}

fn walk(files: &MemFiles, folder: &str, out: &mut BTreeMap<String, Entry>) -> Result<(), String> {
    let here = if folder.is_empty() { "/" } else { folder };
    for name in files.list(here).map_err(said)? {
        let path = format!("{folder}/{name}");
        let stat = files.link_stat(&path).map_err(said)?.ok_or("vanished")?;
        let content = if stat.is_file() {
            files.read(&path).map_err(said)?
        } else {
            Vec::new()
        };
        out.insert(path.clone(), Entry { stat, content });
        if stat.is_dir() {
            walk(files, &path, out)?;
        }
    }
    Ok(())
}

fn described(path: &str, entry: &Entry, was_there: bool) -> Value {
    let kind = match entry.stat.kind {
        FileKind::Directory => "dir",
        FileKind::Link => "link",
        _ => "file",
    };
    let mut out =
        json!({ "path": dateless(path), "type": kind, "mode": format!("{:04o}", entry.stat.mode) });
    let Owner { uid, gid } = entry.stat.owner;
    if (uid, gid) != (0, 0) {
        out["owner"] = json!(format!("{uid}:{gid}"));
    }
    if was_there {
        out["change"] = json!("modified");
    }
    out
}

fn octal(mode: &Value) -> Result<u32, String> {
    u32::from_str_radix(mode.as_str().unwrap_or("0755"), 8).map_err(said)
}

#[expect(clippy::needless_pass_by_value, reason = "handed over by map_err")]
pub(super) fn said(error: impl ToString) -> String {
    error.to_string()
}
