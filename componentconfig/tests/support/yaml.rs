//! The suites `yaml-read`, `yaml-read-strict` and `yaml-write`.

use componentconfig::yaml;
use conformance_runner::{Runner, first_difference, json_lines};
use serde_json::{Value, json};

pub(crate) fn run(runner: &mut Runner) {
    let folder = runner.cases().join("yaml");
    for (id, case) in json_lines(&folder.join("read.jsonl")).expect("the recorded cases") {
        let input = text(&case["input"]);
        let expect = &case["expect"];
        let refused = expect.get("error").is_some();
        let refused_strictly = refused || expect.get("strict_error").is_some();
        runner.case("yaml-read", &id, || {
            agree(yaml::read(input), refused, expect)
        });
        runner.case("yaml-read-strict", &format!("{id}-strict"), || {
            agree(yaml::read_strict(input), refused_strictly, expect)
        });
    }
    for (id, case) in json_lines(&folder.join("write.jsonl")).expect("the recorded cases") {
        let value = json!({"k": case["input"]});
        runner.case("yaml-write", &id, || {
            let written = yaml::write(&value);
            let read = yaml::read(&written).map_err(|report| format!("{written}{report}"))?;
            first_difference(&read, &value).map_or(Ok(()), Err)
        });
    }
}

fn agree(
    outcome: Result<Value, componentconfig::Report>,
    refused: bool,
    expect: &Value,
) -> Result<(), String> {
    match outcome {
        Err(_) if refused => Ok(()),
        Err(report) => Err(format!("refused: {report}, expected {expect}")),
        Ok(value) if refused => Err(format!("{value}, expected {expect}")),
        Ok(value) => {
            let expected: Value =
                serde_json::from_str(text(&expect["json"])).expect("recorded JSON");
            first_difference(&value, &expected).map_or(Ok(()), Err)
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}
