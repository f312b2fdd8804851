//! Certificates that are believed besides those of the machine: by everything that connects, to
//! sources, to the database of the ledger, to webhooks and mail servers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use wsis_config::plain_file;

/// Why a file of certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It cannot be read.
    #[error("ca_file {}: cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It holds none, or something that is none.
    #[error("ca_file {}: {found}; certificates in PEM would be right", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
}

/// Largest file of certificates: those of all public authorities together have a quarter of it.
const CA_FILE_MAX_BYTES: u64 = 1024 * 1024;

/// Certificates of authorities that a deployment trusts. None is right for most.
#[derive(Debug, Clone, Default)]
pub struct Trust(Arc<[CertificateDer<'static>]>);

impl Trust {
    /// Reads the `ca_file` of a deployment, if it names one.
    ///
    /// # Errors
    /// When it cannot be read, or holds no certificate.
    pub fn read(ca_file: Option<&Path>) -> Result<Self, TrustError> {
        let Some(path) = ca_file else { return Ok(Self::default()) };
        let pem = plain_file::read(path, CA_FILE_MAX_BYTES)
            .map_err(|source| TrustError::Read { path: path.to_path_buf(), source })?;
        Self::from_pem(&pem)
            .map_err(|found| TrustError::Content { path: path.to_path_buf(), found })
    }

    /// Certificates in PEM, one or more.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let found = found.map_err(|error| error.to_string())?;
        if found.is_empty() {
            return Err("holds no certificate".to_owned());
        }
        let mut store = RootCertStore::empty();
        for certificate in &found {
            store.add(certificate.clone()).map_err(|error| error.to_string())?;
        }
        Ok(Self(found.into()))
    }

    /// For HTTP clients.
    pub(crate) fn for_http(&self) -> Result<Vec<reqwest::Certificate>, reqwest::Error> {
        self.0.iter().map(|one| reqwest::Certificate::from_der(one)).collect()
    }

    /// For mail servers.
    pub(crate) fn for_mail(
        &self,
    ) -> Result<Vec<lettre::transport::smtp::client::Certificate>, lettre::transport::smtp::Error>
    {
        let certificate = lettre::transport::smtp::client::Certificate::from_der;
        self.0.iter().map(|one| certificate(one.to_vec())).collect()
    }

    /// For databases: with those of the machine. Where there are none at all no certificate is
    /// believed, which does not matter to a server that is spoken to in the clear.
    pub(crate) fn with_those_of_the_machine(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        store.add_parsable_certificates(self.0.iter().cloned());
        store
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsis_model::causes::chain;

    /// An endless or waiting file is named in place of being read.
    #[test]
    fn trial_x18_what_is_no_plain_file_or_too_large_is_refused() {
        let told = |path: &Path| chain(&Trust::read(Some(path)).unwrap_err());
        assert_eq!(
            told(Path::new("/dev/zero")),
            "ca_file /dev/zero: cannot be read: it is a pipe, a socket or a device, not a file"
        );
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        assert!(told(&fifo).ends_with("a pipe, a socket or a device, not a file"));
        assert!(told(folder.path()).ends_with("it is a folder, not a file"));
        let large = folder.path().join("large.pem");
        std::fs::File::create(&large).unwrap().set_len(CA_FILE_MAX_BYTES + 1).unwrap();
        assert!(told(&large).ends_with("it has more than 1048576 bytes"));
    }

    #[test]
    fn a_file_of_certificates_that_holds_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("agency.pem");
        let told = |path: &Path| chain(&Trust::read(Some(path)).unwrap_err());
        assert!(told(&missing).contains("agency.pem: cannot be read: No such file"));
        std::fs::write(&missing, "ssh-ed25519 AAAA\n").unwrap();
        assert!(
            told(&missing)
                .ends_with("agency.pem: holds no certificate; certificates in PEM would be right")
        );
        let text = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        std::fs::write(&missing, text).unwrap();
        assert!(told(&missing).contains("certificates in PEM would be right"));
        assert!(Trust::read(None).is_ok());
    }
}
