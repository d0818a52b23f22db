//! Figures of a process, mostly of this one, read from /proc. Where there is no /proc (a laptop that runs macOS), only the start
//! time and the uptime are known, and the others are left out rather than reported as zero.

use std::{
    fs,
    sync::LazyLock,
    time::{Duration, Instant, SystemTime},
};

/// Ticks a second of /proc/*/stat: fixed by the kernel's interface to programs, whatever its own clock does.
const USER_HZ: u32 = 100;

static STARTED: LazyLock<(Instant, SystemTime)> =
    LazyLock::new(|| (Instant::now(), SystemTime::now()));

/// Time since this was first asked for, which the metrics do when they are set up.
pub(crate) fn uptime() -> Duration {
    STARTED.0.elapsed()
}

/// Start of the process in Unix seconds.
pub(super) fn started_at() -> f64 {
    STARTED
        .1
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs_f64()
}

/// Memory that is really in use, in bytes.
pub(super) fn resident_memory() -> Option<u64> {
    memory("self", "VmRSS:")
}

/// Seconds of processor time used so far, in user and system mode.
pub(super) fn cpu_seconds() -> Option<f64> {
    cpu("self").map(|cpu| cpu.own.as_secs_f64())
}

/// Processor time in user and system mode.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// Of the process itself.
    pub own: Duration,
    /// Of its children that have ended.
    pub ended_children: Duration,
}

/// The processor time that a process, a number or `self`, has used so far; none if there is no such process.
pub fn cpu(process: &str) -> Option<Cpu> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program, in parentheses, may hold spaces: fields are counted behind it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let mut time = || {
        let sum = ticks.next()?.ok()? + ticks.next()?.ok()?;
        Some(Duration::from_secs(sum) / USER_HZ)
    };
    Some(Cpu {
        own: time()?,
        ended_children: time()?,
    })
}

/// A figure of memory of a process, such as `VmRSS:` or `VmHWM:`, in bytes; none if there is no such process.
pub fn memory(process: &str, figure: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}

/// Open file descriptors, sockets included.
pub(super) fn open_files() -> Option<u64> {
    // The listing itself holds one open.
    Some((fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn figures_are_plausible() {
        assert!((1 << 20..1 << 33).contains(&resident_memory().unwrap()));
        assert!(cpu_seconds().unwrap() < 3600.0);
        let before = open_files().unwrap();
        let held: Vec<_> = (0..50)
            .map(|_| fs::File::open("/proc/self/stat").unwrap())
            .collect();
        assert!(open_files().unwrap() >= before.saturating_sub(20) + held.len() as u64);
        assert!(started_at() > 1.7e9);
    }
}
