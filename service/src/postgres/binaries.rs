//! Where the server's programs are.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use super::PostgresError;

/// The oldest major version Tenantry is tested with.
pub(super) const OLDEST: u32 = 15;

/// What a folder needs in order to be a server folder.
const PROGRAMS: [&str; 2] = ["initdb", "postgres"];

/// A folder of server programs and the version they are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    /// The programs to run a cluster with: those of `wanted`'s version, or the
    /// newest for a cluster that is yet to be made.
    pub(super) fn find(
        named: Option<&Path>,
        written_by: Option<u32>,
        cluster: &Path,
    ) -> Result<Self, PostgresError> {
        let installed = installed(named)?;
        let Some(written) = written_by else {
            return newest(installed);
        };
        if let Some(found) = installed.iter().find(|binaries| binaries.major == written) {
            return Ok(found.clone());
        }
        let installed: Vec<_> = installed.iter().map(|one| one.major.to_string()).collect();
        Err(PostgresError::OtherVersion {
            folder: cluster.to_owned(),
            written,
            installed: if installed.is_empty() { "none".into() } else { installed.join(", ") },
        })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn in_folder(folder: &Path) -> Result<Self, String> {
        for program in PROGRAMS {
            if !folder.join(program).is_file() {
                return Err(format!("it has no {program}"));
            }
        }
        let version = Command::new(folder.join("postgres"))
            .arg("--version")
            .output()
            .map_err(|error| format!("postgres --version does not run: {error}"))?;
        let text = String::from_utf8_lossy(&version.stdout);
        let major = major_of(&text).ok_or_else(|| {
            format!(
                "postgres --version says {:?}",
                text.trim().chars().take(80).collect::<String>()
            )
        })?;
        Ok(Self { folder: folder.to_owned(), major })
    }
}

/// The major version in a line like `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major_of(line: &str) -> Option<u32> {
    let version = line.split_once("(PostgreSQL) ")?.1;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Every usable server on this machine. A folder that somebody named counts
/// alone: falling back to another would hide the mistake.
fn installed(named: Option<&Path>) -> Result<Vec<Binaries>, PostgresError> {
    // The one variable outside the configuration: it is needed before any, by
    // tests and tools as well.
    let variable = env::var_os("TENANTRY_POSTGRES_BIN").filter(|value| !value.is_empty());
    if let Some(folder) = named.map(Path::to_owned).or(variable.map(PathBuf::from)) {
        return match Binaries::in_folder(&folder) {
            Ok(binaries) => Ok(vec![binaries]),
            Err(reason) => Err(PostgresError::NotBinaries { folder, reason }),
        };
    }
    Ok(candidates().iter().filter_map(|folder| Binaries::in_folder(folder).ok()).collect())
}

fn newest(installed: Vec<Binaries>) -> Result<Binaries, PostgresError> {
    installed
        .into_iter()
        .filter(|binaries| binaries.major >= OLDEST)
        .max_by_key(|binaries| binaries.major)
        .ok_or_else(|| PostgresError::NoBinaries {
            oldest: OLDEST,
            searched: PLACES
                .iter()
                .map(|(parent, tail)| format!("{parent}/*{tail}"))
                .chain(["PATH".to_owned()])
                .collect(),
        })
}

/// Where packages put their server folders: a parent, and what follows the
/// folder that names the version.
const PLACES: [(&str, &str); 7] = [
    ("/usr/lib/postgresql", "/bin"),
    ("/usr/libexec", ""),
    ("/usr", "/bin"),
    ("/usr/local/pgsql", ""),
    ("/opt/homebrew/opt", "/bin"),
    ("/usr/local/opt", "/bin"),
    ("/Applications/Postgres.app/Contents/Versions", "/bin"),
];

fn candidates() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = PLACES
        .iter()
        .flat_map(|(parent, tail)| {
            let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
            entries.map(move |entry| entry.path().join(tail.trim_start_matches('/')))
        })
        .chain(env::split_paths(&path))
        // Links to the programs are not another server.
        .filter_map(|folder| {
            Some(folder.join("postgres").canonicalize().ok()?.parent()?.to_owned())
        })
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_any_release() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("mysqld 8"), None);
    }

    #[test]
    fn the_newest_server_is_taken_for_a_new_cluster_and_the_same_one_for_an_old() {
        let of = |major| Binaries { folder: format!("/pg/{major}").into(), major };
        assert_eq!(newest(vec![of(15), of(17), of(16)]).unwrap().major, 17);
        assert!(matches!(newest(vec![of(9)]), Err(PostgresError::NoBinaries { .. })));
        let here = Binaries::find(None, None, Path::new("/x")).unwrap();
        assert_eq!(Binaries::find(None, Some(here.major), Path::new("/x")).unwrap(), here);
    }

    #[test]
    fn a_named_folder_without_a_server_is_refused() {
        let error = installed(Some(Path::new("/usr/share"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "/usr/share is no PostgreSQL server folder: it has no initdb; \
             name the folder that holds initdb and postgres"
        );
    }
}
