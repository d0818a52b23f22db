//! Which bot, at which Bot API server: what every update is marked with on its way through the queue.
//!
//! An update must be answered with the token and at the server that it came by. During a rolling update processes of two
//! addresses share a queue, and by mistake those of two bots, so each tells its updates from the others'. The mark is the
//! part of the token before the colon, which Telegram shows to everybody, and a hash of the server's address: a token that
//! BotFather has drawn anew for the same bot changes neither, and nothing of its secret part can be guessed from it.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

/// A bot at a Bot API server; in words `123456789@` and sixteen characters `0-9a-f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identity {
    /// Telegram's id of the bot.
    pub bot: u64,
    /// Fingerprint of the server's address.
    pub server: u64,
}

/// The text is not of the form `123456789@0123456789abcdef`.
#[derive(Debug, thiserror::Error)]
#[error("not a bot's identity; expected 123456789@0123456789abcdef")]
pub struct NoIdentity;

impl Identity {
    /// The bot of `token` at `api_url`; none if the token does not begin with an id.
    #[must_use]
    pub fn new(token: &SecretString, api_url: &str) -> Option<Self> {
        let (id, _) = token.expose_secret().split_once(':')?;
        Some(Self {
            bot: id.parse().ok()?,
            server: fingerprint(api_url),
        })
    }
}

/// A hash of what leads to the server: two spellings of one address share it, and a user and a password before the host
/// are no part of it.
fn fingerprint(api_url: &str) -> u64 {
    let Ok(url) = Url::parse(api_url) else {
        return xxh3_64(api_url.as_bytes());
    };
    let place = format!(
        "{}://{}:{}{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or_default(),
        url.path().trim_end_matches('/')
    );
    xxh3_64(place.as_bytes())
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:016x}", self.bot, self.server)
    }
}

impl FromStr for Identity {
    type Err = NoIdentity;

    fn from_str(text: &str) -> Result<Self, NoIdentity> {
        let (bot, server) = text.split_once('@').ok_or(NoIdentity)?;
        // One spelling, so that what is shown is what was sent.
        let id = bot.bytes().all(|byte| byte.is_ascii_digit()) && !bot.starts_with('0');
        let hash = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if !id || server.len() != 16 || !server.bytes().all(hash) {
            return Err(NoIdentity);
        }
        Ok(Self {
            bot: bot.parse().map_err(|_| NoIdentity)?,
            server: u64::from_str_radix(server, 16).map_err(|_| NoIdentity)?,
        })
    }
}

impl TryFrom<String> for Identity {
    type Error = NoIdentity;

    fn try_from(text: String) -> Result<Self, NoIdentity> {
        text.parse()
    }
}

impl From<Identity> for String {
    fn from(identity: Identity) -> Self {
        identity.to_string()
    }
}

/// The bot that a process serves, with the words for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnBot {
    /// Which bot, where.
    pub identity: Identity,
    /// The server's address without any password.
    pub server: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(token: &str, api_url: &str) -> Identity {
        Identity::new(&token.to_owned().into(), api_url).unwrap()
    }

    #[test]
    fn it_is_the_bot_and_the_place_and_never_the_secret() {
        let ours = identity("7:old", "https://api.telegram.org");
        assert_eq!(ours, identity("7:new", "https://api.telegram.org"));
        for same in [
            "https://api.telegram.org/",
            "HTTPS://API.telegram.org:443",
            "https://u:s3cret@api.telegram.org",
        ] {
            assert_eq!(ours, identity("7:old", same), "{same}");
        }
        for other in [
            identity("8:old", "https://api.telegram.org"),
            identity("7:old", "http://api.telegram.org"),
            identity("7:old", "https://api.telegram.org:8443"),
            identity("7:old", "https://api.telegram.org/bots"),
        ] {
            assert_ne!(ours, other);
        }
        assert_eq!(ours.to_string(), "7@6059d339f093df83");
        assert_eq!(ours.to_string().parse::<Identity>().unwrap(), ours);
    }

    #[test]
    fn what_is_no_identity_is_refused() {
        for text in [
            "",
            "7",
            "7@",
            "@0",
            "7@1",
            "07@0000000000000001",
            "+7@0000000000000001",
            "x@0000000000000001",
            "7@000000000000000G",
        ] {
            assert!(text.parse::<Identity>().is_err(), "{text}");
        }
        assert!(Identity::new(&"99999999999999999999:a".to_owned().into(), "http://x").is_none());
    }
}
