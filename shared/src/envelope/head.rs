//! Picks a few ids out of an update's JSON in one pass, without keeping or copying anything else.
//!
//! Hand-written visitors, because derived ones fail on the first value of an unexpected type, and an update of a kind
//! that does not exist yet may hold anything.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The top level of an update: `update_id` beside one field that is named after the update's kind.
#[derive(Default)]
pub(super) struct Head {
    pub(super) update_id: Option<i64>,
    /// Whoever acts.
    pub(super) user: Option<i64>,
    /// Where it happens.
    pub(super) chat: Option<i64>,
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Head;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an update")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
                let mut head = Head::default();
                while let Some(name) = map.next_key::<Name>()? {
                    if let Name::UpdateId = name {
                        head.update_id = map.next_value::<Loose>()?.number;
                    } else {
                        let kind: Loose = map.next_value()?;
                        head.user = head.user.or(kind.user);
                        head.chat = head.chat.or(kind.chat);
                    }
                }
                Ok(head)
            }
        }
        from.deserialize_map(Fields)
    }
}

/// Field names that matter at any level.
enum Name {
    UpdateId,
    Id,
    User,
    Chat,
    Message,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "update_id" => Name::UpdateId,
                    "id" => Name::Id,
                    "from" | "user" => Name::User,
                    "chat" | "actor_chat" | "voter_chat" => Name::Chat,
                    "message" => Name::Message,
                    _ => Name::Other,
                })
            }
        }
        from.deserialize_identifier(Text)
    }
}

/// Any JSON value, of which only ids are kept; a value of an unexpected type is not an error but says nothing.
#[derive(Default)]
struct Loose {
    number: Option<i64>,
    id: Option<i64>,
    user: Option<i64>,
    chat: Option<i64>,
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Loose, E> {
                Ok(Loose {
                    number: Some(number),
                    ..Loose::default()
                })
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Loose, E> {
                Ok(Loose {
                    number: i64::try_from(number).ok(),
                    ..Loose::default()
                })
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Loose, E> {
                Ok(Loose::default())
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Loose, E> {
                Ok(Loose::default())
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<Loose, E> {
                Ok(Loose::default())
            }

            fn visit_unit<E: de::Error>(self) -> Result<Loose, E> {
                Ok(Loose::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                let mut seen = Loose::default();
                while let Some(name) = map.next_key::<Name>()? {
                    match name {
                        Name::Id => seen.id = map.next_value::<Loose>()?.number,
                        Name::User => seen.user = map.next_value::<Loose>()?.id,
                        Name::Chat => seen.chat = map.next_value::<Loose>()?.id,
                        // The message under a button: its sender is the bot, so only its chat may stand in.
                        Name::Message => seen.chat = seen.chat.or(map.next_value::<Loose>()?.chat),
                        Name::UpdateId | Name::Other => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(seen)
            }
        }
        from.deserialize_any(Any)
    }
}
