//! What the simulated players send: updates as Telegram would word them, ready as bytes.

use crate::simulator::Person;
use bytes::Bytes;
use rand::RngExt;
use rand::rngs::StdRng;
use std::str::FromStr;

/// Ids of simulated players start here.
pub(super) const FIRST_USER: i64 = 700_000_000;

/// Weighted actions: a command's name, or a callback's behind `press-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    actions: Vec<(String, u32)>,
    total: u32,
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = match text {
            "play" => {
                "davka:3,uletet:2,profile:2,top:1,atm:1,press-davka:3,press-uletet:2,press-profile:3,press-top_gofra:1"
            }
            "durable" => "davka:3,uletet:2,press-davka:3,press-uletet:2",
            other => other,
        };
        let actions = text.split(',').map(|pair| {
            let (name, weight) = pair.split_once(':').unwrap_or((pair, "1"));
            let plain = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
            match weight.parse::<u32>() {
                Ok(weight @ 1..=1_000) if plain => Ok((name.to_owned(), weight)),
                _ => Err(format!(
                    "'{pair}' is not NAME:WEIGHT with a weight of 1 to 1000"
                )),
            }
        });
        let actions = actions.collect::<Result<Vec<_>, _>>()?;
        let total = actions.iter().map(|(_, weight)| weight).sum();
        Ok(Self { actions, total })
    }
}

/// One update about to be sent.
pub(super) struct Made {
    /// Its id.
    pub(super) update_id: i64,
    /// Whether it is a press, answered through its callback query `user-update_id`; else it is a message.
    pub(super) press: bool,
    /// The update as JSON.
    pub(super) body: Bytes,
}

/// Makes updates, one after another.
pub(super) struct Workload {
    mix: Mix,
    random: StdRng,
    last_update: i64,
}

impl Workload {
    /// Draws from `mix`. Update ids begin anywhere, whatever the seed: a bot that remembers the ids of an earlier run
    /// would rightly take the same ones for duplicates.
    pub(super) fn new(mix: Mix, random: StdRng) -> Self {
        Self {
            mix,
            random,
            last_update: rand::rng().random_range(100_000_000..1_500_000_000),
        }
    }

    /// The next update of a user; `menu` is the last message with buttons that he was sent. Without one he types.
    pub(super) fn next(&mut self, user: u32, menu: Option<i64>) -> Made {
        self.last_update += 1;
        let update_id = self.last_update;
        let id = FIRST_USER + i64::from(user);
        let date = chrono::Utc::now().timestamp();
        let action = self.draw();
        let from = format!(
            r#"{{"id":{id},"is_bot":false,"first_name":"Player {user}","username":"player{user}","language_code":"en"}}"#
        );
        let chat = format!(
            r#"{{"id":{id},"first_name":"Player {user}","username":"player{user}","type":"private"}}"#
        );
        match (action.strip_prefix("press-"), menu) {
            (Some(button), Some(menu)) => {
                let body = format!(
                    r#"{{"update_id":{update_id},"callback_query":{{"id":"{user}-{update_id}","from":{from},"message":{{"message_id":{menu},"from":{{"id":1,"is_bot":true,"first_name":"Gofrobot"}},"chat":{chat},"date":{date},"text":"menu"}},"chat_instance":"{id}","data":"v1:{button}"}}}}"#
                );
                Made {
                    update_id,
                    press: true,
                    body: body.into(),
                }
            }
            (button, _) => {
                let command = button.map_or(action, |_| "menu");
                let length = command.len() + 1;
                let body = format!(
                    r#"{{"update_id":{update_id},"message":{{"message_id":{update_id},"from":{from},"chat":{chat},"date":{date},"text":"/{command}","entities":[{{"type":"bot_command","offset":0,"length":{length}}}]}}}}"#
                );
                Made {
                    update_id,
                    press: false,
                    body: body.into(),
                }
            }
        }
    }

    fn draw(&mut self) -> &str {
        let mut left = self.random.random_range(0..self.mix.total);
        for (name, weight) in &self.mix.actions {
            if left < *weight {
                return name;
            }
            left -= weight;
        }
        "menu"
    }
}

/// The simulated player of this number.
pub(super) fn person(user: u32) -> Person {
    Person {
        id: FIRST_USER + i64::from(user),
        is_bot: false,
        first_name: format!("Player {user}"),
        username: Some(format!("player{user}")),
        language_code: Some("en".to_owned()),
    }
}

/// The user of the n-th update of an open loop: a stride that is prime to most numbers visits all before it repeats one.
pub(super) fn any_user(users: u32, number: u64) -> u32 {
    u32::try_from(number.wrapping_mul(7_919) % u64::from(users)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_mix_is_read_or_refused_by_name() {
        assert_eq!("davka:2,press-top".parse::<Mix>().unwrap().total, 3);
        for bad in ["", "davka:0", "davka:x", "da vka", "a:1,,b:1"] {
            assert!(bad.parse::<Mix>().is_err(), "{bad}");
        }
    }

    #[test]
    fn updates_are_telegrams_json() {
        let mut workload = Workload::new(
            "davka,press-davka".parse().unwrap(),
            StdRng::seed_from_u64(3),
        );
        for menu in [None, Some(5)].into_iter().cycle().take(40) {
            let made = workload.next(4, menu);
            let json: serde_json::Value = serde_json::from_slice(&made.body).unwrap();
            assert_eq!(json["update_id"], made.update_id);
            assert_eq!(json.get("callback_query").is_some(), made.press);
        }
    }
}
