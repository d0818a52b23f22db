//! The side door of a bot: /ready and /metrics.

use std::net::SocketAddr;

use super::wait::until_answered;

/// Waits until the bot says that it is ready.
pub async fn until_ready(address: SocketAddr) {
    let ready = || async { matches!(get(address, "/ready").await, Some((200, _))) };
    until_answered("the bot is ready", ready).await;
}

/// Waits until the bot names exactly these conditions as missing, in alphabetical order.
pub async fn until_missing(address: SocketAddr, expected: &[&str]) {
    let missing = || async {
        let Some((_, text)) = get(address, "/ready").await else {
            return false;
        };
        let ready: serde_json::Value = serde_json::from_str(&text).unwrap();
        let conditions = ready["conditions"].as_array().unwrap().iter();
        let missing = conditions.filter(|condition| condition["ready"] == false);
        missing.map(|condition| &condition["name"]).eq(expected)
    };
    until_answered(&format!("{expected:?} missing"), missing).await;
}

/// The sum of a metric over the lines that carry all these labels.
pub async fn metric(address: SocketAddr, name: &str, labels: &[(&str, &str)]) -> f64 {
    let (_, text) = get(address, "/metrics").await.expect("the process lives");
    let labels: Vec<_> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{value}\""))
        .collect();
    let carries_all = |line: &&str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    };
    let value = |line: &str| line.rsplit_once(' ')?.1.parse::<f64>().ok();
    text.lines().filter(carries_all).filter_map(value).sum()
}

async fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http
        .get(format!("http://{address}{path}"))
        .send()
        .await
        .ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.text().await.ok()?))
}
