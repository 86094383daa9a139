//! Services.
use super::auth::RegistryAuth;
use super::call::{Call, segment};
use super::{Engine, EngineError, Filters};
use abra_core::stack::live::{Service, Version};
use serde::Deserialize;
use serde_json::Value;

/// A created object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub id: String,
    /// What the engine has to say about it.
    pub warnings: Vec<String>,
}

/// The engine's answer to a create or update. Kinds of objects and versions of engines spell it differently.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    #[serde(alias = "ID", alias = "Id", default)]
    id: String,
    #[serde(rename = "Warning", default)]
    warning: Option<String>,
    #[serde(rename = "Warnings", default)]
    warnings: Option<Vec<String>>,
}

impl Said {
    pub(super) fn created(self) -> Created {
        Created { id: self.id.clone(), warnings: self.warnings() }
    }

    fn warnings(self) -> Vec<String> {
        let single = self.warning.filter(|text| !text.is_empty());
        single.into_iter().chain(self.warnings.unwrap_or_default()).collect()
    }
}

impl Engine {
    /// Services that match.
    pub async fn services(&self, filters: &Filters) -> Result<Vec<Service>, EngineError> {
        self.json(Call::get("/services", "the list of services").filters(filters)).await
    }

    /// One service, by id or name.
    pub async fn service(&self, id: &str) -> Result<Service, EngineError> {
        self.json(Call::get(format!("/services/{}", segment(id)?), format!("service {id}"))).await
    }

    /// Creates a service. `auth` is for the registry of its image and is kept by the swarm; without it nodes pull
    /// anonymously.
    pub async fn create_service(
        &self,
        spec: &Value,
        auth: Option<&RegistryAuth>,
    ) -> Result<Created, EngineError> {
        let call = Call::post("/services/create", what(spec, "service"), spec).auth(auth);
        self.json(call).await.map(Said::created)
    }

    /// Replaces a service's spec if nobody wrote it since `version` was read. Without `auth` the swarm keeps the
    /// credentials of the present spec. Gives back the engine's warnings.
    pub async fn update_service(
        &self,
        id: &str,
        version: Version,
        spec: &Value,
        auth: Option<&RegistryAuth>,
    ) -> Result<Vec<String>, EngineError> {
        let path = format!("/services/{}/update", segment(id)?);
        let call = Call::post(path, what(spec, "service"), spec)
            .query("version", version.index.to_string())
            .auth(auth);
        self.json(call).await.map(Said::warnings)
    }

    /// Removes a service, by id or name. Its tasks go afterwards, on their own.
    pub async fn remove_service(&self, id: &str) -> Result<(), EngineError> {
        self.nothing(Call::delete(format!("/services/{}", segment(id)?), format!("service {id}"))).await
    }
}

/// `service st_web`, from the spec.
pub(super) fn what(spec: &Value, kind: &str) -> String {
    format!("{kind} {}", spec.get("Name").and_then(Value::as_str).unwrap_or("without a name"))
}
