//! An app's secrets on its server: which the recipe wants, which are there; inserting and removing them.
//!
//! Not here: how values are made up (core), and generating them ([`super::secrets`]).
use super::render::Source;
use super::secrets::{self, Ready, Showcase, create, unclear};
use super::{recipe, server};
use crate::context::Context;
use crate::engine::{Engine, EngineError, FileKind, Filters};
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::name::nearest;
use abra_core::secret::Secret;
use abra_core::secrets::{Wish, named};
use std::collections::BTreeMap;

/// The most that a secret may hold, in bytes (docker).
const MOST: usize = 500 << 10;

/// An app's secrets.
#[derive(Debug)]
pub struct Vault {
    /// The app.
    pub app: App,
    /// Those that the recipe wants.
    pub wishes: Vec<Wish>,
    /// When those that are on the server were created, by name.
    pub there: BTreeMap<String, String>,
    engine: Engine,
}

/// Looks at the recipe, at the version that a deployment would take, and at the server.
///
/// # Errors
/// There is no such app or version, or the server can't be asked.
pub async fn open(context: &Context, name: &str, chaos: bool) -> Result<Vault, Failure> {
    let app = context.app(name)?;
    let files = recipe::chosen(context, &app, chaos).await?.files;
    let source = Source { files: &files, user_home: context.user_home.as_deref() };
    let wishes = secrets::wanted(&app, source)?;
    let engine = server::connect(context, &app.server).await?;
    let there = engine.files(FileKind::Secret, &Filters::none()).await?;
    let there = there.into_iter().map(|secret| (secret.spec.name, secret.created_at)).collect();
    Ok(Vault { app, wishes, there, engine })
}

impl Vault {
    /// The secret of this name, in this version where one is named.
    ///
    /// # Errors
    /// The recipe wants no such secret, or the env file names another version of it.
    pub fn wish(&self, name: &str, version: Option<&str>) -> Result<&Wish, Failure> {
        let Some(wish) = named(&self.wishes, name) else {
            let keys: Vec<&str> = self.wishes.iter().map(|wish| wish.key.as_str()).collect();
            let near = nearest(name, keys.iter().copied(), 3);
            let failure = Failure::new(format!("the recipe wants no secret {name}"));
            return Err(match (near.is_empty(), keys.is_empty()) {
                (false, _) => failure.hint(format!("nearest names: {}", near.join(", "))),
                (true, false) => failure.hint(format!("its secrets: {}", keys.join(", "))),
                (true, true) => failure.hint("it wants none at all"),
            });
        };
        match version.filter(|version| !wish.name.ends_with(&format!("_{version}"))) {
            None => Ok(wish),
            // What was given may be a value.
            Some(_) => {
                Err(Failure::new(format!("the app wants secret {}, and no other version of it", wish.name))
                    .hint(format!("its version stands in {}; change it there first", self.app.env.name())))
            }
        }
    }

    /// The names on the server that `rm` means: of one secret in one version, by default the one that is wanted.
    ///
    /// # Errors
    /// The recipe wants no such secret, or its name ends in no version.
    pub fn meant(&self, name: &str, version: Option<&str>) -> Result<String, Failure> {
        let wish = self.wish(name, None)?;
        let Some(version) = version else { return Ok(wish.name.clone()) };
        wish.in_version(version).ok_or_else(|| {
            Failure::new(format!("the name of secret {name} ends in no version: it is {}", wish.name))
        })
    }

    /// Names on the server of a secret in versions that are not wanted (any more).
    pub fn other_versions(&self, wish: &Wish) -> Vec<&str> {
        wish.other_versions(self.there.keys().map(String::as_str))
    }

    /// Makes ready for generating secrets that are not there yet. `pass`: they are kept in the pass store, too.
    ///
    /// # Errors
    /// There is no pass store, or the server can't be asked.
    pub async fn ready(self, pass: bool) -> Result<Maker, Failure> {
        let ready = secrets::ready(self.engine, self.wishes, pass).await?;
        Ok(Maker { app: self.app, ready })
    }

    /// Inserts the value of a secret that is not there yet.
    ///
    /// # Errors
    /// It is there, the value can't be one, or the server refuses it.
    pub async fn insert(
        &self,
        context: &Context,
        wish: &Wish,
        value: &Secret<Vec<u8>>,
    ) -> Result<(), Failure> {
        let size = value.expose().len();
        if size == 0 || size > MOST {
            return Err(Failure::new(format!("a secret holds 1 to {MOST} bytes; this has {size}")));
        }
        if self.there.contains_key(&wish.name) {
            return Err(is_there(&wish.name, self.app.name.as_str()));
        }
        let _guard = context.interrupt.guard();
        match context.finished(create(&self.engine, &wish.name, value.expose())).await {
            Err(EngineError::NameTaken { .. }) => Err(is_there(&wish.name, self.app.name.as_str())),
            Err(error) if error.may_have_happened() => Err(unclear(&self.app, wish, error)),
            result => result.map_err(Failure::from),
        }
    }

    /// Removes a secret from the server.
    ///
    /// # Errors
    /// A service uses it, or the server can't be asked.
    pub async fn remove(&self, context: &Context, name: &str) -> Result<(), Failure> {
        context.finished(self.engine.remove_file(FileKind::Secret, name)).await.map_err(|error| {
            let in_use = matches!(error, EngineError::InUse { .. });
            let failure = Failure::from(error);
            match in_use {
                true => failure.hint(format!(
                    "a deployment with another version of it, or `abra app undeploy {}`, comes first",
                    self.app.name
                )),
                false => failure,
            }
        })
    }
}

/// What generating secrets needs.
#[derive(Debug)]
pub struct Maker {
    app: App,
    ready: Ready,
}

impl Maker {
    /// Generates them, each shown before it is sent.
    ///
    /// # Errors
    /// A secret was not made, or not kept, or the operator wanted to stop. Those before it are made.
    pub async fn generate(self, context: &Context, showcase: &mut dyn Showcase) -> Result<(), Failure> {
        secrets::generate(context, &self.app, self.ready, showcase).await
    }
}

fn is_there(name: &str, app: &str) -> Failure {
    Failure::new(format!("secret {name} is on the server already, and the content of a secret can't change"))
        .hint(format!(
            "a new version of it (in the env file) is a new secret; `abra app secret rm {app} SECRET` removes this one"
        ))
}
