//! A plug-in of an engine that has secrets.
use abra_rig::{Engine, RigError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};

/// The driver `vault`, as an engine finds it: a file that names a socket, and who answers there.
pub(crate) fn vault(engine: &mut Engine) -> Result<(), RigError> {
    let socket = engine.folder().join("vault.sock");
    let listener = UnixListener::bind(&socket).map_err(RigError::io("vault.sock"))?;
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(&stream)));
    let made = engine.folder().join("vault.made");
    let script = format!(
        "folder=/etc/docker/plugins; [ ! -d /run/root ] || folder=/run/root$folder\n\
         mkdir -p $folder && echo unix://{} >$folder/vault.spec && : >{}\n",
        socket.display(),
        made.display()
    );
    engine.run_inside("vault.sh", &script)?;
    engine.wait_for("the driver", || made.exists())
}

/// What an engine asks first: what the plug-in can do.
fn answer(mut stream: &UnixStream) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    // An engine may hang up without a word.
    if lines.by_ref().find(|line| line.is_empty()).is_some() {
        let body = r#"{"Implements":["secretprovider"]}"#;
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.plugins.v1.2+json\r\nConnection: close";
        let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    }
}
