//! Metrics: what the program finds, held against what people annotated.
