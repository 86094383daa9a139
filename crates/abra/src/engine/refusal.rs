//! What an engine's refusals mean. Engines send most of them with status 500 and a text, and both differ between
//! versions, so status and text are matched together, here and nowhere else.
use super::EngineError;
use serde::Deserialize;

/// The most of a refusal's text that is kept, in bytes.
const LONGEST: usize = 4096;

#[derive(Deserialize)]
struct Body {
    message: String,
}

/// Reads a refusal.
pub(super) fn read(status: u16, body: &[u8], what: &str) -> EngineError {
    let message = match serde_json::from_slice::<Body>(body) {
        Ok(body) => body.message,
        Err(_) => String::from_utf8_lossy(&body[..body.len().min(LONGEST)]).trim().to_owned(),
    };
    recognised(status, &message, what)
}

fn recognised(status: u16, message: &str, what: &str) -> EngineError {
    let has = |part: &str| message.contains(part);
    let what = what.to_owned();
    // Swarm puts its own machinery in front: "rpc error: code = X desc = ".
    let words = message.split_once(" desc = ").map_or(message, |(_, words)| words).to_owned();
    if has("update out of sequence") {
        EngineError::OutOfSequence { what }
    } else if has("is not a swarm manager") || has("is not part of a swarm") {
        EngineError::NotManager
    } else if has("needs to be unlocked") || has("Swarm is encrypted") {
        EngineError::Locked
    } else if has("does not have a leader") || has("code = DeadlineExceeded") {
        EngineError::NoLeader { message: message.to_owned() }
    } else if has("as an ingress port") || has("as a host-published port") {
        EngineError::PortTaken { what, message: words }
    } else if has("in use by the following service") || has("is in use") || has("has active endpoints") {
        EngineError::InUse { what, message: words }
    } else if status == 404 || is_missing(&words) {
        EngineError::NotFound { what, message: words }
    } else if status == 409 && has("already exists") {
        EngineError::NameTaken { what, message: words }
    } else if matches!(status, 401 | 403)
        || has("no basic auth credentials")
        || has("authentication required")
    {
        EngineError::Unauthorized { what, message: words }
    } else {
        EngineError::Refused { what, status, message: words }
    }
}

/// A create or update that names something that isn't there is refused with 500 or 400, not 404.
fn is_missing(words: &str) -> bool {
    let referred = ["network ", "config ", "secret "].iter().any(|kind| words.starts_with(kind));
    referred && (words.ends_with(" not found") || words.contains(" not found: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variant's name, the quickest way to compare what was recognised.
    fn kind(error: &EngineError) -> String {
        format!("{error:?}").split([' ', '{']).next().unwrap_or_default().to_owned()
    }

    /// Texts as Engine 20.10.24 sends them, unless said otherwise.
    const TEXTS: &[(u16, &str, &str)] = &[
        (500, "rpc error: code = Unknown desc = update out of sequence", "OutOfSequence"),
        (
            503,
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to \
             swarm and try again.",
            "NotManager",
        ),
        (
            503,
            "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run \
             this command on a manager node or promote the current node to a manager.",
            "NotManager",
        ),
        (
            503,
            "Swarm is encrypted and needs to be unlocked before it can be used. Please use \"docker swarm unlock\" to unlock it.",
            "Locked",
        ),
        (
            500,
            "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers \
             are online. Make sure more than half of the managers are online.",
            "NoLeader",
        ),
        (500, "rpc error: code = DeadlineExceeded desc = context deadline exceeded", "NoLeader"),
        (
            409,
            "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service a already exists",
            "NameTaken",
        ),
        (409, "rpc error: code = AlreadyExists desc = config c1 already exists", "NameTaken"),
        (409, "network with name n1 already exists", "NameTaken"),
        (
            400,
            "rpc error: code = InvalidArgument desc = port '8083' is already in use by service 'b' \
             (01ykzl7a4342i46c4om3zfk1b) as an ingress port",
            "PortTaken",
        ),
        (404, "service nosuch not found", "NotFound"),
        (404, "get none: no such volume", "NotFound"),
        (500, "network nonet not found", "NotFound"),
        (400, "rpc error: code = InvalidArgument desc = config not found: c1", "NotFound"),
        (
            400,
            "rpc error: code = FailedPrecondition desc = network xgjq86zlgbn5mwql9rtaad4ol is in use by service \
             uvql633rifvi0chca7ps65hzh",
            "InUse",
        ),
        (
            400,
            "rpc error: code = InvalidArgument desc = config 'B1' is in use by the following service: u",
            "InUse",
        ),
        (409, "remove v: volume is in use - [c0ffee]", "InUse"),
        (400, "rpc error: code = InvalidArgument desc = only updates to Labels are allowed", "Refused"),
        (400, "invalid service version '': strconv.ParseUint: parsing \"\": invalid syntax", "Refused"),
        (501, "rpc error: code = Unimplemented desc = service mode change is not allowed", "Refused"),
        (500, "raft: raft message is too large and can't be sent", "Refused"),
        (
            500,
            "Get \"https://r.invalid/v2/\": dial tcp: lookup r.invalid on 127.0.0.11:53: no such host",
            "Refused",
        ),
        (400, "invalid reference format: repository name must be lowercase", "Refused"),
    ];

    #[test]
    fn texts_of_engines_are_recognised() {
        for (status, text, expected) in TEXTS {
            let body = serde_json::json!({ "message": text }).to_string();
            assert_eq!(kind(&read(*status, body.as_bytes(), "x")), *expected, "{status} {text}");
        }
    }

    #[test]
    fn swarms_machinery_is_not_shown() {
        let error =
            recognised(409, "rpc error: code = AlreadyExists desc = config c1 already exists", "config c1");
        assert_eq!(error.to_string(), "config c1 already exists");
    }

    #[test]
    fn a_body_that_is_no_json_is_shown_as_it_is() {
        assert_eq!(read(502, b"bad gateway\n", "x").to_string(), "the engine refused x: bad gateway");
        assert_eq!(
            read(500, &[b'x'; 10_000], "w").to_string().len(),
            LONGEST + "the engine refused w: ".len()
        );
    }
}
