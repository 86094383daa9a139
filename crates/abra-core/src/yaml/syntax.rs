//! What the parser has against a text, in words for people.

/// A message and what can be done, for a message of the parser.
pub(super) fn explained(info: &str) -> (String, &'static str) {
    let has = |part: &str| info.contains(part);
    if has("tab") {
        return ("a tab stands where only blanks may".to_owned(), "indent with blanks");
    }
    if has("recursion limit") {
        return (
            "values are nested too deep".to_owned(),
            "nothing in a stack needs more than a dozen levels",
        );
    }
    if has("mapping values are not allowed") {
        return (
            "a \": \" where no key can be".to_owned(),
            "give this line the same indentation as its neighbours, or put text with \": \" in quotes",
        );
    }
    if has("unexpected character") || has("cannot start any token") {
        return ("a value can't begin with this character".to_owned(), "put the value in quotes");
    }
    if has("quoted scalar") || has("quoted string") {
        return (
            "a quoted text without an end, or with a line that is not indented".to_owned(),
            "look for a missing quote",
        );
    }
    if has("expected ','") || has("flow") || has("':' indicator") {
        return (
            "brackets that are not closed, or a comma that is missing".to_owned(),
            "look for the end of the last \"[\" or \"{\" before this place",
        );
    }
    if has("simple key") || has("block mapping") || has("block collection") || has("indentation") {
        return (
            format!("not valid YAML: {info}"),
            "keys of one mapping stand at the same column, each followed by \":\" and a blank",
        );
    }
    (format!("not valid YAML: {info}"), "look at the indentation and quotes here and in the line above")
}
