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

/// A folder in which examples run: where `make up` builds the program and keeps
/// its data.
pub(super) struct Examples {
    folder: tempfile::TempDir,
    command_api: String,
    query_api: String,
}

/// What examples have printed.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) said: String,
    pub(super) errors: String,
}

impl Examples {
    pub(super) fn of(up: &Up) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("target/release")).unwrap();
        symlink(PROGRAM, folder.path().join("target/release/tenantry")).unwrap();
        symlink(up.data(), folder.path().join("data")).unwrap();
        let (command_api, query_api) =
            (up.endpoints.command_api.clone(), up.endpoints.query_api.clone());
        Self { folder, command_api, query_api }
    }

    /// Runs the shell of a page; the ports are those of this run.
    pub(super) fn run(&self, markdown: &str) -> Printed {
        let script = shell(markdown)
            .replace("http://127.0.0.1:8080", &self.command_api)
            .replace("http://127.0.0.1:8081", &self.query_api);
        let output = tokio::task::block_in_place(|| {
            Command::new("sh").args(["-c", &script]).current_dir(self.folder.path()).output()
        });
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}\n{errors}");
        Printed { said, errors }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_readme_work_as_written() {
    let up = Up::start(PROGRAM, &["--demo"]).unwrap();
    let Printed { said, errors } = Examples::of(&up).run(include_str!("../../../README.md"));
    for part in
        [r#""events":["customer.opened"]"#, r#""dueMinor":""#, r#""type":"customer.opened""#]
    {
        assert!(said.contains(part), "{part} is missing in\n{said}\n{errors}");
    }
    assert!(!said.contains("error"), "{said}");
    assert!(errors.contains("no difference"), "{errors}");
}
