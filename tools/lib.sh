# shellcheck shell=bash disable=SC2034  # variables for the scripts that source this
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
#
# Functions for the scripts in tools/, which source it. Changes to the project's root directory.

set -euo pipefail
readonly me=${0##*/}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
readonly caller=$PWD  # the user's paths are relative to it
cd "$root"

# Debian's own programs, because its packages install for them: another Python may lack pytest.
readonly python=/usr/bin/python3
readonly meson=/usr/bin/meson

say() { printf '%s: %s\n' "$me" "$*"; }

die() {
  printf '%s: %s\n' "$me" "$*" >&2
  exit 1
}

# children PROCESS: prints all processes that descend from it.
children() {
  local pids child
  read -r -d '' -a pids < <(cat /proc/"$1"/task/*/children 2>/dev/null) || true
  for child in "${pids[@]}"; do
    echo "$child"
    children "$child"
  done
}

# end_by SIGNAL: ends what the script has started, then the script.
end_by() {
  trap '' HUP INT TERM
  # shellcheck disable=SC2046  # one argument per process; some may have ended
  kill -TERM $(jobs -p) $(children $$) 2>/dev/null || true
  wait
  trap - "$1"
  kill -s "$1" $$
}
for signal in HUP INT TERM; do
  # shellcheck disable=SC2064  # the signal of this round
  trap "end_by $signal" $signal
done

# interruptible COMMAND...: runs it. The shell handles a signal at once only while it waits.
interruptible() {
  "$@" <&0 &
  wait $!
}

# logged NAME COMMAND...: runs it and redirects its output to build/logs/NAME.log.
logged() {
  local log=build/logs/$1.log
  shift
  mkdir -p build/logs || die "cannot write to $root/build"
  interruptible "$@" </dev/null >"$log" 2>&1 9>&-  # 9: the lock of tools/setup
}

# cause NAME: prints cause and remedy, found in build/logs/NAME.log, in one line.
cause() {
  local log=build/logs/$1.log
  # Only a warning: sudo looks up the name of this machine, and works without.
  sed -i '/^sudo: unable to resolve host/d' "$log"
  local network='Temporary failure (in name|resolving)|Could not resolve|Name or service not'
  network+='|NewConnectionError|Network is unreachable|Connection (refused|timed out|reset)'
  network+='|ConnectTimeout|ReadTimeout|Read timed out|ProxyError|(Could not|Unable to) connect'
  if grep -qE '^sudo: .*(a terminal is required|password is required|no tty present)' "$log"; then
    echo "sudo asks for a password, and there is no terminal: run tools/setup in a terminal or as root"
  elif grep -qE 'No space left on device|ENOSPC|You don.t have enough free space' "$log"; then
    echo "the disk is full: free some space and run tools/setup again"
  elif grep -q 'DO NOT MATCH THE HASHES' "$log"; then
    echo "the downloaded file is not the pinned one (wrong sha256): check the package index" \
      "or proxy that pip uses, then run tools/setup again"
  elif grep -qE 'CERTIFICATE_VERIFY_FAILED|[Cc]ertificate verif' "$log"; then
    echo "the server's certificate is not trusted: check the clock, ca-certificates and the proxy"
  elif grep -qE "$network" "$log"; then
    echo "no network: check the connection and the proxy settings, then run tools/setup again"
  elif grep -qE 'Unable to locate package|has no installation candidate' "$log"; then
    echo "$(grep -m1 -E 'Unable to locate package|has no installation candidate' "$log"):" \
      "add Debian 12's 'main' to the apt sources"
  elif grep -qE 'Could not get lock|Unable to acquire the dpkg' "$log"; then
    echo "another package manager is running: wait for it, then run tools/setup again"
  elif grep -q 'No matching distribution found' "$log"; then
    echo "pip's package index does not have the file: check pip's configuration"
  else
    grep -m1 -E '(^|[ :])(fatal )?([Ee]rror|ERROR|E):' "$log" || tail -n 1 "$log"
  fi
}

# failed NAME WHAT: exits and prints what failed, the cause and the log file.
failed() {
  die "$2 failed: $(cause "$1") [build/logs/$1.log]"
}
