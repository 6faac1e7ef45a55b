# shellcheck shell=bash disable=SC2034  # variables for those who source this
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
#
# What setup, demo and test share. To be sourced; the current directory becomes the project's root.

set -euo pipefail
readonly me=${0##*/}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
readonly caller=$PWD  # paths that the user gives are relative to it
cd "$root"

# Debian's own, which the packages below serve: another Python on the PATH has no pytest.
readonly python=/usr/bin/python3
readonly meson=/usr/bin/meson

say() { printf '%s: %s\n' "$me" "$*"; }

die() {
  printf '%s: %s\n' "$me" "$*" >&2
  exit 1
}

# logged NAME COMMAND...: runs it silently; what it says goes to build/logs/NAME.log.
logged() {
  local log=build/logs/$1.log
  shift
  mkdir -p build/logs || die "cannot write to $root/build"
  "$@" </dev/null >"$log" 2>&1 9>&-  # 9: the lock of tools/setup
}

# cause NAME: what went wrong and what to do, from build/logs/NAME.log, in one line.
cause() {
  local log=build/logs/$1.log
  local network='Temporary failure (in name|resolving)|Could not resolve|Name or service not'
  network+='|NewConnectionError|Network is unreachable|Connection (refused|timed out|reset)'
  network+='|ConnectTimeout|ReadTimeout|Read timed out|ProxyError|(Could not|Unable to) connect'
  if grep -qE 'No space left on device|ENOSPC|You don.t have enough free space' "$log"; then
    echo "the disk is full: free some space and run tools/setup again"
  elif grep -q 'DO NOT MATCH THE HASHES' "$log"; then
    echo "what was downloaded is not the pinned file (wrong sha256): check the package index" \
      "or proxy that pip uses, then run tools/setup again"
  elif grep -qE 'CERTIFICATE_VERIFY_FAILED|[Cc]ertificate verif' "$log"; then
    echo "the server's certificate is not trusted: check the clock, ca-certificates and the proxy"
  elif grep -qE "$network" "$log"; then
    echo "no network: check the connection and the proxy settings, then run tools/setup again"
  elif grep -qE 'Unable to locate package|has no installation candidate' "$log"; then
    echo "$(grep -m1 -E 'Unable to locate package|has no installation candidate' "$log"):" \
      "add Debian 12's 'main' to the apt sources"
  elif grep -qE 'Could not get lock|Unable to acquire the dpkg' "$log"; then
    echo "another package manager is at work: wait for it, then run tools/setup again"
  elif grep -q 'No matching distribution found' "$log"; then
    echo "the package index that pip uses does not have it: check pip's configuration"
  else
    grep -m1 -E '(^|[ :])(fatal )?([Ee]rror|ERROR|E):' "$log" || tail -n 1 "$log"
  fi
}

# failed NAME WHAT: ends with what failed, why, and where the whole output is.
failed() {
  die "$2 failed: $(cause "$1") [build/logs/$1.log]"
}
