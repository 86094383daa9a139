//! Limits and reservations.
use super::cpus::{Cpus, nano_cpus};
use super::notes::Notes;
use crate::compose::model::{Field, GenericResource as Generic, Resources as Written};
use crate::stack::spec::{DiscreteResource, GenericResource, Limit, Reservation, Resources};

pub(super) fn convert(written: &Written, service: &str, notes: &mut Notes<'_>) -> Resources {
    Resources {
        limits: written.limits.as_ref().map(|limits| Limit {
            nano_cpus: cpus(&limits.cpus, service, notes),
            memory_bytes: number(&limits.memory),
            pids: number(&limits.pids),
        }),
        reservations: written.reservations.as_ref().map(|reservations| Reservation {
            nano_cpus: cpus(&reservations.cpus, service, notes),
            memory_bytes: number(&reservations.memory),
            generic_resources: reservations.generic_resources.iter().map(generic).collect(),
        }),
    }
}

fn number(field: &Field<i64>) -> i64 {
    field.as_ref().map_or(0, |number| number.value)
}

fn cpus(field: &Field<String>, service: &str, notes: &mut Notes<'_>) -> i64 {
    let Some(written) = field.as_ref().filter(|written| !written.is_empty()) else { return 0 };
    match nano_cpus(written) {
        Ok(Cpus { nano, wrapped }) => {
            if wrapped {
                let text = format!(
                    "service {service}: cpus {:?} is more than can be sent; {nano} billionths are sent",
                    written.value
                );
                notes.warning(written.place, text);
            }
            nano
        }
        Err(problem) => {
            notes.blocker(written.place, format!("service {service}: cpus {:?}: {problem}", written.value));
            0
        }
    }
}

fn generic(resource: &Generic) -> GenericResource {
    GenericResource {
        discrete_resource_spec: resource.discrete.as_ref().map(|discrete| DiscreteResource {
            kind: discrete.kind.as_ref().map(|kind| kind.value.clone()).unwrap_or_default(),
            value: number(&discrete.value),
        }),
    }
}
