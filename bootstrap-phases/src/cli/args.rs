//! Taking arguments apart: the command they lead to, then its flags.

use super::{Target, UsageError};
use crate::{Flag, Flow, node::path_name};

pub(super) const SKIP_PHASES: &str = "skip-phases";

/// A command's arguments, taken apart.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) help: bool,
    pub(super) skip: Vec<String>,
    pub(super) flags: Vec<(String, String)>,
    pub(super) args: Vec<String>,
}

/// The command that arguments lead to, and the arguments without its words. Flags may stand between the words.
pub(super) fn target<'a, C: ?Sized>(flow: &Flow<C>, args: &[&'a str]) -> (Target, Vec<&'a str>) {
    let mut target = Target::Workflow;
    let mut rest = Vec::new();
    let mut args = args.iter().copied();
    while let Some(arg) = args.next() {
        if arg == "--" {
            rest.push(arg);
            break;
        }
        if arg.starts_with('-') {
            rest.push(arg);
            if takes_next(flow, arg) {
                rest.extend(args.next());
            }
            continue;
        }
        if let Some(next) = step(flow, target, arg) {
            target = next;
        } else {
            rest.push(arg);
            break;
        }
    }
    rest.extend(args);
    (target, rest)
}

fn step<C: ?Sized>(flow: &Flow<C>, target: Target, word: &str) -> Option<Target> {
    if target == Target::Workflow {
        return (word == "phase" && !flow.units.is_empty()).then_some(Target::Phases);
    }
    let found = target.children(flow).find(|(_, unit)| {
        path_name(&unit.info.name) == word || unit.info.aliases.iter().any(|alias| alias == word)
    });
    found.map(|(index, _)| Target::Phase(index))
}

/// Whether the word after this flag is its value, as far as any command's flags tell.
fn takes_next<C: ?Sized>(flow: &Flow<C>, arg: &str) -> bool {
    let local = flow.units.iter().flat_map(|unit| &unit.info.local_flags);
    let known = flow.flags.iter().chain(&flow.phase_flags).chain(local);
    let takes =
        |matches: &dyn Fn(&Flag) -> bool| known.clone().any(|flag| !flag.switch && matches(flag));
    if let Some(name) = arg.strip_prefix("--") {
        return name == SKIP_PHASES || takes(&|flag| flag.name == name);
    }
    let mut letters = arg.chars().skip(1);
    let letter = letters.next();
    letters.next().is_none() && takes(&|flag| flag.shorthand == letter && letter.is_some())
}

/// Takes the arguments of one command apart by its flags.
pub(super) fn split(flags: &[Flag], args: &[&str]) -> Result<Parsed, UsageError> {
    let mut parsed = Parsed::default();
    let mut args = args.iter().copied();
    while let Some(arg) = args.next() {
        if arg == "--" {
            parsed.args.extend(args.by_ref().map(str::to_owned));
        } else if let Some(long) = arg.strip_prefix("--") {
            long_flag(flags, long, &mut args, &mut parsed)?;
        } else if arg.len() > 1 && arg.starts_with('-') {
            short_flags(flags, arg, &mut args, &mut parsed)?;
        } else {
            parsed.args.push(arg.to_owned());
        }
    }
    Ok(parsed)
}

fn long_flag<'a>(
    flags: &[Flag],
    text: &str,
    args: &mut impl Iterator<Item = &'a str>,
    parsed: &mut Parsed,
) -> Result<(), UsageError> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let given = format!("--{name}");
    let Some(flag) = flags.iter().find(|flag| flag.name == name) else {
        if name == "help" {
            parsed.help = true;
            return Ok(());
        }
        return Err(UsageError::UnknownFlag { flag: given });
    };
    let value = match value {
        Some(value) => value,
        None if flag.switch => "true",
        None => args
            .next()
            .ok_or(UsageError::MissingValue { flag: given })?,
    };
    parsed.record(flag, value);
    Ok(())
}

/// Several letters may stand together; the first one that takes a value takes the rest.
fn short_flags<'a>(
    flags: &[Flag],
    arg: &str,
    args: &mut impl Iterator<Item = &'a str>,
    parsed: &mut Parsed,
) -> Result<(), UsageError> {
    let mut letters = arg.trim_start_matches('-').chars();
    while let Some(letter) = letters.next() {
        let given = format!("-{letter}");
        let Some(flag) = flags.iter().find(|flag| flag.shorthand == Some(letter)) else {
            if letter == 'h' {
                parsed.help = true;
                continue;
            }
            return Err(UsageError::UnknownFlag { flag: given });
        };
        let rest = letters.as_str();
        if let Some(value) = rest.strip_prefix('=') {
            parsed.record(flag, value);
            return Ok(());
        }
        if flag.switch {
            parsed.record(flag, "true");
            continue;
        }
        let value = if rest.is_empty() {
            args.next()
        } else {
            Some(rest)
        };
        parsed.record(flag, value.ok_or(UsageError::MissingValue { flag: given })?);
        return Ok(());
    }
    Ok(())
}

impl Parsed {
    fn record(&mut self, flag: &Flag, value: &str) {
        if flag.name == SKIP_PHASES {
            let names = value.split(',').filter(|_| !value.is_empty());
            self.skip.extend(names.map(str::to_owned));
        } else {
            self.flags.push((flag.name.clone(), value.to_owned()));
        }
    }
}
