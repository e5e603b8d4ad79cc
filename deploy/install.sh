#!/bin/sh
# Installs or upgrades 嵊里管·巡查 from this unpacked archive, without any network.
#   ./install.sh /opt/shengliguan        first time, or upgrade (a backup is made first)
#   ./install.sh --back /opt/shengliguan the release before, and the way to its backup
# Layout: releases/VERSION (code and .venv), current -> a release, var (database and photos), backups.
set -eu

say() { printf '%s\n' "$*"; }

if [ "${1:-}" = "--back" ]; then
  target=${2:?name the folder, for example /opt/shengliguan}
  previous=$(cat "$target/previous")
  [ -d "$target/releases/$previous" ] || { say "没有上一版 / no earlier release: $previous"; exit 1; }
  ln -sfn "releases/$previous" "$target/current"
  say "回到 / back to $previous。数据库若已升级，先停服务，再从升级前的备份恢复 / If the database was upgraded, restore:"
  say "  cd $target/current && SLG_DATABASE_URL=sqlite:///$target/var-restored/slg.db SLG_PHOTO_STORE=$target/var-restored/photos .venv/bin/python manage.py restore $(cat "$target/previous-backup" 2>/dev/null || echo BACKUP)"
  exit 0
fi

target=${1:?name the folder, for example /opt/shengliguan}
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"
version=$(cat VERSION)
say "核对文件 / checking files"
sha256sum --quiet -c SHA256SUMS

mkdir -p "$target/releases" "$target/var" "$target/backups"
target=$(cd "$target" && pwd)
release="$target/releases/$version"
[ ! -e "$release" ] || { say "这一版已经装过 / already installed: $version"; exit 1; }

if [ -e "$target/current" ] && [ -e "$target/var/slg.db" ]; then
  say "升级前先备份 / backing up before the upgrade"
  (cd "$target/current" && .venv/bin/python manage.py backup "$target/backups")
  newest=$(ls -td "$target/backups"/*/manifest.json | head -n 1)
  dirname "$newest" > "$target/previous-backup"
  basename "$(readlink "$target/current")" > "$target/previous"
fi

say "安装 / installing $version"
partial="$release.partial"
rm -rf "$partial"
cp -R "$here" "$partial"
ln -s ../../var "$partial/var"
mv "$partial" "$release"
python3 -m venv "$release/.venv"
"$release/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$release/wheels" -r "$release/requirements.txt"
touch "$release/.venv/.installed"   # `make run` then installs nothing
rm -rf "$release/wheels"
ln -sfn "releases/$version" "$target/current"
say "装好了 / done: cd $target/current && .venv/bin/python manage.py run"
