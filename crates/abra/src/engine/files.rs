//! Secrets and configs: content with a name and labels. Only the labels can be changed.
use super::call::{Call, segment};
use super::services::{Said, what};
use super::{Created, Engine, EngineError, Filters};
use abra_core::stack::live::{FileObject, Version};
use serde_json::Value;

/// Which of the two; the calls are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Content that is never given back.
    Secret,
    /// Content that anyone may read.
    Config,
}

impl FileKind {
    const fn root(self) -> &'static str {
        match self {
            Self::Secret => "/secrets",
            Self::Config => "/configs",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Config => "config",
        }
    }
}

impl Engine {
    /// Secrets or configs that match (docker: `name` matches a prefix). A list of configs carries all their content.
    pub async fn files(&self, kind: FileKind, filters: &Filters) -> Result<Vec<FileObject>, EngineError> {
        let what = format!("the list of {}s", kind.word());
        self.json(Call::get(kind.root(), what).filters(filters)).await
    }

    /// One of them, by id or name.
    pub async fn file(&self, kind: FileKind, id: &str) -> Result<FileObject, EngineError> {
        self.json(Call::get(kind.at(id, "")?, format!("{} {id}", kind.word()))).await
    }

    /// Creates one. `body`: `Name`, `Labels`, `Data` in base64 (docker: at most 500 KiB, for configs 1,000 KiB).
    pub async fn create_file(&self, kind: FileKind, body: &Value) -> Result<Created, EngineError> {
        let call = Call::post(format!("{}/create", kind.root()), what(body, kind.word()), body);
        self.json(call).await.map(Said::created)
    }

    /// Replaces the labels if nobody wrote the object since `version` was read. `body`: `Name` as it is, `Labels`.
    pub async fn update_file(
        &self,
        kind: FileKind,
        id: &str,
        version: Version,
        body: &Value,
    ) -> Result<(), EngineError> {
        let call = Call::post(kind.at(id, "/update")?, what(body, kind.word()), body);
        self.nothing(call.query("version", version.index.to_string())).await
    }

    /// Removes one, by id or name. Knows no version: whatever bears the name goes.
    pub async fn remove_file(&self, kind: FileKind, id: &str) -> Result<(), EngineError> {
        self.nothing(Call::delete(kind.at(id, "")?, format!("{} {id}", kind.word()))).await
    }
}

impl FileKind {
    fn at(self, id: &str, verb: &str) -> Result<String, EngineError> {
        Ok(format!("{}/{}{verb}", self.root(), segment(id)?))
    }
}
