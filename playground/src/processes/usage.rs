//! What a process has used of the machine, with all that it has started, as the kernel counts it.

use std::fs;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, getpid};

/// Processor time and memory of a process and its children.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    /// Processor time, of children that have ended too.
    pub(crate) cpu: Duration,
    /// Most memory that the process itself has had in use at a time, bytes.
    pub(crate) peak_bytes: u64,
}

impl Usage {
    /// The usage of a process so far; nought of one that has ended.
    pub(crate) fn of(pid: Pid) -> Self {
        Self {
            cpu: time(ticks_of_family(pid)),
            peak_bytes: peak_bytes(pid).unwrap_or_default(),
        }
    }
}

/// Processor time of this program so far, without its children.
pub(crate) fn own_cpu() -> Duration {
    time(ticks(getpid()).map_or(0, |[own, _]| own))
}

fn time(ticks: u64) -> Duration {
    Duration::from_secs(ticks) / u32::try_from(clock_ticks_per_second()).unwrap_or(100)
}

fn ticks_of_family(pid: Pid) -> u64 {
    let living = children(pid).into_iter().map(ticks_of_family).sum::<u64>();
    let [own, ended] = ticks(pid).unwrap_or_default();
    own + ended + living
}

/// Ticks of a process, and of its children that have ended.
fn ticks(pid: Pid) -> Option<[u64; 2]> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in parentheses, may hold spaces: fields are counted behind it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let mut sum = || Some(times.next()?.ok()? + times.next()?.ok()?);
    Some([sum()?, sum()?])
}

fn peak_bytes(pid: Pid) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}

/// Processes that a process has started, whichever of its threads did.
pub(super) fn children(pid: Pid) -> Vec<Pid> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let lists = threads.into_iter().flatten().flatten();
    let lists = lists.map(|thread| fs::read_to_string(thread.path().join("children")));
    let lists: Vec<String> = lists.flatten().collect();
    let pids = lists.iter().flat_map(|list| list.split_whitespace());
    pids.filter_map(|pid| Pid::from_raw(pid.parse().ok()?))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    /// Burns a little processor time in a child that ends and in one that lives.
    const BUSY: &str = r#"
        burn() { i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; }
        (burn)
        (burn; echo done; read -r _) <&3 &
        wait
    "#;

    #[test]
    fn children_count_whether_they_live_or_not() {
        let script = format!("exec 3<&0\n{BUSY}");
        let mut shell = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 5];
        shell
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut said)
            .unwrap();
        let pid = Pid::from_child(&shell);
        let [child] = children(pid)[..] else {
            panic!("one child lives");
        };
        let [[_, ended], [living, _]] = [pid, child].map(|pid| ticks(pid).unwrap());
        assert!(ended > 0 && living > 0, "{ended} {living}");
        let family = Usage::of(pid);
        assert!(family.cpu >= time(ended + living));
        assert!(family.peak_bytes > 100_000);
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert_eq!(Usage::of(pid), Usage::default());
    }
}
