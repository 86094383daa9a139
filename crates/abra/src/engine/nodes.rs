//! Nodes, and the tasks that run on them.
use super::call::Call;
use super::{Engine, EngineError, Filters};
use abra_core::stack::live::{Node, Task};

impl Engine {
    /// Tasks that match. docker: `Filters::stack(s).and("_up-to-date", "true")` leaves out those of an older spec.
    pub async fn tasks(&self, filters: &Filters) -> Result<Vec<Task>, EngineError> {
        self.json(Call::get("/tasks", "the list of tasks").filters(filters)).await
    }

    /// All nodes.
    pub async fn nodes(&self) -> Result<Vec<Node>, EngineError> {
        self.json(Call::get("/nodes", "the list of nodes")).await
    }
}
