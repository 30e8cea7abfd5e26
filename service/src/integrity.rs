//! The keys that sign and verify checkpoints, as they are configured.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::VerifyingKey;
use event_store::integrity::Keyring;

use crate::{
    auth::{Key, KeyError},
    config,
};

/// The configured keys; nothing where no file is named, and logs are not
/// sealed.
///
/// # Errors
/// When the file cannot be read, others can read it, or it holds something
/// else.
pub fn keyring(config: &config::Integrity) -> Result<Option<Keyring>, KeyError> {
    if config.signing_key_file.is_empty() {
        return Ok(None);
    }
    let key = Key::open(Path::new(&config.signing_key_file))?;
    // The configuration was refused if these were none.
    let retired = public_keys(&config.retired_keys).unwrap_or_default();
    Ok(Some(match key.signing() {
        Some(pair) => Keyring::signing(&config.installation, pair, &retired),
        None => Keyring::verifying(&config.installation, key.verifying(), &retired),
    }))
}

/// Public keys in base64 with spaces between them.
pub(crate) fn public_keys(text: &str) -> Option<Vec<VerifyingKey>> {
    let key = |text| VerifyingKey::from_bytes(&STANDARD.decode(text).ok()?.try_into().ok()?).ok();
    text.split_whitespace().map(key).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ed25519_dalek::pkcs8::{EncodePublicKey, spki::der::pem::LineEnding};

    use super::*;
    use crate::{config::Config, scratch::Scratch};

    #[test]
    fn a_pair_signs_and_its_public_half_verifies() {
        let folder = Scratch::new("integrity");
        let mut config = Config::default().integrity;
        assert!(keyring(&config).unwrap().is_none(), "no file is named");
        let file = folder.join("integrity.pem");
        config.signing_key_file = file.display().to_string();
        let missing = keyring(&config).unwrap_err();
        assert!(missing.to_string().contains("integrity.pem"), "{missing}");

        let pair = Key::open_or_create(&file).unwrap();
        let signs = keyring(&config).unwrap().unwrap();
        let tenant = ulid::Ulid(1);
        let [key] = &signs.keys(tenant)[..] else { panic!("one key") };
        assert!(key.to_string().starts_with("tenantry/tnt_00000000000000000000000001+"));

        let public = folder.join("public.pem");
        fs::write(&public, pair.verifying().to_public_key_pem(LineEnding::LF).unwrap()).unwrap();
        config.signing_key_file = public.display().to_string();
        let verifies = keyring(&config).unwrap().unwrap();
        assert_eq!(verifies.keys(tenant), signs.keys(tenant));
    }

    #[test]
    fn retired_keys_are_read_in_base64() {
        let key = STANDARD.encode(Key::generate().unwrap().verifying().as_bytes());
        assert_eq!(public_keys("  ").unwrap().len(), 0);
        assert_eq!(public_keys(&format!("{key}  {key}")).unwrap().len(), 2);
        assert!(public_keys("AQID").is_none());
    }
}
