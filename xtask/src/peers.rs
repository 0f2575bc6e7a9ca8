//! The steps `peers` and `vendure`: programs written by others, run against our server.
//!
//! `peers/node/run.mjs` and `peers/python/run.py` talk to the program `$OPENDRS_BIN` with real client libraries; each
//! starts it with the world of `$OPENDRS_TEST_SEED`, and exits with 0 when all went well. Their packages come from the
//! committed lists beside them and go below target/xtask. Not here: the checks themselves. Invariant: packages are
//! installed anew exactly when their list or the program that runs them has changed, and a lock names no host to
//! download from.

use crate::command::{Program, program};
use crate::failure::{Failure, Outcome};
use crate::steps::Site;
use crate::tools::{self, Apt};
use crate::tree::Tree;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the shop's test has in common with Node's peers.
const SHARED: [&str; 3] = ["browser.mjs", "checks.mjs", "server.mjs"];

/// How long one language's peers may take.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Runs the peers of both languages; those of the second also when the first fails.
pub fn run(site: &mut Site<'_>) -> Outcome {
    let folder = site.tree.root.join("peers");
    for file in [
        "seed.toml",
        "node/run.mjs",
        "node/package.json",
        "node/package-lock.json",
        "python/run.py",
        "python/requirements.txt",
    ] {
        if !folder.join(file).is_file() {
            return Err(Failure::new(format!("peers/{file} is missing"), "write it; this level is not optional"));
        }
    }
    site.cargo(&["build"]).run()?;
    let (opendrs, seed) = (site.tree.opendrs(), folder.join("seed.toml"));
    let told = |peer: Program| peer.env("OPENDRS_BIN", &opendrs).env("OPENDRS_TEST_SEED", &seed).limit(LIMIT).run();
    let node = node(site).and_then(told);
    let python = python(site, &folder.join("python")).and_then(told);
    Failure::all([node, python].into_iter().filter_map(Result::err).collect())
}

/// Runs a real shop, and our server with orders for it.
pub fn vendure(site: &mut Site<'_>) -> Outcome {
    println!("Vendure comes from npm: some 300 packages, and SQLite that is compiled where there is no binary");
    site.apt.node()?;
    let version = program("node").args(["--version"]).read()?;
    if !is_node_20(&version) {
        let fix = "put a newer `node` on PATH; the other steps do without";
        return Err(Failure::new(format!("Vendure needs Node.js 20 or newer, this is {version}"), fix));
    }
    let folder = installed(site.tree, &mut site.apt, "vendure")?;
    let peers = site.tree.root.join("peers");
    for name in SHARED {
        let to = folder.join(name);
        fs::copy(peers.join("node").join(name), &to).map_err(|error| tools::unwritable(&to, &error))?;
    }
    site.cargo(&["build"]).run()?;
    let run = program("node").args(["run.mjs"]).within(&folder).env("VENDURE_DISABLE_TELEMETRY", "true");
    run.env("OPENDRS_BIN", site.tree.opendrs()).env("OPENDRS_TEST_SEED", peers.join("seed.toml")).limit(LIMIT).run()
}

/// Whether `node --version` is 20 or newer.
fn is_node_20(version: &str) -> bool {
    let major = version.strip_prefix('v').and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    major.is_some_and(|major| major >= 20)
}

/// Node's peers.
fn node(site: &mut Site<'_>) -> Outcome<Program> {
    let folder = installed(site.tree, &mut site.apt, "node")?;
    site.apt.chromium()?;
    Ok(program("node").args(["run.mjs"]).within(&folder))
}

/// A folder of `peers/` for Node: copied beside its installed packages, since Node looks for those from a module's own
/// place upwards.
pub fn installed(tree: &Tree, apt: &mut Apt, name: &str) -> Outcome<PathBuf> {
    let from = tree.root.join("peers").join(name);
    let lock = read(&from.join("package-lock.json"))?;
    if let Some(address) = download_address(&lock) {
        let fix = format!(
            "set `omit-lockfile-registry-resolved=true` in peers/{name}/.npmrc, delete the lock, `npm install`"
        );
        return Err(Failure::new(format!("peers/{name}/package-lock.json names a host: {address}"), fix));
    }
    apt.node()?;
    let to = tree.own(name);
    copy_anew(&from, &to).map_err(|error| tools::unwritable(&to, &error))?;
    let mut list = program("node").args(["--version"]).read()?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        list += &fs::read_to_string(from.join(file)).unwrap_or_default();
    }
    let stamp = Stamp::new(tree.own(&format!("{name}.stamp")), list);
    if !stamp.fits(&to.join("node_modules")) {
        stamp.clear();
        program("npm").args(["ci", "--no-audit", "--no-fund"]).within(&to).run()?;
        stamp.set()?;
    }
    Ok(to)
}

/// Python's peers: run where they are, by a virtual environment's interpreter.
fn python(site: &mut Site<'_>, from: &Path) -> Outcome<Program> {
    let python = site.apt.python()?;
    let requirements = from.join("requirements.txt");
    let list = program(python).args(["--version"]).read()? + &read(&requirements)?;
    let venv = site.tree.own("venv");
    let inside = venv.join("bin/python");
    let stamp = Stamp::new(site.tree.own("venv.stamp"), list);
    if !stamp.fits(&inside) {
        stamp.clear();
        program(python).args(["-m", "venv", "--clear"]).args([&venv]).run()?;
        let pip = program(&inside).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--requirement".as_ref(), requirements.as_os_str()]).run()?;
        stamp.set()?;
    }
    Ok(program(inside).args(["run.py"]).env("PYTHONDONTWRITEBYTECODE", "1").within(from))
}

/// The first address in an npm lock from which a package would be downloaded.
fn download_address(lock: &str) -> Option<&str> {
    lock.lines().map(str::trim).find(|line| line.starts_with("\"resolved\"") && line.contains("://"))
}

fn read(file: &Path) -> Outcome<String> {
    fs::read_to_string(file).map_err(|error| Failure::new(format!("{}: {error}", file.display()), "make it readable"))
}

/// Makes `to` hold what `from` holds, and nothing else but installed packages.
fn copy_anew(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for old in fs::read_dir(to)? {
        let old = old?;
        match old.file_type()?.is_dir() {
            _ if old.file_name() == "node_modules" => {}
            true => fs::remove_dir_all(old.path())?,
            false => fs::remove_file(old.path())?,
        }
    }
    for new in fs::read_dir(from)? {
        let new = new?;
        let target = to.join(new.file_name());
        match new.file_type()?.is_dir() {
            _ if new.file_name() == "node_modules" => {}
            true => copy_anew(&new.path(), &target)?,
            false => fs::copy(new.path(), target).map(|_| ())?,
        }
    }
    Ok(())
}

/// A note of the list from which packages were installed: the list itself, in a file.
struct Stamp {
    file: PathBuf,
    list: String,
}

impl Stamp {
    fn new(file: PathBuf, list: String) -> Self {
        Self { file, list }
    }

    /// Whether `installed` is there and was installed from this very list.
    fn fits(&self, installed: &Path) -> bool {
        installed.exists() && fs::read_to_string(&self.file).is_ok_and(|noted| noted == self.list)
    }

    /// Forgets the former list; to be called before anything is installed, which may fail half-way.
    fn clear(&self) {
        // It may not be there; what cannot be removed cannot be written by `set` either.
        let _ = fs::remove_file(&self.file);
    }

    /// Notes it; to be called once everything is installed.
    fn set(&self) -> Outcome {
        fs::write(&self.file, &self.list).map_err(|error| tools::unwritable(&self.file, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchdog::Folder;

    #[test]
    fn node_is_told_by_its_version() {
        assert!(is_node_20("v20.0.0") && is_node_20("v101.2.3"));
        assert!(!is_node_20("v18.20.4") && !is_node_20("20.0.0") && !is_node_20(""));
    }

    #[test]
    fn a_lock_may_name_pages_but_no_downloads() {
        assert_eq!(download_address("  \"funding\": { \"url\": \"https://example.org\" }"), None);
        assert_eq!(download_address("  \"resolved\": \"local/folder\","), None);
        let line = "\"resolved\": \"https://example.org/a.tgz\",";
        assert_eq!(download_address(&format!("{{\n    {line}\n}}")), Some(line));
    }

    #[test]
    fn a_stamp_fits_its_own_list_only() {
        let folder = Folder::make("opendrs-xtask-test").unwrap();
        let stamp = |list: &str| Stamp::new(folder.path.join("stamp"), list.to_owned());
        assert!(!stamp("a").fits(&folder.path));
        stamp("a").set().unwrap();
        assert!(stamp("a").fits(&folder.path));
        assert!(!stamp("b").fits(&folder.path));
        assert!(!stamp("a").fits(&folder.path.join("gone")));
        stamp("a").clear();
        assert!(!stamp("a").fits(&folder.path));
    }

    #[test]
    fn a_copy_drops_what_is_gone_and_keeps_packages() {
        let folder = Folder::make("opendrs-xtask-test").unwrap();
        let (from, to) = (folder.path.join("from"), folder.path.join("to"));
        fs::create_dir_all(from.join("cases")).unwrap();
        fs::write(from.join("cases/one.mjs"), "1").unwrap();
        fs::create_dir_all(to.join("node_modules")).unwrap();
        fs::write(to.join("old.mjs"), "0").unwrap();
        copy_anew(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("cases/one.mjs")).unwrap(), "1");
        assert!(to.join("node_modules").is_dir() && !to.join("old.mjs").exists());
    }
}
