//! Random workflows: phases that want random things of random trees.

use bootstrap_phases::{
    Content, Cx, Draft, Files, Flow, MemFiles, Node, Owner, PhaseError, Plan, Workflow,
};
use proptest::prelude::*;

/// Something a phase wants.
#[derive(Clone, Debug)]
pub(crate) enum Want {
    Dir(String, u32),
    /// A file; its content follows from the files made before it, as a certificate follows from its CA.
    File(String, u32, u8),
    Secret(String, u32, u8),
    Owned(String, Owner),
    Mode(String, u32),
    Absent(String),
    Empty(String),
}

/// A workflow to be: what each phase wants, and what is there before.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    pub(crate) base: Vec<(String, Option<u8>, u32)>,
    pub(crate) phases: Vec<Vec<Want>>,
}

/// The configuration of random workflows: goes into every file.
pub(crate) type Config = String;

/// Wants of phase `index`, on paths that no other phase touches but below folders that they share.
fn wants(index: usize) -> impl Strategy<Value = Vec<Want>> {
    let folder = prop_oneof!["", "/a", "/a/b", "/shared"].prop_map(move |folder| {
        let folder: String = folder;
        if folder == "/shared" {
            folder
        } else {
            format!("/p{index}{folder}")
        }
    });
    let mode = prop::sample::select(vec![0o600_u32, 0o640, 0o644, 0o755]);
    let want = (0_u8..8, folder, 0_u8..3, mode, any::<u8>()).prop_map(
        move |(kind, folder, name, mode, seed)| {
            let path = format!("{folder}/f{index}-{name}");
            match kind {
                0 => Want::Dir(folder, 0o700 | mode),
                1 | 2 => Want::File(path, mode, seed),
                3 => Want::Secret(path, mode, seed),
                4 => Want::Owned(
                    path,
                    Owner {
                        uid: seed.into(),
                        gid: 7,
                    },
                ),
                5 => Want::Mode(path, mode),
                6 => Want::Absent(format!("/p{index}/old")),
                _ => Want::Empty(format!("/p{index}/cache")),
            }
        },
    );
    prop::collection::vec(want, 1..6).prop_map(one_want_a_path)
}

/// Of several wants on one path the first stays: a plan does one thing with a path.
fn one_want_a_path(wants: Vec<Want>) -> Vec<Want> {
    let mut seen = Vec::new();
    wants
        .into_iter()
        .filter(|want| {
            let path = want.path().to_owned();
            let new = !seen.contains(&path);
            seen.push(path);
            new
        })
        .collect()
}

pub(crate) fn plots() -> impl Strategy<Value = Plot> {
    let phases = (1_usize..5).prop_flat_map(|count| (0..count).map(wants).collect::<Vec<_>>());
    let there = (0_usize..5, 0_u8..3, prop::option::of(any::<u8>()), 0_u8..5);
    let base = prop::collection::vec(there, 0..8).prop_map(|things| {
        things
            .into_iter()
            .map(|(phase, name, seed, place)| match place {
                0 => (format!("/p{phase}/old"), seed, 0o640),
                1 => (format!("/p{phase}/cache/x{name}"), Some(name), 0o600),
                2 => (format!("/p{phase}/a"), None, 0o711),
                3 => (format!("/shared/f{phase}-{name}"), Some(name), 0o604),
                _ => (format!("/p{phase}/f{phase}-{name}"), Some(name), 0o644),
            })
            .collect()
    });
    (base, phases).prop_map(|(base, phases)| Plot { base, phases })
}

impl Want {
    fn path(&self) -> &str {
        match self {
            Self::Dir(path, _)
            | Self::File(path, ..)
            | Self::Secret(path, ..)
            | Self::Owned(path, _)
            | Self::Mode(path, _)
            | Self::Absent(path)
            | Self::Empty(path) => path,
        }
    }

    /// Puts the want into a plan. Modes and owners are of files that are there or not at all.
    fn draft(&self, cx: &Cx<'_, Config>, plan: &mut Draft<'_>) -> Result<(), PhaseError> {
        match self {
            Self::Dir(path, mode) => plan.dir(path, *mode)?,
            Self::File(path, mode, seed) => {
                let text = content(cx, *seed)?;
                plan.dir(folder(path), 0o755)?
                    .file(path, *mode, Content::text(text))?
            }
            Self::Secret(path, mode, seed) => {
                let text = format!("secret {}", content(cx, *seed)?);
                plan.dir(folder(path), 0o755)?
                    .file(path, *mode, Content::secret(text))?
            }
            Self::Owned(path, owner) => match cx.files.stat(path)? {
                Some(_) => plan.owner(path, *owner)?,
                None => plan.dir(folder(path), 0o755)?.owned_file(
                    path,
                    0o600,
                    *owner,
                    Content::text("owned"),
                )?,
            },
            Self::Mode(path, mode) => match cx.files.stat(path)? {
                Some(_) => plan.mode(path, *mode)?,
                None => plan,
            },
            Self::Absent(path) => plan.absent(path)?,
            Self::Empty(path) => plan.empty_dir(path)?,
        };
        Ok(())
    }
}

fn content(cx: &Cx<'_, Config>, seed: u8) -> Result<String, PhaseError> {
    let ca = cx.files.read_if_exists("/ca")?.unwrap_or_default();
    let ca = String::from_utf8_lossy(&ca).into_owned();
    Ok(format!("{seed} for {} by {ca}", cx.config))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(folder, _)| folder)
}

impl Plot {
    /// The tree before the run.
    pub(crate) fn files(&self) -> MemFiles {
        let files = MemFiles::new();
        for (path, seed, mode) in &self.base {
            // Of two things on one path, or one below a file, the first stays.
            let _ = files
                .create_dir_all(folder(path), 0o755)
                .and_then(|()| match seed {
                    Some(seed) => files.create_file(path, &[*seed], *mode),
                    None => files.create_dir(path, *mode),
                });
        }
        files
    }

    /// The phases: first one that makes what the others' contents follow from, then one for each list of wants.
    #[expect(
        clippy::expect_used,
        reason = "names are different and every input is made"
    )]
    pub(crate) fn flow(&self) -> Flow<Config> {
        let first = Node::new("ca", "")
            .outputs(["ca"])
            .undoable()
            .run(|cx: &Cx<'_, Config>| {
                let mut plan = cx.draft();
                plan.file("/ca", 0o644, Content::text(format!("ca of {}", cx.config)))?;
                plan.file(
                    "/ca.key",
                    0o600,
                    Content::secret(format!("key of {}", cx.config)),
                )?;
                Ok(plan.finish())
            });
        let rest = self.phases.iter().enumerate().map(|(index, wants)| {
            let wants = wants.clone();
            Node::new(format!("p{index}"), "")
                .inputs(["ca"])
                .undoable()
                .run(move |cx: &Cx<'_, Config>| -> Result<Plan, PhaseError> {
                    let mut plan = cx.draft();
                    for want in &wants {
                        want.draft(cx, &mut plan)?;
                    }
                    Ok(plan.finish())
                })
        });
        Workflow::new("random")
            .phase(first)
            .phases(rest)
            .build()
            .expect("a workflow in order")
    }
}
