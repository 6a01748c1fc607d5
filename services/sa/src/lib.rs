//! The storage authority: the only owner of the database
