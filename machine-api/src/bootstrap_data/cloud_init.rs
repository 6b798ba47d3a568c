//! Data in the format of cloud-init.

use componentconfig::yaml;
use serde_json::{Map, Value, json};

use super::{Parts, Role, put};
use crate::bootstrap::v1beta2::{DiskSetup, File, Filesystem, NTP, Partition, User};

/// cloud-init fills the text as a template first, so that it can name what only the host knows.
const HEADER: &str = "## template: jinja\n#cloud-config\n";

/// Written once kubeadm is done: providers look for it.
const SENTINEL: &str = "echo success > /run/cluster-api/bootstrap-success.complete";

const PLACEHOLDER: &str = "This placeholder file is used to create the directory /run/cluster-api, on Linux as on Windows";

pub(super) fn write(parts: &Parts<'_>) -> String {
    let spec = &parts.input.config.spec;
    let (path, command) = match parts.input.role {
        Role::Init => ("/run/kubeadm/kubeadm.yaml", "init"),
        Role::JoinControlPlane | Role::JoinWorker => {
            ("/run/kubeadm/kubeadm-join-config.yaml", "join")
        }
    };
    let kubeadm = format!(
        "kubeadm {command} --config {path}{} && {SENTINEL}",
        parts.verbosity
    );
    let of_kubeadm = [
        (path, parts.kubeadm.as_str()),
        ("/run/cluster-api/placeholder", PLACEHOLDER),
    ];
    let of_kubeadm = of_kubeadm.map(|(path, content)| {
        json!({"path": path, "owner": "root:root", "permissions": "0640", "content": content})
    });
    let files = parts.files.iter().map(file).chain(of_kubeadm);
    let commands = spec.pre_kubeadm_commands.iter().cloned();
    let commands = commands.chain([kubeadm]);
    let commands = commands.chain(spec.post_kubeadm_commands.iter().cloned());
    let mut config = json!({
        "write_files": files.collect::<Vec<_>>(),
        "runcmd": commands.collect::<Vec<_>>(),
    });
    let mut add = |name: &str, value: Value| put(&mut config, name, value);
    if !spec.boot_commands.is_empty() {
        add("bootcmd", json!(spec.boot_commands));
    }
    if spec.ntp != NTP::default() {
        add("ntp", ntp(&spec.ntp));
    }
    if !parts.users.is_empty() {
        add("users", parts.users.iter().map(user).collect());
    }
    if spec.disk_setup != DiskSetup::default() {
        let disks = spec.disk_setup.partitions.iter();
        let disks: Map<String, Value> = disks
            .map(|partition| (partition.device.clone(), disk(partition)))
            .collect();
        add("disk_setup", Value::Object(disks));
        let filesystems = spec.disk_setup.filesystems.iter().map(filesystem);
        add("fs_setup", filesystems.collect());
    }
    if !spec.mounts.is_empty() {
        add("mounts", json!(spec.mounts));
    }
    format!("{HEADER}{}", yaml::write(&config))
}

/// Fields that are left out where they say nothing.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(value: Value) -> Self {
        match value {
            Value::Object(fields) => Self(fields),
            _ => Self(Map::new()),
        }
    }

    fn text(mut self, name: &str, text: &str) -> Self {
        if !text.is_empty() {
            self.0.insert(name.to_owned(), text.into());
        }
        self
    }

    /// A flag is only written if it is on, or if it is said that it is off.
    fn flag(mut self, name: &str, flag: Option<bool>) -> Self {
        if let Some(flag) = flag {
            self.0.insert(name.to_owned(), flag.into());
        }
        self
    }

    fn list(mut self, name: &str, list: &[String]) -> Self {
        if !list.is_empty() {
            self.0.insert(name.to_owned(), json!(list));
        }
        self
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

fn file(file: &File) -> Value {
    Fields::of(json!({"path": file.path, "content": file.content}))
        .text("encoding", file.encoding.as_str())
        .text("owner", &file.owner)
        .text("permissions", &file.permissions)
        .flag("append", file.append.filter(|append| *append))
        .done()
}

fn ntp(ntp: &NTP) -> Value {
    Fields::of(json!({"servers": ntp.servers}))
        .flag("enabled", ntp.enabled)
        .done()
}

fn user(user: &User) -> Value {
    Fields::of(json!({"name": user.name}))
        .text("passwd", user.passwd.expose())
        .text("gecos", &user.gecos)
        .text("groups", &user.groups)
        .text("homedir", &user.home_dir)
        .flag("inactive", user.inactive)
        .flag("lock_passwd", user.lock_password)
        .text("shell", &user.shell)
        .text("primary_group", &user.primary_group)
        .text("sudo", &user.sudo)
        .list("ssh_authorized_keys", &user.ssh_authorized_keys)
        .done()
}

/// The codes of kinds of partitions; what is no kind is a code by itself.
const PARTITION_TYPES: [(&str, &str); 7] = [
    ("Linux", "83"),
    ("LinuxSwap", "82"),
    ("LinuxRAID", "fd"),
    ("LVM", "8e"),
    ("Fat32", "0c"),
    ("NTFS", "07"),
    ("LinuxExtended", "85"),
];

fn disk(partition: &Partition) -> Value {
    let layout = partition.disk_layout.iter().map(|part| {
        let known = PARTITION_TYPES.iter();
        let known = known.clone().find(|(kind, _)| *kind == part.partition_type);
        let code = known.map_or(part.partition_type.as_str(), |(_, code)| code);
        if code.is_empty() {
            return json!(part.percentage);
        }
        json!([part.percentage, code])
    });
    let layout = if partition.disk_layout.is_empty() {
        json!(partition.layout == Some(true))
    } else {
        layout.collect()
    };
    Fields::of(json!({ "layout": layout }))
        .text("table_type", &partition.table_type)
        .flag("overwrite", partition.overwrite)
        .done()
}

fn filesystem(filesystem: &Filesystem) -> Value {
    Fields::of(json!({
        "label": filesystem.label,
        "filesystem": filesystem.filesystem,
        "device": filesystem.device,
    }))
    .text("partition", &filesystem.partition)
    .flag("overwrite", filesystem.overwrite)
    .text("replace_fs", &filesystem.replace_fs)
    .list("extra_opts", &filesystem.extra_opts)
    .done()
}
