//! The messages of one language: Fluent bundles built once from the files in `locales/`, and the look-up of a message.

use crate::game::player::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::borrow::Cow;
use std::sync::OnceLock;

type Bundle = FluentBundle<FluentResource>;

/// A value for a placeable.
pub(super) type Value<'a> = (&'static str, FluentValue<'a>);

/// The files of English.
pub(super) const ENGLISH: [&str; 7] = [
    include_str!("../../locales/en/actions.ftl"),
    include_str!("../../locales/en/boards.ftl"),
    include_str!("../../locales/en/buttons.ftl"),
    include_str!("../../locales/en/duels.ftl"),
    include_str!("../../locales/en/figures.ftl"),
    include_str!("../../locales/en/help.ftl"),
    include_str!("../../locales/en/words.ftl"),
];

/// The files of Russian.
pub(super) const RUSSIAN: [&str; 7] = [
    include_str!("../../locales/ru/actions.ftl"),
    include_str!("../../locales/ru/boards.ftl"),
    include_str!("../../locales/ru/buttons.ftl"),
    include_str!("../../locales/ru/duels.ftl"),
    include_str!("../../locales/ru/figures.ftl"),
    include_str!("../../locales/ru/help.ftl"),
    include_str!("../../locales/ru/words.ftl"),
];

/// One language to speak in.
#[derive(Clone, Copy)]
pub(super) struct Words {
    bundle: &'static Bundle,
    #[cfg(test)]
    language: Language,
}

impl Words {
    /// The words of a language.
    pub(super) fn of(language: Language) -> Self {
        static EN: OnceLock<Bundle> = OnceLock::new();
        static RU: OnceLock<Bundle> = OnceLock::new();
        let bundle = match language {
            Language::En => EN.get_or_init(|| bundle(language, &ENGLISH)),
            Language::Ru => RU.get_or_init(|| bundle(language, &RUSSIAN)),
        };
        Self {
            bundle,
            #[cfg(test)]
            language,
        }
    }

    /// A message without placeables: borrowed, so it costs a look-up.
    pub(super) fn plain(self, key: &str) -> Cow<'static, str> {
        self.say(key, [])
    }

    /// A message with its placeables filled. What is interpolated is not escaped here: see
    /// [`escape`](super::page::escape).
    ///
    /// A missing message or value shows as its name in braces, as Fluent has it: ugly, but never silence.
    pub(super) fn say<const N: usize>(
        self,
        key: &str,
        values: [Value<'_>; N],
    ) -> Cow<'static, str> {
        #[cfg(test)]
        spoken::note(self.language, key);
        let pattern = self
            .bundle
            .get_message(key)
            .and_then(|message| message.value());
        let Some(pattern) = pattern else {
            tracing::error!(message.key = key, "a message is missing");
            return Cow::Owned(format!("{{{key}}}"));
        };
        let args = (N > 0).then(|| values.into_iter().collect::<FluentArgs<'_>>());
        let mut errors = Vec::new();
        let said = self
            .bundle
            .format_pattern(pattern, args.as_ref(), &mut errors);
        if !errors.is_empty() {
            tracing::error!(message.key = key, ?errors, "a message is not filled");
        }
        said
    }
}

/// Builds a language from its files. What Fluent cannot read in them it leaves out; a test makes sure it reads all.
fn bundle(language: Language, files: &[&str]) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language.code().parse().unwrap_or_default()]);
    // Isolation marks help where directions of writing mix; here they would only get into copied nicknames.
    bundle.set_use_isolating(false);
    for file in files {
        let resource =
            FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(resource, errors)| {
                tracing::error!(?errors, "a message file is broken");
                resource
            });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(?errors, "a message is there twice");
        }
    }
    bundle
}

#[cfg(test)]
pub(super) mod spoken {
    //! What was said in this thread: so a test can find messages that nothing ever says.

    use super::Language;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static KEYS: RefCell<BTreeSet<(&'static str, String)>> = const { RefCell::new(BTreeSet::new()) };
    }

    pub(super) fn note(language: Language, key: &str) {
        KEYS.with_borrow_mut(|keys| keys.insert((language.code(), key.to_owned())));
    }

    /// Keys said in a language so far.
    pub(crate) fn keys(language: Language) -> BTreeSet<String> {
        KEYS.with_borrow(|keys| {
            let said = keys.iter().filter(|(code, _)| *code == language.code());
            said.map(|(_, key)| key.clone()).collect()
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Messages of a file, each with the names of its placeables.
    pub(crate) fn messages(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let mut messages = BTreeMap::new();
        let mut key = String::new();
        for line in files.iter().flat_map(|file| file.lines()) {
            if let Some((name, _)) = line.split_once(" =")
                && line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                key = name.to_owned();
                assert!(
                    messages.insert(key.clone(), BTreeSet::new()).is_none(),
                    "{key} is there twice"
                );
            }
            for after in line.split('$').skip(1) {
                let end = after
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(after.len());
                messages
                    .get_mut(&key)
                    .unwrap()
                    .insert(after[..end].to_owned());
            }
        }
        messages
    }

    #[test]
    fn fluent_reads_every_file() {
        for file in ENGLISH.iter().chain(&RUSSIAN) {
            let resource = FluentResource::try_new((*file).to_owned());
            assert!(
                resource.is_ok(),
                "{:?}",
                resource.err().map(|(_, errors)| errors)
            );
        }
    }

    #[test]
    fn both_languages_have_the_same_messages_with_the_same_placeables() {
        assert_eq!(messages(&ENGLISH), messages(&RUSSIAN));
        for language in Language::ALL {
            for key in messages(&ENGLISH).keys() {
                assert!(Words::of(language).bundle.has_message(key), "{key}");
            }
        }
    }

    #[test]
    fn russian_counts_as_russians_do() {
        let words = Words::of(Language::Ru);
        for (count, expect) in [
            (0, "0 давок"),
            (1, "1 давка"),
            (2, "2 давки"),
            (4, "4 давки"),
            (5, "5 давок"),
            (11, "11 давок"),
            (14, "14 давок"),
            (21, "21 давка"),
            (102, "102 давки"),
            (111, "111 давок"),
        ] {
            assert_eq!(words.say("davkas", [("count", count.into())]), expect);
        }
        let words = Words::of(Language::En);
        assert_eq!(words.say("davkas", [("count", 1.into())]), "1 davka");
        assert_eq!(words.say("davkas", [("count", 0.into())]), "0 davkas");
    }
}
