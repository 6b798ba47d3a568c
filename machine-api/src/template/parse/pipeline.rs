//! Pipelines: commands, their operands, and the variables that they are bound to.

use serde_json::Value;

use super::{Parser, leading_word};
use crate::template::{
    Fault,
    function::Function,
    tree::{Binding, Command, Operand, Pipeline, Term},
};

const UNSUPPORTED: [&str; 3] = ["define", "template", "block"];

const RESERVED: [&str; 8] = [
    "if", "else", "end", "range", "with", "break", "continue", "nil",
];

impl Parser<'_> {
    /// A pipeline with the variables before it, of which there are `most` at most.
    pub(super) fn binding(&mut self, most: usize) -> Result<Binding, Fault> {
        self.blanks();
        let start = self.at;
        let (variables, declares) = self.variables_before(most)?;
        if !declares {
            for name in &variables {
                self.known(start, name)?;
            }
        }
        let pipeline = self.pipeline()?;
        if declares {
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Binding {
            at: start,
            variables,
            declares,
            pipeline,
        })
    }

    /// The variables before `:=` or `=`, and whether it is the former; none if a pipeline begins here.
    fn variables_before(&mut self, most: usize) -> Result<(Vec<String>, bool), Fault> {
        let start = self.at;
        let mut names = Vec::new();
        while let Some(rest) = self.rest().strip_prefix('$') {
            let name = leading_word(rest);
            self.at += 1 + name.len();
            names.push(name.to_owned());
            self.blanks();
            if !self.skip(",") {
                break;
            }
            self.blanks();
        }
        let declares = self.skip(":=");
        if names.is_empty() || !(declares || (!self.rest().starts_with("==") && self.skip("="))) {
            self.at = start;
            return Ok((Vec::new(), false));
        }
        if names.len() > most {
            return Err(Fault::new(start, "too many variables"));
        }
        Ok((names, declares))
    }

    fn known(&self, at: usize, name: &str) -> Result<(), Fault> {
        if name.is_empty() || self.variables.iter().any(|known| known == name) {
            return Ok(());
        }
        Err(Fault::new(
            at,
            format!("variable \"${name}\" is not defined"),
        ))
    }

    fn pipeline(&mut self) -> Result<Pipeline, Fault> {
        let first = self.command()?;
        let mut rest = Vec::new();
        while self.skip("|") {
            rest.push(self.command()?);
        }
        Ok(Pipeline { first, rest })
    }

    fn command(&mut self) -> Result<Command, Fault> {
        self.blanks();
        let missing = Fault::new(self.at, "a value is missing");
        let head = self.operand()?.ok_or(missing)?;
        let mut arguments = Vec::new();
        loop {
            let separated = self.blanks();
            let at = self.at;
            match self.operand()? {
                None => return Ok(Command { head, arguments }),
                Some(_) if !separated => return Err(self.unexpected(at)),
                Some(argument) => arguments.push(argument),
            }
        }
    }

    /// The value that begins here, unless the command is over.
    fn operand(&mut self) -> Result<Option<Operand>, Fault> {
        let at = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Err(Fault::new(at, "the action is not closed"));
        };
        let term = match first {
            '|' | ')' | ',' => return Ok(None),
            _ if self.rest().starts_with("}}") || self.ends_trimming() => return Ok(None),
            '(' => self.parenthesis()?,
            '"' => Term::Literal(self.string()?.into()),
            '`' => Term::Literal(self.raw_string()?.into()),
            '.' => Term::Dot,
            '$' => self.variable(at)?,
            '0'..='9' | '-' | '+' => Term::Literal(self.number()?),
            _ => self.named()?,
        };
        let dot = first == '.';
        let fields = self.fields();
        if dot && fields.is_empty() {
            self.at += 1;
        }
        Ok(Some(Operand { at, term, fields }))
    }

    fn parenthesis(&mut self) -> Result<Term, Fault> {
        self.deeper()?;
        let start = self.at;
        self.at += 1;
        let pipeline = self.pipeline()?;
        self.blanks();
        if !self.skip(")") {
            return Err(Fault::new(start, "the parenthesis is not closed"));
        }
        self.depth -= 1;
        Ok(Term::Pipeline(Box::new(pipeline)))
    }

    /// The fields that are taken of what ended here: `.a.b`.
    fn fields(&mut self) -> Vec<(usize, String)> {
        let mut fields = Vec::new();
        while let Some(rest) = self.rest().strip_prefix('.') {
            let name = leading_word(rest);
            if name.is_empty() {
                break;
            }
            fields.push((self.at, name.to_owned()));
            self.at += 1 + name.len();
        }
        fields
    }

    fn variable(&mut self, at: usize) -> Result<Term, Fault> {
        self.at += 1;
        let name = self.word().to_owned();
        self.at += name.len();
        self.known(at, &name)?;
        Ok(Term::Variable(name))
    }

    fn named(&mut self) -> Result<Term, Fault> {
        let (at, word) = (self.at, self.word());
        let term = match word {
            "" => return Err(self.unexpected(at)),
            "true" => Term::Literal(Value::Bool(true)),
            "false" => Term::Literal(Value::Bool(false)),
            "nil" => Term::Literal(Value::Null),
            _ if RESERVED.contains(&word) => {
                return Err(Fault::new(at, format!("unexpected {word:?}")));
            }
            _ if UNSUPPORTED.contains(&word) => {
                return Err(Fault::new(at, format!("{word:?} is not supported")));
            }
            _ => {
                let undefined = || Fault::new(at, format!("function {word:?} is not defined"));
                Term::Function(Function::from_name(word, self.dialect).ok_or_else(undefined)?)
            }
        };
        self.at += word.len();
        Ok(term)
    }
}
