//! Command lines of components: defaults that the user overrides by name (`cmd/kubeadm/app/util/arguments.go`).

use std::collections::BTreeSet;

use componentconfig::kubeadm::v1beta4::Arg;

/// The flags `--name=value` of a component: the defaults sorted by name and value, without those that the user gives,
/// then the user's in their own order, repeated ones included.
pub fn to_command(mut defaults: Vec<Arg>, overrides: &[Arg]) -> Vec<String> {
    let overridden: BTreeSet<&str> = overrides.iter().map(|arg| arg.name.as_str()).collect();
    defaults.retain(|arg| !overridden.contains(arg.name.as_str()));
    sort(&mut defaults);
    let flag = |arg: &Arg| format!("--{}={}", arg.name, arg.value);
    defaults.iter().chain(overrides).map(flag).collect()
}

/// The flags of a command line, sorted by name and value; what has not the form `--name=value` is left out.
pub fn from_command<S: AsRef<str>>(command: &[S]) -> Vec<Arg> {
    let mut args: Vec<Arg> = command
        .iter()
        .filter_map(|word| {
            let (name, value) = word.as_ref().strip_prefix("--")?.split_once('=')?;
            (!name.is_empty()).then(|| arg(name, value))
        })
        .collect();
    sort(&mut args);
    args
}

/// The value of a flag; of a repeated flag the last one, as the components read it.
pub fn value<'a>(args: &'a [Arg], name: &str) -> Option<&'a str> {
    args.iter()
        .rev()
        .find(|arg| arg.name == name)
        .map(|arg| arg.value.as_str())
}

/// A flag.
pub(super) fn arg(name: impl Into<String>, value: impl Into<String>) -> Arg {
    Arg {
        name: name.into(),
        value: value.into(),
    }
}

fn sort(args: &mut [Arg]) {
    args.sort_by(|a, b| (&a.name, &a.value).cmp(&(&b.name, &b.value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_replaces_every_default_of_its_name_and_keeps_its_place() {
        let defaults = vec![arg("b", "2"), arg("a", "1"), arg("a", "0")];
        let overrides = [arg("z", "1"), arg("a", ""), arg("a", "9")];
        assert_eq!(
            to_command(defaults, &overrides),
            ["--b=2", "--z=1", "--a=", "--a=9"]
        );
        assert_eq!(value(&overrides, "a"), Some("9"));
        assert_eq!(value(&overrides, "b"), None);
    }

    #[test]
    fn only_flags_with_name_and_value_are_read_back() {
        let args = from_command(&["kubelet", "--b=1=2", "--a", "--=x", "-c=1"]);
        assert_eq!(args, [arg("b", "1=2")]);
    }
}
