//! Data in the format of Ignition 2.3, which Flatcar reads.
//!
//! Ignition only writes files and units; so kubeadm is run by a unit, once: the unit needs a file that the script moves away.

mod config;

use std::fmt::Write as _;

use componentconfig::scalar::Bytes;
use serde_json::{Value, json};

use super::{BootstrapError, Parts, Role, put};
use crate::bootstrap::v1beta2::{DiskSetup, Encoding, File, User};

pub(super) fn write(parts: &Parts<'_>) -> Result<String, BootstrapError> {
    let spec = &parts.input.config.spec;
    let mut config = json!({
        "ignition": {"version": "2.3.0", "config": {}, "timeouts": {}, "security": {"tls": {}}},
        "networkd": {},
        "passwd": {},
        "storage": {"files": files(parts)?},
        "systemd": {"units": units(parts)?},
    });
    let users: Vec<Value> = parts.users.iter().map(user).collect();
    if let Some(passwd) = config.get_mut("passwd").filter(|_| !users.is_empty()) {
        put(passwd, "users", users);
    }
    if let Some(storage) = config.get_mut("storage") {
        disks(&spec.disk_setup, storage);
    }
    let additional = &spec.ignition.container_linux_config;
    if !additional.additional_config.is_empty() {
        let strict = additional.strict == Some(true);
        let additional = config::read(&additional.additional_config, strict)?;
        config::append(&mut config, additional);
    }
    Ok(config.to_string())
}

/// Bytes as a URL that holds them.
fn data_url(bytes: &[u8]) -> String {
    let mut url = "data:,".to_owned();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

fn inline(path: &str, mode: u32, content: &[u8]) -> Value {
    json!({
        "filesystem": "root",
        "path": path,
        "mode": mode,
        "contents": {"source": data_url(content), "verification": {}},
    })
}

fn files(parts: &Parts<'_>) -> Result<Vec<Value>, BootstrapError> {
    let spec = &parts.input.config.spec;
    let mut files = Vec::new();
    for user in parts.users.iter().filter(|user| !user.sudo.is_empty()) {
        let content = format!("{} {}\n", user.name, user.sudo);
        let path = format!("/etc/sudoers.d/{}", user.name);
        files.push(inline(&path, 0o600, content.as_bytes()));
    }
    let by_password = parts
        .users
        .iter()
        .filter(|user| user.lock_password == Some(false));
    let by_password: Vec<&str> = by_password.map(|user| user.name.as_str()).collect();
    if !by_password.is_empty() {
        let content = format!(
            "# Use most defaults for sshd configuration.\nSubsystem sftp internal-sftp\nClientAliveInterval 180\nUseDNS no\n\
             UsePAM yes\nPrintLastLog no # handled by PAM\nPrintMotd no # handled by PAM\n\nMatch User {}\n  \
             PasswordAuthentication yes\n",
            by_password.join(",")
        );
        files.push(inline("/etc/ssh/sshd_config", 0o600, content.as_bytes()));
    }
    for one in &parts.files {
        files.push(file(one)?);
    }
    let command = match parts.input.role {
        Role::Init => "init",
        Role::JoinControlPlane | Role::JoinWorker => "join",
    };
    let mut script = "#!/bin/bash\nset -e\n".to_owned();
    let lines = |script: &mut String, commands: &[String]| {
        for command in commands {
            script.push_str(command);
            script.push('\n');
        }
    };
    lines(&mut script, &spec.pre_kubeadm_commands);
    let _ = write!(
        script,
        "\nkubeadm {command} --config /etc/kubeadm.yml{}\n\
         mkdir -p /run/cluster-api && echo success > /run/cluster-api/bootstrap-success.complete\n\
         mv /etc/kubeadm.yml /tmp/\n",
        parts.verbosity
    );
    lines(&mut script, &spec.post_kubeadm_commands);
    files.push(inline("/etc/kubeadm.sh", 0o700, script.as_bytes()));
    files.push(inline("/etc/kubeadm.yml", 0o600, parts.kubeadm.as_bytes()));
    if spec.ntp.enabled == Some(true) && !spec.ntp.servers.is_empty() {
        let mut content = "# Common pool\n".to_owned();
        for server in &spec.ntp.servers {
            let _ = writeln!(content, "server {server}");
        }
        content.push_str(
            "\n# Only time queries, at a limited rate, and everything from the host itself.\n\
             restrict default nomodify nopeer noquery notrap limited kod\nrestrict 127.0.0.1\nrestrict [::1]\n",
        );
        files.push(inline("/etc/ntp.conf", 0o644, content.as_bytes()));
    }
    Ok(files)
}

fn file(file: &File) -> Result<Value, BootstrapError> {
    let wrong = |field: &str, problem: String| BootstrapError::Field {
        place: format!("spec.files[{}].{field}", file.path),
        problem,
    };
    let decoded;
    let content = match &file.encoding {
        Encoding::Base64 => {
            let compact: String = file.content.split_whitespace().collect();
            let bytes: Result<Bytes, _> = serde_json::from_value(compact.into());
            decoded = bytes.map_err(|error| wrong("content", error.to_string()))?;
            decoded.as_slice()
        }
        encoding if encoding.is_unset() => file.content.as_bytes(),
        other => {
            let problem = format!("Ignition knows base64, not {:?}", other.as_str());
            return Err(wrong("encoding", problem));
        }
    };
    let mut made = inline(&file.path, 0, content);
    let mode = file.permissions.trim();
    match made.as_object_mut() {
        Some(fields) if mode.is_empty() => drop(fields.remove("mode")),
        _ => {
            let mode = u32::from_str_radix(mode.trim_start_matches("0o"), 8);
            let problem = |_| wrong("permissions", "they are no octal number".to_owned());
            put(&mut made, "mode", mode.map_err(problem)?);
        }
    }
    if file.append == Some(true) {
        put(&mut made, "append", true);
    }
    let (user, group) = file.owner.split_once(':').unwrap_or((&file.owner, ""));
    for (field, name) in [("user", user), ("group", group)] {
        if !name.trim().is_empty() {
            put(&mut made, field, json!({"name": name.trim()}));
        }
    }
    Ok(made)
}

fn user(user: &User) -> Value {
    let mut made = json!({"name": user.name});
    let passwd = user.passwd.expose();
    for (field, text) in [
        ("gecos", user.gecos.as_str()),
        ("homeDir", &user.home_dir),
        ("shell", &user.shell),
        ("passwordHash", passwd),
        ("primaryGroup", &user.primary_group),
    ] {
        if !text.is_empty() {
            put(&mut made, field, text);
        }
    }
    let groups = user.groups.split(',').map(str::trim);
    let groups: Vec<&str> = groups.filter(|group| !group.is_empty()).collect();
    if !groups.is_empty() {
        put(&mut made, "groups", json!(groups));
    }
    if !user.ssh_authorized_keys.is_empty() {
        put(
            &mut made,
            "sshAuthorizedKeys",
            json!(user.ssh_authorized_keys),
        );
    }
    made
}

const KUBEADM_UNIT: &str = "[Unit]\nDescription=kubeadm\n# Run only once. After successful run, this file is moved to /tmp/.\n\
    ConditionPathExists=/etc/kubeadm.yml\nAfter=network.target\n[Service]\n# To not restart the unit when it exits, as it is expected.\n\
    Type=oneshot\nExecStart=/bin/bash /etc/kubeadm.sh\n[Install]\nWantedBy=multi-user.target\n";

fn units(parts: &Parts<'_>) -> Result<Vec<Value>, BootstrapError> {
    let spec = &parts.input.config.spec;
    let mut units =
        vec![json!({"name": "kubeadm.service", "enabled": true, "contents": KUBEADM_UNIT})];
    if spec.ntp.enabled == Some(true) {
        units.push(json!({"name": "ntpd.service", "enabled": true}));
    }
    for (index, mount) in spec.mounts.iter().enumerate() {
        let [label, place, options @ ..] = &**mount else {
            return Err(BootstrapError::Field {
                place: format!("spec.mounts[{index}]"),
                problem: "a label and a path are needed".to_owned(),
            });
        };
        let mut filesystems = spec.disk_setup.filesystems.iter();
        let device = filesystems.find(|filesystem| filesystem.label == *label);
        let device = device.ok_or_else(|| BootstrapError::Field {
            place: format!("spec.mounts[{index}]"),
            problem: format!("no filesystem of spec.diskSetup has the label {label:?}"),
        })?;
        let name = place.replace('/', "-");
        let name = name.strip_prefix('-').unwrap_or(&name);
        let contents = format!(
            "[Unit]\nDescription = Mount {label}\n\n[Mount]\nWhat={}\nWhere={place}\nOptions={}\n\n[Install]\nWantedBy=multi-user.target\n",
            device.device,
            options.join(",")
        );
        units.push(json!({"name": format!("{name}.mount"), "enabled": true, "contents": contents}));
    }
    Ok(units)
}

fn disks(setup: &DiskSetup, storage: &mut Value) {
    if !setup.partitions.is_empty() {
        let disks = setup.partitions.iter().map(|partition| {
            let mut disk = json!({"device": partition.device});
            if partition.overwrite == Some(true) {
                put(&mut disk, "wipeTable", true);
            }
            if partition.layout == Some(true) {
                put(&mut disk, "partitions", json!([{}]));
            }
            disk
        });
        put(storage, "disks", disks.collect::<Vec<_>>());
    }
    if !setup.filesystems.is_empty() {
        let filesystems = setup.filesystems.iter().map(|filesystem| {
            let mut mount = json!({
                "device": filesystem.device,
                "format": filesystem.filesystem,
                "wipeFilesystem": filesystem.overwrite == Some(true),
                "label": filesystem.label,
            });
            if !filesystem.extra_opts.is_empty() {
                put(&mut mount, "options", json!(filesystem.extra_opts));
            }
            json!({"name": filesystem.label, "mount": mount})
        });
        put(storage, "filesystems", filesystems.collect::<Vec<_>>());
    }
}
