//! Folds the log into the read models' tables.
