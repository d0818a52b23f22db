//! Figures of the process itself, read from /proc. Where there is no /proc (a laptop that runs macOS), only the start
//! time and the uptime are known, and the others are left out rather than reported as zero.

use std::{
    fs,
    sync::LazyLock,
    time::{Duration, Instant, SystemTime},
};

/// Ticks a second of /proc/self/stat: fixed by the kernel's interface to programs, whatever its own clock does.
const USER_HZ: f64 = 100.0;

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
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}

/// Seconds of processor time used so far, in user and system mode.
pub(super) fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold spaces: fields are counted behind it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse::<u64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((user + system) as f64 / USER_HZ)
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
