//! Whether the tables agree with each other: whatever happened, a player owns what the ledger says and nothing else.

use sqlx::PgPool;

/// A sum that must be zero, and what it counts.
pub(super) const SUMS: [(&str, &str); 7] = [
    (
        "players whose grams are not the sum of their catches in the ledger",
        "SELECT count(*) FROM players p
         LEFT JOIN (SELECT user_id, count(*) AS davkas, sum((outcome->>'grams')::bigint) AS grams FROM ledger
                    WHERE outcome->>'is' = 'davka' GROUP BY user_id) caught USING (user_id)
         WHERE p.total_zmiy_g <> coalesce(caught.grams, 0) OR p.davkas <> coalesce(caught.davkas, 0)",
    ),
    (
        "players whose gofra is not what their catches and won duels add up to",
        "SELECT count(*) FROM players p
         LEFT JOIN (SELECT user_id, sum(mm) AS mm FROM (
             SELECT CASE WHEN outcome->>'is' = 'davka' THEN user_id
                         ELSE (CASE WHEN (outcome->>'attacker_won')::boolean THEN outcome->'attacker'
                                    ELSE outcome->'defender' END->>'user_id')::bigint END AS user_id,
                    (outcome->>'gofra_grown_mm')::float8 AS mm
             FROM ledger WHERE outcome->>'is' IN ('davka', 'duel')) AS growth GROUP BY user_id) grown USING (user_id)
         WHERE abs(p.gofra_mm - 10 - coalesce(grown.mm, 0)) > 1e-6",
    ),
    (
        "players whose duels are not those in the table of duels",
        "SELECT count(*) FROM players p
         LEFT JOIN (SELECT user_id, count(*) AS duels, count(*) FILTER (WHERE won) AS wins FROM (
             SELECT attacker_id AS user_id, attacker_won AS won FROM duels
             UNION ALL SELECT defender_id, NOT attacker_won FROM duels) AS sides GROUP BY user_id) fought USING (user_id)
         WHERE p.duels <> coalesce(fought.duels, 0) OR p.duel_wins <> coalesce(fought.wins, 0)",
    ),
    (
        "duels that the ledger does not know",
        "SELECT abs((SELECT count(*) FROM duels) - (SELECT count(*) FROM ledger WHERE outcome->>'is' = 'duel'))",
    ),
    (
        "groups whose counters are not the sum of the catches made there",
        "SELECT count(*) FROM chats c
         LEFT JOIN (SELECT chat_id, count(*) AS davkas, sum((outcome->>'grams')::bigint) AS grams FROM ledger
                    WHERE outcome->>'is' = 'davka' AND chat_id < 0 GROUP BY chat_id) caught USING (chat_id)
         WHERE c.davkas <> coalesce(caught.davkas, 0) OR c.grams <> coalesce(caught.grams, 0)",
    ),
    (
        "groups whose counters are not the sum of their players'",
        "SELECT count(*) FROM chats c
         LEFT JOIN (SELECT chat_id, sum(davkas) AS davkas, sum(grams) AS grams FROM chat_players GROUP BY chat_id) theirs
         USING (chat_id)
         WHERE c.davkas <> coalesce(theirs.davkas, 0) OR c.grams <> coalesce(theirs.grams, 0)",
    ),
    (
        "groups in the ledger that have no counters",
        "SELECT count(DISTINCT chat_id) FROM ledger WHERE chat_id < 0
         AND NOT EXISTS (SELECT FROM chats WHERE chats.chat_id = ledger.chat_id)",
    ),
];

/// What a sum comes to.
///
/// # Errors
/// The database is away.
pub(super) async fn count(pool: &PgPool, query: &'static str) -> sqlx::Result<i64> {
    sqlx::query_scalar(query).fetch_one(pool).await
}
