//! What a table of a built-in kind shows: the columns, and the cells of an object.
//!
//! `columns.txt` has a line a kind, and below it, indented by one, its columns: name, type (`name` for a string that is a name),
//! priority and description, which is part of the answer and therefore the server's; `=name` and `=age` stand for those of
//! the name and the time of creation.

mod autoscaling;
mod cells;
mod pods;
mod rows;

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Value, json};

pub(crate) use cells::since;

use super::read::{at, text};

const NAME: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const AGE: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// The column definitions of a kind, as a table has them.
pub(crate) fn table_columns(api_version: &str, kind: &str) -> &'static [Value] {
    static TABLE: LazyLock<HashMap<&'static str, Vec<Value>>> =
        LazyLock::new(|| read(include_str!("columns.txt")));
    static PLAIN: LazyLock<Vec<Value>> = LazyLock::new(|| {
        vec![
            definition("Name", "name", 0, NAME),
            definition("Created At", "date", 0, AGE),
        ]
    });
    TABLE
        .get(format!("{api_version}/{kind}").as_str())
        .unwrap_or(&PLAIN)
}

/// The cells of an object, one a column; `now` is a time stamp of whole seconds.
pub(crate) fn table_row(object: &Value, now: &str) -> Vec<Value> {
    let name = at(at(object, "metadata"), "name").clone();
    let age = || since(text(at(object, "metadata"), "creationTimestamp"), now);
    match rows::row(object, now) {
        Some(rows::Row::Between(cells)) => {
            let cells = cells.into_iter().map(|cell| cell.unwrap_or_else(age));
            std::iter::once(name).chain(cells).collect()
        }
        Some(rows::Row::Whole(cells)) => cells,
        None => vec![
            name,
            at(at(object, "metadata"), "creationTimestamp").clone(),
        ],
    }
}

fn definition(name: &str, kind: &str, priority: i64, description: &str) -> Value {
    let (kind, format) = if kind == "name" {
        ("string", "name")
    } else {
        (kind, "")
    };
    json!({
        "name": name,
        "type": kind,
        "format": format,
        "description": description,
        "priority": priority,
    })
}

/// Lines that do not fit are left out; a test reads them all.
fn read(text: &'static str) -> HashMap<&'static str, Vec<Value>> {
    let mut table = HashMap::new();
    let mut kind = "";
    for line in text.lines() {
        match line.strip_prefix(' ') {
            Some(line) => {
                let columns: &mut Vec<Value> = table.entry(kind).or_default();
                columns.extend(column(line));
            }
            None => kind = line,
        }
    }
    table
}

fn column(line: &str) -> Option<Value> {
    let mut parts = line.splitn(4, '|');
    let (name, kind) = (parts.next()?, parts.next()?);
    let priority = parts.next()?.parse().ok()?;
    let description: String = match parts.next()? {
        "=name" => NAME.to_owned(),
        "=age" => AGE.to_owned(),
        text => serde_json::from_str(text).ok()?,
    };
    Some(definition(name, kind, priority, &description))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::discovery;

    #[test]
    fn every_line_is_a_column() {
        let text = include_str!("columns.txt");
        let lines = text.lines().filter(|line| line.starts_with(' ')).count();
        let read: usize = read(text).values().map(Vec::len).sum();
        assert_eq!(read, lines);
    }

    #[test]
    fn rows_have_as_many_cells_as_there_are_columns() {
        for gv in discovery::group_versions() {
            for resource in &gv.resources {
                let api_version = gv.api_version();
                let mut object = json!({
                    "apiVersion": api_version,
                    "kind": resource.kind,
                    "metadata": {"name": "a", "creationTimestamp": "2030-01-01T00:00:00Z"},
                });
                let columns = table_columns(&api_version, resource.kind).len();
                assert_eq!(
                    table_row(&object, "2030-01-01T00:00:05Z").len(),
                    columns,
                    "{}",
                    resource.kind
                );
                let _ = apply_semantics::defaults::normalise(&mut object);
                assert_eq!(
                    table_row(&object, "2030-01-01T00:00:05Z").len(),
                    columns,
                    "{}",
                    resource.kind
                );
            }
        }
    }

    #[test]
    fn rows_read_as_the_servers() {
        let deployment = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "creationTimestamp": "2030-01-01T00:00:00Z"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"spec": {"containers": [{"name": "main", "image": "i:1"}]}},
            },
            "status": {},
        });
        assert_eq!(
            Value::from(table_row(&deployment, "2030-01-01T00:00:27Z")),
            json!(["web", "0/2", 0, 0, "27s", "main", "i:1", "app=web"])
        );
        let service = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s", "creationTimestamp": "2030-01-01T00:00:00Z"},
            "spec": {
                "type": "NodePort",
                "clusterIP": "10.96.0.7",
                "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}],
            },
        });
        assert_eq!(
            Value::from(table_row(&service, "2030-01-01T03:10:00Z")),
            json!([
                "s",
                "NodePort",
                "10.96.0.7",
                "<none>",
                "80:30080/TCP,53/UDP",
                "3h10m",
                "<none>"
            ])
        );
    }
}
