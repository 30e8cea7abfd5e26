//! As whom the server runs: never as root.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use super::PostgresError;

/// An unprivileged user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    uid: u32,
    gid: u32,
}

/// When a started program should end although nobody ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// With the thread that started it, however that ends.
    WithParent,
    /// When told to.
    WhenTold,
}

impl Account {
    /// Whom root hands the server to: whoever has it already, else a user made
    /// for such things. An unprivileged process keeps it to itself.
    pub(super) fn for_server(home: &Path) -> Result<Option<Self>, PostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        if let Some(owner) = fs::metadata(home).ok().filter(|home| home.uid() != 0) {
            let account = Self { name: String::new(), uid: owner.uid(), gid: owner.gid() };
            return Ok(Some(Self { name: account.name_in(&users), ..account }));
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(name, &users))
            .map(Some)
            .ok_or(PostgresError::NobodyToRunAs)
    }

    fn named(name: &str, users: &str) -> Option<Self> {
        users.lines().filter_map(Self::of_line).find(|account| account.name == name)
    }

    fn name_in(&self, users: &str) -> String {
        let same = |account: &Self| account.uid == self.uid;
        let known = users.lines().filter_map(Self::of_line).find(same);
        known.map_or_else(|| format!("number {}", self.uid), |account| account.name)
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        Some(Self { name, uid, gid: fields.next()?.parse().ok()? })
    }

    /// Whether a file of `owner` belongs to this user.
    pub(super) fn is(&self, owner: u32) -> bool {
        self.uid == owner
    }

    /// Makes a file or folder this user's own.
    pub(super) fn own(&self, path: &Path) -> Result<(), PostgresError> {
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(PostgresError::file("hand over to the server's user", path))
    }

    /// The first folder above `path` that this user may not enter.
    pub(super) fn first_closed(&self, path: &Path) -> Option<PathBuf> {
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        above.into_iter().find(|folder| !self.may_enter(folder)).map(Path::to_owned)
    }

    fn may_enter(&self, folder: &Path) -> bool {
        let Ok(metadata) = fs::metadata(folder) else { return false };
        let search = match (metadata.uid() == self.uid, metadata.gid() == self.gid) {
            (true, _) => 0o100,
            (_, true) => 0o010,
            _ => 0o001,
        };
        metadata.mode() & search != 0
    }
}

/// The program `setpriv` of util-linux. Rust alone can change the user, but
/// not ask for a signal at the parent's death without unsafe code.
static SETPRIV: LazyLock<bool> = LazyLock::new(|| {
    // Busybox has a program of that name which can do neither.
    Command::new("setpriv").arg("--version").output().is_ok_and(|output| {
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("util-linux")
    })
});

/// Whether programs can be made to end with their parent.
pub(super) fn has_setpriv() -> bool {
    *SETPRIV
}

/// The way into a folder that was opened before the change of user, past all
/// folders above it that may be closed to that user.
pub(super) const DOOR: &str = "/proc/self/fd/9";

/// Opens folder `$1` where [`DOOR`] leads, for the program and all it starts.
const OPEN_DOOR: &str = r#"exec 9<"$1"; shift; exec "$@""#;

/// A command that runs `program` as `account`, without this process's
/// environment and outside its terminal's reach: Ctrl-C is for us alone, the
/// server has to outlive what we still have to finish. A `door` needs setpriv,
/// because the user must not change before it is open.
pub(super) fn command(
    program: &Path,
    account: Option<&Account>,
    door: Option<&Path>,
    ends: Ends,
) -> Command {
    let mut command = match (door, has_setpriv()) {
        (Some(folder), true) => {
            let mut command = Command::new("sh");
            command.args(["-c", OPEN_DOOR, "sh"]).arg(folder).arg("setpriv");
            command
        }
        (None, true) => Command::new("setpriv"),
        (_, false) => {
            let mut command = Command::new(program);
            if let Some(account) = account {
                command.gid(account.gid).uid(account.uid);
            }
            command
        }
    };
    if has_setpriv() {
        if ends == Ends::WithParent {
            command.args(["--pdeathsig", "INT"]);
        }
        if let Some(Account { uid, gid, .. }) = account {
            command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}"));
            command.arg("--clear-groups");
        }
        command.arg("--").arg(program);
    }
    // PGDATA, PGOPTIONS and their like belong to other servers.
    let kept = ["PATH", "LD_LIBRARY_PATH"].map(|name| (name, std::env::var_os(name)));
    command.env_clear().env("LC_ALL", "C").process_group(0).current_dir("/");
    command.envs(kept.into_iter().filter_map(|(name, value)| Some((name, value?))));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_from_the_password_file() {
        let users = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533::/:/sbin/nologin\n";
        assert_eq!(
            Account::named("nobody", users),
            Some(Account { name: "nobody".into(), uid: 65534, gid: 65533 })
        );
        assert_eq!(Account::named("postgres", users), None);
    }

    #[test]
    fn a_folder_closed_to_others_is_noticed() {
        let stranger = Account { name: "stranger".into(), uid: 4_000_000, gid: 4_000_000 };
        assert_eq!(stranger.first_closed(Path::new("/usr/lib/x")), None);
        assert_eq!(
            stranger.first_closed(Path::new("/nowhere/at/all")),
            Some(PathBuf::from("/nowhere"))
        );
    }
}
