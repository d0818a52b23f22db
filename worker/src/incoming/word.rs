//! In a group a reply to the bot may be one word instead of a command: people answer it as they answer each other.

use super::command::Command;

/// Words, and the commands they mean.
const WORDS: [(&str, &str); 23] = [
    ("davka", "gdavka"),
    ("давка", "gdavka"),
    ("uletet", "uletet"),
    ("улететь", "uletet"),
    ("rademka", "grademka"),
    ("радёмка", "grademka"),
    ("радемка", "grademka"),
    ("menu", "gmenu"),
    ("меню", "gmenu"),
    ("help", "ghelp"),
    ("помощь", "ghelp"),
    ("profile", "profile"),
    ("профиль", "profile"),
    ("gofra", "gofra"),
    ("гофра", "gofra"),
    ("cable", "cable"),
    ("кабель", "cable"),
    ("atm", "atm"),
    ("атм", "atm"),
    ("атмосфера", "atm"),
    ("атмосферы", "atm"),
    ("top", "top"),
    ("топ", "top"),
];

/// No word above is longer, in bytes: a long text is not even looked at.
const LONGEST: usize = 18;

/// The command that a text of one word means.
pub(super) fn meaning(text: &str) -> Option<Command> {
    let said = text.trim().trim_end_matches(['!', '.', '?']);
    if said.len() > LONGEST {
        return None;
    }
    let said = said.to_lowercase();
    let (_, name) = WORDS.into_iter().find(|(word, _)| *word == said)?;
    Command::named(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_means_a_command_of_groups() {
        for (word, name) in WORDS {
            assert!(word.len() <= LONGEST, "{word}");
            assert_eq!(
                meaning(word).map(|command| command.name),
                Some(name),
                "{word}"
            );
        }
    }

    #[test]
    fn case_and_shouting_do_not_matter() {
        assert_eq!(
            meaning(" ДАВКА!! ").map(|command| command.name),
            Some("gdavka")
        );
        assert_eq!(meaning("давка это жизнь"), None);
        assert_eq!(meaning(""), None);
    }
}
