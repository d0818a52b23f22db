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
        let local = is_local(text);
        if !local && is_ambiguous(text) {
            return Err(format!(
                "'{}' can be read in two ways, for an @ follows a / ? or #; \
                 percent-encode the password: %2F for /, %3F for ?, %23 for #, %40 for @",
                masked(text)
            ));
        }
        let url = Url::parse(text.trim()).map_err(|_| refuse())?;
        if !schemes.contains(&url.scheme()) {
            return Err(refuse());
        }
        // A scheme alone ("amqp:") parses; an address of a server needs its host.
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

/// Whether the address is one of a file or of this process: no server, hence no password.
fn is_local(text: &str) -> bool {
    let scheme = text.trim().split(':').next().unwrap_or_default();
    ["memory", "sqlite"]
        .iter()
        .any(|local| scheme.eq_ignore_ascii_case(local))
}

/// Whether the last `@`, which ends the password, comes after what ends the host: a parser would take the beginning of
/// the password for a host and a port, and the rest of it for a path or a query.
fn is_ambiguous(text: &str) -> bool {
    let (_, rest) = split_scheme(text);
    rest.rsplit_once('@')
        .is_some_and(|(before, _)| before.contains(ENDS_HOST))
}

/// What ends the host of an address, for one parser or another.
const ENDS_HOST: [char; 4] = ['/', '?', '#', '\\'];

/// Text that may not even be an address, fit for an error line: nothing before the last `@` but the scheme, no query,
/// no control characters, not too long. Of what may be a password in the wrong place only the scheme is left.
fn masked(text: &str) -> String {
    let (scheme, rest) = split_scheme(text);
    let (stars, place) = match rest.rsplit_once('@') {
        None => ("", rest),
        Some((_, place)) => ("***@", place),
    };
    let place = place.split(['?', '#']).next().unwrap_or_default();
    let host = place.split(ENDS_HOST).next().unwrap_or_default();
    let port = host.split_once(':').map_or("", |(_, port)| port);
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let safe = if is_port && !is_ambiguous(text) {
        format!("{scheme}{stars}{place}")
    } else {
        format!("{scheme}***")
    };
    safe.chars()
        .take(100)
        .flat_map(char::escape_debug)
        .collect()
}

/// `scheme://` and what follows; all of it follows where no scheme can be told.
fn split_scheme(text: &str) -> (&str, &str) {
    match text.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            (&text[..scheme.len() + 3], rest)
        }
        _ => ("", text),
    }
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
    fn passwords_that_can_be_read_in_two_ways_are_refused() {
        for (text, shown) in [
            ("redis://u:12345/SECRET@host", "redis://***"),
            (
                "postgres://u:12345/SECRET@h/d?sslmode=foo",
                "postgres://***",
            ),
            ("amqp://u:SECR?ET@h", "amqp://***"),
            ("amqp://u:SECR#ET@h", "amqp://***"),
            ("amqp://u:SE@CR/ET@h", "amqp://***"),
            ("https:/u:1\\SECRET@h", "***"),
            ("amqp://h/?password=SECR@ET", "amqp://***"),
            (
                "postgres://a:SECRET@h/d,postgres://b:SECRET@h/d?sslmode=foo",
                "postgres://***",
            ),
        ] {
            let error = text.parse::<SecretUrl>().unwrap_err();
            let start = format!("'{shown}' can be read in two ways");
            assert!(error.starts_with(&start), "{text}: {error}");
            assert!(error.contains("percent-encode the password"), "{error}");
        }
        for text in ["amqp://u:12345%2FSECRET@h", "amqp://u:SECR@ET@h:5672/v"] {
            let shown = amqp(text).unwrap().to_string();
            assert!(shown.starts_with("amqp://u:***@h"), "{shown}");
        }
        assert!("sqlite:///var/me@home.db".parse::<SecretUrl>().is_ok());
    }

    #[test]
    fn what_may_be_a_password_is_not_shown() {
        for (text, shown) in [
            ("amqp://guest:SECRET", "amqp://***"),
            ("guest:SECRET", "***"),
            ("guest:12345678", "***"),
            ("amqp://guest:SECRET:5672/v", "amqp://***"),
            ("amqp://u@h:SECRET", "amqp://***"),
            ("amqp:SECRET", "***"),
            ("ampq://u:SECRET@h:5672/v?x=SECRET", "ampq://***@h:5672/v"),
            ("ampq://h:5672/v?x=SECRET", "ampq://h:5672/v"),
            ("rabbitmq:5672", "rabbitmq:5672"),
        ] {
            let error = amqp(text).unwrap_err();
            let start = format!("'{shown}' is not a queue address");
            assert!(error.starts_with(&start), "{text}: {error}");
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
