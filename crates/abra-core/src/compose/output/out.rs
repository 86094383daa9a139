//! A mapping that is being filled; zeros are left out unless docker prints them.
use crate::compose::model::{Extras, Field, Labels, Nanos, Strings};
use crate::compose::short::duration;
use serde_json::{Map, Value};

/// The mapping.
#[derive(Default)]
pub(super) struct Out(Map<String, Value>);

impl Out {
    /// The mapping as data.
    pub(super) fn done(self) -> Value {
        Value::Object(self.0)
    }

    /// A value, whatever it is.
    pub(super) fn always(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// A value that is there.
    pub(super) fn some(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.always(key, value);
        }
    }

    /// A mapping or list that is not empty.
    pub(super) fn filled(&mut self, key: &str, value: Value) {
        let empty =
            value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            self.always(key, value);
        }
    }

    /// A mapping that is not empty.
    pub(super) fn map(&mut self, key: &str, entries: impl Iterator<Item = (String, Value)>) {
        self.filled(key, Value::Object(entries.collect()));
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, key: &str, field: &Field<String>) {
        self.some(key, field.as_ref().map(|text| text.value.clone()).filter(|text| !text.is_empty()));
    }

    /// A boolean that is true.
    pub(super) fn flag(&mut self, key: &str, field: &Field<bool>) {
        self.some(key, field.as_ref().map(|flag| flag.value).filter(|flag| *flag));
    }

    /// A number that is there, also 0.
    pub(super) fn number<T: Copy + Into<Value>>(&mut self, key: &str, field: &Field<T>) {
        self.some(key, field.as_ref().map(|number| number.value));
    }

    /// A number that is not 0.
    pub(super) fn nonzero<T: Copy + Default + PartialEq + Into<Value>>(
        &mut self,
        key: &str,
        field: &Field<T>,
    ) {
        self.some(key, field.as_ref().map(|number| number.value).filter(|number| *number != T::default()));
    }

    /// A duration that is there, also 0.
    pub(super) fn duration(&mut self, key: &str, field: &Field<Nanos>) {
        self.some(key, field.as_ref().map(|nanos| duration::print(nanos.value)));
    }

    /// A duration that is not 0.
    pub(super) fn long_duration(&mut self, key: &str, field: &Field<Nanos>) {
        self.some(
            key,
            field.as_ref().filter(|nanos| nanos.value.0 != 0).map(|nanos| duration::print(nanos.value)),
        );
    }

    /// A list that is not empty.
    pub(super) fn list(&mut self, key: &str, items: &Strings) {
        self.filled(key, items.iter().map(|item| Value::from(item.value.clone())).collect());
    }

    /// A mapping of texts that is not empty.
    pub(super) fn labels(&mut self, key: &str, labels: &Labels) {
        self.map(key, labels.iter().map(|(key, value)| (key.clone(), value.value.clone().into())));
    }

    /// The `x-*` keys, sorted at every depth.
    pub(super) fn extras(&mut self, extras: &Extras) {
        let mut keys: Vec<&String> = extras.keys().collect();
        keys.sort_unstable();
        for key in keys {
            self.always(key, sorted(&extras[key]));
        }
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key]))).collect())
        }
        other => other.clone(),
    }
}
