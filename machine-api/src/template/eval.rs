//! Filling a template.

use serde_json::Value;

use super::{
    Fault, Missing,
    format::shown,
    function::{Function, kind, truth},
    tree::{Binding, Block, Command, Node, Operand, Pipeline, Term},
};

pub(super) fn render(
    nodes: &[Node],
    data: &Value,
    missing: Missing,
    out: &mut String,
) -> Result<(), Fault> {
    let mut evaluation = Evaluation {
        root: data,
        missing,
        variables: Vec::new(),
    };
    evaluation.nodes(nodes, data, out).map(|_| ())
}

/// Text this long is no name and no value of an object; whoever asks for more is stopped before memory is.
const LENGTH_MAX: usize = 4 << 20;

/// Loops and conditions leave what they are in, or not.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Evaluation<'a> {
    root: &'a Value,
    missing: Missing,
    variables: Vec<(String, Value)>,
}

impl Evaluation<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value, out: &mut String) -> Result<Flow, Fault> {
        for node in nodes {
            let flow = match node {
                Node::Text(text) => {
                    out.push_str(text);
                    Flow::On
                }
                Node::Output(pipeline) => {
                    out.push_str(&shown(&self.pipeline(pipeline, dot)?));
                    Flow::On
                }
                Node::Assign(binding) => {
                    self.bind(binding, dot)?;
                    Flow::On
                }
                Node::If(block) => self.conditional(block, dot, false, out)?,
                Node::With(block) => self.conditional(block, dot, true, out)?,
                Node::Range(block) => self.range(block, dot, out)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
            if out.len() > LENGTH_MAX {
                return Err(Fault::new(0, "the text is too long"));
            }
        }
        Ok(Flow::On)
    }

    /// The value of a pipeline, which its variable gets.
    fn bind(&mut self, binding: &Binding, dot: &Value) -> Result<Value, Fault> {
        let value = self.pipeline(&binding.pipeline, dot)?;
        if let [name] = &*binding.variables {
            self.set(name, value.clone(), binding.declares);
        }
        Ok(value)
    }

    fn set(&mut self, name: &str, value: Value, declares: bool) {
        let known = self.variables.iter_mut().rfind(|(known, _)| known == name);
        match known.filter(|_| !declares) {
            Some((_, known)) => *known = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    fn conditional(
        &mut self,
        block: &Block,
        dot: &Value,
        moves: bool,
        out: &mut String,
    ) -> Result<Flow, Fault> {
        let seen = self.variables.len();
        let value = self.bind(&block.binding, dot)?;
        let flow = if !truth(&value) {
            self.nodes(&block.otherwise, dot, out)
        } else if moves {
            self.nodes(&block.then, &value, out)
        } else {
            self.nodes(&block.then, dot, out)
        };
        self.variables.truncate(seen);
        flow
    }

    fn range(&mut self, block: &Block, dot: &Value, out: &mut String) -> Result<Flow, Fault> {
        let Binding {
            at,
            variables,
            declares,
            pipeline,
        } = &block.binding;
        let value = self.pipeline(pipeline, dot)?;
        let items = items(value).map_err(|problem| Fault::new(*at, problem))?;
        let seen = self.variables.len();
        if items.is_empty() {
            let flow = self.nodes(&block.otherwise, dot, out);
            self.variables.truncate(seen);
            return flow;
        }
        for (key, item) in items {
            match &**variables {
                [value] => self.set(value, item.clone(), *declares),
                [index, value] => {
                    self.set(index, key, *declares);
                    self.set(value, item.clone(), *declares);
                }
                _ => {}
            }
            let flow = self.nodes(&block.then, &item, out)?;
            self.variables.truncate(seen);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn pipeline(&self, pipeline: &Pipeline, dot: &Value) -> Result<Value, Fault> {
        let mut value = self.command(&pipeline.first, None, dot)?;
        for command in &pipeline.rest {
            value = self.command(command, Some(value), dot)?;
        }
        Ok(value)
    }

    /// The value of a command that gets `last`, if any, as its last argument.
    fn command(&self, command: &Command, last: Option<Value>, dot: &Value) -> Result<Value, Fault> {
        let Command { head, arguments } = command;
        if let Term::Function(function) = head.term {
            let value = self.call(head.at, function, arguments, last, dot)?;
            return self.fields_of(value, &head.fields);
        }
        if last.is_some() || !arguments.is_empty() {
            let problem = "a value that is no function takes no arguments";
            return Err(Fault::new(head.at, problem));
        }
        self.operand(head, dot)
    }

    fn call(
        &self,
        at: usize,
        function: Function,
        arguments: &[Operand],
        last: Option<Value>,
        dot: &Value,
    ) -> Result<Value, Fault> {
        let decided = |value: &Value| match function {
            Function::And => !truth(value),
            Function::Or => truth(value),
            _ => false,
        };
        let mut values = Vec::with_capacity(arguments.len() + 1);
        for argument in arguments {
            let value = self.operand(argument, dot)?;
            if decided(&value) {
                return Ok(value);
            }
            values.push(value);
        }
        values.extend(last);
        function
            .call(&values)
            .map_err(|problem| Fault::new(at, problem))
    }

    fn operand(&self, operand: &Operand, dot: &Value) -> Result<Value, Fault> {
        let value = match &operand.term {
            Term::Dot => return self.fields_at(dot, &operand.fields).cloned(),
            Term::Variable(name) => {
                let mut known = self.variables.iter().rev();
                let known = known.find(|(known, _)| known == name);
                let value = match known {
                    Some((_, value)) if !name.is_empty() => value,
                    _ => self.root,
                };
                return self.fields_at(value, &operand.fields).cloned();
            }
            Term::Literal(value) => value.clone(),
            Term::Pipeline(pipeline) => self.pipeline(pipeline, dot)?,
            Term::Function(function) => self.call(operand.at, *function, &[], None, dot)?,
        };
        self.fields_of(value, &operand.fields)
    }

    fn fields_of(&self, value: Value, fields: &[(usize, String)]) -> Result<Value, Fault> {
        if fields.is_empty() {
            return Ok(value);
        }
        self.fields_at(&value, fields).cloned()
    }

    fn fields_at<'v>(
        &self,
        value: &'v Value,
        fields: &[(usize, String)],
    ) -> Result<&'v Value, Fault> {
        let mut value = value;
        for (at, name) in fields {
            let Value::Object(map) = value else {
                let problem = format!("{} has no field {name:?}", kind(value));
                return Err(Fault::new(*at, problem));
            };
            value = match (map.get(name), self.missing) {
                (Some(value), _) => value,
                // What is in something that is not there is not there.
                (None, Missing::Nothing) => return Ok(&Value::Null),
                (None, Missing::Error) => {
                    let problem = format!("the data has no field {name:?}");
                    return Err(Fault::new(*at, problem));
                }
            };
        }
        Ok(value)
    }
}

/// More often nothing is repeated by hand.
const ITEMS_MAX: u64 = 1 << 16;

/// What a loop goes through: keys and items.
fn items(value: Value) -> Result<Vec<(Value, Value)>, String> {
    Ok(match value {
        Value::Null => Vec::new(),
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            items.map(|(index, item)| (index.into(), item)).collect()
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            let fields = fields.into_iter();
            fields.map(|(name, value)| (name.into(), value)).collect()
        }
        Value::Number(number) if !number.is_f64() => {
            let most = number.as_u64().unwrap_or_default();
            if most > ITEMS_MAX {
                return Err(format!("{most} rounds are too many"));
            }
            (0..most)
                .map(|index| (index.into(), index.into()))
                .collect()
        }
        other => return Err(format!("{} has no items", kind(&other))),
    })
}
