//! A server that answers what was recorded, and takes no other writes than those.

use std::collections::HashMap;

use apply_semantics::{
    client_side::{Answer, Request, Sent},
    op::{Effect, ObjectList, Operation, Outcome, Refusal},
};
use conformance_runner::first_difference;
use serde_json::Value;

use super::large;

pub(super) struct Recorded<'a> {
    requests: &'a [Value],
    used: Vec<bool>,
    large: &'a mut large::Objects,
    /// What the placeholders of the recorded requests stand for, where the answers did not say it before.
    bound: HashMap<String, String>,
}

impl<'a> Recorded<'a> {
    pub(super) fn new(step: &'a Value, large: &'a mut large::Objects) -> Self {
        let requests = step["requests"].as_array().unwrap().as_slice();
        Self {
            requests,
            used: vec![false; requests.len()],
            large,
            bound: HashMap::new(),
        }
    }

    pub(super) fn answer(&mut self, request: &Request) -> Result<Answer, String> {
        let sent = request.sent();
        let index = if request.operation().is_read() {
            self.read(&sent)
        } else {
            self.write(&sent)
        }?;
        self.used[index] = true;
        let response = &self.requests[index]["response"];
        let code = u16::try_from(response["code"].as_u64().unwrap()).unwrap();
        let body = self.large.body(&sent, code, &response["body"]);
        Ok(answer(request.operation(), code, body))
    }

    /// Whether everything that was written was written now.
    pub(super) fn finish(self) -> Result<(), String> {
        let missing =
            (0..self.requests.len()).find(|&index| !self.used[index] && self.is_write(index));
        missing.map_or(Ok(()), |index| {
            let request = &self.requests[index];
            Err(format!(
                "not sent: {} {}",
                request["method"], request["path"]
            ))
        })
    }

    fn is_write(&self, index: usize) -> bool {
        self.requests[index]["method"] != "GET"
    }

    fn read(&self, sent: &Sent) -> Result<usize, String> {
        let fits = |index: &usize| {
            let request = &self.requests[*index];
            !self.is_write(*index)
                && request["path"] == *sent.path
                && sent
                    .query
                    .iter()
                    .all(|(name, value)| request["query"][name] == *value)
        };
        let all: Vec<_> = (0..self.requests.len()).filter(fits).collect();
        let unused = all.iter().find(|index| !self.used[**index]);
        let found = unused.or(all.last()).copied();
        found.ok_or_else(|| format!("no answer to GET {}", sent.path))
    }

    /// The next write; of deletions that follow each other any, since their order is that of a map in the original.
    fn write(&mut self, sent: &Sent) -> Result<usize, String> {
        let mut next =
            (0..self.requests.len()).filter(|&index| !self.used[index] && self.is_write(index));
        let Some(first) = next.next() else {
            return Err(format!("unexpected: {sent:?}"));
        };
        let deletes = |index: &usize| self.requests[*index]["method"] == "DELETE";
        let candidates = if deletes(&first) {
            let block: Vec<_> = std::iter::once(first)
                .chain(next.take_while(deletes))
                .collect();
            block
        } else {
            vec![first]
        };
        let same_path = |index: &usize| self.requests[*index]["path"] == *sent.path;
        let index = candidates.into_iter().find(same_path).unwrap_or(first);
        self.compare(index, sent)?;
        Ok(index)
    }

    fn compare(&mut self, index: usize, sent: &Sent) -> Result<(), String> {
        let wanted = &self.requests[index];
        let line = |method: &str, path: &str, query: &Value| format!("{method} {path} {query}");
        let query: Value = sent
            .query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let empty = Value::Object(serde_json::Map::new());
        let actual = line(sent.method, &sent.path, &query);
        let expected = line(
            wanted["method"].as_str().unwrap(),
            wanted["path"].as_str().unwrap(),
            wanted.get("query").unwrap_or(&empty),
        );
        if actual != expected {
            return Err(format!("sent {actual}, wanted {expected}"));
        }
        let content_type = wanted["headers"]["Content-Type"].as_str();
        if content_type != sent.content_type {
            return Err(format!(
                "{actual}: {:?}, wanted {content_type:?}",
                sent.content_type
            ));
        }
        let Some(body) = wanted.get("body") else {
            return Ok(());
        };
        let body = self.bind(body, sent.body.as_ref().unwrap_or(&Value::Null));
        match first_difference(sent.body.as_ref().unwrap_or(&Value::Null), &body) {
            Some(difference) => Err(format!("{actual}: {difference}")),
            None => Ok(()),
        }
    }

    /// The recorded value with the texts that its unknown placeholders stand for.
    fn bind(&mut self, recorded: &Value, actual: &Value) -> Value {
        match (recorded, actual) {
            (Value::String(recorded), Value::String(actual)) => {
                self.bind_text(recorded, actual).into()
            }
            (Value::Array(recorded), Value::Array(actual)) => {
                let actual = actual.iter().chain(std::iter::repeat(&Value::Null));
                let pairs = recorded.iter().zip(actual);
                pairs
                    .map(|(recorded, actual)| self.bind(recorded, actual))
                    .collect()
            }
            (Value::Object(recorded), Value::Object(actual)) => recorded
                .iter()
                .map(|(key, recorded)| {
                    let actual = actual.get(key).unwrap_or(&Value::Null);
                    (key.clone(), self.bind(recorded, actual))
                })
                .collect::<serde_json::Map<_, _>>()
                .into(),
            _ => recorded.clone(),
        }
    }

    /// A placeholder that the actual text does not have is bound to what stands in its place, once and for all.
    fn bind_text(&mut self, recorded: &str, actual: &str) -> String {
        let Some((before, placeholder, after)) = placeholder(recorded) else {
            return recorded.to_owned();
        };
        let Some(rest) = actual.strip_prefix(before) else {
            return recorded.to_owned();
        };
        let value = match self.bound.get(placeholder) {
            Some(value) => value.clone(),
            None if rest.starts_with(placeholder) => placeholder.to_owned(),
            None => {
                let stop = after.chars().next();
                let end = stop.map_or(Some(rest.len()), |stop| rest.find(stop));
                let value = rest[..end.unwrap_or(rest.len())].to_owned();
                self.bound.insert(placeholder.to_owned(), value.clone());
                value
            }
        };
        let rest = rest.strip_prefix(&*value).unwrap_or_default();
        format!("{before}{value}{}", self.bind_text(after, rest))
    }
}

/// The first placeholder of a text, with what stands before and behind it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    ["<uid:", "<rv:", "<time@", "<ip:", "<port:", "<name:"]
        .iter()
        .filter_map(|start| text.find(start))
        .min()
        .and_then(|start| {
            let end = start + text[start..].find('>')? + 1;
            Some((&text[..start], &text[start..end], &text[end..]))
        })
}

fn answer(operation: &Operation, code: u16, body: Value) -> Answer {
    if code >= 400 {
        return Err(Refusal::from_answer(code, &body));
    }
    Ok(match operation {
        Operation::List { .. } => Outcome::List(ObjectList {
            items: body["items"].as_array().cloned().unwrap_or_default(),
            ..ObjectList::default()
        }),
        Operation::Delete { .. } => Outcome::Deleted { object: Some(body) },
        _ => Outcome::object(body, Effect::Unknown),
    })
}
