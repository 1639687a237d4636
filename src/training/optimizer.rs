//! AdamW (Loshchilov & Hutter 2019) with a learning rate per layer, f32 master weights for
//! variables in bf16, and the average of the weights over the last steps (Izmailov et al. 2018).

use tch::{Device, Kind, Tensor, no_grad};

use crate::model::ModelError;
use crate::model::weights::{self, NamedWeights, Weights};

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;
const LARGEST_GRADIENT_NORM: f64 = 1.0;

struct Parameter {
    name: String,
    /// What the network computes with.
    variable: Tensor,
    /// The same in f32; what is updated.
    master: Tensor,
    first_moment: Tensor,
    second_moment: Tensor,
    average: Tensor,
    rate_scale: f64,
    decay: f64,
}

impl Parameter {
    fn parts(&self) -> [(&'static str, &Tensor); 4] {
        [
            ("master", &self.master),
            ("first", &self.first_moment),
            ("second", &self.second_moment),
            ("average", &self.average),
        ]
    }
}

/// What an [`AdamW`] has come to.
#[derive(Debug, Clone)]
pub struct OptimizerState {
    pub tensors: NamedWeights,
    pub steps: i32,
    pub averaged: i64,
}

/// The optimizer of one training run.
#[derive(Default)]
pub struct AdamW {
    parameters: Vec<Parameter>,
    /// Variables that are not trained.
    kept: Vec<(String, Tensor)>,
    steps: i32,
    averaged: i64,
}

impl AdamW {
    /// Train a variable at `rate_scale` times the learning rate. Biases and norms, vectors all,
    /// are not decayed.
    pub fn add(&mut self, name: String, variable: &Tensor, rate_scale: f64, decay: f64) {
        let master = variable.detach().to_kind(Kind::Float).copy();
        self.parameters.push(Parameter {
            name,
            variable: variable.shallow_clone(),
            first_moment: master.zeros_like(),
            second_moment: master.zeros_like(),
            average: master.zeros_like(),
            master,
            rate_scale,
            decay: if variable.dim() > 1 { decay } else { 0.0 },
        });
    }

    /// Count a variable that is not trained among the weights.
    pub fn keep(&mut self, name: String, variable: &Tensor) {
        self.kept
            .push((name, variable.detach().to_kind(Kind::Float).copy()));
    }

    /// One update at learning rate `rate`, from the gradients that `loss` has.
    pub fn step(&mut self, loss: &Tensor, rate: f64) {
        for parameter in &mut self.parameters {
            parameter.variable.zero_grad();
        }
        loss.backward();
        self.steps += 1;
        no_grad(|| {
            let gradients: Vec<Tensor> = self
                .parameters
                .iter()
                .map(|p| {
                    let gradient = p.variable.grad();
                    // A head that no batch has asked for yet has none.
                    match gradient.defined() {
                        true => gradient.to_kind(Kind::Float),
                        false => p.master.zeros_like(),
                    }
                })
                .collect();
            let squares: f64 = gradients.iter().map(|g| g.dot_self()).sum();
            let clip = (LARGEST_GRADIENT_NORM / (squares.sqrt() + 1e-6)).min(1.0);
            let correct1 = 1.0 - BETA1.powi(self.steps);
            let correct2 = 1.0 - BETA2.powi(self.steps);
            for (parameter, gradient) in self.parameters.iter_mut().zip(gradients) {
                let gradient = gradient * clip;
                let rate = rate * parameter.rate_scale;
                let _ = parameter.first_moment.lerp_(&gradient, 1.0 - BETA1);
                let squared = &gradient * &gradient;
                let _ = parameter.second_moment.lerp_(&squared, 1.0 - BETA2);
                let scale = (&parameter.second_moment / correct2).sqrt_() + EPSILON;
                let update = &parameter.first_moment / scale * (rate / correct1);
                let _ = parameter.master.g_mul_scalar_(1.0 - rate * parameter.decay);
                let _ = parameter.master.g_sub_(&update);
                parameter.variable.copy_(&parameter.master);
            }
        });
    }

    /// Updates so far.
    pub fn steps(&self) -> i32 {
        self.steps
    }

    /// Count the present weights into the average.
    pub fn average(&mut self) {
        self.averaged += 1;
        let weight = 1.0 / self.averaged as f64;
        no_grad(|| {
            for parameter in &mut self.parameters {
                let _ = parameter.average.lerp_(&parameter.master, weight);
            }
        });
    }

    /// All that decides how training goes on, by name.
    pub fn state(&self) -> OptimizerState {
        let mut tensors = NamedWeights::new();
        for parameter in &self.parameters {
            for (part, tensor) in parameter.parts() {
                let name = format!("{part}.{}", parameter.name);
                tensors.insert(name, to_weights(tensor));
            }
        }
        OptimizerState {
            tensors,
            steps: self.steps,
            averaged: self.averaged,
        }
    }

    /// Go on from what [`AdamW::state`] gave.
    ///
    /// # Errors
    /// When it is the state of another network.
    pub fn restore(&mut self, state: &OptimizerState) -> Result<(), ModelError> {
        no_grad(|| {
            for parameter in &mut self.parameters {
                for (part, tensor) in parameter.parts() {
                    let name = format!("{part}.{}", parameter.name);
                    let kept = weights::get(&state.tensors, &name)?;
                    let shape: Vec<i64> = kept.shape.iter().map(|s| *s as i64).collect();
                    if shape != tensor.size() {
                        return Err(ModelError::Weights(format!(
                            "the tensor {name} has another shape"
                        )));
                    }
                    let values = Tensor::from_slice(&kept.values).view(shape.as_slice());
                    tensor.shallow_clone().copy_(&values);
                }
                parameter.variable.copy_(&parameter.master);
            }
            Ok(())
        })?;
        (self.steps, self.averaged) = (state.steps, state.averaged);
        Ok(())
    }

    /// All weights in full precision: the average, if there is one yet.
    pub fn weights(&self) -> NamedWeights {
        let trained = self.parameters.iter().map(|p| {
            let tensor = if self.averaged > 0 {
                &p.average
            } else {
                &p.master
            };
            (&p.name, tensor)
        });
        let kept = self.kept.iter().map(|(name, tensor)| (name, tensor));
        trained
            .chain(kept)
            .map(|(name, tensor)| (name.clone(), to_weights(tensor)))
            .collect()
    }
}

fn to_weights(tensor: &Tensor) -> Weights {
    let flat = tensor.to_device(Device::Cpu).contiguous().view([-1]);
    let mut values = vec![0f32; flat.numel()];
    flat.copy_data(&mut values, flat.numel());
    let shape = tensor.size().into_iter().map(|s| s as usize).collect();
    Weights { shape, values }
}

/// The square of a tensor's norm.
trait DotSelf {
    fn dot_self(&self) -> f64;
}

impl DotSelf for Tensor {
    fn dot_self(&self) -> f64 {
        let flat = self.reshape([-1]);
        flat.dot(&flat).double_value(&[])
    }
}
