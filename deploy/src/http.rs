//! HTTP as far as these tests need it: one request, one answer, one connection.

use anyhow::Context;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for `path` at `address`, an IP and a port; gives status and body.
///
/// # Errors
/// Nobody answers HTTP there.
pub fn get(address: &str, path: &str) -> anyhow::Result<(u16, String)> {
    request(
        address,
        &format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n"),
    )
}

/// Posts JSON to `path` at `address`; gives status and body.
///
/// # Errors
/// Nobody answers HTTP there.
pub fn post(address: &str, path: &str, body: &Value) -> anyhow::Result<(u16, String)> {
    let body = body.to_string();
    let length = body.len();
    request(
        address,
        &format!(
            "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

// By HTTP/1.0 the answer ends with the connection: no chunks to put together.
fn request(address: &str, request: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).with_context(|| address.to_owned())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("{address} does not answer HTTP: {head:?}"))?;
    Ok((status, body.to_owned()))
}
