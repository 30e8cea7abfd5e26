//! The examples of the README, run as they are written.

use std::{os::unix::fs::symlink, process::Command};

use tests::Up;

use super::PROGRAM;

/// The blocks of shell in a Markdown text.
fn shell(markdown: &str) -> String {
    let mut blocks = markdown.split("```sh\n").skip(1);
    let mut script = String::from("set -eu\n");
    for block in &mut blocks {
        script.push_str(block.split("```").next().unwrap());
    }
    script
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_readme_work_as_written() {
    let up = Up::start(PROGRAM, &["--demo"]).unwrap();
    // Where `make up` builds the program and keeps its data; the ports are
    // those of this run.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("target/release")).unwrap();
    symlink(PROGRAM, folder.path().join("target/release/tenantry")).unwrap();
    symlink(up.data(), folder.path().join("data")).unwrap();
    let script = shell(include_str!("../../../README.md"))
        .replace("http://127.0.0.1:8080", &up.endpoints.command_api)
        .replace("http://127.0.0.1:8081", &up.endpoints.query_api);
    let output = tokio::task::block_in_place(|| {
        Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap()
    });
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    for part in
        [r#""events":["customer.opened"]"#, r#""dueMinor":""#, r#""type":"customer.opened""#]
    {
        assert!(said.contains(part), "{part} is missing in\n{said}\n{errors}");
    }
    assert!(!said.contains("error"), "{said}");
    assert!(errors.contains("no difference"), "{errors}");
}
