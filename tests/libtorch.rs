//! What a build of the feature `torch` says where libtorch is missing or another version.

#[allow(dead_code)]
#[path = "../build.rs"]
mod build;

fn problem(libtorch: Option<&str>) -> String {
    let variable = |name: &str| match name {
        "LIBTORCH" => libtorch.map(str::to_owned),
        _ => None,
    };
    build::find(&variable).unwrap_err()
}

#[test]
fn a_missing_or_wrong_libtorch_names_the_command_that_fetches_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let nothing = problem(Some(path));
    assert!(nothing.contains(path) && nothing.contains("has no `lib`"));

    std::fs::create_dir(folder.path().join("lib")).unwrap();
    std::fs::write(folder.path().join("build-version"), "2.9.1+cpu\n").unwrap();
    let other = problem(Some(path));
    assert!(other.contains("is libtorch 2.9.1+cpu") && other.contains("needs 2.4.0"));

    for told in [nothing, other] {
        assert!(told.contains("scripts/with-libtorch cargo build"), "{told}");
        assert!(told.contains("--features download-libtorch"), "{told}");
    }
}

#[test]
fn the_right_libtorch_is_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lib")).unwrap();
    std::fs::write(folder.path().join("build-version"), "2.4.0+cpu\n").unwrap();
    let variable =
        |name: &str| (name == "LIBTORCH").then(|| folder.path().to_str().unwrap().to_owned());
    let libraries = build::find(&variable).unwrap().unwrap();
    assert!(libraries.ends_with("lib"));
}
