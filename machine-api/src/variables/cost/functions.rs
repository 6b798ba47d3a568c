//! Which functions there are, what they give, and which of them cost more than one.

use super::types::Type;

/// How the cost of a call is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overload {
    /// One, besides the arguments.
    Plain,
    /// As much of two texts, or of what they stand for, as has to be compared.
    Compare,
    /// As many texts as are put together.
    AddTexts,
    AddLists,
    InList,
    IndexList,
    IndexMap,
    /// `&&` and `||`.
    Logic,
    Conditional,
    /// One end of a text.
    Affix,
    Contains,
    Matches,
    StringToBytes,
    BytesToString,
    Format,
}

/// What a call gives, and the ways it may be carried out.
pub(super) type Resolved<'a> = (Type<'a>, Vec<Overload>);

/// Finds a function by its name and the types that it is called with; none if there is no such function, or none that is known
/// here.
pub(super) fn resolve<'a>(
    name: &str,
    target: Option<&Type<'a>>,
    arguments: &[Type<'a>],
) -> Option<Resolved<'a>> {
    let found = match arguments {
        [one] if target.is_none() => unary(name, one),
        [left, right] if target.is_none() => binary(name, left, right),
        [condition, then, otherwise] if name == "?:" => matches!(condition, Type::Bool | Type::Dyn)
            .then(|| {
                let given = then.or(otherwise);
                (given, vec![Overload::Conditional])
            }),
        _ => None,
    };
    found.or_else(|| match target {
        Some(target) => method(name, target, arguments.first()),
        None => None,
    })
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "functions are found or not, and these are found"
)]
fn plain(given: Type<'_>) -> Option<Resolved<'_>> {
    Some((given, vec![Overload::Plain]))
}

fn unary<'a>(name: &str, one: &Type<'a>) -> Option<Resolved<'a>> {
    match (name, one) {
        ("!_" | "@not_strictly_false", Type::Bool | Type::Dyn)
        | ("bool", Type::Bool | Type::String | Type::Dyn)
        | ("isURL" | "isQuantity" | "isIP" | "isCIDR", _) => plain(Type::Bool),
        ("-_", Type::Int | Type::Double | Type::Duration | Type::Dyn) => plain(one.clone()),
        ("size", Type::String | Type::Bytes | Type::List(_) | Type::Map(..) | Type::Dyn)
        | ("int", _) => plain(Type::Int),
        ("uint", _) => plain(Type::Uint),
        ("double", _) => plain(Type::Double),
        ("timestamp", _) => plain(Type::Timestamp),
        ("duration", _) => plain(Type::Duration),
        ("type", _) => plain(Type::OfValues),
        ("string", Type::Bytes) => Some((Type::String, vec![Overload::BytesToString])),
        ("string", Type::Dyn) => {
            Some((Type::String, vec![Overload::Plain, Overload::BytesToString]))
        }
        ("string", _) => plain(Type::String),
        ("bytes", Type::String) => Some((Type::Bytes, vec![Overload::StringToBytes])),
        ("bytes", Type::Bytes) => plain(Type::Bytes),
        ("bytes", Type::Dyn) => Some((Type::Bytes, vec![Overload::Plain, Overload::StringToBytes])),
        ("url" | "quantity" | "ip" | "cidr", _) => plain(Type::Opaque),
        _ => None,
    }
}

fn binary<'a>(name: &str, left: &Type<'a>, right: &Type<'a>) -> Option<Resolved<'a>> {
    match name {
        "&&" | "||" => Some((Type::Bool, vec![Overload::Logic])),
        // How Kubernetes' own types are compared is not known here.
        "==" | "!=" if matches!(left, Type::Opaque) => None,
        "==" | "!=" => Some((Type::Bool, vec![Overload::Compare])),
        "<" | "<=" | ">" | ">=" => Some((Type::Bool, ordered(left, right)?)),
        "+" => add(left, right),
        "-" => plain(match (left, right) {
            (Type::Timestamp, Type::Timestamp) => Type::Duration,
            (Type::Timestamp | Type::Duration, Type::Duration) => left.clone(),
            _ => number(left, right)?,
        }),
        "*" | "/" | "%" => plain(number(left, right)?),
        "in" => match right {
            Type::List(_) => Some((Type::Bool, vec![Overload::InList])),
            Type::Map(..) => plain(Type::Bool),
            Type::Dyn => Some((Type::Bool, vec![Overload::InList, Overload::Plain])),
            _ => None,
        },
        "[]" => {
            let overloads = match left {
                Type::List(_) => vec![Overload::IndexList],
                Type::Map(..) => vec![Overload::IndexMap],
                _ => vec![Overload::Plain],
            };
            Some((left.indexed()?, overloads))
        }
        "matches" => plain(Type::Bool),
        _ => None,
    }
}

fn number<'a>(left: &Type<'a>, right: &Type<'a>) -> Option<Type<'a>> {
    match (left, right) {
        (Type::Int, Type::Int) | (Type::Uint, Type::Uint) | (Type::Double, Type::Double) => {
            Some(left.clone())
        }
        (Type::Dyn, Type::Dyn) => Some(Type::Dyn),
        (Type::Dyn, other) | (other, Type::Dyn) if other.is_number() => Some(other.clone()),
        _ => None,
    }
}

fn ordered(left: &Type<'_>, right: &Type<'_>) -> Option<Vec<Overload>> {
    match (left, right) {
        (Type::String, Type::String | Type::Dyn)
        | (Type::Dyn, Type::String | Type::Bytes)
        | (Type::Bytes, Type::Bytes | Type::Dyn) => Some(vec![Overload::Compare]),
        (Type::Dyn, Type::Dyn) => Some(vec![Overload::Plain, Overload::Compare]),
        (Type::Dyn, other) | (other, Type::Dyn) => other.is_scalar().then(|| vec![Overload::Plain]),
        (a, b) if a.is_number() && b.is_number() => Some(vec![Overload::Plain]),
        (Type::Bool, Type::Bool)
        | (Type::Duration, Type::Duration)
        | (Type::Timestamp, Type::Timestamp) => Some(vec![Overload::Plain]),
        _ => None,
    }
}

fn add<'a>(left: &Type<'a>, right: &Type<'a>) -> Option<Resolved<'a>> {
    let texts = |given| Some((given, vec![Overload::AddTexts]));
    match (left, right) {
        (Type::String, Type::String | Type::Dyn) | (Type::Dyn, Type::String) => texts(Type::String),
        (Type::Bytes, Type::Bytes | Type::Dyn) | (Type::Dyn, Type::Bytes) => texts(Type::Bytes),
        (Type::List(a), Type::List(b)) => {
            let items = Type::List(Box::new(a.or(b)));
            Some((items, vec![Overload::AddLists]))
        }
        (Type::List(_), Type::Dyn) => Some((left.clone(), vec![Overload::AddLists])),
        (Type::Dyn, Type::List(_)) => Some((right.clone(), vec![Overload::AddLists])),
        (Type::Dyn, Type::Dyn) => Some((
            Type::Dyn,
            vec![Overload::Plain, Overload::AddTexts, Overload::AddLists],
        )),
        (Type::Timestamp, Type::Duration) | (Type::Duration, Type::Timestamp) => {
            plain(Type::Timestamp)
        }
        (Type::Duration, Type::Duration) => plain(Type::Duration),
        _ => plain(number(left, right)?),
    }
}

fn method<'a>(name: &str, target: &Type<'a>, first: Option<&Type<'a>>) -> Option<Resolved<'a>> {
    let text = matches!(target, Type::String | Type::Dyn);
    let one = |overload| Some((Type::Bool, vec![overload]));
    match name {
        "size" => unary(name, target),
        "startsWith" | "endsWith" if text => one(Overload::Affix),
        "contains" if text => one(Overload::Contains),
        "matches" if text => one(Overload::Matches),
        "format" if text => Some((Type::String, vec![Overload::Format])),
        "getFullYear" | "getMonth" | "getDayOfYear" | "getDayOfMonth" | "getDate"
        | "getDayOfWeek" | "getHours" | "getMinutes" | "getSeconds" | "getMilliseconds" => {
            plain(Type::Int)
        }
        "isSorted" => plain(Type::Bool),
        "sum" | "min" | "max" => plain(target.iterated()?),
        "indexOf" | "lastIndexOf" => plain(Type::Int),
        "charAt" | "lowerAscii" | "upperAscii" | "trim" | "substring" | "replace" | "find"
            if text =>
        {
            plain(Type::String)
        }
        "join" if matches!(target, Type::List(_) | Type::Dyn) => plain(Type::String),
        "split" | "findAll" if text => plain(Type::List(Box::new(Type::String))),
        _ if matches!(target, Type::Opaque) => of_opaque(name, first),
        _ => None,
    }
}

/// Methods of URLs, quantities and addresses.
fn of_opaque<'a>(name: &str, first: Option<&Type<'a>>) -> Option<Resolved<'a>> {
    match name {
        "getScheme" | "getHost" | "getHostname" | "getPort" | "getEscapedPath" => {
            plain(Type::String)
        }
        "getQuery" => {
            let values = Type::List(Box::new(Type::String));
            plain(Type::Map(Box::new(Type::String), Box::new(values)))
        }
        "sign" | "compareTo" | "asInteger" | "family" | "prefixLength" => plain(Type::Int),
        "asApproximateFloat" => plain(Type::Double),
        "isInteger"
        | "isGreaterThan"
        | "isLessThan"
        | "isUnspecified"
        | "isLoopback"
        | "isLinkLocalMulticast"
        | "isLinkLocalUnicast"
        | "isGlobalUnicast" => plain(Type::Bool),
        "containsIP" | "containsCIDR" if first.is_some() => plain(Type::Bool),
        "add" | "sub" | "ip" | "masked" => plain(Type::Opaque),
        _ => None,
    }
}
