//! The simulated Telegram as a person meets it: Bot API and chat page on one address, a few people and a group to begin
//! with.

use crate::chatpage::{self, Book};
use crate::simulator::{self, Options, Person, Simulator};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The group that everybody is in.
const GROUP: i64 = -1_001_000_000_001;

/// Those who are there from the start: id, name, username, language.
const PEOPLE: [(i64, &str, &str, &str); 4] = [
    (1001, "Gosha", "gosha", "ru"),
    (1002, "Alice", "alice", "en"),
    (1003, "Tolik", "tolik", "ru"),
    (1004, "Bob", "bob", "en"),
];

/// A running simulated Telegram.
pub struct Telegram {
    /// The simulator, for whoever wants to act in it.
    pub simulator: Simulator,
    /// Where page and Bot API are.
    pub address: SocketAddr,
}

impl Telegram {
    /// Starts it on `listener`; it ends with `shutdown`, and newcomers with it.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn start(
        listener: TcpListener,
        options: Options,
        shutdown: CancellationToken,
    ) -> std::io::Result<Self> {
        Self::with_newcomers(Book::default(), listener, options, shutdown)
    }

    /// As [`Telegram::start`], with those in `book`, who are joined by those who come.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn with_newcomers(
        book: Book,
        listener: TcpListener,
        options: Options,
        shutdown: CancellationToken,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let simulator = Simulator::new(options);
        for (id, first_name, username, language) in PEOPLE {
            simulator.add_person(Person {
                id,
                is_bot: false,
                first_name: first_name.to_owned(),
                username: Some(username.to_owned()),
                language_code: Some(language.to_owned()),
            });
        }
        simulator.add_group(GROUP, "Garage No. 7", &PEOPLE.map(|(id, ..)| id));
        book.introduce(&simulator);
        let routes = simulator
            .router()
            .merge(chatpage::router(simulator.clone(), book));
        let server = simulator::serve_router(simulator.clone(), listener, routes, shutdown);
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the simulated Telegram ends");
            }
        });
        Ok(Self { simulator, address })
    }

    /// The address as a browser and a bot on this machine take it.
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("http://{address}")
    }
}
