//! Training (feature `torch`).
