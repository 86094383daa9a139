#!/usr/bin/env bash
# The world of a page: a forge with the recipe `hello` and the team's repository of servers, and who has a home.
# Behind the scenes, pages use what stands in bin/ and in here:
#   forge$ release VERSION EDIT NOTES   publishes a release: a sed expression changes the recipe first
#   forge$ grow WHAT                    the recipe gets `functions` or `secrets`, published with its next release
#   alice$ share MESSAGE                commits and pushes what alice changed in her servers' repository
set -euo pipefail
world=$PWD
mkdir -p bin forge/hello.git

cat >bin/abra <<'SH'
#!/bin/sh
echo $$ >"$HOME/.abra-pid"
[ -e "$HOME/.read-only" ] || exec "$ABRA" "$@"
how=$(cat "$HOME/.read-only")
exec unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o "remount,$2,bind" "$1" && shift 2 && exec "$@"' sh \
  "$HOME/.abra/servers" "${how:-ro}" "$ABRA" "$@"
SH

# From now on the abra that runs can't write.
cat >bin/no-more-writing <<'SH'
#!/bin/sh
exec nsenter --target "$(cat "$HOME/.abra-pid")" --mount mount -o remount,ro,bind "$HOME/.abra/servers"
SH

cat >bin/release <<'SH'
#!/usr/bin/env bash
set -euo pipefail
cd "$HOME/hello.git"
sed -i "s|version=[0-9][^\"]*|version=$1|; $2" compose.yml
mkdir -p release
printf '%s\n' "$3" >"release/$1"
git add --all
git commit --quiet --message "chore: publish $1 release"
git tag --annotate "$1" --message "chore: publish $1 release"
SH

cat >bin/grow <<'SH'
#!/usr/bin/env bash
set -euo pipefail
cd "$HOME/hello.git"
case $1 in
functions)
  cat >abra.sh <<'RECIPE'
add_admin() {
    echo "$1 is an administrator of $APP_NAME now"
}

migrate() {
    echo "the tables of $STACK_NAME are as version 2 wants them"
}

check_mail() {
    echo "no mail server at mail.coop.example" >&2
    return 1
}
RECIPE
  ;;
secrets)
  sed -i '/^  app:/a\    secrets: [db_password, smtp_password]' compose.yml
  cat >>compose.yml <<'RECIPE'
secrets:
  db_password:
    external: true
    name: ${STACK_NAME}_db_password_${SECRET_DB_PASSWORD_VERSION}
  smtp_password:
    external: true
    name: ${STACK_NAME}_smtp_password_${SECRET_SMTP_PASSWORD_VERSION}
RECIPE
  cat >>.env.sample <<'RECIPE'

SECRET_DB_PASSWORD_VERSION=v1 # length=32 charset=hex
SECRET_SMTP_PASSWORD_VERSION=v1 # generate=false
RECIPE
  ;;
esac
SH

cat >bin/share <<'SH'
#!/usr/bin/env bash
set -euo pipefail
cd "$HOME/.abra/servers"
git add --all
git commit --quiet --message "$1"
git push --quiet
SH
# team: alice and bob have switched operator sync on and share the app hello.example.com, which is not deployed yet.
cat >bin/team <<'SH'
#!/usr/bin/env bash
set -euo pipefail
cd "$HOME/.."
for who in alice bob; do
  export HOME=$PWD/$who
  mkdir -p "$HOME/.abra"
  printf 'operator:\n  sync: true\nrecipes:\n  url: https://git.coop.example\n' >"$HOME/.abra/config.yml"
  git clone --quiet https://git.coop.example/servers.git "$HOME/.abra/servers" 2>/dev/null
  if [ "$who" = alice ]; then
    mkdir "$HOME/.abra/servers/default"
    cp forge/hello.git/.env.sample "$HOME/.abra/servers/default/hello.example.com.env"
    share "hello.example.com: settings"
  fi
done
SH
chmod +x bin/*

for who in alice bob ci server forge; do
  mkdir -p "$who"
  cat >"$who/.gitconfig" <<INI
[user]
	name = ${who^}
	email = $who@coop.example
[init]
	defaultBranch = main
[url "file://$world/forge/"]
	insteadOf = https://git.coop.example/
INI
done

cat >forge/hello.git/.env.sample <<'ENV'
TYPE=hello

DOMAIN=hello.example.com

## What visitors read
GREETING="hello"
ENV
cat >forge/hello.git/compose.yml <<'YAML'
version: "3.8"
services:
  app:
    image: registry.coop.example/hello:1.0
    environment:
      - DOMAIN
      - GREETING
    networks: [internal]
    deploy:
      labels:
        - "coop-cloud.${STACK_NAME}.version=0"
  db:
    image: registry.coop.example/hello-db:1
    networks: [internal]
networks:
  internal:
YAML
export HOME=$world/forge
git -C forge/hello.git init --quiet
git init --quiet --bare forge/servers.git
bin/release 1.0.0+1.0 '' 'First release.'
