//! The Linux host that this process runs on.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs as _},
    path::Path,
    process, thread,
};

use super::{Command, Host, HostError, Output};

/// The host that this process runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinuxHost;

/// Where programs lie, whatever the environment says.
const FOLDERS: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

impl Host for LinuxHost {
    fn run(&self, command: &Command) -> Result<Output, HostError> {
        let done = process::Command::new(&command.program)
            .args(&command.args)
            .stdin(process::Stdio::null())
            .output();
        let done = done.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => HostError::NoProgram(command.program.clone()),
            _ => HostError::Other(format!("{command}: {error}")),
        })?;
        Ok(Output {
            code: done.status.code(),
            stdout: String::from_utf8_lossy(&done.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&done.stderr).into_owned(),
        })
    }

    fn find_program(&self, name: &str) -> Option<String> {
        let paths = FOLDERS.iter().map(|folder| format!("{folder}/{name}"));
        paths.into_iter().find(|path| Path::new(path).is_file())
    }

    fn kernel_file(&self, path: &str) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    fn is_port_free(&self, port: u16) -> bool {
        TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))).is_ok()
    }

    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, HostError> {
        let found = (name, 0).to_socket_addrs();
        let found = found.map_err(|error| HostError::Other(error.to_string()))?;
        Ok(found.map(|address| address.ip()).collect())
    }

    fn is_root(&self) -> bool {
        let status = self.kernel_file("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        // Real, effective, saved and file system user.
        line.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
    }

    fn processors(&self) -> usize {
        thread::available_parallelism().map_or(1, Into::into)
    }

    fn memory(&self) -> Option<u64> {
        let text = self.kernel_file("/proc/meminfo")?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:"))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        kibibytes.checked_mul(1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn this_host_tells_of_itself() {
        let host = LinuxHost;
        assert!(host.memory().unwrap() > 1 << 20);
        assert!(host.processors() > 0);
        let output = host
            .run(&Command::new(
                "sh",
                ["-c", "echo out; echo err >&2; exit 3"],
            ))
            .unwrap();
        assert_eq!(
            (output.code, &*output.stdout, &*output.stderr),
            (Some(3), "out\n", "err\n")
        );
        let none = host.run(&Command::new("no-such-program-here", [""; 0]));
        assert!(matches!(none, Err(HostError::NoProgram(_))));
        let taken = TcpListener::bind("0.0.0.0:0").unwrap();
        assert!(!host.is_port_free(taken.local_addr().unwrap().port()));
        assert!(host.find_program("sh").is_some());
    }
}
