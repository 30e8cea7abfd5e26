//! One server for many processes at once, as tests want it: each test is a
//! process of its own to some runners, and none knows which is the last.
//!
//! Everybody holds a shared lock on the file `users`, which the system takes
//! back however a process ends. A watchman, one line of shell that outlives
//! whoever started it, waits for the lock to be free and then stops the server.

use std::{
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

use super::{
    Options, Postgres, PostgresError, Running, account::Ends, folder::Folder, server::Noted,
};

/// Stops server `$2` on cluster `$3` when nobody holds file `$1` any more and
/// nobody new has come for a moment. Needs `flock`; where that is missing the
/// server stays, and the next process finds it.
const WATCHMAN: &str = r#"
exec 9<"$1"
while flock -x 9 && flock -u 9; do
    sleep 1
    flock -x -n 9 || continue
    if [ "$(head -n 1 "$3/postmaster.pid")" = "$2" ]; then
        kill -INT "$2"
        while [ -e "$3/postmaster.pid" ]; do sleep 0.05; done
    fi
    exit
done"#;

impl Options {
    /// Uses the server that runs on the folder, or starts one for all
    /// processes that share it. It ends soon after the last of them.
    ///
    /// # Errors
    /// When a process uses the folder for itself alone, no server is installed
    /// that fits it, or the server does not start.
    pub fn share(self) -> Result<Postgres, PostgresError> {
        let (folder, account) = self.prepare()?;
        let locks = folder.take_shared()?;
        let turn = folder.take_turn()?;
        if running_pid(&folder).is_none() {
            let server = self.run(&folder, account.as_ref(), Ends::WhenTold)?;
            watch(&folder, server.pid())?;
        }
        drop(turn);
        Ok(Postgres { folder, account, options: self, running: Running::Shared { _locks: locks } })
    }
}

/// The server that runs on the folder and takes connections.
pub(super) fn running_pid(folder: &Folder) -> Option<u32> {
    let noted = Noted::of(folder)?;
    (noted.ready && noted.is_running(folder)).then(|| noted.id())
}

fn watch(folder: &Folder, server: u32) -> Result<(), PostgresError> {
    let mut shell = Command::new("sh");
    shell.args(["-c", WATCHMAN, "sh"]).arg(folder.users_path());
    shell.arg(server.to_string()).arg(&folder.cluster);
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own, so that Ctrl-C on the tests does not reach it.
    shell.process_group(0).current_dir("/");
    shell.spawn().map(drop).map_err(|error| PostgresError::Program {
        program: "sh".to_owned(),
        reason: error.to_string(),
    })
}
