//! What the operating system knows about this process, under the names Prometheus gives it.

use std::fs;

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage};
use nix::sys::time::TimeValLike;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Reads the figures anew whenever they are shown. One that cannot be read is left out.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let mut show = |name: &str, help: &str, metric: &dyn EncodeMetric| {
            let metric_encoder = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            metric.encode(metric_encoder)
        };
        if let Some(seconds) = cpu_seconds() {
            show(
                "process_cpu_seconds",
                "CPU time used",
                &ConstCounter::new(seconds),
            )?;
        }
        if let Some((resident, peak)) = memory() {
            show(
                "process_resident_memory_bytes",
                "Memory in use",
                &ConstGauge::new(resident),
            )?;
            show(
                "process_resident_memory_peak_bytes",
                "Most memory in use so far",
                &ConstGauge::new(peak),
            )?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            let open = i64::try_from(open.count()).unwrap_or(i64::MAX);
            show(
                "process_open_fds",
                "Open file descriptors",
                &ConstGauge::new(open),
            )?;
        }
        if let Ok((soft, _)) = getrlimit(Resource::RLIMIT_NOFILE) {
            let limit = i64::try_from(soft).unwrap_or(i64::MAX);
            show(
                "process_max_fds",
                "File descriptors allowed",
                &ConstGauge::new(limit),
            )?;
        }
        Ok(())
    }
}

fn cpu_seconds() -> Option<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let micros = (usage.user_time() + usage.system_time()).num_microseconds();
    u64::try_from(micros)
        .ok()
        .map(|micros| std::time::Duration::from_micros(micros).as_secs_f64())
}

/// Resident memory now and at its highest, in octets.
fn memory() -> Option<(i64, i64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib = |name: &str| -> Option<i64> {
        let value = status.lines().find_map(|line| line.strip_prefix(name))?;
        value.trim().strip_suffix(" kB")?.parse().ok()
    };
    Some((kib("VmRSS:")? * 1024, kib("VmHWM:")? * 1024))
}
