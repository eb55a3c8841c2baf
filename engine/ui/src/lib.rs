//! Typed HTML components, layout, words and dates in two languages, CDA as readable pages.
