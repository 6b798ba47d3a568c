//! Users and groups of components that do not run as root (`cmd/kubeadm/app/util/users/users_linux.go`).
//!
//! Reads and writes no file itself: texts of `/etc/passwd` and `/etc/group` go in, texts and numbers come out.

use std::{collections::BTreeSet, error::Error, fmt};

use crate::Owner;

/// A component's user and group, and the group that may read the key of service accounts.
const USERS: [&str; 4] = ["kubeadm-etcd", "kubeadm-kas", "kubeadm-kcm", "kubeadm-ks"];
const READERS: &str = "kubeadm-sa-key-readers";
const GROUPS: [(&str, &str); 5] = [
    ("kubeadm-etcd", "kubeadm-etcd"),
    ("kubeadm-kas", "kubeadm-kas"),
    ("kubeadm-kcm", "kubeadm-kcm"),
    ("kubeadm-ks", "kubeadm-ks"),
    (READERS, "kubeadm-kas,kubeadm-kcm"),
];
const NO_SHELL: &str = "/bin/false";

/// The users and groups of the control plane: who they are, and what the two files hold with them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPlaneUsers {
    /// User and group of etcd.
    pub etcd: Owner,
    /// User and group of the API server.
    pub apiserver: Owner,
    /// User and group of the controller manager.
    pub controller_manager: Owner,
    /// User and group of the scheduler.
    pub scheduler: Owner,
    /// The group that may read `sa.key`: API server and controller manager.
    pub key_readers: u32,
    /// `/etc/passwd` with all of them in it.
    pub passwd: String,
    /// `/etc/group` with all of them in it.
    pub group: String,
}

/// Finds the users and groups of the control plane in the two files, and adds those that are missing, each with the lowest
/// number that is free in the range for system users. `login_defs` is the text of `/etc/login.defs`, or empty: then the
/// range is 100 to 999.
///
/// # Errors
/// A file that cannot be read, an entry of one of these names that is not as it should be, or no number free.
pub fn control_plane_users(
    login_defs: &str,
    passwd: &str,
    group: &str,
) -> Result<ControlPlaneUsers, UsersError> {
    let limits = Limits::read(login_defs)?;
    let mut users = read_users(passwd)?;
    let mut groups = read_groups(group)?;
    let new_groups = missing_groups(&groups, &limits)?;
    let new_users = missing_users(&users, &groups, &limits)?;

    // Numbers are given out before anything is added: users by users, groups by groups.
    let gids = free(groups.iter().map(|g| g.gid), limits.gid, new_groups.len())?;
    let uids = free(users.iter().map(|u| u.uid), limits.uid, new_users.len())?;
    let mut passwd = passwd.to_owned();
    let mut group = group.to_owned();
    for ((name, members), gid) in new_groups.into_iter().zip(gids) {
        add_line(&mut group, &format!("{name}:x:{gid}:{members}"));
        groups.push(GroupEntry {
            name: name.into(),
            gid,
            members: members.into(),
        });
    }
    for (name, uid) in new_users.into_iter().zip(uids) {
        let gid = find_group(&groups, name)?;
        add_line(&mut passwd, &format!("{name}:x:{uid}:{gid}:::{NO_SHELL}"));
        users.push(UserEntry {
            name: name.into(),
            uid,
            gid,
            shell: NO_SHELL.into(),
        });
    }

    let owner = |name| {
        let user = users.iter().find(|user| user.name == name);
        Ok::<_, UsersError>(Owner {
            uid: user.map(|user| user.uid).ok_or_else(|| lost(name))?,
            gid: find_group(&groups, name)?,
        })
    };
    Ok(ControlPlaneUsers {
        etcd: owner("kubeadm-etcd")?,
        apiserver: owner("kubeadm-kas")?,
        controller_manager: owner("kubeadm-kcm")?,
        scheduler: owner("kubeadm-ks")?,
        key_readers: find_group(&groups, READERS)?,
        passwd,
        group,
    })
}

/// Why the users of the control plane cannot be found or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsersError(String);

impl fmt::Display for UsersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UsersError {}

struct UserEntry {
    name: String,
    uid: u32,
    gid: u32,
    shell: String,
}

struct GroupEntry {
    name: String,
    gid: u32,
    members: String,
}

/// Inclusive ranges of system users and groups.
struct Limits {
    uid: (u32, u32),
    gid: (u32, u32),
}

impl Limits {
    fn read(text: &str) -> Result<Self, UsersError> {
        let mut limits = Self {
            uid: (100, 999),
            gid: (100, 999),
        };
        for line in text.lines() {
            let places = [
                ("SYS_UID_MIN", &mut limits.uid.0),
                ("SYS_UID_MAX", &mut limits.uid.1),
                ("SYS_GID_MIN", &mut limits.gid.0),
                ("SYS_GID_MAX", &mut limits.gid.1),
            ];
            for (name, place) in places {
                if let Some(value) = line.strip_prefix(name) {
                    *place = value.trim().parse().map_err(|_| {
                        UsersError(format!("/etc/login.defs: {name} is no number: {line:?}"))
                    })?;
                }
            }
        }
        Ok(limits)
    }
}

fn read_users(text: &str) -> Result<Vec<UserEntry>, UsersError> {
    entries("/etc/passwd", 7, text, |fields| {
        let [name, _, uid, gid, _, _, shell] = fields else {
            return None;
        };
        Some(UserEntry {
            name: (*name).to_owned(),
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
            shell: (*shell).to_owned(),
        })
    })
}

fn read_groups(text: &str) -> Result<Vec<GroupEntry>, UsersError> {
    entries("/etc/group", 4, text, |fields| {
        let [name, _, gid, members] = fields else {
            return None;
        };
        Some(GroupEntry {
            name: (*name).to_owned(),
            gid: gid.parse().ok()?,
            members: (*members).to_owned(),
        })
    })
}

fn entries<T>(
    file: &str,
    count: usize,
    text: &str,
    read: impl Fn(&[&str]) -> Option<T>,
) -> Result<Vec<T>, UsersError> {
    let lines = text.split('\n').map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| {
            read(&line.split(':').collect::<Vec<_>>()).ok_or_else(|| {
                UsersError(format!(
                    "{file}:{}: expected {count} fields separated by ':' with a number for each identifier",
                    number + 1
                ))
            })
        })
        .collect()
}

fn missing_users(
    users: &[UserEntry],
    groups: &[GroupEntry],
    limits: &Limits,
) -> Result<Vec<&'static str>, UsersError> {
    let mut missing = Vec::new();
    for name in USERS {
        match users.iter().find(|user| user.name == name) {
            Some(user) => check_user(user, groups, limits.uid)?,
            None => missing.push(name),
        }
    }
    Ok(missing)
}

fn check_user(
    user: &UserEntry,
    groups: &[GroupEntry],
    range: (u32, u32),
) -> Result<(), UsersError> {
    let name = &user.name;
    in_range("user", name, user.uid, range)?;
    if user.shell != NO_SHELL {
        return Err(UsersError(format!(
            "user {name:?} has the shell {:?}, expected {NO_SHELL:?}",
            user.shell
        )));
    }
    match groups.iter().find(|group| group.gid == user.gid) {
        Some(group) if group.name == *name => Ok(()),
        Some(group) => Err(UsersError(format!(
            "user {name:?} has the group {:?}, expected one of its own name",
            group.name
        ))),
        None => Err(UsersError(format!(
            "user {name:?} has the group {}, which does not exist",
            user.gid
        ))),
    }
}

fn missing_groups(
    groups: &[GroupEntry],
    limits: &Limits,
) -> Result<Vec<(&'static str, &'static str)>, UsersError> {
    let mut missing = Vec::new();
    for (name, members) in GROUPS {
        match groups.iter().find(|group| group.name == name) {
            Some(group) if group.members == members => {
                in_range("group", name, group.gid, limits.gid)?;
            }
            Some(group) => {
                return Err(UsersError(format!(
                    "group {name:?} has the members {:?}, expected {members:?}",
                    group.members
                )));
            }
            None => missing.push((name, members)),
        }
    }
    Ok(missing)
}

fn in_range(what: &str, name: &str, id: u32, (low, high): (u32, u32)) -> Result<(), UsersError> {
    if (low..=high).contains(&id) {
        return Ok(());
    }
    Err(UsersError(format!(
        "{what} {name:?} has the number {id}, outside the range {low} to {high} of system users"
    )))
}

fn free(
    taken: impl Iterator<Item = u32>,
    (low, high): (u32, u32),
    count: usize,
) -> Result<Vec<u32>, UsersError> {
    let taken: BTreeSet<u32> = taken.collect();
    let free: Vec<u32> = (low..=high)
        .filter(|id| !taken.contains(id))
        .take(count)
        .collect();
    if free.len() == count {
        return Ok(free);
    }
    Err(UsersError(format!(
        "{count} numbers are needed, but the range {low} to {high} of system users has only {} free",
        free.len()
    )))
}

fn find_group(groups: &[GroupEntry], name: &str) -> Result<u32, UsersError> {
    let group = groups.iter().find(|group| group.name == name);
    group.map(|group| group.gid).ok_or_else(|| lost(name))
}

fn lost(name: &str) -> UsersError {
    UsersError(format!("there is no entry of the name {name:?}"))
}

fn add_line(text: &mut String, line: &str) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nlow:x:100:100::/:/bin/sh\n";
    const GROUP: &str = "root:x:0:\nlow:x:101:";

    #[test]
    fn missing_ones_take_the_lowest_free_numbers_and_a_second_look_adds_nothing() {
        let made = control_plane_users("", PASSWD, GROUP).unwrap();
        assert_eq!(made.etcd, Owner { uid: 101, gid: 100 });
        assert_eq!(made.apiserver, Owner { uid: 102, gid: 102 });
        assert_eq!(made.key_readers, 105);
        assert!(
            made.passwd
                .ends_with("\nkubeadm-ks:x:104:104:::/bin/false\n")
        );
        assert!(
            made.group
                .starts_with("root:x:0:\nlow:x:101:\nkubeadm-etcd:x:100:kubeadm-etcd\n")
        );
        let again = control_plane_users("", &made.passwd, &made.group).unwrap();
        assert_eq!(again, made);
    }

    #[test]
    fn entries_that_are_not_ours_are_refused() {
        let refused = |passwd: &str, group: &str| {
            control_plane_users("SYS_UID_MAX 300\n", passwd, group)
                .unwrap_err()
                .to_string()
        };
        assert!(refused("a:b\n", "").starts_with("/etc/passwd:1: expected 7 fields"));
        assert!(refused("", "\ng:x:y:\n").starts_with("/etc/group:2: expected 4 fields"));
        let shell = refused(
            "kubeadm-kas:x:101:100:::/bin/sh\n",
            "kubeadm-kas:x:100:kubeadm-kas\n",
        );
        assert!(shell.contains("has the shell"), "{shell}");
        let range = refused("kubeadm-kas:x:301:100:::/bin/false\n", "");
        assert!(range.contains("outside the range 100 to 300"), "{range}");
        let members = refused("", "kubeadm-kas:x:100:root\n");
        assert!(members.contains("has the members"), "{members}");
        let full = control_plane_users("SYS_GID_MIN 1\nSYS_GID_MAX 3\n", "", "").unwrap_err();
        assert!(full.to_string().contains("only 3 free"), "{full}");
    }
}
