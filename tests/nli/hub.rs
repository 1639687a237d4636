//! `stance score --nli`: rows with stances of an inference model.
