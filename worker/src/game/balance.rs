//! The one table of numbers. Rules, screens and help read them here, so a number is never written twice.
//!
//! Lengths are millimetres, masses grams, durations seconds.

/// One level of the gofra.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// From 1.
    pub number: u8,
    /// The shortest gofra of this level, mm; the first level also holds everything shorter.
    pub from_mm: f64,
    /// Speed of regeneration in tenths, an integer so that time is reckoned without fractions.
    pub speed_tenths: i64,
    /// The lightest catch of a davka, grams.
    pub grams_low: i64,
    /// The heaviest catch of a davka, grams.
    pub grams_high: i64,
}

const fn level(
    number: u8,
    from_mm: f64,
    speed_tenths: i64,
    grams_low: i64,
    grams_high: i64,
) -> Level {
    Level {
        number,
        from_mm,
        speed_tenths,
        grams_low,
        grams_high,
    }
}

/// All levels, lowest first.
pub const LEVELS: [Level; 10] = [
    level(1, 10.0, 10, 50, 100),
    level(2, 50.0, 11, 100, 200),
    level(3, 150.0, 12, 200, 300),
    level(4, 300.0, 13, 300, 400),
    level(5, 600.0, 14, 400, 500),
    level(6, 1_200.0, 15, 500, 600),
    level(7, 2_500.0, 16, 600, 700),
    level(8, 5_000.0, 17, 700, 800),
    level(9, 10_000.0, 18, 800, 900),
    level(10, 20_000.0, 20, 900, 1_100),
];

/// Gofra of a newcomer, mm.
pub const START_GOFRA_MM: f64 = 10.0;
/// Cable of a newcomer, mm.
pub const START_CABLE_MM: f64 = 10.0;

/// The most atmospheres a player can have, and what a newcomer starts with.
pub const MAX_ATM: i32 = 12;
/// Atmospheres that a davka spends.
pub const DAVKA_ATM: i32 = 12;
/// Seconds for one atmosphere at speed 1.0.
pub const ATM_PERIOD_S: i64 = 7_200;

/// Growth of the gofra for a gram caught, mm.
pub const GOFRA_MM_PER_GRAM: f64 = 0.025;
/// Growth of the cable for a gram caught, mm.
pub const CABLE_MM_PER_GRAM: f64 = 0.150;
/// A catch above this many grams gets a line of its own.
pub const BIG_CATCH_G: i64 = 1_000;

/// The attacker's chance against an equal, percent.
pub const CHANCE_BASE: f64 = 50.0;
/// Percent for each mm of difference between the gofras.
pub const CHANCE_PER_GOFRA_MM: f64 = 0.02;
/// Percent for each mm of difference between the cables.
pub const CHANCE_PER_CABLE_MM: f64 = 0.02;
/// The least chance, percent.
pub const CHANCE_MIN: f64 = 10.0;
/// The best chance, percent.
pub const CHANCE_MAX: f64 = 90.0;

/// What winning a duel brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reward {
    /// Growth of the cable, mm.
    pub cable_mm: f64,
    /// Growth of the gofra after beating an equal, mm.
    pub base_mm: f64,
    /// How much longer the loser's gofra must be for one more mm.
    pub longer_per_mm: f64,
    /// The most that beating a longer gofra adds, mm.
    pub bonus_max_mm: f64,
    /// How much shorter the loser's gofra must be for one mm less.
    pub shorter_per_mm: f64,
    /// The least growth of the gofra, mm.
    pub min_mm: f64,
}

/// What a winning attacker gets.
pub const ATTACKER_REWARD: Reward = Reward {
    cable_mm: 0.2,
    base_mm: 12.0,
    longer_per_mm: 100.0,
    bonus_max_mm: 8.0,
    shorter_per_mm: 200.0,
    min_mm: 5.0,
};
/// What a winning defender gets.
pub const DEFENDER_REWARD: Reward = Reward {
    cable_mm: 0.1,
    base_mm: 6.0,
    longer_per_mm: 200.0,
    bonus_max_mm: 4.0,
    shorter_per_mm: 400.0,
    min_mm: 2.5,
};

/// The rolling window in which started duels are counted, seconds.
pub const DUEL_WINDOW_S: i64 = 3_600;
/// Duels that one player may start within the window.
pub const DUELS_PER_WINDOW: u32 = 10;
/// Duels that one player may start against the same player within the window.
pub const DUELS_PER_WINDOW_AGAINST_ONE: u32 = 3;
/// Seconds that a proposal to duel lives.
pub const PROPOSAL_LIFETIME_S: i64 = 600;
/// An opponent is searched among players who acted within so many days.
pub const OPPONENT_ACTIVE_DAYS: i64 = 30;
/// Mere looks are written down as a sign of life once in so many seconds.
pub const SIGN_OF_LIFE_S: i64 = 86_400;

/// The shortest nickname, characters.
pub const NICKNAME_MIN_CHARS: usize = 3;
/// The longest nickname, characters.
pub const NICKNAME_MAX_CHARS: usize = 20;
/// Nickname changes that one player may make within the window.
pub const NICKNAMES_PER_WINDOW: u32 = 3;
/// The rolling window in which nickname changes are counted, seconds.
pub const NICKNAME_WINDOW_S: i64 = 3_600;

/// Rows of a leaderboard.
pub const TOP_ROWS: usize = 10;
/// A group counts a player as active for so many days after his last press there.
pub const CHAT_ACTIVE_DAYS: i64 = 7;
