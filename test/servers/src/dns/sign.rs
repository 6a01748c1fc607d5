//! Keys and signatures, by BIND's tools.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::zone::{Denial, Ds, Security, Times, Zone};
use crate::home::{home, run};

/// Writes zones into the folder of an authoritative server.
pub(super) struct Signer<'a> {
    dir: &'a Path,
}

impl<'a> Signer<'a> {
    pub(super) const fn new(dir: &'a Path) -> Self {
        Self { dir }
    }

    pub(super) const fn dir(&self) -> &'a Path {
        self.dir
    }

    /// Writes the zone file; gives the DS records that the zone above should have.
    pub(super) fn write(&self, zone: &Zone, text: &str) -> Result<String> {
        let home = home()?;
        let file = self.dir.join("zones").join(file_name(&zone.name));
        home.write(&file, text)?;
        match zone.security {
            Security::Unsigned => Ok(String::new()),
            Security::Stripped => self.ds(&self.key(&zone.name)?),
            Security::Signed {
                denial,
                times,
                ds,
                tamper,
            } => {
                let key = self.key(&zone.name)?;
                self.sign(&zone.name, &file, &key, (denial, times))?;
                home.write(&file, tamper(&fs::read_to_string(&file)?))?;
                match ds {
                    Ds::Right => self.ds(&key),
                    Ds::None => Ok(String::new()),
                    Ds::Wrong => self.ds(&self.key(&zone.name)?),
                }
            }
        }
    }

    /// Makes a key, which signs both the zone and its keys; gives the name of its files.
    fn key(&self, zone: &str) -> Result<String> {
        let mut command = home()?.command(super::program("dnssec-keygen")?);
        command
            .args(["-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-K"])
            .arg(self.dir.join("keys"))
            .arg(format!("{zone}."));
        run(&mut command)
    }

    fn ds(&self, key: &str) -> Result<String> {
        let mut command = home()?.command(super::program("dnssec-dsfromkey")?);
        command
            .arg("-2")
            .arg(self.dir.join("keys").join(format!("{key}.key")));
        Ok(run(&mut command)? + "\n")
    }

    fn sign(&self, zone: &str, file: &Path, key: &str, how: (Denial, Times)) -> Result<()> {
        let key_file = self.dir.join("keys").join(format!("{key}.key"));
        let with_key = format!(
            "{}{}",
            fs::read_to_string(file)?,
            fs::read_to_string(&key_file).context("the key")?
        );
        home()?.write(file, with_key)?;
        let mut command = home()?.command(super::program("dnssec-signzone")?);
        command.args(["-q", "-z", "-P", "-o", &format!("{zone}.")]);
        match how.0 {
            Denial::Nsec => {}
            Denial::Nsec3 => drop(command.args(["-3", "-", "-H", "0"])),
            Denial::OptOut => drop(command.args(["-3", "-", "-H", "0", "-A"])),
        }
        match how.1 {
            Times::Now => {}
            Times::Years => drop(command.args(["-e", "20400101000000"])),
            Times::Past => drop(command.args(["-s", "now-864000", "-e", "now-86400"])),
            Times::Future => drop(command.args(["-s", "now+86400", "-e", "now+864000"])),
        }
        command
            .arg("-K")
            .arg(self.dir.join("keys"))
            .arg("-f")
            .arg(file)
            .arg(file);
        command.arg(self.dir.join("keys").join(key));
        run(&mut command).map(drop)
    }
}

/// The name of a zone's file.
pub(super) fn file_name(zone: &str) -> String {
    format!("{}.zone", if zone.is_empty() { "root" } else { zone })
}
