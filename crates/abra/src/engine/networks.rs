//! Networks.
use super::call::{Call, segment};
use super::services::{Said, what};
use super::{Created, Engine, EngineError, Filters};
use abra_core::stack::live::Network;
use serde_json::Value;

impl Engine {
    /// Networks that match.
    pub async fn networks(&self, filters: &Filters) -> Result<Vec<Network>, EngineError> {
        self.json(Call::get("/networks", "the list of networks").filters(filters)).await
    }

    /// One network, by id or name. A new one may not have its driver yet.
    pub async fn network(&self, id: &str) -> Result<Network, EngineError> {
        self.json(Call::get(format!("/networks/{}", segment(id)?), format!("network {id}"))).await
    }

    /// One network of the swarm's, by id or name: also those of the nodes that services can join, which no list has.
    pub async fn swarm_network(&self, id: &str) -> Result<Network, EngineError> {
        let call = Call::get(format!("/networks/{}", segment(id)?), format!("network {id}"));
        self.json(call.query("scope", "swarm")).await
    }

    /// Creates a network.
    pub async fn create_network(&self, body: &Value) -> Result<Created, EngineError> {
        self.json(Call::post("/networks/create", what(body, "network"), body)).await.map(Said::created)
    }

    /// Removes a network, by id or name.
    pub async fn remove_network(&self, id: &str) -> Result<(), EngineError> {
        self.nothing(Call::delete(format!("/networks/{}", segment(id)?), format!("network {id}"))).await
    }
}
