//! Places whose text becomes a number or a boolean once a variable was replaced in it.
use crate::yaml::{Data, parse_float};

/// What a place wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cast {
    Int,
    Float,
    Bool,
}

/// The cast of a path, if it has one. List items are `[]`.
pub(super) fn cast_of(path: &[&str]) -> Option<Cast> {
    match path {
        ["services", _, rest @ ..] => service(rest),
        ["networks", _, "external" | "internal" | "attachable"]
        | ["volumes" | "secrets" | "configs", _, "external"] => Some(Cast::Bool),
        _ => None,
    }
}

fn service(path: &[&str]) -> Option<Cast> {
    Some(match path {
        ["configs" | "secrets", "[]", "mode"]
        | ["healthcheck", "retries"]
        | ["deploy", "replicas"]
        | ["deploy", "update_config" | "rollback_config", "parallelism"]
        | ["deploy", "restart_policy", "max_attempts"]
        | ["deploy", "placement", "max_replicas_per_node"]
        | ["ports", "[]", "target" | "published"]
        | ["ulimits", _]
        | ["ulimits", _, "soft" | "hard"]
        | ["oom_score_adj"] => Cast::Int,
        ["deploy", "update_config" | "rollback_config", "max_failure_ratio"] => Cast::Float,
        ["healthcheck", "disable"]
        | ["privileged" | "read_only" | "stdin_open" | "tty"]
        | ["volumes", "[]", "read_only"]
        | ["volumes", "[]", "volume", "nocopy"] => Cast::Bool,
        _ => return None,
    })
}

impl Cast {
    /// The value of a text; `None` when it is not of the kind.
    pub(super) fn apply(self, text: &str) -> Option<Data> {
        let raw = text.to_owned();
        match self {
            Self::Int => text.parse::<i64>().ok().map(|value| Data::Int { value: value.into(), raw }),
            Self::Float => {
                parse_float(text).filter(|v| v.is_finite()).map(|value| Data::Float { value, raw })
            }
            Self::Bool => match text.to_lowercase().as_str() {
                "y" | "yes" | "true" | "on" => Some(Data::Bool(true)),
                "n" | "no" | "false" | "off" => Some(Data::Bool(false)),
                _ => None,
            },
        }
    }

    /// What it wants, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Int => "a whole number",
            Self::Float => "a number",
            Self::Bool => "true or false",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let table = [
            ("services.w.tty", Some(Cast::Bool)),
            ("services.w.init", None),
            ("services.w.ports.[]", None),
            ("services.w.ports.[].published", Some(Cast::Int)),
            ("services.w.ulimits.nofile.hard", Some(Cast::Int)),
            ("services.w.deploy.update_config.max_failure_ratio", Some(Cast::Float)),
            ("services.w.deploy.resources.limits.pids", None),
            ("services.w.volumes.[].tmpfs.size", None),
            ("networks.n.attachable", Some(Cast::Bool)),
            ("volumes.v.internal", None),
            ("x-a.tty", None),
        ];
        for (path, want) in table {
            assert_eq!(cast_of(&path.split('.').collect::<Vec<_>>()), want, "{path}");
        }
    }

    #[test]
    fn values() {
        let int = |value: i128, raw: &str| Some(Data::Int { value, raw: raw.to_owned() });
        assert_eq!(Cast::Int.apply("0440"), int(440, "0440"));
        assert_eq!(Cast::Int.apply("+5"), int(5, "+5"));
        for text in ["", "x", "1.5", "0x1", " 1", "1_0", "9223372036854775808"] {
            assert_eq!(Cast::Int.apply(text), None, "{text}");
        }
        assert_eq!(Cast::Bool.apply("Yes"), Some(Data::Bool(true)));
        assert_eq!(Cast::Bool.apply("OFF"), Some(Data::Bool(false)));
        assert_eq!(Cast::Bool.apply("1"), None);
        assert_eq!(Cast::Float.apply("inf"), None);
    }
}
