//! The contract of names, types and labels, read back from what a scrape returns.

use super::Metrics;

/// Every method once, so that every metric has a sample.
fn all_touched() -> Metrics {
    let metrics = Metrics::new();
    metrics.request("davka", "done");
    metrics.error("davka", "database");
    metrics.request_duration("davka", 0.012);
    metrics.stage("commit", 0.002);
    metrics.rate_limited("davka");
    metrics.cache("players", "local", "hit", 3);
    metrics.cache("players", "redis", "miss", 0);
    metrics.cache_size("local", 17);
    metrics.cache_size("redis", 170);
    metrics.keyboard_cache("hit");
    metrics.transactions(1);
    metrics.rows("players", 5);
    metrics.db_pool("idle", 4);
    metrics.batch(42);
    metrics.reply("sent");
    metrics.flood_wait(3.0);
    metrics.publish(0.0004);
    metrics.dead("unreadable");
    metrics.partitions_owned(32);
    metrics.update_age(0.01);
    metrics.settings_version(2);
    metrics.maintenance(false);
    metrics.seen([1, 2, 2]);
    metrics
}

#[test]
fn a_scrape_shows_every_name_with_its_type() {
    let text = all_touched().text().unwrap();
    let contract = [
        ("bot_requests_total", "counter"),
        ("bot_errors_total", "counter"),
        ("bot_request_duration_seconds", "histogram"),
        ("bot_stage_duration_seconds", "histogram"),
        ("bot_active_users", "gauge"),
        ("bot_rate_limited_total", "counter"),
        ("bot_cache_requests_total", "counter"),
        ("bot_cache_size", "gauge"),
        ("bot_keyboard_cache_requests_total", "counter"),
        ("bot_db_transactions_total", "counter"),
        ("bot_db_rows_total", "counter"),
        ("bot_db_pool", "gauge"),
        ("bot_batch_size", "histogram"),
        ("bot_replies_total", "counter"),
        ("bot_flood_wait_seconds", "histogram"),
        ("bot_queue_publish_seconds", "histogram"),
        ("bot_dead_letters_total", "counter"),
        ("bot_partitions_owned", "gauge"),
        ("bot_update_age_seconds", "histogram"),
        ("bot_settings_version", "gauge"),
        ("bot_maintenance", "gauge"),
        ("process_resident_memory_bytes", "gauge"),
        ("process_cpu_seconds_total", "counter"),
        ("process_open_fds", "gauge"),
        ("process_start_time_seconds", "gauge"),
        ("process_uptime_seconds", "gauge"),
    ];
    let mut types: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    let mut expected: Vec<String> = contract
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
    types.sort_unstable();
    expected.sort_unstable();
    assert_eq!(types, expected);
    for (name, _) in contract {
        assert!(
            text.contains(&format!("# HELP {name} ")),
            "{name} has no help"
        );
    }
    assert!(
        !text.contains("otel_scope") && !text.contains("target_info"),
        "{text}"
    );
}

#[test]
fn samples_carry_their_labels_and_values() {
    let text = all_touched().text().unwrap();
    for sample in [
        r#"bot_requests_total{handler="davka",outcome="done"} 1"#,
        r#"bot_errors_total{handler="davka",kind="database"} 1"#,
        r#"bot_request_duration_seconds_bucket{handler="davka",le="0.02"} 1"#,
        r#"bot_request_duration_seconds_bucket{handler="davka",le="0.01"} 0"#,
        r#"bot_stage_duration_seconds_count{stage="commit"} 1"#,
        r#"bot_active_users{window="5m"} 2"#,
        r#"bot_active_users{window="24h"} 2"#,
        r#"bot_rate_limited_total{class="davka"} 1"#,
        r#"bot_cache_requests_total{cache="players",result="hit",tier="local"} 3"#,
        r#"bot_cache_size{cache_type="redis"} 170"#,
        r#"bot_db_rows_total{table="players"} 5"#,
        r#"bot_db_pool{state="idle"} 4"#,
        r#"bot_batch_size_bucket{le="50"} 1"#,
        r#"bot_dead_letters_total{reason="unreadable"} 1"#,
        "bot_partitions_owned 32",
        "bot_maintenance 0",
    ] {
        assert!(text.lines().any(|line| line == sample), "{sample}\n{text}");
    }
    assert!(
        !text.contains(r#"tier="redis"} 0"#),
        "nothing was looked up there"
    );
}

#[test]
fn clones_count_together_and_two_handles_apart() {
    let (one, other) = (Metrics::new(), Metrics::new());
    one.clone().transactions(1);
    one.transactions(1);
    assert!(
        one.text()
            .unwrap()
            .contains("bot_db_transactions_total 2\n")
    );
    assert!(
        other
            .text()
            .unwrap()
            .contains("bot_db_transactions_total 0\n")
    );
}

#[test]
fn reasons_that_are_known_start_at_nought() {
    let metrics = Metrics::new();
    metrics.may_die(["crash"]);
    let nought = r#"bot_dead_letters_total{reason="crash"} 0"#;
    assert!(metrics.text().unwrap().contains(nought));
    metrics.dead("crash");
    metrics.may_die(["crash"]);
    let one = r#"bot_dead_letters_total{reason="crash"} 1"#;
    assert!(metrics.text().unwrap().contains(one));
}
