//! YAML as docker's parser reads it, with positions.
