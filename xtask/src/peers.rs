//! The steps `peers` and `vendure`: software of others, run against our server.
//!
//! `peers/node/run.mjs` and `peers/python/run.py` call the program `$OPENDRS_BIN` with real client libraries, the first also
//! with a browser. Each starts it with the seed `$OPENDRS_TEST_SEED`, and exits with 0 when all checks passed. Their packages come from
//! committed lists beside them, and are installed below target/xtask. Not here: the checks themselves. Invariant:
//! packages are installed again exactly when their list, or the program that runs them, has changed. A lock file names
//! no host to download from.

use crate::command::{ExternalProgram, program};
use crate::error::{TaskError, TaskResult};
use crate::step_context::StepContext;
use crate::tools::{self, Apt};
use crate::workspace::Workspace;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The files that the shop's test shares with Node's peers.
const SHARED_FILES: [&str; 3] = ["browser.mjs", "checks.mjs", "server.mjs"];

/// The time limit of one language's peers.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Runs the peers of both languages; the second also if the first failed.
pub fn run(site: &mut StepContext<'_>) -> TaskResult {
    let folder = site.workspace.root.join("peers");
    for file in [
        "seed.toml",
        "node/run.mjs",
        "node/package.json",
        "node/package-lock.json",
        "python/run.py",
        "python/requirements.txt",
    ] {
        if !folder.join(file).is_file() {
            return Err(TaskError::new(format!("peers/{file} is missing"), "write it; this level is not optional"));
        }
    }
    site.cargo(&["build"]).run()?;
    // Node's peers use it to fill a store.
    let interpreter = site.apt.ensure_python()?;
    let node = prepare_node_script(site, "run.mjs")
        .and_then(|script| run_with_server(site, script.env("PYTHON", interpreter)));
    let python = prepare_python_peer(site, &folder.join("python")).and_then(|script| run_with_server(site, script));
    TaskError::combine([node, python].into_iter().filter_map(Result::err).collect())
}

/// Runs a real Vendure shop, and our server with orders for it.
pub fn run_vendure(site: &mut StepContext<'_>) -> TaskResult {
    println!("Vendure comes from npm: some 300 packages, and SQLite that is compiled where there is no binary");
    site.apt.ensure_node()?;
    let version = program("node").args(["--version"]).read_output()?;
    if !is_node_20(&version) {
        let fix = "put a newer `node` on PATH; the other steps do without";
        return Err(TaskError::new(format!("Vendure needs Node.js 20 or newer, this is {version}"), fix));
    }
    let folder = install_node_packages(site.workspace, &mut site.apt, "vendure")?;
    let peers = site.workspace.root.join("peers");
    for name in SHARED_FILES {
        let to = folder.join(name);
        fs::copy(peers.join("node").join(name), &to).map_err(|error| tools::write_error(&to, &error))?;
    }
    site.cargo(&["build"]).run()?;
    let run = program("node").args(["run.mjs"]).in_folder(&folder).env("VENDURE_DISABLE_TELEMETRY", "true");
    run_with_server(site, run)
}

/// Runs a script that starts the program with the seed. The program is built before.
pub fn run_with_server(site: &StepContext<'_>, script: ExternalProgram) -> TaskResult {
    script
        .env("OPENDRS_BIN", site.workspace.opendrs_program())
        .env("OPENDRS_TEST_SEED", site.workspace.root.join("peers/seed.toml"))
        .with_time_limit(LIMIT)
        .run()
}

/// Whether `node --version` is 20 or newer.
fn is_node_20(version: &str) -> bool {
    let major = version.strip_prefix('v').and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    major.is_some_and(|major| major >= 20)
}

/// Prepares a script of `peers/node`, with its packages and a browser.
pub fn prepare_node_script(site: &mut StepContext<'_>, script: &str) -> TaskResult<ExternalProgram> {
    let folder = install_node_packages(site.workspace, &mut site.apt, "node")?;
    site.apt.ensure_chromium()?;
    Ok(program("node").arg(script).in_folder(&folder))
}

/// Installs the packages of a folder of `peers/` for Node. The folder is copied beside its installed packages, because
/// Node searches them in the module's folder and those above it.
pub fn install_node_packages(tree: &Workspace, apt: &mut Apt, name: &str) -> TaskResult<PathBuf> {
    let from = tree.root.join("peers").join(name);
    let lock = read_file(&from.join("package-lock.json"))?;
    if let Some(address) = download_address(&lock) {
        let fix = format!(
            "set `omit-lockfile-registry-resolved=true` in peers/{name}/.npmrc, delete the lock, `npm install`"
        );
        return Err(TaskError::new(format!("peers/{name}/package-lock.json names a host: {address}"), fix));
    }
    apt.ensure_node()?;
    let to = tree.own_path(name);
    mirror_folder(&from, &to).map_err(|error| tools::write_error(&to, &error))?;
    let mut list = program("node").args(["--version"]).read_output()?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        list += &fs::read_to_string(from.join(file)).unwrap_or_default();
    }
    let stamp = InstallStamp::new(tree.own_path(&format!("{name}.stamp")), list);
    if !stamp.is_current(&to.join("node_modules")) {
        stamp.clear();
        program("npm").args(["ci", "--no-audit", "--no-fund"]).in_folder(&to).run()?;
        stamp.write()?;
    }
    Ok(to)
}

/// Prepares Python's peers. They run in place, with the interpreter of a virtual environment.
fn prepare_python_peer(site: &mut StepContext<'_>, from: &Path) -> TaskResult<ExternalProgram> {
    let python = site.apt.ensure_python()?;
    let requirements = from.join("requirements.txt");
    let list = program(python).args(["--version"]).read_output()? + &read_file(&requirements)?;
    let venv = site.workspace.own_path("venv");
    let inside = venv.join("bin/python");
    let stamp = InstallStamp::new(site.workspace.own_path("venv.stamp"), list);
    if !stamp.is_current(&inside) {
        stamp.clear();
        program(python).args(["-m", "venv", "--clear"]).args([&venv]).run()?;
        let pip = program(&inside).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--requirement".as_ref(), requirements.as_os_str()]).run()?;
        stamp.write()?;
    }
    Ok(program(inside).args(["run.py"]).env("PYTHONDONTWRITEBYTECODE", "1").in_folder(from))
}

/// The first URL in an npm lock file from which a package would be downloaded.
fn download_address(lock: &str) -> Option<&str> {
    lock.lines().map(str::trim).find(|line| line.starts_with("\"resolved\"") && line.contains("://"))
}

fn read_file(file: &Path) -> TaskResult<String> {
    fs::read_to_string(file).map_err(|error| TaskError::new(format!("{}: {error}", file.display()), "make it readable"))
}

/// Makes `to` a copy of `from`; installed packages in `to` stay.
fn mirror_folder(from: &Path, to: &Path) -> std::io::Result<()> {
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
            true => mirror_folder(&new.path(), &target)?,
            false => fs::copy(new.path(), target).map(|_| ())?,
        }
    }
    Ok(())
}

/// The list from which packages were installed, recorded in a file.
struct InstallStamp {
    file: PathBuf,
    list: String,
}

impl InstallStamp {
    fn new(file: PathBuf, list: String) -> Self {
        Self { file, list }
    }

    /// Whether `installed` exists and was installed from exactly this list.
    fn is_current(&self, installed: &Path) -> bool {
        installed.exists() && fs::read_to_string(&self.file).is_ok_and(|noted| noted == self.list)
    }

    /// Deletes the recorded list. Call it before an installation, which may fail half-way.
    fn clear(&self) {
        // The file may be missing. If it cannot be removed, `write` cannot write it either.
        let _ = fs::remove_file(&self.file);
    }

    /// Records the list. Call it once everything is installed.
    fn write(&self) -> TaskResult {
        fs::write(&self.file, &self.list).map_err(|error| tools::write_error(&self.file, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchdog::TemporaryFolder;

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
        let folder = TemporaryFolder::create("opendrs-xtask-test").unwrap();
        let stamp = |list: &str| InstallStamp::new(folder.path.join("stamp"), list.to_owned());
        assert!(!stamp("a").is_current(&folder.path));
        stamp("a").write().unwrap();
        assert!(stamp("a").is_current(&folder.path));
        assert!(!stamp("b").is_current(&folder.path));
        assert!(!stamp("a").is_current(&folder.path.join("gone")));
        stamp("a").clear();
        assert!(!stamp("a").is_current(&folder.path));
    }

    #[test]
    fn a_copy_drops_what_is_gone_and_keeps_packages() {
        let folder = TemporaryFolder::create("opendrs-xtask-test").unwrap();
        let (from, to) = (folder.path.join("from"), folder.path.join("to"));
        fs::create_dir_all(from.join("cases")).unwrap();
        fs::write(from.join("cases/one.mjs"), "1").unwrap();
        fs::create_dir_all(to.join("node_modules")).unwrap();
        fs::write(to.join("old.mjs"), "0").unwrap();
        mirror_folder(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("cases/one.mjs")).unwrap(), "1");
        assert!(to.join("node_modules").is_dir() && !to.join("old.mjs").exists());
    }
}
