//! A compose document becomes what the Engine API is sent.
