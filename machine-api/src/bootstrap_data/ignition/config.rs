//! Container Linux Configs, in which the user adds to the data: the parts that say the same as Ignition in other words.

use componentconfig::yaml;
use serde_json::{Map, Value};

use super::{BootstrapError, data_url};

const PLACE: &str = "spec.ignition.containerLinuxConfig.additionalConfig";

fn wrong(path: &str, problem: impl Into<String>) -> BootstrapError {
    BootstrapError::Field {
        place: format!("{PLACE}: {path}"),
        problem: problem.into(),
    }
}

/// The parts that are known; others (`etcd`, `flannel`, `docker`, `update`, `locksmith`) have units of their own to write.
const SECTIONS: [&str; 4] = ["passwd", "storage", "systemd", "networkd"];

/// Fields that Ignition knows, in the words of the config.
const FIELDS: [&str; 55] = [
    "users",
    "groups",
    "name",
    "password_hash",
    "ssh_authorized_keys",
    "uid",
    "gecos",
    "home_dir",
    "no_create_home",
    "primary_group",
    "no_user_group",
    "no_log_init",
    "shell",
    "system",
    "gid",
    "units",
    "enabled",
    "enable",
    "mask",
    "contents",
    "dropins",
    "disks",
    "device",
    "wipe_table",
    "partitions",
    "label",
    "number",
    "size",
    "start",
    "type_guid",
    "guid",
    "raid",
    "level",
    "devices",
    "spares",
    "filesystems",
    "mount",
    "format",
    "wipe_filesystem",
    "options",
    "uuid",
    "path",
    "files",
    "filesystem",
    "append",
    "overwrite",
    "mode",
    "user",
    "group",
    "id",
    "directories",
    "links",
    "hard",
    "target",
    "create",
];

/// Reads a config and says it in Ignition's words. Fields that are not known are an error if it is strict, and left out if not.
pub(super) fn read(text: &str, strict: bool) -> Result<Value, BootstrapError> {
    let config = yaml::read(text).map_err(|report| wrong("it", report.to_string()))?;
    let Value::Object(sections) = config else {
        return Err(wrong("it", "it is no map"));
    };
    let mut read = Map::new();
    for (name, section) in sections {
        if !SECTIONS.contains(&name.as_str()) {
            return Err(wrong(&name, "this section is not supported"));
        }
        read.insert(name.clone(), translated(section, &name, strict)?);
    }
    Ok(Value::Object(read))
}

fn translated(value: Value, path: &str, strict: bool) -> Result<Value, BootstrapError> {
    match value {
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| translated(item, &format!("{path}[{index}]"), strict))
            .collect(),
        Value::Object(fields) => {
            let mut made = Map::new();
            let is_file = path.starts_with("storage.files[") && fields.contains_key("path");
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                if is_file && name == "contents" {
                    made.insert(name, contents(&value, &path)?);
                    continue;
                }
                if !FIELDS.contains(&name.as_str()) {
                    if strict {
                        return Err(wrong(&path, "this field is not known"));
                    }
                    continue;
                }
                made.insert(camel(&name), translated(value, &path, strict)?);
            }
            if is_file {
                made.entry("filesystem").or_insert("root".into());
            }
            Ok(Value::Object(made))
        }
        other => Ok(other),
    }
}

/// The contents of a file: a text, or where it is fetched.
fn contents(value: &Value, path: &str) -> Result<Value, BootstrapError> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    let source = match (text("/inline"), text("/remote/url")) {
        (Some(text), None) => data_url(text.as_bytes()),
        (None, Some(url)) => url.to_owned(),
        _ => return Err(wrong(path, "either inline or remote.url is needed")),
    };
    let mut made = Map::new();
    made.insert("source".to_owned(), source.into());
    if let Some(compression) = text("/remote/compression") {
        made.insert("compression".to_owned(), compression.into());
    }
    let mut verification = Map::new();
    if let (Some(function), Some(sum)) = (
        text("/remote/verification/hash/function"),
        text("/remote/verification/hash/sum"),
    ) {
        verification.insert("hash".to_owned(), format!("{function}-{sum}").into());
    }
    made.insert("verification".to_owned(), Value::Object(verification));
    Ok(Value::Object(made))
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// Adds one config to another: lists are put one after the other, and of single values the added one counts.
pub(super) fn append(config: &mut Value, additional: Value) {
    match (config, additional) {
        (Value::Object(config), Value::Object(additional)) => {
            for (name, value) in additional {
                match config.get_mut(&name) {
                    Some(present) => append(present, value),
                    None => drop(config.insert(name, value)),
                }
            }
        }
        (Value::Array(config), Value::Array(additional)) => config.extend(additional),
        (config, additional) => *config = additional,
    }
}
