//! Options that commands share: which model reads, and which parties it knows.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context;
use summit_stance::issues::IssueList;
#[cfg(feature = "torch")]
use summit_stance::libtorch::{Place, Precision};
use summit_stance::model::{Model, ModelFolder};
use summit_stance::parties::{Linker, PartyList};
use summit_stance::scores::IssueFinder;

#[derive(Debug, clap::Args)]
#[cfg_attr(
    feature = "torch",
    command(group = clap::ArgGroup::new("on libtorch").multiple(true))
)]
pub struct ModelArgs {
    /// Your own list of parties and their names (TOML); the built-in list of states, capitals
    /// and organisations serves for the rest
    #[arg(long, value_name = "FILE")]
    pub parties: Option<PathBuf>,

    /// A model folder, as `stance train` writes it, in place of the model that is built in
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,

    /// What runs the model
    #[cfg(feature = "torch")]
    #[arg(long, value_enum, default_value_t = EngineName::Embedded, group = "on libtorch")]
    pub engine: EngineName,

    /// Where libtorch computes: cpu, cuda, cuda:N or mps; the first GPU by default, else cpu
    #[cfg(feature = "torch")]
    #[arg(long, requires = "on libtorch")]
    pub device: Option<Place>,

    /// In which numbers libtorch computes
    #[cfg(feature = "torch")]
    #[arg(long, value_enum, default_value_t = PrecisionName::F32, requires = "on libtorch")]
    pub precision: PrecisionName,

    /// Articles scored at the same time; all processor cores by default
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Debug, clap::Args)]
pub struct IssueArgs {
    /// Your own list of issues (TOML), in place of the built-in ones; an issue is found by its
    /// description and keywords (see data/issues.toml)
    #[arg(long, value_name = "FILE")]
    pub issues: Option<PathBuf>,
}

impl IssueArgs {
    /// What finds the issues of the list, or the model's own where there is none.
    pub fn load_issues(&self, model: &Model) -> anyhow::Result<IssueFinder> {
        let list = match &self.issues {
            Some(path) => {
                let list = IssueList::read(path)?;
                list.check(&model.config().issues)?;
                Some(list)
            }
            None => None,
        };
        Ok(IssueFinder::new(model, list)?)
    }
}

#[cfg(feature = "torch")]
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum EngineName {
    /// The int8 model; nothing to install
    Embedded,
    /// The f32 model on libtorch; needs --model
    Torch,
}

#[cfg(feature = "torch")]
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum PrecisionName {
    F32,
    /// Half the memory, and faster on GPUs and processors that have it; rounds in the third digit
    Bf16,
}

impl ModelArgs {
    /// Where and in which precision libtorch is to compute.
    #[cfg(feature = "torch")]
    pub fn libtorch(&self) -> anyhow::Result<(tch::Device, Precision)> {
        let precision = match self.precision {
            PrecisionName::F32 => Precision::F32,
            PrecisionName::Bf16 => Precision::Bf16,
        };
        let place = self.device.unwrap_or_else(Place::best);
        Ok((place.device()?, precision))
    }

    /// Load the model.
    pub fn load_model(&self) -> anyhow::Result<Model> {
        let folder = match &self.model {
            Some(path) => Some(ModelFolder::open(path).context("cannot use the model")?),
            None => None,
        };
        #[cfg(feature = "torch")]
        if let EngineName::Torch = self.engine {
            use summit_stance::model::torch::Torch;
            let folder = folder.context(
                "--engine torch needs --model DIR: the model that is built in has only its int8 form",
            )?;
            let (device, precision) = self.libtorch()?;
            let engine = Torch::open(&folder, device)?.in_precision(precision)?;
            return Ok(Model::new(folder.files()?, Box::new(engine))?);
        }
        Ok(match &folder {
            Some(folder) => Model::open(folder)?,
            None => Model::shipped()?,
        })
    }

    /// Read the list of parties, if there is one.
    pub fn load_parties(&self) -> anyhow::Result<Option<PartyList>> {
        match &self.parties {
            Some(path) => Ok(Some(PartyList::read(path)?)),
            None => Ok(None),
        }
    }

    /// A linker with the list of parties, if there is one.
    pub fn load_linker(&self) -> anyhow::Result<Linker> {
        Ok(Linker::new(self.load_parties()?.as_ref()))
    }

    pub fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.map_or_else(all, NonZeroUsize::get)
    }
}
