//! Whether a text is a regular expression of RE2, in the words of Go.

/// What is wrong with a pattern.
pub(super) fn problem(pattern: &str) -> Option<String> {
    let fault =
        |what: &str, where_: &str| Some(format!("error parsing regexp: {what}: `{where_}`"));
    let mut open = 0_usize;
    // Whether there is something to repeat, and whether it is repeated already.
    let (mut atom, mut repeated) = (false, false);
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        rest = after;
        match next {
            '(' => {
                if let Some(group) = after.strip_prefix('?') {
                    let Some(length) = group_end(group) else {
                        let shown: String = group.chars().take(1).collect();
                        return fault("invalid or unsupported Perl syntax", &format!("(?{shown}"));
                    };
                    rest = group.get(length..).unwrap_or_default();
                }
                open += 1;
                (atom, repeated) = (false, false);
            }
            ')' if open == 0 => return fault("unexpected )", pattern),
            ')' => {
                open -= 1;
                (atom, repeated) = (true, false);
            }
            '[' => {
                let Some(length) = class_end(after) else {
                    return fault("missing closing ]", &format!("[{after}"));
                };
                rest = after.get(length..).unwrap_or_default();
                (atom, repeated) = (true, false);
            }
            '\\' => {
                let Some(escaped) = after.chars().next() else {
                    return fault("trailing backslash at end of expression", "");
                };
                if !is_escape(escaped) {
                    return fault("invalid escape sequence", &format!("\\{escaped}"));
                }
                rest = after.get(escaped.len_utf8()..).unwrap_or_default();
                (atom, repeated) = (true, false);
            }
            '*' | '+' | '?' => {
                let shown = next.to_string();
                if !atom {
                    return fault("missing argument to repetition operator", &shown);
                }
                if repeated && next != '?' {
                    return fault("invalid nested repetition operator", &format!("*{shown}"));
                }
                repeated = true;
            }
            '{' => match repetition(after) {
                // What is no repetition is a brace.
                None => (atom, repeated) = (true, false),
                Some((least, most, length)) => {
                    let shown = format!("{{{}", after.get(..length).unwrap_or_default());
                    if !atom {
                        return fault("missing argument to repetition operator", &shown);
                    }
                    if least > 1000 || most.is_some_and(|most| most > 1000 || most < least) {
                        return fault("invalid repeat count", &shown);
                    }
                    rest = after.get(length..).unwrap_or_default();
                    repeated = true;
                }
            },
            '|' => (atom, repeated) = (false, false),
            _ => (atom, repeated) = (true, false),
        }
    }
    if open > 0 {
        return fault("missing closing )", pattern);
    }
    None
}

/// The length of what follows `(?` up to the group itself, if it is known.
fn group_end(text: &str) -> Option<usize> {
    let named = text.strip_prefix("P<").or_else(|| text.strip_prefix('<'));
    if let Some(name) = named {
        let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
        let length = name.find('>')?;
        return name
            .starts_with(begins)
            .then(|| text.len() - name.len() + length + 1);
    }
    let end = text.find([':', ')'])?;
    let flags = text.get(..end)?;
    let known = flags.chars().all(|c| "imsU-".contains(c));
    // `)` itself closes the group and is left to be read.
    let colon = usize::from(text.get(end..)?.starts_with(':'));
    known.then_some(end + colon)
}

/// The length of a class of characters, with its end.
fn class_end(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().peekable();
    if characters.peek().is_some_and(|(_, c)| *c == '^') {
        characters.next();
    }
    let mut first = true;
    while let Some((at, c)) = characters.next() {
        match c {
            ']' if !first => return Some(at + 1),
            '\\' => drop(characters.next()),
            '[' if text.get(at..)?.starts_with("[:") => {
                let end = text.get(at..)?.find(":]")?;
                while characters
                    .peek()
                    .is_some_and(|(next, _)| *next < at + end + 2)
                {
                    characters.next();
                }
            }
            _ => {}
        }
        first = false;
    }
    None
}

fn is_escape(c: char) -> bool {
    !c.is_ascii_alphanumeric() && c.is_ascii() || "aftnrvdDsSwWbBAzQEpPxC0".contains(c)
}

/// The bounds of `{2}`, `{2,}` or `{2,3}`, and its length after the brace.
fn repetition(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let end = text.find('}')?;
    let inner = text.get(..end)?;
    let number = |text: &str| -> Option<u32> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(u32::MAX))
    };
    let (least, most) = match inner.split_once(',') {
        None => (number(inner)?, None),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((least, most, end + 1))
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn what_go_says() {
        for (pattern, wanted) in [
            ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", None),
            (r"^\d{1,3}(\.\d+)*?$", None),
            ("(?i)a|(?:b)|(?P<n>c)", None),
            ("[[:alpha:]_]]", None),
            ("a{,3}", None),
            ("[]a]", None),
            ("(", Some("missing closing ): `(`")),
            ("a)", Some("unexpected ): `a)`")),
            ("[a", Some("missing closing ]: `[a`")),
            ("*a", Some("missing argument to repetition operator: `*`")),
            ("a**", Some("invalid nested repetition operator: `**`")),
            ("a{2,1}", Some("invalid repeat count: `{2,1}`")),
            ("a{1001}", Some("invalid repeat count: `{1001}`")),
            ("a\\", Some("trailing backslash at end of expression: ``")),
            ("(?=a)", Some("invalid or unsupported Perl syntax: `(?=`")),
            ("\\1", Some("invalid escape sequence: `\\1`")),
        ] {
            let wanted = wanted.map(|wanted| format!("error parsing regexp: {wanted}"));
            assert_eq!(problem(pattern), wanted, "{pattern}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_breaks_it(pattern in "[a(\\[\\])?*+{}0-9,:^\\\\<>P|é-]{0,12}") {
            let _ = problem(&pattern);
        }
    }
}
