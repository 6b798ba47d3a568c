//! Tokens of service accounts: how they are asked for, what stands in them, and whose a token is.
//!
//! They are JSON Web Tokens that nobody has signed (`"alg": "none"`), with the claims that Kubernetes writes. So they are the same in
//! every run, and anybody can make one: they say who somebody wants to be, and do not prove it.

use std::{fmt, sync::Arc};

use apply_semantics::{
    managed_fields::Time,
    op::{Cause, Effect, Reason, Refusal},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde_json::{Map, Value, json};

use super::{Answered, Core};
use crate::{
    answer::Answer,
    call::{Call, WriteSettings},
    kinds, meta,
    registry::Resource,
    store::Place,
    user::UserInfo,
};

const VERSION: &str = "authentication.k8s.io/v1";
const KIND: &str = "TokenRequest";

/// Who issues tokens, and for whom they are if nobody says for whom.
pub(super) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// An hour, in seconds.
const LIFETIME: i64 = 3600;
const SHORTEST: i64 = 10 * 60;
const LONGEST: i64 = 1 << 32;

/// The tokens in which the kubelet's pods are warned first, an hour and seven seconds, live for a year.
const WARNED: i64 = 3607;
const EXTENDED: i64 = 365 * 24 * 3600;

/// Under which key users carry what they showed.
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";

/// Why a token is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// This server has not made it.
    Unknown,
    /// It was good once, or elsewhere.
    Spent(String),
}

impl Core {
    /// Makes a token for the service account of a call, as `pkg/registry/core/serviceaccount/storage/token.go` of Kubernetes does.
    pub(super) fn request_token(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        WriteSettings::of(call, false)?;
        let mut request = Self::decode_other(call, VERSION, KIND)?;
        let name = call.name.as_deref().unwrap_or_default();
        let namespace = call.namespace.as_deref().unwrap_or_default();
        for (field, wanted) in [("name", name), ("namespace", namespace)] {
            if let Some(said) = meta::text(&request, field).filter(|said| *said != wanted) {
                let message = format!(
                    "Invalid value: {said:?}: must match the service account {field} if specified"
                );
                let field = format!("metadata.{field}");
                let cause = Cause::new("FieldValueInvalid", message, field);
                return Err(invalid(name, vec![cause]));
            }
        }
        let account = self.live(call, resource)?;
        let now = self.clock.unix_seconds();
        let mut asked = Asked::read(&request)?;
        complete(&mut request, &account, now)?;
        if asked.audiences.is_empty() {
            asked.audiences.push(ISSUER.to_owned());
        }
        asked.check()?;
        let bound = self.bound(&asked, namespace, name)?;
        let token = self.claims(&account, &asked, &bound, now);
        let request = answer(request, &asked, &token, now);
        Ok(Answer::other(201, request, Effect::Created))
    }

    /// The object that a token is to end with, and the node of its pod.
    fn bound(&self, asked: &Asked, namespace: &str, account: &str) -> Result<Bound, Refusal> {
        let mut bound = Bound::default();
        let Some(reference) = &asked.bound else {
            return Ok(bound);
        };
        let text = |name: &str| {
            reference
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (version, kind, name) = (text("apiVersion"), text("kind"), text("name"));
        let (claim, plural, namespace) = match (version, kind) {
            ("v1", "Pod") => ("pod", "pods", Some(namespace)),
            ("v1", "Secret") => ("secret", "secrets", Some(namespace)),
            ("v1", "Node") => ("node", "nodes", None),
            _ => {
                let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
                return Err(Refusal::bad_request(format!(
                    "cannot bind token to object of type {group}/{version}, Kind={kind}"
                )));
            }
        };
        let table = format!("/{plural}").into();
        let Some(object) = self.store.value(&Place::new(&table, namespace, name)) else {
            let resource = apply_semantics::op::ResourceRef::new("", "v1", plural, kind);
            return Err(Refusal::not_found(&resource.all().named(name)));
        };
        if claim == "pod" {
            let of_pod = object
                .pointer("/spec/serviceAccountName")
                .and_then(Value::as_str);
            if of_pod != Some(account) {
                return Err(Refusal::bad_request(format!(
                    "cannot bind token for serviceaccount {account:?} to pod running with different serviceaccount name."
                )));
            }
            let node = object.pointer("/spec/nodeName").and_then(Value::as_str);
            bound.node = node
                .filter(|node| !node.is_empty())
                .map(|node| self.node(node));
        }
        let uid = text("uid");
        if !uid.is_empty() && uid != meta::uid(&object) {
            let resource = apply_semantics::op::ResourceRef::new("", "v1", kind, kind);
            return Err(Refusal::stale(
                &resource.all().named(name),
                format!(
                    "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
                ),
            ));
        }
        let held = json!({"name": name, "uid": meta::uid(&object)});
        if claim == "node" {
            bound.node = Some(held);
        } else {
            bound.object = Some((claim, held));
        }
        Ok(bound)
    }

    /// A node as a token names it: with its uid, if it is there.
    fn node(&self, name: &str) -> Value {
        let node = self.store.value(&Place::new(&"/nodes".into(), None, name));
        let uid = node.as_deref().map(meta::uid).filter(|uid| !uid.is_empty());
        match uid {
            Some(uid) => json!({"name": name, "uid": uid}),
            None => json!({"name": name}),
        }
    }

    /// What stands in a token.
    fn claims(&mut self, account: &Value, asked: &Asked, bound: &Bound, now: i64) -> Value {
        let namespace = meta::namespace(account).unwrap_or_default();
        let name = meta::name(account);
        let mut kubernetes = json!({
            "namespace": namespace,
            "serviceaccount": {"name": name, "uid": meta::uid(account)},
        });
        let mut lifetime = asked.seconds;
        if let Some(fields) = kubernetes.as_object_mut() {
            if let Some((claim, object)) = &bound.object {
                fields.insert((*claim).to_owned(), object.clone());
                if *claim == "pod" && lifetime == WARNED && asked.audiences == [ISSUER] {
                    fields.insert("warnafter".to_owned(), (now + lifetime).into());
                    lifetime = EXTENDED;
                }
            }
            if let Some(node) = &bound.node {
                fields.insert("node".to_owned(), node.clone());
            }
        }
        json!({
            "aud": asked.audiences,
            "exp": now + lifetime,
            "iat": now,
            "iss": ISSUER,
            "jti": self.ids.uid(),
            "kubernetes.io": kubernetes,
            "nbf": now,
            "sub": UserInfo::service_account(namespace, name).username(),
        })
    }

    /// Whose a token is, if it is for one of these audiences; and for which of them.
    pub(crate) fn authenticate(
        &self,
        token: &str,
        audiences: &[String],
    ) -> Result<(UserInfo, Vec<String>), BadToken> {
        let for_us = |wanted: &str| audiences.iter().any(|audience| audience == wanted);
        if let Some(user) = self.users.of(token) {
            // Such a token is for this server alone.
            return if for_us(ISSUER) {
                Ok((user.clone(), vec![ISSUER.to_owned()]))
            } else {
                Err(BadToken::Unknown)
            };
        }
        let claims = read(token).ok_or(BadToken::Unknown)?;
        let mut common = texts(claims.get("aud"));
        let quoted = |texts: &[String]| {
            let texts: Vec<_> = texts.iter().map(|text| format!("{text:?}")).collect();
            format!("[{}]", texts.join(" "))
        };
        let said = quoted(&common);
        common.retain(|audience| for_us(audience));
        if common.is_empty() {
            return Err(BadToken::Spent(format!(
                "token audiences {said} is invalid for the target audiences {}",
                quoted(audiences)
            )));
        }
        Ok((self.account_of(&claims)?, common))
    }

    /// Who sends a request with a token.
    pub(crate) fn asker_by(&self, token: &str) -> Result<UserInfo, BadToken> {
        let (user, _) = self.authenticate(token, &[ISSUER.to_owned()])?;
        Ok(user)
    }

    /// Whether what stands in a token still holds, as `pkg/serviceaccount/claims.go` of Kubernetes asks.
    fn account_of(&self, claims: &Value) -> Result<UserInfo, BadToken> {
        let number = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
        let now = self.clock.unix_seconds();
        let spent = |why: &str| Err(BadToken::Spent(format!("service account token {why}")));
        if now > number("exp") {
            return spent("has expired");
        }
        if now < number("nbf") {
            return spent("is not valid yet");
        }
        let kubernetes = claims.get("kubernetes.io").unwrap_or(&Value::Null);
        let text = |path: &str| kubernetes.pointer(path).and_then(Value::as_str);
        let namespace = text("/namespace").unwrap_or_default();
        let name = text("/serviceaccount/name").unwrap_or_default();
        let there = |plural: &str, namespace: Option<&str>, claim: &str| {
            let table = format!("/{plural}").into();
            let name = text(&format!("{claim}/name")).unwrap_or_default();
            let object = self.store.value(&Place::new(&table, namespace, name));
            object.is_some_and(|object| {
                Some(meta::uid(&object)) == text(&format!("{claim}/uid"))
                    && !meta::is_terminating(&object)
            })
        };
        if !there("serviceaccounts", Some(namespace), "/serviceaccount") {
            return spent("has been invalidated");
        }
        let mut user = UserInfo::service_account(namespace, name)
            .uid(text("/serviceaccount/uid").unwrap_or_default());
        let id = claims
            .get("jti")
            .and_then(Value::as_str)
            .unwrap_or_default();
        user = user.extra(CREDENTIAL, format!("JTI={id}"));
        let of_pod = kubernetes.get("pod").is_some();
        for (claim, plural) in [("pod", "pods"), ("secret", "secrets"), ("node", "nodes")] {
            let Some(held) = kubernetes.get(claim) else {
                continue;
            };
            let namespace = (claim != "node").then_some(namespace);
            // The node of a pod is only told of, and may have gone.
            let needed = claim != "node" || !of_pod;
            if needed && !there(plural, namespace, &format!("/{claim}")) {
                return spent("has been invalidated");
            }
            if claim == "secret" {
                continue;
            }
            for field in ["name", "uid"] {
                if let Some(value) = held.get(field).and_then(Value::as_str) {
                    let key = format!("authentication.kubernetes.io/{claim}-{field}");
                    user = user.extra(key, value);
                }
            }
        }
        Ok(user)
    }
}

/// What a request for a token says.
struct Asked {
    audiences: Vec<String>,
    seconds: i64,
    bound: Option<Value>,
}

impl Asked {
    fn read(request: &Value) -> Result<Self, Refusal> {
        let spec = |name: &str| {
            let spec = request.get("spec")?;
            spec.get(name).filter(|value| !value.is_null())
        };
        let seconds = match spec("expirationSeconds") {
            None => LIFETIME,
            Some(value) => value.as_i64().ok_or_else(|| {
                let found = match value {
                    Value::Number(number) => format!("number {number}"),
                    Value::String(_) => "string".to_owned(),
                    Value::Bool(_) => "bool".to_owned(),
                    Value::Array(_) => "array".to_owned(),
                    Value::Object(_) | Value::Null => "object".to_owned(),
                };
                Refusal::bad_request(format!(
                    "{KIND} in version \"v1\" cannot be handled as a {KIND}: json: cannot unmarshal {found} into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64"
                ))
            })?,
        };
        Ok(Self {
            audiences: texts(spec("audiences")),
            seconds,
            bound: spec("boundObjectRef").cloned(),
        })
    }

    /// As `pkg/apis/authentication/validation` of Kubernetes has it.
    fn check(&self) -> Result<(), Refusal> {
        let why = if self.seconds < SHORTEST {
            "may not specify a duration less than 10 minutes"
        } else if self.seconds > LONGEST {
            "may not specify a duration larger than 2^32 seconds"
        } else {
            return Ok(());
        };
        let message = format!("Invalid value: {}: {why}", self.seconds);
        let cause = Cause::new("FieldValueInvalid", message, "spec.expirationSeconds");
        Err(invalid("", vec![cause]))
    }
}

/// What a token ends with.
#[derive(Default)]
struct Bound {
    /// The name of its claim, and what stands in it.
    object: Option<(&'static str, Value)>,
    node: Option<Value>,
}

/// Says in the metadata of a request for whom it is.
fn complete(request: &mut Value, account: &Value, now: i64) -> Result<(), Refusal> {
    if let Some(fields) = request.as_object_mut() {
        let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
        if metadata.is_null() {
            *metadata = json!({});
        }
    }
    let uid = meta::uid(account);
    if let Some(said) = meta::text(request, "uid").filter(|said| *said != uid) {
        let resource =
            apply_semantics::op::ResourceRef::new("authentication.k8s.io", "v1", KIND, KIND);
        return Err(Refusal::stale(
            &resource.all().named(meta::name(account)),
            format!(
                "the UID in the token request ({said}) does not match the UID of the service account ({uid})"
            ),
        ));
    }
    meta::set(request, "name", meta::name(account));
    meta::set(
        request,
        "namespace",
        meta::namespace(account).unwrap_or_default(),
    );
    meta::set(request, "uid", uid);
    let now = Time::from_unix_seconds(now).to_string();
    meta::set(request, "creationTimestamp", now);
    Ok(())
}

fn answer(mut request: Value, asked: &Asked, claims: &Value, now: i64) -> Value {
    let ends = Time::from_unix_seconds(now + asked.seconds).to_string();
    let mut spec = Map::new();
    spec.insert("audiences".to_owned(), json!(asked.audiences));
    spec.insert("expirationSeconds".to_owned(), asked.seconds.into());
    spec.insert(
        "boundObjectRef".to_owned(),
        asked.bound.clone().unwrap_or_default(),
    );
    if let Some(fields) = request.as_object_mut() {
        fields.insert("spec".to_owned(), spec.into());
        fields.insert(
            "status".to_owned(),
            json!({"token": write(claims), "expirationTimestamp": ends}),
        );
    }
    request
}

fn write(claims: &Value) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let head = json!({"alg": "none", "typ": "JWT"});
    format!("{}.{}.", part(&head), part(claims))
}

/// What stands in a token of this server.
fn read(token: &str) -> Option<Value> {
    let (head, rest) = token.split_once('.')?;
    let claims = rest.strip_suffix('.')?;
    let part = |text: &str| -> Option<Value> {
        let bytes = BASE64.decode(text).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let claims = part(claims)?;
    let ours = part(head)?.get("alg")? == "none" && claims.get("iss")? == ISSUER;
    ours.then_some(claims)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn invalid(name: &str, causes: Vec<Cause>) -> Refusal {
    let text = kinds::summary(causes.iter().map(|cause| (&*cause.field, &*cause.message)));
    let message = format!("{KIND}.authentication.k8s.io \"{name}\" is invalid: {text}");
    let mut refusal = Refusal::new(Reason::Invalid, message).with_causes(causes);
    name.clone_into(&mut refusal.details.name);
    "authentication.k8s.io".clone_into(&mut refusal.details.group);
    KIND.clone_into(&mut refusal.details.kind);
    refusal
}

impl fmt::Display for BadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("invalid bearer token"),
            Self::Spent(why) => write!(f, "[invalid bearer token, {why}]"),
        }
    }
}
