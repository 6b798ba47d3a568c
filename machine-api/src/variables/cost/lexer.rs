//! The words of an expression in CEL.

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, or a word of the language.
    Name(String),
    /// An integer; none if it is larger than any.
    Int(Option<u64>),
    Uint,
    Double,
    /// A text, by its number of characters.
    Text(u64),
    /// Bytes, by their number.
    Bytes(u64),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 26] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",",
    "(", ")", "[", "]", "{", "}", "=", ";",
];

/// The words of an expression; none if something in it is no word of CEL.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut rest = text;
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let Some(first) = rest.chars().next() else {
            return Some(tokens);
        };
        let (token, after) = if let Some(opening) = opening(rest) {
            quoted(opening)?
        } else if first.is_ascii_digit() || (first == '.' && is_digit(rest.as_bytes().get(1))) {
            number(rest)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
            (Token::Name(name.to_owned()), after)
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            (Token::Sign(sign), rest.get(sign.len()..)?)
        };
        tokens.push(token);
        rest = after;
    }
}

fn is_digit(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_digit)
}

/// How a text or bytes begin.
#[derive(Clone, Copy)]
struct Opening<'a> {
    /// What stands behind the quote.
    inner: &'a str,
    quote: &'static str,
    raw: bool,
    bytes: bool,
}

fn opening(text: &str) -> Option<Opening<'_>> {
    let mut marks = text.bytes().take(3);
    let marks = marks.position(|byte| matches!(byte, b'"' | b'\''))?;
    let (marks, quoted) = text.split_at_checked(marks)?;
    let (raw, bytes) = match marks.to_ascii_lowercase().as_str() {
        "" => (false, false),
        "r" => (true, false),
        "b" => (false, true),
        "br" | "rb" => (true, true),
        _ => return None,
    };
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let quote = quotes.into_iter().find(|quote| quoted.starts_with(quote))?;
    let inner = quoted.get(quote.len()..)?;
    Some(Opening {
        inner,
        quote,
        raw,
        bytes,
    })
}

/// A text or bytes to their end; none if they have none.
fn quoted(opening: Opening<'_>) -> Option<(Token, &str)> {
    let Opening {
        inner,
        quote,
        raw,
        bytes,
    } = opening;
    let (mut rest, mut size) = (inner, 0_u64);
    loop {
        if let Some(after) = rest.strip_prefix(quote) {
            let token = if bytes {
                Token::Bytes(size)
            } else {
                Token::Text(size)
            };
            return Some((token, after));
        }
        let first = rest.chars().next()?;
        if quote.len() == 1 && matches!(first, '\n' | '\r') {
            return None;
        }
        let length = if first == '\\' && !raw {
            escape(rest)?
        } else {
            first.len_utf8()
        };
        size += match first {
            '\\' => 1,
            first if bytes => u64::try_from(first.len_utf8()).ok()?,
            _ => 1,
        };
        rest = rest.get(length..)?;
    }
}

/// The length of an escape sequence.
fn escape(text: &str) -> Option<usize> {
    let digits = |from: usize, count: usize, radix: u32| {
        let digits = text.get(from..from + count)?;
        let valid = digits.chars().all(|digit| digit.is_digit(radix));
        valid.then_some(from + count)
    };
    match text.chars().nth(1)? {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '\'' | '"' | '`' | '?' => Some(2),
        'x' | 'X' => digits(2, 2, 16),
        'u' => digits(2, 4, 16),
        'U' => digits(2, 8, 16),
        '0'..='3' => digits(1, 3, 8),
        _ => None,
    }
}

fn number(text: &str) -> Option<(Token, &str)> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (mut rest, mut double) = if let Some(digits) = hex {
        let after = digits.trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
        if after.len() == digits.len() {
            return None;
        }
        (after, false)
    } else {
        (digits(text), false)
    };
    if hex.is_none() {
        if let Some(after) = rest.strip_prefix('.')
            && is_digit(after.as_bytes().first())
        {
            (rest, double) = (digits(after), true);
        }
        if let Some(after) = rest.strip_prefix(['e', 'E']) {
            let exponent = after.strip_prefix(['+', '-']).unwrap_or(after);
            let after = digits(exponent);
            if after.len() == exponent.len() {
                return None;
            }
            (rest, double) = (after, true);
        }
    }
    Some(match rest.strip_prefix(['u', 'U']) {
        Some(after) if !double => (Token::Uint, after),
        _ if double => (Token::Double, rest),
        _ => {
            let digits = text.get(..text.len() - rest.len())?;
            let number = match hex {
                Some(_) => u64::from_str_radix(digits.get(2..)?, 16),
                None => digits.parse(),
            };
            (Token::Int(number.ok()), rest)
        }
    })
}

fn digits(text: &str) -> &str {
    text.trim_start_matches(|digit: char| digit.is_ascii_digit())
}
