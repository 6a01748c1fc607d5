//! The servers themselves.

mod backups;
mod bouncer;
mod databases;
mod dns;
mod ends;
mod standbys;
