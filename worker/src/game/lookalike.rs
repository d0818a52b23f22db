//! Letters that look like others. Folding them lets a name be compared by what a reader sees: `аdmin` with a Cyrillic
//! `а`, or `ádmin`, is no less `admin`.

/// What a reader may take `text` for: case folded, accents dropped, Cyrillic letters replaced by the Latin ones that
/// they resemble as capitals or as small letters. Only good for comparing with another folded text.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .map(seen_as)
        .collect()
}

fn seen_as(letter: char) -> char {
    match letter {
        'а' | 'à'..='å' | 'ā' | 'ă' | 'ą' | 'ӑ' | 'ӓ' => 'a',
        'в' | 'ь' => 'b',
        'с' | 'ҫ' | 'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ԁ' | 'ð' | 'ď' | 'đ' => 'd',
        'е' | 'ё' | 'ѐ' | 'ӗ' | 'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'н' | 'һ' | 'ң' | 'ĥ' | 'ħ' => 'h',
        'і' | 'ї' | 'ӏ' | 'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ј' | 'ĵ' => 'j',
        'к' | 'қ' | 'ќ' | 'ķ' | 'ĸ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'м' => 'm',
        'п' | 'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => 'n',
        'о' | 'ӧ' | 'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'р' => 'p',
        'ԛ' => 'q',
        'г' | 'ґ' | 'ѓ' | 'ŕ' | 'ŗ' | 'ř' => 'r',
        'ѕ' | 'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'т' | 'ţ' | 'ť' | 'ŧ' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ѵ' => 'v',
        'ԝ' | 'ŵ' => 'w',
        'х' | 'ҳ' => 'x',
        'у' | 'ў' | 'ү' | 'ӯ' | 'ӱ' | 'ӳ' | 'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ѝ' | 'й' | 'ӣ' | 'ӥ' => 'и',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_cases_and_accents_meet() {
        for (left, right) in [
            ("admin", "АDМIN"),
            ("admin", "аdmіn"),
            ("admin", "Ádmïñ"),
            ("bot", "ВОТ"),
            ("root", "гооt"),
            ("админ", "aдmиh"),
            ("поддержка", "ПОДДЕРЖКА"),
        ] {
            assert_eq!(fold(left), fold(right), "{left} {right}");
        }
    }

    #[test]
    fn different_letters_stay_apart() {
        for (left, right) in [
            ("admin", "odmin"),
            ("бот", "вот"),
            ("рут", "рук"),
            ("bot", "b0t"),
        ] {
            assert_ne!(fold(left), fold(right), "{left} {right}");
        }
    }
}
