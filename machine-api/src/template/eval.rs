//! Filling a template.

use serde_json::Value;

use super::{
    Fault,
    format::shown,
    function::{Function, kind, truth},
    parse::{Command, Node, Operand, Pipeline, Term},
};

pub(super) fn render(nodes: &[Node], data: &Value, out: &mut String) -> Result<(), Fault> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Output(pipeline) => out.push_str(&shown(&pipeline_value(pipeline, data)?)),
            Node::If {
                condition,
                then,
                otherwise,
            } => {
                let holds = truth(&pipeline_value(condition, data)?);
                render(if holds { then } else { otherwise }, data, out)?;
            }
        }
    }
    Ok(())
}

fn pipeline_value(pipeline: &Pipeline, data: &Value) -> Result<Value, Fault> {
    let mut value = command_value(&pipeline.first, None, data)?;
    for command in &pipeline.rest {
        value = command_value(command, Some(value), data)?;
    }
    Ok(value)
}

/// The value of a command that gets `last`, if any, as its last argument.
fn command_value(command: &Command, last: Option<Value>, data: &Value) -> Result<Value, Fault> {
    let Command { head, arguments } = command;
    if let Term::Function(function) = head.term {
        let value = call(head.at, function, arguments, last, data)?;
        return fields_of(value, &head.fields);
    }
    if last.is_some() || !arguments.is_empty() {
        let problem = "a value that is no function takes no arguments";
        return Err(Fault::new(head.at, problem));
    }
    operand_value(head, data)
}

fn call(
    at: usize,
    function: Function,
    arguments: &[Operand],
    last: Option<Value>,
    data: &Value,
) -> Result<Value, Fault> {
    let decided = |value: &Value| match function {
        Function::And => !truth(value),
        Function::Or => truth(value),
        _ => false,
    };
    let mut values = Vec::with_capacity(arguments.len() + 1);
    for argument in arguments {
        let value = operand_value(argument, data)?;
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

fn operand_value(operand: &Operand, data: &Value) -> Result<Value, Fault> {
    let value = match &operand.term {
        Term::Dot => return fields_at(data, &operand.fields).cloned(),
        Term::Literal(value) => value.clone(),
        Term::Pipeline(pipeline) => pipeline_value(pipeline, data)?,
        Term::Function(function) => call(operand.at, *function, &[], None, data)?,
    };
    fields_of(value, &operand.fields)
}

fn fields_of(value: Value, fields: &[(usize, String)]) -> Result<Value, Fault> {
    if fields.is_empty() {
        return Ok(value);
    }
    fields_at(&value, fields).cloned()
}

fn fields_at<'a>(value: &'a Value, fields: &[(usize, String)]) -> Result<&'a Value, Fault> {
    let mut value = value;
    for (at, name) in fields {
        let Value::Object(map) = value else {
            let problem = format!("{} has no field {name:?}", kind(value));
            return Err(Fault::new(*at, problem));
        };
        let missing = || Fault::new(*at, format!("the data has no field {name:?}"));
        value = map.get(name).ok_or_else(missing)?;
    }
    Ok(value)
}
