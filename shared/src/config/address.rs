//! Addresses of outside systems: typed, checked against the schemes that an adapter exists for, and silent about the
//! password they may carry.

use std::{fmt, path::Path, str::FromStr};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A URL that may hold a password. `Debug` and `Display` show it without the password and without its query string;
/// only [`SecretUrl::expose`] gives the whole of it.
#[derive(Clone)]
pub struct SecretUrl {
    whole: SecretString,
    shown: String,
    scheme: String,
}

impl SecretUrl {
    /// Parses `text` when its scheme is one of `schemes`.
    ///
    /// `what` is how the error calls it ("queue address"), `expected` how it lists what would do.
    pub(super) fn parse(
        text: &str,
        what: &str,
        schemes: &[&str],
        expected: &str,
    ) -> Result<Self, String> {
        let refuse = || format!("'{}' is not a {what}; expected {expected}", masked(text));
        let url = Url::parse(text.trim()).map_err(|_| refuse())?;
        if !schemes.contains(&url.scheme()) {
            return Err(refuse());
        }
        // A scheme alone ("amqp:") parses; an address of a server needs its host.
        let local = matches!(url.scheme(), "memory" | "sqlite");
        if !local && url.host_str().is_none_or(str::is_empty) {
            return Err(refuse());
        }
        Ok(Self {
            whole: SecretString::from(text.trim().to_owned()),
            shown: shown(&url),
            scheme: url.scheme().to_owned(),
        })
    }

    /// The address of the SQLite file at `path`.
    pub(super) fn sqlite(path: &Path) -> Self {
        // What would end the path or be decoded within it.
        let path = path
            .to_string_lossy()
            .replace('%', "%25")
            .replace('?', "%3F")
            .replace('#', "%23");
        let whole = format!("sqlite://{path}");
        Self {
            shown: whole.clone(),
            whole: whole.into(),
            scheme: "sqlite".to_owned(),
        }
    }

    /// The whole address with its password, for the library that connects.
    pub fn expose(&self) -> &str {
        self.whole.expose_secret()
    }

    /// The scheme in lower case, without the colon: `amqp`, `redis`, `sqlite`, ...
    pub fn scheme(&self) -> &str {
        &self.scheme
    }
}

/// An address of whatever scheme, for programs that make one themselves; settings are checked more narrowly.
impl FromStr for SecretUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let scheme = text
            .trim()
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        Self::parse(text, "address", &[&scheme], "scheme://host")
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({})", self.shown)
    }
}

/// `url` with its password starred and its query dropped: some drivers take passwords there.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return format!("{}://***", url.scheme());
    }
    url.into()
}

/// Text that may not even be an address, fit for an error line: nothing before the last `@` but the scheme, no query,
/// no control characters, not too long.
fn masked(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    let safe = match text.rsplit_once('@') {
        None => text.to_owned(),
        Some((before, after)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://***@{after}"),
            None => format!("***@{after}"),
        },
    };
    safe.chars()
        .take(100)
        .flat_map(char::escape_debug)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amqp(text: &str) -> Result<SecretUrl, String> {
        SecretUrl::parse(
            text,
            "queue address",
            &["amqp", "amqps", "memory"],
            "amqp://",
        )
    }

    #[test]
    fn passwords_are_never_shown() {
        let url = amqp("amqp://gof:s3cret@broker:5672/%2f?password=s3cret").unwrap();
        assert_eq!(
            url.expose(),
            "amqp://gof:s3cret@broker:5672/%2f?password=s3cret"
        );
        assert_eq!(url.to_string(), "amqp://gof:***@broker:5672/%2f");
        assert!(!format!("{url:?}").contains("s3cret"));
    }

    #[test]
    fn refusals_name_the_text_without_its_secrets() {
        for bad in [
            "ampq://gof:s3cret@broker",
            "gof:s3cret@broker",
            "amqp://gof:s3c@ret@:x/",
            "ampq://b?password=s3cret",
            "amqp:",
            "amqp://",
            "",
            "x\ny",
        ] {
            let error = amqp(bad).unwrap_err();
            assert!(
                error.contains("is not a queue address; expected amqp://"),
                "{error}"
            );
            assert!(!error.contains("s3c") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn adapters_inside_the_process_need_no_host() {
        assert_eq!(amqp("memory:").unwrap().scheme(), "memory");
        assert!(
            SecretUrl::parse(
                "sqlite::memory:",
                "database address",
                &["sqlite"],
                "sqlite:"
            )
            .is_ok()
        );
    }
}
