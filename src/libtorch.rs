//! What all that run on libtorch share (feature `torch`): where it computes, in which precision,
//! and failures of its that become errors.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::str::FromStr;
use std::sync::Once;

use tch::{Cuda, Device, nn};

/// Where to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Cpu,
    /// The CUDA device of this number.
    Cuda(usize),
    /// Apple's GPUs.
    Mps,
}

/// Numbers in which a network computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    #[default]
    F32,
    /// Half the memory, and faster on GPUs and on processors with bf16 instructions.
    Bf16,
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("{0:?} is no device: cpu, cuda, cuda:N (N counts from 0) and mps are")]
    Unknown(String),
    #[error(
        "--device cuda:{wanted}: this libtorch finds no CUDA device. The libtorch that \
         scripts/with-libtorch fetches is for the CPU; set LIBTORCH to one for CUDA, or use \
         --device cpu"
    )]
    NoCuda { wanted: usize },
    #[error("--device cuda:{wanted}: there are {count} CUDA devices, cuda:0 to cuda:{last}", last = count - 1)]
    NoSuchCuda { wanted: usize, count: usize },
    #[error("--device mps: this libtorch has no MPS, which only Macs have; use --device cpu")]
    NoMps,
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(name: &str) -> Result<Place, PlaceError> {
        match name {
            "cpu" => Ok(Place::Cpu),
            "cuda" => Ok(Place::Cuda(0)),
            "mps" => Ok(Place::Mps),
            _ => name
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Place::Cuda)
                .ok_or_else(|| PlaceError::Unknown(name.to_owned())),
        }
    }
}

impl Place {
    /// The first CUDA device if there is one, else the CPU.
    pub fn best() -> Place {
        match Cuda::device_count() > 0 {
            true => Place::Cuda(0),
            false => Place::Cpu,
        }
    }

    /// The device, if it is there.
    pub fn device(self) -> Result<Device, PlaceError> {
        match self {
            Place::Cpu => Ok(Device::Cpu),
            Place::Mps if tch::utils::has_mps() => Ok(Device::Mps),
            Place::Mps => Err(PlaceError::NoMps),
            Place::Cuda(wanted) => match usize::try_from(Cuda::device_count()) {
                Ok(count) if wanted < count => Ok(Device::Cuda(wanted)),
                Ok(count) if count > 0 => Err(PlaceError::NoSuchCuda { wanted, count }),
                _ => Err(PlaceError::NoCuda { wanted }),
            },
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Cpu => f.write_str("cpu"),
            Place::Cuda(number) => write!(f, "cuda:{number}"),
            Place::Mps => f.write_str("mps"),
        }
    }
}

impl Precision {
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
        }
    }

    /// Turn the floating-point variables of a store, which are in f32, to this precision.
    pub fn apply(self, store: &mut nn::VarStore) {
        if self == Precision::Bf16 {
            store.bfloat16();
        }
    }
}

/// What `work` gives, or what libtorch said when it failed. Most of tch and rust-bert panic where
/// libtorch fails (no memory left, say); here that is an error like others.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    thread_local! {
        static SILENT: Cell<bool> = const { Cell::new(false) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let other = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !SILENT.get() {
                other(panic);
            }
        }));
    });
    let outer = SILENT.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    SILENT.set(outer);
    result.map_err(|payload| {
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied());
        first_line(message.unwrap_or("it does not say why"))
    })
}

/// A message of libtorch without its trace through C++.
pub fn first_line(message: &str) -> String {
    let message = message
        .strip_prefix("called `Result::unwrap()` on an `Err` value: ")
        .unwrap_or(message);
    let message = match message.strip_prefix("Torch(\"") {
        Some(quoted) => quoted.split("\\n").next().unwrap_or(quoted),
        None => message,
    };
    message.lines().next().unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use tch::Tensor;

    use super::*;

    #[test]
    fn devices_are_read_from_their_names() {
        for (name, place) in [
            ("cpu", Place::Cpu),
            ("cuda", Place::Cuda(0)),
            ("cuda:3", Place::Cuda(3)),
            ("mps", Place::Mps),
        ] {
            assert_eq!(name.parse::<Place>().unwrap(), place);
        }
        for name in ["", "gpu", "cuda:", "cuda:x", "cuda:-1"] {
            assert!(name.parse::<Place>().is_err(), "{name}");
        }
        assert_eq!(Place::Cpu.device().unwrap(), Device::Cpu);
    }

    #[test]
    fn what_libtorch_says_is_told_in_a_line() {
        let (one, other) = (Tensor::zeros([2, 3], tch::kind::FLOAT_CPU), [4, 5]);
        let other = Tensor::zeros(other, tch::kind::FLOAT_CPU);
        let said = caught(|| one.matmul(&other)).unwrap_err();
        assert!(said.contains("shapes cannot be multiplied"), "{said}");
        assert!(!said.contains('\n') && !said.contains("unwrap"), "{said}");
        assert_eq!(caught(|| 3), Ok(3));
    }
}
