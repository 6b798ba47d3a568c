//! The commands besides apply.
//!
//! Follows k8s.io/kubectl `pkg/cmd`: create, replace, delete, label, annotate, patch, scale, set, diff, and the commands about the
//! annotation of apply.

use serde_json::{Value, json};

use super::{
    Action, Changes, DryRun, Edit, Failure, Options, Report, Request, Target, annotation,
    apply::{ThreeWay, wait_until_gone},
    exchange::{Exchange, Play, refused},
    object,
};
use crate::{
    op::WriteOptions,
    patch::{Patch, merge, strategic},
};

/// `create`: a POST of the manifest.
pub(super) fn create(
    exchange: &mut Exchange<'_>,
    target: &Target,
    options: &Options,
) -> Play<Report> {
    let wanted = with_annotation(target.manifest(), options);
    if options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Created, wanted, Vec::new()));
    }
    let request = || {
        let options = options.write("kubectl-create");
        Request::create(&target.reference(), wanted.clone(), options)
    };
    let created = exchange.object(request)?.clone();
    Ok(Report::new(Action::Created, created, Vec::new()))
}

/// `replace`: a PUT of the manifest, over whatever version there is; with force a deletion and a POST.
pub(super) fn replace(
    exchange: &mut Exchange<'_>,
    target: &Target,
    options: &Options,
) -> Play<Report> {
    target.check_name()?;
    let mut wanted = with_annotation(target.manifest(), options);
    if options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Replaced, wanted, Vec::new()));
    }
    let write = || options.write("kubectl-replace");
    if options.force {
        let delete = || Request::delete(target.reference(), options.delete());
        match exchange.ask(delete)? {
            Err(refusal) if !refusal.is_not_found() => {
                return Err(refused(&delete(), refusal).into());
            }
            _ => wait_until_gone(exchange, target)?,
        }
        let create = || Request::create(&target.reference(), wanted.clone(), write());
        let created = exchange.object(create)?.clone();
        return Ok(Report::new(Action::Replaced, created, Vec::new()));
    }
    if object::text(&wanted, "resourceVersion").is_none()
        && let Some(live) = exchange.read(&target.reference())?
        && let Some(version) = object::text(live, "resourceVersion")
    {
        object::set(&mut wanted, "resourceVersion", version.into());
    }
    let reference = target.reference_to(options.subresource.as_deref());
    let update = || Request::update(reference.clone(), wanted.clone(), write());
    let replaced = exchange.object(update)?.clone();
    Ok(Report::new(Action::Replaced, replaced, Vec::new()))
}

/// `delete`, and wait until the object is gone.
pub(super) fn delete(
    exchange: &mut Exchange<'_>,
    target: &Target,
    options: &Options,
) -> Play<Report> {
    if options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Deleted, Value::Null, Vec::new()));
    }
    let request = || Request::delete(target.reference(), options.delete());
    exchange.must(request)?;
    if options.dry_run == DryRun::None {
        wait_until_gone(exchange, target)?;
    }
    Ok(Report::new(Action::Deleted, Value::Null, Vec::new()))
}

fn with_annotation(manifest: &Value, options: &Options) -> Value {
    if options.save_config {
        annotation::annotated(manifest)
    } else {
        annotation::refreshed(manifest)
    }
}

/// `apply set-last-applied`: the annotation becomes the manifest as it is.
pub(super) fn set_last_applied(
    exchange: &mut Exchange<'_>,
    target: &Target,
    create: bool,
    options: &Options,
) -> Play<Report> {
    target.check_name()?;
    let live = exchange.object(|| Request::get(target.reference()))?;
    let text = annotation::encode(target.manifest());
    let before = annotation::last_applied(live);
    if before.is_none() && !create {
        return Err(Failure::NoAnnotation.into());
    }
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    let same = before.is_some_and(|before| before == text || parsed(&before) == parsed(&text));
    if same || options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Unchanged, live.clone(), Vec::new()));
    }
    let patch = json!({"metadata": {"annotations": {annotation::LAST_APPLIED: text}}});
    let request = || {
        let write = WriteOptions {
            field_manager: options.field_manager.clone(),
            dry_run: options.is_server_dry_run(),
            field_validation: None,
        };
        Request::patch(target.reference(), Patch::Merge(patch.clone()), write)
    };
    let patched = exchange.object(request)?.clone();
    Ok(Report::new(Action::Configured, patched, Vec::new()))
}

/// `apply view-last-applied`: the manifest in the annotation.
pub(super) fn view_last_applied(exchange: &mut Exchange<'_>, target: &Target) -> Play<Report> {
    let live = exchange.object(|| Request::get(target.reference()))?;
    let text = annotation::last_applied(live).ok_or(Failure::NoAnnotation)?;
    let applied = serde_json::from_str(&text).map_err(|_| Failure::BrokenAnnotation)?;
    Ok(Report::new(Action::Read, applied, Vec::new()))
}

/// `label` and `annotate`: a JSON merge patch of the one map. Of the two only `label` keeps silent when there is nothing to change.
pub(super) fn strings(
    exchange: &mut Exchange<'_>,
    target: &Target,
    field: &str,
    changes: &Changes,
    options: &Options,
) -> Play<Report> {
    let live = exchange.object(|| Request::get(target.reference()))?;
    let before = object::strings(live, field).unwrap_or_default();
    let taken = |(key, text): &(&String, &String)| before.get(*key).is_some_and(|now| now != *text);
    if let Some((key, _)) = changes.set.iter().find(taken)
        && !changes.overwrite
    {
        return Err(Failure::AlreadySet { key: key.clone() }.into());
    }
    let mut after = before;
    after.extend(changes.set.clone());
    after.retain(|key, _| !changes.remove.contains(key));
    let mut wanted = live.clone();
    if !after.is_empty() || live.pointer(&format!("/metadata/{field}")).is_some() {
        object::set_strings(&mut wanted, field, after);
    }
    let patch = merge::create(live, &wanted).map_err(Failure::from)?;
    let silent = field == "labels" && patch == json!({});
    if silent || options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Unchanged, wanted, Vec::new()));
    }
    let manager = if field == "labels" {
        "kubectl-label"
    } else {
        "kubectl-annotate"
    };
    write_patch(
        exchange,
        target,
        &Patch::Merge(patch),
        Some(manager),
        options,
    )
}

/// `patch`: the patch as it is.
pub(super) fn patch(
    exchange: &mut Exchange<'_>,
    target: &Target,
    patch: &Patch,
    options: &Options,
) -> Play<Report> {
    let reference = target.reference_to(options.subresource.as_deref());
    let live = exchange.object(|| Request::get(reference.clone()))?;
    if options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Configured, live.clone(), Vec::new()));
    }
    write_patch(exchange, target, patch, Some("kubectl-patch"), options)
}

/// `scale`: the subresource of that name is asked for that many replicas.
pub(super) fn scale(
    exchange: &mut Exchange<'_>,
    target: &Target,
    replicas: u32,
    options: &Options,
) -> Play<Report> {
    let live = exchange.object(|| Request::get(target.reference()))?;
    if options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Configured, live.clone(), Vec::new()));
    }
    let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
    let options = options.clone().subresource("scale");
    write_patch(exchange, target, &patch, None, &options)
}

/// The `set` commands: the difference between the live object and what it should be, as a strategic merge patch.
pub(super) fn edit(
    exchange: &mut Exchange<'_>,
    target: &Target,
    edit: &Edit,
    options: &Options,
) -> Play<Report> {
    let live = exchange.object(|| Request::get(target.reference()))?;
    let wanted = edit.edited(live);
    let patch = match target.kind().strategic() {
        Some(node) => {
            let made = strategic::create_two_way(live, &wanted, node.into(), &[]);
            let patch = made.map_err(Failure::from)?.patch();
            Patch::Strategic(patch.unwrap_or_default())
        }
        None => Patch::Merge(merge::create(live, &wanted).map_err(Failure::from)?),
    };
    let (Patch::Strategic(body) | Patch::Merge(body) | Patch::Json(body)) = &patch;
    if *body == json!({}) || options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Unchanged, wanted, Vec::new()));
    }
    write_patch(exchange, target, &patch, Some(edit.manager()), options)
}

fn write_patch(
    exchange: &mut Exchange<'_>,
    target: &Target,
    patch: &Patch,
    manager: Option<&str>,
    options: &Options,
) -> Play<Report> {
    let request = || {
        let manager = options.field_manager.as_deref().or(manager);
        let write = WriteOptions {
            field_manager: manager.map(str::to_owned),
            dry_run: options.is_server_dry_run(),
            field_validation: None,
        };
        let reference = target.reference_to(options.subresource.as_deref());
        Request::patch(reference, patch.clone(), write)
    };
    let patched = exchange.object(request)?.clone();
    Ok(Report::new(Action::Configured, patched, Vec::new()))
}

/// `diff`: a dry run of apply, and whether it would change anything.
pub(super) fn diff(
    exchange: &mut Exchange<'_>,
    target: &Target,
    options: &Options,
) -> Play<Report> {
    target.check_name()?;
    let live = exchange.read(&target.reference())?;
    let write = || WriteOptions {
        field_validation: None,
        ..dry(options).write(super::CLIENT_SIDE_MANAGER)
    };
    if options.server_side {
        let request = || {
            let mut apply = dry(options).apply(options.manager_or(super::SERVER_SIDE_MANAGER));
            apply.field_validation = None;
            Request::apply(target.reference(), target.manifest().clone(), apply).in_full()
        };
        let merged = exchange.object(request)?;
        return Ok(difference(live, merged));
    }
    let Some(live) = live else {
        let request = || Request::create(&target.reference(), target.manifest().clone(), write());
        let created = exchange.object(request)?;
        return Ok(difference(None, created));
    };
    let three_way = ThreeWay {
        target,
        options,
        modified: &annotation::bare(target.manifest()),
        resource_version: object::text(live, "resourceVersion"),
    };
    let Some(patch) = three_way.patch(live)? else {
        return Ok(difference(Some(live), live));
    };
    let merged = exchange.object(|| Request::patch(target.reference(), patch.clone(), write()))?;
    Ok(difference(Some(live), merged))
}

fn dry(options: &Options) -> Options {
    options.clone().dry_run(DryRun::Server)
}

fn difference(live: Option<&Value>, merged: &Value) -> Report {
    let bare = |object: &Value| {
        let mut object = object.clone();
        object::remove(&mut object, "managedFields");
        object
    };
    let action = match live {
        None => Action::Created,
        Some(live) if bare(live) == bare(merged) => Action::Unchanged,
        Some(_) => Action::Configured,
    };
    Report::new(action, merged.clone(), Vec::new())
}
