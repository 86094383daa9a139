//! Updates, rollbacks and restarts.
use super::health::nanos;
use super::names::text;
use super::notes::Notes;
use crate::compose::model::{RestartPolicy as Written, Service, UpdateConfig as Update};
use crate::finding::Spanned;
use crate::stack::spec::{Ratio, RestartPolicy, UpdateConfig};

/// docker: one task at a time where nothing is said; 0 is all at once.
const DEFAULT_PARALLELISM: u64 = 1;

pub(super) fn update(update: &Update) -> UpdateConfig {
    UpdateConfig {
        parallelism: update.parallelism.as_ref().map_or(DEFAULT_PARALLELISM, |number| number.value),
        delay: nanos(&update.delay),
        failure_action: text(&update.failure_action).unwrap_or_default().to_owned(),
        monitor: nanos(&update.monitor),
        max_failure_ratio: Ratio(update.max_failure_ratio.as_ref().map_or(0.0, |ratio| narrow(ratio.value))),
        order: text(&update.order).unwrap_or_default().to_owned(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the API has 32 bits for it")]
const fn narrow(ratio: f64) -> f32 {
    ratio as f32
}

/// `deploy.restart_policy`, or else `restart`.
pub(super) fn restart(service: &Service, notes: &mut Notes<'_>) -> Option<RestartPolicy> {
    match (&service.deploy.restart_policy, &service.restart) {
        (Some(policy), _) => Some(explicit(policy)),
        (None, Some(short)) => match short_form(short, notes) {
            Ok(policy) => policy,
            Err(problem) => {
                notes.blocker(
                    short.place,
                    format!("service {}: restart {:?}: {problem}", service.name, short.value),
                );
                None
            }
        },
        (None, None) => None,
    }
}

fn explicit(policy: &Written) -> RestartPolicy {
    RestartPolicy {
        condition: text(&policy.condition).unwrap_or_default().to_owned(),
        delay: policy.delay.as_ref().map(|delay| delay.value.0),
        max_attempts: policy.max_attempts.as_ref().map(|attempts| attempts.value),
        window: policy.window.as_ref().map(|window| window.value.0),
    }
}

/// `no`, `always`, `unless-stopped`, `on-failure`, each with an optional `:N`.
fn short_form(short: &Spanned<String>, notes: &mut Notes<'_>) -> Result<Option<RestartPolicy>, String> {
    let (policy, count) = short.split_once(':').unwrap_or((short, ""));
    if policy.is_empty() && !short.is_empty() {
        return Err("there is no policy before the colon".to_owned());
    }
    let attempts: i64 = match count {
        "" => 0,
        number => number.parse().map_err(|_| format!("{number:?} is not a number of attempts"))?,
    };
    match policy {
        "" => Ok(None),
        "no" => {
            let text = "restart: no is not sent, and an engine restarts tasks by default";
            let help = "to have them not restarted, set deploy.restart_policy.condition to none";
            let location = notes.location(short.place);
            notes.push(crate::finding::Finding::warning(text).at(location).help(help));
            Ok(None)
        }
        "always" | "unless-stopped" => Ok(Some(condition("any", None))),
        // docker: sent as an unsigned number, so that -1 is for ever.
        "on-failure" => Ok(Some(condition("on-failure", Some(attempts.cast_unsigned())))),
        _ => Err("it is not no, always, on-failure or unless-stopped".to_owned()),
    }
}

fn condition(condition: &str, max_attempts: Option<u64>) -> RestartPolicy {
    RestartPolicy { condition: condition.to_owned(), max_attempts, ..RestartPolicy::default() }
}
