//! Patterns: regular expressions in the syntax of RE2, matched in time that grows with the text alone.
//!
//! Schemas are data of others, so nothing here may take forever: a pattern is compiled to a small program that is run over
//! the text with all its threads at once. What is not understood (Unicode classes, flags other than `(?i)` and `(?s)` at the
//! beginning) matches nothing and refuses nothing.

const MOST_STEPS: usize = 20_000;

/// Whether a pattern matches somewhere in a text; `None` if the pattern is not understood.
pub(super) fn matches(pattern: &str, text: &str) -> Option<bool> {
    let program = Program::compile(pattern)?;
    Some(program.is_match(text))
}

#[derive(Debug, Clone)]
enum Ast {
    One(Class),
    Assert(Assert),
    Concat(Vec<Ast>),
    Either(Vec<Ast>),
    Repeat {
        of: Box<Ast>,
        least: u32,
        most: Option<u32>,
    },
}

/// A set of characters, as ranges.
#[derive(Debug, Clone, Default)]
struct Class {
    ranges: Vec<(char, char)>,
    negated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assert {
    Start,
    End,
    Word,
    NotWord,
}

#[derive(Debug)]
enum Step {
    One(Class),
    Assert(Assert),
    Split(usize, usize),
    Jump(usize),
    Match,
}

#[derive(Debug)]
struct Program {
    steps: Vec<Step>,
    ignore_case: bool,
}

struct Parser<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    dot_is_all: bool,
    depth: usize,
}

impl Class {
    fn of(ranges: &[(char, char)]) -> Self {
        Self {
            ranges: ranges.to_vec(),
            negated: false,
        }
    }

    fn negate(self) -> Self {
        Self {
            negated: !self.negated,
            ..self
        }
    }

    fn has(&self, char: char) -> bool {
        self.ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&char))
            != self.negated
    }

    /// The class of an escape such as `\d`.
    fn escaped(letter: char) -> Option<Self> {
        Some(match letter {
            'd' => Self::of(&[('0', '9')]),
            'w' => Self::of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
            's' => Self::of(&[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')]),
            'D' | 'W' | 'S' => Self::escaped(letter.to_ascii_lowercase())?.negate(),
            't' => Self::of(&[('\t', '\t')]),
            'n' => Self::of(&[('\n', '\n')]),
            'r' => Self::of(&[('\r', '\r')]),
            'f' => Self::of(&[('\x0c', '\x0c')]),
            'v' => Self::of(&[('\x0b', '\x0b')]),
            other if !other.is_alphanumeric() => Self::of(&[(other, other)]),
            _ => return None,
        })
    }
}

impl Parser<'_> {
    fn either(&mut self) -> Option<Ast> {
        self.depth += 1;
        if self.depth > 100 {
            return None;
        }
        let mut branches = vec![self.concat()?];
        while self.take('|') {
            branches.push(self.concat()?);
        }
        self.depth -= 1;
        if branches.len() == 1 {
            branches.pop()
        } else {
            Some(Ast::Either(branches))
        }
    }

    fn concat(&mut self) -> Option<Ast> {
        let mut parts = Vec::new();
        while let Some(next) = self.rest.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            let atom = self.atom()?;
            parts.push(self.repeated(atom)?);
        }
        Some(Ast::Concat(parts))
    }

    fn atom(&mut self) -> Option<Ast> {
        Some(match self.rest.next()? {
            '(' => self.group()?,
            '[' => Ast::One(self.class()?),
            '.' if self.dot_is_all => Ast::One(Class::default().negate()),
            '.' => Ast::One(Class::of(&[('\n', '\n')]).negate()),
            '^' => Ast::Assert(Assert::Start),
            '$' => Ast::Assert(Assert::End),
            '\\' => self.escape()?,
            '*' | '+' | '?' => return None,
            other => Ast::One(Class::of(&[(other, other)])),
        })
    }

    fn group(&mut self) -> Option<Ast> {
        if self.take('?') {
            if self.take('P') {
                self.take('<').then_some(())?;
                self.rest.by_ref().find(|char| *char == '>')?;
            } else {
                self.take(':').then_some(())?;
            }
        }
        let inner = self.either()?;
        self.take(')').then_some(inner)
    }

    fn escape(&mut self) -> Option<Ast> {
        Some(match self.rest.next()? {
            'A' => Ast::Assert(Assert::Start),
            'z' => Ast::Assert(Assert::End),
            'b' => Ast::Assert(Assert::Word),
            'B' => Ast::Assert(Assert::NotWord),
            letter => Ast::One(Class::escaped(letter)?),
        })
    }

    fn class(&mut self) -> Option<Class> {
        let negated = self.take('^');
        let mut class = Class::default();
        let mut first = true;
        loop {
            let next = self.rest.next()?;
            match next {
                ']' if !first => break,
                '[' if self.rest.peek() == Some(&':') => class.ranges.extend(self.named()?),
                '\\' => {
                    let letter = self.rest.next()?;
                    let escaped = Class::escaped(letter)?;
                    match escaped.ranges.as_slice() {
                        [(from, to)] if from == to && !escaped.negated => {
                            self.range(*from, &mut class)?;
                        }
                        _ if escaped.negated => return None,
                        ranges => class.ranges.extend(ranges),
                    }
                }
                from => self.range(from, &mut class)?,
            }
            first = false;
        }
        Some(Class { negated, ..class })
    }

    /// A character of a class, or a range that begins with it.
    fn range(&mut self, from: char, class: &mut Class) -> Option<()> {
        let mut ahead = self.rest.clone();
        let to = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) if to != ']' => {
                self.rest.nth(1);
                if to == '\\' { self.rest.next()? } else { to }
            }
            _ => from,
        };
        (from <= to).then(|| class.ranges.push((from, to)))
    }

    /// A class such as `[:alpha:]`, behind its bracket.
    fn named(&mut self) -> Option<Vec<(char, char)>> {
        self.rest.next()?;
        let name: String = self.rest.by_ref().take_while(|char| *char != ':').collect();
        self.take(']').then_some(())?;
        let (upper, lower, digit) = (('A', 'Z'), ('a', 'z'), ('0', '9'));
        Some(match name.as_str() {
            "alpha" => vec![upper, lower],
            "digit" => vec![digit],
            "alnum" => vec![digit, upper, lower],
            "upper" => vec![upper],
            "lower" => vec![lower],
            "xdigit" => vec![digit, ('A', 'F'), ('a', 'f')],
            "space" => vec![('\t', '\r'), (' ', ' ')],
            "word" => vec![digit, upper, ('_', '_'), lower],
            "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            "print" => vec![(' ', '~')],
            "graph" => vec![('!', '~')],
            _ => return None,
        })
    }

    fn repeated(&mut self, mut atom: Ast) -> Option<Ast> {
        loop {
            let (least, most) = match self.rest.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match self.counts() {
                    Some(counts) => counts,
                    None => return Some(atom),
                },
                _ => return Some(atom),
            };
            self.rest.next();
            // Whether the match is the longest or the shortest makes no difference here.
            self.take('?');
            if least > 1000 || most.is_some_and(|most| most < least || most > 1000) {
                return None;
            }
            atom = Ast::Repeat {
                of: Box::new(atom),
                least,
                most,
            };
        }
    }

    /// Reads `{2,3}` up to the last bracket; if it is no count nothing is read.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let mut ahead = self.rest.clone();
        ahead.next()?;
        let text: String = ahead.take_while(|char| *char != '}').collect();
        let (least, most) = match text.split_once(',') {
            None => (text.parse().ok()?, Some(text.parse().ok()?)),
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        };
        self.rest.nth(text.chars().count())?;
        Some((least, most))
    }

    fn take(&mut self, wanted: char) -> bool {
        self.rest.next_if_eq(&wanted).is_some()
    }
}

impl Program {
    fn compile(pattern: &str) -> Option<Self> {
        let (pattern, ignore_case) = match pattern.strip_prefix("(?i)") {
            Some(rest) => (rest, true),
            None => (pattern, false),
        };
        let (pattern, dot_is_all) = match pattern.strip_prefix("(?s)") {
            Some(rest) => (rest, true),
            None => (pattern, false),
        };
        let mut parser = Parser {
            rest: pattern.chars().peekable(),
            dot_is_all,
            depth: 0,
        };
        let ast = parser.either()?;
        if parser.rest.peek().is_some() {
            return None;
        }
        let mut program = Self {
            steps: Vec::new(),
            ignore_case,
        };
        program.emit(&ast)?;
        program.steps.push(Step::Match);
        Some(program)
    }

    fn emit(&mut self, ast: &Ast) -> Option<()> {
        if self.steps.len() > MOST_STEPS {
            return None;
        }
        match ast {
            Ast::One(class) => self.steps.push(Step::One(class.clone())),
            Ast::Assert(assert) => self.steps.push(Step::Assert(*assert)),
            Ast::Concat(parts) => parts.iter().try_for_each(|part| self.emit(part))?,
            Ast::Either(branches) => self.emit_either(branches)?,
            Ast::Repeat { of, least, most } => self.emit_repeat(of, *least, *most)?,
        }
        Some(())
    }

    fn emit_either(&mut self, branches: &[Ast]) -> Option<()> {
        let mut jumps = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let last = index + 1 == branches.len();
            let split = self.steps.len();
            if !last {
                self.steps.push(Step::Split(split + 1, 0));
            }
            self.emit(branch)?;
            if !last {
                jumps.push(self.steps.len());
                self.steps.push(Step::Jump(0));
                let next = self.steps.len();
                self.patch(split, Step::Split(split + 1, next));
            }
        }
        let end = self.steps.len();
        for jump in jumps {
            self.patch(jump, Step::Jump(end));
        }
        Some(())
    }

    fn emit_repeat(&mut self, of: &Ast, least: u32, most: Option<u32>) -> Option<()> {
        for _ in 0..least {
            self.emit(of)?;
        }
        match most {
            None => {
                let split = self.steps.len();
                self.steps.push(Step::Split(split + 1, 0));
                self.emit(of)?;
                self.steps.push(Step::Jump(split));
                let end = self.steps.len();
                self.patch(split, Step::Split(split + 1, end));
            }
            Some(most) => {
                let mut splits = Vec::new();
                for _ in least..most {
                    splits.push(self.steps.len());
                    self.steps.push(Step::Split(0, 0));
                    self.emit(of)?;
                }
                let end = self.steps.len();
                for split in splits {
                    self.patch(split, Step::Split(split + 1, end));
                }
            }
        }
        Some(())
    }

    fn patch(&mut self, at: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(at) {
            *place = step;
        }
    }

    fn is_match(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let mut threads = Vec::new();
        for at in 0..=chars.len() {
            let mut seen = vec![false; self.steps.len()];
            let mut ready = Vec::new();
            threads.push(0);
            for thread in threads.drain(..) {
                if self.follow(thread, &chars, at, &mut seen, &mut ready) {
                    return true;
                }
            }
            let Some(char) = chars.get(at) else { break };
            threads.extend(
                ready
                    .into_iter()
                    .filter(|step| self.takes(*step, *char))
                    .map(|step| step + 1),
            );
        }
        false
    }

    fn takes(&self, step: usize, char: char) -> bool {
        let Some(Step::One(class)) = self.steps.get(step) else {
            return false;
        };
        let folded =
            || class.has(char.to_ascii_lowercase()) || class.has(char.to_ascii_uppercase());
        class.has(char) || (self.ignore_case && folded())
    }

    /// Follows a thread to the steps that wait for a character. Returns whether the end of the program was reached.
    fn follow(
        &self,
        thread: usize,
        text: &[char],
        at: usize,
        seen: &mut [bool],
        ready: &mut Vec<usize>,
    ) -> bool {
        let mut open = vec![thread];
        while let Some(step) = open.pop() {
            if seen
                .get_mut(step)
                .is_none_or(|seen| std::mem::replace(seen, true))
            {
                continue;
            }
            match self.steps.get(step) {
                Some(Step::Match) => return true,
                Some(Step::One(_)) => ready.push(step),
                Some(Step::Jump(to)) => open.push(*to),
                Some(Step::Split(first, second)) => open.extend([*second, *first]),
                Some(Step::Assert(assert)) if assert.holds(text, at) => open.push(step + 1),
                _ => {}
            }
        }
        false
    }
}

impl Assert {
    fn holds(self, text: &[char], at: usize) -> bool {
        let word = |at: Option<usize>| {
            let char = at.and_then(|at| text.get(at));
            char.is_some_and(|char| char.is_ascii_alphanumeric() || *char == '_')
        };
        let boundary = word(at.checked_sub(1)) != word(Some(at));
        match self {
            Self::Start => at == 0,
            Self::End => at == text.len(),
            Self::Word => boundary,
            Self::NotWord => !boundary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_somewhere() {
        let cases = [
            ("^[a-z]+$", "abc", true),
            ("^[a-z]+$", "aBc", false),
            ("b", "abc", true),
            ("^(True|False)?$", "", true),
            ("^(True|False)?$", "Tru", false),
            ("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", "abc,", false),
            ("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", "Ab:c", true),
            (r"^\d{2,3}(?:\.\d+)*$", "12.5.6", true),
            (r"^\d{2,3}$", "1234", false),
            ("[^a-c]", "abc", false),
            ("a{x}", "a{x}", true),
            (r"\bfoo\b", "a foo.", true),
            ("^.$", "\n", false),
            ("^[[:alpha:]_-]+$", "a_-b", true),
            ("(?i)^abc$", "aBC", true),
            (r"^[a-z\-.]+$", "a-.", true),
            ("^(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false),
        ];
        for (pattern, text, wanted) in cases {
            assert_eq!(matches(pattern, text), Some(wanted), "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        for pattern in [r"\p{L}", "(?m)^a", "*", "(", "[a", r"\1", "(?=a)", "a{3,2}"] {
            assert_eq!(matches(pattern, "a"), None, "{pattern}");
        }
    }
}
