//! Sessions with a token: a few are kept, logged in; one that fails is closed and not used again.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::error::{Error, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, UserType};

use crate::error::HsmError;
use crate::module::{Module, Running};
use crate::pin::Pin;

/// Idle sessions that are kept for a key. A token has few sessions, and some have as few as sixteen.
const MAX_IDLE_SESSIONS: usize = 4;

/// A token of a PKCS#11 module, and what opens it.
#[derive(Clone, Debug)]
pub struct Token {
    module: Arc<Module>,
    label: String,
    pin: Pin,
    /// Set when the PIN was refused. Shared by the copies: none of them tries it again.
    pin_refused: Arc<AtomicBool>,
}

impl Token {
    /// The token of that label. Loads the module; whether the token is there is asked when it is used.
    ///
    /// # Errors
    /// [`HsmError::Module`].
    pub fn new(module: &Path, label: &str, pin: Pin) -> Result<Self, HsmError> {
        let module = Module::open(module)?;
        Ok(Self { module, label: label.to_owned(), pin, pin_refused: Arc::default() })
    }

    /// Label of the token.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What the module and the token say of themselves, for people to compare with what is written on the device.
    ///
    /// # Errors
    /// [`HsmError`] if the token is not there.
    pub fn identity(&self) -> Result<TokenIdentity, HsmError> {
        let running = self.module.running();
        let library = running.context.get_library_info()?;
        let info = running.context.get_token_info(self.slot(&running)?)?;
        let version = library.library_version();
        Ok(TokenIdentity {
            library: format!("{} {version}", library.library_description().trim_end()),
            device: format!(
                "{} {}, serial {}, hardware {}, firmware {}",
                info.manufacturer_id().trim_end(),
                info.model().trim_end(),
                info.serial_number().trim_end(),
                info.hardware_version(),
                info.firmware_version()
            ),
        })
    }

    pub(crate) fn module(&self) -> &Module {
        &self.module
    }

    pub(crate) fn pool(&self) -> Arc<Pool> {
        let pool = Arc::default();
        self.module.register(&pool);
        pool
    }

    /// Opens a session in which the user is logged in.
    pub(crate) fn login(&self, running: &Running, write: bool) -> Result<Session, HsmError> {
        if self.pin_refused.load(Ordering::Acquire) {
            return Err(HsmError::WrongPin);
        }
        let slot = self.slot(running)?;
        let context = &running.context;
        let session = if write { context.open_rw_session(slot) } else { context.open_ro_session(slot) }?;
        match session.login(UserType::User, Some(&self.pin.expose())) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => {
                let error = HsmError::from(error);
                if matches!(error, HsmError::WrongPin | HsmError::Locked) {
                    self.pin_refused.store(true, Ordering::Release);
                }
                Err(error)
            }
        }
    }

    fn slot(&self, running: &Running) -> Result<cryptoki::slot::Slot, HsmError> {
        let mut found = None;
        for slot in running.context.get_slots_with_initialized_token()? {
            // A device that is just being pulled out is none.
            let Ok(info) = running.context.get_token_info(slot) else { continue };
            if info.label().trim_end() == self.label && found.replace(slot).is_some() {
                return Err(HsmError::TwoTokens(self.label.clone()));
            }
        }
        found.ok_or_else(|| HsmError::NoToken(self.label.clone()))
    }
}

/// Who a token says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenIdentity {
    /// Of the module: description and version.
    pub library: String,
    /// Of the token: manufacturer, model, serial number, versions.
    pub device: String,
}

/// A session and the private key in it.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) session: Session,
    pub(crate) key: ObjectHandle,
}

/// Idle sessions of one key.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Ready>>);

impl Pool {
    pub(crate) fn take(&self) -> Option<Ready> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(crate) fn give_back(&self, ready: Ready) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE_SESSIONS {
            idle.push(ready);
        }
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
