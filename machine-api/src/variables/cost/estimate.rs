//! What an expression costs at most.

use std::collections::BTreeMap;

use super::{
    decl::Decl,
    functions::{Overload, resolve},
    library,
    size::{PATTERN, Size, TRAVERSAL, scaled},
    syntax::{Expr, GATHERED, Gives, Kind, Literal, Loop},
    types::Type,
};

const NAME: u64 = 1;
const NEW_LIST: u64 = 10;
const NEW_MAP: u64 = 30;

/// What an expression about a value costs at most; none if the expression is wrong, or something in it is not known here.
pub(super) fn estimate(expression: &Expr, root: &Decl) -> Option<u64> {
    let mut estimate = Estimate {
        root,
        found: BTreeMap::new(),
        variables: Vec::new(),
    };
    estimate.cost(expression)
}

/// Where a value comes from: fields, `@items`, `@keys` and `@values`; nothing if it is made by the expression.
type Place = Vec<String>;

/// What is known of an expression once its cost is.
#[derive(Clone, Debug, Default)]
struct Found<'a> {
    of: Option<Type<'a>>,
    place: Place,
    size: Option<Size>,
    entries: Option<Entries>,
}

/// The sizes of names and values of what is in a list or a map.
#[derive(Clone, Copy, Debug)]
struct Entries {
    in_list: bool,
    names: Size,
    values: Size,
}

impl Entries {
    fn union(self, other: Self) -> Self {
        Self {
            in_list: self.in_list,
            names: self.names.union(other.names),
            values: self.values.union(other.values),
        }
    }
}

/// A variable of a loop.
#[derive(Clone, Debug)]
struct Variable<'a> {
    name: String,
    of: Type<'a>,
    place: Place,
    size: Option<Size>,
    entries: Option<Entries>,
}

/// An argument as it is known to functions.
#[derive(Clone, Debug)]
pub(super) struct Argument<'a> {
    pub(super) of: Type<'a>,
    place: Place,
    size: Option<Size>,
    entries: Option<Entries>,
    /// The number that is written out, if one is.
    pub(super) number: Option<u64>,
}

impl Argument<'_> {
    pub(super) fn size(&self) -> Size {
        self.size.unwrap_or(Size::UNKNOWN)
    }
}

/// The cost of a call without its arguments, and the size of what it gives.
pub(super) type Called = (u64, Option<Size>);

struct Estimate<'a> {
    root: &'a Decl,
    /// By the numbers of expressions.
    found: BTreeMap<usize, Found<'a>>,
    variables: Vec<Variable<'a>>,
}

fn sum(costs: &[u64]) -> u64 {
    costs.iter().fold(0, |sum, cost| sum.saturating_add(*cost))
}

fn with(place: &[String], step: &str) -> Place {
    place
        .iter()
        .map(String::as_str)
        .chain([step])
        .map(str::to_owned)
        .collect()
}

impl<'a> Estimate<'a> {
    fn found(&mut self, id: usize) -> &mut Found<'a> {
        self.found.entry(id).or_default()
    }

    fn known(&self, expression: &Expr) -> Option<&Found<'a>> {
        self.found.get(&expression.id)
    }

    fn type_of(&self, expression: &Expr) -> Option<Type<'a>> {
        self.known(expression)?.of.clone()
    }

    fn variable(&self, expression: &Expr) -> Option<&Variable<'a>> {
        let Kind::Name(name) = &expression.kind else {
            return None;
        };
        self.variables.iter().rev().find(|one| one.name == *name)
    }

    fn place(&self, expression: &Expr) -> Place {
        if let Some(variable) = self.variable(expression) {
            return variable.place.clone();
        }
        self.known(expression)
            .map(|found| found.place.clone())
            .unwrap_or_default()
    }

    /// The size that the schema gives to a place.
    fn declared(&self, place: &[String]) -> Option<Size> {
        let (_, below) = place.split_first()?;
        let max = self.root.at(below)?;
        Some(Size { min: 0, max })
    }

    fn size(&mut self, expression: &Expr) -> Option<Size> {
        if let Some(size) = self.known(expression).and_then(|found| found.size) {
            return Some(size);
        }
        let count = |count: usize| u64::try_from(count).ok().map(Size::fixed);
        match &expression.kind {
            Kind::Literal(_, size) => return Some(Size::fixed(*size)),
            Kind::List(items) => return count(items.len()),
            Kind::Map(entries) => return count(entries.len()),
            _ => {}
        }
        let place = self.place(expression);
        if let Some(size) = self.declared(&place) {
            self.found(expression.id).size = Some(size);
            return Some(size);
        }
        if self.type_of(expression).is_some_and(|of| of.is_scalar()) {
            return Some(Size::fixed(1));
        }
        self.variable(expression).and_then(|variable| variable.size)
    }

    fn entries(&self, expression: &Expr) -> Option<Entries> {
        let own = self.known(expression).and_then(|found| found.entries);
        own.or_else(|| {
            self.variable(expression)
                .and_then(|variable| variable.entries)
        })
    }

    fn argument(&mut self, expression: &Expr) -> Option<Argument<'a>> {
        Some(Argument {
            of: self.type_of(expression)?,
            place: self.place(expression),
            size: self.size(expression),
            entries: self.entries(expression),
            number: match expression.kind {
                Kind::Literal(Literal::Int(number), _) => number,
                _ => None,
            },
        })
    }

    fn cost(&mut self, expression: &Expr) -> Option<u64> {
        match &expression.kind {
            Kind::Literal(literal, _) => {
                self.found(expression.id).of = Some(Type::literal(*literal));
                Some(0)
            }
            Kind::Name(name) => {
                let (of, place) = match self.variable(expression) {
                    Some(variable) => (variable.of.clone(), variable.place.clone()),
                    None if matches!(name.as_str(), "self" | "oldSelf") => {
                        (Type::of(self.root), vec![name.clone()])
                    }
                    None if is_type(name) => (Type::OfValues, vec![name.clone()]),
                    None => return None,
                };
                let found = self.found(expression.id);
                (found.of, found.place) = (Some(of), place);
                Some(NAME)
            }
            Kind::Select {
                operand,
                field,
                test,
            } => self.select(expression, operand, field, *test),
            Kind::Call {
                function,
                target,
                arguments,
            } => self.call(expression, function, target.as_deref(), arguments),
            Kind::List(items) => self.list(expression, items),
            Kind::Map(entries) => self.map(expression, entries),
            Kind::Loop(inner) => self.loops(expression, inner),
        }
    }

    fn select(
        &mut self,
        expression: &Expr,
        operand: &Expr,
        field: &str,
        test: bool,
    ) -> Option<u64> {
        let cost = self.cost(operand)?;
        let of = self.type_of(operand)?;
        let selected = of.field(field)?;
        if test {
            // That somebody looks whether a field is there costs nothing by itself.
            self.found(expression.id).of = Some(Type::Bool);
            return Some(cost);
        }
        let place = with(&self.place(operand), field);
        let found = self.found(expression.id);
        (found.of, found.place) = (Some(selected), place);
        let own = u64::from(matches!(of, Type::Map(..) | Type::Object(_)));
        Some(cost.saturating_add(own))
    }

    fn list(&mut self, expression: &Expr, items: &[Expr]) -> Option<u64> {
        let (mut cost, mut of) = (NEW_LIST, None::<Type<'a>>);
        let mut values = None::<Size>;
        for item in items {
            cost = cost.saturating_add(self.cost(item)?);
            let size = self.size(item).unwrap_or(Size::UNKNOWN);
            values = Some(values.map_or(size, |values| values.union(size)));
            let one = self.type_of(item)?;
            of = Some(of.map_or_else(|| one.clone(), |of| of.or(&one)));
        }
        let found = self.found(expression.id);
        found.of = Some(Type::List(Box::new(of.unwrap_or(Type::Dyn))));
        found.entries = Some(Entries {
            in_list: true,
            names: Size::fixed(1),
            values: values.unwrap_or(Size::fixed(0)),
        });
        Some(cost)
    }

    fn map(&mut self, expression: &Expr, entries: &[(Expr, Expr)]) -> Option<u64> {
        let mut cost = NEW_MAP;
        let mut types = None::<(Type<'a>, Type<'a>)>;
        let mut sizes = None::<(Size, Size)>;
        for (name, value) in entries {
            cost = cost.saturating_add(self.cost(name)?);
            cost = cost.saturating_add(self.cost(value)?);
            let size = (
                self.size(name).unwrap_or(Size::UNKNOWN),
                self.size(value).unwrap_or(Size::UNKNOWN),
            );
            sizes = Some(sizes.map_or(size, |all| (all.0.union(size.0), all.1.union(size.1))));
            let of = (self.type_of(name)?, self.type_of(value)?);
            types = Some(match types {
                None => of,
                Some(all) => (all.0.or(&of.0), all.1.or(&of.1)),
            });
        }
        let (names, values) = types.unwrap_or((Type::Dyn, Type::Dyn));
        let empty = (Size::fixed(0), Size::fixed(0));
        let (of_names, of_values) = sizes.unwrap_or(empty);
        let found = self.found(expression.id);
        found.of = Some(Type::Map(Box::new(names), Box::new(values)));
        found.entries = Some(Entries {
            in_list: false,
            names: of_names,
            values: of_values,
        });
        Some(cost)
    }

    fn call(
        &mut self,
        expression: &Expr,
        function: &str,
        target: Option<&Expr>,
        arguments: &[Expr],
    ) -> Option<u64> {
        if let ("dyn", None, [argument]) = (function, target, arguments) {
            let cost = self.cost(argument)?;
            let (size, entries) = (self.size(argument), self.entries(argument));
            let found = self.found(expression.id);
            found.of = Some(Type::Dyn);
            (found.size, found.entries) = (size, entries);
            return Some(cost.saturating_add(1));
        }
        let mut costs = Vec::with_capacity(arguments.len());
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            costs.push(self.cost(argument)?);
            given.push(self.argument(argument)?);
        }
        let (mut before, mut on) = (0, None);
        if let Some(target) = target {
            before = self.cost(target)?;
            on = Some(self.argument(target)?);
        }
        let types: Vec<Type<'a>> = given.iter().map(|argument| argument.of.clone()).collect();
        let (of, overloads) = resolve(function, on.as_ref().map(|on| &on.of), &types)?;
        self.found(expression.id).of = Some(of);
        let special = on
            .as_ref()
            .and_then(|on| self.library(function, on, &given));
        let (mut most, mut result) = (0, None::<Size>);
        for overload in overloads {
            let (cost, size) = match special {
                Some((cost, size)) => (cost.saturating_add(sum(&costs)), size),
                None => self.overload(expression, overload, on.as_ref(), &given, &costs),
            };
            most = most.max(cost);
            result = match (result, size) {
                (Some(result), Some(size)) => Some(result.union(size)),
                (result, size) => size.or(result),
            };
            if let Some((first, step)) = given.first().zip(index_step(overload)) {
                result = first.entries.map(|entries| entries.values);
                self.found(expression.id).place = with(&first.place, step);
            }
            result = result.or_else(|| self.size(expression));
        }
        if result.is_some() {
            self.found(expression.id).size = result;
        }
        Some(before.saturating_add(most))
    }

    /// What Kubernetes' own functions cost; none for others.
    fn library(&self, function: &str, on: &Argument<'a>, given: &[Argument<'a>]) -> Option<Called> {
        let items = match &on.of {
            Type::List(items) => {
                let declared = if on.place.is_empty() {
                    None
                } else {
                    self.declared(&with(&on.place, "@items"))
                };
                Some(((**items).clone(), declared.unwrap_or(Size::UNKNOWN)))
            }
            _ => None,
        };
        library::cost(function, on, items.as_ref(), given)
    }

    fn overload(
        &mut self,
        expression: &Expr,
        overload: Overload,
        on: Option<&Argument<'a>>,
        given: &[Argument<'a>],
        costs: &[u64],
    ) -> Called {
        let all = sum(costs);
        let plus = |cost: u64| (cost.saturating_add(all), None);
        let target = || on.map_or(Size::UNKNOWN, Argument::size);
        match (overload, given, costs) {
            (Overload::Compare, [left, right], _) => {
                let most = left.size().max.min(right.size().max);
                plus(scaled(most, TRAVERSAL))
            }
            (Overload::AddTexts | Overload::AddLists, [left, right], _) => {
                let size = left.size().plus(right.size());
                if let Some((left, right)) = left.entries.zip(right.entries) {
                    self.found(expression.id).entries = Some(left.union(right));
                }
                let cost = match overload {
                    Overload::AddLists => 1,
                    _ => size.cost(TRAVERSAL),
                };
                (cost.saturating_add(all), Some(size))
            }
            (Overload::InList, [_, list], _) => plus(list.size().cost(1.0)),
            (Overload::Logic, _, _) => (all, None),
            (Overload::Conditional, [_, then, otherwise], [condition, if_true, if_false]) => {
                let size = then.size().union(otherwise.size());
                let entries = then.entries.zip(otherwise.entries);
                if let Some((then, otherwise)) = entries {
                    self.found(expression.id).entries = Some(then.union(otherwise));
                }
                let cost = condition.saturating_add(*if_true.max(if_false));
                (cost, Some(size))
            }
            (Overload::Affix, [end], _) => plus(end.size().cost(TRAVERSAL)),
            (Overload::Contains, [part], _) => {
                let (whole, part) = (target().cost(TRAVERSAL), part.size().cost(TRAVERSAL));
                plus(whole.saturating_mul(part))
            }
            (Overload::Matches, [pattern], _) => {
                let text = target().plus(Size::fixed(1)).cost(TRAVERSAL);
                plus(text.saturating_mul(pattern.size().cost(PATTERN)))
            }
            (Overload::Format, _, _) => plus(target().cost(TRAVERSAL)),
            (Overload::StringToBytes, [text], _) => {
                let size = text.size();
                let bytes = Size {
                    min: size.min,
                    max: size.max.saturating_mul(4),
                };
                (size.cost(TRAVERSAL).saturating_add(all), Some(bytes))
            }
            (Overload::BytesToString, [bytes], _) => {
                let size = bytes.size();
                let text = Size {
                    min: size.min / 4,
                    max: size.max,
                };
                (size.cost(TRAVERSAL).saturating_add(all), Some(text))
            }
            _ => plus(1),
        }
    }

    fn loops(&mut self, expression: &Expr, inner: &Loop) -> Option<u64> {
        let mut cost = self.cost(&inner.range)?;
        cost = cost.saturating_add(self.cost(&inner.start)?);
        let size = self.size(&inner.start);
        self.variables.push(Variable {
            name: GATHERED.to_owned(),
            of: self.type_of(&inner.start)?,
            place: self.place(&inner.start),
            size,
            entries: self.entries(&inner.start),
        });
        let range = self.type_of(&inner.range)?;
        let entries = self.entries(&inner.range);
        let in_list = entries.map_or(matches!(range, Type::List(_)), |entries| entries.in_list);
        let (step, size) = if in_list {
            ("@items", entries.map(|entries| entries.values))
        } else {
            ("@keys", entries.map(|entries| entries.names))
        };
        let of = range.iterated()?;
        self.variables.push(Variable {
            name: inner.variable.clone(),
            of: of.clone(),
            place: with(&self.place(&inner.range), step),
            size,
            entries: None,
        });
        let each = self.cost(&inner.condition)?;
        let each = each.saturating_add(self.cost(&inner.step)?);
        self.variables.pop();
        cost = cost.saturating_add(self.cost(&inner.result)?);
        self.variables.pop();
        let times = self.size(&inner.range).unwrap_or(Size::UNKNOWN);
        let gathered = self.entries(&inner.step);
        let of = match inner.gives {
            Gives::Bool => Type::Bool,
            Gives::Items => Type::List(Box::new(of)),
            Gives::Values(id) => Type::List(Box::new(self.found(id).of.clone()?)),
        };
        let start = self.size(&inner.start);
        let found = self.found(expression.id);
        found.of = Some(of);
        if matches!(inner.start.kind, Kind::Literal(..)) {
            found.size = start;
        } else {
            found.size = Some(times);
            found.entries = gathered;
        }
        Some(cost.saturating_add(times.max.saturating_mul(each)))
    }
}

fn index_step(overload: Overload) -> Option<&'static str> {
    match overload {
        Overload::IndexList => Some("@items"),
        Overload::IndexMap => Some("@values"),
        _ => None,
    }
}

/// Names of types, which rules compare the type of a value with.
fn is_type(name: &str) -> bool {
    matches!(
        name,
        "bool" | "bytes" | "double" | "int" | "list" | "map" | "null_type" | "string" | "uint"
    )
}
