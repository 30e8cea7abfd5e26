//! Whatever is wrong with an archive is named, and nothing is written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use event_store::{
    archive::{ArchiveStore, Target, Trust, check},
    pg::provision,
};

use super::world::{World, somebody};

struct Archive {
    world: World,
    folder: tempfile::TempDir,
}

impl Archive {
    async fn new() -> Self {
        let world = World::filled(3).await;
        let folder = tempfile::tempdir().unwrap();
        world.export(somebody(), &folder.path().join("whole")).await;
        Self { world, folder }
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("whole")).unwrap();
        let mut files: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        files
    }

    /// A copy of the archive in which one thing was done.
    fn with(&self, spoil: impl FnOnce(&Path)) -> PathBuf {
        let copy = self.folder.path().join(ulid::Ulid::generate().to_string());
        fs::create_dir(&copy).unwrap();
        for file in self.files() {
            fs::copy(self.folder.path().join("whole").join(&file), copy.join(&file)).unwrap();
        }
        spoil(&copy);
        copy
    }

    /// Sees that a check and an import name the file and say all these words,
    /// and that the import leaves nothing behind.
    async fn refused(&self, there: &World, folder: &Path, file: &str, words: &[&str]) {
        let store = ArchiveStore::open(folder.to_str().unwrap()).unwrap();
        let checked =
            check(&store, &self.world.registry, &Trust::default(), |_| {}).await.map(drop);
        let imported = there.try_import(folder, Target::Same, None).await.map(drop);
        for refused in [checked, imported] {
            let told = refused.err().unwrap_or_else(|| panic!("{file} passed")).to_string();
            assert!(told.contains(&format!("{}/{file}", folder.display())), "{told}");
            for word in words {
                assert!(told.contains(word), "{told} does not say {word:?}");
            }
        }
        let rows = "SELECT (SELECT count(*) FROM log.imports) + (SELECT count(*) FROM log.events)";
        let rows: i64 = there.owner().await.query_one(rows, &[]).await.unwrap().get(0);
        assert_eq!(rows, 0);
    }
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut content = fs::read(file).unwrap();
    change(&mut content);
    fs::write(file, content).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_changed_are_named() {
    let (archive, there) = (Archive::new().await, World::new().await);
    let files = archive.files();
    assert!(files.len() > 4, "{files:?}");
    for file in files.iter().filter(|file| file.contains(".zst")) {
        let flipped = archive.with(|copy| {
            change(&copy.join(file), |content| {
                let middle = content.len() / 2;
                content[middle] ^= 1;
            });
        });
        archive.refused(&there, &flipped, file, &["SHA-256", "another copy"]).await;
        let cut = archive
            .with(|copy| change(&copy.join(file), |content| content.truncate(content.len() - 1)));
        archive.refused(&there, &cut, file, &["bytes, the manifest says"]).await;
        let missing = archive.with(|copy| fs::remove_file(copy.join(file)).unwrap());
        archive.refused(&there, &missing, file, &["it is missing"]).await;
    }
    let swapped = archive.with(|copy| {
        fs::rename(copy.join(&files[0]), copy.join("aside")).unwrap();
        fs::rename(copy.join(&files[1]), copy.join(&files[0])).unwrap();
        fs::rename(copy.join("aside"), copy.join(&files[1])).unwrap();
    });
    archive.refused(&there, &swapped, &files[0], &["the manifest"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_changed_is_named() {
    let (archive, there) = (Archive::new().await, World::new().await);
    let manifest = "manifest.json";
    let edited = |from: &str, to: &str| {
        archive.with(|copy| {
            let text = fs::read_to_string(copy.join(manifest)).unwrap();
            assert!(text.contains(from), "{text}");
            fs::write(copy.join(manifest), text.replacen(from, to, 1)).unwrap();
        })
    };
    let refused = async |folder: PathBuf, words: &[&str]| {
        archive.refused(&there, &folder, manifest, words).await;
    };
    refused(edited("Karoo", "Karro"), &["changed after it was written"]).await;
    refused(edited("\"past\": false", "\"past\": true"), &["changed after"]).await;
    refused(edited("\"checksum\": \"", "\"checksum\": \"0"), &["changed after"]).await;
    refused(edited("\"version\": 1", "\"version\": 2"), &["format version is 2", "newer"]).await;
    refused(edited("tenantry-archive", "something"), &["not the manifest"]).await;
    refused(edited("{", "["), &["not JSON"]).await;
    refused(archive.with(|copy| fs::write(copy.join(manifest), "").unwrap()), &["not JSON"]).await;
    let none = archive.with(|copy| fs::remove_file(copy.join(manifest)).unwrap());
    refused(none, &["missing", "run the export again"]).await;
}

/// Changes the text of a segment, and the manifest so that all checksums fit:
/// what nobody does by accident.
pub(super) fn rewrite(folder: &Path, file: &str, script: &str) {
    let run = format!(
        r#"
        zstd -qdc {file} | {script} > text && zstd -qf text -o {file} && rm text
        sum=$(sha256sum {file} | cut -d' ' -f1); size=$(stat -c %s {file})
        jq --arg f {file} --arg s "$sum" --argjson b "$size" \
            '(.events, .state) |= map(if .file == $f then .sha256 = $s | .bytes = $b else . end)' \
            manifest.json > new
        sum=$(jq -cSj 'del(.checksum)' new | sha256sum | cut -d' ' -f1)
        jq --arg s "$sum" '.checksum = $s' new > manifest.json && rm new"#
    );
    let output = std::process::Command::new("bash")
        .args(["-euo", "pipefail", "-c", &run])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_cannot_be_is_not_believed_whatever_its_checksums() {
    let (archive, there) = (Archive::new().await, World::new().await);
    let files = archive.files();
    let events = files[1].as_str();
    let state = files.iter().find(|file| file.starts_with("state-")).unwrap().as_str();
    for (file, script, words) in [
        (events, "sed 2d", &["stands where"][..]),
        (events, "sed '$d'", &["it ends at position"]),
        (events, "sed '2{h;d};3{G}'", &["stands where"]),
        (events, "sed '$s/}$//'", &["is no event"]),
        (events, "sed '3s/\"version\":[0-9]*/\"version\":77/'", &["is version 77 of stream"]),
        (events, "sed '3s/\"tenant_id\":\"0/\"tenant_id\":\"1/'", &["is of tenant 1"]),
        (events, "sed '3s/\"codec\":[0-9]*/\"codec\":9/'", &["codec 9", "use a program"]),
        (events, "sed '3s/\"payload\":\"/\"payload\":\"!/'", &["is no event"]),
        (events, "sed '3s/\"payload\":\"[^\"]*/\"payload\":\"wA==/'", &["use a program"]),
        (events, "head -c -1", &["last line does not end"]),
        (state, "sed 1d", &["rows, the manifest says"]),
        (state, "sed '1s/claims/clams/'", &["\"clams\", which is unknown"]),
        (state, "sed '1s/row/wor/'", &["is no row"]),
    ] {
        let spoilt = archive.with(|copy| rewrite(copy, file, script));
        archive.refused(&there, &spoilt, file, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_leaves_nothing_or_can_be_gone_on_with() {
    let (archive, there) = (Archive::new().await, World::new().await);
    let tenant = somebody();
    let whole = archive.folder.path().join("whole");
    // Another consumer has folded a log that is not there any more.
    let owner = there.owner().await;
    let left = "INSERT INTO log.checkpoints (consumer, tenant_id, position)
         VALUES ('invoices_v1', $1, 7)";
    owner.execute(left, &[&event_store::pg::uuid(tenant)]).await.unwrap();
    let refused = there.try_import(&whole, Target::Same, None).await.unwrap_err();
    assert!(refused.to_string().contains("invoices_v1 has folded one"), "{refused}");
    owner.batch_execute("DELETE FROM log.checkpoints WHERE position = 7").await.unwrap();
    // The database goes away at the last step.
    let spoilt = "CREATE FUNCTION log.no() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN RAISE 'the disk is full'; END $$;
         CREATE TRIGGER no BEFORE INSERT ON log.claims EXECUTE FUNCTION log.no()";
    owner.batch_execute(spoilt).await.unwrap();
    let failed = there.try_import(&whole, Target::Same, None).await.unwrap_err();
    assert!(format!("{failed:?}").contains("the disk is full"), "{failed:?}");
    provision(&owner, tenant, "somebody").await.unwrap();
    assert_eq!(there.log(tenant).await["log.heads"], Vec::<String>::new());
    owner.batch_execute("DROP FUNCTION log.no CASCADE").await.unwrap();
    let imported = there.import(&whole, Target::Same).await;
    assert_eq!(imported.found, imported.position);
    assert_eq!(there.log(tenant).await, archive.world.log(tenant).await);
}
