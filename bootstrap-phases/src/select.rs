//! Which phases of a workflow run.

use std::{collections::BTreeMap, error::Error, fmt};

use crate::{Flow, node::path_name, suggest, workflow::Unit};

/// Which phases to run: all, some, or all but some.
///
/// ```
/// # use bootstrap_phases::Selection;
/// let everything = Selection::all();
/// let one_and_its_needs = Selection::only(["certs/apiserver"]).with_needs();
/// let without = Selection::all().skip(["addon"]);
/// # let _ = (everything, one_and_its_needs, without);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection {
    /// Phases to run, with all below them; none means all.
    pub only: Vec<String>,
    /// Phases to leave out, with all below them.
    pub skip: Vec<String>,
    /// Run what those in `only` need, too.
    pub needs: bool,
    /// Things that are there already: skipping a phase that makes them leaves nobody wanting.
    pub provided: Vec<String>,
    /// How names are read and what is checked.
    pub compat: Compat,
}

/// How a selection is read and run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compat {
    /// Aliases and any case are accepted, near names are suggested, a condition that does not hold leaves out all below,
    /// and skipping something that others need is an error that names them.
    #[default]
    Fixed,
    /// As kubeadm's runner does it: exact paths only, a condition leaves out one phase but not those below, and dependencies
    /// are looked up by plain name among what runs earlier. Follows `cmd/kubeadm/app/cmd/phases/workflow`.
    Upstream,
}

impl Selection {
    /// Every phase.
    pub fn all() -> Self {
        Self::default()
    }

    /// These phases with all below them. They run in the workflow's order, not in the order given.
    pub fn only<S: Into<String>>(phases: impl IntoIterator<Item = S>) -> Self {
        Self {
            only: phases.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Leaves these phases out, with all below them.
    #[must_use]
    pub fn skip<S: Into<String>>(mut self, phases: impl IntoIterator<Item = S>) -> Self {
        self.skip.extend(phases.into_iter().map(Into::into));
        self
    }

    /// Adds the phases that make what the chosen ones need, and what those need, and so on.
    #[must_use]
    pub fn with_needs(mut self) -> Self {
        self.needs = true;
        self
    }

    /// Says that these things are there already.
    #[must_use]
    pub fn provided<S: Into<String>>(mut self, things: impl IntoIterator<Item = S>) -> Self {
        self.provided.extend(things.into_iter().map(Into::into));
        self
    }

    /// Reads names and checks as said.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }
}

/// The outcome of a selection: for every phase of a flow, whether it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) runs: Vec<bool>,
    pub(crate) compat: Compat,
}

impl<C: ?Sized> Flow<C> {
    /// The paths of the phases that a selection runs, in order; groups and run-all entries, which do nothing, included.
    ///
    /// # Errors
    /// A name that is no phase's, or something left out that others need.
    pub fn selected(&self, selection: &Selection) -> Result<Vec<&str>, SelectError> {
        let selected = self.select(selection)?;
        let both = self.units.iter().zip(selected.runs);
        Ok(both
            .filter(|(_, runs)| *runs)
            .map(|(unit, _)| unit.path.as_str())
            .collect())
    }

    pub(crate) fn select(&self, selection: &Selection) -> Result<Selected, SelectError> {
        let runs = match selection.compat {
            Compat::Upstream => upstream(&self.units, selection)?,
            Compat::Fixed => fixed(&self.units, selection)?,
        };
        Ok(Selected {
            runs,
            compat: selection.compat,
        })
    }
}

/// Why a selection cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectError {
    /// A name is no phase's.
    UnknownPhase {
        /// The name as given.
        name: String,
        /// Paths that look like it.
        suggestions: Vec<String>,
    },
    /// Phases that others depend on do not run before them.
    UnresolvedDependencies {
        /// Each phase with the dependency it misses.
        missing: Vec<Dependency>,
    },
    /// Phases that make what others need are left out.
    StillNeeded {
        /// Each need with the phase that would meet it.
        needs: Vec<Need>,
    },
}

/// A dependency that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dependency {
    /// Path of the phase that depends.
    pub phase: String,
    /// What it depends on, as declared.
    pub on: String,
}

/// Something that a phase needs and that a skipped phase makes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Need {
    /// Path of the phase left out.
    pub skipped: String,
    /// Path of the phase that needs it.
    pub needed_by: String,
    /// What is needed: an output's name, or the phase itself for a dependency.
    pub item: String,
}

// As kubeadm: what runs is known by path, so phases that share a path share their fate.
fn upstream<C: ?Sized>(units: &[Unit<C>], selection: &Selection) -> Result<Vec<bool>, SelectError> {
    let everything = selection.only.is_empty();
    let mut flags: BTreeMap<&str, bool> = units
        .iter()
        .map(|unit| (unit.path.as_str(), everything))
        .collect();
    let lists = [(&selection.only, true), (&selection.skip, false)];
    for (names, value) in lists {
        for name in names {
            let Some(last) = units.iter().rposition(|unit| unit.path == *name) else {
                return Err(SelectError::UnknownPhase {
                    name: name.clone(),
                    suggestions: Vec::new(),
                });
            };
            flags.insert(name, value);
            // Of several phases with this path, only those below the last one count.
            for index in last..units.len() {
                if is_below(units, index, last)
                    && let Some(unit) = units.get(index)
                {
                    flags.insert(&unit.path, value);
                }
            }
        }
    }
    let runs: Vec<bool> = units
        .iter()
        .map(|unit| flags.get(unit.path.as_str()) == Some(&true))
        .collect();
    plain_name_dependencies(units, &runs)?;
    Ok(runs)
}

fn plain_name_dependencies<C: ?Sized>(units: &[Unit<C>], runs: &[bool]) -> Result<(), SelectError> {
    let mut missing = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (unit, _) in units.iter().zip(runs).filter(|(_, runs)| **runs) {
        for on in &unit.info.dependencies {
            if !seen.contains(&on.as_str()) {
                missing.push(Dependency {
                    phase: unit.path.clone(),
                    on: on.clone(),
                });
            }
        }
        seen.push(&unit.info.name);
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(SelectError::UnresolvedDependencies { missing })
}

fn fixed<C: ?Sized>(units: &[Unit<C>], selection: &Selection) -> Result<Vec<bool>, SelectError> {
    let mut runs = vec![selection.only.is_empty(); units.len()];
    for name in &selection.only {
        mark_below(units, find(units, name)?, &mut runs, true);
    }
    if selection.needs {
        add_needs(units, selection, &mut runs);
    }
    let wanted = runs.clone();
    for name in &selection.skip {
        mark_below(units, find(units, name)?, &mut runs, false);
    }
    still_needed(units, selection, &wanted, &runs)?;
    Ok(runs)
}

/// The phase that a name means: a path whose parts are names or aliases in any case. A run-all entry means its group.
pub(crate) fn find<C: ?Sized>(units: &[Unit<C>], name: &str) -> Result<usize, SelectError> {
    let mut here = None;
    for part in name.split('/') {
        let part = path_name(part);
        let found = units
            .iter()
            .position(|unit| unit.parent == here && !part.is_empty() && unit.is_called(&part));
        match found {
            Some(index) => here = Some(index),
            None => return Err(unknown(units, name)),
        }
    }
    let found = here.ok_or_else(|| unknown(units, name))?;
    let run_all = units.get(found).filter(|unit| unit.info.run_all);
    Ok(run_all.and_then(|unit| unit.parent).unwrap_or(found))
}

fn unknown<C: ?Sized>(units: &[Unit<C>], name: &str) -> SelectError {
    let visible = units.iter().filter(|unit| !unit.info.hidden);
    SelectError::UnknownPhase {
        name: name.to_owned(),
        suggestions: suggest::near(name, visible.map(|unit| unit.path.as_str())),
    }
}

fn mark_below<C: ?Sized>(units: &[Unit<C>], top: usize, runs: &mut [bool], value: bool) {
    for (index, runs) in runs.iter_mut().enumerate() {
        if index == top || is_below(units, index, top) {
            *runs = value;
        }
    }
}

pub(crate) fn is_below<C: ?Sized>(units: &[Unit<C>], index: usize, top: usize) -> bool {
    let mut here = units.get(index).and_then(|unit| unit.parent);
    while let Some(above) = here {
        if above == top {
            return true;
        }
        here = units.get(above).and_then(|unit| unit.parent);
    }
    false
}

fn add_needs<C: ?Sized>(units: &[Unit<C>], selection: &Selection, runs: &mut [bool]) {
    // What a phase needs stands before it, so one pass from the end sees every need.
    for index in (0..units.len()).rev() {
        if runs.get(index) != Some(&true) {
            continue;
        }
        for need in needs_of(units, index) {
            if selection.provided.contains(&need.item) {
                continue;
            }
            if is_below(units, index, need.maker) {
                // A phase that needs its own group needs what the group does, not its siblings.
                runs.iter_mut()
                    .skip(need.maker)
                    .take(1)
                    .for_each(|runs| *runs = true);
            } else {
                mark_below(units, need.maker, runs, true);
            }
        }
    }
}

struct Needed {
    maker: usize,
    item: String,
}

/// What a phase needs of earlier ones: the makers of its inputs, and the phases it depends on.
fn needs_of<C: ?Sized>(units: &[Unit<C>], index: usize) -> Vec<Needed> {
    let (Some(unit), Some(earlier)) = (units.get(index), units.get(..index)) else {
        return Vec::new();
    };
    let inputs = unit.info.inputs.iter().filter_map(|input| {
        let makes = |unit: &Unit<C>| unit.info.outputs.contains(input);
        earlier.iter().rposition(makes).map(|maker| Needed {
            maker,
            item: input.clone(),
        })
    });
    let dependencies = unit.info.dependencies.iter().filter_map(|on| {
        let found = earlier.iter().rposition(|unit| unit.answers_to(on));
        found.map(|maker| Needed {
            maker,
            item: on.clone(),
        })
    });
    inputs.chain(dependencies).collect()
}

fn still_needed<C: ?Sized>(
    units: &[Unit<C>],
    selection: &Selection,
    wanted: &[bool],
    runs: &[bool],
) -> Result<(), SelectError> {
    let is = |flags: &[bool], index: usize| flags.get(index) == Some(&true);
    let mut needs = Vec::new();
    for (index, unit) in units
        .iter()
        .enumerate()
        .filter(|(index, _)| is(runs, *index))
    {
        for need in needs_of(units, index) {
            let skipped = is(wanted, need.maker) && !is(runs, need.maker);
            if skipped && !selection.provided.contains(&need.item) {
                let maker = units.get(need.maker);
                needs.push(Need {
                    skipped: maker.map(|maker| maker.path.clone()).unwrap_or_default(),
                    needed_by: unit.path.clone(),
                    item: need.item,
                });
            }
        }
    }
    if needs.is_empty() {
        return Ok(());
    }
    Err(SelectError::StillNeeded { needs })
}

impl<C: ?Sized> Unit<C> {
    fn is_called(&self, name: &str) -> bool {
        let names = std::iter::once(&self.info.name).chain(&self.info.aliases);
        names.into_iter().any(|own| path_name(own) == name)
    }
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPhase { name, suggestions } => {
                write!(f, "invalid phase name: {name}")?;
                if !suggestions.is_empty() {
                    write!(f, "; did you mean {}?", suggestions.join(" or "))?;
                }
                Ok(())
            }
            Self::UnresolvedDependencies { missing } => {
                f.write_str("unresolved dependencies: ")?;
                join(f, missing, |f, missing| {
                    write!(
                        f,
                        "{} needs {}, which does not run before it",
                        missing.phase, missing.on
                    )
                })
            }
            Self::StillNeeded { needs } => join(f, needs, |f, need| {
                write!(
                    f,
                    "{} cannot be skipped: {} needs ",
                    need.skipped, need.needed_by
                )?;
                f.write_str(if need.item == need.skipped {
                    "it"
                } else {
                    &need.item
                })
            }),
        }
    }
}

fn join<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str("; ")?;
        }
        write(f, item)?;
    }
    Ok(())
}

impl Error for SelectError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Idle, Node, Workflow};

    fn flow() -> Flow<()> {
        let leaf = |name: &str| Node::new(name, "").run(Idle);
        Workflow::new("init")
            .phase(leaf("preflight").alias("pre-flight"))
            .phase(
                Node::new("certs", "").children([
                    Node::run_all(""),
                    leaf("ca").outputs(["pki/ca"]),
                    leaf("apiserver")
                        .inputs(["pki/ca"])
                        .outputs(["pki/apiserver"]),
                ]),
            )
            .phase(leaf("kubeconfig").inputs(["pki/ca"]).outputs(["admin"]))
            .phase(
                leaf("upload")
                    .dependencies(["kubeconfig"])
                    .inputs(["pki/apiserver"]),
            )
            .build()
            .unwrap()
    }

    fn text(selection: &Selection) -> String {
        flow().selected(selection).unwrap_err().to_string()
    }

    #[test]
    fn aliases_cases_and_run_all_entries_are_understood() {
        let flow = flow();
        let selected = |names: &[&str]| flow.selected(&Selection::only(names.to_vec())).unwrap();
        assert_eq!(selected(&["Pre-Flight"]), ["preflight"]);
        let certs = ["certs", "certs/all", "certs/ca", "certs/apiserver"];
        assert_eq!(selected(&["certs/all"]), certs);
        assert_eq!(selected(&["CERTS"]), certs);
        assert_eq!(
            selected(&["kubeconfig", "certs/ca"]),
            ["certs/ca", "kubeconfig"]
        );
    }

    #[test]
    fn needs_come_along_transitively() {
        let flow = flow();
        let upload = Selection::only(["upload"]);
        assert_eq!(flow.selected(&upload).unwrap(), ["upload"]);
        assert_eq!(
            flow.selected(&upload.clone().with_needs()).unwrap(),
            ["certs/ca", "certs/apiserver", "kubeconfig", "upload"]
        );
        let provided = upload.with_needs().provided(["pki/apiserver"]);
        assert_eq!(
            flow.selected(&provided).unwrap(),
            ["certs/ca", "kubeconfig", "upload"]
        );
    }

    #[test]
    fn what_others_need_is_not_skipped_in_silence() {
        assert_eq!(
            text(&Selection::all().skip(["certs/ca"])),
            "certs/ca cannot be skipped: certs/apiserver needs pki/ca; \
             certs/ca cannot be skipped: kubeconfig needs pki/ca"
        );
        assert_eq!(
            text(&Selection::all().skip(["kubeconfig"])),
            "kubeconfig cannot be skipped: upload needs it"
        );
        let provided = Selection::all().skip(["certs/ca"]).provided(["pki/ca"]);
        assert_eq!(flow().selected(&provided).unwrap().len(), 6);
        let with_group = Selection::all().skip(["certs", "kubeconfig", "upload"]);
        assert_eq!(flow().selected(&with_group).unwrap(), ["preflight"]);
    }

    #[test]
    fn near_names_are_suggested() {
        assert_eq!(
            text(&Selection::only(["apiserver"])),
            "invalid phase name: apiserver; did you mean certs/apiserver?"
        );
        assert_eq!(
            text(&Selection::only(["preflihgt"])),
            "invalid phase name: preflihgt; did you mean preflight?"
        );
        assert_eq!(text(&Selection::only([""])), "invalid phase name: ");
    }
}
