//! Says how to get libtorch where the feature `torch` is built without it; torch-sys alone would
//! name neither the version nor the command. Lets the program find the libtorch that it was built
//! with when it is started without that command.

use std::path::Path;

/// The version that tch is made for.
const VERSION: &str = "2.4.0";

/// What torch-sys looks at to find libtorch.
const VARIABLES: [&str; 5] = [
    "LIBTORCH",
    "LIBTORCH_LIB",
    "LIBTORCH_INCLUDE",
    "LIBTORCH_USE_PYTORCH",
    "LIBTORCH_BYPASS_VERSION_CHECK",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in VARIABLES {
        println!("cargo:rerun-if-env-changed={name}");
    }
    let is_on = |feature: &str| std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    if !is_on("TORCH") || is_on("DOWNLOAD_LIBTORCH") {
        return;
    }
    let variable = |name: &str| std::env::var(name).ok();
    match find(&variable) {
        Ok(Some(libraries)) => {
            let unix = std::env::var_os("CARGO_CFG_UNIX").is_some();
            if unix {
                println!("cargo:rustc-link-arg=-Wl,-rpath,{libraries}");
            }
        }
        Ok(None) => {}
        Err(problem) => {
            eprintln!("\nerror: {problem}\n");
            std::process::exit(1);
        }
    }
}

/// The folder of libtorch's libraries, as far as the variables name it; or what is wrong with
/// them.
pub fn find(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    const HELP: &str = "On Linux (x86-64) put `scripts/with-libtorch` before the command, which \
        fetches it:\n    scripts/with-libtorch cargo build --release --features torch\nOn other \
        systems set LIBTORCH to a folder of libtorch 2.4.0, or build with `--features \
        download-libtorch`.";
    if variable("LIBTORCH_USE_PYTORCH").is_some() {
        return Ok(None);
    }
    let named = |name: &str| variable(name).map(|folder| (name.to_owned(), folder));
    let Some((name, folder)) = named("LIBTORCH_LIB").or_else(|| named("LIBTORCH")) else {
        if Path::new("/usr/lib/libtorch.so").exists() {
            return Ok(None);
        }
        return Err(format!(
            "the feature `torch` needs libtorch {VERSION}, and LIBTORCH is not set.\n{HELP}"
        ));
    };
    let libraries = Path::new(&folder).join("lib");
    if !libraries.is_dir() {
        return Err(format!(
            "{name} is set to {folder}, but there is no libtorch: the folder has no `lib`.\n{HELP}"
        ));
    }
    let version = std::fs::read_to_string(Path::new(&folder).join("build-version"));
    if let Ok(version) = version
        && variable("LIBTORCH_BYPASS_VERSION_CHECK").is_none()
    {
        let version = version.trim();
        if version.split('+').next() != Some(VERSION) {
            return Err(format!(
                "{name} is set to {folder}, which is libtorch {version}; the feature `torch` \
                 needs {VERSION}.\n{HELP}"
            ));
        }
    }
    Ok(Some(libraries.display().to_string()))
}
