//! Weights: named tensors in safetensors files, in f32 once read.

use std::collections::{BTreeMap, HashMap};

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::ModelError;

/// A tensor of weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

/// A tensor of weights in 8 bits.
#[derive(Debug, Clone, PartialEq)]
pub struct Int8Weights {
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<i8>,
}

/// Tensors by name.
pub type NamedWeights = BTreeMap<String, Weights>;

/// How floating-point values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    F32,
    F16,
}

/// Read all floating-point tensors of a safetensors file; others, such as the position ids that
/// some exports carry, are left out.
pub fn read(bytes: &[u8]) -> Result<NamedWeights, ModelError> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| ModelError::Weights(e.to_string()))?;
    let mut weights = NamedWeights::new();
    for (name, tensor) in file.tensors() {
        let data = tensor.data();
        let values = match tensor.dtype() {
            Dtype::F32 => data
                .as_chunks::<4>()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
            Dtype::F16 => data
                .as_chunks::<2>()
                .0
                .iter()
                .map(|b| f16::from_le_bytes(*b).to_f32())
                .collect(),
            Dtype::BF16 => data
                .as_chunks::<2>()
                .0
                .iter()
                .map(|b| bf16::from_le_bytes(*b).to_f32())
                .collect(),
            _ => continue,
        };
        let shape = tensor.shape().to_vec();
        weights.insert(name, Weights { shape, values });
    }
    Ok(weights)
}

/// The bytes of a safetensors file.
pub fn write(weights: &NamedWeights, precision: Precision) -> Result<Vec<u8>, ModelError> {
    write_noted(weights, precision, None)
}

/// A note in a safetensors file's metadata.
const NOTE: &str = "stance.note";

/// The note that [`write_noted`] put into a file.
pub fn note(bytes: &[u8]) -> Option<String> {
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    header.metadata().as_ref()?.get(NOTE).cloned()
}

/// The bytes of a safetensors file that holds a note as well.
pub fn write_noted(
    weights: &NamedWeights,
    precision: Precision,
    note: Option<String>,
) -> Result<Vec<u8>, ModelError> {
    let stored = stored(weights, precision);
    let metadata = note.map(|note| HashMap::from([(NOTE.to_owned(), note)]));
    serialise(&stored, metadata)
}

/// The bytes of a safetensors file of tensors in f32 and in 8 bits.
pub fn write_int8(
    floats: &NamedWeights,
    int8: &BTreeMap<String, Int8Weights>,
) -> Result<Vec<u8>, ModelError> {
    let mut tensors = stored(floats, Precision::F32);
    tensors.extend(int8.iter().map(|(name, tensor)| Stored {
        name,
        kind: Dtype::I8,
        shape: &tensor.shape,
        bytes: tensor.values.iter().map(|value| *value as u8).collect(),
    }));
    serialise(&tensors, None)
}

/// A tensor as it is stored.
struct Stored<'w> {
    name: &'w str,
    kind: Dtype,
    shape: &'w [usize],
    bytes: Vec<u8>,
}

fn stored(weights: &NamedWeights, precision: Precision) -> Vec<Stored<'_>> {
    weights
        .iter()
        .map(|(name, tensor)| {
            let values = tensor.values.iter();
            let (kind, bytes) = match precision {
                Precision::F32 => (Dtype::F32, values.flat_map(|v| v.to_le_bytes()).collect()),
                Precision::F16 => (
                    Dtype::F16,
                    values
                        .flat_map(|v| f16::from_f32(*v).to_le_bytes())
                        .collect(),
                ),
            };
            let shape = &tensor.shape;
            Stored {
                name,
                kind,
                shape,
                bytes,
            }
        })
        .collect()
}

fn serialise(
    tensors: &[Stored],
    metadata: Option<HashMap<String, String>>,
) -> Result<Vec<u8>, ModelError> {
    let bad = |e: safetensors::SafeTensorError| ModelError::Weights(e.to_string());
    let views = tensors
        .iter()
        .map(|t| {
            let view = TensorView::new(t.kind, t.shape.to_vec(), &t.bytes).map_err(bad)?;
            Ok((t.name, view))
        })
        .collect::<Result<Vec<_>, ModelError>>()?;
    safetensors::serialize(views, metadata).map_err(bad)
}

/// The tensor of this name.
pub fn get<'w>(weights: &'w NamedWeights, name: &str) -> Result<&'w Weights, ModelError> {
    weights
        .get(name)
        .ok_or_else(|| ModelError::Weights(format!("the tensor {name} is missing")))
}
