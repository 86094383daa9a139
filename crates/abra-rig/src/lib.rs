//! Private, throwaway Docker engines.
