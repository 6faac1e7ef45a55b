// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/gst/util/image_file.h"

namespace gsttorch {

/// Reads reference images in a thread of its own, one after the other, so that neither a worker
/// nor a stream waits for a file. Each image is handed out once and then forgotten. Thread-safe;
/// the thread is there from the first request until the object goes, which cancels what is being
/// read.
class ImageLoader {
 public:
  using Read = std::function<Result<ReferenceImage>(const std::string&, std::stop_token)>;

  ImageLoader() : ImageLoader(read_reference_image) {}
  /// How an image is read; for tests.
  explicit ImageLoader(Read read) : read_(std::move(read)) {}

  /// Has a file read, unless it is being read already or waits to be taken.
  void request(const std::string& path);
  /// Whether the file was read, or the attempt has failed.
  bool is_there(const std::string& path) const;
  /// Waits until it is. False where `stop` was requested first.
  bool wait_for(const std::string& path, std::stop_token stop) const;
  /// What was read of a file, or why nothing; nothing while it is not there.
  std::optional<Result<ReferenceImage>> take(const std::string& path);
  /// Gives up all images but these: what was read of others, and what is still to be read.
  void keep_only(const std::vector<std::string>& paths);

 private:
  // The latter once it is there.
  using Images = std::map<std::string, std::optional<Result<ReferenceImage>>>;

  void run(const std::stop_token& stop);
  void read_one(std::unique_lock<std::mutex>& lock, const std::string& path,
                const std::stop_token& stop);
  Result<ReferenceImage> caught(const std::string& path, const std::stop_token& stop) const;

  const Read read_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  Images images_;                         // guarded by mutex_
  std::deque<std::string> queue_;         // that are to be read; guarded by mutex_
  std::stop_source reading_;              // of the file that is being read; guarded by mutex_
  const std::string* current_ = nullptr;  // that file; guarded by mutex_
  std::jthread thread_;  // guarded by mutex_ but for its end; last, so that it ends first
};

}  // namespace gsttorch
