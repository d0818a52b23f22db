-- The tables of the game. Names and columns are contract: dashboards, operators and checks rely on them.
-- Beyond the contract's list: players.language_code (the language of notes sent to a player outside an answer of his),
-- players.best_g, players.duels and players.duel_wins (history and the duel top without counting rows).

-- A player changes many times a day and most changes (atmospheres, dialogue, time) touch no index: room on the page
-- keeps those updates in place (HOT). The default of vacuuming after 20 % dead rows is too late for such a table.
CREATE TABLE players (
    user_id       bigint PRIMARY KEY,
    nickname      text NOT NULL,
    nickname_key  text NOT NULL,
    language      text,
    language_code text,
    gofra_mm      double precision NOT NULL,
    cable_mm      double precision NOT NULL,
    atm           integer NOT NULL,
    atm_since     timestamptz NOT NULL,
    zmiy_g        bigint NOT NULL,
    total_zmiy_g  bigint NOT NULL,
    davkas        bigint NOT NULL,
    best_g        bigint NOT NULL,
    duels         bigint NOT NULL,
    duel_wins     bigint NOT NULL,
    dialogue      text,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

CREATE UNIQUE INDEX players_nickname_key ON players (nickname_key);
-- Neighbours by strength; the id spreads the many who are equally strong.
CREATE INDEX players_strength ON players ((gofra_mm + cable_mm), user_id);
CREATE INDEX players_top_gofra ON players (gofra_mm DESC, user_id);
CREATE INDEX players_top_cable ON players (cable_mm DESC, user_id);
CREATE INDEX players_top_zmiy ON players (total_zmiy_g DESC, user_id);
CREATE INDEX players_top_wins ON players (duel_wins DESC, user_id);
-- updated_at has no index on purpose: with one, no change of a player could stay in place.

-- One row an update that was played. Not partitioned: the key of a partitioned table must contain the partition's
-- column, and update_id alone has to be unique. Old rows leave in chunks through ledger_at.
CREATE TABLE ledger (
    update_id bigint PRIMARY KEY,
    user_id   bigint NOT NULL,
    chat_id   bigint NOT NULL,
    kind      text NOT NULL,
    outcome   jsonb NOT NULL,
    at        timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

CREATE INDEX ledger_at ON ledger (at);
CREATE INDEX ledger_nicknames ON ledger (user_id, at) WHERE kind = 'nickname';

-- The rules compute the id, so that a proposal can be used once.
CREATE TABLE duels (
    id           bigint PRIMARY KEY,
    attacker_id  bigint NOT NULL,
    defender_id  bigint NOT NULL,
    chat_id      bigint,
    chance       double precision NOT NULL,
    attacker_won boolean NOT NULL,
    at           timestamptz NOT NULL
);

CREATE INDEX duels_attacker ON duels (attacker_id, at);
CREATE INDEX duels_defender ON duels (defender_id, at);

-- Counters: every press in a group changes its row here.
CREATE TABLE chats (
    chat_id       bigint PRIMARY KEY,
    title         text NOT NULL,
    davkas        bigint NOT NULL,
    grams         bigint NOT NULL,
    last_activity timestamptz NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE chat_players (
    chat_id       bigint NOT NULL,
    user_id       bigint NOT NULL,
    grams         bigint NOT NULL,
    davkas        bigint NOT NULL,
    last_activity timestamptz NOT NULL,
    PRIMARY KEY (chat_id, user_id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX chat_players_top ON chat_players (chat_id, grams DESC, user_id);

CREATE TABLE settings (
    key        text PRIMARY KEY,
    value      text NOT NULL,
    changed_by bigint,
    changed_at timestamptz NOT NULL
);

-- What went wrong, under the id that the player was shown.
CREATE TABLE errors (
    id      text PRIMARY KEY,
    at      timestamptz NOT NULL,
    handler text NOT NULL,
    kind    text NOT NULL,
    detail  text NOT NULL
);

CREATE INDEX errors_at ON errors (at);
