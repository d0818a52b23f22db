//! What a process has used of the machine, with all that it has started, as the kernel counts it.

use std::fs;
use std::time::Duration;

use gofrobot_shared::telemetry::process;
use rustix::process::Pid;

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
            cpu: cpu_of_family(pid),
            peak_bytes: process::memory(&pid.to_string(), "VmHWM:").unwrap_or_default(),
        }
    }
}

/// Processor time of this program so far, without its children.
pub(crate) fn own_cpu() -> Duration {
    process::cpu("self").unwrap_or_default().own
}

fn cpu_of_family(pid: Pid) -> Duration {
    let living = children(pid).into_iter().map(cpu_of_family);
    let cpu = process::cpu(&pid.to_string()).unwrap_or_default();
    cpu.own + cpu.ended_children + living.sum::<Duration>()
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
        let [of_shell, of_child] = [pid, child].map(|pid| process::cpu(&pid.to_string()).unwrap());
        let (ended, living) = (of_shell.ended_children, of_child.own);
        assert!(
            !ended.is_zero() && !living.is_zero(),
            "{ended:?} {living:?}"
        );
        let family = Usage::of(pid);
        assert!(family.cpu >= ended + living);
        assert!(family.peak_bytes > 100_000);
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert_eq!(Usage::of(pid), Usage::default());
    }
}
