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

/// Reads reference images one after the other in its own thread, so that neither workers nor
/// streams wait for files. Each image is returned once and then forgotten. Thread-safe. The thread
/// starts at the first request; the destructor ends it and cancels the current read.
class ImageLoader {
 public:
  using Read = std::function<Result<ReferenceImage>(const std::string&, std::stop_token)>;

  ImageLoader() : ImageLoader(read_reference_image) {}
  /// For tests: `read` replaces the function that reads an image.
  explicit ImageLoader(Read read) : read_(std::move(read)) {}

  /// Queues a file, unless it is already queued, being read, or read but not taken.
  void request(const std::string& path);
  /// Whether the file was read or reading it failed.
  bool is_there(const std::string& path) const;
  /// Waits until is_there(). Returns false if `stop` was requested first.
  bool wait_for(const std::string& path, std::stop_token stop) const;
  /// Returns the image or the error, once; nothing if the file has not been read yet.
  std::optional<Result<ReferenceImage>> take(const std::string& path);
  /// Drops all other images, both read and queued, and cancels reading them.
  void keep_only(const std::vector<std::string>& paths);

 private:
  // The result is set after reading.
  using Images = std::map<std::string, std::optional<Result<ReferenceImage>>>;

  void run(const std::stop_token& stop);
  void read_one(std::unique_lock<std::mutex>& lock, const std::string& path,
                const std::stop_token& stop);
  Result<ReferenceImage> caught(const std::string& path, const std::stop_token& stop) const;

  const Read read_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  Images images_;                         // guarded by mutex_
  std::deque<std::string> queue_;         // files to read; guarded by mutex_
  std::stop_source reading_;              // for the current file; guarded by mutex_
  const std::string* current_ = nullptr;  // the file being read; guarded by mutex_
  std::jthread thread_;  // guarded by mutex_ except for its end; last, so that it ends first
};

}  // namespace gsttorch
