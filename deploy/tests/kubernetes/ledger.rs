//! The order in which players' updates took effect, proved by the ledger: each row tells what its player held afterwards,
//! so it must follow from the rows before it. What was played too early, too late, twice or never breaks the chain.

use crate::cluster::Cluster;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::collections::HashMap;

/// Players' figures, and how they came about.
const ROWS: &str = "SELECT user_id, update_id, outcome FROM ledger ORDER BY user_id, update_id";
const FIGURES: &str = "SELECT user_id, zmiy_g, total_zmiy_g, davkas FROM players";

#[derive(Default, PartialEq, Debug)]
struct Player {
    held_g: i64,
    total_g: i64,
    davkas: i64,
}

impl Player {
    /// Takes in the next row; whether it follows from the earlier ones.
    fn follow(&mut self, outcome: &Value) -> bool {
        let figure = |name: &str| outcome[name].as_i64();
        match outcome["is"].as_str() {
            Some("davka") => {
                let grams = figure("grams").unwrap_or_default();
                self.held_g += grams;
                self.total_g += grams;
                self.davkas += 1;
                figure("zmiy_g") == Some(self.held_g)
            }
            Some("uletet") => {
                let held = std::mem::take(&mut self.held_g);
                held > 0 && figure("grams") == Some(held)
            }
            Some("uletet_refused") => self.held_g == 0,
            _ => true,
        }
    }
}

/// Replays the whole ledger of the release's own database, in the order in which updates were sent, and fails at the
/// first row that does not follow, or when players own something else than their rows gave them. Says how many rows.
pub(crate) fn in_order(cluster: &Cluster) -> anyhow::Result<usize> {
    let mut players: HashMap<i64, Player> = HashMap::new();
    let rows = query(cluster, ROWS)?;
    for row in rows.lines() {
        let mut fields = row.splitn(3, '|');
        let mut field = || fields.next().context("a row of too few fields");
        let (user, update, outcome) = (field()?, field()?, field()?);
        let outcome: Value = serde_json::from_str(outcome)?;
        let player = players.entry(user.parse()?).or_default();
        let before = format!("{player:?}");
        ensure!(
            player.follow(&outcome),
            "update {update} of player {user} took effect out of order: {outcome} after {before}"
        );
    }
    for row in query(cluster, FIGURES)?.lines() {
        let numbers: Vec<i64> = row.split('|').map(str::parse).collect::<Result<_, _>>()?;
        let &[user, held_g, total_g, davkas] = numbers.as_slice() else {
            anyhow::bail!("a player's row of other fields: {row}");
        };
        let owned = Player {
            held_g,
            total_g,
            davkas,
        };
        let expected = players.remove(&user).unwrap_or_default();
        ensure!(
            owned == expected,
            "player {user} has {owned:?}, his updates gave {expected:?}"
        );
    }
    Ok(rows.lines().count())
}

/// Asks the release's own database; a row a line, fields parted by `|`.
pub(crate) fn query(cluster: &Cluster, sql: &str) -> anyhow::Result<String> {
    let psql = [
        "exec",
        "gofrobot-postgres-0",
        "--",
        "psql",
        "-U",
        "gofrobot",
        "-At",
        "-c",
        sql,
    ];
    cluster.look(psql)
}
