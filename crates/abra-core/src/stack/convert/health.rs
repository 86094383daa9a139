//! Health checks.
use super::notes::Notes;
use crate::compose::model::{Field, Nanos, Service};
use crate::stack::spec::HealthConfig;

pub(super) fn convert(service: &Service, notes: &mut Notes<'_>) -> Option<HealthConfig> {
    let check = service.healthcheck.as_ref()?;
    if let Some(disable) = check.disable.as_ref().filter(|disable| disable.value) {
        if !check.test.is_empty() {
            let text = format!("service {}: a disabled health check can't have a test", service.name);
            notes.blocker(disable.place, text);
        }
        return Some(HealthConfig { test: vec!["NONE".to_owned()], ..HealthConfig::default() });
    }
    Some(HealthConfig {
        test: check.test.iter().map(|word| word.value.clone()).collect(),
        interval: nanos(&check.interval),
        timeout: nanos(&check.timeout),
        start_period: nanos(&check.start_period),
        start_interval: nanos(&check.start_interval),
        // docker: a number beyond 63 bits becomes negative, which the engine refuses.
        retries: check.retries.as_ref().map_or(0, |retries| retries.value.cast_signed()),
    })
}

/// A duration in nanoseconds, 0 where there is none.
pub(super) fn nanos(field: &Field<Nanos>) -> i64 {
    field.as_ref().map_or(0, |duration| duration.value.0)
}
