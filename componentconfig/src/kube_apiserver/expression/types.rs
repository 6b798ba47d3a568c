//! What an expression gives, as far as it can be told from its text.
//!
//! The names in scope follow `staging/src/k8s.io/apiserver/pkg/authentication/cel/compile.go` and
//! `.../authorization/cel/compile.go`.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue, SelectExpr},
    parser::Parser,
};

use super::{Scope, place};

/// A type, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    /// Known only when it runs.
    Dynamic,
    /// Not known here.
    Unknown,
    Bool,
    Number,
    Text,
    Other,
    List(&'static Type),
    Map(&'static Type),
    Object(&'static Fields),
}

/// The fields of an object.
type Fields = [(&'static str, Type)];

const TEXTS: Type = Type::List(&Type::Text);
const REQUIREMENT: &Fields = &[
    ("key", Type::Text),
    ("operator", Type::Text),
    ("values", TEXTS),
];
const SELECTOR: &Fields = &[
    ("rawSelector", Type::Text),
    ("requirements", Type::List(&Type::Object(REQUIREMENT))),
];
const RESOURCE: &Fields = &[
    ("namespace", Type::Text),
    ("verb", Type::Text),
    ("group", Type::Text),
    ("version", Type::Text),
    ("resource", Type::Text),
    ("subresource", Type::Text),
    ("name", Type::Text),
    ("fieldSelector", Type::Object(SELECTOR)),
    ("labelSelector", Type::Object(SELECTOR)),
];
const REQUEST: &Fields = &[
    ("resourceAttributes", Type::Object(RESOURCE)),
    (
        "nonResourceAttributes",
        Type::Object(&[("path", Type::Text), ("verb", Type::Text)]),
    ),
    ("user", Type::Text),
    ("groups", TEXTS),
    ("extra", Type::Map(&TEXTS)),
    ("uid", Type::Text),
];
const USER: &Fields = &[
    ("username", Type::Text),
    ("uid", Type::Text),
    ("groups", TEXTS),
    ("extra", Type::Map(&TEXTS)),
];

/// Names of types, which are values too.
const TYPE_NAMES: [&str; 10] = [
    "bool",
    "bytes",
    "double",
    "dyn",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "uint",
];

/// The selections of fields of variables, or what is wrong.
pub(super) fn check(
    text: &str,
    scope: Scope,
    truth: bool,
) -> Result<Vec<(String, String)>, String> {
    let parser = Parser::new().enable_optional_syntax(true);
    let parsed = parser.parse_with_source_info(text);
    let (expression, places) = parsed.map_err(|errors| {
        let errors = errors.errors.iter();
        let errors: Vec<_> = errors
            .map(|error| place::shown(text, error.pos, &error.msg))
            .collect();
        format!("compilation failed: {}", errors.join("\n"))
    })?;
    let variable = match scope {
        Scope::Claims => ("claims", Type::Map(&Type::Dynamic)),
        Scope::User => ("user", Type::Object(USER)),
        Scope::Request => ("request", Type::Object(REQUEST)),
    };
    let mut checker = Checker {
        variables: vec![(variable.0.to_owned(), variable.1)],
        selections: Vec::new(),
    };
    let given = checker.type_of(&expression).map_err(|fault| {
        let start = places.offset_for(fault.expression);
        let at = place::of(text, start.map_or(0, |(start, _)| start));
        format!(
            "compilation failed: {}",
            place::shown(text, at, &fault.message)
        )
    })?;
    if truth && !matches!(given, Type::Bool | Type::Unknown) {
        return Err("must evaluate to bool".to_owned());
    }
    Ok(checker.selections)
}

/// What is wrong with a part of an expression.
struct Fault {
    /// The number of the part.
    expression: u64,
    message: String,
}

struct Checker {
    variables: Vec<(String, Type)>,
    selections: Vec<(String, String)>,
}

impl Checker {
    fn type_of(&mut self, expression: &IdedExpr) -> Result<Type, Fault> {
        match &expression.expr {
            Expr::Unspecified => Ok(Type::Unknown),
            Expr::Literal(literal) => Ok(literal_type(literal)),
            Expr::Ident(name) => self.variable(name).ok_or_else(|| Fault {
                expression: expression.id,
                message: format!("undeclared reference to '{name}' (in container '')"),
            }),
            Expr::Select(select) => self.select(expression.id, select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                list.elements
                    .iter()
                    .try_for_each(|item| self.type_of(item).map(drop))?;
                Ok(Type::List(&Type::Unknown))
            }
            Expr::Map(_) => Ok(Type::Map(&Type::Unknown)),
            Expr::Struct(_) => Ok(Type::Other),
            Expr::Comprehension(inner) => {
                let range = self.type_of(&inner.iter_range)?;
                let start = self.type_of(&inner.accu_init)?;
                let item = match range {
                    Type::List(item) => *item,
                    Type::Map(_) => Type::Text,
                    _ => Type::Unknown,
                };
                let outer = self.variables.len();
                self.variables.push((inner.iter_var.clone(), item));
                if let Some(second) = &inner.iter_var2 {
                    self.variables.push((second.clone(), Type::Unknown));
                }
                self.variables.push((inner.accu_var.clone(), start));
                let inside = [&inner.loop_cond, &inner.loop_step];
                let checked = inside
                    .into_iter()
                    .try_for_each(|part| self.type_of(part).map(drop));
                let result = checked.and_then(|()| self.type_of(&inner.result));
                self.variables.truncate(outer);
                result
            }
        }
    }

    fn variable(&self, name: &str) -> Option<Type> {
        let known = self
            .variables
            .iter()
            .rev()
            .find(|variable| variable.0 == name);
        match known {
            Some((_, known)) => Some(*known),
            // What macros expand to, and names of types.
            None => (name.starts_with('@') || TYPE_NAMES.contains(&name)).then_some(Type::Unknown),
        }
    }

    fn select(&mut self, expression: u64, select: &SelectExpr) -> Result<Type, Fault> {
        let given = self.type_of(&select.operand)?;
        self.note(&select.operand, &select.field);
        let field = field_of(given, &select.field);
        let field = field.map_err(|message| Fault {
            expression,
            message,
        })?;
        Ok(if select.test { Type::Bool } else { field })
    }

    fn note(&mut self, operand: &IdedExpr, field: &str) {
        if let Expr::Ident(variable) = &operand.expr {
            self.selections.push((variable.clone(), field.to_owned()));
        }
    }

    fn call(&mut self, call: &CallExpr) -> Result<Type, Fault> {
        if call.func_name == "_?._"
            && let [operand, field] = call.args.as_slice()
            && let Expr::Literal(LiteralValue::String(field)) = &field.expr
        {
            self.note(operand, field.inner());
            return Ok(Type::Other);
        }
        let of = match &call.target {
            // The target may be the namespace of a function: `optional.of`, `cel.bind`.
            Some(target) if matches!(&target.expr, Expr::Ident(name) if self.variable(name).is_none()) => {
                None
            }
            Some(target) => Some(self.type_of(target)?),
            None => None,
        };
        let given = call.args.iter().map(|argument| self.type_of(argument));
        let given = given.collect::<Result<Vec<_>, _>>()?;
        Ok(match (call.func_name.as_str(), given.as_slice(), of) {
            (
                "_==_" | "_!=_" | "_<_" | "_<=_" | "_>_" | "_>=_" | "_&&_" | "_||_" | "!_" | "@in"
                | "_in_" | "in",
                _,
                None,
            )
            | ("startsWith" | "endsWith" | "contains" | "matches", _, Some(_)) => Type::Bool,
            ("_?_:_", [_, yes, no], _) if yes == no => *yes,
            ("size" | "int" | "uint" | "double", _, _) => Type::Number,
            ("string" | "join" | "lowerAscii" | "upperAscii" | "trim" | "replace", _, _) => {
                Type::Text
            }
            ("split", _, _) => TEXTS,
            ("_[_]", [Type::List(item) | Type::Map(item), _], _) => **item,
            ("_+_", [Type::Text, _] | [_, Type::Text], _) => Type::Text,
            _ => Type::Unknown,
        })
    }
}

fn field_of(given: Type, name: &str) -> Result<Type, String> {
    match given {
        Type::Object(fields) => {
            let field = fields.iter().find(|field| field.0 == name);
            let field = field.ok_or_else(|| format!("undefined field '{name}'"))?;
            Ok(field.1)
        }
        Type::Map(value) => Ok(*value),
        Type::Dynamic => Ok(Type::Dynamic),
        Type::Unknown | Type::Other => Ok(Type::Unknown),
        Type::Bool | Type::Number | Type::Text | Type::List(_) => Err(format!(
            "the value does not support field selection of '{name}'"
        )),
    }
}

fn literal_type(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::String(_) => Type::Text,
        LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_) => Type::Number,
        LiteralValue::Bytes(_) | LiteralValue::Null => Type::Other,
    }
}
