//! Reading types from their condensed JSON form.

use std::{borrow::Cow, collections::BTreeMap, error, fmt};

use serde_json::{Map, Value};

use super::{
    FieldDef, Leaf, ListType, MapType, NodeDef, ShapeDef, Strategy, Text, TypeDef, Types, prefix,
};

/// Why types could not be read: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypesError {
    /// The type, with the field after a dot.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for TypesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

impl error::Error for TypesError {}

impl Types {
    /// Reads types from a JSON object, name to type.
    ///
    /// A type is `{"f": {field: REF, ...}}`, with `"a": 1` if server-side apply treats it as a whole. A REF is
    /// `"s"` string, `"i"` integer, `"n"` number, `"b"` boolean, `"t"` time, `"u"` time with microseconds, `"y"` bytes,
    /// `"q"` quantity, `"x"` integer or string, `"r"` raw JSON, `"o"` object without fields, `"*"` anything, `"@name"` a
    /// named type, `{"l": REF}` a list, `{"m": REF}` a map, or `{"of": REF}`; the objects also carry the markers `t` (list
    /// type: `m`, with the keys in `k`, `s`, `a`), `a` (atomic map or struct), `mt` (`granular` or `atomic`),
    /// `ps` (patch strategy), `pk` (patch merge key) and `d` (default).
    ///
    /// # Errors
    /// Anything else, and names that no type has.
    pub fn from_condensed(types: &Map<String, Value>) -> Result<Self, TypesError> {
        let names: BTreeMap<Text, usize> = types
            .keys()
            .enumerate()
            .map(|(index, name)| (Cow::Owned(name.clone()), index))
            .collect();
        let reader = Reader { names: &names };
        let defs = types
            .iter()
            .map(|(name, def)| reader.type_def(name, def))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            defs,
            names,
            kinds: BTreeMap::new(),
        })
    }

    /// Says which types are kinds: `group/version/Kind` (`v1/Pod` for the core group) to the name of the type.
    ///
    /// # Errors
    /// A name that no type has.
    pub fn with_kinds<'a>(
        mut self,
        kinds: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, TypesError> {
        for (kind, name) in kinds {
            let index = self.names.get(name).ok_or_else(|| TypesError {
                place: kind.to_owned(),
                reason: format!("no type is named {name:?}"),
            })?;
            self.kinds.insert(Cow::Owned(kind.to_owned()), *index);
        }
        Ok(self)
    }
}

struct Reader<'a> {
    names: &'a BTreeMap<Text, usize>,
}

impl Reader<'_> {
    fn type_def(&self, name: &str, def: &Value) -> Result<TypeDef, TypesError> {
        let fail = |place: String, reason: String| TypesError { place, reason };
        let fields = def.get("f").and_then(Value::as_object);
        let fields = fields
            .ok_or_else(|| fail(name.to_owned(), "expected an object with \"f\"".to_owned()))?;
        let mut fields = fields
            .iter()
            .map(|(field, value)| {
                self.field(field, value)
                    .map_err(|reason| fail(format!("{name}.{field}"), reason))
            })
            .collect::<Result<Vec<_>, _>>()?;
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(TypeDef {
            name: Cow::Owned(name.to_owned()),
            atomic: def.get("a").is_some(),
            fields,
        })
    }

    fn field(&self, name: &str, value: &Value) -> Result<FieldDef, String> {
        let strategy = value
            .get("ps")
            .map_or(Ok(""), |text| text.as_str().ok_or("ps is no string"))?;
        let merge_key = value.get("pk").and_then(Value::as_str).unwrap_or_default();
        Ok(FieldDef {
            name: Cow::Owned(name.to_owned()),
            prefix: prefix(name),
            node: self.node(value)?,
            strategy: self::strategy(strategy)?,
            merge_key: Cow::Owned(merge_key.to_owned()),
            default: value.get("d").cloned(),
        })
    }

    fn node(&self, value: &Value) -> Result<NodeDef, String> {
        let mut node = match value {
            Value::String(text) => return self.reference(text),
            Value::Object(object) => match (object.get("l"), object.get("m"), object.get("of")) {
                (Some(element), None, None) => {
                    NodeDef::plain(ShapeDef::List(Box::new(self.node(element)?)))
                }
                (None, Some(value), None) => {
                    NodeDef::plain(ShapeDef::Map(Box::new(self.node(value)?)))
                }
                (None, None, Some(inner)) => self.node(inner)?,
                _ => return Err("expected exactly one of \"l\", \"m\" and \"of\"".to_owned()),
            },
            _ => return Err("expected a string or an object".to_owned()),
        };
        if let Some(list) = value.get("t") {
            node.list = list_type(list)?;
        }
        if let Some(keys) = value.get("k") {
            node.keys = list_keys(keys)?;
        }
        if value.get("a").is_some() {
            node.map = MapType::Atomic;
        }
        if let Some(map) = value.get("mt") {
            node.map = map_type(map)?;
        }
        Ok(node)
    }

    fn reference(&self, text: &str) -> Result<NodeDef, String> {
        let shape = if let Some(name) = text.strip_prefix('@') {
            ShapeDef::Named(
                *self
                    .names
                    .get(name)
                    .ok_or_else(|| format!("no type is named {name:?}"))?,
            )
        } else {
            ShapeDef::Leaf(Leaf::from_code(text).ok_or_else(|| format!("{text:?} is no type"))?)
        };
        Ok(NodeDef::plain(shape))
    }
}

impl NodeDef {
    pub(super) fn plain(shape: ShapeDef) -> Self {
        Self {
            shape,
            list: ListType::Unmarked,
            keys: Vec::new(),
            map: MapType::Unmarked,
        }
    }
}

impl Leaf {
    pub(super) fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "s" => Self::String,
            "i" => Self::Integer,
            "n" => Self::Number,
            "b" => Self::Boolean,
            "t" => Self::Time,
            "u" => Self::MicroTime,
            "y" => Self::Bytes,
            "q" => Self::Quantity,
            "x" => Self::IntOrString,
            "r" => Self::Raw,
            "o" => Self::Object,
            "*" => Self::Any,
            _ => return None,
        })
    }
}

fn list_type(value: &Value) -> Result<ListType, String> {
    match value.as_str() {
        Some("m") => Ok(ListType::Map),
        Some("s") => Ok(ListType::Set),
        Some("a") => Ok(ListType::Atomic),
        _ => Err(format!("{value} is no list type")),
    }
}

fn list_keys(value: &Value) -> Result<Vec<Text>, String> {
    let keys = value.as_array().ok_or("k is no list")?;
    let keys = keys
        .iter()
        .map(|key| key.as_str().map(|key| Cow::Owned(key.to_owned())));
    keys.collect::<Option<_>>()
        .ok_or_else(|| "k holds something else than names".to_owned())
}

fn map_type(value: &Value) -> Result<MapType, String> {
    match value.as_str() {
        Some("granular") => Ok(MapType::Granular),
        Some("atomic") => Ok(MapType::Atomic),
        _ => Err(format!("{value} is no map type")),
    }
}

/// Reads a patch strategy as the struct tag writes it: at most one of `merge` and `replace`, and `retainKeys`.
fn strategy(text: &str) -> Result<Strategy, String> {
    let mut strategy = Strategy::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        match part {
            "merge" => strategy.merge = true,
            "replace" => strategy.replace = true,
            "retainKeys" => strategy.retain_keys = true,
            _ => return Err(format!("{part:?} is no patch strategy")),
        }
    }
    if strategy.merge && strategy.replace {
        return Err("a field cannot both merge and replace".to_owned());
    }
    Ok(strategy)
}
