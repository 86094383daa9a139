//! What the Engine API is sent: one struct per object of the wire, field names and order as the API has them.
//!
//! Only what a stack can say is here. What an engine answers is in [`super::live`], whole. Serialising one of these
//! makes a request body, secret content included: reports are made of other types.
mod container;
mod file;
mod ids;
mod mount;
mod network;
mod service;
mod task;

pub use container::{
    ConfigReference, ContainerSpec, CredentialSpec, DnsConfig, FileTarget, HealthConfig, NoOptions,
    Privileges, SecretReference, Ulimit,
};
pub use file::{ConfigSpec, Driver, SecretSpec};
pub use ids::{Ids, MissingIds, fill_ids};
pub use mount::{BindOptions, Mount, TmpfsOptions, VolumeDriver, VolumeOptions};
pub use network::{Ipam, IpamConfig, NetworkSpec};
pub use service::{EndpointSpec, Mode, PortConfig, Ratio, ServiceSpec, UpdateConfig};
pub use task::{
    DiscreteResource, GenericResource, Limit, LogDriver, NetworkAttachment, Placement, Platform, Preference,
    Reservation, Resources, RestartPolicy, Spread, TaskTemplate,
};

/// True for a zero, which the API leaves out.
fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
