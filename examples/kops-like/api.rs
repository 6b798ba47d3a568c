//! The API that the objects of Cluster API are kept in: a server inside the process, or a real cluster.

use std::{path::Path, sync::Arc};

use apply_semantics::op::{
    ApplyOptions, BlockingExecutor, DeleteOptions, Executor, KubeExecutor, ListOptions, ObjectRef,
    Operation, Outcome, Refusal, ResourceRef,
};
use apply_server::Server;
use componentconfig::Kind;
use examples::failure::Failure;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Whose fields those of the cluster file are.
pub(crate) const MANAGER: &str = "kops-like";

/// The namespace of everything.
pub(crate) const NAMESPACE: &str = "default";

/// The API, and how it is reached. Clones are the same one.
#[derive(Clone)]
pub(crate) enum Api {
    Inside(Server),
    Real(Arc<BlockingExecutor<KubeExecutor>>),
}

impl Executor for Api {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        self.call(operation)
    }
}

impl Api {
    /// The cluster of a kubeconfig, as its current context says.
    pub(crate) fn real(kubeconfig: &Path) -> Result<Self, Failure> {
        let file = Kubeconfig::read_from(kubeconfig).map_err(Failure::input)?;
        let executor = BlockingExecutor::start(async {
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(file, &options).await;
            let client = config.map(Client::try_from).map_err(Failure::input)?;
            client.map(KubeExecutor::new).map_err(Failure::input)
        })?;
        Ok(Self::Real(Arc::new(executor)))
    }

    pub(crate) fn call(&self, operation: &Operation) -> Result<Outcome, Refusal> {
        match self {
            Self::Inside(server) => server.execute(operation),
            Self::Real(executor) => (&**executor).execute(operation),
        }
    }

    pub(crate) fn run(&self, operation: &Operation) -> Result<Outcome, Failure> {
        let outcome = self.call(operation);
        outcome.map_err(|refusal| Failure::Run(format!("{operation}: {refusal}")))
    }

    /// An object, if it is there.
    pub(crate) fn get(
        &self,
        api_version: &str,
        kind: &str,
        name: &str,
    ) -> Result<Option<Value>, Failure> {
        let target = reference(api_version, kind, name);
        match self.call(&Operation::get(target)) {
            Ok(outcome) => Ok(outcome.into_object()),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(Failure::Run(format!("{kind} {name}: {refusal}"))),
        }
    }

    /// An object of one of Cluster API's kinds, if it is there.
    pub(crate) fn find<T: Kind + DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, Failure> {
        let object = self.get(&T::GVK.api_version(), T::GVK.kind(), name)?;
        let object = object.map(serde_json::from_value).transpose();
        object.map_err(Failure::run)
    }

    /// The objects of a kind with that label; none if the kind is not known.
    pub(crate) fn list(
        &self,
        api_version: &str,
        kind: &str,
        labels: &str,
    ) -> Result<Vec<Value>, Failure> {
        let collection = ResourceRef::of_kind(api_version, kind).within(NAMESPACE);
        let options = ListOptions::default().labels(labels);
        match self.call(&Operation::list(collection, options)) {
            Ok(outcome) => Ok(outcome.into_list().unwrap_or_default().items),
            Err(refusal) if refusal.is_not_found() => Ok(Vec::new()),
            Err(refusal) => Err(Failure::Run(format!("{kind}: {refusal}"))),
        }
    }

    /// The objects of one of Cluster API's kinds with that label.
    pub(crate) fn all<T: Kind + DeserializeOwned>(&self, labels: &str) -> Result<Vec<T>, Failure> {
        let items = self.list(&T::GVK.api_version(), T::GVK.kind(), labels)?;
        let items = items.into_iter().map(serde_json::from_value).collect();
        let items: Result<Vec<T>, _> = items;
        items.map_err(Failure::run)
    }

    /// Applies an object, taking over what others set.
    pub(crate) fn apply(&self, object: Value) -> Result<Outcome, Failure> {
        let options = ApplyOptions::new(MANAGER).force();
        let operation = Operation::apply_object(object, options).map_err(Failure::run)?;
        self.run(&operation)
    }

    /// Deletes an object. One that is gone is fine.
    pub(crate) fn delete(&self, target: ObjectRef) -> Result<(), Failure> {
        match self.call(&Operation::delete(target, DeleteOptions::default())) {
            Err(refusal) if !refusal.is_not_found() => Err(Failure::run(refusal)),
            _ => Ok(()),
        }
    }
}

/// An object of the namespace that everything is in.
pub(crate) fn reference(api_version: &str, kind: &str, name: &str) -> ObjectRef {
    ResourceRef::of_kind(api_version, kind)
        .within(NAMESPACE)
        .named(name)
}
