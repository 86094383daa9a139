//! Which servers and apps there are.
use super::{Home, HomeError, checked, io_error};
use abra_core::app::App;
use abra_core::name::{AppName, ServerName, nearest};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// Where an app is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The server.
    pub server: ServerName,
    /// The app.
    pub app: AppName,
}

/// Servers with their apps, both in the order of their names.
pub type Listing = BTreeMap<ServerName, Vec<AppName>>;

impl Home {
    /// All servers: the folders under `servers/`, or links to folders.
    ///
    /// # Errors
    /// The folder is there but can't be listed.
    pub fn servers(&self) -> Result<Vec<ServerName>, HomeError> {
        let dir = self.servers_dir();
        let mut servers: Vec<ServerName> = names(&dir)?
            .iter()
            .filter_map(|name| checked(name, ServerName::new))
            .filter(|server| self.server_dir(server).is_dir())
            .collect();
        servers.sort();
        Ok(servers)
    }

    /// All apps of a server: its files `*.env`, or links to files; also links that lead nowhere, as an app was meant.
    ///
    /// # Errors
    /// There is no such server, or its folder can't be listed.
    pub fn apps_of(&self, server: &ServerName) -> Result<Vec<AppName>, HomeError> {
        self.known_server(server)?;
        let mut apps: Vec<AppName> = names(&self.server_dir(server))?
            .iter()
            .filter_map(|name| checked(name.strip_suffix(".env")?, AppName::new))
            .filter(|app| stands_for_app(&self.env_path(server, app)))
            .collect();
        apps.sort();
        Ok(apps)
    }

    /// All servers with all their apps.
    ///
    /// # Errors
    /// A folder can't be listed.
    pub fn listing(&self) -> Result<Listing, HomeError> {
        self.servers()?.into_iter().map(|server| self.apps_of(&server).map(|apps| (server, apps))).collect()
    }

    /// The one app of a name.
    ///
    /// # Errors
    /// There is none (names that come near are told), or there are several.
    pub fn find(&self, app: &AppName) -> Result<Place, HomeError> {
        let mut servers = Vec::new();
        for server in self.servers()? {
            if stands_for_app(&self.env_path(&server, app)) {
                servers.push(server);
            }
        }
        match servers.len() {
            0 => {
                let listing = self.listing()?;
                let known = listing.values().flatten().map(AppName::as_str);
                let nearest = nearest(app.as_str(), known, 3).into_iter().map(str::to_owned).collect();
                Err(HomeError::NoApp { app: app.clone(), servers: self.servers_dir(), nearest })
            }
            1 => Ok(Place { server: servers.remove(0), app: app.clone() }),
            _ => Err(HomeError::Several { app: app.clone(), servers }),
        }
    }

    /// Reads an app.
    ///
    /// # Errors
    /// Its env file can't be read, or has errors.
    pub fn load(&self, place: &Place) -> Result<App, HomeError> {
        let env = self.env(&place.server, &place.app)?;
        App::new(place.server.clone(), place.app.clone(), env).map_err(|findings| HomeError::Findings {
            path: self.env_path(&place.server, &place.app),
            findings,
        })
    }

    /// The folders of recipes, by name; what can't be listed is left out, as this only helps to find a name.
    pub fn recipes(&self) -> Vec<String> {
        let dir = self.root().join("recipes");
        let mut recipes = names(&dir).unwrap_or_default();
        recipes.retain(|name| !name.starts_with('.') && dir.join(name).is_dir());
        recipes.sort();
        recipes
    }

    /// Makes sure that there is a folder for the server.
    ///
    /// # Errors
    /// There is none; names that come near are told.
    pub fn known_server(&self, server: &ServerName) -> Result<(), HomeError> {
        if self.server_dir(server).is_dir() {
            return Ok(());
        }
        let servers = self.servers()?;
        let near = nearest(server.as_str(), servers.iter().map(ServerName::as_str), 3);
        let nearest = near.into_iter().map(str::to_owned).collect();
        Err(HomeError::NoServer { server: server.clone(), servers: self.servers_dir(), nearest })
    }
}

/// Whether something is an env file, or a link to what can't be seen: there is no telling that it was none.
fn stands_for_app(path: &Path) -> bool {
    match path.metadata() {
        Ok(found) => found.is_file(),
        Err(_) => path.is_symlink(),
    }
}

/// The names in a folder that are text; none where there is no folder.
fn names(dir: &Path) -> Result<Vec<String>, HomeError> {
    Ok(entries(dir)?.into_iter().filter_map(|name| name.into_string().ok()).collect())
}

/// What is in a folder; nothing where there is none.
pub(super) fn entries(dir: &Path) -> Result<Vec<OsString>, HomeError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error("list", dir)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(io_error("list", dir))?.file_name());
    }
    Ok(names)
}
