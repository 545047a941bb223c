//! F1: bytes and their meaning.
