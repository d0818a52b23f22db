//! Which addresses Telegram takes for links.

/// What is wrong with a link, if anything. Web pages have a dot in their host; without a scheme they are http. `tg://`
/// links lead into Telegram itself.
pub(in crate::simulator) fn fault(link: &str, https_only: bool) -> Option<&'static str> {
    let lower = link.to_ascii_lowercase();
    let (scheme, rest) = lower.split_once("://").unwrap_or(("http", &lower));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match scheme {
        "http" | "https" | "tg" if host.is_empty() => Some("URL host is empty"),
        "http" | "tg" if https_only => Some("Only HTTPS links are allowed"),
        "http" | "https" if !host.contains(['.', '[']) => Some("Wrong HTTP URL"),
        "http" | "https" | "tg" => None,
        _ => Some("Unsupported URL protocol"),
    }
}
