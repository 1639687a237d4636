//! Tensors of a safetensors file, by name, of the shapes that are asked for.

use safetensors::{Dtype, SafeTensors};

use crate::EncoderError;

pub struct File<'d> {
    tensors: SafeTensors<'d>,
}

impl<'d> File<'d> {
    pub fn parse(bytes: &'d [u8]) -> Result<File<'d>, EncoderError> {
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|e| EncoderError::Weights(e.to_string()))?;
        Ok(File { tensors })
    }

    /// A tensor's bytes, if it is of this kind and shape.
    fn bytes(&self, name: &str, kind: Dtype, shape: &[usize]) -> Result<&'d [u8], EncoderError> {
        let tensor = self
            .tensors
            .tensor(name)
            .map_err(|_| EncoderError::Weights(format!("the tensor {name} is missing")))?;
        if tensor.dtype() != kind || tensor.shape() != shape {
            return Err(EncoderError::Weights(format!(
                "the tensor {name} is {:?} {:?}, not {kind:?} {shape:?}",
                tensor.dtype(),
                tensor.shape()
            )));
        }
        Ok(tensor.data())
    }

    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EncoderError> {
        let bytes = self.bytes(name, Dtype::F32, shape)?;
        let (values, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = values.iter().map(|b| f32::from_le_bytes(*b)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(EncoderError::Weights(format!(
                "the tensor {name} has a value that is no number"
            )));
        }
        Ok(values)
    }

    pub fn int8(&self, name: &str, shape: &[usize]) -> Result<&'d [i8], EncoderError> {
        let bytes = self.bytes(name, Dtype::I8, shape)?;
        Ok(bytemuck::cast_slice(bytes))
    }

    /// How many columns a table has; 0 if there is no such table.
    pub fn columns(&self, name: &str) -> usize {
        let tensor = self.tensors.tensor(name).ok();
        tensor.and_then(|t| t.shape().get(1).copied()).unwrap_or(0)
    }
}
