//! Compose files to measure with.
use abra_rig::RigError;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A small stack whose services run: one file.
pub(crate) fn running(folder: &Path, services: usize) -> Result<String, RigError> {
    let mut text = String::from("version: \"3.8\"\nservices:\n");
    for index in 0..services {
        let _ = write!(
            text,
            "  s{index}:\n    image: bb:1\n    environment:\n      NUMBER: \"{index}\"\n      LEVEL: info\n    \
             deploy:\n      labels:\n        - traefik.enable=false\n      restart_policy:\n        \
             condition: on-failure\n"
        );
    }
    write(folder, &format!("running-{services}.yml"), &text)
}

/// The like of a real recipe, so many times over: a file with anchors, merge keys, variables and long and short forms,
/// and two overlays.
pub(crate) fn layered(folder: &Path, services: usize) -> Result<Vec<String>, RigError> {
    let mut base = String::from(BASE_HEAD);
    let mut traffic = String::from("version: \"3.8\"\nservices:\n");
    let mut limits = String::from("version: \"3.8\"\nservices:\n");
    for index in 0..services {
        base += &BASE_SERVICE.replace('#', &index.to_string());
        traffic += &TRAFFIC_SERVICE.replace('#', &index.to_string());
        limits += &LIMITS_SERVICE.replace('#', &index.to_string());
    }
    base += BASE_TAIL;
    for index in 0..services {
        let _ = writeln!(base, "  data{index}:");
    }
    traffic += "networks:\n  proxy:\n    external: true\n";
    [("base", base), ("traffic", traffic), ("limits", limits)]
        .iter()
        .map(|(name, text)| write(folder, &format!("{name}-{services}.yml"), text))
        .collect()
}

fn write(folder: &Path, name: &str, text: &str) -> Result<String, RigError> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(RigError::io(name))?;
    Ok(path.display().to_string())
}

const BASE_HEAD: &str = r#"version: "3.8"
x-environment: &environment
  DOMAIN: ${DOMAIN}
  LOG_LEVEL: ${LOG_LEVEL:-info}
  SMTP_HOST: ${SMTP_HOST:-localhost}
  SMTP_PORT: "${SMTP_PORT:-587}"
x-service: &service
  networks: [internal]
  deploy: &deploy
    restart_policy:
      condition: on-failure
      delay: 5s
    update_config:
      failure_action: rollback
      order: start-first
services:
"#;

const BASE_SERVICE: &str = r#"  app#:
    <<: *service
    image: registry.example.org/team/app#:${TAG:-1.2.3}
    command: ["serve", "--port", "80", "--domain", "${DOMAIN:?a domain}"]
    environment:
      <<: *environment
      DATABASE_URL: "postgres://app:${DB_PORT:-5432}@db/app#"
      SECRET_FILE: /run/secrets/db_password
    volumes:
      - data#:/var/lib/app
      - type: tmpfs
        target: /tmp
    secrets:
      - db_password
      - source: db_password
        target: second
        mode: 0440
    ports:
      - "80"
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost"]
      interval: 30s
      timeout: 10s
      retries: 10
      start_period: 1m
    deploy:
      <<: *deploy
      labels:
        - "traefik.enable=true"
        - "traefik.http.routers.app#.rule=Host(`app#.${DOMAIN}`)"
        - "coop-cloud.app#.version=1.0.0+${TAG:-1.2.3}"
"#;

const BASE_TAIL: &str = r#"networks:
  internal:
    driver: overlay
secrets:
  db_password:
    external: true
    name: stack_db_password_${VERSION:-v1}
volumes:
"#;

const TRAFFIC_SERVICE: &str = r#"  app#:
    networks:
      - proxy
      - internal
    environment:
      BASE_URL: https://app#.${DOMAIN}
    deploy:
      labels:
        - "traefik.http.services.app#.loadbalancer.server.port=80"
        - "traefik.http.routers.app#.tls.certresolver=${RESOLVER:-production}"
"#;

const LIMITS_SERVICE: &str = r#"  app#:
    environment:
      LOG_LEVEL: warn
    deploy:
      replicas: 2
      resources:
        limits:
          cpus: "0.50"
          memory: ${MEMORY:-256M}
"#;
