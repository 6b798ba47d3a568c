//! Versions, with the constraints of the library that sprig uses for them (`Masterminds/semver`).

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease, Version};
use serde_json::{Value, json};

use super::{Body, exactly, text_of};

/// A version whose last numbers may be left out or be `x`, and how many were given.
struct Partial {
    version: Version,
    given: usize,
}

/// Reads a version leniently: a leading `v`, and fewer than three numbers.
fn read(text: &str) -> Option<Partial> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let split = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, suffix) = text.split_at(split);
    let (suffix, build) = suffix.split_once('+').unwrap_or((suffix, ""));
    let pre = suffix.strip_prefix('-').unwrap_or(suffix);
    let mut parsed = [0_u64; 3];
    let mut given = 0;
    let parts: Vec<&str> = numbers.split('.').collect();
    if parts.len() > 3 {
        return None;
    }
    let mut open = false;
    for (place, part) in parsed.iter_mut().zip(&parts) {
        if matches!(*part, "x" | "X" | "*") {
            open = true;
        } else if open {
            return None;
        } else {
            *place = part.parse().ok()?;
            given += 1;
        }
    }
    let [major, minor, patch] = parsed;
    let version = Version {
        major,
        minor,
        patch,
        pre: Prerelease::new(pre).ok()?,
        build: BuildMetadata::new(build).ok()?,
    };
    Some(Partial { version, given })
}

/// The first version after all those that a partial one stands for.
fn after(partial: &Partial, given: usize) -> Version {
    let Version { major, minor, .. } = partial.version;
    match given {
        0 => Version::new(u64::MAX, 0, 0),
        1 => Version::new(major.saturating_add(1), 0, 0),
        2 => Version::new(major, minor.saturating_add(1), 0),
        _ => partial.version.clone(),
    }
}

fn below(version: &Version, bound: &Version) -> bool {
    version.cmp_precedence(bound) == Ordering::Less
}

/// Whether a version meets one comparison.
fn meets(version: &Version, operator: &str, partial: &Partial) -> bool {
    let bound = &partial.version;
    // Pre-releases only meet what names a pre-release itself.
    if !version.pre.is_empty() && bound.pre.is_empty() {
        return false;
    }
    let order = version.cmp_precedence(bound);
    let open = partial.given < 3;
    let within = |end: &Version| order.is_ge() && below(version, end);
    match operator {
        "" | "=" if open => within(&after(partial, partial.given)),
        "" | "=" => order.is_eq(),
        "!=" if open => !within(&after(partial, partial.given)),
        "!=" => order.is_ne(),
        ">" if open => !below(version, &after(partial, partial.given)),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        ">=" | "=>" => order.is_ge(),
        "<=" | "=<" if open => below(version, &after(partial, partial.given)),
        "<=" | "=<" => order.is_le(),
        "~" | "~>" => within(&after(partial, partial.given.min(2))),
        _ => {
            let place = if bound.major > 0 || partial.given < 2 {
                1
            } else if bound.minor > 0 || partial.given < 3 {
                2
            } else {
                3
            };
            let end = if place == 3 {
                Version::new(0, 0, bound.patch.saturating_add(1))
            } else {
                after(partial, place.min(partial.given))
            };
            within(&end)
        }
    }
}

const OPERATORS: [&str; 11] = ["!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"];

/// The comparisons of a constraint, all of which have to hold.
fn comparisons(text: &str) -> Option<Vec<(&'static str, Partial)>> {
    if let Some((low, high)) = text.split_once(" - ") {
        return Some(vec![(">=", read(low)?), ("<=", read(high)?)]);
    }
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        rest = rest.trim_start_matches([' ', ',']);
        let operator = OPERATORS.into_iter().find(|one| rest.starts_with(one));
        let operator = operator.unwrap_or("");
        rest = rest.get(operator.len()..)?.trim_start();
        let end = rest.find([' ', ',']).unwrap_or(rest.len());
        let (version, after) = rest.split_at(end);
        found.push((operator, read(version)?));
        rest = after.trim_start_matches([' ', ',']);
    }
    (!found.is_empty()).then_some(found)
}

fn compare(constraint: &str, version: &str) -> Result<bool, String> {
    let improper = || format!("improper constraint: {constraint}");
    let alternatives: Vec<_> = constraint
        .split("||")
        .map(comparisons)
        .collect::<Option<_>>()
        .ok_or_else(improper)?;
    let version = read(version).ok_or("Invalid Semantic Version")?.version;
    let holds = |all: &Vec<(&str, Partial)>| {
        all.iter()
            .all(|(operator, bound)| meets(&version, operator, bound))
    };
    Ok(alternatives.iter().any(holds))
}

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("semverCompare", |arguments| {
        let [constraint, version] = exactly(arguments)?;
        Ok(compare(text_of(constraint)?, text_of(version)?)?.into())
    }),
    ("semver", |arguments| {
        let [text] = exactly(arguments)?;
        let text = text_of(text)?;
        let Partial { version, .. } = read(text).ok_or("Invalid Semantic Version")?;
        let number = |number: u64| Value::from(number);
        Ok(json!({
            "Major": number(version.major),
            "Minor": number(version.minor),
            "Patch": number(version.patch),
            "Prerelease": version.pre.as_str(),
            "Metadata": version.build.as_str(),
            "Original": text,
        }))
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints() {
        for (constraint, version, holds) in [
            ("^1.22.0", "v1.30.1", true),
            ("^1.22.0", "2.0.0", false),
            ("^0.2.3", "0.2.9", true),
            ("^0.2.3", "0.3.0", false),
            ("^0.0.3", "0.0.4", false),
            ("~1.2.3", "1.2.9", true),
            ("~1.2", "1.3.0", false),
            ("~1", "1.9.0", true),
            (">= 1.2, < 3", "2.5.0", true),
            (">=1.2 <3", "3.0.0", false),
            ("1.x", "1.7.0", true),
            ("1.2 - 1.4", "1.4.7", true),
            ("< 1.2 || > 2", "2.0.5", false),
            ("< 1.2 || > 2", "3.0.0", true),
            ("*", "1.0.0", true),
            ("!=1.2", "1.2.4", false),
            (">1.2", "1.2.4", false),
            ("< v1.25-0", "v1.25.0-rc.1", false),
            ("< v1.25-0", "v1.24.9", true),
            (">=1.0.0", "1.1.0-rc.1", false),
            (">=1.0.0-0", "1.1.0-rc.1", true),
            ("1.21.1", "v1.21.1", true),
        ] {
            assert_eq!(
                compare(constraint, version),
                Ok(holds),
                "{constraint} {version}"
            );
        }
    }
}
