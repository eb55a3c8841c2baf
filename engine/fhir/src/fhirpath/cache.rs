//! Expressions that are compiled once for the whole program.

use super::ast::Expr;
use super::{PathError, parse};
use lru::LruCache;
use parking_lot::Mutex;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

/// How many compiled expressions are kept: those of all R4 definitions and of several guides.
const EXPRESSIONS: NonZeroUsize = NonZeroUsize::new(4_096).expect("is not zero");

/// The compiled expression of a definition. Expressions of callers go to [`parse`]: they would push the others out.
pub fn compiled(text: &str) -> Result<Arc<Expr>, PathError> {
    static KNOWN: OnceLock<Mutex<LruCache<String, Arc<Expr>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| Mutex::new(LruCache::new(EXPRESSIONS)));
    if let Some(found) = known.lock().get(text) {
        return Ok(Arc::clone(found));
    }
    let expr = Arc::new(parse(text)?);
    known.lock().put(text.to_owned(), Arc::clone(&expr));
    Ok(expr)
}
