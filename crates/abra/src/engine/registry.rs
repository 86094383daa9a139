//! What a registry says about an image. The engine asks it, from where it stands.
use super::auth::RegistryAuth;
use super::call::{Call, segment};
use super::{Engine, EngineError};
use serde::Deserialize;

/// An image as a registry knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// `sha256:…`
    pub digest: String,
    /// The platforms it can run on.
    pub platforms: Vec<Platform>,
}

/// An operating system on an architecture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Platform {
    /// `amd64`, `arm64` …
    #[serde(default)]
    pub architecture: String,
    /// `linux` …
    #[serde(default)]
    pub os: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    descriptor: Descriptor,
    platforms: Option<Vec<Platform>>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

impl Engine {
    /// The digest that a registry has for an image now.
    pub async fn distribution(
        &self,
        image: &str,
        auth: Option<&RegistryAuth>,
    ) -> Result<Digest, EngineError> {
        let segments: Result<Vec<_>, _> = image.split('/').map(segment).collect();
        let path = format!("/distribution/{}/json", segments?.join("/"));
        let seen: Inspected = self.json(Call::get(path, format!("image {image}")).auth(auth)).await?;
        Ok(Digest { digest: seen.descriptor.digest, platforms: seen.platforms.unwrap_or_default() })
    }
}
