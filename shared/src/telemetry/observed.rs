//! Metrics that are read at the moment of a scrape: users active of late and the figures of the process. Names, units and
//! help text as in `metrics.rs`.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::{KeyValue, metrics::Meter};

use super::{active_users::ActiveUsers, process};

/// `bot_active_users{window}`.
pub(super) fn active_users(meter: &Meter, active: Arc<Mutex<ActiveUsers>>) {
    let gauge = meter.u64_observable_gauge("bot_active_users");
    let gauge = gauge.with_description("Different users seen in the window, estimated");
    let _observed = gauge
        .with_callback(move |observer| {
            let active = active.lock().unwrap_or_else(PoisonError::into_inner);
            for (window, estimate) in active.estimates(process::uptime().as_secs()) {
                observer.observe(estimate, &[KeyValue::new("window", window)]);
            }
        })
        .build();
}

/// Figures of the process under the names that Prometheus' own client libraries use.
pub(super) fn process(meter: &Meter) {
    let bytes = |name, help, read: fn() -> Option<u64>| {
        let gauge = meter.u64_observable_gauge(name).with_description(help);
        let _observed = gauge
            .with_callback(move |observer| {
                read()
                    .into_iter()
                    .for_each(|value| observer.observe(value, &[]))
            })
            .build();
    };
    bytes(
        "process_resident_memory_bytes",
        "Resident memory size in bytes",
        process::resident_memory,
    );
    bytes(
        "process_open_fds",
        "Number of open file descriptors",
        process::open_files,
    );
    let seconds = |name, help, read: fn() -> f64| {
        let gauge = meter
            .f64_observable_gauge(name)
            .with_unit("s")
            .with_description(help);
        let _observed = gauge
            .with_callback(move |observer| observer.observe(read(), &[]))
            .build();
    };
    seconds(
        "process_start_time_seconds",
        "Start time of the process since the Unix epoch in seconds",
        process::started_at,
    );
    seconds(
        "process_uptime_seconds",
        "Time since the process started in seconds",
        || process::uptime().as_secs_f64(),
    );
    let cpu = meter
        .f64_observable_counter("process_cpu_seconds_total")
        .with_unit("s");
    let _observed = cpu
        .with_description("User and system CPU time spent in seconds")
        .with_callback(|observer| {
            process::cpu_seconds()
                .into_iter()
                .for_each(|value| observer.observe(value, &[]))
        })
        .build();
    // Sets the clock of the uptime going.
    process::uptime();
}
