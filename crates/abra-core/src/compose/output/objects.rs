//! Top-level networks, volumes, secrets and configs.
use super::out::Out;
use crate::compose::model::{FileObject, Network, Volume};
use serde_json::Value;

/// A network as docker prints it.
pub(super) fn network(network: &Network) -> Value {
    let mut out = Out::default();
    out.text("name", &network.name);
    out.text("driver", &network.driver);
    out.labels("driver_opts", &network.driver_opts);
    let mut ipam = Out::default();
    ipam.text("driver", &network.ipam.driver);
    let config = network.ipam.config.iter().map(|subnet| {
        let mut out = Out::default();
        out.text("subnet", subnet);
        out.done()
    });
    ipam.filled("config", config.collect());
    out.filled("ipam", ipam.done());
    out.some("external", network.external.external.then_some(true));
    out.flag("internal", &network.internal);
    out.flag("attachable", &network.attachable);
    out.labels("labels", &network.labels);
    // Docker prints the extension keys of external networks and volumes only.
    if network.external.external {
        out.extras(&network.extras);
    }
    out.done()
}

/// A volume as docker prints it.
pub(super) fn volume(volume: &Volume) -> Value {
    let mut out = Out::default();
    out.text("name", &volume.name);
    out.text("driver", &volume.driver);
    out.labels("driver_opts", &volume.driver_opts);
    out.some("external", volume.external.external.then_some(true));
    out.labels("labels", &volume.labels);
    if volume.external.external {
        out.extras(&volume.extras);
    }
    out.some("x-cluster-spec", volume.cluster_spec.clone());
    out.done()
}

/// A secret or config as docker prints it.
pub(super) fn file_object(object: &FileObject) -> Value {
    let mut out = Out::default();
    out.text("name", &object.name);
    out.text("file", &object.file);
    out.some("external", object.external.external.then_some(true));
    out.labels("labels", &object.labels);
    out.text("driver", &object.driver);
    out.labels("driver_opts", &object.driver_opts);
    out.text("template_driver", &object.template_driver);
    out.extras(&object.extras);
    out.done()
}
