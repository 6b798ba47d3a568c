//! What the kernel knows of a process: memory and processor time.

use std::{fs, time::Duration};

/// The resident memory of a process, in bytes.
///
/// # Panics
/// The process is gone, or this is no Linux.
#[expect(clippy::expect_used, reason = "there is nothing to measure then")]
pub fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a running process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kibibytes.expect("VmRSS") * 1024
}

/// The processor time that the threads of a process took, in user and in system mode, in nanoseconds' steps.
///
/// # Panics
/// The process is gone, or this is no Linux.
#[expect(clippy::expect_used, reason = "there is nothing to measure then")]
pub fn processor(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("a running process");
    let times = threads.flatten().filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(times.sum())
}
