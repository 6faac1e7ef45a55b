// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/image_loader.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace gsttorch {

void ImageLoader::request(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!images_.try_emplace(path).second) return;
  try {
    queue_.push_back(path);
    if (!thread_.joinable()) {
      thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
  } catch (...) {  // no thread would ever read it
    std::erase(queue_, path);
    images_.erase(path);
    throw;
  }
  changed_.notify_all();
}

bool ImageLoader::is_there(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = images_.find(path);
  return found != images_.end() && found->second;
}

bool ImageLoader::wait_for(const std::string& path, std::stop_token stop) const {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, std::move(stop), [&] {
    const auto found = images_.find(path);
    return found == images_.end() || found->second;
  });
}

std::optional<Result<ReferenceImage>> ImageLoader::take(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = images_.find(path);
  if (found == images_.end() || !found->second) return std::nullopt;
  auto image = std::move(found->second);
  images_.erase(found);
  return image;
}

void ImageLoader::keep_only(const std::vector<std::string>& paths) {
  const auto is_other = [&paths](const std::string& path) {
    return std::find(paths.begin(), paths.end(), path) == paths.end();
  };
  const std::lock_guard lock(mutex_);
  std::erase_if(queue_, is_other);
  std::erase_if(images_, [&](const auto& image) { return is_other(image.first); });
  if (current_ && is_other(*current_)) reading_.request_stop();
  changed_.notify_all();
}

void ImageLoader::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !queue_.empty(); })) {
    const std::string path = std::move(queue_.front());
    queue_.pop_front();
    try {
      read_one(lock, path, stop);
    } catch (...) {  // no memory even for the error: drop the request
      if (!lock.owns_lock()) lock.lock();
      images_.erase(path);
    }
    current_ = nullptr;
    changed_.notify_all();
  }
}

void ImageLoader::read_one(std::unique_lock<std::mutex>& lock, const std::string& path,
                           const std::stop_token& stop) {
  std::stop_source reading;
  reading_ = reading;
  current_ = &path;
  lock.unlock();
  const std::stop_callback end(stop, [&reading] { reading.request_stop(); });
  Result<ReferenceImage> image = caught(path, reading.get_token());
  lock.lock();
  const auto asked = images_.find(path);
  // If the file was dropped and requested again, it is in the queue again and this result is stale.
  const bool is_wanted = asked != images_.end() && !reading.stop_requested();
  if (is_wanted) asked->second.emplace(std::move(image));
}

// Exceptions must not leave a thread.
Result<ReferenceImage> ImageLoader::caught(const std::string& path,
                                           const std::stop_token& stop) const {
  try {
    return read_(path, stop);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "out of memory while loading the reference image " + path};
  } catch (const std::exception& e) {
    return Error{ErrorCode::Failed, "cannot read the reference image " + path + ": " + e.what()};
  }
}

}  // namespace gsttorch
