//! Options for stances described in words.

use std::path::PathBuf;

use summit_stance::annotations;
use summit_stance::nli::{Entailment, Fit, StanceList, ZeroShot};
use summit_stance::scores::StanceSource;

use super::model::ModelArgs;

#[derive(Debug, clap::Args)]
pub struct NliArgs {
    /// Take the stances from this model for natural-language inference: a folder, or a name on
    /// the model hub (owner/name). Mentions, parties and issues are found as ever
    #[arg(long, value_name = "MODEL", group = "on libtorch")]
    pub nli: Option<String>,

    /// What each stance is in words (TOML; see data/stances.toml)
    #[arg(long, value_name = "FILE", requires = "nli")]
    pub stances: Option<PathBuf>,

    /// Annotated articles (JSON Lines; see data/corpus) on which to fit the probabilities
    #[arg(long, value_name = "FILE", requires = "nli")]
    pub calibrate: Option<PathBuf>,
}

impl NliArgs {
    /// The source of stances, if --nli asks for one.
    pub fn load(&self, model: &ModelArgs) -> anyhow::Result<Option<Box<dyn StanceSource>>> {
        let Some(name) = &self.nli else {
            return Ok(None);
        };
        // The lists first: a mistake in them should not wait for a large model.
        let stances = match &self.stances {
            Some(path) => StanceList::read(path)?,
            None => StanceList::built_in()?,
        };
        let labelled = match &self.calibrate {
            Some(path) => Some((path, annotations::read(path)?)),
            None => None,
        };
        let (device, precision) = model.libtorch()?;
        let entailment = Entailment::open(name, device, precision, |what| eprintln!("{what}"))?;
        let mut zero_shot = ZeroShot::new(entailment, stances)?;
        if let Some((path, articles)) = labelled {
            match zero_shot.calibrate(&articles)? {
                Some(fit) => eprintln!("{}", told(&fit)),
                None => anyhow::bail!("{}: no sentence has a labelled party", path.display()),
            }
        }
        Ok(Some(Box::new(zero_shot)))
    }
}

fn told(fit: &Fit) -> String {
    let held_out = match fit.held_out {
        Some(loss) => format!("{loss:.3} with it on articles held out in turn"),
        None => "too few articles to say what it gains".to_owned(),
    };
    format!(
        "calibrated on {} labelled parties: {}\n  mean negative log-likelihood {:.3} without, \
         {held_out} (four equal chances: 1.386)",
        fit.units, fit.calibration, fit.before
    )
}
