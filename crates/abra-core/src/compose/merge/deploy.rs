//! `deploy`, field by field.
use super::Merge;
use super::field::{labels, replace};
use crate::compose::model::{Deploy, Limit, Placement, Reservation, Resources, RestartPolicy, UpdateConfig};

impl Merge<'_> {
    pub(super) fn deploy(&mut self, base: &mut Deploy, over: Deploy) {
        base.place = base.place.or(over.place);
        self.field(&mut base.mode, over.mode);
        replace(&mut base.replicas, over.replicas);
        labels(&mut base.labels, over.labels);
        optional(&mut base.update_config, over.update_config, |base, over| self.update_config(base, over));
        optional(&mut base.rollback_config, over.rollback_config, |base, over| {
            self.update_config(base, over);
        });
        self.resources(&mut base.resources, over.resources);
        optional(&mut base.restart_policy, over.restart_policy, |base, over| self.restart_policy(base, over));
        self.placement(&mut base.placement, over.placement);
        self.field(&mut base.endpoint_mode, over.endpoint_mode);
    }

    fn update_config(&mut self, base: &mut UpdateConfig, over: UpdateConfig) {
        replace(&mut base.parallelism, over.parallelism);
        self.field(&mut base.delay, over.delay);
        self.field(&mut base.failure_action, over.failure_action);
        self.field(&mut base.monitor, over.monitor);
        self.field(&mut base.max_failure_ratio, over.max_failure_ratio);
        self.field(&mut base.order, over.order);
    }

    fn restart_policy(&mut self, base: &mut RestartPolicy, over: RestartPolicy) {
        self.field(&mut base.condition, over.condition);
        self.field(&mut base.delay, over.delay);
        replace(&mut base.max_attempts, over.max_attempts);
        self.field(&mut base.window, over.window);
    }

    fn resources(&mut self, base: &mut Resources, over: Resources) {
        optional(&mut base.limits, over.limits, |base: &mut Limit, over| {
            self.field(&mut base.cpus, over.cpus);
            self.field(&mut base.memory, over.memory);
            self.field(&mut base.pids, over.pids);
        });
        optional(&mut base.reservations, over.reservations, |base: &mut Reservation, over| {
            self.field(&mut base.cpus, over.cpus);
            self.field(&mut base.memory, over.memory);
            base.generic_resources.extend(over.generic_resources);
        });
    }

    fn placement(&mut self, base: &mut Placement, over: Placement) {
        base.constraints.extend(over.constraints);
        base.preferences.extend(over.preferences);
        self.field(&mut base.max_replicas_per_node, over.max_replicas_per_node);
    }
}

/// Merges two values that are both present; else takes the one that is.
pub(super) fn optional<T>(base: &mut Option<T>, over: Option<T>, merge: impl FnOnce(&mut T, T)) {
    match (base.as_mut(), over) {
        (Some(base), Some(over)) => merge(base, over),
        (None, over) => *base = over,
        (Some(_), None) => {}
    }
}
