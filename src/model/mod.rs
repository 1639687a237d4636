//! Stage 3: the model.
