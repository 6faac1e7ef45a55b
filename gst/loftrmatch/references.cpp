// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/loftrmatch/references.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace gsttorch {

Result<void> References::find(const std::string& location, int max_size) {
  if (max_size_ != max_size) {
    for (File& file : files_) file.image.reset();
    images_.clear();
    max_size_ = max_size;
  }
  if (location_ != location || files_.empty()) {
    const auto paths = reference_files(location);
    if (!paths) return paths.error();
    loader_->keep_only(*paths);
    files_.clear();
    for (const std::string& path : *paths) files_.push_back({path, 0, 0, nullptr});
    location_ = location;
  }
  begin_reading();
  return {};
}

// Requests images that were never read, or that were evicted.
void References::begin_reading() {
  for (File& file : files_) {
    if (!file.image && file.width > 0) file.image = images_.find(file.path);
    if (!file.image) loader_->request(file.path);
  }
}

bool References::are_there() const {
  return std::all_of(files_.begin(), files_.end(), [this](const File& file) {
    return file.image || loader_->is_there(file.path);
  });
}

Result<void> References::wait(const std::stop_token& stop) {
  for (const File& file : files_) {
    if (file.image) continue;
    if (!loader_->wait_for(file.path, stop)) return Error{ErrorCode::Cancelled, "cancelled"};
  }
  if (are_there()) return {};
  return Error{ErrorCode::OutOfMemory,
               "out of memory while loading the reference images " + location_};
}

Result<SharedImage> References::image(std::size_t index, const Prepare& prepare) {
  File& file = files_[index];
  if (!file.image) {
    if (auto made = make(file, prepare); !made) return made.error();
  }
  return file.image;
}

Result<void> References::make(File& file, const Prepare& prepare) {
  const auto read = loader_->take(file.path);
  if (!read)
    return Error{ErrorCode::Failed, "the reference image " + file.path + " has not been read"};
  if (!*read) return read->error();
  auto image = std::make_shared<MatchImage>(std::make_shared<SingleUseImage>((*read)->view()));
  if (auto prepared = prepare(*image); !prepared) return prepared;
  if (auto kept = image->copy_pixels(); !kept) return kept;  // copies them if they are needed
  file.width = static_cast<guint>((*read)->width);
  file.height = static_cast<guint>((*read)->height);
  file.image = std::move(image);
  images_.put(file.path, file.image, file.image->bytes());
  return {};
}

void References::name(std::size_t index, PairMatches& result) const {
  const File& file = files_[index];
  result.reference = file.path;
  result.reference_width = file.width;
  result.reference_height = file.height;
}

void References::release() {
  for (File& file : files_) file.image.reset();
  images_.measure([](const SharedImage& image) { return image->bytes(); });
}

}  // namespace gsttorch
