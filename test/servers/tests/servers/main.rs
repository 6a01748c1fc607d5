//! The servers themselves.

mod backups;
mod bouncer;
mod databases;
mod ends;
mod standbys;
