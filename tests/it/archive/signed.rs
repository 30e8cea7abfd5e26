//! Archives carry what was signed of their events, and are held to it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use ed25519_dalek::SigningKey;
use event_store::{
    archive::{ArchiveStore, Proven, Target, Trust, Until, check},
    integrity::{Keyring, Sealer},
};

use super::{
    damage::rewrite,
    world::{World, somebody},
};

fn keyring(seed: u8) -> Keyring {
    Keyring::signing("here", SigningKey::from_bytes(&[seed; 32]), &[])
}

fn required(keys: &Keyring) -> Trust {
    Trust { required: keys.keys(somebody()), ours: None }
}

fn ours(keys: Keyring) -> Trust {
    Trust { required: vec![], ours: Some(keys) }
}

/// A tenant of whose events all but those of the last day are sealed, and how
/// many these are.
async fn sealed_until_yesterday() -> (World, u64) {
    let world = World::filled(2).await;
    let sealer = Sealer::new(world.database.pool("tenantry_worker").unwrap(), keyring(7));
    while sealer.seal(somebody()).await.unwrap().is_some() {}
    let until = world.head(somebody()).await;
    world.fill(3).await;
    assert!(world.head(somebody()).await > until);
    (world, until)
}

async fn proven(world: &World, archive: &Path, trust: &Trust) -> Result<Proven, String> {
    let store = ArchiveStore::open(archive.to_str().unwrap()).unwrap();
    let checked = check(&store, &world.registry, trust, |_| {}).await;
    checked.map(|checked| checked.proven).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_proves_as_much_as_was_signed() {
    let (world, until) = sealed_until_yesterday().await;
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("whole");
    world.export(somebody(), &archive).await;
    for trust in [required(&keyring(7)), ours(keyring(7))] {
        assert_eq!(proven(&world, &archive, &trust).await, Ok(Proven::Signed { until }));
    }
    // Whoever does not know the key can still tell that all fits together.
    for trust in [Trust::default(), ours(keyring(8))] {
        assert_eq!(proven(&world, &archive, &trust).await, Ok(Proven::Whole { until }));
    }
    let refused = proven(&world, &archive, &required(&keyring(8))).await.unwrap_err();
    for part in ["manifest.json", "it is not signed with a trusted key"] {
        assert!(refused.contains(part), "{refused}");
    }
    let copy = world.import(&archive, Target::Name("A copy".to_owned())).await;
    assert_eq!(copy.checked.proven, Proven::Whole { until });

    let early = folder.path().join("early");
    let before = Some(Until::Position(until - 1));
    world.try_export(somebody(), &early, before, false).await.unwrap();
    assert_eq!(proven(&world, &early, &Trust::default()).await, Ok(Proven::Nothing));
    let refused = proven(&world, &early, &required(&keyring(7))).await.unwrap_err();
    assert!(refused.contains("no checkpoint that a key could have signed"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_tells_who_has_signed_an_archive() {
    let (world, until) = sealed_until_yesterday().await;
    let folder = tempfile::tempdir().unwrap();
    world.export(somebody(), folder.path()).await;
    let archive = folder.path().to_str().unwrap();
    let verified = |keys: &[&str]| {
        let signed_by = keys.iter().flat_map(|key| ["--signed-by", key]);
        let verify = ["tenant", "verify-archive", archive].into_iter().chain(signed_by);
        let output = world.program(&verify.collect::<Vec<_>>());
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let key = |seed| keyring(seed).keys(somebody())[0].to_string();
    let (passed, told) = verified(&[&key(7)]);
    assert!(passed && told.contains(&format!("up to position {until} are as signed")), "{told}");
    let (passed, told) = verified(&[&key(8), &key(7)]);
    assert!(passed && told.contains("are as signed"), "{told}");
    let (passed, told) = verified(&[]);
    assert!(passed && told.contains("which no key known here has signed"), "{told}");
    let (passed, told) = verified(&[&key(8)]);
    assert!(!passed && told.contains("not signed with a trusted key"), "{told}");
    let (passed, told) = verified(&["nonsense+1"]);
    assert!(!passed && told.contains("expected a verifier key"), "{told}");
}

/// Changes the manifest, and its checksum with it.
fn edit(archive: &Path, filter: &str) {
    let run = r#"
        jq "$1" manifest.json > new
        sum=$(jq -cSj 'del(.checksum)' new | sha256sum | cut -d' ' -f1)
        jq --arg s "$sum" '.checksum = $s' new > manifest.json && rm new"#;
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", run, "edit", filter]).current_dir(archive);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Somebody makes all checksums fit.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_cannot_be_altered_in_an_archive() {
    let (world, until) = sealed_until_yesterday().await;
    let there = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("whole");
    world.export(somebody(), &archive).await;
    let copy = |spoil: &dyn Fn(&Path)| -> PathBuf {
        let copy = folder.path().join(ulid::Ulid::generate().to_string());
        fs::create_dir(&copy).unwrap();
        for file in fs::read_dir(&archive).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.join(file.file_name())).unwrap();
        }
        spoil(&copy);
        copy
    };
    let unlike = format!("the events up to position {until} are not those that were signed");
    let events = "events-000000000001.ndjson.zst";
    let altered = copy(&|copy| rewrite(copy, events, "sed '3s/\"actor\":\"/\"actor\":\"x/'"));
    for trust in [Trust::default(), required(&keyring(7)), ours(keyring(7))] {
        let refused = proven(&world, &altered, &trust).await.unwrap_err();
        assert!(refused.contains(&unlike) && refused.contains("manifest.json"), "{refused}");
    }
    let refused = there.try_import(&altered, Target::Same, None).await.unwrap_err().to_string();
    assert!(refused.contains(&unlike), "{refused}");
    assert_eq!(there.log(somebody()).await["log.events"], Vec::<String>::new());

    let bare = copy(&|copy| edit(copy, "del(.checkpoint)"));
    assert_eq!(proven(&world, &bare, &Trust::default()).await, Ok(Proven::Nothing));
    let refused = proven(&world, &bare, &required(&keyring(7))).await.unwrap_err();
    assert!(refused.contains("no checkpoint that a key could have signed"), "{refused}");
    let sizes = [1, until - 1, until + 1, 1_000_000];
    for size in sizes {
        let filter = format!(r#".checkpoint |= sub("\n[0-9]+\n"; "\n{size}\n")"#);
        let resized = copy(&|copy| edit(copy, &filter));
        let refused = proven(&world, &resized, &Trust::default()).await.unwrap_err();
        let unlike = format!("up to position {size} are not those that were signed");
        assert!(refused.contains(&unlike), "{refused}");
        let refused = proven(&world, &resized, &ours(keyring(7))).await.unwrap_err();
        assert!(refused.contains("its signature does not fit"), "{refused}");
    }
    let filter = r#".checkpoint |= sub("tnt_[0-9A-Z]+"; "tnt_00000000000000000000000001")"#;
    let moved = copy(&|copy| edit(copy, filter));
    let refused = proven(&world, &moved, &Trust::default()).await.unwrap_err();
    assert!(refused.contains("its checkpoint is of \"here/tnt_0"), "{refused}");
    let none = copy(&|copy| edit(copy, r#".checkpoint = "signed, I swear""#));
    let refused = proven(&world, &none, &Trust::default()).await.unwrap_err();
    assert!(refused.contains("its checkpoint is not accepted: it is no checkpoint"), "{refused}");
}
