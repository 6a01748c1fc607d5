//! CPU time and memory of processes on this machine, from /proc.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use nix::unistd::{SysconfVar, sysconf};

/// The processes of a server, by name. None if nothing is known of them.
#[derive(Debug, Default)]
pub(crate) struct Processes(BTreeMap<String, u32>);

/// CPU time used so far, by process.
pub(crate) type CpuTimes = BTreeMap<String, Duration>;

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The most that was ever resident.
    pub(crate) peak: u32,
    /// What is resident now and not backed by a file.
    pub(crate) anonymous: u32,
}

impl Processes {
    /// These processes, by name.
    pub(crate) fn of(processes: impl IntoIterator<Item = (String, u32)>) -> Self {
        Self(processes.into_iter().collect())
    }

    /// The services that a `DIR/env` names: its variables `CAIRN_<SERVICE>_PID`.
    pub(crate) fn from_env_file(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let processes = Self::parse(&text);
        if processes.0.is_empty() {
            bail!("{}: no CAIRN_<SERVICE>_PID in it", path.display());
        }
        Ok(processes)
    }

    fn parse(text: &str) -> Self {
        let service = |line: &str| {
            let (name, pid) = line.strip_prefix("CAIRN_")?.split_once("_PID=")?;
            Some((name.to_lowercase(), pid.parse().ok()?))
        };
        let services = text.lines().filter_map(service);
        // The supervisor does none of the work.
        Self(services.filter(|(name, _)| name != "local").collect())
    }

    /// The CPU time that each has used.
    pub(crate) fn cpu_times(&self) -> anyhow::Result<CpuTimes> {
        let entries = self.0.iter();
        entries
            .map(|(name, pid)| Ok((name.clone(), cpu_time(&pid.to_string())?)))
            .collect()
    }

    /// The memory of each.
    pub(crate) fn memory(&self) -> anyhow::Result<BTreeMap<String, Memory>> {
        let entries = self.0.iter();
        entries
            .map(|(name, pid)| Ok((name.clone(), memory(*pid)?)))
            .collect()
    }
}

/// The CPU time of this process.
pub(crate) fn own_cpu_time() -> anyhow::Result<Duration> {
    cpu_time("self")
}

fn cpu_time(pid: &str) -> anyhow::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| path.clone())?;
    let ticks = parse_stat(&stat).with_context(|| path)?;
    let per_second = sysconf(SysconfVar::CLK_TCK)?.context("no CLK_TCK")?;
    Ok(Duration::from_millis(ticks * 1000 / per_second.unsigned_abs()))
}

/// User and system time in ticks: fields 14 and 15 of proc(5), counted from after the name, which may hold
/// anything.
fn parse_stat(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
}

fn memory(pid: u32) -> anyhow::Result<Memory> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| path.clone())?;
    parse_status(&status).with_context(|| path)
}

fn parse_status(status: &str) -> Option<Memory> {
    let kibibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    Some(Memory {
        peak: kibibytes("VmHWM:")?,
        anonymous: kibibytes("RssAnon:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_an_env_file() {
        let processes = Processes::parse(
            "DIRECTORY_URL=https://localhost\nCAIRN_LOCAL_PID=1\nCAIRN_WFE_PID=12\nCAIRN_SA_PID=34\nCAIRN_SA_GRPC_PORT=56\n",
        );
        assert_eq!(
            processes.0,
            BTreeMap::from([("sa".to_owned(), 34), ("wfe".to_owned(), 12)])
        );
    }

    #[test]
    fn what_proc_says() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194304 500 0 0 0 17 4 0 0 20 0 1 0 100 1000 200";
        assert_eq!(parse_stat(stat), Some(21));
        assert_eq!(parse_stat("42 (name) S 1"), None);
        let status = "Name:\tcairn-sa\nVmHWM:\t   12000 kB\nVmRSS:\t   11000 kB\nRssAnon:\t    2000 kB\n";
        assert_eq!(
            parse_status(status),
            Some(Memory {
                peak: 12_000,
                anonymous: 2000
            })
        );
        own_cpu_time().unwrap();
        assert!(memory(std::process::id()).unwrap().peak > 0);
    }
}
