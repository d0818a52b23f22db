//! Keeps foreign sites out of a server that trusts everybody who reaches it.
//!
//! A site that makes its own name resolve to 127.0.0.1 (DNS rebinding) still sends that name as `Host`; a form on another
//! site sends that site as `Origin`. An address written as a number cannot be rebound, so those pass as well as
//! `localhost`: the page also works from a phone when somebody lets it listen beyond loopback.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refusal::Refusal;

/// Middleware: refuses what does not come from this very page.
pub(crate) async fn local_only(request: Request, next: Next) -> Response {
    if is_local(request.headers(), request.method()) {
        return next.run(request).await;
    }
    let sentence = "this server answers only to its own page, opened as localhost or by number";
    Refusal::new(StatusCode::FORBIDDEN, sentence).into_response()
}

fn is_local(headers: &HeaderMap, method: &Method) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else {
        return false;
    };
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority
        .host()
        .trim_matches(['[', ']'])
        .to_ascii_lowercase();
    let unbindable =
        name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok();
    if method.is_safe() {
        return unbindable;
    }
    let same_origin = match text(header::ORIGIN) {
        None => !headers.contains_key(header::ORIGIN),
        Some(origin) => origin
            .split_once("://")
            .is_some_and(|(_, at)| at.eq_ignore_ascii_case(host)),
    };
    unbindable && same_origin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_page_itself_may_act() {
        let cases = [
            (Some("localhost:8081"), None, true),
            (Some("127.0.0.1:8081"), Some("http://127.0.0.1:8081"), true),
            (Some("[::1]:8081"), Some("http://[::1]:8081"), true),
            (
                Some("192.168.1.5:8081"),
                Some("http://192.168.1.5:8081"),
                true,
            ),
            (
                Some("evil.example:8081"),
                Some("http://evil.example:8081"),
                false,
            ),
            (Some("localhost.evil.example"), None, false),
            (Some("localhost:8081"), Some("http://evil.example"), false),
            (Some("localhost:8081"), Some("http://localhost:9999"), false),
            (Some("localhost:8081"), Some("null"), false),
            (None, None, false),
        ];
        for (host, origin, allowed) in cases {
            let mut headers = HeaderMap::new();
            if let Some(host) = host {
                headers.insert(header::HOST, host.parse().unwrap());
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(
                is_local(&headers, &Method::POST),
                allowed,
                "{host:?} {origin:?}"
            );
        }
    }
}
