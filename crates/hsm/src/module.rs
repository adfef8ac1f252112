//! One PKCS#11 module of this process. A module is started once however many keys use it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, Weak};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use crate::error::HsmError;
use crate::session::Pool;

/// The module keeps its state for the whole process, so that there can be only one of each.
static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

#[derive(Debug)]
pub(crate) struct Module {
    path: PathBuf,
    /// Read while the module works, written while it starts again.
    running: RwLock<Running>,
    /// Idle sessions end before the module does: a number from before could name another session afterwards.
    pools: Mutex<Vec<Weak<Pool>>>,
}

#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) context: Pkcs11,
    /// How often it was started.
    pub(crate) start: u64,
}

impl Module {
    /// The module of that path, loaded and started if it is not yet.
    pub(crate) fn open(path: &Path) -> Result<Arc<Self>, HsmError> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(&path) {
            return Ok(Arc::clone(module));
        }
        let fail = |source| HsmError::Module { path: path.clone(), source };
        let context = Pkcs11::new(&path).map_err(fail)?;
        start(&context).map_err(fail)?;
        let running = RwLock::new(Running { context, start: 1 });
        let module = Arc::new(Self { path: path.clone(), running, pools: Mutex::default() });
        modules.insert(path, Arc::clone(&module));
        Ok(module)
    }

    pub(crate) fn register(&self, pool: &Arc<Pool>) {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|known| known.strong_count() > 0);
        pools.push(Arc::downgrade(pool));
    }

    /// Sessions may be used while this is held, and no longer.
    pub(crate) fn running(&self) -> RwLockReadGuard<'_, Running> {
        self.running.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the module again unless somebody did since its start number `seen`.
    pub(crate) fn restart(&self, seen: u64) -> Result<(), HsmError> {
        let mut running = self.running.write().unwrap_or_else(PoisonError::into_inner);
        if running.start != seen {
            return Ok(());
        }
        for pool in self.pools.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            pool.upgrade().inspect(|pool| pool.clear());
        }
        running.start += 1;
        // It may have ended already; what counts is that it starts.
        let _ = running.context.clone().finalize();
        start(&running.context).map_err(|source| HsmError::Module { path: self.path.clone(), source })
    }
}

fn start(context: &Pkcs11) -> Result<(), Error> {
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Another library of this process uses it too.
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        other => other,
    }
}
