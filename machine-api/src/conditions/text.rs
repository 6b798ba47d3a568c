//! Messages that contain messages.

/// Appends a message to a line: after a blank, or, if it has lines or bullets of its own, indented below it.
pub(super) fn append(line: &mut String, message: &str) {
    if !message.contains('\n') && !has_bullet(message) {
        line.push(' ');
        line.push_str(message);
        return;
    }
    let mixed = message.split('\n').any(|one| !has_bullet(one));
    for one in message.split('\n') {
        line.push_str(match (mixed, has_bullet(one)) {
            (false, _) => "\n  ",
            (true, false) => "\n  * ",
            (true, true) => "\n    ",
        });
        line.push_str(one);
    }
}

/// Whether a bullet is in the text.
fn has_bullet(text: &str) -> bool {
    text.split('*')
        .skip(1)
        .any(|rest| rest.starts_with(|next: char| " \t\n\r\u{c}".contains(next)))
}

/// More than one of a kind.
pub(crate) fn plural(kind: &str) -> String {
    let ends = |end: &str| kind.ends_with(end);
    if ends("s") || ends("x") || ends("ch") || ends("sh") {
        return format!("{kind}es");
    }
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{kind}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appended(message: &str) -> String {
        let mut line = "* A:".to_owned();
        append(&mut line, message);
        line
    }

    #[test]
    fn lines_go_below() {
        assert_eq!(appended("one"), "* A: one");
        assert_eq!(appended("one\ntwo"), "* A:\n  * one\n  * two");
        assert_eq!(appended("* one\n* two"), "* A:\n  * one\n  * two");
        assert_eq!(appended("one:\n* two"), "* A:\n  * one:\n    * two");
    }

    #[test]
    fn kinds_in_the_plural() {
        assert_eq!(plural("Machine"), "Machines");
        assert_eq!(plural("ClusterClass"), "ClusterClasses");
    }
}
