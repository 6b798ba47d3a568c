//! Places in an expression, as cel-go shows them.

/// Line and column, both from 1 on, of a byte of a text; its end, if it has no such byte.
pub(super) fn of(text: &str, offset: u32) -> (isize, isize) {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |line| line.chars().count())
        + 1;
    let number = |number| isize::try_from(number).unwrap_or(isize::MAX);
    (number(line), number(column))
}

/// A message with its place, and the line with a mark under it.
pub(super) fn shown(text: &str, (line, column): (isize, isize), message: &str) -> String {
    let shown = format!("ERROR: <input>:{line}:{column}: {message}");
    let at = usize::try_from(line).unwrap_or_default().saturating_sub(1);
    let Some(snippet) = text.lines().nth(at) else {
        return shown;
    };
    // A mark is never far from the line.
    let dots = usize::try_from(column)
        .unwrap_or_default()
        .saturating_sub(1);
    let dots = ".".repeat(dots.min(snippet.chars().count()));
    format!("{shown}\n | {snippet}\n | {dots}^")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_and_a_column() {
        let text = "a +\n  ä.b";
        assert_eq!(of(text, 0), (1, 1));
        assert_eq!(of(text, 6), (2, 3));
        assert_eq!(of(text, 8), (2, 4));
        assert_eq!(of(text, 99), (2, 6));
        assert_eq!(
            shown(text, (2, 4), "no"),
            "ERROR: <input>:2:4: no\n |   ä.b\n | ...^"
        );
        assert_eq!(
            shown(text, (0, 0), "no"),
            "ERROR: <input>:0:0: no\n | a +\n | ^"
        );
        assert_eq!(shown(text, (9, 9), "no"), "ERROR: <input>:9:9: no");
    }
}
