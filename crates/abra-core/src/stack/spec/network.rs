//! A network as it is created.
use super::is_zero;
use serde::Serialize;
use std::collections::BTreeMap;

/// The body of `POST /networks/create`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NetworkSpec {
    /// Its full name.
    pub name: String,
    /// Asks an engine to refuse a second network of that name; newer ones (API 1.44) always do.
    #[serde(skip_serializing_if = "is_zero")]
    pub check_duplicate: bool,
    /// Its driver.
    pub driver: String,
    /// Addresses; the engine chooses where absent.
    #[serde(rename = "IPAM", skip_serializing_if = "Option::is_none")]
    pub ipam: Option<Ipam>,
    /// Whether it has no way out.
    #[serde(skip_serializing_if = "is_zero")]
    pub internal: bool,
    /// Whether single containers may join.
    #[serde(skip_serializing_if = "is_zero")]
    pub attachable: bool,
    /// Options of the driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// How addresses are given out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ipam {
    /// The driver; empty for the engine's default.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub driver: String,
    /// Pools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config: Vec<IpamConfig>,
}

/// A pool of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct IpamConfig {
    /// The subnet.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subnet: String,
}
