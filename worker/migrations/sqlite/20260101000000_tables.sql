-- The tables of the game, as in Postgres. Names and columns are contract.
-- Beyond the contract's list: players.language_code (the language of notes sent to a player outside an answer of his),
-- players.best_g, players.duels and players.duel_wins (history and the duel top without counting rows).
--
-- Times are integers: microseconds since 1970 in UTC. That is Postgres's own precision, compares and computes exactly,
-- and indexes well; text would need a fixed number of decimals to sort. To read one:
-- SELECT datetime(updated_at / 1000000, 'unixepoch'). Outcomes are JSON text. Tables are STRICT: a wrong type is an error.

CREATE TABLE players (
    user_id       INTEGER PRIMARY KEY,
    nickname      TEXT NOT NULL,
    nickname_key  TEXT NOT NULL,
    language      TEXT,
    language_code TEXT,
    gofra_mm      REAL NOT NULL,
    cable_mm      REAL NOT NULL,
    atm           INTEGER NOT NULL,
    atm_since     INTEGER NOT NULL,
    zmiy_g        INTEGER NOT NULL,
    total_zmiy_g  INTEGER NOT NULL,
    davkas        INTEGER NOT NULL,
    best_g        INTEGER NOT NULL,
    duels         INTEGER NOT NULL,
    duel_wins     INTEGER NOT NULL,
    dialogue      TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX players_nickname_key ON players (nickname_key);
CREATE INDEX players_strength ON players ((gofra_mm + cable_mm), user_id);
CREATE INDEX players_top_gofra ON players (gofra_mm DESC, user_id);
CREATE INDEX players_top_cable ON players (cable_mm DESC, user_id);
CREATE INDEX players_top_zmiy ON players (total_zmiy_g DESC, user_id);
CREATE INDEX players_top_wins ON players (duel_wins DESC, user_id);

CREATE TABLE ledger (
    update_id INTEGER PRIMARY KEY,
    user_id   INTEGER NOT NULL,
    chat_id   INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

CREATE INDEX ledger_at ON ledger (at);
CREATE INDEX ledger_nicknames ON ledger (user_id, at) WHERE kind = 'nickname';

-- The rules compute the id, so that a proposal can be used once.
CREATE TABLE duels (
    id           INTEGER PRIMARY KEY,
    attacker_id  INTEGER NOT NULL,
    defender_id  INTEGER NOT NULL,
    chat_id      INTEGER,
    chance       REAL NOT NULL,
    attacker_won INTEGER NOT NULL,
    at           INTEGER NOT NULL
) STRICT;

CREATE INDEX duels_attacker ON duels (attacker_id, at);
CREATE INDEX duels_defender ON duels (defender_id, at);

CREATE TABLE chats (
    chat_id       INTEGER PRIMARY KEY,
    title         TEXT NOT NULL,
    davkas        INTEGER NOT NULL,
    grams         INTEGER NOT NULL,
    last_activity INTEGER NOT NULL
) STRICT;

CREATE TABLE chat_players (
    chat_id       INTEGER NOT NULL,
    user_id       INTEGER NOT NULL,
    grams         INTEGER NOT NULL,
    davkas        INTEGER NOT NULL,
    last_activity INTEGER NOT NULL,
    PRIMARY KEY (chat_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_players_top ON chat_players (chat_id, grams DESC, user_id);

CREATE TABLE settings (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    changed_by INTEGER,
    changed_at INTEGER NOT NULL
) STRICT;

-- What went wrong, under the id that the player was shown.
CREATE TABLE errors (
    id      TEXT PRIMARY KEY,
    at      INTEGER NOT NULL,
    handler TEXT NOT NULL,
    kind    TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;

CREATE INDEX errors_at ON errors (at);
