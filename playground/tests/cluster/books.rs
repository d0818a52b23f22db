//! Whether the tables agree with each other: whatever happened, a player owns what the ledger says and nothing else.

use crate::services::Cluster;

/// Players whose catches are not exactly those of the ledger.
const CATCHES: &str = "SELECT count(*) FROM players p, LATERAL (
        SELECT count(*) AS davkas, coalesce(sum((outcome->>'grams')::bigint), 0) AS grams
        FROM ledger WHERE user_id = p.user_id AND outcome->>'is' = 'davka') caught
    WHERE p.total_zmiy_g <> caught.grams OR p.davkas <> caught.davkas";

/// Players whose gofra is not what their catches and won duels add up to.
const GROWTH: &str = "SELECT count(*) FROM players p, LATERAL (
        SELECT coalesce(sum((outcome->>'gofra_grown_mm')::float8), 0) AS mm FROM ledger
        WHERE (user_id = p.user_id AND outcome->>'is' = 'davka')
           OR (outcome->>'is' = 'duel' AND (CASE WHEN (outcome->>'attacker_won')::boolean
               THEN outcome->'attacker' ELSE outcome->'defender' END->>'user_id')::bigint = p.user_id)) grown
    WHERE abs(p.gofra_mm - 10 - grown.mm) > 1e-6";

/// Players whose number of duels is not that of the duels with them.
const DUELS: &str = "SELECT count(*) FROM players p
    WHERE p.duels <> (SELECT count(*) FROM duels WHERE p.user_id IN (attacker_id, defender_id))
       OR p.duel_wins <> (SELECT count(*) FROM duels WHERE p.user_id = CASE WHEN attacker_won THEN attacker_id ELSE defender_id END)";

/// Duels that the ledger does not know, or knows twice.
const FOUGHT: &str = "SELECT abs((SELECT count(*) FROM duels) - (SELECT count(*) FROM ledger WHERE outcome->>'is' = 'duel'))";

/// Groups whose figures are not the sum of their players'.
const CHATS: &str = "SELECT count(*) FROM chats c, LATERAL (
        SELECT coalesce(sum(grams), 0) AS grams, coalesce(sum(davkas), 0) AS davkas
        FROM chat_players WHERE chat_id = c.chat_id) theirs
    WHERE c.grams <> theirs.grams OR c.davkas <> theirs.davkas";

/// Checks all of it, and that nothing went wrong on the way.
pub(crate) async fn balance(cluster: &Cluster) {
    assert_eq!(cluster.count(CATCHES).await, 0, "catches");
    assert_eq!(cluster.count(GROWTH).await, 0, "growth");
    assert_eq!(cluster.count(DUELS).await, 0, "duels");
    assert_eq!(cluster.count(FOUGHT).await, 0, "duels in the ledger");
    assert_eq!(cluster.count(CHATS).await, 0, "chats");
    assert_eq!(cluster.count("SELECT count(*) FROM errors").await, 0);
    let dead = cluster.dead_letters().await;
    assert!(dead.is_empty(), "{dead:?}");
}
