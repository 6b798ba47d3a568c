//! `token create`, `token list` and `token delete`.
//!
//! Follows `cmd/kubeadm/app/cmd/token.go` and `cmd/kubeadm/app/phases/bootstraptoken/node/token.go`.

use std::fmt;
use std::time::SystemTime;

use apply_semantics::op::{
    DeleteOptions, ListOptions, Operation, Reason, ResourceRef, WriteOptions,
};
use componentconfig::kubeadm::token::{BootstrapToken, Token};
use serde_json::{Value, json};

use super::id_of;
use crate::kubeadm::api::{Api, ApiDraft, Request, target_of};
use crate::kubeadm::objects::{SYSTEM, token};
use crate::kubeadm::text::table_of;
use crate::{Compat, Cx, Node, Note, PhaseError, Plan, Workflow};

/// Tokens to be created.
#[derive(Clone)]
pub struct TokenContext {
    /// The cluster's API. The runner has to have it, too, as its port [`PORT`](crate::kubeadm::api::PORT).
    pub api: Api,
    /// The tokens; each has its text.
    pub tokens: Vec<BootstrapToken>,
    /// Whether tokens whose ID is taken are replaced; else that is an error.
    pub replace: bool,
    /// Whether to do better than kubeadm, or exactly as it does.
    pub compat: Compat,
}

/// Tokens to be deleted.
#[derive(Clone)]
pub struct DeleteContext {
    /// The cluster's API. The runner has to have it, too, as its port [`PORT`](crate::kubeadm::api::PORT).
    pub api: Api,
    /// IDs of tokens.
    ids: Vec<String>,
    /// Whether to do better than kubeadm, or exactly as it does.
    pub compat: Compat,
}

impl DeleteContext {
    /// Tokens by their IDs, or by their whole texts.
    ///
    /// # Errors
    /// A word is neither. It is not quoted, as it may be most of a token.
    pub fn new<S: AsRef<str>>(
        api: Api,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Self, PhaseError> {
        let id = |word: S| {
            id_of(word.as_ref()).ok_or_else(|| {
                let text = "an argument is neither a token nor the ID of one";
                PhaseError::invalid("token.bad-id", text)
            })
        };
        Ok(Self {
            api,
            ids: words.into_iter().map(id).collect::<Result<_, _>>()?,
            compat: Compat::default(),
        })
    }
}

impl fmt::Debug for TokenContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenContext")
            .field("tokens", &self.tokens.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DeleteContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeleteContext")
            .field("ids", &self.ids)
            .finish_non_exhaustive()
    }
}

/// The workflow `token create`, with one phase. A token that is there already, with the very same secret, is no change.
pub fn create_workflow() -> Workflow<TokenContext> {
    Workflow::new("create")
        .command("create [token]")
        .flags(crate::kubeadm::flags::token_create_flags())
        .phase(Node::new("tokens", "Create bootstrap tokens on the server").run(create))
}

/// The workflow `token delete`, with one phase. A token that is gone already is no change.
pub fn delete_workflow() -> Workflow<DeleteContext> {
    Workflow::new("delete")
        .flags(crate::kubeadm::flags::token_flags())
        .phase(Node::new("tokens", "Delete bootstrap tokens on the server").run(delete))
}

fn create(cx: &Cx<'_, TokenContext>) -> Result<Plan, PhaseError> {
    let TokenContext {
        api,
        tokens,
        replace,
        compat,
    } = cx.config;
    let mut draft = cx.draft();
    let mut drafted = ApiDraft::new(api, *compat, &mut draft);
    for token in tokens {
        wanted(&mut drafted, token, *replace, cx.clock.now())?;
    }
    Ok(draft.finish())
}

/// Wants a token to be there.
///
/// # Errors
/// It has no text, its ID is taken and it may not be replaced, or the API refuses to tell.
pub fn wanted(
    wanted: &mut ApiDraft<'_, '_>,
    token: &BootstrapToken,
    replace: bool,
    now: SystemTime,
) -> Result<(), PhaseError> {
    let Some(secret) = token::secret(token, now) else {
        let text = "a token to be created has no text yet";
        return Err(PhaseError::invalid("token.no-text", text));
    };
    let live = wanted.api().get(&target_of(&secret)?)?;
    if let (Some(live), false) = (&live, replace) {
        let same = || token::of_secret(live).is_ok_and(|live| live.token == token.token);
        if wanted.compat() == Compat::Fixed && same() {
            return Ok(());
        }
        let id = token.token.as_ref().map(Token::id).unwrap_or_default();
        let text = format!("there is a token of ID {id} already");
        return Err(PhaseError::conflict("token.exists", text));
    }
    if replace {
        return wanted.replaced(secret.clone(), secret);
    }
    let collection = target_of(&secret)?.collection();
    let create = Operation::create(collection, secret, WriteOptions::default());
    wanted.request(Request::new(create));
    Ok(())
}

fn delete(cx: &Cx<'_, DeleteContext>) -> Result<Plan, PhaseError> {
    let DeleteContext { api, ids, compat } = cx.config;
    let mut draft = cx.draft();
    let secrets = ResourceRef::of_kind("v1", "Secret").within(SYSTEM);
    for id in ids {
        let target = secrets.clone().named(token::secret_name(id));
        if *compat == Compat::Fixed && api.get(&target)?.is_none() {
            let text = format!("there is no token of ID {id}");
            draft.note(Note::info("token.gone", text));
            continue;
        }
        let delete = Request::new(Operation::delete(target, DeleteOptions::default()));
        let delete = match compat {
            Compat::Fixed => delete.enough([Reason::NotFound]),
            Compat::Upstream => delete,
        };
        draft.effect(delete.into_effect());
    }
    Ok(draft.finish())
}

/// The tokens of a cluster, by the name of their Secrets; and remarks about Secrets that are none.
///
/// # Errors
/// The API refuses.
pub fn list(api: &Api) -> Result<(Vec<BootstrapToken>, Vec<Note>), PhaseError> {
    let options = ListOptions::default().fields(format!("type={}", token::SECRET_TYPE));
    let secrets = ResourceRef::of_kind("v1", "Secret");
    let (mut tokens, mut notes) = (Vec::new(), Vec::new());
    for secret in api.list(secrets, Some(SYSTEM), options)? {
        match token::of_secret(&secret) {
            Ok(token) => tokens.push(token),
            Err(error) => notes.push(Note::warning("token.bad-secret", error.to_string())),
        }
    }
    Ok((tokens, notes))
}

/// A token as `kubeadm token list -o json` writes it. Whoever calls this answers for where it goes: the token stands in it.
pub fn document(token: &BootstrapToken) -> Value {
    let mut document = serde_json::to_value(token).unwrap_or_else(|_| json!({}));
    if let Some(fields) = document.as_object_mut() {
        fields.insert("kind".to_owned(), json!("BootstrapToken"));
        let version = json!("output.kubeadm.k8s.io/v1alpha3");
        fields.insert("apiVersion".to_owned(), version);
        // The time to live is over as soon as the token is made: its end is what is told.
        fields.remove("ttl");
    }
    document
}

/// Tokens as a table for people. Whoever calls this answers for where it goes: the tokens stand in it.
pub fn table(tokens: &[BootstrapToken], now: SystemTime) -> String {
    let header = [
        "TOKEN",
        "TTL",
        "EXPIRES",
        "USAGES",
        "DESCRIPTION",
        "EXTRA GROUPS",
    ];
    let none = |text: String| {
        if text.is_empty() {
            "<none>".to_owned()
        } else {
            text
        }
    };
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let left = |token: &BootstrapToken| match token.expires.map(|end| end.unix() - now) {
        None => "<forever>".to_owned(),
        Some(left) if left <= 0 => "<invalid>".to_owned(),
        Some(left) => rounded(left),
    };
    let rows = tokens.iter().map(|token| {
        vec![
            token.token.as_ref().map(Token::expose).unwrap_or_default(),
            left(token),
            token
                .expires
                .map_or_else(|| "<never>".to_owned(), |end| end.to_string()),
            none(token.usages.join(",")),
            none(token.description.clone()),
            none(token.groups.join(",")),
        ]
    });
    table_of(&header, rows)
}

/// Seconds in the greatest unit that they are at least two of.
fn rounded(seconds: i64) -> String {
    for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] {
        if seconds >= 2 * length {
            return format!("{}{unit}", seconds / length);
        }
    }
    format!("{seconds}s")
}
