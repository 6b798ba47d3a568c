//! What a machine is told on its first boot, read as cloud-init reads it.

use componentconfig::yaml;
use examples::failure::Failure;
use serde_json::Value;

use crate::objects::HOSTNAME;

/// What kubeadm is called for, and with which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Init,
    Join,
}

/// A file that is written before anything runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) content: String,
}

/// Files and the call of kubeadm: all that the data of these machines says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UserData {
    pub(crate) files: Vec<Written>,
    pub(crate) call: Call,
    /// The path of kubeadm's configuration.
    pub(crate) config: String,
}

impl UserData {
    /// Reads the data of the machine of that name, which it may refer to.
    pub(crate) fn read(text: &str, hostname: &str) -> Result<Self, Failure> {
        let Some(text) = text.strip_prefix("## template: jinja\n#cloud-config\n") else {
            return Err(Failure::Run("the data is not cloud-init's".to_owned()));
        };
        let text = text.replace(HOSTNAME, hostname);
        let data = yaml::read(&text).map_err(Failure::run)?;
        let list = |name: &str| {
            data.get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let files: Result<Vec<Written>, Failure> = list("write_files").map(file).collect();
        let files = files?;
        let mut kubeadm = None;
        for command in list("runcmd") {
            let command = command.as_str().unwrap_or_default();
            let words: Vec<&str> = command.split_whitespace().collect();
            kubeadm = match words.as_slice() {
                ["kubeadm", "init", "--config", path, ..] => Some((Call::Init, (*path).to_owned())),
                ["kubeadm", "join", "--config", path, ..] => Some((Call::Join, (*path).to_owned())),
                _ => {
                    return Err(Failure::Run(format!(
                        "nothing runs here that is not kubeadm: {command}"
                    )));
                }
            };
        }
        let (call, config) =
            kubeadm.ok_or_else(|| Failure::Run("kubeadm is not called".to_owned()))?;
        Ok(Self {
            files,
            call,
            config,
        })
    }

    /// The configuration of kubeadm.
    pub(crate) fn configuration(&self) -> Result<&str, Failure> {
        let mut files = self.files.iter();
        let file = files.find(|file| file.path == self.config);
        let missing = || Failure::Run(format!("{} is not among the files", self.config));
        file.map(|file| file.content.as_str()).ok_or_else(missing)
    }
}

fn file(entry: &Value) -> Result<Written, Failure> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let path = text("path").to_owned();
    if !text("encoding").is_empty() || entry.get("append").is_some() {
        return Err(Failure::Run(format!(
            "{path}: only whole files of plain text are written"
        )));
    }
    let mode = match text("permissions") {
        "" => 0o644,
        mode => u32::from_str_radix(mode, 8)
            .map_err(|error| Failure::Run(format!("{path}: permissions {mode:?}: {error}")))?,
    };
    Ok(Written {
        path,
        mode,
        content: text("content").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_the_call_are_read_with_the_name_of_the_machine() {
        let text = "## template: jinja\n#cloud-config\nwrite_files:\n\
                    - path: /run/kubeadm/kubeadm.yaml\n  permissions: \"0640\"\n  content: \"name: '{{ ds.meta_data.local_hostname }}'\"\n\
                    runcmd:\n- kubeadm init --config /run/kubeadm/kubeadm.yaml && echo success\n";
        let data = UserData::read(text, "a").unwrap();
        assert_eq!((data.call, data.files[0].mode), (Call::Init, 0o640));
        assert_eq!(data.configuration().unwrap(), "name: 'a'");
    }

    #[test]
    fn what_would_not_be_done_is_refused() {
        let head = "## template: jinja\n#cloud-config\n";
        for (text, why) in [
            ("#!/bin/sh\n".to_owned(), "not cloud-init's"),
            (format!("{head}runcmd: [reboot]\n"), "reboot"),
            (format!("{head}runcmd: []\n"), "not called"),
            (
                format!("{head}write_files: [{{path: /a, append: true}}]\n"),
                "whole files",
            ),
        ] {
            let said = UserData::read(&text, "a").unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
