//! What people see: findings, tables, questions. Nothing else in the program prints.
pub mod finding;
pub mod output;
